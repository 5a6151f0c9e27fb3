// What is special about each kind of server that the guard of `fieldseal/server` stands in: parsers before it, bodies that
// break off, hooks of one route.
import express from "express";
import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent } from "node:http";
import http2 from "node:http2";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import {
  CARD, CLEAR, closing, createGuard, FORM, guard, head, json, JSON_TYPE, keys, LIMIT, MULTIPART, multipart, over,
  PARSERS, post, report, token, viaExpress, viaFastify,
} from "./served.mjs";
import { fails, listen, ORIGIN } from "./support.mjs";

describe("a parser before the guard", () => {
  test("has made numbers and names of a form", async () => {
    const ask = await viaExpress(...PARSERS);
    // `qs` makes an object of it, which is no token.
    assert.equal(JSON.parse((await ask(post(FORM, `card[number]=${CLEAR}`))).text).code, "field-in-clear");
    assert.equal(JSON.parse((await ask(post(FORM, `card[]=${token}`))).text).tokens, 1);
    assert.equal(JSON.parse((await ask(json([1, "x", null]))).text).code, "field-missing");
  });

  test("that keeps the body to itself is a mistake, and nothing passes", async () => {
    const eats = (request, _response, next) => request.resume().on("end", () => next());
    const app = express();
    app.use(eats, guard.express(), (_request, response) => response.end("passed"));
    app.use(({ code, member }, _request, response, _next) => response.status(500).json({ code, member }));
    const server = await listen(app);
    closing.push(server.close);
    const answer = await over(server.url, post(FORM, `card=${token}`));
    assert.deepEqual([answer.status, answer.text], [500, '{"code":"option-invalid","member":"body"}']);
  });

  test("of HTTP/2, where a request does not say whether it has a body", async () => {
    const server = http2.createServer((request, response) => {
      const judged = (error) => response.end(error === undefined ? "passed" : error.code);
      request.resume().on("end", () => guard.express()(request, response, judged));
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const client = http2.connect(`http://127.0.0.1:${server.address().port}`);
    const ask = async (headers, body) => {
      const answer = client.request({ ":path": `/?card=${token}`, ...headers });
      answer.end(body);
      return text(answer);
    };
    assert.equal(await ask({ ":method": "GET" }), "passed");
    assert.equal(await ask({ ":method": "POST", "content-type": FORM }, `card=${token}`), "option-invalid");
    client.close();
    server.close();
  });

  test("that only says how the bytes are to be read", async () => {
    const ask = await viaExpress((request, _response, next) => (request.setEncoding("latin1"), next()));
    assert.equal(JSON.parse((await ask(post(FORM, `card=${token}`))).text).tokens, 1);
    assert.equal((await ask(post(FORM, "x".repeat(LIMIT + 1)))).status, 413);
  });

  test("of maps and form data", async () => {
    const form = new FormData();
    form.append("card", CARD);
    for (const body of [form, new Map([["card", CARD]]), new URLSearchParams({ card: CARD })]) {
      const parser = (request, _response, next) => request.resume().on("end", () => ((request.body = body), next()));
      const ask = await viaExpress(parser);
      assert.equal(JSON.parse((await ask(post("text/x-other", "x"))).text).code, "field-in-clear");
    }
  });
});

describe("the Fetch API", () => {
  const request = (init) => new Request("https://shop.example/order", { method: "POST", ...init });

  test("two types are refused, of which the service might go by the other", async () => {
    const headers = [["content-type", "text/plain"], ["content-type", JSON_TYPE]];
    const outcome = await guard.fetch(request({ headers, body: `{"card":"${CARD}"}` }));
    assert.equal(outcome.refused.code, "request-malformed");
  });

  test("a body that breaks off is refused", async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("card=4242"));
      },
      pull(controller) {
        controller.error(new Error(CARD));
      },
    });
    const outcome = await guard.fetch(request({ headers: { "content-type": FORM }, body, duplex: "half" }));
    assert.deepEqual([outcome.refused.code, outcome.refused.status], ["request-unreadable", 400]);
    assert.equal(outcome.refused.cause, undefined);
  });

  test("a body that somebody read is a mistake", async () => {
    const read = request({ headers: { "content-type": FORM }, body: `card=${token}` });
    await read.text();
    await fails(() => guard.fetch(read), "option-invalid", "request");
  });

  test("a body without a type may be anything", async () => {
    const body = new TextEncoder().encode(JSON.stringify({ card: CARD }));
    assert.equal((await guard.fetch(request({ body }))).refused.code, "field-in-clear");
  });

  test("a body of another type is not touched", async () => {
    const other = new Request(`https://shop.example/?card=${token}`, {
      method: "POST", body: CARD, headers: { "content-type": "text/html" },
    });
    const outcome = await guard.fetch(other);
    assert.equal(outcome.request, other);
    assert.equal(await outcome.request.text(), CARD);
  });
});

describe("only submissions need the required fields", () => {
  const isOrder = ({ method, url }) => method === "POST" && new URL(url, ORIGIN).pathname === "/order";
  const options = { submissions: isOrder };
  const cases = [
    [{ method: "GET", path: "/order" }, ""],
    [{ ...post(FORM, "q=press"), path: "/search" }, ""],
    [{ ...post(FORM, "card=4242"), path: "/search" }, "field-in-clear"],
    [{ method: "GET", path: `/?q=${CLEAR}` }, "data-in-clear"],
    [post(FORM, "q=press"), "field-missing"],
    [post(FORM, `card=${token}`), ""],
  ];
  const servers = {
    "the Fetch API": async () => async ({ path = "/order", ...init }) => {
      const outcome = await guard.fetch(new Request(ORIGIN + path, init), options);
      return { text: outcome.ok ? "{}" : await outcome.response.text() };
    },
    Express: async () => {
      const app = express().use(guard.express(options), (_request, response) => response.json({}));
      const server = await listen(app);
      closing.push(server.close);
      return (given) => over(server.url, given);
    },
    Fastify: () =>
      viaFastify((app) => {
        app.register(guard.fastify(options));
        app.all("*", async () => ({}));
      }),
  };
  for (const [name, start] of Object.entries(servers)) {
    test(name, async () => {
      const ask = await start();
      for (const [given, code] of cases) assert.equal(JSON.parse((await ask(given)).text).code ?? "", code);
    });
  }
});

describe("Fastify", () => {
  test("a hook of one route, before the validation that would quote the value", async () => {
    const schema = { body: { type: "object", properties: { card: { type: "string" }, plan: { const: "12" } } } };
    const say = async (request) => report(request.sealed, request.body);
    const ask = await viaFastify((app) => {
      app.post("/order", { preValidation: guard.preHandler(), schema }, say);
      app.post("/late", { preHandler: guard.preHandler() }, say);
    });
    assert.equal(JSON.parse((await ask(json({ card: CARD, plan: "13" }))).text).code, "field-in-clear");
    assert.equal(JSON.parse((await ask(json({ card: token, plan: "12" }))).text).tokens, 1);
    assert.equal(JSON.parse((await ask({ ...json({ card: CARD }), path: "/late" })).text).code, "field-in-clear");
    assert.equal(JSON.parse((await ask({ ...json({ card: token }), path: "/late" })).text).tokens, 1);
    // Nobody reads forms here, and Fastify says so.
    assert.equal((await ask(post(FORM, `card=${token}`))).status, 415);
  });

  test("the application's own parsers stay, and what they leave is judged", async () => {
    const ask = await viaFastify((app) => {
      app.addContentTypeParser(FORM, { parseAs: "string" }, (_request, text, done) =>
        done(null, { own: true, ...Object.fromEntries(new URLSearchParams(text)) }));
      // A parser that leaves the body to others, as that of @fastify/multipart does.
      app.addContentTypeParser("multipart/form-data", (_request, _payload, done) => done(null));
      app.register(guard.fastify());
      app.post("/order", async (request) => report(request.sealed, request.body));
    });
    assert.deepEqual(JSON.parse((await ask(post(FORM, `card=${token}`))).text).body, { own: true, card: token });
    assert.equal(JSON.parse((await ask(post(FORM, `card=${CLEAR}`))).text).code, "field-in-clear");
    const unseen = await ask(post(MULTIPART, multipart([head, token])));
    assert.deepEqual([unseen.status, JSON.parse(unseen.text).code], [500, "option-invalid"]);
  });

  test("it stands only where it is registered", async () => {
    const ask = await viaFastify((app) => {
      app.register(async (scope) => {
        scope.register(guard.fastify());
        scope.post("/order", async (request) => report(request.sealed, request.body));
      });
      app.post("/free", async () => ({ free: true }));
    });
    assert.equal(JSON.parse((await ask(json({ card: CARD }))).text).code, "field-in-clear");
    assert.equal(JSON.parse((await ask({ ...json({ card: CARD }), path: "/free" })).text).free, true);
  });
});

test("a connection goes on after a body that was too long", async () => {
  const ports = new Set();
  const app = express().use(
    (request, _response, next) => (ports.add(request.socket.remotePort), next()),
    guard.express(),
    (request, response) => response.json(report(request.sealed, request.body)),
  );
  const server = await listen(app);
  closing.push(server.close);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  closing.push(() => agent.destroy());
  const ask = (body) => over(server.url, post(FORM, body), agent);
  const long = await ask("x".repeat(1 << 20));
  assert.deepEqual([long.status, JSON.parse(long.text).code], [413, "body-too-large"]);
  assert.equal(JSON.parse((await ask(`card=${token}`)).text).tokens, 1);
  assert.equal(ports.size, 1);
});

test("many repeated names and deep texts are read in little time", async () => {
  const wide = await createGuard({ fields: { card: "card-number" }, origin: ORIGIN, keys: keys.jwks });
  const bodies = {
    [FORM]: `card=${token}${"&a=1".repeat(400_000)}`,
    [JSON_TYPE]: `{"card":"${token}","a":"${"\\u0041\\\\".repeat(200_000)}","b":[${"1,".repeat(200_000)}1]}`,
  };
  for (const [type, body] of Object.entries(bodies)) {
    const began = performance.now();
    const outcome = await wide.fetch(new Request(ORIGIN, { method: "POST", headers: { "content-type": type }, body }));
    assert.ok(outcome.ok);
    assert.ok(performance.now() - began < 5000);
  }
});

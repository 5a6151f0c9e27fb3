// The guard of `fieldseal/server` around real servers: Fetch handlers, Express and Fastify. Every way in which a
// request says something, and every way to be wrong.
import express from "express";
import Fastify from "fastify";
import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, request as send } from "node:http";
import http2 from "node:http2";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { entryUrl, fieldseal, fails, listen, ORIGIN } from "./support.mjs";

const { createSealer, loadKeys } = fieldseal;
const { createGuard, Refused } = await import(entryUrl("./server"));
const { createTestKeys } = await import(entryUrl("./testing"));

const CARD = "4242 4242 4242 4242";
const CLEAR = "4242+4242+4242+4242";
const FORM = "application/x-www-form-urlencoded";
const JSON_TYPE = "application/json";
// As long as those of browsers: the parser in Node takes none below 27 characters.
const BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW";
const MULTIPART = `multipart/form-data; boundary=${BOUNDARY}`;
const LIMIT = 64 * 1024;

const keys = await createTestKeys();
const sealer = createSealer(await loadKeys(keys.jwks, { trust: keys.trust }), { origin: ORIGIN });
const token = sealer.seal(CARD, { field: "card", kind: "card-number", hint: ["last4"] });
const guard = await createGuard({
  fields: { card: "card-number", phone: { kind: "phone", required: false } },
  origin: [ORIGIN],
  keys: keys.jwks,
  limit: LIMIT,
});

/** The servers, which live as long as this file. */
const closing = [];
after(() => Promise.all(closing.map((close) => close())));

const part = ([head, value]) => `--${BOUNDARY}\r\nContent-Disposition: form-data; ${head}\r\n\r\n${value}\r\n`;
const multipart = (...parts) => `${parts.map(part).join("")}--${BOUNDARY}--\r\n`;
const post = (type, body, more) => ({ method: "POST", headers: { "content-type": type, ...more }, body });
const json = (value, type = JSON_TYPE) => post(type, JSON.stringify(value));
const query = (text) => ({ method: "GET", path: `/order?${text}` });
const head = 'name="card"';
const numbers = (text) => post(JSON_TYPE, `{"card":"${token}","a":[[${text}]]}`);

/**
 * A request, what becomes of it, and what the service finds in the body. `raw`: only where the guard reads the bytes
 * itself; a parser before it has made something else of them.
 */
const CASES = {
  "a form": [post(FORM, `plan=12&card=${token}`), 200, "", { plan: "12", card: token }],
  "a form that repeats": [post(FORM, `card=${token}&card=${token}`), 200, "", { card: [token, token] }],
  "a form with a charset": [post(`${FORM}; charset=UTF-8`, `card=${token}`), 200, "", { card: token }],
  "the type in capitals": [post(FORM.toUpperCase(), "card=1"), 400, "field-in-clear"],
  "a query": [query(`card=${token}`), 200],
  "a multipart form": [
    post(MULTIPART, multipart([head, token], ['name="plan"', "12"])), 200, "", { card: token, plan: "12" },
  ],
  "a JSON object": [json({ plan: 12.5, card: token, gift: null }), 200, "", { plan: 12.5, card: token, gift: null }],
  "a list of JSON objects": [json([{ card: token }, { card: [token] }]), 200, "", [{ card: token }, { card: [token] }]],
  "a card in a query": [query(`card=${CLEAR}`), 400, "field-in-clear"],
  "a card in a form": [post(FORM, `card=${CLEAR}`), 400, "field-in-clear"],
  escaped: [post(FORM, "c%61rd=%34242"), 400, "field-in-clear"],
  "behind the token": [post(FORM, `card=${token}&card=${CLEAR}`), 400, "field-in-clear"],
  "in the query of a form": [{ ...post(FORM, `card=${token}`), path: "/order?card=4242" }, 400, "field-in-clear"],
  "a card in a multipart form": [post(MULTIPART, multipart([head, CARD])), 400, "field-in-clear"],
  "a card as a file": [
    post(MULTIPART, multipart([head, token], ['name="card"; filename="a"', CARD])), 400, "field-in-clear",
  ],
  "a card in JSON": [json({ card: CARD }), 400, "field-in-clear"],
  "a number in JSON": [json({ card: 4242424242424242 }), 400, "field-in-clear"],
  "true in JSON": [json({ card: true }), 400, "field-in-clear"],
  "an object in JSON": [json({ card: { number: token } }), 400, "field-in-clear"],
  "an object in a list in JSON": [json({ card: [token, { number: CARD }] }), 400, "field-in-clear"],
  "an empty object in JSON": [json({ card: {} }), 400, "field-in-clear"],
  nested: [json({ payment: { method: [{ card: CARD }] } }), 400, "field-in-clear"],
  "under an escaped name": [post(JSON_TYPE, `{"c\\u0061rd":"${CARD}"}`), 400, "field-in-clear"],
  "behind an escaped quote": [post(JSON_TYPE, `{"a":"\\\\\\"","card":"${CARD}"}`), 400, "field-in-clear"],
  "twice in JSON": [post(JSON_TYPE, `{"card":"${CARD}","card":"${token}"}`), 400, "field-in-clear", undefined, "raw"],
  "an undeclared card": [post(FORM, `card=${token}&note=${CLEAR}`), 400, "data-in-clear"],
  "an undeclared SSN": [post(FORM, `card=${token}&note=123-45-6789`), 400, "data-in-clear"],
  "an undeclared card in a query": [query(`card=${token}&q=${CLEAR}`), 400, "data-in-clear"],
  "an undeclared card as a name": [post(FORM, `card=${token}&${CLEAR}=1`), 400, "data-in-clear"],
  "an undeclared card in multipart": [
    post(MULTIPART, multipart([head, token], ['name="q"', CARD])), 400, "data-in-clear",
  ],
  "an undeclared text in JSON": [json({ card: token, a: { b: [CARD] } }), 400, "data-in-clear"],
  "an undeclared number in JSON": [numbers("4242424242424242"), 400, "data-in-clear"],
  "a long number in JSON": [numbers("6304000000000000000"), 400, "data-in-clear"],
  "a number of another spelling": [numbers("4.242424242424242e15"), 400, "data-in-clear"],
  "a text for JSON": [json(`my card is ${CARD}`), 400, "data-in-clear", undefined, "raw"],
  "an undeclared card in a file": [post(MULTIPART, multipart([head, token], ['name="f"; filename="a"', CARD])), 200],
  "nothing required": [post(FORM, "plan=12"), 400, "field-missing"],
  "no body": [{ method: "POST" }, 400, "field-missing"],
  "an empty form": [post(FORM, ""), 400, "field-missing"],
  "an empty JSON text": [post(JSON_TYPE, ""), 400, "field-missing", undefined, "raw"],
  null: [json({ card: null }), 400, "field-missing"],
  "a name of every object": [
    post(JSON_TYPE, `{"card":"${token}","__proto__":{"phone":"+1 415"}}`), 400, "field-in-clear", undefined, "raw",
  ],
  "broken JSON": [post(JSON_TYPE, `{"card":"${CARD}`), 400, "request-malformed", undefined, "raw"],
  "two JSON texts": [post(JSON_TYPE, `{"card":"${token}"}{}`), 400, "request-malformed", undefined, "raw"],
  "JSON in Latin-1": [
    post(JSON_TYPE, Buffer.from('{"a":"\xe9"}', "latin1")), 400, "request-malformed", undefined, "raw",
  ],
  "JSON that is nested too deep": [numbers("[".repeat(200) + "]".repeat(200)), 400, "request-malformed"],
  "no boundary": [post("multipart/form-data", multipart([head, token])), 400, "request-malformed"],
  "another boundary": [post(MULTIPART.toLowerCase(), multipart([head, token])), 400, "request-malformed"],
  "a multipart form cut short": [post(MULTIPART, multipart([head, token]).slice(0, 200)), 400, "request-malformed"],
  compressed: [
    post(FORM, `card=${token}`, { "content-encoding": "gzip" }), 415, "encoding-unsupported", undefined, "raw",
  ],
  "as it is": [post(FORM, `card=${token}`, { "content-encoding": "identity" }), 200, "", { card: token }, "raw"],
  "too long": [post(FORM, "x".repeat(LIMIT + 1)), 413, "body-too-large", undefined, "raw"],
  "the longest": [post(FORM, `card=${token}&x=`.padEnd(LIMIT, "x")), 200],
};

/** What a service says that got a submission: how many tokens, a hint, and the body as it sees it. */
const report = (sealed, body) => {
  const text = (value) => (value instanceof Blob ? "a file" : value);
  const plain = JSON.parse(JSON.stringify(body ?? null, (_, value) => text(value)));
  return { tokens: sealed.tokens.card.length, last4: sealed.hint("card").last4, body: plain };
};

/** Sends a request over HTTP: the status, the media type and the text of the answer. */
const over = (url, { path = "/order", method, headers, body }, agent = false) =>
  new Promise((resolve, reject) => {
    const request = send(url + path, { agent, method, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece) => (text += piece));
      response.on("end", () => resolve({ status: response.statusCode, type: response.headers["content-type"], text }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });

async function viaFetch() {
  return async ({ path = "/order", method, headers, body }) => {
    const init = { method, headers, ...(body !== undefined && { body }) };
    const request = new Request(`https://shop.example${path}`, init);
    const outcome = await guard.fetch(request);
    if (!outcome.ok) {
      assert.ok(outcome.refused instanceof Refused);
      const { status, headers } = outcome.response;
      assert.equal(headers.get("cache-control"), "no-store");
      return { status, type: headers.get("content-type"), text: await outcome.response.text() };
    }
    // The same bytes are there to be read again.
    const again = Buffer.from(await outcome.request.arrayBuffer());
    assert.ok(again.equals(Buffer.from(body ?? "")));
    const values = outcome.entries.filter(([, value]) => value instanceof Blob).length;
    const type = headers?.["content-type"] ?? "";
    const read = new Response(again, { headers });
    const seen = type.includes("json") ? await read.json() : again.length ? seenIn(await read.formData()) : null;
    return { status: 200, type: "", text: JSON.stringify({ ...report(outcome.checked, seen), files: values }) };
  };
}

const seenIn = (form) => {
  const names = [...new Set(form.keys())];
  const valuesOf = (name) => (form.getAll(name).length > 1 ? form.getAll(name) : form.get(name));
  return Object.fromEntries(names.map((name) => [name, valuesOf(name)]));
};

async function viaExpress(...before) {
  const app = express();
  for (const middleware of before) app.use(middleware);
  app.use(guard.express());
  // Parsers behind the guard find nothing left to read, and leave what is there.
  app.use(express.json(), express.urlencoded({ extended: false }));
  app.all("/order", (request, response) => response.json(report(request.sealed, request.body)));
  const server = await listen(app);
  closing.push(server.close);
  return (given) => over(server.url, given);
}

async function viaFastify(register) {
  const app = Fastify({ bodyLimit: LIMIT });
  register(app);
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  closing.push(() => app.close());
  return (given) => over(url, given);
}

const PARSERS = [express.json({ limit: LIMIT, strict: false }), express.urlencoded({ extended: true, limit: LIMIT })];
/** Which cases a parser before the guard has made something else of. */
const SERVERS = {
  "the Fetch API": { start: viaFetch, parser: "" },
  "Express, before its parsers": { start: () => viaExpress(), parser: "" },
  "Express, after its parsers": { start: () => viaExpress(...PARSERS), parser: "all" },
  "Express, after one that only collects": {
    start: () => viaExpress(express.raw({ type: () => true, limit: LIMIT })),
    parser: "bytes",
  },
  Fastify: {
    start: () =>
      viaFastify((app) => {
        app.register(guard.fastify());
        app.all("/order", async (request) => report(request.sealed, request.body));
      }),
    parser: "json",
  },
};

for (const [name, { start, parser }] of Object.entries(SERVERS)) {
  describe(name, () => {
    let ask;
    before(async () => (ask = await start()));
    for (const [title, [given, status, code = "", body, raw]] of Object.entries(CASES)) {
      const isJson = given.headers?.["content-type"]?.includes("json");
      if (raw && (parser === "all" || parser === "bytes" || (parser === "json" && isJson))) continue;
      // Fastify has said so before anybody else.
      if (parser === "json" && (code === "body-too-large" || title === "JSON that is nested too deep")) continue;
      test(`${title}: ${code || "passes"}`, async () => {
        const answer = await ask(given);
        assert.doesNotMatch(answer.text.replaceAll(token, "").replace('"last4":"4242"', ""), /4242|6789|630400/);
        const said = JSON.parse(answer.text);
        assert.deepEqual([answer.status, said.code ?? ""], [status, code], answer.text);
        if (code === "") {
          assert.ok(said.tokens > 0);
          assert.equal(said.last4, "4242");
          if (body !== undefined && parser !== "bytes") assert.deepEqual(said.body, body);
          return;
        }
        // Fastify adds a charset to everything that is JSON.
        assert.match(answer.type, /^application\/problem\+json(?:; charset=utf-8)?$/);
        assert.deepEqual([said.type, said.status], ["about:blank", status]);
        assert.match(said.title, /^[A-Z][A-Za-z ]+$/);
        assert.ok(said.detail.endsWith("."));
        const isOfField = ["field-in-clear", "field-missing"].includes(code);
        assert.equal(said.field, isOfField ? (title === "a name of every object" ? "phone" : "card") : undefined);
      });
    }
  });
}

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

  test("a plain text is whatever the service could take it for", async () => {
    const outcome = async (body, type) => {
      const headers = type === undefined ? {} : { "content-type": type };
      const sent = new Request("https://shop.example/order", { method: "POST", body: new TextEncoder().encode(body), headers });
      return (await guard.fetch(sent)).refused?.code;
    };
    assert.equal(await outcome(`plan=12\r\ncard=${token}\r\n`, "text/plain;charset=UTF-8"), undefined);
    assert.equal(await outcome(`plan=12\r\ncard=${CARD}\r\n`, "text/plain;charset=UTF-8"), "field-in-clear");
    assert.equal(await outcome(JSON.stringify({ card: CARD }), "text/plain"), "field-in-clear");
    assert.equal(await outcome(JSON.stringify({ card: CARD })), "field-in-clear");
    assert.equal(await outcome(`card=${token}\nat ${CARD}`, "text/plain"), "data-in-clear");
    assert.equal(await outcome(`{"card":"${CARD}"}`, "text/x, application/json"), "request-malformed");
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

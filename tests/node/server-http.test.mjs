// The guard of `fieldseal/server` around real servers: every way in which a request says something, and every way to be
// wrong, for Fetch handlers, Express and Fastify.
import express from "express";
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import {
  CARD, CLEAR, FORM, guard, head, json, JSON_TYPE, LIMIT, MULTIPART, multipart, numbers, PARSERS, post, query,
  Refused, report, TEXT, token, viaExpress, viaFastify,
} from "./served.mjs";

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
  "plain text": [post(TEXT, `plan=12\r\ncard=${token}\r\n`), 200],
  "a card in plain text": [post(TEXT, `plan=12\r\ncard=${CARD}\r\n`), 400, "field-in-clear"],
  "plain text that is JSON": [post(TEXT, JSON.stringify({ card: CARD })), 400, "field-in-clear"],
  "an undeclared card in plain text": [post(TEXT, `card=${token}\nat ${CARD}`), 400, "data-in-clear"],
  "two types in one": [post("text/x, application/json", `{"card":"${CARD}"}`), 400, "request-malformed", undefined, "raw"],
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
    const isForm = again.length > 0 && !type.startsWith("text/");
    const seen = type.includes("json") ? await read.json() : isForm ? seenIn(await read.formData()) : null;
    return { status: 200, type: "", text: JSON.stringify({ ...report(outcome.checked, seen), files: values }) };
  };
}

const seenIn = (form) => {
  const names = [...new Set(form.keys())];
  const valuesOf = (name) => (form.getAll(name).length > 1 ? form.getAll(name) : form.get(name));
  return Object.fromEntries(names.map((name) => [name, valuesOf(name)]));
};

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

// `fieldseal/holder` against the real key holder: values, refusals, and what goes wrong on the way.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createServer, connect } from "node:net";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { inspect } from "node:util";
import { entryUrl, fieldseal, Holder, listen, ORIGIN, packageDir, root } from "./support.mjs";

const { createHolder, FieldsealError, HolderError } = await import(entryUrl("./holder"));
const { createSealer, loadKeys } = fieldseal;

/** A credential of the right form that nobody has. */
const NOBODY = `fsk_${"A".repeat(43)}`;

let place;
let url;
let credential;
let sealer;
before(async () => {
  place = new Holder(["*"]);
  url = await place.serve();
  credential = place.run(["credentials", "new", "service", "--class", "*", ...UNLIMITED]).trim();
  sealer = createSealer(await loadKeys(place.keySet, { trust: "origin" }), { origin: ORIGIN });
});
after(() => place.close());

const UNLIMITED = ["--per-minute", "none", "--per-day", "none"];
const seal = (value, more = {}) => sealer.seal(value, { field: "note", kind: "text", ...more });
const client = (more = {}) => createHolder({ url, credential, ...more });

/** Asserts that a promise is broken with a `HolderError` of this code that shows neither the credential nor a token. */
async function fails(promise, code, secrets = []) {
  const error = await promise.then(
    () => assert.fail(`${code} was due`),
    (thrown) => thrown,
  );
  assertError(error, code, secrets);
  return error;
}

function assertError(error, code, secrets = []) {
  assert.ok(error instanceof HolderError && error instanceof FieldsealError, inspect(error));
  assert.equal(error.code, code, inspect(error));
  assert.equal(error.cause, undefined);
  const shown = [String(error), error.stack, JSON.stringify(error), inspect(error, { depth: 9, showHidden: true })];
  for (const secret of [credential, NOBODY, ...secrets]) {
    for (const text of shown) assert.ok(!text.includes(secret), "the error holds what it must not");
  }
}

/** A proxy before the key holder that treats the connections as `treat` says: it gets each one's number and both sockets. */
async function proxy(treat) {
  const target = new URL(url);
  let connections = 0;
  const open = new Set();
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => [near, far].forEach((either) => either.destroy()));
    }
    near.pipe(far);
    treat((connections += 1), near, far);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    get connections() {
      return connections;
    },
    close() {
      for (const socket of open) socket.destroy();
      server.close();
    },
  };
}

/** Waits until the key holder has answered, and ends the connection before any of it arrives. */
const cut = (near, far) => far.once("data", () => near.destroy());

describe("open", () => {
  test("values of every type, with what their tokens say", async () => {
    const values = ["4242", "", true, null, 12.5, { a: [1, { b: "ü" }] }];
    const results = await client().open(values.map((value) => seal(value, { kind: "json", sub: "p-1", check: false })));
    assert.deepEqual(results.map(({ value }) => value), values);
    for (const result of results) {
      assert.deepEqual(
        { ok: result.ok, field: result.field, kind: result.kind, iss: result.iss, sub: result.sub, valid: result.valid },
        { ok: true, field: "note", kind: "json", iss: ORIGIN, sub: "p-1", valid: true },
      );
      assert.ok(Math.abs(result.iat - Date.now() / 1000) < 120 && result.jti.length > 20);
    }
    const card = sealer.seal("4242 4242 4242 4242", { field: "card", kind: "card-number", hint: ["last4"] });
    assert.equal((await client().openOne(card, { field: "card", kind: "card-number" })).hintMatches, true);
  });

  test("refusals are results, and do not touch the others", async () => {
    const tokens = [seal("a"), "no token", { token: seal("b"), field: "other" }, { token: seal("c"), field: "note" }];
    const results = await client().open(tokens);
    assert.deepEqual(results.map((result) => result.code ?? result.value), [
      "a",
      "token-malformed",
      "token-wrong-field",
      "c",
    ]);
    assert.ok(results[1].ok === false && results[1].detail.length > 10);
  });

  test("one value, or an error with the code", async () => {
    const token = seal("x");
    assert.equal((await client().openOne(token, { field: "note" })).value, "x");
    const error = await fails(client().openOne(token, { field: "card" }), "token-wrong-field", [token, token.slice(0, 40)]);
    assert.match(error.message, /\[token-wrong-field\]$/);
    await fails(client().openOne(token, { kind: "email", origin: ORIGIN }), "token-wrong-kind", [token]);
    await fails(client().openOne(token, { sub: "somebody" }), "token-wrong-subject", [token]);
  });

  test("250 tokens in their order, in three requests", async () => {
    const tokens = Array.from({ length: 250 }, (_, i) => seal(i, { kind: "json" }));
    const passing = await proxy((_, near, far) => far.pipe(near));
    try {
      const results = await client({ url: passing.url }).open(tokens, { purpose: "a report", idempotencyKey: "report-1" });
      assert.deepEqual(results.map(({ value }) => value), tokens.map((_, i) => i));
      assert.ok(passing.connections <= 3, `${passing.connections} connections`);
    } finally {
      passing.close();
    }
    const lines = place.run(["audit", "list", "--json", "--limit", "1000"]).trim().split("\n").map((line) => JSON.parse(line));
    const ours = lines.filter(({ purpose }) => purpose === "a report");
    assert.equal(ours.length, 250);
    assert.deepEqual(new Set(ours.map(({ request }) => request)), new Set(["report-1.0", "report-1.1", "report-1.2"]));
  });

  test("long tokens go in several requests", async () => {
    const long = "x".repeat(60_000);
    const results = await client().open(Array.from({ length: 20 }, () => seal(long)));
    assert.ok(results.length === 20 && results.every(({ value }) => value === long));
  });

  test("no tokens are no request", async () => {
    assert.deepEqual(await client({ url: "http://127.0.0.1:9" }).open([]), []);
  });
});

describe("what goes wrong on the way", () => {
  test("a token that opens once arrives although the answer was lost", async () => {
    const cutting = await proxy((at, near, far) => (at === 1 ? cut(near, far) : far.pipe(near)));
    try {
      const token = seal("only once", { once: true });
      assert.equal((await client({ url: cutting.url }).openOne(token, {})).value, "only once");
      assert.equal(cutting.connections, 2);
      // The key holder had opened it the first time: under another name it stays shut.
      await fails(client().openOne(token, {}), "token-already-opened", [token]);
    } finally {
      cutting.close();
    }
  });

  test("an answer that breaks off in its middle is asked for again", async () => {
    const halving = await proxy((at, near, far) => {
      if (at > 1) return far.pipe(near);
      far.once("data", (data) => near.write(data.subarray(0, data.length - 20), () => near.destroy()));
    });
    try {
      assert.equal((await client({ url: halving.url }).openOne(seal("whole", { once: true }), {})).value, "whole");
    } finally {
      halving.close();
    }
  });

  test("whoever gave up can ask again under the name of the error", async () => {
    const cutting = await proxy((_, near, far) => cut(near, far));
    try {
      const token = seal("late", { once: true });
      const error = await fails(client({ url: cutting.url, attempts: 1 }).openOne(token, {}), "holder-unreachable", [token]);
      assert.equal(cutting.connections, 1);
      const { idempotencyKey } = error;
      assert.equal((await client().openOne(token, {}, { idempotencyKey })).value, "late");
    } finally {
      cutting.close();
    }
  });

  test("of two addresses one may be down, and is asked no more for now", async () => {
    const down = await proxy((_, near) => near.destroy());
    try {
      const holder = client({ url: [down.url, url] });
      for (const value of ["a", "b", "c"]) assert.equal((await holder.openOne(seal(value), {})).value, value);
      assert.equal(down.connections, 1);
    } finally {
      down.close();
    }
  });

  test("nobody answers", async () => {
    const token = seal("x");
    const begun = Date.now();
    await fails(client({ url: ["http://127.0.0.1:9", "http://[::1]:9"], attempts: 3 }).open([token]), "holder-unreachable", [token]);
    // Two pauses: after the first and the second round.
    assert.ok(Date.now() - begun >= 150, "there was no pause");
  });

  test("a timeout is one attempt's", async () => {
    const slow = await proxy((at, near, far) => at > 1 && far.pipe(near));
    try {
      assert.equal((await client({ url: slow.url, timeout: 300 }).openOne(seal("x", { once: true }), {})).value, "x");
      assert.equal(slow.connections, 2);
    } finally {
      slow.close();
    }
    const silent = await proxy(() => {});
    try {
      await fails(client({ url: silent.url, timeout: 50, attempts: 2 }).open([seal("x")]), "holder-timed-out");
    } finally {
      silent.close();
    }
  });

  test("an abort ends the call with its own reason, also while it waits", async () => {
    const silent = await proxy(() => {});
    try {
      for (const to of [silent.url, "http://127.0.0.1:9"]) {
        const controller = new AbortController();
        const asked = client({ url: to, attempts: 20 }).open([seal("x")], { signal: controller.signal });
        const reason = new Error("enough");
        setTimeout(() => controller.abort(reason), 60);
        await assert.rejects(asked, (error) => error === reason);
      }
      await assert.rejects(client().open([seal("x")], { signal: AbortSignal.abort() }), { name: "AbortError" });
    } finally {
      silent.close();
    }
  });

  test("too many requests are waited out, as long as the key holder says", async () => {
    const names = [];
    const problem = JSON.stringify({ code: "rate-limited", detail: "Wait.", status: 429 });
    const busy = await listen((request, response) => {
      names.push(request.headers["idempotency-key"]);
      const after = names.length === 1 ? "1" : "3600";
      response.writeHead(429, { "content-type": "application/problem+json", "retry-after": after }).end(problem);
    });
    try {
      const begun = Date.now();
      const error = await fails(client({ url: busy.url }).open([seal("x")]), "rate-limited");
      assert.deepEqual([error.status, error.retryAfter], [429, 3600]);
      assert.ok(Date.now() - begun >= 1000);
      assert.equal(names.length, 2);
      assert.ok(names[0] === names[1] && names[0] === error.idempotencyKey && names[0].length === 36);
    } finally {
      busy.close();
    }
  });

  test("what is no answer of a key holder is none", async () => {
    const token = seal("x");
    const facts = { field: "f", kind: "text", iss: ORIGIN, iat: 1, jti: "j", valid: true };
    const bodies = ["<html>", "null", "{}", '{"results":[]}', '{"results":[{},{}]}', '{"results":[null]}', '{"results":[{"error":{}}]}'];
    bodies.push(JSON.stringify({ results: [facts] }), JSON.stringify({ results: [{ value: 1, ...facts }, { value: 2, ...facts }] }));
    for (const body of bodies) {
      const odd = await listen((_, response) => response.end(body));
      await fails(client({ url: odd.url }).open([token]), "holder-answer", [token]);
      odd.close();
    }
  });

  test("a server that sends back what it got puts nothing into an error", async () => {
    const token = seal("x");
    for (const detail of [(request) => request.headers.authorization, (_, body) => body]) {
      const echo = await listen(async (request, response) => {
        let body = "";
        for await (const chunk of request) body += chunk;
        response.writeHead(400).end(JSON.stringify({ code: "echo", detail: detail(request, body) }));
      });
      await fails(client({ url: echo.url }).open([token]), "echo", [token]);
      echo.close();
    }
  });

  test("a redirect is not followed", async () => {
    let asked = 0;
    const elsewhere = await listen((_, response) => response.end(String((asked += 1))));
    const redirecting = await listen((_, response) => response.writeHead(307, { location: `${elsewhere.url}/v1/open` }).end());
    await fails(client({ url: redirecting.url }).open([seal("x")]), "holder-answer");
    assert.equal(asked, 0);
    elsewhere.close();
    redirecting.close();
  });
});

describe("the credential", () => {
  test("a wrong one is refused at once", async () => {
    const error = await fails(client({ credential: NOBODY }).open([seal("x")]), "credential-invalid");
    assert.equal(error.status, 401);
  });

  test("a function is asked each time, and again when what it gave is refused", async () => {
    const asked = [];
    const holder = client({
      credential: async ({ refused }) => {
        asked.push(refused);
        return refused ? credential : NOBODY;
      },
    });
    assert.equal((await holder.openOne(seal("x"), {})).value, "x");
    assert.deepEqual(asked, [false, true]);
    await fails(client({ credential: () => NOBODY }).open([seal("x")]), "credential-invalid");
  });

  test("one that cannot be sent is not quoted", async () => {
    const bad = `${NOBODY}\r\nx: y`;
    for (const wrong of ["", " ", bad, undefined, 17]) {
      assert.throws(
        () => client({ credential: wrong }),
        (error) => (assertError(error, "holder-credential", [bad]), true),
      );
      await fails(client({ credential: () => wrong }).open([seal("x")]), "holder-credential", [bad]);
    }
    await fails(client({ credential: () => Promise.reject(new Error(NOBODY)) }).open([seal("x")]), "holder-credential");
  });

  test("the client shows none of it", () => {
    for (const text of [inspect(client(), { depth: 9, showHidden: true }), JSON.stringify(client()), String(client())]) {
      assert.ok(!text.includes(credential), text);
    }
  });
});

describe("options that cannot be used", () => {
  const refuses = (options, code, member) =>
    assert.throws(() => client(options), (error) => (assertError(error, code), assert.equal(error.member, member), true));

  test("addresses to which a credential may not go", () => {
    const bad = ["http://keys.shop.example", "http://10.0.0.1", "http://127.0.0.1.shop.example", "https://a:b@keys.shop.example"];
    bad.push("https://keys.shop.example/?a", "ftp://127.0.0.1", "keys.shop.example", "", []);
    for (const wrong of bad) refuses({ url: wrong }, "holder-address", "url");
    refuses({ url: [url, "http://keys.shop.example"] }, "holder-address", "url");
    for (const good of ["https://keys.shop.example", new URL("http://localhost:1"), ["http://[::1]:1", "http://a.localhost"]]) {
      client({ url: good });
    }
  });

  test("numbers, names and approvals", async () => {
    for (const [member, values] of Object.entries({ timeout: [0, 1.5, Infinity], attempts: [0, 21], concurrency: [0, 65] })) {
      for (const value of values) refuses({ [member]: value }, "option-invalid", member);
    }
    for (const idempotencyKey of ["", "a b", "ü", "x".repeat(59)]) {
      await fails(client().open([seal("x")], { idempotencyKey }), "option-invalid");
    }
    await fails(client().open(Array(101).fill("t"), { approval: "a" }), "option-invalid");
    await fails(client().audit({ limit: 1001 }).next(), "option-invalid");
  });

  test("a page", () => {
    const script = `
      globalThis.document = {};
      const { createHolder } = await import(${JSON.stringify(entryUrl("./holder"))});
      try { createHolder({ url: "https://a.example", credential: "${NOBODY}" }); } catch (error) { console.log(error.code); }`;
    const printed = execFileSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" });
    assert.equal(printed.trim(), "holder-in-page");
  });
});

describe("the entry", () => {
  test("exports what the contract names", async () => {
    assert.deepEqual(Object.keys(await import(entryUrl("./holder"))).sort(), ["FieldsealError", "HolderError", "createHolder", "openFile"]);
    assert.equal(FieldsealError, fieldseal.FieldsealError);
  });

  test("has nothing of the module, of Node or of a page's own", () => {
    const reached = new Set();
    const read = (name) => {
      if (reached.has(name)) return "";
      reached.add(name);
      const text = readFileSync(join(packageDir, "dist", name), "utf8");
      return [text, ...[...text.matchAll(/from\s*"\.\/([^"]+)"/g)].map(([, next]) => read(next))].join("\n");
    };
    const text = read("holder.js");
    for (const word of ["WebAssembly.", "node:", "require(", "process.", "localStorage", "console."]) {
      assert.ok(!text.includes(word), word);
    }
  });
});

describe("what is found out about values", () => {
  test("masks, comparisons and fingerprints", async () => {
    const card = sealer.seal("4242 4242 4242 4242", { field: "card", kind: "card-number" });
    const other = sealer.seal("5555 5555 5555 4444", { field: "card", kind: "card-number" });
    const holder = client();
    const [masked, refused] = await holder.openMasked([card, { token: card, field: "note" }]);
    assert.ok(masked.ok && masked.masked.endsWith("4242") && !masked.masked.includes("424242"));
    assert.equal(refused.code, "token-wrong-field");
    assert.equal(await holder.verify(card, "4242424242424242", { purpose: "a check" }), true);
    assert.equal(await holder.verify({ token: card, field: "card" }, "5555 5555 5555 4444"), false);
    await fails(holder.verify({ token: card, field: "note" }, "4242"), "token-wrong-field", [card]);
    const all = Array.from({ length: 120 }, (_, i) => ({ token: i % 2 ? card : other, candidate: "4242 4242 4242 4242" }));
    assert.deepEqual((await holder.verifyAll(all)).map(({ equal }) => equal), all.map((_, i) => i % 2 === 1));
    await fails(holder.verify(card, undefined), "option-invalid", [card]);
    const [a, b, c] = await holder.fingerprint([card, card, other], { label: "duplicates" });
    assert.ok(a.fingerprint === b.fingerprint && a.fingerprint !== c.fingerprint);
    const [d] = await holder.fingerprint([card]);
    assert.notEqual(d.fingerprint, a.fingerprint);
  });

  test("hashes of passwords, eight a request", async () => {
    // The reference implementation's test vector: the hash of `password`.
    const hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    const password = sealer.seal("password", { field: "p", kind: "password", check: false });
    const results = await client().verifyAll(Array.from({ length: 9 }, () => ({ token: password, hash })));
    assert.deepEqual(results.map((result) => result.equal ?? result.code), Array(9).fill(true));
  });

  test("tokens move to the current key", async () => {
    const token = seal("stays");
    const mover = client({ credential: place.run(["credentials", "new", "mover", "--role", "rewrapper"]).trim() });
    const [same, refused] = await mover.rewrap([token, "no token"]);
    assert.deepEqual([same.ok, same.token, same.rewrapped], [true, token, false]);
    assert.equal(refused.code, "token-malformed");
    const { kid } = place.keySet.keys[0];
    assert.equal(same.kid, kid);
  });
});

describe("lists", () => {
  test("the audit, a page at a time, to be followed later", async () => {
    const operator = client({ credential: place.run(["credentials", "new", "auditor", ...LISTS]).trim() });
    await client().open([seal("a"), seal("b"), seal("c")]);
    const records = [];
    let last;
    for await (const page of operator.audit({ limit: 2 })) {
      assert.ok(page.records.length <= 2);
      records.push(...page.records);
      last = page.next;
    }
    assert.deepEqual(records.map(({ seq }) => seq), records.map((_, i) => i + 1));
    await client().open([seal("d")]);
    const more = [];
    for await (const page of operator.audit({ after: last })) more.push(...page.records);
    assert.ok(more.some(({ action, outcome }) => action === "open" && outcome === "granted"));
    assert.ok(more.every(({ seq }) => seq > records.length));
    await fails(operator.audit({ after: "x" }).next(), "cursor-invalid");
  });

  test("the keys", async () => {
    const operator = client({ credential: place.run(["credentials", "new", "lister", ...LISTS]).trim() });
    const keys = await operator.keys({ limit: 1 });
    assert.deepEqual(keys.map(({ kid }) => kid), place.keySet.keys.map(({ kid }) => kid));
    assert.ok(keys.every((key) => key.class === "*" && key.alg === "HPKE-9" && key.created > 0));
  });
});

test("people are registered and erased by those who may", async () => {
  const made = (name, role) => client({ credential: place.run(["credentials", "new", name, "--role", role]).trim() });
  const [site, officer] = [made("site", "registrar"), made("officer", "privacy-officer")];
  for (const id of ["p-1f0c", "u/17 ä&?#%2F"]) {
    const registered = await site.registerSubject(id);
    assert.deepEqual([registered.id, registered.keys, registered.erased], [id, 1, undefined]);
    assert.deepEqual(await site.registerSubject(id), registered);
    assert.deepEqual(await officer.subject(id), registered);
    await fails(site.eraseSubject(id), "not-allowed");
    const erased = await officer.eraseSubject(id, { reason: "asked" });
    assert.ok(erased.erased >= registered.created && erased.receipt.split(".").length === 3);
    assert.deepEqual(await officer.eraseSubject(id), erased);
    assert.equal((await fails(site.registerSubject(id), "subject-erased")).status, 410);
  }
  await fails(officer.subject("nobody"), "subject-unknown");
  await fails(site.registerSubject("a\nb"), "subject-invalid");
  for (const id of ["", ".", ".."]) await fails(officer.eraseSubject(id), "option-invalid");
});

/** How a credential is made that may see the lists. */
const LISTS = ["--role", "auditor"];

test("what the clients use is in the description of the interface", () => {
  const file = join(root, "holder/openapi.json");
  let text;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    assert.fail("holder/openapi.json is missing: it is made from the handlers of the service");
  }
  const { paths, components } = JSON.parse(text);
  const resolve = (schema) =>
    schema?.$ref === undefined ? schema : resolve(schema.$ref.split("/").slice(1).reduce((at, key) => at?.[key], { components }));
  /** Every member that a schema allows, wherever it is written. */
  const members = (schema, found = new Set(), seen = new Set()) => {
    const { properties = {}, items, oneOf = [], anyOf = [], allOf = [], ...rest } = resolve(schema) ?? {};
    if (seen.has(rest)) return found;
    for (const [name, inner] of Object.entries(properties)) {
      found.add(name);
      members(inner, found, seen);
    }
    for (const inner of [items, ...oneOf, ...anyOf, ...allOf]) if (inner !== undefined) members(inner, found, seen);
    return found;
  };
  const json = (content) => content?.content?.["application/json"]?.schema;
  const EXPECTED = ["tokens", "token", "field", "kind", "origin", "sub", "purpose", "approval"];
  const FACTS = ["results", "field", "kind", "iss", "iat", "jti", "sub", "valid", "hint_matches", "error", "code", "detail"];
  for (const [path, sent, received] of [
    ["/v1/open", EXPECTED, [...FACTS, "value", "approval"]],
    ["/v1/open-masked", EXPECTED, [...FACTS, "masked", "hints", "fields"]],
    ["/v1/verify", [...EXPECTED, "candidate", "region", "hash"], [...FACTS, "equal"]],
    ["/v1/fingerprint", [...EXPECTED, "label"], [...FACTS, "fingerprint", "fields"]],
    ["/v1/rewrap", ["tokens", "token", "purpose"], ["results", "token", "kid", "jti", "rewrapped", "error", "code", "detail"]],
  ]) {
    const operation = paths[path]?.post;
    assert.ok(operation, `${path} is not described`);
    const body = members(json(operation.requestBody));
    const answer = members(json(resolve(operation.responses["200"])));
    assert.deepEqual(sent.filter((name) => !body.has(name)), [], `what is sent to ${path}`);
    assert.deepEqual(received.filter((name) => !answer.has(name)), [], `what is read from ${path}`);
  }
  for (const method of ["get", "post", "delete"]) {
    const answer = members(json(resolve(paths["/v1/subjects/{id}"][method].responses["200"])));
    assert.deepEqual(["id", "created", "erased", "keys", "receipt"].filter((name) => !answer.has(name)), [], method);
  }
  assert.ok(members(json(paths["/v1/subjects/{id}"].delete.requestBody)).has("reason"));
  for (const [path, list, entry] of [
    ["/v1/audit", "records", ["seq", "time", "actor", "action", "outcome", "hash"]],
    ["/v1/keys", "keys", ["kid", "alg", "class", "created", "nbf", "exp", "state", "revoked", "destroyed"]],
  ]) {
    const operation = paths[path]?.get;
    assert.ok(operation, `${path} is not described`);
    const names = operation.parameters.map((parameter) => resolve(parameter).name);
    assert.deepEqual(["after", "limit"].filter((name) => !names.includes(name)), []);
    const answer = members(json(resolve(operation.responses["200"])));
    assert.deepEqual([list, "next", "more", ...entry].filter((name) => !answer.has(name)), [], path);
  }
});

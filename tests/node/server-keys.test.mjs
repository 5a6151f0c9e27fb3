// The published keys of a guard of `fieldseal/server`: fetched, kept for five minutes, asked for again because of a
// key that is not known, and gone without for a day.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { entryUrl, fails, fieldseal, Holder, listen, ORIGIN } from "./support.mjs";

const { createSealer, loadKeys } = fieldseal;
const { createGuard } = await import(entryUrl("./server"));
const { createTestKeys } = await import(entryUrl("./testing"));

const FIELDS = { card: "card-number" };
const FORM = "application/x-www-form-urlencoded";

/** What the key holder answers, and what it was asked. */
let answer;
const asked = [];
const holder = await listen((request, response) => {
  asked.push(request.headers);
  const { status = 200, headers = {}, body = "", wait = 0 } = answer();
  setTimeout(() => response.writeHead(status, headers).end(body), wait);
});
const elsewhere = await listen((_request, response) => response.end(JSON.stringify(old.jwks)));
after(() => [holder, elsewhere].forEach((server) => server.close()));
const publish = (...keys) => {
  const body = JSON.stringify({ keys: keys.flatMap(({ jwks }) => jwks.keys) });
  answer = () => ({ body });
};

let old;
let fresh;
let sealed;
before(async () => {
  [old, fresh] = [await createTestKeys({ lifetime: 5 * 86_400 }), await createTestKeys({ lifetime: 5 * 86_400 })];
  const seal = async (keys) => {
    const sealer = createSealer(await loadKeys(keys.jwks, { trust: keys.trust }), { origin: ORIGIN });
    return sealer.seal("4242 4242 4242 4242", { field: "card", kind: "card-number" });
  };
  sealed = { old: await seal(old), fresh: await seal(fresh) };
});

/** The clock goes on when a test says so. */
const clock = Date.now;
let later = 0;
beforeEach(() => {
  later = 0;
  asked.length = 0;
  publish(old);
  Date.now = () => clock() + later * 1000;
});
afterEach(() => (Date.now = clock));

const make = (more) => createGuard({ fields: FIELDS, origin: ORIGIN, keys: holder.url, maxAge: 9 * 86_400, ...more });

/** What becomes of a submission, and how often the key holder has been asked until then. */
const outcome = async (guard, token) => {
  const headers = { "content-type": FORM };
  const result = await guard.fetch(new Request(ORIGIN, { method: "POST", headers, body: `card=${token}` }));
  return [result.ok ? "" : result.refused.code, asked.length];
};

describe("the key set", () => {
  test("is fetched plain, once for five minutes", async () => {
    const guard = await make();
    assert.match(asked[0].accept, /^application\/jwk-set\+json/);
    assert.equal(asked[0].cookie, undefined);
    later = 299;
    assert.deepEqual(await outcome(guard, sealed.old), ["", 1]);
    later = 301;
    assert.deepEqual(await outcome(guard, sealed.old), ["", 2]);
    assert.deepEqual(await outcome(guard, sealed.old), ["", 2]);
  });

  test("from the real key holder", async (t) => {
    const real = new Holder();
    t.after(() => real.close());
    const guard = await make({ keys: new URL(`${await real.serve()}/.well-known/sealed-input`) });
    const keys = await loadKeys(real.keySet, { trust: "origin" });
    const options = { field: "card", kind: "card-number" };
    const token = createSealer(keys, { origin: ORIGIN }).seal("4242424242424242", options);
    assert.equal(guard.check([["card", token]]).header("card").alg, "HPKE-9");
    assert.equal((await outcome(guard, sealed.old))[0], "token-unknown-key");
  });

  test("is asked for again because of a key that is not known, at most once a minute", async () => {
    const guard = await make();
    publish(old, fresh);
    assert.deepEqual(await outcome(guard, sealed.fresh), ["token-unknown-key", 1], "it was fetched just now");
    later = 61;
    assert.deepEqual(await outcome(guard, sealed.fresh), ["", 2]);
    publish(old);
    later = 400;
    assert.deepEqual(await outcome(guard, sealed.fresh), ["token-unknown-key", 3], "it was withdrawn");
    later = 459;
    assert.deepEqual(await outcome(guard, sealed.fresh), ["token-unknown-key", 3]);
    later = 461;
    assert.deepEqual(await outcome(guard, sealed.fresh), ["token-unknown-key", 4]);
  });

  test("is asked for once by those who come at one time", async () => {
    const guard = await make();
    publish(old, fresh);
    const { body } = answer();
    answer = () => ({ body, wait: 100 });
    later = 61;
    const results = await Promise.all([1, 2, 3].map(() => outcome(guard, sealed.fresh)));
    assert.deepEqual(results.map(([code]) => code), ["", "", ""]);
    assert.equal(asked.length, 2);
  });

  test("goes on for a day where the key holder does not answer, which is asked once a minute", async () => {
    const guard = await make();
    answer = () => ({ status: 500 });
    later = 301;
    assert.deepEqual(await outcome(guard, sealed.old), ["", 2]);
    assert.deepEqual(await outcome(guard, sealed.old), ["", 2]);
    later = 362;
    assert.deepEqual(await outcome(guard, sealed.old), ["", 3]);
    answer = () => ({ body: "{}" });
    later = 86_000;
    assert.deepEqual(await outcome(guard, sealed.old), ["", 4]);
    later = 86_401;
    assert.deepEqual(await outcome(guard, sealed.old), ["keys-unavailable", 5]);
    publish(old);
    later = 86_500;
    assert.deepEqual(await outcome(guard, sealed.old), ["", 6]);
  });

  test("that is missing is the server's fault", async () => {
    const guard = await make();
    answer = () => ({ status: 500 });
    later = 90_000;
    await guard.refresh();
    const fault = { code: "keys-unavailable", status: 503, field: undefined, position: undefined };
    assert.throws(() => guard.check([["card", sealed.old]]), fault);
    // What is wrong whatever the keys are is said without them.
    assert.throws(() => guard.check([["card", "4242"]]), { code: "field-in-clear", status: 400 });
  });

  test("that was given goes before those that are fetched", async () => {
    const guard = await make();
    guard.setKeys(fresh.jwks);
    later = 9999;
    assert.deepEqual(await outcome(guard, sealed.fresh), ["", 1]);
    assert.deepEqual(await outcome(guard, sealed.old), ["token-unknown-key", 1]);
  });

  test("is fetched by the one who asks", async () => {
    const guard = await make();
    publish(fresh);
    later = 301;
    assert.throws(() => guard.check([["card", sealed.fresh]]), { code: "token-unknown-key" });
    await guard.refresh();
    assert.equal(guard.check([["card", sealed.fresh]]).token("card"), sealed.fresh);
  });
});

describe("a guard is not made", () => {
  const cases = {
    "without an answer": [() => ({ status: 404 }), "keyset-unreachable"],
    "with an answer from elsewhere": [
      () => ({ status: 302, headers: { location: elsewhere.url } }),
      "keyset-unreachable",
    ],
    "of what is no key set": [() => ({ body: "<html>" }), "keyset-malformed"],
    "without a key": [() => ({ body: '{"keys":[]}' }), "keyset-empty"],
    "of more than a megabyte": [() => ({ body: " ".repeat(2 << 20) }), "keyset-unreachable"],
  };
  for (const [name, [given, code]] of Object.entries(cases)) {
    test(name, async () => {
      answer = given;
      await fails(() => make(), code);
    });
  }
  test("where nobody listens", () => fails(() => make({ keys: "http://127.0.0.1:1/" }), "keyset-unreachable"));
});

// What a key must be to be sealed to, and when a sealer stops sealing.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertError, CANARY, fails, fieldseal, headerOf, Holder, listen, ORIGIN, recipientJwk } from "./support.mjs";

const { createSealer, loadKeys } = fieldseal;
const now = () => Math.floor(Date.now() / 1000);

let holder;
let published;
let service;
before(async () => {
  holder = new Holder();
  published = JSON.stringify(holder.keySet);
  service = `${await holder.serve()}/.well-known/sealed-input`;
});
after(() => holder.close());

describe("keys that may not be sealed to", () => {
  const key = () => holder.keySet.keys[0];
  const set = (...keys) => ({ keys });
  /** The same key with other members; an undefined one is left out. */
  const with_ = (members) => set(JSON.parse(JSON.stringify({ ...key(), ...members })));
  const pub = () => Buffer.from(key().pub, "base64url");
  const changedPub = (change) => {
    const bytes = pub();
    change(bytes);
    return set(recipientJwk({ kty: "AKP", alg: "HPKE-9", pub: bytes.toString("base64url") }));
  };
  const low = () => recipientJwk({ kty: "OKP", crv: "X25519", alg: "ECDH-ES", x: "A".repeat(43) });

  const cases = {
    "no keys": [() => set(), "keyset-empty"],
    "keys that are no array": [() => ({ keys: {} }), "keyset-malformed", "keys"],
    "no member keys": [() => ({}), "keyset-malformed", "keys"],
    "a key that is no object": [() => set("x"), "key-malformed"],
    "a private key": [() => with_({ priv: CANARY }), "key-private"],
    "an unknown algorithm": [() => with_({ alg: "HPKE-0" }), "key-alg-unknown"],
    "no algorithm": [() => with_({ alg: undefined }), "key-malformed", "alg"],
    "another key type": [() => with_({ kty: "OKP" }), "key-malformed", "kty"],
    "another use": [() => with_({ use: "sig" }), "key-malformed", "use"],
    "an unknown class": [() => with_({ class: "cards" }), "key-malformed", "class"],
    "no class": [() => with_({ class: undefined }), "key-malformed", "class"],
    "another thumbprint": [() => with_({ kid: "x".repeat(43) }), "key-thumbprint-mismatch"],
    "no thumbprint": [() => with_({ kid: undefined }), "key-malformed", "kid"],
    "no key": [() => with_({ pub: undefined }), "key-malformed", "pub"],
    "a key in another alphabet": [() => with_({ pub: `${key().pub.slice(1)}+` }), "key-malformed", "pub"],
    "a short key": [() => with_({ pub: key().pub.slice(4) }), "key-length"],
    "a coefficient out of range": [() => changedPub((bytes) => bytes.fill(0xff, 0, 3)), "key-invalid"],
    "an X25519 part of low order": [() => changedPub((bytes) => bytes.fill(0, 1184)), "key-low-order"],
    "an X25519 key of low order": [() => set(low()), "key-low-order"],
    "an end before its start": [() => with_({ nbf: 10, exp: 9 }), "key-malformed", "exp"],
    "an end that is text": [() => with_({ exp: "soon" }), "key-malformed", "exp"],
    "one bad key beside a good one": [() => set(key(), { ...key(), kid: "x" }), "key-thumbprint-mismatch"],
  };
  for (const [name, [source, code, member]] of Object.entries(cases)) {
    test(name, () => fails(() => loadKeys(source(), { trust: "origin" }), code, member));
  }
  test("a member twice", async (t) => {
    const twice = published.replace('"use":"enc"', '"use":"enc","use":"enc"');
    const server = await listen((_request, response) => response.end(twice));
    t.after(server.close);
    await fails(() => loadKeys(server.url, { trust: "origin" }), "keyset-duplicate-member");
  });

  const sealing = async (members, kind = "card-number") => {
    const sealer = createSealer(await loadKeys(with_(members), { trust: "origin" }), { origin: ORIGIN });
    return [sealer, () => sealer.seal(CANARY, { field: "card", kind, check: false })];
  };
  test("an expired key", async () => {
    const [sealer, seal] = await sealing({ nbf: now() - 20, exp: now() - 10 });
    assert.equal(sealer.ready.ok, false);
    assert.ok(sealer.ready.expires < new Date());
    fails(seal, "key-expired");
  });
  test("a key that expires while the page is open", async (t) => {
    const [sealer, seal] = await sealing({ exp: now() + 60 });
    assert.equal(sealer.ready.ok, true);
    assert.equal(typeof seal(), "string");
    t.mock.timers.enable({ apis: ["Date"], now: Date.now() + 61_000 });
    assert.equal(sealer.ready.ok, false);
    fails(seal, "key-expired");
  });
  test("a signed set that ends while the page is open", async (t) => {
    const sealer = createSealer(await loadKeys(service, { trust: { signer: holder.signer } }), { origin: ORIGIN });
    t.mock.timers.enable({ apis: ["Date"], now: Date.now() + 25 * 3600 * 1000 });
    assert.equal(sealer.ready.ok, false);
    fails(() => sealer.seal(CANARY, { field: "card", kind: "card-number", check: false }), "keyset-expired");
  });
  test("a key of tomorrow", async () => fails((await sealing({ nbf: now() + 3600 }))[1], "key-not-yet-valid"));
  test("no key for the class", async () => fails((await sealing({ class: "health" }))[1], "key-missing"));
  test("a key for good", async () => {
    const [sealer, seal] = await sealing({ nbf: undefined, exp: undefined });
    // One value's encapsulation was made while the keys loaded.
    assert.deepEqual({ ...sealer.ready }, { ok: true, expires: undefined, pool: 1 });
    assert.equal(headerOf(seal()).kid, key().kid);
    assert.equal(sealer.ready.pool, 0);
  });
});

describe("a sealer", () => {
  test("needs an origin where there is no page", async () => {
    const keys = await loadKeys(JSON.parse(published), { trust: "origin" });
    fails(() => createSealer(keys), "origin-invalid");
    for (const origin of [
      "",
      "null",
      "shop.example",
      "https://shop.example/",
      "https://Shop.example",
      "*",
      `https://${"a".repeat(320)}`,
    ]) {
      fails(() => createSealer(keys, { origin }), "origin-invalid");
    }
  });
  test("needs keys that loadKeys gave", () => {
    for (const keys of [undefined, null, {}, "x", JSON.parse(published)]) {
      fails(() => createSealer(keys, { origin: ORIGIN }), "option-invalid", "keys");
    }
  });
  test("works only as itself", async () => {
    const sealer = createSealer(await loadKeys(JSON.parse(published), { trust: "origin" }), { origin: ORIGIN });
    const { seal } = sealer;
    assert.throws(
      () => seal(CANARY, { field: "a", kind: "text" }),
      (error) => (assertError(error, "option-invalid", "sealer"), true),
    );
  });
});

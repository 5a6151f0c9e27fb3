// `fieldseal/testing`: what a web developer's own tests seal with the real package opens with the throwaway
// keys, and nothing else does. `fillIn` needs a DOM and is tested in browsers.
import { CompactEncrypt, compactVerify, importJWK } from "jose";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { before, describe, test } from "node:test";
import { base64url, CANARY, entryUrl, fails, fieldseal, listen, ORIGIN, thumbprint } from "./support.mjs";

const { createSealer, FieldsealError, loadKeys } = fieldseal;
const testing = await import(entryUrl("./testing"));
const { createTestKeys, headerOf, interceptKeys, isToken, openEntries, openForTest, routeKeys, submitted } = testing;

const now = () => Math.floor(Date.now() / 1000);
const sealerFor = async (keys) => createSealer(await loadKeys(keys.jwks, { trust: keys.trust }), { origin: ORIGIN });

let keys;
let sealer;
let token;
before(async () => {
  keys = await createTestKeys();
  sealer = await sealerFor(keys);
  token = sealer.seal(CANARY, { field: "card", kind: "card-number", sub: "person-1", once: true, check: false });
});

/** The token with a part exchanged, or changed. */
const withPart = (at, change) => {
  const parts = token.split(".");
  parts[at] = typeof change === "string" ? change : base64url(change(Buffer.from(parts[at], "base64url")));
  return parts.join(".");
};
const withHeader = (change) => withPart(0, base64url(JSON.stringify({ ...headerOf(token), ...change })));
const flip = (bytes) => ((bytes[bytes.length >> 1] ^= 1), bytes);

describe("the entry", () => {
  test("exports what the contract names", () => {
    assert.deepEqual(Object.keys(testing).sort(), [
      "FieldsealError",
      "createTestKeys",
      "fillIn",
      "headerOf",
      "interceptKeys",
      "isToken",
      "openEntries",
      "openForTest",
      "routeKeys",
      "submitted",
    ]);
  });

  test("shares its FieldsealError with the others", () => assert.equal(testing.FieldsealError, FieldsealError));

  test("does nothing when it is imported, and has no module", () => {
    const script = `
      const forbid = (name) => Object.defineProperty(globalThis, name, { get: () => process.exit(9) });
      ["fetch", "WebAssembly", "crypto", "atob", "setTimeout", "document", "location"].forEach(forbid);
      import(${JSON.stringify(entryUrl("./testing"))}).catch(() => process.exit(8));`;
    execFileSync(process.execPath, ["--input-type=module", "--eval", script]);
  });
});

describe("test keys", () => {
  test("are one public key for every class, for an hour", () => {
    assert.equal(keys.jwks.keys.length, 1);
    const [{ x, kid, nbf, exp, ...rest }] = keys.jwks.keys;
    assert.deepEqual(rest, { kty: "OKP", crv: "X25519", alg: "ECDH-ES", use: "enc", class: "*" });
    assert.equal(kid, thumbprint({ kty: "OKP", crv: "X25519", x }));
    assert.ok(nbf < now() - 60 && Math.abs(exp - now() - 3600) < 60);
    assert.deepEqual([keys.pin, keys.trust], [[kid], { pin: [kid] }]);
    assert.equal(keys.signer.kid, thumbprint(keys.signer));
  });

  test("show no private half", () => {
    assert.doesNotMatch(JSON.stringify(keys), /"d"/);
    for (const value of Object.values(keys)) assert.ok(!(value instanceof CryptoKey));
  });

  test("are new each time", async () => assert.notDeepEqual((await createTestKeys()).pin, keys.pin));

  test("of one class serve that class", async () => {
    const own = await createTestKeys({ class: "payment" });
    const ownSealer = await sealerFor(own);
    const sealed = ownSealer.seal("4242", { field: "card", kind: "card-number", check: false });
    assert.equal((await openForTest(sealed, own)).value, "4242");
    fails(() => ownSealer.seal(CANARY, { field: "note", kind: "text" }), "key-missing");
  });

  test("end after their lifetime, also one below zero", async () => {
    const { expires } = await loadKeys((await createTestKeys({ lifetime: 60 })).jwks, { trust: "origin" });
    assert.ok(Math.abs(expires.getTime() / 1000 - now() - 60) < 30);
    const over = await createTestKeys({ lifetime: -7200 });
    const late = await sealerFor(over);
    fails(() => late.seal(CANARY, { field: "a", kind: "text" }), "key-expired");
    const server = await listen(async (_, response) => response.end(await over.signed()));
    try {
      await fails(() => loadKeys(server.url, { trust: { signer: over.signer } }), "keyset-expired");
    } finally {
      server.close();
    }
  });

  for (const lifetime of [NaN, Infinity, "3600", null]) {
    test(`a lifetime of ${lifetime}`, () => fails(() => createTestKeys({ lifetime }), "option-invalid", "lifetime"));
  }

  test("say what is missing where WebCrypto is", async (t) => {
    t.mock.method(crypto.subtle, "generateKey", () => Promise.reject(new Error("unknown algorithm")));
    await fails(() => createTestKeys(), "webcrypto-unavailable");
  });

  test("are signed as the format asks, for another library too", async () => {
    const { payload, protectedHeader } = await compactVerify(
      await keys.signed(),
      await importJWK(keys.signer, "Ed25519"),
    );
    assert.deepEqual(protectedHeader, { alg: "Ed25519", kid: keys.signer.kid, typ: "jwk-set+jwt" });
    const { iss, iat, exp, ...rest } = JSON.parse(Buffer.from(payload));
    assert.equal(iss, `urn:ietf:params:oauth:jwk-thumbprint:sha-256:${keys.signer.kid}`);
    assert.ok(Math.abs(iat - now()) < 60 && exp === keys.jwks.keys[0].exp);
    assert.deepEqual(rest, keys.jwks);
  });
});

describe("a token opens", () => {
  const VALUES = ["4242 4242 4242 4242", "", "Zoë 🦀 \u0000 日本", -12.5e-3, false, null, [1, ["a"]], { a: { "": 1 } }];
  for (const value of [...VALUES, "ä".repeat(20_000)]) {
    test(`with the value ${JSON.stringify(value).slice(0, 40)}`, async () => {
      const opened = await openForTest(sealer.seal(value, { field: "note", kind: "json" }), keys);
      assert.deepEqual(opened.value, value);
    });
  }

  test("with its header, and as what it is expected to be", async () => {
    const expected = { field: "card", kind: "card-number", origin: ORIGIN, sub: "person-1" };
    const opened = await openForTest(token, keys, expected);
    assert.deepEqual(opened, { value: CANARY, header: headerOf(token), field: "card", kind: "card-number" });
    assert.deepEqual([opened.header.once, opened.header.alg, opened.header.kid], [true, "ECDH-ES", keys.pin[0]]);
    assert.deepEqual(await keys.open(token, expected), opened);
  });

  test("of a form, with all its members", async () => {
    const values = { card: "4242", 7: "04/29", __proto__: null, mail: "a@example.com" };
    const kinds = { card: "card-number", 7: "card-expiry", mail: "email" };
    const sealed = sealer.sealForm(values, { field: "checkout", kinds, check: false });
    const opened = await openForTest(sealed.payment, keys, { field: "checkout", kind: "payment-form" });
    assert.deepEqual(opened.value, { card: "4242", 7: "04/29" });
    assert.deepEqual(opened.header.fields, { card: "card-number", 7: "card-expiry" });
  });

  test("that is past its exp: a test's clock is its own", async () => {
    const sealed = sealer.seal("x", { field: "a", kind: "text", exp: now() + 1 });
    await new Promise((passed) => setTimeout(passed, 1100));
    assert.equal((await openForTest(sealed, keys)).value, "x");
  });

  const joseToken = async (content, more = {}) => {
    const [{ kid, kty, crv, x }] = keys.jwks.keys;
    const header = { typ: "sealed+jwe", field: "a", kind: "text", iss: ORIGIN, iat: now(), ...more };
    return new CompactEncrypt(Buffer.from(content))
      .setProtectedHeader({ ...header, jti: base64url(randomBytes(16)), alg: "ECDH-ES", enc: "A256GCM", kid })
      .encrypt(await importJWK({ kty, crv, x }, "ECDH-ES"));
  };

  test("that another library made", async () => {
    assert.equal((await openForTest(await joseToken('{"p":"00","v":"x"}'), keys)).value, "x");
  });

  const contents = {
    "no JSON": [CANARY],
    "an array": [`["${CANARY}"]`],
    "no value": [`{"p":"${CANARY}"}`],
    "another member": [`{"v":"${CANARY}","w":1}`],
    "half a character": [Buffer.from(`{"v":"${CANARY}é"}`, "latin1")],
    "a form that is no object": [`{"v":"${CANARY}"}`, { fields: { card: "card-number" } }],
    "a form with more than it declares": [`{"v":{"card":"1","cvc":"${CANARY}"}}`, { fields: { card: "card-number" } }],
    "a form in another order": [
      `{"v":{"cvc":"1","card":"${CANARY}"}}`,
      { fields: { card: "card-number", cvc: "card-cvc" } },
    ],
    "a form with less": ['{"v":{}}', { fields: { card: "card-number" } }],
  };
  for (const [name, [content, more]] of Object.entries(contents)) {
    test(`but not with ${name} inside`, async () => {
      const sealed = await joseToken(content, more);
      await fails(() => openForTest(sealed, keys), "open-failed");
    });
  }
});

describe("a token does not open", () => {
  const stray = (text) => text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) + 1);
  /** One fault each: the token, what is expected of it, and the code. */
  const FAULTS = {
    "another field": [() => token, { field: "cvc" }, "token-wrong-field"],
    "another kind": [() => token, { kind: "card-cvc" }, "token-wrong-kind"],
    "another origin": [() => token, { origin: "https://other.example" }, "token-wrong-origin"],
    "another subject": [() => token, { sub: "person-2" }, "token-wrong-subject"],
    "no subject": [() => sealer.seal(CANARY, { field: "a", kind: "text" }), { sub: "person-1" }, "token-wrong-subject"],
    "the key of another": [() => withHeader({ kid: "x".repeat(43) }), {}, "token-wrong-key"],
    "another field in the header": [() => withHeader({ field: "cvc" }), { field: "cvc" }, "open-failed"],
    "another kind in the header": [() => withHeader({ kind: "text" }), {}, "open-failed"],
    "another origin in the header": [() => withHeader({ iss: "https://other.example" }), {}, "open-failed"],
    "a member left out": [() => withHeader({ once: undefined }), {}, "open-failed"],
    "another epk": [
      () => withHeader({ epk: { ...headerOf(token).epk, x: base64url(Buffer.alloc(32, 9)) } }),
      {},
      "open-failed",
    ],
    "an epk of low order": [
      () => withHeader({ epk: { ...headerOf(token).epk, x: base64url(Buffer.alloc(32)) } }),
      {},
      "open-failed",
    ],
    "no epk": [() => withHeader({ epk: undefined }), {}, "open-failed"],
    "an epk that is null": [() => withHeader({ epk: null }), {}, "open-failed"],
    "a bit of the iv": [() => withPart(2, flip), {}, "open-failed"],
    "a bit of the ciphertext": [() => withPart(3, flip), {}, "open-failed"],
    "a bit of the tag": [() => withPart(4, flip), {}, "open-failed"],
    "a shorter ciphertext": [() => withPart(3, (bytes) => bytes.subarray(1)), {}, "open-failed"],
    "a shorter tag": [() => withPart(4, (bytes) => bytes.subarray(1)), {}, "token-malformed"],
    "a shorter iv": [() => withPart(2, (bytes) => bytes.subarray(1)), {}, "token-malformed"],
    "an encrypted key": [() => withPart(1, "AAAA"), {}, "token-malformed"],
    "another algorithm": [() => withHeader({ alg: "dir" }), {}, "token-alg-unknown"],
    "an inherited algorithm": [() => withHeader({ alg: "toString" }), {}, "token-alg-unknown"],
    "the other algorithm": [() => withHeader({ alg: "HPKE-9" }), {}, "token-malformed"],
    "another typ": [() => withHeader({ typ: "JWT" }), {}, "token-malformed"],
    "no field": [() => withHeader({ field: undefined }), {}, "token-malformed"],
    "a field that is no text": [() => withHeader({ field: 7 }), {}, "token-malformed"],
    "an iat that is no number": [() => withHeader({ iat: "now" }), {}, "token-malformed"],
    "a header that is no object": [() => withPart(0, base64url("[]")), {}, "token-malformed"],
    "a header that is no JSON": [() => withPart(0, base64url(CANARY)), {}, "token-malformed"],
    "no header": [() => withPart(0, ""), {}, "token-malformed"],
    padding: [() => `${token}==`, {}, "token-malformed"],
    "white space": [() => `${token} `, {}, "token-malformed"],
    "a stray bit": [() => stray(token), {}, "token-malformed"],
    "a character too many in a part": [() => `${token}AAA`, {}, "token-malformed"],
    "a sixth part": [() => `${token}.`, {}, "token-malformed"],
    "a part too few": [() => token.slice(0, token.lastIndexOf(".")), {}, "token-malformed"],
    "cut short": [() => token.slice(0, -1), {}, "token-malformed"],
    "cut at 255 characters": [() => token.slice(0, 255), {}, "token-malformed"],
    "not a token": [() => CANARY, {}, "token-malformed"],
    nothing: [() => "", {}, "token-malformed"],
    undefined: [() => undefined, {}, "token-malformed"],
    "a file": [() => new File([CANARY], "a.txt"), {}, "token-malformed"],
  };
  for (const [name, [make, expected, code]] of Object.entries(FAULTS)) {
    test(name, () => fails(() => openForTest(make(), keys, expected), code));
  }

  test("sealed to other test keys", async () =>
    fails(async () => openForTest(token, await createTestKeys()), "token-wrong-key"));

  test("sealed to other test keys, and given these keys' name", async () => {
    const others = await createTestKeys();
    const sealed = (await sealerFor(others)).seal(CANARY, { field: "a", kind: "text" });
    const header = base64url(JSON.stringify({ ...headerOf(sealed), kid: keys.pin[0] }));
    await fails(() => openForTest([header, ...sealed.split(".").slice(1)].join("."), keys), "open-failed");
  });
});

describe("isToken and headerOf", () => {
  test("know a token without a key", () => {
    assert.equal(isToken(token), true);
    const { alg, typ, field, kind, iss } = headerOf(token);
    const expected = { alg: "ECDH-ES", typ: "sealed+jwe", field: "card", kind: "card-number", iss: ORIGIN };
    assert.deepEqual({ alg, typ, field, kind, iss }, expected);
  });

  test("know a token of HPKE-9, which test keys do not open", async () => {
    const header = base64url(JSON.stringify({ ...headerOf(token), alg: "HPKE-9", enc: undefined, epk: undefined }));
    const withLength = (length) =>
      [header, base64url(Buffer.alloc(1120)), "", base64url(Buffer.alloc(length)), ""].join(".");
    const real = withLength(80);
    assert.deepEqual([80, 16, 15].map(withLength).map(isToken), [true, true, false]);
    await fails(() => openForTest(real, keys), "token-wrong-key");
    assert.equal(isToken(`${real}AAAA`), false);
  });

  const jwt = [{ alg: "none" }, {}].map((part) => base64url(JSON.stringify(part))).join(".");
  for (const other of ["", "a.b.c.d.e", "....", "4242 4242", `${jwt}.`, undefined, null, 7, {}, new File([], "a")]) {
    test(`tell a token from ${String(other).slice(0, 20) || "nothing"}`, () => {
      assert.equal(isToken(other), false);
      fails(() => headerOf(other), "token-malformed");
    });
  }
});

describe("openEntries", () => {
  const EXPECTED = { card: "4242", note: ["a", "b"], quantity: "1", empty: "", several: ["x", "y", "z"] };
  const entries = () => [
    ["card", sealer.seal("4242", { field: "card", kind: "card-number", check: false })],
    ["note", sealer.seal("a", { field: "note", kind: "text" })],
    ["quantity", "1"],
    ["note", sealer.seal("b", { field: "note", kind: "text" })],
    ["empty", sealer.seal("", { field: "empty", kind: "text" })],
    ["several", "x"],
    ["several", "y"],
    ["several", "z"],
  ];
  const formData = () => {
    const data = new FormData();
    for (const [name, value] of entries()) data.append(name, value);
    return data;
  };

  /** The same entries in every form in which a server can have them. */
  const SOURCES = {
    FormData: () => formData(),
    URLSearchParams: () => new URLSearchParams(entries()),
    "a urlencoded body": () => String(new URLSearchParams(entries())),
    "an address's query": () => `?${new URLSearchParams(entries())}`,
    "an array": () => entries(),
    "a generator": () => entries().values(),
    "a multipart request": () => new Request(ORIGIN, { method: "POST", body: formData() }).formData(),
    "a urlencoded request": () =>
      new Request(ORIGIN, { method: "POST", body: new URLSearchParams(entries()) }).formData(),
  };
  for (const [name, source] of Object.entries(SOURCES)) {
    test(`from ${name}`, async () => assert.deepEqual(await openEntries(await source(), keys), EXPECTED));
  }

  test("leaves files and everything else as they are", async () => {
    const data = formData();
    const file = new File([token], "token.txt");
    data.append("file", file);
    assert.equal((await openEntries(data, keys)).file.name, "token.txt");
    const items = ["eyJ", "eyJhIjoxfQ.e30.", "a.b.c.d.e", 7];
    const opened = await openEntries(Object.entries({ items, card: token }), keys);
    assert.deepEqual(opened, { items, card: CANARY });
  });

  test("takes any name", async () => {
    const sealed = sealer.seal("x", { field: "__proto__", kind: "text" });
    const opened = await openEntries([["__proto__", sealed]], keys);
    assert.deepEqual(Object.entries(opened), [["__proto__", "x"]]);
  });

  test("of nothing is nothing", async () => assert.deepEqual(await openEntries("", keys), {}));

  const faults = {
    "a token in another entry": [() => ["cvc", token], "token-wrong-field"],
    "a token that was cut short": [() => ["card", token.slice(0, -1)], "token-malformed"],
    "a token that was cut in its middle": [() => ["card", token.slice(0, 480)], "token-malformed"],
    "a token that was changed": [() => ["card", withPart(3, flip)], "open-failed"],
  };
  for (const [name, [entry, code]] of Object.entries(faults)) {
    test(`names the entry of ${name}`, () => fails(() => openEntries([entry()], keys), code, entry()[0]));
  }
  test("names the entry of a token for other keys", async () =>
    fails(async () => openEntries([["card", token]], await createTestKeys()), "token-wrong-key", "card"));
});

// The public surface: its names, that importing it does nothing, and what a mistake in its use gets.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import {
  assertError,
  CANARY,
  entryUrl,
  fails,
  fieldseal,
  headerOf,
  ORIGIN,
  manifest,
  packageDir,
  recipientJwk,
  root,
} from "./support.mjs";

const { createSealer, FieldsealError, guardForm, loadKeys } = fieldseal;

/** A public key whose private key nobody knows; the surface never needs one. */
const jwk = recipientJwk({ kty: "OKP", crv: "X25519", alg: "ECDH-ES", x: `CQ${"A".repeat(41)}` });
let keys;
let sealer;
before(async () => {
  keys = await loadKeys({ keys: [jwk] }, { trust: "origin" });
  sealer = createSealer(keys, { origin: ORIGIN });
});

describe("the entries", () => {
  const names = ["FieldsealError", "createSealer", "guardForm", "loadKeys"];

  test("export what the contract names", async () => {
    assert.deepEqual(Object.keys(fieldseal).sort(), names);
    assert.deepEqual(Object.keys(await import(entryUrl("./inline"))).sort(), names);
    const browser = new URL(manifest.exports["."].default, `file://${packageDir}/`);
    assert.deepEqual(Object.keys(await import(browser)).sort(), names);
  });

  test("share one FieldsealError, so that instanceof works across them", async () => {
    assert.equal((await import(entryUrl("./inline"))).FieldsealError, FieldsealError);
  });

  test("the inline entry seals", async () => {
    const inline = await import(entryUrl("./inline"));
    const own = inline.createSealer(await inline.loadKeys({ keys: [jwk] }, { trust: "origin" }), { origin: ORIGIN });
    assert.equal(headerOf(own.seal("x", { field: "a", kind: "text" })).kid, jwk.kid);
  });

  test("the description names files that are there", () => {
    const paths = Object.values(manifest.exports).flatMap((entry) =>
      typeof entry === "string" ? [entry] : Object.values(entry),
    );
    for (const path of [...paths, manifest.main, manifest.types]) readFileSync(join(packageDir, path));
    assert.equal(manifest.sideEffects, false);
  });

  test("the published hash is the module's", () => {
    const wasm = readFileSync(join(packageDir, "dist/fieldseal.wasm"));
    const sri = JSON.parse(readFileSync(join(packageDir, "dist/sri.json"), "utf8"));
    assert.deepEqual(sri, { "fieldseal.wasm": `sha384-${createHash("sha384").update(wasm).digest("base64")}` });
  });

  for (const entry of [".", "./inline"]) {
    test(`importing ${entry} does nothing`, () => {
      // Everything that an import could reach is made to end the process.
      const script = `
        const known = new Set(Reflect.ownKeys(globalThis));
        const forbid = (object, name) => Object.defineProperty(object, name, { get: () => process.exit(9) });
        const names = ["fetch", "WebAssembly", "crypto", "atob", "setTimeout", "document", "location"];
        for (const name of names) forbid(globalThis, name);
        forbid(Date, "now");
        import(${JSON.stringify(entryUrl(entry))}).then(() => {
          const added = Reflect.ownKeys(globalThis).filter((name) => !known.has(name) && !names.includes(name));
          if (added.length > 0) process.exit(8);
        });`;
      execFileSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" });
    });
  }

  test("the types name every code of the module", () => {
    const rust = readFileSync(join(root, "src/error.rs"), "utf8");
    const codes = [...rust.matchAll(/^ {4}[A-Z]\w+ = "([a-z-]+)",/gm)].map((match) => match[1]);
    // Tokens are only read by key holders, so their codes never come out of this package.
    const ours = codes.filter((code) => !code.startsWith("token-") && code !== "open-failed");
    assert.ok(ours.length > 25);
    const types = readFileSync(join(packageDir, "dist/error.d.ts"), "utf8");
    assert.deepEqual(
      ours.filter((code) => !types.includes(`"${code}"`)),
      [],
    );
  });

  test("the types name every kind and class", () => {
    const rust = readFileSync(join(root, "src/kind.rs"), "utf8");
    const kinds = [...rust.matchAll(/entry\("([a-z-]+)"/g)]
      .map((match) => match[1])
      .filter((kind) => !kind.endsWith("-form"));
    const types = readFileSync(join(packageDir, "dist/kind.d.ts"), "utf8");
    const named = [...types.slice(types.indexOf("type Kind")).matchAll(/"([a-z-]+)"/g)].map((match) => match[1]);
    assert.deepEqual(named.sort(), kinds.sort());
  });
});

describe("FieldsealError", () => {
  test("is an error with a code, a name and a message", () => {
    const error = new FieldsealError("wasm-unavailable");
    assert.ok(error instanceof Error && error instanceof FieldsealError);
    assert.deepEqual([error.name, error.code, error.member], ["FieldsealError", "wasm-unavailable", undefined]);
    assert.match(error.message, /'wasm-unsafe-eval'.*\[wasm-unavailable\]$/);
    assert.match(error.stack, /surface\.test\.mjs/);
  });

  test("is what everything throws", async () => {
    fails(() => sealer.seal(CANARY, { field: "a", kind: "nonsense" }), "kind-unknown");
    await fails(() => loadKeys({ keys: [] }, { trust: "origin" }), "keyset-empty");
  });
});

describe("seal", () => {
  const seal = (options, value = CANARY) => sealer.seal(value, options);
  const good = { field: "card", kind: "card-number" };

  test("is synchronous and gives text", () => assert.equal(typeof seal(good), "string"));

  test("writes what the options say, and nothing else", () => {
    const exp = Math.floor(Date.now() / 1000) + 3600;
    const options = {
      ...good,
      sub: "person-1",
      exp,
      once: true,
      hint: { last4: "4242", debit: false, year: 2031 },
      consent: { notice: "2026-04" },
    };
    const { iat, jti, epk, ...header } = headerOf(seal(options));
    assert.deepEqual(header, {
      alg: "ECDH-ES",
      enc: "A256GCM",
      kid: jwk.kid,
      typ: "sealed+jwe",
      iss: ORIGIN,
      ...options,
    });
    assert.ok(Math.abs(iat - Date.now() / 1000) < 5);
    assert.match(jti, /^[\w-]{22}$/);
    assert.deepEqual(Object.keys(headerOf(seal(good))).sort(), [
      "alg",
      "enc",
      "epk",
      "field",
      "iat",
      "iss",
      "jti",
      "kid",
      "kind",
      "typ",
    ]);
  });

  test("takes a date or seconds for exp", () => {
    const date = new Date("2031-02-03T04:05:06.789Z");
    const seconds = Math.floor(date.getTime() / 1000);
    assert.equal(headerOf(seal({ ...good, exp: date })).exp, seconds);
    assert.equal(headerOf(seal({ ...good, exp: seconds })).exp, seconds);
  });

  test("leaves out what is undefined or false", () => {
    const header = headerOf(seal({ ...good, sub: undefined, exp: undefined, once: false, hint: undefined }));
    for (const name of ["sub", "exp", "once", "hint"]) assert.ok(!(name in header));
  });

  test("takes names of any language, up to 256 bytes", () => {
    for (const field of ["é", "🦀", "a[0].b", "x".repeat(256)])
      assert.equal(headerOf(seal({ ...good, field })).field, field);
  });

  const mistakes = {
    "a misspelt option": [{ onse: true }, "option-invalid"],
    "an option of the guard": [{ lifetime: 60 }, "option-invalid"],
    "no field": [{ field: undefined }, "option-invalid", "field"],
    "no kind": [{ kind: undefined }, "option-invalid", "kind"],
    "an empty field": [{ field: "" }, "field-invalid"],
    "a long field": [{ field: "x".repeat(257) }, "field-invalid"],
    "a field with a control character": [{ field: "a\u0000" }, "field-invalid"],
    "a field that is no text": [{ field: 7 }, "option-invalid", "field"],
    "an unknown kind": [{ kind: "cards" }, "kind-unknown"],
    "a kind that is inherited": [{ kind: "toString" }, "kind-unknown"],
    "a form's kind": [{ kind: "payment-form" }, "kind-unknown"],
    "exp in milliseconds": [{ exp: Date.now() }, "option-invalid", "exp"],
    "exp as text": [{ exp: "2031-02-03" }, "option-invalid", "exp"],
    "exp as no date": [{ exp: new Date(NaN) }, "option-invalid", "exp"],
    "exp that is over": [{ exp: Math.floor(Date.now() / 1000) }, "option-invalid", "exp"],
    "exp before 1970": [{ exp: -1 }, "option-invalid", "exp"],
    "exp with a fraction": [{ exp: 1.5 }, "option-invalid"],
    "exp as a BigInt": [{ exp: 1n }, "option-invalid"],
    "once as text": [{ once: "yes" }, "option-invalid", "once"],
    "once as a number": [{ once: 1 }, "option-invalid", "once"],
    "an empty sub": [{ sub: "" }, "option-invalid", "sub"],
    "a long sub": [{ sub: "x".repeat(257) }, "option-invalid", "sub"],
    "a sub that is no text": [{ sub: 7 }, "option-invalid", "sub"],
    "a hint that is text": [{ hint: "4242" }, "option-invalid", "hint"],
    "a hint with a fraction": [{ hint: { amount: 1.5 } }, "option-invalid"],
    "a hint that is nested": [{ hint: { a: { b: 1 } } }, "option-invalid", "hint"],
    "a hint with null": [{ hint: { a: null } }, "option-invalid", "hint"],
    "a hint that is too long": [{ hint: { a: "x".repeat(2048) } }, "option-invalid", "hint"],
    "a hint with half a surrogate pair": [{ hint: { a: "\ud83e" } }, "option-invalid"],
    "a consent that is an array": [{ consent: ["x"] }, "option-invalid", "consent"],
  };
  for (const [name, [change, code, member]] of Object.entries(mistakes)) {
    test(name, () => fails(() => seal({ ...good, ...change }), code, member));
  }
  for (const options of [undefined, null, "card", 7, []]) {
    test(`options that are ${JSON.stringify(options)}`, () => fails(() => seal(options), "option-invalid"));
  }
  test("a getter in the options that throws", () => {
    const thrown = () => {
      throw Object.assign(new Error(CANARY), { code: "E_OTHER" });
    };
    fails(() => seal(Object.defineProperty({ ...good }, "sub", { get: thrown, enumerable: true })), "option-invalid");
  });
});

describe("sealForm", () => {
  const kinds = { card: "card-number", cvc: "card-cvc", mail: "email", diagnosis: "diagnosis", note: "text" };

  test("gives one token for each class of data that is in it", () => {
    const form = sealer.sealForm(
      { cvc: "1", mail: "a@b", card: "2", note: "" },
      { field: "checkout", kinds, sub: "person-1" },
    );
    assert.deepEqual(Object.keys(form).sort(), ["contact", "general", "payment"]);
    const { alg, field, kind, fields, sub } = headerOf(form.payment);
    const expected = {
      alg: "ECDH-ES",
      field: "checkout",
      kind: "payment-form",
      fields: { cvc: "card-cvc", card: "card-number" },
      sub: "person-1",
    };
    assert.deepEqual({ alg, field, kind, fields, sub }, expected);
  });

  test("of nothing is nothing", () => assert.deepEqual(sealer.sealForm({}, { field: "checkout", kinds }), {}));

  test("a misspelt option", () =>
    fails(() => sealer.sealForm({ card: CANARY }, { field: "f", kinds, onse: true }), "option-invalid"));
  test("an unknown kind", () =>
    fails(() => sealer.sealForm({ a: CANARY }, { field: "f", kinds: { a: "cards" } }), "kind-unknown"));
  test("all or nothing", () =>
    fails(() => sealer.sealForm({ card: CANARY, note: NaN }, { field: "f", kinds }), "value-type"));
});

describe("the rest", () => {
  test("ready says what it should", () => {
    assert.deepEqual({ ...sealer.ready }, { ok: true, expires: undefined, pool: 0 });
  });

  test("keys tell their thumbprints and hide the rest", () => {
    assert.deepEqual(keys.thumbprints, [jwk.kid]);
    assert.deepEqual(JSON.parse(JSON.stringify(keys)), { thumbprints: [jwk.kid] });
    assert.equal(JSON.stringify(sealer), "{}");
  });

  test("a sealer outlives the keys it was made from", () => {
    const own = createSealer(keys, { origin: "http://localhost:8080" });
    assert.equal(headerOf(own.seal("x", { field: "a", kind: "text" })).iss, "http://localhost:8080");
  });

  test("guardForm needs a form", () => {
    for (const form of [undefined, null, {}, "form"]) fails(() => guardForm(form, sealer), "option-invalid", "form");
  });

  test("randomness that fails stops sealing", (t) => {
    t.mock.method(globalThis.crypto, "getRandomValues", () => {
      throw new Error(CANARY);
    });
    assert.throws(
      () => sealer.seal(CANARY, { field: "a", kind: "text" }),
      (error) => (assertError(error, "randomness-unavailable"), true),
    );
    t.mock.restoreAll();
    assert.equal(typeof sealer.seal("x", { field: "a", kind: "text" }), "string");
  });
});

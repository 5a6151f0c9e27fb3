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

/** What only a server says of a form that it received. */
const SERVERS = new Set(["field-in-clear", "field-missing", "data-in-clear", "keys-unavailable"]);
const LANGUAGES = ["en", "es", "fr", "de", "pt", "ja"];

describe("the entries", () => {
  const names = ["FieldsealError", "consentedTo", "createSealer", "guardForm", "loadKeys", "useMessages"];

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
    ).flatMap((path) => (path.includes("*") ? LANGUAGES.map((language) => path.replace("*", language)) : [path]));
    for (const path of [...paths, manifest.main, manifest.types]) readFileSync(join(packageDir, path));
    assert.equal(manifest.sideEffects, false);
  });

  test("the published hashes are those of the module and of the scripts", () => {
    const sri = JSON.parse(readFileSync(join(packageDir, "dist/sri.json"), "utf8"));
    assert.ok(sri["fieldseal.wasm"] && sri["index.js"] && sri["core.js"]);
    for (const [name, hash] of Object.entries(sri)) {
      const file = readFileSync(join(packageDir, "dist", name));
      assert.equal(hash, `sha384-${createHash("sha384").update(file).digest("base64")}`, name);
    }
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
    // Tokens are only read by key holders and servers, so their codes never come out of these entries.
    const ours = codes.filter((code) => !code.startsWith("token-") && code !== "open-failed" && !SERVERS.has(code));
    assert.ok(ours.length > 25);
    const types = readFileSync(join(packageDir, "dist/error.d.ts"), "utf8");
    assert.deepEqual(
      ours.filter((code) => !types.includes(`"${code}"`)),
      [],
    );
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
  const good = { field: "note", kind: "text" };

  test("is synchronous and gives text", () => assert.equal(typeof seal(good), "string"));

  test("writes what the options say, and nothing else", () => {
    const exp = Math.floor(Date.now() / 1000) + 3600;
    const options = {
      ...good,
      sub: "person-1",
      exp,
      once: true,
      consent: { purpose: "newsletter surveys", notice: "2026-04", time: exp },
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
    "a hint that is text": [{ hint: "last4" }, "option-invalid", "hint"],
    "a hint that is an object": [{ hint: { last4: "4242" } }, "option-invalid", "hint"],
    "a hint among others that is no text": [{ hint: ["valid", 4] }, "option-invalid", "hint"],
    "a hint of another kind": [{ hint: ["last4"] }, "hint-not-allowed"],
    "a hint that is inherited": [{ hint: ["toString"] }, "hint-not-allowed"],
    "a hint of a value that is not checked": [{ kind: "card-number", hint: ["last4"], check: false }, "option-invalid", "hint"],
    "a check that is no boolean": [{ check: "off" }, "option-invalid", "check"],
    "a region that is no text": [{ region: ["GB"] }, "option-invalid", "region"],
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

describe("values of a kind", () => {
  const card = { field: "card", kind: "card-number" };

  for (const [name, value, options, reason] of [
    ["a digit short", "4242 4242 4242 424", card, "incomplete"],
    ["a digit wrong", "4242 4242 4242 4243", card, "check-digit"],
    ["not a number", CANARY, card, "format"],
    ["of another type", 4242424242424242, card, "type"],
    ["without its region", "AB123456C", { field: "id", kind: "national-id" }, "region"],
    ["never assigned", "666-12-3456", { field: "ssn", kind: "us-ssn" }, "range"],
    ["too long", "x".repeat(201), { field: "name", kind: "person-name" }, "too-long"],
  ]) {
    test(`refused: ${name}`, () => fails(() => sealer.seal(value, options), "value-invalid", reason));
  }

  test("hints are computed, and only those that are asked for", () => {
    const hint = (names) => headerOf(sealer.seal("4242-4242-4242-4242", { ...card, hint: names })).hint;
    assert.deepEqual(hint(["last4", "brand"]), { last4: "4242", brand: "visa" });
    assert.deepEqual(hint(["bin", "valid"]), { bin: "424242", valid: true });
    assert.equal(hint([]), undefined);
  });

  test("a security code is single use and lives for minutes, whoever asks for more", () => {
    const cvc = { field: "cvc", kind: "card-cvc" };
    const { once, exp, iat } = headerOf(sealer.seal("737", { ...cvc, once: false }));
    assert.deepEqual([once, exp - iat], [true, 900]);
    fails(() => sealer.seal("737", { ...cvc, exp: iat + 3600 }), "option-invalid", "exp");
  });

  test("no answer is no mistake", () => {
    for (const value of ["", null]) assert.equal(typeof sealer.seal(value, card), "string");
  });
});

describe("sealForm", () => {
  const kinds = { card: "card-number", cvc: "card-cvc", mail: "email", diagnosis: "diagnosis", note: "text" };

  test("gives one token for each class of data that is in it", () => {
    const form = sealer.sealForm(
      { cvc: "737", mail: "a@b.example", card: "4242 4242 4242 4242", note: "" },
      { field: "checkout", kinds, sub: "person-1", hints: { card: ["last4"], mail: ["domain"] } },
    );
    assert.deepEqual(Object.keys(form).sort(), ["contact", "general", "payment"]);
    const { alg, field, kind, fields, sub, hint, once } = headerOf(form.payment);
    const expected = {
      alg: "ECDH-ES",
      field: "checkout",
      kind: "payment-form",
      fields: { cvc: "card-cvc", card: "card-number" },
      sub: "person-1",
      hint: { "card.last4": "4242" },
      // A form with a security code is as strict as the code.
      once: true,
    };
    assert.deepEqual({ alg, field, kind, fields, sub, hint, once }, expected);
    assert.deepEqual(headerOf(form.contact).hint, { "mail.domain": "b.example" });
  });

  test("of nothing is nothing", () => assert.deepEqual(sealer.sealForm({}, { field: "checkout", kinds }), {}));

  test("a misspelt option", () =>
    fails(() => sealer.sealForm({ card: CANARY }, { field: "f", kinds, onse: true }), "option-invalid"));
  test("an unknown kind", () =>
    fails(() => sealer.sealForm({ a: CANARY }, { field: "f", kinds: { a: "cards" } }), "kind-unknown"));
  test("all or nothing", () =>
    fails(() => sealer.sealForm({ diagnosis: CANARY, note: NaN }, { field: "f", kinds }), "value-type"));
  test("a value that is none of its kind", () =>
    fails(() => sealer.sealForm({ note: "x", card: CANARY }, { field: "f", kinds }), "value-invalid", "format"));
  test("a hint that the kind does not allow", () =>
    fails(() => sealer.sealForm({ note: CANARY }, { field: "f", kinds, hints: { note: ["last4"] } }), "hint-not-allowed"));
  test("a region for one value", () => {
    const options = { field: "f", kinds: { id: "national-id" }, regions: { id: "GB" } };
    assert.equal(headerOf(sealer.sealForm({ id: "AB123456C" }, options).identity).kind, "identity-form");
    fails(() => sealer.sealForm({ id: CANARY }, { ...options, regions: {} }), "value-invalid", "region");
  });
});

describe("the rest", () => {
  // What was ready has been used by now.
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

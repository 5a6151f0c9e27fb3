// `fieldseal/server`: what a guard makes of names and values. One fault, one outcome, and no value in any of them.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { inspect } from "node:util";
import { base64url, entryUrl, fails, fieldseal, headerOf, manifest, ORIGIN, packageDir, root } from "./support.mjs";

const { createSealer, FieldsealError, loadKeys } = fieldseal;
const server = await import(entryUrl("./server"));
const { createTestKeys } = await import(entryUrl("./testing"));
const { createGuard, Refused } = server;

const CARD = "4242 4242 4242 4242";
const DAY = 86_400;
const now = () => Math.floor(Date.now() / 1000);
const FIELDS = {
  card: "card-number",
  phone: { kind: "phone", required: false },
  checkout: { kind: "payment-form", required: false },
};

let keys;
let sealer;
let guard;
let card;
let phone;
const sealerFor = async (keys, origin = ORIGIN) =>
  createSealer(await loadKeys(keys.jwks, { trust: keys.trust }), { origin });
const guardFor = (more) => createGuard({ fields: FIELDS, origin: ORIGIN, keys: keys.jwks, ...more });
before(async () => {
  keys = await createTestKeys({ lifetime: 3 * DAY });
  sealer = await sealerFor(keys);
  guard = await guardFor();
  card = sealer.seal(CARD, { field: "card", kind: "card-number", hint: ["last4", "brand", "valid"] });
  phone = sealer.seal("+14155550173", { field: "phone", kind: "phone" });
});

/** The token with other members in its header, which nobody has authenticated at a server. */
const withHeader = (token, change) => {
  const text = typeof change === "string" ? change : JSON.stringify({ ...headerOf(token), ...change });
  return [base64url(text), ...token.split(".").slice(1)].join(".");
};

/** The refusal, or nothing for entries that pass. It must show nothing of a value. */
const refusal = (entries, given = guard, time = now(), method = "check") => {
  try {
    given[method](entries, time);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof Refused && error instanceof FieldsealError, String(error));
    const texts = [JSON.stringify(error), JSON.stringify(error.toProblem()), inspect(error, { showHidden: true })];
    for (const text of [error.message, error.stack, ...texts]) {
      // Places in files are numbers, too.
      assert.doesNotMatch(text.replace(/file:\S+|:\d+/g, ""), /4242|6789/);
    }
    assert.equal(error.cause, undefined);
    return error;
  }
};

describe("the entry", () => {
  test("exports what the contract names", () =>
    assert.deepEqual(Object.keys(server).sort(), ["FieldsealError", "Refused", "createGuard"]));

  test("shares its FieldsealError with the others", () => assert.equal(server.FieldsealError, FieldsealError));

  test("does nothing when it is imported", () => {
    const script = `
      const forbid = (name) => Object.defineProperty(globalThis, name, { get: () => process.exit(9) });
      ["fetch", "WebAssembly", "crypto", "atob", "setTimeout", "document", "location"].forEach(forbid);
      import(${JSON.stringify(entryUrl("./server"))}).catch(() => process.exit(8));`;
    execFileSync(process.execPath, ["--input-type=module", "--eval", script]);
  });

  test("takes the module where it may not be compiled from bytes", () => {
    const path = join(packageDir, manifest.exports["./fieldseal-server.wasm"]);
    const script = (given) => `
      import { readFileSync } from "node:fs";
      import { createGuard } from ${JSON.stringify(entryUrl("./server"))};
      const module = new WebAssembly.Module(readFileSync(${JSON.stringify(path)}));
      globalThis.atob = () => process.exit(9);
      const guard = await createGuard({ fields: {}, keys: ${JSON.stringify(keys.jwks)}, ${given} });
      guard.check([["note", "4242"]]);`;
    const run = (given) => execFileSync(process.execPath, ["--input-type=module", "--eval", script(given)]);
    run("module");
    assert.throws(() => run(""), { status: 9 });
  });
});

describe("a field's token", () => {
  const seal = (options, from = sealer) => from.seal(CARD, { field: "card", kind: "card-number", ...options });
  const at = (seconds, more) => withHeader(card, { iat: now() + seconds, ...more });
  const twice = () => JSON.stringify(headerOf(card)).replace("{", '{"iat":1,');
  const cases = {
    "a token": [() => card],
    "a card number": [() => CARD, "field-in-clear"],
    nothing: [() => "", "field-in-clear"],
    "a file": [() => new Blob([CARD]), "field-in-clear"],
    "no text": [() => 4242424242424242, "field-in-clear"],
    "four dots": [() => "4242.4242.4242.4242.", "field-in-clear"],
    "a JSON object": [() => '{"alg":"ECDH-ES"}', "field-in-clear"],
    "space before": [() => ` ${card}`, "field-in-clear"],
    "a line's end behind": [() => `${card}\n`, "field-in-clear"],
    "a token and text": [() => `${card} ${CARD}`, "field-in-clear"],
    "half a character": [() => `${card}\ud800`, "field-in-clear"],
    "cut short": [() => card.slice(0, -1), "token-malformed"],
    "the header alone": [() => card.split(".")[0], "token-malformed"],
    "a JWT": [() => `${base64url('{"alg":"none"}')}.e30.AAAA`, "token-malformed"],
    "a member twice": [() => withHeader(card, twice()), "token-duplicate-member"],
    "a member more": [() => withHeader(card, { stranger: 1 }), "token-malformed"],
    "an unknown kind": [() => withHeader(card, { kind: "card" }), "kind-unknown"],
    "an unknown algorithm": [() => withHeader(card, { alg: "RSA-OAEP" }), "token-alg-unknown"],
    "an algorithm that has other parts": [() => withHeader(card, { alg: "HPKE-9" }), "token-malformed"],
    "another origin": [() => withHeader(card, { iss: "https://elsewhere.example" }), "token-wrong-origin"],
    "another field": [() => seal({ field: "phone" }), "token-wrong-field"],
    "another kind": [() => seal({ kind: "text" }), "token-wrong-kind"],
    expired: [() => withHeader(card, { exp: now() }), "token-expired"],
    "its last seconds": [() => withHeader(card, { exp: now() + 5 })],
    "a clock ahead": [() => at(300)],
    "from the future": [() => at(310), "token-from-the-future"],
    "as old as may be": [() => at(-DAY + 5, { exp: now() + 9 }), "token-unknown-key"],
    "too old": [() => at(-DAY - 5), "token-too-old"],
    "another key": [async () => seal({}, await sealerFor(await createTestKeys())), "token-unknown-key"],
  };
  for (const [name, [value, code]] of Object.entries(cases)) {
    test(`${name}: ${code ?? "passes"}`, async () => {
      const refused = refusal([["card", await value()]]);
      assert.equal(refused?.code, code);
      if (!refused) return;
      const { status, field, position, detail } = refused;
      assert.deepEqual([status, field, position, refused.member], [400, "card", 0, "card"]);
      assert.deepEqual(refused.toProblem(), {
        type: "about:blank", title: "Bad Request", status, detail, code, field, position,
      });
    });
  }

  test("as old as was said", async () => {
    const strict = await guardFor({ maxAge: 60 });
    const sealed = now();
    assert.equal(refusal([["card", withHeader(card, { iat: sealed })]], strict, sealed + 60), undefined);
    assert.equal(refusal([["card", withHeader(card, { iat: sealed })]], strict, sealed + 61).code, "token-too-old");
    assert.equal(refusal([["card", card]], strict, new Date((sealed + 99) * 1000)).code, "token-too-old");
    for (const time of [NaN, new Date(NaN), "1", Infinity]) {
      fails(() => strict.check([], time), "option-invalid", "now");
    }
  });
});

describe("a submission", () => {
  const formOf = (values) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(values)) form.append(name, value);
    return form;
  };
  const cases = {
    all: [() => [["card", card], ["phone", phone]]],
    "the optional one is missing": [() => [["card", card]]],
    "other entries": [() => [["plan", "12"], ["card", card], ["", "x"]]],
    "a form's data": [() => formOf({ card, plan: "12" })],
    "the required one is missing": [() => [["phone", phone]], "field-missing", "card"],
    "no entry": [() => [], "field-missing", "card"],
    "names are exact": [() => [["Card", card]], "field-missing", "card"],
    "the second in clear": [() => [["card", card], ["phone", "+1 415 555 0142"]], "field-in-clear", "phone", 1],
    "a token and the value": [() => [["card", card], ["card", CARD]], "field-in-clear", "card", 1],
    swapped: [() => [["phone", card], ["card", phone]], "token-wrong-field", "phone", 0],
    "a card in the plan": [() => [["plan", CARD], ["card", card]], "data-in-clear", undefined, 0],
    "an SSN in the plan": [() => [["card", card], ["plan", "123-45-6789"]], "data-in-clear", undefined, 1],
    "a card as a name": [() => [["card", card], [CARD, ""]], "data-in-clear", undefined, 1],
    "a card in a file": [() => [["card", card], ["photo", new Blob([CARD])]]],
    "a token in another entry": [() => [["card", card], ["again", card]]],
    "the fault comes before what is missing": [() => [["plan", CARD]], "data-in-clear", undefined, 0],
    "a name of every object": [() => [["card", card], ["__proto__", "x"], ["constructor", "x"]]],
  };
  for (const [name, [entries, code, field, position]] of Object.entries(cases)) {
    test(`${name}: ${code ?? "passes"}`, async () => {
      const refused = refusal(entries());
      assert.deepEqual([refused?.code, refused?.field, refused?.position], [code, field, position]);
      const present = refusal(entries(), guard, now(), "checkPresent");
      assert.equal(present?.code, code === "field-missing" ? undefined : code);
    });
  }

  test("without the watch nobody looks at other entries", async () => {
    const plain = await guardFor({ watch: false });
    const entries = [["card", card], ["plan", CARD], ["note", "123-45-6789"]];
    assert.equal(refusal(entries)?.code, "data-in-clear");
    assert.equal(refusal(entries, plain), undefined);
    assert.equal(refusal([["card", CARD]], plain)?.code, "field-in-clear");
  });
});

test("a guard says what it was told", async () => {
  const told = await guardFor({ fields: { card: "card-number", phone: { kind: "phone", required: false } } });
  assert.deepEqual(told.declared(), {
    origins: [ORIGIN],
    fields: [
      { name: "card", kind: "card-number", required: true },
      { name: "phone", kind: "phone", required: false },
    ],
  });
});

describe("what came sealed", () => {
  test("has tokens, headers and hints", () => {
    const again = sealer.seal("4111 1111 1111 1111", { field: "card", kind: "card-number", hint: ["last4"] });
    const checked = guard.check([["card", card], ["plan", "12"], ["card", again]]);
    assert.deepEqual(checked.tokens, { card: [card, again], phone: [], checkout: [] });
    assert.equal(checked.token("card"), card);
    assert.deepEqual(checked.header("card"), headerOf(card));
    assert.deepEqual(checked.hint("card"), { last4: "4242", brand: "visa", valid: true });
    assert.deepEqual(checked.all("card").map(({ hint }) => hint.last4), ["4242", "1111"]);
    assert.deepEqual([checked.token("phone"), checked.header("phone")], [undefined, undefined]);
    assert.deepEqual(checked.hint("phone"), {});
    assert.deepEqual([checked.all("plan"), checked.all("__proto__")], [[], []]);
  });

  test("is a form by its name and kind", () => {
    const { payment } = sealer.sealForm(
      { number: CARD, expiry: "04/40" },
      { field: "checkout", kinds: { number: "card-number", expiry: "card-expiry" }, hints: { number: ["last4"] } },
    );
    const checked = guard.check([["card", card], ["checkout", payment]]);
    assert.deepEqual(checked.header("checkout").fields, { number: "card-number", expiry: "card-expiry" });
    assert.deepEqual(checked.hint("checkout"), { "number.last4": "4242" });
    assert.equal(refusal([["checkout", card]]).code, "token-wrong-field");
  });

  test("has only hints that its kind makes", () => {
    const hint = { last4: 4242, brand: "visa", valid: "yes", year: 1987, "": "x", toString: "x" };
    const checked = guard.check([["card", withHeader(card, { hint })]]);
    assert.deepEqual(checked.hint("card"), { brand: "visa" });
    assert.deepEqual(checked.header("card").hint, hint);
    const form = (hint) => {
      const header = { ...headerOf(card), field: "checkout", kind: "payment-form", fields: { a: "card-number" }, hint };
      return guard.checkPresent([["checkout", withHeader(card, JSON.stringify(header))]]).hint("checkout");
    };
    const hints = form({ "a.last4": "4242", "b.last4": "1", last4: "1", "a.": "1", "a.year": 1 });
    assert.deepEqual(hints, { "a.last4": "4242" });
  });
});

describe("keys", () => {
  const published = (change) => ({ keys: [{ ...keys.jwks.keys[0], ...change }] });
  const cases = {
    "for the class": [{ class: "payment" }],
    "for another class": [{ class: "identity" }, "token-unknown-key"],
    "that start later": [{ nbf: now() + 600, exp: now() + 900 }, "token-unknown-key"],
    "that ended before": [{ nbf: now() - 900, exp: now() - 600 }, "token-unknown-key"],
    "that never end": [{ nbf: undefined, exp: undefined }],
  };
  for (const [name, [change, code]] of Object.entries(cases)) {
    test(`${name}: ${code ?? "pass"}`, async () =>
      assert.equal(refusal([["card", card]], await guardFor({ keys: published(change) }))?.code, code));
  }

  test("of another algorithm", async () => {
    const { publicKey } = await crypto.subtle.generateKey("X25519", true, ["deriveBits"]);
    assert.ok(publicKey);
    const jwk = { ...keys.jwks.keys[0], kid: "x".repeat(43) };
    await fails(() => guardFor({ keys: { keys: [jwk] } }), "key-thumbprint-mismatch");
  });

  test("are replaced while it stands", async () => {
    const [start, end] = [now() - 600, now() + 60];
    const other = await createTestKeys();
    const [old, fresh] = [published({ nbf: start, exp: end }), other.jwks];
    const last = withHeader(card, { iat: end - 1 });
    const entries = [["card", last]];
    const moving = await guardFor({ keys: old });
    assert.equal(refusal(entries, moving, end), undefined);
    // It goes before its end, and so was withdrawn.
    moving.setKeys(fresh);
    assert.equal(refusal(entries, moving, end).code, "token-unknown-key");
    // It has ended and is published no longer, and its last token is still under way.
    const ended = published({ nbf: start, exp: now() - 5 });
    const before = withHeader(card, { iat: now() - 6 });
    moving.setKeys(ended);
    moving.setKeys(fresh);
    moving.setKeys(fresh);
    assert.equal(refusal([["card", before]], moving), undefined);
    assert.equal(refusal([["card", withHeader(card, { iat: now() - 4 })]], moving).code, "token-unknown-key");
  });

  test("that are none", async () => {
    await fails(() => guardFor({ keys: { keys: [] } }), "keyset-empty");
    await fails(() => guardFor({ keys: {} }), "keyset-malformed");
    await fails(() => guardFor({ keys: undefined }), "keyset-malformed");
    await fails(() => guardFor({ keys: published({ d: "x" }) }), "key-private");
    await fails(() => guardFor({ keys: "http://keys.example/" }), "keyset-insecure-url");
    await fails(() => guardFor({ keys: "keys.json" }), "keyset-insecure-url");
    await fails(() => guard.setKeys({ keys: [] }), "keyset-empty");
  });
});

describe("a guard that makes no sense is not made", () => {
  const cases = {
    "nothing to look at": [{ fields: {}, watch: false }, "option-invalid", "fields"],
    "no fields": [{ fields: undefined }, "option-invalid", "fields"],
    "no origin": [{ origin: undefined }, "option-invalid", "origin"],
    "an empty list of origins": [{ origin: [] }, "option-invalid", "origin"],
    "an address for an origin": [{ origin: "https://shop.example/" }, "origin-invalid"],
    "no name": [{ fields: { "": "text" } }, "field-invalid"],
    "a control character": [{ fields: { "a\n": "text" } }, "field-invalid"],
    "an unknown kind": [{ fields: { a: "card" } }, "kind-unknown"],
    "no kind": [{ fields: { a: {} } }, "option-invalid", "fields"],
    "no declaration": [{ fields: { a: null } }, "option-invalid", "fields"],
    "a misspelt option": [{ fields: { a: { kind: "text", requird: false } } }, "option-invalid", "fields"],
    "an age that is none": [{ maxAge: NaN }, "option-invalid", "maxAge"],
    "an age below zero": [{ maxAge: -1 }, "option-invalid", "maxAge"],
    "a limit that is a text": [{ limit: "2mb" }, "option-invalid", "limit"],
  };
  for (const [name, [options, code, member]] of Object.entries(cases)) {
    test(name, () => fails(() => guardFor(options), code, member));
  }
  test("only a watch makes sense", async () => {
    const watch = await createGuard({ fields: {}, keys: keys.jwks });
    assert.equal(refusal([["a", CARD]], watch).code, "data-in-clear");
  });
});

test("the texts are those of docs/format.md", () => {
  const document = readFileSync(join(root, "docs/format.md"), "utf8");
  const rows = [...document.matchAll(/^\| `([a-z-]+)` \| ([^|]+) \|(?: \d+ \|)?$/gm)];
  const texts = new Map(rows.map(([, code, text]) => [code, text]));
  const source = readFileSync(join(root, "pkg-config/src/server/refused.ts"), "utf8");
  const table = source.slice(source.indexOf("const texts"), source.indexOf("as const"));
  const ours = [...table.matchAll(/"([a-z-]+)":\s+"(.+?)",\n/g)].map(([, code, text]) => [code, text]);
  assert.ok(ours.length >= 17);
  for (const [code, text] of ours) assert.equal(text, texts.get(code), code);
});

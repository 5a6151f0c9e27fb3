// Every JSON value comes back from the key holder as it went in, and what JSON cannot say is refused with a code
// and without a trace of the value.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { assertError, CANARY, fails, fieldseal, Holder, ORIGIN } from "./support.mjs";

const { createSealer, loadKeys } = fieldseal;
/** The longest JSON text of a value: docs/defaults.md. */
const LIMIT = 262_131;

let holder;
let sealer;
before(async () => {
  // Classical keys, because what is tested here is the same for both and their tokens are quick to make.
  holder = new Holder([["*", "--alg", "ECDH-ES"]]);
  sealer = createSealer(await loadKeys(holder.keySet, { trust: "origin" }), { origin: ORIGIN });
});
after(() => holder.close());

const seal = (value) => sealer.seal(value, { field: "field", kind: "json" });

/** Arrays in arrays, `depth` of them. */
const nested = (depth) => Array.from({ length: depth - 1 }).reduce((inner) => [inner], []);

const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).join("");

const GOOD = {
  "an empty string": "",
  spaces: " \t\n\r ",
  "every ASCII character": ascii,
  "NUL alone": "\u0000",
  quotes: '\\ " \\" \\u0000 </script>',
  emoji: "🦀👩‍👩‍👧‍👦🏳️‍🌈",
  "combining and right to left": "e\u0301 שלום \u202e\u2028\u2029",
  "the last code point": "\u{10ffff}\uffff\ufeff",
  "a surrogate pair by hand": "\ud83e\udd80",
  "64 KiB": "x".repeat(65_536),
  "64 KiB of emoji": "🦀".repeat(16_384),
  true: true,
  false: false,
  null: null,
  zero: 0,
  "minus zero": -0,
  fraction: 0.1,
  "1e21": 1e21,
  "1e-7": 1e-7,
  "the smallest number": 5e-324,
  "the largest number": Number.MAX_VALUE,
  "the largest safe whole number": Number.MAX_SAFE_INTEGER,
  "the smallest safe whole number": Number.MIN_SAFE_INTEGER,
  "an empty array": [],
  "an empty object": {},
  "a mixed array": [1, "a", null, true, [], {}],
  "a nested object": { a: { b: [{ c: null }] }, "": "", "a b": 1, "é🦀": "\u0000" },
  "an object without a prototype": Object.assign(Object.create(null), { a: 1 }),
  "names of Object.prototype": JSON.parse('{"__proto__":1,"constructor":2,"toString":3,"hasOwnProperty":4}'),
  "names that are numbers": { 2: "b", 1: "a" },
  "the same object twice": ((shared) => [shared, shared])({ a: 1 }),
  "64 levels": nested(64),
  "as long as can be": "x".repeat(LIMIT - 2),
};

describe("good values come back", () => {
  test("all of them", async (t) => {
    const values = Object.values(GOOD);
    const records = holder.openAll(values.map(seal));
    for (const [i, name] of Object.keys(GOOD).entries()) {
      await t.test(name, () => {
        assert.equal(records[i].error, undefined);
        // An object comes back as a plain one; all else is the very same, -0 too, which JSON.stringify would make 0.
        const expected = typeof values[i] === "object" ? JSON.parse(JSON.stringify(values[i])) : values[i];
        assert.deepEqual(records[i].value, expected);
      });
    }
  });

  test("members keep their order", () => {
    assert.deepEqual(Object.keys(holder.open(seal({ z: 1, a: 2, m: 3 }))), ["z", "a", "m"]);
  });

  test("a whole form", () => {
    const { payment, contact, general } = sealer.sealForm(
      { card: "4242 4242 4242 4242", cvc: "042", mail: "zoë@Shop.example", note: GOOD["a nested object"] },
      { field: "checkout", kinds: { card: "card-number", cvc: "card-cvc", mail: "email", note: "json" } },
    );
    const records = holder.openAll([payment, contact, general]);
    assert.deepEqual(
      records.map((record) => record.kind),
      ["payment-form", "contact-form", "general-form"],
    );
    assert.deepEqual(
      records.map((record) => record.value),
      [{ card: "4242424242424242", cvc: "042" }, { mail: "zoë@shop.example" }, { note: GOOD["a nested object"] }],
    );
  });

  test("lengths hide in size classes", () => {
    const length = (value, kind) => sealer.seal(value, { field: "field", kind }).length;
    assert.equal(length("", "card-number"), length("4242 4242 4242 4242", "card-number"));
    assert.equal(length(true, "boolean"), length(false, "boolean"));
    assert.equal(length("", "health-note"), length("x".repeat(4000), "health-note"));
  });

  test("no two tokens share anything that is random", () => {
    const tokens = Array.from({ length: 50 }, () => seal("same"));
    for (const part of [0, 2, 3, 4])
      assert.equal(new Set(tokens.map((token) => token.split(".")[part])).size, tokens.length);
  });
});

class Card {
  number = CANARY;
}

/** Throws what a library might throw: an error with a code of its own and the value in its message. */
const thrown = () => {
  throw Object.assign(new Error(CANARY), { code: "E_OTHER", member: CANARY });
};
const withGetter = (target, name) => Object.defineProperty(target, name, { get: thrown, enumerable: true });
const cyclic = { secret: CANARY };
cyclic.self = cyclic;

const BAD = {
  "value-type": {
    undefined: undefined,
    NaN: NaN,
    Infinity: Infinity,
    "minus Infinity": -Infinity,
    "a BigInt": 42424242n,
    "a symbol": Symbol(CANARY),
    "a function": () => CANARY,
    "a date": new Date(),
    "a map": new Map([[CANARY, CANARY]]),
    "a set": new Set([CANARY]),
    "a regular expression": new RegExp(CANARY),
    "an error": new Error(CANARY),
    "a promise": Promise.resolve(CANARY),
    bytes: new TextEncoder().encode(CANARY),
    "a class instance": new Card(),
    "a boxed string": Object(CANARY),
    "a boxed number": Object(42),
    "an array with a hole": [CANARY, , 1],
    "an array with undefined": [CANARY, undefined],
    "an object with undefined": { a: CANARY, b: undefined },
    "an object with NaN": { a: CANARY, b: NaN },
    "an object with a function": { a: CANARY, b() {} },
    "an object with a date": { a: CANARY, b: new Date() },
    "a symbol as a key": { [Symbol(CANARY)]: CANARY },
    "a getter that throws": withGetter({ a: CANARY }, "b"),
    "an array with a getter that throws": withGetter([CANARY], 1),
    "a proxy that throws for its keys": new Proxy({ a: CANARY }, { ownKeys: thrown }),
    "a proxy that throws for a member": new Proxy({ a: CANARY }, { get: thrown }),
    "a proxy that throws for its prototype": new Proxy({ a: CANARY }, { getPrototypeOf: thrown }),
    "an array proxy that throws": new Proxy([CANARY], { get: thrown }),
  },
  "value-lone-surrogate": {
    "half a pair, high": `${CANARY}\ud83e`,
    "half a pair, low": `\udd80${CANARY}`,
    "a pair the wrong way round": `${CANARY}\udd80\ud83e`,
    "half a pair in a key": { [`${CANARY}\ud83e`]: 1 },
    "half a pair in an array": [CANARY, ["\ud83e"]],
  },
  "value-too-deep": {
    "65 levels": nested(65),
    "65 levels with a value": { secret: CANARY, deep: nested(64) },
    "an object in itself": cyclic,
    "an array in itself": ((array) => (array.push(CANARY, array), array))([]),
  },
  "value-too-long": {
    "one more than the limit": "x".repeat(LIMIT - 1),
    "escapes count": "\n".repeat(LIMIT / 2),
    "bytes count, not characters": "ä".repeat(LIMIT / 2),
    "in an array": [CANARY, "x".repeat(LIMIT)],
    "in a key": { ["x".repeat(LIMIT)]: CANARY },
    "in sum": Array.from({ length: 30_000 }, () => CANARY),
    megabytes: CANARY.repeat(1_000_000),
    "a small object that writes itself out for ever": Array.from({ length: 60 }).reduce(
      (inner) => [inner, inner],
      CANARY,
    ),
  },
};

for (const [code, values] of Object.entries(BAD)) {
  describe(`refused with ${code}`, () => {
    for (const [name, value] of Object.entries(values)) {
      test(name, () => fails(() => seal(value), code));
    }
    test("inside of a form", () => {
      const value = Object.values(values)[0];
      fails(() => sealer.sealForm({ a: CANARY, b: value }, { field: "form", kinds: { a: "text", b: "json" } }), code);
    });
  });
}

describe("refused in a form", () => {
  const kinds = { card: "text", note: "text" };
  const form =
    (values, options = { field: "form", kinds }) =>
    () =>
      sealer.sealForm(values, options);

  test("a value without a kind", () => fails(form({ card: CANARY, other: CANARY }), "kind-unknown", "other"));
  test("a kind that is inherited", () => fails(form({ toString: CANARY }), "kind-unknown", "toString"));
  test("a getter that throws", () => fails(form(withGetter({ card: CANARY }, "note")), "value-type"));
  test("a form's kind for a field", () =>
    fails(form({ a: CANARY }, { field: "form", kinds: { a: "general-form" } }), "kind-unknown"));
  test("a name with a control character", () =>
    fails(form({ "a\n": CANARY }, { field: "form", kinds: { "a\n": "text" } }), "field-invalid"));
  test("an empty name", () => fails(form({ "": CANARY }, { field: "form", kinds: { "": "text" } }), "field-invalid"));
  test("no kinds", () => fails(form({ card: CANARY }, { field: "form" }), "option-invalid", "kinds"));
  test("no field", () => fails(form({ card: CANARY }, { kinds }), "option-invalid", "field"));
  test("no values", () => fails(form(undefined), "value-type"));
  test("a string for values", () => fails(form(CANARY), "value-type"));
});

test("after every refusal the sealer seals as before", () => {
  for (const value of Object.values(BAD).flatMap(Object.values)) {
    try {
      seal(value);
      assert.fail("sealed");
    } catch (error) {
      assertError(error, error.code);
    }
    assert.equal(typeof seal("good"), "string");
  }
  assert.equal(holder.open(seal("good")), "good");
});

// Other people's libraries against ours, in both directions and for both algorithms: tokens of the package open
// with npm `hpke` and `jose`, and tokens of theirs open with the key holder.
import { AEAD_AES_256_GCM, KDF_SHAKE256, KEM_MLKEM768_X25519 } from "@panva/hpke-noble";
import { CipherSuite } from "hpke";
import { CompactEncrypt, compactDecrypt, exportJWK, generateKeyPair, importJWK } from "jose";
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { base64url, fieldseal, headerOf, Holder, ORIGIN, recipientJwk } from "./support.mjs";

const { createSealer, loadKeys } = fieldseal;
const utf8 = new TextEncoder();

/** draft-ietf-jose-hpke-pq-pqt: HPKE-9. */
const suite = new CipherSuite(KEM_MLKEM768_X25519, KDF_SHAKE256, AEAD_AES_256_GCM);

/** Values of every JSON type, and of lengths on both sides of a size class. */
const VALUES = {
  text: "4242 4242 4242 4242",
  emoji: "Zoë 🦀 \u0000 \u202e 日本",
  empty: "",
  number: -12.5e-3,
  truth: false,
  nothing: null,
  nested: { lines: ["a", { deep: [1, 2, [3]] }], "": "no name" },
  "just fits": "x".repeat(49),
  "just not": "x".repeat(50),
  long: "ä".repeat(20_000),
};

/** A header as the profile asks for it (docs/format.md), in another order than ours. */
const header = (more) => ({
  typ: "sealed+jwe",
  iss: ORIGIN,
  iat: Math.floor(Date.now() / 1000),
  jti: base64url(randomBytes(16)),
  kind: "text",
  field: "note",
  ...more,
});

const plaintext = (value, padding) =>
  utf8.encode(JSON.stringify(padding === undefined ? { v: value } : { p: padding, v: value }));

describe("tokens of the package open with other libraries", () => {
  test("HPKE-9 with hpke and @panva/hpke-noble", async (t) => {
    const pair = await suite.GenerateKeyPair(true);
    const jwk = recipientJwk({
      kty: "AKP",
      alg: "HPKE-9",
      pub: base64url(await suite.SerializePublicKey(pair.publicKey)),
    });
    const sealer = createSealer(await loadKeys({ keys: [jwk] }, { trust: { pin: [jwk.kid] } }), { origin: ORIGIN });
    for (const [name, value] of Object.entries(VALUES)) {
      await t.test(name, async () => {
        const token = sealer.seal(value, { field: "note", kind: "text", sub: "person-1", consent: { about: name } });
        const parts = token.split(".");
        assert.equal(parts.length, 5);
        const [protectedHeader, enc, iv, ciphertext, tag] = parts;
        assert.deepEqual([iv, tag], ["", ""]);
        const opened = await suite.Open(
          pair.privateKey,
          Buffer.from(enc, "base64url"),
          Buffer.from(ciphertext, "base64url"),
          {
            aad: utf8.encode(protectedHeader),
          },
        );
        const { v, p, ...rest } = JSON.parse(Buffer.from(opened).toString("utf8"));
        assert.deepEqual(v, value);
        assert.match(p, /^0*$/);
        assert.deepEqual(rest, {});
        assert.equal(Math.log2(opened.length) % 1, 0, "the plaintext has the length of a size class");
        const { alg, kid, typ, field, kind, iss, sub, consent } = headerOf(token);
        assert.deepEqual(
          { alg, kid, typ, field, kind, iss, sub, consent },
          {
            alg: "HPKE-9",
            kid: jwk.kid,
            typ: "sealed+jwe",
            field: "note",
            kind: "text",
            iss: ORIGIN,
            sub: "person-1",
            consent: { about: name },
          },
        );
      });
    }
  });

  test("a changed header does not open", async () => {
    const pair = await suite.GenerateKeyPair(true);
    const jwk = recipientJwk({
      kty: "AKP",
      alg: "HPKE-9",
      pub: base64url(await suite.SerializePublicKey(pair.publicKey)),
    });
    const sealer = createSealer(await loadKeys({ keys: [jwk] }, { trust: "origin" }), { origin: ORIGIN });
    const token = sealer.seal("737", { field: "cvc", kind: "card-cvc" });
    const [, enc, , ciphertext] = token.split(".");
    const other = base64url(JSON.stringify({ ...headerOf(token), field: "note" }));
    const opening = suite.Open(pair.privateKey, Buffer.from(enc, "base64url"), Buffer.from(ciphertext, "base64url"), {
      aad: utf8.encode(other),
    });
    await assert.rejects(opening);
  });

  test("ECDH-ES with jose", async (t) => {
    const { publicKey, privateKey } = await generateKeyPair("ECDH-ES", { crv: "X25519", extractable: true });
    const { x } = await exportJWK(publicKey);
    const jwk = recipientJwk({ kty: "OKP", crv: "X25519", alg: "ECDH-ES", x });
    const sealer = createSealer(await loadKeys({ keys: [jwk] }, { trust: { pin: [jwk.kid] } }), { origin: ORIGIN });
    for (const [name, value] of Object.entries(VALUES)) {
      await t.test(name, async () => {
        const token = sealer.seal(value, { field: "note", kind: "text", once: true });
        const opened = await compactDecrypt(token, privateKey, {
          keyManagementAlgorithms: ["ECDH-ES"],
          contentEncryptionAlgorithms: ["A256GCM"],
        });
        assert.deepEqual(JSON.parse(Buffer.from(opened.plaintext).toString("utf8")).v, value);
        assert.equal(opened.protectedHeader.once, true);
        assert.equal(opened.protectedHeader.kid, jwk.kid);
      });
    }
  });
});

describe("tokens of other libraries open with the key holder", () => {
  let holder;
  const keys = {};

  before(() => {
    holder = new Holder(["*", ["*", "--alg", "ECDH-ES"]]);
    for (const key of holder.keySet.keys) keys[key.alg] = key;
  });
  after(() => holder.close());

  const hpkeToken = async (protectedMembers, value, padding) => {
    const jwk = keys["HPKE-9"];
    const recipient = await suite.DeserializePublicKey(Buffer.from(jwk.pub, "base64url"));
    const encoded = base64url(JSON.stringify({ ...header(protectedMembers), alg: "HPKE-9", kid: jwk.kid }));
    const sealed = await suite.Seal(recipient, plaintext(value, padding), { aad: utf8.encode(encoded) });
    return [encoded, base64url(sealed.encapsulatedSecret), "", base64url(sealed.ciphertext), ""].join(".");
  };

  const joseToken = async (protectedMembers, value, padding) => {
    const { kid, kty, crv, x } = keys["ECDH-ES"];
    const recipient = await importJWK({ kty, crv, x }, "ECDH-ES");
    return new CompactEncrypt(plaintext(value, padding))
      .setProtectedHeader({ ...header(protectedMembers), alg: "ECDH-ES", enc: "A256GCM", kid })
      .encrypt(recipient);
  };

  for (const [library, make] of Object.entries({ "hpke and @panva/hpke-noble": hpkeToken, jose: joseToken })) {
    test(`values sealed with ${library}`, async () => {
      const values = Object.values(VALUES);
      const tokens = await Promise.all(values.map((value, i) => make({}, value, i % 2 ? undefined : "0".repeat(i))));
      const records = holder.openAll(tokens.map((token) => ({ token, field: "note", kind: "text", origin: ORIGIN })));
      assert.deepEqual(
        records.map((record) => record.value),
        values,
      );
    });

    test(`what the header says is kept, sealed with ${library}`, async () => {
      const token = await make({ sub: "person-1", once: true, hint: { last4: "4242" }, consent: { notice: 3 } }, "x");
      const [record] = holder.openAll([{ token, field: "note" }]);
      assert.equal(record.value, "x");
      assert.equal(record.sub, "person-1");
      assert.equal(record.iss, ORIGIN);
    });

    test(`a hint that its value does not give is reported, sealed with ${library}`, async () => {
      const card = "4242424242424242";
      const cases = [
        [{ last4: "4242", brand: "visa", bin: "424242", valid: true }, card, { valid: true, hint_matches: true }],
        [{ last4: "9999" }, card, { valid: true, hint_matches: false }],
        [{ brand: "amex" }, card, { valid: true, hint_matches: false }],
        [{ colour: "green" }, card, { valid: true, hint_matches: false }],
        [{ valid: true }, "4242424242424241", { valid: false, hint_matches: false }],
        [undefined, "4242424242424241", { valid: false, hint_matches: undefined }],
      ];
      const tokens = await Promise.all(cases.map(([hint, value]) => make({ kind: "card-number", hint }, value)));
      const records = holder.openAll(tokens.map((token) => ({ token, field: "note", kind: "card-number" })));
      assert.deepEqual(
        records.map(({ valid, hint_matches, value }) => [{ valid, hint_matches }, value]),
        cases.map(([, value, said]) => [said, value]),
      );
    });

    test(`what does not fit is refused, sealed with ${library}`, async () => {
      const soon = Math.floor(Date.now() / 1000);
      const cases = [
        [await make({}, "x"), { field: "other" }, "token-wrong-field"],
        [await make({}, "x"), { kind: "card-cvc" }, "token-wrong-kind"],
        [await make({}, "x"), { origin: "https://other.example" }, "token-wrong-origin"],
        [await make({ exp: soon - 1 }, "x"), {}, "token-expired"],
        [await make({ kind: "card-cvc", iat: soon - 1000 }, "737"), {}, "token-expired"],
        [await make({ iat: soon + 3600 }, "x"), {}, "token-from-the-future"],
        [await make({ stranger: 1 }, "x"), {}, "token-malformed"],
        [await make({ kind: "no-such-kind" }, "x"), {}, "kind-unknown"],
      ];
      const records = holder.openAll(cases.map(([token, expect]) => ({ token, ...expect })));
      assert.deepEqual(
        records.map((record) => record.error?.code),
        cases.map(([, , code]) => code),
      );
    });
  }

  test("the package, the key holder's keys and the key holder", async () => {
    for (const alg of ["HPKE-9", "ECDH-ES"]) {
      const sealer = createSealer(await loadKeys({ keys: [keys[alg]] }, { trust: "origin" }), { origin: ORIGIN });
      const token = sealer.seal(VALUES.nested, { field: "note", kind: "json" });
      assert.equal(headerOf(token).alg, alg);
      assert.deepEqual(holder.open(token, { field: "note", kind: "json", origin: ORIGIN }), VALUES.nested);
    }
  });
});

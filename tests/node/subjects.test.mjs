// Keys of one person: which set is asked for, whom its tokens name, and that nobody else's get in.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { entryUrl, fails, fieldseal, headerOf, Holder, listen, ORIGIN } from "./support.mjs";

const { createSealer, loadKeys } = fieldseal;
const { createGuard } = await import(entryUrl("./server"));
const PERSON = "p-1f0c";
/** A name with all that an address has to spell in another way. */
const AWKWARD = "u/17 ä&sub=x+y";

let holder;
let service;
let signer;
let server;
let asked;
/** What the test server answers. */
let body;

before(async () => {
  holder = new Holder(["payment", ["*", "--alg", "ECDH-ES"]]);
  holder.run(["subject", "new", PERSON, "p-2a9d", AWKWARD]);
  signer = holder.signer;
  service = `${await holder.serve()}/.well-known/sealed-input`;
  server = await listen((request, response) => {
    asked = request.url;
    response.end(body);
  });
});
after(() => {
  server.close();
  holder.close();
});

const ofPerson = (id) => fetch(`${service}?sub=${encodeURIComponent(id)}`).then((response) => response.json());
const sealerOf = async (subject, trust = { signer }) => createSealer(await loadKeys(service, { trust, subject }), { origin: ORIGIN });
const CARD = { field: "card", kind: "card-number" };

describe("keys of one person", () => {
  for (const [name, trust] of [
    ["signed", () => ({ signer })],
    ["plain", () => "origin"],
  ]) {
    test(`${name}: tokens name the person without being told`, async () => {
      const keys = await loadKeys(service, { trust: trust(), subject: PERSON });
      assert.equal(keys.subject, PERSON);
      assert.equal(keys.thumbprints.length, 2);
      const sealer = createSealer(keys, { origin: ORIGIN });
      const token = sealer.seal("4242424242424242", CARD);
      assert.equal(headerOf(token).sub, PERSON);
      assert.equal(holder.open(token, { ...CARD, sub: PERSON }), "4242424242424242");
      // The same may be said.
      assert.equal(headerOf(sealer.seal("4242424242424242", { ...CARD, sub: PERSON })).sub, PERSON);
      const forms = sealer.sealForm({ card: "4242424242424242", note: "x" }, { field: "order", kinds: { card: "card-number", note: "text" } });
      for (const sealed of Object.values(forms)) assert.equal(headerOf(sealed).sub, PERSON);
      assert.deepEqual(holder.open(forms.payment), { card: "4242424242424242" });
    });
  }

  test("another person is refused before anything is sealed", async () => {
    const sealer = await sealerOf(PERSON);
    fails(() => sealer.seal("4242424242424242", { ...CARD, sub: "p-2a9d" }), "keyset-wrong-subject", "sub");
    const form = { field: "order", kinds: { card: "card-number" }, sub: "p-2a9d" };
    fails(() => sealer.sealForm({ card: "4242424242424242" }, form), "keyset-wrong-subject", "sub");
    fails(() => sealer.seal("4242424242424242"), "option-invalid");
  });

  test("keys of everybody take any name, as ever", async () => {
    const keys = await loadKeys(service, { trust: { signer } });
    assert.equal(keys.subject, undefined);
    const sealer = createSealer(keys, { origin: ORIGIN });
    assert.equal(headerOf(sealer.seal("4242424242424242", { ...CARD, sub: "anybody" })).sub, "anybody");
    assert.equal(headerOf(sealer.seal("4242424242424242", CARD)).sub, undefined);
  });

  test("a name is spelt in the address, beside what is there", async () => {
    const sealer = await sealerOf(AWKWARD);
    const token = sealer.seal("4242424242424242", CARD);
    assert.equal(headerOf(token).sub, AWKWARD);
    assert.equal(holder.open(token, { sub: AWKWARD }), "4242424242424242");
    body = JSON.stringify(await ofPerson(AWKWARD));
    await loadKeys(`${server.url}/keys?tenant=7`, { trust: "origin", subject: AWKWARD });
    const { searchParams } = new URL(asked, server.url);
    assert.deepEqual([...searchParams], [["tenant", "7"], ["sub", AWKWARD]]);
    await loadKeys(`${server.url}/keys?tenant=7`, { trust: "origin" });
    assert.equal(asked, "/keys?tenant=7");
  });

  test("from an object, or an address that names the person", async () => {
    const set = await ofPerson(PERSON);
    assert.equal((await loadKeys(set, { trust: "origin" })).subject, PERSON);
    assert.equal((await loadKeys(set, { trust: "origin", subject: PERSON })).subject, PERSON);
    assert.equal((await loadKeys(`${service}?sub=${PERSON}`, { trust: { signer } })).subject, PERSON);
  });
});

test("a server's guard with the person's keys takes their tokens, and no others", async () => {
  const token = (await sealerOf(PERSON)).seal("4242424242424242", CARD);
  const check = async (keys) => {
    const guard = await createGuard({ fields: { card: "card-number" }, origin: ORIGIN, keys });
    return guard.check([["card", token]]);
  };
  await check(await ofPerson(PERSON));
  for (const others of [holder.keySet, await ofPerson("p-2a9d")]) {
    await assert.rejects(check(others), { code: "token-unknown-key" });
  }
});

describe("keys are not taken for a person", () => {
  test("that are everybody's", async () => {
    body = JSON.stringify(holder.keySet);
    await fails(() => loadKeys(server.url, { trust: "origin", subject: PERSON }), "keyset-wrong-subject");
    body = holder.run(["keys", "publish", "--signed"]).trim();
    await fails(() => loadKeys(server.url, { trust: { signer }, subject: PERSON }), "keyset-wrong-subject");
  });

  test("that are another's", async () => {
    const set = await ofPerson("p-2a9d");
    await fails(() => loadKeys(set, { trust: "origin", subject: PERSON }), "keyset-wrong-subject");
  });

  test("that are several people's", async () => {
    const [one, other] = await Promise.all([PERSON, "p-2a9d"].map(ofPerson));
    for (const keys of [[...one.keys, ...other.keys], [...one.keys, ...holder.keySet.keys]]) {
      await fails(() => loadKeys({ keys }, { trust: "origin" }), "keyset-wrong-subject");
      await fails(() => loadKeys({ keys }, { trust: "origin", subject: PERSON }), "keyset-wrong-subject");
    }
  });

  test("of whom there is none, or who was erased", async () => {
    for (const subject of ["stranger", ""]) {
      await fails(() => loadKeys(service, { trust: { signer }, subject }), "keyset-unreachable");
    }
    holder.run(["subject", "new", "p-3e77"]);
    const token = (await sealerOf("p-3e77")).seal("4242424242424242", CARD);
    assert.equal(holder.open(token), "4242424242424242");
    holder.run(["subject", "erase", "p-3e77"]);
    await fails(() => sealerOf("p-3e77"), "keyset-unreachable");
    assert.equal(holder.openAll([token])[0].error.code, "open-failed");
  });
});

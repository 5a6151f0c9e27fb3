// Key sets: from an object and over HTTP, and each reason to believe one or not.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CANARY, fails, fieldseal, Holder, listen, ORIGIN } from "./support.mjs";

const { createSealer, loadKeys } = fieldseal;

let holder;
let stranger;
let published;
let signed;
let pin;
let service;
let server;

/** What the test server answers, by path: status, headers and text, or a function that answers. */
const answers = {};

before(async () => {
  holder = new Holder();
  stranger = new Holder();
  published = JSON.stringify(holder.keySet);
  signed = holder.run(["keys", "publish", "--signed"]).trim();
  pin = holder.keySet.keys[0].kid;
  service = `${await holder.serve()}/.well-known/sealed-input`;
  server = await listen((request, response) => {
    const answer = answers[request.url] ?? [404, {}, "nothing here"];
    if (typeof answer === "function") answer(response);
    else response.writeHead(answer[0], answer[1]).end(answer[2]);
  });
});
after(() => {
  server.close();
  holder.close();
  stranger.close();
});

/** Serves a text once and gives its address. */
let paths = 0;
const serve = (text, status = 200, headers = {}) => {
  const path = `/${(paths += 1)}`;
  answers[path] = [status, headers, text];
  return server.url + path;
};

/** A signed set with another header or other claims, and a signature of the same length. */
const tampered = (change) => {
  const [header, claims, signature] = signed.split(".");
  const read = (part) => JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
  const parts = { header: read(header), claims: read(claims), signature: Buffer.from(signature, "base64url") };
  change(parts);
  const write = (part) => Buffer.from(JSON.stringify(part)).toString("base64url");
  return [write(parts.header), write(parts.claims), parts.signature.toString("base64url")].join(".");
};

const seals = (keys) => {
  const token = createSealer(keys, { origin: ORIGIN }).seal("4242 4242 4242 4242", { field: "card", kind: "card-number" });
  assert.equal(holder.open(token, { field: "card", kind: "card-number", origin: ORIGIN }), "4242424242424242");
};

describe("a key set is believed", () => {
  test("from an object, pinned", async () => seals(await loadKeys(JSON.parse(published), { trust: { pin: [pin] } })));
  test("from an object, as the page itself is", async () =>
    seals(await loadKeys(JSON.parse(published), { trust: "origin" })));
  test("from an address", async () => seals(await loadKeys(serve(published), { trust: "origin" })));
  test("from a URL object", async () => seals(await loadKeys(new URL(serve(published)), { trust: "origin" })));
  test("from an address, pinned among others", async () =>
    seals(await loadKeys(serve(published), { trust: { pin: ["x".repeat(43), pin] } })));
  test("from the key holder, plain", async () => seals(await loadKeys(service, { trust: { pin: [pin] } })));
  test("from the key holder, signed", async () => seals(await loadKeys(service, { trust: { signer: holder.signer } })));
  test("from the key holder's own file for signed sets", async () =>
    seals(await loadKeys(`${service}.jwt`, { trust: { signer: holder.signer } })));
  test("signed, from any server", async () =>
    seals(await loadKeys(serve(`${signed}\n`), { trust: { signer: holder.signer } })));
  test("a signer needs no more than kty, crv and x", async () => {
    const { kty, crv, x } = holder.signer;
    seals(await loadKeys(service, { trust: { signer: { kty, crv, x } } }));
  });

  test("with its thumbprints and its end", async () => {
    const keys = await loadKeys(service, { trust: { signer: holder.signer } });
    assert.deepEqual(keys.thumbprints, [pin]);
    assert.ok(keys.expires > new Date() && keys.expires <= new Date(Date.now() + 25 * 3600 * 1000));
  });

  test("with only the keys that are pinned", async () => {
    const both = { keys: [...holder.keySet.keys, ...stranger.keySet.keys] };
    const keys = await loadKeys(both, { trust: { pin: [pin] } });
    assert.deepEqual(keys.thumbprints, [pin]);
  });

  test("and asked for without cookies, from a page without a name", async (t) => {
    let asked;
    const plain = await listen((request, response) => {
      asked = request.headers;
      response.end(published);
    });
    t.after(plain.close);
    await loadKeys(plain.url, { trust: "origin" });
    assert.equal(asked.cookie, undefined);
    assert.equal(asked.referer, undefined);
    assert.match(asked.accept, /application\/jwk-set\+json/);
  });
});

describe("a key set is not believed", () => {
  test("another pin", () =>
    fails(() => loadKeys(JSON.parse(published), { trust: { pin: ["x".repeat(43)] } }), "keyset-pin-mismatch"));
  test("half a pin", () =>
    fails(() => loadKeys(JSON.parse(published), { trust: { pin: [pin.slice(0, 42)] } }), "keyset-pin-mismatch"));
  test("another signer", () =>
    fails(() => loadKeys(service, { trust: { signer: stranger.signer } }), "keyset-signature-invalid"));
  test("a plain set where a signed one is asked for", () =>
    fails(() => loadKeys(serve(published), { trust: { signer: holder.signer } }), "keyset-unsigned"));
  test("an object where a signed set is asked for", () =>
    fails(() => loadKeys(JSON.parse(published), { trust: { signer: holder.signer } }), "keyset-unsigned"));
  test("a signed set where a plain one is asked for", () =>
    fails(() => loadKeys(serve(signed), { trust: "origin" }), "keyset-malformed"));

  const changes = {
    "a key taken out": [({ claims }) => claims.keys.pop(), "keyset-empty"],
    "a key put in": [({ claims }) => claims.keys.push(stranger.keySet.keys[0]), "keyset-signature-invalid"],
    "a key exchanged": [({ claims }) => claims.keys.splice(0, 1, stranger.keySet.keys[0]), "keyset-signature-invalid"],
    "a longer life": [({ claims }) => (claims.exp += 1), "keyset-signature-invalid"],
    "no end": [({ claims }) => delete claims.exp, "keyset-malformed"],
    "a changed signature": [({ signature }) => (signature[0] ^= 1), "keyset-signature-invalid"],
    "a short signature": [(parts) => (parts.signature = parts.signature.subarray(1)), "keyset-malformed"],
    "no signature": [(parts) => (parts.signature = Buffer.alloc(0)), "keyset-malformed"],
    "the algorithm none": [({ header }) => (header.alg = "none"), "keyset-signature-invalid"],
    "an algorithm of shared secrets": [({ header }) => (header.alg = "HS256"), "keyset-signature-invalid"],
    "another signer's name": [({ header }) => (header.kid = stranger.signer.kid), "keyset-signature-invalid"],
    "another type of JWS": [({ header }) => (header.typ = "JWT"), "keyset-malformed"],
    "an extension that must be understood": [({ header }) => (header.crit = ["exp"]), "keyset-malformed"],
  };
  for (const [name, [change, code]] of Object.entries(changes)) {
    test(name, () => fails(() => loadKeys(serve(tampered(change)), { trust: { signer: holder.signer } }), code));
  }

  test("a signed set that has ended", async (t) => {
    const set = serve(signed);
    t.mock.timers.enable({ apis: ["Date"], now: Date.now() + 8 * 24 * 3600 * 1000 });
    await fails(() => loadKeys(set, { trust: { signer: holder.signer } }), "keyset-expired");
  });
  test("a signed set from the future", async (t) => {
    const set = serve(signed);
    t.mock.timers.enable({ apis: ["Date"], now: Date.now() - 3600 * 1000 });
    await fails(() => loadKeys(set, { trust: { signer: holder.signer } }), "keyset-not-yet-valid");
  });
});

describe("a trust that says nothing clear", () => {
  const signer = { kty: "OKP", crv: "Ed25519", x: "A".repeat(43) };
  const cases = {
    none: undefined,
    null: null,
    true: true,
    "an empty string": "",
    "another word": "ORIGIN",
    "an empty object": {},
    "a misspelt pin": { pins: ["x"] },
    "a pin that is no array": { pin: "x" },
    "no pins": { pin: [] },
    "a pin that is no string": { pin: [pin, 1] },
    "a signer that is text": { signer: "x" },
    "a signer that is null": { signer: null },
    "a pin and a signer": { pin: ["x"], signer },
    "a pin and a signer that is undefined": { pin: ["x"], signer: undefined },
    "a pin and a misspelt signer": { pin: ["x"], singer: signer },
    "an array": ["origin"],
  };
  for (const [name, trust] of Object.entries(cases)) {
    test(name, () => fails(() => loadKeys(JSON.parse(published), { trust }), "trust-invalid"));
  }
  test("no options", () => fails(() => loadKeys(JSON.parse(published)), "trust-invalid"));

  const signers = {
    "no members": [{}, "key-malformed", "kty"],
    "another type": [{ ...signer, kty: "EC" }, "key-malformed", "kty"],
    "another curve": [{ ...signer, crv: "X25519" }, "key-malformed", "crv"],
    "no x": [{ kty: "OKP", crv: "Ed25519" }, "key-malformed", "x"],
    "a short x": [{ ...signer, x: "AAAA" }, "key-length"],
    "padding in x": [{ ...signer, x: `${"A".repeat(43)}=` }, "key-malformed", "x"],
    "a private key": [{ ...signer, d: CANARY }, "key-private"],
    "the thumbprint of another": [{ ...signer, kid: "x" }, "key-thumbprint-mismatch"],
  };
  for (const [name, [jwk, code, member]] of Object.entries(signers)) {
    test(`a signer with ${name}`, () => fails(() => loadKeys(service, { trust: { signer: jwk } }), code, member));
  }
});

describe("a key set that cannot be had", () => {
  const from = (source, code, options) => () => fails(() => loadKeys(source(), { trust: "origin", ...options }), code);

  test(
    "not found",
    from(() => `${server.url}/none`, "keyset-unreachable"),
  );
  test(
    "a server's error",
    from(() => serve(published, 500), "keyset-unreachable"),
  );
  test(
    "a redirect is not followed",
    from(() => serve("", 302, { location: serve(published) }), "keyset-unreachable"),
  );
  test(
    "nobody listens",
    from(() => "http://127.0.0.1:9/", "keyset-unreachable"),
  );
  test(
    "no such host",
    from(() => "https://nowhere.invalid/", "keyset-unreachable"),
  );
  test("cut short", () => {
    answers["/cut"] = (response) => {
      response.writeHead(200, { "content-length": published.length });
      response.write(published.slice(9), () => response.destroy());
    };
    return fails(() => loadKeys(`${server.url}/cut`, { trust: "origin" }), "keyset-unreachable");
  });
  test(
    "plain http to another machine",
    from(() => "http://keys.shop.example/", "keyset-insecure-url"),
  );
  test(
    "plain http to a name that only begins like this machine",
    from(() => "http://127.0.0.1.shop.example/", "keyset-insecure-url"),
  );
  test(
    "plain http to a name that only ends like it",
    from(() => "http://notlocalhost/", "keyset-insecure-url"),
  );
  for (const url of [
    "ftp://127.0.0.1/",
    "file:///etc/passwd",
    "data:application/json,{}",
    "javascript:0",
    "no address",
    "",
  ]) {
    test(
      `the address ${JSON.stringify(url)}`,
      from(() => url, "keyset-insecure-url"),
    );
  }
  test(
    "a page",
    from(() => serve("<!doctype html>"), "keyset-malformed"),
  );
  test(
    "nothing",
    from(() => serve(""), "keyset-malformed"),
  );
  test(
    "undefined",
    from(() => undefined, "keyset-malformed"),
  );
  test(
    "null",
    from(() => null, "keyset-malformed"),
  );
  test(
    "a number",
    from(() => 7, "keyset-malformed"),
  );
  test(
    "an object that holds itself",
    from(() => ((set) => (set.keys.push(set), set))({ keys: [] }), "keyset-malformed"),
  );

  test(
    "aborted before",
    from(() => serve(published), "keyset-unreachable", { signal: AbortSignal.abort() }),
  );
  test("aborted while it waits", async () => {
    answers["/silence"] = () => {};
    const began = Date.now();
    await fails(
      () => loadKeys(`${server.url}/silence`, { trust: "origin", signal: AbortSignal.timeout(50) }),
      "keyset-unreachable",
    );
    assert.ok(Date.now() - began < 5000);
  });
});

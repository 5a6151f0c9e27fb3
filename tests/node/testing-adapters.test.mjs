// The adapters of `fieldseal/testing` for Playwright and Cypress.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CANARY, entryUrl, fails, fieldseal, listen, ORIGIN } from "./support.mjs";

const { createSealer, loadKeys } = fieldseal;
const { createTestKeys, interceptKeys, routeKeys, submitted } = await import(entryUrl("./testing"));

const keys = await createTestKeys();
const sealer = createSealer(await loadKeys(keys.jwks, { trust: keys.trust }), { origin: ORIGIN });
const token = sealer.seal(CANARY, { field: "card", kind: "card-number", check: false });

// What stands for Playwright and Cypress here only hands on: the requests come from the real package's
// `loadKeys` and from `fetch`, over HTTP.
describe("the adapters", () => {
  /** Serves what an adapter answers, with the adapter given as it would be to a browser's page. */
  const serving = async (t, install) => {
    const installed = install();
    const server = await listen(async (request, response) => {
      const { headers, body } = await installed(`http://${request.headers.host}${request.url}`, request.headers);
      response.writeHead(200, headers).end(body);
    });
    t.after(server.close);
    return `${server.url}/.well-known/sealed-input`;
  };

  const routed = (...more) => {
    let handler;
    const calls = [];
    const page = { route: async (url, given) => (calls.push(url), (handler = given)) };
    const ready = routeKeys(page, keys, ...more);
    const answer = async (url, headers) => {
      await ready;
      let fulfilled;
      const request = () => ({
        url: () => url,
        method: () => "GET",
        headers: () => headers,
        postDataBuffer: () => null,
      });
      await handler({ request, fulfill: async (given) => void (fulfilled = given) });
      return fulfilled;
    };
    return { calls, answer };
  };
  const intercepted = (...more) => {
    let handler;
    const calls = [];
    const cy = { intercept: (url, given) => (calls.push(url), (handler = given), "the chain") };
    const chain = interceptKeys(cy, keys, ...more);
    const answer = async (url, headers) => {
      let replied;
      await handler({ url, headers, reply: (given) => void (replied = given) });
      return replied;
    };
    return { calls, answer, chain };
  };

  for (const [name, adapter] of Object.entries({ routeKeys: routed, interceptKeys: intercepted })) {
    test(`${name} serves the plain set and the signed one`, async (t) => {
      const url = await serving(t, () => adapter().answer);
      const { signer, trust, pin } = keys;
      for (const [address, given] of [
        [url, trust],
        [url, { signer }],
        [`${url}.jwt`, { signer }],
        [`${url}?v=2`, "origin"],
      ]) {
        assert.deepEqual((await loadKeys(address, { trust: given })).thumbprints, pin);
      }
      const { headers } = await fetch(url, { headers: { accept: "text/html, Application/JWK-Set+JWT;q=0.9" } });
      assert.equal(headers.get("content-type"), "application/jwk-set+jwt");
      assert.equal(headers.get("access-control-allow-origin"), "*");
      assert.equal(headers.get("cache-control"), "no-store");
      assert.equal((await fetch(url)).headers.get("content-type"), "application/jwk-set+json");
      assert.equal((await fetch(`${url}.jwt?v=2`)).headers.get("content-type"), "application/jwk-set+jwt");
    });

    test(`${name} takes the usual address, or the one that it is given`, () => {
      assert.deepEqual(adapter().calls, ["**/.well-known/sealed-input*"]);
      assert.deepEqual(adapter("**/keys.json").calls, ["**/keys.json"]);
    });
  }

  test("interceptKeys gives what Cypress gives", () => assert.equal(intercepted().chain, "the chain"));

  /** A request as Playwright shows it, from one as `fetch` makes it. */
  const shown = async (request) => {
    const body = Buffer.from(await request.arrayBuffer());
    return {
      url: () => request.url,
      method: () => request.method,
      headers: () => Object.fromEntries(request.headers),
      postDataBuffer: () => (body.length > 0 ? body : null),
    };
  };
  const fields = () =>
    new URLSearchParams([
      ["card", token],
      ["quantity", "1"],
    ]);
  const multipart = () => {
    const data = new FormData();
    for (const [name, value] of fields()) data.append(name, value);
    return data;
  };

  for (const [name, request] of Object.entries({
    urlencoded: () => new Request(ORIGIN, { method: "POST", body: fields() }),
    multipart: () => new Request(ORIGIN, { method: "POST", body: multipart() }),
    "in the address": () => new Request(`${ORIGIN}/order?${fields()}`),
  })) {
    test(`submitted opens what was sent ${name}`, async () => {
      assert.deepEqual(await submitted(await shown(request()), keys), { card: CANARY, quantity: "1" });
    });
  }
  for (const [name, headers] of Object.entries({
    JSON: { "content-type": "application/json" },
    "no type": {},
    "a multipart body without its boundary": { "content-type": "multipart/form-data" },
  })) {
    test(`submitted refuses ${name}`, async () => {
      const request = await shown(new Request(ORIGIN, { method: "POST", body: Buffer.from(CANARY), headers }));
      await fails(() => submitted(request, keys), "option-invalid", "request");
    });
  }
});

// Real servers with the guard of `fieldseal/server` in front, and requests for them.
import express from "express";
import Fastify from "fastify";
import { request as send } from "node:http";
import { after } from "node:test";
import { entryUrl, fieldseal, listen, ORIGIN } from "./support.mjs";

const { createSealer, loadKeys } = fieldseal;
export const { createGuard, Refused } = await import(entryUrl("./server"));
const { createTestKeys } = await import(entryUrl("./testing"));

export const CARD = "4242 4242 4242 4242";
export const CLEAR = "4242+4242+4242+4242";
export const FORM = "application/x-www-form-urlencoded";
export const JSON_TYPE = "application/json";
export const TEXT = "text/plain;charset=UTF-8";
// As long as those of browsers: the parser in Node takes none below 27 characters.
const BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW";
export const MULTIPART = `multipart/form-data; boundary=${BOUNDARY}`;
export const LIMIT = 64 * 1024;

export const keys = await createTestKeys();
const sealer = createSealer(await loadKeys(keys.jwks, { trust: keys.trust }), { origin: ORIGIN });
export const token = sealer.seal(CARD, { field: "card", kind: "card-number", hint: ["last4"] });
export const guard = await createGuard({
  fields: { card: "card-number", phone: { kind: "phone", required: false } },
  origin: [ORIGIN],
  keys: keys.jwks,
  limit: LIMIT,
});

/** The servers, which live as long as this file. */
export const closing = [];
after(() => Promise.all(closing.map((close) => close())));

const part = ([head, value]) => `--${BOUNDARY}\r\nContent-Disposition: form-data; ${head}\r\n\r\n${value}\r\n`;
export const multipart = (...parts) => `${parts.map(part).join("")}--${BOUNDARY}--\r\n`;
export const post = (type, body, more) => ({ method: "POST", headers: { "content-type": type, ...more }, body });
export const json = (value, type = JSON_TYPE) => post(type, JSON.stringify(value));
export const query = (text) => ({ method: "GET", path: `/order?${text}` });
export const head = 'name="card"';
export const numbers = (text) => post(JSON_TYPE, `{"card":"${token}","a":[[${text}]]}`);

/** What a service says that got a submission: how many tokens, a hint, and the body as it sees it. */
export const report = (sealed, body) => {
  const text = (value) => (value instanceof Blob ? "a file" : value);
  const plain = JSON.parse(JSON.stringify(body ?? null, (_, value) => text(value)));
  return { tokens: sealed.tokens.card.length, last4: sealed.hint("card").last4, body: plain };
};

/** Sends a request over HTTP: the status, the media type and the text of the answer. */
export const over = (url, { path = "/order", method, headers, body }, agent = false) =>
  new Promise((resolve, reject) => {
    const request = send(url + path, { agent, method, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece) => (text += piece));
      response.on("end", () => resolve({ status: response.statusCode, type: response.headers["content-type"], text }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });

export async function viaExpress(...before) {
  const app = express();
  for (const middleware of before) app.use(middleware);
  app.use(guard.express());
  // Parsers behind the guard find nothing left to read, and leave what is there.
  app.use(express.json(), express.urlencoded({ extended: false }));
  app.all("/order", (request, response) => response.json(report(request.sealed, request.body)));
  const server = await listen(app);
  closing.push(server.close);
  return (given) => over(server.url, given);
}

export async function viaFastify(register) {
  const app = Fastify({ bodyLimit: LIMIT });
  register(app);
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  closing.push(() => app.close());
  return (given) => over(url, given);
}

export const PARSERS = [express.json({ limit: LIMIT, strict: false }), express.urlencoded({ extended: true, limit: LIMIT })];

// The recipes in docs/recipes, run as they stand there, against the real key holder.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { fieldseal, Holder, ORIGIN, root } from "./support.mjs";

const { createSealer, loadKeys } = fieldseal;

let dir;
let place;
let url;
let credential;
let sealer;
before(async () => {
  dir = mkdtempSync(join(tmpdir(), "fieldseal-recipe-"));
  place = new Holder(["*"]);
  url = await place.serve();
  credential = place.run(["credentials", "new", "service", "--class", "*"]).trim();
  sealer = createSealer(await loadKeys(place.keySet, { trust: "origin" }), { origin: ORIGIN });
  const [, code] = /^```python\n(.*?)^```$/ms.exec(readFileSync(join(root, "docs/recipes/python.md"), "utf8"));
  writeFileSync(join(dir, "keyholder.py"), code);
});
after(() => {
  place.close();
  rmSync(dir, { recursive: true, force: true });
});

const seal = (value, more) => sealer.seal(value, { field: "note", kind: "json", ...more });

/** Has Python open tokens, and gives what it printed as JSON. */
async function python(address, tokens, more = "") {
  const script = `
import json, sys, keyholder
print(json.dumps(keyholder.open_tokens(json.load(open(sys.argv[1])), "a recipe"${more}), default=str))`;
  const file = join(dir, "tokens.json");
  writeFileSync(file, JSON.stringify(tokens));
  const env = { PATH: process.env.PATH, KEYHOLDER_URL: address, KEYHOLDER_CREDENTIAL: credential };
  const { stdout } = await promisify(execFile)("python3", ["-B", "-c", script, file], { cwd: dir, env, encoding: "utf8" });
  return JSON.parse(stdout);
}

/** A server before the key holder: it drops the answers of the first so many requests after the key holder has answered. */
async function dropping(count) {
  const names = [];
  const server = createServer(async (request, response) => {
    names.push(request.headers["idempotency-key"]);
    const { authorization, "idempotency-key": name } = request.headers;
    let body = "";
    for await (const chunk of request) body += chunk;
    const headers = { authorization, "idempotency-key": name, "content-type": "application/json" };
    const answer = await (await fetch(url + request.url, { method: "POST", headers, body })).text();
    if (names.length <= count) return response.socket.destroy();
    response.end(answer);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { names, server, url: `http://127.0.0.1:${server.address().port}` };
}

test("Python: values and refusals, in their order", async () => {
  const tokens = [seal("ü"), seal(12.5), "no token", { token: seal(1), field: "other" }, { token: seal(null), field: "note" }];
  const results = await python(url, tokens);
  assert.deepEqual(results.map(({ value, error }) => error?.code ?? value), [
    "ü",
    "12.5",
    "token-malformed",
    "token-wrong-field",
    null,
  ]);
});

test("Python: a token that opens once arrives although the answer was lost", async () => {
  const { names, server, url: through } = await dropping(2);
  try {
    const [{ value }] = await python(through, [seal("once", { once: true })]);
    assert.equal(value, "once");
    assert.equal(names.length, 3);
    assert.equal(new Set(names).size, 1);
  } finally {
    server.close();
  }
});

test("Python: what fails says so without the credential or a token", async () => {
  const token = seal("x");
  for (const [address, said] of [["http://127.0.0.1:9", "no key holder answered"], [`${url}/nowhere`, "answered 404"]]) {
    await assert.rejects(python(address, [token], ", attempts=2"), ({ stderr }) => {
      assert.ok(stderr.includes(said), stderr);
      assert.ok(!stderr.includes(credential) && !stderr.includes(token));
      return true;
    });
  }
});

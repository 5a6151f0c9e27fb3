// What the Node tests share: the built package, the real key holder, and errors that must hold no value.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { inspect } from "node:util";

export const root = fileURLToPath(new URL("../../", import.meta.url));
export const ORIGIN = "https://shop.example";

/** The folder of the built package, and its description. */
export const packageDir = join(root, "target/npm/fieldseal");
assert.ok(existsSync(join(packageDir, "package.json")), "build the package first: cargo xtask pkg");
export const manifest = JSON.parse(readFileSync(join(packageDir, "package.json"), "utf8"));

/** The entries as the description's `exports` name them for Node. */
export const entryUrl = (name) => {
  const entry = manifest.exports[name];
  return pathToFileURL(join(packageDir, entry.node ?? entry.default)).href;
};
export const fieldseal = await import(entryUrl("."));

const program = join(resolve(root, process.env.CARGO_TARGET_DIR ?? "target"), "debug/keyholder");

/** A key holder of its own in a temporary directory; `await using` or `close()` ends it. */
export class Holder {
  #dir = mkdtempSync(join(tmpdir(), "fieldseal-node-"));
  #server;

  /** `keys` are the arguments of `keys new`, one entry a key. */
  constructor(keys = ["*"]) {
    assert.ok(existsSync(program), "build the key holder first: cargo build -p fieldseal-holder");
    this.run(["init", "--origin", ORIGIN, "--key-file", join(this.#dir, "holder.key")]);
    for (const key of keys) this.newKey(...[key].flat());
  }

  #env() {
    const { KEYHOLDER_PASSPHRASE_FILE: _, ...env } = process.env;
    return { ...env, KEYHOLDER_HOME: join(this.#dir, "home"), KEYHOLDER_KEY_FILE: join(this.#dir, "holder.key") };
  }

  run(args, input) {
    return execFileSync(program, args, {
      env: this.#env(),
      input,
      encoding: "utf8",
      stdio: "pipe",
      maxBuffer: 1 << 26,
    });
  }

  newKey(scope, ...more) {
    return this.run(["keys", "new", "--class", scope, ...more]).trim();
  }

  /** The published JWK Set. */
  get keySet() {
    return JSON.parse(this.run(["keys", "publish"]));
  }

  /** What a page pins. */
  get signer() {
    return JSON.parse(this.run(["keys", "signer"]));
  }

  /** Opens many tokens at once; an item is a token or `{ token, field, … }`. The records come in the same order. */
  openAll(items) {
    const lines = items.map((item) => (typeof item === "string" ? item : JSON.stringify(item)));
    const args = ["open", "--file", "-"];
    const { stdout } = spawnSync(program, args, { env: this.#env(), input: lines.join("\n"), maxBuffer: 1 << 28 });
    const records = stdout
      .toString("utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.equal(records.length, items.length);
    return records;
  }

  /** Opens one token, which must open. */
  open(token, expect = {}) {
    const [record] = this.openAll([{ token, ...expect }]);
    assert.equal(record.error, undefined, JSON.stringify(record.error));
    return record.value;
  }

  /** Starts the service and gives its address. */
  async serve() {
    this.#server = spawn(program, ["serve", "--listen", "127.0.0.1:0"], {
      env: this.#env(),
      stdio: ["ignore", "pipe", "ignore"],
    });
    let printed = "";
    for await (const chunk of this.#server.stdout.setEncoding("utf8")) {
      printed += chunk;
      const address = /listening on (http:\S+)/.exec(printed)?.[1];
      if (address) return address;
    }
    throw new Error(`keyholder serve ended: ${printed}`);
  }

  close() {
    this.#server?.kill("SIGTERM");
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

/** A server on this machine that answers with `handle`. */
export async function listen(handle) {
  const server = createServer(handle);
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}

export const base64url = (bytes) => Buffer.from(bytes).toString("base64url");

/** RFC 7638: SHA-256 over the required members, in lexicographic order. */
export function thumbprint(jwk) {
  const names = { AKP: ["alg", "kty", "pub"], OKP: ["crv", "kty", "x"] }[jwk.kty];
  const required = Object.fromEntries(names.map((name) => [name, jwk[name]]));
  return createHash("sha256").update(JSON.stringify(required)).digest("base64url");
}

/** A recipient's JWK as the profile wants it. */
export function recipientJwk(members) {
  const jwk = { use: "enc", class: "*", ...members };
  return { ...jwk, kid: thumbprint(jwk) };
}

/** The token's protected header. */
export const headerOf = (token) => JSON.parse(Buffer.from(token.split(".")[0], "base64url").toString("utf8"));

/** What no error may hold. Tests put it into everything that a person could have typed. */
export const CANARY = "canary-4242-4242";

/** Asserts that an error is ours, has this code and member, and shows nothing of a value anywhere. */
export function assertError(error, code, member) {
  assert.ok(error instanceof fieldseal.FieldsealError, `not a FieldsealError but ${error?.name}`);
  assert.equal(error.code, code);
  if (member !== undefined) assert.equal(error.member, member);
  assert.equal(error.name, "FieldsealError");
  assert.ok(error.message.includes(`[${code}`), error.message);
  const shown = [
    error.message,
    error.stack,
    String(error),
    JSON.stringify(error),
    inspect(error, { depth: 9, showHidden: true }),
  ];
  for (const text of shown) assert.ok(!text.includes(CANARY), "the error holds the value");
  assert.equal(error.cause, undefined);
}

/** Asserts that a call fails with this code, at once or as a promise. */
export function fails(call, code, member) {
  let result;
  try {
    result = call();
  } catch (error) {
    return assertError(error, code, member);
  }
  if (typeof result?.then !== "function") assert.fail(`nothing was thrown where ${code} was due`);
  return result.then(
    () => assert.fail(`the promise was kept where ${code} was due`),
    (error) => assertError(error, code, member),
  );
}

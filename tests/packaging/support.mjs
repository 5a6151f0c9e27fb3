// What the packaging tests share: the package as npm packs and installs it, servers for what a bundler makes of it,
// and Chromium, driven over WebDriver with nothing but fetch.
import assert from "node:assert/strict";
import { execFile, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, dirname, extname, join, normalize } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const here = fileURLToPath(new URL(".", import.meta.url));
export const root = fileURLToPath(new URL("../../", import.meta.url));
const built = join(root, "target/npm/fieldseal");
assert.ok(existsSync(join(built, "package.json")), "build the package first: cargo xtask pkg");

/** Packs the built package, as it would be published, and says what is in it. */
function pack(into) {
  const args = ["pack", built, "--json", "--pack-destination", into];
  const printed = JSON.parse(
    execFileSync("npm", args, { cwd: into, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
  );
  // npm 12 prints an object by name where those before print an array.
  const [description] = Object.values(printed);
  return { tarball: join(into, description.filename), files: description.files.map((file) => file.path).sort() };
}

/** A project in a temporary directory that has installed the packed package and nothing else. */
export class Project {
  dir = mkdtempSync(join(tmpdir(), "fieldseal-packaging-"));

  constructor() {
    const { tarball, files } = pack(this.dir);
    this.packed = files;
    this.write("package.json", JSON.stringify({ name: "app", private: true, type: "module" }));
    const args = ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", tarball];
    execFileSync("npm", args, { cwd: this.dir, stdio: "ignore" });
  }

  /** The installed package. */
  get installed() {
    return join(this.dir, "node_modules/fieldseal");
  }

  write(path, text) {
    const file = join(this.dir, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** Runs a program of this folder's own node_modules in the project. What it printed is in the error, if it fails. */
  async tool(name, ...args) {
    const program = join(here, "node_modules/.bin", name);
    assert.ok(existsSync(program), "install the tools first: npm ci in tests/packaging");
    return promisify(execFile)(program, args, { cwd: this.dir, encoding: "utf8" }).catch((error) =>
      assert.fail(`${name} failed:\n${error.stdout}${error.stderr}`),
    );
  }

  close() {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** A valid X-Wing public key that nobody has the private key of: ML-KEM's zeros, and the base point of X25519. */
const pub = Buffer.concat([Buffer.alloc(1184), Buffer.from([9]), Buffer.alloc(31)]).toString("base64url");
const required = { alg: "HPKE-9", kty: "AKP", pub };
const kid = createHash("sha256").update(JSON.stringify(required)).digest("base64url");
export const KEYS = { keys: [{ ...required, kid, use: "enc", class: "*" }] };

/** An application that seals one value and shows the token, or the error's code, where a test finds it. */
export const app = (entry) => `
import { createSealer, loadKeys } from ${JSON.stringify(entry)};
const say = (text) => (document.documentElement.dataset.result = text);
loadKeys(${JSON.stringify(KEYS)}, { trust: "origin" })
  .then((keys) => say(createSealer(keys).seal("4242 4242 4242 4242", { field: "card", kind: "card-number" })))
  .catch((error) => say(error.code ?? String(error)));
`;

export const page = (script) => `<!doctype html><title>app</title><script type="module" src="${script}"></script>`;

/** Asserts that a text is a token that was sealed on this origin. */
export function assertToken(text, origin) {
  const parts = String(text).split(".");
  assert.equal(parts.length, 5, `no token but ${text}`);
  const { iat, jti, ...header } = JSON.parse(Buffer.from(parts[0], "base64url").toString("utf8"));
  assert.deepEqual(header, { alg: "HPKE-9", kid, typ: "sealed+jwe", field: "card", kind: "card-number", iss: origin });
  assert.ok(Math.abs(iat - Date.now() / 1000) < 60);
}

const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
  ".json": "application/json",
};

/**
 * Serves the first of these folders that has the file, on a port of this machine. `change` may replace what is sent: it
 * gets the path and the bytes, and what it leaves undefined is not there. `typeOf` may give another media type, `headersOf`
 * more headers, and `wait` something to wait for before the answer.
 */
export async function serve(
  folders,
  { headers = {}, headersOf = () => ({}), change = (_path, body) => body, typeOf = () => undefined, wait = () => {} } = {},
) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://x").pathname)).replace(/\/$/, "/index.html");
    requests.push(path);
    await wait(path);
    const file = folders.map((folder) => join(folder, path)).find((candidate) => existsSync(candidate));
    const body = file && change(path, readFileSync(file));
    if (!body) return response.writeHead(404).end();
    response
      .writeHead(200, { "content-type": typeOf(path) ?? TYPES[extname(file)] ?? "text/plain", ...headers, ...headersOf(path) })
      .end(body);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { origin: `http://127.0.0.1:${server.address().port}`, requests, close };
}

const find = (...names) => {
  const dirs = (process.env.PATH ?? "").split(delimiter);
  const isProgram = (file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  };
  return names.flatMap((name) => dirs.map((dir) => join(dir, name))).find(isProgram);
};

/** Why tests in a browser are skipped, or false. Where every test has to run, a missing browser is a failure. */
function missing() {
  const driver = find("chromedriver");
  const browser = find("chromium", "chromium-browser", "google-chrome");
  if (driver && browser) return false;
  const reason = `no ${driver ? "chromium" : "chromedriver"} found: run cargo xtask setup`;
  assert.ok(["", "0", "false", undefined].includes(process.env.CI), reason);
  return reason;
}
const skip = missing();

/** A test that needs the browser. */
export const inBrowser = (name, run) => test(name, { skip }, run);

/** Headless Chromium with one session. */
export class Browser {
  /** The browser, or nothing where its tests are skipped. */
  static async start() {
    if (skip) return undefined;
    const browser = new Browser();
    browser.driver = spawn(find("chromedriver"), ["--port=0"], { stdio: ["ignore", "pipe", "ignore"] });
    browser.url = await new Promise((found, failed) => {
      let printed = "";
      browser.driver.once("exit", () => failed(new Error(`chromedriver ended: ${printed}`)));
      browser.driver.stdout.setEncoding("utf8").on("data", (text) => {
        printed += text;
        const port = /on port (\d+)\./.exec(printed)?.[1];
        if (port) found(`http://127.0.0.1:${port}`);
      });
    });
    const args = [
      "--headless=new",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--disable-background-networking",
    ];
    const capabilities = { "goog:chromeOptions": { args }, "goog:loggingPrefs": { browser: "ALL" } };
    const { sessionId } = await browser.#ask("POST", "/session", { capabilities: { alwaysMatch: capabilities } });
    browser.url += `/session/${sessionId}`;
    return browser;
  }

  async #ask(method, path, body) {
    const response = await fetch(this.url + path, { method, ...(body && { body: JSON.stringify(body) }) });
    const { value } = await response.json();
    assert.ok(response.ok, `WebDriver ${path}: ${value?.message}`);
    return value;
  }

  open(url) {
    return this.#ask("POST", "/url", { url });
  }

  /** Runs the body of an async function in the page. */
  run(script, ...args) {
    return this.#ask("POST", "/execute/sync", {
      script: `return (async (...args) => {${script}})(...arguments)`,
      args,
    });
  }

  /** Opens a page and waits for its result. */
  async result(url) {
    await this.open(url);
    return this.until("return document.documentElement.dataset.result");
  }

  /** Waits until a script in the page gives something. */
  async until(script, seconds = 20) {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await pause(50)) {
      const result = await this.run(script);
      if (result) return result;
    }
    const log = (await this.log()).slice(-5);
    assert.fail(`the page never gives a result for ${script}: ${JSON.stringify(log)}`);
  }

  /** Presses keys, wherever the focus is: a character each. */
  keys(text) {
    const actions = [...text].flatMap((value) => ["keyDown", "keyUp"].map((type) => ({ type, value })));
    return this.#ask("POST", "/actions", { actions: [{ type: "key", id: "keyboard", actions }] });
  }

  /** What the console said since this was asked last. */
  async log() {
    return (await this.#ask("POST", "/se/log", { type: "browser" })).map(({ level, message }) => `${level} ${message}`);
  }

  collectGarbage() {
    return this.#ask("POST", "/goog/cdp/execute", { cmd: "HeapProfiler.collectGarbage", params: {} });
  }

  async close() {
    await this.#ask("DELETE", "").catch(() => {});
    this.driver.kill();
  }
}

// How the package reaches a page: compressed ahead of time, compiled while it downloads, asked for before it is needed.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { app, assertToken, Browser, inBrowser, page, Project, serve } from "./support.mjs";

let project;
let browser;
before(async () => {
  project = new Project();
  project.write("plain/index.html", page("/app.js"));
  project.write("plain/app.js", app("/index.js"));
  browser = await Browser.start();
});
after(async () => {
  await browser?.close();
  project.close();
});

const read = (path) => readFileSync(join(project.installed, path));
const isWasm = (path) => path.endsWith(".wasm");

/** Serves the page beside the package's own files; gives what the page shows, what was asked for, and the console's lines. */
async function result(path, options) {
  const server = await serve([join(project.dir, "plain"), join(project.installed, "dist")], options);
  try {
    await browser.log();
    const text = await browser.result(server.origin + path);
    return { text, origin: server.origin, requests: server.requests, log: await browser.log() };
  } finally {
    server.close();
  }
}

describe("compressed files", () => {
  test("lie beside everything that a browser fetches, and hold the same bytes", () => {
    const isWords = (path) => /^dist\/messages\/\w+\.js$/.test(path);
    const fetched = ["core", "elements", "error", "index", "inline", "react", "sealed-input"].map((name) => `dist/${name}.js`);
    const modules = ["dist/fieldseal.wasm", "dist/fieldseal-fast.wasm"];
    const wanted = [...modules, ...fetched, ...project.packed.filter(isWords)].sort();
    for (const [extension, unpack] of [[".br", brotliDecompressSync], [".gz", gunzipSync]]) {
      const found = project.packed.filter((path) => path.endsWith(extension)).map((path) => path.slice(0, -3));
      assert.deepEqual(found.sort(), wanted, extension);
      for (const path of found) assert.ok(unpack(read(path + extension)).equals(read(path)), path + extension);
    }
  });

  test("say nothing of when and where they were made", () => {
    for (const path of project.packed.filter((name) => name.endsWith(".gz"))) {
      // The flags and the time of a gzip header (RFC 1952, section 2.3.1).
      assert.deepEqual([...read(path).subarray(3, 8)], [0, 0, 0, 0, 0], path);
    }
  });

  for (const encoding of ["br", "gzip"]) {
    inBrowser(`seal as ${encoding}: the module's hash is that of what was compressed`, async () => {
      let sent = 0;
      const change = (path, body) => {
        const file = join(project.installed, "dist", `${path}.${encoding === "br" ? "br" : "gz"}`);
        if (!existsSync(file)) return body;
        sent += 1;
        return readFileSync(file);
      };
      const headersOf = (path) =>
        existsSync(join(project.installed, "dist", `${path}.br`)) ? { "content-encoding": encoding } : {};
      const { text, origin } = await result("/", { change, headersOf });
      assertToken(text, origin);
      assert.equal(sent, 4, "three scripts and the module");
    });
  }
});

describe("streaming", () => {
  const hooked = `
    for (const name of ["compile", "compileStreaming"]) {
      const real = WebAssembly[name];
      WebAssembly[name] = (...args) => ((globalThis.compiled ??= []).push(name), real.apply(WebAssembly, args));
    }`;
  before(() => {
    project.write("plain/hook.js", hooked);
    project.write("plain/hooked.html", `<!doctype html><script src="/hook.js"></script>${page("/app.js")}`);
  });

  for (const [type, wanted] of [
    ["application/wasm", "compileStreaming"],
    ["Application/Wasm", "compileStreaming"],
    ["application/wasm; charset=utf-8", "compile"],
    ["application/octet-stream", "compile"],
  ]) {
    inBrowser(`${type}: ${wanted}, after one download`, async () => {
      const { text, origin, requests } = await result("/hooked.html", { typeOf: (path) => (isWasm(path) ? type : undefined) });
      assertToken(text, origin);
      assert.deepEqual(await browser.run("return globalThis.compiled"), [wanted]);
      assert.equal(requests.filter(isWasm).length, 1);
    });
  }
});

describe("asked for ahead of time", () => {
  const sri = () => JSON.parse(read("dist/sri.json").toString());
  /** The lines that the README shows, with the hashes of the scripts. */
  const head = () => `
    <link rel="modulepreload" href="/index.js" integrity="${sri()["index.js"]}">
    <link rel="modulepreload" href="/core.js" integrity="${sri()["core.js"]}">
    <link rel="modulepreload" href="/error.js" integrity="${sri()["error.js"]}">
    <link rel="preload" href="/fieldseal.wasm" as="fetch" type="application/wasm" crossorigin>`;

  test("the README names what is fetched", () => {
    const readme = read("README.md").toString();
    const linked = [...readme.matchAll(/<link rel="(?:modulepreload|preload)" href="\/fieldseal\/([^"]+)"/g)];
    assert.deepEqual(linked.map(([, name]) => name), ["index.js", "core.js", "error.js", "fieldseal.wasm"]);
  });

  inBrowser("everything is fetched once, and used", async () => {
    project.write("plain/ahead.html", `<!doctype html>${head()}${page("/app.js")}`);
    const { text, origin, requests, log } = await result("/ahead.html", { headers: { "cache-control": "no-store" } });
    assertToken(text, origin);
    const asked = requests.filter((path) => path !== "/favicon.ico").sort();
    assert.deepEqual(asked, ["/ahead.html", "/app.js", "/core.js", "/error.js", "/fieldseal.wasm", "/index.js"]);
    assert.deepEqual(log.filter((line) => /preload|integrity/i.test(line)), []);
  });

  inBrowser("the module is asked for before the script that wants it", async () => {
    // The script waits at the server until the module was asked for; without the lines in the head it would wait for ever.
    let asked;
    const module = new Promise((done) => (asked = done));
    const wait = async (path) => {
      if (isWasm(path)) asked();
      if (path === "/app.js") await module;
    };
    project.write("plain/ahead.html", `<!doctype html>${head()}${page("/app.js")}`);
    const { text, origin } = await result("/ahead.html", { headers: { "cache-control": "no-store" }, wait });
    assertToken(text, origin);
  });
});

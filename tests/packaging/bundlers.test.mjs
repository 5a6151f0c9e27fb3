// A small application, built by each bundler from the installed package and then really run in Chromium.
import assert from "node:assert/strict";
import { copyFileSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, describe } from "node:test";
import { createServer } from "vite";
import { app, assertToken, Browser, inBrowser, page, Project, serve } from "./support.mjs";

let project;
let browser;
before(async () => {
  project = new Project();
  browser = await Browser.start();
});
after(async () => {
  await browser?.close();
  project.close();
});

/** The strictest policy under which a page can run WebAssembly. */
const POLICY = {
  "content-security-policy": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'",
};

/** Serves what was built, opens it, and checks the token that it shows. Gives the paths that were asked for. */
async function run(folder) {
  const server = await serve([join(project.dir, folder)], { headers: POLICY });
  try {
    assertToken(await browser.result(`${server.origin}/`), server.origin);
    return server.requests;
  } finally {
    server.close();
  }
}

/** The fast module is only for who asks for it: a page that does not downloads one module, and that is the small one. */
function assertFetchesTheSmall(folder, requests) {
  const [fetched, ...more] = requests.filter((path) => path.endsWith(".wasm"));
  assert.deepEqual(more, []);
  const small = readFileSync(join(project.installed, "dist/fieldseal.wasm"));
  assert.ok(readFileSync(join(project.dir, folder, fetched)).equals(small));
}

const files = (folder) => readdirSync(join(project.dir, folder), { recursive: true }).map(String);

describe("Vite", () => {
  beforeEach(() => project.write("index.html", page("/main.js")));

  inBrowser("builds for production, the wasm as an asset", async () => {
    project.write("main.js", app("fieldseal"));
    await project.tool("vite", "build", "--outDir", "vite-out", "--logLevel", "warn");
    const wasm = files("vite-out").filter((path) => path.endsWith(".wasm"));
    assert.deepEqual(wasm.map((path) => path.replace(/-[\w-]{8}\.wasm$/, "")).sort(), ["assets/fieldseal", "assets/fieldseal-fast"]);
    assertFetchesTheSmall("vite-out", await run("vite-out"));
  });

  inBrowser("builds the inline entry without a wasm file", async () => {
    project.write("main.js", app("fieldseal/inline"));
    await project.tool("vite", "build", "--outDir", "vite-inline", "--logLevel", "warn");
    assert.deepEqual(
      files("vite-inline").filter((path) => path.endsWith(".wasm")),
      [],
    );
    await run("vite-inline");
  });

  inBrowser("serves for development", async () => {
    project.write("main.js", app("fieldseal"));
    const server = await createServer({
      root: project.dir,
      configFile: false,
      logLevel: "warn",
      server: { host: "127.0.0.1", port: 0 },
    });
    await server.listen();
    const url = new URL(server.resolvedUrls.local[0]);
    assertToken(await browser.result(url.href), url.origin);
    await server.close();
  });

  inBrowser("drops what an application does not use", async () => {
    project.write("main.js", 'import { FieldsealError } from "fieldseal"; document.title = FieldsealError.name;');
    await project.tool("vite", "build", "--outDir", "vite-shaken", "--logLevel", "warn");
    const scripts = files("vite-shaken").filter((path) => path.endsWith(".js"));
    const length = scripts.reduce((sum, path) => sum + readFileSync(join(project.dir, "vite-shaken", path)).length, 0);
    assert.ok(length < 8000, `${length} bytes for one class`);
  });
});

describe("webpack", () => {
  const build = async (entry, out) => {
    project.write("main.js", app(entry));
    project.write(
      "webpack.config.cjs",
      `module.exports = { mode: "production", entry: "./main.js", output: { path: __dirname + "/${out}" } };`,
    );
    await project.tool("webpack", "--config", "webpack.config.cjs");
    project.write(`${out}/index.html`, page("/main.js"));
  };

  inBrowser("builds for production, the wasm as an asset", async () => {
    await build("fieldseal", "webpack-out");
    assert.equal(files("webpack-out").filter((path) => path.endsWith(".wasm")).length, 2);
    assertFetchesTheSmall("webpack-out", await run("webpack-out"));
  });

  inBrowser("builds the inline entry without a wasm file", async () => {
    await build("fieldseal/inline", "webpack-inline");
    assert.deepEqual(
      files("webpack-inline").filter((path) => path.endsWith(".wasm")),
      [],
    );
    await run("webpack-inline");
  });
});

describe("esbuild", () => {
  const build = async (entry, out, ...args) => {
    project.write("main.js", app(entry));
    await project.tool(
      "esbuild",
      "main.js",
      "--bundle",
      "--minify",
      `--outfile=${out}/main.js`,
      "--log-level=error",
      ...args,
    );
    project.write(`${out}/index.html`, page("/main.js"));
  };

  inBrowser("builds an ES module, the wasm copied beside it", async () => {
    await build("fieldseal", "esbuild-out", "--format=esm");
    copyFileSync(join(project.installed, "dist/fieldseal.wasm"), join(project.dir, "esbuild-out/fieldseal.wasm"));
    await run("esbuild-out");
  });

  inBrowser("builds the inline entry as an ES module and as a plain script", async () => {
    await build("fieldseal/inline", "esbuild-inline", "--format=esm");
    await run("esbuild-inline");
    await build("fieldseal/inline", "esbuild-iife", "--format=iife");
    await run("esbuild-iife");
  });

  inBrowser("a plain script cannot know where the wasm is, and says so", async () => {
    await build("fieldseal", "esbuild-lost", "--format=iife");
    const server = await serve([join(project.dir, "esbuild-lost")]);
    assert.equal(await browser.result(`${server.origin}/`), "wasm-unavailable");
    server.close();
  });
});

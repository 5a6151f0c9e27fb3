// The package without a bundler: in plain HTML, in workers, in Node, and when its wasm does not arrive as it was built.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { app, assertToken, Browser, inBrowser, KEYS, page, Project, serve } from "./support.mjs";

let project;
let browser;
before(async () => {
  project = new Project();
  project.write("plain/index.html", page("/app.js"));
  project.write("plain/app.js", app("/index.js"));
  project.write("plain/inline.html", page("/inline-app.js"));
  project.write("plain/inline-app.js", app("/inline.js"));
  browser = await Browser.start();
});
after(async () => {
  await browser?.close();
  project.close();
});

/** Serves the page beside the package's own files, as somebody without a bundler would. */
async function result(path, options) {
  const server = await serve([join(project.dir, "plain"), join(project.installed, "dist")], options);
  try {
    return { text: await browser.result(server.origin + path), origin: server.origin, requests: server.requests };
  } finally {
    server.close();
  }
}

const policy = (scripts, rest = "connect-src 'self'") => ({
  headers: { "content-security-policy": `default-src 'none'; script-src ${scripts}; ${rest}` },
});

describe("plain HTML", () => {
  for (const path of ["/", "/inline.html"]) {
    inBrowser(`${path} seals`, async () => {
      const { text, origin } = await result(path);
      assertToken(text, origin);
    });

    inBrowser(`${path} seals under a strict policy`, async () => {
      const { text, origin } = await result(path, policy("'self' 'wasm-unsafe-eval'"));
      assertToken(text, origin);
    });

    inBrowser(`${path} says what it lacks where WebAssembly is forbidden`, async () => {
      assert.equal((await result(path, policy("'self'"))).text, "wasm-unavailable");
    });
  }

  inBrowser("an import map names the package", async () => {
    project.write(
      "plain/mapped.html",
      `<!doctype html><script type="importmap">{"imports":{"fieldseal":"/index.js"}}</script>${page("/mapped.js")}`,
    );
    project.write("plain/mapped.js", app("fieldseal"));
    const { text, origin } = await result("/mapped.html");
    assertToken(text, origin);
  });

  inBrowser("nothing is asked for but what the page needs, and the wasm only by loadKeys", async () => {
    const { requests } = await result("/");
    const asked = requests.filter((path) => path !== "/favicon.ico");
    assert.deepEqual(
      asked.sort(),
      ["/app.js", "/core.js", "/error.js", "/fieldseal.wasm", "/index.html", "/index.js"],
      "and nothing twice",
    );
    project.write("plain/idle.html", page("/idle.js"));
    project.write(
      "plain/idle.js",
      'import * as all from "/index.js"; document.documentElement.dataset.result = Object.keys(all).join();',
    );
    const idle = await result("/idle.html");
    assert.equal(idle.text, "FieldsealError,consentedTo,createSealer,guardForm,loadKeys,useMessages");
    assert.ok(!idle.requests.includes("/fieldseal.wasm"));
  });
});

describe("the wasm", () => {
  const isWasm = (path) => path.endsWith(".wasm");

  inBrowser("with one changed byte does not run", async () => {
    for (const at of [0, 20, 50_000, -1]) {
      const change = (path, body) => {
        if (isWasm(path)) body[at < 0 ? body.length + at : at] ^= 1;
        return body;
      };
      assert.equal((await result("/", { change })).text, "wasm-unavailable", `byte ${at}`);
    }
  });

  inBrowser("cut short, lengthened or exchanged does not run", async () => {
    const others = [
      (body) => body.subarray(0, -1),
      (body) => Buffer.concat([body, Buffer.alloc(1)]),
      () => Buffer.from("0061736d01000000", "hex"),
      () => Buffer.alloc(0),
    ];
    for (const other of others) {
      const change = (path, body) => (isWasm(path) ? other(body) : body);
      assert.equal((await result("/", { change })).text, "wasm-unavailable");
    }
  });

  inBrowser("that is not there is said to be unavailable", async () => {
    const change = (path, body) => (isWasm(path) ? undefined : body);
    assert.equal((await result("/", { change })).text, "wasm-unavailable");
  });

  inBrowser("is taken from a host that knows no media type for it", async () => {
    const typeOf = (path) => (isWasm(path) ? "application/octet-stream" : undefined);
    const { text, origin } = await result("/", { typeOf });
    assertToken(text, origin);
  });

  inBrowser("is tried again after a failure", async () => {
    project.write("plain/again.html", page("/again.js"));
    project.write(
      "plain/again.js",
      `
      import { createSealer, loadKeys } from "/index.js";
      const load = () => loadKeys(${JSON.stringify(KEYS)}, { trust: "origin" });
      const first = await load().catch((error) => error.code);
      const token = createSealer(await load()).seal("4242 4242 4242 4242", { field: "card", kind: "card-number" });
      document.documentElement.dataset.result = first === "wasm-unavailable" ? token : first;`,
    );
    let times = 0;
    const change = (path, body) => (isWasm(path) && (times += 1) === 1 ? body.subarray(1) : body);
    const { text, origin } = await result("/again.html", { change, headers: { "cache-control": "no-store" } });
    assertToken(text, origin);
  });
});

describe("workers", () => {
  const worker = (entry) => `
    import { createSealer, loadKeys } from ${JSON.stringify(entry)};
    const seal = async () => {
      const keys = await loadKeys(${JSON.stringify(KEYS)}, { trust: "origin" });
      return createSealer(keys).seal("4242 4242 4242 4242", { field: "card", kind: "card-number" });
    };
    const answer = (post) => seal().then(post, (error) => post(error.code ?? String(error)));
    if (globalThis.onconnect === undefined) answer(postMessage);
    else addEventListener("connect", (event) => answer((text) => event.ports[0].postMessage(text)));`;
  const pageOf = (start) =>
    `${start} receive.onmessage = (event) => (document.documentElement.dataset.result = event.data);`;

  for (const entry of ["/index.js", "/inline.js"]) {
    inBrowser(`a module worker seals with ${entry}`, async () => {
      project.write("plain/worker.js", worker(entry));
      project.write("plain/starts-worker.html", page("/starts-worker.js"));
      project.write("plain/starts-worker.js", pageOf('const receive = new Worker("/worker.js", { type: "module" });'));
      const { text, origin } = await result("/starts-worker.html", { headers: { "cache-control": "no-store" } });
      assertToken(text, origin);
    });
  }

  inBrowser("a shared worker seals", async () => {
    project.write("plain/shared.js", worker("/index.js"));
    project.write("plain/starts-shared.html", page("/starts-shared.js"));
    project.write(
      "plain/starts-shared.js",
      pageOf('const receive = new SharedWorker("/shared.js", { type: "module" }).port;'),
    );
    const { text, origin } = await result("/starts-shared.html");
    assertToken(text, origin);
  });
});

describe("Node", () => {
  const script = (load) => `
    ${load}.then(async ({ createSealer, loadKeys }) => {
      const keys = await loadKeys(${JSON.stringify(KEYS)}, { trust: "origin" });
      const sealer = createSealer(keys, { origin: "https://shop.example" });
      console.log(sealer.seal("4242 4242 4242 4242", { field: "card", kind: "card-number" }));
    });`;
  const run = (file, text, ...args) => {
    project.write(file, text);
    return execFileSync(process.execPath, [...args, file], { cwd: project.dir, encoding: "utf8" }).trim();
  };

  for (const entry of ["fieldseal", "fieldseal/inline"]) {
    test(`an ES module imports ${entry}`, () =>
      assertToken(run("app.mjs", script(`import("${entry}")`)), "https://shop.example"));
    test(`a CommonJS module imports ${entry}`, () =>
      assertToken(run("app.cjs", script(`import("${entry}")`)), "https://shop.example"));
  }

  test("the wasm, its hash and the description can be found by name", () => {
    const names = ["fieldseal/fieldseal.wasm", "fieldseal/sri.json", "fieldseal/package.json"];
    const text = `for (const name of ${JSON.stringify(names)}) console.log(import.meta.resolve(name));`;
    assert.deepEqual(
      run("resolve.mjs", text)
        .split("\n")
        .map((url) => url.split("/").pop()),
      ["fieldseal.wasm", "sri.json", "package.json"],
    );
  });

  test("what is inside cannot be imported", () => {
    const text = 'import("fieldseal/dist/keys.js").catch((error) => console.log(error.code));';
    assert.equal(run("inside.mjs", text), "ERR_PACKAGE_PATH_NOT_EXPORTED");
  });

  test("a permission model that forbids all but reading is enough", () => {
    const flag = process.allowedNodeEnvironmentFlags.has("--permission") ? "--permission" : "--experimental-permission";
    const allowed = `--allow-fs-read=${project.dir}/*`;
    assertToken(run("app.mjs", script('import("fieldseal")'), "--no-warnings", flag, allowed), "https://shop.example");
  });
});

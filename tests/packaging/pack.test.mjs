// What is in the package that would be published, and what is not.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { here, Project, root } from "./support.mjs";

let project;
before(() => (project = new Project()));
after(() => project.close());

const read = (path, encoding = "utf8") => readFileSync(join(project.installed, path), encoding);
const LANGUAGES = ["de", "en", "es", "fr", "ja", "pt"];
/** A script with everything that it imports. */
const reached = (path, found = new Set()) => {
  if (found.has(path)) return found;
  found.add(path);
  for (const [, name] of read(path).matchAll(/from\s*"(\.[^"]+)"/g)) reached(join("dist", name), found);
  return found;
};

test("the files are those of files.txt", () => {
  const wanted = readFileSync(join(here, "files.txt"), "utf8").trimEnd().split("\n");
  assert.deepEqual(project.packed, wanted);
});

test("no file is a source or a map of one", () => {
  for (const path of project.packed) assert.doesNotMatch(path, /(?<!\.d)\.ts$|\.rs$|\.map$|^src\//);
});

test("no file names a path of the machine that built it", () => {
  const cargo = process.env.CARGO_HOME ?? join(homedir(), ".cargo");
  const words = [
    root.replace(/\/$/, ""),
    homedir(),
    hostname(),
    cargo,
    ".cargo/registry",
    "index.crates.io",
    "/rustc/",
    "node_modules",
  ];
  // A home or a host of a few letters would be found in any text.
  const forbidden = words.filter((word) => word.length > 4);
  for (const path of project.packed) {
    const text = read(path, "latin1");
    for (const word of forbidden) assert.ok(!text.includes(word), `${path} holds ${word}`);
  }
});

test("the scripts refer to files that are there", () => {
  for (const path of project.packed.filter((name) => name.endsWith(".js"))) {
    const text = read(path);
    assert.doesNotMatch(text, /sourceMappingURL|\beval\(|new Function\(|https?:\/\//);
    for (const [, name] of text.matchAll(/(?:from|import|new URL\()\s*"(\.[^"]+)"/g)) {
      assert.ok(project.packed.includes(join("dist", name)), `${path} wants ${name}`);
    }
  }
});

test("the description promises no more than there is", () => {
  const { dependencies, scripts, exports, license, name, type } = JSON.parse(read("package.json"));
  assert.deepEqual(
    { dependencies, scripts, license, name, type },
    {
      dependencies: undefined,
      scripts: undefined,
      license: "MIT OR Apache-2.0",
      name: "fieldseal",
      type: "module",
    },
  );
  const targets = Object.values(exports).flatMap((entry) =>
    typeof entry === "string" ? [entry] : Object.values(entry),
  );
  for (const target of targets) {
    // One with a star is a folder of files, by languages.
    const wanted = target.includes("*") ? LANGUAGES.map((lang) => target.replace("*", lang)) : [target];
    for (const file of wanted) assert.ok(project.packed.includes(file.replace("./", "")), file);
  }
});

test("nothing has to be installed with it, and React only where React is used", () => {
  const { dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(read("package.json"));
  assert.equal(dependencies, undefined);
  assert.deepEqual(peerDependencies, { react: ">=18" });
  assert.deepEqual(peerDependenciesMeta, { react: { optional: true } });
  const installed = readdirSync(join(project.dir, "node_modules")).filter((name) => !name.startsWith("."));
  assert.deepEqual(installed, ["fieldseal"]);
});

test("the wasm's hash is in sri.json and in the loader", () => {
  const hash = `sha384-${createHash("sha384").update(read("dist/fieldseal.wasm", null)).digest("base64")}`;
  assert.equal(JSON.parse(read("dist/sri.json"))["fieldseal.wasm"], hash);
  // In one place, which the other entries for browsers load when they want keys.
  const scripts = project.packed.filter((path) => path.endsWith(".js") && read(path).includes(hash));
  assert.deepEqual(scripts, ["dist/index.js"]);
  for (const entry of ["elements", "react"]) {
    const texts = [...reached(`dist/${entry}.js`)].map((path) => read(path));
    assert.ok(texts.some((text) => text.includes('import("./index.js")')), entry);
  }
});

test("sri.json has the hash of each file that a page loads", () => {
  const hashes = JSON.parse(read("dist/sri.json"));
  assert.deepEqual(Object.keys(hashes), [
    "core.js",
    "elements.js",
    "error.js",
    "fieldseal-fast.wasm",
    "fieldseal.wasm",
    "index.js",
    "inline.js",
    "react.js",
    "sealed-input.js",
  ]);
  for (const [name, hash] of Object.entries(hashes)) {
    const found = createHash("sha384").update(read(`dist/${name}`, null)).digest("base64");
    assert.equal(hash, `sha384-${found}`, name);
  }
});

test("a wasm is in one script, which no page loads that has the file or another", () => {
  const entries = ["index", "node", "elements", "file", "react", "holder", "testing"];
  for (const [wasm, others] of [["fieldseal", ["server"]], ["fieldseal-server", ["inline"]]]) {
    const base64 = read(`dist/${wasm}.wasm`, "base64");
    const holding = project.packed.filter((path) => path.endsWith(".js") && read(path).includes(base64));
    assert.equal(holding.length, 1, wasm);
    for (const entry of [...entries, ...others]) {
      assert.ok(!reached(`dist/${entry}.js`).has(holding[0]), `${entry} has ${wasm}`);
    }
  }
  assert.ok(read("dist/inline.js").includes(read("dist/fieldseal.wasm", "base64")));
});

test("no wasm has sections that tell how it was built", () => {
  for (const wasm of project.packed.filter((path) => path.endsWith(".wasm"))) {
    const module = new WebAssembly.Module(read(wasm, null));
    for (const name of ["name", "producers", "target_features", ".debug_info", "sourceMappingURL"]) {
      assert.equal(WebAssembly.Module.customSections(module, name).length, 0, `${wasm} has ${name}`);
    }
  }
});

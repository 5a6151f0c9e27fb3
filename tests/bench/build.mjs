// Bundles every peer twice: whole, for the page that measures, and as a page would have it that only seals. What a browser
// downloads lies beside its compressed forms, as on a server that keeps them ready.
//
//     node build.mjs <folder of the built package> <folder for the bundles>
import * as esbuild from "esbuild";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const [packageDir, out] = process.argv.slice(2).map((path) => resolve(path));
const peersDir = join(here, "peers");
const ids = (await readdir(peersDir)).filter((name) => name.endsWith(".js")).map((name) => name.slice(0, -3));

const EVERYTHING = ["field", "checkout", "form", "file", "cold"];

const options = {
  bundle: true,
  minify: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  logLevel: "error",
  // A peer may lack what a page asks for; then it is undefined.
  logOverride: { "import-is-undefined": "silent" },
  plugins: [
    {
      name: "the built package",
      setup(build) {
        build.onResolve({ filter: /^fieldseal($|\/)/ }, ({ path }) => ({ path: entry(path) }));
      },
    },
  ],
};

const description = JSON.parse(await readFile(join(packageDir, "package.json"), "utf8"));

/** The file that the package's `exports` name for browsers. */
function entry(path) {
  const found = description.exports[`.${path.slice("fieldseal".length)}`];
  if (!found) throw new Error(`the built package has no ${path}`);
  return join(packageDir, found.default ?? found);
}

/** A page's only script: it seals one value. */
function page(id) {
  return `
    import * as peer from ${JSON.stringify(join(peersDir, `${id}.js`))};
    import { once } from ${JSON.stringify(join(here, "page/cold.js"))};
    once(peer.setup, peer.field ?? ((sender, item) => peer.seal(sender, item.bytes)));
  `;
}

async function compressed(path) {
  const bytes = await readFile(path);
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  const [brotli, gzip] = [brotliCompressSync(bytes, { params }), gzipSync(bytes, { level: 9 })];
  await writeFile(`${path}.br`, brotli);
  await writeFile(`${path}.gz`, gzip);
  return { raw: bytes.length, brotli: brotli.length, gzip: gzip.length };
}

await rm(out, { recursive: true, force: true });
await mkdir(join(out, "peers"), { recursive: true });
await esbuild.build({ ...options, entryPoints: ids.map((id) => join(peersDir, `${id}.js`)), outdir: join(out, "peers") });
await esbuild.build({ ...options, entryPoints: [join(here, "page/harness.js")], outdir: out });
for (const name of ["fieldseal.wasm", "fieldseal-fast.wasm"]) {
  await copyFile(entry(`fieldseal/${name}`), join(out, "peers", name));
}

const peers = [];
for (const id of ids) {
  const { title, postQuantum, works, head } = await describe(id);
  const dir = join(out, "cold", id);
  await mkdir(dir, { recursive: true });
  const { metafile } = await esbuild.build({
    ...options,
    stdin: { contents: page(id), resolveDir: here },
    outfile: join(dir, "page.js"),
    metafile: true,
  });
  const files = ["page.js"];
  if (Object.keys(metafile.inputs).some((input) => resolve(input).startsWith(packageDir))) {
    const wasm = id === "fieldseal-fast" ? "fieldseal-fast.wasm" : "fieldseal.wasm";
    await copyFile(entry(`fieldseal/${wasm}`), join(dir, wasm));
    files.push(wasm);
  }
  if (head) await writeFile(join(dir, "head.html"), head);
  const sizes = {};
  for (const name of files) sizes[name] = await compressed(join(dir, name));
  peers.push({ id, title, postQuantum, works, files: sizes });
}
await writeFile(join(out, "peers.json"), `${JSON.stringify(peers, undefined, 2)}\n`);

/** What a peer says about itself: its constants alone, since not every library runs here. */
async function describe(id) {
  const source = `import * as peer from ${JSON.stringify(join(peersDir, `${id}.js`))};
    export const [title, postQuantum, works, head] = [peer.title, peer.postQuantum, peer.works, peer.head];`;
  const { outputFiles } = await esbuild.build({ ...options, stdin: { contents: source, resolveDir: here }, write: false });
  const { title, postQuantum, works = EVERYTHING, head } = await import(
    `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`
  );
  return { title, postQuantum, works, head };
}

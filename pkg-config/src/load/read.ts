import { readFile } from "node:fs/promises";

/** Compiles the module from a file. */
export async function readWasm(url: URL): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readFile(url));
}

// The one instance of the servers' module.
import { FieldsealError } from "../error.js";
import { finish, imports } from "../wasm/fieldseal_server.js";

let ready: Promise<void> | undefined;

/**
 * Loads the module once: the one that was given, or else the one that is a text in a file of its own, which is
 * read only then. So it works wherever scripts do. After a failure the next call tries again.
 */
export function start(module: WebAssembly.Module | undefined): Promise<void> {
  ready ??= instantiate(module).catch(() => {
    ready = undefined;
    throw new FieldsealError(
      "wasm-unavailable",
      "The WebAssembly module could not be loaded. Where it may not be compiled from bytes, pass it as `module`.",
    );
  });
  return ready;
}

async function instantiate(module: WebAssembly.Module | undefined): Promise<void> {
  const compiled = module ?? (await compile());
  finish(await WebAssembly.instantiate(compiled, imports()), compiled);
}

async function compile(): Promise<WebAssembly.Module> {
  const { base64 } = await import("../wasm/server_inline.js");
  return WebAssembly.compile(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
}

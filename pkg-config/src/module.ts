// The one instance of the module that a page has.
import { FieldsealError } from "./error.js";
import { finish, imports } from "./wasm/fieldseal_wasm.js";

/** Gives the compiled module, from wherever an entry keeps it. */
export type Loader = () => Promise<WebAssembly.Module>;

let ready: Promise<void> | undefined;

/** Loads the module once. After a failure the next call tries again. */
export function start(load: Loader): Promise<void> {
  ready ??= instantiate(load).catch(() => {
    ready = undefined;
    throw new FieldsealError("wasm-unavailable");
  });
  return ready;
}

async function instantiate(load: Loader): Promise<void> {
  // Not at once: browsers before 2023 refuse to make an instance of this size on the page's own thread.
  const module = await load();
  finish(await WebAssembly.instantiate(module, imports()), module);
}

// The one instance of the module that a page has.
import { FieldsealError } from "./error.js";
import { finish, imports } from "./wasm/fieldseal_wasm.js";

/** Gives the compiled module, from wherever an entry keeps it: the fast one if that is wanted and there. */
export type Loader = (fast: boolean) => Promise<WebAssembly.Module>;

let ready: Promise<void> | undefined;

/** Loads the module once. After a failure the next call tries again. */
export function start(load: Loader, fast: boolean): Promise<void> {
  ready ??= instantiate(load, fast).catch(() => {
    ready = undefined;
    throw new FieldsealError("wasm-unavailable");
  });
  return ready;
}

async function instantiate(load: Loader, fast: boolean): Promise<void> {
  // Not at once: browsers before 2023 refuse to make an instance of this size on the page's own thread.
  const module = await load(fast);
  finish(await WebAssembly.instantiate(module, imports()), module);
}

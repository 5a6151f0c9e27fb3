// The same on a page as the package's readme has it: its head names the module, which comes beside the script then and not
// after it.
export { browserOnly, field, generate, open, postQuantum, setup } from "./fieldseal-guard.js";

export const title = "fieldseal HPKE-9, guardForm, module preloaded";
export const works = ["cold"];
export const head = '<link rel="preload" href="fieldseal.wasm" as="fetch" type="application/wasm" crossorigin>';

// The entry for bundlers and hosts that cannot serve a file beside the script: the module is a string
// in the bundle, a third larger. It still needs `'wasm-unsafe-eval'` in a Content-Security-Policy.
import { keysLoader } from "./keys.js";
import { base64 } from "./wasm/inline.js";

export * from "./api.js";
export const loadKeys = /* @__PURE__ */ keysLoader(async () =>
  WebAssembly.compile(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))),
);

// The entry for browsers, workers and bundlers. The module lies beside this file, and bundlers that
// follow `new URL(…, import.meta.url)` take it along. Importing does nothing; `loadKeys` fetches.
import { keysLoader } from "./keys.js";
import { streamWasm } from "./load/stream.js";

export * from "./api.js";
export const loadKeys = /* @__PURE__ */ keysLoader(() =>
  streamWasm(new URL("./fieldseal.wasm", import.meta.url)),
);

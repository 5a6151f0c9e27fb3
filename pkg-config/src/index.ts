// The entry for browsers, workers and bundlers. The module lies beside this file, and bundlers that
// follow `new URL(…, import.meta.url)` take it along. Importing does nothing; `loadKeys` fetches.
import { keysLoader } from "./keys.js";
import { streamWasm } from "./load/stream.js";
import { integrity } from "./wasm/integrity.js";
import { integrityOfFast } from "./wasm/integrity_fast.js";

export * from "./api.js";
export const loadKeys = /* @__PURE__ */ keysLoader((fast) =>
  fast
    ? streamWasm(new URL("./fieldseal-fast.wasm", import.meta.url), integrityOfFast)
    : streamWasm(new URL("./fieldseal.wasm", import.meta.url), integrity),
);

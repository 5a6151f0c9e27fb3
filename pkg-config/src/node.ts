// The entry for Node, whose fetch reads no files. Nothing is downloaded there, so it takes the module that seals faster.
import { keysLoader } from "./keys.js";
import { readWasm } from "./load/read.js";

export * from "./api.js";
export const loadKeys = /* @__PURE__ */ keysLoader(() =>
  readWasm(new URL("./fieldseal-fast.wasm", import.meta.url)),
);

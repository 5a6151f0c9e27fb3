// The entry for Node, whose fetch reads no files.
import { keysLoader } from "./keys.js";
import { readWasm } from "./load/read.js";

export * from "./api.js";
export const loadKeys = /* @__PURE__ */ keysLoader(() =>
  readWasm(new URL("./fieldseal.wasm", import.meta.url)),
);

// Files: sealed as a stream, by WebCrypto, which has the processor's own AES and works beside the page's thread. It is
// an entry of its own, so that a page without files does not download it; `sealer.sealFile` imports it when it is called.
export { FieldsealError } from "./error.js";
export type { ErrorCode } from "./error.js";
export { sealFile } from "./file/seal.js";
export type { FileOptions, FileProgress, SealedFile } from "./file/seal.js";

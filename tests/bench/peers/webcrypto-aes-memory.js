// AES-256-GCM on WebCrypto of bytes that are in memory already, without reading them from the file.
import { seal } from "./webcrypto-aes.js";

export { generate, open, postQuantum, seal, setup, works } from "./webcrypto-aes.js";

export const title = "WebCrypto AES-256-GCM alone, bytes in memory";

export function file(key, blob, bytes) {
  return seal(key, bytes);
}

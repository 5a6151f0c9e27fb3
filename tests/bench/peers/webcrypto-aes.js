// Plain AES-256-GCM on WebCrypto with a key that is there already: nothing that encrypts a file can do less.
import { fromText, toText } from "../shared/bytes.js";

export const title = "WebCrypto AES-256-GCM alone";
export const postQuantum = false;
export const works = ["file"];

const subtle = globalThis.crypto.subtle;
const importKey = (key, use) => subtle.importKey("raw", fromText(key), "AES-GCM", false, [use]);

export async function generate() {
  const key = toText(crypto.getRandomValues(new Uint8Array(32)));
  return { publicKey: key, privateKey: key };
}

export function setup(key) {
  return importKey(key, "encrypt");
}

export async function seal(key, bytes) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { iv, ciphertext: await subtle.encrypt({ name: "AES-GCM", iv }, key, bytes) };
}

export async function open(key, { iv, ciphertext }) {
  return new Uint8Array(await subtle.decrypt({ name: "AES-GCM", iv }, await importKey(key, "decrypt"), ciphertext));
}

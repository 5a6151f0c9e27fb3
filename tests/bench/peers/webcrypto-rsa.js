// RSA-OAEP on WebCrypto, which is what most examples on the web show. What is longer than RSA takes goes into AES-256-GCM
// under a key that RSA wraps.
import { cut, join } from "../shared/bytes.js";

export const title = "WebCrypto RSA-OAEP 2048";
export const postQuantum = false;

const RSA = { name: "RSA-OAEP", hash: "SHA-256" };
const subtle = globalThis.crypto.subtle;
/** 2048 bits, less two hashes and two bytes (RFC 8017 section 7.1.1). */
const MOST = 190;
const MODULUS = 256;

export async function generate() {
  const parameters = { ...RSA, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
  const pair = await subtle.generateKey(parameters, true, ["encrypt", "decrypt"]);
  return {
    publicKey: await subtle.exportKey("jwk", pair.publicKey),
    privateKey: await subtle.exportKey("jwk", pair.privateKey),
  };
}

export function setup(publicKey) {
  return subtle.importKey("jwk", publicKey, RSA, false, ["encrypt"]);
}

export async function seal(recipient, bytes) {
  if (bytes.length <= MOST) return new Uint8Array(await subtle.encrypt(RSA, recipient, bytes));
  const key = await subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt"]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const [wrapped, ciphertext] = await Promise.all([
    subtle.exportKey("raw", key).then((raw) => subtle.encrypt(RSA, recipient, raw)),
    subtle.encrypt({ name: "AES-GCM", iv }, key, bytes),
  ]);
  return join(wrapped, iv, ciphertext);
}

export async function open(privateKey, sealed) {
  const key = await subtle.importKey("jwk", privateKey, RSA, false, ["decrypt"]);
  const [wrapped, iv, ciphertext] = cut(sealed, MODULUS, 12);
  const opened = await subtle.decrypt(RSA, key, wrapped);
  if (sealed.length === MODULUS) return new Uint8Array(opened);
  const content = await subtle.importKey("raw", opened, "AES-GCM", false, ["decrypt"]);
  return new Uint8Array(await subtle.decrypt({ name: "AES-GCM", iv }, content, ciphertext));
}

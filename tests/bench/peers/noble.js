// @noble by hand: X-Wing of @noble/post-quantum, and the browser's AES-256-GCM.
import { ml_kem768_x25519 as xwing } from "@noble/post-quantum/hybrid.js";
import { cut, fromText, join, toText } from "../shared/bytes.js";

export const title = "@noble X-Wing, by hand";
export const postQuantum = true;

const ENC = 1120;
const subtle = globalThis.crypto.subtle;

export async function generate() {
  const { publicKey, secretKey } = xwing.keygen();
  return { publicKey: toText(publicKey), privateKey: toText(secretKey) };
}

export async function setup(publicKey) {
  return fromText(publicKey);
}

export async function seal(recipient, bytes) {
  const { cipherText, sharedSecret } = xwing.encapsulate(recipient);
  const key = await subtle.importKey("raw", sharedSecret, "AES-GCM", false, ["encrypt"]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return join(cipherText, iv, await subtle.encrypt({ name: "AES-GCM", iv }, key, bytes));
}

export async function open(privateKey, sealed) {
  const [enc, iv, ciphertext] = cut(sealed, ENC, 12);
  const shared = xwing.decapsulate(enc, fromText(privateKey));
  const key = await subtle.importKey("raw", shared, "AES-GCM", false, ["decrypt"]);
  return new Uint8Array(await subtle.decrypt({ name: "AES-GCM", iv }, key, ciphertext));
}

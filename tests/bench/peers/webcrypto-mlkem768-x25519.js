// The browser's own MLKEM768-X25519 (WICG, Modern Algorithms in the Web Cryptography API), with AES-256-GCM.
import { cut, fromText, join, toText } from "../shared/bytes.js";

export const title = "WebCrypto MLKEM768-X25519, by hand";
export const postQuantum = true;

const KEM = { name: "MLKEM768-X25519" };
const ENC = 1120;
const subtle = globalThis.crypto.subtle;

export async function generate() {
  const pair = await subtle.generateKey(KEM, true, ["encapsulateBits", "decapsulateBits"]);
  return {
    publicKey: toText(new Uint8Array(await subtle.exportKey("raw-public", pair.publicKey))),
    privateKey: toText(new Uint8Array(await subtle.exportKey("raw-seed", pair.privateKey))),
  };
}

export function setup(publicKey) {
  return subtle.importKey("raw-public", fromText(publicKey), KEM, false, ["encapsulateBits"]);
}

export async function seal(recipient, bytes) {
  const { sharedKey, ciphertext: enc } = await subtle.encapsulateBits(KEM, recipient);
  const key = await subtle.importKey("raw", sharedKey, "AES-GCM", false, ["encrypt"]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return join(enc, iv, await subtle.encrypt({ name: "AES-GCM", iv }, key, bytes));
}

export async function open(privateKey, sealed) {
  const [enc, iv, ciphertext] = cut(sealed, ENC, 12);
  const key = await subtle.importKey("raw-seed", fromText(privateKey), KEM, false, ["decapsulateBits"]);
  const shared = await subtle.decapsulateBits(KEM, key, enc);
  const content = await subtle.importKey("raw", shared, "AES-GCM", false, ["decrypt"]);
  return new Uint8Array(await subtle.decrypt({ name: "AES-GCM", iv }, content, ciphertext));
}

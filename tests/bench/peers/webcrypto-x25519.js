// Written by hand on WebCrypto: X25519, HKDF-SHA-256, AES-256-GCM. It is the floor, since no library that calls WebCrypto
// does less.
import { cut, fromText, join, toText, utf8 } from "../shared/bytes.js";

export const title = "WebCrypto X25519, by hand";
export const postQuantum = false;

const X25519 = { name: "X25519" };
const subtle = globalThis.crypto.subtle;

export async function generate() {
  const pair = await subtle.generateKey(X25519, true, ["deriveBits"]);
  return {
    publicKey: toText(new Uint8Array(await subtle.exportKey("raw", pair.publicKey))),
    privateKey: await subtle.exportKey("jwk", pair.privateKey),
  };
}

export function setup(publicKey) {
  return subtle.importKey("raw", fromText(publicKey), X25519, false, []);
}

export async function seal(recipient, bytes) {
  const ephemeral = await subtle.generateKey(X25519, false, ["deriveBits"]);
  const [enc, shared] = await Promise.all([
    subtle.exportKey("raw", ephemeral.publicKey),
    subtle.deriveBits({ name: "X25519", public: recipient }, ephemeral.privateKey, 256),
  ]);
  const key = await contentKey(shared, enc, "encrypt");
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return join(enc, iv, await subtle.encrypt({ name: "AES-GCM", iv }, key, bytes));
}

export async function open(privateKey, sealed) {
  const [enc, iv, ciphertext] = cut(sealed, 32, 12);
  const key = await subtle.importKey("jwk", privateKey, X25519, false, ["deriveBits"]);
  const sender = await subtle.importKey("raw", enc, X25519, false, []);
  const shared = await subtle.deriveBits({ name: "X25519", public: sender }, key, 256);
  const content = await contentKey(shared, enc, "decrypt");
  return new Uint8Array(await subtle.decrypt({ name: "AES-GCM", iv }, content, ciphertext));
}

async function contentKey(shared, salt, use) {
  const secret = await subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const info = utf8.encode("form field");
  const hkdf = { name: "HKDF", hash: "SHA-256", salt, info };
  return subtle.deriveKey(hkdf, secret, { name: "AES-GCM", length: 256 }, false, [use]);
}

// libsodium compiled to WebAssembly: a sealed box (X25519, XSalsa20-Poly1305).
import sodium from "libsodium-wrappers";
import { fromText, toText } from "../shared/bytes.js";

export const title = "libsodium, sealed box";
export const postQuantum = false;

export async function generate() {
  await sodium.ready;
  const { publicKey, privateKey } = sodium.crypto_box_keypair();
  return { publicKey: toText(publicKey), privateKey: [toText(publicKey), toText(privateKey)] };
}

export async function setup(publicKey) {
  await sodium.ready;
  return fromText(publicKey);
}

export function seal(recipient, bytes) {
  return sodium.crypto_box_seal(bytes, recipient);
}

export async function open([publicKey, privateKey], sealed) {
  return sodium.crypto_box_seal_open(sealed, fromText(publicKey), fromText(privateKey));
}

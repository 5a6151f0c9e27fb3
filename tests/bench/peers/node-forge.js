// node-forge: RSA-OAEP around an AES-256-GCM key, all in JavaScript.
import forge from "node-forge";
import { cut, fromText, toText } from "../shared/bytes.js";

export const title = "node-forge, RSA-OAEP 2048";
export const postQuantum = false;

const OAEP = { md: forge.md.sha256.create(), mgf1: { md: forge.md.sha256.create() } };
// The library's own function for this passes all bytes as arguments of one call, of which there may be only so many.
const text = (bytes) => forge.util.createBuffer(bytes).getBytes();
const bytesOf = (binary) => forge.util.binary.raw.decode(binary);
const decode = (der) => forge.asn1.fromDer(text(fromText(der)));

/** The browser makes the key, since to find primes in JavaScript takes seconds. */
export async function generate() {
  const parameters = {
    name: "RSA-OAEP",
    hash: "SHA-256",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  };
  const pair = await crypto.subtle.generateKey(parameters, true, ["encrypt", "decrypt"]);
  return {
    publicKey: toText(new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey))),
    privateKey: toText(new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey))),
  };
}

export async function setup(publicKey) {
  return forge.pki.publicKeyFromAsn1(decode(publicKey));
}

export function seal(recipient, bytes) {
  const [key, iv] = [forge.random.getBytesSync(32), forge.random.getBytesSync(12)];
  const cipher = forge.cipher.createCipher("AES-GCM", key);
  cipher.start({ iv });
  cipher.update(forge.util.createBuffer(bytes));
  cipher.finish();
  const wrapped = recipient.encrypt(key, "RSA-OAEP", OAEP);
  return bytesOf(wrapped + iv + cipher.mode.tag.getBytes() + cipher.output.getBytes());
}

export async function open(privateKey, sealed) {
  const [wrapped, iv, tag, ciphertext] = cut(sealed, 256, 12, 16);
  const key = forge.pki.privateKeyFromAsn1(decode(privateKey)).decrypt(text(wrapped), "RSA-OAEP", OAEP);
  const cipher = forge.cipher.createDecipher("AES-GCM", key);
  cipher.start({ iv: text(iv), tag: forge.util.createBuffer(tag) });
  cipher.update(forge.util.createBuffer(ciphertext));
  if (!cipher.finish()) throw new Error("the tag is wrong");
  return bytesOf(cipher.output.getBytes());
}

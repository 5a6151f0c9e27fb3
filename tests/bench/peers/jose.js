// jose: a JWE with ECDH-ES on X25519 and AES-256-GCM.
import { CompactEncrypt, compactDecrypt, exportJWK, generateKeyPair, importJWK } from "jose";

export const title = "jose, ECDH-ES X25519";
export const postQuantum = false;

const ALG = "ECDH-ES";

export async function generate() {
  const pair = await generateKeyPair(ALG, { crv: "X25519", extractable: true });
  return { publicKey: await exportJWK(pair.publicKey), privateKey: await exportJWK(pair.privateKey) };
}

export function setup(publicKey) {
  return importJWK(publicKey, ALG);
}

export function seal(recipient, bytes) {
  return new CompactEncrypt(bytes).setProtectedHeader({ alg: ALG, enc: "A256GCM" }).encrypt(recipient);
}

export async function open(privateKey, sealed) {
  return (await compactDecrypt(sealed, await importJWK(privateKey, ALG))).plaintext;
}

// fieldseal with ECDH-ES, the profile that every JOSE library of today opens. Opened with jose.
import { compactDecrypt, exportJWK, generateKeyPair, importJWK } from "jose";
import { recipient, valueOf } from "../shared/fieldseal.js";

export { checkout, field, form, setup } from "../shared/fieldseal.js";

export const title = "fieldseal ECDH-ES, no pool";
export const postQuantum = false;
export const works = ["field", "checkout", "form", "cold"];

export async function generate() {
  const pair = await generateKeyPair("ECDH-ES", { crv: "X25519", extractable: true });
  const { crv, kty, x } = await exportJWK(pair.publicKey);
  const publicKey = { ...(await recipient({ crv, kty, x })), alg: "ECDH-ES" };
  return { publicKey, privateKey: await exportJWK(pair.privateKey) };
}

export async function open(privateKey, token) {
  return valueOf((await compactDecrypt(token, await importJWK(privateKey, "ECDH-ES"))).plaintext);
}

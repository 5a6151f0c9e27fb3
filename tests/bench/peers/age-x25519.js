// age-encryption: an age file for one recipient with X25519.
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from "age-encryption";

export const title = "age-encryption, X25519";
export const postQuantum = false;

export async function generate() {
  const privateKey = await generateX25519Identity();
  return { publicKey: await identityToRecipient(privateKey), privateKey };
}

export async function setup(publicKey) {
  const encrypter = new Encrypter();
  encrypter.addRecipient(publicKey);
  return encrypter;
}

export function seal(encrypter, bytes) {
  return encrypter.encrypt(bytes);
}

export function open(privateKey, sealed) {
  const decrypter = new Decrypter();
  decrypter.addIdentity(privateKey);
  return decrypter.decrypt(sealed);
}

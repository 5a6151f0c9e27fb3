// age-encryption: an age file for one recipient with MLKEM768-X25519.
import { Decrypter, Encrypter, generateHybridIdentity, identityToRecipient } from "age-encryption";

export const title = "age-encryption, MLKEM768-X25519";
export const postQuantum = true;

export async function generate() {
  const privateKey = await generateHybridIdentity();
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

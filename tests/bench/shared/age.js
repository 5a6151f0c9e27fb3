// age files for one recipient, whose kind its key says.
import { Decrypter, Encrypter, identityToRecipient } from "age-encryption";

/** What makes a key pair, with what makes the private key. */
export const generateWith = (identity) => async () => {
  const privateKey = await identity();
  return { publicKey: await identityToRecipient(privateKey), privateKey };
};

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

// openpgp: a binary message to a Curve25519 key.
import { createMessage, decrypt, encrypt, generateKey, readKey, readMessage, readPrivateKey } from "openpgp";

export const title = "openpgp, Curve25519";
export const postQuantum = false;

export async function generate() {
  const userIDs = [{ name: "recipient" }];
  const { publicKey, privateKey } = await generateKey({ type: "curve25519", userIDs, format: "armored" });
  return { publicKey, privateKey };
}

export function setup(publicKey) {
  return readKey({ armoredKey: publicKey });
}

export async function seal(encryptionKeys, bytes) {
  return encrypt({ message: await createMessage({ binary: bytes }), encryptionKeys, format: "binary" });
}

export async function open(privateKey, sealed) {
  const decryptionKeys = await readPrivateKey({ armoredKey: privateKey });
  const message = await readMessage({ binaryMessage: sealed });
  return (await decrypt({ message, decryptionKeys, format: "binary" })).data;
}

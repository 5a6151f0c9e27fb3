// What both key agreements of hpke-js have in common.
import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { cut, fromText, join, toText } from "./bytes.js";

/** HPKE with this KEM, HKDF-SHA-256 and AES-256-GCM. */
export function suiteOf(kem) {
  return new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Aes256Gcm() });
}

export async function generateFor(suite) {
  const pair = await suite.kem.generateKeyPair();
  return {
    publicKey: toText(new Uint8Array(await suite.kem.serializePublicKey(pair.publicKey))),
    privateKey: toText(new Uint8Array(await suite.kem.serializePrivateKey(pair.privateKey))),
  };
}

export async function setupFor(suite, publicKey) {
  return suite.kem.deserializePublicKey(fromText(publicKey));
}

export async function sealFor(suite, recipientPublicKey, bytes) {
  const sender = await suite.createSenderContext({ recipientPublicKey });
  return join(sender.enc, await sender.seal(bytes));
}

export async function openFor(suite, privateKey, sealed) {
  const [enc, ciphertext] = cut(sealed, suite.kem.encSize);
  const recipientKey = await suite.kem.deserializePrivateKey(fromText(privateKey));
  const recipient = await suite.createRecipientContext({ recipientKey, enc });
  return new Uint8Array(await recipient.open(ciphertext));
}

// hpke with the algorithms of @panva/hpke-noble: the same suite as fieldseal's HPKE-9, in JavaScript.
import { AEAD_AES_256_GCM, KDF_SHAKE256, KEM_MLKEM768_X25519 } from "@panva/hpke-noble";
import { CipherSuite } from "hpke";
import { cut, fromText, join, toText } from "../shared/bytes.js";

export const title = "hpke with hpke-noble, MLKEM768-X25519";
export const postQuantum = true;

/** The length of what a recipient decapsulates. */
export const ENC = 1120;
const suite = /* @__PURE__ */ new CipherSuite(KEM_MLKEM768_X25519, KDF_SHAKE256, AEAD_AES_256_GCM);

export async function generate() {
  const pair = await suite.GenerateKeyPair(true);
  return {
    publicKey: toText(await suite.SerializePublicKey(pair.publicKey)),
    privateKey: toText(await suite.SerializePrivateKey(pair.privateKey)),
  };
}

export function setup(publicKey) {
  return suite.DeserializePublicKey(fromText(publicKey));
}

export async function seal(recipient, bytes) {
  const { encapsulatedSecret, ciphertext } = await suite.Seal(recipient, bytes);
  return join(encapsulatedSecret, ciphertext);
}

export function open(privateKey, sealed) {
  const [enc, ciphertext] = cut(sealed, ENC);
  return openWith(privateKey, enc, ciphertext);
}

/** Opens what anybody sealed with this suite. */
export async function openWith(privateKey, enc, ciphertext, aad) {
  const key = await suite.DeserializePrivateKey(fromText(privateKey));
  return suite.Open(key, enc, ciphertext, aad && { aad });
}

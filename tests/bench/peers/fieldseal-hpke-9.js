// fieldseal with HPKE-9, its default: each value is encapsulated on the spot. Opened with hpke and hpke-noble.
import { fromText, utf8 } from "../shared/bytes.js";
import { recipient, valueOf } from "../shared/fieldseal.js";
import { generate as generateHpke, openWith } from "./hpke-noble.js";

export { checkout, field, form, setup } from "../shared/fieldseal.js";

export const title = "fieldseal HPKE-9, no pool";
export const postQuantum = true;
export const works = ["field", "checkout", "form", "cold"];

export async function generate() {
  const { publicKey, privateKey } = await generateHpke();
  return { publicKey: await recipient({ alg: "HPKE-9", kty: "AKP", pub: publicKey }), privateKey };
}

export async function open(privateKey, token) {
  const [header, enc, , ciphertext] = token.split(".");
  return valueOf(await openWith(privateKey, fromText(enc), fromText(ciphertext), utf8.encode(header)));
}

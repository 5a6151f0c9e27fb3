// age-encryption: an age file for one recipient with X25519.
import { generateX25519Identity } from "age-encryption";
import { generateWith } from "../shared/age.js";

export { open, seal, setup } from "../shared/age.js";

export const title = "age-encryption, X25519";
export const postQuantum = false;
export const generate = generateWith(generateX25519Identity);

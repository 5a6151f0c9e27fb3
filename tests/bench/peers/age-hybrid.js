// age-encryption: an age file for one recipient with MLKEM768-X25519.
import { generateHybridIdentity } from "age-encryption";
import { generateWith } from "../shared/age.js";

export { open, seal, setup } from "../shared/age.js";

export const title = "age-encryption, MLKEM768-X25519";
export const postQuantum = true;
export const generate = generateWith(generateHybridIdentity);

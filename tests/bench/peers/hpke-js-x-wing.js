// hpke-js: HPKE with X-Wing.
import { XWing } from "@hpke/hybridkem-x-wing";
import { generateFor, openFor, sealFor, setupFor, suiteOf } from "../shared/hpke-js.js";

export const title = "hpke-js, X-Wing";
export const postQuantum = true;

const suite = suiteOf(new XWing());

export const generate = () => generateFor(suite);
export const setup = (publicKey) => setupFor(suite, publicKey);
export const seal = (recipient, bytes) => sealFor(suite, recipient, bytes);
export const open = (privateKey, sealed) => openFor(suite, privateKey, sealed);

// hpke-js: HPKE with X25519.
import { DhkemX25519HkdfSha256 } from "@hpke/dhkem-x25519";
import { generateFor, openFor, sealFor, setupFor, suiteOf } from "../shared/hpke-js.js";

export const title = "hpke-js, X25519";
export const postQuantum = false;

const suite = suiteOf(new DhkemX25519HkdfSha256());

export const generate = () => generateFor(suite);
export const setup = (publicKey) => setupFor(suite, publicKey);
export const seal = (recipient, bytes) => sealFor(suite, recipient, bytes);
export const open = (privateKey, sealed) => openFor(suite, privateKey, sealed);

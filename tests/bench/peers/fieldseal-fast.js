// fieldseal with HPKE-9 and the module that seals faster than it downloads. Opened with hpke and hpke-noble.
import { setupWith } from "../shared/fieldseal.js";

export { checkout, field, form } from "../shared/fieldseal.js";
export { generate, open, postQuantum, works } from "./fieldseal-hpke-9.js";

export const title = "fieldseal HPKE-9, no pool, fast module";
export const setup = setupWith({ fast: true });

// fieldseal as pages use it: `guardForm` seals inside `formdata`, from a pool that was filled while the page was idle.
import { createSealer, guardForm, loadKeys } from "fieldseal";
import { card, checkout as eight } from "../shared/values.js";

export { generate, open } from "./fieldseal-hpke-9.js";

export const title = "fieldseal HPKE-9, guardForm, pool warm";
export const postQuantum = true;
export const works = ["field", "checkout", "cold"];
export const browserOnly = true;

/** A pool serves one submission and is filled afterwards, so a batch has as many forms. */
export const most = 32;

/** How long the pools of all forms may take to fill. */
const PATIENCE = 30_000;

export async function setup(publicKey, work) {
  const keys = await loadKeys({ keys: [publicKey] }, { trust: { pin: [publicKey.kid] } });
  const items = work === "checkout" ? eight : [card()];
  const guarded = () => {
    const form = document.body.appendChild(document.createElement("form"));
    for (const { field, kind, text } of items) {
      const input = form.appendChild(document.createElement("input"));
      Object.assign(input.dataset, { seal: field, kind });
      input.value = text;
    }
    const sealer = createSealer(keys);
    guardForm(form, sealer);
    return { form, sealer };
  };
  return Array.from({ length: work ? most : 1 }, guarded);
}

/** Waits until every form's pool holds what the form needs. */
export async function prepare(forms) {
  const until = performance.now() + PATIENCE;
  while (!forms.every(({ form, sealer }) => sealer.ready.pool >= form.elements.length)) {
    if (performance.now() > until) throw new Error("the pool did not fill");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function field(forms, { field, text }, i = 0) {
  const { form } = forms[i];
  form.elements[0].value = text;
  return new FormData(form).get(field);
}

export function checkout(forms, items, i) {
  return [...new FormData(forms[i].form).values()];
}

import { brandOf, checkText } from "../wasm/fieldseal_wasm.js";

/** Why a text is none of its kind; nothing if it is one, or empty. A security code is as long as the card's brand has it. */
export function reasonOf(kind: string, text: string, region: string | undefined, card?: string): string | undefined {
  if (text === "") return undefined;
  const reason = checkText(kind, text, region);
  if (reason === undefined && kind === "card-cvc" && card) {
    const brand = brandOf(card);
    const digits = text.replace(/\D/g, "").length;
    if (brand === "amex" && digits < 4) return "incomplete";
    if (brand !== "amex" && brand !== "unknown" && digits > 3) return "too-long";
  }
  return reason;
}

// What is sealed. Every value is in its kind's normal form, so that what is opened is what went in.
import { utf8 } from "./bytes.js";

/** A checkout's eight fields, as a shop declares them. */
const CHECKOUT = [
  ["full_name", "person-name", "Philomena Quartermaine-Zhu"],
  ["email", "email", "philomena.qz@mailbox-7319.example"],
  ["phone", "phone", "+14155550173"],
  ["address", "postal-address", "4187 Wisteria Hollow Road, Tuxedo Junction"],
  ["card_number", "card-number", "4242424242424242"],
  ["card_expiry", "card-expiry", "2038-11"],
  ["card_cvc", "card-cvc", "739"],
  ["ssn", "us-ssn", "219096283"],
];

/** Eight fields of one class of data, which go into one token. */
const CONTACT = [
  ["full_name", "person-name", "Philomena Quartermaine-Zhu"],
  ["recipient", "person-name", "Ignatius Featherstonehaugh"],
  ["email", "email", "philomena.qz@mailbox-7319.example"],
  ["invoice_email", "email", "accounts@mailbox-7319.example"],
  ["phone", "phone", "+14155550173"],
  ["evening_phone", "phone", "+14155550188"],
  ["address", "postal-address", "4187 Wisteria Hollow Road, Tuxedo Junction"],
  ["billing", "billing-address", "22 Nightjar Close, Tuxedo Junction"],
];

const item = ([field, kind, text]) => ({ field, kind, text, bytes: utf8.encode(text) });

export const checkout = CHECKOUT.map(item);
export const contact = CONTACT.map(item);

/** A card number of 16 digits with its check digit (ISO/IEC 7812-1), another one for each `i`. */
export function card(i = 0) {
  const digits = `4000${String((i * 7919) % 1e11).padStart(11, "0")}`;
  const sum = [...digits].reduce((sum, digit, at) => {
    const weighed = Number(digit) * (at % 2 === 0 ? 2 : 1);
    return sum + (weighed > 9 ? weighed - 9 : weighed);
  }, 0);
  return item(["card_number", "card-number", digits + ((10 - (sum % 10)) % 10)]);
}

/** 1 MiB that does not compress: as a page gets a file, and as bytes for what is compared. */
export function file() {
  const bytes = new Uint8Array(1 << 20);
  // A call gives 65,536 bytes at most.
  for (let at = 0; at < bytes.length; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  return { blob: new Blob([bytes]), bytes };
}

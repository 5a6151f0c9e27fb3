// Made of the catalogue in src/kind by `cargo xtask test kinds --bless`.

/** A class of data: what a key is made for. */
export type DataClass = "contact" | "identity" | "payment" | "health" | "credential" | "general";

/** The hints that may be published about a value of each kind. */
export interface Hints {
  "person-name": never;
  "postal-address": "country";
  "billing-address": "country";
  "phone": "country-code" | "valid";
  "email": "domain" | "valid";
  "us-ssn": "valid";
  "us-itin": "valid";
  "us-ein": "valid";
  "drivers-licence": "region" | "valid";
  "passport-number": "valid";
  "date-of-birth": "year" | "age-band" | "valid";
  "national-id": "region" | "valid";
  "card-number": "brand" | "last4" | "bin" | "valid";
  "card-expiry": "valid";
  "card-cvc": never;
  "iban": "country" | "last4" | "valid";
  "us-bank-account": "last4" | "valid";
  "transaction": never;
  "payment-history": never;
  "medical-record-number": never;
  "health-insurance-id": never;
  "diagnosis": never;
  "treatment": never;
  "medication": never;
  "health-note": never;
  "username": never;
  "password": never;
  "security-answer": never;
  "auth-token": never;
  "session-data": never;
  "text": never;
  "number": never;
  "boolean": never;
  "choice": never;
  "date": never;
  "json": never;
}

/** A kind of data, from the catalogue. */
export type Kind = keyof Hints;

/** A hint that values of a kind may have. */
export type HintOf<K extends Kind> = Hints[K];

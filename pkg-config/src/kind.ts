/** A class of data: what a key is made for. */
export type DataClass = "contact" | "identity" | "payment" | "health" | "credential" | "general";

/** A kind of data, from the catalogue. */
export type Kind =
  | "person-name" | "postal-address" | "billing-address" | "phone" | "email"
  | "us-ssn" | "us-itin" | "us-ein" | "drivers-licence" | "passport-number" | "date-of-birth" | "national-id"
  | "card-number" | "card-expiry" | "card-cvc" | "iban" | "us-bank-account" | "transaction" | "payment-history"
  | "medical-record-number" | "health-insurance-id" | "diagnosis" | "treatment" | "medication" | "health-note"
  | "username" | "password" | "security-answer" | "auth-token" | "session-data"
  | "text" | "number" | "boolean" | "choice" | "date" | "json";

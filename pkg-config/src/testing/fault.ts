import { FieldsealError } from "../error.js";

/** The codes that only a reader of tokens meets, with words for a developer whose test has just failed. */
const messages = {
  "token-malformed": "This is not a sealed value: it is cut short, changed, or something else.",
  "token-alg-unknown": "The token's algorithm is not HPKE-9 or ECDH-ES.",
  "token-wrong-key": "The token was not sealed to these test keys. Does the page load them, and not its real ones?",
  "token-wrong-field": "The token was sealed for another field.",
  "token-wrong-kind": "The token was sealed as another kind of data.",
  "token-wrong-origin": "The token was sealed on another origin.",
  "token-wrong-subject": "The token was sealed for another subject.",
  "open-failed": "The token does not open: its header or its value was changed after sealing.",
} as const;

export type FaultCode = keyof typeof messages;

/** The error for a token. All of its words are fixed, so it cannot hold a value; `entry` is a form entry's name. */
export function fault(code: FaultCode, entry?: string): FieldsealError {
  return new FieldsealError(code, messages[code], entry);
}

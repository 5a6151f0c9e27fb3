/** The codes that only the JavaScript side can meet; their messages are for developers. */
const messages = {
  "wasm-unavailable":
    "The WebAssembly module could not be loaded. Serve fieldseal.wasm beside the script, and allow 'wasm-unsafe-eval' in script-src.",
  "keyset-unreachable":
    "The key set could not be fetched. Check the address, connect-src in the Content-Security-Policy, and CORS.",
  "keyset-insecure-url": "The key set's address must be https, or http on this machine.",
  "trust-invalid": "`trust` must be { pin: [thumbprint, …] }, { signer: jwk } or \"origin\".",
  "keyset-wrong-subject": "These keys are one person's, and `subject` or `sub` names another, or a key set names nobody.",
  "webcrypto-unavailable": "This page has no WebCrypto with Ed25519, so the key set's signature cannot be checked.",
  "sealer-pending": "The keys are still loading, so the form cannot be sent yet.",
  "form-already-guarded": "This form has a guard. Release it before putting up another.",
} as const;

/** The codes that come from the module; docs/format.md, "Error codes", says what each means. */
type ModuleCode =
  | "keyset-malformed" | "keyset-duplicate-member" | "keyset-empty" | "keyset-unsigned" | "keyset-signature-invalid"
  | "keyset-expired" | "keyset-not-yet-valid" | "keyset-pin-mismatch"
  | "key-malformed" | "key-alg-unknown" | "key-length" | "key-invalid" | "key-low-order" | "key-thumbprint-mismatch"
  | "key-private" | "key-missing" | "key-expired" | "key-not-yet-valid"
  | "origin-invalid" | "kind-unknown" | "field-invalid" | "option-invalid"
  | "value-type" | "value-too-long" | "value-too-deep" | "value-lone-surrogate"
  | "value-invalid" | "hint-not-allowed" | "randomness-unavailable" | "seal-failed" | "control-unsupported";

/** A stable code. New ones may be added, so it is open to any string. */
export type ErrorCode = ModuleCode | keyof typeof messages | (string & {});

/** Every error of this package. Match on `code`; the message may change, and never holds a value. */
export class FieldsealError extends Error {
  override readonly name = "FieldsealError";
  readonly code: ErrorCode;
  /** The option or member at fault, where there is one. */
  readonly member: string | undefined;

  constructor(code: ErrorCode, message?: string, member?: string) {
    const text = message ?? (messages as Record<string, string>)[code] ?? code;
    super(`${text} [${code}${member === undefined ? "" : `: ${member}`}]`);
    this.code = code;
    this.member = member;
  }
}

/** Calls into the module and turns what it throws into a `FieldsealError`. */
export function translated<T>(call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw toError(cause);
  }
}

/** Whatever was thrown, as a `FieldsealError`. What is not ours may hold a value, and is dropped. */
export function toError(cause: unknown): FieldsealError {
  if (cause instanceof FieldsealError) return cause;
  // A code and a message alone do not make it ours: Node's own errors have both.
  const { name, code, message, member } = (cause ?? {}) as Partial<FieldsealError>;
  return name === "FieldsealError" && code
    ? new FieldsealError(code, message, member)
    : new FieldsealError("seal-failed", "Sealing failed, so nothing was sealed.");
}

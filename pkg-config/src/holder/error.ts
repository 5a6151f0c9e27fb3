import { FieldsealError } from "../error.js";

/** What only the client can meet. What the key holder says has codes of its own: docs/format.md, "Error codes". */
const texts = {
  "holder-address":
    "An address of a key holder is an https URL, or http on this machine, without a user, a query or a fragment.",
  "holder-in-page":
    "This is a page, where anyone can read the credential. Ask the key holder from a server.",
  "holder-credential":
    "The credential is not one that can be sent, or the function that gives it failed. Give the secret that `keyholder credentials new` printed.",
  "holder-unreachable": "No key holder answered. Look at the address, the network and whether it runs.",
  "holder-timed-out": "The key holder took too long to answer. Try again, or allow a longer timeout.",
  "holder-answer": "What answered is not the key holder, or is another version of it. Look at the address.",
  "file-malformed": "This is not a sealed file: it is cut short, changed, or something else.",
  "file-damaged": "The sealed file was cut short or changed since it was sealed. Take another copy of it.",
  "option-invalid": "An option is not one that can be used.",
} as const;

/** A stable code, of the client or of the key holder. New ones may be added, so it is open to any string. */
export type HolderErrorCode = keyof typeof texts | (string & {});

/** What is known of a failure beside its code. */
export interface Known {
  readonly text?: string | undefined;
  readonly member?: string | undefined;
  readonly status?: number | undefined;
  readonly retryAfter?: number | undefined;
  readonly approval?: string | undefined;
}

/**
 * A request, or the one token of a request, that came to nothing. It holds neither a value nor a token nor the
 * credential, and no `cause`: what a network library throws may quote a request.
 */
export class HolderError extends FieldsealError {
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** In how many seconds the key holder wants to be asked again, where it said so. */
  readonly retryAfter: number | undefined;
  /** What has to be approved before the same request is sent again. */
  readonly approval: string | undefined;
  /**
   * The name that the request had. Given as `idempotencyKey` with the same tokens, it opens for ten minutes also those
   * that open once and whose answer was lost.
   */
  idempotencyKey: string | undefined = undefined;

  constructor(code: HolderErrorCode, { text, member, status, retryAfter, approval }: Known = {}) {
    super(code, text ?? (texts as Record<string, string>)[code], member);
    this.status = status;
    this.retryAfter = retryAfter;
    this.approval = approval;
  }
}

import { HolderError } from "./error.js";

/**
 * The secret of a credential, or what gives one each time: a file that is rotated, a token of an identity provider.
 * After a 401 the function is asked once more with `refused`, so that one which keeps what it got can let go of it.
 */
export type Credential =
  | string
  | ((asked: { readonly refused: boolean; readonly signal: AbortSignal | undefined }) => string | PromiseLike<string>);

/** What a bearer token may be made of (RFC 6750 section 2.1). Anything else could end the header. */
const SENDABLE = /^[A-Za-z0-9._~+/-]+=*$/;

/** Keeps the credential where neither `inspect` nor `JSON.stringify` find it. */
export class Bearer {
  readonly #credential: Credential;

  constructor(credential: Credential) {
    this.#credential = credential;
    if (typeof credential !== "function") check(credential);
  }

  /** Whether another may come when one is refused. */
  get changes(): boolean {
    return typeof this.#credential === "function";
  }

  /** The header's value. */
  async header(refused: boolean, signal: AbortSignal | undefined): Promise<string> {
    if (typeof this.#credential === "string") return `Bearer ${this.#credential}`;
    let secret: string;
    try {
      secret = await this.#credential({ refused, signal });
    } catch {
      signal?.throwIfAborted();
      // What was thrown may quote the secret or where it came from.
      throw new HolderError("holder-credential", { member: "credential" });
    }
    return `Bearer ${check(secret)}`;
  }
}

function check(secret: unknown): string {
  if (typeof secret === "string" && SENDABLE.test(secret)) return secret;
  throw new HolderError("holder-credential", { member: "credential" });
}

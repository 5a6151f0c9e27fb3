// The published keys, and those whose last tokens are still under way.
import { translated } from "../error.js";
import type { JwkSet } from "../keys.js";
import type { DataClass } from "../kind.js";
import type { TokenHeader } from "../testing/token.js";
import { classOf, readKeySet } from "../wasm/fieldseal_server.js";

/** What is needed of a key. */
interface Jwk {
  readonly kid: string;
  readonly alg: string;
  readonly class: DataClass | "*";
  readonly nbf?: number;
  readonly exp?: number;
}

/** What tokens may have been sealed to. */
export class Published {
  #set: readonly Jwk[] | undefined;
  /** Keys that ended, and that the key holder therefore no longer publishes. */
  #ended: readonly Jwk[] = [];

  /** @param maxAge how old a token may be, in seconds */
  constructor(private readonly maxAge: number) {}

  /**
   * Puts a key set in the place of the one before.
   *
   * A key that has ended is published no longer, but tokens that were sealed in its last moments are still under
   * way: they are taken for as long as their age allows. A key that vanishes before its end was withdrawn, and
   * its tokens are refused at once.
   *
   * @throws {FieldsealError} `keyset-…`, `key-…`
   */
  replace(text: string, now: number): void {
    const { keys } = JSON.parse(translated(() => readKeySet(text))) as { keys: readonly Jwk[] };
    const isAwaited = ({ exp }: Jwk) => exp !== undefined && exp <= now && now <= exp + this.maxAge;
    const isGone = ({ kid }: Jwk) => !keys.some((key) => key.kid === kid);
    const before = [...(this.#set ?? []), ...this.#ended];
    this.#ended = before.filter((key) => isAwaited(key) && isGone(key));
    this.#set = keys;
  }

  /** Forgets the keys. */
  clear(): void {
    this.#set = undefined;
    this.#ended = [];
  }

  /**
   * Whether a token was sealed to a published key that serves its class, while that key was valid. A page reads
   * one clock for the choice of the key and for `iat`, so no skew is allowed for.
   */
  fault(header: TokenHeader): "keys-unavailable" | "token-unknown-key" | "token-wrong-key" | undefined {
    if (!this.#set) return "keys-unavailable";
    const key = [...this.#set, ...this.#ended].find(({ kid }) => kid === header.kid);
    if (!key) return "token-unknown-key";
    if (key.alg !== header.alg) return "token-wrong-key";
    // A key for every class may have sealed this one before the class got a key of its own, so the sealer's
    // choice is not repeated here.
    const serves = key.class === "*" || key.class === classOf(header.kind);
    const isValid = (key.nbf === undefined || key.nbf <= header.iat) && (key.exp === undefined || header.iat < key.exp);
    return serves && isValid ? undefined : "token-unknown-key";
  }
}

/** The set's text. What has none is refused like every text that is no set. */
export function textOf(set: JwkSet): string {
  try {
    return JSON.stringify(set) ?? "";
  } catch {
    return "";
  }
}

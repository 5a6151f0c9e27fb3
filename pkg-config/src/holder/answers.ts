import type { Kind } from "../kind.js";
import type { FormKind } from "../testing/token.js";

/** A token, and what it must have been sealed as; another is refused. */
export interface Expected {
  readonly token: string;
  /** The form entry's name. */
  readonly field?: string | undefined;
  readonly kind?: Kind | FormKind | undefined;
  /** The page's origin. */
  readonly origin?: string | undefined;
  /** The person whose value it is. */
  readonly sub?: string | undefined;
}

/** A token with or without expectations. Without them, whoever stored the token decides what it passes for. */
export type Item = string | Expected;

/** A token, what is expected of it, and what its value is compared with: any JSON value, or an Argon2id hash. */
export type Comparison = Expected &
  (
    | { readonly candidate: unknown; readonly region?: string | undefined; readonly hash?: undefined }
    | { readonly hash: string; readonly candidate?: undefined; readonly region?: undefined }
  );

/** What a token's authenticated header says, and what its value turned out to be. */
export interface Facts {
  readonly ok: true;
  readonly field: string;
  readonly kind: Kind | FormKind | (string & {});
  /** The origin of the page that sealed it. */
  readonly iss: string;
  /** When it was sealed: seconds since 1970 (NumericDate, RFC 7519 section 2). */
  readonly iat: number;
  /** The token's name. */
  readonly jti: string;
  readonly sub?: string;
  /** Whether the value is one of its kind. A page that was changed can seal anything. */
  readonly valid: boolean;
  /** Whether the header's public hints are what the value gives, if it has any. */
  readonly hintMatches?: boolean;
}

/** Why one token was refused. The others of the request are not touched by it. */
export interface Refusal {
  readonly ok: false;
  /** docs/format.md, "Error codes". */
  readonly code: string;
  readonly detail: string;
  /** With the code `approval-required`: what a second person has to approve. */
  readonly approval?: string;
}

/** What became of one token. */
export type Result<T> = T | Refusal;

/**
 * A value, of the JSON type that it was sealed with. Numbers are read as JavaScript reads them: beyond 2^53, or with
 * more than some 15 digits, they are rounded. What must keep its digits is sealed as text.
 */
export interface Opened extends Facts {
  readonly value: unknown;
}

/** A value as it can be shown to somebody who may not see it, such as the last four digits of a card. */
export interface Mask {
  readonly masked: string;
  readonly hints?: { readonly [name: string]: unknown };
}

export interface Fingerprint {
  /** The same for equal values of one kind and one label at one key holder; it tells nothing else of the value. */
  readonly fingerprint: string;
}

/** One finding, or of a form one for each of its fields. */
export type Finding<T> = Facts & (T | { readonly fields: { readonly [name: string]: T & { readonly kind: string } } });

export type Masked = Finding<Mask>;

export type Answered = Finding<Fingerprint>;

export interface Verified extends Facts {
  /** Whether the candidate is the value, both in the normal form of the kind. */
  readonly equal: boolean;
}

/** A token that is sealed to the current key of its class. */
export interface Moved {
  readonly ok: true;
  /** The token to keep. */
  readonly token: string;
  /** The key that it is sealed to. */
  readonly kid: string;
  /** Its name, which is what it was. */
  readonly jti: string;
  /** Whether it is a new one; it is not, where the key was current already. */
  readonly rewrapped: boolean;
}

/** A record of the audit, as `keyholder audit export` writes it. */
export interface AuditRecord {
  readonly seq: number;
  /** A NumericDate. */
  readonly time: number;
  readonly actor: string;
  readonly action: string;
  readonly outcome: string;
  /** The leaf's hash (RFC 6962 section 2.1), in base64url. */
  readonly hash: string;
  readonly [member: string]: unknown;
}

export interface AuditPage {
  readonly records: readonly AuditRecord[];
  /** Where the next page begins, also one that is asked for later. */
  readonly next: string;
  /** Whether there are more records now. */
  readonly more: boolean;
}

/** A registered person. Times are NumericDates. */
export interface Subject {
  /** The opaque name, which is a token's `sub`. */
  readonly id: string;
  readonly created: number;
  /** When they were erased. */
  readonly erased?: number;
  /** How many keys were derived for them. */
  readonly keys: number;
  /** The signed receipt of the erasure. */
  readonly receipt?: string;
  readonly [member: string]: unknown;
}

/** What is public about a key. Times are NumericDates. */
export interface KeyDescription {
  readonly kid: string;
  readonly alg: string;
  /** The class of data that it seals, or `*`. */
  readonly class: string;
  readonly created: number;
  readonly nbf?: number;
  readonly exp?: number;
  /** When it is destroyed, and with it all that was sealed to it. */
  readonly destroys?: number;
  /** What became of it: whether it is still sealed to, and whether it opens. */
  readonly state: string;
  readonly revoked?: number;
  readonly destroyed?: number;
  readonly [member: string]: unknown;
}

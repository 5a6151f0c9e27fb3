// The token's bytes and its header, as docs/format.md, sections 4 and 5, describe them.
import type { Plain } from "../sealer.js";
import type { DataClass, Kind } from "../kind.js";
import { decode, isObject, parseJson } from "./bytes.js";
import { fault } from "./fault.js";

/** The kind of a token that `sealForm` makes. */
export type FormKind = `${DataClass}-form`;

/** A token's protected header. All of it is public; only opening shows that it was not changed. */
export interface TokenHeader {
  readonly alg: "HPKE-9" | "ECDH-ES";
  readonly enc?: "A256GCM";
  /** The thumbprint of the key that it was sealed to. */
  readonly kid: string;
  readonly typ: "sealed+jwe";
  readonly epk?: { readonly kty: "OKP"; readonly crv: "X25519"; readonly x: string };
  /** The form entry's name. */
  readonly field: string;
  readonly kind: Kind | FormKind;
  /** The kind of each member, in a token that `sealForm` made. */
  readonly fields?: { readonly [name: string]: Kind };
  /** The page's origin. */
  readonly iss: string;
  /** When it was sealed, in seconds since 1970. */
  readonly iat: number;
  readonly jti: string;
  /** When it stops opening, in seconds since 1970. */
  readonly exp?: number;
  readonly sub?: string;
  readonly once?: true;
  readonly hint?: Plain;
  readonly consent?: Plain;
}

/** A token in its parts. Nothing in it is authenticated. */
export interface Parsed {
  readonly header: TokenHeader;
  /** The encoded header, which is what was authenticated. */
  readonly protected: string;
  readonly encryptedKey: Uint8Array<ArrayBuffer>;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly ciphertext: Uint8Array<ArrayBuffer>;
  readonly tag: Uint8Array<ArrayBuffer>;
}

/** The lengths of the encrypted key, the initialization vector and the tag. */
const LENGTHS = { "HPKE-9": [1120, 0, 0], "ECDH-ES": [0, 12, 16] } as const;
/** HPKE's ciphertext ends with its tag of 16 bytes. */
const SHORTEST = { "HPKE-9": 16, "ECDH-ES": 0 } as const;

/**
 * Takes a token apart. The exact lengths and the one spelling are checked, because a database's column or a
 * careless `trim` may have cut it; for the rest the sealer is believed, which writes no other header.
 */
export function parse(token: string, entry?: string): Parsed {
  const [encoded = "", ...parts] = typeof token === "string" ? token.split(".") : [];
  const [encryptedKey, iv, ciphertext, tag] = parts.map(decode);
  const header = parseHeader(encoded);
  if (!header || parts.length !== 4 || !encryptedKey || !iv || !ciphertext || !tag) {
    throw fault("token-malformed", entry);
  }
  if (!Object.hasOwn(LENGTHS, header.alg)) throw fault("token-alg-unknown", entry);
  const lengths = LENGTHS[header.alg];
  const fits = [encryptedKey, iv, tag].every((part, at) => part.length === lengths[at]);
  if (!fits || ciphertext.length < SHORTEST[header.alg]) throw fault("token-malformed", entry);
  return { header, protected: encoded, encryptedKey, iv, ciphertext, tag };
}

/**
 * A token's public header, without a key.
 *
 * @throws {FieldsealError} `token-malformed`, `token-alg-unknown`
 */
export function headerOf(token: string): TokenHeader {
  return parse(token).header;
}

/** Whether this is a whole token, of these keys or of any others. It does not show that it opens. */
export function isToken(text: unknown): text is string {
  try {
    return typeof text === "string" && parse(text).header !== undefined;
  } catch {
    return false;
  }
}

/** Whether this begins as a token does. What is cut short further on is then refused and not taken for text. */
export function beginsAsToken(text: string): boolean {
  const [encoded = "", ...rest] = text.split(".");
  return rest.length > 0 && parseHeader(encoded) !== undefined;
}

/** The header, if it has what every token's header has. */
function parseHeader(encoded: string): TokenHeader | undefined {
  const bytes = decode(encoded);
  const header = bytes && parseJson(bytes);
  if (!isObject(header) || header["typ"] !== "sealed+jwe" || !Number.isSafeInteger(header["iat"])) return undefined;
  const texts = ["alg", "kid", "field", "kind", "iss", "jti"];
  if (!texts.every((name) => typeof header[name] === "string")) return undefined;
  return header as unknown as TokenHeader;
}

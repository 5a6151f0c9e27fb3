import type { Kind } from "../kind.js";
import { decode, isObject, parseJson, utf8 } from "./bytes.js";
import { fault } from "./fault.js";
import type { TestKeys } from "./keys.js";
import { type FormKind, parse, type Parsed, type TokenHeader } from "./token.js";

/** What a token must be for. What is left out is not compared. */
export interface Expected {
  readonly field?: string | undefined;
  readonly kind?: Kind | FormKind | undefined;
  readonly origin?: string | undefined;
  readonly sub?: string | undefined;
}

/** What was sealed. */
export interface Opened {
  /** The value, as JSON has it: for a token of `sealForm` an object. */
  readonly value: unknown;
  readonly header: TokenHeader;
  readonly field: string;
  readonly kind: Kind | FormKind;
}

/**
 * Opens a token that was sealed to test keys. Never use such keys outside tests.
 *
 * It shows what was sealed and does not stand in for a key holder: it looks at no clock, because tests set
 * clocks as they like, and it opens a `once` token as often as you ask. Compare `header.exp` and
 * `header.once` where they matter.
 *
 * @throws {FieldsealError} `token-malformed`, `token-alg-unknown`, `token-wrong-field`, `token-wrong-kind`,
 * `token-wrong-origin`, `token-wrong-subject`, `token-wrong-key`, `open-failed`. No message holds a value.
 */
export function openForTest(token: string, keys: TestKeys, expect: Expected = {}): Promise<Opened> {
  return keys.open(token, expect);
}

/** Gives test keys their `open`. The order of the checks is that of docs/format.md, section 13. */
export function opener(kid: string, privateKey: CryptoKey) {
  return async (token: string, expect: Expected = {}): Promise<Opened> => {
    // An error in a form's entries names the entry, which is the field that was expected.
    const entry = expect.field;
    const parsed = parse(token, entry);
    const { header } = parsed;
    const differs = (expected: string | undefined, found: string | undefined) =>
      expected !== undefined && expected !== found;
    if (differs(expect.field, header.field)) throw fault("token-wrong-field", entry);
    if (differs(expect.kind, header.kind)) throw fault("token-wrong-kind", entry);
    if (differs(expect.origin, header.iss)) throw fault("token-wrong-origin", entry);
    if (differs(expect.sub, header.sub)) throw fault("token-wrong-subject", entry);
    if (header.kid !== kid || header.alg !== "ECDH-ES") throw fault("token-wrong-key", entry);
    const plaintext = await decrypt(parsed, privateKey).catch(() => undefined);
    const content = plaintext && parseJson(plaintext);
    if (!isObject(content) || !isContent(content, header)) throw fault("open-failed", entry);
    return { value: content["v"], header, field: header.field, kind: header.kind };
  };
}

/** Direct Key Agreement (RFC 7518 section 4.6) over X25519 (RFC 8037 section 3.2), as docs/format.md, section 4.2. */
async function decrypt(token: Parsed, privateKey: CryptoKey): Promise<Uint8Array> {
  const point = decode(token.header.epk?.x ?? "") ?? new Uint8Array();
  const epk = await crypto.subtle.importKey("raw", point, "X25519", false, []);
  // A key of low order is refused here: the shared secret would be zero (RFC 7748 section 6.1).
  const secret = await crypto.subtle.deriveBits({ name: "X25519", public: epk }, privateKey, 256);
  const content = await crypto.subtle.importKey("raw", await concatKdf(secret), "AES-GCM", false, ["decrypt"]);
  const sealed = new Uint8Array([...token.ciphertext, ...token.tag]);
  const params = { name: "AES-GCM", iv: token.iv, additionalData: utf8(token.protected) };
  return new Uint8Array(await crypto.subtle.decrypt(params, content, sealed));
}

/** The Concat KDF (NIST SP 800-56A section 5.8.1) for a key of 256 bits, which takes one round. */
function concatKdf(secret: ArrayBuffer): Promise<ArrayBuffer> {
  const number = (value: number) => [0, 0, value >> 8, value & 255];
  const algorithm = utf8("A256GCM");
  const input = new Uint8Array([
    ...number(1),
    ...new Uint8Array(secret),
    ...number(algorithm.length),
    ...algorithm,
    ...number(0), // PartyUInfo: there is no `apu`.
    ...number(0), // PartyVInfo: there is no `apv`.
    ...number(256),
  ]);
  return crypto.subtle.digest("SHA-256", input);
}

/** Whether the plaintext is that of docs/format.md, sections 5.2 and 6. */
function isContent(content: { readonly [name: string]: unknown }, header: TokenHeader): boolean {
  if (!Object.hasOwn(content, "v") || !Object.keys(content).every((name) => name === "v" || name === "p")) return false;
  const value = content["v"];
  if (header.fields === undefined) return true;
  // In their order too. JavaScript moves names that are numbers to the front, but it does so in both.
  const names = (members: object) => JSON.stringify(Object.keys(members));
  return isObject(value) && isObject(header.fields) && names(value) === names(header.fields);
}

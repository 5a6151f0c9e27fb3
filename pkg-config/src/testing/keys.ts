import { FieldsealError } from "../error.js";
import type { JwkSet, SignerJwk } from "../keys.js";
import type { DataClass } from "../kind.js";
import { encode, thumbprint, utf8 } from "./bytes.js";
import { type Expected, type Opened, opener } from "./open.js";

export interface TestKeysOptions {
  /** The class of data that the key serves. Without it the key serves all of them. */
  readonly class?: DataClass | "*" | undefined;
  /**
   * For how many seconds the keys can be sealed to: an hour if nothing is said. Below zero they have expired
   * already, which shows what a page does then.
   */
  readonly lifetime?: number | undefined;
}

/** Throwaway keys. Nobody can get the private halves out, and they are gone with this object. */
export interface TestKeys {
  /** The public key set, with one key: for `loadKeys`, or to serve. */
  readonly jwks: JwkSet;
  /** The public key of the signed set: for a page that pins its signer. */
  readonly signer: SignerJwk;
  /** The thumbprints, for a page that pins keys. */
  readonly pin: readonly string[];
  /** The same, as `loadKeys` takes it. */
  readonly trust: { readonly pin: readonly string[] };
  /** The key set, signed now (docs/format.md, section 10). */
  signed(): Promise<string>;
  /** Opens a token, as `openForTest` does. */
  open(token: string, expect?: Expected): Promise<Opened>;
}

/** How far back the keys begin, as the clocks of the test and of the page may differ. */
const SKEW = 300;

/**
 * Makes keys for one test. They must never be used outside tests: whoever has this object reads what was
 * sealed, without a policy and without a record.
 *
 * They are X25519 keys with `alg` `ECDH-ES`. Real keys have `HPKE-9` by default and decide it for the page,
 * so the tokens of production are longer; leave room for them.
 *
 * It needs X25519 and Ed25519 in WebCrypto: Node.js 20, Chrome and Edge 137, Firefox 130, Safari 17, and in
 * browsers a page over https or from this machine.
 *
 * @throws {FieldsealError} `webcrypto-unavailable`, `option-invalid`
 */
export async function createTestKeys(options: TestKeysOptions = {}): Promise<TestKeys> {
  const { class: dataClass = "*", lifetime = 3600 } = options;
  if (!Number.isFinite(lifetime)) throw new FieldsealError("option-invalid", "A lifetime is in seconds.", "lifetime");
  const [agreement, signature] = await generate();
  const [x, signerX] = await Promise.all([rawOf(agreement.publicKey), rawOf(signature.publicKey)]);
  const [kid, signerKid] = await Promise.all([thumbprint("X25519", x), thumbprint("Ed25519", signerX)]);
  const exp = now() + Math.floor(lifetime);
  const nbf = Math.min(now(), exp) - SKEW;
  const key = { kty: "OKP", crv: "X25519", kid, alg: "ECDH-ES", use: "enc", class: dataClass, nbf, exp, x };
  const jwks = { keys: [key] };
  const header = { alg: "Ed25519", kid: signerKid, typ: "jwk-set+jwt" };
  const iss = `urn:ietf:params:oauth:jwk-thumbprint:sha-256:${signerKid}`;
  const pin = [kid];
  return {
    jwks,
    signer: { kty: "OKP", crv: "Ed25519", kid: signerKid, alg: "Ed25519", use: "sig", x: signerX },
    pin,
    trust: { pin },
    signed: () => sign(header, { iss, iat: now(), exp, ...jwks }, signature.privateKey),
    open: opener(kid, agreement.privateKey),
  };
}

/** Two pairs whose private keys cannot be exported. */
async function generate(): Promise<[CryptoKeyPair, CryptoKeyPair]> {
  try {
    return (await Promise.all([
      crypto.subtle.generateKey("X25519", false, ["deriveBits"]),
      crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]),
    ])) as [CryptoKeyPair, CryptoKeyPair];
  } catch {
    throw new FieldsealError(
      "webcrypto-unavailable",
      "Test keys need WebCrypto with X25519 and Ed25519: Node.js 20, or a new browser over https or on localhost.",
    );
  }
}

/** A JWS in Compact Serialization (RFC 7515 section 7.1) with Ed25519 (RFC 8037 section 3.1). */
async function sign(header: object, claims: object, key: CryptoKey): Promise<string> {
  const input = `${encode(JSON.stringify(header))}.${encode(JSON.stringify(claims))}`;
  return `${input}.${encode(await crypto.subtle.sign("Ed25519", key, utf8(input)))}`;
}

async function rawOf(key: CryptoKey): Promise<string> {
  return encode(await crypto.subtle.exportKey("raw", key));
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}

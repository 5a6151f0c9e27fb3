import { FieldsealError, translated } from "./error.js";
import { type Loader, start } from "./module.js";
import { KeySet, SignedKeySet } from "./wasm/fieldseal_wasm.js";

/** The Ed25519 public key that signs key sets: what `keyholder keys signer` prints. */
export interface SignerJwk {
  readonly kty: string;
  readonly crv?: string;
  readonly x?: string;
  readonly [member: string]: unknown;
}

/** A JWK Set (RFC 7517): what `keyholder keys publish` prints. */
export interface JwkSet {
  readonly keys: readonly object[];
}

/**
 * Why the keys are to be believed: their RFC 7638 thumbprints, the key that signed the set, or nothing
 * but the place they came from (`"origin"`: TLS, or your own page).
 */
export type Trust =
  | { readonly pin: readonly string[]; readonly signer?: never }
  | { readonly signer: SignerJwk; readonly pin?: never }
  | "origin";

export interface LoadOptions {
  readonly trust: Trust;
  /**
   * The opaque name of the person whose values are sealed: the key holder is asked for that person's keys, with
   * which everything that was sealed to them can be erased. It must be registered there.
   */
  readonly subject?: string | undefined;
  /**
   * `true` for a module that seals three times as fast and is a third larger to download: for code that
   * seals many values one after another. A guarded form gains nothing, as it is sealed with what was prepared. The
   * first call that loads the module decides; Node.js always takes the fast one, and `fieldseal/inline` has none.
   */
  readonly fast?: boolean | undefined;
  /** Ends the wait for the key set. */
  readonly signal?: AbortSignal | undefined;
}

const inner = new WeakMap<Keys, KeySet>();

/** Keys that may be sealed to. `loadKeys` makes them. */
export class Keys {
  /** The keys' RFC 7638 thumbprints. */
  readonly thumbprints: readonly string[];
  /** When sealing with them ends. */
  readonly expires: Date | undefined;

  /** @internal */
  constructor(
    set: KeySet,
    /** The person whose keys they are, if they are one's: what is sealed to them carries it as `sub`. */
    readonly subject: string | undefined,
  ) {
    inner.set(this, set);
    set.rehearse();
    const exp = set.exp();
    this.thumbprints = set.kids().split(" ");
    this.expires = exp === undefined ? undefined : new Date(exp * 1000);
  }
}

/** @internal */
export function keySetOf(keys: Keys): KeySet {
  const set = inner.get(keys);
  if (!set) throw new FieldsealError("option-invalid", "Pass the keys that loadKeys gave.", "keys");
  return set;
}

/** @internal Gives an entry its `loadKeys`. */
export function keysLoader(load: Loader) {
  /**
   * Loads the module and a key set, which is fetched from an address or given as an object.
   *
   * @throws {FieldsealError} `keyset-…` (`keyset-wrong-subject` for the keys of somebody else), `key-…`,
   * `trust-invalid`, `wasm-unavailable`,
   * `webcrypto-unavailable`
   */
  return async function loadKeys(source: string | URL | JwkSet, options: LoadOptions): Promise<Keys> {
    const trust = checkTrust(options?.trust);
    const { subject } = options;
    const signed = "signer" in trust;
    const [text] = await Promise.all([
      typeof source === "string" || source instanceof URL
        ? fetchKeySet(source, signed, options)
        : textOf(source),
      start(load, options.fast === true),
    ]);
    if (signed) return new Keys(await verify(text, trust.signer), subjectOf(payloadOf(text), subject));
    return new Keys(
      translated(() => {
        const set = KeySet.parse(text);
        return "pin" in trust ? set.pinned(trust.pin.join(" ")) : set;
      }),
      subjectOf(text, subject),
    );
  };
}

type Checked = { readonly pin: readonly string[] } | { readonly signer: SignerJwk } | { readonly origin: true };

/**
 * Nothing is trusted by leaving the choice out, or by misspelling it. It is one choice: of a pin and a
 * signer together, one would be ignored in silence.
 */
function checkTrust(trust: Trust | undefined): Checked {
  if (trust === "origin") return { origin: true };
  const [[name, value] = [], ...more] = Object.entries<unknown>(trust ?? {});
  if (more.length === 0) {
    const isPin = (pin: unknown) => typeof pin === "string";
    if (name === "pin" && Array.isArray(value) && value.length > 0 && value.every(isPin)) return { pin: value };
    if (name === "signer" && typeof value === "object" && value !== null) return { signer: value as SignerJwk };
  }
  throw new FieldsealError("trust-invalid");
}

/**
 * Whose keys a set holds. It has been read, so its text is JSON. A set that mixes people, or is not of the one who
 * is wanted, would seal a value to keys that are not erased with them.
 */
function subjectOf(text: string, wanted: string | undefined): string | undefined {
  const [subject, ...others] = new Set((JSON.parse(text) as { keys: { sub?: string }[] }).keys.map(({ sub }) => sub));
  if (others.length > 0 || (wanted !== undefined && wanted !== subject)) throw new FieldsealError("keyset-wrong-subject");
  return subject;
}

/** The payload of a JWS that has been read. */
function payloadOf(jws: string): string {
  const binary = atob(jws.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/"));
  return new TextDecoder().decode(Uint8Array.from(binary, (byte) => byte.charCodeAt(0)));
}

/** The set's text. What has none is refused like every text that is no set. */
function textOf(source: JwkSet): string {
  try {
    return JSON.stringify(source) ?? "";
  } catch {
    return "";
  }
}

async function fetchKeySet(source: string | URL, signed: boolean, { subject, signal }: LoadOptions): Promise<string> {
  const url = addressOf(source);
  if (subject !== undefined) url.searchParams.set("sub", subject);
  const accept = signed ? "application/jwk-set+jwt" : "application/jwk-set+json, application/json";
  try {
    const response = await fetch(url, {
      headers: { accept },
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      ...(signal && { signal }),
    });
    if (response.ok) return await response.text();
  } catch {
    // Whatever went wrong, there is one thing to do about it.
  }
  throw new FieldsealError("keyset-unreachable");
}

function addressOf(source: string | URL): URL {
  try {
    const url = new URL(source, globalThis.location?.href);
    if (url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname))) return url;
  } catch {
    // It is no address at all.
  }
  throw new FieldsealError("keyset-insecure-url");
}

/** The names and addresses of this machine, whose traffic no network sees (W3C Secure Contexts, section 3.1). */
function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(\.\d+){3}$/.test(host);
}

async function verify(text: string, signer: SignerJwk): Promise<KeySet> {
  const signed = translated(() => SignedKeySet.parse(text, JSON.stringify(signer)));
  const evidence = signed.evidence() as Uint8Array<ArrayBuffer>;
  const [signerKey, signature, signingInput] = [evidence.subarray(0, 32), evidence.subarray(32, 96), evidence.subarray(96)];
  let verified: boolean;
  try {
    const key = await crypto.subtle.importKey("raw", signerKey, "Ed25519", false, ["verify"]);
    verified = await crypto.subtle.verify("Ed25519", key, signature, signingInput);
  } catch {
    throw new FieldsealError("webcrypto-unavailable");
  }
  return translated(() => signed.trust(verified));
}

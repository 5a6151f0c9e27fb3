import { FieldsealError, translated } from "./error.js";
import type { FileOptions, SealedFile } from "./file.js";
import { type Keys, keySetOf } from "./keys.js";
import type { DataClass, HintOf, Kind } from "./kind.js";
import { Sealer as WasmSealer } from "./wasm/fieldseal_wasm.js";

/** What can be sealed. */
export type Sealable = string | number | boolean | null | readonly Sealable[] | { readonly [name: string]: Sealable };

/**
 * What a person agreed to, for a token's public header. The key holder's rules can demand it for a purpose.
 *
 * ```js
 * { purpose: "newsletter surveys", notice: "2026-04" }
 * ```
 */
export interface Consent {
  /**
   * What for: one purpose, or several with spaces between. A purpose is a word of at most 64 letters and digits, with
   * `-`, `_` and `.` in between; an empty text agrees to nothing.
   */
  readonly purpose: string;
  /** The version of the notice that was shown: at most 64 characters. */
  readonly notice?: string | undefined;
  /** When it was given, a date or seconds since 1970, if that was before the value is sealed. */
  readonly time?: Date | number | undefined;
}

/** A flat object for a token's public header. */
export type Plain = { readonly [name: string]: string | number | boolean };

declare const sealedAs: unique symbol;

/**
 * A token, and in its type the kind of what it holds: a sealed SSN is no sealed card number, and neither is
 * just any string.
 */
export type Sealed<K extends Kind = Kind> = string & { readonly [sealedAs]: K };

interface Claims {
  /**
   * An opaque name for the person whose value it is. It is public: never an email or an account number. With keys of
   * one person it is theirs, and need not be said.
   */
  readonly sub?: string | undefined;
  /** When the token stops opening: a date, or seconds since 1970. */
  readonly exp?: Date | number | undefined;
  /** Whether the key holder opens it a single time. */
  readonly once?: boolean | undefined;
  /** What the person agreed to, such as `{ purpose: "newsletter", notice: "2026-04" }`. */
  readonly consent?: Consent | undefined;
  /** The country (`GB`) or state (`US-CA`) that the form is about, where the kind asks for it. It is not published. */
  readonly region?: string | undefined;
  /** `false` seals anything, as it is. Otherwise what is none of its kind is refused, and what is one is sealed in normal form. */
  readonly check?: boolean | undefined;
}

export interface SealOptions<K extends Kind = Kind> extends Claims {
  /** The form entry's name. */
  readonly field: string;
  /** What the value is. */
  readonly kind: K;
  /** What to publish about the value, by the names that its kind allows: `["brand", "last4"]`. */
  readonly hint?: readonly HintOf<K>[] | undefined;
}

export interface FormOptions extends Claims {
  /** The form's name. */
  readonly field: string;
  /** The kind of every value; a value without one is not sealed but refused. */
  readonly kinds: { readonly [name: string]: Kind };
  /** What to publish about single values. In the token's header each hint stands behind the value's name and a dot. */
  readonly hints?: { readonly [name: string]: readonly string[] } | undefined;
  /** Regions of single values, before that of the form. */
  readonly regions?: { readonly [name: string]: string } | undefined;
}

/** One token for each class of data in the form. */
export type SealedForm = { readonly [C in DataClass]?: Sealed };

export interface SealerOptions {
  /** The origin that tokens are bound to. In a page it is the page's own; elsewhere it must be given. */
  readonly origin?: string | undefined;
}

/** Whether sealing would work now. */
export interface Ready {
  /** False once the keys have expired. */
  readonly ok: boolean;
  /** When that will be. */
  readonly expires: Date | undefined;
  /** How many values can be sealed without the costly part. */
  readonly pool: number;
}

const inner = new WeakMap<Sealer, WasmSealer>();

/** Seals values, synchronously. `createSealer` makes it. */
export class Sealer {
  /** @internal */
  constructor(
    sealer: WasmSealer,
    private readonly expires: Date | undefined,
    /** @internal The person whose values alone it seals. */
    readonly subject: string | undefined,
  ) {
    inner.set(this, sealer);
  }

  /**
   * Seals one value into a token.
   *
   * @throws {FieldsealError} `value-invalid` with the reason as its `member`, `value-…`, `hint-not-allowed`,
   * `option-invalid`, `field-invalid`, `kind-unknown`, `key-…`, `keyset-expired`, `keyset-wrong-subject`,
   * `randomness-unavailable`, `seal-failed`
   */
  seal<const K extends Kind>(value: Sealable, options: SealOptions<K>): Sealed<K> {
    return translated(() => wasmSealerOf(this).seal(value, toJson(withSubject(this, options))) as Sealed<K>);
  }

  /** Seals an object of values into one token for each class of data. Throws as `seal` does. */
  sealForm(values: { readonly [name: string]: Sealable }, options: FormOptions): SealedForm {
    return translated(() => {
      const { kinds, hints = {}, regions = {}, ...rest } = options ?? {};
      if (typeof kinds !== "object" || kinds === null) throw new FieldsealError("option-invalid", "Every value needs a kind.", "kinds");
      const fields = entriesOf(values).map(([name, value]) => {
        if (!Object.hasOwn(kinds, name)) throw new FieldsealError("kind-unknown", "Every value needs a kind.", name);
        return [name, kinds[name], value, ownOf(regions, name), ownOf(hints, name)?.join(" ") ?? ""];
      });
      return wasmSealerOf(this).sealForm(fields, toJson(withSubject(this, rest))) as SealedForm;
    });
  }

  /**
   * Seals a file of any length, as a stream: `sealFile` of `fieldseal/file`, which is downloaded when this is called first.
   * Where `import()` is not allowed, as in a service worker, import that.
   */
  async sealFile<const K extends Kind>(blob: Blob, options: FileOptions<K>): Promise<SealedFile<K>> {
    return (await import("./file.js")).sealFile(this, blob, options);
  }

  /** Whether sealing would work now. */
  get ready(): Ready {
    const { expires } = this;
    return { ok: expires === undefined || expires.getTime() > Date.now(), expires, pool: wasmSealerOf(this).prepared() };
  }
}

/**
 * Makes a sealer for the page's origin.
 *
 * @throws {FieldsealError} `origin-invalid` where there is no page and no origin was given
 */
export function createSealer(keys: Keys, options: SealerOptions = {}): Sealer {
  const origin = options.origin ?? globalThis.location?.origin ?? "";
  return new Sealer(translated(() => new WasmSealer(keySetOf(keys), origin)), keys.expires, keys.subject);
}

/** @internal */
export function wasmSealerOf(sealer: Sealer): WasmSealer {
  const wasm = inner.get(sealer);
  if (!wasm) throw new FieldsealError("option-invalid", "Pass the sealer that createSealer gave.", "sealer");
  return wasm;
}

/**
 * @internal The options, with the person whose keys these are. What is said to be another's would be refused by the
 * key holder, when it is too late.
 */
export function withSubject<T extends { readonly sub?: string | undefined }>({ subject }: Sealer, options: T): T {
  if (subject === undefined) return options;
  const { sub = subject } = options ?? {};
  if (sub !== subject) throw new FieldsealError("keyset-wrong-subject", undefined, "sub");
  return { ...options, sub };
}

/** A member of an object, and nothing that it inherits. */
function ownOf<T>(values: { readonly [name: string]: T }, name: string): T | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

/** The members of a form's values. What one of them throws is dropped, as it may hold a value. */
function entriesOf<T>(values: { readonly [name: string]: T }): [string, T][] {
  try {
    if (typeof values === "object") return Object.entries(values);
  } catch {
    // Like everything else that cannot be read.
  }
  throw new FieldsealError("value-type", "A form's values must be an object whose members can be read.");
}

/**
 * @internal The options as the module reads them: without what is undefined, with dates in seconds. What
 * cannot be written is no text, which the module refuses with the right code.
 */
export function toJson(options: object): string {
  try {
    const text = JSON.stringify(options, function (this: { readonly [name: string]: unknown }, name, value: unknown) {
      // A date has become a text by now, but not where it stands.
      const given = this[name];
      return given instanceof Date ? Math.floor(given.getTime() / 1000) : value;
    });
    return text ?? "";
  } catch {
    return "";
  }
}

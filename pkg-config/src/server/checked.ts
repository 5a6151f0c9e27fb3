import type { HintOf, Kind } from "../kind.js";
import type { Plain, Sealed } from "../sealer.js";
import type { TokenHeader } from "../testing/token.js";
import { hintsOf } from "../wasm/fieldseal_server.js";
import type { AnyKind, Fields, Guarded, IsRequired, KindOf, Optional } from "./fields.js";

/** What the hints of each name are. */
type HintValue<H extends string> = H extends "valid" ? true : H extends "year" ? number : string;

/** The hints of a value of a kind that were published. A form's are called by the member and a dot: `card.last4`. */
export type HintsOf<K extends AnyKind> = K extends Kind
  ? { readonly [H in HintOf<K>]?: HintValue<H> }
  : { readonly [hint: `${string}.${string}`]: string | number | true };

/** The token of a field of this kind. */
export type TokenOf<K extends AnyKind> = K extends Kind ? Sealed<K> : Sealed;

/** The protected header of a token of this kind. */
export type HeaderOf<K extends AnyKind> = TokenHeader & { readonly kind: K };

/** A field's token that passed, and what it says of itself. */
export interface Found<K extends AnyKind> {
  readonly token: TokenOf<K>;
  readonly header: HeaderOf<K>;
  readonly hint: HintsOf<K>;
}

/** What a guard gives for its fields: `Checked` of the same. */
export type CheckedOf<G> = G extends { check(...given: never[]): infer C } ? C : never;

type Maybe<T, D> = IsRequired<D> extends true ? T : T | undefined;

/**
 * A submission that came sealed. What it says is what the page said, and is authenticated only when the key
 * holder opens the token: show a hint, but decide nothing by it that matters.
 */
export class Checked<F extends Fields> {
  /** The tokens of each declared field: several if the form repeats it, none if it did not come. */
  readonly tokens: { readonly [N in Guarded<F>]: readonly TokenOf<KindOf<F, N>>[] };
  readonly #found: ReadonlyMap<string, readonly Found<AnyKind>[]>;

  /** @internal */
  constructor(found: ReadonlyMap<string, readonly Found<AnyKind>[]>) {
    this.#found = found;
    const tokens = [...found].map(([name, all]) => [name, all.map(({ token }) => token)]);
    this.tokens = Object.fromEntries(tokens) as typeof this.tokens;
  }

  /** All that came for a field, in its order. */
  all<N extends Guarded<F>>(field: N): readonly Found<KindOf<F, N>>[] {
    return (this.#found.get(field) ?? []) as readonly Found<KindOf<F, N>>[];
  }

  /** The first token of a field. */
  token<N extends Guarded<F>>(field: N): Maybe<TokenOf<KindOf<F, N>>, F[N]> {
    return this.all(field)[0]?.token as Maybe<TokenOf<KindOf<F, N>>, F[N]>;
  }

  /** The header of the first token of a field. */
  header<N extends Guarded<F>>(field: N): Maybe<HeaderOf<KindOf<F, N>>, F[N]> {
    return this.all(field)[0]?.header as Maybe<HeaderOf<KindOf<F, N>>, F[N]>;
  }

  /**
   * The hints of the first token of a field: those that its kind has, and only if they are what the kind makes
   * them. A token that anybody made may have others, which are in its header.
   */
  hint<N extends Guarded<F>>(field: N): HintsOf<KindOf<F, N>> {
    return this.all(field)[0]?.hint ?? ({} as HintsOf<KindOf<F, N>>);
  }
}

/** What a request gives that need not be a submission: any field may be missing. */
export type Present<F extends Fields> = Checked<Optional<F>>;

/** @internal */
export function found(text: string, header: TokenHeader): Found<AnyKind> {
  return { token: text as Sealed, header, hint: known(header) as HintsOf<AnyKind> };
}

/** The hints that mean something. */
function known(header: TokenHeader): Plain {
  const { kind, fields = {}, hint = {} } = header;
  const means = ([name, value]: [string, unknown]) => {
    const dot = name.lastIndexOf(".");
    const member = name.slice(0, Math.max(dot, 0));
    // A name that every object inherits is no field.
    const of = header.fields ? (Object.hasOwn(fields, member) ? fields[member] : undefined) : kind;
    const own = header.fields ? name.slice(dot + 1) : name;
    if (of === undefined || !hintsOf(of).split(" ").includes(own) || own === "") return false;
    return own === "valid" ? value === true : typeof value === (own === "year" ? "number" : "string");
  };
  return Object.fromEntries(Object.entries(hint).filter(means));
}

// What a guard is told of the fields, and what the types make of it.
import { FieldsealError, translated } from "../error.js";
import type { Kind } from "../kind.js";
import type { FormKind } from "../testing/token.js";
import { checkField, checkOrigin, classOf } from "../wasm/fieldseal_server.js";

/** A kind of the catalogue, or that of a token that `sealForm` made. */
export type AnyKind = Kind | FormKind;

export interface FieldOptions<K extends AnyKind = AnyKind> {
  /** What the field's token must hold. */
  readonly kind: K;
  /** Whether a submission is not whole without it; `true` unless it is said here. */
  readonly required?: boolean | undefined;
}

/** The declared fields by entry name: an entry of this name is a token of this kind. */
export interface Fields {
  readonly [entry: string]: AnyKind | FieldOptions;
}

/** The names of the declared fields. */
export type Guarded<F extends Fields> = keyof F & string;

/** The kind that a field was declared with. */
export type KindOf<F extends Fields, N extends keyof F> = F[N] extends FieldOptions<infer K>
  ? K
  : F[N] extends AnyKind
    ? F[N]
    : never;

/** Whether a field always came. */
export type IsRequired<D> = D extends { readonly required: infer R } ? (R extends true ? true : false) : true;

/** The same fields, none of which needs to have come. */
export type Optional<F extends Fields> = {
  readonly [N in keyof F]: { readonly kind: KindOf<F, N>; readonly required: false };
};

/** A declared field, as it was read. */
export interface Field {
  readonly kind: AnyKind;
  readonly required: boolean;
}

/**
 * @internal Reads the declaration.
 *
 * @throws {FieldsealError} `field-invalid`, `kind-unknown`, `option-invalid`
 */
export function readFields(fields: Fields, watch: boolean): ReadonlyMap<string, Field> {
  if (typeof fields !== "object" || fields === null) throw invalid("Say which entries must come sealed.", "fields");
  const read = Object.entries(fields).map(([name, given]): [string, Field] => {
    const { kind, required = true, ...more } = typeof given === "string" ? { kind: given } : given ?? {};
    if (typeof kind !== "string" || typeof required !== "boolean" || Object.keys(more).length > 0) {
      throw invalid("A field is a kind, or { kind, required }.", "fields");
    }
    translated(() => {
      checkField(name);
      classOf(kind);
    });
    return [name, { kind, required }];
  });
  if (read.length === 0 && !watch) throw invalid("This guard would look at nothing.", "fields");
  return new Map(read);
}

/** @internal The origins whose pages may seal. */
export function readOrigins(origin: string | readonly string[] | undefined, fields: number): ReadonlySet<string> {
  const origins = typeof origin === "string" ? [origin] : [...(origin ?? [])];
  if (origins.length === 0 && fields > 0) throw invalid("Say on which origins the fields may be sealed.", "origin");
  for (const one of origins) translated(() => checkOrigin(one));
  return new Set(origins);
}

/** @internal */
export function invalid(message: string, member: string): FieldsealError {
  return new FieldsealError("option-invalid", message, member);
}

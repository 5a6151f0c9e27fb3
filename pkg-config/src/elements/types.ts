import type { Kind } from "../kind.js";
import type { Sealer } from "../sealer.js";

/**
 * `<sealed-input>`: an input whose value leaves the page sealed, and that otherwise behaves as `<input>` does.
 * Each property below that has an attribute reflects it.
 */
export interface SealedInputElement extends HTMLElement {
  /** The name of the form's entry. Without one nothing is sent. */
  name: string;
  /** What the value is; `text` if it is not said. */
  kind: string;
  /**
   * `""` while it is empty and `•••` while it is not: the text itself is for no script to read. Setting it sets the
   * text; setting `•••`, which says nothing, changes nothing.
   */
  value: string;
  /** The attribute `value`: the text that it begins with. */
  defaultValue: string;
  /** Always `sealed-input`. */
  readonly type: string;
  required: boolean;
  disabled: boolean;
  readOnly: boolean;
  /** Whether it has several lines. */
  multiline: boolean;
  pattern: string;
  minLength: number;
  maxLength: number;
  placeholder: string;
  autocomplete: string;
  /** The country or state that the value is about, where its kind asks for it. */
  region: string;
  /** What to publish about the value, by the names that its kind allows, with spaces between. */
  hint: string;
  /** An opaque name for the person; public. */
  sub: string;
  /** Whether the token opens a single time. */
  once: boolean;
  /** How many seconds after sealing the token stops opening; -1 if it is not said. */
  lifetime: number;
  /** `off` seals anything, as it is. */
  check: string;
  /** The address of the key set. Without it, the key set of the origin that the form is sent to. */
  keys: string;
  /** `origin`, to believe the keys because of where they come from. */
  trust: string;
  /** Thumbprints of the keys that are believed, with spaces between. */
  pin: string;
  /** The JWK, as JSON, that signed the key set. An object is written as JSON. */
  get signer(): string;
  set signer(jwk: string | object);
  /** A sealer of the page's own, or a promise of it, in place of the attributes that find keys. */
  get sealer(): Sealer | PromiseLike<Sealer> | undefined;
  set sealer(sealer: Sealer | PromiseLike<Sealer> | null | undefined);
  /** Settles when values can be sealed; rejects with a `FieldsealError` if the keys cannot be had. */
  readonly ready: Promise<void>;
  readonly form: HTMLFormElement | null;
  readonly labels: NodeList;
  readonly validity: ValidityState;
  readonly validationMessage: string;
  readonly willValidate: boolean;
  checkValidity(): boolean;
  reportValidity(): boolean;
  setCustomValidity(message: string): void;
  selectionStart: number | null;
  selectionEnd: number | null;
  selectionDirection: "forward" | "backward" | "none" | null;
  select(): void;
  setSelectionRange(start: number | null, end: number | null, direction?: "forward" | "backward" | "none"): void;
}

/** What markup can say about a `<sealed-input>`, beside what every element has: for templates and JSX. */
export interface SealedInputAttributes {
  name?: string | null | undefined;
  kind?: Kind | null | undefined;
  /** The text that it begins with; a script cannot read what became of it. */
  value?: string | null | undefined;
  required?: boolean | null | undefined;
  disabled?: boolean | null | undefined;
  readonly?: boolean | null | undefined;
  multiline?: boolean | null | undefined;
  once?: boolean | null | undefined;
  pattern?: string | null | undefined;
  minlength?: number | string | null | undefined;
  maxlength?: number | string | null | undefined;
  size?: number | string | null | undefined;
  rows?: number | string | null | undefined;
  placeholder?: string | null | undefined;
  autocomplete?: string | null | undefined;
  form?: string | null | undefined;
  region?: string | null | undefined;
  hint?: string | null | undefined;
  sub?: string | null | undefined;
  lifetime?: number | string | null | undefined;
  check?: "off" | null | undefined;
  keys?: string | null | undefined;
  trust?: "origin" | null | undefined;
  pin?: string | null | undefined;
  signer?: string | object | null | undefined;
  /** A property: a sealer of the page's own, or a promise of it. */
  sealer?: Sealer | PromiseLike<Sealer> | null | undefined;
}

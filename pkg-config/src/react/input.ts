import { createElement, forwardRef, useImperativeHandle, useRef } from "react";
import type { ForwardedRef, HTMLAttributes, ReactElement, ReactNode, RefAttributes } from "react";
import { defineElements, type SealedInputElement } from "../elements.js";
import type { InvalidEvent } from "../guard/fields.js";
import type { Trust } from "../keys.js";
import type { HintOf, Kind } from "../kind.js";
import type { Sealer } from "../sealer.js";
import { useEarlyEffect } from "./effect.js";

type Html = Omit<
  HTMLAttributes<SealedInputElement>,
  "children" | "dangerouslySetInnerHTML" | "defaultChecked" | "defaultValue" | "onChange" | "onInvalid"
>;

export interface SealedInputProps<K extends Kind = Kind> extends Html {
  /** The name of the form's entry. */
  readonly name: string;
  /** What the value is. */
  readonly kind: K;
  readonly required?: boolean | undefined;
  readonly disabled?: boolean | undefined;
  readonly readOnly?: boolean | undefined;
  /** Whether it has several lines. */
  readonly multiline?: boolean | undefined;
  /** How wide it is, in letters, and how high, in lines. */
  readonly size?: number | undefined;
  readonly rows?: number | undefined;
  readonly pattern?: string | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  readonly placeholder?: string | undefined;
  readonly autoComplete?: string | undefined;
  /** The country or state that the value is about, where its kind asks for it. */
  readonly region?: string | undefined;
  /** What to publish about the value, by the names that its kind allows. */
  readonly hint?: readonly HintOf<K>[] | undefined;
  /** An opaque name for the person; public. */
  readonly sub?: string | undefined;
  /** Whether the token opens a single time. */
  readonly once?: boolean | undefined;
  /** How many seconds after sealing the token stops opening. */
  readonly lifetime?: number | undefined;
  /** `false` seals anything, as it is. */
  readonly check?: boolean | undefined;
  /** The address of the key set. Without it, and without a sealer, that of the origin that the form is sent to. */
  readonly keys?: string | URL | undefined;
  /** Why the keys are to be believed. */
  readonly trust?: Trust | undefined;
  /** A sealer in place of `keys` and `trust`. While it is there but undefined, the form is not sent. */
  readonly sealer?: Sealer | PromiseLike<Sealer> | undefined;
  /** A picture in front of the text. */
  readonly icon?: ReactNode;
  /** After each edit. What was typed is for no script to read. */
  readonly onChange?: ((event: Event) => void) | undefined;
  /** What is typed is none of its kind, or (with an empty `message`) is one again. */
  readonly onInvalid?: ((event: InvalidEvent) => void) | undefined;
}

/**
 * `<sealed-input>` as a component. On a server it is the bare tag; in the browser it becomes the element when it
 * mounts.
 *
 * ```jsx
 * <label>SSN <SealedInput name="ssn" kind="us-ssn" required sealer={sealer} /></label>
 * ```
 */
export const SealedInput = /* @__PURE__ */ forwardRef(function SealedInput(
  props: SealedInputProps,
  ref: ForwardedRef<SealedInputElement>,
): ReactElement {
  const { sealer, icon, onChange, onInvalid } = props;
  const own = useRef<SealedInputElement>(null);
  useImperativeHandle(ref, () => own.current as SealedInputElement, []);
  const listeners = useRef({ onChange, onInvalid });
  useEarlyEffect(() => void (listeners.current = { onChange, onInvalid }));
  const isGiven = "sealer" in props;

  useEarlyEffect(() => {
    const element = own.current as SealedInputElement;
    // A promise without an end keeps the form shut.
    if (isGiven) element.sealer = sealer ?? new Promise<never>(() => {});
    defineElements();
    return () => void (isGiven && (element.sealer = undefined));
  }, [sealer, isGiven]);

  useEarlyEffect(() => {
    const element = own.current as SealedInputElement;
    // Not as React's own: it knows neither of these events, and has another one called onInvalid.
    const change = (event: Event) => listeners.current.onChange?.(event);
    const invalid = (event: InvalidEvent) => listeners.current.onInvalid?.(event);
    element.addEventListener("input", change);
    element.addEventListener("fieldseal:invalid", invalid);
    return () => {
      element.removeEventListener("input", change);
      element.removeEventListener("fieldseal:invalid", invalid);
    };
  }, []);

  const picture = icon === undefined || icon === null ? undefined : createElement("span", { slot: "icon" }, icon);
  return createElement("sealed-input", { ...attributesOf(props, isGiven), ref: own }, picture);
}) as <K extends Kind>(props: SealedInputProps<K> & RefAttributes<SealedInputElement>) => ReactElement;

/**
 * The attributes by their names in HTML, as React before 19 knows no others for custom elements. What is false
 * is left out, because it would write "false".
 */
function attributesOf(props: SealedInputProps, isGiven: boolean): object {
  const { sealer, icon, onChange, onInvalid, className, readOnly, minLength, maxLength, autoComplete, ...rest } = props;
  const { required, disabled, multiline, once, check, hint, keys, trust, ...html } = rest;
  return {
    ...html,
    ...(className !== undefined && { class: className }),
    required: required || undefined,
    disabled: disabled || undefined,
    multiline: multiline || undefined,
    once: once || undefined,
    readonly: readOnly || undefined,
    minlength: minLength,
    maxlength: maxLength,
    autocomplete: autoComplete,
    check: check === false ? "off" : undefined,
    hint: hint?.join(" "),
    ...(isGiven ? { trust: "sealer" } : { keys: keys?.toString(), ...trusted(trust) }),
  };
}

/**
 * The element's reason to believe its keys. With a sealer of the page's own it is none that the element knows, so
 * that it loads nothing before it has the sealer.
 */
function trusted(trust: Trust | undefined): object {
  if (typeof trust !== "object") return { trust };
  return trust.pin ? { pin: trust.pin.join(" ") } : { signer: JSON.stringify(trust.signer) };
}

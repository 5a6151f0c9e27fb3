import { FieldsealError, toError, translated } from "./error.js";
import { Alert } from "./guard/alert.js";
import { type AskConsent, askConsent, followConsent } from "./guard/consent.js";
import { expectedKinds } from "./guard/expected.js";
import { Fields, type InvalidEvent } from "./guard/fields.js";
import { listen, SENDS, stop } from "./guard/listen.js";
import { stripDeclared } from "./guard/strip.js";
import type { Messages } from "./messages.js";
import { type Consent, type Sealer, toJson, wasmSealerOf, withSubject } from "./sealer.js";
import { keepWarm } from "./warm.js";
import { type Guard, guardForm as guardInWasm } from "./wasm/fieldseal_wasm.js";

/** Options of a single entry, which go before those of the whole form. */
export interface EntryOptions {
  /** When the token stops opening: a date, or seconds since 1970. */
  readonly exp?: Date | number | undefined;
  /** Whether the key holder opens it a single time. */
  readonly once?: boolean | undefined;
  /** What to publish about the value, by the names that its kind allows; or the attribute `data-hint`, with spaces between. */
  readonly hint?: readonly string[] | undefined;
  /** The country or state that it is about, where the kind asks for it; or the attribute `data-region`. */
  readonly region?: string | undefined;
  /** `false` seals anything, as it is; or the attribute `data-check="off"`. */
  readonly check?: boolean | undefined;
}

export interface GuardOptions {
  /** An opaque name for the person who fills in the form, for every token; with keys of one person it is theirs. */
  readonly sub?: string | undefined;
  /**
   * What the person agrees to, for every token; or what says so when the form is submitted, so that the boxes count
   * that are ticked then: `(form) => ({ purpose: consentedTo(form), notice: "2026-04" })`. What it throws, and what is no
   * consent, stops the submission; `undefined` is none.
   */
  readonly consent?: Consent | AskConsent | undefined;
  /** How many seconds after sealing the tokens stop opening. */
  readonly lifetime?: number | undefined;
  /** `false` seals anything in any control, as it is. */
  readonly check?: boolean | undefined;
  /** Options for single entries, by entry name. */
  readonly fields?: { readonly [entry: string]: EntryOptions } | undefined;
  /** Where to tell the person that the form was not sent. Without it a `role="alert"` is put at the form's end. */
  readonly message?: HTMLElement | undefined;
  /** Words for people that go before those of `useMessages`. */
  readonly messages?: Messages | undefined;
  /** The words for a form that was not sent, where they depend on the error. */
  readonly describe?: ((error: FieldsealError) => string) | undefined;
}

/** `fieldseal:blocked`: a submission was stopped, or goes out without its sealed entries. */
export type BlockedEvent = CustomEvent<{ readonly code: string; readonly field: string }>;

export interface FormGuard {
  /** Settles when the form can be sealed; rejects if the sealer does. */
  readonly ready: Promise<void>;
  /** Takes the guard away. */
  release(): void;
}

declare global {
  // It bubbles, so a document can listen as well as a form.
  interface GlobalEventHandlersEventMap {
    "fieldseal:blocked": BlockedEvent;
    "fieldseal:invalid": InvalidEvent;
  }
}

const guarded = new WeakSet<HTMLFormElement>();

/**
 * Seals the controls of a form that carry `data-seal`, however the form is submitted.
 *
 * Pass a promise of the sealer to guard the form from the first moment: until it is there, and for
 * good if it never comes, submissions are stopped and no declared control's value gets out.
 *
 * @throws {FieldsealError} `form-already-guarded`, `option-invalid`, `keyset-wrong-subject`
 */
export function guardForm(
  form: HTMLFormElement,
  sealer: Sealer | PromiseLike<Sealer>,
  options: GuardOptions = {},
): FormGuard {
  // The tag cannot be forged by a control that is called like a property, and holds in frames too.
  if (Object.prototype.toString.call(form) !== "[object HTMLFormElement]") {
    throw new FieldsealError("option-invalid", "Pass the form element.", "form");
  }
  if (guarded.has(form)) throw new FieldsealError("form-already-guarded");
  const { message, describe, messages, consent, ...claims } = options;
  const alert = new Alert(form, message, describe, messages);
  const undo: (() => void)[] = [];
  let released = false;

  const install = (ready: Sealer) => {
    if (released) return;
    const wasm = wasmSealerOf(ready);
    let fields: Fields | undefined;
    const blocked = (error: unknown, control?: Element) => {
      // What a person can put right is said at the control; the rest, for the form.
      if (control && (error as FieldsealError).code === "value-invalid") fields?.blame(control);
      alert.show(error);
    };
    const named = withSubject(ready, claims);
    let guard: Guard | undefined;
    const put = (options: string | undefined) => {
      if (options !== undefined) guard = translated(() => guardInWasm(form, wasm, options, blocked));
      else {
        guard?.release();
        guard = undefined;
      }
    };
    if (typeof consent !== "function") {
      put(toJson({ ...named, consent }));
      undo.push(() => put(undefined));
    } else {
      const optionsNow = () => toJson({ ...named, consent: askConsent(form, consent) });
      undo.push(followConsent(form, optionsNow, put, (cause) => tell(form, alert, toError(cause))));
    }
    fields = new Fields(form, messages, options.check ?? true, options.fields ?? {});
    undo.push(() => fields?.release(), keepWarm(form, () => expectedKinds(form).map((kind) => [wasm, kind])));
  };
  const release = () => {
    released = true;
    // In reverse, so that what strips clear values goes last.
    for (const step of undo.splice(0).reverse()) step();
  };

  guarded.add(form);
  // First of all, so that what the others add to the form data is not taken out again.
  undo.push(() => guarded.delete(form), stripDeclared(form), () => alert.clear());

  if (typeof (sealer as PromiseLike<Sealer> | undefined)?.then !== "function") {
    try {
      install(sealer as Sealer);
    } catch (cause) {
      release();
      throw cause;
    }
    return { ready: Promise.resolve(), release };
  }
  // Nothing is sent for as long as there is no sealer.
  let reason = new FieldsealError("sealer-pending");
  const gate = listen(form, SENDS, (event) => {
    if (event.target !== form) return;
    stop(event);
    tell(form, alert, reason);
  });
  const open = () => {
    gate();
    alert.clear();
  };
  undo.push(open);
  const ready = Promise.resolve(sealer)
    .then(install)
    .then(open, (cause: unknown) => {
      throw (reason = toError(cause));
    });
  // The page may look at `ready` or not; the gate stays shut either way.
  ready.catch(() => {});
  return { ready, release };
}

/** Tells the page and the person that a submission was stopped, or goes out without its sealed entries. */
function tell(form: HTMLFormElement, alert: Alert, error: FieldsealError): void {
  const detail = { code: error.code, field: "" };
  form.dispatchEvent(new CustomEvent("fieldseal:blocked", { bubbles: true, detail }));
  alert.show(error);
}

import { FieldsealError } from "../error.js";
import type { Consent } from "../sealer.js";
import { listen, SENDS, stop } from "./listen.js";
import { elementsOf } from "./strip.js";

/** What the person agrees to, as it stands when the form is submitted. Nothing is no consent. */
export type AskConsent = (form: HTMLFormElement) => Consent | undefined;

/**
 * The purposes of the boxes that are ticked: what stands in their `data-consent`, with spaces between.
 *
 * ```html
 * <label><input type="checkbox" data-consent="newsletter"> Send me the newsletter</label>
 * ```
 *
 * ```js
 * guardForm(form, sealer, { consent: (form) => ({ purpose: consentedTo(form), notice: "2026-04" }) });
 * ```
 */
export function consentedTo(form: HTMLFormElement): string {
  return [...elementsOf(form)]
    .map((box) => ((box as HTMLInputElement).checked && box.getAttribute("data-consent")) || "")
    .join(" ")
    .trim();
}

/**
 * Sees to it that a form is sealed with the consent of the moment, or not at all.
 *
 * The module takes its options once. So before the form hears of a submission, at the window, `put` is given what
 * holds now, and nothing while it cannot be had. At the form, ahead of the module, it is asked again: if it changed in
 * between, nobody knows which is meant, and the submission is stopped.
 */
export function followConsent(
  form: HTMLFormElement,
  optionsNow: () => string,
  put: (options: string | undefined) => void,
  tell: (error: unknown) => void,
): () => void {
  let held: string | undefined;
  const hold = (options: string | undefined) => {
    if (options === held) return;
    held = undefined;
    put(undefined);
    if (options !== undefined) put(options);
    held = options;
  };
  const ahead = (event: Event) => {
    if (event.target !== form) return;
    try {
      hold(optionsNow());
    } catch {
      // It is asked again at the form, where the person is told.
    }
  };
  const check = (event: Event) => {
    if (event.target !== form) return;
    try {
      if (optionsNow() !== held) throw wrong();
    } catch (cause) {
      hold(undefined);
      stop(event);
      tell(cause);
    }
  };
  // What happens in a shadow tree is heard of at its root, and no further out.
  const root = form.getRootNode();
  const undo = [window, ...(root === form ? [] : [root])].map((place) => listen(place, SENDS, ahead));
  undo.push(listen(form, SENDS, check));
  const release = () => {
    for (const step of undo) step();
    hold(undefined);
  };
  try {
    hold(optionsNow());
  } catch (cause) {
    release();
    throw cause;
  }
  return release;
}

/** What a form's consent is now. What the page's own function throws is dropped, as it may hold a value. */
export function askConsent(form: HTMLFormElement, ask: AskConsent): Consent | undefined {
  try {
    const consent = ask(form);
    // A promise, for one, would be a consent to nothing.
    if (consent === undefined || typeof consent.purpose === "string") return consent;
  } catch {
    // It is told as all else that is no consent.
  }
  throw wrong();
}

/** The words for all that can be wrong with it: each costs every page some bytes. */
function wrong(): FieldsealError {
  return new FieldsealError("option-invalid", "`consent` gives { purpose }, the same while the form is sent.", "consent");
}

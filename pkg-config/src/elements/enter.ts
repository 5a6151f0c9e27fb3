import { elementsOf } from "../guard/strip.js";

/** Inputs that keep Enter from sending a form that has no button, as WHATWG HTML, "implicit submission", lists them. */
const BLOCKING = /^(text|search|tel|url|email|password|date|month|week|time|datetime-local|number)$/;

/**
 * Sends the form as Enter in an `<input>` does (WHATWG HTML, "implicit submission"): with its first submit
 * button, and without one only if no other field is there. The inner control is in no form, so the browser
 * does nothing by itself.
 */
export function submitImplicitly(form: HTMLFormElement, isSealed: (control: Element) => boolean): void {
  const controls = [...elementsOf(form)];
  const button = firstButton(form, controls);
  if (button !== undefined) {
    // A disabled one does nothing, and keeps the form.
    button.click();
    return;
  }
  const isField = (control: Element) =>
    isSealed(control) || (control.localName === "input" && BLOCKING.test((control as HTMLInputElement).type));
  if (controls.filter(isField).length <= 1) HTMLFormElement.prototype.requestSubmit.call(form);
}

/** The default button: the first in the document's order. Image buttons are in no form's list of elements. */
function firstButton(form: HTMLFormElement, controls: readonly Element[]): HTMLElement | undefined {
  const root = form.getRootNode() as Document | ShadowRoot;
  const all = [...root.querySelectorAll<HTMLInputElement>("input[type=image]")];
  const images = all.filter((image) => image.form === form);
  const buttons = controls.filter(
    (control) => /^(button|input)$/.test(control.localName) && (control as HTMLButtonElement).type === "submit",
  );
  return [...(buttons as HTMLElement[]), ...images].sort((a, b) =>
    a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_PRECEDING ? 1 : -1,
  )[0];
}

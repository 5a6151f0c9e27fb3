import { FieldsealError } from "../error.js";

type Control = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/** Inputs that a person does not fill in with text. */
const NOT_TEXT = ["button", "checkbox", "file", "hidden", "image", "radio", "reset", "submit"];

/**
 * Fills in a control as a person would: it gets the focus and the value, and `input` and `change` are
 * dispatched. It takes text-like inputs, `textarea`, `select` (the value of an option) and custom elements
 * with a `value` such as `sealed-input`. For checkboxes and radio buttons use `element.click()`.
 *
 * It is for tests in a DOM such as those of Testing Library. Playwright and Cypress type by themselves.
 *
 * @throws {FieldsealError} `option-invalid` for what a person could not fill in so
 */
export function fillIn(element: Element, text: string): void {
  const control = controlOf(element);
  const { disabled, readOnly } = control as Partial<HTMLInputElement>;
  if (disabled || control.matches(":disabled") || readOnly) throw refused("It is disabled or read-only.");
  // A focus that cannot be had, as in a page in the background, does not matter here.
  (control as HTMLElement).focus?.();
  setValue(control, text);
  if (isNative(control) && control.value === "" && text !== "") {
    throw refused("It does not take this text: a select needs one of its options, a date the form 2026-04-30.");
  }
  dispatch(control, text);
}

/** The control itself, or the one in a custom element's open shadow root. */
function controlOf(element: Element): Element {
  if (isNative(element)) {
    if (element.localName === "input" && NOT_TEXT.includes((element as HTMLInputElement).type)) {
      throw refused("It takes no text. For checkboxes, radio buttons and buttons use click().");
    }
    return element;
  }
  const inside = element.shadowRoot?.querySelector("input, textarea, select");
  return inside ? controlOf(inside) : element;
}

function isNative(element: Element): element is Control {
  return ["input", "textarea", "select"].includes(element.localName);
}

/**
 * Sets the value with the prototype's own setter. React puts a property of its own on each element and takes
 * a value that went through it for one that it has set itself, and so for no news.
 */
function setValue(element: Element, text: string): void {
  for (let proto: unknown = Object.getPrototypeOf(element); proto; proto = Object.getPrototypeOf(proto)) {
    const set = Object.getOwnPropertyDescriptor(proto, "value")?.set;
    if (set) return set.call(element, text);
  }
  throw refused("It has no value that can be set.");
}

/** What a browser dispatches after typing: `input` crosses shadow roots and `change` does not. */
function dispatch(element: Element, text: string): void {
  // The classes of the element's own window, which may be a frame's. A document of its own has none.
  const { Event: OwnEvent, InputEvent: OwnInputEvent } = element.ownerDocument?.defaultView ?? globalThis;
  const bubbles = { bubbles: true, composed: true };
  // A select is chosen from and not typed into; its event says nothing of a text.
  const typed = element.localName !== "select" && typeof OwnInputEvent === "function";
  element.dispatchEvent(
    typed
      ? new OwnInputEvent("input", { ...bubbles, inputType: "insertText", data: text })
      : new OwnEvent("input", bubbles),
  );
  element.dispatchEvent(new OwnEvent("change", { bubbles: true }));
}

function refused(reason: string): FieldsealError {
  return new FieldsealError("option-invalid", `This element cannot be filled in. ${reason}`, "element");
}

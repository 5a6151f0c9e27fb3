import type { EntryOptions } from "../guard.js";
import { type Messages, wordsFor } from "../messages.js";
import { brandOf, inputFacts } from "../wasm/fieldseal_wasm.js";
import { reasonOf } from "./check.js";
import { groupComposed, groupTyped, type TextControl } from "./edit.js";
import { listen } from "./listen.js";
import { watchPointer, whenReleased } from "./pointer.js";
import { elementsOf } from "./strip.js";

/** `fieldseal:invalid`: what a control holds is none of its kind, or (with an empty `message`) is one again. */
export type InvalidEvent = CustomEvent<{ readonly field: string; readonly reason: string; readonly message: string }>;

/**
 * Helps a person with the declared controls of a form: groups digits while they type, and says at the control
 * what is wrong with it, in a way that browsers show, screen readers read and submissions wait for.
 */
export class Fields {
  readonly #before = new WeakMap<Element, string>();
  /** What was in a control when the person came to it. */
  readonly #found = new WeakMap<Element, string>();
  /** What this class said about a control, to know its own words from the page's. */
  readonly #said = new WeakMap<Element, string>();
  readonly #undo: (() => void)[] = [];

  readonly #form: HTMLFormElement;
  readonly #messages: Messages | undefined;
  readonly #check: boolean;
  readonly #entries: { readonly [entry: string]: EntryOptions };

  constructor(
    form: HTMLFormElement,
    messages: Messages | undefined,
    check: boolean,
    entries: { readonly [entry: string]: EntryOptions },
  ) {
    this.#form = form;
    this.#messages = messages;
    this.#check = check;
    this.#entries = entries;
    // On the document, as a control may lie outside of its form.
    watchPointer();
    this.#listen(form.ownerDocument, "focusin", (control) => {
      equip(control);
      this.#remember(control);
    });
    this.#listen(form.ownerDocument, "input", (control, event) => this.#onInput(control, event));
    this.#listen(form.ownerDocument, "compositionend", (control) => this.#onComposed(control));
    // Browsers may forget the event of a change that was put into groups, so leaving the control counts as well. While a
    // pointer is down it waits: words that appear would move the button that is being pressed.
    this.#listen(form.ownerDocument, "change", (control) => whenReleased(() => this.#judge(control, true)));
    this.#listen(form.ownerDocument, "focusout", (control) => {
      if (this.#found.get(control) !== control.value) whenReleased(() => this.#judge(control, true));
    });
    this.#listen(form.ownerDocument, "invalid", (control) => this.#mark(control));
    // Not at once, as it asks for styles, for which the browser may not be ready.
    const timer = setTimeout(() => this.#all().forEach(equip));
    // What the browser restored, or the server filled in, was not typed and is looked at all the same.
    this.#judgeAll();
    const again = () => this.#judgeAll();
    // Behind the reset, which comes after its event: the page's own values are back, and nobody made a mistake yet.
    const fresh = () => {
      for (const control of this.#all()) {
        this.#unmark(control);
        this.#remember(control);
      }
      again();
    };
    this.#undo.push(
      () => clearTimeout(timer),
      listen(window, ["pageshow"], again),
      listen(form, ["reset"], (event) => event.target === form && setTimeout(fresh)),
    );
  }

  /** A submission was stopped because of this control: the person is led to it. */
  blame(control: Element): void {
    if (!isText(control)) return;
    this.#judge(control, true);
    control.reportValidity();
  }

  release(): void {
    for (const step of this.#undo.splice(0)) step();
    for (const control of this.#all()) this.#say(control, "", "");
  }

  #listen(target: EventTarget, type: string, react: (control: TextControl, event: Event) => void): void {
    const stop = listen(target, [type], (event) => {
      const control = event.target as Element | null;
      if (control !== null && isOurs(control) && control.form === this.#form) react(control, event);
    });
    this.#undo.push(stop);
  }

  #all(): TextControl[] {
    return [...elementsOf(this.#form)].filter(isOurs);
  }

  /** What is in a control now is where the next edit begins; nothing else is kept of it. */
  #remember(control: TextControl): void {
    this.#before.set(control, control.value);
    this.#found.set(control, control.value);
  }

  #onInput(control: TextControl, event: Event): void {
    groupTyped(control, kindOf(control), this.#before.get(control) ?? "", event);
    this.#before.set(control, control.value);
    this.#judge(control, control.getAttribute("aria-invalid") === "true");
  }

  #onComposed(control: TextControl): void {
    groupComposed(control, kindOf(control), this.#before.get(control) ?? "");
    this.#before.set(control, control.value);
    this.#judge(control, false);
  }

  #judgeAll(): void {
    for (const control of this.#all()) this.#judge(control, false);
  }

  /** Finds out whether the text is one of its kind. `shown` says it at once, and not only when the form is sent. */
  #judge(control: TextControl, shown: boolean): void {
    const kind = kindOf(control);
    if (kind === "card-number") this.#brand(control);
    const { check } = this.#optionsOf(control);
    const wanted =
      this.#check && check !== false && control.getAttribute("data-check") !== "off" && control.type !== "hidden";
    const reason = wanted ? this.#reason(control, kind) : undefined;
    const words = reason === undefined ? "" : wordsFor(control, reason, kind, this.#messages);
    this.#say(control, words, reason ?? "");
    if (shown) this.#mark(control);
    else if (control.validity.valid) this.#unmark(control);
  }

  #reason(control: TextControl, kind: string): string | undefined {
    try {
      const region = this.#optionsOf(control).region ?? control.getAttribute("data-region") ?? undefined;
      return reasonOf(kind, control.value, region, this.#card());
    } catch {
      return undefined; // A kind that nobody knows is the developer's matter, and stops the submission.
    }
  }

  /** What the guard was told of the control's entry, which goes before what the control says. */
  #optionsOf(control: Element): EntryOptions {
    const entry = control.getAttribute("data-seal") ?? "";
    return (Object.hasOwn(this.#entries, entry) && this.#entries[entry]) || {};
  }

  /** The card number of this form, by whose brand a security code is measured. */
  #card(): string | undefined {
    const controls = [...elementsOf(this.#form)] as TextControl[];
    return controls.find((control) => control.getAttribute("data-kind") === "card-number")?.value;
  }

  /** For a picture of the brand: `data-brand` on the control, which a style sheet can see. */
  #brand(control: TextControl): void {
    const brand = brandOf(control.value);
    if (brand === "unknown") control.removeAttribute("data-brand");
    else control.setAttribute("data-brand", brand);
    for (const other of elementsOf(this.#form)) if (kindOf(other) === "card-cvc" && isText(other)) this.#judge(other, false);
  }

  #say(control: Element, words: string, reason: string): void {
    const field = control as TextControl;
    const before = this.#said.get(control) ?? "";
    // The page may have words of its own, which are not for this class to take away.
    if (field.validity.customError && field.validationMessage !== before) return;
    if (words === before) return;
    field.setCustomValidity(words);
    this.#said.set(control, words);
    const detail = { field: control.getAttribute("data-seal") ?? "", reason, message: words };
    control.dispatchEvent(new CustomEvent("fieldseal:invalid", { bubbles: true, detail }));
  }

  /** Tells a person what is wrong, beside the control and through assistive software. */
  #mark(control: TextControl): void {
    if (control.validity.valid) return this.#unmark(control);
    control.setAttribute("aria-invalid", "true");
    const { customError, typeMismatch, stepMismatch } = control.validity;
    // What a browser says of these may repeat what was typed, and the page's other scripts would see it.
    const own = !customError && (typeMismatch || stepMismatch);
    this.#write(control, own ? wordsFor(control, "format", kindOf(control), this.#messages) : control.validationMessage);
  }

  #unmark(control: TextControl): void {
    control.removeAttribute("aria-invalid");
    this.#write(control, "");
  }

  /** What the element says that `aria-errormessage` names, if there is one. */
  #write(control: TextControl, words: string): void {
    const id = control.getAttribute("aria-errormessage");
    const place = id === null ? null : control.ownerDocument.getElementById(id);
    if (place !== null && place.textContent !== words) place.textContent = words;
  }
}

/**
 * Gives a control what its author did not say: the keyboard of its kind and, on a page that is written from right to left, the
 * direction of numbers, whose groups would change places otherwise.
 */
function equip(control: TextControl): void {
  try {
    const [, mode = "", direction] = inputFacts(kindOf(control)).split(",");
    if (!control.hasAttribute("inputmode") && mode !== "text") control.setAttribute("inputmode", mode);
    if (!control.hasAttribute("dir") && direction && getComputedStyle(control).direction !== direction) control.dir = direction;
  } catch {
    // A kind that nobody knows is the developer's matter, and stops the submission.
  }
}

/** Whether it is declared, and text is typed into it. */
function isOurs(control: Element): control is TextControl {
  return isText(control) && control.hasAttribute("data-seal");
}

function isText(control: Element): control is TextControl {
  return control.localName === "textarea" || (control.localName === "input" && !/^(checkbox|radio)$/.test((control as HTMLInputElement).type));
}

function kindOf(control: Element): string {
  return control.getAttribute("data-kind") ?? "text";
}

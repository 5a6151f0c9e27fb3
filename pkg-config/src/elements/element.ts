import { Body } from "./body.js";
import { SHAPING } from "./control.js";
import { reflect } from "./reflect.js";
import type { LoadKeys } from "./source.js";
import type { SealedInputElement } from "./types.js";

/** What a script reads in place of the text. */
const FILLED = "•••";

/** Attributes that say which keys to load. */
const SOURCES: readonly string[] = ["keys", "trust", "pin", "signer"];

/** Attributes that the inner control's name or description depends on. */
const NAMING: readonly string[] = ["aria-label", "aria-labelledby", "aria-describedby", "title"];

/** Makes the class, which cannot exist where there is no document. Each tag needs one of its own. */
export function makeElement(load: LoadKeys): CustomElementConstructor {
  class SealedInput extends HTMLElement {
    static readonly formAssociated = true;
    static readonly observedAttributes = [...SHAPING, ...SOURCES, ...NAMING, "value", "region", "check"];

    readonly #internals: ElementInternals;
    readonly #body: Body;

    constructor() {
      super();
      this.#internals = this.attachInternals();
      this.#body = new Body(this, this.#internals, load);
      // What was set before this class was there lies in front of its properties.
      for (const name of Object.keys(this)) {
        if (!(name in SealedInput.prototype)) continue;
        const value: unknown = Reflect.get(this, name);
        Reflect.deleteProperty(this, name);
        Reflect.set(this, name, value);
      }
    }

    connectedCallback(): void {
      this.#body.connect(true);
      const { ownerDocument } = this;
      if (ownerDocument.readyState === "loading") {
        // A label may still follow.
        ownerDocument.addEventListener("DOMContentLoaded", () => this.#body.settle(), { once: true });
      }
      const { activeElement } = ownerDocument;
      if (this.autofocus && (activeElement === null || activeElement === ownerDocument.body)) this.focus();
    }

    disconnectedCallback(): void {
      this.#body.connect(false);
    }

    adoptedCallback(): void {
      this.#body.settle();
    }

    attributeChangedCallback(name: string): void {
      if (name === "value") this.#body.defaultChanged();
      else if (SOURCES.includes(name)) this.#body.locate();
      else if (NAMING.includes(name)) this.#body.settle();
      else this.#body.reshape();
    }

    formAssociatedCallback(form: HTMLFormElement | null): void {
      this.#body.joinForm(form);
    }

    formDisabledCallback(disabled: boolean): void {
      this.#body.disabled = disabled;
    }

    formResetCallback(): void {
      this.#body.reset();
    }

    formStateRestoreCallback(state: unknown): void {
      this.#body.restore(state);
    }

    get type(): string {
      return "sealed-input";
    }

    // Frameworks set what they find as a property, and an input's markup may have a type and a form.
    set type(_: unknown) {}

    get value(): string {
      return this.#body.text === "" ? "" : FILLED;
    }

    set value(text: unknown) {
      // Frameworks put back what they have read. It says that there is a text, and is none.
      if (text !== FILLED) this.#body.text = String(text ?? "");
    }

    get sealer() {
      return this.#body.given;
    }

    set sealer(sealer) {
      this.#body.given = sealer ?? undefined;
      this.#body.locate();
    }

    get ready(): Promise<void> {
      return this.#body.ready();
    }

    get form(): HTMLFormElement | null {
      return this.#internals.form;
    }

    set form(id: unknown) {
      if (typeof id === "string") this.setAttribute("form", id);
    }

    get labels(): NodeList {
      return this.#internals.labels;
    }

    get validity(): ValidityState {
      return this.#internals.validity;
    }

    get validationMessage(): string {
      return this.#internals.willValidate ? this.#internals.validationMessage : "";
    }

    get willValidate(): boolean {
      return this.#internals.willValidate;
    }

    checkValidity(): boolean {
      return this.#internals.checkValidity();
    }

    reportValidity(): boolean {
      return this.#internals.reportValidity();
    }

    setCustomValidity(message: string): void {
      this.#body.customValidity = String(message);
    }

    get selectionStart(): number | null {
      return this.#body.control.selectionStart;
    }

    set selectionStart(at: number | null) {
      this.#body.control.selectionStart = at as number;
    }

    get selectionEnd(): number | null {
      return this.#body.control.selectionEnd;
    }

    set selectionEnd(at: number | null) {
      this.#body.control.selectionEnd = at as number;
    }

    get selectionDirection() {
      return this.#body.control.selectionDirection;
    }

    set selectionDirection(direction) {
      this.#body.control.selectionDirection = direction as "none";
    }

    select(): void {
      this.#body.control.select();
    }

    setSelectionRange(start: number | null, end: number | null, direction?: "forward" | "backward" | "none"): void {
      this.#body.control.setSelectionRange(start, end, direction);
    }
  }
  reflect(SealedInput.prototype);
  // Nothing of what is declared may be missing.
  return SealedInput satisfies { readonly prototype: Partial<SealedInputElement> };
}

import { FieldsealError } from "../error.js";
import { groupComposed, groupTyped, setText, type TextControl } from "../guard/edit.js";
import type { Sealer } from "../sealer.js";
import { brandOf } from "../wasm/fieldseal_wasm.js";
import { buildControl, buildParts, mayRest, shape, type Parts } from "./control.js";
import { Coordinator } from "./coordinator.js";
import { submitImplicitly } from "./enter.js";
import { judge } from "./judge.js";
import { descriptionOf, nameOf } from "./label.js";
import { watchPointer, whenReleased } from "../guard/pointer.js";
import { type LoadKeys, type Source, sourceOfAttributes, sourceOfPage } from "./source.js";
import { dress } from "./style.js";

const bodies = new WeakMap<Element, Body>();

/** What is inside an element, if it is one of these. The text is reached in this way and in no other. */
export function bodyOf(element: Element): Body | undefined {
  return bodies.get(element);
}

/** Whether the module is there. It stays, once it is. */
let awake = false;

/** The inside of a `<sealed-input>`: its shadow tree, its text, and what happens to it. */
export class Body {
  control: TextControl;
  /** The page's own sealer. */
  given: Sealer | PromiseLike<Sealer> | undefined;
  private readonly parts: Parts;
  private form: HTMLFormElement | null = null;
  private source: Source | undefined;
  /** Whether the element knows that its source is ready. */
  private told = false;
  /** Whether the text is somebody's, and not the attribute's. */
  private dirty = false;
  /** Whether a person has been at it, after which mistakes are shown. */
  private touched = false;
  /** Whether a mistake is shown now. */
  private shown = false;
  private custom = "";
  /** The text before the edit of now. */
  private before = "";
  /** The text of the last `change`. */
  private committed = "";
  private said = "";

  constructor(
    readonly host: HTMLElement,
    private readonly internals: ElementInternals,
    private readonly load: LoadKeys,
  ) {
    bodies.set(host, this);
    this.parts = buildParts(host);
    this.control = this.insert(buildControl(host));
    // A label's click arrives at the host, and some browsers leave the focus to it.
    host.addEventListener("click", (event) => {
      if (event.composedPath()[0] === host && !this.control.disabled) this.control.focus();
    });
    host.addEventListener("invalid", () => this.refresh(true));
    this.reset();
  }

  get kind(): string {
    return this.host.getAttribute("kind") ?? "text";
  }

  get text(): string {
    return this.control.value;
  }

  /** Sets the text for a script: as it is, without a word to anybody. */
  set text(text: string) {
    this.dirty = true;
    this.put(text);
  }

  set customValidity(message: string) {
    this.custom = message;
    this.rejudge();
  }

  /** The sealer, or why there is none. */
  sealer(): Sealer {
    const source = this.locate();
    if (source === undefined) throw new FieldsealError("sealer-pending");
    return source.get();
  }

  /** The sealer if it is there. */
  get sealerNow(): Sealer | undefined {
    return this.source?.sealer;
  }

  async ready(): Promise<void> {
    const source = this.locate();
    if (source === undefined) throw new FieldsealError("sealer-pending", "An element in no form has no keys.");
    await source.settled();
  }

  /** Looks for the keys that the element names now, and begins to load them. */
  locate(): Source | undefined {
    const source = this.find();
    if (source !== this.source) {
      this.source = source;
      this.told = false;
    }
    const tell = () => {
      if (this.told || this.source !== source || source?.sealer === undefined) return;
      this.told = true;
      this.onReady();
    };
    void source?.start().then(tell);
    tell();
    return source;
  }

  private find(): Source | undefined {
    if (this.given !== undefined) return sourceOfPage(this.given);
    return this.form === null ? undefined : sourceOfAttributes(this.host, this.form, this.load);
  }

  joinForm(form: HTMLFormElement | null): void {
    if (form === this.form) return;
    if (this.form !== null) Coordinator.of(this.form).leave(this);
    this.form = form;
    if (form !== null) Coordinator.of(form).join(this, this.host.isConnected);
    this.locate();
    this.rejudge();
  }

  /** An attribute has changed that the inner control or the verdict depends on. */
  reshape(): void {
    if ((this.control.localName === "textarea") !== this.host.hasAttribute("multiline")) {
      const text = this.control.value;
      const disabled = this.control.disabled;
      this.control.remove();
      this.control = this.insert(buildControl(this.host));
      this.control.disabled = disabled;
      setText(this.control, text);
    }
    shape(this.host, this.control, awake);
    // Also what the browser keeps for going back, as the text may be of a kind now that may not rest.
    this.changed(this.shown);
  }

  /** The element is in a page, or no longer in one. */
  connect(connected: boolean): void {
    if (this.form !== null) Coordinator.of(this.form).connect(this, connected);
    if (connected) this.settle();
  }

  /** Takes up where a label or the page's style sheets may have changed. */
  settle(): void {
    dress(this.parts.root);
    this.rename();
  }

  reset(): void {
    this.dirty = false;
    this.touched = false;
    this.shown = false;
    this.put(this.host.getAttribute("value") ?? "");
  }

  /** The attribute `value` counts for as long as nobody has put in anything else. */
  defaultChanged(): void {
    if (!this.dirty) this.put(this.host.getAttribute("value") ?? "");
  }

  /**
   * The page goes away or comes back. What may not rest is not there when it comes back, in no browser; the rest may
   * have been changed by the browser meanwhile.
   */
  turnPage(): void {
    if (mayRest(this.host, awake)) this.changed(this.shown);
    else this.reset();
  }

  restore(state: unknown): void {
    if (typeof state === "string") this.text = state;
  }

  set disabled(disabled: boolean) {
    this.control.disabled = disabled;
    this.rejudge();
  }

  /** A submission was stopped because of this element: the person is led to it. */
  blame(): void {
    this.refresh(true);
    this.control.focus();
    if (this.isFaulty) this.internals.reportValidity();
  }

  /** Whether a submission has to wait for the person to put something right. */
  get isFaulty(): boolean {
    return this.internals.willValidate && !this.internals.validity.valid;
  }

  /** Finds out what is wrong with the text, after something that it depends on has changed. */
  rejudge(): void {
    this.refresh(this.shown);
  }

  /** The same; `show` says it at once, and not only when the form is sent. */
  private refresh(show: boolean): void {
    const { host, control, internals } = this;
    const card = this.kind === "card-cvc" && this.form !== null ? Coordinator.of(this.form).card() : undefined;
    const { flags, words, reason } = judge(host, control, { custom: this.custom, awake, card });
    internals.setValidity(flags, words, control);
    // What no submission waits for is nothing to complain about.
    this.shown = show && internals.willValidate && words !== "";
    this.mark(this.shown ? words : "");
    const said = reason === "" ? "" : words;
    if (said === this.said) return;
    this.said = said;
    const detail = { field: host.getAttribute("name") ?? "", reason, message: said };
    host.dispatchEvent(new CustomEvent("fieldseal:invalid", { bubbles: true, detail }));
  }

  private insert(control: TextControl): TextControl {
    this.parts.error.before(control);
    control.addEventListener("focus", () => this.onFocus());
    control.addEventListener("input", (event) => this.onInput(event));
    control.addEventListener("compositionend", () => this.onComposed());
    control.addEventListener("change", () => this.commit());
    control.addEventListener("blur", () => this.onBlur());
    control.addEventListener("keypress", (event) => this.onKey(event as KeyboardEvent));
    shape(this.host, control, awake);
    return control;
  }

  private onReady(): void {
    awake = true;
    shape(this.host, this.control, awake);
    this.changed(this.shown);
    if (this.form !== null) Coordinator.of(this.form).onReady();
  }

  private onFocus(): void {
    watchPointer();
    this.before = this.control.value;
    this.committed = this.control.value;
    this.rename();
    if (this.sealerNow === undefined) this.locate();
    if (this.form !== null) Coordinator.of(this.form).onReady();
  }

  private onInput(event: Event): void {
    this.dirty = true;
    this.touched = true;
    if (awake) groupTyped(this.control, this.kind, this.before, event);
    this.before = this.control.value;
    this.changed(this.shown);
  }

  private onComposed(): void {
    if (awake) groupComposed(this.control, this.kind, this.before);
    this.before = this.control.value;
    this.changed(this.shown);
  }

  private onBlur(): void {
    // Browsers forget the `change` of a text that was regrouped after it was typed.
    if (this.control.value !== this.committed) this.commit();
    else if (this.touched) this.present();
  }

  /**
   * Shows what is wrong now that the person goes on to something else. While a pointer is down that waits until it
   * is up: the words move what is below them, and a button that has moved away misses its click.
   */
  private present(): void {
    // A reset may have come first, after which nobody has been at it.
    whenReleased(() => this.refresh(this.touched || this.shown));
  }

  private commit(): void {
    this.committed = this.control.value;
    this.touched = true;
    this.dirty = true;
    this.changed(this.shown);
    this.present();
    // The inner one does not leave the shadow tree.
    this.host.dispatchEvent(new Event("change", { bubbles: true }));
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.isComposing || this.control.localName === "textarea") return;
    // After everybody has seen the key, as a browser does it: they may have something else to do with it.
    setTimeout(() => {
      if (event.defaultPrevented || this.form === null) return;
      if (this.control.value !== this.committed) this.commit();
      submitImplicitly(this.form, (control) => bodies.has(control) && !control.hasAttribute("multiline"));
    });
  }

  private put(text: string): void {
    setText(this.control, text);
    this.before = this.control.value;
    this.committed = this.control.value;
    this.changed(this.shown);
  }

  /** The text is another one, whoever changed it. */
  private changed(show: boolean): void {
    // The first would be sent, so it is nothing: tokens are put in when the form's data is made.
    this.internals.setFormValue(null, mayRest(this.host, awake) ? this.control.value : null);
    this.refresh(show);
    if (awake && this.kind === "card-number") {
      const brand = brandOf(this.control.value);
      if (brand === "unknown") this.host.removeAttribute("data-brand");
      else if (this.host.getAttribute("data-brand") !== brand) this.host.setAttribute("data-brand", brand);
      if (this.form !== null) Coordinator.of(this.form).cardChanged();
    }
  }

  private mark(words: string): void {
    const { control, parts, internals } = this;
    if (parts.error.textContent !== words) parts.error.textContent = words;
    set(control, "aria-invalid", words && "true");
    set(control, "aria-errormessage", words && parts.error.id);
    this.describe();
    try {
      if (words === "") internals.states.delete("user-invalid");
      else internals.states.add("user-invalid");
    } catch {
      // Older browsers have no custom states, or want another name for them.
    }
  }

  private rename(): void {
    set(this.control, "aria-label", nameOf(this.host, this.internals.labels));
    this.parts.hint.textContent = descriptionOf(this.host);
    this.describe();
  }

  private describe(): void {
    const { hint, error } = this.parts;
    const told = [hint, error].filter(({ textContent }) => textContent !== "");
    set(this.control, "aria-describedby", told.map(({ id }) => id).join(" "));
  }
}

/** Sets an attribute if it is another one, or takes it away. */
function set(element: Element, name: string, value: string): void {
  if (value === "") element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

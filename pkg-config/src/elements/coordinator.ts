import { FieldsealError, toError } from "../error.js";
import { Alert } from "../guard/alert.js";
import { elementsOf } from "../guard/strip.js";
import { wasmSealerOf } from "../sealer.js";
import { type Expected, keepWarm, refill } from "../warm.js";
import { type Body, bodyOf } from "./body.js";
import { type Entry, entryOf, isSame } from "./entry.js";

/** An entry with its token. */
type Sealed = readonly [Entry, string];

/** When a page goes away, and when it comes back as it was. */
const TURNS = ["pagehide", "pageshow"] as const;

const coordinators = new WeakMap<HTMLFormElement, Coordinator>();

/** The tokens of one form, made when it is submitted: all of them or none. */
export class Coordinator {
  private readonly members = new Set<Body>();
  private readonly connected = new Set<Body>();
  private readonly alert: Alert;
  /** Ends what is prepared ahead for this form, while it is in a page. */
  private cool: (() => void) | undefined;
  /** What the `submit` of this moment has sealed. */
  private kept: readonly Sealed[] | undefined;
  /** Whether the person was told that something other than an answer is wrong. */
  private excused = false;

  static of(form: HTMLFormElement): Coordinator {
    let found = coordinators.get(form);
    if (found === undefined) coordinators.set(form, (found = new Coordinator(form)));
    return found;
  }

  private constructor(private readonly form: HTMLFormElement) {
    this.alert = new Alert(form, undefined, undefined, undefined);
  }

  join(body: Body, connected: boolean): void {
    this.members.add(body);
    if (this.members.size === 1) {
      this.form.addEventListener("submit", this.onSubmit, true);
      this.form.addEventListener("formdata", this.onFormData, true);
      this.form.addEventListener("input", this.onInput);
    }
    this.connect(body, connected);
  }

  leave(body: Body): void {
    this.connect(body, false);
    this.members.delete(body);
    if (this.members.size > 0) return;
    this.form.removeEventListener("submit", this.onSubmit, true);
    this.form.removeEventListener("formdata", this.onFormData, true);
    this.form.removeEventListener("input", this.onInput);
    this.clear();
  }

  /** Listens to the window only for what is in a page, so that a form that was taken out can be forgotten. */
  connect(body: Body, connected: boolean): void {
    if (connected) this.connected.add(body);
    else this.connected.delete(body);
    if (this.connected.size > 0 && this.cool === undefined) {
      this.cool = keepWarm(this.form, () => this.expected());
      for (const type of TURNS) addEventListener(type, this.onTurn);
    } else if (this.connected.size === 0 && this.cool !== undefined) {
      this.cool();
      this.cool = undefined;
      for (const type of TURNS) removeEventListener(type, this.onTurn);
    }
  }

  /** The keys of an element are there. */
  onReady(): void {
    refill();
    // What the person was told is not so any more.
    if (this.excused && this.submitted().every((body) => body.sealerNow !== undefined)) this.clear();
  }

  /** The card number of this form, by whose brand a security code is measured. */
  card(): string | undefined {
    for (const control of elementsOf(this.form)) {
      const body = bodyOf(control);
      if (body?.kind === "card-number") return body.text;
      if (control.hasAttribute("data-seal") && control.getAttribute("data-kind") === "card-number") {
        return (control as HTMLInputElement).value;
      }
    }
    return undefined;
  }

  cardChanged(): void {
    for (const body of this.members) if (body.kind === "card-cvc") body.rejudge();
  }

  private readonly onTurn = (event: Event): void => {
    if (event.type === "pageshow" && !(event as PageTransitionEvent).persisted) return;
    for (const body of this.members) body.turnPage();
  };

  private readonly onInput = (event: Event): void => {
    if ((event.target as Element).getAttribute("data-kind") === "card-number") this.cardChanged();
  };

  /** Seals before the page's own handlers see the submission, so that one that cannot be sealed never happens. */
  private readonly onSubmit = (event: Event): void => {
    if (event.target !== this.form) return;
    const submitter = (event as SubmitEvent).submitter as HTMLButtonElement | null;
    // As with other controls, a form can do without the checks; what is none of its kind cannot be sealed all the same.
    const lenient = this.form.hasAttribute("novalidate") || submitter?.formNoValidate === true;
    this.kept = undefined;
    try {
      this.kept = this.seal(undefined, !lenient);
    } finally {
      // Also if telling why it could not be sealed has failed.
      if (this.kept === undefined) {
        event.preventDefault();
        event.stopImmediatePropagation();
      }
    }
    // They are for the submission of this moment, and no token is sent twice.
    setTimeout(() => (this.kept = undefined));
  };

  /** Puts the tokens into the form's data, which is made for every kind of submission and for `new FormData`. */
  private readonly onFormData = (event: FormDataEvent): void => {
    if (event.target !== this.form) return;
    const { kept } = this;
    this.kept = undefined;
    for (const [entry, token] of this.seal(kept) ?? []) event.formData.append(entry.options.field, token);
  };

  /** Seals all entries, or tells why one cannot be and gives nothing. What was sealed just so serves once more. */
  private seal(kept?: readonly Sealed[], checked = false): readonly Sealed[] | undefined {
    let at: Body | undefined;
    try {
      const entries = this.submitted().map((body) => {
        at = body;
        const entry = entryOf(body);
        if (checked && body.isFaulty) throw new FieldsealError("value-invalid");
        return entry;
      });
      const isKept = kept?.length === entries.length && entries.every((entry, i) => isSame(entry, kept[i]?.[0]));
      const sealed = isKept
        ? kept
        : entries.map((entry): Sealed => {
            at = entry.body;
            return [entry, entry.seal()];
          });
      this.clear();
      return sealed;
    } catch (cause) {
      this.block(toError(cause), at);
      return undefined;
    }
  }

  private block(error: FieldsealError, body: Body | undefined): void {
    const detail = { code: error.code, field: body?.host.getAttribute("name") ?? "" };
    this.form.dispatchEvent(new CustomEvent("fieldseal:blocked", { bubbles: true, detail }));
    this.alert.show(error);
    this.excused = error.code !== "value-invalid";
    if (error.code === "value-invalid") body?.blame();
  }

  private clear(): void {
    this.excused = false;
    this.alert.clear();
  }

  /** The elements that would be sent, in the document's order. */
  private submitted(): Body[] {
    return [...elementsOf(this.form)]
      .filter((control) => control.getAttribute("name") && !control.matches(":disabled, datalist *"))
      .flatMap((control) => bodyOf(control) ?? []);
  }

  private expected(): ReturnType<Expected> {
    return this.submitted().flatMap(({ sealerNow: sealer, kind }) => (sealer ? [[wasmSealerOf(sealer), kind] as const] : []));
  }
}

import { type FieldsealError, toError } from "../error.js";
import { type Messages, wordsOf } from "../messages.js";

/** Tells the person, and a screen reader, that the form was not sent. */
export class Alert {
  private own: HTMLElement | undefined;

  constructor(
    private readonly form: HTMLFormElement,
    private readonly given: HTMLElement | undefined,
    private readonly describe: ((error: FieldsealError) => string) | undefined,
    private readonly messages: Messages | undefined,
  ) {}

  /** Shows an error, or takes the last one away. */
  show(error: unknown): void {
    if (error === undefined) return this.clear();
    const place = this.given ?? this.own ?? this.create();
    place.textContent = this.words(toError(error));
  }

  clear(): void {
    if (this.given) this.given.textContent = "";
    this.own?.remove();
    this.own = undefined;
  }

  private words(error: FieldsealError): string {
    try {
      const own = this.describe?.(error);
      if (own !== undefined) return own;
    } catch {
      // The person must be told, whatever the page's own code does.
    }
    return error.code === "value-invalid" ? wordsOf(this.form, "check", this.messages) : wordsOf(this.form, "blocked", this.messages);
  }

  private create(): HTMLElement {
    const place = document.createElement("p");
    place.className = "fieldseal-message";
    // Put in empty and filled afterwards, as screen readers announce what changes.
    place.setAttribute("role", "alert");
    this.form.append(place);
    this.own = place;
    return place;
  }
}

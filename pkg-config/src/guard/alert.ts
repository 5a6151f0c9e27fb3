import { type FieldsealError, toError } from "../error.js";
import { type Messages, wordsOf } from "../messages.js";

/** Tells the person, and a screen reader, that the form was not sent. */
export class Alert {
  #own: HTMLElement | undefined;

  readonly #form: HTMLFormElement;
  readonly #given: HTMLElement | undefined;
  readonly #describe: ((error: FieldsealError) => string) | undefined;
  readonly #messages: Messages | undefined;

  constructor(
    form: HTMLFormElement,
    given: HTMLElement | undefined,
    describe: ((error: FieldsealError) => string) | undefined,
    messages: Messages | undefined,
  ) {
    this.#form = form;
    this.#given = given;
    this.#describe = describe;
    this.#messages = messages;
  }

  /** Shows an error, or takes the last one away. */
  show(error: unknown): void {
    if (error === undefined) return this.clear();
    const place = this.#given ?? this.#own ?? this.#create();
    place.textContent = this.#words(toError(error));
  }

  clear(): void {
    if (this.#given) this.#given.textContent = "";
    this.#own?.remove();
    this.#own = undefined;
  }

  #words(error: FieldsealError): string {
    try {
      const own = this.#describe?.(error);
      if (own !== undefined) return own;
    } catch {
      // The person must be told, whatever the page's own code does.
    }
    return wordsOf(this.#form, error.code === "value-invalid" ? "check" : "blocked", this.#messages);
  }

  #create(): HTMLElement {
    const place = document.createElement("p");
    place.className = "fieldseal-message";
    // Put in empty and filled afterwards, as screen readers announce what changes.
    place.setAttribute("role", "alert");
    this.#form.append(place);
    this.#own = place;
    return place;
  }
}

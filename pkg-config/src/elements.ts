// The entry with the element `<sealed-input>`. Importing it does nothing, so it is safe on a server, where
// `defineElements` does nothing either.
import { makeElement } from "./elements/element.js";
import type { SealedInputElement } from "./elements/types.js";
import { FieldsealError } from "./error.js";
import type { LoadKeys } from "./elements/source.js";

export type { SealedInputAttributes, SealedInputElement } from "./elements/types.js";

// Not before keys are wanted: so a page that only guards forms does not download the main entry in pieces.
const loadKeys: LoadKeys = async (source, options) => (await import("./index.js")).loadKeys(source, options);

export interface ElementsOptions {
  /** Another name for the element, with a hyphen in it. */
  readonly tag?: string | undefined;
}

declare global {
  interface HTMLElementTagNameMap {
    "sealed-input": SealedInputElement;
  }
}

/**
 * Makes `<sealed-input>` known to the browser. To call it again changes nothing.
 *
 * @throws {FieldsealError} `option-invalid` for a name that no element can have
 */
export function defineElements(options: ElementsOptions = {}): void {
  const { tag = "sealed-input" } = options;
  if (typeof customElements === "undefined" || customElements.get(tag) !== undefined) return;
  try {
    customElements.define(tag, makeElement(loadKeys));
  } catch {
    throw new FieldsealError("option-invalid", "An element's name is in lower case and has a hyphen.", "tag");
  }
}

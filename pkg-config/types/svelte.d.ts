// `<sealed-input>` in the markup of Svelte: `import type {} from "fieldseal/svelte"`, once in a project.
import type { HTMLAttributes } from "svelte/elements";
import type { InvalidEvent } from "../guard/fields.js";
import type { SealedInputAttributes, SealedInputElement } from "../elements.js";

interface SealedInputInMarkup
  extends Omit<HTMLAttributes<SealedInputElement>, keyof SealedInputAttributes>, SealedInputAttributes {
  // Svelte warns of a colon in an attribute, so there is no `onfieldseal:invalid`.
  "on:fieldseal:invalid"?: ((event: InvalidEvent) => void) | undefined | null;
}

declare module "svelte/elements" {
  interface SvelteHTMLElements {
    "sealed-input": SealedInputInMarkup;
  }
}

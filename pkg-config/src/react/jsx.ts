import type { ClassAttributes, HTMLAttributes } from "react";
import type { SealedInputAttributes, SealedInputElement } from "../elements.js";

/**
 * `<sealed-input>` in JSX, by the names that HTML has for its attributes. React 18 makes attributes of all of them,
 * and so cannot set `sealer`; React 19 would set `form`, which is for nobody to set.
 */
export interface SealedInputTag
  extends Omit<HTMLAttributes<SealedInputElement>, keyof SealedInputAttributes>,
    Omit<SealedInputAttributes, "form">,
    ClassAttributes<SealedInputElement> {
  class?: string | undefined;
}

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "sealed-input": SealedInputTag;
    }
  }
}

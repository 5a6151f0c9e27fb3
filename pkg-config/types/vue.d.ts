// `<sealed-input>` in the templates of Vue: `import type {} from "fieldseal/vue"`, once in a project. Vue itself has to
// be told that the tag is no component of its own: `compilerOptions.isCustomElement`.
import type { HTMLAttributes, PublicProps } from "vue";
import type { InvalidEvent } from "../guard/fields.js";
import type { SealedInputAttributes, SealedInputElement } from "../elements.js";

type Props = Omit<HTMLAttributes, keyof SealedInputAttributes> &
  PublicProps &
  SealedInputAttributes & { "onFieldseal:invalid"?: (event: InvalidEvent) => void };

// The element, with what Vue's tools read of a component.
type SealedInputInTemplates = new () => SealedInputElement & { $props: Props };

declare module "vue" {
  interface GlobalComponents {
    "sealed-input": SealedInputInTemplates;
  }
}

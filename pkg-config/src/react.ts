"use client";
// The entry for React 18 and newer: hooks that load a sealer and guard a form, and `<sealed-input>` as a component.
// Nothing happens before a component mounts, so it renders on a server as well.
export { FieldsealError } from "./error.js";
export type { ErrorCode } from "./error.js";
export { useSealedForm } from "./react/form.js";
export type { SealedFormOptions, SealedFormState } from "./react/form.js";
export { SealedInput } from "./react/input.js";
export type { SealedInputProps } from "./react/input.js";
export type { SealedInputTag } from "./react/jsx.js";
export { useSealer } from "./react/sealer.js";
export type { UseSealerOptions } from "./react/sealer.js";
export type { SealerState } from "./react/store.js";

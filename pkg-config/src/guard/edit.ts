import { editText } from "../wasm/fieldseal_wasm.js";

/** A control in which text is edited. */
export type TextControl = HTMLInputElement | HTMLTextAreaElement;

/** The types of input that tell where the caret is. */
const WITH_CARET = /^(text|search|url|tel|password|textarea)$/;

/**
 * Puts what a person just typed, pasted or deleted into the groups of its kind, and keeps the caret where the
 * person has it. What is filled in by the browser or by a script is left alone, and so is text that an input
 * method is still composing.
 */
export function groupTyped(control: TextControl, kind: string, before: string, event: Event): void {
  const { inputType, isComposing } = event as InputEvent;
  if (isComposing || !inputType || inputType === "insertReplacementText" || /^history/.test(inputType)) return;
  regroup(control, kind, before, inputType === "deleteContentForward");
}

/** The same for text that an input method has just finished. */
export function groupComposed(control: TextControl, kind: string, before: string): void {
  regroup(control, kind, before, false);
}

function regroup(control: TextControl, kind: string, before: string, forward: boolean): void {
  if (!WITH_CARET.test(control.type)) return;
  const edited = editText(kind, before, control.value, control.selectionStart ?? control.value.length, forward);
  if (edited === undefined) return;
  const at = edited.indexOf(":");
  setText(control, edited.slice(at + 1));
  const caret = Number(edited.slice(0, at));
  control.setSelectionRange(caret, caret);
}

/**
 * Sets the text past whatever a framework has put on the control: React would otherwise take it for its own
 * change and tell nobody.
 */
export function setText(control: TextControl, text: string): void {
  const prototype = control.localName === "textarea" ? HTMLTextAreaElement.prototype : HTMLInputElement.prototype;
  Object.getOwnPropertyDescriptor(prototype, "value")?.set?.call(control, text);
}

import { elementsOf } from "./strip.js";

/** The kinds of the values that a form would seal now: one of a radio group, and of a list as many as are selected. */
export function expectedKinds(form: HTMLFormElement): string[] {
  return [...elementsOf(form)].flatMap((control) => {
    if (!control.hasAttribute("data-seal")) return [];
    const { type, checked } = control as HTMLInputElement;
    const { selectedOptions } = control as Partial<HTMLSelectElement>;
    const count = type === "radio" ? Number(checked) : (selectedOptions?.length ?? 1);
    return Array<string>(count).fill(control.getAttribute("data-kind") ?? "text");
  });
}

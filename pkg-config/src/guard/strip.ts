import { listen } from "./listen.js";

/**
 * Takes every declared control's own entry out of the form data, before anything else looks at it.
 *
 * A declared control should have no name and so no entry. Some have one all the same: radio buttons,
 * which the guard names, and controls that the page's author named. A `dirname` would tell the
 * direction of what was written. This listener has nothing in it that could fail, so that no failure of
 * what comes after can let a value through.
 */
export function stripDeclared(form: HTMLFormElement): () => void {
  return listen(form, ["formdata"], (event: FormDataEvent) => {
    if (event.target !== form) return;
    const found = new Set(event.formData.keys());
    if (found.size === 0) return;
    for (const control of elementsOf(form)) {
      const entry = control.getAttribute("data-seal");
      if (entry === null) continue;
      // A custom element submits under names of its own, which nobody here can know: then nothing may stay.
      const names = control.localName.includes("-")
        ? found
        : [entry, control.getAttribute("name"), control.getAttribute("dirname")];
      for (const name of names) if (name !== null) event.formData.delete(name);
    }
  });
}

/** The form's controls, even if one of them is called "elements" and stands in the way. */
export function elementsOf(form: HTMLFormElement): HTMLFormControlsCollection {
  return Reflect.get(HTMLFormElement.prototype, "elements", form) as HTMLFormControlsCollection;
}

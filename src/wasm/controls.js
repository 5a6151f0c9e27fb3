// What the guard asks of a form's declared controls, in one call for each value: a look at a control takes less time than
// the way here from the module, and what the module would ask one by one is a dozen questions.

/** What the guard names a group of radio buttons, which without a name would not be a group. */
const RADIO_PREFIX = "fieldseal:";

/**
 * The form's declared controls in tree order, those joined by a `form` attribute too, even if one of them is called
 * "elements" and stands in the way.
 *
 * @param {HTMLFormElement} form
 * @returns {HTMLInputElement[]} Any controls, of which no more is asked than they have.
 */
const declared = (form) =>
  [...Reflect.get(HTMLFormElement.prototype, "elements", form)].filter((control) => control.hasAttribute("data-seal"));

/**
 * Gives the group's name to radio buttons without one, so that the browser keeps one of the group checked, arrow keys move,
 * and screen readers count; or takes it away again.
 *
 * @param {HTMLFormElement} form
 * @param {boolean} guarded
 */
export function nameRadios(form, guarded) {
  for (const control of declared(form)) {
    if (control.localName !== "input" || control.type !== "radio") continue;
    if (guarded) control.name ||= RADIO_PREFIX + control.getAttribute("data-seal");
    else if (control.name.startsWith(RADIO_PREFIX)) control.removeAttribute("name");
  }
}

/**
 * Calls `see` for each value that the declared controls would submit now, and once for a control that would submit none,
 * until it gives false. With the control come its entry's name, its kind, hints and region, whether its value is to be one
 * of its kind, whether the page's author gave it a name, and the value.
 *
 * @param {HTMLFormElement} form
 * @param {(control: Element, entry: string, kind: string, hint: string | undefined, region: string | undefined,
 *   check: boolean, named: boolean, value: string | boolean | null | undefined) => boolean} see
 */
export function visit(form, see) {
  for (const control of declared(form)) {
    const said = (attribute) => control.getAttribute(attribute) ?? undefined;
    const [entry, kind, name] = [said("data-seal"), said("data-kind") ?? "text", said("name")];
    const [hint, region, check] = [said("data-hint"), said("data-region"), said("data-check") !== "off"];
    const named = !!name && !name.startsWith(RADIO_PREFIX);
    for (const value of valuesOf(control, kind)) {
      if (!see(control, entry, kind, hint, region, check, named, value)) return;
    }
  }
}

/**
 * Puts tokens into a form's data: an entry's name and its token in turn, each with a line feed behind it. They come as one
 * text, as each text takes microseconds on its way out of the module.
 *
 * @param {FormData} data
 * @param {string} lines
 */
export function append(data, lines) {
  const texts = lines.split("\n");
  for (let at = 1; at < texts.length; at += 2) data.append(texts[at - 1], texts[at]);
}

/** One value, for a control that would submit none. */
const NONE = [undefined];

/**
 * The values that a control would submit: the steps of WHATWG HTML, "constructing the entry list". `null` is for a control
 * whose value nobody can seal.
 *
 * @param {HTMLInputElement} control
 * @param {string} kind
 */
function valuesOf(control, kind) {
  if (control.matches(":disabled, datalist *")) return NONE;
  if (control.localName === "select") {
    // `:disabled` covers an option whose group is disabled.
    const options = [...control.selectedOptions].filter((option) => !option.matches(":disabled"));
    return options.length > 0 ? options.map((option) => option.value) : NONE;
  }
  if (control.localName === "input") {
    switch (control.type) {
      case "checkbox":
        // Sealed whether checked or not: an entry that is missing would tell the answer.
        if (kind === "boolean") return [control.checked];
      // Falls through: other boxes submit as radio buttons do.
      case "radio":
        if (!control.checked) return NONE;
        break;
      // A button submits nothing of its own unless it is pressed, and holds no secret then. A file is no string, and its name
      // alone can be telling.
      case "button":
      case "reset":
      case "submit":
      case "image":
      case "file":
        return [null];
    }
  } else if (control.localName !== "textarea") return [null];
  return [control.value];
}

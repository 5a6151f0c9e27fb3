import type { TextControl } from "../guard/edit.js";
import { inputFacts } from "../wasm/fieldseal_wasm.js";
import { dress } from "./style.js";

/** What the inner control takes from its host as it is. */
const FORWARDED = [
  "placeholder", "required", "readonly", "pattern", "minlength", "maxlength", "inputmode", "autocomplete", "dir",
  "size", "rows", "enterkeyhint", "spellcheck", "autocapitalize", "autocorrect", "writingsuggestions",
] as const;

/** The attributes of the host that change the inner control. */
export const SHAPING: readonly string[] = [...FORWARDED, "kind", "multiline"];

/** What a browser knows about a kind, once the module is there. */
interface Facts {
  readonly autocomplete: string;
  readonly inputmode: string;
  readonly dir: string;
}

/** The parts of the shadow tree. */
export interface Parts {
  readonly root: ShadowRoot;
  readonly error: HTMLElement;
  /** What elements outside say about the control. */
  readonly hint: HTMLElement;
}

/** Builds the shadow tree. It is closed, so that the page's scripts do not come upon the text by chance. */
export function buildParts(host: HTMLElement): Parts {
  const root = host.attachShadow({ mode: "closed", delegatesFocus: true });
  dress(root);
  const icon = host.ownerDocument.createElement("slot");
  icon.name = "icon";
  icon.setAttribute("part", "icon");
  icon.addEventListener("slotchange", () => icon.classList.toggle("filled", icon.assignedElements().length > 0));
  const error = host.ownerDocument.createElement("span");
  error.id = "error";
  error.setAttribute("part", "error");
  error.setAttribute("aria-live", "polite");
  const hint = host.ownerDocument.createElement("span");
  hint.id = "hint";
  hint.hidden = true;
  root.append(icon, error, hint);
  return { root, error, hint };
}

/** The inner control, which has no name and is in no form, so that no browser ever sends it. */
export function buildControl(host: HTMLElement): TextControl {
  const control = host.ownerDocument.createElement(host.hasAttribute("multiline") ? "textarea" : "input");
  control.setAttribute("part", "input");
  return control;
}

/** Gives the inner control what its host and its kind say. */
export function shape(host: HTMLElement, control: TextControl, awake: boolean): void {
  const kind = host.getAttribute("kind") ?? "text";
  const facts = awake ? factsOf(kind) : undefined;
  const technical = facts !== undefined && (facts.dir !== "" || /^(numeric|decimal|tel|email)$/.test(facts.inputmode));
  const defaults: { readonly [name: string]: string | undefined } = {
    ...facts,
    // Some browsers send what they check or complete to a service, which nobody expects of a sealed field.
    spellcheck: "false",
    writingsuggestions: "false",
    ...((technical || kind === "password") && { autocapitalize: "off", autocorrect: "off" }),
  };
  for (const name of FORWARDED) {
    const value = host.getAttribute(name) ?? (defaults[name] || null);
    if (value === null) control.removeAttribute(name);
    else if (control.getAttribute(name) !== value) control.setAttribute(name, value);
  }
  if (control.localName === "input") {
    // Every other type would lose the caret, or rewrite what is typed.
    const type = kind === "password" ? "password" : "text";
    if ((control as HTMLInputElement).type !== type) (control as HTMLInputElement).type = type;
  }
}

/** Kinds whose text is put nowhere, not even where a browser keeps it for when a person comes back. */
const NEVER_KEPT = /^(password|card-cvc|security-answer|auth-token|session-data)$/;

/**
 * Whether the browser may keep the text to restore it, as it does with every input but those with
 * `autocomplete=off`. As long as the kind's own habits are not known it may not.
 */
export function mayRest(host: HTMLElement, awake: boolean): boolean {
  const kind = host.getAttribute("kind") ?? "text";
  if (NEVER_KEPT.test(kind)) return false;
  const own = host.getAttribute("autocomplete") ?? (awake ? factsOf(kind)?.autocomplete : "off");
  return own !== undefined && own.trim().toLowerCase() !== "off";
}

function factsOf(kind: string): Facts | undefined {
  try {
    const [autocomplete = "", inputmode = "", dir = ""] = inputFacts(kind).split(",");
    return { autocomplete, inputmode, dir };
  } catch {
    return undefined; // A kind that nobody knows stops the submission, and says so there.
  }
}

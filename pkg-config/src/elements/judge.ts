import { reasonOf } from "../guard/check.js";
import type { TextControl } from "../guard/edit.js";
import { wordsFor, wordsOf } from "../messages.js";

/** What is wrong with a text: the flags that a browser knows, words for the person, and the kind's own reason. */
export interface Verdict {
  readonly flags: ValidityStateFlags;
  readonly words: string;
  readonly reason: string;
}

/** What the verdict depends on beside the inner control. */
export interface Circumstances {
  /** What the page said with `setCustomValidity`. */
  readonly custom: string;
  /** Whether the module is there. */
  readonly awake: boolean;
  /** The number of the card that a security code belongs to. */
  readonly card: string | undefined;
}

/** What only the browser can tell of a text. */
const BROWSERS_OWN = ["patternMismatch", "tooShort", "tooLong"] as const;

/** Judges the text as `<input>` would, and by its kind. */
export function judge(host: HTMLElement, control: TextControl, { custom, awake, card }: Circumstances): Verdict {
  const kind = host.getAttribute("kind") ?? "text";
  const flags: ValidityStateFlags = {};
  const words: string[] = [];
  if (custom !== "") {
    flags.customError = true;
    words.push(custom);
  }
  if (control.value === "" && host.hasAttribute("required")) {
    flags.valueMissing = true;
    words.push(wordsOf(host, "required"));
  }
  for (const flag of BROWSERS_OWN) {
    if (!control.validity[flag]) continue;
    flags[flag] = true;
    // A control that nobody can change has no message of its own.
    words.push(control.validationMessage || wordsFor(host, "format", kind));
  }
  const reason = awake && host.getAttribute("check") !== "off" ? ofKind(host, kind, control.value, card) : undefined;
  if (reason !== undefined) {
    flags.badInput = true;
    words.push(wordsFor(host, reason, kind));
  }
  return { flags, words: words[0] ?? "", reason: reason ?? "" };
}

function ofKind(host: HTMLElement, kind: string, text: string, card: string | undefined): string | undefined {
  try {
    return reasonOf(kind, text, host.getAttribute("region") ?? undefined, card);
  } catch {
    return undefined; // A kind that nobody knows is the developer's matter, and stops the submission.
  }
}

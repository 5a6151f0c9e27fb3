import { listen } from "./guard/listen.js";
import type { Sealer } from "./wasm/fieldseal_wasm.js";

/** The values that a form would seal now: with which sealer, and as which kind. */
export type Expected = () => readonly (readonly [Sealer, string])[];

/** For how many milliseconds at a stretch the page waits for this. */
const STRETCH = 2;

/** How many are made at a stretch, because a browser's clock may stand still for longer. */
const AT_ONCE = 4;

/** When the browser is never idle, one is made after so many milliseconds. */
const PATIENCE = 500;

/** Where there are no idle callbacks (WebKit), so long a pause lets typing through. */
const PAUSE = 50;

/** After these a form may expect other values, or has sealed some. */
const CHANGES = ["focusin", "change", "formdata"] as const;

const forms = new Set<Expected>();
/** The sealers that may have something ready. */
const filled = new Set<Sealer>();
let isAway = false;
let isWaiting = false;

/**
 * Does the costly part of sealing while the browser is idle, so that submitting a form does not wait for it. Nothing
 * depends on it: a value without one is sealed on the spot.
 *
 * A page that is left keeps nothing, also if it is kept to be shown again. One that is only hidden does: what was typed
 * lies beside it, and the person comes back to send it.
 */
export function keepWarm(form: HTMLFormElement, expected: Expected): () => void {
  forms.add(expected);
  // However often it is added, it is called once.
  listen(window, ["pagehide", "pageshow"], turn);
  const deaf = listen(form, CHANGES, refill);
  refill();
  return () => {
    forms.delete(expected);
    deaf();
    // The other forms get back what of theirs this wipes.
    trim();
    refill();
  };
}

/** Sees to it that all forms have what they expect, as soon as the browser has time. */
export function refill(): void {
  if (isWaiting) return;
  isWaiting = true;
  if (typeof requestIdleCallback === "function") requestIdleCallback(fill, { timeout: PATIENCE });
  else setTimeout(fill, PAUSE);
}

function fill(idle?: IdleDeadline): void {
  isWaiting = false;
  const end = performance.now() + Math.min(STRETCH, idle?.timeRemaining() ?? STRETCH);
  let left = AT_ONCE;
  for (const [sealer, kinds] of trim()) {
    while (sealer.prepare(kinds)) if (--left === 0 || performance.now() >= end) return refill();
  }
}

/** Wipes what was made with sealers that are not expected any more; gives the others with the kinds of their values. */
function trim(): Map<Sealer, string> {
  const kinds = new Map<Sealer, string>();
  for (const expected of forms) {
    for (const [sealer, kind] of expected()) {
      // It may have been made with something ready.
      filled.add(sealer);
      if (!isAway) kinds.set(sealer, `${kinds.get(sealer) ?? ""} ${kind}`);
    }
  }
  for (const sealer of filled) {
    if (kinds.has(sealer)) continue;
    sealer.wipe();
    filled.delete(sealer);
  }
  return kinds;
}

function turn({ type }: Event): void {
  isAway = type === "pagehide";
  // What was asked for before the page was left may never come.
  isWaiting = false;
  trim();
  refill();
}

import type { Sealer } from "../wasm/fieldseal_wasm.js";
import { elementsOf } from "./strip.js";

/**
 * Does the costly part of sealing while the browser is idle, one value at a time, so that submitting
 * a form does not wait for it. Nothing depends on it: a value without one is sealed on the spot.
 */
export function keepWarm(form: HTMLFormElement, sealer: Sealer): () => void {
  let idle: number | undefined;
  // WebKit has no idle callbacks; there a pause lets typing through.
  const hasIdle = typeof requestIdleCallback === "function";
  const later = (work: () => void): number => (hasIdle ? requestIdleCallback(work) : window.setTimeout(work, 50));
  const never = (handle: number): void => (hasIdle ? cancelIdleCallback(handle) : clearTimeout(handle));

  const fill = () => {
    idle = undefined;
    const kinds = [...elementsOf(form)]
      .filter((control) => control.hasAttribute("data-seal"))
      .map((control) => control.getAttribute("data-kind") ?? "text");
    const next = kinds[sealer.prepared()];
    if (next === undefined) return;
    try {
      sealer.prepare(next);
    } catch {
      return; // What is wrong shows when the form is submitted.
    }
    refill();
  };
  const refill = () => {
    idle ??= later(fill);
  };
  const stop = () => {
    if (idle !== undefined) never(idle);
    idle = undefined;
    sealer.wipe();
  };

  refill();
  form.addEventListener("formdata", refill);
  addEventListener("pagehide", stop);
  addEventListener("pageshow", refill);
  return () => {
    stop();
    form.removeEventListener("formdata", refill);
    removeEventListener("pagehide", stop);
    removeEventListener("pageshow", refill);
  };
}

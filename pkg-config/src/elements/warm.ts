import { type Sealer, wasmSealerOf } from "../sealer.js";

/** A value that will be sealed: with which sealer, and as which kind. */
export interface Expected {
  readonly sealer: Sealer;
  readonly kind: string;
}

/** WebKit has no idle callbacks; there a pause lets typing through. */
const hasIdle = () => typeof requestIdleCallback === "function";

/**
 * Does the costly part of sealing while the browser is idle, one value at a time, as `keepWarm` does for a
 * guarded form. Nothing depends on it: a value without one is sealed on the spot.
 */
export class Warmer {
  private idle: number | undefined;
  private readonly warmed = new Set<Sealer>();

  constructor(private readonly expected: () => readonly Expected[]) {
    addEventListener("pagehide", this.stop);
    addEventListener("pageshow", this.refill);
  }

  readonly refill = (): void => {
    this.idle ??= hasIdle() ? requestIdleCallback(this.fill) : window.setTimeout(this.fill, 50);
  };

  release(): void {
    removeEventListener("pagehide", this.stop);
    removeEventListener("pageshow", this.refill);
    this.stop();
  }

  private readonly fill = (): void => {
    this.idle = undefined;
    const seen = new Map<Sealer, number>();
    for (const { sealer, kind } of this.expected()) {
      const nth = seen.get(sealer) ?? 0;
      seen.set(sealer, nth + 1);
      const wasm = wasmSealerOf(sealer);
      if (nth < wasm.prepared()) continue;
      try {
        wasm.prepare(kind);
      } catch {
        continue; // What is wrong shows when the form is submitted.
      }
      // One that is full takes no more, and must not be asked for ever.
      if (wasm.prepared() <= nth) continue;
      this.warmed.add(sealer);
      return this.refill();
    }
  };

  private readonly stop = (): void => {
    if (this.idle !== undefined) (hasIdle() ? cancelIdleCallback : clearTimeout)(this.idle);
    this.idle = undefined;
    // What was prepared is secret until it is used.
    for (const sealer of this.warmed) wasmSealerOf(sealer).wipe();
    this.warmed.clear();
  };
}

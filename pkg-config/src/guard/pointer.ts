const RELEASES = ["pointerup", "pointercancel"] as const;

let watching = false;
let pressed = false;

/** Keeps an eye on whether a pointer is down, from the first time that anybody asks. */
export function watchPointer(): void {
  if (watching) return;
  watching = true;
  addEventListener("pointerdown", () => (pressed = true), true);
  // A pointer that is let go outside of the window is not heard of; the next key tells as much.
  for (const type of [...RELEASES, "keydown"]) addEventListener(type, () => (pressed = false), true);
}

/** Does something at once, or when the pointer that is down has been let go and its click has arrived. */
export function whenReleased(work: () => void): void {
  if (!pressed) return work();
  const later = () => {
    for (const type of RELEASES) removeEventListener(type, later, true);
    setTimeout(work);
  };
  for (const type of RELEASES) addEventListener(type, later, true);
}

import { listen } from "./listen.js";

const RELEASES = ["pointerup", "pointercancel"] as const;

let watching = false;
let pressed = false;

/** Keeps an eye on whether a pointer is down, from the first time that anybody asks. */
export function watchPointer(): void {
  if (watching) return;
  watching = true;
  listen(window, ["pointerdown"], () => (pressed = true));
  // A pointer that is let go outside of the window is not heard of; the next key tells as much.
  listen(window, [...RELEASES, "keydown"], () => (pressed = false));
}

/** Does something at once, or when the pointer that is down has been let go and its click has arrived. */
export function whenReleased(work: () => void): void {
  if (!pressed) return work();
  const done = listen(window, RELEASES, () => {
    done();
    setTimeout(work);
  });
}

/** Listens before the page's own listeners do, and until what this gives is called. */
export function listen<E extends Event>(target: EventTarget, types: readonly string[], listener: (event: E) => void): () => void {
  const react = listener as EventListener;
  for (const type of types) target.addEventListener(type, react, true);
  return () => {
    for (const type of types) target.removeEventListener(type, react, true);
  };
}

/** What a form is sent with: by a person, and by every script. */
export const SENDS = ["submit", "formdata"] as const;

/** Stops a submission, if it still can be stopped, before the page's own listeners see it. */
export function stop(event: Event): void {
  event.preventDefault();
  if (event.type === "submit") event.stopImmediatePropagation();
}

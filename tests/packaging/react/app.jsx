// The application of react.test.mjs, as the server renders it and the browser takes it over.
import { lazy, StrictMode, Suspense, useState } from "react";

/** Where the test looks how often a component ran its effects, and what it was told. */
export const note = (name, value) => void ((globalThis.noted ??= {})[name] ??= []).push(value);

// One file a page, so that the server streams it late and the browser loads it by itself.
const pages = {
  checkout: lazy(() => import("./checkout.jsx")),
  fetching: lazy(() => import("./fetching.jsx")),
  action: lazy(() => import("./action.jsx")),
};

export function App({ page, pin }) {
  const [shown, setShown] = useState(true);
  const Page = pages[page];
  return (
    <StrictMode>
      <button id="toggle" onClick={() => setShown(!shown)}>
        show or hide
      </button>
      <Suspense fallback={<p>One moment …</p>}>{shown && <Page pin={pin} />}</Suspense>
    </StrictMode>
  );
}

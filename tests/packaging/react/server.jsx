import { Writable } from "node:stream";
import { renderToPipeableStream } from "react-dom/server";
import { App } from "./app.jsx";

/** The application as a stream renders it, and whether the page came later than what is around it. */
export function render(props) {
  return new Promise((done, failed) => {
    let html = "";
    const into = new Writable({
      write(chunk, _, next) {
        html += chunk;
        next();
      },
      final(next) {
        next();
        done(html);
      },
    });
    const { pipe } = renderToPipeableStream(<App {...props} />, { onShellReady: () => pipe(into), onError: failed });
  });
}

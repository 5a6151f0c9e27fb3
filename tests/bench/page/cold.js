// A page that seals one value as soon as it can, and says when that was. Times are milliseconds since navigation began.
import { toText } from "../shared/bytes.js";
import { card } from "../shared/values.js";

export async function once(setup, seal) {
  const item = card();
  try {
    const sender = await setup(JSON.parse(document.getElementById("key").textContent));
    const ready = performance.now();
    const sealed = await seal(sender, item);
    const first = performance.now();
    globalThis.cold = { ready, first, sealed: typeof sealed === "string" ? { text: sealed } : { bytes: toText(sealed) } };
  } catch (error) {
    globalThis.cold = { error: String(error) };
  }
}

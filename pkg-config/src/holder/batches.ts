/** What the key holder takes at once: 100 tokens and 1 MiB, less some room for the JSON around them. */
const TOKENS = 100;
const BYTES = 900 * 1024;

/** The JSON texts of some items, in order, as parts that are within the limits as far as each item by itself is. */
export function batches(items: readonly string[], most = TOKENS): readonly (readonly string[])[] {
  const utf8 = new TextEncoder();
  const parts: string[][] = [];
  let part: string[] = [];
  let bytes = 0;
  for (const item of items) {
    const length = utf8.encode(item).length + 1;
    if (part.length === most || (part.length > 0 && bytes + length > BYTES)) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(item);
    bytes += length;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}

/** Runs `run` for each part, some at a time, and gives the results in the order of the parts. The first failure is that of
 * all, and stops the others through the signal that they get. */
export async function each<P, T>(
  parts: readonly P[],
  atATime: number,
  signal: AbortSignal | undefined,
  run: (part: P, at: number, signal: AbortSignal) => Promise<readonly T[]>,
): Promise<T[]> {
  const stop = new AbortController();
  const both = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const done = new Array<readonly T[]>(parts.length);
  const waiting = parts.entries();
  const worker = async () => {
    for (const [at, part] of waiting) done[at] = await run(part, at, both);
  };
  try {
    await Promise.all(Array.from({ length: Math.min(atATime, parts.length) }, worker));
  } catch (error) {
    stop.abort();
    throw error;
  }
  return done.flat();
}

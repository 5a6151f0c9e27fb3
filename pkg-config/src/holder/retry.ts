/** The shortest and the longest pause before an address is asked again, when nobody says how long, in milliseconds. */
const FIRST = 100;
const LAST = 5000;

/** The pause after a number of rounds that failed, 1 for the first. Half of it is chance, so that clients that failed at the
 * same moment do not come back at the same moment. */
export function backoff(rounds: number, chance: number): number {
  const most = Math.min(LAST, FIRST * 2 ** (rounds - 1));
  return most / 2 + (most / 2) * chance;
}

/** `Retry-After` in seconds (RFC 9110 section 10.2.3): a number of them, or a date. */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const until = Date.parse(header);
  return Number.isNaN(until) ? undefined : Math.max(0, Math.ceil((until - now) / 1000));
}

/** Waits, unless the signal is raised: then it throws the signal's reason. */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

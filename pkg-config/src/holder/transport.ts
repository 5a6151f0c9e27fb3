// Requests to the replicas of a key holder: which is asked, how long it may take, and what is tried again. A request that
// opens has a name, so asking again gives what the lost answer had.
import type { Bearer } from "./credential.js";
import { HolderError } from "./error.js";
import { backoff, pause, retryAfter } from "./retry.js";

/** The longest answer that is read: a hundred values that fill a request, which JSON can make somewhat longer. */
const MOST = 32 * 1024 * 1024;

/** A longer `Retry-After` than this, in seconds, is not waited for: whoever asked decides. */
const LONGEST_WAIT = 30;

/** Too many requests, and no service here or behind a proxy: another time or another replica may do. */
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** The longest detail that is taken over. The key holder's own are shorter, and a token is longer. */
const DETAIL = 300;

/** One request. */
export interface Ask {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly body?: string;
  /** The request's name (draft-ietf-httpapi-idempotency-key-header). */
  readonly name?: string;
  readonly signal: AbortSignal | undefined;
}

/** What came of one attempt. */
type Attempt = { readonly answer: unknown } | { readonly error: HolderError; readonly again: boolean };

export class Transport {
  readonly #bases: readonly string[];
  readonly #bearer: Bearer;
  readonly #timeout: number;
  readonly #rounds: number;
  /** The replica that answered last. */
  #good = 0;

  constructor(bases: readonly string[], bearer: Bearer, timeout: number, rounds: number) {
    this.#bases = bases;
    this.#bearer = bearer;
    this.#timeout = timeout;
    this.#rounds = rounds;
  }

  /** The answer's JSON. Throws a `HolderError`, or the reason of the signal. */
  async ask(ask: Ask): Promise<unknown> {
    const start = this.#good;
    const count = this.#bases.length;
    let refused = false;
    for (let tried = 0; ; tried += 1) {
      const at = (start + tried) % count;
      const found = await this.#attempt(this.#bases[at] as string, ask, refused);
      if ("answer" in found) {
        this.#good = at;
        return found.answer;
      }
      const { error, again } = found;
      if (error.status === 401 && this.#bearer.changes && !refused) {
        refused = true;
        tried -= 1;
        continue;
      }
      if (!again || tried + 1 >= this.#rounds * count) throw error;
      if ((error.retryAfter ?? 0) > LONGEST_WAIT) throw error;
      // Another replica that has not been asked in this round is asked at once, unless there are too many requests.
      const isRound = (tried + 1) % count === 0;
      const rest = isRound ? backoff((tried + 1) / count, Math.random()) : 0;
      const told = isRound || error.status === 429 ? (error.retryAfter ?? 0) * 1000 : 0;
      await pause(Math.max(rest, told), ask.signal);
    }
  }

  async #attempt(base: string, { method, path, body, name, signal }: Ask, refused: boolean): Promise<Attempt> {
    signal?.throwIfAborted();
    const headers: Record<string, string> = { authorization: await this.#bearer.header(refused, signal) };
    if (body !== undefined) headers["content-type"] = "application/json";
    if (name !== undefined) headers["idempotency-key"] = name;
    const late = AbortSignal.timeout(this.#timeout);
    const stop = signal === undefined ? late : AbortSignal.any([signal, late]);
    let response: Response;
    let text: string;
    try {
      // A redirect would carry the credential to another machine.
      const init: RequestInit = { method, headers, signal: stop, redirect: "manual" };
      response = await fetch(base + path, body === undefined ? init : { ...init, body });
      text = await read(response);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof HolderError) return { error, again: false };
      return { error: new HolderError(late.aborted ? "holder-timed-out" : "holder-unreachable"), again: true };
    }
    if (response.status === 200) return success(text);
    return { error: problem(response, text), again: PASSING.has(response.status) };
  }
}

function success(text: string): Attempt {
  const answer = parse(text);
  return answer === undefined ? { error: new HolderError("holder-answer", { status: 200 }), again: false } : { answer };
}

/** What a problem document says (RFC 9457), as far as it can be one of the key holder's. */
function problem({ status, headers }: Response, text: string): HolderError {
  const known = { status, retryAfter: retryAfter(headers.get("retry-after"), Date.now()) };
  const { code, detail } = (parse(text) ?? {}) as { code?: unknown; detail?: unknown };
  if (!isCode(code)) return new HolderError("holder-answer", known);
  return new HolderError(code, { ...known, text: shown(detail) });
}

export function isCode(code: unknown): code is string {
  return typeof code === "string" && /^[a-z][a-z-]{0,63}$/.test(code);
}

/** A detail, unless it is none of the key holder's: another server may send back what it got. */
export function shown(detail: unknown): string | undefined {
  return typeof detail === "string" && detail.length <= DETAIL && !/fsk_\w|eyJ/.test(detail) ? detail : undefined;
}

function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    // The reader's own message quotes what it read.
    return undefined;
  }
}

/** The body as text, up to the limit. */
async function read(response: Response): Promise<string> {
  if (response.body === null) return "";
  const utf8 = new TextDecoder();
  const reader = response.body.getReader();
  let text = "";
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + utf8.decode();
    length += value.length;
    if (length > MOST) {
      await reader.cancel();
      throw new HolderError("holder-answer", { status: response.status });
    }
    text += utf8.decode(value, { stream: true });
  }
}

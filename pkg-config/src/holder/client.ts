// What a server asks of the key holder, and what it gets. docs/format.md describes the interface.
import { bases } from "./address.js";
import type {
  Answered, AuditPage, Comparison, Expected, Facts, Item, KeyDescription, Masked, Moved, Opened, Refusal, Result, Subject,
  Verified,
} from "./answers.js";
import { batches, each } from "./batches.js";
import { Bearer } from "./credential.js";
import type { Credential } from "./credential.js";
import { HolderError } from "./error.js";
import { isCode, shown, Transport } from "./transport.js";

export interface HolderOptions {
  /** The key holder's address, or those of its replicas, which are tried in turn: https, or http on this machine. */
  readonly url: string | URL | readonly (string | URL)[];
  readonly credential: Credential;
  /** How long one attempt may take, in milliseconds: 35,000 when nothing is said, as the key holder takes up to 30 s. */
  readonly timeout?: number | undefined;
  /** How often each address is asked before a request is given up: 1 to 20, and 4 when nothing is said. */
  readonly attempts?: number | undefined;
  /** How many requests of one call are under way at the same time: 1 to 64, and 4 when nothing is said. */
  readonly concurrency?: number | undefined;
}

/** What can be said of every request about tokens. */
export interface AskOptions {
  /** Why the values are needed: 1 to 200 characters, which the audit keeps. No value of a person belongs here. */
  readonly purpose?: string | undefined;
  /** The id of the approval that this same request was given. It holds for one request: at most 100 tokens. */
  readonly approval?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * The name of the request: 1 to 58 visible ASCII characters. One is made when none is given. Who gives it can
   * ask again after a crash: for ten minutes tokens that open once open again under the same name.
   */
  readonly idempotencyKey?: string | undefined;
}

export interface VerifyOptions extends AskOptions {
  /** The country or state that the candidate is about, for kinds that ask for one. */
  readonly region?: string | undefined;
}

export interface FingerprintOptions extends AskOptions {
  /** What the fingerprints are for. Those of different labels cannot be linked. */
  readonly label?: string | undefined;
}

export interface PageOptions {
  /** The `next` of the page before; without it, the list begins at its start. */
  readonly after?: string | undefined;
  /** How many entries a page has: 1 to 1000, and 100 when nothing is said. */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SubjectOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface ErasureOptions extends SubjectOptions {
  /** Why, for the record and the receipt: 1 to 200 characters, and nothing about the person. */
  readonly reason?: string | undefined;
}

/**
 * A key holder as a server sees it. Every function throws a `HolderError` if a whole request came to nothing, or the
 * reason of the signal. What is said of one token is in its result; results come in the order of the tokens.
 */
export interface Holder {
  /** Has values opened, any number. */
  open(items: readonly Item[], options?: AskOptions): Promise<Result<Opened>[]>;
  /** Has one value opened; a refusal is thrown. */
  openOne(token: string, expected: Omit<Expected, "token">, options?: AskOptions): Promise<Opened>;
  /** Values as they can be shown to somebody who may not see them. */
  openMasked(items: readonly Item[], options?: AskOptions): Promise<Result<Masked>[]>;
  /** Whether a token's value is this one; a refusal is thrown. */
  verify(token: string | Expected, candidate: unknown, options?: VerifyOptions): Promise<boolean>;
  /** The same for any number of tokens, and with Argon2id hashes. */
  verifyAll(comparisons: readonly Comparison[], options?: AskOptions): Promise<Result<Verified>[]>;
  /** Fingerprints, by which equal values can be found. */
  fingerprint(items: readonly Item[], options?: FingerprintOptions): Promise<Result<Answered>[]>;
  /** Tokens with the same values, sealed to the current keys. */
  rewrap(items: readonly Item[], options?: AskOptions): Promise<Result<Moved>[]>;
  /** The audit, oldest first, a page at a time, until there is no more now. Go on from the last `next` later. */
  audit(options?: PageOptions): AsyncGenerator<AuditPage, void, undefined>;
  /** The keys, oldest first. */
  keys(options?: Omit<PageOptions, "after">): Promise<KeyDescription[]>;
  /** Registers a person under an opaque name that nobody guesses, so that there are keys for them alone. Twice is once. */
  registerSubject(id: string, options?: SubjectOptions): Promise<Subject>;
  /** A registered person. */
  subject(id: string, options?: SubjectOptions): Promise<Subject>;
  /** Erases a person: what was sealed to their keys opens for nobody, for good. Twice gives the same receipt. */
  eraseSubject(id: string, options?: ErasureOptions): Promise<Subject>;
}

/** A client of one key holder. Throws a `HolderError` for options that cannot be used, and in a page. */
export function createHolder(options: HolderOptions): Holder {
  if (typeof document !== "undefined") throw new HolderError("holder-in-page");
  const { url, credential, timeout = 35_000, attempts = 4, concurrency = 4 } = options;
  const transport = new Transport(
    bases(url),
    new Bearer(credential),
    whole("timeout", timeout, 2 ** 31 - 1),
    whole("attempts", attempts, 20),
  );
  return new Client(transport, whole("concurrency", concurrency, 64));
}

/** The most hashes of a request, as each takes as long as a login. */
const HASHES = 8;

/** The longest name of a call, which gets a dot and a number for each of several requests. */
const NAME = /^[\x21-\x7e]{1,58}$/;

class Client implements Holder {
  readonly #transport: Transport;
  readonly #atATime: number;

  constructor(transport: Transport, atATime: number) {
    this.#transport = transport;
    this.#atATime = atATime;
  }

  open(items: readonly Item[], options: AskOptions = {}) {
    return this.#ask<Opened>("/v1/open", items.map(written), options, (found) => "value" in found);
  }

  async openOne(token: string, expected: Omit<Expected, "token">, options: AskOptions = {}) {
    return granted(await this.open([{ ...expected, token }], options));
  }

  openMasked(items: readonly Item[], options: AskOptions = {}) {
    return this.#ask<Masked>("/v1/open-masked", items.map(written), options, has("masked", "string"));
  }

  async verify(token: string | Expected, candidate: unknown, { region, ...options }: VerifyOptions = {}) {
    const item = typeof token === "string" ? { token } : token;
    return granted(await this.verifyAll([{ ...item, candidate, region }], options)).equal;
  }

  verifyAll(comparisons: readonly Comparison[], options: AskOptions = {}) {
    const most = comparisons.some(({ hash }) => hash !== undefined) ? HASHES : undefined;
    const items = comparisons.map((comparison) => {
      const { candidate, region, hash } = comparison;
      // What JSON leaves out would be refused by the key holder, and without saying which it was.
      if (hash === undefined && JSON.stringify(candidate) === undefined) {
        throw new HolderError("option-invalid", { member: "candidate" });
      }
      return JSON.stringify({ ...expected(comparison), candidate, region, hash });
    });
    return this.#ask<Verified>("/v1/verify", items, options, ({ equal }) => typeof equal === "boolean", {}, most);
  }

  fingerprint(items: readonly Item[], { label, ...options }: FingerprintOptions = {}) {
    const texts = items.map(written);
    return this.#ask<Answered>("/v1/fingerprint", texts, options, has("fingerprint", "string"), { label });
  }

  rewrap(items: readonly Item[], options: AskOptions = {}) {
    return this.#ask<Moved>("/v1/rewrap", items.map(written), options, ({ token }) => typeof token === "string");
  }

  async *audit({ after, ...options }: PageOptions = {}) {
    for (let cursor = after; ; ) {
      const { entries, next, more } = await this.#page("/v1/audit", "records", cursor, options);
      yield { records: entries as AuditPage["records"], next, more };
      if (!more) return;
      cursor = next;
    }
  }

  async keys(options: Omit<PageOptions, "after"> = {}) {
    const keys: KeyDescription[] = [];
    for (let cursor: string | undefined; ; ) {
      const { entries, next, more } = await this.#page("/v1/keys", "keys", cursor, options);
      keys.push(...(entries as KeyDescription[]));
      if (!more) return keys;
      cursor = next;
    }
  }

  registerSubject(id: string, { signal }: SubjectOptions = {}) {
    return this.#subject("POST", id, signal);
  }

  subject(id: string, { signal }: SubjectOptions = {}) {
    return this.#subject("GET", id, signal);
  }

  eraseSubject(id: string, { reason, signal }: ErasureOptions = {}) {
    return this.#subject("DELETE", id, signal, reason === undefined ? undefined : JSON.stringify({ reason }));
  }

  async #subject(method: "GET" | "POST" | "DELETE", id: string, signal?: AbortSignal, body?: string): Promise<Subject> {
    // An address would swallow these, and the request would be about something else.
    if (["", ".", ".."].includes(id)) throw new HolderError("option-invalid", { member: "id" });
    const path = `/v1/subjects/${encodeURIComponent(id)}`;
    const subject = (await this.#transport.ask({ method, path, signal, ...(body !== undefined && { body }) })) as Subject;
    // Nobody is taken for somebody else.
    if (subject.id !== id) throw new HolderError("holder-answer", { status: 200 });
    return subject;
  }

  /** Sends items in as many requests as they take, and reads the results. */
  async #ask<T extends { readonly ok: true }>(
    path: string,
    items: readonly string[],
    { purpose, approval, signal, idempotencyKey = crypto.randomUUID() }: AskOptions,
    isWhole: (found: Record<string, unknown>) => boolean,
    more: object = {},
    most?: number,
  ): Promise<Result<T>[]> {
    if (!NAME.test(idempotencyKey)) throw new HolderError("option-invalid", { member: "idempotencyKey" });
    const parts = batches(items, most);
    if (approval !== undefined && parts.length > 1) throw new HolderError("option-invalid", { member: "approval" });
    const rest = JSON.stringify({ purpose, approval, ...more }).slice(1);
    try {
      return await each(parts, this.#atATime, signal, async (part, at, stop) => {
        // The tokens were written already, so the rest of the object is put behind them.
        const body = `{"tokens":[${part.join(",")}]${rest === "}" ? "" : ","}${rest}`;
        const name = parts.length === 1 ? idempotencyKey : `${idempotencyKey}.${at}`;
        const answer = await this.#transport.ask({ method: "POST", path, body, name, signal: stop });
        return results<T>(answer, part.length, isWhole);
      });
    } catch (error) {
      if (error instanceof HolderError) error.idempotencyKey = idempotencyKey;
      throw error;
    }
  }

  async #page(path: string, name: string, after: string | undefined, { limit, signal }: PageOptions) {
    const query = new URLSearchParams();
    if (after !== undefined) query.set("after", after);
    if (limit !== undefined) query.set("limit", String(whole("limit", limit, 1000)));
    const page = (await this.#transport.ask({ method: "GET", path: `${path}?${query}`, signal })) as Record<string, unknown>;
    const { [name]: entries, next, more } = page;
    // A cursor that does not move would be followed for ever.
    const stands = more === true && (next === after || !Array.isArray(entries) || entries.length === 0);
    if (!Array.isArray(entries) || typeof next !== "string" || typeof more !== "boolean" || stands) {
      throw new HolderError("holder-answer", { status: 200 });
    }
    return { entries: entries as readonly unknown[], next, more };
  }
}

/** An item's JSON text. */
function written(item: Item): string {
  return JSON.stringify(typeof item === "string" ? item : expected(item));
}

/** The members that the key holder knows: it refuses a body that has others. */
function expected({ token, field, kind, origin, sub }: Expected): Expected {
  if (typeof token !== "string") throw new HolderError("option-invalid", { member: "token" });
  return { token, field, kind, origin, sub };
}

/** Whether a finding is there, or of a form one for each field. */
function has(member: string, type: string) {
  const holds = (found: unknown) => typeof (found as Record<string, unknown> | null)?.[member] === type;
  return (found: Record<string, unknown>) => {
    const { fields } = found;
    return typeof fields === "object" && fields !== null ? Object.values(fields).every(holds) : holds(found);
  };
}

/** Reads an answer. One that is not what was asked for is none at all: no result may be taken for another token's. */
function results<T>(answer: unknown, count: number, isWhole: (found: Record<string, unknown>) => boolean): Result<T>[] {
  const { results: list, approval } = answer as { results?: unknown; approval?: unknown };
  const broken = () => new HolderError("holder-answer", { status: 200 });
  if (!Array.isArray(list) || list.length !== count) throw broken();
  return list.map((found: unknown) => {
    if (typeof found !== "object" || found === null) throw broken();
    const { error, hint_matches: hintMatches, ...rest } = found as Record<string, unknown>;
    if (error !== undefined) {
      const { code, detail } = (error ?? {}) as { code?: unknown; detail?: unknown };
      if (!isCode(code)) throw broken();
      const refusal: Refusal = { ok: false, code, detail: shown(detail) ?? code };
      const waits = code === "approval-required" && typeof approval === "string";
      return waits ? { ...refusal, approval } : refusal;
    }
    if (!isWhole(rest)) throw broken();
    return { ...rest, ...(hintMatches !== undefined && { hintMatches }), ok: true } as T;
  });
}

/** The only result, if it is no refusal. */
function granted<T extends Facts>([found]: readonly Result<T>[]): T {
  if (found === undefined) throw new HolderError("holder-answer");
  if (found.ok) return found;
  throw new HolderError(found.code, { text: found.detail, approval: found.approval });
}

function whole(member: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new HolderError("option-invalid", { member });
}

import type { JwkSet } from "../keys.js";
import { Checked, type Present } from "./checked.js";
import type { Entry } from "./entries.js";
import { type Middleware, middleware, type NodeRequestLike } from "./express.js";
import { type FastifyRequestLike, type Hook, hook, type Plugin, plugin } from "./fastify.js";
import { judgeRequest, type Outcome } from "./fetch.js";
import { type AnyKind, type Fields, invalid, type Optional, readFields, readOrigins } from "./fields.js";
import { judge, type Rules } from "./judge.js";
import { start } from "./module.js";
import { Published } from "./published.js";
import { Refused } from "./refused.js";
import { seconds, Source } from "./source.js";

/**
 * How old a token may be, in seconds: a day. It is sealed when the form is submitted, so this leaves time for
 * queues and for people whose connection was gone, and not for tokens that somebody collected.
 */
const DEFAULT_MAX_AGE = 24 * 60 * 60;
/** The longest body that is read, in bytes: 2 MiB. A form of forty sealed fields has about 120 kB. */
const DEFAULT_LIMIT = 2 * 1024 * 1024;

export interface GuardOptions<F extends Fields> {
  /**
   * The entries that must come sealed, and as what. Each is required unless it says `required: false`. With a
   * form's kind it is the form's name, as `sealForm` was given it.
   */
  readonly fields: F;
  /** The origins whose pages may seal. */
  readonly origin?: string | readonly string[] | undefined;
  /** The key holder's published keys, or the address that serves them. */
  readonly keys: JwkSet | URL | string;
  /** How old a token may be, in seconds: a day unless it is said here. */
  readonly maxAge?: number | undefined;
  /**
   * Whether entries that are not declared are searched for card numbers and US Social Security numbers; they are
   * unless it is said here. It finds the control that somebody forgot, and now and then an innocent number that
   * looks like a card.
   */
  readonly watch?: boolean | undefined;
  /** The longest body that is read, in bytes: 2 MiB unless it is said here. */
  readonly limit?: number | undefined;
  /** The module, `fieldseal/fieldseal-server.wasm`, where it may not be compiled from bytes. */
  readonly module?: WebAssembly.Module | undefined;
}

export interface AdapterOptions<R> {
  /**
   * Which requests are submissions; all of them unless it is said here. Of the others no field is required, but
   * what is there must be sealed: so the guard can stand around a whole site.
   */
  readonly submissions?: ((request: R) => boolean) | undefined;
}

/** What a guard was told: the origins whose pages may seal, and the declared fields. */
export interface Declared {
  readonly origins: readonly string[];
  readonly fields: readonly { readonly name: string; readonly kind: AnyKind; readonly required: boolean }[];
}

/** Judges what a request says. Throws `Refused`. */
export type Judge = (entries: Iterable<Entry>, whole: boolean) => Promise<Checked<any>>;

/** Knows what a form's entries must be, and refuses what is something else. `createGuard` makes it. */
export class Guard<const F extends Fields> {
  readonly #rules: Rules;
  readonly #published: Published;
  readonly #source: Source;
  readonly #limit: number;

  /** @internal */
  constructor(rules: Rules, published: Published, source: Source, limit: number) {
    this.#rules = rules;
    this.#published = published;
    this.#source = source;
    this.#limit = limit;
  }

  /**
   * Checks the entries of a whole submission, in their order: `FormData`, or names with values. The keys are
   * those that are there; `await guard.refresh()` now and then, or use what waits for them by itself: `fetch`,
   * `express`, `fastify`.
   *
   * @param now a date, or seconds since 1970
   * @throws {Refused}
   */
  check(entries: Iterable<Entry>, now: Date | number = seconds()): Checked<F> {
    return new Checked(this.#judge(entries, true, now));
  }

  /**
   * The same for a request that need not be a submission: no field is missing, but what is there must be sealed.
   *
   * @throws {Refused}
   */
  checkPresent(entries: Iterable<Entry>, now: Date | number = seconds()): Present<F> {
    return new Checked(this.#judge(entries, false, now));
  }

  /**
   * What this guard was told, as the key holder's `report minimisation` takes it, to say which of the fields nobody
   * opens: `writeFileSync("declared.json", JSON.stringify(guard.declared()))`.
   */
  declared(): Declared {
    const fields = [...this.#rules.fields].map(([name, { kind, required }]) => ({ name, kind, required }));
    return { origins: [...this.#rules.origins], fields };
  }

  /**
   * Fetches the published keys if they are older than five minutes.
   *
   * Where the key holder does not answer, those from before go on for a day.
   */
  refresh(): Promise<void> {
    return this.#source.freshen();
  }

  /**
   * Puts published keys in the place of those before, and fetches none any more.
   *
   * @throws {FieldsealError} `keyset-…`, `key-…`
   */
  setKeys(keys: JwkSet): void {
    this.#source.set(keys);
  }

  /**
   * Judges a request of the Fetch API: its query, and its body if it is a form, JSON or plain text.
   *
   * ```js
   * const sealed = await guard.fetch(request);
   * if (!sealed.ok) return sealed.response;
   * ```
   *
   * @throws {FieldsealError} `option-invalid` if somebody has read the body before
   */
  fetch(request: Request): Promise<Outcome<F>>;
  fetch(request: Request, options: AdapterOptions<Request>): Promise<Outcome<Optional<F>>>;
  fetch(request: Request, options: AdapterOptions<Request> = {}): Promise<Outcome<any>> {
    return judgeRequest(this.#await, this.#limit, request, options.submissions?.(request) ?? true);
  }

  /**
   * Middleware for Express and Connect. It reads the body itself and leaves it in `request.body`, or takes what a
   * parser before it has left there, puts `Checked` in `request.sealed`, and answers what is refused.
   *
   * Put it before parsers and logs: a parser's error may quote the body.
   */
  express(options: AdapterOptions<NodeRequestLike> = {}): Middleware {
    return middleware(this.#await, this.#limit, options);
  }

  /**
   * A plugin for Fastify: in the scope where it is registered it reads forms, puts `Checked` in `request.sealed`
   * before the validation, and answers what is refused.
   */
  fastify(options: AdapterOptions<FastifyRequestLike> = {}): Plugin {
    return plugin(this.#await, this.#limit, options);
  }

  /** The same as a `preValidation` or `preHandler` hook of single routes. Bodies are read by the parsers of others. */
  preHandler(options: AdapterOptions<FastifyRequestLike> = {}): Hook {
    return hook(this.#await, options);
  }

  #judge(entries: Iterable<Entry>, whole: boolean, now: Date | number) {
    const time = now instanceof Date ? Math.floor(now.getTime() / 1000) : now;
    // With no time nothing would be too old.
    if (!Number.isFinite(time)) throw invalid("The time is a date, or seconds since 1970.", "now");
    return judge(this.#rules, this.#published, entries, whole, time);
  }

  /** Waits for the keys, and once more for a key that is not known. */
  readonly #await: Judge = async (entries, whole) => {
    await this.#source.freshen();
    try {
      return new Checked<F>(this.#judge(entries, whole, seconds()));
    } catch (cause) {
      const isNew = cause instanceof Refused && cause.code === "token-unknown-key";
      if (!isNew || !(await this.#source.again())) throw cause;
    }
    return new Checked<F>(this.#judge(entries, whole, seconds()));
  };
}

/**
 * Makes a guard: loads the module, and the key set if it is an address.
 *
 * @throws {FieldsealError} `option-invalid`, `field-invalid`, `kind-unknown`, `origin-invalid`, `keyset-…`,
 * `key-…`, `wasm-unavailable`
 */
export async function createGuard<const F extends Fields>(options: GuardOptions<F>): Promise<Guard<F>> {
  const { fields, origin, keys, maxAge = DEFAULT_MAX_AGE, watch = true, limit = DEFAULT_LIMIT, module } = options;
  for (const [name, number] of Object.entries({ maxAge, limit })) {
    if (!Number.isFinite(number) || number < 0) throw invalid("It must be a number that is not below zero.", name);
  }
  await start(module);
  const declared = readFields(fields, watch);
  const origins = readOrigins(origin, declared.size);
  const published = new Published(maxAge);
  const source = new Source(keys, published);
  await source.ask();
  return new Guard<F>({ fields: declared, origins, maxAge, watch }, published, source, limit);
}

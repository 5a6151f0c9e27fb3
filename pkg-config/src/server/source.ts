// Where the published keys come from: an address that is asked again, or what the guard was given.
import { FieldsealError } from "../error.js";
import type { JwkSet } from "../keys.js";
import { readAll } from "./body.js";
import { type Published, textOf } from "./published.js";

/** As long as a page may keep the key set (docs/format.md, section 11), in milliseconds. */
const FRESH = 300_000;
/** Between two attempts for a key that is not known, or while the key holder does not answer. */
const RETRY = 60_000;
/** As long as a signed key set is believed: then the keys are too old to go by. */
const STALE = 86_400_000;
/** For one attempt. */
const TIMEOUT = 10_000;
/** The longest key set that is read, in bytes. */
const LIMIT = 1 << 20;

/** Keeps the published keys fresh. It has no timer: those who need the keys ask. */
export class Source {
  #url: URL | undefined;
  /** When keys last came, and when they were last asked for. */
  #came = 0;
  #asked = 0;
  #asking: Promise<void> | undefined;

  constructor(
    source: JwkSet | URL | string,
    private readonly published: Published,
  ) {
    if (typeof source === "string" || source instanceof URL) this.#url = addressOf(source);
    else this.set(source);
  }

  /** Takes these keys, and asks no address any more. */
  set(keys: JwkSet): void {
    this.published.replace(textOf(keys), seconds());
    this.#url = undefined;
  }

  /**
   * Asks for the keys now; those who come meanwhile wait for the same answer.
   *
   * @throws {FieldsealError} `keyset-unreachable`, `keyset-…`, `key-…`
   */
  ask(): Promise<void> {
    const url = this.#url;
    if (!url) return Promise.resolve();
    this.#asking ??= this.#fetch(url).finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  /** Asks if it is time. Where no answer comes, the keys from before go on for a day. */
  async freshen(): Promise<void> {
    if (!this.#url) return;
    const now = Date.now();
    if (within(now, this.#came, FRESH)) return;
    if (this.#asking || !within(now, this.#asked, RETRY)) await this.ask().catch(() => {});
    if (!within(Date.now(), this.#came, STALE)) this.published.clear();
  }

  /** Asks because of a key that is not known, unless that was done just now; says whether keys came. */
  async again(): Promise<boolean> {
    if (!this.#url || (!this.#asking && within(Date.now(), this.#asked, RETRY))) return false;
    return this.ask().then(
      () => true,
      () => false,
    );
  }

  async #fetch(url: URL): Promise<void> {
    this.#asked = Date.now();
    const text = await read(url);
    // Meanwhile somebody may have given other keys, which go before.
    if (this.#url !== url) return;
    this.published.replace(text, seconds());
    this.#came = Date.now();
  }
}

/** Whether a moment was less than so long ago. A clock that was put back makes everything old. */
function within(now: number, then: number, time: number): boolean {
  return now >= then && now - then < time;
}

async function read(url: URL): Promise<string> {
  try {
    // Nothing but what every runtime knows: some refuse the members that only pages need. What sends elsewhere is
    // no answer.
    const response = await fetch(url, {
      headers: { accept: "application/jwk-set+json, application/json" },
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT),
    });
    if (response.ok) return new TextDecoder().decode(await readAll(response.body, LIMIT));
  } catch {
    // Whatever went wrong, there is one thing to do about it.
  }
  throw new FieldsealError(
    "keyset-unreachable",
    "The key set could not be fetched. Check the address, and that this server may reach it.",
  );
}

function addressOf(source: string | URL): URL {
  try {
    const url = new URL(source);
    if (url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname))) return url;
  } catch {
    // It is no address at all.
  }
  throw new FieldsealError("keyset-insecure-url");
}

/** The names and addresses of this machine, whose traffic no network sees. */
function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(\.\d+){3}$/.test(host);
}

/** @internal The time as tokens have it. */
export function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

import { type FieldsealError, toError } from "../error.js";
import type { JwkSet, Trust } from "../keys.js";
import { createSealer, type Sealer, toJson } from "../sealer.js";

/** Where the keys come from, and why they are to be believed. */
export interface KeySource {
  /** The key set, or its address. */
  readonly keys: string | URL | JwkSet;
  readonly trust: Trust;
  /** The opaque name of the person whose values are sealed, to keys of theirs alone. */
  readonly subject?: string | undefined;
  /** The origin that tokens are bound to; without it the page's own. */
  readonly origin?: string | undefined;
}

/** How far the sealer is. */
export interface SealerState {
  readonly sealer: Sealer | undefined;
  /** Whether the sealer is there. */
  readonly ready: boolean;
  /** Why it is not, and will not be until the component mounts anew. */
  readonly error: FieldsealError | undefined;
}

export const PENDING: SealerState = { sealer: undefined, ready: false, error: undefined };

/** What was loaded for the page, by key set and trust. Effects alone write to it, so on a server it stays empty. */
const entries = new Map<string, Entry>();

/** Tells sources apart, as an object that was written in a component's body is another one at each render. */
export function nameOf({ keys, trust, subject, origin }: KeySource): string {
  return toJson([keys instanceof URL ? keys.href : keys, trust, subject, origin]);
}

/** Loads the sealer, once for the page. What failed, or has expired since, is loaded anew. */
export function load(source: KeySource): Promise<Sealer> {
  return entryOf(source).start();
}

/** The sealer of a source, as `useSyncExternalStore` reads it. */
export function storeOf(source: KeySource) {
  const name = nameOf(source);
  return {
    subscribe: (listener: () => void) => entryOf(source).subscribe(listener),
    snapshot: () => entries.get(name)?.state ?? PENDING,
  };
}

function entryOf(source: KeySource): Entry {
  const name = nameOf(source);
  const entry = entries.get(name) ?? new Entry(source);
  entries.set(name, entry);
  return entry;
}

class Entry {
  state = PENDING;
  private loading: Promise<Sealer> | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly source: KeySource) {}

  start(): Promise<Sealer> {
    const { sealer, error } = this.state;
    if (this.loading === undefined || error !== undefined || sealer?.ready.ok === false) {
      this.tell(PENDING);
      this.loading = this.loaded();
      this.loading.then(
        (sealer) => this.tell({ sealer, ready: true, error: undefined }),
        (cause: unknown) => this.tell({ sealer: undefined, ready: false, error: toError(cause) }),
      );
    }
    return this.loading;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    void this.start();
    return () => this.listeners.delete(listener);
  }

  private async loaded(): Promise<Sealer> {
    const { keys, trust, subject, origin } = this.source;
    // Not before a component wants it: so a page that only guards forms does not download the main entry in pieces.
    const { loadKeys } = await import("../index.js");
    return createSealer(await loadKeys(keys, { trust, subject }), { origin });
  }

  private tell(state: SealerState): void {
    this.state = state;
    for (const listener of this.listeners) listener();
  }
}

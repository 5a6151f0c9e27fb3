import { useMemo, useSyncExternalStore } from "react";
import type { JwkSet, Trust } from "../keys.js";
import { type KeySource, nameOf, PENDING, type SealerState, storeOf } from "./store.js";

export interface UseSealerOptions {
  readonly trust: Trust;
  /** The opaque name of the person whose values are sealed, to keys of theirs alone. */
  readonly subject?: string | undefined;
  /** The origin that tokens are bound to; without it the page's own. */
  readonly origin?: string | undefined;
}

/**
 * The sealer of a key set, which is loaded once for the page, however many components ask for it. Nothing is
 * loaded on a server.
 *
 * ```jsx
 * const { sealer, error } = useSealer("https://keys.shop.example/.well-known/sealed-input", { trust: { signer } });
 * ```
 */
export function useSealer(keys: string | URL | JwkSet, options: UseSealerOptions): SealerState {
  return useStore({ keys, trust: options?.trust, subject: options?.subject, origin: options?.origin });
}

function useStore(source: KeySource): SealerState {
  const store = useMemo(() => storeOf(source), [nameOf(source)]);
  return useSyncExternalStore(store.subscribe, store.snapshot, pending);
}

function pending(): SealerState {
  return PENDING;
}

import { useMemo, useRef, useState } from "react";
import { type FieldsealError, toError } from "../error.js";
import type { AskConsent } from "../guard/consent.js";
import { type BlockedEvent, type FormGuard, type GuardOptions, guardForm } from "../guard.js";
import { type Sealer, toJson } from "../sealer.js";
import { useEarlyEffect } from "./effect.js";
import { type KeySource, load, nameOf } from "./store.js";

interface FromKeys extends KeySource {
  readonly sealer?: undefined;
}

interface FromSealer {
  /** The sealer, or a promise that stays the same between renders. While it is undefined, the form is not sent. */
  readonly sealer: Sealer | PromiseLike<Sealer> | undefined;
  readonly keys?: undefined;
  readonly trust?: undefined;
  readonly subject?: undefined;
  readonly origin?: undefined;
}

/** Options of the guard, and where its sealer comes from. */
export type SealedFormOptions = (FromKeys | FromSealer) &
  Omit<GuardOptions, "message"> & {
    /** Where to tell the person that the form was not sent: an element, or a ref to one. */
    readonly message?: HTMLElement | { readonly current: HTMLElement | null } | null | undefined;
  };

export interface SealedFormState {
  /** For the form: `<form ref={ref}>`. */
  readonly ref: (form: HTMLFormElement | null) => void;
  /** Whether the form can be sealed. */
  readonly ready: boolean;
  /** Why it cannot be, and will not be until it mounts anew. */
  readonly error: FieldsealError | undefined;
  /** What stopped the last submission; nothing if it went through. */
  readonly blocked: BlockedEvent["detail"] | undefined;
}

const NOT_YET = { ready: false, error: undefined };

/**
 * Guards a form for as long as it is mounted: its controls with `data-seal` are sealed when it is submitted.
 *
 * ```jsx
 * const keys = "https://keys.shop.example/.well-known/sealed-input";
 * const { ref, blocked } = useSealedForm({ keys, trust: { signer } });
 * return (
 *   <form ref={ref} method="post" action="/order">
 *     <label>Card number <input data-seal="card_number" data-kind="card-number" autoComplete="cc-number" /></label>
 *     <button>Pay</button>
 *   </form>
 * );
 * ```
 */
export function useSealedForm(options: SealedFormOptions): SealedFormState {
  const { keys, trust, subject, origin, sealer, message, messages, describe, consent, ...claims } = options;
  const [form, ref] = useState<HTMLFormElement | null>(null);
  const [state, setState] = useState<Pick<SealedFormState, "ready" | "error">>(NOT_YET);
  const [blocked, setBlocked] = useState<SealedFormState["blocked"]>();
  // The functions of the latest render, which need no new guard.
  const words = useRef(describe);
  const asks = typeof consent === "function";
  const ask = useRef<AskConsent>(undefined);
  useEarlyEffect(() => {
    words.current = describe;
    ask.current = asks ? consent : undefined;
  });
  // Options are written anew at each render, so that what they say counts and not which objects they are.
  const source = keys === undefined ? undefined : nameOf({ keys, trust, subject, origin });
  const ownWords = useMemo(() => toJson(messages ?? {}), [messages]);

  useEarlyEffect(() => {
    if (form === null) return;
    let guard: FormGuard;
    try {
      // A promise in any case: what is wrong with the options then keeps the form shut, as does one without an end.
      const given = Promise.resolve(sealer ?? new Promise<never>(() => {}));
      const promise = keys === undefined ? given : load({ keys, trust, subject, origin });
      guard = guardForm(form, promise, {
        ...claims,
        consent: asks ? (form) => ask.current?.(form) : consent,
        messages,
        message: (message && !("nodeType" in message) ? message.current : message) ?? undefined,
        describe: describe && ((error) => words.current?.(error) as string),
      });
    } catch (cause) {
      setState({ ready: false, error: toError(cause) });
      return;
    }
    let mounted = true;
    const settle = (settled: typeof state) => mounted && setState(settled);
    guard.ready.then(
      () => settle({ ready: true, error: undefined }),
      (cause: unknown) => settle({ ready: false, error: toError(cause) }),
    );
    const onBlocked = (event: BlockedEvent) => setBlocked(event.detail);
    // The guard lets no listener after its own see what it stops.
    const onSubmit = () => setBlocked(undefined);
    form.addEventListener("fieldseal:blocked", onBlocked);
    form.addEventListener("submit", onSubmit);
    return () => {
      mounted = false;
      form.removeEventListener("fieldseal:blocked", onBlocked);
      form.removeEventListener("submit", onSubmit);
      guard.release();
      setState(NOT_YET);
      setBlocked(undefined);
    };
  }, [form, source, sealer, toJson({ ...claims, consent }), asks, ownWords, message, describe === undefined]);

  return { ref, ...state, blocked };
}

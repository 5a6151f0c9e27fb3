import { FieldsealError, toError } from "../error.js";
import type { Keys, LoadOptions, SignerJwk, Trust } from "../keys.js";
import { createSealer, type Sealer, wasmSealerOf } from "../sealer.js";

/** How this entry loads a key set. */
export type LoadKeys = (source: string, options: LoadOptions) => Promise<Keys>;

/** Where an element's sealer comes from, and how far it is. */
export class Source {
  /** The sealer, once it is there. */
  sealer: Sealer | undefined;
  /** Why the last attempt failed. */
  private error: FieldsealError | undefined;
  private attempt: Promise<void> | undefined;

  constructor(private readonly load: () => Sealer | PromiseLike<Sealer>) {}

  /** Waits for the sealer; what failed before is tried again. It never rejects. */
  start(): Promise<void> {
    if (this.sealer !== undefined && !this.sealer.ready.ok) {
      // A page may stay open for longer than its keys are good for.
      this.sealer = undefined;
      this.error = new FieldsealError("keyset-expired");
      this.attempt = undefined;
    }
    this.attempt ??= this.run();
    return this.attempt;
  }

  /** The sealer, or why there is none now. */
  get(): Sealer {
    void this.start();
    if (this.sealer === undefined) throw this.error ?? new FieldsealError("sealer-pending");
    return this.sealer;
  }

  /** Settles as the attempt of now does. */
  async settled(): Promise<void> {
    await this.start();
    this.get();
  }

  private async run(): Promise<void> {
    try {
      const given = this.load();
      // What is there already serves at once, so that a form can be sent in the same moment.
      const sealer = isPromise(given) ? await given : given;
      wasmSealerOf(sealer);
      this.sealer = sealer;
      this.error = undefined;
    } catch (cause) {
      this.error = toError(cause);
      this.attempt = undefined;
    }
  }
}

/** One for each key set and trust in the page, so that ten fields load it once. */
const shared = new Map<string, Source>();

/** What the page itself gave. */
const given = new WeakMap<object, Source>();

export function sourceOfPage(sealer: Sealer | PromiseLike<Sealer>): Source {
  const known = given.get(sealer);
  if (known !== undefined) return known;
  const source = new Source(() => sealer);
  given.set(sealer, source);
  return source;
}

/**
 * The keys that an element's attributes name. Without `keys` they are those that the form's own destination
 * publishes, which are believed because of the place they come from unless the element says more.
 */
export function sourceOfAttributes(host: Element, form: HTMLFormElement, load: LoadKeys): Source {
  const address = host.getAttribute("keys");
  const [pin, signer, trust] = ["pin", "signer", "trust"].map((name) => host.getAttribute(name));
  const url = address === null ? addressOfForm(form) : absolute(address, host.baseURI);
  const key = JSON.stringify([url, pin, signer, trust]);
  const known = shared.get(key);
  if (known !== undefined) return known;
  const source = new Source(async () => {
    const believed = trustOf(pin ?? null, signer ?? null, trust ?? null, address === null);
    return createSealer(await load(url, { trust: believed }));
  });
  shared.set(key, source);
  return source;
}

/** One reason to believe the keys, and no more than one: of two, the weaker would decide in silence. */
function trustOf(pin: string | null, signer: string | null, trust: string | null, own: boolean): Trust {
  const given = [pin, signer, trust].filter((value) => value !== null).length;
  if (given === 1 && pin !== null) return { pin: pin.split(/\s+/).filter(Boolean) };
  if (given === 1 && signer !== null) return { signer: parsed(signer) };
  if (given === 1 ? trust === "origin" : given === 0 && own) return "origin";
  throw new FieldsealError("trust-invalid");
}

function parsed(jwk: string): SignerJwk {
  try {
    return JSON.parse(jwk) as SignerJwk;
  } catch {
    throw new FieldsealError("trust-invalid");
  }
}

function addressOfForm(form: HTMLFormElement): string {
  // Read so that a control called "action" cannot stand in the way.
  const action = Reflect.get(HTMLFormElement.prototype, "action", form) as string;
  const origin = absolute(action, form.baseURI, (url) => url.origin);
  return absolute("/.well-known/sealed-input", origin);
}

/** An address in full. What is none becomes one that is refused, and never that of the page itself. */
function absolute(address: string, base: string, part = (url: URL) => url.href): string {
  try {
    return part(new URL(address, base));
  } catch {
    return "about:invalid";
  }
}

function isPromise(value: Sealer | PromiseLike<Sealer>): value is PromiseLike<Sealer> {
  return typeof (value as PromiseLike<Sealer> | undefined)?.then === "function";
}

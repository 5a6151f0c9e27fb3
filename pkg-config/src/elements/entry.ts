import { FieldsealError } from "../error.js";
import type { Kind } from "../kind.js";
import type { Sealer } from "../sealer.js";
import type { Body } from "./body.js";

/** What one element is about to send. */
export interface Entry {
  readonly body: Body;
  readonly options: EntryOptions;
  readonly lifetime: number | undefined;
  readonly text: string;
  readonly sealer: Sealer;
  seal(): string;
}

interface EntryOptions {
  readonly field: string;
  readonly kind: Kind;
  readonly sub: string | undefined;
  readonly region: string | undefined;
  readonly once: boolean | undefined;
  readonly hint: readonly never[];
  readonly check: boolean;
}

/**
 * Reads an element as it is now.
 *
 * @throws {FieldsealError} why there is no sealer, or `option-invalid`
 */
export function entryOf(body: Body): Entry {
  const { host, text, kind } = body;
  const attribute = (name: string) => host.getAttribute(name) ?? undefined;
  const sealer = body.sealer();
  // The forms of `sealForm` are no kinds of one value.
  if (kind.endsWith("-form")) throw new FieldsealError("kind-unknown");
  const options: EntryOptions = {
    field: host.getAttribute("name") ?? "",
    kind: kind as Kind,
    sub: attribute("sub"),
    region: attribute("region"),
    once: host.hasAttribute("once") || undefined,
    // Which hints there are is for the kind to say; a wrong one is refused.
    hint: (attribute("hint")?.split(/\s+/).filter(Boolean) ?? []) as never[],
    check: attribute("check") !== "off",
  };
  const lifetime = lifetimeOf(attribute("lifetime"));
  const seal = () => {
    const exp = lifetime === undefined ? undefined : Math.floor(Date.now() / 1000) + lifetime;
    return sealer.seal(text, { ...options, exp });
  };
  return { body, options, lifetime, text, sealer, seal };
}

/** Whether two readings of an element would give the same token but for the time. */
export function isSame(a: Entry, b: Entry | undefined): boolean {
  const rest = ({ options, lifetime, text }: Entry) => JSON.stringify([options, lifetime, text]);
  return b !== undefined && a.body === b.body && a.sealer === b.sealer && rest(a) === rest(b);
}

function lifetimeOf(seconds: string | undefined): number | undefined {
  if (seconds === undefined) return undefined;
  // One that cannot be read must not become a token that opens for ever.
  if (/^\d{1,9}$/.test(seconds.trim())) return Number(seconds);
  throw new FieldsealError("option-invalid", "`lifetime` is a number of seconds.", "lifetime");
}

// What a guard decides of each entry. The order of the checks is that of docs/server.md.
import type { TokenHeader } from "../testing/token.js";
import { detect, inspect } from "../wasm/fieldseal_server.js";
import { found, type Found } from "./checked.js";
import type { Entry } from "./entries.js";
import type { AnyKind, Field } from "./fields.js";
import type { Published } from "./published.js";
import { Refused, refusedToken } from "./refused.js";

/** How far a page's clock may be ahead of this one, in seconds. */
const CLOCK_SKEW = 300;

/** What a guard goes by. */
export interface Rules {
  readonly fields: ReadonlyMap<string, Field>;
  readonly origins: ReadonlySet<string>;
  /** In seconds. */
  readonly maxAge: number;
  readonly watch: boolean;
}

/**
 * Judges the entries in their order; the first that is wrong refuses all of them. With `whole`, the fields that
 * are required must have come.
 *
 * @throws {Refused}
 */
export function judge(
  rules: Rules,
  published: Published,
  entries: Iterable<Entry>,
  whole: boolean,
  now: number,
): ReadonlyMap<string, readonly Found<AnyKind>[]> {
  const all = new Map([...rules.fields.keys()].map((name): [string, Found<AnyKind>[]] => [name, []]));
  let position = 0;
  for (const [name, value] of entries) {
    // A file is judged by its name alone: no token comes as a file.
    const text = typeof value === "string" ? value : "";
    const field = rules.fields.get(name);
    if (field) {
      const header = read(text, name, position);
      const code = fault(header, name, field, rules, published, now);
      if (code !== undefined) throw new Refused(code, name, position);
      all.get(name)?.push(found(text, header));
    } else if (rules.watch && [name, text].some((one) => detect(one) !== undefined)) {
      // A person who typed a number into the wrong control may have made it a name, too.
      throw new Refused("data-in-clear", undefined, position);
    }
    position += 1;
  }
  for (const [name, { required }] of rules.fields) {
    if (whole && required && all.get(name)?.length === 0) throw new Refused("field-missing", name);
  }
  return all;
}

/** The header of the token that a declared field's entry must be. */
function read(text: string, field: string, position: number): TokenHeader {
  try {
    return JSON.parse(inspect(text)) as TokenHeader;
  } catch (cause) {
    const refused = refusedToken(cause, field, position);
    if (refused.code !== "token-malformed" || looksSealed(text)) throw refused;
    throw new Refused("field-in-clear", field, position);
  }
}

/** The code of what is wrong with a token, if anything is. */
function fault(
  header: TokenHeader,
  name: string,
  field: Field,
  rules: Rules,
  published: Published,
  now: number,
): string | undefined {
  if (!rules.origins.has(header.iss)) return "token-wrong-origin";
  if (header.field !== name) return "token-wrong-field";
  if (header.kind !== field.kind) return "token-wrong-kind";
  if (header.exp !== undefined && now >= header.exp) return "token-expired";
  if (header.iat > now + CLOCK_SKEW) return "token-from-the-future";
  // Tokens are made at submission. An old one was kept back by somebody, or put in again.
  if (header.iat + rules.maxAge < now) return "token-too-old";
  return published.fault(header);
}

/**
 * Whether a text that is no token was meant to be one: it is spelt like one, and so begins with `{"` in
 * BASE64URL. It was cut short or changed on the way, which is another fault than a page that does not seal.
 */
function looksSealed(text: string): boolean {
  return /^eyJ[\w.-]*$/.test(text);
}

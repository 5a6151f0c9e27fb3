import type { TestKeys } from "./keys.js";
import { beginsAsToken } from "./token.js";

/** What a server was sent: form data, parameters, the text of a urlencoded body, or names with values. */
export type EntrySource = FormData | URLSearchParams | string | Iterable<readonly [string, unknown]>;

/** The entries by name, with an array where a name comes more than once. */
export interface Entries {
  [name: string]: unknown;
}

/**
 * Opens the tokens among a form's entries, each of which must be for the entry that it came in. Everything
 * else stays as it is, also files. Of a body that was parsed already, pass `Object.entries(body)`.
 *
 * ```js
 * const sent = await openEntries(await request.formData(), keys);
 * expect(sent).toEqual({ card_number: "4242424242424242", quantity: "1" });
 * ```
 *
 * @throws {FieldsealError} as `openForTest` does; `member` is the entry's name
 */
export async function openEntries(source: EntrySource, keys: TestKeys): Promise<Entries> {
  const entries = new Map<string, unknown[]>();
  for (const [name, value] of typeof source === "string" ? new URLSearchParams(source) : source) {
    const opened = typeof value === "string" && beginsAsToken(value)
      ? (await keys.open(value, { field: name })).value
      : value;
    entries.set(name, [...(entries.get(name) ?? []), opened]);
  }
  return Object.fromEntries([...entries].map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}

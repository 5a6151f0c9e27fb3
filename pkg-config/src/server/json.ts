// JSON as entries: each member at any depth whose value is not an object or a list. A declared name is looked for
// at every depth, because a client that does not seal may as well nest.
import type { Entry } from "./entries.js";
import { Refused } from "./refused.js";

/** Nested deeper than this, nothing is read. */
const MAX_DEPTH = 127;

/** Strings, brackets and what stands between them, of a text that is known to be JSON. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * The entries of a JSON text. A name that comes twice gives two entries, whichever of them the service will take,
 * and numbers are read digit by digit: `JSON.parse` would keep the last and round the others.
 *
 * @throws {Refused} `request-malformed`
 */
export function textEntries(text: string): Entry[] {
  const entries: Entry[] = [];
  const frames: { readonly name: string; readonly isObject: boolean }[] = [];
  let name = "";
  let isName = false;
  for (const [token] of text.matchAll(TOKENS)) {
    switch (token[0]) {
      case "{":
      case "[":
        isName = token === "{";
        // An object that has a name is an entry as well, so that a declared name is refused and does not hide
        // what is in it.
        if (isName && name !== "") entries.push([name, ""]);
        if (frames.push({ name, isObject: isName }) > MAX_DEPTH) throw new Refused("request-malformed");
        break;
      case "}":
      case "]":
        frames.pop();
        break;
      case ",":
        ({ name = "", isObject: isName = false } = frames.at(-1) ?? {});
        break;
      case ":":
        isName = false;
        break;
      case '"':
        if (isName) name = JSON.parse(token) as string;
        else entries.push([name, JSON.parse(token) as string]);
        break;
      default:
        // `null` says that there is no value.
        if (token !== "null") entries.push([name, /^-?\d+$|^[a-z]/.test(token) ? token : String(Number(token))]);
    }
  }
  return entries;
}

/**
 * The entries of what somebody else has read of a body.
 *
 * @throws {Refused} `request-malformed`
 */
export function valueEntries(value: unknown): Entry[] {
  const entries: Entry[] = [];
  const walk = (name: string, value: unknown, depth: number): void => {
    if (value === null || value === undefined) return;
    if (depth > MAX_DEPTH) throw new Refused("request-malformed");
    if (typeof value !== "object") entries.push([name, String(value)]);
    else if (Array.isArray(value)) for (const item of value) walk(name, item, depth + 1);
    else if (value instanceof Blob) entries.push([name, value]);
    else {
      if (name !== "") entries.push([name, ""]);
      // The bytes of a file are not looked at, and there may be many.
      if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return;
      const members = isPairs(value) ? value : Object.entries(value);
      for (const [member, inner] of members) walk(String(member), inner, depth + 1);
    }
  };
  walk("", value, 0);
  return entries;
}

function isPairs(value: object): value is Iterable<[unknown, unknown]> {
  return value instanceof URLSearchParams || value instanceof FormData || value instanceof Map;
}

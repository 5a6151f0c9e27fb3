// What a request says, as names and values: its query, and a body of one of the types that pages send.
//
// The service behind may read the same bytes again with a reader of its own. So everything is given to the guard,
// repeated names too, and what could be read in two ways is refused.
import { textEntries } from "./json.js";
import { Refused } from "./refused.js";

/** A name and a value, or a file. */
export type Entry = readonly [name: string, value: string | Blob];

/** The types of bodies that are read. */
export type Form = "urlencoded" | "multipart" | "json" | "plain";

/** A body that was read: its entries, and the value that a parser would make of it. */
export interface Read {
  readonly entries: readonly Entry[];
  readonly value: unknown;
}

/**
 * The type that a header names; `undefined` for one that is not read.
 *
 * @throws {Refused} `request-malformed` for two types, of which the service might go by the other one
 */
export function formOf(contentType: string | null | undefined): Form | undefined {
  const type = contentType ?? "text/plain";
  if (type.includes(",")) throw new Refused("request-malformed");
  const essence = type.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (essence === "application/x-www-form-urlencoded") return "urlencoded";
  if (essence === "multipart/form-data") return "multipart";
  // What `fetch` and beacons send of a string, and forms with `enctype="text/plain"`; a service may take it for JSON.
  if (essence === "text/plain" || essence === "") return "plain";
  return essence === "text/json" || /^application\/(?:json|.*\+json)$/.test(essence) ? "json" : undefined;
}

/** @throws {Refused} `encoding-unsupported` */
export function checkEncoding(contentEncoding: string | null | undefined): void {
  const codings = (contentEncoding ?? "").toLowerCase().split(",").map((coding) => coding.trim());
  if (!codings.every((coding) => coding === "" || coding === "identity")) throw new Refused("encoding-unsupported");
}

/** The entries of an address's query, whatever the method: it is in more logs than any body. */
export function queryEntries(address: string): Entry[] {
  const [path = ""] = address.split("#", 1);
  const at = path.indexOf("?");
  return at < 0 ? [] : pairsOf(path.slice(at + 1));
}

/** @throws {Refused} `request-malformed` */
export async function readBody(form: Form, bytes: Uint8Array<ArrayBuffer>, contentType: string): Promise<Read> {
  if (bytes.byteLength === 0) return { entries: [], value: undefined };
  try {
    if (form === "json") {
      const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
      const value: unknown = JSON.parse(text);
      return { entries: textEntries(text), value };
    }
    if (form === "plain") {
      const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
      return { entries: plainEntries(text), value: text };
    }
    const entries = form === "urlencoded"
      ? pairsOf(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes))
      : [...(await new Response(bytes, { headers: { "content-type": contentType } }).formData())];
    return { entries, value: objectOf(entries) };
  } catch {
    // What was thrown may quote the body.
    throw new Refused("request-malformed");
  }
}

/** A plain text as everything that a service could take it for: JSON, lines of `name=value`, and just a text. */
function plainEntries(text: string): Entry[] {
  return [...(isJson(text) ? textEntries(text) : lineEntries(text)), ["", text]];
}

function lineEntries(text: string): Entry[] {
  const entries: Entry[] = [];
  for (const line of text.split(/\r?\n/)) {
    const at = line.indexOf("=");
    if (at >= 0) entries.push([line.slice(0, at), line.slice(at + 1)]);
  }
  return entries;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The separator in front keeps a `?` that belongs to the first name. */
function pairsOf(text: string): Entry[] {
  return [...new URLSearchParams(`&${text}`)];
}

/** The entries as parsers give them: by name, with an array where one repeats. Nothing is inherited. */
function objectOf(entries: readonly Entry[]): object {
  const object = Object.create(null) as { [name: string]: string | Blob | (string | Blob)[] };
  for (const [name, value] of entries) {
    const before = object[name];
    if (Array.isArray(before)) before.push(value);
    else object[name] = before === undefined ? value : [before, value];
  }
  return object;
}

import type { TestKeys } from "./keys.js";

/** The address of docs/format.md, section 11, on every host: the plain set, and the `.jwt` beside it. */
export const KEYS_URL = "**/.well-known/sealed-input*";

export interface Answer {
  readonly headers: { [name: string]: string };
  readonly body: string;
}

/**
 * What a key holder would answer: the signed set to those who ask for it by path or by `Accept`, else the plain
 * one. It is not cached, as the next test has other keys.
 */
export async function answerTo(
  url: string,
  accept: string | readonly string[] | undefined,
  keys: TestKeys,
): Promise<Answer> {
  const wanted = String(accept ?? "").toLowerCase();
  const signed = wanted.includes("application/jwk-set+jwt") || new URL(url).pathname.endsWith(".jwt");
  const headers = {
    "content-type": signed ? "application/jwk-set+jwt" : "application/jwk-set+json",
    "access-control-allow-origin": "*",
    "cache-control": "no-store",
    vary: "accept",
  };
  return { headers, body: signed ? await keys.signed() : JSON.stringify(keys.jwks) };
}

/** BASE64URL without padding (RFC 7515 section 2), of bytes or of a text's UTF-8. */
export function encode(data: string | Uint8Array | ArrayBuffer): string {
  const bytes = typeof data === "string" ? utf8(data) : new Uint8Array(data);
  // Byte by byte: `fromCharCode(...bytes)` has a limit to its arguments, and tokens may be longer.
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The bytes, or `undefined` for what is not their one spelling: `atob` lets white space and stray bits pass. */
export function decode(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) return undefined;
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  return encode(bytes) === text ? bytes : undefined;
}

/** JSON in UTF-8, or `undefined` for what is not. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return undefined; // What was thrown quotes the text, which may be a value.
  }
}

export function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** RFC 7638 with SHA-256, of a key whose `kty` is `OKP`. The members stand in the order that the RFC asks for. */
export async function thumbprint(crv: string, x: string): Promise<string> {
  return encode(await crypto.subtle.digest("SHA-256", utf8(JSON.stringify({ crv, kty: "OKP", x }))));
}

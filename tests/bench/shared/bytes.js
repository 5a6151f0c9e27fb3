// What peers share: bytes joined, cut, and as text.

export const utf8 = new TextEncoder();

/** One array of all parts, as a ciphertext is sent. */
export function join(...parts) {
  const arrays = parts.map((part) => new Uint8Array(part));
  const joined = new Uint8Array(arrays.reduce((length, { byteLength }) => length + byteLength, 0));
  let at = 0;
  for (const array of arrays) {
    joined.set(array, at);
    at += array.byteLength;
  }
  return joined;
}

/** The parts again: those before the last have these lengths. */
export function cut(bytes, ...lengths) {
  let at = 0;
  const parts = lengths.map((length) => bytes.subarray(at, (at += length)));
  return [...parts, bytes.subarray(at)];
}

/** Base64url without padding (RFC 4648 section 5). */
export function toText(bytes) {
  let binary = "";
  // A call takes a limited number of arguments.
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export function fromText(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (byte) => byte.charCodeAt(0));
}

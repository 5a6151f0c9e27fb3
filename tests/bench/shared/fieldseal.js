// The built package, sealing in the page without a pool. The package opens nothing: other people's libraries do.
import { createSealer, loadKeys } from "fieldseal";
import { toText, utf8 } from "./bytes.js";

/** A recipient's JWK as the profile wants it, with its thumbprint (RFC 7638). */
export async function recipient(required) {
  const digest = await crypto.subtle.digest("SHA-256", utf8.encode(JSON.stringify(required)));
  return { ...required, use: "enc", class: "*", kid: toText(new Uint8Array(digest)) };
}

export const setupWith = (options) => async (publicKey) =>
  createSealer(await loadKeys({ keys: [publicKey] }, { trust: { pin: [publicKey.kid] }, ...options }), {
    // Node has no page, and so no origin.
    origin: globalThis.location?.origin ?? "https://shop.example",
  });

export const setup = setupWith({});

export function field(sealer, { field, kind, text }) {
  return sealer.seal(text, { field, kind });
}

export function checkout(sealer, items) {
  return items.map((item) => field(sealer, item));
}

export function form(sealer, items) {
  const values = Object.fromEntries(items.map(({ field, text }) => [field, text]));
  const kinds = Object.fromEntries(items.map(({ field, kind }) => [field, kind]));
  const [token, ...more] = Object.values(sealer.sealForm(values, { field: "form", kinds }));
  if (more.length > 0) throw new Error("the form gave more than one token");
  return token;
}

/** The value in an opened plaintext, as the bytes that went in. */
export function valueOf(plaintext) {
  const { v } = JSON.parse(new TextDecoder().decode(plaintext));
  return utf8.encode(typeof v === "string" ? v : JSON.stringify(v));
}

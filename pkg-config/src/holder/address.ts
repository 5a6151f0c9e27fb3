import { HolderError } from "./error.js";

/** The addresses as bases that paths are put behind. */
export function bases(given: string | URL | readonly (string | URL)[]): readonly string[] {
  const list = typeof given === "string" || given instanceof URL ? [given] : given;
  if (!Array.isArray(list) || list.length === 0) throw new HolderError("holder-address", { member: "url" });
  return list.map(base);
}

function base(given: string | URL): string {
  let url: URL;
  try {
    url = new URL(given);
  } catch {
    throw new HolderError("holder-address", { member: "url" });
  }
  // A user and a password would be a second credential, in a place that logs show.
  const plain = !url.username && !url.password && !url.search && !url.hash;
  const safe = url.protocol === "https:" || (url.protocol === "http:" && isThisMachine(url.hostname));
  if (!plain || !safe) throw new HolderError("holder-address", { member: "url" });
  return url.href.replace(/\/$/, "");
}

/** Names and addresses that never leave the machine (RFC 6761 section 6.3, RFC 5735, RFC 4291 section 2.5.3). */
function isThisMachine(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || /^127(\.\d+){3}$/.test(host);
}

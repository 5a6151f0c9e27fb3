import { FieldsealError, toError } from "../error.js";
import type { Kind } from "../kind.js";
import type { Sealed, Sealer, SealOptions } from "../sealer.js";
import { chunkCount, type Chunks, sealedChunks, TAG } from "./chunks.js";

/** The first line of a sealed file (docs/format.md, section 18). */
const MAGIC = "fieldseal-file-v1\n";
/** As many as a counter of 32 bits tells apart: 256 TiB. */
const MAX_CHUNKS = 2 ** 32;
/** No name and no media type is longer, in UTF-8. */
const MAX_TEXT = 1024;
/** How much of a sealed file is gathered before the browser is handed it, to keep it where it likes. */
const PART = 8 * 1024 * 1024;

/** How far a file has been sealed, in bytes of the file. */
export interface FileProgress {
  readonly loaded: number;
  readonly total: number;
}

/** What a file's token says, and how it is sealed. There are no hints: nobody looks into a file. */
export interface FileOptions<K extends Kind = Kind> extends Omit<SealOptions<K>, "hint" | "region" | "check"> {
  /**
   * What is in the file: the most sensitive kind, if there are several. It says whose key it is sealed to, who may open
   * it and for how long it is kept.
   */
  readonly kind: K;
  /** What the file is called. A `File` has a name of its own. It is sealed with the file; "" leaves it out. */
  readonly name?: string | undefined;
  /** Its media type, `blob.type` if nothing is said. It is sealed with the file; "" leaves it out. */
  readonly type?: string | undefined;
  /** Is told how far it is, about once a megabyte. */
  readonly onProgress?: ((progress: FileProgress) => void) | undefined;
  /** Ends it: then the stream fails with the reason of the signal. */
  readonly signal?: AbortSignal | undefined;
}

/** A file that is sealed while it is read. Before, no more than its first megabyte is looked at, and it is read once. */
export interface SealedFile<K extends Kind = Kind> {
  /** The token at its beginning, which holds the key of this file. */
  readonly token: Sealed<K>;
  /** How many bytes it has, sealed: what `Content-Length` would say. */
  readonly size: number;
  /** The sealed file: for `fetch`, a service worker or a writable file. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** All of it, for a `FormData` or a `fetch` that streams no bodies. Browsers keep a large one on the disk. */
  blob(): Promise<Blob>;
}

/**
 * Seals a file of any length. Its key is made for it alone and sealed in a token, as any value is. Only some megabytes
 * of it are in memory at a time.
 *
 * ```js
 * const sealed = sealFile(sealer, input.files[0], { field: "scan", kind: "passport-number" });
 * await fetch("/upload", { method: "POST", body: await sealed.blob() });
 * ```
 *
 * @throws {FieldsealError} as `sealer.seal` does; also `webcrypto-unavailable`, `file-too-long`, and `value-type` for what
 * is no `Blob`. The stream fails with `file-unreadable` if the file cannot be read, or with the reason of the signal.
 */
export function sealFile<const K extends Kind>(
  sealer: Pick<Sealer, "seal">,
  blob: Blob,
  options: FileOptions<K>,
): SealedFile<K> {
  // A Blob of another window is one, too.
  if (typeof blob?.size !== "number" || typeof blob.slice !== "function") {
    throw new FieldsealError("value-type", "Only a Blob or a File can be sealed as a file.");
  }
  const own = (blob as Partial<File>).name;
  const { name = own, type = blob.type, onProgress, signal, ...claims } = options ?? {};
  signal?.throwIfAborted();
  if (chunkCount(blob.size) > MAX_CHUNKS) {
    throw new FieldsealError("file-too-long", "A sealed file has at most 256 TiB. Seal it in parts.");
  }
  const crypto = globalThis.crypto;
  if (!crypto?.subtle) {
    throw new FieldsealError("webcrypto-unavailable", "This page has no WebCrypto, so no file can be sealed. Serve it over https.");
  }
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  try {
    const file = { key: base64url(bytes), ...text("name", name), ...text("type", type) };
    // It takes a copy before it returns, so the bytes can go.
    const key = crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt"]);
    // First, as the file is read by others while the token is sealed here.
    const chunks = sealedChunks(blob, key, MAGIC);
    const token = sealer.seal({ file }, { ...(claims as SealOptions<K>), check: false });
    const head = new TextEncoder().encode(`${MAGIC}${token}\n`);
    const stream = streamOf(head, chunks, blob.size, onProgress, signal);
    return { token, size: head.length + blob.size + TAG * chunkCount(blob.size), stream, blob: () => gathered(stream) };
  } finally {
    bytes.fill(0);
  }
}

/** A text to be sealed with the file, if there is one. */
function text(member: string, given: unknown): { [member: string]: string } {
  if (given === undefined || given === "") return {};
  if (typeof given !== "string" || new TextEncoder().encode(given).length > MAX_TEXT) {
    throw new FieldsealError("option-invalid", "A file's name and type are texts of at most 1024 bytes.", member);
  }
  return { [member]: given };
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace("=", "");
}

function streamOf(
  head: Uint8Array<ArrayBuffer>,
  chunks: Chunks,
  total: number,
  onProgress: FileOptions["onProgress"],
  signal: AbortSignal | undefined,
): SealedFile["stream"] {
  let loaded = 0;
  let abort = () => {};
  const release = () => signal?.removeEventListener("abort", abort);
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(controller) {
        controller.enqueue(head);
        abort = () => {
          chunks.stop();
          controller.error(signal?.reason);
        };
        signal?.addEventListener("abort", abort, { once: true });
      },
      async pull(controller) {
        const sealed = await chunks.next().catch((error: unknown) => {
          release();
          throw toError(error);
        });
        // It was ended in the meantime.
        if (!sealed) return;
        for (const chunk of sealed.chunks) controller.enqueue(chunk);
        loaded += sealed.length;
        if (sealed.isLast) {
          release();
          controller.close();
        }
        onProgress?.({ loaded, total });
      },
      cancel() {
        release();
        chunks.stop();
      },
    },
    // Beyond the first piece nothing is read before somebody wants it.
    { highWaterMark: 0 },
  );
}

/** Reads it to its end. What has been gathered becomes a Blob from time to time, which need not stay in memory. */
async function gathered(stream: SealedFile["stream"]): Promise<Blob> {
  const reader = stream.getReader();
  const blobs: Blob[] = [];
  let parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done || length >= PART) {
      blobs.push(new Blob(parts));
      [parts, length] = [[], 0];
    }
    if (done) return new Blob(blobs, { type: "application/octet-stream" });
    parts.push(value);
    length += value.length;
  }
}

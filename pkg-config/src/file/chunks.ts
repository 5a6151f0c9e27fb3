// The chunks: the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, "Online Authenticated-Encryption and
// its Nonce-Reuse Misuse-Resistance" (2015), over AES-256-GCM, as docs/format.md, section 18.2.
import { FieldsealError } from "../error.js";

/** The content of every chunk but the last: 64 KiB. */
const CHUNK = 64 * 1024;
/** What sealing adds to a chunk. */
export const TAG = 16;
/**
 * How many chunks are read and sealed at a time: 1 MiB. To ask a browser for a piece of a file takes nearly the same time
 * whatever its length: with a quarter of this, sealing takes half as long again.
 */
const AT_ONCE = 16;

/** Chunks that follow each other. */
export interface Piece {
  readonly chunks: readonly Uint8Array<ArrayBuffer>[];
  /** How many bytes of the file they hold. */
  readonly length: number;
  readonly isLast: boolean;
}

export interface Chunks {
  /** The next piece; `undefined` once it was stopped. */
  next(): Promise<Piece | undefined>;
  stop(): void;
}

/** How many chunks a file of so many bytes has. The empty one has one. */
export function chunkCount(size: number): number {
  return Math.max(1, Math.ceil(size / CHUNK));
}

/**
 * Seals a file piece by piece, and begins with the first at once. While one piece is on its way to whoever wants it, the
 * next is being sealed, and there is never a third.
 */
export function sealedChunks(blob: Blob, key: Promise<CryptoKey>, magic: string): Chunks {
  const additionalData = new TextEncoder().encode(magic);
  const last = chunkCount(blob.size) - 1;
  let at = 0;
  let isStopped = false;

  // An error must wait for whoever asks next. Until then the browser would call it unhandled.
  const quiet = <T>(promise: Promise<T>): Promise<T> => {
    promise.catch(() => {});
    return promise;
  };

  const piece = async (first: number): Promise<Piece> => {
    const start = first * CHUNK;
    const end = Math.min(start + AT_ONCE * CHUNK, blob.size);
    const [bytes, cipher] = await Promise.all([read(blob, start, end), key]);
    const sealing: Promise<ArrayBuffer>[] = [];
    for (let index = first, from = 0; index <= last && index < first + AT_ONCE; index += 1, from += CHUNK) {
      const iv = nonce(index, index === last);
      sealing.push(crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, cipher, bytes.subarray(from, from + CHUNK)));
    }
    const chunks = (await Promise.all(sealing)).map((chunk) => new Uint8Array(chunk));
    return { chunks, length: end - start, isLast: first + AT_ONCE > last };
  };

  let ahead: Promise<Piece> | undefined = quiet(piece(at));
  return {
    async next() {
      const sealed = await ahead;
      at += AT_ONCE;
      ahead = isStopped || !sealed || sealed.isLast ? undefined : quiet(piece(at));
      return isStopped ? undefined : sealed;
    },
    stop() {
      isStopped = true;
      ahead = undefined;
    },
  };
}

/**
 * Seven zeros, the chunk's place as 32 bits, and whether it is the last. A prefix may be fixed because the key is not: it
 * was made for this file, whose every place is read and sealed once.
 */
function nonce(index: number, isLast: boolean): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setUint32(7, index);
  view.setUint8(11, isLast ? 1 : 0);
  return bytes;
}

async function read(blob: Blob, start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
  // What a browser says of a file that was moved or changed names it, and is dropped.
  const part = start === 0 && end === blob.size ? blob : blob.slice(start, end);
  const bytes = await part.arrayBuffer().catch(() => undefined);
  if (bytes?.byteLength !== end - start) {
    throw new FieldsealError("file-unreadable", "The file cannot be read: it was changed or moved since it was chosen. Choose it again.");
  }
  return new Uint8Array(bytes);
}

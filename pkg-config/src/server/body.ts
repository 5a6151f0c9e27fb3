// Reads bodies to their end, or to the limit.
import { Refused } from "./refused.js";

/** What is used of a Node stream. */
export interface Readable {
  readonly destroyed?: boolean | undefined;
  on(event: string, listener: (...given: any[]) => void): unknown;
  removeListener(event: string, listener: (...given: any[]) => void): unknown;
  resume(): unknown;
}

/**
 * The bytes of a body.
 *
 * @throws {Refused} `body-too-large`, `request-unreadable`
 */
export async function readAll(
  body: ReadableStream<Uint8Array> | null,
  limit: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces = new Pieces(limit);
  const reader = body?.getReader();
  try {
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) pieces.add(next.value);
  } catch (cause) {
    // Nobody reads the rest; whether it can be told so does not matter.
    reader?.cancel().catch(() => {});
    throw cause instanceof Refused ? cause : new Refused("request-unreadable");
  }
  return pieces.join();
}

/** The same of a Node stream. It is not ended before its end, because that would take the answer's connection away. */
export function readStream(stream: Readable, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const pieces = new Pieces(limit);
  return new Promise((resolve, reject) => {
    // The other side is gone already, and nothing more will be said of it.
    if (stream.destroyed) return reject(new Refused("request-unreadable"));
    const listeners = {
      // They are texts if somebody has given the stream an encoding.
      data: (piece: Uint8Array | string) => {
        try {
          pieces.add(typeof piece === "string" ? new TextEncoder().encode(piece) : piece);
        } catch (cause) {
          finish(() => reject(cause));
          // What still comes goes nowhere, and the next request on this connection can be read.
          stream.resume();
        }
      },
      end: () => finish(() => resolve(pieces.join())),
      error: () => finish(() => reject(new Refused("request-unreadable"))),
      // After `end` nothing is left of it; before, the other side is gone.
      close: () => finish(() => reject(new Refused("request-unreadable"))),
    };
    const finish = (settle: () => void) => {
      for (const [event, listener] of Object.entries(listeners)) {
        // A stream that breaks later must not end the process.
        if (event !== "error") stream.removeListener(event, listener);
      }
      settle();
    };
    for (const [event, listener] of Object.entries(listeners)) stream.on(event, listener);
  });
}

class Pieces {
  #all: Uint8Array[] = [];
  #length = 0;

  constructor(private readonly limit: number) {}

  add(piece: Uint8Array): void {
    this.#length += piece.byteLength;
    if (this.#length > this.limit) throw new Refused("body-too-large");
    this.#all.push(piece);
  }

  join(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#length);
    let at = 0;
    for (const piece of this.#all) {
      bytes.set(piece, at);
      at += piece.byteLength;
    }
    return bytes;
  }
}

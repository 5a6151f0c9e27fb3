// Files at a service: the key holder opens the token at the beginning, and the rest is decrypted here, so that it can have any
// length and the key holder never sees it. docs/format.md, section 18.
import type { Expected, Facts } from "./answers.js";
import type { AskOptions, Holder } from "./client.js";
import { HolderError } from "./error.js";

const MAGIC = "fieldseal-file-v1\n";
/** The longest token that there is, with its line end. */
const MAX_LINE = 382_292 + 1;
const SEALED_CHUNK = 64 * 1024 + 16;
const TAG = 16;

type Bytes = Uint8Array<ArrayBuffer>;

/** A sealed file that may be opened, and what its token says. */
export interface OpenedFile extends Omit<Facts, "valid" | "hintMatches"> {
  /** What it was called by whoever sealed it. Do not take it for a path. */
  readonly name: string | undefined;
  /** The media type that it was said to have. */
  readonly type: string | undefined;
  /**
   * The file. Each piece was sealed in its place of this file; that they are all is known when the stream ends. If the file
   * was cut short or changed it fails with `file-damaged`: then use nothing of what came before.
   */
  readonly stream: ReadableStream<Bytes>;
}

/**
 * Has a file opened that `sealFile` of `fieldseal` sealed. Some hundred kilobytes of it are in memory at a time.
 *
 * @throws {HolderError} as `openOne` of the key holder does; also `file-malformed` for what is no sealed file
 */
export async function openFile(
  holder: Pick<Holder, "openOne">,
  sealed: ReadableStream<Uint8Array>,
  expected: Omit<Expected, "token">,
  options?: AskOptions,
): Promise<OpenedFile> {
  const source = new Source(sealed);
  try {
    const token = await tokenOf(source);
    const { value, valid: _, hintMatches: _hints, ...facts } = await holder.openOne(token, expected, options);
    const { key, name, type } = contentsOf(value);
    const cipher = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
    key.fill(0);
    return { ...facts, name, type, stream: opened(source, cipher) };
  } catch (error) {
    await source.cancel();
    throw error;
  }
}

/** The second line, if the first is that of a sealed file. */
async function tokenOf(source: Source): Promise<string> {
  const first = new TextDecoder().decode(await source.take(MAGIC.length));
  const line = first === MAGIC ? await source.line(MAX_LINE) : undefined;
  if (line === undefined) throw new HolderError("file-malformed");
  return line;
}

interface Contents {
  readonly key: Bytes;
  readonly name: string | undefined;
  readonly type: string | undefined;
}

/** The token's value: an object with `file`, which has a key and perhaps a name and a type, and nothing else. */
function contentsOf(value: unknown): Contents {
  const { file, ...beside } = membersOf(value);
  const { key, name, type, ...others } = membersOf(file);
  const areTexts = [name, type].every((text) => text === undefined || (typeof text === "string" && text !== ""));
  const isAll = Object.keys(beside).length + Object.keys(others).length === 0;
  if (!isAll || !areTexts || typeof key !== "string" || !/^[\w-]{43}$/.test(key)) throw new HolderError("file-malformed");
  const text = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
  return { key: bytes, name: name as string | undefined, type: type as string | undefined };
}

function membersOf(value: unknown): { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function opened(source: Source, key: CryptoKey): ReadableStream<Bytes> {
  const additionalData = new TextEncoder().encode(MAGIC);
  let index = 0;
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        const chunk = await source.take(SEALED_CHUNK);
        // Only what comes after it tells whether it is the last.
        const isLast = await source.isAtEnd();
        const iv = new Uint8Array(12);
        new DataView(iv.buffer).setUint32(7, index);
        iv[11] = isLast ? 1 : 0;
        // An empty end behind other chunks would be a second spelling of the same file.
        const fits = chunk.length > TAG || (chunk.length === TAG && index === 0);
        const plain = fits && (await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, chunk).catch(() => undefined));
        if (!plain) {
          await source.cancel();
          throw new HolderError("file-damaged");
        }
        index += 1;
        if (plain.byteLength > 0) controller.enqueue(new Uint8Array(plain));
        if (isLast) controller.close();
      },
      cancel: () => source.cancel(),
    },
    { highWaterMark: 0 },
  );
}

/** A stream from which so many bytes are taken as are wanted, however it comes. */
class Source {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #ahead: Uint8Array[] = [];
  #length = 0;
  #isDone = false;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** So many bytes, or as many as there are left. */
  async take(count: number): Promise<Bytes> {
    while (this.#length < count && (await this.#more()));
    const taken = new Uint8Array(Math.min(count, this.#length));
    for (let at = 0; at < taken.length; ) {
      const [part = taken] = this.#ahead;
      const piece = part.subarray(0, taken.length - at);
      taken.set(piece, at);
      at += piece.length;
      if (piece.length === part.length) this.#ahead.shift();
      else this.#ahead[0] = part.subarray(piece.length);
    }
    this.#length -= taken.length;
    return taken;
  }

  /** What stands before the next line end, which is taken, too; `undefined` if there is none within so many bytes. */
  async line(most: number): Promise<string | undefined> {
    let line = "";
    for (let length = 0; length < most; ) {
      if (this.#ahead.length === 0 && !(await this.#more())) return undefined;
      const [part = new Uint8Array()] = this.#ahead;
      const end = part.indexOf(10);
      const piece = await this.take(Math.min(end < 0 ? part.length : end, most - length));
      line += new TextDecoder("latin1").decode(piece);
      length += piece.length;
      if (end >= 0 && piece.length === end) {
        await this.take(1);
        return line;
      }
    }
    return undefined;
  }

  async isAtEnd(): Promise<boolean> {
    return this.#length === 0 && !(await this.#more());
  }

  async cancel(): Promise<void> {
    this.#isDone = true;
    // Whoever sends it may have failed already, which is said elsewhere.
    await this.#reader.cancel().catch(() => {});
  }

  /** Reads on. False at the end. */
  async #more(): Promise<boolean> {
    while (!this.#isDone) {
      const { done, value } = await this.#reader.read();
      this.#isDone ||= done;
      if (value && value.length > 0) {
        this.#ahead.push(value);
        this.#length += value.length;
        return true;
      }
    }
    return false;
  }
}

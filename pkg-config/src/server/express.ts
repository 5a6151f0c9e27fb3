// The guard for Express and Connect. It names only what it uses of them, so that the package does not depend on them.
import { type Readable, readStream } from "./body.js";
import { checkEncoding, type Entry, formOf, queryEntries, readBody } from "./entries.js";
import { invalid } from "./fields.js";
import type { AdapterOptions, Judge } from "./guard.js";
import { valueEntries } from "./json.js";
import { PROBLEM_HEADERS, Refused } from "./refused.js";

/** The headers of a Node request. */
export interface NodeHeaders {
  readonly [name: string]: string | readonly string[] | undefined;
}

/** What is used of a Node or Express request. */
export interface NodeRequestLike extends Readable {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly originalUrl?: string | undefined;
  readonly headers: NodeHeaders;
  readonly httpVersionMajor?: number | undefined;
  readonly readableDidRead?: boolean | undefined;
  /** Also of a body without a byte, of which nothing was read. */
  readonly readableEnded?: boolean | undefined;
  body?: unknown;
}

/** What is used of a Node or Express response. */
export interface NodeResponseLike {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(text: string): unknown;
}

export type Middleware = (
  request: NodeRequestLike,
  response: NodeResponseLike,
  next: (error?: unknown) => void,
) => void;

export function middleware(judge: Judge, limit: number, options: AdapterOptions<NodeRequestLike>): Middleware {
  const serve = async (request: NodeRequestLike) => {
    const entries = [...queryEntries(request.originalUrl ?? request.url ?? ""), ...(await read(request, limit))];
    const checked = await judge(entries, options.submissions?.(request) ?? true);
    Object.assign(request, { sealed: checked });
  };
  return (request, response, next) => {
    serve(request).then(
      () => next(),
      (cause: unknown) => (cause instanceof Refused ? answer(response, cause) : next(cause)),
    );
  };
}

function answer(response: NodeResponseLike, refused: Refused): void {
  response.statusCode = refused.status;
  for (const [name, value] of Object.entries(PROBLEM_HEADERS)) response.setHeader(name, value);
  response.end(JSON.stringify(refused.toProblem()));
}

async function read(request: NodeRequestLike, limit: number): Promise<readonly Entry[]> {
  const contentType = textOf(request.headers["content-type"]);
  const form = formOf(contentType);
  if (request.readableDidRead || request.readableEnded || !form) {
    return parsedEntries(request.headers, request.body, request);
  }
  checkEncoding(textOf(request.headers["content-encoding"]));
  const { entries, value } = await readBody(form, await readStream(request, limit), contentType);
  // Parsers that come behind see that there is nothing left to read; those of Express 4 go by `_body`.
  if (value !== undefined) Object.assign(request, { body: value, _body: true });
  return entries;
}

/**
 * The entries of what a parser has left. Bytes and texts are not its work, but that of somebody who only collects.
 *
 * @throws {Refused} `request-malformed`
 * @throws {FieldsealError} `option-invalid` if the body is gone
 */
export async function parsedEntries(
  headers: NodeHeaders,
  body: unknown,
  { httpVersionMajor = 1 }: { readonly httpVersionMajor?: number | undefined },
): Promise<readonly Entry[]> {
  const contentType = textOf(headers["content-type"]);
  const form = formOf(contentType);
  if (body === undefined || body === null) {
    const length = headers["content-length"];
    // HTTP/2 says neither, but what has a body has a type.
    const isOpen = headers["transfer-encoding"] !== undefined || (httpVersionMajor > 1 && contentType !== "");
    if (!form || !(length === undefined ? isOpen : length !== "0")) return [];
    throw invalid("The body was read before the guard, and is not in request.body. Put the guard first.", "body");
  }
  if (typeof body !== "string" && !(body instanceof Uint8Array)) return valueEntries(body);
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : new Uint8Array(body);
  return form ? (await readBody(form, bytes, contentType)).entries : [];
}

/** A header's text. Node has joined those that may be repeated. */
export function textOf(header: string | readonly string[] | undefined): string {
  return typeof header === "string" ? header : (header ?? []).join(", ");
}

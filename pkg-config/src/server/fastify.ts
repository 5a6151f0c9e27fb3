// The guard for Fastify. It names only what it uses of it, so that the package does not depend on it.
import { checkEncoding, formOf, queryEntries, readBody } from "./entries.js";
import { type NodeHeaders, parsedEntries, textOf } from "./express.js";
import type { AdapterOptions, Judge } from "./guard.js";
import { PROBLEM_HEADERS, Refused } from "./refused.js";

/** What is used of a Fastify request. */
export interface FastifyRequestLike {
  readonly method: string;
  readonly url: string;
  readonly originalUrl?: string | undefined;
  readonly headers: NodeHeaders;
  readonly raw: { readonly httpVersionMajor?: number | undefined };
  body: unknown;
}

/** What is used of a Fastify reply. */
export interface FastifyReplyLike {
  code(status: number): unknown;
  headers(headers: { [name: string]: string }): unknown;
  send(text: string): unknown;
}

/** What is used of a Fastify instance. */
export interface FastifyLike {
  hasContentTypeParser(type: string): boolean;
  addContentTypeParser(
    type: string,
    options: { parseAs: "buffer"; bodyLimit: number },
    parser: (request: any, body: any, done: (error: Error | null, body?: unknown) => void) => void,
  ): unknown;
  hasRequestDecorator(name: string): boolean;
  decorateRequest(name: string, value: null): unknown;
  addHook(name: "preValidation", hook: Hook): unknown;
}

export type Hook = (request: FastifyRequestLike, reply: FastifyReplyLike) => Promise<unknown>;

export type Plugin = (app: FastifyLike, options: object) => Promise<void>;

/** The types that Fastify does not read by itself. */
const FORMS = ["application/x-www-form-urlencoded", "multipart/form-data"];

/** Bodies that only the guard's own parsers collected, and that it has still to read. */
const collected = new WeakSet<object>();

export function plugin(judge: Judge, limit: number, options: AdapterOptions<FastifyRequestLike>): Plugin {
  const register = async (app: FastifyLike) => {
    // Where the application has parsers of its own, what they leave is judged.
    for (const type of FORMS.filter((type) => !app.hasContentTypeParser(type))) {
      app.addContentTypeParser(type, { parseAs: "buffer", bodyLimit: limit }, (_request, body: Uint8Array, done) => {
        collected.add(body);
        done(null, body);
      });
    }
    if (!app.hasRequestDecorator("sealed")) app.decorateRequest("sealed", null);
    app.addHook("preValidation", hook(judge, options));
  };
  // Fastify would keep the hook to the plugin itself, where there are no routes.
  return Object.assign(register, { [Symbol.for("skip-override")]: true });
}

/** Before the validation, whose errors may quote the body. */
export function hook(judge: Judge, options: AdapterOptions<FastifyRequestLike>): Hook {
  return async (request, reply) => {
    try {
      const entries = [...queryEntries(request.originalUrl ?? request.url), ...(await read(request))];
      Object.assign(request, { sealed: await judge(entries, options.submissions?.(request) ?? true) });
      return undefined;
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      reply.code(cause.status);
      reply.headers({ ...PROBLEM_HEADERS });
      reply.send(JSON.stringify(cause.toProblem()));
      return reply;
    }
  };
}

async function read(request: FastifyRequestLike) {
  const { body, headers, method, raw } = request;
  const contentType = textOf(headers["content-type"]);
  const form = formOf(contentType);
  // Fastify reads no body of these methods, so nobody sees it.
  if (["GET", "HEAD", "TRACE"].includes(method) && (body === undefined || body === null)) return [];
  if (!form || !(body instanceof Uint8Array && collected.has(body))) return parsedEntries(headers, body, raw);
  checkEncoding(textOf(headers["content-encoding"]));
  const { entries, value } = await readBody(form, new Uint8Array(body), contentType);
  request.body = value;
  return entries;
}

// The guard for handlers of the Fetch API: Deno, Bun, workers, and the frameworks that are made of it.
import { readAll } from "./body.js";
import type { Checked } from "./checked.js";
import { checkEncoding, type Entry, formOf, queryEntries, readBody } from "./entries.js";
import { type Fields, invalid } from "./fields.js";
import type { Judge } from "./guard.js";
import { PROBLEM_HEADERS, Refused } from "./refused.js";

/** What became of a request. */
export type Outcome<F extends Fields> =
  | {
      readonly ok: true;
      readonly checked: Checked<F>;
      /** What the request says, in its order: its query, then its body. */
      readonly entries: readonly Entry[];
      /** The request with the same body, to be read again. */
      readonly request: Request;
    }
  | {
      readonly ok: false;
      /** The answer: a problem document (RFC 9457). */
      readonly response: Response;
      /** Why, for a log or a count of your own. */
      readonly refused: Refused;
    };

export async function judgeRequest(
  judge: Judge,
  limit: number,
  request: Request,
  whole: boolean,
): Promise<Outcome<any>> {
  try {
    const { entries, request: again } = await read(request, limit);
    return { ok: true, checked: await judge(entries, whole), entries, request: again };
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause;
    const { status } = cause;
    const response = new Response(JSON.stringify(cause.toProblem()), { status, headers: PROBLEM_HEADERS });
    return { ok: false, response, refused: cause };
  }
}

async function read(request: Request, limit: number): Promise<{ entries: readonly Entry[]; request: Request }> {
  const query = queryEntries(request.url);
  const contentType = request.headers.get("content-type") ?? "";
  const form = formOf(contentType);
  // A body of another type is not touched.
  if (!form || (request.body === null && !request.bodyUsed)) return { entries: query, request };
  checkEncoding(request.headers.get("content-encoding"));
  if (request.bodyUsed) throw invalid("The body was read before the guard. Pass the request first.", "request");
  const bytes = await readAll(request.body, limit);
  const { entries } = await readBody(form, bytes, contentType);
  return { entries: [...query, ...entries], request: new Request(request, { body: bytes }) };
}

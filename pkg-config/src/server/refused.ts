import { FieldsealError } from "../error.js";

/** What a guard says beside what the module says of a token. docs/format.md, "Error codes", has the same texts. */
const texts = {
  // Each in one line, so that it can be found.
  "field-in-clear":
    "A field that must come sealed came in clear. Mark its control with data-seal, give it no name, and guard the form.",
  "field-missing": "A sealed field that is required did not come. Fill it in and submit the form again.",
  "data-in-clear":
    "A card number or a Social Security number came in clear. Seal the control that it was typed into.",
  "token-malformed": "This is not a sealed value: it is cut short, changed, or something else.",
  "token-wrong-field": "The token was sealed for another field.",
  "token-wrong-kind": "The token was sealed as another kind of data.",
  "token-wrong-origin": "The token was sealed on another origin.",
  "token-wrong-key": "The token was sealed to another key or for another algorithm.",
  "token-expired": "The token has expired.",
  "token-from-the-future": "The token was sealed in the future. Check the clocks.",
  "token-too-old": "The token was sealed too long ago for a new submission. Submit the form again.",
  "token-unknown-key":
    "The token was not sealed to a key that is published for its class of data. Load the page again and submit the form again.",
  "keys-unavailable":
    "The server has no published key set yet to compare tokens with. Try again soon, or give the guard the keys.",
  "request-malformed": "The body is not what its content type says. Send a well-formed form or JSON text.",
  "request-unreadable": "The body broke off. Send the request again.",
  "body-too-large": "The body is longer than this server takes. Send less at once.",
  "encoding-unsupported":
    "The body is compressed, so it cannot be seen to be sealed. Send it as it is.",
} as const;

/** The codes that the module gives for a token that is none, with their texts. */
type TokenCode = "token-duplicate-member" | "token-alg-unknown" | "token-low-order" | "kind-unknown";

/** Why a request goes no further. New codes may be added, so it is open to any string. */
export type RefusedCode = keyof typeof texts | TokenCode | (string & {});

/** The phrases of the status codes that are given here (RFC 9110 section 15). */
const titles: { readonly [status: number]: string } = {
  400: "Bad Request",
  413: "Payload Too Large",
  415: "Unsupported Media Type",
  503: "Service Unavailable",
};

/** A code that is not the fault of one field has a status of its own. */
const statuses: { readonly [code: string]: number } = {
  "body-too-large": 413,
  "encoding-unsupported": 415,
  "keys-unavailable": 503,
};

/** A problem document (RFC 9457) of fixed texts, names that the guard was told, and numbers. */
export interface Problem {
  readonly type: "about:blank";
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: RefusedCode;
  /** The declared field at fault, where one is. */
  readonly field?: string;
  /** Which entry is at fault, counted from 0. */
  readonly position?: number;
}

/**
 * A refused submission, without a word of what was in it.
 *
 * A field's name is the one that the guard was told. The name of an entry that is not declared came with the
 * request, and whoever types a card number into a search box may have made it a name, so it is never repeated:
 * `position` says which entry it was.
 */
export class Refused extends FieldsealError {
  /** The HTTP status: 400, 413 or 415, or 503 where the server is at fault and not the one who submits. */
  readonly status: number;
  /** What happened and what to do next: a fixed text. */
  readonly detail: string;
  /** The declared field at fault, where one is. */
  readonly field: string | undefined;
  /** Which entry is at fault, counted from 0 in the order in which they were given. */
  readonly position: number | undefined;

  /** @internal */
  constructor(code: RefusedCode, field?: string, position?: number, detail?: string) {
    const text = detail ?? (texts as { readonly [code: string]: string })[code] ?? code;
    const status = statuses[code] ?? 400;
    // Nothing in the request is at fault then.
    const at = status === 503 ? [undefined, undefined] as const : [field, position] as const;
    super(code, text, at[0]);
    this.status = status;
    this.detail = text;
    [this.field, this.position] = at;
  }

  /** The problem document (RFC 9457). */
  toProblem(): Problem {
    const { status, detail, code, field, position } = this;
    return {
      type: "about:blank",
      title: titles[status] ?? "Error",
      status,
      detail,
      code,
      ...(field !== undefined && { field }),
      ...(position !== undefined && { position }),
    };
  }
}

/** @internal The headers of a problem document. It is about one request, so nobody keeps it. */
export const PROBLEM_HEADERS = { "content-type": "application/problem+json", "cache-control": "no-store" } as const;

/** @internal A refusal for what the module threw about a token. What is not ours stands for a token that is none. */
export function refusedToken(cause: unknown, field: string, position: number): Refused {
  const { name, code, message } = (cause ?? {}) as Partial<FieldsealError>;
  return name === "FieldsealError" && code !== undefined
    ? new Refused(code, field, position, message)
    : new Refused("token-malformed", field, position);
}

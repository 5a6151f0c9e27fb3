// Adapters for Playwright. They name only what they use of it, so that the package does not depend on it.
import { FieldsealError } from "../error.js";
import { answerTo, KEYS_URL } from "./answer.js";
import { type Entries, openEntries } from "./entries.js";
import type { TestKeys } from "./keys.js";

/** What is used of Playwright's `Request`. */
export interface PlaywrightRequestLike {
  url(): string;
  method(): string;
  headers(): { readonly [name: string]: string };
  postDataBuffer(): Uint8Array | null;
}

/** What is used of Playwright's `Route`. */
export interface PlaywrightRouteLike {
  request(): PlaywrightRequestLike;
  fulfill(answer: { headers: { [name: string]: string }; body: string }): Promise<void>;
}

/** What is used of Playwright's `Page` or `BrowserContext`. */
export interface PlaywrightPageLike {
  route(url: string | RegExp, handler: (route: PlaywrightRouteLike) => Promise<void>): Promise<unknown>;
}

/**
 * Answers the page's request for its key set with test keys, plain or signed as the page asks. Call it before
 * the page loads; the page must trust `keys.pin`, `keys.signer` or its origin.
 *
 * ```js
 * const keys = await createTestKeys();
 * await routeKeys(page, keys);
 * ```
 */
export async function routeKeys(
  page: PlaywrightPageLike,
  keys: TestKeys,
  url: string | RegExp = KEYS_URL,
): Promise<void> {
  await page.route(url, async (route) => {
    const request = route.request();
    await route.fulfill(await answerTo(request.url(), request.headers()["accept"], keys));
  });
}

/**
 * What a request sent, opened: the entries of its body, or of its address if its method has no body.
 *
 * ```js
 * const sent = page.waitForRequest((request) => request.method() === "POST");
 * await page.getByRole("button", { name: "Pay" }).click();
 * expect(await submitted(await sent, keys)).toEqual({ card_number: "4242424242424242" });
 * ```
 *
 * @throws {FieldsealError} as `openEntries` does, and `option-invalid` for a body that is no form's
 */
export async function submitted(request: PlaywrightRequestLike, keys: TestKeys): Promise<Entries> {
  if (["GET", "HEAD"].includes(request.method())) return openEntries(new URL(request.url()).searchParams, keys);
  return openEntries(await formDataOf(request), keys);
}

/** The body, urlencoded or multipart. What else was thrown is dropped, as it may hold a value. */
async function formDataOf(request: PlaywrightRequestLike): Promise<FormData> {
  try {
    const headers = { "content-type": request.headers()["content-type"] ?? "" };
    return await new Response(new Uint8Array(request.postDataBuffer() ?? []), { headers }).formData();
  } catch {
    throw new FieldsealError(
      "option-invalid",
      "This request has no form's body. Read it yourself and pass its entries to openEntries.",
      "request",
    );
  }
}

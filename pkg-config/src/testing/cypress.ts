// An adapter for Cypress. It names only what it uses of it, so that the package does not depend on it.
import { answerTo, KEYS_URL } from "./answer.js";
import type { TestKeys } from "./keys.js";

/** What is used of a request that Cypress intercepted. */
export interface CypressRequestLike {
  readonly url: string;
  readonly headers: { readonly [name: string]: string | string[] };
  reply(answer: { headers: { [name: string]: string }; body: string }): void;
}

/** What is used of `cy`. */
export interface CypressLike<Chain> {
  intercept(url: string | RegExp, handler: (request: CypressRequestLike) => Promise<void>): Chain;
}

/**
 * Answers the page's request for its key set with test keys, plain or signed as the page asks. Call it before
 * `cy.visit`; the page must trust `keys.pin`, `keys.signer` or its origin.
 *
 * ```js
 * let keys;
 * before(async () => { keys = await createTestKeys(); });
 * it("seals the card", () => {
 *   interceptKeys(cy, keys);
 *   cy.intercept("POST", "/order").as("order");
 *   // … visit, type, submit …
 *   cy.wait("@order").then(async ({ request }) => {
 *     expect(await openEntries(request.body, keys)).to.deep.equal({ card_number: "4242424242424242" });
 *   });
 * });
 * ```
 *
 * @returns what `cy.intercept` gives, so that it can be given an alias
 */
export function interceptKeys<Chain>(cy: CypressLike<Chain>, keys: TestKeys, url: string | RegExp = KEYS_URL): Chain {
  return cy.intercept(url, async (request) => {
    request.reply(await answerTo(request.url, request.headers["accept"], keys));
  });
}

// The entry for a web developer's own tests: throwaway keys, and a look at what was sealed to them. It has
// nothing of the module, so it cannot open what was sealed to anyone else's keys. It is for tests only: the
// published keys decide the algorithm, and these are ECDH-ES keys, which WebCrypto has everywhere. A key
// holder's keys are HPKE-9 by default, so the tokens of production are some 1,300 characters longer.
export { FieldsealError } from "./error.js";
export type { ErrorCode } from "./error.js";
export { interceptKeys } from "./testing/cypress.js";
export type { CypressLike, CypressRequestLike } from "./testing/cypress.js";
export { fillIn } from "./testing/dom.js";
export { openEntries } from "./testing/entries.js";
export type { Entries, EntrySource } from "./testing/entries.js";
export { createTestKeys } from "./testing/keys.js";
export type { TestKeys, TestKeysOptions } from "./testing/keys.js";
export { openForTest } from "./testing/open.js";
export type { Expected, Opened } from "./testing/open.js";
export { routeKeys, submitted } from "./testing/playwright.js";
export type { PlaywrightPageLike, PlaywrightRequestLike, PlaywrightRouteLike } from "./testing/playwright.js";
export { headerOf, isToken } from "./testing/token.js";
export type { FormKind, TokenHeader } from "./testing/token.js";

// The entry for servers: a guard that refuses what did not come sealed. It needs no key and opens nothing. Its
// module is not the one of pages: it reads tokens and key sets, and cannot seal. Importing does nothing;
// `createGuard` loads the module.
export { FieldsealError } from "./error.js";
export type { ErrorCode } from "./error.js";
export type { JwkSet } from "./keys.js";
export type { DataClass, HintOf, Hints, Kind } from "./kind.js";
export type { Sealed } from "./sealer.js";
export type { Checked, CheckedOf, Found, HeaderOf, HintsOf, Present, TokenOf } from "./server/checked.js";
export type { Entry } from "./server/entries.js";
export type { Middleware, NodeRequestLike, NodeResponseLike } from "./server/express.js";
export type { FastifyLike, FastifyReplyLike, FastifyRequestLike, Hook, Plugin } from "./server/fastify.js";
export type { Outcome } from "./server/fetch.js";
export type { AnyKind, FieldOptions, Fields, Guarded, KindOf, Optional } from "./server/fields.js";
export { createGuard } from "./server/guard.js";
export type { AdapterOptions, Declared, Guard, GuardOptions } from "./server/guard.js";
export { Refused } from "./server/refused.js";
export type { Problem, RefusedCode } from "./server/refused.js";
export type { FormKind, TokenHeader } from "./testing/token.js";

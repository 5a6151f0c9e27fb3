// What every entry offers beside its own `loadKeys`.
export { FieldsealError } from "./error.js";
export type { ErrorCode } from "./error.js";
export { guardForm } from "./guard.js";
export { consentedTo } from "./guard/consent.js";
export type { FileOptions, FileProgress, SealedFile } from "./file.js";
export type { AskConsent } from "./guard/consent.js";
export type { BlockedEvent, EntryOptions, FormGuard, GuardOptions } from "./guard.js";
export type { InvalidEvent } from "./guard/fields.js";
export type { Keys, JwkSet, LoadOptions, SignerJwk, Trust } from "./keys.js";
export type { DataClass, HintOf, Hints, Kind } from "./kind.js";
export { useMessages } from "./messages.js";
export type { Messages, Reason } from "./messages.js";
export { createSealer } from "./sealer.js";
export type { Consent, FormOptions, Plain, Ready, Sealable, Sealed, Sealer, SealerOptions, SealOptions, SealedForm } from "./sealer.js";

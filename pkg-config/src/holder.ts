// The entry for servers that need values opened: a client of the key holder's HTTP interface. It holds a credential,
// so it is not for pages, and refuses to work in one. It has nothing of the module; importing does nothing.
export { FieldsealError } from "./error.js";
export type { ErrorCode } from "./error.js";
export type {
  Answered, AuditPage, AuditRecord, Comparison, Expected, Facts, Finding, Fingerprint, Item, KeyDescription, Mask, Masked,
  Moved, Opened, Refusal, Result, Subject, Verified,
} from "./holder/answers.js";
export { createHolder } from "./holder/client.js";
export type {
  AskOptions, ErasureOptions, FingerprintOptions, Holder, HolderOptions, PageOptions, SubjectOptions, VerifyOptions,
} from "./holder/client.js";
export type { Credential } from "./holder/credential.js";
export { openFile } from "./holder/file.js";
export type { OpenedFile } from "./holder/file.js";
export { HolderError } from "./holder/error.js";
export type { HolderErrorCode } from "./holder/error.js";

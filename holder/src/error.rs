//! One list of what can go wrong at the key holder, beside the core's own list.
//!
//! A code is stable and may be matched on. A message is a fixed text that says what to do next; the
//! only thing added to it is what an operator typed or owns: a path, a name, an option. No value of a
//! user, no token and no secret can get into it.

use std::fmt;

/// The result of everything in this crate that can fail as a whole.
pub type Result<T> = std::result::Result<T, Error>;

/// An error: a stable [`Code`] and, where it helps, what it is about.
#[derive(Debug)]
pub struct Error {
    code: Code,
    about: Option<String>,
}

impl Error {
    /// An error with this code.
    pub fn new(code: Code) -> Self {
        Self { code, about: None }
    }

    /// An error with this code about a path, a name or an option.
    pub fn about(code: Code, about: impl fmt::Display) -> Self {
        Self { code, about: Some(about.to_string()) }
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.code
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.message())?;
        match &self.about {
            Some(about) => write!(f, " ({about})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl From<fieldseal::Error> for Error {
    fn from(error: fieldseal::Error) -> Self {
        Self { code: Code::Core(error.kind()), about: error.member().map(str::to_owned) }
    }
}

/// The core's words, but where they speak to a page: here an operator reads them.
const fn core_message(code: fieldseal::Code) -> &'static str {
    match code {
        fieldseal::Code::OriginInvalid => {
            "An origin is https://host[:port], in lower case and with nothing after it, or '*' for any."
        }
        fieldseal::Code::RandomnessUnavailable => "The system gave no random bytes, so nothing was made.",
        code => code.message(),
    }
}

macro_rules! codes {
    ($($name:ident = $code:literal, $message:literal;)*) => {
        /// The stable codes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            /// A code of the core: about a token, a key or a key set.
            Core(fieldseal::Code),
            $(#[doc = $message] $name,)*
        }

        impl Code {
            /// Every code of the key holder's own.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code as it appears in answers and audit records.
            pub const fn as_str(self) -> &'static str {
                match self { Self::Core(code) => code.as_str(), $(Self::$name => $code,)* }
            }

            /// What happened and what to do next.
            pub const fn message(self) -> &'static str {
                match self { Self::Core(code) => core_message(code), $(Self::$name => $message,)* }
            }
        }
    };
}

codes! {
    // The home and what unlocks it.
    HomeMissing = "home-missing", "There is no key holder here. Make one with `keyholder init`, or point --home at it.";
    HomeExists = "home-exists", "There is a key holder here already. Choose another --home; nothing was changed.";
    HomeUnsafe = "home-unsafe", "Other users can reach the key holder's files. Take their rights away: chmod 700 for the directory, chmod 600 for the database.";
    StoreUnavailable = "store-unavailable", "The database cannot be read or written. Look at the disk and the file's owner.";
    StoreDamaged = "store-damaged", "The database holds what this program did not write. Restore it from a backup.";
    SecretMissing = "secret-missing", "Nothing unlocks the keys: give --passphrase-file, --key-file, --pkcs11-module or --kms-key, or run it on a terminal.";
    SecretUnsafe = "secret-unsafe", "Other users can read this file. Take their rights away with chmod go=.";
    SecretUnreadable = "secret-unreadable", "This file cannot be read. Look at its path and owner.";
    SecretUnwritable = "secret-unwritable", "This file cannot be made. Look at its directory and who may write there.";
    PassphraseShort = "passphrase-short", "A passphrase needs at least 12 characters. Several random words are a good one.";
    PassphraseMismatch = "passphrase-mismatch", "The two passphrases differ. Nothing was made; try again.";
    KeyFileMalformed = "key-file-malformed", "A key file holds 32 random bytes in base64url. Name a new path and one is made.";
    UnlockKind = "unlock-kind", "This key holder is locked in another way. Give what it was made with: the passphrase, the key file, the HSM or the KMS.";
    UnlockFailed = "unlock-failed", "The passphrase or key file is not the one that this key holder was made with.";
    KeyDamaged = "key-damaged", "A stored key is not what it was when it was made. Restore the database from a backup.";
    // An HSM or a KMS that unlocks the keys.
    KeysLocked = "keys-locked", "The keys are locked, because the HSM or KMS that unlocks them does not answer. Try again later; nothing was opened.";
    PinMissing = "pin-missing", "The HSM asks for a PIN: give --pin-file, or run it on a terminal.";
    PinRefused = "pin-refused", "The HSM does not take this PIN, or has locked it. It is not tried again by itself, as HSMs lock themselves after a few wrong ones.";
    HsmModule = "hsm-module", "This file cannot be loaded as a PKCS#11 module. Look at --pkcs11-module, and at what the module needs itself.";
    HsmTokenMissing = "hsm-token-missing", "The HSM has no token of this label. Look at --pkcs11-token, and whether the token is there.";
    HsmKeyMissing = "hsm-key-missing", "The token has no AES key of this label. Look at --pkcs11-key; only `keyholder init` makes one.";
    HsmAmbiguous = "hsm-ambiguous", "The HSM has two of this label. Give one of them another.";
    HsmKeyUnsafe = "hsm-key-unsafe", "The key of this label may leave the HSM, or is no AES-256. Name one that is sensitive and not extractable, or none and one is made.";
    HsmFailed = "hsm-failed", "The HSM did not do what it was asked. Look at its own log.";
    HsmTimedOut = "hsm-timed-out", "The HSM took too long to answer. Look at its own log.";
    KmsUnreachable = "kms-unreachable", "The KMS cannot be asked. Look at the network, and at the region and credentials that the AWS SDK finds.";
    KmsTimedOut = "kms-timed-out", "The KMS took too long to answer. Look at the network.";
    KmsRefused = "kms-refused", "The KMS refused. Look at --kms-key, at the key's state and policy, and at whose credentials these are.";
    // What an operator asks for.
    OriginNotCanonical = "origin-not-canonical", "Leave the default port out of the origin, as browsers do.";
    OriginUnknown = "origin-unknown", "That origin is not one of this key holder's. See `keyholder origins list`.";
    OriginLast = "origin-last", "At least one origin must stay. Add another first; nothing was changed.";
    ClassUnknown = "class-unknown", "A class is contact, identity, payment, health, credential, general or '*'.";
    AlgUnknown = "alg-unknown", "An algorithm is HPKE-9 or ECDH-ES.";
    DaysOutOfRange = "days-out-of-range", "Give from 1 to 3650 days.";
    CredentialName = "credential-name", "A name has 1 to 64 letters, digits and the characters - _ .";
    CredentialExists = "credential-exists", "There is a credential of that name, or there was. Choose another.";
    CredentialUnknown = "credential-unknown", "There is no credential of that name. See `keyholder credentials list`.";
    DatabaseUrl = "database-url", "A database is postgres://user@host/name. A password belongs into ~/.pgpass or the environment, not on the command line.";
    QuotaInvalid = "quota-invalid", "A quota is a number of values from 1 on, or 'none'.";
    CheckpointInvalid = "checkpoint-invalid", "This is no checkpoint that the key holder's signing key has signed.";
    CheckpointMissing = "checkpoint-missing", "No checkpoint has been signed yet. Leave --last out to sign one.";
    TimeInvalid = "time-invalid", "A time is a day such as 2026-11-24, or an instant such as 2026-11-24T08:00:00Z.";
    AuditUnreadable = "audit-unreadable", "A line is not a record of an exported audit.";
    AuditBroken = "audit-broken", "The audit was changed after it was written. Keep the file and find out who could.";
    InputUnreadable = "input-unreadable", "The input cannot be read. Look at its path and owner.";
    OutputClosed = "output-closed", "Whoever read the output has stopped.";
    OutputFailed = "output-failed", "The output cannot be written. Look at its directory, who may write there, and the disk.";
    ListenFailed = "listen-failed", "The address cannot be listened on. Is it in use?";
    // How the service is reached.
    TlsCertificateUnusable = "tls-certificate-unusable", "The certificate file does not hold certificates in PEM. Give the service's own first, then those that lead to its root.";
    TlsKeyUnusable = "tls-key-unusable", "The key file does not hold the certificate's private key in PEM.";
    TlsClientCaUnusable = "tls-client-ca-unusable", "The file of client authorities does not hold certificates in PEM.";
    OidcIssuer = "oidc-issuer", "An issuer is the https:// address that the identity provider puts into its tokens as `iss`.";
    OidcSubject = "oidc-subject", "A subject is what the identity provider puts into its tokens as `sub`: 1 to 255 characters.";
    OidcAudience = "oidc-audience", "An audience is what the identity provider puts into tokens for this key holder as `aud`.";
    OidcJwks = "oidc-jwks", "Give the identity provider's JWK Set as a file or as an https:// address.";
    OidcUnavailable = "oidc-unavailable", "The identity provider's keys cannot be had. Look at --oidc-jwks, or try again.";
    ProofTaken = "proof-taken", "Another credential has this certificate or subject, or had it. One proof is for one credential.";
    CertificateUnreadable = "certificate-unreadable", "The file does not hold a certificate in PEM.";
    // What is asked without seeing the value.
    CandidateMalformed = "candidate-malformed", "A candidate is a JSON value in `candidate`, or an Argon2id hash in `hash`, and not both.";
    CandidateWrongKind = "candidate-wrong-kind", "A hash can only be compared with a password.";
    HashMalformed = "hash-malformed", "A hash is $argon2id$v=19$m=…,t=…,p=…$salt$hash with at most 256 MiB, 16 passes and 16 lanes.";
    HashesMany = "hashes-many", "A request compares with at most 8 hashes, because each is made to take long. Send several.";
    HashesBusy = "hashes-busy", "Too many passwords are being compared at the moment. Try again.";
    LabelInvalid = "label-invalid", "A label has 1 to 64 letters, digits and the characters - _ .";
    // Rules, roles and approvals.
    PolicyUnreadable = "policy-unreadable", "The policy file cannot be read. Look at its path, its owner and that it is text of at most 1 MiB.";
    PolicyInvalid = "policy-invalid", "The policy cannot be used as it is. Mend what is named here; until then nothing changes.";
    CasesMalformed = "cases-malformed", "The cases cannot be read: a JSON list of objects with `roles` or `operator`, `action`, `expect` and perhaps more. See `keyholder policy test --help`.";
    RoleUnknown = "role-unknown", "The policy gives that role nothing. See `keyholder policy roles`.";
    RoleMissing = "role-missing", "A credential needs a --role, a --class or both, or it may do nothing.";
    ApprovalUnknown = "approval-unknown", "There is no such request for approval, or it has expired.";
    ApprovalOwn = "approval-own", "Nobody approves their own request. Ask somebody else.";
    ApprovalInvalid = "approval-invalid", "That approval is not for this request, was not given yet, has expired or was used. It holds for the same tokens, in the same order, from the same one who asked, once.";
    ApprovalsWaiting = "approvals-waiting", "Too many requests of this credential wait for approval. Have them approved, or wait an hour.";
    // The console, and who logs in to it.
    ConsoleOrigin = "console-origin", "The console's origin is where browsers find it: https://name[:port], or http://localhost[:port] on this machine. Security keys are registered for a name, so an IP address will not do.";
    ConsoleUserUnknown = "console-user-unknown", "The console has no user of that name. See `keyholder console user list`.";
    LoginMalformed = "login-malformed", "The body is not the JSON that this address takes: `name` and `passphrase`, with `code` the first time, or what the browser gave for the security key.";
    LoginFailed = "login-failed", "The name, the passphrase, the code or the security key is not right, or there were too many tries. Wait five minutes, then try again or have the user reset.";
    LoginExpired = "login-expired", "No login is under way, or it took longer than five minutes. Begin again.";
    SessionEnded = "session-ended", "The session has ended. Log in again.";
    RequestForeign = "request-foreign", "A page of another site sent this. Send what changes something from the console's own pages, with the header X-Keyholder-Console, or from a program, without Origin and Sec-Fetch-Site.";
    ConsoleOidc = "console-oidc", "The identity provider gives no addresses to log in at, or cannot be asked. Look at --oidc-issuer and at what the provider publishes.";
    // What a person said about the use of their values.
    FlagUnknown = "flag-unknown", "A flag is do-not-sell, or objection or withdrawal with the purpose that it is about.";
    PurposeNameInvalid = "purpose-name-invalid", "The name of a purpose is one word of 1 to 64 letters and digits, with - _ . in between.";
    FlagsMany = "flags-many", "A person can have 64 flags at a time. Lift those that others make needless.";
    FlagsMalformed = "flags-malformed", "The body is a JSON object with `set`, `lift` or both: lists of 1 to 64 objects with `flag` and perhaps `purpose`.";
    // What is collected and not needed.
    DeclaredMalformed = "declared-malformed", "A declaration is what `guard.declared()` gives: `origins`, and `fields` with `name`, `kind` and perhaps `required` and `hints`.";
    // What is opened in bulk.
    FormatUnknown = "format-unknown", "A format is ndjson, csv or parquet.";
    FormatMixed = "format-mixed", "The names of input and output end differently, and both have one format. Say which with --format.";
    FileNeeded = "file-needed", "Parquet is read from a file and written to one, and an output can only be resumed if its input is a file. Give --file and --out.";
    TableMalformed = "table-malformed", "The input is not a table of that format. The rows before this place have been opened.";
    ColumnUnknown = "column-unknown", "The input has no column of text of that name, or has two. Name its columns of tokens with --column.";
    ColumnTaken = "column-taken", "The input has a column where the errors would go. Rename it.";
    OutputExists = "output-exists", "There is such a file already. Choose another --out, or give --resume if it is of a run that was interrupted; nothing was changed.";
    ResumeNothing = "resume-nothing", "That output has no journal beside it: its run came to the end, or it is of something else. Nothing was changed.";
    ResumeMismatch = "resume-mismatch", "The interrupted run had another input, another output or other options. Give the same ones, or choose another --out; nothing was changed.";
    ResumeBusy = "resume-busy", "Another run is writing that output. Nothing was changed.";
    Interrupted = "interrupted", "It was interrupted. What was opened until then has been written; with --out, the same command and --resume goes on from there.";
    OutputTerminal = "output-terminal", "A file is not shown on a terminal. Give --out, or send it on to another program.";
    OpenInterrupted = "open-interrupted", "It was interrupted, and the file is not whole. With --out nothing of it was kept; give the same command again.";
    // The life of keys.
    KeyGone = "key-gone", "There is no key of that kid. See `keyholder keys list`.";
    KeyNoneToRotate = "key-none-to-rotate", "There is no key of that class to take over from. Make one with `keyholder keys new`.";
    KeyConfirm = "key-confirm", "What was sealed to this key could never be opened again. If that is what you want, give the kid again with --confirm.";
    KeyRevoked = "key-revoked", "The key was revoked: what was sealed to it opens only with leave for that.";
    KeyDestroyed = "key-destroyed", "The key was destroyed, and what was sealed to it cannot be opened by anyone.";
    KeyTraces = "key-traces", "The key is destroyed, but the database's journal still holds its wrapped half because another process is reading. Give the same command again.";
    KeyNotDestroyed = "key-not-destroyed", "That key was not destroyed, so there is no receipt.";
    ReasonInvalid = "reason-invalid", "A reason has 1 to 200 characters and no control characters.";
    ReceiptInvalid = "receipt-invalid", "That is no receipt that this signer gave, or it was changed.";
    SignerInvalid = "signer-invalid", "A signer is the JWK that `keyholder keys signer` prints.";
    RotationOrder = "rotation-order", "The old and the new key must overlap for less time than a key lives: give fewer --overlap-days than --rotate-days.";
    // Retention.
    KeyRetentionOver = "key-retention-over", "The date has come on which this key is destroyed, so it opens nothing any more. Only a hold of two people keeps a key: see `keyholder retention plan`.";
    TokenRetentionOver = "token-retention-over", "The time is over for which values of this kind are kept, so it is not opened any more. See `keyholder retention policy`.";
    RetentionDays = "retention-days", "Data is kept for 1 to 36525 days, a hundred years.";
    RetentionWhat = "retention-what", "Say what is kept for so many days: a --class or a --kind.";
    RetentionForm = "retention-form", "A form is kept no longer than what is in it. Say for how long the kinds of its fields are kept, or its class.";
    RetentionOff = "retention-off", "Nothing ends by itself here, so there is no date to take. Give one with --on, or begin with `keyholder retention policy --default`.";
    RetentionDate = "retention-date", "No key would end sooner on that date. It must be to come, after pages stop sealing to the key, and before the date that `keyholder retention plan` shows.";
    KeyHeld = "key-held", "A hold keeps this key. Two people can release it first: see `keyholder retention plan`, and `keyholder retention release`.";
    HoldUnknown = "hold-unknown", "There is no hold of that id that lasts. See `keyholder retention plan`.";
    HoldMalformed = "hold-malformed", "A hold takes a `key` or a `class`, and a `reason`; a release takes a `reason`.";
    HoldDamaged = "hold-damaged", "This hold was changed in the database. No key is destroyed before two people have looked, and released it: `keyholder retention release`.";
    ClockInvalid = "clock-invalid", "A clock is a time such as 2036-01-31T00:00:00Z, or an offset such as +90d or -1h.";
    // People whose values can be erased.
    SubjectInvalid = "subject-invalid", "A subject is an opaque name of 1 to 256 bytes without control characters. Choose one that nobody can guess.";
    SubjectUnknown = "subject-unknown", "There is no subject of that name. Register it first: `keyholder subject new`, or POST /v1/subjects/{id}.";
    SubjectErased = "subject-erased", "That subject was erased: what was sealed to its keys opens for nobody, and the name is not used again.";
    SubjectNotErased = "subject-not-erased", "That subject was not erased, so there is no receipt.";
    SubjectTraces = "subject-traces", "The subject is erased, but the database still holds traces of its wrapped salt because another process is reading. Ask for the same again.";
    ReceiptsUnsaid = "receipts-unsaid", "What was destroyed or erased since the backup would open again. Give the --receipts of it, or --no-receipts if there was nothing of the kind; nothing was recovered.";
    // Backups.
    BackupUnshared = "backup-unshared", "Nobody could open a backup yet. Make the shares first: `keyholder backup shares`, or give --shares, --threshold and --shares-dir.";
    BackupMalformed = "backup-malformed", "That is no backup of a key holder.";
    BackupDamaged = "backup-damaged", "The backup was cut short or changed since it was made. Take another copy of it; nothing was recovered.";
    ShareMalformed = "share-malformed", "A share is not whole: it was cut short or mistyped. Compare it with its paper or file.";
    ShareForeign = "share-foreign", "A share is of another key than this backup's. Shares that were made later or earlier do not open it.";
    SharesTooFew = "shares-too-few", "It takes more shares to open this backup. Give a --share for each.";
    SharesCount = "shares-count", "Give from 1 to 255 --shares, and a --threshold from 1 to as many.";
    // Incidents.
    IncidentUnknown = "incident-unknown", "There is no incident of that id. See `keyholder incident list`.";
    IncidentClosed = "incident-closed", "That incident was closed. Open another; nothing was changed.";
    IncidentFrozen = "incident-frozen", "Classes are still frozen for that incident. Thaw them first: `keyholder incident thaw`.";
    IncidentTitle = "incident-title", "A title has 1 to 200 characters and no control characters.";
    IncidentWindow = "incident-window", "A window begins before it ends, and nobody is aware of an incident in the future.";
    IncidentConfirm = "incident-confirm", "Nothing was changed. Look at what --dry-run prints, and give --yes to have it done.";
    AssessmentExists = "assessment-exists", "There is such a file already. Choose another --out; nothing was read or written.";
    ClassFrozen = "class-frozen", "Nothing of this class is opened while an incident is being looked into. Ask whoever is in charge of it.";
    // Decoys, and what people ask for.
    TokenDecoy = "token-decoy", "The token is a decoy, which nobody honest opens, so an alarm was raised. Find out who has the tokens of that database.";
    DecoyUnknown = "decoy-unknown", "There is no decoy of that id. See `keyholder decoy list`.";
    DecoyUnable = "decoy-unable", "No value of this kind, with these hints, is sure to belong to nobody. Choose another kind, or leave the hints out.";
    DecoyMembers = "decoy-members", "A form's decoy has members, one --member NAME=KIND or more, of the form's class; a single value's has none.";
    DecoyConsent = "decoy-consent", "A consent is a flat JSON object of texts, whole numbers and booleans.";
    WebhookAddress = "webhook-address", "A webhook is an https:// address, or http:// on this machine, without a user's name or a password.";
    NoteInvalid = "note-invalid", "A note has 1 to 200 characters and no control characters.";
    ExportEmpty = "export-empty", "None of these tokens names that subject. Nothing was opened and nothing written; look at the id and the files.";
    RequestReceived = "request-received", "A request cannot have been received in the future.";
    RequestUnknown = "request-unknown", "There is no request of that id. See `keyholder subject request list`.";
    RequestDone = "request-done", "That request was done before. Nothing was changed.";
    // Duties, notices and protection after an incident.
    IncidentDataUnreadable = "incident-data-unreadable", "The data of incidents cannot be read. Look at the path and owner of --data, and that its files are text of at most 1 MiB.";
    IncidentDataInvalid = "incident-data-invalid", "The data of incidents cannot be used as it is. Mend what is named here; `keyholder incident data` writes what is built in.";
    AssessmentUnreadable = "assessment-unreadable", "That file is no assessment that `keyholder incident assess` has written.";
    AssessmentForeign = "assessment-foreign", "That assessment is of another incident, or was changed after it was made. Give the file that `keyholder incident assess` wrote.";
    AssessmentNeeded = "assessment-needed", "This takes an assessment. Make one with `keyholder incident assess`, or say where it is with --assessment.";
    DutyUnknown = "duty-unknown", "There is no duty of that id. See `keyholder incident notify`.";
    RegimeUnknown = "regime-unknown", "No duty is of that regime. See the `regime` of the files that `keyholder incident data` writes.";
    JurisdictionInvalid = "jurisdiction-invalid", "A jurisdiction is a country or a part of one, such as DE or US-CA.";
    AudienceUnknown = "audience-unknown", "An audience is subjects, authority, acquirer, staff or media.";
    LanguageUnknown = "language-unknown", "There is no template in that language. Write one with `keyholder incident data` and --data, or choose en, de, fr or es.";
    MeasureUnknown = "measure-unknown", "There is no measure of that name. See `keyholder incident protect`.";
    ListFormat = "list-format", "A list is written to a file whose name ends in .csv or .ndjson.";
    FileExists = "file-exists", "There is such a file already, and nothing was written over it. Choose another name.";
    ReferenceInvalid = "reference-invalid", "A text has 1 to 500 characters and no control characters.";
    // What is said about one token. The core's codes say the rest.
    LineMalformed = "line-malformed", "A line is a token, or a JSON object with `token` and perhaps field, kind, origin and sub.";
    KeyUnknown = "key-unknown", "This key holder has no key of the token's kid.";
    NotAllowed = "not-allowed", "No rule lets this credential do that with such data. Perhaps one does for a stated purpose, for one that the person agreed to and did not object to, or for fewer values at a time.";
    ApprovalRequired = "approval-required", "This takes a second person. Have the request approved under the id in `approval`, then send it again, unchanged, with that id.";
    TokenWrongClass = "token-wrong-class", "The token's key does not serve its kind's class of data.";
    QuotaExceeded = "quota-exceeded", "The credential has had as many values opened as it may for now. Try again in the next minute, or day.";
    TokenAlreadyOpened = "token-already-opened", "The token was sealed to be opened once, and has been.";
    // What is said about a whole request.
    Unauthenticated = "unauthenticated", "Send a credential: `Authorization: Bearer fsk_…`.";
    CredentialInvalid = "credential-invalid", "The credential is not known, or was revoked.";
    RequestMalformed = "request-malformed", "The body is not the JSON that this address takes: an object with `tokens`, a list, and perhaps `purpose`.";
    RequestUnreadable = "request-unreadable", "The body could not be read.";
    TooManyTokens = "too-many-tokens", "A request holds 1 to 100 tokens. Send several.";
    BodyTooLarge = "body-too-large", "A body has at most 1 MiB. Send fewer tokens at a time.";
    RequestNameInvalid = "request-name-invalid", "The name of a request has 1 to 64 visible ASCII characters.";
    PageInvalid = "page-invalid", "A page takes `limit`, from 1 to 1000, and `after`, the `next` of the page before.";
    SearchInvalid = "search-invalid", "A search takes `text` of 1 to 100 characters, and `since` and `until` in seconds since 1970.";
    PeriodInvalid = "period-invalid", "A period takes `from` and `to` in seconds since 1970: `to` after `from`, and 400 days at most.";
    CursorInvalid = "cursor-invalid", "This is not the `next` of a page of this list. Begin without `after`.";
    RateLimited = "rate-limited", "There are too many requests. Wait as long as Retry-After says.";
    PurposeInvalid = "purpose-invalid", "A purpose has 1 to 200 characters and no control characters.";
    NotFound = "not-found", "There is nothing at this address.";
    MethodNotAllowed = "method-not-allowed", "This address does not take that method.";
    TimedOut = "timed-out", "The request took too long. Try again.";
    Internal = "internal", "Something went wrong inside the key holder. Its log says where.";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// A page's advice is of no use to whoever runs the key holder.
    #[test]
    fn an_operator_is_not_told_of_pages() {
        let all = fieldseal::Code::ALL.iter().map(|code| Code::Core(*code));
        for code in all.chain(Code::ALL.iter().copied()) {
            assert!(!code.message().contains("createSealer"), "{}", code.as_str());
        }
    }

    #[test]
    fn codes_are_unique_beside_the_cores() {
        let own = Code::ALL.iter().map(|code| code.as_str());
        let all: Vec<_> = own.chain(fieldseal::Code::ALL.iter().map(|code| code.as_str())).collect();
        let distinct: HashSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert!(all.iter().all(|code| code.bytes().all(|c| c.is_ascii_lowercase() || c == b'-')));
    }

    /// Whoever gets a code finds it in the specification, with its text.
    #[test]
    fn every_code_is_documented() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/format.md");
        let text = std::fs::read_to_string(path).unwrap();
        let section = text.split("### 15.3 Key holder").nth(1).unwrap();
        let row = |code: &Code| format!("| `{}` | {} |", code.as_str(), code.message());
        let missing: Vec<_> = Code::ALL.iter().map(row).filter(|row| !section.contains(row)).collect();
        assert!(missing.is_empty(), "not in docs/format.md: {missing:?}");
    }
}

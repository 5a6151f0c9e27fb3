-- The key holder's first schema. Times are NumericDates: seconds since 1970-01-01T00:00:00Z.

-- Exactly one row: how the home is locked, and the key that signs the published key set.
CREATE TABLE holder (
    id             INTEGER PRIMARY KEY CHECK (id = 1),
    created        INTEGER NOT NULL,
    -- What is stored about what unlocks the keys, as JSON; `LockRow` in the code gives its members.
    lock           TEXT    NOT NULL,
    signer_public  BLOB    NOT NULL CHECK (length(signer_public) = 32),
    signer_wrapped BLOB    NOT NULL,
    -- The secret that the keys of fingerprints are derived from.
    fingerprint_wrapped BLOB NOT NULL
) STRICT;

-- The page origins whose tokens may be opened; '*' is any.
CREATE TABLE origins (
    origin TEXT PRIMARY KEY
) STRICT;

-- Key pairs. The private half rests here only wrapped.
CREATE TABLE keys (
    kid     TEXT    PRIMARY KEY,
    alg     TEXT    NOT NULL,
    class   TEXT    NOT NULL,
    -- The order in which they were made, which their times do not tell when two are made in one second.
    place   INTEGER NOT NULL UNIQUE,
    created INTEGER NOT NULL,
    nbf     INTEGER,
    exp     INTEGER,
    public  BLOB    NOT NULL,
    wrapped BLOB    NOT NULL
) STRICT;

-- Who may ask the service to open. The secret itself is not kept.
CREATE TABLE credentials (
    name    TEXT    PRIMARY KEY,
    -- How it is shown: a bearer secret, a client certificate, or the subject of an OIDC issuer. The hash is
    -- over what is shown.
    proof   TEXT    NOT NULL CHECK (proof IN ('bearer', 'certificate', 'oidc')),
    hash    BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    created INTEGER NOT NULL,
    revoked INTEGER,
    -- How many values it may have opened; NULL is without a limit.
    per_minute INTEGER,
    per_day    INTEGER
) STRICT;

CREATE TABLE credential_roles (
    name TEXT NOT NULL REFERENCES credentials (name),
    role TEXT NOT NULL,
    PRIMARY KEY (name, role)
) STRICT;

-- How many values a credential has had opened in the minute and in the day that began at `start`.
CREATE TABLE credential_use (
    name   TEXT    NOT NULL REFERENCES credentials (name),
    span   TEXT    NOT NULL CHECK (span IN ('minute', 'day')),
    start  INTEGER NOT NULL,
    used   INTEGER NOT NULL,
    PRIMARY KEY (name, span)
) STRICT;

CREATE TABLE credential_classes (
    name  TEXT NOT NULL REFERENCES credentials (name),
    class TEXT NOT NULL,
    PRIMARY KEY (name, class)
) STRICT;

-- The audit: one row for every decision, a leaf of the Merkle tree that `audit_head` is the end of.
-- Never a value.
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY,
    time    INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    outcome TEXT    NOT NULL,
    target  TEXT,
    kid     TEXT,
    class   TEXT,
    kind    TEXT,
    field   TEXT,
    iss     TEXT,
    jti     TEXT,
    sub     TEXT,
    purpose TEXT,
    request TEXT,
    rule    TEXT,
    hash    BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;

CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;

-- REPLACE deletes without the trigger above, so a row can only be put at the end.
CREATE TRIGGER audit_grows_at_the_end BEFORE INSERT ON audit
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM audit)
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;

-- Exactly one row: how long the audit is, the hashes of the complete subtrees of its Merkle tree (RFC 6962
-- section 2.1), larger ones first, and the last signed checkpoint (C2SP tlog-checkpoint).
CREATE TABLE audit_head (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    size       INTEGER NOT NULL,
    peaks      BLOB    NOT NULL,
    checkpoint TEXT
) STRICT;

INSERT INTO audit_head (id, size, peaks) VALUES (1, 0, x'');

-- Tokens sealed with `once` that have been opened, by the SHA-256 of the whole token: anyone may
-- copy a jti into a token of their own, and must not be able to use up another's. The one who asked and
-- the name that was given to the request are kept for the same request that comes again.
CREATE TABLE opened_once (
    digest  BLOB    PRIMARY KEY CHECK (length(digest) = 32),
    seq     INTEGER NOT NULL REFERENCES audit (seq),
    time    INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    request TEXT
) STRICT;

-- What takes a second person: who asked for what, and the digest of the tokens that it was about. Neither a
-- token nor a value.
CREATE TABLE approvals (
    id          TEXT    PRIMARY KEY,
    actor       TEXT    NOT NULL,
    action      TEXT    NOT NULL,
    purpose     TEXT,
    digest      BLOB    NOT NULL CHECK (length(digest) = 32),
    count       INTEGER NOT NULL,
    created     INTEGER NOT NULL,
    expires     INTEGER NOT NULL,
    approved_by TEXT,
    approved_at INTEGER,
    used_at     INTEGER
) STRICT;

CREATE INDEX approvals_by_actor ON approvals (actor, expires);

-- Decoys, and the register of what people ask for. Times are NumericDates: seconds since 1970-01-01T00:00:00Z.

-- Tokens that no honest process ever opens. A token's `jti` is 128 random bits and names it; the digest is the
-- SHA-256 of the whole token. The token itself is not kept, and neither is its value.
CREATE TABLE decoys (
    id         TEXT    PRIMARY KEY,
    jti        TEXT    NOT NULL UNIQUE,
    kid        TEXT    NOT NULL,
    digest     BLOB    NOT NULL CHECK (length(digest) = 32),
    class      TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    field      TEXT    NOT NULL,
    origin     TEXT    NOT NULL,
    sub        TEXT,
    created    INTEGER NOT NULL,
    created_by TEXT    NOT NULL,
    -- Whether a credential that touches it is revoked.
    freezes    INTEGER NOT NULL CHECK (freezes IN (0, 1)),
    note       TEXT,
    retired    INTEGER,
    retired_by TEXT
) STRICT;

-- The alarms that decoys raised, until somebody was told: `delivered` is when the webhook took it. `seq` is the
-- audit's record of it.
CREATE TABLE decoy_alarms (
    id        TEXT    PRIMARY KEY,
    seq       INTEGER NOT NULL UNIQUE,
    decoy     TEXT    NOT NULL,
    time      INTEGER NOT NULL,
    actor     TEXT    NOT NULL,
    action    TEXT    NOT NULL,
    address   TEXT,
    request   TEXT,
    frozen    INTEGER NOT NULL CHECK (frozen IN (0, 1)),
    attempts  INTEGER NOT NULL,
    due       INTEGER NOT NULL,
    delivered INTEGER
) STRICT;

CREATE INDEX decoy_alarms_by_time ON decoy_alarms (time);

-- Where alarms are sent; empty is nowhere.
INSERT INTO settings (name, value) VALUES ('decoy-webhook', '');

-- What people asked for, and until when it has to be answered.
CREATE TABLE subject_requests (
    id         TEXT    PRIMARY KEY,
    subject    TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    regime     TEXT    NOT NULL,
    received   INTEGER NOT NULL,
    due        INTEGER NOT NULL,
    created    INTEGER NOT NULL,
    created_by TEXT    NOT NULL,
    note       TEXT,
    done       INTEGER,
    done_by    TEXT,
    receipt    TEXT
) STRICT;

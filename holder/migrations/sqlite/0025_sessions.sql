-- The console's users, what proves that it is they, and their sessions. Times are NumericDates: seconds since
-- 1970-01-01T00:00:00Z.

-- A console's user is a credential that only a session proves. SQLite changes a CHECK in no other way
-- (https://sqlite.org/lang_altertable.html, section 7); no row is touched, and none breaks the new one.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''oidc''))', '''oidc'', ''session''))')
WHERE type = 'table' AND name = 'credentials';
PRAGMA writable_schema = RESET;

CREATE TABLE console_users (
    name       TEXT    PRIMARY KEY REFERENCES credentials (name),
    -- What security keys know the user by (WebAuthn section 4, user handle). Random, as it is not for names.
    handle     BLOB    NOT NULL UNIQUE CHECK (length(handle) = 32),
    -- The code that the user enrols with, by its hash, and until when. It is gone when it was used.
    code       BLOB    CHECK (length(code) = 32),
    code_until INTEGER,
    -- Argon2id, in the PHC string format. NULL until the user has enrolled.
    passphrase TEXT,
    -- How many logins have failed since the last that did not, and until when no other is looked at.
    failures   INTEGER NOT NULL,
    wait_until INTEGER NOT NULL
) STRICT;

-- Security keys (WebAuthn section 4, credential record).
CREATE TABLE console_keys (
    id      BLOB    PRIMARY KEY,
    name    TEXT    NOT NULL REFERENCES console_users (name),
    -- COSE: -7 is ES256, -8 is EdDSA with Ed25519.
    alg     INTEGER NOT NULL CHECK (alg IN (-7, -8)),
    public  BLOB    NOT NULL,
    counter INTEGER NOT NULL,
    -- Whether it can be copied to other devices, which never changes: 0 or 1.
    copied  INTEGER NOT NULL,
    created INTEGER NOT NULL
) STRICT;

-- Logins that are half done: what was proved, and the challenge that the security key is to sign. The id is the
-- hash of what the browser keeps.
CREATE TABLE console_steps (
    id         BLOB    PRIMARY KEY CHECK (length(id) = 32),
    name       TEXT    NOT NULL REFERENCES console_users (name),
    challenge  BLOB    NOT NULL CHECK (length(challenge) = 32),
    -- The hash of the passphrase to be, where the user enrols.
    passphrase TEXT,
    expires    INTEGER NOT NULL
) STRICT;

-- Whoever is logged in. The id is the hash of the cookie.
CREATE TABLE sessions (
    id      BLOB    PRIMARY KEY CHECK (length(id) = 32),
    name    TEXT    NOT NULL REFERENCES credentials (name),
    created INTEGER NOT NULL,
    used    INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT;

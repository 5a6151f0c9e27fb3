-- The console's users, what proves that it is they, and their sessions. Times are NumericDates: seconds since
-- 1970-01-01T00:00:00Z.

-- A console's user is a credential that only a session proves.
ALTER TABLE credentials DROP CONSTRAINT credentials_proof_check;
ALTER TABLE credentials ADD CONSTRAINT credentials_proof_check
    CHECK (proof IN ('bearer', 'certificate', 'oidc', 'session'));

CREATE TABLE console_users (
    name       TEXT    PRIMARY KEY REFERENCES credentials (name),
    -- What security keys know the user by (WebAuthn section 4, user handle). Random, as it is not for names.
    handle     BYTEA NOT NULL UNIQUE CHECK (length(handle) = 32),
    -- The code that the user enrols with, by its hash, and until when. It is gone when it was used.
    code       BYTEA CHECK (length(code) = 32),
    code_until BIGINT,
    -- Argon2id, in the PHC string format. NULL until the user has enrolled.
    passphrase TEXT,
    -- How many logins have failed since the last that did not, and until when no other is looked at.
    failures   BIGINT NOT NULL,
    wait_until BIGINT NOT NULL
);

-- Security keys (WebAuthn section 4, credential record).
CREATE TABLE console_keys (
    id      BYTEA PRIMARY KEY,
    name    TEXT    NOT NULL REFERENCES console_users (name),
    -- COSE: -7 is ES256, -8 is EdDSA with Ed25519.
    alg     BIGINT NOT NULL CHECK (alg IN (-7, -8)),
    public  BYTEA NOT NULL,
    counter BIGINT NOT NULL,
    -- Whether it can be copied to other devices, which never changes: 0 or 1.
    copied  BIGINT NOT NULL,
    created BIGINT NOT NULL
);

-- Logins that are half done: what was proved, and the challenge that the security key is to sign. The id is the
-- hash of what the browser keeps.
CREATE TABLE console_steps (
    id         BYTEA PRIMARY KEY CHECK (length(id) = 32),
    name       TEXT    NOT NULL REFERENCES console_users (name),
    challenge  BYTEA NOT NULL CHECK (length(challenge) = 32),
    -- The hash of the passphrase to be, where the user enrols.
    passphrase TEXT,
    expires    BIGINT NOT NULL
);

-- Whoever is logged in. The id is the hash of the cookie.
CREATE TABLE sessions (
    id      BYTEA PRIMARY KEY CHECK (length(id) = 32),
    name    TEXT    NOT NULL REFERENCES credentials (name),
    created BIGINT NOT NULL,
    used    BIGINT NOT NULL,
    expires BIGINT NOT NULL
);

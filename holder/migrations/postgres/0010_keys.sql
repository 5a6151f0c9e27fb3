-- The life of keys. Times are NumericDates: seconds since 1970-01-01T00:00:00Z.

-- When a key was revoked and destroyed, and why. Of a destroyed key the private half is gone, and
-- `wrapped` is empty; what was public about it stays, and the signed receipt of its end.
ALTER TABLE keys ADD COLUMN revoked   BIGINT;
ALTER TABLE keys ADD COLUMN destroyed BIGINT;
ALTER TABLE keys ADD COLUMN reason    TEXT;
ALTER TABLE keys ADD COLUMN receipt   TEXT;

-- What an operator sets while the key holder lives, by name.
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- Rotation by age is off until somebody sets how old a key may get. Its row is what replicas queue for.
INSERT INTO settings (name, value) VALUES ('rotation', '');

-- Tokens sealed with `once` that were sealed again to a newer key, by the SHA-256 of the new token, and
-- the digest of the first one: `opened_once` knows all of a line by its first, so only one of them opens.
CREATE TABLE rewrapped_once (
    digest BYTEA PRIMARY KEY CHECK (length(digest) = 32),
    root   BYTEA NOT NULL CHECK (length(root) = 32)
);

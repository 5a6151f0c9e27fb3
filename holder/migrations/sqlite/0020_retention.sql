-- Retention by key destruction. Times are NumericDates: seconds since 1970-01-01T00:00:00Z.

-- When the private half is destroyed, fixed when the key is made; NULL is never. It is authenticated with the
-- wrapped half, so that whoever can only write here cannot put it off.
ALTER TABLE keys ADD COLUMN destroys INTEGER;

-- What an approval is about, where that is no token: a key, a class, a hold.
ALTER TABLE approvals ADD COLUMN target TEXT;

-- What keeps keys from being destroyed: one key, or those that serve a class ('*' is every key). Two people
-- placed it, and two people release it. The signature is over all of the row.
CREATE TABLE holds (
    id               TEXT PRIMARY KEY,
    kid              TEXT,
    class            TEXT,
    reason           TEXT    NOT NULL,
    asked_by         TEXT    NOT NULL,
    placed_by        TEXT    NOT NULL,
    placed           INTEGER NOT NULL,
    release_reason   TEXT,
    release_asked_by TEXT,
    released_by      TEXT,
    released         INTEGER,
    signature        BLOB    NOT NULL,
    CHECK ((kid IS NULL) <> (class IS NULL))
) STRICT;

-- For how long data is kept. A new key holder begins with the defaults. One that has keys already, which were
-- made without a date, goes on as it was until an operator sets it.
INSERT INTO settings (name, value)
SELECT 'retention', CASE WHEN EXISTS (SELECT 1 FROM keys) THEN '{"off":true}' ELSE '' END;

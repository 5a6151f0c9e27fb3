-- People whose values can be erased. Times are NumericDates: seconds since 1970-01-01T00:00:00Z.

-- A person by an opaque name. The salt is what their keys are derived with, wrapped; of somebody who was erased it is
-- empty, and the name stays, so that nobody is registered under it again.
CREATE TABLE subjects (
    id      TEXT    PRIMARY KEY,
    created INTEGER NOT NULL,
    salt    BLOB    NOT NULL,
    erased  INTEGER,
    reason  TEXT,
    -- The signed receipt of the erasure.
    receipt TEXT
) STRICT;

CREATE INDEX subjects_in_order ON subjects (created, id);

-- The keys that were derived for a person, by their thumbprint: for whom, and from which key. Neither half is kept,
-- for both follow from that key and the salt.
CREATE TABLE subject_keys (
    kid     TEXT    PRIMARY KEY,
    subject TEXT    NOT NULL REFERENCES subjects (id),
    parent  TEXT    NOT NULL REFERENCES keys (kid),
    created INTEGER NOT NULL,
    UNIQUE (subject, parent)
) STRICT;

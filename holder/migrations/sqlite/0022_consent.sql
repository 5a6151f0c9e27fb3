-- What people said about the use of their values after these were sealed: not to sell them, an objection to a
-- purpose, a consent withdrawn. Times are NumericDates: seconds since 1970-01-01T00:00:00Z.
--
-- It is kept for any subject, also for one who has no key here, and it outlives their erasure: who forgot that
-- somebody objected would write to them again.
CREATE TABLE subject_flags (
    subject TEXT    NOT NULL,
    flag    TEXT    NOT NULL CHECK (flag IN ('do-not-sell', 'objection', 'withdrawal')),
    -- Empty where the flag is about no single purpose.
    purpose TEXT    NOT NULL,
    time    INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    PRIMARY KEY (subject, flag, purpose),
    CHECK ((flag = 'do-not-sell') = (purpose = ''))
) STRICT;

-- Incidents. Times are NumericDates: seconds since 1970-01-01T00:00:00Z.

-- What is suspected is JSON; `Suspected` in the code gives its members.
CREATE TABLE incidents (
    id        TEXT    PRIMARY KEY,
    title     TEXT    NOT NULL,
    opened    INTEGER NOT NULL,
    aware     INTEGER NOT NULL,
    closed    INTEGER,
    suspected TEXT    NOT NULL
) STRICT;

-- What was done about each, in order. The particulars are JSON: never a value or a token.
CREATE TABLE incident_steps (
    incident TEXT    NOT NULL REFERENCES incidents (id),
    place    INTEGER NOT NULL,
    time     INTEGER NOT NULL,
    actor    TEXT    NOT NULL,
    what     TEXT    NOT NULL,
    detail   TEXT    NOT NULL,
    PRIMARY KEY (incident, place)
) STRICT;

-- The classes of which nothing is opened ('*' is every class), and the incident for which. Each incident
-- thaws its own, so one that ends does not open what another keeps shut.
CREATE TABLE frozen (
    class    TEXT    NOT NULL,
    incident TEXT    NOT NULL REFERENCES incidents (id),
    since    INTEGER NOT NULL,
    actor    TEXT    NOT NULL,
    PRIMARY KEY (class, incident)
) STRICT;

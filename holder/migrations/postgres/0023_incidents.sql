-- Incidents. Times are NumericDates: seconds since 1970-01-01T00:00:00Z.

-- What is suspected is JSON; `Suspected` in the code gives its members.
CREATE TABLE incidents (
    id        TEXT    PRIMARY KEY,
    title     TEXT    NOT NULL,
    opened    BIGINT  NOT NULL,
    aware     BIGINT  NOT NULL,
    closed    BIGINT,
    suspected TEXT    NOT NULL
);

-- What was done about each, in order. The particulars are JSON: never a value or a token.
CREATE TABLE incident_steps (
    incident TEXT    NOT NULL REFERENCES incidents (id),
    place    BIGINT  NOT NULL,
    time     BIGINT  NOT NULL,
    actor    TEXT    NOT NULL,
    what     TEXT    NOT NULL,
    detail   TEXT    NOT NULL,
    PRIMARY KEY (incident, place)
);

-- The classes of which nothing is opened ('*' is every class), and the incident for which. Each incident
-- thaws its own, so one that ends does not open what another keeps shut.
CREATE TABLE frozen (
    class    TEXT    NOT NULL,
    incident TEXT    NOT NULL REFERENCES incidents (id),
    since    BIGINT  NOT NULL,
    actor    TEXT    NOT NULL,
    PRIMARY KEY (class, incident)
);

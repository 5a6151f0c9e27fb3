-- The shop keeps what the form sent, in the order in which it came: repeated names are allowed and nothing is interpreted.
CREATE TABLE orders (
    id        TEXT    PRIMARY KEY,
    placed_at INTEGER NOT NULL DEFAULT (unixepoch())
) STRICT;

CREATE TABLE entries (
    order_id TEXT    NOT NULL REFERENCES orders (id),
    position INTEGER NOT NULL,
    name     TEXT    NOT NULL,
    value    TEXT    NOT NULL,
    PRIMARY KEY (order_id, position)
) STRICT;

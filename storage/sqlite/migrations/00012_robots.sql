-- +goose Up
-- Since when robots.txt of an origin is as it is, and earlier copies that said something else: the last of them.
ALTER TABLE robots ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
UPDATE robots SET since = fetched_at;
CREATE TABLE robots_past (
    origin     TEXT NOT NULL,
    since      INTEGER NOT NULL, -- when it was fetched first
    fetched_at INTEGER NOT NULL, -- and last
    status     INTEGER NOT NULL,
    body       BLOB NOT NULL,
    err        TEXT NOT NULL,
    PRIMARY KEY (origin, since)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE robots_past;
ALTER TABLE robots DROP COLUMN since;

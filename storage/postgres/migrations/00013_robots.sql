-- +goose Up
-- Since when robots.txt of an origin is as it is, and earlier copies that said something else: the last of them.
ALTER TABLE robots ADD COLUMN since BIGINT NOT NULL DEFAULT 0;
UPDATE robots SET since = fetched_at;
CREATE TABLE robots_past (
    origin     TEXT COLLATE "C" NOT NULL,
    since      BIGINT NOT NULL, -- when it was fetched first
    fetched_at BIGINT NOT NULL, -- and last
    status     BIGINT NOT NULL,
    body       BYTEA NOT NULL,
    err        TEXT NOT NULL,
    PRIMARY KEY (origin, since)
);

-- +goose Down
DROP TABLE robots_past;
ALTER TABLE robots DROP COLUMN since;

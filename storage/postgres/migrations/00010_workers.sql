-- +goose Up
-- Who works on the sites by the job queue: a sign of life of each.
CREATE TABLE workers (
    id    TEXT PRIMARY KEY,
    owner TEXT NOT NULL, -- as whom it has sites
    seen  BIGINT NOT NULL
);

-- +goose Down
DROP TABLE workers;

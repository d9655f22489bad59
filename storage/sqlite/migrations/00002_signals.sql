-- +goose Up
-- What the publisher says about the reuse of the page: a JSON list of crawler.Signal, '' for none.
ALTER TABLE tasks ADD COLUMN signals TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE tasks DROP COLUMN signals;

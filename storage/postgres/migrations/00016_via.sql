-- +goose Up
-- Of a page that was made of a post in the answer from another URL: that URL.
ALTER TABLE pages ADD COLUMN via TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE pages DROP COLUMN via;

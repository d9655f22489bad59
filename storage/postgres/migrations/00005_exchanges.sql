-- +goose Up
-- Header fields as they were sent, as a JSON object of lists: those of most pages are the same.
CREATE TABLE requests (
    id     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    header TEXT NOT NULL UNIQUE
);
-- What else there was of the exchange. 0 and '' for pages that were fetched before it was kept.
ALTER TABLE pages ADD COLUMN request_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pages ADD COLUMN status_line TEXT NOT NULL DEFAULT '';
ALTER TABLE pages ADD COLUMN remote TEXT NOT NULL DEFAULT '';     -- IP address
ALTER TABLE pages ADD COLUMN decoded SMALLINT NOT NULL DEFAULT 0;  -- whether a content coding was undone

-- +goose Down
ALTER TABLE pages DROP COLUMN decoded;
ALTER TABLE pages DROP COLUMN remote;
ALTER TABLE pages DROP COLUMN status_line;
ALTER TABLE pages DROP COLUMN request_id;
DROP TABLE requests;

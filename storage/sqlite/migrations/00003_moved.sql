-- +goose Up
-- The task that the page of a review redirects to, 0 if it does not: its review is this one.
ALTER TABLE reviews ADD COLUMN moved_to INTEGER NOT NULL DEFAULT 0;
CREATE INDEX reviews_moved ON reviews (moved_to) WHERE moved_to <> 0;
CREATE INDEX reviews_text ON reviews (text_hash);

-- +goose Down
DROP INDEX reviews_text;
DROP INDEX reviews_moved;
ALTER TABLE reviews DROP COLUMN moved_to;

-- +goose Up
-- Whether a date of change was announced since the last visit, and how many such visits in a row found nothing new.
ALTER TABLE tasks ADD COLUMN announced INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN misled INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE tasks DROP COLUMN misled;
ALTER TABLE tasks DROP COLUMN announced;

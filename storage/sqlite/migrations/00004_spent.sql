-- +goose Up
-- What counts against the budgets of a run: answered requests for pages, and the bytes of all bodies.
ALTER TABLE runs ADD COLUMN pages INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE runs DROP COLUMN bytes;
ALTER TABLE runs DROP COLUMN pages;

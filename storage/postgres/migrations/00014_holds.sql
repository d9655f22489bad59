-- +goose Up
ALTER TABLE hosts ADD COLUMN hold_why TEXT NOT NULL DEFAULT ''; -- why it is not asked before hold_until

-- +goose Down
ALTER TABLE hosts DROP COLUMN hold_why;

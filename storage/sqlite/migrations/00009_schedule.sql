-- +goose Up
ALTER TABLE sites ADD COLUMN next_run_at INTEGER NOT NULL DEFAULT 0; -- when its next run is planned, or when that was that goes on; 0 is never
ALTER TABLE sites ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sites ADD COLUMN freed_at INTEGER NOT NULL DEFAULT 0;    -- when its last holder gave it free, for whose turn it is
CREATE INDEX sites_planned ON sites (next_run_at) WHERE next_run_at > 0;

ALTER TABLE runs ADD COLUMN cause TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN cancelled INTEGER NOT NULL DEFAULT 0;    -- a person wants it ended
ALTER TABLE runs ADD COLUMN took INTEGER NOT NULL DEFAULT 0;         -- milliseconds that its holders had it
UPDATE runs SET took = ended - started WHERE ended IS NOT NULL;
CREATE INDEX runs_cancelled ON runs (site_id) WHERE cancelled = 1 AND finished = 0;

-- +goose Down
DROP INDEX runs_cancelled;
ALTER TABLE runs DROP COLUMN took;
ALTER TABLE runs DROP COLUMN cancelled;
ALTER TABLE runs DROP COLUMN cause;
DROP INDEX sites_planned;
ALTER TABLE sites DROP COLUMN freed_at;
ALTER TABLE sites DROP COLUMN paused;
ALTER TABLE sites DROP COLUMN next_run_at;

-- +goose Up
-- The fingerprint of the text (storage.Fingerprint, its bits as a signed number), 0 for a text without words, NULL until it is worked
-- out: opening the database does that. copy_of is the record that this one is a copy of, 0 for none, and copy_bits how far off it is.
ALTER TABLE reviews ADD COLUMN simhash BIGINT;
ALTER TABLE reviews ADD COLUMN copy_of INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reviews ADD COLUMN copy_bits INTEGER NOT NULL DEFAULT 0;
CREATE INDEX reviews_unread ON reviews (simhash) WHERE simhash IS NULL;
CREATE INDEX reviews_copies ON reviews (copy_of) WHERE copy_of <> 0;
CREATE INDEX reviews_band0 ON reviews ((simhash & 65535), simhash) WHERE kind IN ('review', 'roundup');
CREATE INDEX reviews_band1 ON reviews ((simhash >> 16 & 65535), simhash) WHERE kind IN ('review', 'roundup');
CREATE INDEX reviews_band2 ON reviews ((simhash >> 32 & 65535), simhash) WHERE kind IN ('review', 'roundup');
CREATE INDEX reviews_band3 ON reviews ((simhash >> 48 & 65535), simhash) WHERE kind IN ('review', 'roundup');

-- +goose Down
DROP INDEX reviews_band3;
DROP INDEX reviews_band2;
DROP INDEX reviews_band1;
DROP INDEX reviews_band0;
DROP INDEX reviews_copies;
DROP INDEX reviews_unread;
ALTER TABLE reviews DROP COLUMN copy_bits;
ALTER TABLE reviews DROP COLUMN copy_of;
ALTER TABLE reviews DROP COLUMN simhash;

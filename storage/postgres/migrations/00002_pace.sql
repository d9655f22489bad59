-- +goose Up
-- How long the page is left alone, in thousandths of its site's revisit time: see storage.Pace.
ALTER TABLE tasks ADD COLUMN pace BIGINT NOT NULL DEFAULT 1000;

-- Texts are compared with originals only, of which a text that was copied a thousand times has one.
DROP INDEX reviews_band0;
DROP INDEX reviews_band1;
DROP INDEX reviews_band2;
DROP INDEX reviews_band3;
CREATE INDEX reviews_band0 ON reviews ((simhash & 65535), simhash) WHERE kind IN ('review', 'roundup') AND copy_of = 0;
CREATE INDEX reviews_band1 ON reviews ((simhash >> 16 & 65535), simhash) WHERE kind IN ('review', 'roundup') AND copy_of = 0;
CREATE INDEX reviews_band2 ON reviews ((simhash >> 32 & 65535), simhash) WHERE kind IN ('review', 'roundup') AND copy_of = 0;
CREATE INDEX reviews_band3 ON reviews ((simhash >> 48 & 65535), simhash) WHERE kind IN ('review', 'roundup') AND copy_of = 0;

-- +goose Down
DROP INDEX reviews_band3;
DROP INDEX reviews_band2;
DROP INDEX reviews_band1;
DROP INDEX reviews_band0;
CREATE INDEX reviews_band0 ON reviews ((simhash & 65535), simhash) WHERE kind IN ('review', 'roundup');
CREATE INDEX reviews_band1 ON reviews ((simhash >> 16 & 65535), simhash) WHERE kind IN ('review', 'roundup');
CREATE INDEX reviews_band2 ON reviews ((simhash >> 32 & 65535), simhash) WHERE kind IN ('review', 'roundup');
CREATE INDEX reviews_band3 ON reviews ((simhash >> 48 & 65535), simhash) WHERE kind IN ('review', 'roundup');
ALTER TABLE tasks DROP COLUMN pace;

-- +goose Up
-- What the pages of a site are packed with: 32768 and the id is the dictionary ID in their zstd frames. body is raw content, packed itself.
CREATE TABLE dictionaries (
    id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id BIGINT NOT NULL REFERENCES sites (id),
    made    BIGINT NOT NULL,
    body    BYTEA NOT NULL
);
CREATE INDEX dictionaries_site ON dictionaries (site_id, id);

-- +goose Down
DROP TABLE dictionaries;

-- +goose Up
-- Who asks a host, for whatever site: one holder at a time. An entry holds while its owner holds a site that has the host.
CREATE TABLE host_owners (
    host  TEXT COLLATE "C" PRIMARY KEY,
    owner TEXT NOT NULL -- as in sites
);

-- From where the rows come while a copy into this database is under way; no row otherwise.
CREATE TABLE copying (source TEXT NOT NULL);

-- +goose Down
DROP TABLE copying;
DROP TABLE host_owners;

-- All times are integer milliseconds since 1970 in UTC. Booleans are 0 and 1.

-- +goose Up
CREATE TABLE sites (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL UNIQUE,
    epoch       INTEGER NOT NULL DEFAULT 0, -- counts the holders; a write that names an older one is refused
    owner       TEXT NOT NULL DEFAULT '',   -- host/pid/process/handle of the holder, '' if nobody has it
    lease_until INTEGER NOT NULL DEFAULT 0
);

-- A host of a site: the unit of politeness, with a summary of its queue that the triggers below keep.
CREATE TABLE hosts (
    id         INTEGER PRIMARY KEY,
    site_id    INTEGER NOT NULL REFERENCES sites (id),
    host       TEXT NOT NULL,
    queued     INTEGER NOT NULL DEFAULT 0,
    next_due   INTEGER,                    -- earliest due of its queued tasks
    hold_until INTEGER NOT NULL DEFAULT 0, -- not to be asked before
    UNIQUE (site_id, host)
);
CREATE INDEX hosts_host ON hosts (host);

-- due says whether a task is queued: NULL if not, 0 at once, otherwise the time. outcome is what is known of the URL, last what
-- the last visit gave.
CREATE TABLE tasks (
    id            INTEGER PRIMARY KEY,
    site_id       INTEGER NOT NULL,
    host_id       INTEGER NOT NULL,
    url           TEXT NOT NULL UNIQUE,
    kind          TEXT NOT NULL,
    depth         INTEGER NOT NULL,
    found         TEXT NOT NULL,
    found_on      TEXT NOT NULL,
    hops          INTEGER NOT NULL,
    tries         INTEGER NOT NULL DEFAULT 0,
    due           INTEGER,
    lastmod       INTEGER NOT NULL DEFAULT 0,
    hint          INTEGER NOT NULL DEFAULT 0,
    etag          TEXT NOT NULL DEFAULT '',
    last_modified TEXT NOT NULL DEFAULT '',
    outcome       TEXT NOT NULL DEFAULT '',
    last          TEXT NOT NULL DEFAULT '',
    read_as       TEXT NOT NULL DEFAULT '', -- outcome of the last visit that read the page; a 304 means that again
    why           TEXT NOT NULL DEFAULT '',
    page_kind     TEXT NOT NULL DEFAULT '',
    status        INTEGER NOT NULL DEFAULT 0,
    visited_at    INTEGER NOT NULL DEFAULT 0
);
-- Every task is in one of these two. The first serves the frontier: what is due at once stands in visiting order.
CREATE INDEX tasks_queue ON tasks (host_id, due, hint DESC, depth, id) WHERE due IS NOT NULL;
CREATE INDEX tasks_done ON tasks (site_id, outcome) WHERE due IS NULL;

-- +goose StatementBegin
CREATE TRIGGER tasks_queue_insert AFTER INSERT ON tasks WHEN new.due IS NOT NULL
BEGIN
    UPDATE hosts SET queued = queued + 1,
        next_due = CASE WHEN next_due <= new.due THEN next_due ELSE new.due END
    WHERE id = new.host_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER tasks_queue_update AFTER UPDATE OF due ON tasks WHEN old.due IS NOT new.due
BEGIN
    UPDATE hosts SET queued = queued - (old.due IS NOT NULL) + (new.due IS NOT NULL),
        next_due = (SELECT due FROM tasks WHERE host_id = new.host_id AND due IS NOT NULL ORDER BY due LIMIT 1)
    WHERE id = new.host_id;
END;
-- +goose StatementEnd

-- The snapshot of the last answer that was read.
CREATE TABLE pages (
    task_id      INTEGER PRIMARY KEY REFERENCES tasks (id),
    status       INTEGER NOT NULL,
    content_type TEXT NOT NULL,
    charset      TEXT NOT NULL,
    header       TEXT NOT NULL,    -- JSON object of lists
    size         INTEGER NOT NULL, -- bytes before compression
    hash         BLOB NOT NULL,    -- SHA-256 of the body
    body         BLOB NOT NULL,    -- zstd
    fetched_at   INTEGER NOT NULL,
    took         INTEGER NOT NULL  -- milliseconds
);

-- Hashes of the blocks of the pages that were read as reviews: what stands on many of them is no review. Apart from the pages, to be
-- read in one go.
CREATE TABLE marks (
    site_id INTEGER NOT NULL,
    task_id INTEGER NOT NULL,
    marks   BLOB NOT NULL, -- 8 bytes each, little-endian
    PRIMARY KEY (site_id, task_id)
) WITHOUT ROWID;

CREATE TABLE reviews (
    id         INTEGER PRIMARY KEY,
    url        TEXT NOT NULL UNIQUE,
    task_id    INTEGER NOT NULL REFERENCES tasks (id), -- the page that owns it
    site       TEXT NOT NULL,
    kind       TEXT NOT NULL,
    published  INTEGER,
    film       TEXT NOT NULL,    -- lower case, for filters
    year       INTEGER NOT NULL, -- 0 if not known
    author     TEXT NOT NULL,    -- lower case, for filters
    lang       TEXT NOT NULL,
    words      INTEGER NOT NULL,
    data       TEXT NOT NULL,    -- the review as JSON, without blocks
    text_hash  TEXT NOT NULL,
    revision   INTEGER NOT NULL,
    fetched_at INTEGER NOT NULL,
    first_seen INTEGER NOT NULL
);
CREATE INDEX reviews_task ON reviews (task_id);
CREATE INDEX reviews_export ON reviews (site, (published IS NULL), published, url);

-- Earlier texts of reviews.
CREATE TABLE revisions (
    review_id  INTEGER NOT NULL REFERENCES reviews (id),
    revision   INTEGER NOT NULL,
    data       TEXT NOT NULL,
    text_hash  TEXT NOT NULL,
    fetched_at INTEGER NOT NULL,
    PRIMARY KEY (review_id, revision)
);

CREATE TABLE runs (
    id        INTEGER PRIMARY KEY,
    site_id   INTEGER NOT NULL REFERENCES sites (id),
    epoch     INTEGER NOT NULL, -- of its last holder
    started   INTEGER NOT NULL,
    ended     INTEGER,
    resumed   INTEGER NOT NULL DEFAULT 0,
    finished  INTEGER NOT NULL DEFAULT 0,
    why       TEXT NOT NULL DEFAULT '',
    fetched   INTEGER NOT NULL DEFAULT 0,
    added     INTEGER NOT NULL DEFAULT 0, -- new reviews
    changed   INTEGER NOT NULL DEFAULT 0,
    unchanged INTEGER NOT NULL DEFAULT 0,
    queued    INTEGER NOT NULL DEFAULT 0  -- when it ended
);
CREATE INDEX runs_site ON runs (site_id, id);

CREATE TABLE run_outcomes (
    run_id  INTEGER NOT NULL REFERENCES runs (id),
    outcome TEXT NOT NULL,
    n       INTEGER NOT NULL,
    PRIMARY KEY (run_id, outcome)
);

CREATE TABLE robots (
    origin     TEXT PRIMARY KEY,
    status     INTEGER NOT NULL,
    body       BLOB NOT NULL,
    fetched_at INTEGER NOT NULL,
    err        TEXT NOT NULL
);

-- +goose Down
DROP TABLE robots;
DROP TABLE run_outcomes;
DROP TABLE runs;
DROP TABLE revisions;
DROP TABLE reviews;
DROP TABLE marks;
DROP TABLE pages;
DROP TABLE tasks;
DROP TABLE hosts;
DROP TABLE sites;

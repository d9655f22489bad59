package tables

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"cinecrawl/crawler"
	"cinecrawl/storage"
)

const fromTasks = ` FROM tasks t JOIN sites s ON s.id = t.site_id JOIN hosts h ON h.id = t.host_id `

// TaskByURL implements storage.Store.
func (s *Store) TaskByURL(ctx context.Context, url string) (*storage.TaskState, error) {
	var t storage.TaskState
	var visited int64
	var signals string
	dest, done := taskDest(&t.Task)
	dest = append(dest, &t.Queued, &t.Outcome, &t.Last, &t.Why, &t.PageKind, &t.Status, &visited, &signals, &t.Pace)
	err := s.reads.row(ctx, dest, `SELECT `+taskColumns+`, t.due IS NOT NULL, t.outcome, t.last, t.why, t.page_kind, t.status, t.visited_at, t.signals, t.pace`+
		fromTasks+`WHERE t.url = $1`, url)
	if errors.Is(err, sql.ErrNoRows) {
		err = storage.ErrNotFound
	}
	if err == nil {
		t.Signals, err = unpackSignals(signals)
	}
	if err != nil {
		return nil, fmt.Errorf("task %s: %w", url, s.explain(err))
	}
	done()
	t.VisitedAt = moment(visited)
	return &t, nil
}

const pageColumns = taskColumns + `, p.status, p.content_type, p.charset, p.header, p.size, p.hash, p.body, p.fetched_at, p.took,
	p.status_line, p.remote, p.decoded, p.via, COALESCE((SELECT q.header FROM requests q WHERE q.id = p.request_id), '')`

const fromPages = fromTasks + `JOIN pages p ON p.task_id = t.id `

func (s *Store) scanSnapshot(ctx context.Context, scan func(...any) error) (*storage.Snapshot, error) {
	var n storage.Snapshot
	var header, hash, body, request []byte
	var size, fetched, took int64
	dest, done := taskDest(&n.Task)
	p := &n.Page
	if err := scan(append(dest, &p.Status, &p.ContentType, &p.Charset, &header, &size, &hash, &body, &fetched, &took, &p.StatusLine, &p.Remote, &p.Decoded, &p.Via, &request)...); err != nil {
		return nil, err
	}
	done()
	n.Site = n.Task.Site
	p.URL = n.Task.URL
	p.FetchedAt = moment(fetched)
	p.Took = time.Duration(took) * time.Millisecond
	err := json.Unmarshal(header, &p.Header)
	if err == nil && len(request) > 0 {
		err = json.Unmarshal(request, &p.Request)
	}
	if err == nil {
		p.Body, err = s.zip.unpack(body, size, hash, func(id uint32) ([]byte, error) { return s.dictionary(ctx, id) })
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.URL, err)
	}
	return &n, nil
}

// Snapshots implements storage.Store.
func (s *Store) Snapshots(ctx context.Context, site string, each func(*storage.Snapshot) error) error {
	// First the IDs, then a page at a time: no read transaction stays open while the pages are read again and stored, which would
	// keep the log growing.
	var ids []int64
	list := func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	}
	var err error
	if site == "" {
		err = s.reads.rows(ctx, list, `SELECT task_id FROM pages ORDER BY task_id`)
	} else {
		err = s.reads.rows(ctx, list, `SELECT t.id FROM tasks t WHERE t.site_id = (SELECT id FROM sites WHERE name = $1)
			AND EXISTS (SELECT 1 FROM pages p WHERE p.task_id = t.id) ORDER BY t.id`, site)
	}
	if err != nil {
		return fmt.Errorf("read snapshots: %w", s.explain(err))
	}
	for _, id := range ids {
		var n *storage.Snapshot
		err := s.reads.rows(ctx, func(scan func(...any) error) (err error) {
			n, err = s.scanSnapshot(ctx, scan)
			return err
		}, `SELECT `+pageColumns+fromPages+`WHERE t.id = $1`, id)
		if err != nil {
			return fmt.Errorf("read snapshots: %w", s.explain(err))
		}
		if err := each(n); err != nil {
			return err
		}
	}
	return nil
}

// SnapshotByURL implements storage.Store.
func (s *Store) SnapshotByURL(ctx context.Context, url string) (*storage.Snapshot, error) {
	var n *storage.Snapshot
	err := s.reads.rows(ctx, func(scan func(...any) error) (err error) {
		n, err = s.scanSnapshot(ctx, scan)
		return err
	}, `SELECT `+pageColumns+fromPages+`WHERE t.url = $1`, url)
	if err == nil && n == nil {
		err = storage.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("snapshot of %s: %w", url, s.explain(err))
	}
	return n, nil
}

// LoadRobots implements storage.Store.
func (s *Store) LoadRobots(ctx context.Context, origin string) (*crawler.RobotsCopy, error) {
	r := crawler.RobotsCopy{Origin: origin}
	var fetched int64
	err := s.reads.row(ctx, []any{&r.Status, &r.Body, &fetched, &r.Err}, `SELECT status, body, fetched_at, err FROM robots WHERE origin = $1`, origin)
	if errors.Is(err, sql.ErrNoRows) {
		err = storage.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("robots.txt of %s: %w", origin, s.explain(err))
	}
	r.FetchedAt = moment(fetched)
	return &r, nil
}

// RobotsAt implements storage.Store.
func (s *Store) RobotsAt(ctx context.Context, origin string, at time.Time) (*crawler.RobotsCopy, error) {
	r := crawler.RobotsCopy{Origin: origin}
	var since int64
	err := s.reads.row(ctx, []any{&r.Status, &r.Body, &since, &r.Err}, `SELECT status, body, since, err FROM (
			SELECT status, body, since, err FROM robots WHERE origin = $1 AND since <= $2
			UNION ALL SELECT status, body, since, err FROM robots_past WHERE origin = $1 AND since <= $2) c ORDER BY since DESC LIMIT 1`, origin, millis(at))
	if errors.Is(err, sql.ErrNoRows) {
		err = storage.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("robots.txt of %s at %s: %w", origin, at.UTC().Format(time.RFC3339), s.explain(err))
	}
	r.FetchedAt = moment(since)
	return &r, nil
}

// maxRobotsPast is how many earlier copies are kept of an origin.
const maxRobotsPast = 20

// SaveRobots implements storage.Store.
func (s *Store) SaveRobots(ctx context.Context, r *crawler.RobotsCopy) error {
	body := r.Body
	if body == nil {
		body = []byte{}
	}
	err := s.write(ctx, func(t *tx) error {
		// That it is unreachable is one thing, in whatever words.
		past, err := t.exec(`INSERT INTO robots_past (origin, since, fetched_at, status, body, err) SELECT origin, since, fetched_at, status, body, err
			FROM robots WHERE origin = $1 AND (status <> $2 OR body <> $3 OR (err = '') <> ($4 = ''))
			ON CONFLICT (origin, since) DO UPDATE SET fetched_at = excluded.fetched_at, status = excluded.status, body = excluded.body, err = excluded.err`,
			r.Origin, r.Status, body, r.Err)
		if err != nil {
			return err
		}
		if past > 0 {
			if _, err := t.exec(`DELETE FROM robots_past WHERE origin = $1 AND since NOT IN
				(SELECT since FROM robots_past WHERE origin = $1 ORDER BY since DESC LIMIT CAST($2 AS INTEGER))`, r.Origin, maxRobotsPast); err != nil {
				return err
			}
		}
		_, err = t.exec(`INSERT INTO robots (origin, status, body, fetched_at, err, since) VALUES ($1, $2, $3, $4, $5, $4)
			ON CONFLICT (origin) DO UPDATE SET status = excluded.status, body = excluded.body, fetched_at = excluded.fetched_at, err = excluded.err,
				since = CASE WHEN $6 = 1 THEN excluded.since ELSE robots.since END`,
			r.Origin, r.Status, body, millis(r.FetchedAt), r.Err, flag(past > 0))
		return err
	})
	if err != nil {
		return fmt.Errorf("save robots.txt of %s: %w", r.Origin, err)
	}
	return nil
}

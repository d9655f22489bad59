package tables

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"cinecrawl/crawler"
)

const (
	taskColumns = `t.id, t.url, s.name, h.host, ` + taskRest
	taskRest    = `t.kind, t.depth, t.found, t.found_on, t.hops, t.tries, COALESCE(t.due, 0), t.lastmod, t.hint,
	t.etag, t.last_modified`
)

// taskDest is where the taskColumns go; done converts them after the scan.
func taskDest(t *crawler.Task) (dest []any, done func()) {
	var due, lastmod int64
	dest = []any{&t.ID, &t.URL, &t.Site, &t.Host, &t.Kind, &t.Depth, &t.Found, &t.From, &t.Hops, &t.Tries, &due, &lastmod, &t.Hint,
		&t.ETag, &t.LastModified}
	return dest, func() { t.Due, t.LastMod = dueMoment(due), moment(lastmod) }
}

// dueAgain is the due of a task that was visited before and is due at once: it comes after those that were never visited, so that a
// crawl with a budget finishes a site. Start pages, sitemaps, feeds and archives are 0 each time.
const dueAgain = 1

// Next implements crawler.Frontier. What is due at once stands in visiting order in the index; what was postponed and is due now
// is sorted in between. What is to be visited again comes last.
//
// A bare parameter as LIMIT would make SQLite compile the statement anew at each call, to plan for its value: hence the CAST.
func (s *Store) Next(ctx context.Context, site, host string, now time.Time, n int, inFlight []int64) ([]crawler.Task, error) {
	if n <= 0 {
		return nil, nil
	}
	var tasks []crawler.Task
	err := s.retrying(ctx, func() (err error) { // a connection may be lost in the middle of a list
		tasks, err = s.next(ctx, site, host, now, n+len(inFlight))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("next tasks of %s: %w", host, s.explain(err))
	}
	tasks = slices.DeleteFunc(tasks, func(t crawler.Task) bool { return slices.Contains(inFlight, t.ID) })
	return tasks[:min(n, len(tasks))], nil
}

// next gives the first limit tasks, and perhaps more, in visiting order.
func (s *Store) next(ctx context.Context, site, host string, now time.Time, limit int) ([]crawler.Task, error) {
	var id int64
	var owner string
	err := s.reads.row(ctx, []any{&id, &owner}, `SELECT h.id, COALESCE(o.owner, '') FROM hosts h JOIN sites s ON s.id = h.site_id
		LEFT JOIN host_owners o ON o.host = h.host WHERE s.name = $1 AND h.host = $2 AND h.next_due <= $3 AND h.hold_until <= $3`, site, host, millis(now))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if owner != s.owner && s.lease(site) != nil {
		if may, err := s.mayAsk(ctx, site, host); !may || err != nil {
			return nil, err
		}
	}
	var tasks []crawler.Task
	add := func(scan func(...any) error) error {
		var t crawler.Task
		dest, done := taskDest(&t)
		if err := scan(dest...); err != nil {
			return err
		}
		done()
		tasks = append(tasks, t)
		return nil
	}
	if err := s.reads.rows(ctx, add, `SELECT t.id, t.url, $1, $2, `+taskRest+` FROM tasks t WHERE t.host_id = $3 AND t.due = 0
		ORDER BY t.hint DESC, t.depth, t.id LIMIT CAST($4 AS INTEGER)`, site, host, id, limit); err != nil {
		return nil, err
	}
	ready := len(tasks)
	if err := s.reads.rows(ctx, add, `SELECT t.id, t.url, $1, $2, `+taskRest+` FROM tasks t WHERE t.host_id = $3 AND t.due > 1 AND t.due <= $4
		ORDER BY t.hint DESC, t.depth, t.id LIMIT CAST($5 AS INTEGER)`, site, host, id, millis(now), limit); err != nil {
		return nil, err
	}
	if len(tasks) > ready {
		slices.SortFunc(tasks, func(a, b crawler.Task) int {
			return cmp.Or(cmp.Compare(b.Hint, a.Hint), cmp.Compare(a.Depth, b.Depth), cmp.Compare(a.ID, b.ID))
		})
		// A commit between the two may have postponed a task.
		tasks = slices.CompactFunc(tasks, func(a, b crawler.Task) bool { return a.ID == b.ID })
	}
	if len(tasks) >= limit {
		return tasks, nil
	}
	err = s.reads.rows(ctx, add, `SELECT t.id, t.url, $1, $2, `+taskRest+` FROM tasks t WHERE t.host_id = $3 AND t.due = 1
		ORDER BY t.hint DESC, t.depth, t.id LIMIT CAST($4 AS INTEGER)`, site, host, id, limit-len(tasks))
	return tasks, err
}

// Hosts implements crawler.Frontier.
func (s *Store) Hosts(ctx context.Context, site string) (map[string]time.Time, error) {
	hosts := make(map[string]time.Time)
	err := s.retrying(ctx, func() error {
		return s.reads.rows(ctx, func(scan func(...any) error) error {
			var host string
			var due int64
			if err := scan(&host, &due); err != nil {
				return err
			}
			hosts[host] = dueMoment(due)
			return nil
		}, `SELECT h.host, CASE WHEN h.hold_until > h.next_due THEN h.hold_until ELSE h.next_due END
		FROM hosts h JOIN sites s ON s.id = h.site_id WHERE s.name = $1 AND h.queued > 0`, site)
	})
	if err != nil {
		return nil, fmt.Errorf("hosts of %s: %w", site, s.explain(err))
	}
	return hosts, nil
}

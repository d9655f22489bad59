package sqlite

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cinecrawl/crawler"
)

const taskColumns = `t.id, t.url, s.name, h.host, t.kind, t.depth, t.found, t.found_on, t.hops, t.tries, COALESCE(t.due, 0), t.lastmod, t.hint,
	t.etag, t.last_modified`

// taskDest is where the taskColumns go; done converts them after the scan.
func taskDest(t *crawler.Task) (dest []any, done func()) {
	var due, lastmod int64
	dest = []any{&t.ID, &t.URL, &t.Site, &t.Host, &t.Kind, &t.Depth, &t.Found, &t.From, &t.Hops, &t.Tries, &due, &lastmod, &t.Hint,
		&t.ETag, &t.LastModified}
	return dest, func() { t.Due, t.LastMod = moment(due), moment(lastmod) }
}

// Next implements crawler.Frontier. What is due at once stands in visiting order in the index; what was postponed and is due now
// is sorted in between.
func (s *Store) Next(ctx context.Context, site, host string, now time.Time, n int, inFlight []int64) ([]crawler.Task, error) {
	tasks := make([]crawler.Task, 0, n)
	if n <= 0 {
		return tasks, nil
	}
	err := s.reads.rows(ctx, func(scan func(...any) error) error {
		var t crawler.Task
		dest, done := taskDest(&t)
		if err := scan(dest...); err != nil {
			return err
		}
		done()
		if len(tasks) < n && !slices.Contains(inFlight, t.ID) {
			tasks = append(tasks, t)
		}
		return nil
	}, `WITH h AS (SELECT h.id, h.host FROM hosts h JOIN sites s ON s.id = h.site_id
			WHERE s.name = $1 AND h.host = $2 AND h.queued > 0 AND h.hold_until <= $3),
		picked AS (
			SELECT * FROM (SELECT id, hint, depth FROM tasks WHERE host_id = (SELECT id FROM h) AND due = 0
				ORDER BY hint DESC, depth, id LIMIT $4) AS ready
			UNION ALL
			SELECT * FROM (SELECT id, hint, depth FROM tasks WHERE host_id = (SELECT id FROM h) AND due > 0 AND due <= $3
				ORDER BY hint DESC, depth, id LIMIT $4) AS postponed
			ORDER BY hint DESC, depth, id LIMIT $4)
		SELECT `+taskColumns+` FROM picked JOIN tasks t ON t.id = picked.id JOIN sites s ON s.id = t.site_id JOIN hosts h ON h.id = t.host_id
		ORDER BY t.hint DESC, t.depth, t.id`,
		site, host, millis(now), n+len(inFlight))
	if err != nil {
		return nil, fmt.Errorf("next tasks of %s: %w", host, err)
	}
	return tasks, nil
}

// Hosts implements crawler.Frontier.
func (s *Store) Hosts(ctx context.Context, site string) (map[string]time.Time, error) {
	hosts := make(map[string]time.Time)
	err := s.reads.rows(ctx, func(scan func(...any) error) error {
		var host string
		var due int64
		if err := scan(&host, &due); err != nil {
			return err
		}
		hosts[host] = moment(due)
		return nil
	}, `SELECT h.host, CASE WHEN h.hold_until > h.next_due THEN h.hold_until ELSE h.next_due END
		FROM hosts h JOIN sites s ON s.id = h.site_id WHERE s.name = $1 AND h.queued > 0`, site)
	if err != nil {
		return nil, fmt.Errorf("hosts of %s: %w", site, err)
	}
	return hosts, nil
}

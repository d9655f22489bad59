package tables

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"cinecrawl/crawler"
	"cinecrawl/storage"
)

// prepare is how a query is prepared: on the writing connection, on the reading ones, or in a reading transaction.
type prepare func(query string) (*sql.Stmt, error)

const runColumns = `SELECT r.id, s.name, r.epoch, r.started, COALESCE(r.ended, 0), r.resumed, r.finished, r.why, r.fetched, r.added, r.changed,
	r.unchanged, r.pages, r.bytes, r.cause, r.took, s.next_run_at, s.owner, s.lease_until,
	CASE WHEN r.ended IS NULL THEN (SELECT COALESCE(SUM(queued), 0) FROM hosts h WHERE h.site_id = r.site_id) ELSE r.queued END
	FROM runs r JOIN sites s ON s.id = r.site_id `

// clock is the time by the clock that all holders of leases share.
func (s *Store) clock(ctx context.Context, p prepare) (time.Time, error) {
	if s.c.Clock == "" {
		return s.c.Now(), nil
	}
	st, err := p(`SELECT ` + s.c.Clock)
	if err != nil {
		return time.Time{}, err
	}
	var ms int64
	err = st.QueryRowContext(ctx).Scan(&ms)
	return moment(ms), err
}

// readRuns gives the runs of a query over runColumns. The clock is read before them: however long they take, a lease that is renewed
// counts.
func readRuns(ctx context.Context, p prepare, now time.Time, query string, args ...any) ([]storage.Run, error) {
	st, err := p(query)
	if err != nil {
		return nil, err
	}
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var runs []storage.Run
	for rows.Next() {
		var r storage.Run
		var started, ended, took, next, until int64
		var owner string
		c := &r.Counts
		if err := rows.Scan(&r.ID, &r.Site, &r.Epoch, &started, &ended, &r.Resumed, &r.Finished, &r.Why, &c.Fetched, &c.New, &c.Changed,
			&c.Unchanged, &r.Spent.Pages, &r.Spent.Bytes, &r.Cause, &took, &next, &owner, &until, &c.Queued); err != nil {
			return nil, err
		}
		r.Started, r.Ended, r.Next = moment(started), moment(ended), moment(next)
		r.Running = ended == 0 && isHeld(owner, until, now)
		r.Spent.Time = time.Duration(took) * time.Millisecond
		runs = append(runs, r)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	for i := range runs {
		if err := readOutcomes(ctx, p, &runs[i]); err != nil {
			return nil, err
		}
	}
	return runs, nil
}

// readOutcomes fills in the counts of a run that go by outcome.
func readOutcomes(ctx context.Context, p prepare, r *storage.Run) error {
	st, err := p(`SELECT outcome, n FROM run_outcomes WHERE run_id = $1`)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(ctx, r.ID)
	if err != nil {
		return err
	}
	defer rows.Close()
	r.Counts.Failed = make(map[crawler.Outcome]int)
	for rows.Next() {
		var o crawler.Outcome
		var n int
		if err := rows.Scan(&o, &n); err != nil {
			return err
		}
		switch {
		case o == crawler.NotReview:
			r.Counts.NotReviews = n
		case o == crawler.Disallowed:
			r.Counts.Disallowed = n
		case o.Failed():
			r.Counts.Failed[o] = n
		}
	}
	return rows.Err()
}

// run reads the run of a lease.
func (t *tx) run(l *lease) (*storage.Run, error) {
	runs, err := readRuns(t.ctx, t.stmt, t.now, runColumns+`WHERE r.id = $1`, l.run)
	if err != nil {
		return nil, err
	}
	return &runs[0], nil
}

// Runs implements storage.Store.
func (s *Store) Runs(ctx context.Context, site string, n int) ([]storage.Run, error) {
	if n <= 0 {
		n = math.MaxInt32
	}
	p := func(q string) (*sql.Stmt, error) { return s.reads.stmt(ctx, q) }
	var runs []storage.Run
	err := s.reads.lists.have(ctx, func() error {
		now, err := s.clock(ctx, p)
		if err != nil {
			return err
		}
		if site == "" {
			runs, err = readRuns(ctx, p, now, runColumns+`ORDER BY r.id DESC LIMIT CAST($1 AS INTEGER)`, n)
		} else {
			runs, err = readRuns(ctx, p, now, runColumns+`WHERE r.site_id = (SELECT id FROM sites WHERE name = $1) ORDER BY r.id DESC LIMIT CAST($2 AS INTEGER)`, site, n)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read runs: %w", s.explain(err))
	}
	return runs, nil
}

// Sites implements storage.Store. All is read in one transaction, so that the figures add up.
func (s *Store) Sites(ctx context.Context, names ...string) ([]storage.SiteStatus, error) {
	var all []storage.SiteStatus
	err := s.reads.lists.have(ctx, func() (err error) {
		all, err = s.sites(ctx, names)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read sites: %w", s.explain(err))
	}
	return all, nil
}

func (s *Store) sites(ctx context.Context, names []string) ([]storage.SiteStatus, error) {
	read, err := s.reads.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: s.c.Snapshot})
	if err != nil {
		return nil, err
	}
	defer read.Rollback()
	stmts := make(map[string]*sql.Stmt)
	p := func(q string) (*sql.Stmt, error) {
		if stmts[q] == nil {
			st, err := read.PrepareContext(ctx, q)
			if err != nil {
				return nil, err
			}
			stmts[q] = st
		}
		return stmts[q], nil
	}

	now, err := s.clock(ctx, p)
	if err != nil {
		return nil, err
	}
	query, args := `SELECT id, name FROM sites`, []any(nil)
	for i, name := range names {
		args = append(args, name)
		sep := ", "
		if i == 0 {
			sep = ` WHERE name IN (`
		}
		query += fmt.Sprintf("%s$%d", sep, i+1)
	}
	if len(names) > 0 {
		query += ")"
	}
	rows, err := read.QueryContext(ctx, query+` ORDER BY name`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []int64
	var all []storage.SiteStatus
	for rows.Next() {
		var id int64
		var name string
		if err := rows.Scan(&id, &name); err != nil {
			return nil, err
		}
		ids = append(ids, id)
		all = append(all, storage.SiteStatus{Site: name})
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	for i, id := range ids {
		if err := readSite(ctx, p, now, id, &all[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", all[i].Site, err)
		}
	}
	return all, nil
}

// readSite fills in what is known of a site.
func readSite(ctx context.Context, p prepare, now time.Time, id int64, site *storage.SiteStatus) error {
	st, err := p(`SELECT outcome, COUNT(*) FROM tasks WHERE site_id = $1 AND due IS NULL GROUP BY outcome`)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(ctx, id)
	if err != nil {
		return err
	}
	defer rows.Close()
	site.Tasks = make(map[crawler.Outcome]int)
	for rows.Next() {
		var o crawler.Outcome
		var n int
		if err := rows.Scan(&o, &n); err != nil {
			return err
		}
		site.Tasks[o] = n
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	if st, err = p(`SELECT (SELECT COALESCE(SUM(queued), 0) FROM hosts WHERE site_id = $1),
		(SELECT COUNT(*) FROM reviews WHERE site = $2 AND kind = 'review'),
		(SELECT COUNT(*) FROM reviews WHERE site = $2 AND kind = 'review' AND copy_of <> 0), next_run_at, paused FROM sites WHERE id = $1`); err != nil {
		return err
	}
	var next int64
	site.Plan.Site = site.Site
	if err := st.QueryRowContext(ctx, id, site.Site).Scan(&site.Queued, &site.Reviews, &site.Copies, &next, &site.Plan.Paused); err != nil {
		return err
	}
	site.Plan.Next = moment(next)
	if st, err = p(`SELECT host, hold_until, hold_why FROM hosts WHERE site_id = $1 AND queued > 0 AND hold_until > 0 ORDER BY host`); err != nil {
		return err
	}
	holds, err := st.QueryContext(ctx, id)
	if err != nil {
		return err
	}
	defer holds.Close()
	for holds.Next() {
		var h storage.Hold
		var until int64
		if err := holds.Scan(&h.Host, &until, &h.Why); err != nil {
			return err
		}
		h.Until = moment(until)
		site.Holds = append(site.Holds, h)
	}
	if err := errors.Join(holds.Err(), holds.Close()); err != nil {
		return err
	}
	runs, err := readRuns(ctx, p, now, runColumns+`WHERE r.site_id = $1 ORDER BY r.id DESC LIMIT 1`, id)
	if len(runs) > 0 {
		site.LastRun = &runs[0]
	}
	return err
}

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

// Plans implements storage.Store.
func (s *Store) Plans(ctx context.Context, until time.Time) ([]storage.Plan, error) {
	last := int64(math.MaxInt64)
	if !until.IsZero() {
		last = millis(until)
	}
	var plans []storage.Plan
	err := s.reads.rows(ctx, func(scan func(...any) error) error {
		var p storage.Plan
		var next int64
		if err := scan(&p.Site, &next, &p.Paused); err != nil {
			return err
		}
		p.Next = moment(next)
		plans = append(plans, p)
		return nil
	}, `SELECT name, next_run_at, paused FROM sites WHERE next_run_at > 0 AND next_run_at <= $1
		ORDER BY CASE WHEN freed_at > next_run_at THEN freed_at ELSE next_run_at END, name`, last)
	if err != nil {
		return nil, fmt.Errorf("read plans: %w", s.explain(err))
	}
	return plans, nil
}

// Plan implements storage.Store.
func (s *Store) Plan(ctx context.Context, site string, next time.Time) error {
	err := s.write(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO sites (name, next_run_at) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET next_run_at = excluded.next_run_at`,
			site, millis(next))
		return err
	})
	if err != nil {
		return fmt.Errorf("plan %s: %w", site, err)
	}
	return nil
}

// Pause implements storage.Store.
func (s *Store) Pause(ctx context.Context, site string, paused bool) error {
	err := s.write(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO sites (name, paused) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET paused = excluded.paused`, site, flag(paused))
		return err
	})
	if err != nil {
		return fmt.Errorf("pause %s: %w", site, err)
	}
	return nil
}

// CancelRun implements storage.Store.
func (s *Store) CancelRun(ctx context.Context, id int64) (*storage.Run, error) {
	var run *storage.Run
	err := s.write(ctx, func(t *tx) error {
		l := lease{run: id}
		var owner string
		var until int64
		var finished bool
		if _, err := t.exec(lockSite+`id = (SELECT site_id FROM runs WHERE id = $1)`, id); err != nil {
			return err
		}
		err := t.row([]any{&l.site, &owner, &until, &finished}, `SELECT s.id, s.owner, s.lease_until, r.finished
			FROM runs r JOIN sites s ON s.id = r.site_id WHERE r.id = $1`, id)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return storage.ErrNotFound
		case err != nil:
			return err
		case finished:
			return storage.ErrEnded
		}
		if _, err := t.exec(`UPDATE runs SET cancelled = 1 WHERE id = $1`, id); err != nil {
			return err
		}
		if !isHeld(owner, until, t.now) {
			if err := t.cancelled(&l); err != nil {
				return err
			}
		}
		run, err = t.run(&l)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("cancel run %d: %w", id, err)
	}
	return run, nil
}

// cancelled ends a cancelled run that nobody has.
func (t *tx) cancelled(l *lease) error {
	_, err := t.exec(`UPDATE runs SET finished = 1, why = $1, ended = COALESCE(ended, $2),
		queued = (SELECT COALESCE(SUM(queued), 0) FROM hosts WHERE site_id = $3) WHERE id = $4`,
		crawler.Cancelled, millis(t.now), l.site, l.run)
	return err
}

// Cancelled implements storage.Store.
func (s *Store) Cancelled(ctx context.Context) ([]string, error) {
	var sites []string
	err := s.reads.rows(ctx, func(scan func(...any) error) error {
		var site string
		err := scan(&site)
		sites = append(sites, site)
		return err
	}, `SELECT s.name FROM runs r JOIN sites s ON s.id = r.site_id WHERE r.cancelled = 1 AND r.finished = 0 AND s.owner = $1`, s.owner)
	if err != nil {
		return nil, fmt.Errorf("read cancelled runs: %w", s.explain(err))
	}
	return sites, nil
}

// Published implements storage.Store.
func (s *Store) Published(ctx context.Context, site string, n int) ([]time.Time, error) {
	var times []time.Time
	err := s.reads.rows(ctx, func(scan func(...any) error) error {
		var at int64
		err := scan(&at)
		times = append(times, moment(at))
		return err
	}, `SELECT stamp FROM (SELECT published AS stamp FROM reviews WHERE site = $1 AND (published IS NULL) = (1 = 0) AND kind = 'review'
			ORDER BY (published IS NULL) DESC, published DESC LIMIT CAST($2 AS INTEGER)) dated
		UNION ALL SELECT stamp FROM (SELECT first_seen AS stamp FROM reviews WHERE site = $1 AND (published IS NULL) = (1 = 1) AND kind = 'review'
			AND first_seen > (SELECT r.ended FROM runs r JOIN sites s ON s.id = r.site_id WHERE s.name = $1 ORDER BY r.id LIMIT 1)
			ORDER BY first_seen DESC LIMIT CAST($2 AS INTEGER)) undated
		ORDER BY stamp DESC LIMIT CAST($2 AS INTEGER)`, site, n)
	if err != nil {
		return nil, fmt.Errorf("read publication times of %s: %w", site, s.explain(err))
	}
	return times, nil
}

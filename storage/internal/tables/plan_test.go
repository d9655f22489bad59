package tables_test

import (
	"database/sql"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"cinecrawl/crawler"
	"cinecrawl/extract"
	"cinecrawl/storage"
	"cinecrawl/storage/internal/tables"
	"cinecrawl/storage/postgres"
	"cinecrawl/storage/postgres/pgtest"
	"cinecrawl/storage/sqlite"
)

// With many reviews, how often a site publishes is read from its latest ones alone, and what is near a text by the fingerprints' indexes.
func TestPlansOfPostgres(t *testing.T) {
	ctx := t.Context()
	s, err := postgres.Open(ctx, pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, query := range []string{
		`SET session_replication_role = replica`,
		`INSERT INTO reviews (url, task_id, site, kind, published, film, year, author, lang, words, data, text_hash, revision, fetched_at, first_seen, simhash)
			SELECT n::text, n, 'films.example', 'review', n, '', 0, '', '', 0, '', n::text, 1, 0, n, n::bigint * 397204094470319 FROM generate_series(1, 20000) n`,
		`SET session_replication_role = origin`,
		`ANALYZE reviews`,
	} {
		if err := s.Exec(ctx, query); err != nil {
			t.Fatal(err)
		}
	}
	if times, err := s.Published(ctx, "films.example", 3); err != nil || len(times) != 3 || times[2] != time.UnixMilli(19998).UTC() {
		t.Fatal(times, err)
	}
	for _, q := range s.Statements() {
		if !strings.Contains(q, "SELECT published AS stamp") {
			continue
		}
		plan := explained(t, s.Reads(), q, "films.example", 3)
		if !strings.Contains(plan, "Index Scan Backward using reviews_export") {
			t.Error(plan)
		}
	}
	plan := explained(t, s.Reads(), tables.NearList, 1, 2, 3, 4)
	for _, index := range []string{"reviews_band0", "reviews_band1", "reviews_band2", "reviews_band3"} {
		if !strings.Contains(plan, index) {
			t.Error(plan)
			break
		}
	}
}

func explained(t *testing.T, db *sql.DB, query string, args ...any) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "EXPLAIN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(line + "\n")
	}
	return plan.String()
}

// TestPlans looks at every statement that a crawl runs: none may read a table from one end to the other, for tables grow.
func TestPlans(t *testing.T) {
	ctx := t.Context()
	s, err := sqlite.OpenTemp(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const url = "https://films.example/"
	task := crawler.Task{URL: url, Site: "films.example", Host: "films.example", Kind: crawler.KindPage, LastMod: time.Now()}
	visit := func(text string, at time.Time) error {
		_, err := s.Commit(ctx, []crawler.Visit{{Task: task, Outcome: crawler.Reviewed, Page: &crawler.Page{URL: url, Status: 200, FetchedAt: at},
			Record: &extract.Review{URL: url, Kind: extract.KindReview, Paragraphs: []string{text}}, HoldHost: at, Links: []crawler.Task{task}}})
		return err
	}
	run, err := s.StartRun(ctx, task.Site, []crawler.Task{task}, 0, storage.ByHand)
	for _, step := range []func() error{
		func() error { return err },
		func() error { return visit("one", time.Now()) },
		func() error { return visit("two", time.Now()) },
		func() error { _, err := s.Next(ctx, task.Site, task.Host, time.Now(), 1, nil); return err },
		func() error { _, err := s.Hosts(ctx, task.Site); return err },
		func() error { _, err := s.TaskByURL(ctx, url); return err },
		func() error { _, err := s.RecordByURL(ctx, url); return err },
		func() error {
			if _, err := s.RecordByURL(ctx, url+"no"); !errors.Is(err, storage.ErrNotFound) {
				return err
			}
			return nil
		},
		func() error { _, err := s.SnapshotByURL(ctx, url); return err },
		func() error { _, err := s.Revisions(ctx, 1); return err },
		func() error { _, err := s.Runs(ctx, task.Site, 1); return err },
		func() error { _, err := s.Plans(ctx, time.Now()); return err },
		func() error { return s.Plan(ctx, task.Site, time.Now()) },
		func() error { return s.Pause(ctx, task.Site, true) },
		func() error { _, err := s.CancelRun(ctx, run.ID); return err },
		func() error { _, err := s.Cancelled(ctx); return err },
		func() error { _, err := s.Published(ctx, task.Site, 9); return err },
		func() error { return s.EndRun(ctx, run, true, "") },
		func() error {
			_, err := s.StartRun(ctx, task.Site, []crawler.Task{task}, time.Hour, storage.ByHand)
			return err
		},
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	queries := s.Statements()
	// A common table or a derived one holds a few rows, and so does an index of what is in few rows.
	whole := regexp.MustCompile(`^SCAN (tasks|t|hosts|h|sites|s|pages|p|reviews|r|runs|revisions|v)\b`)
	control := regexp.MustCompile(`^(BEGIN|COMMIT|ROLLBACK)`)
	for _, q := range queries {
		if control.MatchString(q) {
			continue
		}
		args := make([]any, 80)
		rows, err := s.Reads().QueryContext(ctx, "EXPLAIN QUERY PLAN "+q, args...)
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			if whole.MatchString(detail) && !strings.HasSuffix(detail, " INDEX runs_cancelled") {
				t.Errorf("%s in\n%s", detail, q)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close()
	}
}

package tables_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"cinecrawl/crawler"
	"cinecrawl/extract"
	"cinecrawl/storage"
	"cinecrawl/storage/sqlite"
)

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

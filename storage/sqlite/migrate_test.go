package sqlite

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cinecrawl/crawler"
	"cinecrawl/extract"
	"cinecrawl/storage"
)

// down takes a closed database back to an earlier schema.
func down(t *testing.T, path string, version int64) {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(path, "-1000"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p, err := newProvider(db)
	if err == nil {
		_, err = p.DownTo(t.Context(), version)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The reviews of a database that knew of no copies are compared when it is opened.
func TestCopiesOfOldDatabase(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "x.db")
	s, err := Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	const each = 210 // more than are compared at a time
	text := func(n int) (p []string) {
		for i := range 8 {
			p = append(p, fmt.Sprintf("Sentence %d of review %d says of film %d what nobody has said of it, in %d words.", i, n, n, n*i))
		}
		return p
	}
	for _, site := range []string{"a.example", "b.example"} {
		if _, err := s.StartRun(ctx, site, nil, 0, storage.ByHand); err != nil {
			t.Fatal(err)
		}
		var visits []crawler.Visit
		for i := range each {
			url := fmt.Sprintf("https://%s/%d", site, i)
			visits = append(visits, crawler.Visit{Task: crawler.Task{URL: url, Site: site, Host: site, Kind: crawler.KindPage}, Outcome: crawler.Reviewed,
				Page:   &crawler.Page{URL: url, Status: 200, FetchedAt: time.Now()},
				Record: &extract.Review{URL: url, Kind: extract.KindReview, Paragraphs: text(i)}})
		}
		if _, err := s.Commit(ctx, visits); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	down(t, path, 4)
	if s, err = Open(ctx, path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	copies := 0
	err = s.Records(ctx, storage.Filter{}, func(r *storage.Record) error {
		if r.Site == "b.example" && r.CopyOf == strings.Replace(r.Review.URL, "b.example", "a.example", 1) {
			copies++
		} else if r.CopyOf != "" {
			t.Errorf("%s is marked as a copy of %s", r.Review.URL, r.CopyOf)
		}
		return nil
	})
	if err != nil || copies != each {
		t.Errorf("%d copies, want %d; %v", copies, each, err)
	}
}

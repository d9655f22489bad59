package sqlite_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cinecrawl/crawler"
	"cinecrawl/crawler/crawltest"
	"cinecrawl/storage"
	"cinecrawl/storage/sqlite"
)

// keepPages stores pages of a site in its order, in batches of three, and closes the database.
func keepPages(t testing.TB, path, site string, bodies [][]byte) {
	t.Helper()
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	run, err := s.StartRun(ctx, site, nil, 0, storage.ByHand)
	if err != nil {
		t.Fatal(err)
	}
	var visits []crawler.Visit
	for i, body := range bodies {
		url := fmt.Sprintf("https://%s/%04d", site, i)
		visits = append(visits, crawler.Visit{Task: crawler.Task{URL: url, Site: site, Host: site, Kind: crawler.KindPage}, Outcome: crawler.NotReview,
			Page: &crawler.Page{URL: url, Status: 200, Body: body, FetchedAt: time.Now()}})
		if len(visits) == 3 || i == len(bodies)-1 {
			if _, err := s.Commit(ctx, visits); err != nil {
				t.Fatal(err)
			}
			visits = nil
		}
	}
	if err := s.EndRun(ctx, run, true, "done"); err != nil {
		t.Fatal(err)
	}
}

// readBack holds that the pages of a site are those that were stored.
func readBack(t testing.TB, path, site string, bodies [][]byte) {
	t.Helper()
	s, err := sqlite.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	n := 0
	err = s.Snapshots(context.Background(), site, func(snap *storage.Snapshot) error {
		if !bytes.Equal(snap.Page.Body, bodies[n]) {
			t.Errorf("%s is another", snap.Page.URL)
		}
		n++
		return nil
	})
	if err != nil || n != len(bodies) {
		t.Errorf("%d pages of %d, %v", n, len(bodies), err)
	}
}

// query gives a number.
func query(t testing.TB, path, q string) (n int) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(q).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func templated(design string, n int) (bodies [][]byte) {
	for i := range n {
		bodies = append(bodies, []byte("<html>"+noise(len(design), 4000)+design+fmt.Sprintf("<p>Page %d.</p>", i)+noise(i+99, 100)))
	}
	return bodies
}

// A site that looks otherwise from some day on gets another dictionary; what was packed with the old one is read with it.
func TestNewDesign(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	bodies := append(templated("old", 150), templated("the new design", 350)...)
	keepPages(t, path, "a.example", bodies)
	readBack(t, path, "a.example", bodies)
	if n := query(t, path, `SELECT COUNT(*) FROM dictionaries`); n != 2 {
		t.Errorf("%d dictionaries, want 2", n)
	}
	if n := query(t, path, `SELECT CAST(AVG(LENGTH(body)) AS INTEGER) FROM (SELECT body FROM pages ORDER BY task_id DESC LIMIT 50)`); n > 400 {
		t.Errorf("the last pages have %d bytes", n)
	}
	if n := query(t, path, `SELECT MAX(LENGTH(body)) FROM (SELECT body FROM pages ORDER BY task_id LIMIT 8)`); n > 400 {
		t.Errorf("the first pages have %d bytes: they were not packed again", n)
	}
}

func TestDamagedDictionary(t *testing.T) {
	for _, tt := range []struct{ name, damage, say string }{
		{"missing", `DELETE FROM dictionaries`, "dictionary 1, with which it was packed, is not stored"},
		{"cut", `UPDATE dictionaries SET body = substr(body, 1, 100)`, "dictionary 1: "},
		{"empty", `UPDATE dictionaries SET body = x''`, "dictionary 1: "},
		{"no zstd", `UPDATE dictionaries SET body = x'3c68746d6c3e'`, "dictionary 1: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.db")
			bodies := templated("design", 20)
			keepPages(t, path, "a.example", bodies)
			db, err := sql.Open("sqlite", "file:"+path)
			if err == nil {
				_, err = db.Exec(tt.damage)
				db.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
			s, err := sqlite.Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.SnapshotByURL(t.Context(), "https://a.example/0012")
			if err == nil || !strings.Contains(err.Error(), tt.say) || !strings.Contains(err.Error(), "https://a.example/0012") {
				t.Errorf("got %v", err)
			}
			s.Close()

			// The crawl goes on, with a new one.
			keepPages(t, path, "a.example", bodies)
			readBack(t, path, "a.example", bodies)
		})
	}
}

// sizeOfWholeSites stores the pages of ten whole sites and gives the bytes of a page as stored, with its share of the dictionaries, and
// as plain gzip.
func sizeOfWholeSites(t testing.TB) (stored, zipped float64) {
	path := filepath.Join(t.TempDir(), "x.db")
	sites, _ := filepath.Glob(filepath.Join(crawltest.Shared(t, "sites"), "*", ""))
	n := 0
	for _, dir := range sites {
		files, _ := filepath.Glob(filepath.Join(dir, "*.html"))
		var bodies [][]byte
		for _, f := range files {
			body, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			bodies = append(bodies, body)
			var z bytes.Buffer
			w := gzip.NewWriter(&z) // level 6
			w.Write(body)
			w.Close()
			zipped += float64(z.Len())
			n++
		}
		if len(bodies) > 0 {
			keepPages(t, path, filepath.Base(dir), bodies)
			readBack(t, path, filepath.Base(dir), bodies)
		}
	}
	size := query(t, path, `SELECT (SELECT SUM(LENGTH(body)) FROM pages) + (SELECT SUM(LENGTH(body)) FROM dictionaries)`)
	return float64(size) / float64(n), zipped / float64(n)
}

// The pages of a site take at most a third of what gzip makes of them, the dictionary counted in.
func TestSizeOfWholeSites(t *testing.T) {
	stored, zipped := sizeOfWholeSites(t)
	t.Logf("%.0f bytes a page, gzip %.0f: %.2f times smaller", stored, zipped, zipped/stored)
	if zipped/stored < 3 {
		t.Errorf("%.2f times smaller than gzip, want 3", zipped/stored)
	}
}

func BenchmarkSnapshots(b *testing.B) {
	var stored, zipped float64
	for b.Loop() {
		stored, zipped = sizeOfWholeSites(b)
	}
	b.ReportMetric(stored, "bytes/page")
	b.ReportMetric(zipped, "gzip-bytes/page")
	b.ReportMetric(zipped/stored, "times-smaller")
}

package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cinecrawl/crawler"
	"cinecrawl/extract"
	"cinecrawl/storage"
	"cinecrawl/storage/postgres"
	"cinecrawl/storage/postgres/pgtest"
	"cinecrawl/storage/sqlite"
	"cinecrawl/storage/storagetest"
)

const copied = 1500 // pages of the corpus, of which the last third is queued

// corpus makes a SQLite database with a crawl that is not finished.
func corpus(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "corpus.db")
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	f := storagetest.Films{Site: "films.example"}
	run, err := s.StartRun(t.Context(), f.Site, []crawler.Task{f.Task(1)}, 0, storage.ByHand)
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n < copied*2/3; n += 100 {
		var visits []crawler.Visit
		for k := n; k < n+100; k++ {
			v := f.Visit(f.Task(k), copied)
			v.Why = "said \x00\xff" // which PostgreSQL cannot keep
			if v.Page != nil {
				v.Page.Request = map[string][]string{"User-Agent": {fmt.Sprint("test ", k%3)}}
			}
			visits = append(visits, v)
		}
		if _, err := s.Commit(t.Context(), visits); err != nil {
			t.Fatal(err)
		}
	}
	revised := f.Visit(f.Task(1), copied)
	revised.Record = &extract.Review{URL: revised.Task.URL, Kind: extract.KindReview, Paragraphs: []string{"Another text."}, Marks: []extract.Mark{1, 2}}
	if _, err := s.Commit(t.Context(), []crawler.Visit{revised}); err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{"", "User-agent: *\n"} {
		for _, status := range []int{404, 200} {
			if err := s.SaveRobots(t.Context(), &crawler.RobotsCopy{Origin: fmt.Sprint("https://films.example:", len(body)), Status: status, Body: []byte(body)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.EndRun(t.Context(), run, false, "interrupted"); err != nil {
		t.Fatal(err)
	}
	return path
}

// to copies, and gives the tables.
func to(ctx context.Context, from storage.Copier, target storage.Store) (all []storage.CopiedTable, err error) {
	err = from.CopyTo(ctx, target, "the source", func(t storage.CopiedTable) { all = append(all, t) })
	return all, err
}

func TestCopy(t *testing.T) {
	ctx := t.Context()
	url := pgtest.URL(t)
	first, err := sqlite.Open(ctx, corpus(t))
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	target, err := postgres.OpenTarget(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	there, err := to(ctx, first, target)
	if err != nil {
		t.Fatal(err)
	}
	target.Close()
	for _, table := range there {
		if table.Rows == 0 && table.Name != "dictionaries" {
			t.Errorf("nothing was tested of %s", table.Name)
		}
	}
	second := open(t, url)
	if s, err := postgres.OpenTarget(ctx, url); err != nil {
		t.Error(err)
	} else {
		if _, err := to(ctx, first, s); err == nil || !strings.Contains(err.Error(), "it is not empty") {
			t.Errorf("copied over a database: %v", err)
		}
		s.Close()
	}

	// And back again.
	third, err := sqlite.OpenTarget(ctx, filepath.Join(t.TempDir(), "back.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer third.Close()
	back, err := to(ctx, second, third)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(there, back); d != "" {
		t.Error(d)
	}

	// The copies are read and crawled like any other database: the same tasks in the same order, with new ids that are free.
	f := storagetest.Films{Site: "films.example"}
	var nexts [][]crawler.Task
	for _, s := range []storage.Store{first, second, third} {
		tasks, err := s.Next(ctx, f.Site, f.Site, time.Now(), 50, nil)
		if err != nil || len(tasks) != 50 {
			t.Fatal(len(tasks), err)
		}
		nexts = append(nexts, tasks)
		if page, err := s.SnapshotByURL(ctx, f.Task(7).URL); err != nil || string(page.Page.Body) != "<p>Page 7 of films.example.</p>" {
			t.Errorf("snapshot: %v", err)
		}
		if err := f.Crawl(ctx, s, 2*copied, func([]crawler.Visit) {}); err != nil {
			t.Error(err)
		}
		if n, err := s.Count(ctx, storage.Filter{}); err != nil || n == 0 {
			t.Error(n, err)
		}
	}
	for _, tasks := range nexts[1:] {
		if d := cmp.Diff(nexts[0], tasks); d != "" {
			t.Error(d)
		}
	}
}

// A copy that is killed at any moment goes on where it was, and only with what it was begun with.
func TestCopyKilled(t *testing.T) {
	if from := os.Getenv("CINECRAWL_COPY_FROM"); from != "" {
		s, err := sqlite.Open(t.Context(), from)
		if err == nil {
			var target *postgres.Store
			if target, err = postgres.OpenTarget(t.Context(), os.Getenv("CINECRAWL_COPY_TO")); err == nil {
				_, err = to(t.Context(), s, target)
			}
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(3)
		}
		os.Exit(0)
	}
	url, path := pgtest.URL(t), corpus(t)
	open(t, url).Close() // the tables are there
	killed, partial := 0, 0
	for {
		cmd := exec.Command(os.Args[0], "-test.run=^TestCopyKilled$")
		cmd.Env = append(os.Environ(), "CINECRAWL_COPY_FROM="+path, "CINECRAWL_COPY_TO="+url)
		var out strings.Builder
		cmd.Stdout = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		kill := time.AfterFunc(time.Duration(killed)*50*time.Millisecond, func() { cmd.Process.Kill() })
		err := cmd.Wait()
		kill.Stop()
		if err == nil {
			break
		}
		if cmd.ProcessState.ExitCode() == 3 {
			t.Fatal(out.String())
		}
		if killed++; killed > 400 {
			t.Fatal("it never ends")
		}
		if number(t, url, `SELECT COUNT(*) FROM copying`) == 0 {
			if number(t, url, `SELECT COUNT(*) FROM sites`) > 0 {
				break // killed after its last commit
			}
			continue
		}
		partial++
		if s, err := postgres.Open(t.Context(), url); err == nil {
			s.Close()
			t.Fatal("a part of a copy is opened as if it were whole")
		} else if !strings.Contains(err.Error(), "part of a copy of the source; finish that with cinecrawl db copy") {
			t.Fatal(err)
		}
		if partial == 1 {
			s, err := postgres.OpenTarget(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			other, err := sqlite.OpenTemp(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := other.CopyTo(t.Context(), s, "another", func(storage.CopiedTable) {}); err == nil || !strings.Contains(err.Error(), "a part of a copy of the source, and not of another") {
				t.Errorf("another source: %v", err)
			}
			other.Close()
			s.Close()
		}
	}
	if partial == 0 {
		t.Errorf("killed %d times, never in the middle: nothing was tested", killed)
	}
	source, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	want, err := source.Sites(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := open(t, url).Sites(t.Context()); err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v, %s", err, cmp.Diff(want, got))
	}
}

// What changed in the source after an earlier part was copied is found, and a source that is being crawled is not copied.
func TestCopyChanged(t *testing.T) {
	ctx := t.Context()
	s, err := sqlite.Open(ctx, corpus(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	target, err := postgres.OpenTarget(ctx, pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	f := storagetest.Films{Site: "films.example"}
	run, err := s.StartRun(ctx, f.Site, nil, 0, storage.ByHand)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := to(ctx, s, target); err == nil || !strings.Contains(err.Error(), "films.example is being crawled") {
		t.Errorf("got %v", err)
	}
	if err := s.EndRun(ctx, run, false, ""); err != nil {
		t.Fatal(err)
	}
	cut, cancel := context.WithCancel(ctx)
	err = s.CopyTo(cut, target, "the source", func(storage.CopiedTable) { cancel() }) // after all rows, and before it is done
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if run, err = s.StartRun(ctx, f.Site, nil, 0, storage.ByHand); err == nil {
		_, err = s.Commit(ctx, []crawler.Visit{f.Visit(f.Task(3), copied)})
	}
	if err == nil {
		err = s.EndRun(ctx, run, false, "")
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := to(ctx, s, target); err == nil || !strings.Contains(err.Error(), "the source changed") {
		t.Errorf("got %v", err)
	}
}

func TestCopyHasAllTables(t *testing.T) {
	url := pgtest.URL(t)
	s := open(t, url)
	target, err := sqlite.OpenTarget(t.Context(), filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	all, err := to(t.Context(), s, target)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"'goose_db_version'", "'turns'", "'workers'", "'host_owners'", "'copying'"}
	for _, table := range all {
		names = append(names, "'"+table.Name+"'")
	}
	slices.Sort(names)
	if n := number(t, url, `SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN (`+strings.Join(names, ", ")+`)`); n != 0 {
		t.Errorf("%d tables are not copied", n)
	}
	if n := number(t, url, `SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'`); n != len(names) {
		t.Errorf("%d tables, want %d", n, len(names))
	}
}

package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cinecrawl/crawler"
	"cinecrawl/storage"
	"cinecrawl/storage/internal/tables"
)

func TestOpenErrors(t *testing.T) {
	ctx := t.Context()
	exec := func(path, query string) error {
		db, err := sql.Open("sqlite", path)
		if err == nil {
			defer db.Close()
			_, err = db.Exec(query)
		}
		return err
	}
	ours := func(path string) error {
		s, err := Open(ctx, path)
		if err == nil {
			err = s.Close()
		}
		return err
	}
	for _, tt := range []struct {
		name    string
		prepare func(path string) error
		say     string // part of the error
		is      error
	}{
		{"a folder", func(path string) error { return os.Mkdir(path, 0o755) }, "it is a folder", nil},
		{"no database", func(path string) error { return os.WriteFile(path, bytes.Repeat([]byte("text "), 500), 0o644) }, "not a SQLite database", nil},
		{"of another program", func(path string) error { return exec(path, `CREATE TABLE notes (x)`) }, "of another program", nil},
		{"newer", func(path string) error {
			return errors.Join(ours(path), exec(path, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)`))
		}, "its schema is 99, this version knows ", storage.ErrNewer},
		{"an older version at work", func(path string) error {
			return errors.Join(ours(path), exec(path, `INSERT INTO sites (name, lease_until) VALUES ('a.example', 1e15)`),
				exec(path, `DELETE FROM goose_db_version WHERE version_id > 14`))
		}, "an older version of cinecrawl is crawling a.example", nil},
		{"read-only", func(path string) error { return errors.Join(ours(path), os.Chmod(path, 0o444)) }, "cannot write to it", fs.ErrPermission},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.is == fs.ErrPermission && os.Geteuid() == 0 {
				t.Skip("root may write to any file")
			}
			path := filepath.Join(t.TempDir(), "x.db")
			if err := tt.prepare(path); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(path)
			_, err := Open(ctx, path)
			if err == nil || !strings.Contains(err.Error(), tt.say) || !strings.Contains(err.Error(), path) || tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("got %v", err)
			}
			if after, _ := os.ReadFile(path); tt.name == "no database" && !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
	t.Run("no folder", func(t *testing.T) {
		if _, err := Open(ctx, filepath.Join(t.TempDir(), "no", "x.db")); err == nil || !strings.Contains(err.Error(), "there is no folder") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no file", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "x.db")
		if _, err := OpenExisting(ctx, path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got %v", err)
		}
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Error("it was made")
		}
		if err := ours(path); err != nil {
			t.Fatal(err)
		}
		s, err := OpenExisting(ctx, path)
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
	})
}

func TestOpenAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s, err := Open(t.Context(), path)
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestOpenTemp(t *testing.T) {
	s, err := OpenTemp(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.temp); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is left", s.temp)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
	if _, err := s.Commit(t.Context(), []crawler.Visit{{}}); err == nil {
		t.Error("stored after Close")
	}
}

// What is in the log moves to the file while the database is open.
func TestMoveLog(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "x.db")
	s, err := Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.StartRun(ctx, "films.example", nil, 0, storage.ByHand); err != nil {
		t.Fatal(err)
	}
	s.moveLog(ctx)
	if after, err := os.ReadFile(path); err != nil || bytes.Equal(before, after) {
		t.Error("the file is as it was", err)
	}
}

func TestPragmas(t *testing.T) {
	s, err := OpenTemp(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Store.Close() // the connection that writes goes back to its pool
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "1", "foreign_keys": "1", "busy_timeout": "10000"} {
		var read, write string
		if err := s.read.QueryRow("PRAGMA " + pragma).Scan(&read); err != nil {
			t.Fatal(err)
		}
		if err := s.write.QueryRow("PRAGMA " + pragma).Scan(&write); err != nil {
			t.Fatal(err)
		}
		if read != want || write != want {
			t.Errorf("%s is %s for reading and %s for writing, want %s", pragma, read, write, want)
		}
	}
	if _, err := s.read.Exec(`DELETE FROM sites`); err == nil {
		t.Error("a reading connection wrote")
	}
}

// TestLease: a holder on another machine is taken for alive until its lease ends, and what it writes after it lost the site is
// refused.
func TestLease(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "x.db")
	as := func(owner string, now *time.Time) *Store {
		s, err := open(ctx, path, tables.Config{Owner: owner, Now: func() time.Time { return *now }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	now := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	first := as("far/7/a/b", &now)
	task := crawler.Task{URL: "https://films.example/", Site: "films.example", Host: "films.example", Kind: crawler.KindPage}
	run, err := first.StartRun(ctx, task.Site, []crawler.Task{task}, 0, storage.ByHand)
	if err != nil {
		t.Fatal(err)
	}
	second := as("away/8/c/d", &now)
	now = now.Add(leaseTime - time.Second)
	if _, err := second.StartRun(ctx, task.Site, nil, 0, storage.ByHand); !errors.Is(err, storage.ErrBusy) {
		t.Errorf("before the end: %v", err)
	}
	if _, err := first.Commit(ctx, []crawler.Visit{{Task: task, Outcome: crawler.NotReview}}); err != nil {
		t.Fatal(err)
	}
	now = now.Add(leaseTime - time.Second)
	if _, err := second.StartRun(ctx, task.Site, nil, 0, storage.ByHand); !errors.Is(err, storage.ErrBusy) {
		t.Errorf("after a commit renewed it: %v", err)
	}
	running := func(want bool) {
		t.Helper()
		if runs, err := second.Runs(ctx, task.Site, 1); err != nil || runs[0].Running != want {
			t.Errorf("runs: %+v, %v, want running: %v", runs, err, want)
		}
	}
	running(true)
	now = now.Add(2 * time.Second)
	running(false)
	if _, err := second.StartRun(ctx, task.Site, nil, 0, storage.ByHand); err != nil {
		t.Errorf("after the end: %v", err)
	}
	if _, err := first.Commit(ctx, []crawler.Visit{{Task: task, Outcome: crawler.Gone}}); !errors.Is(err, storage.ErrLost) {
		t.Errorf("commit of the first: %v", err)
	}
	if err := first.EndRun(ctx, run, true, ""); !errors.Is(err, storage.ErrLost) {
		t.Errorf("end by the first: %v", err)
	}
	state, err := second.TaskByURL(ctx, task.URL)
	if err != nil || state.Outcome != crawler.NotReview {
		t.Errorf("task: %+v, %v", state, err)
	}
}

// A closed database is one file, which can be copied or mailed by itself.
func TestCloseLeavesOneFile(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), filepath.Join(dir, "one.db"))
	if err != nil {
		t.Fatal(err)
	}
	start := crawler.Task{URL: "https://one.example/", Site: "one.example", Host: "one.example", Kind: crawler.KindPage, Found: crawler.FoundStart}
	run, err := s.StartRun(t.Context(), "one.example", []crawler.Task{start}, time.Hour, storage.ByHand)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(t.Context(), []crawler.Visit{{Task: start, Outcome: crawler.Gone}}); err != nil {
		t.Fatal(err)
	}
	if err := s.EndRun(t.Context(), run, true, "done"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{filepath.Join(dir, "one.db")}; !slices.Equal(files, want) {
		t.Errorf("after Close there is %v, want %v", files, want)
	}
}

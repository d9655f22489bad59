package sqlite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
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
		}, "its schema is 99, this version knows 4", storage.ErrNewer},
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

func TestPragmas(t *testing.T) {
	s, err := OpenTemp(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "1", "foreign_keys": "1", "busy_timeout": "10000"} {
		var read, write string
		if err := s.reads.db.QueryRow("PRAGMA " + pragma).Scan(&read); err != nil {
			t.Fatal(err)
		}
		if err := s.conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&write); err != nil {
			t.Fatal(err)
		}
		if read != want || write != want {
			t.Errorf("%s is %s for reading and %s for writing, want %s", pragma, read, write, want)
		}
	}
	if _, err := s.reads.db.Exec(`DELETE FROM sites`); err == nil {
		t.Error("a reading connection wrote")
	}
}

// TestLease: a holder on another machine is taken for alive until its lease ends, and what it writes after it lost the site is
// refused.
func TestLease(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "x.db")
	open := func(owner string, now *time.Time) *Store {
		s, err := Open(ctx, path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		s.owner, s.now = owner, func() time.Time { return *now }
		return s
	}
	now := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	first := open("far/7/a/b", &now)
	task := crawler.Task{URL: "https://films.example/", Site: "films.example", Host: "films.example", Kind: crawler.KindPage}
	run, err := first.StartRun(ctx, task.Site, []crawler.Task{task}, 0)
	if err != nil {
		t.Fatal(err)
	}
	second := open("away/8/c/d", &now)
	now = now.Add(leaseTime - time.Second)
	if _, err := second.StartRun(ctx, task.Site, nil, 0); !errors.Is(err, storage.ErrBusy) {
		t.Errorf("before the end: %v", err)
	}
	if _, err := first.Commit(ctx, []crawler.Visit{{Task: task, Outcome: crawler.NotReview}}); err != nil {
		t.Fatal(err)
	}
	now = now.Add(leaseTime - time.Second)
	if _, err := second.StartRun(ctx, task.Site, nil, 0); !errors.Is(err, storage.ErrBusy) {
		t.Errorf("after a commit renewed it: %v", err)
	}
	now = now.Add(2 * time.Second)
	if _, err := second.StartRun(ctx, task.Site, nil, 0); err != nil {
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

func TestGone(t *testing.T) {
	mine := strings.Split(newOwner(), "/")
	for _, tt := range []struct {
		name  string
		owner string
		want  bool
	}{
		{"this process", strings.Join(mine, "/"), false},
		{"this number, another process", fmt.Sprintf("%s/%s/other/x/%s", mine[0], mine[1], mine[4]), true},
		{"no such process", mine[0] + "/999999999/other/x/" + mine[4], true},
		{"a live process", fmt.Sprintf("%s/%d/other/x/%s", mine[0], os.Getppid(), mine[4]), false},
		{"another machine", "elsewhere.example/999999999/other/x/" + mine[4], false},
		{"no owner we know", "x", false},
		{"no number", mine[0] + "/x/other/x/" + mine[4], false},
		{"another PID namespace of the same host name", mine[0] + "/999999999/other/x/another", false},
		{"this number in another PID namespace", fmt.Sprintf("%s/%s/other/x/another", mine[0], mine[1]), false},
		{"of a version that did not say", mine[0] + "/999999999/other/x", false},
	} {
		if got := gone(tt.owner); got != tt.want {
			t.Errorf("%s: gone is %v", tt.name, got)
		}
	}
}

func TestDamagedSnapshot(t *testing.T) {
	c, err := newCompressor()
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	body := []byte(strings.Repeat("<p>words</p>", 1000))
	sum := sha256.Sum256(body)
	packed := c.pack(body)
	other := sha256.Sum256(nil)
	for _, tt := range []struct {
		name   string
		packed []byte
		size   int64
		hash   []byte
		say    string
	}{
		{"whole", packed, int64(len(body)), sum[:], ""},
		{"cut", packed[:len(packed)/2], int64(len(body)), sum[:], "snapshot"},
		{"empty", nil, 0, sum[:], "snapshot"},
		{"no zstd", []byte("<html>"), 6, sum[:], "snapshot"},
		{"another size", packed, 7, sum[:], "instead of 7"},
		{"too large", packed, maxBody + 1, sum[:], "over the bound"},
		{"negative", packed, -1, sum[:], "over the bound"},
		{"another hash", packed, int64(len(body)), other[:], "hash differs"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := c.unpack(tt.packed, tt.size, tt.hash)
			if tt.say == "" {
				if err != nil || !bytes.Equal(got, body) {
					t.Errorf("got %d bytes, %v", len(got), err)
				}
			} else if err == nil || !strings.Contains(err.Error(), tt.say) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func FuzzUnpack(f *testing.F) {
	c, err := newCompressor()
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(c.close)
	for _, body := range []string{"", "a", strings.Repeat("<p>words</p>", 1000)} {
		sum := sha256.Sum256([]byte(body))
		f.Add(c.pack([]byte(body)), int64(len(body)), sum[:])
	}
	f.Fuzz(func(t *testing.T, packed []byte, size int64, hash []byte) {
		body, err := c.unpack(packed, min(size, 1<<20), hash)
		if err == nil && int64(len(body)) != min(size, 1<<20) {
			t.Errorf("%d bytes instead of %d", len(body), size)
		}
	})
}

func TestLinkCache(t *testing.T) {
	var c linkCache
	for n := range 3 * maxLinks {
		c.add(fmt.Sprint(n), 0, 3, 0)
		c.knows("0", 0, 3, 0) // what is asked for stays
	}
	if len(c.young)+len(c.old) > 2*maxLinks {
		t.Errorf("it holds %d", len(c.young)+len(c.old))
	}
	for _, tt := range []struct {
		url         string
		hint, depth int
		lastmod     int64
		want        bool
	}{{"0", 0, 3, 0, true}, {"0", 0, 4, 0, true}, {"0", 1, 3, 0, false}, {"0", 0, 2, 0, false}, {"0", 0, 3, 1, false}, {"1", 0, 3, 0, false}} {
		if got := c.knows(tt.url, tt.hint, tt.depth, tt.lastmod); got != tt.want {
			t.Errorf("knows(%q, %d, %d, %d) = %v", tt.url, tt.hint, tt.depth, tt.lastmod, got)
		}
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
	run, err := s.StartRun(t.Context(), "one.example", []crawler.Task{start}, time.Hour)
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

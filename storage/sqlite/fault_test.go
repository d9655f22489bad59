package sqlite_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cinecrawl/crawler"
	"cinecrawl/extract"
	"cinecrawl/storage"
	"cinecrawl/storage/sqlite"
)

const faultSite = "films.example"

// faultVisits are those of the i-th commit: five reviews of pages that were not known before.
func faultVisits(i, size int) (visits []crawler.Visit) {
	for k := range 5 {
		u := fmt.Sprintf("https://%s/%06d", faultSite, 5*i+k)
		body := fmt.Sprintf("<p>Page %s. %s</p>", u, noise(5*i+k, size))
		visits = append(visits, crawler.Visit{
			Task:    crawler.Task{URL: u, Site: faultSite, Host: faultSite, Kind: crawler.KindPage, Found: crawler.FoundLink},
			Page:    &crawler.Page{URL: u, Status: 200, Body: []byte(body), FetchedAt: time.Now()},
			Outcome: crawler.Reviewed,
			Record:  &extract.Review{URL: u, Kind: extract.KindReview, Paragraphs: []string{body}},
		})
	}
	return visits
}

// noise does not compress well.
func noise(seed, size int) string {
	b := make([]byte, size)
	x := uint32(seed)*2654435761 + 1
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = 'a' + byte(x>>24)%26
	}
	return string(b)
}

// stored holds that a database is sound and has the first so many commits, each whole and once; it gives how many.
func stored(t *testing.T, path string) int {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var ok string
	if err := db.QueryRow(`PRAGMA integrity_check`).Scan(&ok); err != nil || ok != "ok" {
		t.Fatalf("integrity: %s, %v", ok, err)
	}
	var tasks, last, reviews, pages, revisions int
	if err := db.QueryRow(`SELECT COUNT(*), COALESCE(MAX(CAST(substr(url, -6) AS INTEGER)) + 1, 0) FROM tasks WHERE outcome = 'review' AND due IS NULL`).Scan(&tasks, &last); err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRow(`SELECT (SELECT COUNT(*) FROM reviews), (SELECT COUNT(*) FROM pages), (SELECT COUNT(*) FROM revisions)`).Scan(&reviews, &pages, &revisions); err != nil {
		t.Fatal(err)
	}
	if tasks != last || tasks%5 != 0 || reviews != tasks || pages != tasks || revisions != 0 {
		t.Fatalf("%d tasks up to %d, %d reviews, %d pages, %d revisions", tasks, last, reviews, pages, revisions)
	}
	return tasks / 5
}

// begun opens a database with a run of faultSite that goes on. It is closed with the test.
func begun(t *testing.T, path string) (*sqlite.Store, *storage.Run) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	run, err := s.StartRun(t.Context(), faultSite, nil, 0, storage.ByHand)
	if err != nil {
		t.Fatal(err)
	}
	return s, run
}

// The log does not grow without end while the crawl writes.
func TestLogBounded(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "x.db")
	s, _ := begun(t, path)
	size := func(path string) int64 {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	const most = 96 << 20 // it is begun anew at a third of that, unless the other one is just at it
	i := 0
	for ; size(path) < most*3/2; i++ {
		if i == 100 {
			t.Fatalf("%d bytes in the file", size(path))
		}
		if _, err := s.Commit(ctx, faultVisits(i, 1<<20)); err != nil {
			t.Fatal(err)
		}
		if n := size(path + "-wal"); n > most {
			t.Fatalf("a log of %d bytes after %d commits", n, i+1)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if n := stored(t, path); n != i {
		t.Errorf("%d commits are stored of %d", n, i)
	}
}

// A log that is cut short anywhere, as by a power cut, costs the last commits, whole ones; the database is sound and the crawl goes on.
func TestWALCutShort(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	path := filepath.Join(dir, "x.db")
	s, _ := begun(t, path)
	// Who reads an old state keeps the log from being moved to the file: what was moved was safe on the disk before, and is never cut.
	reader, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	old, err := reader.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Rollback()
	var n int
	if err := old.QueryRow(`SELECT COUNT(*) FROM tasks`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	const commits = 12
	for i := range commits {
		if _, err := s.Commit(ctx, faultVisits(i, 500)); err != nil {
			t.Fatal(err)
		}
	}
	main, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	wal, err := os.ReadFile(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	fewest, most := commits, 0
	for n := 0; n <= 24; n++ {
		at := filepath.Join(dir, fmt.Sprintf("cut%d.db", n))
		cut := bytes.Clone(wal[:len(wal)*n/24])
		if n%3 == 1 && len(cut) > 100 { // and what is written of the last frame is wrong
			cut[len(cut)-50] ^= 0xff
		}
		if err := os.WriteFile(at, main, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at+"-wal", cut, 0o600); err != nil {
			t.Fatal(err)
		}
		again, err := sqlite.Open(ctx, at)
		if err != nil {
			t.Fatalf("cut at %d: %v", len(cut), err)
		}
		k := stored(t, at)
		fewest, most = min(fewest, k), max(most, k)
		free(t, at)
		run, err := again.StartRun(ctx, faultSite, nil, 0, storage.ByHand)
		if err != nil {
			t.Fatalf("cut at %d: %v", len(cut), err)
		}
		for i := k; i < commits; i++ {
			if _, err := again.Commit(ctx, faultVisits(i, 500)); err != nil {
				t.Fatal(err)
			}
		}
		if err := again.EndRun(ctx, run, true, "done"); err != nil {
			t.Fatal(err)
		}
		again.Close()
		if got := stored(t, at); got != commits {
			t.Errorf("cut at %d: in the end %d commits", len(cut), got)
		}
	}
	if most != commits || fewest == commits {
		t.Errorf("from %d to %d commits were left: nothing was tested", fewest, most)
	}
}

// free takes the site from its holder, which is this process under its other name.
func free(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`UPDATE sites SET owner = '', lease_until = 0`); err != nil {
		t.Fatal(err)
	}
}

// locker is another process that holds the write lock of a database when it is told to.
type locker struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.Writer
	out *bufio.Scanner
}

const lockerEnv = "CINECRAWL_LOCK_DB"

func newLocker(t *testing.T, path string) *locker {
	t.Helper()
	l := &locker{t: t, cmd: exec.Command(os.Args[0], "-test.run=^TestLocker$")}
	l.cmd.Env = append(os.Environ(), lockerEnv+"="+path)
	in, err := l.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := l.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); l.cmd.Wait() })
	l.in, l.out = in, bufio.NewScanner(out)
	return l
}

func (l *locker) tell(what string) {
	l.t.Helper()
	if _, err := fmt.Fprintln(l.in, what); err != nil {
		l.t.Fatal(err)
	}
}

func (l *locker) await(what string) {
	l.t.Helper()
	if !l.out.Scan() || l.out.Text() != what {
		l.t.Fatalf("the other process says %q, want %q", l.out.Text(), what)
	}
}

// TestLocker is the other process: "lock" begins a write transaction, "write" writes and commits it.
func TestLocker(t *testing.T) {
	path := os.Getenv(lockerEnv)
	if path == "" {
		t.Skip("runs as a process of other tests")
	}
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(10000)")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	var tx *sql.Tx
	lines := bufio.NewScanner(os.Stdin)
	for n := 0; lines.Scan(); n++ {
		switch lines.Text() {
		case "lock":
			if tx, err = db.Begin(); err == nil {
				fmt.Println("locked")
			}
		case "write":
			time.Sleep(2 * time.Millisecond) // so that the one who waits does wait
			if _, err = tx.Exec(`INSERT INTO robots (origin, status, body, fetched_at, err) VALUES ('x', 200, x'00', $1, '') ON CONFLICT (origin) DO UPDATE SET fetched_at = excluded.fetched_at`, n); err == nil {
				err = tx.Commit()
			}
			if err == nil {
				fmt.Println("written")
			}
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	os.Exit(0)
}

// Another process writes to the file, so that each commit finds it locked: it waits, and nothing is lost on either side.
func TestLockedByAnother(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "x.db")
	s, run := begun(t, path)
	other := newLocker(t, path)
	for i := range 100 {
		other.tell("lock")
		other.await("locked")
		other.tell("write")
		if _, err := s.Commit(ctx, faultVisits(i, 200)); err != nil {
			t.Fatal(err)
		}
		other.await("written")
	}
	if err := s.EndRun(ctx, run, true, "done"); err != nil {
		t.Error(err)
	}
	if got := stored(t, path); got != 100 {
		t.Errorf("%d commits", got)
	}
	if c, err := s.LoadRobots(ctx, "x"); err != nil || c.FetchedAt.UnixMilli() != 199 {
		t.Errorf("of the other: %+v, %v", c, err)
	}
}

// A lock that is not given back ends in an error that says so, and the store can be used once it is. That of a process that was killed
// goes with it.
func TestLockedForLong(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for ten seconds")
	}
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "x.db")
	s, _ := begun(t, path)
	other := newLocker(t, path)
	other.tell("lock")
	other.await("locked")
	if _, err := s.Commit(ctx, faultVisits(0, 200)); err == nil || !strings.Contains(err.Error(), "another process keeps the database locked") {
		t.Errorf("got %v", err)
	}
	other.tell("write")
	other.await("written")
	if _, err := s.Commit(ctx, faultVisits(0, 200)); err != nil {
		t.Error(err)
	}
	other.tell("lock")
	other.await("locked")
	if err := other.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Commit(ctx, faultVisits(1, 200)); err != nil {
		t.Errorf("once the other is killed: %v", err)
	}
	if got := stored(t, path); got != 2 {
		t.Errorf("%d commits", got)
	}
}

package sqlite_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cinecrawl/crawler"
	"cinecrawl/storage"
	"cinecrawl/storage/sqlite"
	"cinecrawl/storage/storagetest"
)

const killFilms = 3000

var films = storagetest.Films{Site: "films.example"}

// killCrawl writes a line for each commit that returned.
func killCrawl(ctx context.Context, path string) error {
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		return err
	}
	defer s.Close()
	return films.Crawl(ctx, s, killFilms, func(visits []crawler.Visit) {
		var line strings.Builder
		for _, v := range visits {
			if v.Outcome != "" {
				line.WriteString(v.Task.URL + " ")
			}
		}
		fmt.Println(line.String())
	})
}

// TestKill kills a crawling process at any moment, again and again, and looks each time whether all that it was told is stored is
// there, whole and once.
func TestKill(t *testing.T) {
	if path := os.Getenv("CINECRAWL_KILL_DB"); path != "" {
		if err := killCrawl(context.Background(), path); err != nil {
			fmt.Println("error:", err)
			os.Exit(3)
		}
		os.Exit(0)
	}
	kills := 30
	if testing.Short() {
		kills = 3
	}
	path := filepath.Join(t.TempDir(), "kill.db")
	told := make(map[string]bool)
	killed := 0
	for done := false; !done; {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKill$")
		cmd.Env = append(os.Environ(), "CINECRAWL_KILL_DB="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// The moment is counted in commits, not in time, and falls anywhere in the one after; at first even into the opening.
		left := rand.IntN(12)
		if killed >= kills {
			left = -1
		}
		if left == 0 {
			cmd.Process.Kill()
		}
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "error:") {
				t.Errorf("child: %s", lines.Text())
			}
			for _, url := range strings.Fields(lines.Text()) {
				if told[url] {
					t.Errorf("%s was finished twice", url)
				}
				told[url] = true
			}
			if left--; left == 0 {
				spin(rand.IntN(2_000_000))
				cmd.Process.Kill()
			}
		}
		switch err := cmd.Wait(); {
		case err == nil:
			done = true
		case cmd.ProcessState.ExitCode() == -1:
			killed++
		default:
			t.Fatalf("child: %v", err)
		}
		killCheck(t, path, told)
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Logf("%d kills, %d pages finished", killed, len(told))

	s, err := sqlite.OpenExisting(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	runs, err := s.Runs(t.Context(), films.Site, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(runs) != 1 {
		t.Errorf("runs: %+v", runs)
	}
	films.Check(t, s, killFilms)
}

// spin lets a part of a commit go by.
func spin(n int) {
	for i := range n {
		if i < 0 {
			panic("never")
		}
	}
}

// killCheck looks into the file itself.
func killCheck(t *testing.T, path string, told map[string]bool) {
	t.Helper()
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var tables int
	if err := db.QueryRow(`SELECT COUNT(*) FROM sqlite_master WHERE name = 'robots'`).Scan(&tables); err != nil {
		t.Fatal(err)
	}
	if tables == 0 {
		return // killed before the tables were made
	}
	var ok string
	if err := db.QueryRow(`PRAGMA integrity_check`).Scan(&ok); err != nil || ok != "ok" {
		t.Fatalf("integrity: %s, %v", ok, err)
	}
	for what, query := range map[string]string{
		"foreign keys":                `SELECT COUNT(*) FROM pragma_foreign_key_check`,
		"finished without a page":     `SELECT COUNT(*) FROM tasks t WHERE due IS NULL AND NOT EXISTS (SELECT 1 FROM pages p WHERE p.task_id = t.id)`,
		"a page, but queued":          `SELECT COUNT(*) FROM tasks t JOIN pages p ON p.task_id = t.id WHERE due IS NOT NULL`,
		"a review without a record":   `SELECT COUNT(*) FROM tasks t WHERE outcome = 'review' AND NOT EXISTS (SELECT 1 FROM reviews r WHERE r.task_id = t.id)`,
		"a record without an outcome": `SELECT COUNT(*) FROM reviews r JOIN tasks t ON t.id = r.task_id WHERE t.outcome <> 'review'`,
		"a record twice":              `SELECT COUNT(*) - COUNT(DISTINCT task_id) FROM reviews`,
		"a second revision":           `SELECT COUNT(*) FROM reviews WHERE revision <> 1`,
		"links not stored": `SELECT COUNT(*) FROM tasks t JOIN (SELECT 0 AS d UNION SELECT 1) AS k
			WHERE due IS NULL AND 2 * CAST(substr(url, 23) AS INTEGER) + d <= 3000
			AND NOT EXISTS (SELECT 1 FROM tasks c WHERE c.url = 'https://films.example/' || (2 * CAST(substr(t.url, 23) AS INTEGER) + d))`,
		"summary of the queue": `SELECT COUNT(*) FROM hosts h WHERE queued <> (SELECT COUNT(*) FROM tasks WHERE host_id = h.id AND due IS NOT NULL)
			OR next_due IS NOT (SELECT MIN(due) FROM tasks WHERE host_id = h.id)`,
		"figures of the run": `SELECT COUNT(*) FROM runs r WHERE (SELECT COALESCE(SUM(n), 0) FROM run_outcomes) <> (SELECT COUNT(*) FROM tasks WHERE due IS NULL)
			OR fetched <> (SELECT COUNT(*) FROM pages) OR added <> (SELECT COUNT(*) FROM reviews)`,
	} {
		var n int
		if err := db.QueryRow(query).Scan(&n); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if n != 0 {
			t.Errorf("%s: %d", what, n)
		}
	}
	// What was told is stored. More may be: the commit whose answer the kill cut off.
	rows, err := db.Query(`SELECT url FROM tasks WHERE due IS NULL`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	stored := make(map[string]bool)
	for rows.Next() {
		var url string
		if err := rows.Scan(&url); err != nil {
			t.Fatal(err)
		}
		stored[url] = true
	}
	for url := range told {
		if !stored[url] {
			t.Errorf("%s is lost", url)
		}
	}
}

// TestBusyProcess holds a site in another process: while it lives the site is busy, and once it is killed the site is free.
func TestBusyProcess(t *testing.T) {
	if path := os.Getenv("CINECRAWL_BUSY_DB"); path != "" {
		s, err := sqlite.Open(context.Background(), path)
		if err == nil {
			_, err = s.StartRun(context.Background(), films.Site, nil, 0, storage.ByHand)
		}
		fmt.Println("started:", err)
		select {}
	}
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "busy.db")
	cmd := exec.Command(os.Args[0], "-test.run=^TestBusyProcess$")
	cmd.Env = append(os.Environ(), "CINECRAWL_BUSY_DB="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	lines := bufio.NewScanner(out)
	if lines.Scan(); lines.Text() != "started: <nil>" {
		t.Fatalf("child: %s", lines.Text())
	}
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_, err = s.StartRun(ctx, films.Site, nil, 0, storage.ByHand)
	if !errors.Is(err, storage.ErrBusy) || !strings.Contains(err.Error(), fmt.Sprintf("process %d on ", cmd.Process.Pid)) {
		t.Errorf("while it lives: %v", err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	run, err := s.StartRun(ctx, films.Site, nil, 0, storage.ByHand)
	if err != nil {
		t.Fatalf("once it is dead: %v", err)
	}
	if !run.Resumed {
		t.Error("its run was not resumed")
	}
}

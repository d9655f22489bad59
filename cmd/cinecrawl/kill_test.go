package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cinecrawl/storage"
	"cinecrawl/storage/postgres"
	"cinecrawl/storage/sqlite"
)

const (
	kills     = 200
	killHosts = 5
	killPosts = 24 // reviews a host; with its listing pages about 30 pages
)

// TestKill kills a crawling process with SIGKILL at random instants, and starts it again with the same command until the crawl
// is finished; then with a new database, until enough were killed. In the end every review is stored, once; and what had been
// stored when a process died was not asked again, robots.txt included.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts hundreds of processes")
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))

	var farms []*farm
	var config strings.Builder
	config.WriteString("sites:\n")
	for range killHosts {
		f := newFarm(killPosts, 8<<10)
		defer f.server.Close()
		farms = append(farms, f)
		fmt.Fprintf(&config, "  %q: {enabled: true, hosts: [%q], crawl: {start: [%q], gap: 0s}}\n", f.host, f.host, f.server.URL+"/")
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "cinecrawl.yaml"), config.String())
	// The program as people have it: the binary of this test may have the race detector in it, and begin five times more slowly.
	program := filepath.Join(dir, "cinecrawl-as-built")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}

	killed, crawls := 0, 0
	moments := map[string]int{} // of the kills
	access, logged := filepath.Join(dir, "access.jsonl"), 0
	for ; killed < kills; crawls++ {
		db := filepath.Join(dir, fmt.Sprintf("crawl%d.db", crawls))
		done := map[string]bool{} // URLs whose outcome is stored, and stored robots copies
		for {
			finished, moment, out := crawlAndKill(t, program, db, farms, random)
			asked := 0
			for _, f := range farms {
				for _, path := range f.requests() {
					asked++
					if url := "http://" + f.host + path; done[url] {
						t.Errorf("crawl %d, after %d kills: %s was asked again although it was done", crawls, killed, url)
					}
				}
			}
			// The requests in flight are one a host: of this process, or of the one before, when they came in after it was killed.
			lines := wholeLines(t, access)
			if n := lines - logged; n > asked || n < asked-killHosts {
				t.Errorf("crawl %d: %d requests, %d lines of the access log", crawls, asked, n)
			}
			logged = lines
			if finished {
				break
			}
			moments[moment]++
			if killed++; t.Failed() {
				t.Fatalf("after %d kills:\n%s", killed, out)
			}
			if rememberDone(t, db, farms, done) == killHosts {
				break // killed between its last commit and its end: the same command would begin a new crawl
			}
		}
		checkCrawl(t, db, farms)
	}
	t.Logf("%d kills over %d crawls of %d pages: %v", killed, crawls, killHosts*len(farms[0].urls()), moments)
	for _, m := range []string{begins, asks, ends} {
		if moments[m] < kills/40 {
			t.Errorf("%d kills while a process %s: the instants are not spread over its life", moments[m], m)
		}
	}
}

// What a process does when it is killed.
const (
	begins = "begins" // nothing was asked yet
	asks   = "asks"
	ends   = "ends" // everything is stored, and the summary is being written
)

// crawlAndKill runs the crawl, and kills it at a random instant: mostly a moment after the farms were asked for so many pages, which
// holds on a slow machine, too; sometimes before it has asked for any, sometimes when it begins to write its summary. It says whether
// the crawl was finished by then, and if not what it did.
func crawlAndKill(t *testing.T, program, db string, farms []*farm, random *rand.Rand) (finished bool, moment, out string) {
	t.Helper()
	cmd := exec.Command(program, "crawl", "--db", db, "--access-log", "access.jsonl")
	cmd.Dir = filepath.Dir(program)
	var b bytes.Buffer
	cmd.Stderr = &b
	pages, wait := int64(random.IntN(120)), time.Duration(random.Int64N(int64(60*time.Millisecond)))
	kill := make(chan struct{})
	var once sync.Once
	now := func() { once.Do(func() { close(kill) }) }
	if pages < 10 {
		now()
	}
	var asked, summary atomic.Int64
	cmd.Stdout = writes(func() {
		if summary.Add(1); pages >= 110 {
			now()
		}
	})
	for _, f := range farms {
		f.onRequest(func() {
			if asked.Add(1) == pages && pages >= 10 && pages < 110 {
				now()
			}
		})
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	var killer sync.WaitGroup
	killer.Go(func() {
		select {
		case <-ended:
			return
		case <-kill:
		}
		if pages >= 110 {
			wait /= 10 // little is left to be done
		}
		select {
		case <-ended:
		case <-time.After(wait):
			cmd.Process.Kill()
		}
	})
	err := cmd.Wait()
	close(ended)
	killer.Wait()
	if err != nil && cmd.ProcessState.Exited() {
		t.Fatalf("crawl: %v\n%s", err, b.String())
	}
	switch {
	case asked.Load() == 0:
		moment = begins
	case summary.Load() == 0:
		moment = asks
	default:
		moment = ends
	}
	return err == nil, moment, b.String()
}

// writes is called at each Write.
type writes func()

func (w writes) Write(b []byte) (int, error) {
	w()
	return len(b), nil
}

// wholeLines counts the lines of a file of JSON lines, and holds that each is whole.
func wholeLines(t *testing.T, file string) (n int) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for line := range bytes.Lines(b) {
		if n++; !json.Valid(line) || line[len(line)-1] != '\n' {
			t.Errorf("line %d of the access log: %q", n, line)
		}
	}
	return n
}

// rememberDone adds what the database knows as done, and gives the number of sites whose run is finished.
func rememberDone(t *testing.T, db string, farms []*farm, done map[string]bool) (finished int) {
	t.Helper()
	if _, err := os.Stat(db); err != nil {
		return 0 // killed before it made the database
	}
	st := openStore(t, db)
	defer st.Close()
	for _, f := range farms {
		for _, url := range f.urls() {
			if task, err := st.TaskByURL(t.Context(), url); err == nil && !task.Queued {
				done[url] = true
			}
		}
		if _, err := st.LoadRobots(t.Context(), f.server.URL); err == nil {
			done[f.server.URL+"/robots.txt"] = true
		}
	}
	sites, err := st.Sites(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sites {
		if s.LastRun != nil && s.LastRun.Finished {
			finished++
		}
	}
	return finished
}

// checkCrawl holds that every page of the farms is done, and every review is stored once.
func checkCrawl(t *testing.T, db string, farms []*farm) {
	t.Helper()
	st := openStore(t, db)
	defer st.Close()
	var got, want []string
	if err := st.Records(t.Context(), storage.Filter{}, func(r *storage.Record) error {
		if strings.Contains(r.Review.URL, "/film-number-") { // what else is taken for a review is no matter here
			got = append(got, r.Review.URL)
		}
		if r.Revision != 1 {
			t.Errorf("%s: revision %d, though its text never changed", r.Review.URL, r.Revision)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, f := range farms {
		for i := range f.reviews {
			want = append(want, f.reviewURL(i))
		}
		for _, url := range f.urls() {
			if task, err := st.TaskByURL(t.Context(), url); err != nil {
				t.Errorf("%s: %v", url, err)
			} else if task.Queued {
				t.Errorf("%s: still queued after the crawl", url)
			}
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%d reviews are stored, %d different ones; want %d", len(got), len(slices.Compact(got)), len(want))
	}
}

func openStore(t testing.TB, db string) storage.Store {
	t.Helper()
	var st storage.Store
	var err error
	if postgres.IsURL(db) {
		st, err = postgres.Open(context.Background(), db)
	} else {
		st, err = sqlite.Open(context.Background(), db)
	}
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

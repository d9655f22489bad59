package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
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
// stored when a process died was not asked again, robots.txt included. The access log has a line for each request, but for those in
// flight at a kill.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts hundreds of processes")
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))

	var farms []*farm
	seen := visits{by: map[visitor][]string{}}
	var config strings.Builder
	config.WriteString("sites:\n")
	for range killHosts {
		f := newFarm(killPosts, 8<<10)
		defer f.server.Close()
		farms = append(farms, f)
		fmt.Fprintf(&config, "  %q: {enabled: true, hosts: [%q], crawl: {start: [%q], gap: 0s}}\n", f.host, f.host, f.server.URL+"/")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "cinecrawl-as-built")
	builds(t, program)

	var processes []*process
	killed, crawls := 0, 0
	moments := map[string]int{} // of the kills
	access := accessReader{name: filepath.Join(dir, "access.jsonl")}
	for ; killed < kills; crawls++ {
		db := filepath.Join(dir, fmt.Sprintf("crawl%d.db", crawls))
		done := map[string]bool{} // URLs whose outcome is stored, and stored robots copies
		for {
			p := &process{name: fmt.Sprintf("process %d", len(processes)), done: maps.Clone(done)}
			processes = append(processes, p)
			write(t, filepath.Join(dir, "cinecrawl.yaml"), "contact: "+p.name+"\n"+config.String())
			p.crawlAndKill(t, program, db, farms, &seen, random)
			p.logged = access.read(t, p.killed)
			if p.check(t, &seen, farms); t.Failed() {
				t.Fatalf("crawl %d, after %d kills:\n%s", crawls, killed, p.out)
			}
			if !p.killed {
				break
			}
			moments[p.moment]++
			killed++
			if rememberDone(t, db, farms, done) == killHosts {
				break // killed between its last commit and its end: the same command would begin a new crawl
			}
		}
		checkCrawl(t, db, farms)
	}
	for _, f := range farms {
		f.server.Close()
	}
	for _, p := range processes {
		p.check(t, &seen, farms) // again, for what came in after the kill
	}
	t.Logf("%d kills over %d crawls of %d pages: %v; %d lines cut", killed, crawls, killHosts*len(farms[0].urls()), moments, access.cuts)
	for _, m := range []string{begins, asks, ends} {
		if moments[m] < kills/40 {
			t.Errorf("%d kills while a process %s: the instants are not spread over its life", moments[m], m)
		}
	}
}

// process is one start of the program.
type process struct {
	name   string              // in its user agent: a farm may come to a request only after the process that sent it was killed
	done   map[string]bool     // before it began
	logged map[string][]string // by host, the URLs of its lines in the access log
	killed bool                // before it was finished
	moment string              // what it did then
	out    string
}

// check holds that a process asked for nothing that was done before, and that its lines of the access log are its requests, host by host
// and in order.
func (p *process) check(t *testing.T, seen *visits, farms []*farm) {
	t.Helper()
	for _, f := range farms {
		asked, logged := seen.of(visitor{p.name, f.host}), p.logged[f.host]
		for _, url := range asked {
			if p.done[url] {
				t.Errorf("%s: %s was asked again although it was done", p.name, url)
			}
		}
		// A line is written when the answer is there, and before the host is asked again: what has one was seen by the farm, and a kill
		// costs a host the line of its last request, no other. Whoever comes to its end has them all.
		if n := len(asked); p.killed && n == len(logged)+1 {
			asked = asked[:n-1]
		}
		if !slices.Equal(asked, logged) {
			t.Errorf("%s, killed: %v: %s was asked for\n%q\nand in the access log are\n%q", p.name, p.killed, f.host, asked, logged)
		}
	}
}

// visits are the URLs that farms were asked for, in order, by who asked.
type visits struct {
	mu sync.Mutex
	by map[visitor][]string
}

type visitor struct{ process, host string }

// note gives the name of the process.
func (v *visits) note(r *http.Request) string {
	_, contact, _ := strings.Cut(r.UserAgent(), "(")
	who := visitor{strings.TrimSuffix(contact, ")"), r.Host}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.by[who] = append(v.by[who], "http://"+r.Host+r.URL.RequestURI())
	return who.process
}

func (v *visits) of(who visitor) []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.by[who])
}

// What a process does when it is killed.
const (
	begins = "begins" // nothing was asked yet
	asks   = "asks"
	ends   = "ends" // everything is stored, and the summary is being written
)

// crawlAndKill runs the crawl, and kills it at a random instant: mostly a moment after the farms were asked for so many pages, which
// holds on a slow machine, too; sometimes before it has asked for any, sometimes when it begins to write its summary.
func (p *process) crawlAndKill(t *testing.T, program, db string, farms []*farm, seen *visits, random *rand.Rand) {
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
		f.onRequest(func(r *http.Request) {
			if seen.note(r) == p.name && asked.Add(1) == pages && pages >= 10 && pages < 110 {
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
		p.moment = begins
	case summary.Load() == 0:
		p.moment = asks
	default:
		p.moment = ends
	}
	p.killed, p.out = err != nil, b.String()
}

// writes is called at each Write.
type writes func()

func (w writes) Write(b []byte) (int, error) {
	w()
	return len(b), nil
}

// accessReader reads an access log that one process after the other appends to.
type accessReader struct {
	name string
	end  int  // of what was read
	half bool // a kill cut the last line
	cuts int
}

// read gives the URLs of the lines that came since the last call, by host. Each is whole but the last of a process that was killed: Linux
// ends the write of a killed process where a page of the file ends, some 4 KB, and the next process ends the line.
func (a *accessReader) read(t *testing.T, killed bool) map[string][]string {
	t.Helper()
	b, err := os.ReadFile(a.name)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	added, urls := b[a.end:], map[string][]string{}
	a.end = len(b)
	if a.half && len(added) > 0 {
		if added[0] != '\n' {
			t.Errorf("after a line that was cut the access log has %q", added)
		}
		added, a.half = added[1:], false
	}
	for line := range bytes.Lines(added) {
		if killed && line[len(line)-1] != '\n' {
			a.half = true
			a.cuts++
			break
		}
		var l accessLine
		if err := json.Unmarshal(line, &l); err != nil || line[len(line)-1] != '\n' {
			t.Errorf("line of the access log: %q", line)
		}
		urls[l.Host] = append(urls[l.Host], l.URL)
	}
	return urls
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

// builds makes the program as people have it: the binary of a test may have the race detector in it, and begin five times more slowly.
func builds(t testing.TB, program string) {
	t.Helper()
	build := exec.Command("go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
}

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

//go:build unix

package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"cinecrawl/storage/postgres/pgtest"
)

// soak makes TestFleet as large as it should be seen once: make soak.
var soak = os.Getenv("CINECRAWL_SOAK") != ""

// TestFleet has three workers crawl many sites of one PostgreSQL database, while they are killed, frozen and stopped at random and the
// database is started again. Every site is finished, every review is stored once, and no site was ever asked by two at a time, as the
// gaps in the sites' own access logs tell.
func TestFleet(t *testing.T) {
	if testing.Short() {
		t.Skip("starts dozens of processes")
	}
	server := pgtest.Start(t)
	db := server.URL(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	sites, reviews, gap, slice, least := 16, 24, 300*time.Millisecond, "2s", 6
	if soak {
		sites, reviews, gap, slice, least = 200, 120, 300*time.Millisecond, "5s", 20
	}

	var farms []*visited
	var config strings.Builder
	fmt.Fprintf(&config, "slice: %s\nsites:\n", slice)
	for range sites {
		f := &visited{farm: newFarm(reviews, 4<<10)}
		f.onRequest(f.note)
		defer f.server.Close()
		farms = append(farms, f)
		fmt.Fprintf(&config, "  %q: {enabled: true, hosts: [%q], crawl: {start: [%q], every: 240h, gap: %s}}\n", f.host, f.host, f.server.URL+"/", gap)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "cinecrawl.yaml"), config.String())
	program := filepath.Join(dir, "cinecrawl-as-built")
	builds(t, program)
	fleet := make([]*crewman, 3)
	for i := range fleet {
		fleet[i] = board(t, program, db, "work")
	}
	fleet[0].stop(t)
	fleet[0] = board(t, program, db, "serve") // one that plans
	defer func() {
		for _, c := range fleet {
			c.kill()
		}
	}()

	look, err := sql.Open("pgx", db)
	if err != nil {
		t.Fatal(err)
	}
	defer look.Close()
	unfinished := func() int {
		var n int
		if err := look.QueryRow(`SELECT $1 - COUNT(*) FROM runs WHERE finished = 1`, sites).Scan(&n); err != nil {
			return sites // the database is being started again
		}
		return n
	}
	deadline := time.Now().Add(10 * time.Minute)
	counts := map[string]int{}
	var worst time.Duration
	for faults := 0; unfinished() > 0 || faults < least; faults++ {
		if time.Now().After(deadline) {
			t.Fatalf("%d sites are not finished\n%s", unfinished(), fleet[0].out.tail())
		}
		pause(time.Duration(500+random.IntN(1500)) * time.Millisecond)
		i := random.IntN(len(fleet))
		had := fleet[i].sites(look)
		switch what := []string{"kill", "freeze", "stop", "kill", "restart"}[faults%5]; what {
		case "kill":
			counts[what]++
			fleet[i].kill()
			if took := takeover(look, had); took > worst {
				worst = took
			}
			fleet[i] = board(t, program, db, "work")
		case "freeze":
			counts[what]++
			fleet[i].cmd.Process.Signal(syscall.SIGSTOP)
			if took := takeover(look, had); took > worst {
				worst = took
			}
			fleet[i].cmd.Process.Signal(syscall.SIGCONT)
		case "stop":
			counts[what]++
			fleet[i].stop(t)
			fleet[i] = board(t, program, db, "work")
		case "restart":
			if counts[what] == 0 {
				counts[what]++
				server.Restart(t)
			}
		}
	}
	for i := range fleet {
		fleet[i].stop(t)
	}
	var plain []*farm
	asked := 0
	for _, f := range farms {
		plain = append(plain, f.farm)
		asked += len(f.times)
		// Between two requests lies the gap and the answer of the first. A timer is early by no more than its resolution.
		for k := 1; k < len(f.times); k++ {
			if got := f.times[k].Sub(f.times[k-1]); got < gap-5*time.Millisecond {
				t.Errorf("%s: asked twice within %v (request %d of %d)", f.host, got, k, len(f.times))
			}
		}
	}
	checkCrawl(t, db, plain)
	t.Logf("%v; %d requests for %d pages; the longest takeover %v", counts, asked, sites*len(plain[0].urls()), worst)
	if worst > 10*time.Second {
		t.Errorf("a site waited %v for another worker", worst)
	}
}

// A crawl whose database is away ends soon when it is told to.
func TestInterruptedWithoutDatabase(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a server and builds the program")
	}
	server := pgtest.Start(t)
	db := server.URL(t)
	f := &visited{farm: newFarm(50, 4<<10)}
	f.onRequest(f.note)
	defer f.server.Close()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "cinecrawl.yaml"), fmt.Sprintf("sites:\n  %q: {hosts: [%q], crawl: {start: [%q], gap: 100ms}}\n", f.host, f.host, f.server.URL+"/"))
	program := filepath.Join(dir, "cinecrawl-as-built")
	builds(t, program)
	c := &crewman{cmd: exec.Command(program, "crawl", "--db", db), out: &output{}}
	c.cmd.Dir, c.cmd.Stderr = dir, c.out
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer c.cmd.Process.Kill()
	for began := time.Now(); f.count() < 5; pause(20 * time.Millisecond) {
		if time.Since(began) > time.Minute {
			t.Fatalf("it does not begin\n%s", c.out.tail())
		}
	}
	server.Stop(t)
	defer server.Continue(t) // for the end of the test
	c.cmd.Process.Signal(syscall.SIGINT)
	ended := make(chan error, 1)
	go func() { ended <- c.cmd.Wait() }()
	select {
	case <-ended:
	case <-time.After(40 * time.Second):
		t.Errorf("it does not end\n%s", c.out.tail())
	}
}

// takeover waits until each of the sites of a worker that says nothing any more has another holder or is finished, and says how long that
// took.
func takeover(look *sql.DB, had map[string]int64) time.Duration {
	began := time.Now()
	for left := 1; left > 0 && time.Since(began) < 20*time.Second; pause(100 * time.Millisecond) {
		left = 0
		for site, epoch := range had {
			var moved bool
			if err := look.QueryRow(`SELECT epoch > $2 OR owner = '' FROM sites WHERE name = $1`, site, epoch).Scan(&moved); err != nil || !moved {
				left++
			}
		}
	}
	return time.Since(began)
}

// pause lets the workers work.
func pause(d time.Duration) { <-time.After(d) }

// visited is a farm that knows when it was asked.
type visited struct {
	*farm
	mu    sync.Mutex
	times []time.Time
}

func (v *visited) note(*http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.times = append(v.times, time.Now())
}

func (v *visited) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.times)
}

// crewman is a worker's process.
type crewman struct {
	cmd *exec.Cmd
	out *output
}

func board(t testing.TB, program, db, command string) *crewman {
	t.Helper()
	c := &crewman{cmd: exec.Command(program, command, "--db", db), out: &output{}}
	c.cmd.Dir, c.cmd.Stderr = filepath.Dir(program), c.out
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// Before that, a signal or a database that goes away ends it as it ends any program.
	for began := time.Now(); !strings.Contains(c.out.tail(), "joined"); pause(20 * time.Millisecond) {
		if time.Since(began) > time.Minute {
			t.Fatalf("%s does not begin:\n%s", command, c.out.tail())
		}
	}
	return c
}

// sites are those that the worker has, with their epochs.
func (c *crewman) sites(look *sql.DB) map[string]int64 {
	had := map[string]int64{}
	rows, err := look.Query(`SELECT name, epoch FROM sites WHERE owner LIKE $1`, fmt.Sprintf("%%/%d/%%", c.cmd.Process.Pid))
	if err != nil {
		return had
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var epoch int64
		if rows.Scan(&name, &epoch) == nil {
			had[name] = epoch
		}
	}
	return had
}

func (c *crewman) kill() {
	c.cmd.Process.Kill()
	c.cmd.Wait()
}

// stop has the worker hand everything back.
func (c *crewman) stop(t testing.TB) {
	t.Helper()
	began := time.Now()
	c.cmd.Process.Signal(syscall.SIGTERM)
	if err := c.cmd.Wait(); err != nil {
		t.Errorf("after SIGTERM: %v\n%s", err, c.out.tail())
	}
	if took := time.Since(began); took > 10*time.Second { // 5 s, on a machine that does nothing else
		t.Errorf("SIGTERM took %v\n%s", took, c.out.tail())
	}
}

// output is what a process writes.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) tail() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := o.b.String()
	return s[max(0, len(s)-4000):]
}

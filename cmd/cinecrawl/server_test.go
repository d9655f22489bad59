package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cinecrawl/configs"
	"cinecrawl/crawler"
	"cinecrawl/extract"
	"cinecrawl/storage"
	"cinecrawl/storage/sqlite"
)

// testServer is a server over a database of its own, whose slices crawl nothing: a run of a site takes work, in slices of at most 30 s,
// begun and ended as those of a crawl.
func testServer(t *testing.T, work time.Duration, sites map[string]string) *server {
	t.Helper()
	var config strings.Builder
	config.WriteString("jitter: 0%\nsites:\n")
	for name, every := range sites {
		fmt.Fprintf(&config, "  %s: {crawl: {start: [\"https://%[1]s/\"], every: %q}}\n", name, every)
	}
	file := filepath.Join(t.TempDir(), "cinecrawl.yaml")
	write(t, file, config.String())
	cfg, err := configs.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	chosen, err := cfg.Choose()
	if err != nil {
		t.Fatal(err)
	}
	st, err := sqlite.OpenTemp(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	a := &app{now: time.Now, log: slog.New(slog.DiscardHandler)}
	c := &crawling{scheduler: scheduler{a, st}, cfg: cfg, known: newLearned(st)}
	if err := c.plan(t.Context(), chosen); err != nil {
		t.Fatal(err)
	}
	s := newServer(c, chosen)
	s.slice = func(ctx context.Context, d *dueSite) error {
		run, err := c.claim(ctx, d.Crawl, d.cause)
		if err != nil {
			return err
		}
		r := &crawler.Result{Site: d.Crawl, Finished: true, Why: "done"}
		spend := work - run.Spent.Time
		if spend > cfg.Slice {
			spend, r.Finished, r.Why = cfg.Slice, false, storage.SliceOver
		}
		select {
		case <-ctx.Done():
			r.Finished, r.Why = false, "stopped"
		case <-time.After(spend):
		}
		return c.release(ctx, &d.Site, run, r, c.st.EndRun)
	}
	return s
}

// runsOf gives the runs of a site, oldest first.
func runsOf(t *testing.T, st storage.Store, site string) []storage.Run {
	t.Helper()
	runs, err := st.Runs(t.Context(), site, 0)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(runs)
	return runs
}

// TestServerMonth serves a month, with a week off in it and with the end of winter time, by a clock that is not the machine's.
func TestServerMonth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Date(2000, 3, 5, 20, 0, 0, 0, time.UTC)
		time.Sleep(time.Until(begin))
		s := testServer(t, 70*time.Second, map[string]string{
			"daily.example": "24h", "often.example": "8h", "night.example": "30 2 * * * Europe/Berlin", "learned.example": "adaptive",
		})
		s.poll = time.Minute
		serve := func(d time.Duration) {
			ctx, cancel := context.WithTimeout(t.Context(), d)
			defer cancel()
			s.serve(ctx)
		}
		const day = 24 * time.Hour
		serve(10*day - time.Hour)
		off := time.Now()
		time.Sleep(7*day + 2*time.Hour)
		serve(13*day - 90*time.Minute)

		// When each run is to begin, to the minute of the poll, and why.
		berlin, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			t.Fatal(err)
		}
		on := off.Add(7*day + 2*time.Hour)
		every := func(d time.Duration) (want []string) {
			for at := begin; at.Before(begin.Add(30 * day)); at = at.Add(d) {
				switch {
				case at.Before(off):
					want = append(want, at.Format(time.DateTime)+" schedule")
				case at.Before(on) && !at.Before(on.Add(-d)): // the last that was missed
					want = append(want, on.Format(time.DateTime)+" catch-up")
				case !at.Before(on):
					want = append(want, at.Format(time.DateTime)+" schedule")
				}
			}
			return want
		}
		night := func() (want []string) {
			for n := 6; n <= 35; n++ {
				at := time.Date(2000, 3, n, 2, 30, 0, 0, berlin)
				if n == 26 { // the clock is put forward from 2 to 3
					at = time.Date(2000, 3, n, 3, 0, 0, 0, berlin)
				}
				switch {
				case !at.Before(off) && at.Before(on) && n == 22:
					want = append(want, on.UTC().Format(time.DateTime)+" catch-up")
				case at.Before(off) || !at.Before(on):
					want = append(want, at.UTC().Format(time.DateTime)+" schedule")
				}
			}
			return want
		}
		for site, want := range map[string][]string{"daily.example": every(day), "often.example": every(8 * time.Hour), "night.example": night(),
			"learned.example": every(day)} {
			var got []string
			for _, r := range runsOf(t, s.st, site) {
				got = append(got, fmt.Sprint(r.Started.Truncate(time.Minute).Format(time.DateTime), " ", r.Cause))
				if !r.Finished || r.Resumed || r.Why != "done" || r.Spent.Time != 70*time.Second {
					t.Errorf("%s: %+v", site, r)
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s (-want +got):\n%s", site, d)
			}
		}
	})
}

// TestServerTurns: a site with much to do does not keep the others waiting.
func TestServerTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testServer(t, 100*time.Second, map[string]string{"a.example": "24h", "b.example": "24h", "c.example": "24h"})
		s.slots = 1
		var turns []string
		slice := s.slice
		s.slice = func(ctx context.Context, d *dueSite) error {
			turns = append(turns, d.Crawl.Name[:1])
			return slice(ctx, d)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		s.serve(ctx)
		if got := strings.Join(turns, ""); got != "abcabcabcabc" {
			t.Errorf("turns %s, want each in its turn", got)
		}
		for _, site := range []string{"a.example", "b.example", "c.example"} {
			runs := runsOf(t, s.st, site)
			if len(runs) != 1 || runs[0].Resumed || !runs[0].Finished || runs[0].Spent.Time != 100*time.Second {
				t.Errorf("%s: %+v", site, runs)
			}
		}
	})
}

// TestServerTrouble: a site that another process has, or that cannot be crawled, is tried again later and keeps no other waiting.
func TestServerTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testServer(t, time.Second, map[string]string{"busy.example": "24h", "broken.example": "24h", "fine.example": "24h"})
		var mu sync.Mutex
		tried := map[string][]time.Duration{}
		slice, start := s.slice, time.Now()
		s.slice = func(ctx context.Context, d *dueSite) error {
			mu.Lock()
			tried[d.Crawl.Name] = append(tried[d.Crawl.Name], time.Since(start).Truncate(time.Second))
			n := len(tried[d.Crawl.Name])
			mu.Unlock()
			switch {
			case d.Crawl.Name == "busy.example" && n < 3:
				return fmt.Errorf("start run: %w", storage.ErrBusy)
			case d.Crawl.Name == "broken.example" && n < 3:
				return errors.New("disk full")
			}
			return slice(ctx, d)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		s.serve(ctx)
		want := map[string][]time.Duration{"busy.example": {0, 5 * time.Second, 10 * time.Second},
			"broken.example": {0, time.Minute, 2 * time.Minute}, "fine.example": {0}}
		if d := cmp.Diff(want, tried); d != "" {
			t.Errorf("tried (-want +got):\n%s", d)
		}
	})
}

// TestServerHandsBack: what is in flight when the server is stopped is cut in time to hand all back within 5 seconds.
func TestServerHandsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := testServer(t, time.Hour, map[string]string{"a.example": "24h"})
		cut := make(chan struct{})
		s.cut = func() { close(cut) }
		s.slice = func(context.Context, *dueSite) error { <-cut; return nil } // a site that does not answer
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		s.serve(ctx)
		if took := time.Since(start) - time.Minute; took > 4*time.Second {
			t.Errorf("stopped after %v", took)
		}
	})
}

// TestServeProcess serves sites in slices of a second beside crawls by hand, stops the process with SIGTERM while a page of each is in flight,
// and lets another go on. No site is asked by two processes at once, every page is asked once but the one that was cut, and each site
// has one run.
func TestServeProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var farms []*farm
	config := "slice: 1s\nsites:\n"
	for range 3 {
		f := newFarm(12, 1<<10)
		defer f.server.Close()
		farms = append(farms, f)
		config += fmt.Sprintf("  %q: {hosts: [%q], crawl: {start: [%q], gap: 100ms}}\n", f.host, f.host, f.server.URL+"/")
	}
	write(t, filepath.Join(dir, "cinecrawl.yaml"), config)
	release := make(chan struct{})
	var held, back sync.WaitGroup
	for _, f := range farms {
		held.Add(1)
		back.Add(1)
		var inFlight, asked atomic.Int64
		f.onRequest(func(*http.Request) {
			if inFlight.Add(1) > 1 {
				t.Errorf("%s is asked by two at once", f.host)
			}
			if asked.Add(1) == 16 { // after its first slice
				held.Done()
				<-release
				defer back.Done()
			}
			inFlight.Add(-1)
		})
	}
	start := func(args ...string) (*exec.Cmd, *bytes.Buffer) {
		cmd, out := exec.Command("cinecrawl", append(args, "--access-log", "access.jsonl")...), &bytes.Buffer{}
		cmd.Dir, cmd.Stderr = dir, out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cmd.Process.Kill() })
		return cmd, out
	}
	ends := func(cmd *exec.Cmd, out *bytes.Buffer, code int) {
		t.Helper()
		cmd.Wait()
		if got := cmd.ProcessState.ExitCode(); got != code {
			t.Fatalf("%q: exit code %d, want %d:\n%s", cmd.Args, got, code, out)
		}
	}

	daemon, said := start("serve", "-v")
	held.Wait()
	for _, f := range farms {
		cmd, out := start("crawl", f.host)
		ends(cmd, out, exitBusy)
	}
	if err := daemon.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ends(daemon, said, exitOK)
	if !strings.Contains(said.String(), storage.SliceOver) {
		t.Errorf("no slice was over:\n%s", said)
	}
	close(release)
	back.Wait()
	rest, out := start("crawl", "--due")
	ends(rest, out, exitOK)

	st := openStore(t, filepath.Join(dir, "cinecrawl.db"))
	defer st.Close()
	log := (&accessReader{name: filepath.Join(dir, "access.jsonl")}).read(t, false)
	for _, f := range farms {
		runs := runsOf(t, st, f.host)
		if len(runs) != 1 || !runs[0].Finished || runs[0].Cause != storage.Scheduled || !runs[0].Next.After(runs[0].Started) {
			t.Errorf("%s: runs %+v", f.host, runs)
		}
		asked := f.requests()
		once := slices.Compact(slices.Sorted(slices.Values(asked)))
		twice := len(asked) - len(once)
		if twice != 1 {
			t.Errorf("%s: %d requests were made again, want the one that was cut", f.host, twice)
		}
		if n := len(log[f.host]); n != len(asked) {
			t.Errorf("%s: %d requests, %d lines of the access log that all processes share", f.host, len(asked), n)
		}
	}
}

// TestPlanAfterRun: what the end of a run makes of the plan of its site.
func TestPlanAfterRun(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	hour := time.Duration(now.Hour()) * time.Hour
	quiet := &crawler.Hours{From: hour, To: (hour + 2*time.Hour) % (24 * time.Hour), Zone: time.UTC} // from this hour to the one after the next
	after := now.Truncate(time.Hour).Add(2 * time.Hour)
	for _, c := range []struct {
		name    string
		planned time.Duration // from now
		prepare func(*configs.Site)
		result  crawler.Result
		cancel  bool
		want    time.Time
	}{
		{"it was due", -time.Hour, nil, crawler.Result{Finished: true}, false, now.Add(23 * time.Hour)},
		{"a person was earlier", time.Hour, nil, crawler.Result{Finished: true}, false, now.Add(time.Hour)},
		{"it goes on", -time.Hour, nil, crawler.Result{}, false, now.Add(-time.Hour)},
		{"no schedule has it", -time.Hour, func(s *configs.Site) { s.Enabled = false }, crawler.Result{Finished: true}, false, now.Add(-time.Hour)},
		{"quiet hours cut it off", -time.Hour, func(s *configs.Site) { s.Crawl.Quiet = quiet }, crawler.Result{Finished: true, Due: after}, false, after},
		{"the rest waits for something else", -time.Hour, nil, crawler.Result{Finished: true, Due: after}, false, now.Add(23 * time.Hour)},
		{"cancelled when it was handed back", -time.Hour, nil, crawler.Result{}, true, now.Add(23 * time.Hour)},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := testServer(t, 0, map[string]string{"a.example": "24h"})
			claims := &crawling{scheduler: *s.scheduler, known: newLearned(s.st)}
			claims.now = func() time.Time { return now }
			site := s.sites["a.example"]
			if c.prepare != nil {
				c.prepare(&site)
			}
			if err := s.st.Plan(t.Context(), "a.example", now.Add(c.planned)); err != nil {
				t.Fatal(err)
			}
			run, err := claims.claim(t.Context(), site.Crawl, storage.Scheduled)
			if err != nil {
				t.Fatal(err)
			}
			if c.cancel {
				if _, err := s.st.CancelRun(t.Context(), run.ID); err != nil {
					t.Fatal(err)
				}
			}
			if err := claims.release(t.Context(), &site, run, &c.result, claims.st.EndRun); err != nil {
				t.Fatal(err)
			}
			plans, err := s.st.Plans(t.Context(), time.Time{})
			if err != nil || len(plans) != 1 || !plans[0].Next.Equal(c.want) {
				t.Errorf("planned %v, %v, want %v", plans, err, c.want)
			}
		})
	}
}

// TestPlanLearned: an adaptive site is crawled as often as its stored reviews say.
func TestPlanLearned(t *testing.T) {
	s := testServer(t, 0, map[string]string{"a.example": "adaptive"})
	claims := &crawling{scheduler: *s.scheduler, known: newLearned(s.st)}
	site, now := s.sites["a.example"], time.Now()
	run, err := claims.claim(t.Context(), site.Crawl, storage.Scheduled)
	if err != nil {
		t.Fatal(err)
	}
	const week = 7 * 24 * time.Hour
	var visits []crawler.Visit
	for i := range 5 {
		url := fmt.Sprintf("https://a.example/%d/", i)
		visits = append(visits, crawler.Visit{Task: crawler.Task{URL: url, Site: "a.example", Host: "a.example", Kind: crawler.KindPage},
			Page: &crawler.Page{URL: url, Status: 200, FetchedAt: now}, Outcome: crawler.Reviewed,
			Record: &extract.Review{URL: url, Kind: extract.KindReview, Paragraphs: []string{url}, Published: extract.Date{Value: now.Add(-time.Duration(i) * week)}}})
	}
	if _, err := s.st.Commit(t.Context(), visits); err != nil {
		t.Fatal(err)
	}
	if err := claims.release(t.Context(), &site, run, &crawler.Result{Finished: true}, claims.st.EndRun); err != nil {
		t.Fatal(err)
	}
	if next := run.Next.Sub(now); next < week/2-time.Minute || next > week/2+time.Minute {
		t.Errorf("the next run is in %v, want half a week", next)
	}
}

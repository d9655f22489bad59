package main

import (
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cinecrawl/crawler"
	"cinecrawl/crawler/fetch"
)

func TestFrame(t *testing.T) {
	now := time.Date(2026, 5, 17, 12, 0, 0, 0, time.UTC)
	a := &app{stderr: io.Discard, log: slog.New(slog.DiscardHandler), now: func() time.Time { return now }}
	var states []fetch.Host
	p := a.watch(2)
	p.states = func() []fetch.Host { return states }
	p.queued = 3
	task := func(host, path string) crawler.Task {
		return crawler.Task{URL: "https://" + host + path, Host: host, Site: host}
	}
	visit := func(v crawler.Visit, fetched bool, took time.Duration, stored crawler.Stored) {
		p.asking(v.Task)
		now = now.Add(took)
		p.answered(v.Task, fetched)
		p.finished(&v, stored)
	}
	visit(crawler.Visit{Task: task("a.example", "/"), Outcome: crawler.NotReview}, true, time.Second, crawler.Stored{Added: 1200})
	visit(crawler.Visit{Task: task("a.example", "/her/"), Outcome: crawler.Reviewed}, true, time.Second, crawler.Stored{Change: crawler.NewReview})
	visit(crawler.Visit{Task: task("b.example", "/"), Outcome: "", Why: "503 \x1b[31m", HoldHost: now.Add(time.Minute)}, false, time.Second, crawler.Stored{})
	visit(crawler.Visit{Task: task("c.example", "/"), Outcome: crawler.TimedOut}, false, 8*time.Second, crawler.Stored{})
	p.asking(task("a.example", "/2020/05/a-rather-long-slug-that-does-not-fit-the-width-of-the-terminal/"))
	now = now.Add(4 * time.Second)
	states = []fetch.Host{{Host: "a.example", State: fetch.Asking}}

	got := strings.Join(p.frame(80, 24), "\n")
	want := `15 s  2 sites  2 fetched  1,200 queued  1 review  1 error  0.1/s
  a.example  2  asking for 4 s: /2020/05/a-rather-long-slug-that-does-not-fit-…
  b.example  0  asked again in 48 s: 503 \x1b[31m
  c.example  0  pausing after /`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, l := range p.frame(30, 24) {
		if columns(l) > 29 {
			t.Errorf("%q is wider than a terminal of 30 columns", l)
		}
	}
	if got := p.frame(80, 6); len(got) != 3 || got[2] != "  … and 2 more hosts" {
		t.Errorf("6 rows: %q", got)
	}
}

// A host that waits is said once, until its wait changes.
func TestWaitingIsSaidOnce(t *testing.T) {
	now := time.Date(2026, 5, 17, 12, 0, 0, 0, time.UTC)
	var out strings.Builder
	a := &app{stderr: io.Discard, log: slog.New(slog.NewTextHandler(&out, nil)), now: func() time.Time { return now }}
	p := a.watch(1)
	p.hosts["a.example"] = &hostProgress{held: now.Add(time.Minute), why: "status 429"}
	for i, want := range []int{1, 0, 1, 0} {
		if i == 2 {
			p.hosts["a.example"].held = now.Add(time.Hour)
		}
		out.Reset()
		p.logWaiting()
		if got := strings.Count(out.String(), "\n"); got != want {
			t.Errorf("%d: said %q", i, out.String())
		}
		now = now.Add(10 * time.Second)
	}
}

// A frame overwrites the one before it, also where the terminal has become narrower and wrapped it.
func TestScreenGoesHome(t *testing.T) {
	var out strings.Builder
	s := &screen{w: &out}
	s.draw([]string{strings.Repeat("x", 70), "y"}, 80)
	out.Reset()
	s.draw([]string{"z"}, 40)
	if want := "\x1b[?25l\x1b[3A\rz\x1b[K\n\x1b[J"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	out.Reset()
	s.close()
	s.close()
	s.draw([]string{"late"}, 40)
	if want := "\x1b[1A\r\x1b[J\x1b[?25h"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestMetricsAddr(t *testing.T) {
	for in, want := range map[string]string{
		"9090": "127.0.0.1:9090", ":9090": "127.0.0.1:9090", "0": "127.0.0.1:0", "localhost:9090": "localhost:9090", "0.0.0.0:9090": "0.0.0.0:9090",
		"[::1]:9090": "[::1]:9090", "[::]:9090": "[::]:9090", "10.0.0.1:9090": "10.0.0.1:9090",
		"": "", ":": "", "host": "", "host:": "", "host:http": "", "127.0.0.1:99999": "", "::1:9090": "", "-1": "",
	} {
		got, err := metricsAddr(in)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
}

// TestSeen looks at a crawl from outside while it waits for a page: the figures are those of what was asked so far, the profiles are
// there, and both go with it. Then its access log has a line for every request, in order.
func TestSeen(t *testing.T) {
	f := newFarm(30, 4<<10)
	defer f.server.Close()
	const held = 20 // the request that is not answered yet
	var asked atomic.Int32
	reached, release := make(chan struct{}), make(chan struct{})
	f.onRequest(func(*http.Request) {
		if asked.Add(1) == held {
			close(reached)
			<-release
		}
	})
	dir := t.TempDir()
	write(t, filepath.Join(dir, "cinecrawl.yaml"), "gap: 0s\n")
	access := filepath.Join(dir, "access.jsonl")
	write(t, access, `{"time":"2026-03-01T12:0`) // what a full disk left of a line
	began := time.Now().Truncate(time.Millisecond)
	cmd := exec.Command("cinecrawl", "scrape", "--site", f.server.URL+"/", "--metrics", ":0", "--access-log", "access.jsonl", "-v", "--log-format", "json")
	cmd.Dir = dir
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	lines := bufio.NewScanner(stderr)
	var first struct{ Level, Msg, URL string }
	if lines.Scan(); json.Unmarshal(lines.Bytes(), &first) != nil || first.Msg != "metrics served" || !strings.HasPrefix(first.URL, "http://127.0.0.1:") {
		t.Fatalf("first line of the log: %s", lines.Text())
	}
	base := strings.TrimSuffix(first.URL, "/metrics")
	type page struct {
		Level, Msg, URL, Site, Outcome string
		Status                         int
		Took                           *float64
	}
	logged := make(chan []page)
	go func() {
		var all []page
		for lines.Scan() {
			var p page
			if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
				t.Errorf("%s: %v", lines.Text(), err)
			}
			if p.Msg == "visited" {
				all = append(all, p)
			}
		}
		logged <- all
	}()
	get := func(path string) string {
		t.Helper()
		resp, err := http.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 200 {
			t.Fatalf("%s: %s, %v", path, resp.Status, err)
		}
		return string(b)
	}
	figure := func(all, name string) float64 {
		t.Helper()
		m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindStringSubmatch(all)
		if m == nil {
			return -1
		}
		n, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}

	<-reached
	site := strings.TrimPrefix(f.server.URL, "http://")
	var all string
	visited := func() float64 { // which is said once it is stored
		all = get("/metrics")
		return figure(all, `cinecrawl_visits_total{outcome="review"}`)
	}
	for visited() < 1 {
	}
	if n := figure(all, `cinecrawl_requests_total{status="2xx"}`) + max(0, figure(all, `cinecrawl_requests_total{status="4xx"}`)); n != held-1 {
		t.Errorf("%v requests, want %d", n, held-1)
	}
	for name, ok := range map[string]func(n float64) bool{
		`cinecrawl_request_seconds_count`:             func(n float64) bool { return n == held-1 },
		`cinecrawl_received_bytes_total`:              func(n float64) bool { return n > 20_000 },
		`cinecrawl_pages_total{site="` + site + `"}`:  func(n float64) bool { return n > 0 && n < held },
		`cinecrawl_reviews_total{change="new"}`:       func(n float64) bool { return n > 0 && n < held },
		`cinecrawl_extract_seconds_count`:             func(n float64) bool { return n > 0 && n < held },
		`cinecrawl_robots_refusals_total`:             func(n float64) bool { return n == 1 }, // /private/, which the front page links to
		`cinecrawl_queue{state="queued"}`:             func(n float64) bool { return n > 0 },
		`cinecrawl_queue{state="in_flight"}`:          func(n float64) bool { return n == 1 },
		`cinecrawl_hosts{state="asking"}`:             func(n float64) bool { return n == 1 },
		`cinecrawl_hosts{state="held"}`:               func(n float64) bool { return n == 0 },
		`go_goroutines`:                               func(n float64) bool { return n > 1 },
		`cinecrawl_request_seconds_bucket{le="+Inf"}`: func(n float64) bool { return n == held-1 },
	} {
		if n := figure(all, name); !ok(n) {
			t.Errorf("%s: %v", name, n)
		}
	}
	if got := get("/debug/pprof/goroutine?debug=1"); !strings.Contains(got, "goroutine profile:") {
		t.Errorf("pprof: %.100s", got)
	}
	// Another crawl cannot have the same port.
	other := exec.Command("cinecrawl", "scrape", "--site", f.server.URL+"/", "--metrics", strings.TrimPrefix(base, "http://"), "--db", "other.db")
	other.Dir = dir
	if out, _ := other.CombinedOutput(); other.ProcessState.ExitCode() != exitFailure || !strings.Contains(string(out), "another program has this port; name another one") {
		t.Errorf("a port that is in use: exit code %d, %s", other.ProcessState.ExitCode(), out)
	}

	close(release)
	pages := <-logged
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if c, err := net.Dial("tcp", strings.TrimPrefix(base, "http://")); err == nil {
		c.Close()
		t.Error("the metrics are served after the crawl")
	}
	for _, p := range pages {
		if p.Level != "INFO" || p.URL == "" || p.Site != site || p.Outcome == "" || p.Outcome != "disallowed" && (p.Status == 0 || p.Took == nil) {
			t.Errorf("line of a page: %+v", p)
		}
	}
	if len(pages) < 30 {
		t.Errorf("%d lines of pages", len(pages))
	}

	checkAccessLog(t, access, f.requests(), began)
}

// checkAccessLog holds that a log has half a line of old, and then a line for each request in its order.
func checkAccessLog(t *testing.T, name string, asked []string, began time.Time) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	half, rest, _ := bytes.Cut(b, []byte("\n"))
	if json.Valid(half) {
		t.Errorf("the half line is whole: %s", half)
	}
	var urls []string
	last := began
	for line := range bytes.Lines(rest) {
		var l accessLine
		if err := json.Unmarshal(line, &l); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		at, err := time.Parse(accessTime, l.Time)
		if err != nil || at.Before(last) || at.After(time.Now()) {
			t.Errorf("time %q: %v", l.Time, err)
		}
		last = at
		path := strings.TrimPrefix(l.URL, "http://"+l.Host)
		urls = append(urls, path)
		if l.Site == "" || l.Method != "GET" || l.Status != 200 && l.Status != 404 || l.Bytes == 0 || (l.Gap == nil) != (len(urls) == 1) {
			t.Errorf("%s", line)
		}
		robots, err := time.Parse(accessTime, l.Robots)
		switch {
		case path == "/robots.txt":
			if l.Robots != "" || l.Rule != "" {
				t.Errorf("robots.txt allows itself: %s", line)
			}
		case err != nil || robots.Before(began) || robots.After(at) || l.Rule != "no rule matches":
			t.Errorf("what allowed it: %s", line)
		}
	}
	if !slices.Equal(urls, asked) {
		t.Errorf("logged %q\nasked %q", urls, asked)
	}
}

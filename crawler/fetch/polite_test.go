package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"cinecrawl/crawler"

	"github.com/google/go-cmp/cmp"
)

var page = answerWith("text/html", "<p>x")

// store is a RobotsStore in memory.
type store struct {
	copies map[string]*crawler.RobotsCopy
	err    error
}

func (s *store) LoadRobots(_ context.Context, origin string) (*crawler.RobotsCopy, error) {
	return s.copies[origin], s.err
}

func (s *store) SaveRobots(_ context.Context, r *crawler.RobotsCopy) error {
	if s.copies == nil {
		s.copies = map[string]*crawler.RobotsCopy{}
	}
	s.copies[r.Origin] = r
	return s.err
}

func TestRobotsDecide(t *testing.T) {
	wd := newWorld(t, Config{}, routes{
		"/robots.txt": answerWith("text/plain", "User-agent: *\nDisallow: /\n\nUser-agent: Cinecrawl\nDisallow: /private\nSitemap: /s.xml\nSitemap: https://x.example/t.xml\n"),
		"/a":          page,
	})
	if _, err := wd.get("/a"); err != nil {
		t.Fatal(err)
	}
	_, err := wd.get("/private/a?b")
	if !errors.Is(err, crawler.ErrDisallowed) {
		t.Fatalf("got %v", err)
	}
	if got, want := err.Error(), "fetch "+wd.srv.URL+"/private/a?b: disallowed by robots.txt: robots.txt line 5: Disallow: /private"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if diff := cmp.Diff([]string{"/robots.txt", "/a"}, wd.requests()); diff != "" {
		t.Error(diff)
	}
	want := []string{wd.srv.URL + "/s.xml", "https://x.example/t.xml"}
	got, err := wd.w.Sitemaps(context.Background(), wd.site, wd.srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, wd.f.Sitemaps(wd.srv.URL+"/private/")); diff != "" {
		t.Error(diff)
	}
	if got := wd.f.Sitemaps("https://never.example/"); got != nil {
		t.Errorf("of a host not asked: got %v", got)
	}
}

func TestRobotsAnswers(t *testing.T) {
	status := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			io.WriteString(w, "User-agent: *\nDisallow: /")
		}
	}
	no := answerWith("text/plain", "User-agent: *\nDisallow: /")
	tests := []struct {
		name   string
		robots http.HandlerFunc
		want   error
		status int
		again  time.Duration // of a HostError
	}{
		{name: "200", robots: no, want: crawler.ErrDisallowed, status: 200},
		{name: "HTML", robots: answerWith("text/html", "<html><p>Disallow: /"), status: 200},
		{name: "an image", robots: answerWith("image/png", "\x89PNG"), status: 200},
		{name: "empty", robots: answerWith("", ""), status: 200},
		{name: "401", robots: status(401), status: 401},
		{name: "403", robots: status(403), status: 403},
		{name: "404", robots: status(404), status: 404},
		{name: "410", robots: status(410), status: 410},
		{name: "429", robots: status(429), want: crawler.ErrRobotsUnreachable, status: 429, again: time.Minute},
		{name: "429 with Retry-After", robots: status(429, "Retry-After", "600"), want: crawler.ErrRobotsUnreachable, status: 429, again: 10 * time.Minute},
		{name: "500", robots: status(500), want: crawler.ErrRobotsUnreachable, status: 500, again: time.Minute},
		{name: "503", robots: status(503), want: crawler.ErrRobotsUnreachable, status: 503, again: time.Minute},
		{name: "999", robots: status(999), want: crawler.ErrRobotsUnreachable, status: 999, again: time.Minute},
		{name: "no answer", robots: raw(""), want: crawler.ErrRobotsUnreachable, again: time.Minute},
		{name: "cut short", robots: raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nUser-"), want: crawler.ErrRobotsUnreachable, again: time.Minute},
		{name: "redirect to nowhere", robots: status(302), status: 302},
		{name: "redirect to another scheme", robots: status(302, "Location", "ftp://x.example/"), status: 302},
		{name: "endless redirects", robots: status(301, "Location", "/robots.txt"), status: 301},
		{name: "compressed", robots: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			io.WriteString(w, pack(t, "gzip", "User-agent: *\nDisallow: /"))
		}, want: crawler.ErrDisallowed, status: 200},
		{name: "a bomb", robots: func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			io.WriteString(w, pack(t, "gzip", "User-agent: *\nDisallow: /\n"+strings.Repeat("# no end\n", 1<<20)))
		}, want: crawler.ErrDisallowed, status: 200},
		{name: "without end", robots: func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "User-agent: *\nDisallow: /\n")
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		}, want: crawler.ErrDisallowed, status: 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := new(store)
			wd := newWorld(t, Config{Robots: s}, routes{"/robots.txt": tt.robots, "/a": page})
			_, err := wd.get("/a")
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if he, ok := errors.AsType[*crawler.HostError](err); ok != (tt.again > 0) || errors.Is(err, crawler.ErrBusy) {
				t.Errorf("got %v", err)
			} else if ok && (he.Until.Sub(wd.Now()) != tt.again || he.Host != wd.site.Hosts[0]) {
				t.Errorf("got %s again in %v, want %v", he.Host, he.Until.Sub(wd.Now()), tt.again)
			}
			u, _ := url.Parse(wd.srv.URL)
			c := s.copies[Origin(u)]
			if c == nil || c.Status != tt.status || len(c.Body) > maxRobots || (c.Err != "") != (tt.again > 0) {
				t.Errorf("copy: got %+v, want status %d", c, tt.status)
			}
			if asked := wd.requests(); tt.want != nil && asked[len(asked)-1] != "/robots.txt" {
				t.Errorf("asked for %q", asked)
			}
		})
	}
}

func TestRobotsRedirects(t *testing.T) {
	var hops int // that the robots.txt is away
	h := func(w http.ResponseWriter, r *http.Request) {
		n := 0
		fmt.Sscanf(r.URL.Path, "/r%d", &n)
		if n < hops {
			http.Redirect(w, r, fmt.Sprintf("/r%d", n+1), http.StatusMovedPermanently)
			return
		}
		io.WriteString(w, "User-agent: *\nDisallow: /a")
	}
	for hops = 0; hops <= 6; hops++ {
		rs := routes{"/robots.txt": h, "/a": page}
		for n := 1; n <= hops; n++ {
			rs[fmt.Sprintf("/r%d", n)] = h
		}
		wd := newWorld(t, Config{}, rs)
		_, err := wd.get("/a")
		if got, want := errors.Is(err, crawler.ErrDisallowed), hops <= 5; got != want {
			t.Errorf("%d redirects: got %v", hops, err)
		}
		// Each of them is a request, and keeps the gap.
		if got, want := len(wd.took()), min(hops, 5); want < 5 && got != want {
			t.Errorf("%d redirects: %d gaps, want %d", hops, got, want)
		}
	}
}

// To another host, which the site must name too if it is on loopback.
func TestRobotsRedirectElsewhere(t *testing.T) {
	other := httptest.NewServer(routes{"/robots.txt": answerWith("", "User-agent: *\nDisallow: /a")})
	defer other.Close()
	wd := newWorld(t, Config{}, routes{
		"/robots.txt": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+"/robots.txt", http.StatusFound)
		},
		"/a": page,
	})
	_, err := wd.get("/a")
	if !errors.Is(err, crawler.ErrRobotsUnreachable) || errors.Is(err, crawler.ErrForbiddenAddress) || !strings.Contains(err.Error(), "private or local address") {
		t.Errorf("not named: got %v", err)
	}
	wd.site.Hosts = append(wd.site.Hosts, other.Listener.Addr().String())
	wd.start(Config{})
	if _, err := wd.get("/a"); !errors.Is(err, crawler.ErrDisallowed) {
		t.Errorf("named: got %v", err)
	}
	if hosts := wd.f.Hosts(); len(hosts) != 2 {
		t.Errorf("got %v", hosts)
	}
}

// A gap that a redirect comes upon, of the same host or of another, is none of robots.txt being unreachable: it goes on when the gap has
// passed. The other host's own gap is kept, and not that of the site that was redirected to it.
func TestRobotsRedirectOverGap(t *testing.T) {
	const minute = time.Minute
	forbids := answerWith("", "User-agent: *\nDisallow: /a\nCrawl-delay: 60")
	for _, tt := range []struct {
		name      string
		gap       time.Duration // of the site
		elsewhere bool
		delay     time.Duration // Crawl-delay of the other host, which was just asked
		wait      time.Duration
	}{
		{"of the host itself", 30 * time.Second, false, 0, 30 * time.Second},
		{"of another host", time.Second, true, minute, minute},
		{"shorter than the site's own", minute, true, 15 * time.Second, 15 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			other := newWorld(t, Config{}, routes{"/robots.txt": answerWith("", fmt.Sprintf("User-agent: *\nDisallow: /a\nCrawl-delay: %.0f", tt.delay.Seconds())),
				"/moved": forbids, "/b": page})
			to := "/moved"
			if tt.elsewhere {
				to = other.srv.URL + to
			}
			s := &store{}
			cfg := Config{Robots: s, Patience: 10 * time.Second}
			wd := newWorld(t, cfg, routes{"/robots.txt": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) },
				"/moved": forbids, "/a": page, "/b": page})
			wd.site.Gap = tt.gap
			wd.site.Hosts = append(wd.site.Hosts, other.site.Hosts...)
			if tt.elsewhere { // the other host is asked for itself
				_, err := wd.f.worker().Fetch(t.Context(), crawler.Task{URL: other.srv.URL + "/a", Kind: crawler.KindPage}, other.site)
				if !errors.Is(err, crawler.ErrDisallowed) {
					t.Fatal(err)
				}
			}
			_, err := wd.get("/a")
			he, ok := errors.AsType[*crawler.HostError](err)
			if !ok || !errors.Is(err, crawler.ErrGap) || errors.Is(err, crawler.ErrRobotsUnreachable) || he.Until.Sub(wd.Now()) != tt.wait || he.Host != wd.site.Hosts[0] {
				t.Fatalf("got %v, want a hold of %v", err, tt.wait)
			}
			if c := s.copies[wd.srv.URL]; c != nil {
				t.Errorf("stored as %+v", c)
			}
			wd.Sleep(t.Context(), tt.wait)
			if _, err := wd.get("/a"); !errors.Is(err, crawler.ErrDisallowed) {
				t.Errorf("after it: %v", err)
			}
			asked := append(wd.requests(), other.requests()...)
			want := []string{"/robots.txt", "/moved"}
			if tt.elsewhere {
				want = []string{"/robots.txt", "/robots.txt", "/moved"}
			}
			if diff := cmp.Diff(want, asked); diff != "" {
				t.Errorf("requests: -want +got:\n%s", diff)
			}
		})
	}
}

func TestRobotsAge(t *testing.T) {
	s := new(store)
	answer := page
	wd := newWorld(t, Config{Robots: s}, routes{
		"/robots.txt": func(w http.ResponseWriter, r *http.Request) { answer(w, r) },
		"/a":          page,
	})
	pass := func(d time.Duration) { _ = wd.Sleep(context.Background(), d) }
	check := func(what string, wantErr error, wantAsked ...string) {
		t.Helper()
		_, err := wd.get("/a")
		if !errors.Is(err, wantErr) {
			t.Errorf("%s: got %v, want %v", what, err, wantErr)
		}
		if diff := cmp.Diff(wantAsked, wd.requests()); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	yes, no, broken := answerWith("", "User-agent: *\nAllow: /a"), answerWith("", "User-agent: *\nDisallow: /a"), func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }

	answer = yes
	check("first", nil, "/robots.txt", "/a")
	answer = no
	pass(23 * time.Hour)
	check("younger than a day", nil, "/a")
	wd.start(Config{Robots: s})
	check("after a restart", nil, "/a")
	pass(time.Hour)
	check("older than a day", crawler.ErrDisallowed, "/robots.txt")
	check("now cached", crawler.ErrDisallowed)
	answer = broken
	pass(24 * time.Hour)
	check("stale, while it is unreachable", crawler.ErrDisallowed, "/robots.txt")
	pass(59 * time.Second)
	check("stale, before the next try", crawler.ErrDisallowed)
	pass(time.Second)
	check("stale, the next try", crawler.ErrDisallowed, "/robots.txt")
	wd.start(Config{Robots: s})
	check("stale, after a restart", crawler.ErrDisallowed)
	pass(119 * time.Second)
	wd.start(Config{Robots: s})
	check("stale, before the third try, after another", crawler.ErrDisallowed)
	pass(time.Second)
	check("stale, the third try", crawler.ErrDisallowed, "/robots.txt")
	pass(29 * 24 * time.Hour)
	check("stale for a month, RFC 9309 section 2.3.1.4", crawler.ErrDisallowed, "/robots.txt")
	wd.start(Config{Robots: s})
	pass(365 * 24 * time.Hour)
	check("stale for a year, after a restart", crawler.ErrDisallowed, "/robots.txt")
	if c := s.copies[wd.srv.URL]; c.Status != 200 || wd.Now().Sub(c.FetchedAt) < 395*24*time.Hour {
		t.Errorf("the copy that decides is not the one that is stored: %+v", c)
	}
	answer = yes
	pass(16*time.Minute - time.Second)
	check("before the next try", crawler.ErrDisallowed)
	pass(time.Second)
	check("back again", nil, "/robots.txt", "/a")
	if c := s.copies[wd.srv.URL]; !c.FetchedAt.Equal(wd.Now().Add(-time.Second)) && !c.FetchedAt.Equal(wd.Now()) {
		t.Errorf("the time of the new copy: %v, now is %v", c.FetchedAt, wd.Now())
	}
	answer = broken
	pass(31 * 24 * time.Hour)
	check("one that allows is stale for a month", nil, "/robots.txt", "/a")
	answer = yes
	pass(time.Hour)
	check("back again", nil, "/robots.txt", "/a")

	// The clock is set back: the copy is from the future.
	pass(-48 * time.Hour)
	check("clock set back", nil, "/robots.txt", "/a")
}

// The robots.txt of one scheme is unreachable: the other scheme of the same host is asked all the same.
func TestRobotsOfAScheme(t *testing.T) {
	s := new(store)
	wd := newWorld(t, Config{Robots: s}, routes{"/robots.txt": answerWith("", ""), "/a": page})
	secure := crawler.Task{URL: strings.Replace(wd.srv.URL, "http:", "https:", 1) + "/a", Kind: crawler.KindPage}
	for run := range 2 {
		_, err := wd.w.Fetch(t.Context(), secure, wd.site)
		he, ok := errors.AsType[*crawler.HostError](err)
		if !ok || !errors.Is(err, crawler.ErrNoAnswer) || he.Origin != "https://"+he.Host || he.Host != wd.site.Hosts[0] {
			t.Fatalf("run %d: %v", run, err)
		}
		if !strings.Contains(err.Error(), ": https://"+he.Host+": robots.txt unreachable") {
			t.Errorf("does not say the scheme: %v", err)
		}
		if at := wd.f.ReadyAt(he.Host); at.After(wd.Now().Add(time.Second)) {
			t.Errorf("run %d: the host waits until %v", run, at)
		}
		if _, err := wd.get("/a"); err != nil {
			t.Errorf("run %d: %v", run, err)
		}
		wd.start(Config{Robots: s})
	}
}

// A host that must wait says nothing about its robots.txt.
func TestRobotsNotAsked(t *testing.T) {
	s := new(store)
	wd := newWorld(t, Config{Robots: s, Patience: time.Second}, routes{"/robots.txt": answerWith("", ""), "/a": page})
	wd.site.Gap = time.Minute
	_, err := wd.get("/a") // robots.txt only
	if !errors.Is(err, crawler.ErrGap) {
		t.Fatal(err)
	}
	secure := crawler.Task{URL: strings.Replace(wd.srv.URL, "http:", "https:", 1) + "/a", Kind: crawler.KindPage}
	_, err = wd.w.Fetch(t.Context(), secure, wd.site)
	if he, ok := errors.AsType[*crawler.HostError](err); !ok || !errors.Is(err, crawler.ErrGap) || he.Origin != "" || len(s.copies) != 1 {
		t.Errorf("%v, copies of %d", err, len(s.copies))
	}
}

// Never reached: tried again after 1, 2, 4 … minutes, at most an hour.
func TestRobotsRetry(t *testing.T) {
	s := new(store)
	wd := newWorld(t, Config{Robots: s}, routes{"/robots.txt": raw("")})
	want := time.Minute
	for range 9 {
		_, err := wd.get("/a")
		he, ok := errors.AsType[*crawler.HostError](err)
		if !ok {
			t.Fatalf("got %v", err)
		}
		if got := he.Until.Sub(wd.Now()); got != want {
			t.Errorf("again in %v, want %v", got, want)
		}
		wd.requests()
		if _, err := wd.get("/a"); !errors.As(err, &he) || len(wd.requests()) > 0 {
			t.Errorf("asked before its time: %v", err)
		}
		_ = wd.Sleep(context.Background(), want)
		want = min(2*want, time.Hour)
	}
	// A restart does not ask sooner.
	if _, err := wd.get("/a"); err == nil {
		t.Error("no error")
	}
	wd.requests()
	wd.start(Config{Robots: s})
	if _, err := wd.get("/a"); !errors.Is(err, crawler.ErrRobotsUnreachable) || len(wd.requests()) > 0 {
		t.Errorf("after a restart: got %v", err)
	}
}

// Never reached, for more than 30 days: still nothing is asked.
func TestRobotsNeverReached(t *testing.T) {
	for name, robots := range map[string]http.HandlerFunc{
		"no answer": raw(""), "500": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
	} {
		t.Run(name, func(t *testing.T) {
			s := new(store)
			wd := newWorld(t, Config{Robots: s}, routes{"/robots.txt": robots, "/a": page})
			for day := range 40 {
				if day%10 == 9 {
					wd.start(Config{Robots: s})
				}
				_, err := wd.get("/a")
				if _, held := errors.AsType[*crawler.HostError](err); !held || !errors.Is(err, crawler.ErrRobotsUnreachable) {
					t.Errorf("day %d: %v", day, err)
				}
				if diff := cmp.Diff([]string{"/robots.txt"}, wd.requests()); diff != "" {
					t.Errorf("day %d: %s", day, diff)
				}
				_ = wd.Sleep(context.Background(), 24*time.Hour)
			}
		})
	}
}

// Every request that was sent is told, with what allowed it, and no other.
func TestSent(t *testing.T) {
	body := strings.Repeat("<p>x", 1000)
	var got []Sent
	wd := newWorld(t, Config{TDMRep: true, Sent: func(s Sent) { got = append(got, s) }}, routes{
		"/robots.txt": answerWith("", "User-agent: *\nAllow: /a\nDisallow: /no"),
		"/a":          answerWith("text/html", body),
		"/packed": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			answerWith("text/html", pack(t, "gzip", body))(w, nil)
		},
		"/image": answerWith("image/png", "x"),
		"/drop":  raw(""),
		"/cut":   raw("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100\r\n\r\n<p>half"),
	})
	begin := wd.Now()
	for _, path := range []string{"/a", "/no", "/packed", "/image", "/missing", "/cut", "/drop"} {
		_, _ = wd.get(path)
	}
	// Neither a host that is not there nor one that is forbidden has been asked.
	wd.srv.Close()
	_, _ = wd.get("/a")
	_, _ = wd.w.Fetch(context.Background(), crawler.Task{URL: "http://127.0.0.1:9/"}, wd.site)

	packed := int64(len(pack(t, "gzip", body)))
	type line struct {
		Path   string
		Kind   crawler.Kind
		Status int
		Bytes  int64
		Gap    time.Duration
		Rule   int
		Err    error
	}
	want := []line{
		{"/robots.txt", "", 200, 37, 0, 0, nil},
		{"/.well-known/tdmrep.json", "", 404, 19, time.Second, 0, nil},
		{"/a", crawler.KindPage, 200, int64(len(body)), time.Second, 2, nil},
		{"/packed", crawler.KindPage, 200, packed, time.Second, 0, nil},
		{"/image", crawler.KindPage, 200, 0, time.Second, 0, crawler.ErrNotHTML},
		{"/missing", crawler.KindPage, 404, 19, time.Second, 0, nil},
		{"/cut", crawler.KindPage, 200, 7, time.Second, 0, crawler.ErrCutShort},
		{"/drop", crawler.KindPage, 0, 0, time.Second, 0, io.EOF},
	}
	if len(got) != len(want) {
		t.Fatalf("%d are told, want %d: %+v", len(got), len(want), got)
	}
	for i, s := range got {
		l := line{strings.TrimPrefix(s.URL, wd.srv.URL), s.Kind, s.Status, s.Bytes, s.Gap, s.Rule.Number, nil}
		if errors.Is(s.Err, want[i].Err) {
			l.Err = want[i].Err
		}
		if l != want[i] || s.Site != "test" || s.Host != wd.site.Hosts[0] || !s.Time.Equal(begin.Add(time.Duration(i)*time.Second)) ||
			s.Robots.IsZero() != (i == 0) || i > 0 && !s.Robots.Equal(begin) {
			t.Errorf("got %+v\nwant %+v\nof %+v", l, want[i], s)
		}
	}
}

// A clock that is set back makes no wait longer than the gap.
func TestClockSetBack(t *testing.T) {
	wd := newWorld(t, Config{}, routes{"/a": page})
	for _, jump := range []time.Duration{0, -365 * 24 * time.Hour, 10 * 365 * 24 * time.Hour, -time.Hour} {
		if _, err := wd.get("/a"); err != nil {
			t.Fatal(err)
		}
		wd.clock.mu.Lock()
		wd.clock.t = wd.clock.t.Add(jump)
		wd.clock.mu.Unlock()
		if wait := wd.f.ReadyAt(wd.site.Hosts[0]).Sub(wd.Now()); wait > time.Second {
			t.Errorf("after %v: ready in %v", jump, wait)
		}
		wd.took()
		if _, err := wd.get("/a"); err != nil {
			t.Fatal(err)
		}
		for _, d := range wd.took() {
			if d > time.Second {
				t.Errorf("after %v: waited %v", jump, d)
			}
		}
	}
}

// A store that fails costs a request, not the crawl.
func TestRobotsStoreFails(t *testing.T) {
	wd := newWorld(t, Config{Robots: &store{err: errors.New("disk full")}}, routes{"/a": page})
	for range 2 {
		if _, err := wd.get("/a"); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"/robots.txt", "/a", "/a"}, wd.requests()); diff != "" {
		t.Error(diff)
	}
}

func TestGap(t *testing.T) {
	tests := []struct {
		name   string
		gap    time.Duration
		robots string
		want   []time.Duration // before the first page, which follows robots.txt, and the second
	}{
		{"of the site", time.Second, "", []time.Duration{time.Second, time.Second}},
		{"none", 0, "", nil},
		{"Crawl-delay is longer", time.Second, "User-agent: *\nCrawl-delay: 5", []time.Duration{5 * time.Second, 5 * time.Second}},
		{"Crawl-delay is shorter", 10 * time.Second, "User-agent: *\nCrawl-delay: 5", []time.Duration{10 * time.Second, 10 * time.Second}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wd := newWorld(t, Config{}, routes{"/robots.txt": answerWith("", tt.robots), "/a": page})
			wd.site.Gap = tt.gap
			host := wd.site.Hosts[0]
			if got := wd.f.ReadyAt(host); !got.IsZero() {
				t.Errorf("ready at %v", got)
			}
			if _, err := wd.w.Sitemaps(context.Background(), wd.site, wd.srv.URL); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				var wait time.Duration
				if len(tt.want) > 0 {
					wait = tt.want[0]
				}
				if got := wd.f.ReadyAt(host).Sub(wd.Now()); got != wait {
					t.Errorf("ready in %v, want %v", got, wait)
				}
				if _, err := wd.get("/a"); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(tt.want, wd.took()); diff != "" {
				t.Error(diff)
			}
			// What has passed already is not waited for.
			_ = wd.Sleep(context.Background(), time.Minute)
			wd.took()
			if _, err := wd.get("/a"); err != nil || len(wd.took()) > 0 {
				t.Errorf("waited after a minute, %v", err)
			}
			// Nor does a clock that is set back stop the crawl.
			_ = wd.Sleep(context.Background(), -time.Hour)
			wd.took()
			if _, err := wd.get("/a"); err != nil {
				t.Fatal(err)
			}
			if got := wd.took(); len(got) > 0 && got[0] > max(tt.gap, 5*time.Second) {
				t.Errorf("waited for %v", got)
			}
			if diff := cmp.Diff([]Host{{Host: host, State: Idle, Gap: wd.f.Hosts()[0].Gap}}, wd.f.Hosts()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A wait longer than the patience is said, not sat out.
func TestPatience(t *testing.T) {
	wd := newWorld(t, Config{Patience: 10 * time.Second}, routes{"/robots.txt": answerWith("", "User-agent: *\nCrawl-delay: 60"), "/a": page})
	_, err := wd.get("/a")
	he, ok := errors.AsType[*crawler.HostError](err)
	if !ok || he.Until.Sub(wd.Now()) != time.Minute || len(wd.took()) > 0 {
		t.Fatalf("got %v", err)
	}
	if got := wd.f.ReadyAt(he.Host); !got.Equal(he.Until) {
		t.Errorf("ready at %v, want %v", got, he.Until)
	}
	_ = wd.Sleep(context.Background(), 50*time.Second)
	if _, err := wd.get("/a"); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]time.Duration{50 * time.Second, 10 * time.Second}, wd.took()); diff != "" {
		t.Error(diff)
	}
}

// The gap begins when the last answer is there, not when it was asked for.
func TestGapFromTheEnd(t *testing.T) {
	var wd *world
	wd = newWorld(t, Config{}, routes{"/a": func(w http.ResponseWriter, r *http.Request) {
		wd.mu.Lock()
		wd.clock.mu.Lock()
		wd.clock.t = wd.clock.t.Add(7 * time.Second)
		wd.clock.mu.Unlock()
		wd.mu.Unlock()
		page(w, r)
	}})
	wd.site.Gap = 10 * time.Second
	p, err := wd.get("/a")
	if err != nil {
		t.Fatal(err)
	}
	if p.Took != 7*time.Second {
		t.Errorf("took %v", p.Took)
	}
	wd.took()
	if _, err := wd.get("/a"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]time.Duration{10 * time.Second}, wd.took()); diff != "" {
		t.Error(diff)
	}
}

// The gap follows the response time: up at once, down by halves, not by errors, never under the site's own nor over a minute.
func TestGapFollowsTheHost(t *testing.T) {
	var took time.Duration
	status := 200
	var wd *world
	wd = newWorld(t, Config{}, routes{"/a": func(w http.ResponseWriter, r *http.Request) {
		wd.clock.mu.Lock()
		wd.clock.t = wd.clock.t.Add(took)
		wd.clock.mu.Unlock()
		if status != 200 {
			w.WriteHeader(status)
			return
		}
		page(w, r)
	}})
	for i, tt := range []struct {
		took   time.Duration
		status int
		want   time.Duration
	}{
		{200 * time.Millisecond, 200, time.Second},
		{4 * time.Second, 200, 4 * time.Second},
		{10 * time.Second, 404, 10 * time.Second}, // slow errors count
		{time.Second, 404, 10 * time.Second},      // fast ones do not
		{time.Second, 200, 5500 * time.Millisecond},
		{time.Second, 304, 3250 * time.Millisecond},
		{0, 200, 1625 * time.Millisecond},
		{0, 200, time.Second},
		{0, 200, time.Second},
		{90 * time.Second, 200, time.Minute},
	} {
		took, status = tt.took, tt.status
		if _, err := wd.get("/a"); err != nil {
			t.Fatal(err)
		}
		if got := wd.f.ReadyAt(wd.site.Hosts[0]).Sub(wd.Now()); got > tt.want || wd.f.Hosts()[0].Gap < got {
			t.Errorf("%d: ready in %v, gap %v, want %v", i, got, wd.f.Hosts()[0].Gap, tt.want)
		}
		wd.took()
		took, status = 0, 404 // asks how long the next one waits, and changes nothing
		if _, err := wd.get("/a"); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]time.Duration{tt.want}, wd.took()); diff != "" {
			t.Errorf("%d: waited -want +got:\n%s", i, diff)
		}
	}
	// A host without a gap that answers at once is not slowed down by it.
	fast := newWorld(t, Config{}, routes{"/a": page})
	fast.site.Gap = 0
	for range 3 {
		if _, err := fast.get("/a"); err != nil || len(fast.took()) > 0 {
			t.Errorf("waited, %v", err)
		}
	}
}

// Failures in a row slow a host down, then open the circuit; one request after the break tells whether it closes.
func TestCircuitBreaker(t *testing.T) {
	var status atomic.Int32 // the server's goroutine reads it
	status.Store(500)
	wd := newWorld(t, Config{}, routes{"/a": func(w http.ResponseWriter, r *http.Request) {
		switch s := int(status.Load()); s {
		case 0:
			panic(http.ErrAbortHandler)
		case 200:
			page(w, r)
		default:
			w.WriteHeader(s)
		}
	}})
	host := wd.site.Hosts[0]
	fails := func(want string, until time.Duration) {
		t.Helper()
		_, err := wd.get("/a")
		he, ok := errors.AsType[*crawler.HostError](err)
		if !ok || !errors.Is(err, crawler.ErrTrouble) || !strings.Contains(err.Error(), want) || he.Until.Sub(wd.Now()) != until {
			t.Fatalf("got %v, until %v", err, he)
		}
		if got := wd.f.ReadyAt(host); !got.Equal(he.Until) {
			t.Errorf("ready at %v, want %v", got, he.Until)
		}
		wd.requests()
		if _, err := wd.get("/a"); !errors.As(err, &he) || errors.Is(err, crawler.ErrTrouble) || len(wd.requests()) > 0 {
			t.Errorf("while the circuit is open: %v", err)
		}
		if h := wd.f.Hosts()[0]; h.State != Held || !strings.Contains(h.Why, strings.TrimSuffix(want, " (again at ")) {
			t.Errorf("%+v", h)
		}
		wd.Sleep(context.Background(), until)
	}
	for range 4 {
		if p, err := wd.get("/a"); err != nil || p.Status != 500 {
			t.Fatalf("%v, %v", p, err)
		}
	}
	if got, want := wd.took(), []time.Duration{time.Second, time.Second, 2 * time.Second, 4 * time.Second}; cmp.Diff(want, got) != "" {
		t.Errorf("waited %v, want %v", got, want)
	}
	fails("host in trouble: 5 failures in a row, the last: server error: status 500 (again at ", time.Minute)
	status.Store(0)
	fails("6 failures in a row, the last: EOF", 2*time.Minute)
	fails("7 failures", 4*time.Minute)
	status.Store(200)
	if _, err := wd.get("/a"); err != nil {
		t.Fatal(err)
	}
	status.Store(500)
	if p, err := wd.get("/a"); err != nil || p.Status != 500 {
		t.Errorf("a first failure after a success: %v, %v", p, err)
	}
}

// A restart keeps the Crawl-delay, counted from robots.txt if nothing else is known.
func TestCrawlDelayOverRestart(t *testing.T) {
	s := &store{}
	wd := newWorld(t, Config{Robots: s, Patience: 10 * time.Second}, routes{"/robots.txt": answerWith("text/plain", "User-agent: *\nCrawl-delay: 180\n"), "/a": page})
	for i, wait := range []time.Duration{0, time.Minute} {
		wd.start(Config{Robots: s, Patience: 10 * time.Second})
		wd.Sleep(context.Background(), wait)
		_, err := wd.get("/a")
		if he, ok := errors.AsType[*crawler.HostError](err); !ok || !errors.Is(err, crawler.ErrGap) || he.Until.Sub(wd.Now()) != 3*time.Minute-wait {
			t.Errorf("%d: %v", i, err)
		}
	}
	if diff := cmp.Diff([]string{"/robots.txt"}, wd.requests()); diff != "" {
		t.Errorf("requests: -want +got:\n%s", diff)
	}
}

// What the files of a host say about reuse comes with its pages; tdmrep.json is asked for once, and again by no restart.
func TestReuseOfHost(t *testing.T) {
	robots := `License: https://films.example/rsl.xml
User-agent: otherbot
Content-Signal: ai-train=yes
User-agent: *
Content-Signal: search=yes, ai-train=no
Content-Usage: train-ai=n
Content-Usage: /free/ train-ai=y
Disallow: /private
`
	rep := `[{"location": "/", "tdm-reservation": 1, "tdm-policy": "https://films.example/policy.json"}, {"location": "/free/*", "tdm-reservation": "0"}]`
	copies := &store{}
	wd := newWorld(t, Config{TDMRep: true, Robots: copies}, routes{"/robots.txt": answerWith("text/plain", robots),
		"/.well-known/tdmrep.json": answerWith("application/json", rep), "/a": page, "/free/b": page})
	said := func(name crawler.SignalName, value, from string) crawler.Signal {
		return crawler.Signal{Name: name, Value: value, From: from}
	}
	common := []crawler.Signal{said("content-signal", "search=yes, ai-train=no", "robots.txt line 5")}
	license := said("license", "https://films.example/rsl.xml", "robots.txt line 1")
	for _, tt := range []struct {
		path     string
		want     []crawler.Signal
		requests []string
	}{
		{"/a", append(common, said("content-usage", "train-ai=n", "robots.txt line 6"), license, said("tdm-reservation", "1", "tdmrep.json"),
			said("tdm-policy", "https://films.example/policy.json", "tdmrep.json")), []string{"/robots.txt", "/.well-known/tdmrep.json", "/a"}},
		{"/free/b", append(common, said("content-usage", "train-ai=y", "robots.txt line 7"), license, said("tdm-reservation", "0", "tdmrep.json")), []string{"/free/b"}},
		{"restart", nil, nil},
		{"/a", append(common, said("content-usage", "train-ai=n", "robots.txt line 6"), license, said("tdm-reservation", "1", "tdmrep.json"),
			said("tdm-policy", "https://films.example/policy.json", "tdmrep.json")), []string{"/a"}},
	} {
		if tt.path == "restart" {
			wd.start(Config{TDMRep: true, Robots: copies})
			continue
		}
		p, err := wd.get(tt.path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, p.Signals); diff != "" {
			t.Errorf("%s: -want +got:\n%s", tt.path, diff)
		}
		if diff := cmp.Diff(tt.requests, wd.requests()); diff != "" {
			t.Errorf("%s: -want +got:\n%s", tt.path, diff)
		}
	}
}

// What is known of a URL without asking for it is what a page there would have come with.
func TestTerms(t *testing.T) {
	wd := newWorld(t, Config{TDMRep: true}, routes{"/robots.txt": answerWith("text/plain", "User-agent: *\nContent-Signal: search=yes\nDisallow: /private"),
		"/.well-known/tdmrep.json": answerWith("application/json", `[{"location": "/a", "tdm-reservation": 1}]`), "/a": page, "/posts": page})
	if _, err := wd.f.Terms(wd.srv.URL + "/a"); err == nil || errors.Is(err, crawler.ErrDisallowed) {
		t.Errorf("before robots.txt was read: %v", err)
	}
	site := *wd.site
	site.Posts = true
	if _, err := wd.f.Worker().Fetch(t.Context(), crawler.Task{URL: wd.srv.URL + "/posts", Kind: crawler.KindArchive}, &site); err != nil {
		t.Fatal(err)
	}
	terms, err := wd.f.Terms(wd.srv.URL + "/a")
	if err != nil {
		t.Fatal(err)
	}
	p, err := wd.get("/a")
	if err != nil || len(terms) != 2 {
		t.Fatal(terms, err)
	}
	if diff := cmp.Diff(p.Signals, terms); diff != "" {
		t.Errorf("-page +terms:\n%s", diff)
	}
	if _, err := wd.f.Terms(wd.srv.URL + "/private/b"); !errors.Is(err, crawler.ErrDisallowed) || !strings.Contains(err.Error(), "/private") {
		t.Errorf("disallowed: %v", err)
	}
	wd.clock.Sleep(t.Context(), 25*time.Hour)
	if _, err := wd.f.Terms(wd.srv.URL + "/a"); err == nil || errors.Is(err, crawler.ErrDisallowed) {
		t.Errorf("a day later: %v", err)
	}
}

func TestTDMRepTrouble(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"none":       http.NotFound,
		"no JSON":    answerWith("application/json", "<html>"),
		"no list":    answerWith("application/json", `{"location": "/"}`),
		"too large":  answerWith("application/json", "["+strings.Repeat(" ", 2<<20)+`{"location": "/", "tdm-reservation": 1}]`),
		"error":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
		"cut":        raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n["),
		"redirect":   func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/b", http.StatusMovedPermanently) },
		"disallowed": nil,
	} {
		t.Run(name, func(t *testing.T) {
			site := routes{"/a": page, "/.well-known/tdmrep.json": h}
			if h == nil {
				site["/robots.txt"] = answerWith("text/plain", "User-agent: *\nDisallow: /.well-known/")
			}
			wd := newWorld(t, Config{TDMRep: true}, site)
			for range 2 {
				p, err := wd.get("/a")
				if err != nil || len(p.Signals) > 0 {
					t.Errorf("%v, %v", p, err)
				}
			}
			n := 0
			for _, path := range wd.requests() {
				if path == tdmrepURL {
					n++
				}
			}
			if want := 1; h != nil && n != want || h == nil && n != 0 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

func FuzzTDMRep(f *testing.F) {
	f.Add([]byte(`[{"location": "/a*$", "tdm-reservation": 1, "tdm-policy": "x"}]`), "/a/b")
	f.Fuzz(func(t *testing.T, body []byte, path string) {
		r := tdmrep{rules: parseTDMRep(body)}
		if got := r.signals(path); len(got) > 2 {
			t.Errorf("%v", got)
		}
		ParseRobots(body).Signals(Agent, path)
	})
}

// Ten workers, one host: never two requests at once, nor one without its gap.
func TestOneAtATime(t *testing.T) {
	var now, most, total atomic.Int32
	wd := newWorld(t, Config{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		most.Store(max(most.Load(), now.Add(1)))
		total.Add(1)
		page(w, r)
		now.Add(-1)
	}))
	var wg sync.WaitGroup
	for i := range 10 {
		w := wd.f.Worker()
		wg.Go(func() {
			for j := range 5 {
				if _, err := w.Fetch(context.Background(), crawler.Task{URL: fmt.Sprintf("%s/%d/%d", wd.srv.URL, i, j)}, wd.site); err != nil {
					t.Error(err)
				}
				wd.f.Hosts()
				wd.f.ReadyAt(wd.site.Hosts[0])
				wd.f.Sitemaps(wd.srv.URL)
			}
		})
	}
	wg.Wait()
	if most.Load() != 1 || total.Load() != 51 {
		t.Errorf("%d at once, %d requests", most.Load(), total.Load())
	}
	if got := len(wd.took()); got != 50 {
		t.Errorf("%d gaps, want 50", got)
	}
}

// TestAsking: no more requests are in flight than may be, over all hosts; who waits for its turn can be stopped.
func TestAsking(t *testing.T) {
	const bound, hosts = 2, 6
	var now, most atomic.Int32
	arrived, release := make(chan struct{}, hosts), make(chan struct{})
	wd := newWorld(t, Config{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/robots.txt" {
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			arrived <- struct{}{}
			<-release
		}
		page(w, r)
	}))
	address := wd.srv.Listener.Addr().String()
	wd.start(Config{Asking: bound, Rewrite: func(string) string { return address }})
	var names []string
	for i := range hosts {
		names = append(names, fmt.Sprintf("%d.example", i))
	}
	site := &crawler.Site{Name: "test", Named: true, Hosts: names}
	ctx, cancel := context.WithCancel(t.Context())
	fetched := make(chan error, hosts)
	for _, name := range names {
		w := wd.f.Worker()
		go func() {
			_, err := w.Fetch(ctx, crawler.Task{URL: "http://" + name + "/"}, site)
			fetched <- err
		}()
	}
	for range bound {
		<-arrived
	}
	cancel()
	for range hosts {
		if err := <-fetched; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
	close(release)
	if most.Load() > bound {
		t.Errorf("%d requests at once, want at most %d", most.Load(), bound)
	}
	if _, err := wd.f.Worker().Fetch(t.Context(), crawler.Task{URL: "http://0.example/"}, site); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestBusy(t *testing.T) {
	status, header := 0, ""
	wd := newWorld(t, Config{}, routes{"/a": func(w http.ResponseWriter, r *http.Request) {
		if status == 0 {
			page(w, r)
			return
		}
		if header != "" {
			w.Header().Set("Retry-After", header)
		}
		w.WriteHeader(status)
	}})
	host := wd.site.Hosts[0]
	if _, err := wd.get("/a"); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		status      int
		header      string
		again, slow time.Duration
	}{
		{429, "", 30 * time.Second, 2 * time.Second},
		{429, "", time.Minute, 4 * time.Second},
		{429, "600", 10 * time.Minute, 8 * time.Second},
		{503, "Sun, 01 Mar 2026 18:00:00 GMT", -1, 16 * time.Second},
		{429, "tomorrow", 8 * time.Minute, 32 * time.Second},
		{429, "0", 64 * time.Second, 64 * time.Second},
		{429, "Thu, 01 Jan 1970 00:00:00 GMT", 128 * time.Second, 128 * time.Second},
		{429, "", time.Hour, 256 * time.Second},
		{429, "", time.Hour, 5 * time.Minute},
		{429, "9999999999999999999999", 24 * time.Hour, 5 * time.Minute},
	}
	for _, tt := range tests {
		status, header = tt.status, tt.header
		_, err := wd.get("/a")
		he, ok := errors.AsType[*crawler.HostError](err)
		if !ok || !errors.Is(err, crawler.ErrBusy) || he.Host != host {
			t.Fatalf("got %v", err)
		}
		again := tt.again
		if again < 0 {
			d, _ := http.ParseTime(tt.header)
			again = d.Sub(wd.Now())
		}
		if got := he.Until.Sub(wd.Now()); got != again {
			t.Errorf("%d %q: again in %v, want %v", tt.status, tt.header, got, again)
		}
		want := []Host{{Host: host, State: Held, Gap: tt.slow, Until: he.Until, Why: fmt.Sprintf("server asks to wait: status %d", tt.status)}}
		if diff := cmp.Diff(want, wd.f.Hosts()); diff != "" {
			t.Error(diff)
		}
		if got := wd.f.ReadyAt(host); !got.Equal(he.Until) {
			t.Errorf("ready at %v, want %v", got, he.Until)
		}
		// Held: no request, and no waiting.
		wd.took()
		wd.requests()
		if _, err := wd.get("/a"); !errors.As(err, &he) || errors.Is(err, crawler.ErrBusy) || len(wd.requests()) > 0 || len(wd.took()) > 0 {
			t.Errorf("while held: got %v", err)
		}
		_ = wd.Sleep(context.Background(), again)
	}
	// It recovers slowly.
	status = 0
	var gaps []time.Duration
	for range 25 {
		if _, err := wd.get("/a"); err != nil {
			t.Fatal(err)
		}
		gaps = append(gaps, wd.f.Hosts()[0].Gap)
	}
	if gaps[0] > 5*time.Minute || gaps[0] < 2*time.Minute || gaps[4] < 30*time.Second || gaps[24] != time.Second {
		t.Errorf("gaps %v", gaps)
	}
	// A refusal after that is like a first one.
	status, header = 429, ""
	if _, err := wd.get("/a"); err != nil {
		if he, ok := errors.AsType[*crawler.HostError](err); !ok || he.Until.Sub(wd.Now()) != 30*time.Second {
			t.Errorf("got %v", err)
		}
	}
}

// A 503 that does not say for how long is about its URL: the host is not held, until others fail too.
func TestUnavailable(t *testing.T) {
	for _, header := range []string{"", "tomorrow"} {
		broken := func(w http.ResponseWriter, _ *http.Request) {
			if header != "" {
				w.Header().Set("Retry-After", header)
			}
			w.WriteHeader(503)
		}
		wd := newWorld(t, Config{}, routes{"/a": page, "/b": broken})
		for range 4 {
			if p, err := wd.get("/b"); err != nil || p.Status != 503 {
				t.Fatalf("Retry-After %q: %v, %v", header, p, err)
			}
			if h := wd.f.Hosts()[0]; h.State != Idle || h.Gap != time.Second {
				t.Errorf("Retry-After %q: %+v", header, h)
			}
			if _, err := wd.get("/a"); err != nil {
				t.Fatal(err)
			}
		}
		for range 4 {
			if _, err := wd.get("/b"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := wd.get("/b"); !errors.Is(err, crawler.ErrTrouble) || !errors.Is(err, crawler.ErrServer) {
			t.Errorf("Retry-After %q: the fifth in a row: %v", header, err)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		value string
		want  time.Duration
		ok    bool
	}{
		{"", 0, false}, {"120", 2 * time.Minute, true}, {" 0 ", 0, true}, {"-1", 0, false}, {"1.5", 0, false}, {"86401", maxRetryAfter, true},
		{"Sun, 01 Mar 2026 12:00:30 GMT", 30 * time.Second, true}, {"Sunday, 01-Mar-26 12:00:30 GMT", 30 * time.Second, true},
		{"Sun Mar  1 12:00:30 2026", 30 * time.Second, true}, {"Sun, 01 Mar 2026 11:00:00 GMT", 0, true},
		{"Fri, 01 Mar 2999 12:00:00 GMT", maxRetryAfter, true}, {"soon", 0, false},
	}
	for _, tt := range tests {
		if got, ok := retryAfter(tt.value, now); got != tt.want || ok != tt.ok {
			t.Errorf("%q: got %v, %v, want %v, %v", tt.value, got, ok, tt.want, tt.ok)
		}
	}
}

func TestForbiddenAddress(t *testing.T) {
	wd := newWorld(t, Config{}, routes{"/a": page})
	for _, site := range []*crawler.Site{
		nil,
		{Hosts: wd.site.Hosts},
		{Hosts: []string{"other.example"}, Named: true},
		{Hosts: []string{strings.Split(wd.site.Hosts[0], ":")[0]}, Named: true}, // another port is another service
	} {
		_, err := wd.w.Fetch(context.Background(), crawler.Task{URL: wd.srv.URL + "/a"}, site)
		if _, held := errors.AsType[*crawler.HostError](err); held || !errors.Is(err, crawler.ErrForbiddenAddress) {
			t.Errorf("site %+v: got %v", site, err)
		}
	}
	if _, err := wd.get("/a"); err != nil {
		t.Fatal(err)
	}
	wd.requests()
	// Not over the connection that is open now, either.
	if _, err := wd.w.Fetch(context.Background(), crawler.Task{URL: wd.srv.URL + "/a"}, &crawler.Site{}); !errors.Is(err, crawler.ErrForbiddenAddress) || len(wd.requests()) > 0 {
		t.Errorf("over the open connection: got %v", err)
	}
}

// A name that leads to loopback is refused like the address, unless it was named.
func TestForbiddenName(t *testing.T) {
	srv := httptest.NewServer(routes{"/a": page})
	defer srv.Close()
	c := newClock()
	f, err := New(Config{Now: c.Now, Sleep: c.Sleep, Rewrite: func(addr string) string {
		if addr == "www.films.example:80" || addr == "inside.example:80" {
			return srv.Listener.Addr().String()
		}
		return addr
	}})
	if err != nil {
		t.Fatal(err)
	}
	site := &crawler.Site{Named: true, Hosts: []string{"films.example"}}
	if _, err := f.Worker().Fetch(context.Background(), crawler.Task{URL: "http://www.films.example/a"}, site); err != nil {
		t.Error(err)
	}
	if _, err := f.Worker().Fetch(context.Background(), crawler.Task{URL: "http://inside.example/a"}, site); !errors.Is(err, crawler.ErrForbiddenAddress) {
		t.Errorf("got %v", err)
	}
}

// A name that had a public address and now has a private one (DNS rebinding): what counts is the address that is connected to, each
// time. Only the connection that was allowed goes on.
func TestRebinding(t *testing.T) {
	srv := httptest.NewServer(routes{"/a": page})
	defer srv.Close()
	c := newClock()
	rebound := false
	f, err := New(Config{Now: c.Now, Sleep: c.Sleep, Rewrite: func(string) string {
		if rebound {
			return srv.Listener.Addr().String()
		}
		return "[::ffff:" + strings.Replace(srv.Listener.Addr().String(), ":", "]:", 1)
	}})
	if err != nil {
		t.Fatal(err)
	}
	// No test may ask a public address: the first look at the name is taken for one.
	f.guarded = newTransport(f.cfg, func(network, address string, conn syscall.RawConn) error {
		if !rebound {
			return nil
		}
		return refusePrivate(network, address, conn)
	})
	get := func() error {
		_, err := f.Worker().Fetch(context.Background(), crawler.Task{URL: "http://films.example/a"}, &crawler.Site{Hosts: []string{"films.example"}})
		return err
	}
	if err := get(); err != nil {
		t.Fatal(err)
	}
	rebound = true
	if err := get(); err != nil {
		t.Errorf("over the connection that was allowed: %v", err)
	}
	f.Close()
	if err := get(); !errors.Is(err, crawler.ErrForbiddenAddress) {
		t.Errorf("a new connection: %v", err)
	}
}

func TestPublic(t *testing.T) {
	for _, s := range []string{
		"127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200",
		"0.0.0.0", "0.1.2.3", "224.0.0.1", "239.1.1.1", "255.255.255.255", "240.0.0.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "203.0.113.5",
		"168.63.129.16", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "::ffff:127.0.0.1",
		"::ffff:10.0.0.1", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::", "64:ff9b:1::1", "64:ff9b:1::808:808", "::ffff:169.254.169.254",
		"::ffff:0.0.0.0", "::ffff:100.64.0.1", "2002:7f00:1::", "2001::1", "2001:db8::1", "100::1", "3fff::1",
	} {
		if public(netip.MustParseAddr(s)) {
			t.Errorf("%s: public", s)
		}
	}
	for _, s := range []string{"1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "192.0.1.1", "2606:4700::1111", "2a00:1450::1", "2001:4860:4860::8888", "::ffff:8.8.8.8",
		"64:ff9b::808:808"} {
		if !public(netip.MustParseAddr(s)) {
			t.Errorf("%s: not public", s)
		}
	}
	if public(netip.Addr{}) {
		t.Error("no address: public")
	}
	if err := refusePrivate("tcp", "nonsense", nil); !errors.Is(err, crawler.ErrForbiddenAddress) {
		t.Errorf("nonsense: got %v", err)
	}
}

func TestHostKeyAndOrigin(t *testing.T) {
	for raw, want := range map[string][2]string{
		"http://Films.Example/a":     {"films.example", "http://films.example:80"},
		"http://www.films.example/":  {"films.example", "http://www.films.example:80"}, // one server, but a robots.txt of its own
		"https://films.example:443/": {"films.example", "https://films.example:443"},
		"https://films.example:80/":  {"films.example:80", "https://films.example:80"},
		"http://127.0.0.1:8080/":     {"127.0.0.1:8080", "http://127.0.0.1:8080"},
		"http://[::1]/":              {"[::1]", "http://[::1]:80"},
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]string{crawler.HostKey(u), Origin(u)}; got != want {
			t.Errorf("%s: got %q, want %q", raw, got, want)
		}
	}
}

// The default Sleep sleeps, and stops with its context.
func TestSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := sleep(t.Context(), time.Hour); err != nil || time.Since(start) != time.Hour {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start = time.Now()
		if err := sleep(ctx, time.Hour); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Minute {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	f.Add("120")
	f.Add("Sun, 01 Mar 2026 12:00:30 GMT")
	f.Fuzz(func(t *testing.T, v string) {
		if d, _ := retryAfter(v, time.Unix(1e9, 0)); d < 0 || d > maxRetryAfter {
			t.Errorf("got %v", d)
		}
	})
}

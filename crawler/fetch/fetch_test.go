package fetch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"cinecrawl/crawler"

	"github.com/andybalholm/brotli"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// clock is a time that passes by sleeping only.
type clock struct {
	mu    sync.Mutex
	t     time.Time
	slept []time.Duration
}

func newClock() *clock { return &clock{t: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
	c.slept = append(c.slept, d)
	return ctx.Err()
}

// took gives the sleeps since it was last called.
func (c *clock) took() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.slept
	c.slept = nil
	return s
}

// world is a server on loopback, a site that names it, and a worker.
type world struct {
	*clock
	t    *testing.T
	srv  *httptest.Server
	site *crawler.Site
	f    *Fetcher
	w    *worker

	mu    sync.Mutex
	asked []string // path of every request, in order
}

// newWorld serves a handler. Without a rule of its own for /robots.txt it has none: 404.
func newWorld(t *testing.T, cfg Config, h http.Handler) *world {
	t.Helper()
	wd := &world{t: t, clock: newClock()}
	wd.srv = httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		wd.mu.Lock()
		wd.asked = append(wd.asked, r.URL.RequestURI())
		wd.mu.Unlock()
		h.ServeHTTP(rw, r)
	}))
	wd.srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	wd.srv.Start()
	t.Cleanup(wd.srv.Close)
	wd.site = siteOf(wd.srv)
	wd.start(cfg)
	return wd
}

// start makes a new Fetcher, as a restart of the process would.
func (wd *world) start(cfg Config) {
	wd.t.Helper()
	cfg.Now, cfg.Sleep = wd.clock.Now, wd.clock.Sleep
	f, err := New(cfg)
	if err != nil {
		wd.t.Fatal(err)
	}
	wd.t.Cleanup(f.Close)
	wd.f, wd.w = f, f.worker()
}

func siteOf(srv *httptest.Server) *crawler.Site {
	return &crawler.Site{Name: "test", Named: true, Hosts: []string{srv.Listener.Addr().String()}, Gap: time.Second}
}

func (wd *world) get(path string) (*crawler.Page, error) {
	return wd.w.Fetch(context.Background(), crawler.Task{URL: wd.srv.URL + path, Kind: crawler.KindPage}, wd.site)
}

func (wd *world) requests() []string {
	wd.mu.Lock()
	defer wd.mu.Unlock()
	a := wd.asked
	wd.asked = nil
	return a
}

// routes serves paths; a request for any other is 404.
type routes map[string]http.HandlerFunc

func (rs routes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h := rs[r.URL.Path]; h != nil {
		h(w, r)
		return
	}
	http.NotFound(w, r)
}

// answerWith serves one body.
func answerWith(contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		if contentType != "" {
			w.Header().Set("Content-Type", contentType)
		}
		io.WriteString(w, body)
	}
}

// raw speaks HTTP/1.1 by hand.
func raw(answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		io.WriteString(c, answer)
		c.Close()
	}
}

func TestFetch(t *testing.T) {
	t.Setenv("COLLY_USER_AGENT", "somebody else")
	t.Setenv("COLLY_MAX_BODY_SIZE", "5")
	var header http.Header
	wd := newWorld(t, Config{Version: "1.2", URL: "https://cinecrawl.example/", Contact: "crawl@cinecrawl.example"}, routes{
		"/a": func(w http.ResponseWriter, r *http.Request) {
			header = r.Header.Clone()
			w.Header().Set("Set-Cookie", "a=b")
			w.Header().Set("Etag", `"1"`)
			answerWith("Text/HTML; Charset=ISO-8859-1", "<p>caf\xe9")(w, r)
		},
	})
	want := &crawler.Page{
		URL: wd.srv.URL + "/a", Status: 200, Body: []byte("<p>caf\xe9"), ContentType: "text/html", Charset: "windows-1252",
		StatusLine: "HTTP/1.1 200 OK", Remote: "127.0.0.1",
		Request: http.Header{
			"User-Agent":      {"cinecrawl/1.2 (+https://cinecrawl.example/; crawl@cinecrawl.example)"},
			"Accept":          {"text/html,application/xhtml+xml;q=0.9,*/*;q=0.1"},
			"Accept-Encoding": {"gzip, br, zstd"},
		},
	}
	for range 2 { // the same URL twice, and no cookie the second time
		got, err := wd.get("/a")
		if err != nil {
			t.Fatal(err)
		}
		if got.Header.Get("Etag") != `"1"` || got.Header.Get("Set-Cookie") != "a=b" {
			t.Errorf("header: got %v", got.Header)
		}
		if !got.FetchedAt.Equal(wd.Now()) {
			t.Errorf("fetched at %v, want %v", got.FetchedAt, wd.Now())
		}
		got.Header, got.FetchedAt = nil, time.Time{}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(want.Request, header); diff != "" {
			t.Error(diff)
		}
	}
}

func TestUserAgent(t *testing.T) {
	f, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := f.UserAgent(), "cinecrawl/dev"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, cfg := range []Config{{Contact: "a\r\nX: y"}, {URL: "x)"}, {Version: "é"}, {Timeout: -1}, {MaxBody: -1}} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%+v: no error", cfg)
		}
	}
}

func TestStatuses(t *testing.T) {
	status := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			if code != 304 && code != 204 {
				io.WriteString(w, "words that nobody reads")
			}
		}
	}
	wd := newWorld(t, Config{}, routes{
		"/204": status(204), "/301": status(301, "Location", "/b?c#d"), "/302": status(302, "Location", "https://other.example/"),
		"/303": status(303), "/307": status(307, "Location", "http://[::bad"), "/304": status(304, "Etag", `"1"`),
		"/404": status(404, "Content-Type", "text/plain"), "/410": status(410), "/500": status(500, "Content-Type", "image/png"),
	})
	tests := []struct {
		path     string
		status   int
		location string
	}{
		{"/204", 204, ""}, {"/301", 301, wd.srv.URL + "/b?c#d"}, {"/302", 302, "https://other.example/"}, {"/303", 303, ""},
		{"/307", 307, ""}, {"/304", 304, ""}, {"/404", 404, ""}, {"/410", 410, ""}, {"/500", 500, ""},
	}
	for _, tt := range tests {
		t.Run(tt.path[1:], func(t *testing.T) {
			p, err := wd.get(tt.path)
			if err != nil {
				t.Fatal(err)
			}
			if p.Status != tt.status || p.Location != tt.location || len(p.Body) != 0 {
				t.Errorf("got %d %q %q, want %d %q", p.Status, p.Location, p.Body, tt.status, tt.location)
			}
		})
	}
	if diff := cmp.Diff([]string{"/robots.txt", "/204", "/301", "/302", "/303", "/307", "/304", "/404", "/410", "/500"}, wd.requests()); diff != "" {
		t.Error(diff)
	}
}

func TestConditional(t *testing.T) {
	var match, since []string
	wd := newWorld(t, Config{}, routes{"/": func(w http.ResponseWriter, r *http.Request) {
		match, since = r.Header["If-None-Match"], r.Header["If-Modified-Since"]
		w.WriteHeader(304)
	}})
	task := crawler.Task{URL: wd.srv.URL + "/", ETag: `W/"a"`, LastModified: "Sun, 01 Mar 2026 12:00:00 GMT"}
	p, err := wd.w.Fetch(context.Background(), task, wd.site)
	if err != nil || p.Status != 304 {
		t.Fatalf("got %v, %v", p, err)
	}
	if diff := cmp.Diff([][]string{{`W/"a"`}, {"Sun, 01 Mar 2026 12:00:00 GMT"}}, [][]string{match, since}); diff != "" {
		t.Error(diff)
	}
	task.ETag, task.LastModified = "a\nb", ""
	if _, err := wd.w.Fetch(context.Background(), task, wd.site); err != nil {
		t.Fatal(err)
	}
	if match != nil || since != nil {
		t.Errorf("sent %q, %q", match, since)
	}
}

func TestMediaTypes(t *testing.T) {
	html := "<!doctype html><p>x"
	tests := []struct {
		name, contentType, body string
		kind                    crawler.Kind
		want                    error
		wantType                string
	}{
		{"html", "text/html", html, crawler.KindPage, nil, "text/html"},
		{"xhtml", "application/xhtml+xml;q=1", html, crawler.KindPage, nil, "application/xhtml+xml"},
		{"none, html", "", html, crawler.KindPage, nil, "text/html"},
		{"none, empty", "", "", crawler.KindPage, crawler.ErrNotHTML, ""},
		{"none, png", "", "\x89PNG\r\n\x1a\n", crawler.KindPage, crawler.ErrNotHTML, ""},
		{"unknown, html", "application/unknown", html, crawler.KindPage, nil, "text/html"},
		{"nonsense, html", "html", html, crawler.KindPage, nil, "text/html"},
		{"plain", "text/plain", html, crawler.KindPage, crawler.ErrNotHTML, ""},
		{"pdf", "application/pdf", html, crawler.KindPage, crawler.ErrNotHTML, ""},
		{"sitemap", "application/xml", "<urlset/>", crawler.KindSitemap, nil, "application/xml"},
		{"text sitemap", "text/plain", "https://x.example/", crawler.KindSitemap, nil, "text/plain"},
		{"sitemap, gzip file", "application/x-gzip", "\x1f\x8b", crawler.KindSitemap, crawler.ErrCutShort, ""},
		{"sitemap, image", "image/png", "", crawler.KindSitemap, crawler.ErrNotHTML, ""},
		{"rss", "application/rss+xml", "<rss/>", crawler.KindFeed, nil, "application/rss+xml"},
		{"feed as html", "text/html", "<rss/>", crawler.KindFeed, nil, "text/html"},
		{"feed without type", "", "<rss/>", crawler.KindFeed, nil, ""},
		{"json feed", "application/feed+json", "{}", crawler.KindFeed, nil, "application/feed+json"},
		{"feed, video", "video/mp4", "", crawler.KindFeed, crawler.ErrNotHTML, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wd := newWorld(t, Config{}, routes{"/": answerWith(tt.contentType, tt.body)})
			p, err := wd.w.Fetch(context.Background(), crawler.Task{URL: wd.srv.URL + "/", Kind: tt.kind}, wd.site)
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if tt.want == nil && (p.ContentType != tt.wantType || string(p.Body) != tt.body) {
				t.Errorf("got %q %q, want %q %q", p.ContentType, p.Body, tt.wantType, tt.body)
			}
		})
	}
}

// The body of what is not wanted is not downloaded: this one never ends.
func TestNotHTMLIsNotRead(t *testing.T) {
	done := make(chan struct{})
	wd := newWorld(t, Config{}, routes{"/": func(w http.ResponseWriter, r *http.Request) {
		defer close(done)
		w.Header().Set("Content-Type", "video/mp4")
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				return
			}
		}
	}})
	if _, err := wd.get("/"); !errors.Is(err, crawler.ErrNotHTML) {
		t.Errorf("got %v", err)
	}
	<-done
}

func pack(t testing.TB, coding, body string) string {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip", "x-gzip":
		w = gzip.NewWriter(&b)
	case "br":
		w = brotli.NewWriter(&b)
	case "zstd":
		z, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		w = z
	default:
		return body
	}
	if _, err := io.WriteString(w, body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestContentCodings(t *testing.T) {
	page := "<p>" + strings.Repeat("words and words. ", 5000)
	bomb := strings.Repeat("\x00", 1<<20)
	cut := func(s string) string { return s[:len(s)-9] }
	tests := []struct {
		name, coding, body string
		want               error
	}{
		{"none", "", page, nil},
		{"identity", "identity", page, nil},
		{"gzip", "gzip", pack(t, "gzip", page), nil},
		{"x-gzip, in capitals", "X-GZIP", pack(t, "gzip", page), nil},
		{"gzip members", "gzip", pack(t, "gzip", page[:100]) + pack(t, "gzip", page[100:]), nil},
		{"br", "br", pack(t, "br", page), nil},
		{"zstd", "zstd", pack(t, "zstd", page), nil},
		{"two", "gzip, br", pack(t, "br", pack(t, "gzip", page)), nil},
		{"empty, said to be gzip", "gzip", "", nil},
		{"empty, said to be zstd", "zstd", "", nil},
		{"four", "gzip,gzip,gzip,gzip", "", crawler.ErrUnreadable},
		{"not asked for", "compress", page, crawler.ErrUnreadable},
		{"not gzip", "gzip", page, crawler.ErrUnreadable},
		{"not br", "br", "\xff" + page, crawler.ErrUnreadable},
		{"not zstd", "zstd", page, crawler.ErrUnreadable},
		{"gzip cut", "gzip", cut(pack(t, "gzip", page)), crawler.ErrCutShort},
		{"br cut", "br", cut(pack(t, "br", page)), crawler.ErrCutShort},
		{"zstd cut", "zstd", cut(pack(t, "zstd", page)), crawler.ErrCutShort},
		{"gzip bomb", "gzip", pack(t, "gzip", bomb), crawler.ErrTooLarge},
		{"br bomb", "br", pack(t, "br", bomb), crawler.ErrTooLarge},
		{"zstd bomb", "zstd", pack(t, "zstd", bomb), crawler.ErrTooLarge},
		{"bomb of bombs", "gzip, gzip, zstd", pack(t, "zstd", pack(t, "gzip", pack(t, "gzip", bomb))), crawler.ErrTooLarge},
		{"bomb of nothing", "gzip, gzip", pack(t, "gzip", strings.Repeat(pack(t, "gzip", ""), 20000)), crawler.ErrTooLarge},
		{"zstd window", "zstd", "\x28\xb5\x2f\xfd\x00\xb0\x01\x00\x00", crawler.ErrUnreadable}, // 4 GiB
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wd := newWorld(t, Config{MaxBody: 100 << 10}, routes{"/": func(w http.ResponseWriter, r *http.Request) {
				if tt.coding != "" {
					w.Header().Set("Content-Encoding", tt.coding)
				}
				answerWith("text/html", tt.body)(w, r)
			}})
			p, err := wd.get("/")
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if tt.want == nil && len(tt.body) > 0 && string(p.Body) != page {
				t.Errorf("got %d bytes, want %d", len(p.Body), len(page))
			}
			if tt.want == nil && len(tt.body) == 0 && len(p.Body) != 0 {
				t.Errorf("got %d bytes, want none", len(p.Body))
			}
		})
	}
}

// A sitemap may be a gzip file, under any name and type, and sent with a content coding besides.
func TestSitemapGzip(t *testing.T) {
	const want = "<urlset/>"
	gz := pack(t, "gzip", want)
	wd := newWorld(t, Config{MaxBody: 4}, routes{
		"/a.xml.gz": answerWith("application/gzip", gz),
		"/b.xml.gz": answerWith("text/xml", want),
		"/c.xml": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "br")
			answerWith("application/octet-stream", pack(t, "br", gz))(w, r)
		},
		"/bomb": answerWith("application/gzip", pack(t, "gzip", strings.Repeat(" ", MaxSitemap+1))),
	})
	sitemap := func(path string) (*crawler.Page, error) {
		return wd.w.Fetch(context.Background(), crawler.Task{URL: wd.srv.URL + path, Kind: crawler.KindSitemap}, wd.site)
	}
	for _, path := range []string{"/a.xml.gz", "/b.xml.gz", "/c.xml"} {
		p, err := sitemap(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(p.Body) != want || p.Charset != "utf-8" {
			t.Errorf("%s: got %q in %s", path, p.Body, p.Charset)
		}
	}
	if _, err := sitemap("/bomb"); !errors.Is(err, crawler.ErrTooLarge) {
		t.Errorf("bomb: got %v", err)
	}
}

func TestBounds(t *testing.T) {
	chunked := func(n int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.(http.Flusher).Flush()
			io.WriteString(w, strings.Repeat("x", n))
		}
	}
	wd := newWorld(t, Config{MaxBody: 1000}, routes{
		"/fits":      answerWith("text/html", strings.Repeat("x", 1000)),
		"/announced": raw("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1001\r\n\r\n"),
		"/chunked":   chunked(1001),
		"/chunks":    chunked(1000),
		"/header":    raw("HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", maxHeader) + "\r\n\r\n"),
		"/cookies":   raw("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n" + strings.Repeat("Set-Cookie: a=b\r\n", 5000) + "\r\n"),
	})
	for path, want := range map[string]error{"/fits": nil, "/announced": crawler.ErrTooLarge, "/chunked": crawler.ErrTooLarge, "/chunks": nil, "/cookies": nil} {
		p, err := wd.get(path)
		if !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", path, err, want)
		}
		if (p == nil) != (want != nil) {
			t.Errorf("%s: got page %v", path, p)
		}
	}
	if _, err := wd.get("/header"); err == nil {
		t.Error("header: no error")
	}
	wd.site.MaxBody = 999
	if _, err := wd.get("/fits"); !errors.Is(err, crawler.ErrTooLarge) {
		t.Errorf("bound of the site: got %v", err)
	}
}

func TestCutShort(t *testing.T) {
	wd := newWorld(t, Config{}, routes{
		"/length":  raw("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100\r\n\r\n<p>half a pa"),
		"/chunks":  raw("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<p>ha\r\n"),
		"/sniffed": raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<p>half a pa"),
	})
	for _, path := range []string{"/length", "/chunks", "/sniffed"} {
		if p, err := wd.get(path); !errors.Is(err, crawler.ErrCutShort) {
			t.Errorf("%s: got %v, %v", path, p, err)
		}
	}
}

func TestHTTP2(t *testing.T) {
	srv := httptest.NewUnstartedServer(routes{
		"/": func(w http.ResponseWriter, r *http.Request) { answerWith("text/html", r.Proto)(w, r) },
		"/reset": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		},
	})
	srv.EnableHTTP2 = true
	srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	srv.StartTLS()
	defer srv.Close()
	c := newClock()
	pool := srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	f, err := New(Config{RootCAs: pool, Now: c.Now, Sleep: c.Sleep})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, err := f.Worker().Fetch(context.Background(), crawler.Task{URL: srv.URL + "/"}, siteOf(srv))
	if err != nil {
		t.Fatal(err)
	}
	if string(p.Body) != "HTTP/2.0" {
		t.Errorf("got %s", p.Body)
	}
	if _, err := f.Worker().Fetch(context.Background(), crawler.Task{URL: srv.URL + "/reset"}, siteOf(srv)); !errors.Is(err, crawler.ErrCutShort) {
		t.Errorf("reset: got %v", err)
	}
	// A certificate that nobody vouches for.
	g, err := New(Config{Now: c.Now, Sleep: c.Sleep})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	var he *crawler.HostError
	if _, err := g.Worker().Fetch(context.Background(), crawler.Task{URL: srv.URL + "/"}, siteOf(srv)); !errors.As(err, &he) || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("unknown authority: got %v", err)
	}
}

// Every server here would answer never.
func TestTimeouts(t *testing.T) {
	hang := func(r *http.Request) { <-r.Context().Done() }
	tests := []struct {
		name    string
		cfg     Config
		handler http.HandlerFunc
	}{
		{"header", Config{HeaderTimeout: 30 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) { hang(r) }},
		{"half a header", Config{HeaderTimeout: 30 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
			c, _, _ := w.(http.Hijacker).Hijack()
			defer c.Close()
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: tex")
			io.Copy(io.Discard, c)
		}},
		{"body", Config{IdleTimeout: 30 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
			answerWith("text/html", "<p>half")(w, r)
			w.(http.Flusher).Flush()
			hang(r)
		}},
		{"body of an error", Config{IdleTimeout: 30 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(404)
			w.(http.Flusher).Flush()
			hang(r)
		}},
		{"whole", Config{Timeout: 60 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			for r.Context().Err() == nil { // a byte now and then, for ever
				io.WriteString(w, "x")
				w.(http.Flusher).Flush()
				select {
				case <-r.Context().Done():
				case <-time.After(time.Millisecond):
				}
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wd := newWorld(t, tt.cfg, routes{"/": tt.handler})
			p, err := wd.get("/")
			if tt.name == "body of an error" && err == nil && p.Status == 404 {
				return // nothing of it was wanted
			}
			if !errors.Is(err, crawler.ErrTimeout) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("TLS", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				defer c.Close()
			}
		}()
		c := newClock()
		f, err := New(Config{TLSTimeout: 30 * time.Millisecond, Now: c.Now, Sleep: c.Sleep})
		if err != nil {
			t.Fatal(err)
		}
		site := &crawler.Site{Named: true, Hosts: []string{l.Addr().String()}}
		if _, err := f.Worker().Fetch(context.Background(), crawler.Task{URL: "https://" + l.Addr().String() + "/"}, site); !errors.Is(err, crawler.ErrRobotsUnreachable) || !strings.Contains(err.Error(), crawler.ErrTimeout.Error()) {
			t.Errorf("got %v", err)
		}
	})
}

func TestCancel(t *testing.T) {
	asked := make(chan struct{})
	wd := newWorld(t, Config{}, routes{"/": func(w http.ResponseWriter, r *http.Request) {
		answerWith("text/html", "<p>half")(w, r)
		w.(http.Flusher).Flush()
		close(asked)
		<-r.Context().Done()
	}})
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-asked; cancel() }()
	if _, err := wd.w.Fetch(ctx, crawler.Task{URL: wd.srv.URL + "/"}, wd.site); !errors.Is(err, context.Canceled) || errors.Is(err, crawler.ErrCutShort) {
		t.Errorf("got %v", err)
	}
	// While waiting for the turn of a worker that has it.
	g, err := wd.f.enter(context.Background(), crawler.HostKey(&url.URL{Scheme: "http", Host: wd.srv.Listener.Addr().String()}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wd.w.Fetch(ctx, crawler.Task{URL: wd.srv.URL + "/"}, wd.site); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	wd.f.leave(g)
	if _, err := wd.w.Sitemaps(ctx, wd.site, wd.srv.URL); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestBadURLs(t *testing.T) {
	wd := newWorld(t, Config{}, routes{})
	for _, raw := range []string{"", "/a", "ftp://x.example/", "file:///etc/passwd", "http://", "https:///a", "http://[::1", "http://a b/", "javascript:1"} {
		if p, err := wd.w.Fetch(context.Background(), crawler.Task{URL: raw}, wd.site); err == nil {
			t.Errorf("%q: got %v", raw, p)
		}
	}
	if got := wd.requests(); len(got) > 0 {
		t.Errorf("asked for %q", got)
	}
}

// What goes over the wire is what robots.txt was asked about, not what colly makes of the URL.
func TestURLAsWritten(t *testing.T) {
	paths := []string{"/a%7Eb", "/a|b", "/%e3%83%84", "/a//b/./c", "/a?b=%2F&c=[d]", "/100%25", "/a;b", "/a?", "/a%2fb", "/\"q\""}
	wd := newWorld(t, Config{}, routes{})
	for _, path := range paths {
		if _, err := wd.get(path); err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		u, err := url.Parse(wd.srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		got := wd.requests()
		if got[len(got)-1] != u.RequestURI() {
			t.Errorf("got %q, want %q", got[len(got)-1], u.RequestURI())
		}
	}
}

func TestCharsetOf(t *testing.T) {
	long := strings.Repeat("<!-- -->", 130)
	tests := []struct {
		name, contentType, body string
		kind                    crawler.Kind
		want                    string
	}{
		{"byte order mark beats header", "text/html; charset=latin1", "\xef\xbb\xbfx", "", "utf-8"},
		{"UTF-16LE", "", "\xff\xfex\x00", "", "utf-16le"},
		{"UTF-16BE", "", "\xfe\xff\x00x", "", "utf-16be"},
		{"header beats meta", "text/html; charset=koi8-r", "<meta charset=utf-8>", "", "koi8-r"},
		{"header in quotes", `text/html; a=b; Charset = "Shift-JIS"`, "x", "", "shift_jis"},
		{"broken header", "text/html;;charset=utf-8;=", "\xe9", "", "utf-8"},
		{"unknown label, then meta", "text/html; charset=klingon", "<meta charset=koi8-r>", "", "koi8-r"},
		{"meta", "text/html", "<META CharSet='ISO-8859-2'>\xe9", "", "iso-8859-2"},
		{"meta http-equiv", "text/html", `<meta http-equiv="Content-Type" content="text/html; charset=euc-jp">`, "", "euc-jp"},
		{"meta in a comment", "text/html", "<!-- <meta charset=euc-jp> -->", "", "utf-8"},
		{"meta says UTF-16 in ASCII", "text/html", "<meta charset=utf-16>x", "", "utf-8"},
		{"meta too late", "text/html", long + "<meta charset=euc-jp>", "", "utf-8"},
		{"meta says windows-1252, and so it is", "text/html", "<meta charset=windows-1252>caf\xe9", "", "windows-1252"},
		{"meta says windows-1252 of UTF-8", "text/html", "<meta charset=windows-1252>café", "", "utf-8"},
		{"nothing, UTF-8", "text/html", "café", "", "utf-8"},
		{"nothing, not UTF-8", "text/html", "caf\xe9", "", "windows-1252"},
		{"XML declaration", "text/xml", `<?xml version="1.0" encoding='ISO-8859-1'?><a/>`, crawler.KindFeed, "windows-1252"},
		{"header beats XML declaration", "text/xml; charset=utf-8", `<?xml version="1.0" encoding="ISO-8859-1"?>`, crawler.KindFeed, "utf-8"},
		{"XML without", "text/xml", "<a>charset", crawler.KindFeed, "utf-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			kind := tt.kind
			if kind == "" {
				kind = crawler.KindPage
			}
			if got := charsetOf(kind, tt.contentType, []byte(tt.body)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func FuzzBody(f *testing.F) {
	for _, coding := range []string{"gzip", "br", "zstd", "gzip, br", ""} {
		f.Add(coding, "text/html", []byte(pack(f, coding, "<!doctype html><meta charset=koi8-r>x")), string(crawler.KindPage))
	}
	f.Add("gzip", "", []byte("\x1f\x8b\x08"), string(crawler.KindSitemap))
	f.Add("zstd", "text/xml; charset=utf-16", []byte("\x28\xb5\x2f\xfd\x00\xb0\x01\x00\x00"), "")
	fetcher, err := New(Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, coding, contentType string, b []byte, kind string) {
		const limit = 4096
		w := &worker{f: fetcher, req: request{kind: crawler.Kind(kind), limit: limit}, stop: func(error) {}}
		w.got.contentType = mediaType(contentType)
		resp := &http.Response{
			StatusCode: 200, ContentLength: -1, Header: http.Header{"Content-Encoding": {coding}}, Body: io.NopCloser(bytes.NewReader(b)),
		}
		body, err := w.body(resp)
		if err != nil {
			return
		}
		got, err := io.ReadAll(body)
		body.Close()
		if kind != "" && len(got) > limit {
			t.Errorf("%d bytes, the bound is %d", len(got), limit)
		}
		known := []error{crawler.ErrTooLarge, crawler.ErrCutShort, crawler.ErrUnreadable}
		if err != nil && !errors.Is(err, known[0]) && !errors.Is(err, known[1]) && !errors.Is(err, known[2]) {
			t.Errorf("unnamed error %v", err)
		}
		p := &crawler.Page{Body: got, Charset: charsetOf(w.req.kind, contentType, got)}
		if _, err := p.UTF8(); err != nil {
			t.Errorf("charset %q cannot be decoded: %v", p.Charset, err)
		}
	})
}

// No URL makes colly's own parser panic, or ask for another host.
func FuzzURL(f *testing.F) {
	for _, s := range []string{"http://a.example/", "https://[::1%25x]/", "http://0x7f.1/a?b#c", "http://a.example:99999/%zz", "http://ma\u00f1ana.example/|", "http://a%2fb.example/"} {
		f.Add(s)
	}
	var dialled string
	fetcher, err := New(Config{Rewrite: func(addr string) string { dialled = addr; return "127.0.0.1:1" }})
	if err != nil {
		f.Fatal(err)
	}
	w := fetcher.worker()
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := parse(raw)
		if err != nil {
			return
		}
		dialled = ""
		if err := w.exchange(t.Context(), u, request{kind: crawler.KindPage, limit: 1}); err == nil {
			t.Fatal("nobody answers, but there is no error")
		}
		if host, _, err := net.SplitHostPort(dialled); err == nil && !strings.EqualFold(host, u.Hostname()) && isASCII(u.Hostname()) {
			t.Errorf("%q: connected to %q", raw, host)
		}
	})
}

func isASCII(s string) bool { return strings.IndexFunc(s, func(r rune) bool { return r > '~' }) < 0 }

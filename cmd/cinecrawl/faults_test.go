package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/andybalholm/brotli"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"cinecrawl/configs"
	"cinecrawl/crawler"
	"cinecrawl/crawler/discover"
	"cinecrawl/crawler/fetch"
	"cinecrawl/storage"
	"cinecrawl/storage/sqlite"
)

// faulty is a site of two good reviews around one fault, crawled by the ordinary path into a real database.
type faulty struct {
	t      *testing.T
	server *httptest.Server
	db     string
	cfg    fetch.Config
	site   crawler.Site

	memory uint64        // bytes that a crawl and what it asks may allocate, all together
	most   time.Duration // that a crawl may take

	mu    sync.Mutex
	asked map[string]int
}

// impatient is a Fetcher whose gaps pass at once: its clock runs on by each sleep.
type impatient struct {
	*fetch.Fetcher
}

func (impatient) ReadyAt(string) time.Time { return time.Time{} }

// ordinaryPage is what may be allocated for each further page of a site that has more than a few.
const ordinaryPage = 512 << 10

// goodReview is a page that is read as a review.
func goodReview(name string) string {
	return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Review: ` + name + ` (2019) – Dry Dock</title><meta name="generator" content="WordPress 6.4"></head>
<body class="single single-post"><main id="main"><article class="post type-post hentry category-reviews"><h1 class="entry-title">Review: ` + name + ` (2019)</h1>
<div class="entry-content"><p>` + name + ` takes its time with the story, and the camera stays close to the two sisters who run the boat between the islands. Nothing much
is said, yet every glance across the water tells what the script leaves out.</p><p>The director trusts the actors, the actors trust the silence, and by the
last reel I had forgotten that I was watching a performance at all. The cinematography alone is worth the ticket.</p><p>Rating: 4/5</p></div></article></main></body></html>`
}

// newFaulty serves "/", "/2020/05/first-good-film/", "/2020/05/last-good-film/", and what paths has; "/" links to all of links.
func newFaulty(t *testing.T, paths map[string]http.HandlerFunc, links ...string) *faulty {
	t.Helper()
	f := &faulty{t: t, db: filepath.Join(t.TempDir(), "x.db"), memory: 32 << 20, most: time.Minute, asked: map[string]int{}}
	f.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.asked[r.URL.Path]++
		f.mu.Unlock()
		if c := r.Header.Get("Cookie"); c != "" {
			t.Errorf("%s: a cookie was sent: %.80s", r.URL.Path, c)
		}
		if h := paths[r.URL.Path]; h != nil {
			h(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		switch r.URL.Path {
		case "/":
			for _, l := range append([]string{"/2020/05/first-good-film/"}, append(links, "/2020/05/last-good-film/")...) {
				fmt.Fprintf(w, "<p><a href=%q>a page</a></p>\n", l)
			}
		case "/2020/05/first-good-film/":
			io.WriteString(w, goodReview("The Ferry"))
		case "/2020/05/last-good-film/":
			io.WriteString(w, goodReview("The Tram"))
		default:
			http.NotFound(w, r)
		}
	}))
	f.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	f.cfg = fetch.Config{ConnectTimeout: 2 * time.Second, TLSTimeout: 300 * time.Millisecond, HeaderTimeout: 300 * time.Millisecond,
		IdleTimeout: 300 * time.Millisecond, Timeout: 3 * time.Second, MaxBody: 1 << 20}
	return f
}

func (f *faulty) start() *faulty {
	f.server.Start()
	f.t.Cleanup(func() { f.server.CloseClientConnections(); f.server.Close() })
	return f.named()
}

func (f *faulty) named() *faulty {
	_, host, _ := strings.Cut(f.server.URL, "://")
	f.site = crawler.Site{Name: "faulty", Hosts: []string{host}, Named: true, Start: []string{f.server.URL + "/"}}
	return f
}

// crawl crawls the site once.
func (f *faulty) crawl() crawler.Result {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), f.most)
	defer cancel()
	cfg, err := configs.Load("")
	if err != nil {
		f.t.Fatal(err)
	}
	st, err := sqlite.Open(ctx, f.db)
	if err != nil {
		f.t.Fatal(err)
	}
	defer st.Close()
	own := f.cfg
	own.Robots = robotsStore{st}
	var ahead atomic.Int64
	now := own.Now
	if now == nil {
		now = time.Now
	}
	own.Now = func() time.Time { return now().Add(time.Duration(ahead.Load())) }
	own.Sleep = func(ctx context.Context, d time.Duration) error { ahead.Add(int64(d)); return ctx.Err() }
	fetcher, err := fetch.New(own)
	if err != nil {
		f.t.Fatal(err)
	}
	defer fetcher.Close()
	var run *storage.Run
	c := crawler.Crawl{
		Frontier: st, NewFetcher: fetcher.Worker, Pacer: impatient{fetcher}, Handle: newHandler(cfg, nil), Known: knownPost(st), Sites: []*crawler.Site{&f.site}, Workers: 2,
		Random: func() float64 { return 0 }, // tries follow each other at once
		Begin: func(ctx context.Context, s *crawler.Site) (crawler.Spent, error) {
			seeds, err := s.Seeds()
			if err == nil {
				run, err = st.StartRun(ctx, s.Name, seeds, time.Hour, storage.ByHand)
			}
			return crawler.Spent{}, err
		},
		End: func(ctx context.Context, r *crawler.Result) error { return st.EndRun(ctx, run, r.Finished, r.Why) },
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	results, err := c.Run(ctx)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > f.memory {
		f.t.Errorf("%d MB were allocated, the bound is %d MB", n>>20, f.memory>>20)
	}
	if err != nil || len(results) != 1 || results[0].Err != nil {
		f.t.Fatalf("the crawl: %v, %+v", err, results)
	}
	return results[0]
}

// check holds what is stored: the outcome of each path given, the good reviews once, and figures that add up.
func (f *faulty) check(reviews int, outcomes map[string]crawler.Outcome) {
	f.t.Helper()
	ctx := f.t.Context()
	st, err := sqlite.Open(ctx, f.db)
	if err != nil {
		f.t.Fatal(err)
	}
	defer st.Close()
	got := map[string]crawler.Outcome{}
	for path := range outcomes {
		s, err := st.TaskByURL(ctx, f.server.URL+path)
		if err != nil {
			f.t.Errorf("%s: %v", path, err)
			continue
		}
		got[path] = s.Outcome
		if outcomes[path] != s.Outcome {
			f.t.Logf("%s: %s", path, s.Why)
		}
	}
	if diff := cmp.Diff(outcomes, got); len(outcomes) > 0 && diff != "" {
		f.t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	n := 0
	seen := map[string]bool{}
	if err := st.Records(ctx, storage.Filter{}, func(r *storage.Record) error {
		n++
		if seen[r.TextHash] || r.Revision != 1 || !utf8.ValidString(storage.Text(r.Review)) {
			f.t.Errorf("twice, revised or no text: %s", r.Review.URL)
		}
		seen[r.TextHash] = true
		return nil
	}); err != nil {
		f.t.Error(err)
	}
	if n != reviews {
		f.t.Errorf("%d reviews, want %d", n, reviews)
	}
	sites, err := st.Sites(ctx, "faulty")
	if err != nil || len(sites) != 1 {
		f.t.Fatal(err)
	}
	sum := sites[0].Queued
	for _, n := range sites[0].Tasks {
		sum += n
	}
	f.mu.Lock()
	asked := slices.Collect(maps.Keys(f.asked)) // by the server's own log
	f.mu.Unlock()
	pages, counted := 0, map[crawler.Outcome]int{}
	for _, path := range asked {
		if path == "/robots.txt" || path == "/.well-known/tdmrep.json" {
			continue
		}
		pages++
		s, err := st.TaskByURL(ctx, f.server.URL+path)
		if err != nil {
			f.t.Errorf("%s was asked for: %v", path, err)
		} else if !s.Queued {
			counted[s.Outcome]++
		}
	}
	for outcome, n := range counted {
		if sites[0].Tasks[outcome] < n {
			f.t.Errorf("status has %d tasks of outcome %s, of which %d were asked for", sites[0].Tasks[outcome], outcome, n)
		}
	}
	if sum < pages {
		f.t.Errorf("%d tasks, of which %d were asked for", sum, pages)
	}
	if r := sites[0].LastRun; sum == 0 || r == nil || r.Counts.Queued != sites[0].Queued {
		f.t.Errorf("status %+v", sites[0])
	}
}

// text is that of the review stored from a path, "" if there is none.
func (f *faulty) text(path string) (text string) {
	f.t.Helper()
	st := openStore(f.t, f.db)
	defer st.Close()
	if err := st.Records(f.t.Context(), storage.Filter{}, func(r *storage.Record) error {
		if r.Review.URL == f.server.URL+path {
			text = storage.Text(r.Review)
		}
		return nil
	}); err != nil {
		f.t.Error(err)
	}
	return text
}

func (f *faulty) requests(path string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked[path]
}

// byHand answers with bytes on the connection, and ends it.
func byHand(write func(w io.Writer)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		write(c)
	}
}

// flood writes a line again and again until there are so many bytes, or nobody reads them.
func flood(w io.Writer, line string, bytes int) {
	b := []byte(line)
	for range bytes / len(b) {
		if _, err := w.Write(b); err != nil {
			return
		}
	}
}

// drip writes a beginning, then a byte now and then for as long as anybody listens.
func drip(w io.Writer, begin string) {
	_, err := io.WriteString(w, begin)
	for ; err == nil; _, err = io.WriteString(w, "x") {
		time.Sleep(20 * time.Millisecond)
	}
}

// packed gives the beginning of a body that has so many bytes once it is decoded. What packs the second megabyte is repeated: packing all
// of it takes minutes under the race detector.
func packed(coding string, size int) []byte {
	var b bytes.Buffer
	var z interface {
		io.WriteCloser
		Flush() error
	}
	switch coding {
	case "gzip":
		z = gzip.NewWriter(&b)
	case "br":
		z = brotli.NewWriterLevel(&b, 1)
	case "zstd":
		z, _ = zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
	}
	zeros, first := make([]byte, 1<<20), 0
	for range 2 {
		first = b.Len()
		z.Write(zeros)
		z.Flush()
	}
	second := bytes.Clone(b.Bytes()[first:])
	for range size>>20 - 2 {
		b.Write(second)
	}
	return b.Bytes()
}

// One page of a site is at fault: what it ends as, and that nothing else is touched.
func TestFaultyPage(t *testing.T) {
	const bad = "/2020/05/one-bad-film/"
	html := "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
	hang := func(r *http.Request) { <-r.Context().Done() }
	text := goodReview("The Bus")
	letters := map[string]string{ // that the text begins with, where a charset lies
		"charset that does not exist":                       "The Bus takes its time",
		"header says UTF-8, the page is Latin-1":            "Le café takes its time",
		"header says Latin-1, the page is UTF-8":            "Le café takes its time",
		"header says UTF-8, the page is what its meta says": "バス takes its time",
		"meta says another charset than the header":         "Le café takes its time",
	}
	for _, tt := range []struct {
		name     string
		page     http.HandlerFunc
		want     crawler.Outcome
		reviews  int
		requests int
	}{
		{"server dies mid-body", byHand(func(w io.Writer) {
			fmt.Fprintf(w, "%sContent-Length: %d\r\n\r\n%s", html, len(text), text[:len(text)/2])
		}), crawler.Unreachable, 2, 4},
		{"server dies mid-header", byHand(func(w io.Writer) { io.WriteString(w, html[:30]) }), crawler.Unreachable, 2, 4},
		{"truncated chunked body", byHand(func(w io.Writer) {
			fmt.Fprintf(w, "%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s", html, len(text), text)
		}), crawler.Unreachable, 2, 4},
		{"chunked body without its last chunk", byHand(func(w io.Writer) {
			fmt.Fprintf(w, "%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", html, len(text), text)
		}), crawler.Unreachable, 2, 4},
		{"broken chunk size", byHand(func(w io.Writer) { fmt.Fprintf(w, "%sTransfer-Encoding: chunked\r\n\r\nzz\r\n%s", html, text) }), crawler.Unreachable, 2, 4},
		{"Content-Length too long", byHand(func(w io.Writer) { fmt.Fprintf(w, "%sContent-Length: %d\r\n\r\n%s", html, len(text)+1, text) }), crawler.Unreachable, 2, 4},
		{"Content-Length too short", byHand(func(w io.Writer) { fmt.Fprintf(w, "%sContent-Length: %d\r\n\r\n%s%s", html, len(text), text, text) }), crawler.Reviewed, 3, 1},
		{"Content-Length of an exabyte", byHand(func(w io.Writer) { fmt.Fprintf(w, "%sContent-Length: 1152921504606846976\r\n\r\n%s", html, text) }), crawler.TooLarge, 2, 1},
		{"Content-Length of none", byHand(func(w io.Writer) { fmt.Fprintf(w, "%sContent-Length: 0\r\n\r\n%s", html, text) }), crawler.NotReview, 2, 1},
		{"Content-Length below none", byHand(func(w io.Writer) { fmt.Fprintf(w, "%sContent-Length: -1\r\n\r\n%s", html, text) }), crawler.Unreachable, 2, 4},
		{"a length and chunks", byHand(func(w io.Writer) {
			fmt.Fprintf(w, "%sContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", html, len(text), text)
		}), crawler.Reviewed, 3, 1},
		{"two lengths", byHand(func(w io.Writer) { fmt.Fprintf(w, "%sContent-Length: 5\r\nContent-Length: 6\r\n\r\n%s", html, text) }), crawler.Unreachable, 2, 4},
		{"no HTTP", byHand(func(w io.Writer) { io.WriteString(w, "SSH-2.0-OpenSSH_9.6\r\n") }), crawler.Unreachable, 2, 4},
		{"headers of 100 MB", byHand(func(w io.Writer) {
			io.WriteString(w, "HTTP/1.1 200 OK\r\n")
			flood(w, "X-More: "+strings.Repeat("x", 64<<10)+"\r\n", 100<<20)
			fmt.Fprintf(w, "\r\n%s", text)
		}), crawler.Unreachable, 2, 4},
		{"a header of 100 MB in one line", byHand(func(w io.Writer) {
			io.WriteString(w, "HTTP/1.1 200 OK\r\nX-More: ")
			flood(w, strings.Repeat("x", 64<<10), 100<<20)
		}), crawler.Unreachable, 2, 4},
		{"trailers of 100 MB", byHand(func(w io.Writer) {
			fmt.Fprintf(w, "%sTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n", html, len(text), text)
			flood(w, "X-More: "+strings.Repeat("x", 64<<10)+"\r\n", 100<<20)
		}), crawler.Unreachable, 2, 4},
		{"early hints without end", byHand(func(w io.Writer) {
			flood(w, "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n", 100<<20)
		}), crawler.Unreachable, 2, 4},
		{"cookies by the thousand", func(w http.ResponseWriter, r *http.Request) {
			for i := range 2000 {
				w.Header().Add("Set-Cookie", fmt.Sprintf("c%d=%d; Path=/; Max-Age=1000000", i, i))
			}
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, text)
		}, crawler.Reviewed, 3, 1},
		{"slow loris in the header", func(w http.ResponseWriter, r *http.Request) { hang(r) }, crawler.TimedOut, 2, 4},
		{"slow loris in the header, by drips", byHand(func(w io.Writer) { drip(w, "HTTP/1.1 200 OK\r\nX-More: ") }), crawler.TimedOut, 2, 4},
		{"slow loris in the body, by drips", byHand(func(w io.Writer) { drip(w, html+"\r\n"+text[:100]) }), crawler.TimedOut, 2, 4},
		{"slow loris in the body", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, text[:100])
			http.NewResponseController(w).Flush()
			hang(r)
		}, crawler.TimedOut, 2, 4},
		{"gzip bomb", bomb(t, "gzip"), crawler.TooLarge, 2, 1},
		{"brotli bomb", bomb(t, "br"), crawler.TooLarge, 2, 1},
		{"zstd bomb", bomb(t, "zstd"), crawler.TooLarge, 2, 1},
		{"a body without end", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, "<p>and so on</p>\n"); err != nil {
					return
				}
			}
		}, crawler.TooLarge, 2, 1},
		{"redirect to itself", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, bad, http.StatusFound) }, crawler.TooDeep, 2, 1},
		{"redirect to nowhere", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "http://[::1")
			w.WriteHeader(301)
		}, crawler.Unreadable, 2, 1},
		{"redirect to the machine's metadata", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusFound)
		}, crawler.OutOfScope, 2, 1},
		{"charset that does not exist", charset("text/html; charset=klingon", text), crawler.Reviewed, 3, 1},
		{"header says UTF-16, the page UTF-8", charset("text/html; charset=utf-16le", text), crawler.NotReview, 2, 1},
		{"header says UTF-8, the page is Latin-1", charset("text/html; charset=utf-8", strings.Replace(text, "The Bus", "Le caf\xe9", -1)), crawler.Reviewed, 3, 1},
		{"header says Latin-1, the page is UTF-8", charset("text/html; charset=iso-8859-1", strings.Replace(text, "The Bus", "Le café", -1)), crawler.Reviewed, 3, 1},
		{"header says UTF-8, the page is what its meta says", charset("text/html; charset=utf-8",
			strings.NewReplacer("The Bus", "\x83o\x83X", "–", "-", "utf-8", "shift_jis").Replace(text)), crawler.Reviewed, 3, 1},
		{"meta says another charset than the header", charset("text/html; charset=utf-8", strings.NewReplacer("The Bus", "Le café", "utf-8", "shift_jis").Replace(text)), crawler.Reviewed, 3, 1},
		{"NUL bytes and broken UTF-8", charset("text/html", strings.Replace(text, "boat", "bo\x00\xff\xfe\xc3at", -1)), crawler.Reviewed, 3, 1},
		{"elements without end", charset("text/html", strings.Repeat("<div>", 200_000)+text), crawler.Unreadable, 2, 1},
		{"a status that is none", byHand(func(w io.Writer) { fmt.Fprintf(w, "HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n") }), crawler.ServerError, 2, 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFaulty(t, map[string]http.HandlerFunc{bad: tt.page}, bad).start()
			f.cfg.Timeout = time.Second
			f.crawl()
			want := map[string]crawler.Outcome{"/": crawler.NotReview, "/2020/05/first-good-film/": crawler.Reviewed, "/2020/05/last-good-film/": crawler.Reviewed}
			if tt.want != "" {
				want[bad] = tt.want
			}
			f.check(tt.reviews, want)
			if n := f.requests(bad); n != tt.requests {
				t.Errorf("asked %d times, want %d", n, tt.requests)
			}
			if want := letters[tt.name]; want != "" && !strings.Contains(f.text(bad), want) {
				t.Errorf("text %.80q, want %q in it", f.text(bad), want)
			}
		})
	}
}

func bomb(t *testing.T, coding string) http.HandlerFunc {
	body := packed(coding, 256<<20)
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Encoding", coding)
		w.Write(body)
	}
}

func charset(contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		io.WriteString(w, body)
	}
}

// Redirects that never end are followed five times, each hop with an outcome of its own.
func TestEndlessRedirects(t *testing.T) {
	hops := map[string]http.HandlerFunc{}
	for i := range 10 {
		hops[fmt.Sprintf("/hop/%d", i)] = func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, fmt.Sprintf("/hop/%d", i+1), http.StatusFound)
		}
	}
	f := newFaulty(t, hops, "/hop/0").start()
	f.crawl()
	f.check(2, map[string]crawler.Outcome{"/hop/0": crawler.Redirected, "/hop/4": crawler.Redirected, "/hop/5": crawler.TooDeep})
	if f.requests("/hop/6") > 0 {
		t.Error("followed too far")
	}
}

// A page that fails twice and then answers is a review, once.
func TestFaultThatPasses(t *testing.T) {
	const bad = "/2020/05/one-bad-film/"
	var n atomic.Int32
	f := newFaulty(t, map[string]http.HandlerFunc{bad: func(w http.ResponseWriter, r *http.Request) {
		switch n.Add(1) {
		case 1:
			panic(http.ErrAbortHandler)
		case 2:
			w.WriteHeader(502)
		default:
			io.WriteString(w, goodReview("The Bus"))
		}
	}}, bad).start()
	f.crawl()
	f.check(3, map[string]crawler.Outcome{bad: crawler.Reviewed})
}

// robots.txt of 1 GB: its first 500 KiB count, and it is not read to its end.
func TestRobotsOfAGigabyte(t *testing.T) {
	var sent atomic.Int64
	f := newFaulty(t, map[string]http.HandlerFunc{"/robots.txt": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(1<<30))
		io.WriteString(w, "User-agent: *\nDisallow: /private\n")
		line := bytes.Repeat([]byte("Allow: /somewhere\n"), 1000)
		for sent.Load() < 1<<30 {
			n, err := w.Write(line)
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	}}, "/private/").start()
	f.crawl()
	f.check(2, map[string]crawler.Outcome{"/private/": crawler.Disallowed})
	if sent.Load() > 64<<20 {
		t.Errorf("%d bytes were sent", sent.Load())
	}
}

// Sitemaps that are dear to read, and what becomes of them.
func TestFaultySitemaps(t *testing.T) {
	xml := func(body string) http.HandlerFunc { return charset("application/xml", body) }
	entries := func(n int) string {
		var b strings.Builder
		b.WriteString("<urlset>")
		for i := range n {
			fmt.Fprintf(&b, "<url><loc>http://elsewhere.example/%d</loc></url>", i)
		}
		return b.String() + "</urlset>"
	}
	laughs := `<?xml version="1.0"?><!DOCTYPE urlset [<!ENTITY a0 "ha">`
	for i := range 20 {
		laughs += fmt.Sprintf("<!ENTITY a%d \"%s\">", i+1, strings.Repeat(fmt.Sprintf("&a%d;", i), 10))
	}
	laughs += `]><urlset><url><loc>&a20;</loc></url></urlset>`
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	io.WriteString(z, "<urlset>")
	for i := range 200_000 {
		fmt.Fprintf(z, "<url><loc>http://elsewhere.example/2020/05/one-of-many-films-%d/</loc></url>\n", i)
	}
	z.Close()
	var robots strings.Builder
	for _, name := range []string{"laughs", "external", "many", "large", "deep", "self"} {
		fmt.Fprintf(&robots, "Sitemap: /%s.xml\n", name)
	}
	f := newFaulty(t, map[string]http.HandlerFunc{
		"/robots.txt":   charset("text/plain", robots.String()),
		"/laughs.xml":   xml(laughs),
		"/external.xml": xml(`<!DOCTYPE urlset [<!ENTITY x SYSTEM "file:///etc/passwd">]><urlset><url><loc>&x;</loc></url></urlset>`),
		"/many.xml":     xml(entries(60_000)),
		"/large.xml":    charset("application/gzip", zipped.String()),
		"/deep.xml":     xml(strings.Repeat("<urlset>", 100_000)),
		"/self.xml": func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "<sitemapindex><sitemap><loc>http://%s/self.xml</loc></sitemap></sitemapindex>", r.Host)
		},
	}).start()
	f.cfg.MaxSitemap, f.memory = 8<<20, 256<<20
	f.cfg.Timeout = time.Minute // size is the bound here
	f.crawl()
	f.check(2, map[string]crawler.Outcome{"/laughs.xml": crawler.Listed, "/external.xml": crawler.Listed, "/many.xml": crawler.Listed,
		"/large.xml": crawler.TooLarge, "/deep.xml": crawler.Unreadable, "/self.xml": crawler.Listed})
}

// An index of sitemaps that leads to a million pages: the first run knows all of them or says what it left out, in bounded memory, and
// asks for no more pages than its budget has. CINECRAWL_MILLION=1 makes it a million, which takes half a minute; else it is a hundred
// thousand, in one full sitemap and smaller ones.
func TestSitemapIndexOfAMillion(t *testing.T) {
	const files, budget, over = 20, 10, 10
	entries := 2500
	if os.Getenv("CINECRAWL_MILLION") != "" {
		entries = discover.MaxEntries
	}
	gzipped := func(write func(w *bufio.Writer)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/gzip")
			z := gzip.NewWriter(w)
			b := bufio.NewWriter(z)
			write(b)
			b.Flush()
			z.Close()
		}
	}
	paths := map[string]http.HandlerFunc{
		"/robots.txt": charset("text/plain", "Sitemap: /index.xml.gz"),
		"/index.xml.gz": gzipped(func(b *bufio.Writer) {
			b.WriteString("<sitemapindex>")
			for i := range files {
				fmt.Fprintf(b, "<sitemap><loc>/part-%d.xml.gz</loc></sitemap>", i)
			}
			b.WriteString("</sitemapindex>")
		}),
	}
	for i := range files {
		n := entries
		if i == 0 {
			n = discover.MaxEntries + over // which are too many
		}
		paths[fmt.Sprintf("/part-%d.xml.gz", i)] = gzipped(func(b *bufio.Writer) {
			b.WriteString("<urlset><url><loc>http://elsewhere.example/</loc></url>")
			for k := range n - 1 {
				fmt.Fprintf(b, "<url><loc>/2020/05/one-of-many-films-%d-%d/</loc><lastmod>2020-05-01</lastmod></url>\n", i, k)
			}
			b.WriteString("</urlset>")
		})
	}
	f := newFaulty(t, paths).start()
	f.cfg.HeaderTimeout, f.cfg.IdleTimeout, f.cfg.Timeout = time.Minute, time.Minute, time.Minute // size is the bound here
	f.most, f.memory = 10*time.Minute, 8<<30
	f.site.Pages = budget
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r := f.crawl()
	runtime.ReadMemStats(&after)
	grew := (int64(after.HeapSys) - int64(before.HeapSys)) >> 20
	if grew > 250 {
		t.Errorf("the heap grew by %d MB", grew)
	}
	if !r.Finished || !strings.HasPrefix(r.Why, "page budget of 10 spent") {
		t.Errorf("ended: %+v", r)
	}
	f.check(2, map[string]crawler.Outcome{"/": crawler.NotReview, "/index.xml.gz": crawler.Listed, "/part-0.xml.gz": crawler.Listed, "/part-19.xml.gz": crawler.Listed})

	st := openStore(t, f.db)
	defer st.Close()
	sites, err := st.Sites(t.Context(), "faulty")
	if err != nil {
		t.Fatal(err)
	}
	known := discover.MaxEntries - 1 + (files-1)*(entries-1)
	want := map[crawler.Outcome]int{crawler.Listed: files + 1, crawler.NotReview: 1, crawler.Reviewed: 2, crawler.Gone: budget - 3}
	if diff := cmp.Diff(want, sites[0].Tasks); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	if got, want := sites[0].Queued, known-(budget-3); got != want {
		t.Errorf("%d queued, want %d", got, want)
	}
	for i, want := range map[int]string{
		0:         fmt.Sprintf("%d entries, %d in scope; then sitemap: more than %[1]d entries", discover.MaxEntries, discover.MaxEntries-1),
		files - 1: fmt.Sprintf("%d entries, %d in scope", entries, entries-1),
	} {
		if task, err := st.TaskByURL(t.Context(), fmt.Sprintf("%s/part-%d.xml.gz", f.server.URL, i)); err != nil || task.Why != want {
			t.Errorf("part %d: %+v, %v; want %q", i, task, err, want)
		}
	}
	t.Logf("%d URLs known, the heap grew by %d MB", known, grew)
}

// A host whose certificate is not trusted is not asked; nothing is lost, and once it is mended the next run gets all.
func TestTLSFault(t *testing.T) {
	f := newFaulty(t, nil)
	f.server.StartTLS()
	t.Cleanup(f.server.Close)
	f.named().cfg.Now = past
	if r := f.crawl(); !strings.Contains(r.Why, "robots.txt unreachable") || !strings.Contains(r.Why, "certificate") {
		t.Errorf("%+v", r)
	}
	f.check(0, nil)
	f.cfg.RootCAs = x509.NewCertPool()
	f.cfg.RootCAs.AddCert(f.server.Certificate())
	f.cfg.Now = nil
	f.crawl()
	f.check(2, map[string]crawler.Outcome{"/": crawler.NotReview, "/2020/05/last-good-film/": crawler.Reviewed})
}

// past is the fetcher's clock where a whole host is at fault: the pauses that it asks for are over when the crawl hears of them, so that
// it tries again at once, until it leaves the host to the next run.
func past() time.Time { return time.Now().Add(-2 * time.Hour) }

// A host that takes a connection, or not even that, and says nothing: neither to the TLS handshake nor to a request. Nothing is lost,
// and once it is mended the next run gets all.
func TestSlowLorisOnConnect(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // nobody accepts: the system does, and that is all
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for _, tt := range []struct {
		name, scheme string
		addr         func(t *testing.T) string
		why          string
	}{
		{"no connection", "http", noConnections, "i/o timeout"},
		{"no TLS handshake", "https", func(*testing.T) string { return silent.Addr().String() }, "TLS handshake timeout"},
		{"no answer", "http", func(*testing.T) string { return silent.Addr().String() }, "timeout awaiting response headers"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFaulty(t, nil)
			f.server.EnableHTTP2 = true
			if tt.scheme == "https" {
				f.server.StartTLS()
				f.cfg.RootCAs = x509.NewCertPool()
				f.cfg.RootCAs.AddCert(f.server.Certificate())
			} else {
				f.server.Start()
			}
			t.Cleanup(func() { f.server.CloseClientConnections(); f.server.Close() })
			mended, hangs := f.server.Listener.Addr().String(), tt.addr(t)
			f.server.URL = tt.scheme + "://example.com" // which is what its certificate is for
			f.named().cfg.Now = past
			f.cfg.ConnectTimeout = 300 * time.Millisecond
			f.cfg.Rewrite = func(string) string { return hangs }
			if r := f.crawl(); !strings.Contains(r.Why, "timed out") || !strings.Contains(r.Why, tt.why) {
				t.Errorf("%+v", r)
			}
			f.check(0, nil)
			f.cfg.Now = nil
			f.cfg.Rewrite = func(string) string { return mended }
			f.crawl()
			f.check(2, map[string]crawler.Outcome{"/": crawler.NotReview, "/2020/05/first-good-film/": crawler.Reviewed, "/2020/05/last-good-film/": crawler.Reviewed})
		})
	}
}

// HTTP/2: streams that are reset, on a connection that goes on, and headers without measure.
func TestHTTP2Resets(t *testing.T) {
	const bad = "/2020/05/one-bad-film/"
	for name, answer := range map[string]func(w http.ResponseWriter){
		"reset in the body": func(w http.ResponseWriter) {
			io.WriteString(w, goodReview("The Bus")[:500])
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
		"reset at once": func(w http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"headers of a megabyte": func(w http.ResponseWriter) {
			for i := range 16 {
				w.Header().Set(fmt.Sprint("X-More-", i), strings.Repeat("x", 64<<10))
			}
			io.WriteString(w, goodReview("The Bus"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFaulty(t, map[string]http.HandlerFunc{bad: func(w http.ResponseWriter, r *http.Request) {
				if r.ProtoMajor != 2 {
					t.Errorf("asked by %s", r.Proto)
				}
				w.Header().Set("Content-Type", "text/html")
				answer(w)
			}}, bad)
			f.server.EnableHTTP2 = true
			f.cfg.HeaderTimeout = 2 * time.Second // size is the bound here
			f.server.StartTLS()
			t.Cleanup(f.server.Close)
			f.cfg.RootCAs = x509.NewCertPool()
			f.cfg.RootCAs.AddCert(f.server.Certificate())
			f.named().crawl()
			f.check(2, map[string]crawler.Outcome{bad: crawler.Unreachable, "/2020/05/first-good-film/": crawler.Reviewed, "/2020/05/last-good-film/": crawler.Reviewed})
		})
	}
}

// A name that DNS does not know, and then does.
func TestDNSFault(t *testing.T) {
	f := newFaulty(t, nil).start()
	addr := f.server.Listener.Addr().String()
	f.server.URL = "http://films.example"
	f.named().cfg.Now = past
	f.cfg.Rewrite = func(string) string { return "no..such..name:80" } // no resolver is asked for what is no name
	if r := f.crawl(); !strings.Contains(r.Why, "no such host") {
		t.Errorf("%+v", r)
	}
	f.check(0, nil)
	f.cfg.Rewrite = func(string) string { return addr }
	f.cfg.Now = nil
	f.crawl()
	f.check(2, map[string]crawler.Outcome{"/2020/05/first-good-film/": crawler.Reviewed, "/2020/05/last-good-film/": crawler.Reviewed})
}

// A site that no person named leads to hosts with addresses that are not public, in each of the ways in which a URL is found: they are
// refused when they are connected to, after DNS, and the store says so. Asked first while they were named and down, they are known already.
func TestForbidden(t *testing.T) {
	found := map[string]string{ // by the way in which it is found, the path
		"link": "/2020/05/found-by-link/", "redirect": "/2020/05/found-by-redirect/", "feed": "/2020/05/found-by-feed/",
		"sitemap": "/2020/05/found-by-sitemap/", "robots": "/found-by-robots.xml",
	}
	f := newFaulty(t, map[string]http.HandlerFunc{
		"/moved": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://redirect.example"+found["redirect"], http.StatusFound)
		},
		"/robots.txt": charset("text/plain", "Sitemap: /map.xml\nSitemap: http://robots.example"+found["robots"]),
		"/map.xml":    charset("application/xml", "<urlset><url><loc>http://sitemap.example"+found["sitemap"]+"</loc></url></urlset>"),
		"/feed.xml":   charset("application/rss+xml", "<rss version='2.0'><channel><title>x</title><item><link>http://feed.example"+found["feed"]+"</link></item></channel></rss>"),
	}, "/moved", "http://link.example"+found["link"])
	f.start()
	addr := f.server.Listener.Addr().String()
	_, port, _ := strings.Cut(addr, ":")
	answers := map[string]string{} // of DNS, by host:port
	for way := range found {
		answers[way+".example:80"] = addr
	}
	urls := map[string]bool{}
	for way, path := range found {
		urls["http://"+way+".example"+path] = true
	}
	root := f.server.Config.Handler
	var more strings.Builder
	for i, ip := range []string{"127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200",
		"[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:169.254.169.254]", "[::7f00:1]", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[64:ff9b::7f00:1]",
		"[64:ff9b:1::7f00:1]", "[2002:7f00:1::1]"} {
		u := fmt.Sprintf("http://inside%d.example/2020/05/inside/", i)
		answers[fmt.Sprintf("inside%d.example:80", i)] = ip + ":" + port
		urls[u] = true
		fmt.Fprintf(&more, "<a href=%q>a page</a>\n", u)
	}
	var inside atomic.Int32
	f.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != addr {
			inside.Add(1)
		}
		if r.URL.Path == "/" {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, `<link rel="alternate" type="application/rss+xml" href="/feed.xml">`+more.String())
		}
		root.ServeHTTP(w, r)
	})
	for host := range answers {
		f.site.Hosts = append(f.site.Hosts, strings.TrimSuffix(host, ":80"))
	}
	f.cfg.Now = past
	f.cfg.Rewrite = func(a string) string {
		if answers[a] != "" {
			return "no..such..name:80"
		}
		return a
	}
	f.crawl()
	f.check(2, map[string]crawler.Outcome{"/moved": crawler.Redirected, "/feed.xml": crawler.Listed, "/map.xml": crawler.Listed})

	f.site.Named, f.cfg.Now = false, nil
	f.cfg.Rewrite = func(a string) string {
		if to := answers[a]; to != "" {
			return to
		}
		return a
	}
	f.crawl()
	st := openStore(t, f.db)
	defer st.Close()
	for u := range urls {
		task, err := st.TaskByURL(t.Context(), u)
		if err != nil || task.Queued || task.Outcome != crawler.Forbidden || !strings.Contains(task.Why, "private or local address") {
			t.Errorf("%s: %+v, %v", u, task, err)
		}
	}
	if n := inside.Load(); n > 0 {
		t.Errorf("%d requests got through", n)
	}
	f.check(2, nil)
	sites, err := st.Sites(t.Context(), "faulty")
	if err != nil || sites[0].Queued != 0 || sites[0].Tasks[crawler.Forbidden] < len(urls) {
		t.Errorf("status: %+v, %v", sites, err)
	}
}

// A clock that jumps by years, back and forth, between any two looks at it.
func TestClockJumps(t *testing.T) {
	f := newFaulty(t, nil, "/2020/05/another/").start()
	var n atomic.Int64
	f.cfg.Now = func() time.Time { return time.Now().AddDate(int(n.Add(1)*7%9-4), 0, 0) }
	f.crawl()
	f.check(2, map[string]crawler.Outcome{"/": crawler.NotReview, "/2020/05/first-good-film/": crawler.Reviewed,
		"/2020/05/last-good-film/": crawler.Reviewed, "/2020/05/another/": crawler.Gone})
}

// Package crawltest serves a website made of a txtar file, for tests of everything that crawls.
//
// Each file of the archive is a path, with its query if it has one, and its text is the answer:
//
//	-- /robots.txt --
//	User-agent: *
//	Disallow: /private/
//	-- / --
//	<a href="/heat/">Heat</a> <a href="http://{{host}}/old">Old</a>
//	-- /old --
//	HTTP 301
//	Location: /heat/
//
//	-- /heat/ --
//	HTTP 503 503 200
//	Retry-After: 2
//	ETag: "1"
//
//	<h1>Heat</h1>
//	-- http://www.films.example/ --
//	<p>Another host of the same archive.
//
// A file whose first line begins with "HTTP " has a head, up to its first empty line: the status, and header fields, one a line. Of
// several statuses each is for one request and the last for all that follow; an answer before the last has the header fields but no
// body. In place of a status may stand
//
//	cut   the whole body is announced and half of it is sent
//	drop  the connection ends without an answer
//	hang  nothing is sent until the client gives up
//
// {{host}} in a head or body is the host that is asked. Without a Content-Type it follows from the path's extension, and is
// HTML in UTF-8 where that says nothing. A body at a path that ends in .gz, and one with "Content-Encoding: gzip", is compressed. A
// request with the ETag of the file in If-None-Match, or its Last-Modified in If-Modified-Since, is answered with 304. What is not
// in the archive is 404.
//
// A path beginning with a slash is the same on every host. A file named by a whole URL is for its host alone, and comes first.
package crawltest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// Request is a request that the website was asked.
type Request struct {
	Time   time.Time // when it came in
	Host   string
	Path   string // with the query
	Status int    // of the answer; 0 for drop and hang
	Header http.Header
}

// Web is a website, or several. It is safe for concurrent use.
type Web struct {
	mu    sync.Mutex
	files map[string]*file
	log   []Request
}

type file struct {
	statuses []string // one at least
	header   http.Header
	body     string
	asked    int
}

// Parse makes a website of a txtar archive. The error names the file.
func Parse(archive []byte) (*Web, error) {
	w := &Web{files: map[string]*file{}}
	for _, f := range txtar.Parse(archive).Files {
		if !strings.HasPrefix(f.Name, "/") && !strings.HasPrefix(f.Name, "http://") && !strings.HasPrefix(f.Name, "https://") {
			return nil, fmt.Errorf("%s: want a path that begins with /, or a URL", f.Name)
		}
		if w.files[f.Name] != nil {
			return nil, fmt.Errorf("%s: is there twice", f.Name)
		}
		parsed, err := parseFile(f.Name, string(f.Data))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		w.files[f.Name] = parsed
	}
	return w, nil
}

func parseFile(name, text string) (*file, error) {
	f := &file{statuses: []string{"200"}, header: http.Header{}, body: text}
	if head, ok := strings.CutPrefix(text, "HTTP "); ok {
		head, f.body, _ = strings.Cut(head, "\n\n")
		statuses, fields, _ := strings.Cut(strings.TrimSpace(head), "\n")
		f.statuses = strings.Fields(statuses)
		if len(f.statuses) == 0 {
			return nil, fmt.Errorf("no status after HTTP")
		}
		for _, s := range f.statuses {
			if n, err := strconv.Atoi(s); s != "cut" && s != "drop" && s != "hang" && (err != nil || n < 100 || n > 599) {
				return nil, fmt.Errorf("status %q: want a number, cut, drop or hang", s)
			}
		}
		for line := range strings.Lines(fields) {
			key, value, ok := strings.Cut(strings.TrimSpace(line), ":")
			if !ok {
				return nil, fmt.Errorf("header line %q: want Name: value", line)
			}
			f.header.Add(textproto.TrimString(key), textproto.TrimString(value))
		}
	}
	if f.header.Get("Content-Type") == "" {
		p, _, _ := strings.Cut(name, "?")
		f.header.Set("Content-Type", contentType(path.Ext(p)))
	}
	return f, nil
}

// contentType does not ask the machine for more types: tests must be the same everywhere.
func contentType(ext string) string {
	switch ext {
	case ".xml":
		return "application/xml; charset=utf-8"
	case ".txt":
		return "text/plain; charset=utf-8"
	case ".gz":
		return "application/gzip"
	case ".pdf", ".json", ".png", ".jpg", ".css", ".js":
		return mime.TypeByExtension(ext)
	}
	return "text/html; charset=utf-8"
}

// Start serves a website on loopback until the test ends. URL is its address, "http://127.0.0.1:port".
func Start(t testing.TB, archive string) (w *Web, url string) {
	t.Helper()
	w, err := Parse([]byte(archive))
	if err != nil {
		t.Fatalf("crawltest: %v", err)
	}
	s := httptest.NewServer(w)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return w, s.URL
}

// ServeHTTP implements http.Handler.
func (w *Web) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	a := w.answer(r)
	switch a.status {
	case "drop":
		panic(http.ErrAbortHandler)
	case "hang":
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	for key, values := range a.header {
		rw.Header()[key] = values
	}
	code, cut := a.code(), a.status == "cut"
	if code != http.StatusNotModified && code != http.StatusNoContent {
		rw.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	rw.WriteHeader(code)
	if r.Method == http.MethodHead {
		return
	}
	if cut {
		rw.Write(a.body[:len(a.body)/2])
		http.NewResponseController(rw).Flush()
		panic(http.ErrAbortHandler)
	}
	rw.Write(a.body)
}

// RoundTrip implements http.RoundTripper: the website without a network, for tests in a synctest bubble.
func (w *Web) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body.Close()
	}
	a := w.answer(r)
	switch a.status {
	case "drop":
		return nil, io.EOF
	case "hang":
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	var body io.Reader = bytes.NewReader(a.body)
	if a.status == "cut" {
		body = io.MultiReader(bytes.NewReader(a.body[:len(a.body)/2]), brokenOff{})
	}
	if r.Method == http.MethodHead {
		body = http.NoBody
	}
	return &http.Response{Status: fmt.Sprint(a.code(), " ", http.StatusText(a.code())), StatusCode: a.code(), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(body), ContentLength: int64(len(a.body)), Request: r}, nil
}

type brokenOff struct{}

func (brokenOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

type answer struct {
	status string
	header http.Header
	body   []byte
}

// code is the number of the status; a body that is cut is that of a 200.
func (a answer) code() int {
	if n, err := strconv.Atoi(a.status); err == nil {
		return n
	}
	return http.StatusOK
}

// answer finds the answer to a request, and notes it.
func (w *Web) answer(r *http.Request) (a answer) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	host := r.Host
	if host == "" {
		host = r.URL.Host
	}
	scheme := "http://"
	if r.TLS != nil || r.URL.Scheme == "https" {
		scheme = "https://"
	}
	p := r.URL.RequestURI()
	if strings.HasPrefix(p, "http") { // a request to a proxy
		p = "/" + strings.SplitN(p, "/", 4)[3]
	}
	defer func() {
		entry := Request{Time: now, Host: host, Path: p, Header: r.Header.Clone()}
		if a.status != "drop" && a.status != "hang" {
			entry.Status = a.code()
		}
		w.log = append(w.log, entry)
	}()
	f := w.files[scheme+host+p]
	if f == nil {
		f = w.files[p]
	}
	if f == nil {
		return answer{"404", http.Header{"Content-Type": {"text/html; charset=utf-8"}}, []byte("<!DOCTYPE html><title>Not found</title><p>There is no such page.\n")}
	}
	a = answer{status: f.statuses[min(f.asked, len(f.statuses)-1)], header: http.Header{}}
	last := f.asked >= len(f.statuses)-1
	f.asked++
	fill := strings.NewReplacer("{{host}}", host)
	for key, values := range f.header {
		for _, v := range values {
			a.header.Add(key, fill.Replace(v))
		}
	}
	if a.status == "200" && unchanged(r.Header, a.header) {
		a.status = "304"
		return a
	}
	if last || a.status == "cut" {
		a.body = []byte(fill.Replace(f.body))
	}
	if plain, _, _ := strings.Cut(p, "?"); strings.HasSuffix(plain, ".gz") || a.header.Get("Content-Encoding") == "gzip" {
		a.body = zip(a.body)
	}
	return a
}

func unchanged(asked, have http.Header) bool {
	if tag := asked.Get("If-None-Match"); tag != "" {
		return tag == have.Get("ETag")
	}
	since := asked.Get("If-Modified-Since")
	return since != "" && since == have.Get("Last-Modified")
}

func zip(b []byte) []byte {
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	z.Write(b) // writes to memory do not fail
	z.Close()
	return buf.Bytes()
}

// Log gives the requests so far, in the order in which they came in.
func (w *Web) Log() []Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.log)
}

// Paths gives the paths that were asked of a host, in order; of all hosts for "".
func (w *Web) Paths(host string) (paths []string) {
	for _, r := range w.Log() {
		if host == "" || r.Host == host {
			paths = append(paths, r.Path)
		}
	}
	return paths
}

// Gap gives the shortest time between two requests to a host, and false if it was asked less than twice.
func (w *Web) Gap(host string) (gap time.Duration, ok bool) {
	var last time.Time
	for _, r := range w.Log() {
		if r.Host != host {
			continue
		}
		if d := r.Time.Sub(last); !last.IsZero() && (!ok || d < gap) {
			gap, ok = d, true
		}
		last = r.Time
	}
	return gap, ok
}

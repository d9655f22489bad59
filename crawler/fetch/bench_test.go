package fetch

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cinecrawl/crawler"
)

// BenchmarkFetch and BenchmarkNetHTTP ask for the same page of 60 KB over loopback. The server's part is in both.
func BenchmarkFetch(b *testing.B) {
	for _, gz := range []bool{false, true} {
		b.Run(codingName(gz), func(b *testing.B) {
			srv := benchServer(b, gz)
			f, err := New(Config{})
			if err != nil {
				b.Fatal(err)
			}
			site := siteOf(srv)
			site.Gap = 0
			w := f.Worker()
			task := crawler.Task{URL: srv.URL + "/2026/03/a-review-of-a-film/", Kind: crawler.KindPage}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := w.Fetch(context.Background(), task, site); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkNetHTTP(b *testing.B) {
	for _, gz := range []bool{false, true} {
		b.Run(codingName(gz), func(b *testing.B) {
			srv := benchServer(b, gz)
			b.ReportAllocs()
			for b.Loop() {
				resp, err := http.Get(srv.URL + "/2026/03/a-review-of-a-film/")
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadAll(resp.Body); err != nil {
					b.Fatal(err)
				}
				resp.Body.Close()
			}
		})
	}
}

func codingName(gz bool) string {
	if gz {
		return "gzip"
	}
	return "plain"
}

func benchServer(b *testing.B, gz bool) *httptest.Server {
	page := []byte("<!doctype html><meta charset=utf-8><p>" + strings.Repeat("A film about words – many of them. ", 1700))
	packed := []byte(pack(b, "gzip", string(page)))
	rules := "User-agent: *\n" + strings.Repeat("Disallow: /wp-admin/\nDisallow: /*?replytocom=\nAllow: /wp-admin/admin-ajax.php\n", 5)
	srv := httptest.NewServer(routes{
		"/robots.txt": answerWith("text/plain", rules),
		"/2026/03/a-review-of-a-film/": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			if gz {
				w.Header().Set("Content-Encoding", "gzip")
				_, _ = io.Copy(w, bytes.NewReader(packed))
				return
			}
			_, _ = w.Write(page)
		},
	})
	b.Cleanup(srv.Close)
	return srv
}

func BenchmarkRobotsAllowed(b *testing.B) {
	r := ParseRobots([]byte("User-agent: *\n" + strings.Repeat("Disallow: /wp-admin/\nDisallow: /*?replytocom=\nDisallow: /*/feed/$\nAllow: /wp-admin/admin-ajax.php\n", 10)))
	b.ReportAllocs()
	for b.Loop() {
		r.Allowed(Agent, "/2026/03/a-review-of-a-film/")
	}
}

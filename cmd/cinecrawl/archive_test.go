package main

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"cinecrawl/crawler"
	"cinecrawl/crawler/crawltest"
	"cinecrawl/storage"
	"cinecrawl/storage/sqlite"
)

// serveSite serves a txtar website as the faulty one's. {{review NAME}} in it is a page that is read as a review.
func serveSite(t *testing.T, archive string) (*faulty, *crawltest.Web) {
	t.Helper()
	for {
		before, rest, ok := strings.Cut(archive, "{{review ")
		if !ok {
			break
		}
		name, after, _ := strings.Cut(rest, "}}")
		archive = before + goodReview(name) + after
	}
	web, err := crawltest.Parse([]byte(archive))
	if err != nil {
		t.Fatal(err)
	}
	f := newFaulty(t, nil)
	f.server.Config.Handler = web
	return f.start(), web
}

// records gives what the stored reviews are known by, in order.
func (f *faulty) records() (urls []string) {
	f.t.Helper()
	st, err := sqlite.Open(f.t.Context(), f.db)
	if err != nil {
		f.t.Fatal(err)
	}
	defer st.Close()
	if err := st.Records(f.t.Context(), storage.Filter{}, func(r *storage.Record) error {
		urls = append(urls, strings.TrimPrefix(r.Review.URL, f.server.URL))
		return nil
	}); err != nil {
		f.t.Fatal(err)
	}
	slices.Sort(urls)
	return urls
}

const archivedSite = `
-- /robots.txt --
User-agent: *
Disallow: /private/
-- / --
<!DOCTYPE html><html><head><title>Dry Dock</title><link rel="https://api.w.org/" href="/wp-json/"></head><body class="home blog">
<ul><li><a href="/2020/05/the-ferry/">The Ferry</a></li><li><a href="/reviews/">All</a></li></ul></body></html>
-- /reviews/ --
<!DOCTYPE html><html><head><title>Reviews</title></head><body class="archive"><ul><li><a href="/2020/05/the-lift/">The Lift</a></li></ul></body></html>
-- /wp-json/wp/v2/posts?per_page=100&page=1&orderby=modified&order=desc&_fields=link,modified_gmt --
HTTP 200
Content-Type: application/json
X-WP-TotalPages: 2

[{"link":"http://{{host}}/2020/05/the-ferry/?utm_source=api","modified_gmt":"2020-05-17T10:00:00"},
{"link":"http://{{host}}/?p=12","modified_gmt":"2020-05-16T10:00:00"},
{"link":"http://{{host}}/private/diary/","modified_gmt":"2020-05-16T10:00:00"},
{"link":"http://{{host}}/2020/05/the-gate/","modified_gmt":"2020-05-15T10:00:00"}]
-- /wp-json/wp/v2/posts?per_page=100&page=2&orderby=modified&order=desc&_fields=link,modified_gmt --
HTTP 200
Content-Type: application/json
X-WP-TotalPages: 2

[{"link":"http://{{host}}/2020/05/the-kite/#comments","modified_gmt":"2020-05-14T10:00:00"}]
-- /?p=12 --
HTTP 301
Location: /2020/05/the-tram/

-- /2020/05/the-ferry/ --
{{review The Ferry}}
-- /2020/05/the-tram/ --
{{review The Tram}}
-- /2020/05/the-gate/ --
{{review The Gate}}
-- /2020/05/the-kite/ --
{{review The Kite}}
-- /2020/05/the-lift/ --
{{review The Lift}}
-- /private/diary/ --
{{review The Diary}}
`

// A page and its twin in the archive are one review, and a post that is in no archive, feed or sitemap is found by its link. Asked again,
// the archive costs one request, and its further pages none.
func TestArchive(t *testing.T) {
	f, web := serveSite(t, archivedSite)
	f.crawl()
	want := []string{"/2020/05/the-ferry/", "/2020/05/the-gate/", "/2020/05/the-kite/", "/2020/05/the-lift/", "/2020/05/the-tram/"}
	if got := f.records(); !slices.Equal(got, want) {
		t.Errorf("reviews: %v", got)
	}
	f.check(5, map[string]crawler.Outcome{"/?p=12": crawler.Redirected, "/private/diary/": crawler.Disallowed, "/2020/05/the-kite/": crawler.Reviewed,
		"/wp-json/wp/v2/posts?per_page=100&page=2&orderby=modified&order=desc&_fields=link,modified_gmt": crawler.Listed})
	for path, n := range counts(web.Paths("")) {
		if n > 1 {
			t.Errorf("%s: asked %d times", path, n)
		}
	}

	before := len(web.Paths(""))
	f.crawl()
	again := web.Paths("")[before:]
	if n := slices.IndexFunc(again, func(p string) bool { return strings.Contains(p, "page=1&") }); n < 0 {
		t.Error("the archive was not asked again")
	}
	if slices.ContainsFunc(again, func(p string) bool { return strings.Contains(p, "page=2&") || strings.HasPrefix(p, "/2020/") }) {
		t.Errorf("asked again: %v", again)
	}
}

func counts(paths []string) map[string]int {
	n := map[string]int{}
	for _, p := range paths {
		n[p]++
	}
	return n
}

// An archive that the site keeps to itself, or that is none, is no failure, and is not asked for again in the next run.
func TestNoArchive(t *testing.T) {
	const at = "/wp-json/wp/v2/posts?per_page=100&page=1&orderby=modified&order=desc&_fields=link,modified_gmt"
	for _, tt := range []struct{ name, answer, why string }{
		{"401", "HTTP 401\nContent-Type: application/json\n\n" + `{"code":"rest_not_logged_in"}`, "no archive for us: status 401"},
		{"403", "HTTP 403\n\n", "no archive for us: status 403"},
		{"no route", "HTTP 404\nContent-Type: application/json\n\n" + `{"code":"rest_no_route"}`, "no archive for us: status 404"},
		{"no route, and all is well", "HTTP 200\nContent-Type: application/json\n\n" + `{"code":"rest_no_route"}`, "no archive for us: posts: no list of posts"},
		{"a page", "<!DOCTYPE html><title>Dry Dock</title>", "no archive for us: feed: failed to detect feed type"},
		{"a picture", "HTTP 200\nContent-Type: image/png\n\nPNG", "no archive for us: fetch {{url}}" + at + ": not HTML, and no archive: image/png"},
		{"redirect to a page", "HTTP 302\nLocation: /2020/05/the-gate/\n\n", "no archive for us: redirects to {{url}}/2020/05/the-gate/"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, web := serveSite(t, fmt.Sprintf(`
-- / --
<!DOCTYPE html><html><head><title>Dry Dock</title><link rel="https://api.w.org/" href="/wp-json/"></head><body class="home blog">
<ul><li><a href="/2020/05/the-ferry/">The Ferry</a></li><li><a href="/2020/05/the-gate/">The Gate</a></li></ul></body></html>
-- %s --
%s
-- /2020/05/the-ferry/ --
{{review The Ferry}}
-- /2020/05/the-gate/ --
{{review The Gate}}
`, at, tt.answer))
			for range 2 {
				f.crawl()
			}
			f.check(2, map[string]crawler.Outcome{at: crawler.Gone, "/2020/05/the-gate/": crawler.Reviewed})
			if got, want := f.why(at), strings.ReplaceAll(tt.why, "{{url}}", f.server.URL); got != want {
				t.Errorf("why: %s, want %s", got, want)
			}
			if n := counts(web.Paths(""))[at]; n != 1 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

// why is what is stored of the reason for a path's outcome.
func (f *faulty) why(path string) string {
	f.t.Helper()
	st, err := sqlite.Open(f.t.Context(), f.db)
	if err != nil {
		f.t.Fatal(err)
	}
	defer st.Close()
	s, err := st.TaskByURL(f.t.Context(), f.server.URL+path)
	if err != nil {
		f.t.Fatal(err)
	}
	return s.Why
}

// However the archive spells a post (by number, with http, with tracking parameters, at the mobile host), it is the page's review.
func TestArchiveSpellings(t *testing.T) {
	f := newTrapped(t, []string{"m.example.com"}, func(u *url.URL) string {
		switch {
		case u.Path == "/wp-json/wp/v2/posts":
			return `[{"link":"http://example.com/?p=7"},{"link":"http://example.com/2020/05/the-tram/?utm_source=api&utm_medium=rest"},
				{"link":"http://m.example.com/2020/05/the-lift/"},{"link":"https://m.example.com/2020/05/the-gate/?fbclid=1"},
				{"link":"//www.example.com/2020/05/the-kite/"},{"link":"https://example.com/2020/05/the-well/#more"}]`
		case u.Scheme == "http":
			return "->https://" + u.Host + u.RequestURI()
		case u.Query().Get("p") == "7":
			return "->/2020/05/the-ferry/"
		case u.Host == "m.example.com":
			return strings.Replace(sixReviews(u, "small"), "</head>", `<link rel="canonical" href="https://example.com`+u.Path+`"></head>`, 1)
		}
		return strings.Replace(sixReviews(u, ""), "</head>", `<link rel="https://api.w.org/" href="/wp-json/"></head>`, 1)
	})
	f.crawl()
	f.holds(nil)
	for range 2 { // and so it stays
		f.crawl()
	}
	f.holds(nil)
	st, err := sqlite.Open(t.Context(), f.db)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if err := st.Records(t.Context(), storage.Filter{}, func(r *storage.Record) error {
		if !strings.HasPrefix(r.Review.URL, "https://example.com/2020/05/the-") || r.Revision != 1 {
			t.Errorf("%s, revision %d", r.Review.URL, r.Revision)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

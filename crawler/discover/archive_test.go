package discover

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cinecrawl/crawler"
)

// Where a page's own head says that its platform's archive is.
func TestArchives(t *testing.T) {
	const wordpress = "per_page=100&page=1&orderby=modified&order=desc&_fields=link,modified_gmt"
	for _, tt := range []struct {
		name, head string
		link       string // header
		want       []string
		feeds      []string
	}{
		{name: "WordPress", head: `<link rel='https://api.w.org/' href='https://films.example/wp-json/' />`, want: []string{"https://films.example/wp-json/wp/v2/posts?" + wordpress}},
		{name: "WordPress in a folder, without rewriting", head: `<link rel="https://api.w.org/" href="https://films.example/blog/index.php/wp-json/">`,
			want: []string{"https://films.example/blog/index.php/wp-json/wp/v2/posts?" + wordpress}},
		{name: "WordPress without permalinks", head: `<link rel="https://api.w.org/" href="https://films.example/index.php?rest_route=/">`,
			want: []string{"https://films.example/index.php?rest_route=/wp/v2/posts&" + wordpress}},
		{name: "WordPress by its header", link: `<https://films.example/wp-json/>; rel="https://api.w.org/", <https://films.example/?p=1>; rel=shortlink`,
			want: []string{"https://films.example/wp-json/wp/v2/posts?" + wordpress}},
		{name: "WordPress by both", head: `<link rel='https://api.w.org/' href='/wp-json/'>`, link: `<https://films.example/wp-json/>; rel="https://api.w.org/"`,
			want: []string{"https://films.example/wp-json/wp/v2/posts?" + wordpress}},
		{name: "a post of WordPress in JSON is none", head: `<link rel="alternate" type="application/json" href="https://films.example/wp-json/wp/v2/posts/7">`},
		{name: "Blogger", head: `<link rel="alternate" type="application/atom+xml" href="https://films.example/feeds/posts/default">
			<link rel="alternate" type="application/rss+xml" href="https://films.example/feeds/posts/default?alt=rss">
			<link rel="service.post" type="application/atom+xml" href="https://www.blogger.example/feeds/17/posts/default">
			<link rel="alternate" type="application/atom+xml" href="https://films.example/feeds/99/comments/default">`,
			want:  []string{"https://films.example/feeds/posts/summary?max-results=150&start-index=1&orderby=updated&redirect=false"},
			feeds: []string{"https://films.example/feeds/99/comments/default"}},
		{name: "Squarespace", head: `<link rel="alternate" type="application/rss+xml" title="RSS Feed" href="https://films.example/reviews?format=rss">`,
			want: []string{"https://films.example/reviews?format=json"}, feeds: []string{"https://films.example/reviews?format=rss"}},
		{name: "Substack", head: `<link rel="preconnect" href="https://substackcdn.com">`, want: []string{"https://films.example/api/v1/archive?sort=new&offset=0&limit=50"}},
		{name: "JSON Feed", head: `<link rel="alternate" type="application/feed+json" href="/feed.json">`, feeds: []string{"https://films.example/feed.json"}},
		{name: "JSON Feed of version 1", head: `<link rel="alternate" type="application/json" href="/feed.json">`, want: []string{"https://films.example/feed.json"}},
		{name: "a link in the text", head: `<a rel="bookmark" href="https://substackcdn.com/x">x</a>`},
	} {
		f := Links(parse(t, tt.head), "https://films.example/")
		f.Header(http.Header{"Link": {tt.link}})
		if diff := cmp.Diff(tt.want, f.Archives); diff != "" {
			t.Errorf("%s: -want +got:\n%s", tt.name, diff)
		}
		if diff := cmp.Diff(tt.feeds, f.Feeds); diff != "" {
			t.Errorf("%s: feeds: -want +got:\n%s", tt.name, diff)
		}
	}
}

// many is a list of n posts in the form of format, with two verbs for a number.
func many(n int, format string) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(format, i, i%28+1))
	}
	return strings.Join(all, ",")
}

func TestArchivePages(t *testing.T) {
	const wordpress = `{"link":"https://films.example/post-%d/","modified_gmt":"2024-05-%02dT10:00:00"}`
	const squarespace = `{"id":"a","title":"Her","fullUrl":"/reviews/her-%d","urlId":"her","addedOn":1400000000000,"publishOn":1400000000000,"updatedOn":17000000%02d000}`
	const entry = `<entry><link rel="alternate" href="https://films.example/2024/05/her-%d.html"/><updated>2024-05-%02dT10:00:00Z</updated></entry>`
	site := &crawler.Site{Name: "films.example", Hosts: []string{"films.example"}}
	for _, tt := range []struct {
		name, url, body string
		header          http.Header
		depth           int
		outcome         crawler.Outcome
		why, first      string // the first post, with the day of its change
		posts           int
		next            string
	}{
		{name: "WordPress", url: "/wp-json/wp/v2/posts?per_page=100&page=1", body: "[" + many(100, wordpress) + "]", header: http.Header{"X-Wp-Totalpages": {"3"}},
			outcome: crawler.Listed, why: "100 entries, 100 in scope", posts: 100, first: "/post-0/ 2024-05-01", next: "/wp-json/wp/v2/posts?per_page=100&page=2"},
		{name: "WordPress, the last page", url: "/wp-json/wp/v2/posts?per_page=100&page=3", body: "[" + many(100, wordpress) + "]", header: http.Header{"X-Wp-Totalpages": {"3"}},
			outcome: crawler.Listed, why: "100 entries, 100 in scope", posts: 100, first: "/post-0/ 2024-05-01"},
		{name: "WordPress that does not count", url: "/index.php?rest_route=/wp/v2/posts&per_page=100&page=1", body: "[" + many(100, wordpress) + "]",
			outcome: crawler.Listed, why: "100 entries, 100 in scope", posts: 100, first: "/post-0/ 2024-05-01", next: "/index.php?rest_route=/wp/v2/posts&per_page=100&page=2"},
		{name: "WordPress, few", url: "/wp-json/wp/v2/posts?per_page=100&page=1", body: "[" + many(3, wordpress) + "]",
			outcome: crawler.Listed, why: "3 entries, 3 in scope", posts: 3, first: "/post-0/ 2024-05-01"},
		{name: "WordPress, the thousandth page", url: "/wp-json/wp/v2/posts?per_page=100&page=1000", body: "[" + many(100, wordpress) + "]", depth: crawler.MaxPageNo - 1,
			outcome: crawler.Listed, why: "100 entries, 100 in scope", posts: 100, first: "/post-0/ 2024-05-01"},
		{name: "WordPress without posts", url: "/wp-json/wp/v2/posts?per_page=100&page=1", body: "[]", outcome: crawler.Listed, why: "0 entries, 0 in scope"},
		{name: "WordPress, broken off", url: "/wp-json/wp/v2/posts?per_page=100&page=1", body: "[" + many(3, wordpress) + `,{"link":"https://films.ex`,
			outcome: crawler.Listed, why: "3 entries, 3 in scope; then posts: unexpected EOF", posts: 3, first: "/post-0/ 2024-05-01"},
		{name: "WordPress, local times and odd values", url: "/wp-json/wp/v2/posts?page=1", body: `[{"link":7},null,[1],{"link":"/a/","modified":"2024-05-01T10:00:00","date_gmt":{}}]`,
			outcome: crawler.Listed, why: "1 entries, 1 in scope", posts: 1, first: "/a/ 0001-01-01"},
		{name: "rest_no_route", url: "/wp-json/wp/v2/posts?page=1", body: `{"code":"rest_no_route","message":"No route was found","data":{"status":404}}`,
			outcome: crawler.Unreadable, why: "posts: no list of posts"},
		{name: "a page", url: "/wp-json/wp/v2/posts?page=1", body: `<!DOCTYPE html><title>Films</title>`, outcome: crawler.Unreadable, why: "feed: failed to detect feed type"},
		{name: "nested too deep", url: "/wp-json/wp/v2/posts?page=1", body: strings.Repeat("[", 100_000), outcome: crawler.Unreadable, why: "posts: invalid character '[' exceeded max depth"},
		{name: "Blogger", url: "/feeds/posts/summary?max-results=150&start-index=151&orderby=updated", body: `<feed xmlns="http://www.w3.org/2005/Atom">
			<link rel="next" type="application/atom+xml" href="https://www.blogger.example/feeds/1/posts/summary?start-index=301&amp;max-results=150"/>` +
			strings.ReplaceAll(many(30, entry), ",", "") + "</feed>",
			outcome: crawler.Listed, why: "30 entries, 30 in scope", posts: 30, first: "/2024/05/her-0.html 2024-05-01",
			next: "/feeds/posts/summary?max-results=150&start-index=181&orderby=updated"},
		{name: "Blogger, the last page", url: "/feeds/posts/summary?max-results=150&start-index=151", body: `<feed xmlns="http://www.w3.org/2005/Atom">` +
			strings.ReplaceAll(many(30, entry), ",", "") + "</feed>",
			outcome: crawler.Listed, why: "30 entries, 30 in scope", posts: 30, first: "/2024/05/her-0.html 2024-05-01"},
		{name: "Squarespace", url: "/reviews?format=json", body: `{"website":{"id":"x"},"collection":{"typeName":"blog-basic-grid"},"items":[` + many(20, squarespace) +
			`],"pagination":{"nextPage":true,"nextPageOffset":1399999999999,"nextPageUrl":"/reviews?offset=1399999999999","pageSize":20}}`,
			outcome: crawler.Listed, why: "20 entries, 20 in scope", posts: 20, first: "/reviews/her-0 2023-11-14", next: "/reviews?offset=1399999999999&format=json"},
		{name: "Squarespace, the last page", url: "/reviews?offset=1&format=json", body: `{"pagination":{"prevPage":true,"prevPageUrl":"/reviews"},"items":[` + many(2, squarespace) + `]}`,
			outcome: crawler.Listed, why: "2 entries, 2 in scope", posts: 2, first: "/reviews/her-0 2023-11-14"},
		{name: "Substack", url: "/api/v1/archive?sort=new&offset=50&limit=50", body: "[" + many(12, `{"id":%d,"canonical_url":"https://films.example/p/her","post_date":"2024-05-%02dT10:00:00.000Z","audience":"everyone"}`) + "]",
			outcome: crawler.Listed, why: "12 entries, 1 in scope", posts: 1, first: "/p/her 2024-05-01", next: "/api/v1/archive?sort=new&offset=62&limit=50"},
		{name: "Substack, the end", url: "/api/v1/archive?sort=new&offset=62&limit=50", body: "[]", outcome: crawler.Listed, why: "0 entries, 0 in scope"},
		{name: "JSON Feed", url: "/feed.json", body: `{"version":"https://jsonfeed.org/version/1.1","title":"Films","next_url":"https://films.example/feed.json?page=2",
			"items":[{"id":"1","url":"https://films.example/her/","external_url":"https://other.example/","date_published":"2024-05-01T10:00:00Z","date_modified":"2024-05-09T10:00:00+02:00"}]}`,
			outcome: crawler.Listed, why: "1 entries, 1 in scope", posts: 1, first: "/her/ 2024-05-09", next: "/feed.json?page=2"},
		{name: "JSON Feed that names itself", url: "/feed.json", body: `{"version":"https://jsonfeed.org/version/1.1","next_url":"https://films.example/feed.json","items":[{"url":"/her/"}]}`,
			outcome: crawler.Listed, why: "1 entries, 1 in scope", posts: 1, first: "/her/ 0001-01-01"},
		{name: "JSON Feed that names another host", url: "/feed.json", body: `{"next_url":"https://evil.example/feed.json","items":[{"url":"/her/"},{"url":"https://evil.example/x"}]}`,
			outcome: crawler.Listed, why: "2 entries, 1 in scope", posts: 1, first: "/her/ 0001-01-01"},
		{name: "links into traps", url: "/feed.json", body: `{"items":[{"url":"/wp-admin/"},{"url":"/?s=her"},{"url":"/her.jpg"},{"url":"javascript:x"}]}`,
			outcome: crawler.Listed, why: "4 entries, 0 in scope"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u := "https://films.example" + tt.url
			v := &crawler.Visit{Task: crawler.Task{URL: u, Kind: crawler.KindArchive, Depth: tt.depth}, Page: &crawler.Page{URL: u, Body: []byte(tt.body), Header: tt.header}}
			List(site, v)
			first, next := "", ""
			posts := 0
			for _, l := range v.Links {
				path := strings.TrimPrefix(l.URL, "https://films.example")
				switch l.Kind {
				case crawler.KindPage:
					if posts++; posts == 1 {
						first = path + " " + l.LastMod.Format(time.DateOnly)
					}
					if l.Depth != 0 || l.Found != crawler.FoundArchive {
						t.Errorf("%+v", l)
					}
				case crawler.KindArchive:
					next = path
					if l.Depth != tt.depth+1 || l.Found != crawler.FoundNext {
						t.Errorf("%+v", l)
					}
				}
			}
			got := []any{v.Outcome, v.Why, posts, first, next}
			if diff := cmp.Diff([]any{tt.outcome, tt.why, tt.posts, tt.first, tt.next}, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A feed names its next page (RFC 5005).
func TestPagedFeed(t *testing.T) {
	site := &crawler.Site{Name: "films.example", Hosts: []string{"films.example"}}
	v := &crawler.Visit{Task: crawler.Task{URL: "https://films.example/feed", Kind: crawler.KindFeed}, Page: &crawler.Page{URL: "https://films.example/feed",
		Body: []byte(strings.Replace(atom, "<title>", `<link rel="next" href="/feed?page=2"/><title>`, 1))}}
	List(site, v)
	if n := len(v.Links); n != 2 || v.Links[1].URL != "https://films.example/feed?page=2" || v.Links[1].Kind != crawler.KindArchive {
		t.Errorf("%+v", v.Links)
	}
}

func FuzzPosts(f *testing.F) {
	for _, s := range []string{
		`[{"link":"https://a.example/?p=1","modified_gmt":"2024-05-01T10:00:00"}]`,
		`[{"link":"/a","date":"2024-05-01T10:00:00","date_gmt":"2024-05-01T08:00:00","title":{"rendered":"A"},"content":{"rendered":"<p>A</p>"},"class_list":["b"]}]`,
		`{"items":[{"fullUrl":"/a","updatedOn":1700000000000}],"pagination":{"nextPage":true,"nextPageUrl":"/a?offset=1"}}`,
		`{"version":"https://jsonfeed.org/version/1.1","next_url":"/2","items":[{"url":"/a"}]}`,
		`[{"canonical_url":"/p/a","post_date":"2024-05-01T10:00:00.000Z"},`, `{"items":7}`, `{"code":"rest_no_route"}`,
	} {
		f.Add([]byte(s), "https://films.example/wp-json/wp/v2/posts?page=1&per_page=100", "9")
		f.Add([]byte(s), "https://films.example/api/v1/archive?offset=1", "")
	}
	f.Fuzz(func(t *testing.T, body []byte, raw, total string) {
		entries, next, err := Posts(body)
		for _, e := range entries {
			if e.URL == "" {
				t.Fatal("post without a URL")
			}
		}
		if len(entries) > MaxItems || err == nil && !json.Valid(firstValue(body)) {
			t.Fatalf("%d posts of %q", len(entries), body)
		}
		if u, err := url.Parse(raw); err == nil {
			further(u, http.Header{"X-Wp-Totalpages": {total}}, len(entries), next)
		}
	})
}

// firstValue is the JSON value at the start of a body; what follows it is not read.
func firstValue(body []byte) []byte {
	var value json.RawMessage
	_ = json.NewDecoder(strings.NewReader(strings.TrimPrefix(string(body), "\xef\xbb\xbf"))).Decode(&value)
	return value
}

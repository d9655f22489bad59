package crawler_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"cinecrawl/crawler"
	"cinecrawl/crawler/crawltest"
	"cinecrawl/crawler/discover"
	"cinecrawl/crawler/fetch"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

const films = `
-- /robots.txt --
User-agent: *
Disallow: /private/
Sitemap: http://{{host}}/posts.xml.gz
-- / --
<link rel="alternate" type="application/rss+xml" href="/feed/">
<a href="/2024/01/heat/?utm_source=front">Heat</a> <a href="/page/2/" rel="next">older</a> <a href="/private/x">private</a>
<a href="/heat.jpg">picture</a> <a href="/?s=heat">search</a> <a href="http://other.example/">elsewhere</a> <a href="/old">old</a>
-- /page/2/ --
<a href="/2024/01/ran/">Ran</a> <a href="/away">away</a> <a rel="nofollow" href="/login-to-see">x</a> <a href="/page/1/">newer</a>
-- /page/1/ --
HTTP 301
Location: /

-- /2024/01/heat/ --
<p>A heist.
-- /2024/01/ran/ --
<p>A king.
-- /old --
HTTP 302
Location: /2024/01/heat/#top

-- /away --
HTTP 302
Location: http://other.example/

-- /feed/ --
HTTP 200
Content-Type: application/rss+xml

<rss version="2.0"><channel><title>Films</title><item><link>http://{{host}}/2023/12/ikiru/</link></item></channel></rss>
-- /2023/12/ikiru/ --
<p>A clerk.
-- /posts.xml.gz --
<sitemapindex><sitemap><loc>http://{{host}}/posts-1.xml</loc></sitemap></sitemapindex>
-- /posts-1.xml --
<urlset><url><loc>http://{{host}}/1999/unlinked-and-old/</loc><lastmod>1999-05-05</lastmod></url><url><loc>http://{{host}}/gone</loc></url></urlset>
-- /1999/unlinked-and-old/ --
<p>A find.
`

// A whole site over the network: robots.txt, sitemaps, feed, pagination, redirects, and each URL asked once.
func TestWholeSite(t *testing.T) {
	web, url := crawltest.Start(t, films)
	host := strings.TrimPrefix(url, "http://")
	site := &crawler.Site{Name: "films", Hosts: []string{host}, Named: true, Start: []string{url}}
	seeds, err := site.Seeds()
	if err != nil {
		t.Fatal(err)
	}
	fetcher, err := fetch.New(fetch.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer fetcher.Close()
	frontier := crawler.NewMemory(seeds...)
	c := &crawler.Crawl{
		Frontier:   frontier,
		NewFetcher: fetcher.Worker,
		Pacer:      fetcher,
		Sites:      []*crawler.Site{site},
		Handle: func(_ context.Context, site *crawler.Site, v *crawler.Visit) error {
			if v.Task.Kind != crawler.KindPage {
				discover.List(site, v)
				return nil
			}
			body, err := v.Page.UTF8()
			if err != nil {
				return err
			}
			root, err := html.Parse(bytes.NewReader(body))
			if err != nil {
				return err
			}
			v.Links = discover.Page(site, v.Task, discover.Links(root, v.Page.URL))
			v.Outcome = crawler.NotReview
			if bytes.HasPrefix(body, []byte("<p>")) {
				v.Outcome = crawler.Reviewed
			}
			return nil
		},
	}
	results, err := c.Run(t.Context())
	if err != nil || len(results) != 1 || !strings.HasPrefix(results[0].Why, "done; URLs not followed: 2: ") || results[0].Err != nil {
		t.Fatalf("%v, %+v", err, results)
	}
	got := map[string]string{}
	for u, outcome := range frontier.Outcomes() {
		got[strings.TrimPrefix(u, url)] = outcome
	}
	want := map[string]string{
		"/": "not_review", "/page/2/": "not_review", "/page/1/": "redirected", "/2024/01/heat/": "review", "/2024/01/ran/": "review",
		"/old": "redirected", "/away": "out_of_scope", "/private/x": "disallowed", "/feed/": "listed", "/2023/12/ikiru/": "review",
		"/posts.xml.gz": "listed", "/posts-1.xml": "listed", "/1999/unlinked-and-old/": "review", "/gone": "gone",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	paths := web.Paths(host)
	if paths[0] != "/robots.txt" || paths[1] != "/" {
		t.Errorf("first asked: %v", paths[:2])
	}
	slices.Sort(paths)
	if len(slices.Compact(slices.Clone(paths))) != len(paths) {
		t.Errorf("asked twice: %v", paths)
	}
}

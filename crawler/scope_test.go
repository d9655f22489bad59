package crawler

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestInScope(t *testing.T) {
	plain := &Site{Name: "films.example", Hosts: []string{"films.example"}, Start: []string{"https://films.example/?s=start"}}
	ruled := &Site{Name: "films.example", Hosts: []string{"www.films.example", "blog.films.example:8080"}, Depth: 3,
		Start:  []string{"https://films.example/front"},
		Allow:  []*regexp.Regexp{regexp.MustCompile(`^/(reviews|page)/`)},
		Deny:   []*regexp.Regexp{regexp.MustCompile(`/news/`)},
		Review: []*regexp.Regexp{regexp.MustCompile(`^/calendar/20\d\d/`)}}
	for _, tt := range []struct {
		name, url string
		site      *Site
		depth     int
		why       string // after "+" or "-"
	}{
		{"page", "https://films.example/heat/", plain, 1, "+page of the site"},
		{"www twin", "https://www.films.example/heat/", plain, 1, "+page of the site"},
		{"bare twin", "https://films.example/reviews/heat/", ruled, 1, "+allow pattern ^/(reviews|page)/"},
		{"other scheme", "http://films.example/heat/", plain, 1, "+page of the site"},
		{"other host", "https://other.example/heat/", plain, 1, "-host other.example is not of the site"},
		{"subdomain", "https://shop.films.example/", plain, 1, "-host shop.films.example is not of the site"},
		{"other port", "https://films.example:8443/", plain, 1, "-host films.example:8443 is not of the site"},
		{"port that is named", "http://blog.films.example:8080/reviews/a", ruled, 1, "+allow pattern ^/(reviews|page)/"},
		{"depth at the default", "https://films.example/a", plain, 20, "+page of the site"},
		{"depth over the default", "https://films.example/a", plain, 21, "-depth 21 (limit 20)"},
		{"depth over the site's", "https://films.example/reviews/a", ruled, 4, "-depth 4 (limit 3)"},
		{"denied", "https://films.example/reviews/news/a", ruled, 1, "-deny pattern /news/"},
		{"not allowed", "https://films.example/about", ruled, 1, "-no allow pattern matches"},
		{"start page needs no allowance", "https://films.example/front", ruled, 1, "+start page"},
		{"start page is no trap", "https://films.example/?s=start", plain, 0, "+start page"},
		{"review pattern over a trap", "https://films.example/calendar/2024/heat", ruled, 1, `+review pattern ^/calendar/20\d\d/`},
		{"picture", "https://films.example/heat.JPG", plain, 1, "-file type .jpg"},
		{"picture with a query", "https://films.example/heat.png?w=300", plain, 1, "-file type .png"},
		{"html", "https://films.example/heat.html", plain, 1, "+page of the site"},
		{"film title with a dot", "https://films.example/mr.brooks", plain, 1, "+page of the site"},
		{"date path", "https://films.example/2010/10/10/heat/", plain, 1, "+page of the site"},
		{"calendar", "https://films.example/calendar/2024-05/", plain, 1, "-calendar"},
		{"calendar by another name", "https://films.example/events/2031/05/", plain, 1, "-calendar"},
		{"calendar's views", "https://films.example/agenda/month/2031-05", plain, 1, "-calendar"},
		{"report of an event", "https://films.example/events/2024/festival-diary/", plain, 1, "+page of the site"},
		{"film named calendar", "https://films.example/calendar/", plain, 1, "+page of the site"},
		{"calendar parameters", "https://films.example/events?month=5&year=2031", plain, 1, "-calendar"},
		{"reviews of a year", "https://films.example/reviews?year=1999", plain, 1, "+page of the site"},
		{"session id", "https://films.example/?PHPSESSID=ab12", plain, 1, "-session id: PHPSESSID"},
		{"session id in the path", "https://films.example/a;jsessionid=AB12", plain, 1, "-session id in the path"},
		{"section id", "https://films.example/?sid=12", plain, 1, "+page of the site"},
		{"six parameters of a review", "https://films.example/index.php?option=com_content&view=article&id=3:heat&catid=1&Itemid=2&lang=en", plain, 1, "+page of the site"},
		{"eight parameters", "https://films.example/?a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8", plain, 1, "+page of the site"},
		{"nine parameters", "https://films.example/?a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9", plain, 1, "-more than 8 query parameters"},
		{"parameter thrice", "https://films.example/?g=1&g=2&g=3", plain, 1, "-query parameter repeated: g"},
		{"segment thrice", "https://films.example/a/b/a/b/a/", plain, 1, "-path segment repeated: a"},
		{"day twice", "https://films.example/10/10/10/", plain, 1, "+page of the site"},
		{"page 1000", "https://films.example/page/1000/", plain, 1, "+page of the site"},
		{"page 1001", "https://films.example/page/1001/", plain, 1, "-page 1001 of a list (limit 1000)"},
		{"page of an endless number", "https://films.example/page/99999999999999999999/", plain, 1, "-page 99999999999999999999 of a list (limit 1000)"},
		{"page parameter", "https://films.example/reviews?page=5000", plain, 1, "-page 5000 of a list (limit 1000)"},
		{"long path", "https://films.example/" + strings.Repeat("a", 1024), plain, 1, "-path of 1025 bytes (limit 1024)"},
		{"many segments", "https://films.example/a/b/c/d/e/f/g/h/i/j/k/l/m", plain, 1, "-path of 13 segments (limit 12)"},
		{"amp", "https://films.example/heat/amp/", plain, 1, "-amp twin of a page"},
		{"film named amp", "https://films.example/amp/", plain, 1, "+page of the site"},
		{"amp parameter", "https://films.example/heat/?amp", plain, 1, "-twin of a page: amp"},
		{"print", "https://films.example/heat/print/", plain, 1, "-print twin of a page"},
		{"mobile", "https://films.example/2024/01/heat.html?m=1", plain, 1, "-twin of a page: m=1"},
		{"month", "https://films.example/?m=202401", plain, 1, "+page of the site"},
		{"json", "https://films.example/blog/heat?format=json", plain, 1, "-twin of a page: format=json"},
		{"feed", "https://films.example/heat/feed/", plain, 1, "-a feed, no page"},
		{"atom feed", "https://films.example/heat/feed/atom/", plain, 1, "-a feed, no page"},
		{"comments", "https://films.example/heat/comment-page-2/", plain, 1, "-comment page of an article"},
		{"search", "https://films.example/?s=heat", plain, 1, "-site search"},
		{"older posts", "https://films.example/search?updated-max=2024-01-01T00:00:00Z&max-results=7", plain, 1, "+page of the site"},
		{"order", "https://films.example/reviews?orderby=title", plain, 1, "-list in another order: orderby"},
		{"platform", "https://films.example/wp-json/wp/v2/posts/1", plain, 1, "-machinery of the platform: wp-json"},
		{"login", "https://films.example/account/login", plain, 1, "-account or shop page: login"},
		{"film named login", "https://films.example/2020/05/login/", plain, 1, "+page of the site"},
		{"film named login, by the day", "https://films.example/blog/2020/05/31/login", plain, 1, "+page of the site"},
		{"film named cart, among reviews", "https://films.example/film-reviews/cart", plain, 1, "+page of the site"},
		{"film named print", "https://films.example/2020/05/print/", plain, 1, "+page of the site"},
		{"login to a review", "https://films.example/2020/05/heat/login/", plain, 1, "-account or shop page: login"},
		{"login at the front", "https://films.example/login/", plain, 1, "-account or shop page: login"},
		{"login of a numbered forum", "https://films.example/forum/12/login/", plain, 1, "-account or shop page: login"},
		{"print of a review", "https://films.example/2020/05/heat/print/", plain, 1, "-print twin of a page"},
		{"feed of a month", "https://films.example/2020/05/feed/", plain, 1, "-a feed, no page"},
		{"broken link", "https://films.example/http://films.example/a", plain, 1, "-URL inside the path"},
		{"filters", "https://films.example/?f%5B0%5D=a&f%5B1%5D=b&f%5B2%5D=c", plain, 1, "-mix of filters"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ok, why := tt.site.InScope(tt.url, tt.depth)
			got := "-" + why
			if ok {
				got = "+" + why
			}
			if got != tt.why {
				t.Errorf("got %q, want %q", got, tt.why)
			}
		})
	}
}

// A sitemap index that robots.txt names on another host (sitemaps.org, "Sitemaps & Cross Submits") has its sitemaps there.
func TestCrossSubmits(t *testing.T) {
	s := &Site{Name: "films.example", Hosts: []string{"films.example"}}
	index := Task{URL: "https://maps.example/index.xml", Kind: KindSitemap, Found: FoundRobots, From: "https://films.example/"}
	for _, tt := range []struct {
		url  string
		kind Kind
		want bool
	}{
		{"https://maps.example/1.xml.gz", KindSitemap, true},
		{"https://elsewhere.example/1.xml", KindSitemap, false},
		{"https://films.example/1.xml", KindSitemap, true},
		{"https://films.example/heat/", KindPage, true},
		{"https://maps.example/heat/", KindPage, false},
	} {
		if got, ok, why := s.Link(index, tt.url, tt.kind, FoundSitemap); ok != tt.want {
			t.Errorf("%s: %v, %s", tt.url, ok, why)
		} else if ok, why := s.Admits(got); ok != tt.want {
			t.Errorf("%s: admits %v, %s", tt.url, ok, why)
		}
	}
}

func TestLink(t *testing.T) {
	s := &Site{Name: "films.example", Hosts: []string{"films.example"}, Review: []*regexp.Regexp{regexp.MustCompile(`^/reviews/[^/]+$`)}}
	from := Task{URL: "https://films.example/", Depth: 2}
	for _, tt := range []struct {
		name, path  string
		kind        Kind
		found       Found
		depth, hint int
		why         string
	}{
		{"review", "/reviews/heat", KindPage, FoundLink, 3, hintReview, ""},
		{"article", "/2024/01/heat/", KindPage, FoundLink, 3, hintArticle, ""},
		{"long slug", "/heat-is-a-masterpiece", KindPage, FoundLink, 3, hintArticle, ""},
		{"pagination", "/page/2/", KindPage, FoundLink, 2, hintListing, ""},
		{"older posts", "/search?updated-max=2024", KindPage, FoundLink, 2, hintListing, ""},
		{"next", "/older", KindPage, FoundNext, 2, hintOther, ""},
		{"category", "/category/drama/", KindPage, FoundLink, 3, hintListing, ""},
		{"tag", "/tag/neo-noir-from-the-nineties/", KindPage, FoundLink, 3, hintTag, ""},
		{"page of a tag", "/tag/noir/page/2/", KindPage, FoundLink, 2, hintTag, ""},
		{"label", "/search/label/noir", KindPage, FoundLink, 3, hintTag, ""},
		{"month", "/2024/01/", KindPage, FoundLink, 3, hintTag, ""},
		{"about", "/about", KindPage, FoundLink, 3, hintOther, ""},
		{"from a sitemap", "/about", KindPage, FoundSitemap, 2, hintOther, ""},
		{"feed", "/feed/", KindFeed, FoundAuto, 2, hintSource, ""},
		{"feed of comments", "/comments/feed/", KindFeed, FoundAuto, 2, 0, "feed of comments"},
		{"sitemap", "/sitemap.xml", KindSitemap, FoundRobots, 2, hintSource, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok, why := s.Link(from, "https://films.example"+tt.path, tt.kind, tt.found)
			if ok != (tt.why == "") || !ok && why != tt.why {
				t.Fatalf("%v, %q; want %q", ok, why, tt.why)
			}
			want := Task{URL: "https://films.example" + tt.path, Site: "films.example", Host: "films.example", Kind: tt.kind, Depth: tt.depth,
				Found: tt.found, From: from.URL, Hint: tt.hint}
			if tt.found == FoundLink && tt.depth == from.Depth { // a further page of a list costs no depth
				want.Found = FoundNext
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	far := Task{URL: "https://cdn.example/map.xml", Kind: KindSitemap, Found: FoundRobots}
	if ok, _ := s.Admits(far); !ok {
		t.Error("robots.txt may name a sitemap on another host")
	}
	far.Found = FoundSitemap
	if ok, _ := s.Admits(far); ok {
		t.Error("a sitemap index may not")
	}
}

// What guesses leave out is told at the end of a run: each URL once, by the rule, with an example; what the configuration or the file type
// leaves out is not, nor other hosts.
func TestLeft(t *testing.T) {
	s := &Site{Name: "films.example", Hosts: []string{"films.example"}, Deny: []*regexp.Regexp{regexp.MustCompile("^/news/")}, left: newLeftOut()}
	from := Task{URL: "https://films.example/", Kind: KindPage, Found: FoundStart}
	diff(t, "nothing", "", s.left.notes())
	for range 3 {
		for _, u := range []string{"/heat/", "/account/login", "/cart", "/?s=heat", "/news/a", "/heat.jpg", "/page/1001/", "/page/1002/", "/page/1003/"} {
			s.Link(from, "https://films.example"+u, KindPage, FoundLink)
		}
		s.Link(from, "https://elsewhere.example/login", KindPage, FoundLink)
		s.Leave(Task{URL: "https://films.example/heat/?ref=1", Kind: KindPage}, "rel=nofollow")
	}
	diff(t, "notes", `URLs not followed: 7: 3 by "page 1001 of a list (limit 1000)", as https://films.example/page/1001/, `+
		`2 by "account or shop page: login", as https://films.example/account/login, 1 by "site search", as https://films.example/?s=heat, `+
		`1 by "rel=nofollow", as https://films.example/heat/?ref=1`, s.left.notes())
	for i := range 2 * maxLeft {
		s.Link(from, fmt.Sprintf("https://films.example/?s=%d", i), KindPage, FoundLink)
	}
	if got := s.left.notes(); !strings.HasPrefix(got, "URLs not followed: over 4096: ") || len(s.left.seen) > maxLeft {
		t.Errorf("many: %.100s, %d kept", got, len(s.left.seen))
	}
}

func TestSeeds(t *testing.T) {
	s := &Site{Name: "films.example", Hosts: []string{"films.example"}, Start: []string{"https://Films.example"},
		Sitemaps: []string{"https://cdn.example/map.xml"}, Feeds: []string{"https://films.example/feed#x"}}
	got, err := s.Seeds()
	if err != nil {
		t.Fatal(err)
	}
	want := []Task{
		{URL: "https://films.example/", Site: "films.example", Host: "films.example", Kind: KindPage, Found: FoundStart, Hint: hintSource},
		{URL: "https://cdn.example/map.xml", Site: "films.example", Host: "cdn.example", Kind: KindSitemap, Found: FoundStart, Hint: hintSource},
		{URL: "https://films.example/feed", Site: "films.example", Host: "films.example", Kind: KindFeed, Found: FoundStart, Hint: hintSource},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, start := range []string{"films.example", "https://other.example/"} {
		if _, err := (&Site{Name: "x", Hosts: s.Hosts, Start: []string{start}}).Seeds(); err == nil || !strings.Contains(err.Error(), start) {
			t.Errorf("start %q: %v", start, err)
		}
	}
}

func FuzzInScope(f *testing.F) {
	f.Add("https://films.example/a/calendar/1?x[]=1&page=")
	f.Add("https://films.example/page-/feed//.")
	s := &Site{Name: "films.example", Hosts: []string{"films.example"}}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := Canonical(raw, nil)
		if err != nil {
			return
		}
		if _, why := s.InScope(u, 1); why == "" {
			t.Fatalf("%q: no reason", u)
		}
		s.Link(Task{URL: u}, u, KindPage, FoundLink)
	})
}

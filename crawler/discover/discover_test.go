package discover

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"cinecrawl/crawler"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

func parse(t testing.TB, s string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func TestLinks(t *testing.T) {
	const page = "https://films.example/2024/"
	link := func(urls ...string) (ls []Link) {
		for _, u := range urls {
			ls = append(ls, Link{URL: u})
		}
		return ls
	}
	for _, tt := range []struct {
		name, html string
		want       Found
	}{
		{"in document order, each once", `<a href="b">1</a><p><a href=/a>2</a></p><a href="https://films.example/2024/b#c">3</a><map><area href="c"></map>`,
			Found{Links: link("https://films.example/2024/b", "https://films.example/a", "https://films.example/2024/c")}},
		{"nothing to follow", `<a>1</a><a name=x href="#x">2</a><a href="mailto:jo@films.example">3</a><a href="JavaScript:void(0)">4</a><a href="">5</a>
			<a href="tel:1">6</a><a href="data:,x">7</a><a href="http://[">8</a>`, Found{}},
		{"a colon later on is no scheme", `<a href="/film:heat">1</a><a href="?a:b">2</a>`,
			Found{Links: link("https://films.example/film:heat", "https://films.example/2024/?a:b")}},
		{"base", `<base href="//cdn.example/x/"><base href="/y/"><a href="b">1</a>`, Found{Links: link("https://cdn.example/x/b")}},
		{"base that is none", `<base href="mailto:jo"><a href="b">1</a>`, Found{Links: link("https://films.example/2024/b")}},
		{"nofollow", `<a rel="external NoFollow" href=a>1</a><a rel=ugc href=b>2</a><a href=b>3</a>`,
			Found{Links: []Link{{URL: "https://films.example/2024/a", NoFollow: true}, {URL: "https://films.example/2024/b"}}}},
		{"next", `<link rel=next href="/page/2/"><a href="/page/2/">2</a><a rel="prev" href="/page/0/">0</a>`,
			Found{Links: []Link{{URL: "https://films.example/page/2/", Next: true}, {URL: "https://films.example/page/0/", Next: true}}}},
		{"feeds", `<link rel="alternate" type="application/rss+xml" href="/feed/"><link rel=alternate type="application/atom+xml; charset=utf-8" href="/atom">
			<link rel=alternate hreflang=fr href="/fr/"><link rel=alternate type="application/json" href="/wp-json/1">`,
			Found{Feeds: []string{"https://films.example/feed/", "https://films.example/atom"}}},
		{"canonical", `<link rel="Canonical" href="/heat/?utm_source=x">`, Found{Canonical: "https://films.example/heat/"}},
		{"canonical twice the same", `<link rel=canonical href="/heat/"><link rel=canonical href="/heat/">`, Found{Canonical: "https://films.example/heat/"}},
		{"canonicals that disagree", `<link rel=canonical href="/heat/"><link rel=canonical href="/ran/"><link rel=canonical href="/heat/">`, Found{}},
		{"robots", `<meta name=ROBOTS content="noindex, NoArchive,max-snippet:-1">`, Found{NoIndex: true, NoArchive: true}},
		{"robots for this crawler", `<meta name=cinecrawl content="none">`, Found{NoIndex: true, NoFollow: true}},
		{"robots for another", `<meta name=googlebot content="none">`, Found{}},
		{"links in svg are drawings", `<svg><a href="/x"><text>1</text></a></svg>`, Found{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Links(parse(t, tt.html), page)
			if len(got.Links) == 0 {
				got.Links = nil
			}
			if diff := cmp.Diff(&tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	t.Run("bounded", func(t *testing.T) {
		var b strings.Builder
		for i := range MaxLinks + 7 {
			fmt.Fprintf(&b, "<a href=%d>x</a>", i)
		}
		if got := Links(parse(t, b.String()), page); len(got.Links) != MaxLinks || got.Left != 7 {
			t.Errorf("%d links, %d left", len(got.Links), got.Left)
		}
	})
	t.Run("deep", func(t *testing.T) {
		root := &html.Node{Type: html.DocumentNode}
		for n, i := root, 0; i < 100_000; i++ {
			child := &html.Node{Type: html.ElementNode, Data: "a", Attr: []html.Attribute{{Key: "href", Val: "/x"}}}
			n.AppendChild(child)
			n = child
		}
		if got := Links(root, page); len(got.Links) != 1 {
			t.Errorf("%d links", len(got.Links))
		}
	})
}

func TestHeader(t *testing.T) {
	for _, tt := range []struct {
		field string
		want  Found
	}{
		{"noindex, nofollow", Found{NoIndex: true, NoFollow: true}},
		{"cinecrawl: noarchive", Found{NoArchive: true}},
		{"otherbot: noindex", Found{}},
		{"max-snippet:20, noindex", Found{NoIndex: true}},
		{"unavailable_after: 25 Jun 2010 15:00:00 PST", Found{}},
		{"otherbot: noindex, noarchive, Cinecrawl: nofollow, noarchive", Found{NoFollow: true, NoArchive: true}},
		{"none", Found{NoIndex: true, NoFollow: true}},
	} {
		var got Found
		got.Header(http.Header{"X-Robots-Tag": {tt.field}})
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", tt.field, diff)
		}
	}
}

func gz(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

const urlset = `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<!-- made by hand -->
<url><loc> https://films.example/heat/?a=1&amp;b=2 </loc><lastmod>2024-01-02T03:04:05+02:00</lastmod>
  <image:image><image:loc>https://films.example/heat.jpg</image:loc></image:image></url>
<url><lastmod>2024-01-02</lastmod><loc><![CDATA[https://films.example/ran/]]></loc><priority>0.5</priority></url>
<url><image:loc>https://films.example/x.jpg</image:loc></url>
</urlset>`

func TestSitemap(t *testing.T) {
	heat := Entry{"https://films.example/heat/?a=1&b=2", time.Date(2024, 1, 2, 1, 4, 5, 0, time.UTC), nil}
	ran := Entry{"https://films.example/ran/", time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC), nil}
	for _, tt := range []struct {
		name, body string
		entries    []Entry
		nested     []string
		err        string
	}{
		{name: "urlset", body: urlset, entries: []Entry{heat, ran, {URL: "https://films.example/x.jpg"}}},
		{name: "gzip", body: gz(urlset), entries: []Entry{heat, ran, {URL: "https://films.example/x.jpg"}}},
		{name: "index", body: "\xef\xbb\xbf\n" + `<sitemapindex><sitemap><loc>https://films.example/1.xml</loc><lastmod>2024</lastmod></sitemap><sitemap><loc>/2.xml.gz</loc></sitemap></sitemapindex>`,
			nested: []string{"https://films.example/1.xml", "/2.xml.gz"}},
		{name: "text", body: "https://films.example/a\r\n\r\nhttp://films.example/b\n", entries: []Entry{{URL: "https://films.example/a"}, {URL: "http://films.example/b"}}},
		{name: "text that is none", body: "https://films.example/a\nNot found", entries: []Entry{{URL: "https://films.example/a"}}, err: `sitemap: line "Not found" is no URL`},
		{name: "prefix", body: `<s:urlset xmlns:s="x"><s:url><s:loc>https://films.example/a</s:loc></s:url></s:urlset>`, entries: []Entry{{URL: "https://films.example/a"}}},
		{name: "Latin-1", body: `<?xml version="1.0" encoding="ISO-8859-1"?><urlset><url><loc>https://films.example/` + "\xe9" + `</loc></url></urlset>`,
			entries: []Entry{{URL: "https://films.example/é"}}},
		{name: "bare ampersand", body: `<urlset><url><loc>https://films.example/?a=1&b=2</loc></url></urlset>`, entries: []Entry{{URL: "https://films.example/?a=1&b=2"}}},
		{name: "broken off", body: urlset[:strings.Index(urlset, "<priority")], entries: []Entry{heat}, err: "sitemap: unexpected EOF"},
		{name: "broken gzip", body: gz(strings.Repeat(urlset[:60], 900))[:40], err: "sitemap: unexpected EOF"},
		{name: "a page", body: "<!DOCTYPE html><html><body>Not found</body></html>", err: "sitemap: root element <html> is neither urlset nor sitemapindex"},
		{name: "empty", body: " \n", err: "sitemap: empty body"},
		{name: "nested too deep", body: "<urlset>" + strings.Repeat("<a>", 1000), err: "sitemap: elements nested deeper than 32"},
		{name: "entity bomb", body: `<!DOCTYPE u [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><urlset><url><loc>https://films.example/&b;</loc></url></urlset>`,
			entries: []Entry{{URL: "https://films.example/&b;"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			entries, nested, err := Sitemap([]byte(tt.body))
			if diff := cmp.Diff(tt.entries, entries); diff != "" {
				t.Errorf("entries: -want +got:\n%s", diff)
			}
			if diff := cmp.Diff(tt.nested, nested); diff != "" {
				t.Errorf("nested: -want +got:\n%s", diff)
			}
			if msg := fmt.Sprint(err); err != nil && msg != tt.err || err == nil && tt.err != "" {
				t.Errorf("error %q, want %q", msg, tt.err)
			}
		})
	}
	t.Run("too many", func(t *testing.T) {
		body := "<urlset>" + strings.Repeat("<url><loc>https://films.example/</loc></url>", MaxEntries+1) + "</urlset>"
		if entries, _, err := Sitemap([]byte(body)); len(entries) != MaxEntries || err == nil {
			t.Errorf("%d entries, %v", len(entries), err)
		}
	})
	for name, bomb := range map[string]struct{ body, err string }{
		"gzip bomb of one text":  {"<urlset>" + strings.Repeat(" ", 2*maxRun), "sitemap: more than 1048576 bytes without a tag"},
		"gzip bomb of one tag":   {"<urlset " + strings.Repeat("a", 2*maxRun), "sitemap: more than 1048576 bytes without a tag"},
		"gzip bomb of text file": {"http://films.example/" + strings.Repeat(strings.Repeat(" ", 8191)+"\n", (4<<20)>>13), "sitemap: larger than 4194304 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := sitemap([]byte(gz(bomb.body)), 4<<20); err == nil || err.Error() != bomb.err {
				t.Error(err)
			}
		})
	}
}

func TestW3CTime(t *testing.T) {
	for s, want := range map[string]string{
		"2024":                             "2024-01-01T00:00:00Z",
		"2024-03":                          "2024-03-01T00:00:00Z",
		"2024-03-05":                       "2024-03-05T00:00:00Z",
		"2024-03-05T10:11Z":                "2024-03-05T10:11:00Z",
		"2024-03-05T10:11:12Z":             "2024-03-05T10:11:12Z",
		"2024-03-05T10:11:12.345678+01:00": "2024-03-05T09:11:12.345678Z",
		"2024-03-05T10:11:12+0100":         "2024-03-05T09:11:12Z",
		"2024-03-05 10:11":                 "2024-03-05T10:11:00Z",
		"yesterday":                        "0001-01-01T00:00:00Z",
		"0000-00-00":                       "0001-01-01T00:00:00Z",
		"":                                 "0001-01-01T00:00:00Z",
	} {
		if got := w3cTime(s).Format(time.RFC3339Nano); got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	}
}

const rss = `<?xml version="1.0"?><rss version="2.0" xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"><channel><title>Films</title>
<item><title>Heat</title><link>https://films.example/heat/</link><pubDate>Tue, 02 Jan 2024 03:04:05 +0000</pubDate></item>
<item><title>Ran</title><link>https://proxy.example/1</link><feedburner:origLink>https://films.example/ran/</feedburner:origLink></item>
<item><title>Ikiru</title><guid>https://films.example/ikiru/</guid></item>
<item><title>Nothing</title></item></channel></rss>`

const atom = `<feed xmlns="http://www.w3.org/2005/Atom"><title>Films</title>
<entry><title>Heat</title><link rel="replies" href="https://films.example/heat/comments"/><link rel="alternate" href="https://films.example/heat/"/>
<published>2024-01-02T03:04:05Z</published><updated>2024-02-02T03:04:05Z</updated></entry></feed>`

func TestFeed(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		want       []Entry
		err        bool
	}{
		{"RSS", rss, []Entry{{"https://films.example/heat/", time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC), nil}, {URL: "https://films.example/ran/"}, {URL: "https://films.example/ikiru/"}}, false},
		{"Atom", atom, []Entry{{"https://films.example/heat/", time.Date(2024, 2, 2, 3, 4, 5, 0, time.UTC), nil}}, false},
		{"a page", "<html><body>Not found</body></html>", nil, true},
		{"empty", "", nil, true},
		{"too large", strings.Repeat(" ", MaxFeed+1), nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := Feed([]byte(tt.body))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if (err != nil) != tt.err {
				t.Error(err)
			}
		})
	}
}

func TestPage(t *testing.T) {
	site := &crawler.Site{Name: "films.example", Hosts: []string{"films.example"}}
	root := parse(t, `<link rel=alternate type="application/rss+xml" href="/feed/"><a href="/heat/">1</a><a rel=next href="/older">2</a>
		<a href="https://other.example/">3</a><a rel=nofollow href="/ran/">4</a><a href="/">5</a><a href="/a.jpg">6</a>`)
	f := Links(root, "https://films.example/")
	urls := func(tasks []crawler.Task) (s []string) {
		for _, t := range tasks {
			s = append(s, fmt.Sprintf("%s %s %s %d", t.URL, t.Kind, t.Found, t.Depth))
		}
		return s
	}
	front := crawler.Task{URL: "https://films.example/", Found: crawler.FoundStart}
	if diff := cmp.Diff([]string{"https://films.example/feed/ feed auto 0", "https://films.example/heat/ page link 1", "https://films.example/older page next 0"},
		urls(Page(site, front, f))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	inner := crawler.Task{URL: "https://films.example/heat/", Depth: 1}
	if diff := cmp.Diff([]string{"https://films.example/older page next 1", "https://films.example/ page link 2"},
		urls(Page(site, inner, f))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	f.NoFollow = true
	if got := Page(site, front, f); len(got) != 0 {
		t.Error(got)
	}
}

func TestList(t *testing.T) {
	site := &crawler.Site{Name: "films.example", Hosts: []string{"films.example"}}
	for _, tt := range []struct {
		name, body string
		kind       crawler.Kind
		outcome    crawler.Outcome
		why        string
		links      []string
	}{
		{"sitemap", urlset, crawler.KindSitemap, crawler.Listed, "3 entries, 2 in scope", []string{"https://films.example/heat/?a=1&b=2 sitemap", "https://films.example/ran/ sitemap"}},
		{"feed", rss, crawler.KindFeed, crawler.Listed, "3 entries, 3 in scope", []string{"https://films.example/heat/ feed", "https://films.example/ran/ feed", "https://films.example/ikiru/ feed"}},
		{"feed named as sitemap", atom, crawler.KindSitemap, crawler.Listed, "1 entries, 1 in scope", []string{"https://films.example/heat/ feed"}},
		{"broken off", "<urlset><url><loc>/a</loc></url><url>", crawler.KindSitemap, crawler.Listed, "1 entries, 1 in scope; then sitemap: unexpected EOF", []string{"https://films.example/a sitemap"}},
		{"index", "<sitemapindex><sitemap><loc>https://evil.example/1.xml</loc></sitemap><sitemap><loc>2.xml</loc></sitemap></sitemapindex>", crawler.KindSitemap,
			crawler.Listed, "2 entries, 1 in scope", []string{"https://films.example/2.xml sitemap"}},
		{"unreadable", "<html>", crawler.KindSitemap, crawler.Unreadable, "sitemap: root element <html> is neither urlset nor sitemapindex", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := &crawler.Visit{Task: crawler.Task{URL: "https://films.example/list", Kind: tt.kind}, Page: &crawler.Page{URL: "https://films.example/list", Body: []byte(tt.body)}}
			List(site, v)
			var links []string
			for _, l := range v.Links {
				links = append(links, l.URL+" "+string(l.Found))
			}
			if v.Outcome != tt.outcome || v.Why != tt.why {
				t.Errorf("%s: %s", v.Outcome, v.Why)
			}
			if diff := cmp.Diff(tt.links, links); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func FuzzLinks(f *testing.F) {
	f.Add(`<base href=x><a href="//a?b#c" rel="next nofollow"><link rel=canonical href=/c><meta name=robots content=none>`)
	f.Fuzz(func(t *testing.T, page string) {
		root, err := html.Parse(strings.NewReader(page))
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, l := range Links(root, "https://films.example/a/").Links {
			if u, err := crawler.Canonical(l.URL, nil); err != nil || u != l.URL || seen[u] {
				t.Fatalf("link %q", l.URL)
			}
			seen[l.URL] = true
		}
	})
}

func FuzzSitemap(f *testing.F) {
	for _, s := range []string{urlset, gz(urlset), "<sitemapindex><sitemap><loc>x</loc></sitemap></sitemapindex>", "https://a.example/\nb", "<urlset></a></a>"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		entries, nested, _ := Sitemap(body)
		for _, e := range entries {
			if e.URL == "" {
				t.Fatal("entry without a URL")
			}
		}
		if len(entries)+len(nested) > MaxEntries {
			t.Fatal("too many")
		}
	})
}

func FuzzFeed(f *testing.F) {
	f.Add([]byte(rss))
	f.Add([]byte(atom))
	f.Add([]byte(`{"version":"https://jsonfeed.org/version/1","items":[{"url":"https://a.example/"}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		entries, _, _ := Feed(body)
		for _, e := range entries {
			if e.URL == "" {
				t.Fatal("entry without a URL")
			}
		}
		looksLikeFeed(body)
	})
}

// BenchmarkPage measures what finding the links of a page costs beside parsing it (BenchmarkParse).
func BenchmarkPage(b *testing.B) {
	site := &crawler.Site{Name: "films.example", Hosts: []string{"films.example"}}
	root := parse(b, bigPage())
	from := crawler.Task{URL: "https://films.example/", Site: site.Name}
	b.ReportAllocs()
	for b.Loop() {
		Page(site, from, Links(root, from.URL))
	}
}

func BenchmarkParse(b *testing.B) {
	page := bigPage()
	b.ReportAllocs()
	for b.Loop() {
		html.Parse(strings.NewReader(page))
	}
}

// bigPage has 150 links in 30 KB.
func bigPage() string {
	var b strings.Builder
	for i := range 150 {
		fmt.Fprintf(&b, `<div class="post"><h2><a href="https://films.example/2024/01/film-number-%d/" rel="bookmark">Film</a></h2>
			<p>A paragraph of <em>some</em> words about a film that was seen last week, and of which more is said on its own page.</p></div>`, i)
	}
	return b.String()
}

func TestSignals(t *testing.T) {
	said := func(name crawler.SignalName, value, from string) crawler.Signal {
		return crawler.Signal{Name: name, Value: value, From: from}
	}
	file := []crawler.Signal{said(crawler.TDMReservation, "0", "tdmrep.json")}
	for _, tt := range []struct {
		name   string
		header http.Header
		html   string
		want   []crawler.Signal
	}{
		{"nothing but the file", nil, `<p>Her`, file},
		{"robots directives", http.Header{"X-Robots-Tag": {"noai", "otherbot: noimageai"}}, `<meta name=ROBOTS content="index, NoImageAI">`,
			[]crawler.Signal{said(crawler.NoAI, "", "X-Robots-Tag"), said(crawler.NoImageAI, "", "meta robots"), file[0]}},
		{"the header of TDMRep before the page and the file", http.Header{"Tdm-Reservation": {"1"}, "Tdm-Policy": {"https://a.example/p.json"}},
			`<meta name="tdm-reservation" content="0">`,
			[]crawler.Signal{said(crawler.TDMReservation, "1", "header Tdm-Reservation"), said(crawler.TDMPolicy, "https://a.example/p.json", "header Tdm-Policy"),
				said(crawler.TDMReservation, "0", "meta tdm-reservation"), file[0]}},
		{"content signal and usage", http.Header{"Content-Signal": {"ai-train=no"}, "Content-Usage": {"train-ai=n"}}, ``,
			[]crawler.Signal{said(crawler.ContentSignal, "ai-train=no", "header Content-Signal"), said(crawler.ContentUsage, "train-ai=n", "header Content-Usage"), file[0]}},
		{"RSL", http.Header{"Link": {`</style.css>; rel=preload; title="a, b", </rsl.xml>; rel="license"; type="application/rsl+xml"`}},
			`<link rel="license" type="application/rsl+xml" href="/own.xml"><script type="application/rsl+xml"><rsl/></script>`,
			[]crawler.Signal{said(crawler.License, "https://films.example/rsl.xml", "header Link"), said(crawler.License, "https://films.example/own.xml", "<link rel=license>"),
				said(crawler.License, "", "RSL document in the page"), file[0]}},
		{"Creative Commons", nil, `<a rel="license noopener" href="https://creativecommons.org/licenses/by/4.0/">CC BY</a><a href="/x" rel=nofollow>`,
			[]crawler.Signal{said(crawler.Commons, "https://creativecommons.org/licenses/by/4.0/", "<a rel=license>"), file[0]}},
	} {
		p := &crawler.Page{URL: "https://films.example/her/", Header: tt.header, Signals: file}
		got := Links(parse(t, tt.html), p.URL).Signals(p)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", tt.name, diff)
		}
	}
}

package extract

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

func parseDoc(t testing.TB, page string) *Document {
	t.Helper()
	root, err := Parse([]byte(page))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := NewDocument(root, "https://filmjournal.example/2014/01/her/")
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

var rulesPage = `<!doctype html><html><head><title>Her</title>
<meta property="og:title" content="  Her&nbsp;(2013) "><meta name="author" content="">
<body class="single post-template category-reviews">
<article id="post-1" class="post hentry"><h1 class="entry-title">Her<br>(2013)</h1>
<a rel="author" href="/author/ana/">Ana&#8203; Reyes</a> <time datetime="2014-01-05" class="published">5 January</time>
<ul class="tags"><li><a rel="tag">Drama</a><li><a rel="tag">Love</a><li><a rel="tag">Drama</a></ul>
<div class="entry-content"><p>One.</p><p>` + strings.Repeat("The film takes its time. ", 10) + `</p><div class="sharedaddy">Share</div></div></article></body></html>`

func TestRuleForms(t *testing.T) {
	doc := parseDoc(t, rulesPage)
	var ld any
	if err := json.Unmarshal([]byte(`{"@graph": [{"@type": ["CriticReview", "https://schema.org/Review"],
		"itemReviewed": {"@type": "Movie", "name": "Her", "director": [{"name": "Spike Jonze"}, "A. N. Other"]},
		"reviewRating": {"ratingValue": 4.5}, "author": {"name": ""}}]}`), &ld); err != nil {
		t.Fatal(err)
	}
	doc.LD = []any{ld}
	for _, tt := range []struct {
		name, rule string
		want       []string
	}{
		{"text", "h1.entry-title", []string{"Her (2013)"}},
		{"zero width", "a[rel=author]", []string{"Ana Reyes"}},
		{"attribute", "time.published@datetime", []string{"2014-01-05"}},
		{"attribute of a group", "time.updated, time.published@datetime", []string{"2014-01-05"}},
		{"each value once", "a[rel=tag]", []string{"Drama", "Love"}},
		{"no match", ".byline", nil},
		{"no such attribute", "h1@data-x", nil},
		{"at sign inside a value", `a[href="me@x"]`, nil},
		{"meta", "meta:og:title", []string{"Her (2013)"}},
		{"meta in another case", "meta:OG:Title", []string{"Her (2013)"}},
		{"meta without content", "meta:author", nil},
		{"ld type among several", "ld:Review.itemReviewed.name", []string{"Her"}},
		{"ld object stands for its name", "ld:Review.itemReviewed", []string{"Her"}},
		{"ld list", "ld:Movie.director.name", []string{"Spike Jonze"}},
		{"ld list of both forms", "ld:Movie.director", []string{"Spike Jonze", "A. N. Other"}},
		{"ld number", "ld:Review.reviewRating.ratingValue", []string{"4.5"}},
		{"ld any type", "ld:*.ratingValue", []string{"4.5"}},
		{"ld empty", "ld:Review.author", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := ParseRule(tt.rule)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, r.All(doc)); diff != "" {
				t.Errorf("values (-want +got):\n%s", diff)
			}
			v, ok := r.Find(doc)
			if first := append(tt.want, "")[0]; v != first || ok != (len(tt.want) > 0) {
				t.Errorf("Find = %q, %v; want %q", v, ok, first)
			}
			if r.String() != tt.rule {
				t.Errorf("String = %q", r)
			}
		})
	}
}

func TestBadRules(t *testing.T) {
	for rule, want := range map[string]string{
		"":                   "empty CSS selector",
		"div[":               `CSS selector "div["`,
		".a:nonsense":        "CSS selector",
		"@href":              "empty CSS selector",
		"meta:":              "want meta:name",
		"ld:Review":          "want ld:Type.path",
		"ld:.name":           "want ld:Type.path",
		"ld:Review.a b":      "want ld:Type.path",
		"p, ":                "CSS selector",
		"meta:not(.x) a.y":   "want meta:name",
		"time > > @datetime": "CSS selector",
	} {
		if _, err := ParseRule(rule); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseRule(%q) = %v, want %q", rule, err, want)
		}
	}
}

// A search finds what the selectors find one by one, whether it keeps them or looks for them inside what can hold them.
func TestSearchFindsWhatSelectorsFind(t *testing.T) {
	src := []string{"a", ".post a", "article.post .tags a[rel=tag]", "body .tags > li a", ".tags li + li a", "div p", ".entry-content p",
		"article .tags li", ".none a", "h1, .tags a", ".post .entry-content div", "body div div", "article h1", ".sharedaddy", "ul li:not(:first-child) a"}
	var r Rules
	for _, s := range src {
		rule, err := ParseRule(s)
		if err != nil {
			t.Fatal(err)
		}
		r.Tags = append(r.Tags, rule)
	}
	doc := parseDoc(t, rulesPage+`<div class=post><div><div class=post><a>x</a><p>y</p></div></div></div>`)
	s := NewSelectors(r.selectors()...)
	doc.search(&s)
	for _, rule := range r.Tags {
		want := rule.sel.MatchAll(doc.Root)
		if got := doc.matchAll(rule.sel); !slices.Equal(got, want) {
			t.Errorf("%s: %d elements, want %d", rule, len(got), len(want))
		}
	}
}

// The arrangement by keys must find exactly what the selectors find one by one.
func TestSelectorsFindWhatEachFinds(t *testing.T) {
	doc := parseDoc(t, rulesPage)
	src := []string{"p", "article p", ".sharedaddy", "div.sharedaddy", ".entry-content > .sharedaddy", "#post-1", "article#post-1.post",
		"[rel=tag]", "a[rel~=tag]", "a:not([href])", "*", ":not(p)", ".tags li:nth-child(2) a", "li:has(a)", "body.single .post > h1",
		".post.hentry", "meta[property='og:title']", `a[href^="/author/"]`, "h1, .published", `[class*="share"]`, "P:contains('One')",
		`li + li`, "time[datetime]:not(.updated)", `.hentry\:x`, `a[href#=(author)]`, "UL", `[datetime!="x"]`, `p:matches(^O.e)`,
		`meta[property^="og:"]`, `meta[property$=title][content]`, `meta[content*="2013"]`, `a[href="/author/ana/"]`, `time[class="published"][datetime*="-01-"]`,
		`meta[property="OG:TITLE" i]`, `a[rel="author"]`, `svg`, `meta[content*=""]`}
	list, err := ParseSelectors(src...)
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		want := map[string]bool{}
		for _, s := range list.List() {
			if s.matches(n) {
				want[s.String()] = true
			}
		}
		got := map[string]bool{}
		list.each(n, func(at int) { got[list.At(at).String()] = true })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("<%s %v> (-want +got):\n%s", n.Data, n.Attr, diff)
		}
	}
}

func TestLastKey(t *testing.T) {
	for src, want := range map[string]string{
		"p": "t p", "div.a": ". a", ".a.b": ". a", "#x": "# x", "p#x.y": "# x", "a > b": "t b", "a .c:not(.d)": ". c",
		`[href*="a b"]`: "[ href", `a:not(.x)`: "t a", "*": "", ":not(.x)": "", `[a!="b"]`: "", `p:has(a > b)`: "t p", `a[b="]"].c`: ". c", ".entry-content": ". entry-content", "link[href*=x]": "t link", "a[rel=tag]": "[ rel", `.md\:x`: "",
		`x:lang(de)#y`: "# y",
	} {
		sel, err := ParseSelector(src)
		if err != nil {
			t.Fatal(err)
		}
		kind, name, _ := lastKey(sel.group[0].String())
		got := ""
		if kind != 0 {
			got = string(kind) + " " + name
		}
		if got != want {
			t.Errorf("lastKey(%q) = %q, want %q", src, got, want)
		}
	}
}

func mustSelectors(t testing.TB, src ...string) Selectors {
	t.Helper()
	s, err := ParseSelectors(src...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRulesForAPage(t *testing.T) {
	doc := parseDoc(t, rulesPage)
	wp := &Theme{Name: "wordpress", When: mustSelectors(t, "article .entry-content")}
	wp.In = mustSelectors(t, ".entry-content")
	other := &Theme{Name: "blogger", When: mustSelectors(t, "body.single")}
	share := &Theme{Name: "sharing"}
	share.Drop = mustSelectors(t, ".nothing", ".sharedaddy")
	probe := func(s string) Selector { return mustSelectors(t, s).list[0] }

	names := func(rules []sourced) (names []string) {
		for i := range rules {
			names = append(names, rules[i].name)
		}
		return names
	}
	for _, tt := range []struct {
		name   string
		themes []*Theme
		site   *SiteRules
		want   []string
	}{
		{"addition alone", []*Theme{share}, nil, []string{"addition sharing"}},
		{"theme found in the body", []*Theme{share, wp}, nil, []string{"theme wordpress", "addition sharing"}},
		{"head and body element before the rest", []*Theme{wp, other}, nil, []string{"theme blogger"}},
		{"site says which", []*Theme{other}, &SiteRules{Site: "x", Like: wp}, []string{"theme wordpress"}},
		{"newest layout whose probe matches", nil,
			&SiteRules{Site: "x", Layouts: []Layout{{Version: 3, When: probe(".new")}, {Version: 2, When: probe(".hentry")}, {Version: 1}}},
			[]string{"layout x/2"}},
		{"layout without probe", nil, &SiteRules{Site: "x", Layouts: []Layout{{Version: 1}}}, []string{"layout x/1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, names(newThemes(tt.themes).rulesFor(doc, tt.site))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}

	rules := newThemes([]*Theme{wp, share}).rulesFor(doc, nil)
	in, by, sel := textIn(rules, doc)
	if len(in) != 1 || by.name != "theme wordpress" || sel.String() != ".entry-content" {
		t.Fatalf("textIn = %v, %v, %v", in, by, sel)
	}
	var dropped []string
	for n := range in[0].Descendants() {
		if rule, ok := doc.dropRule(n); ok {
			dropped = append(dropped, rule)
		}
	}
	if diff := cmp.Diff([]string{"addition:sharing drop .sharedaddy"}, dropped); diff != "" {
		t.Errorf("dropped (-want +got):\n%s", diff)
	}
}

func TestTextInTakesTheLongestForAThemeAndAllForALayout(t *testing.T) {
	doc := parseDoc(t, `<div class=b>short<div class=b>nested</div></div><div class=b>`+strings.Repeat("the longer text of the two ", 10)+`</div>`)
	r := Rules{In: mustSelectors(t, ".a", ".b")}
	in, _, _ := textIn([]sourced{{Rules: &r, kind: ofTheme}}, doc)
	if len(in) != 1 || !strings.HasPrefix(lineText(in[0]), "the longer text of the two") {
		t.Errorf("theme: %d containers", len(in))
	}
	if in, _, _ = textIn([]sourced{{Rules: &r, kind: ofLayout}}, doc); len(in) != 2 {
		t.Errorf("layout: %d containers, want 2", len(in))
	}
}

func TestFieldValuesRememberTheirSource(t *testing.T) {
	doc := parseDoc(t, rulesPage)
	rule := func(s string) Rule {
		r, err := ParseRule(s)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	layout := Rules{Title: []Rule{rule("h2")}}
	theme := Rules{Title: []Rule{rule(".headline"), rule("meta:og:title")}, Tags: []Rule{rule("a[rel=tag]")}}
	rules := []sourced{{Rules: &layout, name: "layout x/1"}, {Rules: &theme, name: "theme wordpress", kind: ofTheme}}
	v, from, ok := firstValue(doc, rules, func(r *Rules) []Rule { return r.Title })
	if v != "Her (2013)" || from != "theme:wordpress meta:og:title" || !ok {
		t.Errorf("title = %q from %q", v, from)
	}
	all, from := allValues(doc, rules, func(r *Rules) []Rule { return r.Tags })
	if diff := cmp.Diff([]string{"Drama", "Love"}, all); diff != "" || from != "theme:wordpress css:a[rel=tag]" {
		t.Errorf("tags from %q (-want +got):\n%s", from, diff)
	}
}

func FuzzParseRule(f *testing.F) {
	for _, s := range []string{"h1.entry-title", "time@datetime", "meta:og:title", "ld:Review.author.name", `a[href*="@"]`, ":not(", "p:has(> a)"} {
		f.Add(s)
	}
	root, _ := Parse([]byte(rulesPage))
	doc, _ := NewDocument(root, "")
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 200 {
			return
		}
		r, err := ParseRule(s)
		if err != nil {
			return
		}
		v, ok := r.Find(doc)
		if ok != (v != "") {
			t.Errorf("Find = %q, %v", v, ok)
		}
		if r.sel.IsZero() {
			return
		}
		list := NewSelectors(r.sel)
		for n := range doc.Root.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			if _, ok := list.Find(n); ok != r.sel.matches(n) {
				t.Errorf("%q on <%s>: arranged %v, alone %v", s, n.Data, ok, !ok)
			}
		}
	})
}

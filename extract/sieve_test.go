package extract

import (
	"slices"
	"strings"
	"testing"
)

func TestSieveLosesNothing(t *testing.T) {
	s := sieveOf(vocabulary)
	for k := range vocabulary {
		if !mayHold(s, k) || !mayHold(s, []byte(k)) {
			t.Errorf("the sieve does not hold %q", k)
		}
	}
	passed := 0
	for k := range factKeys {
		if _, ok := vocabulary[k]; !ok && mayHold(s, k) {
			passed++
		}
	}
	if 2*passed > len(factKeys) {
		t.Errorf("%d of %d other words pass", passed, len(factKeys))
	}
}

func TestMayLabelLosesNothing(t *testing.T) {
	for _, list := range []map[string]flags{labels, weak} {
		for l := range list {
			for _, s := range []string{l, "» " + strings.ToUpper(l), "12 " + l} {
				if !mayLabel(s) {
					t.Errorf("%q is a label", s)
				}
			}
		}
	}
	for first, lines := range heads {
		for _, l := range lines {
			if !mayLabel(l.begin + " this") {
				t.Errorf("%q heads lines that begin with %q", l.begin, first)
			}
		}
	}
}

// FuzzSelectors holds that the arrangement finds what each selector alone matches.
func FuzzSelectors(f *testing.F) {
	f.Add(rulesPage)
	f.Add(`<article class="post  entry-title" id=main itemprop=articleBody><a rel="tag nofollow" href=/>x</a><META PROPERTY="a" content=b></article>`)
	src := []string{".post", "#main", "article.post", ".entry-title a", "a[rel~=tag]", "[itemprop=articleBody]", "meta[property=a]", "h1, .post-title",
		"div > p", ":not(.post) > a", "p:first-child", "time[datetime]", ".byline .author", "[class^=post]", "nav a:has(span)"}
	list, err := ParseSelectors(src...)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, page string) {
		root, err := Parse([]byte(page))
		if err != nil {
			return
		}
		doc, err := NewDocument(root, "")
		if err != nil {
			return
		}
		doc.search(&list)
		for i := range list.Len() {
			sel := list.At(i)
			if got, want := doc.matchAll(sel), sel.MatchAll(root); !slices.Equal(got, want) {
				t.Errorf("%s: %d elements, want %d", sel, len(got), len(want))
			}
		}
	})
}

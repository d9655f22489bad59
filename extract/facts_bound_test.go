package extract

import (
	"strings"
	"testing"
)

// Hostile pages cost no more than their length: what grew faster would not end within the test's time limit.
func TestFactsOfHostilePages(t *testing.T) {
	n := 30000
	pages := map[string]string{
		"nested authors":  strings.Repeat("<div class='author date meta byline rating' itemprop=author itemscope>", 400) + strings.Repeat("<i></i>", n),
		"many titles":     strings.Repeat("<h2 class=entry-title>x</h2>", n),
		"long title":      "<title>" + strings.Repeat("Review: (a's ‘b’ – ", n) + "</title><h1>" + strings.Repeat("(", n) + "</h1>",
		"many stars":      "<p>" + strings.Repeat("★ ", n) + "</p><p>" + strings.Repeat("* ", n) + "</p>",
		"many grades":     strings.Repeat("<p>Grade: B+</p>", n/2),
		"many years":      "<p>" + strings.Repeat("Her (2013) in 2013, directed by ", n) + "</p>",
		"long class":      "<p class='" + strings.Repeat("author ", n*5) + "'>x</p>",
		"many times":      strings.Repeat("<time datetime=2014-01-01>x</time>", n),
		"many links":      strings.Repeat("<a rel=tag href=/tag/x>x</a>", n),
		"long json":       `<script type="application/ld+json">{"@type":"Review","name":"` + strings.Repeat("(", n*5) + `","itemReviewed":{"@type":"Movie","name":"` + strings.Repeat("( ", n*5) + `"}}</script><p>x</p>`,
		"many properties": "<div itemscope itemtype=x/Review>" + strings.Repeat("<b itemprop=name>x</b>", n),
	}
	for name, src := range pages {
		t.Run(name, func(t *testing.T) {
			root, err := Parse([]byte(src))
			if err != nil {
				t.Skip(err)
			}
			doc, err := NewDocument(root, "https://reel.example/x/")
			if err != nil {
				t.Skip(err)
			}
			rev := &Review{}
			read(rev, doc, nil, Input{Root: root})
			facts(rev, doc, nil, nil)
			if len(rev.Headline.Value) > maxHeadline || len(rev.Film.Title.Value) > maxFilmTitle {
				t.Errorf("headline of %d bytes, film of %d", len(rev.Headline.Value), len(rev.Film.Title.Value))
			}
		})
	}
}

// Package extract turns a page into a review: the review's own words and no others, with film, critic, date and rating, each
// value remembering where it came from.
//
// It is pure: no clock, no network, no database, no configuration files. Its rules (Theme, SiteRules) are values that package
// configs loads from YAML. The same bytes and rules always give the same review.
package extract

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

func join(paragraphs []string) string { return strings.Join(paragraphs, "\n\n") }

// Reader reads pages. It is safe for concurrent use.
type Reader struct {
	themes *themes
}

// NewReader makes a reader that knows the given themes, the more particular before the more general: the first that is recognised
// holds.
func NewReader(themes []*Theme) *Reader { return &Reader{themes: newThemes(themes)} }

// Input is a page to read.
type Input struct {
	URL    string     // where the page was fetched from
	Root   *html.Node // the parsed page; Read changes nothing in it
	Rules  *SiteRules // the site's own rules; nil if it has none
	Chrome *Chrome    // what is known of blocks that repeat on the site's pages; nil if nothing is
}

// Read reads a page. With ErrNotReview the review is filled as far as it was read; its Kind says what the page is.
func (r *Reader) Read(in Input) (*Review, error) {
	doc, err := NewDocument(in.Root, in.URL)
	if err != nil {
		return nil, err
	}
	rules := r.rules(doc, in)
	rev := &Review{URL: in.URL}
	if doc.Canonical != "" {
		rev.URL = doc.Canonical
	}
	text := read(rev, doc, rules, in)
	facts(rev, doc, rules, text)
	if rev.Kind != KindReview && rev.Kind != KindRoundup && !slices.ContainsFunc(rev.Marks, Mark.Dropped) {
		rev.Marks = nil
	}
	if rev.Kind != KindReview {
		return rev, ErrNotReview
	}
	return rev, nil
}

// rules are the sets of rules that hold for a page, the strongest first: the site's layout, then the theme, then the additions.
func (r *Reader) rules(doc *Document, in Input) []sourced { return r.themes.rulesFor(doc, in.Rules) }

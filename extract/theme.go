package extract

import (
	"sync"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Theme is the rules of a publishing platform, recognised by its markup, never by a host name.
//
// A theme without fingerprints is an addition: what plugins and services put into pages of any platform (share bars, related
// posts, comment services). Additions hold on every page, after the theme.
type Theme struct {
	Name string
	When Selectors // fingerprints: any that matches, on a page
	Rules
}

// IsAddition says whether the theme holds on every page.
func (t *Theme) IsAddition() bool { return t.When.Len() == 0 }

// themes is a list of themes prepared for recognition: all fingerprints in one arrangement, so that a page is walked once.
type themes struct {
	list      []*Theme // in order of precedence
	additions []*Theme
	when      Selectors
	owner     []int               // by place in when: place in list
	rules     map[*Theme]*ruleset // of each theme, or none, with the additions
	layouts   sync.Map            // of *Layout: its *ruleset
}

func newThemes(list []*Theme) *themes {
	t := &themes{rules: map[*Theme]*ruleset{}}
	var when []Selector
	for _, theme := range list {
		if theme.IsAddition() {
			t.additions = append(t.additions, theme)
			continue
		}
		for i := range theme.When.Len() {
			when = append(when, theme.When.At(i))
			t.owner = append(t.owner, len(t.list))
		}
		t.list = append(t.list, theme)
	}
	t.when = NewSelectors(when...)
	t.rules[nil] = t.ruleset(nil)
	for _, theme := range t.list {
		t.rules[theme] = t.ruleset(theme)
	}
	return t
}

// ruleset arranges the rules of a theme, nil for none, and the additions.
func (t *themes) ruleset(theme *Theme) *ruleset {
	var rules []sourced
	if theme != nil {
		rules = append(rules, sourced{Rules: &theme.Rules, name: "theme " + theme.Name, kind: ofTheme})
	}
	for _, a := range t.additions {
		rules = append(rules, sourced{Rules: &a.Rules, name: "addition " + a.Name, kind: ofAddition})
	}
	return newRuleset(rules...)
}

// maxFingerprintNodes bounds the elements looked at in a page whose head tells nothing.
const maxFingerprintNodes = 20_000

// recognise gives the first theme of the list that has a fingerprint on the page; nil if none. What the head, <html>, <body> and
// its children say decides; only if they say nothing the whole page is looked at.
func (t *themes) recognise(root *html.Node) *Theme {
	if root == nil || len(t.list) == 0 {
		return nil
	}
	best := len(t.list)
	try := func(n *html.Node) { t.when.each(n, func(at int) { best = min(best, t.owner[at]) }) }
	for n := range root.ChildNodes() {
		if n.Type != html.ElementNode {
			continue
		}
		try(n) // <html>
		for part := range n.ChildNodes() {
			if part.Type != html.ElementNode {
				continue
			}
			try(part) // <head>, <body>
			for c := range part.ChildNodes() {
				try(c)
			}
		}
	}
	if best == len(t.list) {
		n := 0
		for c := range root.Descendants() {
			if c.Type != html.ElementNode || c.Parent.DataAtom == atom.Head {
				continue
			}
			if n++; n > maxFingerprintNodes {
				break
			}
			try(c)
		}
	}
	if best == len(t.list) {
		return nil
	}
	return t.list[best]
}

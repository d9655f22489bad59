package extract

import (
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Layout is one version of a site's own rules, chosen by its probe, newest first, never by date.
type Layout struct {
	Version int
	When    Selector // the probe; zero: always
	Rules
}

// SiteRules are a site's own.
type SiteRules struct {
	Site    string
	Like    *Theme           // the theme to take where no layout says otherwise; nil: recognised by markup
	Review  []*regexp.Regexp // URL patterns of its reviews
	Layouts []Layout         // newest first
}

// layout gives the newest layout whose probe matches; nil if none.
func (s *SiteRules) layout(root *html.Node) *Layout {
	if s == nil {
		return nil
	}
	for i := range s.Layouts {
		if l := &s.Layouts[i]; l.When.IsZero() || l.When.Match(root) != nil {
			return l
		}
	}
	return nil
}

// sourced is a set of rules and whose it is.
type sourced struct {
	*Rules
	name string // "layout filmjournal.example/1", "theme wordpress", "addition jetpack"; also Review.Extractor
	kind ruleKind
}

type ruleKind int

const (
	ofLayout ruleKind = iota
	ofTheme
	ofAddition
)

// from is the name in the words of Source: "layout:filmjournal.example/1", "theme:wordpress".
func (s *sourced) from() string { return strings.Replace(s.name, " ", ":", 1) }

// rulesFor gives the rules that hold for a page, strongest first: the site's layout, the platform's theme, the additions. It
// searches the page for all that they name.
func (t *themes) rulesFor(doc *Document, site *SiteRules) []sourced {
	var list []sourced
	var wanted []*Selectors
	take := func(s *ruleset) {
		list = append(list, s.rules...)
		wanted = append(wanted, s.search)
		if s.drops.all.Len() > 0 {
			doc.dropped = append(doc.dropped, &s.drops)
		}
	}
	if l := site.layout(doc.Root); l != nil {
		s, ok := t.layouts.Load(l)
		if !ok {
			s, _ = t.layouts.LoadOrStore(l, newRuleset(sourced{Rules: &l.Rules, name: fmt.Sprintf("layout %s/%d", site.Site, l.Version), kind: ofLayout}))
		}
		take(s.(*ruleset))
	}
	var theme *Theme
	if site != nil {
		theme = site.Like
	}
	if theme == nil {
		theme = t.recognise(doc.Root)
	}
	s := t.rules[theme]
	if s == nil { // a site's theme that the reader was not made with
		s = t.ruleset(theme)
	}
	take(s)
	doc.search(wanted...)
	return list
}

// ruleset is sets of rules that hold together, arranged for a page.
type ruleset struct {
	rules  []sourced
	search *Selectors // what the rules look for
	drops  drops
}

func newRuleset(rules ...sourced) *ruleset {
	var found, dropped []Selector
	s := &ruleset{rules: rules}
	for i := range rules {
		r := &rules[i]
		found = append(found, r.selectors()...)
		for k := range r.Drop.Len() {
			dropped = append(dropped, r.Drop.At(k))
			s.drops.of = append(s.drops.of, r)
		}
	}
	search := NewSelectors(found...)
	s.search = &search
	s.drops.all = NewSelectors(dropped...)
	return s
}

// drops are all selectors that sets of rules drop by, the strongest first, and whose each is.
type drops struct {
	all Selectors
	of  []*sourced
}

// dropRule gives the rule by which an element is left out of the text: "theme:wordpress drop .sharedaddy".
func (d *Document) dropRule(n *html.Node) (rule string, ok bool) {
	for _, s := range d.dropped {
		if at, ok := s.all.Find(n); ok {
			return s.of[at].from() + " drop " + s.all.At(at).String(), true
		}
	}
	return "", false
}

// minThemeText is how much text, in bytes, a theme's container must hold to be taken for that of a review: pages use the same
// names for teasers and widgets.
const minThemeText = 200

// textIn gives the containers of the text by the strongest rules that name one found on the page, and the rules that named it;
// nil if none does. A layout's selector means all that it matches (outermost, in document order). A theme's means one: the
// matching element with the most text, since pages repeat the class in lists of other posts.
func textIn(rules []sourced, doc *Document) (in []*html.Node, by *sourced, sel Selector) {
	for i := range rules {
		r := &rules[i]
		for j := range r.In.Len() {
			sel = r.In.At(j)
			in = outermost(doc.matchAll(sel))
			if len(in) == 0 {
				continue
			}
			if r.kind == ofLayout {
				return in, r, sel
			}
			if best, size := longest(in); size >= minThemeText {
				return []*html.Node{best}, r, sel
			}
		}
	}
	return nil, nil, Selector{}
}

// outermost leaves out the elements that stand inside another of the list, which is in document order.
func outermost(nodes []*html.Node) []*html.Node {
	var out []*html.Node
next:
	for _, n := range nodes {
		if len(out) > 0 {
			last := out[len(out)-1] // in document order, only the last one kept can be an ancestor
			for p := n.Parent; p != nil; p = p.Parent {
				if p == last {
					continue next
				}
			}
		}
		out = append(out, n)
	}
	return out
}

// longest gives the element with the most text, and how much that is in bytes. White space between elements does not count.
func longest(nodes []*html.Node) (best *html.Node, most int) {
	most = -1
	for _, n := range nodes {
		size := 0
		for c := range n.Descendants() {
			if c.Type == html.TextNode && c.Parent.DataAtom != atom.Script && c.Parent.DataAtom != atom.Style {
				size += len(strings.TrimSpace(c.Data))
			}
		}
		if size > most {
			best, most = n, size
		}
	}
	return best, most
}

// firstValue gives the first value found by the rules of a field, strongest rules first, with its source.
func firstValue(doc *Document, rules []sourced, field func(*Rules) []Rule) (value string, from Source, ok bool) {
	for i := range rules {
		for _, r := range field(rules[i].Rules) {
			if v, ok := r.Find(doc); ok {
				return v, rules[i].source(r), true
			}
		}
	}
	return "", "", false
}

// allValues gives all values of the first rule of a field that finds any, with its source.
func allValues(doc *Document, rules []sourced, field func(*Rules) []Rule) (values []string, from Source) {
	for i := range rules {
		for _, r := range field(rules[i].Rules) {
			if v := r.All(doc); len(v) > 0 {
				return v, rules[i].source(r)
			}
		}
	}
	return nil, ""
}

// source names where a value came from, in the words that explain shows: "theme:blogger css:.post-title", "layout:x/1 ld:Review.author".
func (s *sourced) source(r Rule) Source {
	if r.sel.IsZero() {
		return Source(s.from() + " " + r.src)
	}
	return Source(s.from() + " css:" + r.src)
}

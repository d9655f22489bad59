package extract

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
)

// Selector is a compiled CSS selector (a group "a, b" is one selector) that remembers its source. The zero Selector matches
// nothing.
type Selector struct {
	src   string
	group cascadia.SelectorGroup

	// A selector "A B" whose B is a common element (a, p, li …) is found as the Bs inside As: pages have few As. Nil if it is not so.
	within, last *Selector
}

// ParseSelector compiles a CSS selector (Selectors level 3 with :not, :has, :contains and what else cascadia knows).
func ParseSelector(s string) (Selector, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return Selector{}, fmt.Errorf("empty CSS selector")
	}
	g, err := cascadia.ParseGroup(s)
	if err != nil {
		return Selector{}, fmt.Errorf("CSS selector %q: %w", s, err)
	}
	sel := Selector{src: s, group: g}
	if len(g) == 1 && sel.common() {
		if a, b, ok := splitDescendant(g[0].String()); ok {
			within, err1 := ParseSelector(a)
			last, err2 := ParseSelector(b)
			if err1 == nil && err2 == nil {
				sel.within, sel.last = &within, &last
			}
		}
	}
	return sel, nil
}

// common says whether the selector could match any of very many elements, so that to try it on each of them is dear.
func (s Selector) common() bool {
	for _, alt := range s.group {
		switch kind, name, _ := lastKey(alt.String()); {
		case kind == 0:
			return true
		case kind == 't':
			switch name {
			case "a", "p", "li", "div", "span", "img", "td", "ul", "strong", "em", "b", "i":
				return true
			}
		}
	}
	return false
}

// splitDescendant splits a complex selector, as cascadia prints it, at its last combinator if that is the descendant's.
func splitDescendant(src string) (within, last string, ok bool) {
	if strings.Contains(src, "#=") || strings.Contains(src, ":matches") {
		return "", "", false
	}
	at, depth, quote := -1, 0, byte(0)
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '\\':
			i++
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case depth == 0 && strings.HasPrefix(src[i:], "   "): // the descendant's sign is itself a space
			at, i = i, i+2
		case depth == 0 && (c == '>' || c == '+' || c == '~'):
			at = -1
		}
	}
	if at <= 0 || depth != 0 || quote != 0 {
		return "", "", false
	}
	return src[:at], src[at+3:], true
}

// String gives the selector as it was written.
func (s Selector) String() string { return s.src }

// IsZero says whether the selector is the zero Selector.
func (s Selector) IsZero() bool { return s.group == nil }

// matches says whether the element itself matches.
func (s Selector) matches(n *html.Node) bool { return s.group.Match(n) }

// Match gives the first element below root that matches, in document order; nil if none.
func (s Selector) Match(root *html.Node) *html.Node {
	if s.IsZero() || root == nil {
		return nil
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && s.group.Match(n) {
			return n
		}
	}
	return nil
}

// MatchAll gives all elements below root that match, in document order.
func (s Selector) MatchAll(root *html.Node) []*html.Node {
	if s.IsZero() || root == nil {
		return nil
	}
	var all []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && s.group.Match(n) {
			all = append(all, n)
		}
	}
	return all
}

// Selectors is a list of selectors, arranged so that one element is tried only against those that could match it: each
// alternative is filed under the id, class, attribute or tag that its last part asks for, as browsers do with style sheets. The
// zero Selectors match nothing. It is safe for concurrent use.
type Selectors struct {
	list             []Selector
	place            map[string]int // by source: the first in the list
	ids, classes     map[string][]alternative
	attributes, tags map[string][]alternative
	any              []alternative

	idSieve, classSieve, attributeSieve, tagSieve *sieve
}

// alternative is one member of a selector's group, and the place of the selector in the list.
type alternative struct {
	sel   cascadia.Sel
	at    int
	done  bool            // the key alone decides: the selector is nothing but an id or a class
	attrs []attributeTest // instead of sel, if it is a tag with attributes: most fingerprints are
}

// attributeTest is [key], [key="val"], [key*="val"], [key^="val"] or [key$="val"].
type attributeTest struct {
	key, val string
	op       byte // 0, '=', '*', '^', '$'
}

func (t *attributeTest) match(n *html.Node) bool {
	for i := range n.Attr {
		if a := &n.Attr[i]; a.Key == t.key {
			switch t.op {
			case '=':
				return a.Val == t.val
			case '*':
				return strings.Contains(a.Val[:min(len(a.Val), 4096)], t.val) // some addresses are whole pictures
			case '^':
				return strings.HasPrefix(a.Val, t.val)
			case '$':
				return strings.HasSuffix(a.Val, t.val)
			}
			return true
		}
	}
	return false
}

var (
	tagWithAttributes = regexp.MustCompile(`^[a-z][a-z0-9]*((?:\[[a-z-]+(?:[*^$]?="[^"\\]+")?\])+)$`)
	oneAttribute      = regexp.MustCompile(`\[([a-z-]+)(?:([*^$]?)="([^"\\]+)")?\]`)
)

// attributeTests takes a selector apart (as cascadia prints it) that is a tag with attributes; nil if it is not.
func attributeTests(src string) (tests []attributeTest) {
	m := tagWithAttributes.FindStringSubmatch(src)
	if m == nil {
		return nil
	}
	for _, a := range oneAttribute.FindAllStringSubmatch(m[1], -1) {
		t := attributeTest{key: a[1], val: a[3]}
		if t.val != "" {
			t.op = (a[2] + "=")[0]
		}
		tests = append(tests, t)
	}
	return tests
}

func (a *alternative) match(n *html.Node) bool {
	if a.attrs == nil {
		return a.done || a.sel.Match(n)
	}
	for i := range a.attrs {
		if !a.attrs[i].match(n) {
			return false
		}
	}
	return true
}

// NewSelectors arranges a list of selectors.
func NewSelectors(list ...Selector) Selectors {
	s := Selectors{list: list, place: make(map[string]int, len(list)), ids: map[string][]alternative{}, classes: map[string][]alternative{},
		attributes: map[string][]alternative{}, tags: map[string][]alternative{}}
	for i, sel := range list {
		if _, ok := s.place[sel.src]; !ok {
			s.place[sel.src] = i
		}
		for _, alt := range sel.group {
			kind, name, alone := lastKey(alt.String())
			a := alternative{sel: alt, at: i, done: alone}
			switch kind {
			case '#':
				s.ids[name] = append(s.ids[name], a)
			case '.':
				s.classes[name] = append(s.classes[name], a)
			case '[':
				s.attributes[name] = append(s.attributes[name], a)
			case 't':
				a.attrs = attributeTests(alt.String())
				s.tags[name] = append(s.tags[name], a)
			default:
				s.any = append(s.any, a)
			}
		}
	}
	s.idSieve, s.classSieve, s.attributeSieve, s.tagSieve = sieveOf(s.ids), sieveOf(s.classes), sieveOf(s.attributes), sieveOf(s.tags)
	return s
}

// ParseSelectors compiles and arranges a list of selectors.
func ParseSelectors(src ...string) (Selectors, error) {
	list := make([]Selector, 0, len(src))
	for _, s := range src {
		sel, err := ParseSelector(s)
		if err != nil {
			return Selectors{}, err
		}
		list = append(list, sel)
	}
	return NewSelectors(list...), nil
}

// Len is the number of selectors.
func (s *Selectors) Len() int { return len(s.list) }

// At gives the selector at place i.
func (s *Selectors) At(i int) Selector { return s.list[i] }

// List gives the selectors in their order.
func (s *Selectors) List() []Selector { return slices.Clone(s.list) }

// Find gives the place in the list of a selector that matches the element (the first in the list, if several do).
func (s *Selectors) Find(n *html.Node) (at int, ok bool) {
	at = len(s.list)
	s.each(n, func(i int) { at = min(at, i) })
	return at, at < len(s.list)
}

// each calls found with the place of every selector that matches the element, perhaps more than once.
func (s *Selectors) each(n *html.Node, found func(int)) {
	if n.Type != html.ElementNode || len(s.list) == 0 {
		return
	}
	try := func(alts []alternative) {
		for i := range alts {
			if alts[i].match(n) {
				found(alts[i].at)
			}
		}
	}
	if mayHold(s.tagSieve, n.Data) {
		try(s.tags[n.Data])
	}
	for i := range n.Attr {
		a := &n.Attr[i]
		switch a.Key {
		case "id":
			if mayHold(s.idSieve, a.Val) {
				try(s.ids[a.Val])
			}
		case "class":
			if len(s.classes) > 0 {
				for rest := a.Val; rest != ""; {
					var name string
					name, rest = nextWord(rest)
					if mayHold(s.classSieve, name) {
						try(s.classes[name])
					}
				}
			}
		}
		if mayHold(s.attributeSieve, a.Key) {
			try(s.attributes[a.Key])
		}
	}
	try(s.any)
}

// nextWord cuts the first word off a list of words apart by HTML white space.
func nextWord(s string) (word, rest string) {
	i := 0
	for i < len(s) && s[i] <= ' ' {
		i++
	}
	j := i
	for j < len(s) && s[j] > ' ' {
		j++
	}
	return s[i:j], s[j:]
}

// commonAttribute are attributes that more elements have than have any one tag.
var commonAttribute = map[string]bool{"class": true, "id": true, "href": true, "src": true, "name": true, "content": true, "style": true,
	"title": true, "type": true, "alt": true}

// lastKey finds what the last compound of a complex selector (as cascadia prints it) asks for: '#' an id, '.' a class, '[' an
// attribute, 't' a tag, 0 none of them. alone says that the selector asks for nothing else.
func lastKey(src string) (kind byte, name string, alone bool) {
	src = strings.ReplaceAll(src, `\-`, "-") // cascadia escapes what need not be escaped
	if strings.Contains(src, `\`) || strings.Contains(src, "#=") || strings.Contains(src, ":matches") {
		return 0, "", false // names with escapes, and patterns, are not taken apart
	}
	start, depth, quote := 0, 0, byte(0)
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case depth == 0 && (c == ' ' || c == '>' || c == '+' || c == '~'):
			start = i + 1
		}
	}
	if quote != 0 || depth != 0 {
		return 0, "", false
	}
	compound := src[start:]
	const nameEnd = "#.[:"
	tag := compound
	if i := strings.IndexAny(tag, nameEnd); i >= 0 {
		tag = tag[:i]
	}
	rest := compound[len(tag):]
	var class, attribute string
	for rest != "" {
		mark := rest[0]
		rest = rest[1:]
		part := rest
		if mark == '[' || mark == ':' { // skip to the end of the brackets
			end, depth, quote := len(rest), 0, byte(0)
			if mark == '[' {
				depth = 1
			}
		scan:
			for i := 0; i < len(rest); i++ {
				switch c := rest[i]; {
				case quote != 0:
					if c == quote {
						quote = 0
					}
				case c == '"' || c == '\'':
					quote = c
				case c == '(' || c == '[':
					if depth == 0 && c == '[' {
						end = i
						break scan
					}
					depth++
				case c == ')' || c == ']':
					if depth--; depth == 0 {
						end = i + 1
						break scan
					}
				case depth == 0 && (c == '#' || c == '.' || c == ':'):
					end = i
					break scan
				}
			}
			part, rest = rest[:end], rest[end:]
		} else if i := strings.IndexAny(rest, nameEnd); i >= 0 {
			part, rest = rest[:i], rest[i:]
		} else {
			rest = ""
		}
		switch mark {
		case '#':
			return '#', part, compound == src && src == "#"+part
		case '.':
			if class == "" {
				class = part
			}
		case '[':
			if i := strings.IndexAny(part, `=~|^$*!] `); i > 0 && attribute == "" && !strings.Contains(part, "!=") {
				attribute = strings.ToLower(part[:i])
			}
		}
	}
	switch tagged := tag != "" && tag != "*"; {
	case class != "":
		return '.', class, src == "."+class
	case attribute != "" && !(tagged && commonAttribute[attribute]):
		return '[', attribute, false
	case tagged:
		return 't', strings.ToLower(tag), false
	}
	return 0, "", false
}

// Rule is one way to find a value: `css` (the text of the element), `css@attr` (an attribute of it), `meta:name` (the content of
// a <meta> with that name, property or itemprop), `ld:Type.path` (a value of the page's JSON-LD). `meta:` and `ld:` are never
// read as CSS. The zero Rule finds nothing.
type Rule struct {
	src  string
	sel  Selector
	attr string   // of the css form
	meta string   // name
	typ  string   // JSON-LD type; "*" is any
	path []string // keys below it
}

var (
	attrName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_:.-]*$`)
	ldForm   = regexp.MustCompile(`^(\*|[A-Za-z][A-Za-z0-9]*)((?:\.@?[A-Za-z][A-Za-z0-9_-]*)+)$`)
)

// ParseRule compiles a rule.
func ParseRule(s string) (Rule, error) {
	src := strings.TrimSpace(s)
	if name, ok := strings.CutPrefix(src, "meta:"); ok {
		if name == "" || strings.ContainsAny(name, " \t\"'()[]") {
			return Rule{}, fmt.Errorf("rule %q: want meta:name, as in meta:og:title", s)
		}
		return Rule{src: src, meta: strings.ToLower(name)}, nil
	}
	if path, ok := strings.CutPrefix(src, "ld:"); ok {
		m := ldForm.FindStringSubmatch(path)
		if m == nil {
			return Rule{}, fmt.Errorf("rule %q: want ld:Type.path, as in ld:Review.itemReviewed.name", s)
		}
		return Rule{src: src, typ: m[1], path: strings.Split(m[2][1:], ".")}, nil
	}
	r := Rule{src: src}
	css := src
	if i := strings.LastIndexByte(src, '@'); i >= 0 && attrName.MatchString(src[i+1:]) {
		css, r.attr = src[:i], strings.ToLower(src[i+1:])
	}
	var err error
	if r.sel, err = ParseSelector(css); err != nil {
		return Rule{}, fmt.Errorf("rule %q: %w", s, err)
	}
	return r, nil
}

// String gives the rule as it was written.
func (r Rule) String() string { return r.src }

// Find gives the first value that is not empty.
func (r Rule) Find(doc *Document) (value string, ok bool) {
	r.each(doc, func(v string, _ *html.Node) bool {
		value, ok = v, true
		return false
	})
	return value, ok
}

// All gives every value that is not empty, in document order, each once.
func (r Rule) All(doc *Document) []string {
	var all []string
	r.each(doc, func(v string, _ *html.Node) bool {
		if !slices.Contains(all, v) {
			all = append(all, v)
		}
		return true
	})
	return all
}

// each calls found for every value that is not empty, with its element if the rule is of the css form, until it says false.
func (r Rule) each(doc *Document, found func(string, *html.Node) bool) {
	switch {
	case r.meta != "":
		for _, v := range doc.Meta[r.meta] {
			if v = space(v); v != "" && !found(v, nil) {
				return
			}
		}
	case r.typ != "":
		for _, item := range doc.LD {
			if !ldEach(item, r.typ, r.path, 0, func(v string) bool { return found(v, nil) }) {
				return
			}
		}
	case !r.sel.IsZero():
		for _, n := range doc.matchAll(r.sel) {
			var v string
			if r.attr != "" {
				v = space(attr(n, r.attr))
			} else {
				v = lineText(n)
			}
			if v != "" && !found(v, n) {
				return
			}
		}
	}
}

// A search is what a list of selectors matches on a page, found in one walk: themes have a hundred rules, and to walk the page for
// each would cost more than all the rest of the reading.
type search struct {
	selectors *Selectors
	hits      [][]*html.Node // by place in the list
}

// search walks the page once for all the lists.
func (d *Document) search(lists ...*Selectors) {
	first := len(d.searches)
	for _, s := range lists {
		if s.Len() > 0 {
			d.searches = append(d.searches, search{s, make([][]*html.Node, s.Len())})
		}
	}
	added := d.searches[first:]
	if len(added) == 0 {
		return
	}
	for n := d.Root.FirstChild; n != nil; n = following(n, d.Root) {
		if n.Type != html.ElementNode {
			continue
		}
		for i := range added {
			hits := added[i].hits
			added[i].selectors.each(n, func(at int) {
				if k := len(hits[at]); k == 0 || hits[at][k-1] != n { // alternatives of one selector may both match
					hits[at] = append(hits[at], n)
				}
			})
		}
	}
}

// following is the next node in document order within root; nil behind the last.
func following(n, root *html.Node) *html.Node {
	if n.FirstChild != nil {
		return n.FirstChild
	}
	for ; n != root; n = n.Parent {
		if n.NextSibling != nil {
			return n.NextSibling
		}
	}
	return nil
}

// matchAll gives all elements that match, in document order. The caller must not change the slice.
func (d *Document) matchAll(sel Selector) []*html.Node {
	for i := range d.searches {
		s := &d.searches[i]
		if at, ok := s.selectors.place[sel.src]; ok {
			return s.hits[at]
		}
	}
	if sel.within == nil {
		return sel.MatchAll(d.Root)
	}
	var all []*html.Node
	for _, n := range outermost(d.matchAll(*sel.within)) {
		all = append(all, sel.last.MatchAll(n)...)
	}
	return all
}

// maxLDDepth bounds the nesting of JSON-LD that is searched.
const maxLDDepth = 32

// ldEach searches a JSON-LD value, and all that is nested in it, for objects of a type and gives found what stands at the path
// below each, until found says false.
func ldEach(v any, typ string, path []string, depth int, found func(string) bool) bool {
	if depth > maxLDDepth {
		return true
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if !ldEach(item, typ, path, depth+1, found) {
				return false
			}
		}
	case map[string]any:
		if ldIs(v, typ) && !ldAt(v, path, depth, found) {
			return false
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			switch v[key].(type) {
			case map[string]any, []any:
				if !ldEach(v[key], typ, path, depth+1, found) {
					return false
				}
			}
		}
	}
	return true
}

// ldIs says whether an object has a type, which may stand with its vocabulary's address ("http://schema.org/Review").
func ldIs(v map[string]any, typ string) bool {
	if typ == "*" {
		return true
	}
	is := func(t any) bool {
		s, _ := t.(string)
		return s[strings.LastIndexAny(s, "/#:")+1:] == typ
	}
	if list, ok := v["@type"].([]any); ok {
		return slices.ContainsFunc(list, is)
	}
	return is(v["@type"])
}

// ldAt follows a path. At its end, an object stands for its name (or @value), a list for its members.
func ldAt(v any, path []string, depth int, found func(string) bool) bool {
	if depth > maxLDDepth {
		return true
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if !ldAt(item, path, depth+1, found) {
				return false
			}
		}
	case map[string]any:
		if len(path) > 0 {
			return ldAt(v[path[0]], path[1:], depth+1, found)
		}
		for _, key := range []string{"name", "@value", "url"} {
			if v[key] != nil {
				return ldAt(v[key], nil, depth+1, found)
			}
		}
	case string:
		if s := space(v); len(path) == 0 && s != "" {
			return found(s)
		}
	case float64:
		if len(path) == 0 {
			return found(strconv.FormatFloat(v, 'f', -1, 64))
		}
	case json.Number:
		if len(path) == 0 {
			return found(v.String())
		}
	}
	return true
}

// lineText is the text of an element on one line, without scripts, styles and what only screen readers and machines see.
func lineText(n *html.Node) string {
	var b strings.Builder
	appendText(&b, n, 0)
	return space(b.String())
}

func appendText(b *strings.Builder, n *html.Node, depth int) {
	const maxDepth, maxText = 200, 1 << 16 // a value, not a book: hostile pages end here
	for c := n.FirstChild; c != nil && depth < maxDepth && b.Len() < maxText; c = c.NextSibling {
		switch {
		case c.Type == html.TextNode:
			b.WriteString(c.Data)
		case c.Type != html.ElementNode:
		default:
			switch c.Data {
			case "script", "style", "noscript", "template", "svg":
				continue
			case "br", "p", "div", "li", "td", "h1", "h2", "h3", "h4":
				b.WriteByte(' ')
			}
			appendText(b, c, depth+1)
		}
	}
}

// Rules say where the parts of a review stand. A list is tried in order; the first that gives a value wins.
type Rules struct {
	Title           []Rule
	Film            []Rule
	Year            []Rule
	Director        []Rule
	Author          []Rule
	Published       []Rule
	Modified        []Rule
	Rating          []Rule
	Categories      []Rule
	Tags            []Rule
	Image           []Rule
	In              Selectors      // containers of the text; the first that matches wins
	Drop            Selectors      // left out of it
	HeadlinePattern *regexp.Regexp // named groups film, year, director, rating
	OutOf           float64        // maximum of a rating that states none
}

// selectors gives what is looked for on every page: the selectors of all rules, and of the containers of the text, but for those
// that could match very many elements. Such a one is searched when it is asked for, inside what can hold it.
func (r *Rules) selectors() []Selector {
	var list []Selector
	add := func(sel Selector) {
		for sel.within != nil {
			sel = *sel.within
		}
		if !sel.IsZero() && !sel.common() {
			list = append(list, sel)
		}
	}
	for i := range r.In.Len() {
		add(r.In.At(i))
	}
	for _, field := range [][]Rule{r.Title, r.Film, r.Year, r.Director, r.Author, r.Published, r.Modified, r.Rating, r.Categories, r.Tags, r.Image} {
		for _, rule := range field {
			add(rule.sel)
		}
	}
	return list
}

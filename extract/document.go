package extract

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Bounds of a page. A page past one of them is refused with ErrTooComplex, never read in part. The largest articles of the web
// stay below a tenth of each.
const (
	MaxBytes   = 16 << 20 // of HTML given to Parse
	MaxNodes   = 1 << 19  // nodes of the tree
	maxDepth   = 1024     // nesting of a tree given to NewDocument (Parse itself stops at 512)
	maxTags    = 1 << 20  // tags in the source, ends included
	maxStarts  = 300_000  // start tags in the source
	maxAttrs   = 2000     // attributes of a tag
	maxText    = 4 << 20  // bytes of text outside scripts and styles
	maxMeta    = 2000     // <meta> elements looked at
	maxLDBytes = 2 << 20  // of JSON-LD, all scripts together
)

// Document is a parsed page with what its head says, read once and used by all that follows.
type Document struct {
	URL       string            // where the page was fetched from
	Root      *html.Node        // the tree, unchanged
	Sel       *goquery.Document // the same tree for selectors
	Meta      map[string][]string
	LD        []any  // JSON-LD values (map[string]any mostly), @graph and arrays opened, in page order
	LangAttr  string // <html lang>, as written
	Title     string // <title>, white space as seen
	Canonical string // <link rel=canonical>, absolute; empty if none or if it is no http(s) URL
	Generator string // <meta name=generator>
	Nodes     int    // nodes of the tree

	base *url.URL // what relative URLs stand on
	html *html.Node
	body *html.Node

	searches []search // what the rules look for
	dropped  []*drops // what the rules drop
	blocks   int      // elements that are blocks
	classes  map[string]*classSays
}

// Parse parses a page in UTF-8 within the bounds. Its work and its tree grow linearly with the page, also for pages made to
// do harm: the parser clones open formatting elements (<b>, <font> …) into every block that follows them (HTML section
// 13.2.4.3), so a page of a few megabytes could ask for a tree of gigabytes. Such pages, deeper ones than 512 elements, and
// larger ones than MaxBytes give ErrTooComplex.
func Parse(body []byte) (*html.Node, error) {
	if len(body) > MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes of HTML, at most %d are read", ErrTooComplex, len(body), MaxBytes)
	}
	if err := foresee(body); err != nil {
		return nil, err
	}
	if root := quickParse(string(body)); root != nil {
		return root, nil
	}
	root, err := html.Parse(bytes.NewReader(body))
	if err != nil { // the parser's only errors are the reader's (ours has none) and the depth of its stack
		return nil, fmt.Errorf("%w: %v", ErrTooComplex, err)
	}
	return root, nil
}

// foresee refuses source that would grow when parsed. It goes through the tags as the tokenizer will (HTML section 13.2.5), but
// keeps nothing of them: it counts tags, attributes, and the formatting elements left open at each tag.
func foresee(src []byte) error {
	var (
		tags, starts, merged, clones int
		open                         [formattingNames]int // formatting elements left open, by name
		sum                          int
	)
	for i := 0; ; {
		j := bytes.IndexByte(src[i:], '<')
		if j < 0 || i+j+1 >= len(src) {
			break
		}
		i += j + 1
		if src[i] == '!' || src[i] == '?' {
			i = skipDeclaration(src, i)
			continue
		}
		end := src[i] == '/'
		if end {
			i++
		}
		n := i
		for n < len(src) && isTagByte(src[n]) {
			n++
		}
		if n == i || src[i] <= '9' {
			continue
		}
		name := src[i:n]
		var attrs int
		if i, attrs = skipAttributes(src, n); attrs > maxAttrs {
			return fmt.Errorf("%w: more than %d attributes in a tag", ErrTooComplex, maxAttrs)
		}
		tags++
		f := formatting(name)
		if end {
			if f >= 0 && open[f] > 0 {
				open[f]--
				sum--
			}
			continue
		}
		starts++
		clones += min(sum, 512)
		switch {
		case f >= 0:
			open[f]++
			sum++
		case len(name) == 4 && (bytes.EqualFold(name, []byte("body")) || bytes.EqualFold(name, []byte("html"))):
			merged++ // their attributes are merged into those of the first
		default:
			i = skipRawText(src, i, name)
		}
	}
	switch {
	case tags > maxTags, starts > maxStarts:
		return fmt.Errorf("%w: %d tags", ErrTooComplex, tags)
	case clones > 2*MaxNodes:
		return fmt.Errorf("%w: formatting elements left open over %d tags", ErrTooComplex, tags)
	case merged > 100:
		return fmt.Errorf("%w: %d html and body tags", ErrTooComplex, merged)
	}
	return nil
}

func isTagByte(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' || '0' <= b && b <= '9' }

// skipDeclaration gives the place behind a comment, doctype or the like whose "<" stands before i.
func skipDeclaration(src []byte, i int) int {
	if bytes.HasPrefix(src[i:], []byte("!--")) {
		i += 3
		if bytes.HasPrefix(src[i:], []byte(">")) || bytes.HasPrefix(src[i:], []byte("->")) {
			return i + 1
		}
		if j := bytes.Index(src[i:], []byte("-->")); j >= 0 {
			return i + j + 3
		}
		return len(src)
	}
	if j := bytes.IndexByte(src[i:], '>'); j >= 0 {
		return i + j + 1
	}
	return len(src)
}

// skipAttributes gives the place behind the tag whose name ends at i, and how many attributes it has.
func skipAttributes(src []byte, i int) (int, int) {
	attrs := 0
	for i < len(src) {
		switch c := src[i]; c {
		case '>':
			return i + 1, attrs
		case ' ', '\t', '\n', '\f', '\r', '/':
			i++
			continue
		}
		attrs++
		for i++; i < len(src); i++ { // the name
			if c := src[i]; c == '=' || c == '>' || c == '/' || c <= ' ' {
				break
			}
		}
		for i < len(src) && src[i] <= ' ' {
			i++
		}
		if i >= len(src) || src[i] != '=' {
			continue
		}
		for i++; i < len(src) && src[i] <= ' '; i++ {
		}
		if i >= len(src) {
			break
		}
		if q := src[i]; q == '"' || q == '\'' {
			j := bytes.IndexByte(src[i+1:], q)
			if j < 0 {
				return len(src), attrs
			}
			i += j + 2
			continue
		}
		for i < len(src) && src[i] > ' ' && src[i] != '>' {
			i++
		}
	}
	return i, attrs
}

// skipRawText gives the place of the end tag of an element whose content is no markup, or i.
func skipRawText(src []byte, i int, name []byte) int {
	switch len(name) {
	case 3, 5, 6, 7, 8:
	default:
		return i
	}
	var buf [8]byte
	n := copy(buf[:], name)
	for k := range n {
		buf[k] |= 0x20
	}
	switch string(buf[:n]) {
	case "script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript":
	default:
		return i
	}
	for {
		j := bytes.Index(src[i:], []byte("</"))
		if j < 0 {
			return len(src)
		}
		i += j + 2
		if i+n <= len(src) && bytes.EqualFold(src[i:i+n], buf[:n]) {
			return i - 2
		}
	}
}

// formatting gives the number of a formatting element (HTML section 13.2.4.3) whose name may be in any case, or -1. Most tags are none:
// their length and first letter tell.
func formatting(name []byte) int {
	var want string
	n := 0
	switch len(name) {
	case 1:
		switch name[0] | 0x20 {
		case 'a':
			return 0
		case 'b':
			return 1
		case 'i':
			return 2
		case 'u':
			return 3
		case 's':
			return 4
		}
		return -1
	case 2:
		switch name[0] | 0x20 {
		case 'e':
			want, n = "em", 5
		case 't':
			want, n = "tt", 6
		}
	case 3:
		want, n = "big", 7
	case 4:
		switch name[0] | 0x20 {
		case 'c':
			want, n = "code", 8
		case 'f':
			want, n = "font", 9
		case 'n':
			want, n = "nobr", 10
		}
	case 5:
		want, n = "small", 11
	case 6:
		want, n = "strike", 12
		if name[3]|0x20 == 'o' {
			want, n = "strong", 13
		}
	}
	if want == "" {
		return -1
	}
	for i := range len(want) {
		if name[i]|0x20 != want[i] {
			return -1
		}
	}
	return n
}

const formattingNames = 14

// NewDocument reads the head of a parsed page. It changes nothing in the tree. pageURL may be empty.
func NewDocument(root *html.Node, pageURL string) (*Document, error) {
	if root == nil {
		return nil, fmt.Errorf("%w: no tree", ErrTooComplex)
	}
	d := &Document{URL: pageURL, Root: root, Sel: goquery.NewDocumentFromNode(root), Meta: map[string][]string{}}
	d.base, _ = url.Parse(pageURL)
	var (
		ld      []string
		ldBytes int
		metas   int
		size    int
	)
	depth := 0
	for n := root; n != nil; {
		d.Nodes++
		if d.Nodes > MaxNodes || depth > maxDepth {
			return nil, fmt.Errorf("%w: more than %d nodes or %d levels", ErrTooComplex, MaxNodes, maxDepth)
		}
		switch n.Type {
		case html.TextNode:
			if p := n.Parent; p != nil && p.DataAtom != atom.Script && p.DataAtom != atom.Style && p.DataAtom != atom.Noscript {
				if size += len(n.Data); size > maxText {
					return nil, fmt.Errorf("%w: more than %d bytes of text", ErrTooComplex, maxText)
				}
			}
		case html.ElementNode:
			if roleOf(n.DataAtom) == block {
				d.blocks++
			}
			switch n.DataAtom {
			case atom.Html:
				if d.html == nil {
					d.html = n
					d.LangAttr = strings.TrimSpace(attr(n, "lang"))
				}
			case atom.Body:
				if d.body == nil {
					d.body = n
				}
			case atom.Title:
				if d.Title == "" && n.Namespace == "" {
					d.Title = space(cutText(rawText(n), 2000))
				}
			case atom.Base:
				if href := attr(n, "href"); href != "" && d.base != nil {
					if u, err := d.base.Parse(href); err == nil {
						d.base = u
					}
				}
			case atom.Link:
				if d.Canonical == "" && hasToken(attr(n, "rel"), "canonical") {
					d.Canonical = d.Abs(attr(n, "href"))
				}
			case atom.Meta:
				if metas++; metas <= maxMeta {
					d.meta(n)
				}
			case atom.Script:
				if strings.Contains(strings.ToLower(attr(n, "type")), "ld+json") {
					s := rawText(n)
					if ldBytes += len(s); ldBytes <= maxLDBytes {
						ld = append(ld, s)
					}
				}
			}
		}
		// The next node in document order, without recursion: depth is the page's choice.
		if n.FirstChild != nil {
			n, depth = n.FirstChild, depth+1
			continue
		}
		for n != root && n.NextSibling == nil {
			n, depth = n.Parent, depth-1
		}
		if n == root {
			break
		}
		n = n.NextSibling
	}
	d.Generator = d.MetaOne("generator")
	d.LD = decodeLD(ld)
	return d, nil
}

func (d *Document) meta(n *html.Node) {
	var keys [4]string
	var val string
	k := 0
	for _, a := range n.Attr {
		switch a.Key {
		case "name", "property", "itemprop", "http-equiv":
			if k < len(keys) {
				keys[k] = strings.ToLower(strings.TrimSpace(a.Val))
				k++
			}
		case "content":
			val = a.Val
		}
	}
	for _, key := range keys[:k] {
		if key != "" && len(key) < 100 && len(val) < 64<<10 {
			d.Meta[key] = append(d.Meta[key], val)
		}
	}
}

// MetaOne is the first content that is not empty of the named meta elements (name, property or itemprop, in lower case), the
// keys in order; white space as seen.
func (d *Document) MetaOne(keys ...string) string {
	for _, k := range keys {
		for _, v := range d.Meta[k] {
			if v = space(v); v != "" {
				return v
			}
		}
	}
	return ""
}

// Abs is a link of the page as an absolute http(s) URL, or "" if it is none.
func (d *Document) Abs(href string) string {
	href = strings.TrimSpace(href)
	if href == "" || len(href) > 8<<10 {
		return ""
	}
	u, err := url.Parse(href)
	if err != nil {
		return ""
	}
	if d.base != nil {
		u = d.base.ResolveReference(u)
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return ""
	}
	return u.String()
}

// cutText is at most the first n bytes of a text, whole characters.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// attr is the value of an attribute, or "".
func attr(n *html.Node, key string) string {
	for i := range n.Attr {
		if n.Attr[i].Key == key {
			return n.Attr[i].Val
		}
	}
	return ""
}

func hasAttr(n *html.Node, key string) bool {
	for i := range n.Attr {
		if n.Attr[i].Key == key {
			return true
		}
	}
	return false
}

// classSays is what a class attribute says, to the walker and to the finder of facts.
type classSays struct {
	flags flags
	off   bool // hidden
	block bool // shown as a block
	zone  zone
}

// class reads a class attribute. Pages repeat them.
func (d *Document) class(list string) *classSays {
	c := d.classes[list]
	if c == nil {
		c = new(classSays)
		c.flags, c.off = classes(list)
		for tok := range strings.FieldsSeq(list) {
			c.block = c.block || tok == "block" || tok == "d-block"
			c.zone |= tokenZone(tok, false)
		}
		if d.classes == nil {
			d.classes = make(map[string]*classSays, 64)
		}
		d.classes[list] = c
	}
	return c
}

// hasToken says whether a space-separated list has a token, in any case.
func hasToken(list, token string) bool {
	for f := range strings.FieldsSeq(list) {
		if strings.EqualFold(f, token) {
			return true
		}
	}
	return false
}

// rawText is the text directly inside a node (title, script).
func rawText(n *html.Node) string {
	if c := n.FirstChild; c != nil && c.NextSibling == nil && c.Type == html.TextNode {
		return c.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

package extract

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// quickParse gives the very tree that html.Parse gives, several times as fast, of a page whose tags are where they should be: elements
// closed in the order in which they were opened, or closed by the rules for <p>, <li> and the like. At the first thing that needs the
// rules for errors (HTML standard section 13.2.6: formatting elements closed across others, tags out of their place, a head or body left
// out) it gives nil, and html.Parse has to do the work. Most pages get through.
//
// Half of the gain is that names, values and texts are parts of the source, and that nodes are made many at a time.
func quickParse(src string) *html.Node {
	if strings.IndexByte(src, 0) >= 0 {
		return nil
	}
	if strings.IndexByte(src, '\r') >= 0 {
		src = newlines.Replace(src)
	}
	q := &quick{s: src, doc: &html.Node{Type: html.DocumentNode}}
	if !q.page() {
		return nil
	}
	return q.doc
}

var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n") // HTML standard section 13.2.3.5

type quick struct {
	s      string
	i      int // where it is read
	at     int // where the last tag begins
	doc    *html.Node
	open   []opened // from <html> on
	forms  int      // open
	legacy bool     // perhaps in quirks mode

	attr  []html.Attribute // of the start tag that was read last
	bare  bool             // its last value has no quotes, so that a slash at its end is a part of it
	nodes []html.Node      // not yet given out
	attrs []html.Attribute
}

// opened is an element on the stack.
type opened struct {
	node *html.Node
	tag  *tag
	inP  bool // a <p> is in button scope
	inA  bool
	inS  bool // in a <select>
}

// tag says how an element is parsed.
type tag struct {
	name string
	atom atom.Atom
	kind tagKind
}

type tagKind uint8

const (
	tagOther tagKind = iota
	tagBlock
	tagHeading
	tagPre
	tagForm
	tagLi
	tagDd
	tagP
	tagButton
	tagA
	tagFormat
	tagVoid
	tagPart // void, beside no text
	tagInput
	tagHr
	tagHead // void, at home in the head
	tagRaw
	tagText // character references in it are read
	tagSelect
	tagOption
	tagIsland // left to html.ParseFragment
	tagFrame  // <html>, <head>, <body>
	tagOdd    // left to html.Parse
)

var tags = func() map[string]*tag {
	m := map[string]*tag{}
	for kind, names := range map[tagKind]string{
		tagBlock: `address article aside blockquote center details dir div dl fieldset figcaption figure footer header hgroup main menu nav
			ol section summary ul`,
		tagHeading: "h1 h2 h3 h4 h5 h6",
		tagPre:     "pre listing",
		tagForm:    "form", tagLi: "li", tagDd: "dd dt", tagP: "p", tagButton: "button", tagA: "a",
		tagFormat: "b big code em font i s small strike strong tt u",
		tagVoid:   "area br embed img keygen wbr",
		tagPart:   "param source track",
		tagInput:  "input", tagHr: "hr",
		tagHead: "base basefont bgsound link meta",
		tagRaw:  "script style noframes iframe noembed noscript",
		tagText: "title textarea", tagSelect: "select", tagOption: "option", tagIsland: "svg table",
		tagFrame: "html head body",
		tagOdd: `applet caption col colgroup dialog frame frameset image marquee math nobr object optgroup plaintext rb rp rt rtc search tbody td
			template tfoot th thead tr xmp`,
		tagOther: `abbr acronym audio bdi bdo canvas cite data datalist del dfn ins kbd label legend map mark meter output picture
			progress q ruby samp slot span sub sup time var video`,
	} {
		for name := range strings.FieldsSeq(names) {
			a := atom.Lookup([]byte(name))
			m[name] = &tag{name: name, atom: a, kind: kind}
		}
	}
	return m
}()

func (q *quick) page() bool {
	q.blank()
	if !q.doctype() {
		return false
	}
	if !q.until("html", q.doc, false) || !q.until("head", q.top(), false) || !q.head() || !q.until("body", q.top(), true) {
		return false
	}
	return q.body()
}

const blanks = " \t\n\f"

func (q *quick) blank() {
	for q.i < len(q.s) && strings.IndexByte(blanks, q.s[q.i]) >= 0 {
		q.i++
	}
}

// doctype reads the one that most pages have. With any other the page may be in quirks mode, where a table stands in a paragraph.
func (q *quick) doctype() bool {
	const lead = "<!doctype "
	if len(q.s)-q.i < len(lead) || !strings.EqualFold(q.s[q.i:q.i+len(lead)], lead) {
		return false
	}
	end := strings.IndexByte(q.s[q.i:], '>')
	if end < 0 {
		return false
	}
	decl := q.s[q.i : q.i+end+1]
	q.i += end + 1
	if decl[len(lead):] == "html>" {
		q.add(q.doc, html.Node{Type: html.DoctypeNode, Data: "html"})
		return true
	}
	q.legacy = true
	root, err := html.Parse(strings.NewReader(decl))
	if err != nil || root.FirstChild == nil || root.FirstChild.Type != html.DoctypeNode {
		return false
	}
	n := root.FirstChild
	root.RemoveChild(n)
	q.doc.AppendChild(n)
	return true
}

// until opens the element of that name that must come next, after white space, which stays if keep says so, and comments.
func (q *quick) until(name string, parent *html.Node, keep bool) bool {
	for {
		at := q.i
		q.blank()
		if keep {
			q.text(parent, q.s[at:q.i])
		}
		if !strings.HasPrefix(q.s[q.i:], "<!--") {
			break
		}
		if !q.comment(parent) {
			return false
		}
	}
	t, end, ok := q.tag()
	if !ok || end || t.name != name {
		return false
	}
	q.push(parent, t)
	return true
}

func (q *quick) head() bool {
	head := q.top()
	for q.i < len(q.s) {
		at := q.i
		q.blank()
		q.text(head, q.s[at:q.i])
		if strings.HasPrefix(q.s[q.i:], "<!--") {
			if !q.comment(head) {
				return false
			}
			continue
		}
		t, end, ok := q.tag()
		switch {
		case !ok:
			return false
		case end:
			q.open = q.open[:len(q.open)-1]
			return t.name == "head"
		case t.kind == tagHead:
			q.element(head, t)
		case t.kind == tagText && t.name == "title", t.kind == tagRaw && t.name != "iframe" && t.name != "noembed":
			if !q.raw(head, t) {
				return false
			}
		default:
			return false
		}
	}
	return false
}

func (q *quick) top() *html.Node { return q.open[len(q.open)-1].node }

func (q *quick) body() bool {
	const inBody, afterBody, afterHTML = 0, 1, 2
	place := inBody
	for q.i < len(q.s) {
		if at := q.i; q.s[at] != '<' || !q.atTag() {
			q.toTag()
			s := q.s[at:q.i]
			if place != inBody && strings.Trim(s, blanks) != "" {
				return false
			}
			if t := q.open[len(q.open)-1]; t.tag.kind == tagPre && t.node.FirstChild == nil {
				s = strings.TrimPrefix(s, "\n")
			}
			q.text(q.top(), s)
			continue
		}
		if q.s[q.i+1] == '!' {
			parent := q.top()
			switch place {
			case afterBody:
				parent = q.open[0].node
			case afterHTML:
				parent = q.doc
			}
			if !q.comment(parent) {
				return false
			}
			continue
		}
		t, end, ok := q.tag()
		switch {
		case !ok:
			return false
		case place == afterBody && end && t.name == "html":
			place = afterHTML
		case place != inBody:
			return false
		case end && t.name == "body":
			if len(q.open) != 2 {
				return false
			}
			place = afterBody
		case end:
			if !q.end(t) {
				return false
			}
		case !q.start(t):
			return false
		}
	}
	return place != inBody
}

// atTag says whether the "<" here begins a tag or comment.
func (q *quick) atTag() bool {
	if q.i+1 >= len(q.s) {
		return false
	}
	c := q.s[q.i+1]
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '/' || c == '!' || c == '?'
}

// toTag goes to the next tag or comment, or to the end.
func (q *quick) toTag() {
	for q.i++; ; q.i++ {
		j := strings.IndexByte(q.s[q.i:], '<')
		if j < 0 {
			q.i = len(q.s)
			return
		}
		if q.i += j; q.atTag() {
			return
		}
	}
}

func (q *quick) comment(parent *html.Node) bool {
	rest := q.s[q.i:]
	if !strings.HasPrefix(rest, "<!--") {
		return false
	}
	rest = rest[len("<!--"):]
	end := strings.Index(rest, "-->")
	if end < 0 || strings.HasPrefix(rest, ">") || strings.HasPrefix(rest, "->") || strings.Contains(rest[:end], "--!>") {
		return false
	}
	q.i += len("<!--") + end + len("-->")
	q.add(parent, html.Node{Type: html.CommentNode, Data: unescape(rest[:end])})
	return true
}

func unescape(s string) string {
	if strings.IndexByte(s, '&') < 0 {
		return s
	}
	return html.UnescapeString(s)
}

// tag reads the tag that begins here; the attributes of a start tag are in q.attr.
func (q *quick) tag() (t *tag, end, ok bool) {
	s, i := q.s, q.i
	q.at = i
	if i+2 >= len(s) || s[i] != '<' {
		return nil, false, false
	}
	if i++; s[i] == '/' {
		end = true
		i++
	}
	begin, lower := i, true
	for i < len(s) {
		c := s[i]
		if 'A' <= c && c <= 'Z' {
			lower = false
		} else if !('a' <= c && c <= 'z' || i > begin && ('0' <= c && c <= '9' || c == '-' || c == ':' || c == '_' || c == '.')) {
			break
		}
		i++
	}
	if i == begin || i >= len(s) {
		return nil, false, false
	}
	name := s[begin:i]
	if !lower {
		name = asciiLower(name)
	}
	if t = tags[name]; t == nil {
		t = &tag{name: name, atom: atom.Lookup([]byte(name))}
	}
	if s[i] == '>' {
		q.attr, q.i = q.attr[:0], i+1
		return t, end, true
	}
	if strings.IndexByte(blanks+"/", s[i]) < 0 {
		return nil, false, false
	}
	q.i = i
	return t, end, q.attributes()
}

func (q *quick) attributes() bool {
	s, i := q.s, q.i
	list := q.attr[:0]
	defer func() { q.attr = list }()
	for i < len(s) {
		switch s[i] {
		case '>':
			q.i = i + 1
			return true
		case ' ', '\t', '\n', '\f', '/':
			q.bare = false
			i++
			continue
		case '=':
			return false
		}
		q.bare = false
		begin, lower := i, true
		for ; i < len(s); i++ {
			c := s[i]
			if c == '=' || c == '>' || c == '/' || c <= ' ' {
				break
			}
			if c >= 0x80 {
				return false
			}
			lower = lower && !('A' <= c && c <= 'Z')
		}
		key := s[begin:i]
		if !lower {
			key = asciiLower(key)
		}
		for i < len(s) && strings.IndexByte(blanks, s[i]) >= 0 {
			i++
		}
		val := ""
		if i < len(s) && s[i] == '=' {
			for i++; i < len(s) && strings.IndexByte(blanks, s[i]) >= 0; i++ {
			}
			if i >= len(s) {
				return false
			}
			switch c := s[i]; c {
			case '"', '\'':
				n := strings.IndexByte(s[i+1:], c)
				if n < 0 {
					return false
				}
				val = s[i+1 : i+1+n]
				i += n + 2
			case '>':
			default:
				begin := i
				for i < len(s) && s[i] != '>' && strings.IndexByte(blanks, s[i]) < 0 {
					i++
				}
				val, q.bare = s[begin:i], true
			}
		} else if i < len(s) && s[i] < ' ' {
			return false
		}
		if len(list) == 64 {
			return false
		}
		twice := false
		for k := range list {
			twice = twice || list[k].Key == key
		}
		if twice {
			continue
		}
		val, ok := unescapeValue(val)
		if !ok {
			return false
		}
		list = append(list, html.Attribute{Key: key, Val: val})
	}
	return false
}

// unescapeValue reads the character references of an attribute's value, where "&copy=" is none.
func unescapeValue(s string) (string, bool) {
	hard := false
	for rest := s; ; {
		_, after, found := strings.Cut(rest, "&")
		if !found {
			break
		}
		rest = after
		n := 0
		for n < len(after) && (isTagByte(after[n])) {
			n++
		}
		switch {
		case n == 0 || n < len(after) && after[n] == ';' && basicEntity(after[:n]): // as in a text
		default:
			hard = true
		}
	}
	switch {
	case !hard:
		return unescape(s), true
	case strings.Contains(s, `"`):
		return "", false
	}
	z := html.NewTokenizer(strings.NewReader(`<a b="` + s + `">`))
	z.Next()
	z.TagName()
	_, val, _ := z.TagAttr()
	return string(val), true
}

func basicEntity(name string) bool {
	switch name {
	case "amp", "quot", "lt", "gt", "nbsp", "apos":
		return true
	}
	return false
}

// node gives a new node from a supply.
func (q *quick) node() *html.Node {
	if len(q.nodes) == 0 {
		q.nodes = make([]html.Node, 64)
	}
	n := &q.nodes[0]
	q.nodes = q.nodes[1:]
	return n
}

func (q *quick) add(parent *html.Node, of html.Node) *html.Node {
	n := q.node()
	*n = of
	n.Parent = parent
	if last := parent.LastChild; last != nil {
		last.NextSibling, n.PrevSibling = n, last
	} else {
		parent.FirstChild = n
	}
	parent.LastChild = n
	return n
}

// element adds one with the attributes that were read last.
func (q *quick) element(parent *html.Node, t *tag) *html.Node {
	n := q.add(parent, html.Node{Type: html.ElementNode, DataAtom: t.atom, Data: t.name})
	if k := len(q.attr); k > 0 {
		if len(q.attrs) < k {
			q.attrs = make([]html.Attribute, max(64, k))
		}
		n.Attr = q.attrs[:k:k]
		q.attrs = q.attrs[k:]
		copy(n.Attr, q.attr)
	}
	return n
}

func (q *quick) push(parent *html.Node, t *tag) {
	o := opened{tag: t}
	if len(q.open) > 0 {
		o = q.open[len(q.open)-1]
	}
	o.node, o.tag = q.element(parent, t), t
	switch t.kind {
	case tagP:
		o.inP = true
	case tagButton:
		o.inP = false
	case tagSelect:
		o.inP, o.inS = false, true
	case tagA:
		o.inA = true
	}
	if t.kind == tagA || t.kind == tagFormat { // html.Parse sorts them, to compare such elements
		slices.SortFunc(o.node.Attr, func(a, b html.Attribute) int { return strings.Compare(a.Key, b.Key) })
	}
	q.open = append(q.open, o)
}

func (q *quick) text(parent *html.Node, s string) {
	if s == "" {
		return
	}
	s = unescape(s)
	if last := parent.LastChild; last != nil && last.Type == html.TextNode {
		last.Data += s
		return
	}
	q.add(parent, html.Node{Type: html.TextNode, Data: s})
}

// raw reads an element whose content is no markup.
func (q *quick) raw(parent *html.Node, t *tag) bool {
	n := q.element(parent, t)
	begin := q.i
	for at := begin; ; {
		j := strings.Index(q.s[at:], "</")
		if j < 0 {
			return false
		}
		at += j + 2
		end := at + len(t.name)
		if end >= len(q.s) || !strings.EqualFold(q.s[at:end], t.name) || strings.IndexByte(blanks+"/>", q.s[end]) < 0 {
			continue
		}
		s := q.s[begin : at-2]
		if t.name == "script" && strings.Contains(s, "<!--") && strings.Contains(strings.ToLower(s), "<script") {
			return false // in a comment in a script, scripts nest
		}
		if t.name == "textarea" {
			s = strings.TrimPrefix(s, "\n")
		}
		if t.kind == tagText {
			s = unescape(s)
		}
		if s != "" {
			q.add(n, html.Node{Type: html.TextNode, Data: s})
		}
		q.i = at - 2
		_, _, ok := q.tag()
		return ok
	}
}

// pop closes all from a place of the stack on. A formatting element among them would be opened again by html.Parse.
func (q *quick) pop(from int) bool {
	for i := from + 1; i < len(q.open); i++ {
		if k := q.open[i].tag.kind; k == tagFormat || k == tagA {
			return false
		}
	}
	for _, o := range q.open[from:] {
		if o.tag.kind == tagForm {
			return false
		}
	}
	q.open = q.open[:from]
	return true
}

// popP closes the paragraph that stands open.
func (q *quick) popP() bool {
	if !q.open[len(q.open)-1].inP {
		return true
	}
	for i := len(q.open) - 1; ; i-- {
		if q.open[i].tag.kind == tagP {
			return q.pop(i)
		}
	}
}

func (q *quick) start(t *tag) bool {
	if len(q.open) > 400 {
		return false
	}
	here := q.open[len(q.open)-1]
	if here.inS {
		if t.kind != tagOption {
			return false
		}
		if here.tag.kind == tagOption {
			q.open = q.open[:len(q.open)-1]
		}
		q.push(q.top(), t)
		return true
	}
	switch t.kind {
	case tagOther:
	case tagBlock, tagPre, tagP:
		if !q.popP() {
			return false
		}
	case tagHeading:
		if !q.popP() || q.open[len(q.open)-1].tag.kind == tagHeading {
			return false
		}
	case tagForm:
		if q.forms > 0 || !q.popP() {
			return false
		}
		q.forms++
	case tagLi, tagDd:
		if !q.popItem(t.kind) || !q.popP() {
			return false
		}
	case tagButton:
		for _, o := range q.open {
			if o.tag.kind == tagButton {
				return false
			}
		}
	case tagA:
		if here.inA {
			return false
		}
	case tagFormat:
		same := 0
		for _, o := range q.open {
			if o.tag == t {
				same++
			}
		}
		if same >= 2 {
			return false
		}
	case tagVoid, tagPart, tagInput, tagHead:
		q.element(q.top(), t)
		return true
	case tagHr:
		if !q.popP() {
			return false
		}
		q.element(q.top(), t)
		return true
	case tagRaw, tagText:
		return q.raw(q.top(), t)
	case tagSelect:
	case tagIsland:
		return q.island(t)
	default:
		return false
	}
	q.push(q.top(), t)
	return true
}

// popItem closes the open item of the list that another item is for.
func (q *quick) popItem(kind tagKind) bool {
	for i := len(q.open) - 1; i >= 0; i-- {
		switch o := &q.open[i]; {
		case o.tag.kind == kind:
			return q.pop(i)
		case o.tag.atom == atom.Address || o.tag.atom == atom.Div, o.tag.kind == tagP:
		case o.tag.kind != tagOther && o.tag.kind != tagFormat && o.tag.kind != tagA:
			return true
		}
	}
	return true
}

func (q *quick) end(t *tag) bool {
	last := len(q.open) - 1
	switch t.kind {
	case tagBlock, tagPre, tagP, tagLi, tagDd, tagHeading, tagButton, tagSelect:
		for i := last; i > 1; i-- {
			o := &q.open[i]
			if o.tag == t {
				return q.pop(i)
			}
			switch {
			case o.tag.kind == tagSelect, o.tag.kind == tagHeading && t.kind == tagHeading, o.tag.kind == tagButton && t.kind == tagP,
				t.kind == tagLi && (o.tag.atom == atom.Ul || o.tag.atom == atom.Ol):
				return false
			}
		}
		return false
	case tagForm:
		for last > 1 && (q.open[last].tag.kind == tagP || q.open[last].tag.kind == tagLi || q.open[last].tag.kind == tagDd) {
			last--
		}
		if q.open[last].tag != t {
			return false
		}
		q.forms--
		q.open = q.open[:last]
		return true
	case tagOther, tagA, tagFormat, tagOption:
		if q.open[last].tag.name != t.name {
			return false
		}
		q.open = q.open[:last]
		return true
	}
	return false
}

// island leaves an element with rules of its own to html.ParseFragment.
func (q *quick) island(t *tag) bool {
	if t.atom == atom.Table {
		if q.legacy && q.open[len(q.open)-1].inP || !q.popP() {
			return false
		}
	}
	begin := q.at
	closed := func() bool { return t.atom == atom.Svg && q.s[q.i-2] == '/' && !q.bare }
	depth := 1
	if closed() {
		depth = 0
	}
	for depth > 0 {
		switch {
		case q.i >= len(q.s):
			return false
		case q.s[q.i] != '<' || !q.atTag():
			q.toTag()
			continue
		case q.s[q.i+1] == '!':
			if !q.comment(&html.Node{}) {
				return false
			}
			continue
		}
		inner, end, ok := q.tag()
		switch {
		case !ok, inner.kind == tagRaw, inner.kind == tagText, inner.kind == tagForm, inner.kind == tagFrame,
			inner.name == "template", inner.name == "xmp", inner.name == "plaintext":
			return false
		case inner != t:
		case end:
			depth--
		case !closed():
			depth++
		}
	}
	list, err := html.ParseFragment(strings.NewReader(q.s[begin:q.i]), &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body})
	if err != nil || len(list) != 1 || list[0].DataAtom != t.atom || len(q.open)+deepest(list[0]) > 400 {
		return false
	}
	q.top().AppendChild(list[0])
	return true
}

// deepest is how deep a tree is.
func deepest(root *html.Node) int {
	most, depth := 1, 1
	for n := root; ; {
		if n.FirstChild != nil {
			n, depth = n.FirstChild, depth+1
			most = max(most, depth)
			continue
		}
		for n != root && n.NextSibling == nil {
			n, depth = n.Parent, depth-1
		}
		if n == root {
			return most
		}
		n = n.NextSibling
	}
}

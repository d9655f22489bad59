package extract

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A frame is a block-level element with what its tag, class and the text in it say. Frames stand in document order, so the blocks
// of a frame and of all frames in it are the run [first, last).
type frame struct {
	node        *html.Node
	parent      int32 // index of the frame around it; -1 for the outermost
	end         int32 // index behind the last frame inside it
	first, last int32 // blocks
	tag         atom.Atom
	own         flags // what the element says of itself
	under       flags // what it and all elements around it say, once settle has weighed it
	drop        string
	chars       int32 // characters that are no white space, in it and below
	linked      int32 // of those, inside links
	prose       int32 // of those, in blocks that look like running text
	inputs      int16 // form controls that ask for text
	solid       int32 // of the prose, outside menus, page feet, comments and hidden elements
	paras       int16 // blocks that look like running text
	images      int16
}

// A piece is a block as the walker finds it, before it is judged.
type piece struct {
	kind   BlockKind
	level  int8 // of a heading, 1 to 6
	cont   bool // stands on a new line of the paragraph of the piece before
	image  bool // an image stands in it
	text   string
	frame  int32
	own    flags // of inline elements that hold nearly all of it
	chars  int32
	linked int32
	bold   int32 // characters in bold type
	slant  int32 // characters in italic type
	prose  int32
	links  int16
	head   flags // what it heads, if it is a known label
	key    int16 // of a row, the length of the first cell
}

func (p *piece) linkDensity() float64 {
	if p.chars == 0 {
		return 0
	}
	return float64(p.linked) / float64(p.chars)
}

// A walk is the page cut into blocks.
type walk struct {
	frames []frame
	pieces []piece
	doc    *Document
	in     map[*html.Node]bool // containers of the text by the rules; there, rules drop inline elements too
	within int                 // how many of them are open

	cur  int32 // the open frame
	kind BlockKind
	lvl  int8

	t                   text
	inLink, inBold      int // depth
	inSlant, inPre      int
	linked, bold, slant int32
	links               int16
	image               bool
	own                 flags
	ownChars            int32
	rowDepth            int // inside a table row read as one line
	key                 int16
}

// newWalk cuts a page into blocks in one pass. Hidden elements, scripts and form controls are left out.
func newWalk(doc *Document, in []*html.Node) *walk {
	root := doc.Root
	w := &walk{doc: doc, in: map[*html.Node]bool{}, cur: -1, kind: Paragraph,
		frames: make([]frame, 0, doc.blocks+16), pieces: make([]piece, 0, doc.blocks/2+16)}
	for _, n := range in {
		w.in[n] = true
	}
	w.open(root, 0, 0)
	for c := root.FirstChild; c != nil; c = c.NextSibling {
		w.node(c)
	}
	w.flush()
	w.close()
	w.total()
	return w
}

func (w *walk) open(n *html.Node, tag atom.Atom, own flags) {
	f := frame{node: n, parent: w.cur, first: int32(len(w.pieces)), tag: tag, own: own}
	w.cur = int32(len(w.frames))
	w.frames = append(w.frames, f)
}

func (w *walk) close() {
	f := &w.frames[w.cur]
	f.last, f.end = int32(len(w.pieces)), int32(len(w.frames))
	w.cur = f.parent
}

func (w *walk) node(n *html.Node) {
	switch n.Type {
	case html.TextNode:
		w.words(n.Data)
	case html.ElementNode:
		w.element(n)
	}
}

func (w *walk) words(s string) {
	if w.inPre > 0 && strings.IndexByte(s, '\n') >= 0 {
		for i, line := range strings.Split(s, "\n") {
			if i > 0 {
				w.t.mark()
			}
			w.count(line)
		}
		return
	}
	w.count(s)
}

func (w *walk) count(s string) {
	before := w.t.n
	w.t.add(s)
	n := int32(w.t.n - before)
	if w.inLink > 0 {
		w.linked += n
	}
	if w.inBold > 0 {
		w.bold += n
	}
	if w.inSlant > 0 {
		w.slant += n
	}
}

// role says how an element stands in the flow of text.
type role uint8

const (
	inline role = iota
	block
	leftOut // with all inside it
)

// roleOf is the role of an element as a browser's own style sheet shows it (HTML section 15.3). Form controls and embedded documents
// hold no words of the page.
func roleOf(tag atom.Atom) role {
	switch tag {
	case atom.Address, atom.Article, atom.Aside, atom.Blockquote, atom.Body, atom.Center, atom.Dd, atom.Details, atom.Dir,
		atom.Div, atom.Dl, atom.Dt, atom.Fieldset, atom.Figcaption, atom.Figure, atom.Footer, atom.Form, atom.H1, atom.H2,
		atom.H3, atom.H4, atom.H5, atom.H6, atom.Header, atom.Hgroup, atom.Html, atom.Legend, atom.Li, atom.Listing, atom.Main,
		atom.Menu, atom.Nav, atom.Ol, atom.P, atom.Plaintext, atom.Pre, atom.Section, atom.Summary, atom.Table, atom.Tbody,
		atom.Td, atom.Tfoot, atom.Th, atom.Thead, atom.Tr, atom.Ul, atom.Xmp, atom.Caption, atom.Optgroup:
		return block
	case atom.Head, atom.Script, atom.Style, atom.Template, atom.Noscript, atom.Svg, atom.Iframe, atom.Object, atom.Embed,
		atom.Applet, atom.Audio, atom.Video, atom.Canvas, atom.Input, atom.Select, atom.Textarea, atom.Button, atom.Datalist,
		atom.Option, atom.Progress, atom.Meter, atom.Map, atom.Noframes, atom.Rp, atom.Rt, atom.Math, atom.Title, atom.Link,
		atom.Meta, atom.Frameset:
		return leftOut
	}
	return inline
}

func (w *walk) element(n *html.Node) {
	tag := n.DataAtom
	if n.Namespace != "" {
		return // SVG and MathML
	}
	r := roleOf(tag)
	switch r {
	case leftOut:
		switch tag {
		case atom.Textarea:
			w.frames[w.cur].inputs++
		case atom.Input:
			switch attr(n, "type") {
			case "", "text", "email", "search", "url", "password", "tel":
				w.frames[w.cur].inputs++
			}
		case atom.Iframe, atom.Video, atom.Embed, atom.Object:
			w.flush()
		}
		return
	case inline:
		switch tag {
		case atom.Br:
			w.br()
			return
		case atom.Hr:
			w.flush()
			return
		case atom.Img:
			w.image = true
			w.frames[w.cur].images++
			w.t.pending = true
			return
		case atom.Wbr:
			return
		}
	}
	own, hidden, shown := w.look(n, tag)
	if r == inline && (shown || holdsBlock(n)) {
		r = block
	}
	if hidden {
		if r == inline {
			return
		}
		own |= isHidden // scripts reveal what some pages hide: decided when all is known
	}
	if r == block && w.rowDepth == 0 {
		w.block(n, tag, own)
		return
	}
	w.inline(n, tag, own)
}

// holdsBlock says whether a child of an inline element is a block.
func holdsBlock(n *html.Node) bool {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode && roleOf(c.DataAtom) == block {
			return true
		}
	}
	return false
}

func (w *walk) block(n *html.Node, tag atom.Atom, own flags) {
	w.flush()
	kind, lvl := w.kind, w.lvl
	switch tag {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		if w.kind != ListItem {
			w.kind, w.lvl = Heading, int8(n.Data[1]-'0')
		}
	case atom.Li, atom.Dt, atom.Dd:
		w.kind, w.lvl = ListItem, 0
	case atom.Blockquote:
		w.kind, w.lvl = Quote, 0
	case atom.Pre, atom.Listing, atom.Xmp, atom.Plaintext:
		w.kind, w.lvl = Pre, 0
		w.inPre++
		defer func() { w.inPre-- }()
	case atom.Figcaption, atom.Caption:
		w.kind, w.lvl = Caption, 0
	case atom.P, atom.Div:
		if w.kind == Heading {
			w.kind, w.lvl = Paragraph, 0
		}
	case atom.Ul, atom.Ol, atom.Dl, atom.Table, atom.Section, atom.Article, atom.Aside:
		w.kind, w.lvl = Paragraph, 0
	case atom.A:
		if hasAttr(n, "href") {
			w.inLink++
			w.links++
			defer func() { w.inLink-- }()
		}
	case atom.B, atom.Strong:
		w.inBold++
		defer func() { w.inBold-- }()
	case atom.I, atom.Em:
		w.inSlant++
		defer func() { w.inSlant-- }()
	}
	w.open(n, tag, own)
	if w.in[n] {
		w.within++
		defer func() { w.within-- }()
	}
	if w.kind == Caption && tag == atom.Figcaption && quoted(n) {
		w.kind = Paragraph // who said it
	}
	if tag == atom.Tr && oneLine(n) {
		w.kind = Cell
		w.rowDepth++
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			w.t.pending = true
			w.node(c)
			if w.key == 0 && c.Type == html.ElementNode {
				w.key = int16(min(len(w.t.buf), 1000))
			}
		}
		w.rowDepth--
	} else {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			w.node(c)
		}
	}
	w.flush()
	w.close()
	w.kind, w.lvl = kind, lvl
}

// quoted says whether a caption stands below a quotation, not a picture: it is the quotation's source (HTML section 4.4.4).
func quoted(n *html.Node) bool {
	if n.Parent == nil || n.Parent.DataAtom != atom.Figure {
		return false
	}
	for c := n.Parent.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom == atom.Blockquote {
			return true
		}
	}
	return false
}

func (w *walk) inline(n *html.Node, tag atom.Atom, own flags) {
	if tag == atom.Sup && w.reference(n) {
		return
	}
	if w.within > 0 && len(n.Attr) > 0 {
		if _, ok := w.doc.dropRule(n); ok {
			w.t.pending = true
			return
		}
	}
	before := len(w.pieces)
	start := w.t.n
	counter := (*int)(nil)
	switch tag {
	case atom.A:
		if !hasAttr(n, "href") {
			break
		}
		if backReference(n) {
			return
		}
		counter = &w.inLink
		w.links++
	case atom.B, atom.Strong:
		counter = &w.inBold
	case atom.I, atom.Em, atom.Cite:
		counter = &w.inSlant
	case atom.Q:
		w.t.add("“")
	case atom.Td, atom.Th:
		w.t.pending = true
	}
	if counter != nil {
		*counter++
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.node(c)
	}
	if counter != nil {
		*counter--
	}
	if tag == atom.Q {
		w.t.add("”")
	}
	if own == 0 {
		return
	}
	if len(w.pieces) > before { // it held blocks
		for i := before; i < len(w.pieces); i++ {
			w.pieces[i].own |= own
		}
		return
	}
	if n := int32(w.t.n - start); n > w.ownChars {
		w.own, w.ownChars = own, n
	}
}

// reference says whether a <sup> is no word but the mark of a footnote: a link to a place on the page, or a number behind the end
// of a word or sentence or at the start of the note itself.
func (w *walk) reference(n *html.Node) bool {
	linked := false
	var t text
	for c := range n.Descendants() {
		switch c.Type {
		case html.TextNode:
			t.add(c.Data)
		case html.ElementNode:
			linked = linked || c.DataAtom == atom.A && strings.HasPrefix(attr(c, "href"), "#")
		}
		if t.n > 6 {
			return false
		}
	}
	if p := n.Parent; p != nil && p.DataAtom == atom.A && strings.HasPrefix(attr(p, "href"), "#") {
		linked = true
	}
	if linked {
		return true
	}
	mark := strings.Trim(string(t.buf), "[]()")
	if mark == "" {
		return false
	}
	for _, r := range mark {
		if r < '0' || r > '9' {
			return false
		}
	}
	b := w.t.buf
	return len(b) == 0 || !w.t.pending && strings.IndexByte(`.,;:!?)"'`, b[len(b)-1]) >= 0 ||
		strings.HasSuffix(string(b[max(0, len(b)-3):]), "”") || strings.HasSuffix(string(b[max(0, len(b)-3):]), "’")
}

// backReference says whether a link is the arrow that leads from a footnote back into the text.
func backReference(n *html.Node) bool {
	if !strings.HasPrefix(attr(n, "href"), "#") {
		return false
	}
	switch s := space(rawText(n)); s {
	case "↩", "↩︎", "↵", "^", "↑", "⤴", "⏎", "¶", "#":
		return true
	}
	return false
}

// oneLine says whether a table row is read as one line: at least two cells, short and without blocks inside.
func oneLine(tr *html.Node) bool {
	cells, left := 0, 200
	chars := 0
	for c := tr.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom != atom.Td && c.DataAtom != atom.Th {
			continue
		}
		cells++
		before := chars
		for n := range c.Descendants() {
			if left--; left < 0 {
				return false
			}
			switch n.Type {
			case html.TextNode:
				chars += len(n.Data)
			case html.ElementNode:
				if roleOf(n.DataAtom) != inline && n.DataAtom != atom.P || n.DataAtom == atom.Br || n.DataAtom == atom.Img {
					return false
				}
			}
		}
		if chars-before > 160 { // prose
			return false
		}
	}
	return cells >= 2 && chars < 600
}

// br ends a line; a second one with no word between ends the paragraph.
func (w *walk) br() {
	if w.t.breaks > 0 {
		w.flush()
		return
	}
	w.t.mark()
}

// flush ends the open block.
func (w *walk) flush() {
	if w.t.n > 0 {
		w.cut()
	}
	w.t.reset()
	w.linked, w.bold, w.slant, w.links, w.image, w.own, w.ownChars, w.key = 0, 0, 0, 0, false, 0, 0, 0
}

// cut makes a piece of the words gathered.
func (w *walk) cut() {
	p := piece{kind: w.kind, level: w.lvl, frame: w.cur, text: w.t.String(), chars: int32(w.t.n),
		linked: w.linked, bold: w.bold, slant: w.slant, links: w.links, image: w.image, key: w.key}
	if w.own != 0 && float64(w.ownChars) > 0.8*float64(p.chars) {
		p.own = w.own
	}
	if strings.IndexByte(p.text, '\n') < 0 {
		w.push(p)
		return
	}
	w.lines(p)
}

// lines cuts a block at its line breaks. A line that breaks in the middle of a sentence, as in hard-wrapped source, is joined.
func (w *walk) lines(p piece) {
	lines := strings.Split(p.text, "\n")
	whole := p
	out := lines[:0:0]
	for i, l := range lines {
		if i > 0 && w.kind != Pre && joined(out[len(out)-1], l) {
			out[len(out)-1] += " " + l
			continue
		}
		out = append(out, l)
	}
	for i, l := range out {
		q := whole
		q.text = l
		q.cont = i > 0
		q.chars = int32(len(l) - strings.Count(l, " "))
		if len(out) > 1 { // shares of the whole; a lone link or bold run stands on its own line
			share := float64(q.chars) / float64(max(1, len(p.text)))
			q.linked = int32(share * float64(p.linked))
			q.bold = int32(share * float64(p.bold))
			q.slant = int32(share * float64(p.slant))
		}
		w.push(q)
	}
}

// joined says whether a line goes on in the next one.
func joined(line, next string) bool {
	if len(line) < 40 || next == "" {
		return false
	}
	if strings.IndexByte(`.!?:;"`, line[len(line)-1]) >= 0 || strings.HasSuffix(line, "”") || strings.HasSuffix(line, "…") {
		return false
	}
	if line[0] == '(' && line[len(line)-1] == ')' {
		return false
	}
	c := next[0]
	return 'a' <= c && c <= 'z' || len(line) > 60 && c != '-' && c != '*' && !('A' <= c && c <= 'Z') && c < 0x80
}

func (w *walk) push(p piece) {
	if p.kind == Quote || p.kind == Paragraph || p.kind == ListItem {
		p.prose = proseIn(&p)
	}
	f := &w.frames[p.frame]
	f.chars += p.chars
	f.linked += p.linked
	if p.prose > 0 {
		f.prose += p.prose
		f.paras++
	}
	w.pieces = append(w.pieces, p)
}

// proseIn is how many characters of a block count as running text: none of a short line, a list of links or a block without the
// marks of a sentence (jusText's long and good blocks, Pomikálek 2011; link density, Kohlschütter, Fankhauser and Nejdl 2010).
func proseIn(p *piece) int32 {
	if p.chars < 60 {
		return 0
	}
	ld := p.linkDensity()
	if ld > 0.5 {
		return 0
	}
	if !strings.ContainsAny(p.text, ".,!?;:。、，！？।؟") {
		return 0
	}
	return p.chars - p.linked
}

// total adds up each frame with the frames inside it.
func (w *walk) total() {
	for i := len(w.frames) - 1; i > 0; i-- {
		f := &w.frames[i]
		p := &w.frames[f.parent]
		p.chars += f.chars
		p.linked += f.linked
		p.prose += f.prose
		p.inputs += f.inputs
		p.paras += f.paras
		p.images += f.images
	}
}

package extract

import (
	"strings"

	"golang.org/x/net/html"
)

// read finds the text of a page: Paragraphs, Words, Blocks and Extractor of the review.
func read(rev *Review, doc *Document, rules []sourced, in Input) {
	w := newWalk(doc.Root, rules)
	w.settle()
	j := judge{walk: w, doc: doc, in: in}
	rev.Extractor = "generic"
	if nodes, by, _ := textIn(rules, doc.Root); len(nodes) > 0 {
		j.inside(nodes)
		rev.Extractor = by.name
	}
	if len(j.roots) == 0 {
		j.roots = []int32{w.article()}
	}
	j.run()
	j.write(rev)
}

// A judge decides, block by block, what belongs to the review.
type judge struct {
	*walk
	doc   *Document
	in    Input
	roots []int32 // frames that hold the text
	said  []verdict
}

// A verdict is what became of a block, and why.
type verdict struct {
	kept   bool
	rule   string
	weight float64
}

func keep(rule string, weight float64) verdict { return verdict{true, rule, weight} }
func drop(rule string, weight float64) verdict { return verdict{false, rule, -weight} }

// inside sets the frames that hold the text to the given elements.
func (j *judge) inside(nodes []*html.Node) {
	want := make(map[*html.Node]bool, len(nodes))
	for _, n := range nodes {
		want[n] = true
	}
	for i := 0; i < len(j.frames); i++ {
		if f := &j.frames[i]; want[f.node] && f.chars > 0 {
			j.roots = append(j.roots, int32(i))
			i = int(f.end) - 1
		}
	}
}

// flagsIn are the flags of a block and of all elements around it, up to but without the root.
func (j *judge) flagsIn(p *piece, root int32) (own flags, dropped string) {
	own = p.own
	for i := p.frame; i > root; i = j.frames[i].parent {
		own |= j.frames[i].own
		if j.frames[i].drop != "" {
			dropped = j.frames[i].drop
		}
	}
	return own, dropped
}

func (j *judge) run() {
	j.said = make([]verdict, len(j.pieces))
	for i := range j.said {
		j.said[i] = drop("outside", 1)
	}
	for _, root := range j.roots {
		j.root(root)
	}
}

func (j *judge) root(root int32) {
	f := &j.frames[root]
	first, last := int(f.first), int(f.last)
	titles := j.titles()
	seen := false // prose has been kept
	for i := first; i < last; i++ {
		p := &j.pieces[i]
		own, dropped := j.flagsIn(p, root)
		j.said[i] = j.block(p, own, dropped, titles, seen)
		if j.said[i].kept && p.prose > 0 {
			seen = true
		}
	}
	// A heading whose section is empty heads nothing.
	next := last
	for i := last - 1; i >= first; i-- {
		if !j.said[i].kept {
			continue
		}
		p := &j.pieces[i]
		if p.kind == Heading && !graded(p.text) && (next == last || j.pieces[next].kind == Heading && j.pieces[next].level <= p.level && !graded(j.pieces[next].text)) {
			j.said[i] = drop("empty-section", 1)
			continue
		}
		next = i
	}
}

// block judges one block by itself.
func (j *judge) block(p *piece, own flags, dropped string, titles []string, seen bool) verdict {
	if dropped != "" {
		return drop(dropped, 3)
	}
	if j.in.Chrome != nil && j.in.Chrome(j.path(p.frame), p.text) {
		return drop("repeats on the site", 2)
	}
	if f := own & chrome; f != 0 {
		return drop("named:"+f.name(), 2)
	}
	if p.kind == Caption {
		return drop("caption", 2)
	}
	if rule, ok := phrase(p); ok {
		return drop(rule, 1.5)
	}
	if !seen && p.prose == 0 && (isTitleOf(p.text, titles) || own&isTitle != 0) {
		return drop("headline", 2)
	}
	ld := p.linkDensity()
	if ld > 0.8 && p.chars < 200 && p.kind != Heading {
		return drop("links", 1+ld)
	}
	if p.prose > 0 {
		return keep("prose", 1)
	}
	if p.kind == Heading {
		return keep("heading", 0.5)
	}
	return keep("short", 0.2)
}

// graded says whether a line carries a grade.
func graded(s string) bool {
	return strings.ContainsAny(s, "★☆⭐½✭✮✩✪") || strings.Contains(s, "/10") || strings.Contains(s, "/5")
}

// titles are the forms of the headline that the page states, folded.
func (j *judge) titles() []string {
	var out []string
	add := func(s string) {
		if s = foldText(s); s != "" {
			out = append(out, s)
		}
	}
	for i := range j.frames {
		if f := &j.frames[i]; f.own&isTitle != 0 && f.last-f.first == 1 && f.chars < 300 {
			add(j.pieces[f.first].text)
		}
		if len(out) > 20 {
			break
		}
	}
	add(j.doc.MetaOne("og:title"))
	add(j.doc.MetaOne("twitter:title"))
	add(j.doc.Title)
	return out
}

func isTitleOf(s string, titles []string) bool {
	s = foldText(s)
	if s == "" {
		return false
	}
	for i, t := range titles {
		if s == t || len(s) > 12 && i >= len(titles)-3 && strings.HasPrefix(t, s) {
			return true
		}
	}
	return false
}

// foldText is a text for comparison: its letters and digits in lower case, one space between words.
func foldText(s string) string {
	var b strings.Builder
	pending := false
	for _, r := range s {
		if !isWordRune(r) {
			pending = true
			continue
		}
		if pending && b.Len() > 0 {
			b.WriteByte(' ')
		}
		pending = false
		b.WriteRune(lower(r))
	}
	return b.String()
}

// write hands the verdicts over to the review.
func (j *judge) write(rev *Review) {
	rev.Blocks = make([]Block, len(j.pieces))
	paths := map[int32]string{}
	for i := range j.pieces {
		p := &j.pieces[i]
		v := j.said[i]
		path, ok := paths[p.frame]
		if !ok {
			path = j.path(p.frame)
			paths[p.frame] = path
		}
		rev.Blocks[i] = Block{Kind: p.kind, Text: p.text, Path: path, Kept: v.kept, Rule: v.rule, Weight: v.weight}
		if !v.kept {
			continue
		}
		rev.Words += words(p.text)
		rev.Paragraphs = append(rev.Paragraphs, p.text)
	}
}

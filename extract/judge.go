package extract

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// read finds the text of a page: Paragraphs, Words, Blocks, Extractor and Marks of the review. It gives the elements that hold it.
func read(rev *Review, doc *Document, rules []sourced, in Input) (text []*html.Node) {
	j := newJudge(doc, rules, nil)
	marks, repeated := j.marks(in.Chrome)
	if len(repeated) > 0 {
		if k := j.without(repeated, rules); enough(j, k) {
			j = k
		} else {
			for i := range marks {
				marks[i] = marks[i].block()
			}
		}
	}
	rev.Marks = marks
	j.write(rev)
	for _, r := range j.roots {
		text = append(text, j.frames[r].node)
	}
	return text
}

// newJudge finds the text of a page and judges every block. It takes none of the blocks named in repeated.
func newJudge(doc *Document, rules []sourced, repeated map[int]int) *judge {
	nodes, by, _ := textIn(rules, doc)
	j := &judge{walk: newWalk(doc, nodes), by: "generic"}
	for i := range repeated {
		j.pieces[i].own |= isDropped
	}
	j.settle()
	if len(nodes) > 0 {
		j.inside(nodes)
		if len(j.roots) > 0 && (by.kind == ofLayout || j.holds(j.article())) {
			j.by = by.name
		} else {
			j.roots = nil
		}
	}
	if len(j.roots) == 0 {
		j.roots = j.article()
	}
	j.run()
	if repeated == nil && len(doc.dropped) == 0 && j.keptProse() == 0 && j.forget() {
		j.roots, j.by = j.article(), "generic"
		j.run()
	}
	return j
}

// forget takes back what classes and ids say of the elements, where they would leave nothing of a page that has running text: a post
// that is called "comment of the day". Comments that stand together are comments. It says whether there is anything to gain.
func (j *judge) forget() bool {
	talk := 0 // outermost elements of comments
	for i := range j.frames {
		if f := &j.frames[i]; f.own&isComment != 0 && f.prose > 0 && (f.parent < 0 || j.frames[f.parent].under&isComment == 0) {
			talk++
			for k := int32(i) + 1; k < f.end; k++ {
				if j.frames[k].own&isComment != 0 {
					talk++
				}
			}
		}
	}
	const firm = isHidden | isDropped
	gain := int32(0)
	for i := range j.frames {
		f := &j.frames[i]
		keep := firm
		if talk > 1 {
			keep |= isComment
		}
		f.own &= keep | ^chrome
		f.own |= tagged(f.tag) & chrome
	}
	for i := range j.pieces {
		p := &j.pieces[i]
		p.own &= firm | isComment | ^chrome
		if p.prose > 0 && p.own&chrome == 0 {
			gain += p.prose
		}
	}
	if gain < 200 {
		return false
	}
	j.settle()
	return true
}

// without judges the page once more, without the blocks that repeat: of repeated, which gives on how many pages of the site each
// stands. Where they are much of the text, they may have been what made an element look like it, and the text is searched again.
func (j *judge) without(repeated map[int]int, rules []sourced) *judge {
	var prose int32
	for i := range repeated {
		prose += j.pieces[i].prose
	}
	again := *j
	k := &again
	if 4*prose > j.keptProse() {
		k = newJudge(j.doc, rules, repeated)
	} else {
		for i := range repeated {
			k.pieces[i].own |= isDropped
		}
		k.run()
	}
	for i, n := range repeated {
		k.said[i] = drop(fmt.Sprintf("chrome:repeated on %d pages", n), 2)
	}
	return k
}

// A judge decides, block by block, what belongs to the review.
type judge struct {
	*walk
	by    string  // whose rules found the text
	roots []int32 // frames that hold the text
	said  []verdict

	context    []context
	titles     map[string]bool // forms of the headline, folded
	names      map[string]bool // of the author and the site, folded
	begin, end int             // first and last block of running text in the root at hand
	tried      int             // lines searched for a byline
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

// holds says whether the roots hold most of the running text that other roots hold. Pages use the names of a theme's container for
// teasers and widgets too.
func (j *judge) holds(other []int32) bool {
	solid := func(roots []int32) (n int32) {
		for _, i := range roots {
			n += j.frames[i].solid
		}
		return n
	}
	return 10*solid(j.roots) >= 6*solid(other)
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
	j.authors()
	j.titles = j.headlines()
	j.context = make([]context, len(j.pieces))
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
	if len(j.doc.dropped) > 0 {
		for i := root + 1; i < f.end; i++ {
			j.frames[i].drop, _ = j.doc.dropRule(j.frames[i].node)
		}
	}
	j.begin, j.end = last, first
	for i := first; i < last; i++ {
		c := &j.context[i]
		c.own, c.dropped = j.flagsIn(&j.pieces[i], root)
		c.head = c.own&isHead != 0 && j.inHead(&j.pieces[i], root)
		if j.pieces[i].prose > 0 && c.own&chrome == 0 && c.dropped == "" && factsIn(j.pieces[i].text) < 2 {
			j.begin, j.end = min(j.begin, i), i
		}
	}
	j.labelled(root, first, last)
	j.talk(first, last)
	j.boxes(first, last)
	for i := first; i < last; i++ {
		j.said[i] = j.block(i)
	}
	// What stands behind the last paragraph is met with more doubt, and the last paragraph may fall to that doubt itself.
	for range 4 {
		end := last - 1
		for end > first && !(j.said[end].kept && j.pieces[end].prose > 0) {
			end--
		}
		if end >= j.end || end <= first {
			break
		}
		j.end = end
		for i := max(first, end-1); i < last; i++ {
			if j.said[i].kept {
				j.said[i] = j.block(i)
			}
		}
	}
	for i := last - 2; i >= first; i-- { // the name above what tells of the author
		p := &j.pieces[i]
		if r := j.said[i+1].rule; j.said[i].kept && (r == "life" || r == "label:author" || r == "under:author" || r == "named:author") && p.chars < 40 &&
			strings.IndexByte(p.text, ' ') > 0 && allNames(p.text) && !graded(p.text) {
			j.said[i] = drop("name", 1)
		}
	}
	j.headlineAbove(first)
	j.linkLists(root)
	j.repeats(first, last)
	j.above(first, last)
	j.sections(first, last)
}

// inHead says whether a block stands in a head of the piece that holds little of its text.
func (j *judge) inHead(p *piece, root int32) bool {
	for i := p.frame; i > root; i = j.frames[i].parent {
		if f := &j.frames[i]; f.own&isHead != 0 {
			return 4*f.solid < j.frames[root].solid
		}
	}
	return false
}

// headlineAbove drops headings above the byline: forms of the headline that neither the page's title nor an <h1> states.
func (j *judge) headlineAbove(first int) {
	byline := -1
	for i := first; i < j.begin; i++ {
		switch j.said[i].rule {
		case "named:author", "named:meta", "time", "name":
			byline = i
		default:
			if strings.HasPrefix(j.said[i].rule, "line:byline") {
				byline = i
			}
		}
	}
	for i := first; i < byline; i++ {
		if p := &j.pieces[i]; p.kind == Heading && j.said[i].kept && p.text[len(p.text)-1] != '.' && !graded(p.text) {
			j.said[i] = drop("headline", 1)
		}
	}
}

// linkLists drops the few words beside the links in an element that is a list of links but for them: its head, a number.
func (j *judge) linkLists(root int32) {
	end := j.frames[root].end
	links := make([]int32, end-root)
	for i := j.frames[root].first; i < j.frames[root].last; i++ {
		if j.said[i].rule == "links" {
			links[j.pieces[i].frame-root]++
		}
	}
	for i := end - 1; i > root; i-- {
		links[j.frames[i].parent-root] += links[i-root]
	}
	for i := root + 1; i < end; i++ {
		f := &j.frames[i]
		if n := f.last - f.first; n < 4 || f.prose > 0 || 4*links[i-root] < 3*n {
			continue
		}
		for k := f.first; k < f.last; k++ {
			if j.said[k].kept && !graded(j.pieces[k].text) {
				j.said[k] = drop("links", 0.5)
			}
		}
		i = f.end - 1
	}
}

// above drops short lines over the headline, which name the section or the site, and a name that stands alone beside the date.
func (j *judge) above(first, last int) {
	head := -1
	for i := first; i < j.begin && i < last; i++ {
		if j.said[i].rule == "headline" {
			head = i
		}
	}
	for i := first; i < j.begin && i < last; i++ {
		p := &j.pieces[i]
		if !j.said[i].kept || p.prose > 0 || graded(p.text) {
			continue
		}
		dated := i+1 < last && j.said[i+1].rule == "time" || i > first && j.said[i-1].rule == "time"
		switch n := strings.Count(p.text, " "); {
		case i < head && p.chars < 40 && p.kind != Quote:
			j.said[i] = drop("above headline", 0.5)
		case dated && p.kind != Heading && n >= 1 && n <= 3 && p.chars < 40 && allNames(p.text):
			j.said[i] = drop("name", 1)
		}
	}
}

// bylines says whether lines are still searched for a byline: no page has thousands of lines before or behind its text but a hostile one.
func (j *judge) bylines() bool {
	j.tried++
	return j.tried <= 2000
}

// lineOfFacts says whether a line gives who wrote the piece, and perhaps when, and nothing more: "By Jane Doe", "Door Jan Smit op 3 mei
// 2006", "Jane Doe · 5 June 2014 · 3 min read".
func lineOfFacts(s string) bool {
	if name, conf := lineAuthor(s); conf >= 0.6 && strings.Contains(name, " ") && allNames(name) {
		if i := strings.Index(s, name); i >= 0 && restIsTime(s[i+len(name):]) {
			return true
		}
	}
	timed := false
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '|' || r == '·' || r == '•' }) {
		part = strings.TrimSpace(part)
		switch {
		case part == "":
		case timeLine(foldLine(part)):
			timed = true
		case len(part) > 40 || part == s || !allNames(part):
			return false
		}
	}
	return timed
}

// restIsTime says whether the rest of a byline is a date, or nothing.
func restIsTime(s string) bool {
	s = foldLine(s)
	return s == "" || timeLine(s)
}

// A context is what is known of a block from the elements around it and the labels above it.
type context struct {
	own     flags  // of the elements between the root and the block
	dropped string // the rule of a theme or layout that drops it
	label   flags  // it is a label itself
	under   flags  // it stands below such a label
	head    bool   // it stands in the head of the piece
	fact    bool   // it is a line of a box of facts
}

// labelled finds labels that stand in the flow of the text ("Comments", "You may also like") and what belongs to them: all to the
// next heading of their level, or to the end of the element that they stand in. Comments end with the element only.
func (j *judge) labelled(root int32, first, last int) {
	noted := false // below a heading of footnotes
	for i := first; i < last; i++ {
		p, c := &j.pieces[i], &j.context[i]
		if p.kind == Heading {
			noted = notes[foldLine(p.text)]
		}
		if noted {
			c.own |= isNote
		}
		l := p.head
		if l == 0 && p.kind == Heading && j.aboutName(i, last) {
			l = isAuthor
		}
		if l == 0 || c.under != 0 || c.own&chrome&^l != 0 || p.kind != Heading && l&isShare == 0 && 2*p.bold <= p.chars && i <= j.begin {
			continue
		}
		if p.kind == Heading && l&(isComment|isRelated|isAuthor) == 0 && i+1 < last && j.pieces[i+1].prose > 0 && j.context[i+1].own&chrome == 0 {
			continue // it heads a section of the text
		}
		if l&isAuthor != 0 && i+1 < last && j.pieces[i+1].prose > 0 && j.context[i+1].own&chrome == 0 && !j.bio(i+1) && p.head != 0 && !aboutAuthor[foldText(p.text)] {
			continue // it heads a section about an author in the film
		}
		c.label = l
		level := p.level
		switch {
		case p.kind == Heading && l&(isComment|isRelated|isAuthor) != 0:
		case l&isComment != 0 && j.button(p):
			continue // it leads to the comments
		case l&isComment != 0, l&isAuthor != 0 && 3*i > first+2*last:
			level = 7
		default:
			continue
		}
		end := last
		if up := j.frames[p.frame].parent; up > root {
			end = int(j.frames[up].last)
		}
		for k := i + 1; k < end; k++ {
			q := &j.pieces[k]
			if l&isComment == 0 && q.kind == Heading && q.level <= level {
				break
			}
			// Related pieces are links and lines: a paragraph ends them.
			if l&isRelated != 0 && q.kind != ListItem && q.prose > 200 && q.linkDensity() < 0.3 && j.pieces[k-1].kind != Heading {
				break
			}
			j.context[k].under |= l
		}
	}
}

// button says whether a block is a link dressed as a button.
func (j *judge) button(p *piece) bool {
	n := j.frames[p.frame].node
	return p.linkDensity() > 0.8 && (strings.Contains(attr(n, "class"), "button") || strings.Contains(attr(n.Parent, "class"), "button"))
}

// aboutAuthor are labels that say whom the words below are about; others ("The author") may be a heading of the text.
var aboutAuthor = map[string]bool{"about the author": true, "about the authors": true, "about author": true, "about our author": true, "about the writer": true,
	"about the critic": true, "about the contributor": true, "about the editor": true, "meet the author": true, "author bio": true, "author info": true,
	"author information": true, "author profile": true, "über den autor": true, "über die autorin": true, "zum autor": true, "à propos de l auteur": true,
	"sobre el autor": true, "sobre la autora": true, "acerca del autor": true, "sull autore": true, "informazioni sull autore": true, "sobre o autor": true,
	"sobre a autora": true, "over de auteur": true, "over de schrijver": true, "o autorze": true, "об авторе": true}

// aboutName says whether a heading is "About Jane" over the last words of the page, which tell of Jane's life as a critic.
func (j *judge) aboutName(i, last int) bool {
	folded := foldText(j.pieces[i].text)
	for _, lead := range [...]string{"about ", "über ", "à propos de ", "sobre ", "acerca de ", "over "} {
		name, ok := strings.CutPrefix(folded, lead)
		if !ok || i+1 >= last || i+4 < last || strings.Count(name, " ") > 2 {
			continue
		}
		first, _, _ := strings.Cut(name, " ")
		next := foldLine(j.pieces[i+1].text[:min(len(j.pieces[i+1].text), 800)])
		_, n := phrasesIn(next, lives)
		return n > 0 && begins(next, first) || j.names[name]
	}
	return false
}

// bio says whether a paragraph tells of the life of a critic: it begins with a name of the author, or it holds words of such lives.
func (j *judge) bio(i int) bool {
	folded := foldLine(j.pieces[i].text)
	for name := range j.names {
		if first, _, _ := strings.Cut(name, " "); len(first) > 1 && (begins(folded, name) || begins(folded, first)) {
			return true
		}
	}
	_, n := phrasesIn(folded[:min(len(folded), 1000)], lives)
	return n >= 2
}

// sections drops headings whose section is empty.
func (j *judge) sections(first, last int) {
	next := last
	for i := last - 1; i >= first; i-- {
		if !j.said[i].kept {
			continue
		}
		p := &j.pieces[i]
		if i+1 < last && j.said[i+1].rule == "links" && p.prose == 0 && p.chars < 60 && p.kind != ListItem && !graded(p.text) &&
			(i > j.end || p.text[len(p.text)-1] == ':' || strings.HasPrefix(p.text, "More on ")) && strings.IndexByte(".!?", p.text[len(p.text)-1]) < 0 {
			j.said[i] = drop("head of links", 0.7)
			continue
		}
		if next == last && p.kind == ListItem && p.text[len(p.text)-1] == ':' {
			j.said[i] = drop("empty-section", 0.5) // what it announces is not read
			continue
		}
		if next == last && p.kind == Paragraph && p.chars < 40 && i+1 < last && looksLikeHead(p.text) {
			j.said[i] = drop("empty-section", 0.5)
			continue
		}
		if p.kind == Heading && p.chars >= 30 && p.text[len(p.text)-1] == ':' && next < last && !particulars(p.text) {
			next = i // it announces the sections below it
			continue
		}
		if p.kind == Heading && !graded(p.text) && (next == last || j.pieces[next].kind == Heading && j.pieces[next].level <= p.level && !graded(j.pieces[next].text)) {
			j.said[i] = drop("empty-section", 1)
			continue
		}
		next = i
	}
}

// block judges one block.
func (j *judge) block(i int) verdict {
	p, c := &j.pieces[i], &j.context[i]
	own := c.own
	if c.dropped != "" {
		return drop(c.dropped, 3)
	}
	if c.under != 0 {
		return drop("under:"+c.under.name(), 1.2)
	}
	if c.label != 0 {
		return drop("label:"+c.label.name(), 1.5)
	}
	if p.kind == Pre {
		own &^= isNav | isShare // the frames of code have their own buttons
	}
	if f := own & chrome; f != 0 && !(f&^(isFooter|isTags|isMeta) == 0 && postscript(p.text)) {
		return drop("named:"+f.name(), 2)
	}
	if p.kind == Caption {
		return drop("caption", 2)
	}
	before := i < j.begin
	after := i > j.end || i == j.end && p.chars < 160 && i > j.begin // a short last paragraph is met with doubt too
	ld := p.linkDensity()
	goesOn := p.kind == Paragraph && own&isTitle == 0 && i+1 < len(j.pieces) && startsLower(j.pieces[i+1].text) // a sentence broken off
	if before && p.prose == 0 && !goesOn && (own&isTitle != 0 || (p.kind == Heading || p.chars > 3) && j.titles[foldText(p.text)]) {
		return drop("headline", 2)
	}
	if before && c.head && p.kind == Heading && p.text[len(p.text)-1] != '.' && !graded(p.text) {
		return drop("headline", 1)
	}
	if i <= j.begin && c.head && p.kind == Paragraph && j.standfirst(p.text) {
		return drop("standfirst", 1)
	}
	folded := ""
	if p.chars < 600 {
		folded = foldLine(p.text)
	}
	if rightsOf(p.text) {
		return drop("line:credit", 1.5)
	}
	if folded != "" {
		if v, ok := j.against(i, folded, before); ok {
			return v
		}
	}
	if c.fact || (p.kind == ListItem || p.kind == Paragraph || p.kind == Cell) && p.chars < 170 && j.factAlone(i) {
		return drop("facts", 1.5)
	}
	if j.pictureLine(i) {
		return drop("caption", 1)
	}
	if j.signed(i) {
		return drop("signature", 1)
	}
	if i > j.end && p.prose == 0 && menuLine(p.text) {
		return drop("menu", 1)
	}
	if (before || after) && dateInDigits(p.text) {
		return drop("time", 1.5)
	}
	if p.kind == ListItem || p.kind == Paragraph || p.kind == Cell {
		if n := factsIn(p.text); n >= 2 || n == 1 && p.chars < 160 && !j.gradesPart(i) && (j.factBeside(i-1) || j.factBeside(i+1)) || i <= j.begin && factsInBrackets(p.text) {
			return drop("facts", 1.5)
		}
	}
	if before && p.prose == 0 && p.chars < 60 && strings.HasPrefix(folded, "rated ") && strings.Contains(folded, " min") && (j.factBeside(i-1) || i > 0 && j.said[i-1].rule == "facts") {
		return drop("facts", 1.5)
	}
	if p.chars < 100 && folded != "" && (before || after) {
		first, _, _ := strings.Cut(p.text, "|")
		switch {
		case timeLine(folded), len(first) < len(p.text) && timeLine(foldLine(first)):
			return drop("time", 1.5)
		case p.prose == 0 && j.bylines() && lineOfFacts(p.text):
			return drop("line:byline", 1.5)
		case j.names[strings.TrimPrefix(strings.TrimPrefix(folded, "by "), "von ")]:
			return drop("name", 1.5)
		case i > j.begin && p.kind == Heading && j.beginsTitle(p.text):
			return drop("headline", 1)
		case before && p.prose == 0 && 10*p.bold >= 9*p.chars && j.beginsTitle(p.text):
			return drop("headline", 1)
		}
	}
	if before && p.prose == 0 && p.kind == Paragraph && p.chars < 6 && strings.Trim(p.text, "0123456789.,K") == "" {
		return drop("count", 1) // of likes, shares, comments
	}
	if after && p.chars < 140 && mailbox(p.text) {
		return drop("address", 1)
	}
	if i+1 >= j.end && folded != "" && j.life(i, folded) {
		return drop("life", 1)
	}
	if p.chars == 1 && strings.Contains(attr(j.frames[p.frame].node, "class"), "emoji") {
		return drop("icon", 1)
	}
	if p.text[0] == '[' && p.text[len(p.text)-1] == ']' && strings.ContainsAny(p.text, "=”") && strings.IndexByte(p.text, ' ') > 0 {
		return drop("shortcode", 1) // of an add-on that is gone
	}
	if p.chars < 50 && p.kind == Paragraph && (before || after) && priced(p.text) {
		return drop("price", 1)
	}
	if own&isNote == 0 && ld > 0.8 && p.chars < 200 && p.kind != Heading {
		return drop("links", 1+ld)
	}
	if p.kind != Pre && !p.cont && bareURL(p.text) && (own&isNote == 0 || i > 0 && (j.pieces[i-1].kind == Heading || j.said[i-1].rule == "address")) {
		return drop("address", 1)
	}
	if p.prose > 0 {
		return keep("prose", 1)
	}
	if p.kind == Heading {
		if i > j.end && ld > 0.8 && !graded(p.text) {
			return drop("link", 1)
		}
		return keep("heading", 0.5)
	}
	if i > j.end && i > 0 && j.said[i-1].rule == "link" && !graded(p.text) {
		return drop("under:related", 0.5)
	}
	return keep("short", 0.2)
}

// postscript says whether a line begins as the last words below a letter do.
func postscript(s string) bool {
	for _, mark := range [...]string{"P.S.", "PS:", "PS ", "P.S ", "P. S.", "PS.", "P.P.S.", "PPS:", "P.-S.", "Post scriptum", "Postscript", "Nachtrag:"} {
		if strings.HasPrefix(s, mark) {
			return true
		}
	}
	return false
}

// beginsTitle says whether a line of two words or more, or one with a year, is the beginning of a form of the headline.
func (j *judge) beginsTitle(s string) bool {
	s = foldText(s)
	if len(s) < 6 {
		return false
	}
	for t := range j.titles {
		if rest, ok := strings.CutPrefix(t, s); ok && (rest == "" || rest[0] == ' ') {
			return true
		}
	}
	return false
}

// startsLower says whether a text begins with a small letter.
func startsLower(s string) bool { return unicode.IsLower(firstRune(s)) }

// pictures are the words that credits of pictures begin with.
var pictures = wordSet("photo photos picture pictures image images still stills screenshot screenshots screencap screencaps frame poster artwork foto fotos bild bilder imagen immagine imagem")

// pictureFrom says whether a line tells where a picture is from: "PHOTO BORROWED from …", "Stills found at …".
func pictureFrom(folded string) bool {
	var w [3]string
	for i := range w {
		w[i], folded, _ = strings.Cut(folded, " ")
	}
	return pictures[w[0]] && (strings.HasSuffix(w[1], "ed") || w[1] == "taken" || w[1] == "found" || w[1] == "stolen") &&
		(w[2] == "from" || w[2] == "by" || w[2] == "at" || w[2] == "via" || w[2] == "off") && folded != ""
}

// mailbox says whether a line gives an address of mail.
func mailbox(s string) bool {
	i := strings.IndexByte(s, '@')
	return i > 0 && i+3 < len(s) && s[i-1] != ' ' && s[i+1] != ' ' && strings.IndexByte(s[i:], '.') > 1
}

// factsInBrackets says whether a line is in brackets and states what a box would: year, length, rating, who made the film.
func factsInBrackets(s string) bool {
	if len(s) > 200 || s[0] != '(' || s[len(s)-1] != ')' {
		return false
	}
	n := 0
	if filmYear(s) > 0 {
		n++
	}
	low := strings.ToLower(s)
	for _, w := range [...]string{"min", "rated ", "dir", "regie", "réal", "regia"} {
		if strings.Contains(low, w) {
			n++
		}
	}
	return n >= 2
}

// life says whether a paragraph near the end tells of the author: it begins with the name of the author or of the site, or it stands
// apart from the paragraphs before, and it holds the words of a life.
func (j *judge) life(i int, folded string) bool {
	if len(folded) < 30 {
		return false
	}
	_, n := phrasesIn(folded, lives)
	for name := range j.names {
		if len(name) > 4 && strings.HasPrefix(folded, name) {
			if firm, loose := phrasesIn(folded, calls); n+firm+loose >= 1 {
				return true
			}
		}
	}
	if n < 3 {
		return false
	}
	up := j.frames[j.pieces[i].frame].parent
	for k := i - 1; k >= 0; k-- {
		if j.said[k].kept && j.pieces[k].prose > 0 {
			return j.frames[j.pieces[k].frame].parent != up
		}
	}
	return false
}

// authors finds the names of the author and of the site.
func (j *judge) authors() {
	j.names = map[string]bool{}
	add := func(s string) {
		if len(s) > 60 || strings.Contains(s, "/") {
			return
		}
		s = strings.TrimPrefix(foldText(s), "by ")
		if len(s) > 2 && s != "admin" && s != "staff" && s != "author" {
			j.names[s] = true
		}
	}
	for _, key := range [...]string{"author", "article:author", "og:site_name", "dc.creator", "parsely-author", "sailthru.author",
		"byl", "twitter:data1", "cxenseparse:author", "application-name"} {
		for _, v := range j.doc.Meta[key] {
			add(v)
		}
	}
	for i := range j.pieces {
		p := &j.pieces[i]
		if p.chars > 40 || len(j.names) > 10 {
			continue
		}
		if own := p.own | j.frames[p.frame].own; own&isAuthor != 0 && strings.IndexByte(p.text, ' ') > 0 {
			add(p.text)
		}
	}
	for _, v := range j.doc.LD {
		if m, ok := v.(map[string]any); ok {
			ldNames(m["author"], add, 0)
		}
	}
}

func ldNames(v any, add func(string), depth int) {
	switch v := v.(type) {
	case string:
		add(v)
	case []any:
		for i := 0; i < len(v) && i < 5 && depth < 3; i++ {
			ldNames(v[i], add, depth+1)
		}
	case map[string]any:
		if s, ok := v["name"].(string); ok {
			add(s)
		}
	}
}

// standfirst says whether a line in the head of the piece is the description that the page gives of itself.
func (j *judge) standfirst(s string) bool {
	s = foldText(s)
	for _, key := range [...]string{"description", "og:description", "twitter:description"} {
		if d := foldText(j.doc.MetaOne(key)); len(d) > 40 && s == d {
			return true
		}
	}
	return false
}

// bareURL says whether a block is the address of a page and no more: of an embedded player that is gone, or of a source.
func bareURL(s string) bool {
	return (strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")) && strings.IndexByte(s, ' ') < 0
}

// priced says whether a short line is a price: "$699.98 $1,299.99", "Only €12.50".
func priced(s string) bool {
	i := strings.IndexAny(s, "$€£")
	if i < 0 || !strings.ContainsAny(s, "0123456789") {
		return false
	}
	letters := 0
	for _, r := range s {
		if r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r > 0xbf && r < 0x2000 {
			letters++
		}
	}
	return letters <= 12
}

// repeats drops pull quotes: lines whose words stand in a longer paragraph of the text as well.
func (j *judge) repeats(first, last int) {
	tried := 0
	for i := first; i < last; i++ {
		p := &j.pieces[i]
		if !j.said[i].kept || p.chars < 20 || p.chars > 300 || p.kind != Paragraph && p.kind != Quote && !(p.kind == Heading && inQuotes(p.text)) {
			continue
		}
		if tried++; tried > 60 {
			return
		}
		core := strings.Trim(p.text, "“”\"„«»‘’'… .")
		if strings.Count(core, " ") < 3 {
			continue
		}
		for k := first; k < last; k++ {
			q := &j.pieces[k]
			if k != i && j.said[k].kept && q.prose > 0 && (q.chars > p.chars+8 || k < i && q.text == p.text) && strings.Contains(q.text, core) {
				j.said[i] = drop("pull-quote", 1)
				break
			}
		}
	}
}

// inQuotes says whether a text is all in quotation marks.
func inQuotes(s string) bool {
	open, _ := utf8.DecodeRuneInString(s)
	end, _ := utf8.DecodeLastRuneInString(s)
	return strings.ContainsRune("“\"„«‘", open) && strings.ContainsRune("”\"“»’", end)
}

// factKeys are what fact boxes state of a film.
var factKeys = map[string]bool{
	"director": true, "directors": true, "directed by": true, "starring": true, "stars": true, "cast": true, "writer": true, "writers": true,
	"screenplay": true, "screenplay by": true, "written by": true, "screenwriter": true, "producer": true, "producers": true,
	"produced by": true, "cinematography": true, "cinematographer": true, "music": true, "music by": true, "composer": true, "score by": true,
	"editor": true, "edited by": true, "editing": true, "runtime": true, "running time": true, "run time": true, "length": true,
	"release date": true, "released": true, "release": true, "genre": true, "genres": true, "country": true, "countries": true,
	"language": true, "languages": true, "distributor": true, "distributed by": true, "studio": true, "studios": true, "year": true,
	"production company": true, "production": true, "rated": true, "mpaa rating": true, "mpaa": true, "certificate": true, "featuring": true,
	"original title": true, "based on": true, "our rating": true, "budget": true, "box office": true, "imdb": true, "dir": true,
	"regie": true, "drehbuch": true, "darsteller": true, "besetzung": true, "kamera": true, "musik": true, "laufzeit": true, "fsk": true,
	"land": true, "jahr": true, "kinostart": true, "schnitt": true, "originaltitel": true, "verleih": true, "produktion": true, "länge": true,
	"réalisation": true, "réalisateur": true, "réalisé par": true, "avec": true, "scénario": true, "durée": true, "pays": true, "sortie": true,
	"date de sortie": true, "musique": true, "genre(s)": true, "titre original": true, "distribution": true, "année": true, "acteurs": true,
	"dirección": true, "dirigida por": true, "guion": true, "guión": true, "reparto": true, "duración": true, "país": true, "año": true,
	"intérpretes": true, "título original": true, "fotografía": true, "música": true, "género": true, "estreno": true, "protagonistas": true,
	"regia": true, "sceneggiatura": true, "durata": true, "paese": true, "anno": true, "interpreti": true, "titolo originale": true,
	"genere": true, "montaggio": true, "musiche": true, "produzione": true, "uscita": true, "attori": true, "con": true,
	"direção": true, "diretor": true, "elenco": true, "roteiro": true, "duração": true, "gênero": true, "ano": true, "lançamento": true,
	"regisseur": true, "acteurs:": true, "scenario": true, "speelduur": true, "jaar": true, "reżyseria": true, "obsada": true, "scenariusz": true,
}

// factBeside says whether a block is a short line with a fact of a film.
func (j *judge) factBeside(i int) bool {
	return i >= 0 && i < len(j.pieces) && j.pieces[i].chars < 160 && factsIn(j.pieces[i].text) > 0
}

// factsIn counts the facts of a film that a line states in the way of a box: "Director: … | Starring: … | Year: …".
func factsIn(s string) int {
	if len(s) > 600 {
		return 0
	}
	if y := filmYear(s[:min(len(s), 4)]); y > 0 && len(s) < 250 && (strings.Contains(s, " min. ") || strings.Contains(s, " min, ") || strings.Contains(s, " mins")) {
		return 2 // "1973, 102 min. D: …"
	}
	n, rest := 0, s
	for {
		i := strings.IndexByte(rest, ':')
		if i < 0 {
			break
		}
		key := rest[:i]
		rest = rest[i+1:]
		for cut := 0; ; { // the key is what stands before the colon: up to three words
			k := strings.ToLower(strings.TrimSpace(key[cut:]))
			if len(k) < 40 && factKeys[strings.Trim(k, "-–•·|*/ ")] {
				n++
				break
			}
			sp := strings.IndexAny(key[cut:], " |\n•·/")
			if sp < 0 {
				break
			}
			cut += sp + 1
		}
	}
	return n
}

// looksLikeHead says whether a short line looks like the head of what follows: it ends in a colon, or is in capitals.
func looksLikeHead(s string) bool {
	if graded(s) {
		return false
	}
	return strings.HasSuffix(s, ":") || strings.IndexByte(s, ' ') > 0 && s == strings.ToUpper(s) && s != strings.ToLower(s) && !strings.ContainsAny(s, ".!?")
}

// graded says whether a line carries a grade or a verdict.
func graded(s string) bool {
	if strings.ContainsAny(s, "★☆⭐½✭✮✩✪👍👎") || strings.Contains(s, "**") {
		return true
	}
	first := true
	for w := range strings.SplitSeq(foldLine(s), " ") {
		if gradeWords[w] || first && gradeHeads[strings.TrimSuffix(w, ":")] {
			return true
		}
		first = false
	}
	for i := 1; i+1 < len(s); i++ { // 8/10
		if s[i] == '/' && '0' <= s[i-1] && s[i-1] <= '9' && '0' <= s[i+1] && s[i+1] <= '9' {
			return true
		}
	}
	return false
}

// gradeWords stand anywhere in a line with a grade, gradeHeads begin one.
var (
	gradeWords = wordSet("star stars sterne stern sternen étoile étoiles estrella estrellas stella stelle estrela estrelas ster sterren gwiazdek stjärnor")
	gradeHeads = wordSet("rating grade score verdict rated recommended recommendation recommend bewertung wertung fazit urteil note verdict " +
		"conclusion nota puntuación calificación veredicto voto giudizio verdetto avaliação classificação veredito cijfer oordeel conclusie ocena betyg")
)

// headlines are the forms of the headline that the page states, folded.
func (j *judge) headlines() map[string]bool {
	out := map[string]bool{}
	add := func(s string) {
		if s = foldText(s); s != "" {
			out[s] = true
		}
	}
	h1 := false
	for i := range j.frames {
		f := &j.frames[i]
		first := f.tag == atom.H1 && !h1 && f.chars > 0
		h1 = h1 || first
		if (first || f.own&isTitle != 0) && f.last-f.first == 1 && f.chars < 300 && len(out) < 20 {
			add(j.pieces[f.first].text)
		}
	}
	if !h1 {
		for i := range j.frames {
			if f := &j.frames[i]; f.tag == atom.H2 && f.chars > 0 {
				if f.last-f.first == 1 && f.chars < 200 {
					add(j.pieces[f.first].text)
				}
				break
			}
		}
	}
	// The title of the page has the name of the site before or behind the headline.
	for _, t := range []string{j.doc.MetaOne("og:title"), j.doc.MetaOne("twitter:title"), j.doc.Title} {
		add(t)
		if len(t) > 400 {
			continue
		}
		for i := 0; i < len(t); {
			k := -1
			size := 0
			for _, sep := range [...]string{" | ", " - ", " – ", " — ", " :: ", " -- ", " » ", " « ", " · ", " • ", ": ", " ~ ", " / "} {
				if at := strings.Index(t[i:], sep); at >= 0 && (k < 0 || at < k) {
					k, size = at, len(sep)
				}
			}
			if k < 0 {
				break
			}
			add(t[:i+k])
			i += k + size
			add(t[i:])
		}
	}
	return out
}

// write hands the verdicts over to the review.
func (j *judge) write(rev *Review) {
	rev.Extractor = j.by
	rev.Blocks = make([]Block, len(j.pieces))
	for i := range j.pieces {
		p := &j.pieces[i]
		v := j.said[i]
		rev.Blocks[i] = Block{Kind: p.kind, Text: p.text, Kept: v.kept, Rule: v.rule, Weight: v.weight,
			apart: j.frames[p.frame].under&(isComment|isRelated|isNav|isAside) != 0, headed: p.kind == Heading || p.head != 0}
		if !v.kept {
			continue
		}
		rev.Words += words(p.text)
		rev.Paragraphs = append(rev.Paragraphs, p.text)
	}
}

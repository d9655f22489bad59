package extract

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// settle decides which elements are what their names say. A name is a hint, not a fact: an element that holds most of the page's
// running text is no sidebar, whatever it is called. Only comments need more: the talk below a short review can be longer than
// the review.
func (w *walk) settle() {
	if shown := w.shown(); w.reveal(shown) {
		w.shown()
	}
	visible := w.frames[0].solid
	w.titled(visible)
	w.columns(visible)
	for i := range w.frames {
		f := &w.frames[i]
		if f.tag == atom.Form && f.inputs > 0 {
			f.own |= isSignup
			// The box around a form, with its few words.
			if up := f.parent; up > 0 && w.frames[up].chars < 300 && w.frames[up].own&(isBody|isArticle|isMain|isComment) == 0 && 4*w.frames[up].solid < visible && (w.frames[up].tag == atom.Div || w.frames[up].tag == atom.Section) {
				w.frames[up].own |= isSignup
				w.frames[up].under |= isSignup
			}
		}
		const firm = isHidden | isDropped // no hints
		if f.own&chrome&^firm != 0 && visible > 0 {
			most, some := 2*f.solid >= visible, 4*f.solid >= visible
			if (most && f.own&isComment == 0) || some && w.holdsHeadline(int32(i)) {
				f.own &^= chrome &^ firm
			}
			// A run of paragraphs is no menu and no line of facts about the page.
			const lines = isNav | isMeta | isTags | isShare | isCaption
			if f.own&lines != 0 && f.tag != atom.Nav && f.tag != atom.Figcaption && f.solid >= 400 && f.paras >= 2 && 5*f.linked < f.chars {
				f.own &^= lines
			}
		}
		if f.parent >= 0 {
			f.under = w.frames[f.parent].under
		}
		f.under |= f.own
	}
}

// columns finds text that a page builder sets in widgets, one below the other: where one holds most of the text, those beside it that
// are called the same and hold running text are text too.
func (w *walk) columns(visible int32) {
	for i := range w.frames {
		f := &w.frames[i]
		if f.own&isAside == 0 || f.tag == atom.Aside || f.parent < 0 || visible == 0 || 2*f.solid < visible {
			continue
		}
		for c := f.parent + 1; c < w.frames[f.parent].end; c = w.frames[c].end {
			b := &w.frames[c]
			if c == int32(i) || b.own&chrome != isAside || b.solid == 0 && b.last-b.first > 1 || 4*b.linked > b.chars || !alike(f.node, b.node) {
				continue
			}
			for k := c; k < b.end; k++ {
				w.frames[k].own &^= isAside
			}
		}
	}
}

// alike says whether two elements share a class that names a side column or widget.
func alike(a, b *html.Node) bool {
	of := strings.Fields(attr(b, "class"))
	for c := range strings.FieldsSeq(attr(a, "class")) {
		if named(c)&isAside != 0 && slices.Contains(of, c) {
			return true
		}
	}
	return false
}

// shown adds up the running text that stands outside menus, page feet, comments and hidden elements, and gives the sum.
func (w *walk) shown() int32 {
	const outside = isComment | isHidden | isDropped
	for i := range w.frames {
		f := &w.frames[i]
		f.solid, f.under = 0, f.own
		if f.tag == atom.Nav || f.tag == atom.Footer {
			f.under |= isHidden
		}
		if f.parent >= 0 {
			f.under |= w.frames[f.parent].under
		}
	}
	for i := range w.pieces {
		p := &w.pieces[i]
		if f := &w.frames[p.frame]; p.prose > 0 && (p.own|f.under)&outside == 0 {
			f.solid += p.prose
		}
	}
	for i := len(w.frames) - 1; i > 0; i-- {
		w.frames[w.frames[i].parent].solid += w.frames[i].solid
	}
	return w.frames[0].solid
}

// reveal shows hidden elements that hold more running text than all that is shown: scripts unhide them when the page has loaded.
func (w *walk) reveal(shown int32) (any bool) {
	for i := range w.frames {
		f := &w.frames[i]
		if f.own&isHidden == 0 {
			continue
		}
		// React streams parts of a page in hidden elements of this id, and moves them to their place.
		if f.prose > 2*shown && f.prose > 300 || strings.HasPrefix(attr(f.node, "id"), "S:") {
			f.own &^= isHidden
			any = true
		}
	}
	return any
}

// titled gives an element the meaning of the label that stands first in it: a list below "You may also like" is related, whatever
// its class. An element that holds much of the text is not taken for its label's.
func (w *walk) titled(visible int32) {
	for i := range w.pieces {
		p := &w.pieces[i]
		l := w.label(i)
		p.head = l
		if l == 0 {
			continue
		}
		for f := p.frame; f > 0 && int(w.frames[f].first) == i; f = w.frames[f].parent {
			fr := &w.frames[f]
			if 3*fr.solid >= visible && fr.solid > 0 || fr.tag == atom.Body {
				break
			}
			if int(fr.last)-i > 1 {
				fr.own |= l
			}
		}
	}
}

// label says what the block heads, 0 if it is no label.
func (w *walk) label(i int) flags {
	p := &w.pieces[i]
	l := label(p)
	if l == 0 && p.chars < 30 && i+1 < len(w.pieces) && mayLabel(p.text) && w.pieces[i+1].linkDensity() > 0.6 {
		l = weak[foldLine(p.text)]
	}
	return l
}

// holdsHeadline says whether an <h1> or an element that calls itself the text of the piece stands in a frame.
func (w *walk) holdsHeadline(i int32) bool {
	for j := i; j < w.frames[i].end; j++ {
		if f := &w.frames[j]; f.tag == atom.H1 && f.chars > 0 || f.own&isBody != 0 && f.prose > 0 {
			return true
		}
	}
	return false
}

// article finds the frame that holds the text of the piece. It goes down from the body for as long as one element holds nearly
// all running text that is not chrome (the cluster of good blocks of Readability and jusText, found from above), and stops at
// an element that calls itself the text.
func (w *walk) article() []int32 {
	good := w.good()
	return w.widen(w.core(good), good)
}

// widen takes in text that stands beside the core: an opening between the headline and it, or more elements that call themselves
// the text. It gives frames in document order.
func (w *walk) widen(core int32, good []int32) []int32 {
	roots := []int32{core}
	for cur := core; cur > 0; {
		up := w.frames[cur].parent
		if cur == core && up > 0 {
			for c := up + 1; c < w.frames[up].end; c = w.frames[c].end {
				if c != cur && w.partner(c, core, good) {
					roots = append(roots, c)
				}
			}
		}
		if up <= 0 || w.frames[up].tag == atom.Body || w.frames[up].tag == atom.Html {
			break
		}
		if good[up]-good[cur] >= 150 {
			titled := false
			for c := up + 1; c < w.frames[up].end; c = w.frames[c].end {
				switch {
				case c == cur, slices.Contains(roots, c):
				case good[c] < 150:
					titled = titled || c < cur && w.holdsTitle(c)
				case w.holdsLike(c, core), titled && c < cur && 2*good[c] < good[core] && w.frames[c].own&isHead == 0:
					roots = append(roots, c)
				}
			}
		}
		cur = up
	}
	slices.Sort(roots)
	return roots
}

func (w *walk) holdsTitle(i int32) bool {
	for j := i; j < w.frames[i].end; j++ {
		if f := &w.frames[j]; f.tag == atom.H1 && f.chars > 0 {
			return true
		}
	}
	return false
}

// holdsLike says whether an element of the very classes of the core stands in a frame, and in no other piece.
func (w *walk) holdsLike(i, core int32) bool {
	class := attr(w.frames[core].node, "class")
	if class == "" {
		return false
	}
	for j := i; j < w.frames[i].end; j++ {
		f := &w.frames[j]
		if f.tag == atom.Article { // another piece
			j = f.end - 1
			continue
		}
		if f.prose > 0 && f.under&chrome == 0 && attr(f.node, "class") == class {
			return true
		}
	}
	return false
}

// good is the running text of each frame that is not chrome.
func (w *walk) good() []int32 {
	good := make([]int32, len(w.frames))
	var all int32
	for i := range w.pieces {
		p := &w.pieces[i]
		if p.prose > 0 && (p.own|w.frames[p.frame].under)&chrome == 0 {
			good[p.frame] += p.prose
			all += p.prose
		}
	}
	if all == 0 { // short or odd pages: every block counts, with a little for each character
		for i := range w.pieces {
			p := &w.pieces[i]
			if p.kind != Heading && (p.own|w.frames[p.frame].under)&chrome == 0 {
				good[p.frame] += p.chars - p.linked
			}
		}
	}
	for i := len(w.frames) - 1; i > 0; i-- {
		good[w.frames[i].parent] += good[i]
	}
	return good
}

// cells says whether an element is a part of a table.
func cells(tag atom.Atom) bool {
	return tag == atom.Table || tag == atom.Tbody || tag == atom.Tr || tag == atom.Td
}

// partner says whether an element beside the core is another part of the text: the opening, or what stands below the fold.
func (w *walk) partner(c, core int32, good []int32) bool {
	f := &w.frames[c]
	if good[c] == 0 || f.own&chrome != 0 || 2*f.linked > f.chars {
		return false
	}
	class := attr(f.node, "class")
	for name := range strings.FieldsSeq(class) {
		for part := range strings.FieldsFuncSeq(asciiLower(name), func(r rune) bool { return r == '-' || r == '_' }) {
			switch part {
			case "excerpt", "intro", "lead", "lede", "extended", "chapo", "standfirst", "ingress", "chapeau", "entradilla", "vorspann", "teasertext", "inleiding":
				return true
			}
		}
	}
	return false
}

// core finds the frame that holds nearly all running text.
func (w *walk) core(good []int32) int32 {
	var best int32 = -1
	for i := range w.frames {
		f := &w.frames[i]
		if f.own&isBody == 0 || f.under&chrome&^isMenu != 0 {
			continue
		}
		switch {
		case best < 0 || good[i] > good[best]:
			best = int32(i)
		case int32(i) < w.frames[best].end && 20*good[i] >= 19*good[best]: // inside the best, and nearly all of it
			best = int32(i)
		}
	}
	if best >= 0 && 10*good[best] >= 6*good[0] {
		return best
	}
	var cur int32
	for {
		var next int32 = -1
		for c := cur + 1; c < w.frames[cur].end; c = w.frames[c].end {
			if next < 0 || good[c] > good[next] {
				next = c
			}
		}
		if next < 0 || good[next] == 0 {
			return cur
		}
		f := &w.frames[next]
		switch f.tag {
		case atom.P, atom.Blockquote, atom.Ul, atom.Ol, atom.Dl, atom.Pre, atom.Figure, atom.Li, atom.Details,
			atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
			return cur
		}
		share := float64(good[next]) / float64(good[cur])
		switch {
		case share >= 0.93:
		case share >= 0.75 && good[cur]-good[next] < 200 && cells(f.tag): // a sentence at the foot of a layout table
		case share >= 0.5 && f.own&(isBody|isArticle|isMain) != 0:
		default:
			return cur
		}
		cur = next
		if f.own&isBody != 0 {
			return cur
		}
	}
}

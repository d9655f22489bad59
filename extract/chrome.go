package extract

import (
	"maps"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Mark stands for a block of a page that its reader would keep if it knew no other page of the site: 61 bits of the hash of its
// words (letters and digits, lower case) and of the end of its DOM path; below them two bits for how common on the site the block must be
// to be chrome where it stands, and one that says that it was dropped as such.
type Mark uint64

// Dropped says whether the block was left out of the text because it repeats on the site.
func (m Mark) Dropped() bool { return m&1 != 0 }

func (m Mark) block() Mark { return m &^ 7 }
func (m Mark) need() need  { return need(m >> 1 & 3) }

// need is how common a block must be to be chrome. The words of a critic repeat as well: labels of sections, verdicts, refrains.
type need uint8

const (
	never need = iota // a label within the text
	some              // on a fifth of the reviews: whole sentences before or behind all other text
	most              // on half of them: sentences within the text, and short lines before or behind it
)

const (
	minRepeats = 5       // pages of different text that a block must stand on
	maxOfPage  = 512     // of a page; of more, the first and the last
	maxBlocks  = 1 << 15 // that Chrome remembers
)

// markOf is the mark of a block with this text in elements of these names, 0 if it has no words (64-bit FNV-1a: the same on every machine, as marks are stored).
func markOf(text string, path ...string) Mark {
	const prime = 1099511628211
	h := uint64(14695981039346656037)
	some := false
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			i++
			if c = marked[c]; c == 0 {
				continue
			}
			h = (h ^ uint64(c)) * prime
			some = true
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		i += n
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			h = (h ^ uint64(unicode.ToLower(r))) * prime
			some = true
		}
	}
	if !some {
		return 0
	}
	h = (h ^ '>') * prime
	for _, tag := range path {
		for i := 0; i < len(tag); i++ {
			h = (h ^ uint64(tag[i])) * prime
		}
		h = (h ^ '>') * prime
	}
	return max(Mark(h).block(), 8)
}

// marked are the ASCII letters and digits as they are hashed; 0 is what is not.
var marked = func() (m [utf8.RuneSelf]byte) {
	for c := byte('0'); c <= 'z'; c++ {
		switch {
		case 'a' <= c || c <= '9':
			m[c] = c
		case 'A' <= c && c <= 'Z':
			m[c] = c + 'a' - 'A'
		}
	}
	return m
}()

// Chrome counts on how many reviews of a site each block stands. A block that stands on many is chrome, whatever it looks like.
// Adding is for one goroutine; a Chrome that is only read is safe for concurrent use.
//
// It remembers a bounded number of blocks: when there are more, it forgets the rarest (as lossy counting does, Manku and Motwani
// 2002).
type Chrome struct {
	pages  int // of different text
	seq    uint32
	blocks map[Mark]repeats
}

type repeats struct {
	last       uint32 // page, by seq
	all, pages uint32 // pages; of those, the ones of different text
}

// NewChrome makes one that knows nothing.
func NewChrome() *Chrome { return &Chrome{blocks: map[Mark]repeats{}} }

// Add counts the marks of a review. A copy of a review (a print version, a listing page with one post in full) must not make its
// paragraphs chrome: a page of which most blocks that are still rare were seen before counts for nothing.
func (c *Chrome) Add(marks []Mark) {
	c.seq++
	fresh, rare := 0, 0
	for _, m := range marks {
		r := c.blocks[m.block()]
		if r.all < minRepeats-1 && r.last != c.seq {
			rare++
			if r.all == 0 {
				fresh++
			}
		}
	}
	own := 2*fresh >= rare && fresh > 0
	if own {
		c.pages++
	}
	for _, m := range marks {
		r := c.blocks[m.block()]
		if r.last == c.seq {
			continue // twice on the page
		}
		r.last = c.seq
		r.all++
		if own {
			r.pages++
		}
		c.blocks[m.block()] = r
	}
	if len(c.blocks) <= maxBlocks {
		return
	}
	for rarest := uint32(1); len(c.blocks) > maxBlocks/2; rarest++ {
		maps.DeleteFunc(c.blocks, func(_ Mark, r repeats) bool { return r.all <= rarest })
	}
}

// Repeated is how many blocks are common enough to be chrome somewhere on the site.
func (c *Chrome) Repeated() (n int) {
	if c == nil {
		return 0
	}
	for m := range c.blocks {
		if c.has(m, some) > 0 {
			n++
		}
	}
	return n
}

// Stale says whether a page with these marks would be read otherwise today, as far as the marks tell.
func (c *Chrome) Stale(marks []Mark) bool {
	for _, m := range marks {
		if c.has(m, m.need()) > 0 != m.Dropped() {
			return true
		}
	}
	return false
}

// has gives the number of pages that a block stands on if they are as many as needed, else 0.
func (c *Chrome) has(m Mark, n need) int {
	if c == nil || n == never {
		return 0
	}
	k := int(c.blocks[m.block()].pages)
	if k < minRepeats || n == some && 5*k < c.pages || n == most && 2*k < c.pages {
		return 0
	}
	return k
}

// marks gives the marks of the blocks that the judge kept, and of those that repeat on the site on how many pages each does.
func (j *judge) marks(c *Chrome) (marks []Mark, repeated map[int]int) {
	kept := make([]int, 0, 64)
	marks = make([]Mark, 0, 64)
	first, last := len(j.pieces), -1 // blocks of running text that do not repeat
	for i := range j.pieces {
		p := &j.pieces[i]
		if !j.said[i].kept || p.kind == Heading {
			continue
		}
		m := Mark(0)
		if !judging(p) {
			m = j.mark(p)
		}
		if p.prose > 0 && c.has(m, some) == 0 {
			first, last = min(first, i), i
		}
		if m != 0 {
			kept = append(kept, i)
			marks = append(marks, m)
		}
	}
	for k, i := range kept {
		n := j.need(i, first, last)
		marks[k] |= Mark(n) << 1
		if pages := c.has(marks[k], n); pages > 0 {
			if repeated == nil {
				repeated = make(map[int]int)
			}
			repeated[i] = pages
			marks[k] |= 1
		}
	}
	if len(marks) > maxOfPage {
		marks = append(marks[:maxOfPage/2], marks[len(marks)-maxOfPage/2:]...)
	}
	return marks, repeated
}

// mark is the mark of a piece. Of its path only the names of the innermost elements count: classes and the elements further out often
// say what one page is about, as its tags and categories do.
func (j *judge) mark(p *piece) Mark {
	in := &j.frames[p.frame]
	if in.parent < 0 {
		return markOf(p.text, in.node.Data)
	}
	return markOf(p.text, in.node.Data, j.frames[in.parent].node.Data)
}

// need is how common a block must be to be chrome where it stands: the running text of the page goes from first to last.
func (j *judge) need(i, first, last int) need {
	p := &j.pieces[i]
	edge := i <= first || i >= last
	if p.prose > 0 {
		if edge {
			return some
		}
		return most
	}
	words := strings.Count(p.text, " ") + 1
	label := 2*p.bold > p.chars || strings.HasSuffix(p.text, ":")
	switch {
	case i >= last:
		return most
	case label, i <= first && words < 3, !edge && words < 5:
		return never
	}
	return most
}

// judging says whether a block is a grade, a verdict or a warning of spoilers: such lines repeat, and are the critic's.
func judging(p *piece) bool {
	if p.chars > 100 {
		return false
	}
	if graded(p.text) {
		return true
	}
	for w := range strings.SplitSeq(foldText(p.text), " ") {
		if gradeHeads[w] || strings.HasPrefix(w, "spoil") || strings.HasPrefix(w, "recommend") {
			return true
		}
	}
	return false
}

// enough says whether k, that judged without what repeats, leaves enough of what j kept to be the page's own text. If not, the table
// has learned too much.
func enough(j, k *judge) bool {
	had, has := j.keptProse(), k.keptProse()
	return has >= 200 || has > 0 && 4*has >= had
}

func (j *judge) keptProse() (n int32) {
	for i := range j.pieces {
		if j.said[i].kept {
			n += j.pieces[i].prose
		}
	}
	return n
}

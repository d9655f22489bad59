package bench

import (
	"strings"
	"unicode"
)

// score compares the paragraphs that came out with those that should have. Words are runs of letters, digits and underscores;
// precision and recall are over shingles of four words with multiplicity. A paragraph that is not asked for and has no words but those
// of optional is neither right nor wrong. A line of a block counts as a paragraph.
func (p *Page) score(want, got []string, optional []string) {
	allowed := map[string]bool{}
	for _, o := range optional {
		for _, w := range wordsOf(o) {
			allowed[w] = true
		}
	}
	type par struct {
		text  string
		words []string
	}
	load := func(list []string) (out []par) {
		for _, s := range list {
			for l := range strings.Lines(s) {
				if w := wordsOf(l); len(w) > 0 {
					out = append(out, par{strings.TrimSpace(l), w})
				}
			}
		}
		return out
	}
	wants, gots := load(want), load(got)
	open := map[string]int{}
	for _, w := range wants {
		open[strings.Join(w.words, " ")]++
	}
	right, came := 0, 0
	var gotWords, wantWords []string
	for _, g := range gots {
		key := strings.Join(g.words, " ")
		switch {
		case open[key] > 0:
			open[key]--
			right++
		case len(allowed) > 0 && allIn(g.words, allowed):
			continue
		default:
			p.Leaked = append(p.Leaked, g.text)
		}
		came++
		gotWords = append(gotWords, g.words...)
	}
	for _, w := range wants {
		wantWords = append(wantWords, w.words...)
		if key := strings.Join(w.words, " "); open[key] > 0 {
			open[key]--
			p.Lost = append(p.Lost, w.text)
		}
	}
	p.Perfect = len(p.Leaked) == 0 && len(p.Lost) == 0
	p.ParP, p.ParR = ratio(right, came), ratio(right, len(wants))
	a, b := shingles(wantWords), shingles(gotWords)
	tp, na, nb := 0, 0, 0
	for k, n := range a {
		na += n
		tp += min(n, b[k])
	}
	for _, n := range b {
		nb += n
	}
	p.P, p.R = ratio(tp, nb), ratio(tp, na)
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

func f1(p, r float64) float64 {
	if p+r == 0 {
		return 0
	}
	return 2 * p * r / (p + r)
}

func allIn(words []string, set map[string]bool) bool {
	for _, w := range words {
		if !set[w] {
			return false
		}
	}
	return true
}

func wordsOf(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r) && r != '_'
	})
}

func shingles(words []string) map[[4]string]int {
	out := make(map[[4]string]int, len(words))
	if len(words) == 0 {
		return out
	}
	for i := range max(1, len(words)-3) {
		var k [4]string
		copy(k[:], words[i:min(i+4, len(words))])
		out[k]++
	}
	return out
}

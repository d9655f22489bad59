package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A phrase at the start of a sentence is no proof: "Order from chaos, that is the theme". So the signs that a block is no part of the
// review are weighed and added up. A sentence falls at the weight of two signs, a label (few words, no full stop) at that of one.
const (
	labelFalls    = 1
	sentenceFalls = 2
)

// signs are what speaks against a block, with the sum of their weights.
type signs struct {
	weight float64
	names  []string
}

func (s *signs) add(name string, weight float64) {
	s.weight += weight
	s.names = append(s.names, name)
}

// verdict drops the block if its signs weigh enough.
func (s *signs) verdict(falls float64) (verdict, bool) {
	if len(s.names) == 0 || s.weight < falls {
		return verdict{}, false
	}
	return drop(strings.Join(s.names, " + "), s.weight), true
}

// against weighs the phrases of a block, and what stands by them: links, addresses, the place, the words to the reader, the shape.
func (j *judge) against(i int, folded string, before bool) (verdict, bool) {
	p := &j.pieces[i]
	var s signs
	ld := p.linkDensity()
	label := !sentence(p.text)
	rest := folded
	if l := opening(folded); l != nil && p.chars <= 220 && j.counts(i, l, before) {
		rest = folded[len(l.begin):]
		weight := 1.0
		if l.firm {
			weight = 2
		}
		s.add("line:"+l.list, weight)
		behind := afterWords(p.text, strings.Count(l.begin, " ")+1)
		label = label && (strings.HasSuffix(l.begin, ":") || strings.Count(rest, " ") <= 12) || particulars(behind)
		if l.list == "credit" && credited(rest, behind) {
			s.add("credit", 1)
		}
	}
	if len(s.names) == 0 && p.chars < 80 && pictureFrom(folded) {
		s.add("line:credit", 1)
	}
	led := len(s.names) > 0
	firm, loose := phrasesIn(rest, calls)
	if firm > 0 {
		s.add("call", float64(firm))
	}
	if loose > 0 {
		s.add("topic", min(1, float64(loose)/2))
	}
	if offer(p.text) {
		s.add("offer", 1)
	}
	if w := asks(p.text); w > 0 {
		s.add("question", w)
		led = led || w > 1
	}
	if len(s.names) == 0 {
		return verdict{}, false
	}
	if telephone(folded) {
		s.add("telephone", 0.5)
	}
	j.beside(&s, i, folded, ld, before, led)
	falls := float64(sentenceFalls)
	if label && (led || strings.Count(folded, " ") < 8) {
		falls = labelFalls
	}
	if !led && !before && i <= j.end { // in the text itself critics speak of newsletters and coupons too
		if i < j.end && ld <= 0.5 && (p.kind == Heading || firm+loose < 2) {
			return verdict{}, false
		}
		switch first, _, _ := strings.Cut(folded, " "); {
		case i < j.end:
			falls = 1.5 * falls
		case !acts[first] && !symbol(firstRune(p.text)):
			falls = 1.3 * falls
		}
	}
	if !led && p.chars >= 250 {
		falls++
	}
	return s.verdict(falls)
}

// counts says whether a phrase at the start of a line is one there, as far as the line's length, place and links tell.
func (j *judge) counts(i int, l *line, before bool) bool {
	p := &j.pieces[i]
	switch l.list {
	case "credit":
		if p.chars > 140 {
			return false
		}
		if l.firm || strings.HasSuffix(l.begin, ":") {
			return true
		}
		// "Photo by Ida Marsh", not "Photo by photo, the album burns".
		r := firstRune(strings.TrimLeft(afterWords(p.text, strings.Count(l.begin, " ")+1), " \t“\"'‘(@:–—-"))
		return !unicode.IsLower(r) || p.linkDensity() > 0.2 || credited(foldLine(p.text), "")
	case "byline", "signature":
		return l.firm || before || i >= j.end || p.linkDensity() > 0.2
	case "share":
		if l.begin == "follow" { // "Follow @tidal"
			return strings.HasPrefix(afterWords(p.text, 1), "@")
		}
	case "more":
		return p.text[0] != '('
	}
	return true
}

// beside adds what stands by a phrase.
func (j *judge) beside(s *signs, i int, folded string, ld float64, before, led bool) {
	p := &j.pieces[i]
	switch {
	case ld > 0.3:
		s.add("links", 1)
	case p.links > 0:
		s.add("link", 0.5)
	case strings.Contains(p.text, "www.") || strings.Contains(p.text, "http") || strings.Contains(p.text, " @") || mailbox(p.text):
		s.add("address", 0.5)
	}
	switch {
	case before:
		s.add("before the text", 0.5)
	case i > j.end && j.apart(i):
		s.add("apart", 0.5)
	case i >= j.end:
		s.add("at the end", 0.25)
	}
	if i := strings.IndexAny(p.text, "$€£"); i >= 0 && strings.ContainsAny(p.text, "0123456789") {
		s.add("price", 0.5)
	}
	switch {
	case 10*p.slant >= 9*p.chars:
		s.add("in italics", 0.75)
	case strings.IndexByte("[*>", p.text[0]) >= 0 || symbol(firstRune(p.text)):
		s.add("set off", 0.5)
	}
	if commands(p.text) {
		weight := 0.5
		if led { // perhaps the very words
			weight = 0.25
		}
		s.add("imperative", weight)
	}
	if i >= j.end && strings.HasSuffix(p.text, ":") {
		s.add("announces nothing", 0.5)
	}
	you, we, please := false, false, false
	for w := range strings.SplitSeq(folded, " ") {
		switch w {
		case "you", "your", "yours", "dich", "dir", "dein", "deine", "vous", "votre", "vos", "tu", "te", "ti", "tuo", "tua", "você", "je":
			you = true
		case "we", "us", "our", "my", "me", "uns", "unsere", "unseren", "nous", "notre", "nos", "nosotros", "nuestra", "nuestro", "noi", "nostra", "nostro", "ons":
			we = true
		case "please", "thanks", "thank", "bitte", "danke", "merci", "gracias", "grazie", "obrigado":
			please = true
		}
	}
	if you {
		s.add("you", 0.25)
	}
	if we {
		s.add("we", 0.25)
	}
	if please {
		s.add("please", 0.25)
	}
	if strings.IndexByte(p.text, '!') >= 0 {
		s.add("!", 0.25)
	}
}

// apart says whether a block stands in another element than the last paragraph of the text.
func (j *judge) apart(i int) bool {
	up := j.frames[j.pieces[j.end].frame].parent
	f := j.pieces[i].frame
	return f != up && j.frames[f].parent != up
}

// sentence says whether a text ends as sentences do. Quotation marks and brackets behind the full stop do not count.
func sentence(s string) bool {
	s = strings.TrimRight(s, "\"'”’»)] ")
	r, _ := utf8.DecodeLastRuneInString(s)
	return strings.ContainsRune(".!?…。！？।؟", r)
}

// afterWords is what stands behind the first n words of a text, as foldLine counts words.
func afterWords(s string, n int) string {
	in := false
	for i, r := range s {
		if isWordRune(r) != in {
			in = !in
			if !in {
				if n--; n == 0 {
					return strings.TrimLeft(s[i:], " :,.–—-\u00a0")
				}
			}
		}
	}
	return ""
}

// small are the words between names, dates and titles.
var small = wordSet("a an and by on in at of the for to with from via & de du des la le les et von vom am im und der die das den par el los las y en del il " +
	"lo gli e da di do dos op van door met och av i o a pm min mins st nd rd th")

// particulars says whether a text is made of names, titles, numbers and the small words between them: it has no verb. A text in capitals
// tells nothing.
func particulars(s string) bool {
	if len(s) > 200 || strings.ToUpper(s) == s && strings.ToLower(s) != s {
		return false
	}
	any := false
	for w := range strings.FieldsSeq(s) {
		w = strings.Trim(w, "\"'“”‘’«»()[],.;:!?|/·•–—-…&")
		if w == "" {
			continue
		}
		r := firstRune(w)
		switch low := strings.ToLower(w); {
		case unicode.IsUpper(r), r == '@', '0' <= r && r <= '9':
			any = true
		case small[low], times[low]:
		default:
			return false
		}
	}
	return any
}

// credited says whether what stands behind the first words of a credit speaks of rights or of a source too.
func credited(rest, raw string) bool {
	if strings.Contains(rest, "©") || strings.Contains(raw, "/") {
		return true
	}
	for w := range strings.SplitSeq(rest, " ") {
		switch strings.TrimSuffix(w, ":") {
		case "courtesy", "copyright", "credit", "credits", "getty", "shutterstock", "via", "rights", "reserved", "unsplash", "wikimedia":
			return true
		}
	}
	return false
}

// asks weighs a question to the reader, and to nobody else: more if the text begins with it.
func asks(s string) float64 {
	if strings.IndexByte(s, '?') < 0 || len(s) > 400 {
		return 0
	}
	s = strings.ToLower(s)
	for _, q := range [...]string{"what do you think?", "what did you think?", "your thoughts?", "do you agree?", "was meint ihr?",
		"was denkt ihr?", "qu’en pensez-vous", "qu'en pensez-vous", "qué te pareció?", "qué opinas?", "cosa ne pensi?", "cosa ne pensate?"} {
		switch i := strings.Index(s, q); {
		case i == 0:
			return 1.5
		case i > 0:
			return 1
		}
	}
	return 0
}

// offer says whether a text tells how much cheaper something is.
func offer(s string) bool {
	i := strings.IndexByte(s, '%')
	if i <= 0 || i > 300 || s[i-1] < '0' || s[i-1] > '9' {
		return false
	}
	s = strings.ToLower(s[i+1 : min(len(s), i+40)])
	for _, w := range [...]string{" off", " discount", " rabatt", " de descuento", " de réduction", " de remise", " di sconto", " de desconto", " korting"} {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// commands says whether a sentence of a text begins with the first word of a call.
func commands(s string) bool {
	for i, n := 0, 0; i < len(s) && n < 8; n++ {
		end := strings.IndexAny(s[i:], ".!?")
		if end < 0 {
			end = len(s) - i
		}
		first, _, _ := strings.Cut(strings.TrimLeftFunc(s[i:i+end], func(r rune) bool { return !isWordRune(r) }), " ")
		if len(first) < 20 && acts[strings.ToLower(strings.TrimRight(first, ",:"))] {
			return true
		}
		i += end + 1
	}
	return false
}

// symbol says whether a character is a sign or pictograph that sets a line off from the text: an arrow, a pointing hand. Stars are grades.
func symbol(r rune) bool {
	return r >= 0x2190 && r <= 0x21ff || r == '»' || r == '►' || r == '▶' || r == '✉' || r >= 0x1f300 && r < 0x1fb00 && r != '👍' && r != '👎' && r != '🌟'
}

// rightsOf says whether a line begins with a mark of copyright, and with a year or a name behind it: "(c) 2019 Harbour Films",
// "Copyright 2019 Jo Marsh". "(c)" also counts the third point of a list.
func rightsOf(s string) bool {
	if len(s) > 140 {
		return false
	}
	if strings.HasPrefix(s, "©") {
		return true
	}
	for _, mark := range [...]string{"(c)", "copyright"} {
		if len(s) > len(mark) && strings.EqualFold(s[:len(mark)], mark) {
			rest := strings.TrimLeft(s[len(mark):], " :©")
			return filmYear(rest[:min(len(rest), 4)]) > 0 && !strings.HasPrefix(rest[4:], ",") || particulars(rest)
		}
	}
	return false
}

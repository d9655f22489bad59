package extract

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// hit is a grade found in a text.
type hit struct {
	Rating
	start, end int
	count      bool // "2 of 5": a grade only beside a label
}

// letterGrades are the grades on the line from F = 0 to A+ = 12 (Rating.Normalised): a twelfth a step, no two merged.
var letterGrades = map[string]float64{
	"F": 0, "D-": 1, "D": 2, "D+": 3, "C-": 4, "C": 5, "C+": 6, "B-": 7, "B": 8, "B+": 9, "A-": 10, "A": 11, "A+": 12,
}

// starWords are the words for star, by language. They make a number a grade.
var starWords = wordSet("star stars stern sterne sternen étoile étoiles etoile etoiles estrella estrellas stella stelle stelline estrela estrelas " +
	"ster sterren stjärna stjärnor stjerne stjerner gwiazdka gwiazdki gwiazdek tähti tähteä звезда звезды звёзды звезд звёзд hvězda hvězdy hvězd " +
	"yıldız csillag stele αστέρια popcorns")

// pointWords may follow a fraction, and say nothing more.
var pointWords = wordSet("point points punkt punkte punkten punto puntos punti ponto pontos punten pts poäng poeng pistettä")

// ofWords stand between a grade and its maximum.
var ofWords = wordSet("of von sur su de van av af sobre na из entre aus uit z")

// numberWords are the numbers that critics spell out.
var numberWords = map[string]float64{
	"zero": 0, "no": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
	"null": 0, "ein": 1, "einen": 1, "einem": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10,
	"eineinhalb": 1.5, "anderthalb": 1.5, "zweieinhalb": 2.5, "dreieinhalb": 3.5, "viereinhalb": 4.5,
	"zéro": 0, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "dix": 10,
	"cero": 0, "una": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10,
	"due": 2, "tre": 3, "quattro": 4, "cinque": 5, "dieci": 10, "uma": 1, "duas": 2, "três": 3, "quatro": 4,
	"een": 1, "twee": 2, "drie": 3, "vijf": 5, "tien": 10, "half": 0.5,
}

// halves are the words after a number that add a half.
var halves = [...]string{"and a half", "and one half", "und ein halber", "und einen halben", "et demie", "et demi", "y media", "y medio", "e mezzo", "e mezza", "e meia", "en een halve", "1/2", "½"}

func wordSet(s string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(s) {
		m[w] = true
	}
	return m
}

// starRune tells what a glyph is worth: a full star, a half, an empty one.
func starRune(r rune) (full, half, empty bool) {
	switch r {
	case '★', '⭐', '🌟', '✭', '✮', '✯', '✪', '⭑', '🟊', '⚝':
		return true, false, false
	case '⯪', '⯨', '✬', '⯫':
		return false, true, false
	case '☆', '✩', '⭒', '✰':
		return false, false, true
	}
	return
}

// scale gives the maximum of a row of glyphs that shows none: five, as nearly everywhere, or ten where there are more.
func scale(value float64) float64 {
	switch {
	case value <= 5:
		return 5
	case value <= 10:
		return 10
	}
	return 0
}

// findRatings finds every grade in a text, whatever stands around it. Letters count only where the text is nothing else or a
// label stands before them.
func findRatings(s string) []hit {
	if !mayRate(s) {
		return nil
	}
	var hits []hit
	numbered := hasOf(s) || hasStarWord(s)
	for i := 0; i < len(s) && len(hits) < 20; {
		c := s[i]
		var h hit
		ok := false
		switch {
		case c == '*':
			h, ok = asterisks(s, i)
			if !ok { // skip the run
				for i < len(s) && s[i] == '*' {
					i++
				}
				continue
			}
		case c >= '0' && c <= '9':
			if !numberStart(s, i) {
				for i < len(s) && (s[i] >= '0' && s[i] <= '9') {
					i++
				}
				continue
			}
			h, ok = numeric(s, i)
			if !ok {
				for i < len(s) && (s[i] >= '0' && s[i] <= '9') {
					i++
				}
				continue
			}
		case isLetter(c) || c >= utf8.RuneSelf:
			r, size := utf8.DecodeRuneInString(s[i:])
			if full, half, empty := starRune(r); full || half || empty {
				h, ok = glyphs(s, i)
				break
			}
			switch r {
			case '👍', '👎':
				v := 1.0
				if r == '👎' {
					v = 0
				}
				h, ok = hit{Rating: Rating{Raw: s[i : i+size], Value: v, Best: 1, Method: "thumbs"}, start: i, end: i + size}, true
			case '½', '¼', '¾':
				h, ok = numeric(s, i)
			}
			if ok {
				break
			}
			if !unicode.IsLetter(r) {
				i += size
				continue
			}
			if numbered {
				h, ok = spelled(s, i)
			}
			if !ok && c >= 'A' && c <= 'F' {
				h, ok = letter(s, i)
			}
			if !ok {
				i = wordEnd(s, i)
				continue
			}
		}
		if ok {
			hits = append(hits, h)
			i = h.end
			continue
		}
		i++
	}
	return hits
}

// mayRate is the quick test.
func mayRate(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= '0' && c <= '9' || c == '*' || c == 0xE2 || c == 0xF0 {
			return true
		}
	}
	return hasStarWord(s) || len(s) <= 120 || strings.Contains(s, " out of ")
}

func hasStarWord(s string) bool {
	for _, w := range [...]string{"ster", "star", "Star", "Stern", "toile", "stell", "strel", "stj", "wiazd", "везд", "вёзд", "tähte", "humbs"} {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// hasOf reports whether a maximum may be stated in words.
func hasOf(s string) bool {
	for _, w := range [...]string{" of ", " de ", "out of", " von ", " sur ", " su ", " van ", " sobre ", " na ", " из "} {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

func wordEnd(s string, i int) int {
	for i < len(s) {
		if c := s[i]; c < utf8.RuneSelf {
			if isLetter(c) || c == '\'' {
				i++
				continue
			}
			if i == 0 {
				return 1
			}
			return i
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '\'' && r != '’' {
			if i == 0 {
				return size
			}
			return i
		}
		i += size
	}
	return i
}

// glyphs reads a row of stars at i: "★★★★☆", "★★★½", "⭐️ ⭐️", "★★★ 1/2".
func glyphs(s string, i int) (hit, bool) {
	start := i
	end := i
	var full, half, empty, under float64 // under: empty ones before the first full one, a row that style sheets lay under another
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		f, h, e := starRune(r)
		switch {
		case f:
			if full+half == 0 {
				under = empty
			}
			full++
		case h:
			half++
		case e:
			empty++
		case r == 0xFE0F || r == 0xFE0E || r == 0x200D: // emoji or text form
			i += size
			if end == i-size {
				end = i
			}
			continue
		case r == ' ' || r == 0xA0 || r == 0x2009 || r == 0x200A:
			// A gap counts if a star or a half follows.
			if next, _ := utf8.DecodeRuneInString(s[i+size:]); !isStar(next) && next != '½' && !strings.HasPrefix(s[i+size:], "1/2") {
				goto done
			}
			i += size
			continue
		case r == '½':
			half++
		case strings.HasPrefix(s[i:], "1/2") && full > 0 && half == 0 && empty == 0:
			half++
			size = 3
		default:
			goto done
		}
		i += size
		end = i
	}
done:
	if full+half+empty > 20 || full+half == 0 && empty < 3 || half > 1 || under >= 3 {
		return hit{}, false
	}
	v := full + half/2
	best := scale(v)
	if empty > 0 {
		best = full + half + empty
		if half > 0 && empty > 0 && math.Mod(best, 5) == 1 { // "★★★½☆☆": the half stands before a full row
			best--
		}
	}
	if best < v {
		best = 0
	}
	h := hit{Rating: Rating{Raw: strings.TrimSpace(s[start:end]), Value: v, Best: best, Method: "glyphs"}, start: start, end: end}
	h.maximum(s)
	return h, true
}

func isStar(r rune) bool {
	f, h, e := starRune(r)
	return f || h || e
}

// asterisks reads "***", "**½", "*** 1/2" at i; "* * *" and "*emphasis*" are none.
func asterisks(s string, i int) (hit, bool) {
	start := i
	for i < len(s) && s[i] == '*' {
		i++
	}
	n := i - start
	if n > 5 && n != 10 {
		return hit{}, false
	}
	if start > 0 {
		if strings.HasSuffix(strings.TrimRight(s[:start], " \u00a0"), "*") { // the last of "* * *"
			return hit{}, false
		}
		if c := s[start-1]; c != ' ' && c != '(' && c != '[' && c != ':' && c != '\n' && c < utf8.RuneSelf {
			return hit{}, false
		}
	}
	v := float64(n)
	end := i
	rest := strings.TrimLeft(s[i:], " \u00a0")
	switch {
	case strings.HasPrefix(rest, "½"):
		v += 0.5
		end = len(s) - len(rest) + len("½")
	case strings.HasPrefix(rest, "1/2"):
		v += 0.5
		end = len(s) - len(rest) + 3
	case strings.HasPrefix(rest, "*"): // "* * *"
		return hit{}, false
	}
	if end < len(s) {
		r, _ := utf8.DecodeRuneInString(s[end:])
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '*' {
			return hit{}, false
		}
	}
	if v > 5 {
		return hit{}, false
	}
	h := hit{Rating: Rating{Raw: s[start:end], Value: v, Best: scale(v), Method: "asterisks"}, start: start, end: end}
	h.maximum(s)
	return h, true
}

// maximum reads what states the maximum after a grade: "(out of five)", "/ 4", "(out of ****)", "of 5".
func (h *hit) maximum(s string) {
	if i := strings.LastIndex(s[:h.start], "(out of "); i >= 0 && h.start-i < 24 && strings.Contains(s[i:h.start], ")") { // "Rating (out of four): ***"
		if best, _, ok := outOf(s[i+1:]); ok && best >= h.Value {
			h.Best = best
			return
		}
	}
	rest := strings.TrimLeft(s[h.end:], " \u00a0(,[")
	if best, _, ok := outOf(rest); ok && best >= h.Value {
		h.Best = best
	}
}

// outOf reads "out of five", "of 4", "/5", "von 5", "out of ****" at the beginning of a text, and how long it is.
func outOf(s string) (best float64, length int, ok bool) {
	rest := s
	slash := false
	if t, cut := strings.CutPrefix(rest, "out of"); cut {
		rest = t
	} else if t, cut := strings.CutPrefix(rest, "auf einer Skala von"); cut {
		rest = t
	} else if strings.HasPrefix(rest, "/") {
		rest, slash = rest[1:], true
	} else {
		e := wordEnd(rest, 0)
		if !ofWords[strings.ToLower(rest[:e])] {
			return 0, 0, false
		}
		rest = rest[e:]
	}
	rest = strings.TrimLeft(rest, " \u00a0")
	for _, article := range [...]string{"a possible ", "de ", "the "} {
		rest = strings.TrimPrefix(rest, article)
	}
	at := len(s) - len(rest)
	switch {
	case rest == "":
	case rest[0] >= '0' && rest[0] <= '9':
		v, n := decimal(rest)
		if n == 0 || v != math.Trunc(v) {
			return 0, 0, false
		}
		if n < len(rest) { // 8/10/2014, 5th, 4/5-inch
			r, _ := utf8.DecodeRuneInString(rest[n:])
			if r == '/' || unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' && n+1 < len(rest) && rest[n+1] != ' ' {
				return 0, 0, false
			}
			if (r == '.' || r == ',') && n+1 < len(rest) && rest[n+1] >= '0' && rest[n+1] <= '9' {
				return 0, 0, false
			}
		}
		switch v {
		case 4, 5, 6, 10, 20, 100:
		case 3, 7, 8, 9, 12:
			if slash {
				return 0, 0, false
			}
		default:
			return 0, 0, false
		}
		return v, at + n, true
	case rest[0] == '*':
		n := 0
		for n < len(rest) && rest[n] == '*' {
			n++
		}
		return float64(n), at + n, n >= 4 && n <= 5
	default:
		if slash {
			return 0, 0, false
		}
		r, _ := utf8.DecodeRuneInString(rest)
		if isStar(r) {
			h, ok := glyphs(rest, 0)
			return h.Value, at + h.end, ok && h.Value >= 4
		}
		e := wordEnd(rest, 0)
		if v, is := numberWords[strings.ToLower(rest[:e])]; is && (v == 4 || v == 5 || v == 6 || v == 10) {
			return v, at + e, true
		}
	}
	return 0, 0, false
}

// numberStart reports whether a number may start at i: not inside a word, a date, a price or a longer number.
func numberStart(s string, i int) bool {
	if i == 0 {
		return true
	}
	r, _ := utf8.DecodeLastRuneInString(s[:i])
	switch r {
	case '/', '.', ',', '$', '€', '£', '#', '+', '&', '_', '\'', '’':
		if (r == '.' || r == ',') && i >= 2 && (s[i-2] < '0' || s[i-2] > '9') {
			return true
		}
		return r == ',' && i >= 2 && s[i-2] == ' '
	case '-', '–':
		return i < 2 || s[i-len(string(r))-1] == ' ' || i == len(string(r))
	}
	return !unicode.IsLetter(r) && !unicode.IsDigit(r)
}

// decimal reads "8", "8.5", "8,5", "8½", "8 1/2", and its length; 0 for none.
func decimal(s string) (v float64, n int) {
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n > 3 {
		return 0, 0
	}
	if n > 0 {
		v, _ = strconv.ParseFloat(s[:n], 64)
		if n+1 < len(s) && (s[n] == '.' || s[n] == ',') && s[n+1] >= '0' && s[n+1] <= '9' {
			m := n + 1
			for m < len(s) && s[m] >= '0' && s[m] <= '9' && m-n <= 3 {
				m++
			}
			if f, err := strconv.ParseFloat(s[:n]+"."+s[n+1:m], 64); err == nil && m-n <= 3 {
				return f, m
			}
		}
	}
	for _, q := range [...]struct {
		s string
		v float64
	}{{"½", 0.5}, {"¼", 0.25}, {"¾", 0.75}} {
		rest := strings.TrimLeft(s[n:], " ")
		if strings.HasPrefix(rest, q.s) {
			return v + q.v, len(s) - len(rest) + len(q.s)
		}
	}
	if n > 0 && v < 10 {
		for _, half := range [...]string{" 1/2", "-1/2", " and 1/2"} {
			if strings.HasPrefix(s[n:], half) {
				e := n + len(half)
				if e >= len(s) || s[e] == ' ' || s[e] == '/' || s[e] == '-' || s[e] == ',' || s[e] == '.' {
					return v + 0.5, e
				}
			}
		}
	}
	return v, n
}

// numeric reads a grade that starts with a number: "8/10", "3.5 out of 5", "4.25 stars", "3 stars out of 4", "85%".
func numeric(s string, i int) (hit, bool) {
	v, n := decimal(s[i:])
	if n == 0 {
		return hit{}, false
	}
	return unit(s, i, i+n, v, true)
}

// unit reads what makes a number a grade.
func unit(s string, start, i int, v float64, numeral bool) (hit, bool) {
	h := hit{start: start, Rating: Rating{Value: v}}
	done := func(end int, best float64, method string) (hit, bool) {
		h.end, h.Best, h.Method, h.Raw = end, best, method, s[start:end]
		return h, best == 0 || v <= best
	}
	j := i
	for j < len(s) && s[j] == ' ' {
		j++
	}
	if j >= len(s) {
		return hit{}, false
	}
	if numeral && s[j] == '%' && v <= 100 {
		return done(j+1, 100, "percent")
	}
	if numeral && s[j] == '/' {
		k := j
		if k+1 < len(s) && s[k+1] == ' ' {
			if best, l, ok := outOf("/" + strings.TrimLeft(s[k+1:], " ")); ok {
				l += len(s[k+1:]) - len(strings.TrimLeft(s[k+1:], " "))
				return done(k+l, best, "fraction")
			}
			return hit{}, false
		}
		best, l, ok := outOf(s[k:])
		if !ok || wholePart(s[k+l:]) {
			return hit{}, false
		}
		end := k + l
		return done(end, best, "fraction")
	}
	if best, l, ok := outOf(s[j:]); ok && numeral {
		if v == math.Trunc(v) && bareOf(s[j:]) && !unitFollows(s[j+l:]) {
			// "2 of 5", "3 de 10" are counts more often than grades.
			h.count = true
		}
		if wholePart(s[j+l:]) {
			return hit{}, false
		}
		return done(j+l, best, "fraction")
	} else if ok && (unitFollows(s[j+l:]) || !bareOf(s[j:]) && strings.Trim(s[j+l:], " .!)") == "") {
		return done(j+l, best, "fraction")
	}
	if s[j] == '-' { // four-star is an adjective of hotels; "a 4-star review" tells too little
		return hit{}, false
	}
	r, size := utf8.DecodeRuneInString(s[j:])
	if isStar(r) { // "4 ★"
		if k := j + size; k >= len(s) || !isStar(firstRune(s[k:])) {
			h, ok := done(j+size, 0, "stars")
			h.maximum(s)
			return h, ok
		}
		return hit{}, false
	}
	e := wordEnd(s, j)
	if e == j || v > 10 {
		return hit{}, false
	}
	if !starWords[strings.ToLower(s[j:e])] {
		// "4 cardigans out of 5", "Four bags of popcorn out of five": critics have units of their own.
		rest := s[e:min(len(s), e+40)]
		if k := strings.Index(rest, " out of "); k >= 0 && k < 24 && strings.Count(rest[:k], " ") <= 2 && !strings.ContainsAny(rest[:k], ".,;:!?") {
			best, l, ok := outOf(s[e+k+1:])
			if after := s[min(len(s), e+k+1+l):]; ok && best >= v && !wholePart(after) && (numeral || strings.Trim(after, " .!)") == "") {
				h.count = numeral
				return done(e+k+1+l, best, "fraction")
			}
		}
		return hit{}, false
	}
	// "3 stars out of 4"
	k := e
	for k < len(s) && s[k] == ' ' {
		k++
	}
	if best, l, ok := outOf(s[k:]); ok && best >= v && !strings.HasPrefix(s[k:], "/") {
		return done(k+l, best, "stars")
	}
	h, ok := done(e, 0, "stars")
	h.maximum(s)
	return h, ok
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// bareOf reports whether a maximum is stated by nothing more than a word that also counts things.
func bareOf(s string) bool {
	return !strings.HasPrefix(s, "out of") && !strings.HasPrefix(s, "sur ") && !strings.HasPrefix(s, "sobre ") && !strings.HasPrefix(s, "/")
}

// unitFollows reports whether a text goes on with stars or points.
func unitFollows(s string) bool {
	s = strings.TrimLeft(s, " ")
	w := strings.ToLower(s[:wordEnd(s, 0)])
	return starWords[w] || pointWords[w]
}

// wholePart reports whether a fraction is of something else: "4/5 of the audience", "3/4 cup", "9 out of 10 times".
func wholePart(s string) bool {
	s = strings.TrimLeft(s, " ")
	switch strings.ToLower(s[:wordEnd(s, 0)]) {
	case "of", "cup", "cups", "teaspoon", "tsp", "tbsp", "inch", "inches", "mile", "time", "times", "people", "women", "men", "films", "movies", "critics", "der", "des", "du", "through", "majority", "hours", "minutes", "years":
		return true
	}
	return false
}

// spelled reads a grade that starts with a number word: "two and a half stars", "zweieinhalb Sterne", "four out of five".
func spelled(s string, i int) (hit, bool) {
	e := wordEnd(s, i)
	if e-i > 12 || e-i < 2 {
		return hit{}, false
	}
	w := s[i:e]
	v, ok := numberWords[w]
	if c := w[0]; !ok && (c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf || c == 't') {
		w = strings.ToLower(w)
		v, ok = numberWords[w]
	}
	if !ok {
		switch w {
		case "thumbs":
			return thumbs(s, i)
		}
		return hit{}, false
	}
	start := i
	if i > 0 {
		if p := s[i-1]; p == '-' {
			return hit{}, false
		}
	}
	if w == "two" && strings.HasPrefix(strings.ToLower(s[e:]), " thumbs") {
		if h, ok := thumbs(s, e+1); ok {
			h.start, h.Raw = i, s[i:h.end]
			return h, true
		}
	}
	if w == "half" { // "half a star"
		rest := strings.TrimLeft(s[e:], " ")
		if t, cut := strings.CutPrefix(rest, "a "); cut {
			if f := wordEnd(t, 0); starWords[strings.ToLower(t[:f])] {
				end := len(s) - len(t) + f
				h := hit{start: start, end: end, Rating: Rating{Raw: s[start:end], Value: v, Method: "stars"}}
				h.maximum(s)
				return h, true
			}
		}
		return hit{}, false
	}
	j := e
	low := asciiLower(s[j:])
	if len(low) > 24 {
		low = low[:24]
	}
	low = strings.ReplaceAll(low, "-", " ")
	trimmed := strings.TrimLeft(low, " ")
	for _, half := range halves {
		if strings.HasPrefix(trimmed, half) {
			v += 0.5
			j += len(low) - len(trimmed) + len(half)
			break
		}
	}
	return unit(s, start, j, v, false)
}

// thumbs reads "thumbs up" and "thumbs down".
func thumbs(s string, i int) (hit, bool) {
	low := strings.ToLower(s[i:min(len(s), i+12)])
	switch {
	case strings.HasPrefix(low, "thumbs up"):
		return hit{start: i, end: i + 9, Rating: Rating{Raw: s[i : i+9], Value: 1, Best: 1, Method: "thumbs"}}, true
	case strings.HasPrefix(low, "thumbs down"):
		return hit{start: i, end: i + 11, Rating: Rating{Raw: s[i : i+11], Value: 0, Best: 1, Method: "thumbs"}}, true
	}
	return hit{}, false
}

// letter reads a letter grade at i: "B+", "A-", "C", "A minus". It must stand alone as a word.
func letter(s string, i int) (hit, bool) {
	c := s[i]
	if c < 'A' || c > 'F' || c == 'E' {
		return hit{}, false
	}
	if i > 0 {
		p, _ := utf8.DecodeLastRuneInString(s[:i])
		if unicode.IsLetter(p) || unicode.IsDigit(p) || p == '-' || p == '/' || p == '.' || p == '&' || p == '\'' || p == '’' {
			return hit{}, false
		}
	}
	grade := s[i : i+1]
	end := i + 1
	rest := s[end:]
	for _, sign := range [...]struct{ s, sign string }{
		{"+", "+"}, {"-", "-"}, {"−", "-"}, {"–", "-"}, {"‑", "-"}, {" plus", "+"}, {" minus", "-"}, {"-plus", "+"}, {"-minus", "-"}, {"＋", "+"},
	} {
		if strings.HasPrefix(rest, sign.s) {
			// "B-movie", "A-list": a word goes on.
			after := rest[len(sign.s):]
			if r := firstRune(after); after != "" && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
				if strings.HasPrefix(rest, "-plus") || strings.HasPrefix(rest, "-minus") {
					continue
				}
				return hit{}, false
			}
			if sign.sign == "-" && len(after) > 1 && after[0] == ' ' && sign.s != "-" && sign.s != " minus" && sign.s != "−" {
				break // "B – a fine film": a dash, no minus
			}
			grade += sign.sign
			end += len(sign.s)
			break
		}
	}
	rest = s[end:]
	if r := firstRune(rest); rest != "" && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '/' || r == '\'' || r == '’' || r == '&' || r == '+' || r == '-' || r == '.' && len(rest) > 1 && rest[1] != ' ') {
		return hit{}, false
	}
	v, ok := letterGrades[grade]
	if !ok || grade == "F+" || grade == "F-" {
		return hit{}, false
	}
	return hit{start: i, end: end, Rating: Rating{Raw: s[i:end], Value: v, Best: 12, Method: "letter"}}, true
}

// Words before a grade that make it the critic's, another's, or a wish.
var (
	rateLabels = wordSet("rating rated grade verdict score stars note wertung bewertung urteil fazit gesamtwertung punkte punktzahl sterne nota " +
		"puntuación puntuacion puntaje valoración valoracion calificación calificacion veredicto voto giudizio valutazione beoordeling cijfer " +
		"waardering betyg karakter terningkast ocena оценка arvosana arvio hodnocení puan overall total final conclusion note finale avaliação " +
		"avaliacao classificação értékelés evaluation recommendation ratings")
	rateVerbs = wordSet("give gives gave giving given award awarding awards awarded gets get earns earned deserves deserve receives grade grading " +
		"rate rating gebe geben gibt bekommt vergebe verdient donne mets mérite attribue doy pongo merece otorgo do dou merita leva geef geeft krijgt ger")
	rateOthers = wordSet("imdb rotten tomatoes tomatometer metacritic metascore audience audiences user users reader readers viewers visitor " +
		"visitors letterboxd cinemascore filmaffinity filmstarts allociné allocine douban kinopoisk average critics leser besucher spectateurs presse " +
		"publikum moyenne usuarios lectores votes vote votos stimmen mubi amazon goodreads mpaa bbfc fsk")
	rateWishes = wordSet("would could might almost nearly debated tempted originally initially if hätte könnte fast presque aurais failli casi " +
		"habría podría quasi instead previously used")
	earlierFilm = wordSet("film films movie movies picture feature one outing season")
)

// weigh says how likely a hit in a block is the critic's grade of the film. The block stands at place at of n blocks of the text
// (0 for the first); heading says that it is a heading.
func (h *hit) weigh(s string, at, n int, heading bool) float64 {
	before, after := s[:h.start], s[h.end:]
	edge := at <= 1 || at >= n-3
	// What stands before it in its own segment.
	seg := before
	if i := strings.LastIndexAny(seg, "|•·\n;!?"); i >= 0 {
		_, size := utf8.DecodeRuneInString(seg[i:])
		seg = seg[i+size:]
	}
	if i := strings.LastIndex(seg, ". "); i >= 0 {
		seg = seg[i+2:]
	}
	if len(seg) > 90 {
		seg = seg[len(seg)-90:]
	}
	rest := after
	if len(rest) > 60 {
		rest = rest[:60]
	}
	var label, verb, other, wish, labelNear bool
	var fields [24]string
	ws := fields[:0]
	for w := range strings.FieldsFuncSeq(seg, notWord) {
		if len(ws) == cap(ws) {
			copy(ws, ws[1:])
			ws = ws[:len(ws)-1]
		}
		ws = append(ws, strings.ToLower(w))
	}
	for i, w := range ws {
		fromEnd := len(ws) - 1 - i
		switch {
		case rateOthers[w]:
			other = true
		case rateLabels[w]:
			label = true
			if fromEnd <= 1 {
				labelNear = true
			}
		}
		if rateVerbs[w] && fromEnd <= 8 {
			verb = true
		}
		if rateWishes[w] {
			wish = true
		}
		switch { // an earlier film's: "gave her last film"
		case earlierFilm[w] && i > 0 && (ws[i-1] == "last" || ws[i-1] == "first" || ws[i-1] == "earlier" || ws[i-1] == "prior"):
			wish = true
		case i == 1 && i == len(ws)-1 && ws[0] == "rate" && (w == "this" || w == "it"): // "Rate this:" asks visitors
			other = true
		case i == len(ws)-1 && rateLabels[w] && i > 0 && ws[i-1] == "your":
			other = true
		}
	}
	for w := range strings.FieldsFuncSeq(rest, notWord) {
		w = strings.ToLower(w)
		if w == "imdb" || w == "tomatoes" || w == "metacritic" || w == "users" || w == "audience" || w == "votes" || w == "readers" || w == "average" {
			other = true
		}
	}
	if other {
		return 0.1
	}
	tail := strings.Trim(after, " .!)]\u00a0”\"’*–—-")
	if isMaximum(after) { // of asterisks too
		tail = ""
	}
	lead := strings.Trim(before, " ([\u00a0“\"–—-*:")
	aloneTail := tail == "" || isMaximum(tail) || unitOnly(tail)
	colon := strings.HasSuffix(strings.TrimRight(before, " *([\u00a0"), ":") || strings.HasSuffix(strings.TrimRight(before, " "), "–") ||
		strings.HasSuffix(strings.TrimRight(before, " "), "-") || strings.HasSuffix(strings.TrimRight(before, " "), "—") ||
		strings.HasSuffix(strings.TrimRight(before, " "), "=")
	short := len(s) <= 80
	strong := h.Method == "glyphs" || h.Method == "fraction"
	switch {
	case wish:
		return 0.2
	case h.count && !labelNear && !(label && colon) && !(lead == "" && aloneTail):
		return 0
	case h.Method == "letter":
		switch {
		case labelNear && (aloneTail || len(h.Raw) > 1 || (colon || lead == "") && !strings.HasPrefix(after, " ") || strings.HasPrefix(after, " (") ||
			strings.HasPrefix(after, " –") || strings.HasPrefix(after, " —") || strings.HasPrefix(after, " - ") || strings.HasPrefix(after, " |")):
			return 0.92 // and not the article of "Verdict: A must-see"
		case lead == "" && aloneTail && edge:
			if len(h.Raw) > 1 {
				return 0.85
			}
			return 0.6
		case verb && (len(h.Raw) > 1 || tail == "" || strings.IndexAny(after, ".,;!") == 0):
			return 0.75
		}
		return 0
	case h.Method == "percent":
		switch {
		case labelNear:
			return 0.85
		case lead == "" && aloneTail && edge:
			return 0.6
		}
		return 0.1
	case h.Method == "thumbs":
		switch {
		case labelNear, lead == "" && aloneTail:
			return 0.8
		case edge && short:
			return 0.6
		}
		return 0.2
	case h.Method == "asterisks":
		switch {
		case labelNear:
			return 0.92
		case short && colon && isMaximum(strings.Trim(after, " .!")): // "Somebody says: *** out of ****"
			return 0.85
		case lead == "" && aloneTail && (heading || edge && at != n-3):
			return 0.8
		case verb:
			return 0.8
		}
		return 0.1
	case h.Method == "glyphs" && h.Value == 0 && !labelNear:
		return 0.2 // "☆☆☆☆☆" waits for visitors
	case labelNear || label && colon:
		return 0.93
	case lead == "" && aloneTail:
		if heading || edge {
			return 0.88
		}
		return 0.7
	case verb:
		return 0.8
	case colon && short && strings.IndexByte(before, ':') >= 0: // "Acting: 4/5": a part of the grade
		return 0.35
	case short && strong && aloneTail:
		return 0.7
	case lead == "" && edge && strong:
		return 0.65
	case label && edge:
		return 0.6
	case edge && aloneTail && strong:
		return 0.6
	case edge && h.Method == "stars" && strings.Contains(h.Raw, " out of "):
		return 0.5
	}
	return 0.25
}

func notWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }

// isMaximum reports whether a text is nothing but a stated maximum: "out of five", "of 5 stars".
func isMaximum(s string) bool {
	s = strings.TrimLeft(s, "( ")
	_, l, ok := outOf(s)
	return ok && (strings.Trim(s[l:], " ).") == "" || unitOnly(strings.Trim(s[l:], " ).")))
}

// unitOnly reports whether a text is a word for stars or points and nothing more.
func unitOnly(s string) bool {
	w := strings.ToLower(strings.Trim(s, " )."))
	return starWords[w] || pointWords[w]
}

// headlineRating reads the grade that a headline ends or begins with, and the headline without it. A single letter is a grade only
// if graded says so: it may belong to the title.
func headlineRating(s string, graded func(before, letter string) bool) (*Rating, string) {
	hits := findRatings(s)
	for i := len(hits) - 1; i >= 0; i-- {
		h := &hits[i]
		before := strings.TrimRight(s[:h.start], " \u00a0")
		after := strings.TrimLeft(s[h.end:], " \u00a0")
		opened := strings.HasSuffix(before, "(") || strings.HasSuffix(before, "[")
		if opened {
			before = strings.TrimRight(before[:len(before)-1], " ")
			after = strings.TrimLeft(strings.TrimLeft(after, ")]"), " ")
		}
		before = strings.TrimRight(before, " –—-|:·•,/")
		if h.Method == "stars" || h.Method == "fraction" {
			if w := wordEnd(after, 0); w > 0 && unitOnly(after[:w]) {
				after = strings.TrimLeft(after[w:], " )")
			}
			if isMaximum(after) {
				after = ""
			}
		}
		atEnd := strings.Trim(after, " .)]") == ""
		atStart := before == ""
		switch h.Method {
		case "glyphs":
			if h.Value == 0 {
				continue
			}
		case "fraction", "stars", "asterisks":
			if !atEnd && !(atStart && after != "") {
				continue
			}
			if atStart && atEnd {
				continue
			}
		case "letter":
			if !atEnd || before == "" {
				continue
			}
			sure := len(h.Raw) > 1 || opened || strings.HasSuffix(strings.TrimRight(s[:h.start], " "), ":") && endsInLabel(before)
			if !sure && (graded == nil || !graded(before, h.Raw)) {
				continue
			}
			if len(h.Raw) == 1 && sure && strings.EqualFold(before, "review") {
				continue
			}
		default:
			continue
		}
		rest := before
		if after != "" && !atEnd {
			if rest != "" {
				rest += " "
			}
			rest += strings.TrimLeft(after, " –—-|:·•,/")
		}
		if endsInLabel(rest) {
			i := strings.LastIndexAny(rest, " ")
			rest = strings.TrimRight(rest[:max(i, 0)], " –—-|:·•,/([")
		}
		r := h.Rating
		r.From, r.Confidence = "headline", 0.93
		return &r, rest
	}
	return nil, s
}

// endsInLabel reports whether a text ends in a word like "rating".
func endsInLabel(s string) bool {
	i := strings.LastIndexAny(s, " –—-|([")
	w := strings.ToLower(s[i+1:])
	return w == "rating" || w == "grade" || w == "score" || w == "wertung" || w == "note" || w == "nota"
}

// widget reads ratings that are drawn: glyphs of an icon font, a bar of some width, pictures with an alternative text or a telling
// file name, attributes for screen readers.
func (m *marker) widget(n *html.Node, f mframe, own zone, class string) {
	if f.zone&(inVotes|aroundText) != 0 || len(m.widgets) >= 20 {
		return
	}
	add := func(v, best float64, method string, conf float64) {
		if v < 0 || v > best && best > 0 || best < 0 {
			return
		}
		m.widgets = append(m.widgets, mark{
			value: strconv.FormatFloat(v, 'f', -1, 64) + "/" + strconv.FormatFloat(best, 'f', -1, 64),
			from:  Source(method), conf: conf, zone: f.zone, order: m.order,
		})
	}
	switch n.DataAtom {
	case atom.Img:
		if v, best, ok := imageRating(n); ok {
			add(v, best, "image", 0.8)
			return
		}
	}
	for i := range n.Attr {
		a := &n.Attr[i]
		switch a.Key {
		case "aria-label", "title":
			if len(a.Val) < 80 && (f.zone&inRating != 0 || n.DataAtom != atom.A) && a.Val != "" {
				low := asciiLower(a.Val)
				if !(strings.Contains(low, "star") || strings.Contains(low, "rat") || strings.Contains(low, "out of") || f.zone&inRating != 0) ||
					strings.Contains(low, "vote") || strings.Contains(low, "average") || strings.Contains(low, "click") {
					continue
				}
				if n.DataAtom == atom.Input || n.DataAtom == atom.Button || n.DataAtom == atom.Label || n.DataAtom == atom.A && strings.Contains(low, "rate ") {
					continue
				}
				for _, h := range findRatings(a.Val) {
					if h.Method == "fraction" || h.Method == "stars" {
						best := h.Best
						if best == 0 {
							best = scale(h.Value)
						}
						add(h.Value, best, "label", 0.8)
						break
					}
				}
			}
		case "style":
			if f.zone&inRating == 0 {
				continue
			}
			if w, ok := percentWidth(a.Val); ok {
				add(math.Round(w/100*5*100)/100, 5, "css", 0.75)
			}
		case "data-rating", "data-score", "data-stars", "data-rate", "data-value":
			if f.zone&inRating == 0 {
				continue
			}
			if v, k := decimal(a.Val); k > 0 && k == len(a.Val) {
				best := scale(v)
				for j := range n.Attr {
					switch n.Attr[j].Key {
					case "data-max", "data-best", "data-total", "data-out-of":
						if b, k := decimal(n.Attr[j].Val); k > 0 {
							best = b
						}
					}
				}
				if best > 0 {
					add(v, best, "attribute", 0.7)
				}
			}
		}
	}
	// "8.5" in an element that is named a score: no maximum stated.
	if own&inRating != 0 && isScoreClass(class) {
		if c := n.FirstChild; c != nil && c.NextSibling == nil && c.Type == html.TextNode && len(c.Data) < 20 {
			s := strings.TrimSpace(c.Data)
			if v, k := decimal(s); k > 0 && k == len(s) && v <= 100 {
				add(v, 0, "number", 0.6)
			}
		}
	}
	// A row of icons: counted once, at its parent.
	if n.FirstChild != nil && n.DataAtom != atom.Body && n.DataAtom != atom.Main && n.DataAtom != atom.Article {
		if v, best, method, ok := iconRow(n); ok {
			add(v, best, method, 0.85)
		}
	}
}

// isScoreClass reports whether a class names the grade itself, and not its count or its parts.
func isScoreClass(class string) bool {
	for tok := range strings.FieldsSeq(class) {
		switch asciiLower(tok) {
		case "score", "rating", "rating-value", "score-value", "review-score", "review-rating", "final-score", "overall-score", "total-score", "rating-score", "review-total", "review-final-score":
			return true
		}
		for _, end := range [...]string{"score-num", "score-value", "rating-value", "total-score", "final-score"} {
			if strings.HasSuffix(tok, end) {
				return true
			}
		}
	}
	return false
}

// percentWidth reads "width: 80%" of a style.
func percentWidth(style string) (float64, bool) {
	style = asciiLower(style)
	i := strings.Index(style, "width")
	if i < 0 || i > 0 && (style[i-1] == '-' || isLetter(style[i-1])) {
		return 0, false
	}
	rest := strings.TrimLeft(style[i+len("width"):], " :")
	v, n := decimal(rest)
	if n == 0 || n >= len(rest) || rest[n] != '%' || v > 100 {
		return 0, false
	}
	return v, true
}

// iconRow counts stars among the children of an element: icon fonts, svg uses, pictures.
func iconRow(n *html.Node) (v, best float64, method string, ok bool) {
	var full, half, empty, others, seen int
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode {
			continue
		}
		if seen++; seen > 24 {
			return
		}
		f, h, e, how := icon(c, 0)
		switch {
		case f:
			full++
		case h:
			half++
		case e:
			empty++
		default:
			others++
			continue
		}
		method = how
	}
	total := full + half + empty
	if total < 2 || total > 10 || others > 2 || half > 1 || full+half == 0 {
		return
	}
	v = float64(full) + float64(half)/2
	best = float64(total)
	if empty == 0 && best < 5 {
		best = 5
	}
	if best > 5 && best < 10 {
		return 0, 0, "", false
	}
	if best == 4 && empty == 0 {
		best = 5
	}
	return v, best, method, true
}

// icon tells what star an element draws.
func icon(n *html.Node, depth int) (full, half, empty bool, method string) {
	if n.DataAtom == atom.Input || n.DataAtom == atom.Label || n.DataAtom == atom.Button {
		return
	}
	name := ""
	method = "icons"
	switch n.Data {
	case "img":
		src := attr(n, "src")
		if i := strings.LastIndexByte(src, '/'); i >= 0 {
			src = src[i+1:]
		}
		if len(src) > 80 {
			return
		}
		name, method = asciiLower(src)+" "+asciiLower(attr(n, "alt")), "image"
		if strings.IndexFunc(name, unicode.IsDigit) >= 0 && !strings.Contains(name, "half") {
			// star-1.png is a picture of its own (imageRating).
			return
		}
	case "use":
		name, method = asciiLower(attr(n, "href")+attr(n, "xlink:href")), "svg"
		for i := range n.Attr {
			if n.Attr[i].Key == "href" {
				name = asciiLower(n.Attr[i].Val)
			}
		}
	default:
		name = asciiLower(attr(n, "class"))
		if n.DataAtom == atom.Svg || n.Data == "svg" {
			method = "svg"
		}
		if strings.Contains(name, "material") && n.FirstChild != nil && n.FirstChild.Type == html.TextNode {
			name = strings.TrimSpace(n.FirstChild.Data)
		}
	}
	if !strings.Contains(name, "star") && !strings.Contains(name, "stern") {
		if c := onlyChild(n); c != nil && depth < 2 {
			return icon(c, depth+1)
		}
		return
	}
	if strings.Contains(name, "start") || strings.Contains(name, "starring") {
		return
	}
	switch {
	case strings.Contains(name, "half"):
		half = true
	case strings.Contains(name, "empty"), strings.Contains(name, "star-o"), strings.Contains(name, "star_border"), strings.Contains(name, "outline"),
		hasToken(name, "far"), strings.Contains(name, "blank"), strings.Contains(name, "grey"), strings.Contains(name, "gray"), strings.Contains(name, "-off"),
		strings.Contains(name, "inactive"), strings.Contains(name, "unfilled"), strings.Contains(name, "bi-star") && !strings.Contains(name, "fill"), hasToken(name, "fa-regular"), hasToken(name, "off"):
		empty = true
	default:
		full = true
	}
	return
}

func onlyChild(n *html.Node) *html.Node {
	var one *html.Node
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c.Type == html.ElementNode:
			if one != nil {
				return nil
			}
			one = c
		case c.Type == html.TextNode && strings.TrimSpace(c.Data) != "":
			return nil
		}
	}
	return one
}

// imageRating reads the grade that one picture shows, by its alternative text ("4 stars", "3.5/5", "★★★½") or its file name
// ("4stars.png", "stars-3-5.gif", "rating_3.5.png", "three-stars.jpg").
func imageRating(n *html.Node) (v, best float64, ok bool) {
	for _, k := range [...]string{"alt", "title"} {
		alt := attr(n, k)
		if alt == "" || len(alt) > 60 {
			continue
		}
		hits := findRatings(alt)
		if len(hits) == 1 && hits[0].Method != "letter" && hits[0].Method != "percent" {
			h := hits[0]
			if rest := len(alt) - (h.end - h.start); rest > 25 {
				continue
			}
			if h.Best == 0 {
				h.Best = scale(h.Value)
			}
			return h.Value, h.Best, true
		}
	}
	src := attr(n, "src")
	if i := strings.IndexAny(src, "?#"); i >= 0 {
		src = src[:i]
	}
	if i := strings.LastIndexByte(src, '/'); i >= 0 {
		src = src[i+1:]
	}
	if len(src) > 60 || src == "" {
		return
	}
	name := asciiLower(src)
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		name = name[:i]
	}
	at := -1
	for _, w := range [...]string{"stars", "star", "rating", "sterne", "etoiles", "estrellas", "stelle"} {
		if at = strings.Index(name, w); at >= 0 {
			rest := name[at+len(w):]
			before := name[:at]
			// The number stands right before or right after the word, with a half as ".5", "-5", "_half", "half".
			if v, ok := fileNumber(strings.Trim(rest, "-_ ")); ok {
				return v, scale(v), v <= 5
			}
			if v, ok := fileNumber(strings.Trim(before, "-_ ")); ok {
				return v, scale(v), v <= 5
			}
			return
		}
	}
	return
}

// fileNumber reads the number in a part of a file's name.
func fileNumber(s string) (float64, bool) {
	if s == "" || len(s) > 16 {
		return 0, false
	}
	half := 0.0
	for _, h := range [...]string{"andahalf", "-and-a-half", "_and_a_half", "_half", "-half", "half", ".5", "-5", "_5", "5"} {
		if t, cut := strings.CutSuffix(s, h); cut && t != "" {
			if len(h) == 1 { // "35" is three and a half
				if len(t) != 1 {
					continue
				}
			}
			s, half = t, 0.5
			break
		}
	}
	for _, z := range [...]string{"-0", "_0", ".0"} {
		s = strings.TrimSuffix(s, z)
	}
	if v, ok := numberWords[s]; ok && s != "no" {
		return v + half, v <= 5
	}
	if v, ok := digits(s, 1, 1); ok && v <= 5 {
		if float64(v)+half > 5 {
			return 0, false
		}
		return float64(v) + half, true
	}
	return 0, false
}

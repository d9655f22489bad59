package extract

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	minFilm      = 0.55 // a title less sure than this is left out: a wrong film is worse than none
	minFilmYear  = 1888 // Roundhay Garden Scene
	maxFilmTitle = 120  // bytes
)

// clues are what a page says beside its headline that tells which words of it name the film.
type clues struct {
	body     string // text as words (nameWords)
	slug     string // the address's last part, as words
	emph     map[string]int
	pictures string   // alternative texts and captions
	tags     []string // and categories
	headSlug string   // the headline, as an address would have it
	english  bool     // titles are set in capitals
	upper    string   // body in capitals, made when asked for
}

// guess is a possible title.
type guess struct {
	title    string
	prior    float64 // how likely its place in the headline makes it
	year     int
	director string
	from     Source
	score    float64
	count    int
	beside   bool // the director is a name behind a comma, and no more
}

// reviewWords say "review" in a headline, by themselves.
var reviewWords = wordSet("review reviews reviewed reviewing kritik filmkritik kinokritik filmbesprechung besprechung rezension filmrezension critique critiques chronique " +
	"crítica critica críticas reseña resena recensione recenzja рецензия отзыв recensie filmrecensie recension filmrecension anmeldelse filmanmeldelse " +
	"arvostelu elokuva-arvostelu recenze kritika filmkritika eleştirisi eleştiri resenha 影评 映画評 리뷰 recenzia cronica cronică reaction writeup write-up capsule " +
	"avis analyse")

// labelWords may stand beside them: "Movie Review", "TIFF 2019 Review", "Blu-ray Review", "Quick Take".
var labelWords = wordSet("movie film cinema kino the a an my our quick mini short brief early advance spoiler-free spoiler free non-spoiler spoilers " +
	"blu-ray bluray dvd 4k uhd vod netflix amazon hulu streaming disney+ hbo classic cult retro horror festival tiff cannes sundance berlinale " +
	"venice sxsw fantasia fantastic fest tribeca locarno lff nyff siff imax 3d theatrical take takes thoughts de du la le les el pelicula película " +
	"películas cine zum filme filmes filma elokuva filmen dvd-kritik in full guest and & vs screener home video rewatch revisited revisit weekend " +
	"tuesday friday thursday saturday sunday monday wednesday week new release dvd/blu-ray 电影 video archive throwback")

// separators part a headline: the film, a line about it, a label.
var separators = [...]string{": ", " : ", " – ", " — ", " - ", " | ", " // ", " · ", " • ", "—", " :: ", " -- ", " ― ", " » ", " / ", "; "}

// quotePairs are the quotation marks of the languages read.
var quotePairs = [...][2]string{
	{"“", "”"}, {"„", "“"}, {"„", "”"}, {"«", "»"}, {"»", "«"}, {"‘", "’"}, {"‚", "‘"}, {"‹", "›"}, {"「", "」"}, {"『", "』"}, {"《", "》"}, {"\"", "\""}, {"'", "'"}, {"”", "”"}, {"’", "’"},
}

// cjkQuote are the marks that stand between words without spaces.
var cjkQuote = map[string]bool{"「": true, "『": true, "《": true}

// trimTitle takes from a name what does not belong to it: quotation marks, commas, a full stop.
func trimTitle(s string) string {
	s = strings.Trim(s, " \t\n\"“”„«»‹›,;:|–—-·•()[]「」『』《》")
	if r := firstRune(s); r == '\'' || r == '‘' || r == '‚' || r == '’' {
		t := s[utf8.RuneLen(r):]
		if l, n := utf8.DecodeLastRuneInString(t); l == '\'' || l == '’' || l == '‘' {
			s = t[:len(t)-n]
		}
	}
	if strings.HasSuffix(s, "’") && !strings.ContainsAny(s, "‘") && strings.Count(s, "’") == 1 && !strings.HasSuffix(s, "s’") && !strings.HasSuffix(s, "n’") {
		s = strings.TrimSuffix(s, "’")
	}
	if strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "..") && !hasInitials(s) {
		s = s[:len(s)-1]
	}
	return strings.TrimSpace(s)
}

// hasInitials reports whether a text ends in an abbreviation with points: "E.T.", "R.I.P.D.", "Dr."
func hasInitials(s string) bool {
	i := strings.LastIndexByte(s, ' ')
	w := s[i+1:]
	return strings.Count(w, ".") > 1 || len(w) <= 3
}

// plainQuotes gives typographic quotes and dashes their plain forms, so that a name is found however it is set.
var plainQuotes = strings.NewReplacer("’", "'", "‘", "'", "‚", "'", "“", "\"", "”", "\"", "„", "\"", "«", "\"", "»", "\"", "–", "-", "—", "-", "\u00a0", " ", "…", "...")

func plain(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return plainQuotes.Replace(s)
		}
	}
	return s
}

// nameWords is a text without its punctuation but for apostrophes, so that "Mission: Impossible" is found as "Mission Impossible".
func nameWords(s string) string {
	b := make([]byte, 0, len(s))
	gap := false
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case isLetter(c) || c >= '0' && c <= '9' || c == '\'':
				if gap && len(b) > 0 {
					b = append(b, ' ')
				}
				gap = false
				b = append(b, c)
			case c == '\n':
				b = append(b, '\n') // no name runs over a paragraph
				gap = false
			case c == '&':
				if len(b) > 0 && b[len(b)-1] != '\n' {
					b = append(b, ' ')
				}
				b = append(b, "and"...)
				gap = true
			default:
				gap = true
			}
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case isWordRune(r) || unicode.IsNumber(r):
			if gap && len(b) > 0 {
				b = append(b, ' ')
			}
			gap = false
			b = utf8.AppendRune(b, r)
		case r == '’' || r == '‘':
			if !gap {
				b = append(b, '\'')
			}
		default:
			gap = true
		}
	}
	return string(b)
}

// countName counts a name in a text, as words, up to limit.
func countName(text, name string, limit int) int {
	if name == "" {
		return 0
	}
	n := 0
	for i := 0; i+len(name) <= len(text); {
		j := strings.Index(text[i:], name)
		if j < 0 {
			break
		}
		j += i
		end := j + len(name)
		if boundary(text, j) && boundary(text, end) {
			if n++; n >= limit {
				break
			}
		}
		i = j + 1
	}
	return n
}

// boundary reports whether no word runs over offset i.
func boundary(s string, i int) bool {
	if i <= 0 || i >= len(s) {
		return true
	}
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	after, _ := utf8.DecodeRuneInString(s[i:])
	return !(isWordRune(before) && isWordRune(after))
}

// filmGuesses lists what a headline may name as the film, with the likelihood that each form of headline gives it.
func filmGuesses(headline string) (guesses []guess, labelled bool) {
	h := space(headline)
	if h == "" || len(h) > 300 {
		return nil, false
	}
	add := func(g guess) {
		g.title = trimTitle(g.title)
		if g.title == "" || strings.IndexByte(g.title, '#') >= 0 || len(g.title) > maxFilmTitle || len(guesses) >= 60 {
			return
		}
		if g.from == "" {
			g.from = "headline"
		}
		for i := range guesses {
			if guesses[i].title == g.title {
				old := &guesses[i]
				old.prior = max(old.prior, g.prior)
				if old.year == 0 {
					old.year = g.year
				}
				if old.director == "" {
					old.director = g.director
				}
				return
			}
		}
		guesses = append(guesses, g)
	}
	core, labelled, ambiguous := stripLabels(h)
	for _, a := range ambiguous {
		shapes(a.title, a.prior, add)
	}
	prior := 0.6
	if labelled {
		prior = 0.8
	}
	if len(ambiguous) > 0 { // the label is still in it
		prior = 0.35
	}
	shapes(core, prior, add)
	return guesses, labelled
}

// noTitles are words that headlines put where a title might stand.
var noTitles = wordSet("new film films movie movies latest debut first second last documentary masterpiece thriller comedy drama feature epic best worst remake sequel " +
	"return review the a an his her their this part one two three ii iii chapter volume trilogy great classic part conclusion thoughts verdict spoilers cannes venice sundance berlinale toronto oscars")

// noTitle reports whether a text consists of such words, two or more, or is "Part 1".
func noTitle(s string) bool {
	n := 0
	for w := range strings.FieldsSeq(s) {
		w = strings.ToLower(strings.Trim(w, ".,!?"))
		if _, num := digits(w, 1, 2); !noTitles[w] && !(num && n > 0) {
			return false
		}
		n++
	}
	return n > 1
}

// stripLabels takes "Review:", "– Kritik", "Movie Review" from a headline. What an unknown word beside such a label leaves open comes
// as ambiguous.
func stripLabels(h string) (core string, labelled bool, ambiguous []guess) {
	core = h
	for range 4 {
		before := core
		core = strings.Trim(core, " |–—-:·•")
		// "[Review] Her", "(Review) Her"
		if len(core) > 1 && (core[0] == '[' || core[0] == '(') {
			if i := strings.IndexAny(core, "])"); i > 0 && isLabel(core[1:i]) {
				core, labelled = core[i+1:], true
			}
		}
		// "Her [Review]", "Her (Spoilers)"
		if n := len(core); n > 1 && (core[n-1] == ']' || core[n-1] == ')') {
			if i := strings.LastIndexAny(core, "[("); i > 0 && (isLabel(core[i+1:n-1]) || allLabels(core[i+1:n-1])) {
				labelled = labelled || isLabel(core[i+1:n-1])
				core = core[:i]
			}
		}
		first, rest, sep := cutFirst(core)
		if sep && isLabel(first) {
			core, labelled = rest, true
			continue
		}
		if sep && isNumbering(first) {
			core = rest
			continue
		}
		for at := 0; sep && len(ambiguous) == 0; {
			// "Lady Bird Review: a line about it", unless "Frightfest Review: Lady Bird".
			first := core[:len(core)-len(rest)]
			first = strings.TrimRight(first, " :–—-|/·•»;―")
			if x, ok := cutLabelEnd(first); ok {
				ambiguous = append(ambiguous, guess{title: x, prior: 0.8}, guess{title: rest, prior: 0.62})
				labelled = true
				break
			}
			if at++; at > 4 {
				break
			}
			_, rest, sep = cutFirst(rest)
		}
		head, last, sep := cutLast(core)
		if sep && len(ambiguous) == 0 && isLabel(last) {
			core, labelled = head, true
			continue
		}
		if sep {
			// "… : A Review of Her"
			if x, ok := cutLabelOf(last); ok {
				ambiguous = append(ambiguous, guess{title: x, prior: 0.55})
				labelled = true
			}
		}
		if x, ok := cutLabelOf(core); ok {
			labelled = labelled || isLabel(core[:len(core)-len(x)]) || hasReviewWord(core[:len(core)-len(x)])
			core = x
			continue
		}
		if x, ok := cutLabelEnd(core); ok && !sep {
			core, labelled = x, true
			continue
		}
		if x, ok := cutLabelEnd(core); ok {
			core, labelled = x, true
			continue
		}
		if core == before {
			break
		}
	}
	return strings.Trim(core, " |–—:·•"), labelled, ambiguous
}

// isLabel reports whether a text is a label of the kind "Review", "Movie Review", "TIFF 2019 Review", "Kritik".
func isLabel(s string) bool {
	words, review := 0, false
	for w := range strings.FieldsSeq(s) {
		w = strings.ToLower(strings.Trim(w, ".,!#'’\"()[]"))
		words++
		switch {
		case reviewWords[w]:
			review = true
		case labelWords[w]:
		case len(w) == 4 && w[0] <= '2' && w[0] >= '1' || len(w) == 3 && w[0] == '\'': // a year
		case w == "":
		default:
			return false
		}
		if words > 5 {
			return false
		}
	}
	return review
}

// isNumbering reports whether a text numbers the posts of a series: "Movie #43", "#12".
func isNumbering(s string) bool {
	i := strings.LastIndexByte(s, '#')
	if i < 0 || strings.Count(s, " ") > 5 {
		return false
	}
	_, ok := digits(s[i+1:], 1, 4)
	return ok
}

func hasReviewWord(s string) bool {
	for w := range strings.FieldsSeq(s) {
		if reviewWords[strings.ToLower(strings.Trim(w, ":,"))] {
			return true
		}
	}
	return false
}

func allLabels(s string) bool {
	any := false
	for w := range strings.FieldsSeq(s) {
		w = strings.ToLower(w)
		if !labelWords[w] && !reviewWords[w] {
			return false
		}
		any = true
	}
	return any
}

// cutLabelEnd takes "Review", "Movie Review", "– Filmkritik" from the end of a text.
func cutLabelEnd(s string) (string, bool) {
	i := strings.LastIndexByte(s, ' ')
	if i <= 0 || !reviewWords[strings.ToLower(strings.Trim(s[i+1:], ".!"))] {
		return s, false
	}
	s = strings.TrimRight(s[:i], " –—-|:")
	for {
		i := strings.LastIndexByte(s, ' ')
		if i <= 0 {
			break
		}
		switch strings.ToLower(s[i+1:]) {
		case "movie", "film", "blu-ray", "dvd", "4k", "spoiler-free", "cinema", "quick", "mini", "short":
			s = strings.TrimRight(s[:i], " –—-|:")
			continue
		case "a", "my", "the", "la", "une", "una", "die", "eine":
			if j := strings.TrimRight(s[:i], " "); strings.HasSuffix(j, ",") || strings.HasSuffix(j, "-") || strings.HasSuffix(j, "–") || strings.HasSuffix(j, ":") || strings.HasSuffix(j, "—") || strings.HasSuffix(j, "|") {
				s = strings.TrimRight(j, " –—-|:,")
				continue
			}
		}
		break
	}
	return s, s != "" && !allLabels(s)
}

// cutLabelOf takes "A Review of", "Kritik zu", "Critique de", "Thoughts on" from the beginning of a text.
func cutLabelOf(s string) (string, bool) {
	rest := s
	review, n := false, 0
	for n = 0; n < 5; n++ {
		w, r, ok := strings.Cut(rest, " ")
		if !ok {
			return s, false
		}
		l := strings.ToLower(strings.Trim(w, ",:"))
		switch {
		case reviewWords[l] || l == "thoughts" || l == "reflections" || l == "revisiting" || l == "rewatching":
			review = true
			rest = r
			if l == "revisiting" || l == "rewatching" || l == "reviewing" {
				return r, true
			}
			continue
		case review && (l == "of" || l == "zu" || l == "zum" || l == "zur" || l == "de" || l == "di" || l == "du" || l == "on" || l == "for" || l == "van" || l == "av" || l == "del" || l == "della" || l == "von" || l == "do" || l == "da" || l == "des"):
			rest = strings.TrimSpace(r)
			// "Critique du film Her", "Review of the movie Her"
			for {
				w, r, ok := strings.Cut(rest, " ")
				l := strings.ToLower(w)
				if !ok || l != "film" && l != "movie" && l != "película" && l != "pelicula" && l != "filme" && !(l == "the" && hasFilmWord(r)) && !(l == "la" && hasFilmWord(r)) {
					break
				}
				rest = r
			}
			return rest, rest != ""
		case !review && labelWords[l]:
			rest = r
			continue
		}
		break
	}
	// "Filmkritik Her": the label alone, then a capital.
	if review && n >= 1 && startsUpper(rest) && rest != s && n <= 2 {
		return rest, true
	}
	return s, false
}

func hasFilmWord(s string) bool {
	w, _, _ := strings.Cut(strings.ToLower(s), " ")
	return w == "film" || w == "movie" || w == "película" || w == "pelicula" || w == "motion"
}

func startsUpper(s string) bool {
	for _, r := range s {
		switch {
		case unicode.IsUpper(r) || unicode.IsDigit(r) || unicode.IsTitle(r) || unicode.Is(unicode.Lo, r):
			return true
		case r == '"' || r == '“' || r == '„' || r == '«' || r == '‘' || r == '\'' || r == '¡' || r == '¿' || r == '(' || r == '.' || r == '#':
			continue
		}
		return false
	}
	return false
}

// cutFirst cuts a headline at its first separator.
func cutFirst(s string) (before, after string, found bool) {
	at, n := -1, 0
	for _, sep := range separators {
		if i := strings.Index(s, sep); i > 0 && (at < 0 || i < at || i == at && len(sep) > n) {
			at, n = i, len(sep)
		}
	}
	if at < 0 {
		return s, "", false
	}
	return strings.TrimSpace(s[:at]), strings.TrimSpace(s[at+n:]), true
}

// cutLast cuts a headline at its last separator.
func cutLast(s string) (before, after string, found bool) {
	at, n := -1, 0
	for _, sep := range separators {
		if i := strings.LastIndex(s, sep); i > 0 && i+len(sep) > at+n {
			at, n = i, len(sep)
		}
	}
	if at < 0 {
		return s, "", false
	}
	return strings.TrimSpace(s[:at]), strings.TrimSpace(s[at+n:]), true
}

// shapes tries the forms of a headline without its label.
func shapes(s string, prior float64, add func(guess)) {
	s = strings.TrimSpace(s)
	if s == "" {
		return
	}
	// "Her (2013)", "Her (Spike Jonze, 2013)", "Trance (Dir. Danny Boyle, 2013): a line"
	if open, end, year := yearInBrackets(s); year > 0 {
		title := strings.TrimSpace(s[:open])
		inside := s[open+1 : end]
		tail := strings.TrimSpace(s[end+1:])
		d := directorInBrackets(inside)
		if d == "" {
			d = directorAfter(tail)
		}
		p := max(prior, 0.85)
		add(guess{title: title, prior: p, year: year, director: d})
		if i := strings.LastIndex(title, ", "); i > 0 && d == "" { // "Her, Spike Jonze (2013)"
			if name, end := nameAfter(title[i+2:]); i+2+end == len(title) && strings.Contains(name, " ") {
				add(guess{title: title[:i], prior: 0.7, year: year, director: name, beside: true})
			}
		}
		if title == "" && tail != "" {
			add(guess{title: tail, prior: prior, year: year})
		}
		sub := func(g guess) {
			if g.title != "" && strings.HasSuffix(trimTitle(title), trimTitle(g.title)) || g.prior > 0.8 {
				g.year = year
				g.prior = min(g.prior, 0.8)
			} else {
				g.prior = min(g.prior, 0.35)
			}
			if g.director == "" {
				g.director = d
			}
			add(g)
		}
		plainShapes(title, min(prior, 0.75), sub)
		return
	}
	// "Her [dir. Spike Jonze]", "Her (Spike Jonze)"
	if i := strings.LastIndexAny(s, "(["); i > 0 && (strings.HasSuffix(s, ")") || strings.HasSuffix(s, "]")) {
		inside := s[i+1 : len(s)-1]
		if d := directorInBrackets(inside); d != "" {
			add(guess{title: s[:i], prior: max(prior, 0.75), director: d})
		} else {
			plainShapes(s[:i], prior-0.05, add)
		}
	}
	plainShapes(s, prior, add)
}

// plainShapes tries the forms of a headline without label and year.
func plainShapes(s string, prior float64, add func(guess)) {
	s = strings.TrimSpace(s)
	if s == "" {
		return
	}
	quoted := quotedNames(s)
	for i, q := range quoted {
		p := 0.84
		if q.start == 0 {
			p = 0.9
		}
		if len(quoted) > 1 && i > 0 {
			p -= 0.25
		}
		if n := len(strings.Fields(q.text)); n > 9 {
			p -= 0.3
		}
		g := guess{title: q.text, prior: p}
		if _, _, y := yearInBrackets(q.text); y > 0 {
			g.year = y
			g.title = q.text[:strings.LastIndexAny(q.text, "([")]
		}
		g.director = directorAfter(s[q.end:])
		if g.director == "" {
			if name, ok := possessor(s[:q.start]); ok {
				g.director = name
			}
		}
		add(g)
	}
	base := prior
	if len(quoted) > 0 {
		base = min(prior, 0.4) // the marks say which words are the name
	}
	// "In Spike Jonze's forward-gazing Her, AI evolves", "Worth the wait: Wes Anderson's Rushmore"
	for _, mark := range [...]string{"’s ", "'s ", "s’ ", "s' ", "’ ", "' "} {
		for from := 0; ; {
			i := strings.Index(s[from:], mark)
			if i < 0 {
				break
			}
			i += from
			from = i + len(mark)
			end := i
			if mark[0] == 's' {
				end++
			}
			name, ok := nameBefore(s[:end])
			if !ok {
				continue
			}
			rest := s[i+len(mark):]
			if len(quoted) > 0 && strings.HasPrefix(rest, "‘") || strings.HasPrefix(rest, "“") || strings.HasPrefix(rest, "\"") {
				continue
			}
			// Words about it stand between: the film begins at the first capital.
			for rest != "" && !startsUpper(rest) {
				_, after, ok := strings.Cut(rest, " ")
				if !ok {
					rest = ""
					break
				}
				rest = after
			}
			if rest == "" {
				continue
			}
			p := 0.78
			if !strings.Contains(name, " ") {
				p = 0.5
			}
			if len(quoted) > 0 {
				p -= 0.35
			}
			prefixes(rest, p, name, add)
		}
	}
	// "Her von Spike Jonze", "Up, de Pete Docter", "Her by Spike Jonze"
	for _, by := range [...]struct {
		s string
		p float64
	}{
		{", de ", 0.8}, {", von ", 0.8}, {", di ", 0.8}, {", by ", 0.8}, {", dirigida por ", 0.85}, {", directed by ", 0.85}, {" directed by ", 0.85},
		{", réalisé par ", 0.85}, {" réalisé par ", 0.85}, {" dirigida por ", 0.85}, {", regia di ", 0.85}, {", un film de ", 0.85}, {" (dir. ", 0.85}, {", d'", 0.75}, {", d’", 0.75},
		{" von ", 0.7}, {" by ", 0.7}, {" par ", 0.6}, {" van ", 0.6}, {" av ", 0.6}, {" di ", 0.55}, {" de ", 0.55}, {", a film by ", 0.85}, {", ein Film von ", 0.85}, {" del ", 0.4},
	} {
		i := strings.Index(s, by.s)
		if by.s == " by " || by.s == " de " || by.s == " di " || by.s == " von " {
			i = strings.LastIndex(s, by.s)
		}
		if i <= 0 {
			continue
		}
		name, end := nameAfter(s[i+len(by.s):])
		if name == "" || !strings.Contains(name, " ") {
			continue
		}
		if rest := strings.TrimLeft(s[i+len(by.s)+end:], " )"); rest != "" && strings.IndexAny(rest, ":-,(|") != 0 && !strings.HasPrefix(rest, "–") && !strings.HasPrefix(rest, "—") {
			continue
		}
		title := s[:i]
		p := by.p
		if len(quoted) > 0 {
			for _, q := range quoted {
				if q.start == 0 {
					add(guess{title: q.text, prior: 0.9, director: name})
				}
			}
			p = 0.3
		}
		add(guess{title: title, prior: p, director: name})
		if _, after, ok := cutLast(title); ok {
			add(guess{title: after, prior: p - 0.2, director: name})
		}
	}
	// The whole, and its parts.
	n := len(strings.Fields(s))
	whole := base
	if n > 7 {
		whole -= 0.05 * float64(n-7)
	}
	add(guess{title: s, prior: whole})
	if before, after, ok := cutFirst(s); ok {
		p := base - 0.12
		if isName(before) && isLine(after) { // "Petite Maman: a treehouse with two doors"
			p = base + 0.12
		}
		add(guess{title: before, prior: p})
		prefixes(s, base-0.12, "", add)
	}
	if before, after, ok := cutLast(s); ok && !noTitle(after) {
		p := base - 0.18
		if isName(after) && isLine(before) && !strings.Contains(after, "’s ") && !strings.Contains(after, "'s ") { // "A house full of strangers: Parasite"
			p = base + 0.06
		}
		add(guess{title: after, prior: p})
	}
	if _, after, ok := cutFirst(s); ok && !noTitle(after) {
		add(guess{title: after, prior: base - 0.2})
	}
	runs(s, 0.3, add)
}

// isName reports whether every word of a text begins in a capital, but for small words between.
func isName(s string) bool {
	t := trimTitle(s)
	return t != "" && len(strings.Fields(t)) <= 8 && capitals(t) == t
}

// isLine reports whether a text is set as a sentence is: two words and more, most of them in lower case.
func isLine(s string) bool {
	n, low := 0, 0
	for w := range strings.FieldsSeq(s) {
		n++
		if !startsUpper(w) {
			low++
		}
	}
	return n >= 2 && 2*low >= n && low >= 2
}

// sentenceCase reports whether a text of four words or more has no capital but the first: a line, and no English title.
func sentenceCase(s string) bool {
	n := 0
	for w := range strings.FieldsSeq(s) {
		if n++; n > 1 && startsUpper(w) {
			return false
		}
	}
	return n >= 4
}

// prefixes adds the beginnings of a text that end at a comma, a separator, or where its capitals end.
func prefixes(s string, p float64, director string, all func(guess)) {
	add := func(g guess) {
		if !noTitle(trimTitle(g.title)) {
			all(g)
		}
	}
	add(guess{title: s, prior: p - 0.05*float64(max(0, len(strings.Fields(s))-7)), director: director})
	for i := 1; i < len(s); i++ {
		cut := s[i] == ',' || s[i] == ':' || s[i] == '(' || s[i] == '?' || s[i] == '!'
		if !cut {
			for _, sep := range separators {
				if strings.HasPrefix(s[i:], sep) {
					cut = true
					break
				}
			}
		}
		if cut {
			t := s[:i]
			if s[i] == '?' || s[i] == '!' {
				t = s[:i+1]
			}
			add(guess{title: t, prior: p, director: director})
		}
	}
	if run := capitals(s); run != "" && run != s {
		add(guess{title: run, prior: p - 0.08, director: director})
	}
}

// smallWords stand inside titles in lower case.
var smallWords = wordSet("of the a an in on and & at to for from with by or nor de la le les du des el los las y et en von der die das und di del della da do dos e il lo vs vs. as is " +
	"l' d' un une ein eine zu im am aux au")

// capitals is the longest beginning of a text whose words begin in capitals, small words between them allowed.
func capitals(s string) string {
	end := 0
	for i := 0; i < len(s); {
		j := i
		for j < len(s) && s[j] != ' ' {
			j++
		}
		w := s[i:j]
		switch {
		case startsUpper(w) || w == "-" || w == "–":
			if w != "-" && w != "–" {
				end = j
			}
		case smallWords[strings.ToLower(w)] && i > 0:
		default:
			return trimTitle(s[:end])
		}
		if last := s[j-1]; (last == ',' || last == ':' || last == ';') && i > 0 {
			// a comma may end the name: prefixes tries both
			_ = last
		}
		i = j + 1
	}
	return trimTitle(s[:end])
}

// runs adds every run of capitals in a text.
func runs(s string, p float64, add func(guess)) {
	for i, n := 0, 0; i < len(s) && n < 8; {
		j := strings.IndexByte(s[i:], ' ')
		w := s[i:]
		if j >= 0 {
			w = s[i : i+j]
		}
		if startsUpper(w) {
			if run := capitals(s[i:]); run != "" && !noTitle(run) {
				add(guess{title: run, prior: p})
				n++
			}
		}
		if j < 0 {
			return
		}
		i += j + 1
	}
}

// span is a quoted name in a headline.
type span struct {
	text       string
	start, end int
}

// quotedNames finds quoted names. Apostrophes inside words are none.
func quotedNames(s string) []span {
	var out []span
	for i := 0; i < len(s) && len(out) < 6; {
		r, size := utf8.DecodeRuneInString(s[i:])
		found := false
		for _, q := range quotePairs {
			if !strings.HasPrefix(s[i:], q[0]) {
				continue
			}
			if i > 0 {
				p, _ := utf8.DecodeLastRuneInString(s[:i])
				if isWordRune(p) && !cjkQuote[q[0]] || (r == '»' || r == '”' || r == '’') && p != ' ' && p != '(' {
					continue
				}
			} else if (q[0] == "»" || q[0] == "”" || q[0] == "’") && false {
				continue
			}
			// The closing mark is the last fitting one for apostrophes, the first otherwise.
			from := i + len(q[0])
			for {
				j := strings.Index(s[from:], q[1])
				if j < 0 {
					break
				}
				j += from
				end := j + len(q[1])
				after, _ := utf8.DecodeRuneInString(s[end:])
				if end < len(s) && isWordRune(after) && !cjkQuote[q[0]] {
					from = end
					continue
				}
				text := strings.TrimSpace(s[i+len(q[0]) : j])
				if text != "" && len(text) <= maxFilmTitle && (startsUpper(text) || i == 0 || strings.ToLower(text) != text || len(text) < 40) {
					out = append(out, span{text: text, start: i, end: end})
					i = end
					found = true
				}
				break
			}
			if found {
				break
			}
		}
		if !found {
			i += size
		}
	}
	return out
}

// yearInBrackets finds "(2013)", "[USA 2013]", "(Spike Jonze, 2013)": the offsets of the brackets and the year.
func yearInBrackets(s string) (open, end, year int) {
	if len(s) > 400 {
		return 0, 0, 0
	}
	for i := 0; i < len(s); i++ {
		if s[i] != '(' && s[i] != '[' {
			continue
		}
		j := strings.IndexAny(s[i:], ")]")
		if j < 0 {
			return 0, 0, 0
		}
		if y := filmYear(s[i+1 : i+j]); y > 0 && (i > 0 || j+i+1 < len(s)) {
			return i, i + j, y
		}
	}
	return 0, 0, 0
}

// filmYear is the one year in a text; 0 for none.
func filmYear(s string) int {
	year := 0
	for i := 0; i+4 <= len(s); i++ {
		if s[i] < '1' || s[i] > '2' || i > 0 && s[i-1] >= '0' && s[i-1] <= '9' {
			continue
		}
		y, ok := digits(s[i:i+4], 4, 4)
		if !ok || i+4 < len(s) && s[i+4] >= '0' && s[i+4] <= '9' || y < minFilmYear || y > maxDateYear {
			continue
		}
		if !boundary(s, i) || i+4 < len(s) && isLetter(s[i+4]) {
			continue // 1980s
		}
		if year == 0 {
			year = y
		}
		i += 3
	}
	return year
}

// directorInBrackets reads "Spike Jonze, 2013", "dir. Danny Boyle, 2013", "2013, Spike Jonze", "R: Spike Jonze, USA 2013".
func directorInBrackets(s string) string {
	marked := false
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || r == ';' || r == '/' || r == '|' || r == '·' }) {
		part = strings.TrimSpace(part)
		for _, p := range [...]string{"dir. by ", "dir. ", "Dir. ", "dir: ", "Dir: ", "dir ", "directed by ", "Directed by ", "d. ", "R: ", "Regie: ", "réal. ", "de ", "von ", "di ", "by ", "Director: ", "director: "} {
			if t, ok := strings.CutPrefix(part, p); ok {
				part, marked = t, true
				break
			}
		}
		name, end := nameAfter(part)
		if name != "" && strings.TrimSpace(part[end:]) == "" && (marked || strings.Contains(name, " ")) {
			return name
		}
	}
	return ""
}

// directorAfter reads what follows a name: " von Spike Jonze", ", de Pete Docter", " by …".
func directorAfter(s string) string {
	s = strings.TrimLeft(s, " ,")
	for _, by := range [...]string{"von ", "de ", "di ", "by ", "directed by ", "dirigida por ", "réalisé par ", "par ", "av ", "van ", "del ", "d'", "d’", "dir. ", "– a film by ", "a film by "} {
		if t, ok := strings.CutPrefix(s, by); ok {
			name, end := nameAfter(t)
			if strings.Contains(name, " ") {
				if rest := strings.TrimLeft(t[end:], " "); rest == "" || !isWordRune(firstRune(rest)) {
					return name
				}
			}
		}
	}
	return ""
}

// possessor is the name before "’s" at the end of a text.
func possessor(s string) (string, bool) {
	s = strings.TrimRight(s, " ")
	// adjectives may stand between
	for _, mark := range [...]string{"’s", "'s"} {
		if i := strings.LastIndex(s, mark); i > 0 && len(s)-i < 40 {
			rest := s[i+len(mark):]
			if rest != "" && startsUpper(strings.TrimSpace(rest)) {
				return "", false
			}
			name, ok := nameBefore(s[:i])
			return name, ok && strings.Contains(name, " ")
		}
	}
	return "", false
}

// particles stand inside people's names in lower case.
var particles = wordSet("von van de der den del della di da dos du la le el al bin ibn ter ten zu y e af av do das st. san")

// joins stand between two people's names.
var joins = wordSet("and & und y et e och og en i и")

// nameWord reports whether a word may be part of a person's name: it begins in a capital and is no other word.
func nameWord(w string) bool {
	w = strings.TrimRight(w, ",")
	if w == "" {
		return false
	}
	r, size := utf8.DecodeRuneInString(w)
	if !unicode.IsUpper(r) && !unicode.IsTitle(r) && !unicode.Is(unicode.Lo, r) {
		return false
	}
	for _, r := range w[size:] {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '.' && r != '-' && r != '\'' && r != '’' && r != '‐' {
			return false
		}
	}
	return !notNames[strings.ToLower(w)]
}

// notNames begin sentences and headlines in capitals, and are no names.
var notNames = wordSet("in the a an and of on at from with for by is it if but how why what when where who this that these those his her their our my your " +
	"film films movie movies review director directors writer critic there here as to after before not no yes mr mrs starring cast year rating " +
	"im der die das ein eine mit und für von zu auf über nach bei le la les un une dans avec pour sur el los las en con para una su est nicht " +
	"january february march april may june july august september october november december monday tuesday wednesday thursday friday saturday sunday " +
	"posted written published by regie réalisation dirección " +
	"watching seeing sometimes though although while since because then now even still also perhaps maybe")

// nameBefore reads a person's name at the end of a text.
func nameBefore(s string) (string, bool) {
	fields := strings.Fields(s)
	i := len(fields)
	if i == 0 || !nameWord(fields[i-1]) {
		return "", false
	}
	start := i - 1
	for j := i - 2; j >= 0 && i-j <= 8; j-- {
		w := fields[j]
		switch {
		case strings.HasSuffix(w, ",") || strings.HasSuffix(w, ":") || strings.HasSuffix(w, ".") && len(w) > 3:
			j = -1
		case nameWord(w):
			start = j
		case (particles[w] || joins[w]) && j > 0 && nameWord(fields[j-1]) && !strings.HasSuffix(fields[j-1], ","):
		default:
			j = -1
		}
	}
	for start < i && (particles[fields[start]] || joins[fields[start]]) {
		start++
	}
	return strings.Join(fields[start:i], " "), true
}

// nameAfter reads a person's name, or two joined, at the beginning of a text, and where it ends.
func nameAfter(s string) (string, int) {
	end, words := 0, 0
	for i := 0; i < len(s) && words < 9; {
		for i < len(s) && s[i] == ' ' {
			i++
		}
		j := i
		for j < len(s) && s[j] != ' ' {
			j++
		}
		w := s[i:j]
		if w == "" {
			break
		}
		bare := strings.TrimRight(w, ",;:.!?)]|\"”’'")
		if len(bare) <= 2 && strings.HasPrefix(w[len(bare):], ".") { // an initial
			bare = w[:len(bare)+1]
		}
		if t, cut := strings.CutSuffix(bare, "’s"); cut {
			bare = t
		} else if t, cut := strings.CutSuffix(bare, "'s"); cut {
			bare = t
		}
		switch {
		case nameWord(bare):
			end = i + len(bare)
			words++
		case words > 0 && bare == w && (particles[w] || joins[w]):
			// counts if a name follows
			next := strings.TrimLeft(s[j:], " ")
			k := wordEnd(next, 0)
			if k == 0 || !nameWord(next[:k]) && !particles[next[:k]] {
				return s[:end], end
			}
		default:
			return s[:end], end
		}
		if len(bare) < len(w) {
			break
		}
		i = j
	}
	return s[:end], end
}

// weighGuesses scores the guesses by what the rest of the page says, and gives the best.
func weighGuesses(guesses []guess, c *clues) guess {
	long := len(c.body) > 900
	for i := range guesses {
		g := &guesses[i]
		name := strings.Trim(nameWords(g.title), "'")
		g.count = countName(c.body, name, 6)
		if g.count == 0 && isCapitals(name) {
			if c.upper == "" {
				c.upper = strings.ToUpper(c.body)
			}
			g.count = countName(c.upper, name, 6)
		}
		e := c.emph[name]
		g.score = g.prior
		if g.beside { // the text knows the director by the last name
			if who := nameWords(g.director); countName(c.body, who[strings.LastIndexByte(who, ' ')+1:], 6) > countName(c.body, who, 6) || countName(c.body, "d'"+who[strings.LastIndexByte(who, ' ')+1:], 1) > 0 {
				g.score += 0.25
			}
		}
		switch {
		case g.count >= 3:
			g.score += 0.2
		case g.count == 2:
			g.score += 0.15
		case g.count == 1 && g.prior >= 0.4:
			g.score += 0.14
		case g.count == 1:
			g.score += 0.1
		case e == 0 && long:
			g.score -= 0.2
			if c.english && sentenceCase(g.title) {
				g.score -= 0.15
			}
			if low := strings.ToLower(g.title); strings.HasPrefix(low, "my ") || strings.HasPrefix(low, "why ") || strings.HasPrefix(low, "how ") || strings.HasPrefix(low, "what ") {
				g.score -= 0.1
			}
		case e == 0:
			g.score -= 0.1
			if c.english && !isName(g.title) {
				g.score -= 0.1
			}
		}
		switch {
		case e >= 2:
			g.score += 0.15
		case e == 1:
			g.score += 0.1
		}
		if c.pictures != "" && countName(c.pictures, name, 1) > 0 {
			g.score += 0.1
			if g.count == 0 {
				g.count++
				g.score += 0.1
			}
		}
		if slugWords(name) == c.slug && c.slug != "" {
			g.score += 0.06
			if c.slug != c.headSlug { // the address has this part of the headline and no more
				g.score = max(g.score, min(g.score+0.1, 0.7))
			}
		}
		for _, t := range c.tags {
			if strings.EqualFold(t, g.title) {
				g.score += 0.25
				g.count++
				break
			}
		}
	}
	// A name inside a longer one that the text knows too is the shorter's echo.
	for i := range guesses {
		g := &guesses[i]
		for j := range guesses {
			o := &guesses[j]
			if i == j || len(o.title) <= len(g.title) {
				continue
			}
			// "Mission" of "Mission: Impossible III": wherever the text has the first word, the second follows.
			if o.prior >= 0.5 && g.count >= 2 && strings.HasPrefix(o.title, g.title) {
				rest := nameWords(o.title[len(g.title):])
				next := rest[:wordEnd(rest, 0)]
				if next != "" && countName(c.body, strings.Trim(nameWords(g.title), "'")+" "+next, 6)*10 >= 6*g.count {
					g.score -= 0.35
					break
				}
			}
			if o.count > 0 && o.prior >= 0.35 && len(o.title) > len(g.title) && o.year >= g.year && strings.Contains(o.title, g.title) && countName(o.title, g.title, 1) > 0 {
				g.score -= 0.3
				break
			}
		}
	}
	best := guess{}
	for _, g := range guesses {
		if g.score > best.score || g.score == best.score && len(g.title) > len(best.title) {
			best = g
		}
	}
	return best
}

// isCapitals reports whether a name is set in capitals.
func isCapitals(s string) bool {
	upper := false
	for _, r := range s {
		if unicode.IsLower(r) {
			return false
		}
		upper = upper || unicode.IsUpper(r)
	}
	return upper && len(s) > 2
}

// slugWords makes of a name what an address would.
func slugWords(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(s) {
		switch {
		case isWordRune(r):
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteRune(foldRune(r))
		case r == '\'' || r == '’':
		default:
			gap = true
		}
	}
	return b.String()
}

// foldRune drops the accents of Latin letters, as addresses do.
func foldRune(r rune) rune {
	if r < 0xC0 {
		return r
	}
	const from = "àáâãäåāăąçćčďđèéêëēęěìíîïīłľñńňòóôõöøōőřśšșşťţțùúûüūůűýÿźżžğ"
	const to__ = "aaaaaaaaacccddeeeeeeeiiiiillnnnoooooooorsssstttuuuuuuuyyzzzg"
	i := 0
	for _, f := range from {
		if f == r {
			return rune(to__[i])
		}
		i++
	}
	return r
}

// slugOf is the last part of an address as words, without what software and dates add.
func slugOf(path string) string {
	path = strings.TrimRight(path, "/")
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		path = path[i+1:]
	}
	for _, ext := range [...]string{".html", ".htm", ".php", ".aspx", ".shtml"} {
		path = strings.TrimSuffix(path, ext)
	}
	ws := strings.FieldsFunc(strings.ToLower(path), func(r rune) bool { return !isWordRune(r) })
	for len(ws) > 1 && (reviewWords[ws[0]] || ws[0] == "movie" || ws[0] == "film") {
		ws = ws[1:]
	}
	for len(ws) > 1 {
		last := ws[len(ws)-1]
		_, year := digits(last, 4, 4)
		if !reviewWords[last] && last != "movie" && last != "film" && !year {
			break
		}
		ws = ws[:len(ws)-1]
	}
	return strings.Join(ws, " ")
}

// repeatedName is the name that the text sets in italics again and again, where no other comes near.
func repeatedName(emph map[string]int, c *clues) (string, float64) {
	type named struct {
		name string
		n    int
	}
	var list []named
	for s, n := range emph {
		if n >= 2 && startsUpper(s) && len(s) <= 80 && len(strings.Fields(s)) <= 10 {
			list = append(list, named{s, n})
		}
	}
	if len(list) == 0 {
		return "", 0
	}
	slices.SortFunc(list, func(a, b named) int {
		if a.n != b.n {
			return b.n - a.n
		}
		return strings.Compare(a.name, b.name)
	})
	best := list[0]
	if best.n < 3 || len(list) > 1 && list[1].n*2 > best.n {
		return "", 0
	}
	conf := 0.56 + 0.02*float64(min(best.n, 8))
	if countName(c.pictures, nameWords(best.name), 1) > 0 {
		conf += 0.1
	}
	return best.name, conf
}

// middles are what only the film in hand is said to have at the beginning of a review.
var middles = [...]string{" centre of", " center of", " heart of", " hero of", " heroine of", " protagonist of", "opening scene of", "opening shot of", "opening minutes of",
	"mittelpunkt von", "im zentrum von", "au centre de", "au cœur de", "héros de", "héroïne de", "en el centro de", "protagonista de", "al centro di", "no centro de"}

// inHand reports whether the words around a name say that it is the film a review is of: "The man at the centre of …", "…, Robert Eggers's
// first film".
func inHand(before, after string) bool {
	before = strings.ToLower(strings.TrimRight(before, " \"'"))
	if i := strings.LastIndexAny(before, ".!?"); i < 0 {
		for _, m := range middles {
			if strings.HasSuffix(" "+before, m) {
				return true
			}
		}
	}
	after = strings.TrimLeft(after, "\"', ")
	if who, end := nameAfter(after); strings.Contains(who, " ") {
		if rest, ok := strings.CutPrefix(after[end:], "'s "); ok && newFilm(rest[:min(len(rest), 80)]) {
			return true
		}
	}
	// "Robert Eggers's first film, …", "In Kelly Reichardt's new comedy …"
	before = strings.TrimRight(before, ", ")
	start := strings.LastIndexAny(before, ".!?") + 1
	for w := range strings.FieldsSeq(before[start:]) {
		if comparisons[w] {
			return false
		}
	}
	i := strings.LastIndex(before, "'s ")
	return i > start && strings.Contains(strings.TrimSpace(before[max(start, i-40):i]), " ") && newFilm(before[i+3:])
}

var comparisons = wordSet("since after unlike like than before from as not follows following followed")

// newFilm reports whether a text begins as "first film", "funny new comedy" do: a few words and the noun.
func newFilm(s string) bool {
	for n, w := range strings.Fields(s) {
		bare := strings.TrimRight(w, ",.;:")
		if yearNouns[bare] || bare == "debut" {
			return true
		}
		if n > 4 || bare != w || strings.ToLower(w) != w || bare == "previous" || bare == "last" || bare == "earlier" || bare == "other" || bare == "best" {
			return false
		}
	}
	return false
}

// releaseCues stand before or after the year in which a film came out.
var releaseCues = [...]string{"opened in", "released in", "released on", "release in", "came out in", "premiered in", "premiered at", "made in", "hit theaters in", "hit cinemas in",
	"hit screens in", "in cinemas in", "arrived in", "debuted in", "first seen in", "first shown in", "back in", "shot in", "estreno en", "estrenada en", "estrenó en", "estrenó en", "sortie en", "sorti en", "sortie de",
	"aus dem jahr", "aus dem jahre", "kam", "erschien", "uscito nel", "uscita nel", "del", "lançado em", "estreou em", "uit", "från", "fra", "z roku", "года", "movie from", "film from"}

// releaseYear finds the year of release in prose: beside the title in brackets, or with words that say so.
func releaseYear(text, title string) (int, float64) {
	name := plain(title)
	if name != "" {
		// "Her (2013)", "Her (Spike Jonze, 2013)", "Her, 2013"
		for i := 0; i < len(text); {
			j := strings.Index(text[i:], name)
			if j < 0 {
				break
			}
			j += i
			end := j + len(name)
			i = end
			rest := strings.TrimLeft(text[end:min(len(text), end+80)], "\"'_*")
			rest = strings.TrimLeft(rest, " ")
			if strings.HasPrefix(rest, "(") || strings.HasPrefix(rest, "[") {
				if k := strings.IndexAny(rest, ")]"); k > 0 {
					if y := filmYear(rest[:k]); y > 0 {
						return y, 0.9
					}
				}
			}
		}
	}
	// "Sean Baker's 2015 film Tangerine", "the 1979 short Gloria!"
	if name != "" && len(name) > 2 {
		for i := 0; i < len(text); {
			j := strings.Index(text[i:], name)
			if j < 0 {
				break
			}
			j += i
			i = j + len(name)
			ws := strings.Fields(strings.TrimRight(text[max(0, j-40):j], " \"'_*"))
			for k := len(ws) - 1; k >= 0 && k >= len(ws)-4; k-- {
				if y, ok := digits(ws[k], 4, 4); ok && y >= minFilmYear && y <= maxDateYear && k < len(ws)-1 {
					return y, 0.85
				}
				if w := ws[k]; strings.ToLower(w) != w || strings.HasSuffix(w, ",") || smallWords[w] {
					break
				}
			}
		}
	}
	return 0, 0
}

// creditYear is the year in a line of credits that begins with the title: "Her. USA 2013. Directed by Spike Jonze. …".
func creditYear(line, title string) int {
	rest, ok := strings.CutPrefix(strings.TrimLeft(line, " \"'"), title)
	if !ok || title == "" || rest == "" || isWordRune(firstRune(rest)) || unicode.IsLower(firstRune(strings.TrimLeft(rest, "\" "))) {
		return 0
	}
	end := -1
	for _, cue := range [...]string{"Regie", "Buch", "irected by", "irector", "Réal", "réal", "Regia", "regia", "Direc", "Dirigid", "Regi", "Dir."} {
		if i := strings.Index(rest, cue); i >= 0 && (end < 0 || i < end) {
			end = i
		}
	}
	if end < 0 || end > 60 {
		return 0
	}
	if y := filmYear(rest[:end]); y > 0 {
		return y
	}
	return filmYear(rest[end:min(len(rest), end+60)])
}

// proseYear finds the year that prose gives as that of the release: "When Her opened in 2013", "des années après sa sortie en 2013".
// published is the year of the review, or 0.
func proseYear(text string, published int) (int, float64) {
	found, conf := 0, 0.0
	for i := 0; i+4 <= len(text); i++ {
		if (text[i] != '1' && text[i] != '2') || i > 0 && (isWordByte(text[i-1]) || text[i-1] == '$' || text[i-1] == '.') {
			continue
		}
		y, ok := digits(text[i:i+4], 4, 4)
		if !ok || y < minFilmYear || y > maxDateYear || i+4 < len(text) && isWordByte(text[i+4]) {
			continue
		}
		before := strings.ToLower(strings.TrimRight(text[max(0, i-20):i], " "))
		for _, cue := range releaseCues {
			if strings.HasSuffix(before, cue) && boundary(before, len(before)-len(cue)) {
				if len(cue) <= 5 && cue != "made" {
					break // too common a word
				}
				if found != 0 && found != y {
					return 0, 0
				}
				found, conf = y, 0.7
				break
			}
		}
		i += 3
	}
	if published > 0 && found > published+1 {
		return 0, 0
	}
	return found, conf
}

// yearNouns are the nouns that tie a year in their sentence to a film.
var yearNouns = wordSet("film movie picture drama comedy romance thriller western documentary horror fantasy musical mystery biopic adventure remake sequel epic satire feature essay " +
	"komödie filme pelicula película comedia filmes comédie documentaire fiction")

// eraWords tie it to the story, or to somebody's life.
var eraWords = wordSet("set sets takes place story tells born died war summer winter spring autumn fall since until called titled remember spielt handelt situé située transcurre ambientada ambientato " +
	"january february march april may june july august september october november december decade era period pre post childhood grew unlike remembers later earlier previous last next")

// loneYear is the year of a text that names one only, where its sentence speaks of the film, its director or films, and not of the
// time of its story. It is a guess: few texts name any other year alone.
func loneYear(text, title, director string, published int) (int, float64) {
	year, at := 0, -1
	for i := 0; i+4 <= len(text); i++ {
		if text[i] != '1' && text[i] != '2' || i > 0 && (isWordByte(text[i-1]) || text[i-1] == '$' || text[i-1] == '.' || text[i-1] == ',') {
			continue
		}
		y, ok := digits(text[i:i+4], 4, 4)
		if !ok || y < minFilmYear || y > maxDateYear || i+4 < len(text) && (isWordByte(text[i+4]) || text[i+4] == '-') {
			continue
		}
		if year != 0 && y != year {
			return 0, 0
		}
		if year == 0 {
			year, at = y, i
		}
		i += 3
	}
	if year == 0 || published > 0 && year > published {
		return 0, 0
	}
	if strings.Contains(title, text[at:at+4]) {
		return 0, 0
	}
	start, end := 0, len(text)
	if i := strings.LastIndexAny(text[:at], ".!?\n"); i >= 0 {
		start = i + 1
	}
	if i := strings.IndexAny(text[at:], ".!?\n"); i >= 0 {
		end = at + i
	}
	sentence := text[start:end]
	if len(sentence) > 400 || at > 0 && (text[at-1] == '(' || text[at-1] == '\'' || text[at-1] == '"') {
		return 0, 0
	}
	// "the 2007 remake of …", "2001 A Space Odyssey": the year of something else.
	if after := strings.TrimLeft(text[at+4:end], " "); after != "" && startsUpper(after) || at+4 < len(text) && text[at+4] == ' ' && !smallAfterYear(after) {
		return 0, 0
	}
	tied := title != "" && countName(sentence, plain(title), 1) > 0 || director != "" && strings.Contains(sentence, plain(director))
	for w := range strings.FieldsFuncSeq(sentence, notWord) {
		w = strings.ToLower(w)
		if eraWords[w] {
			return 0, 0
		}
		tied = tied || yearNouns[w]
	}
	if !tied {
		return 0, 0
	}
	return year, 0.5
}

// smallAfterYear reports whether the sentence goes on after its year without a noun that the year could belong to.
func smallAfterYear(s string) bool {
	w := s[:wordEnd(s, 0)]
	if s == "" || !isWordByte(s[0]) {
		return true
	}
	return smallWords[w] || joins[w] || wordSetAfterYear[w]
}

var wordSetAfterYear = wordSet("without but and when that which who it he she they was is still then ohne sans sin senza sem aber mais pero ma mas und et y e was war fue fut")

func isWordByte(c byte) bool { return isLetter(c) || c >= '0' && c <= '9' || c >= utf8.RuneSelf }

// directorCues stand before the name of who made the film, directorVerbs after it, by language.
var (
	directorCues = map[string][]string{
		"en": {"irected by ", "irector ", "ilmmaker "},
		"de": {"Regisseur ", "Regisseurin ", "Regie führte ", "Regie von "},
		"fr": {"réalisé par ", "réalisateur ", "réalisatrice ", "cinéaste "},
		"es": {"dirigida por ", "dirigido por ", "director ", "directora ", "cineasta "},
		"it": {"diretto da ", "regista ", "regia di "},
		"pt": {"dirigido por ", "diretor ", "diretora ", "direção de "},
		"nl": {"geregisseerd door ", "regisseur "},
		"sv": {"regisserad av ", "regissören ", "regi av "},
		"ru": {"режиссёр ", "режиссер "},
	}
	directorVerbs = map[string][]string{
		"en": {" directs ", " directed ", " has made a ", "'s direction", "'s camera", "'s film", "'s debut", "'s latest", "'s feature", "'s first film", "'s new film", " wrote and directed", " cuts ", " begins ", " stages "},
		"de": {" inszeniert"},
		"fr": {" filme ", " réalise ", " dirige ", " signe "},
		"es": {" dirige ", " filma ", " rueda ", " firma "},
		"it": {" dirige ", " gira ", " firma "},
		"pt": {" dirige ", " filma ", " assina "},
	}
)

// proseDirector finds who made the film in prose: "directed by", "Spike Jonze's Her".
func proseDirector(text, title, lang string) (string, float64) {
	cues, verbs := directorCues[lang], directorVerbs[lang]
	if cues == nil {
		cues, verbs = directorCues["en"], directorVerbs["en"]
	}
	for _, cue := range cues {
		for from := 0; ; {
			i := strings.Index(text[from:], cue)
			if i < 0 {
				break
			}
			i += from + len(cue)
			from = i
			if name, _ := nameAfter(text[i:min(len(text), i+80)]); strings.Contains(name, " ") {
				return name, 0.75
			}
		}
	}
	name := plain(title)
	if name == "" {
		return "", 0
	}
	for k, cue := range slices.Concat([]string{"'s " + name}, verbs) {
		for from := 0; ; {
			i := strings.Index(text[from:], cue)
			if i < 0 {
				break
			}
			i += from
			from = i + len(cue)
			near := text[max(0, i-60):i]
			near = near[strings.LastIndexByte(near, '\n')+1:]
			who, ok := nameBefore(near)
			who = strings.TrimPrefix(who, name+" ")
			if ok && strings.Contains(who, " ") && who != name {
				if k == 0 {
					return who, 0.8
				}
				return who, 0.65
			}
		}
	}
	// "Lee Isaac Chung's gentle, funny picture"
	for from, tried := 0, 0; ; tried++ {
		i := strings.Index(text[from:], "'s ")
		if i < 0 || tried > 200 {
			return "", 0
		}
		i += from
		from = i + 3
		near := text[max(0, i-60):i]
		who, ok := nameBefore(near[strings.LastIndexByte(near, '\n')+1:])
		if !ok || !strings.Contains(who, " ") || who == name || playsIn(text, who, name) {
			continue
		}
		for n, w := range strings.Fields(text[from:min(len(text), from+60)]) {
			bare := strings.TrimRight(w, ",.;:")
			if n > 0 && yearNouns[bare] {
				return who, 0.6
			}
			if n > 4 || strings.ToLower(w) != w || strings.HasSuffix(w, ".") || smallWords[bare] || bare == "previous" || bare == "last" || bare == "earlier" || bare == "other" {
				break
			}
		}
	}
}

// taggedYear is the year that a review is filed under, where it is one and lies before that of the review: posts are filed under their
// own year too.
func taggedYear(tags []string, published int) int {
	year := 0
	for _, t := range tags {
		y, ok := digits(strings.TrimSuffix(strings.TrimSpace(t), "年"), 4, 4)
		if !ok || y < minFilmYear || y > maxDateYear {
			continue
		}
		if year != 0 && y != year {
			return 0
		}
		year = y
	}
	if year >= published {
		return 0
	}
	return year
}

// taggedDirector takes who made the film from the tags: the one person there whom the text names and does not call a player. A tag
// spells a name that the text has a letter or two off as it should be.
func (f *finder) taggedDirector() {
	film := &f.rev.Film
	title := plain(film.Title.Value)
	cast := ""
	for _, p := range f.factBox() {
		if castKeys[p.key] {
			cast += plain(p.value) + "\n"
		}
	}
	var names []string
	for _, t := range f.clues().tags {
		name := plain(t)
		if n := len(strings.Fields(name)); n < 2 || n > 5 || strings.EqualFold(name, title) || strings.EqualFold(t, f.rev.Author.Value) || strings.EqualFold(t, f.site) {
			continue
		}
		if who, end := nameAfter(name); end != len(name) || who != name || noTitle(name) || allLabels(name) {
			continue
		}
		if film.Director.Value != "" {
			if film.Director.From == "text" && misspelt(plain(film.Director.Value), name) {
				film.Director.Value = t
				return
			}
			continue
		}
		if strings.Contains(cast, name) || playsIn(f.body, name, title) || countName(f.body, name, 1) == 0 && countName(plain(f.rev.Headline.Value), name, 1) == 0 {
			continue
		}
		names = appendNew(names, t)
	}
	if film.Director.Value != "" || len(names) == 0 || len(names) > 2 {
		return
	}
	who := names[0]
	if len(names) == 2 {
		who = ""
		for _, pair := range [...]string{names[0] + " and " + names[1], names[1] + " and " + names[0]} {
			if strings.Contains(f.body, plain(pair)) {
				who = pair
			}
		}
	} else if i := strings.Index(f.body, " and "+plain(who)); i > 0 { // "Joel and Ethan Coen"
		if first, ok := nameBefore(f.body[max(0, i-40):i]); ok && !strings.Contains(first, " ") && first != title {
			who = first + " and " + who
		}
	}
	if i := strings.Index(f.body, plain(who)+" and "); len(names) == 1 && i >= 0 { // two who are never named apart
		pair := plain(who) + " and "
		if other, _ := nameAfter(f.body[i+len(pair) : min(len(f.body), i+len(pair)+40)]); strings.Contains(other, " ") &&
			countName(f.body, pair+other, 6) == countName(f.body, plain(who), 6) {
			who += " and " + other
		}
	}
	if who != "" {
		film.Director = Text{Value: who, From: "tags", Confidence: 0.6}
	}
}

// castKeys are the facts that name players.
var castKeys = wordSet("cast starring stars featuring with darsteller besetzung avec acteurs reparto intérpretes protagonistas interpreti attori con elenco cast_&_crew")

// playsIn reports whether a text calls somebody a player: "Joaquin Phoenix plays", "Theodore (Joaquin Phoenix)", "Tilda Swinton’s Eve".
func playsIn(text, name, title string) bool {
	for i := 0; i < len(text); {
		j := strings.Index(text[i:], name)
		if j < 0 {
			return false
		}
		j += i
		i = j + len(name)
		before, after := text[max(0, j-24):j], text[i:min(len(text), i+60)]
		if strings.HasSuffix(before, "(") && strings.HasPrefix(after, ")") {
			return true
		}
		ws := strings.FieldsFunc(before, notWord)
		if n := len(ws); n > 0 && wordsOfPlayers[strings.ToLower(ws[n-1])] {
			return true
		}
		if rest, ok := strings.CutPrefix(after, "'s "); ok {
			w := rest[:wordEnd(rest, 0)]
			if partsOfPlayers[w] || startsUpper(w) && (title == "" || !strings.HasPrefix(rest, title)) {
				return true
			}
			continue
		}
		w := strings.TrimLeft(after, " ,")
		if w = w[:wordEnd(w, 0)]; playVerbs[w] || w == "as" || w == "als" {
			return true
		}
	}
	return false
}

var (
	wordsOfPlayers = wordSet("starring stars star actor actress actors whenever cast plays avec with featuring opposite mit con schauspieler schauspielerin actriz attore attrice darsteller")
	partsOfPlayers = wordSet("performance character face hands eyes voice role turn smile shoulders mouth accent portrayal star")
)

// misspelt reports whether two names are one, but for two letters at most.
func misspelt(a, b string) bool {
	if a == b || len(a) < 8 || len(a) != len(b) {
		return false
	}
	differ := 0
	for i := range len(a) {
		if a[i] != b[i] {
			differ++
		}
	}
	return differ <= 2 && a[0] == b[0]
}

// pictureYear is the year in the name of the lead picture's file, behind the name of the film: "brief-encounter-1945.jpg".
func pictureYear(address, title string) int {
	name := address[strings.LastIndexByte(address, '/')+1:]
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		name = name[:i]
	}
	rest, ok := strings.CutPrefix(slugWords(name), slugWords(title)+" ")
	if !ok || title == "" || len(rest) < 4 || len(rest) > 4 && rest[4] != ' ' {
		return 0
	}
	return filmYear(rest[:4])
}

// lastRun is the longest end of a text whose words begin in capitals, small words between them allowed.
func lastRun(s string) string {
	s = strings.TrimRight(s, " ")
	best := ""
	for i := len(s); i > 0; {
		i = strings.LastIndexByte(s[:i], ' ')
		w := s[i+1:]
		switch first, _, _ := strings.Cut(w, " "); {
		case startsUpper(first) && capitals(w) == trimTitle(w):
			best = w
		case smallWords[strings.ToLower(first)]:
		default:
			return best
		}
		if i < 0 {
			break
		}
	}
	return best
}

// recased gives a name in capitals the form that a text has it in: "PAPER MOON", "Paper Moon".
func recased(name, text string) string {
	if !isCapitals(name) {
		return name
	}
	low := strings.ToLower(text)
	if len(low) != len(text) {
		return name
	}
	want := strings.ToLower(plain(name))
	for i := 0; ; {
		j := strings.Index(low[i:], want)
		if j < 0 {
			return name
		}
		j += i
		i = j + len(want)
		if s := text[j:i]; boundary(text, j) && boundary(text, i) && !isCapitals(s) && capitals(s) == s {
			return s
		}
	}
}

package extract

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/atom"
)

// boxes finds lines that state the facts of a film, one below the other. A key that is not known does not break the box ("Mit: …"
// between "Regie: …" and "Laufzeit: …"), a sentence does. A grade in it is the critic's and stays.
func (j *judge) boxes(first, last int) {
	for i := first; i < last; {
		known, entries, k := 0, 0, i
		for ; k < last && j.pieces[k].chars < 160; k++ {
			p := &j.pieces[k]
			key, value := j.entry(k)
			if key == "" && !(k > i && j.frames[p.frame].tag == atom.Dd) || sentence(value) && !particulars(value) || j.gradesPart(k) {
				break
			}
			if key != "" {
				entries++
				if factKeys[key] {
					known++
				}
			}
		}
		if known >= 2 && 2*known >= entries {
			for ; i < k; i++ {
				j.context[i].fact = !graded(j.pieces[i].text)
			}
		}
		i = max(i+1, k)
	}
}

// entry gives key and value of a line of a box, "" if it is none: "Regie: Mara Ellison", a row of two cells, a term.
func (j *judge) entry(i int) (key, value string) {
	p := &j.pieces[i]
	switch {
	case p.key > 0 && int(p.key) < len(p.text):
		key, value = p.text[:p.key], p.text[p.key:]
	case j.frames[p.frame].tag == atom.Dt:
		key = p.text
	default:
		var ok bool
		if key, value, ok = strings.Cut(p.text, ":"); !ok {
			return "", ""
		}
	}
	key = strings.ToLower(strings.Trim(key, " :-–•·|*/"))
	if len(key) > 40 || strings.Count(key, " ") > 2 {
		return "", ""
	}
	return key, strings.TrimSpace(value)
}

// gradesPart says whether a line grades a part of the film: "Music: 4/5", "Cast: B+", "Story 7".
func (j *judge) gradesPart(i int) bool {
	key, value := j.entry(i)
	if key == "" || value == "" {
		return false
	}
	if 'A' <= value[0] && value[0] <= 'F' && (len(value) == 1 || strings.Trim(value[1:], "+-–−") == "") {
		return true
	}
	return strings.Trim(value, "0123456789.,/% ") == "" && !(len(value) == 4 && filmYear(value) > 0) && len(value) <= 6 && key != "runtime" && key != "fsk" ||
		graded(value)
}

// factAlone says whether a line states one fact or more of a film, and nothing of what the critic thinks of it: "Cast: Tom Varga",
// "USA, 2019, 102 min", "Directed by Mara Ellison. With Tom Varga."
func (j *judge) factAlone(i int) bool {
	p := &j.pieces[i]
	if p.chars > 160 || graded(p.text) || j.gradesPart(i) {
		return false
	}
	if key, value := j.entry(i); factKeys[key] && key != "con" && key != "avec" && len(value) > 2 {
		return particulars(value)
	}
	s := p.text
	led := 0
	low := strings.ToLower(s)
	if len(low) != len(s) {
		return false
	}
	for _, lead := range [...]string{"directed by ", "written by ", "screenplay by ", "produced by ", "music by ", "cinematography by ", "edited by ",
		"starring ", "réalisé par ", "dirigida por ", "regie ", "diretto da "} {
		if at := strings.Index(low, lead); at >= 0 && (at == 0 || strings.IndexByte(".,;|(", low[max(0, at-2)]) >= 0 || low[at-1] == '(') {
			led++
			s = s[:at] + strings.Repeat(" ", len(lead)) + s[at+len(lead):]
		}
	}
	switch {
	case led == 0:
		return filmYearIn(s) && lasts(low) && particulars(s)
	case !strings.HasPrefix(s, "  "): // it begins with something else
		return led >= 2 && particulars(s)
	}
	return particulars(s)
}

// filmYearIn says whether one of the words of a text is a year of films.
func filmYearIn(s string) bool {
	for w := range strings.FieldsSeq(s) {
		if w = strings.Trim(w, "(),.;|"); len(w) == 4 && filmYear(w) > 0 {
			return true
		}
	}
	return false
}

// lasts says whether a text in small letters states a length in minutes.
func lasts(low string) bool {
	at := strings.Index(low, "min")
	if at < 2 {
		return false
	}
	before := strings.TrimRight(low[:at], " ")
	return before != "" && '0' <= before[len(before)-1] && before[len(before)-1] <= '9'
}

// talk finds comments without a label: "Joe says:" with "Reply" or a date below it, "Anonymous said…". One sign is not enough: people in
// films say things too. All from there to the end is theirs.
func (j *judge) talk(first, last int) {
	for i := j.begin + 1; i < last; i++ {
		if !saysLine(j.pieces[i].text) {
			continue
		}
		sure := strings.HasSuffix(j.pieces[i].text, "said...") || strings.HasSuffix(j.pieces[i].text, "said…") || strings.HasPrefix(foldText(j.pieces[i].text), "anonymous")
		for k := i + 1; k < last && k < i+12 && !sure && !saysLine(j.pieces[k].text); k++ {
			if p := &j.pieces[k]; p.chars < 40 {
				s := foldLine(p.text)
				sure = timeLine(s) || s == "reply" || s == "report" || s == "delete" || labels[s]&isComment != 0
			}
		}
		if !sure {
			continue
		}
		for k := i; k < last; k++ {
			j.context[k].under |= isComment
		}
		for j.end >= i || j.end > first && (j.pieces[j.end].prose == 0 || j.context[j.end].own&chrome != 0) {
			j.end--
		}
		return
	}
}

var sayings = wordSet("says said wrote writes schreibt sagt sagte schrieb dit dice dijo escribió scrive detto scritto disse zegt schreef napisał pisze")

// saysLine says whether a line tells who speaks below it: "Joe says:".
func saysLine(s string) bool {
	if len(s) > 60 || !strings.HasSuffix(s, ":") && !strings.HasSuffix(s, "...") && !strings.HasSuffix(s, "…") {
		return false
	}
	s = foldText(s)
	at := strings.LastIndexByte(s, ' ')
	return at > 0 && strings.Count(s, " ") <= 5 && sayings[s[at+1:]]
}

// signed says whether a line behind the text is the name or the initials of who wrote it, behind a dash. Behind a quotation it is the
// quotation's source.
func (j *judge) signed(i int) bool {
	p := &j.pieces[i]
	if i <= j.end || p.chars > 40 || p.kind != Paragraph || graded(p.text) {
		return false
	}
	dash, w := utf8.DecodeRuneInString(p.text)
	if dash != '-' && dash != '–' && dash != '—' && dash != '~' {
		return false
	}
	if q := &j.pieces[i-1]; q.kind == Quote || strings.IndexByte("\"»", q.text[len(q.text)-1]) >= 0 || strings.HasSuffix(q.text, "”") || strings.HasSuffix(q.text, "“") {
		return false
	}
	name := strings.TrimSpace(p.text[w:])
	if len(name) >= 2 && len(name) <= 3 && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "" {
		return true
	}
	n := strings.Count(name, " ")
	for w := range strings.SplitSeq(foldText(name), " ") {
		if verdicts[w] {
			return false
		}
	}
	return n >= 1 && n <= 2 && allNames(name) && !sentence(name)
}

var verdicts = wordSet("recommended highly must see watch avoid skip it masterpiece spoilers essential great good bad film movie the a an not end fin")

// pictureLine says whether a line tells what a picture shows: in a figure, with a credit in brackets at its end, or with who is where.
func (j *judge) pictureLine(i int) bool {
	p := &j.pieces[i]
	if p.chars > 170 || p.kind == Heading || graded(p.text) {
		return false
	}
	if f := j.frames[p.frame]; p.kind == Paragraph {
		for up := p.frame; up > 0 && up > p.frame-4; up = j.frames[up].parent {
			if f = j.frames[up]; f.tag == atom.Figure {
				return f.images > 0 && f.chars < 300
			}
		}
	}
	if at := strings.LastIndexByte(p.text, '('); at > 0 && strings.HasSuffix(strings.TrimRight(p.text, "."), ")") {
		in := p.text[at+1:]
		if l := opening(foldLine(in)); l != nil && l.list == "credit" && (l.firm || strings.HasSuffix(l.begin, ":") || particulars(afterWords(in, strings.Count(l.begin, " ")+1))) {
			return true
		}
	}
	if sentence(p.text) {
		return false
	}
	for _, side := range [...]string{", left,", ", right,", ", center,", ", centre,", " (left)", " (right)", " (links)", " (rechts)", "from left,", "from left:", ", à gauche,", ", à droite,"} {
		if strings.Contains(p.text, side) {
			return true
		}
	}
	return false
}

// menuLine says whether a line is the words of a menu, apart by bars: "Home | Reviews | About".
func menuLine(s string) bool {
	if len(s) > 120 || graded(s) {
		return false
	}
	parts, known := 0, 0
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '|' || r == '·' || r == '•' }) {
		folded := foldLine(part)
		if strings.Count(folded, " ") > 2 {
			return false
		}
		parts++
		if labels[folded] != 0 || weak[folded] != 0 || folded == "about" || folded == "reviews" || folded == "archive" {
			known++
		}
	}
	return parts >= 3 && 2*known >= parts
}

// dateInDigits says whether a line is a day and no more: "5/5/2022", "2022-05-05", "05.05.2022".
func dateInDigits(s string) bool {
	if len(s) > 12 || len(s) < 8 {
		return false
	}
	n, year := 0, false
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '/' || r == '-' || r == '.' }) {
		if part = strings.TrimSpace(part); strings.Trim(part, "0123456789") != "" || len(part) > 4 || len(part) == 3 {
			return false
		}
		n, year = n+1, year || len(part) == 4
	}
	return n == 3 && year
}

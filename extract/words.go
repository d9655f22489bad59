package extract

import (
	_ "embed"
	"strings"
	"unicode"
)

//go:embed words.txt
var wordLists string

var (
	labels = map[string]flags{}  // whole lines that head something else than the review
	starts = map[string][]line{} // beginnings of lines, by first word
	weak   = map[string]flags{}  // the same, only where links follow
	notes  = map[string]bool{}   // headings of footnotes and references
	times  = map[string]bool{}   // words of dates
	calls  = map[string][]string{}
	lives  = map[string][]string{}
)

// A line is the folded beginning of lines that are no part of a review.
type line struct {
	begin, list string
}

func init() {
	flagOf := map[string]flags{"comment": isComment, "related": isRelated, "share": isShare, "author": isAuthor, "signup": isSignup,
		"tags": isTags, "nav": isNav, "ad": isAd, "notice": isNotice, "meta": isMeta}
	for l := range strings.Lines(wordLists) {
		l = strings.TrimSpace(l)
		head, items, ok := strings.Cut(l, ": ")
		if !ok || strings.HasPrefix(l, "#") {
			continue
		}
		form, list, _ := strings.Cut(head, " ")
		for item := range strings.SplitSeq(items, "; ") {
			folded := foldLine(item)
			first, _, _ := strings.Cut(strings.TrimSuffix(folded, ":"), " ")
			switch form {
			case "label":
				if labels[folded] == 0 {
					labels[folded] = flagOf[list]
				}
			case "weak":
				weak[folded] = flagOf[list]
			case "notes":
				notes[folded] = true
			case "line":
				starts[first] = append(starts[first], line{folded, list})
			case "time":
				times[folded] = true
			case "call":
				calls[first] = append(calls[first], folded)
			case "life":
				lives[first] = append(lives[first], folded)
			}
		}
	}
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }
func lower(r rune) rune      { return unicode.ToLower(r) }

// foldText is a text for comparison: its letters and digits in lower case, one space between words.
func foldText(s string) string { return fold(s, false) }

// foldLine is foldText with colons kept behind their words.
func foldLine(s string) string { return fold(s, true) }

func fold(s string, colon bool) string {
	var b strings.Builder
	b.Grow(len(s))
	pending := false
	for _, r := range s {
		if !isWordRune(r) {
			if r == ':' && colon && b.Len() > 0 {
				b.WriteByte(':')
			} else if r == '©' && colon {
				b.WriteString("©")
			}
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

// label says what a short line heads, 0 if it is no known label. Numbers at either end do not count: "12 Comments", "Related (3)".
func label(p *piece) flags {
	if p.chars > 70 {
		return 0
	}
	s := foldLine(p.text)
	if f, ok := labels[s]; ok {
		return f
	}
	t := strings.Trim(s, "0123456789 ")
	if t == "" {
		return 0
	}
	if f, ok := labels[t]; ok && (f&(isComment|isShare|isRelated) != 0) {
		return f
	}
	if i := strings.Index(t, " thoughts on "); i == 0 || strings.HasPrefix(t, "thoughts on ") || strings.HasPrefix(t, "comments on ") ||
		strings.HasPrefix(t, "responses to ") || strings.HasPrefix(t, "one thought on ") || strings.HasPrefix(t, "response to ") ||
		strings.HasPrefix(t, "comment on ") || strings.HasPrefix(t, "thought on ") || strings.HasPrefix(t, "replies to ") {
		if t != s || strings.HasPrefix(t, "one ") {
			return isComment
		}
	}
	for _, pre := range [...]string{"leave a reply to ", "leave a comment on ", "join the conversation "} {
		if strings.HasPrefix(s, pre) {
			return isComment
		}
	}
	for _, pre := range [...]string{"more from ", "more by ", "about the author ", "more in ", "recent posts by ", "latest posts by ", "related to "} {
		if strings.HasPrefix(s, pre) && p.kind == Heading {
			return isRelated
		}
	}
	return 0
}

// opening says in which list of beginnings a line is found, "" if in none.
func opening(folded string) string {
	first, _, _ := strings.Cut(folded, " ")
	first = strings.TrimSuffix(first, ":")
	for _, l := range starts[first] {
		if strings.HasPrefix(folded, l.begin) {
			rest := folded[len(l.begin):]
			if rest == "" || rest[0] == ' ' || rest[0] == ':' || l.begin[len(l.begin)-1] == ':' {
				return l.list
			}
		}
	}
	return ""
}

// phrasesIn counts the places of a folded text where a phrase of the list stands.
func phrasesIn(folded string, list map[string][]string) int {
	n := 0
	for i := 0; i < len(folded); {
		end := strings.IndexByte(folded[i:], ' ')
		if end < 0 {
			end = len(folded) - i
		}
		for _, c := range list[strings.TrimSuffix(folded[i:i+end], ":")] {
			if strings.HasPrefix(folded[i:], c) && (len(folded) == i+len(c) || folded[i+len(c)] == ' ' || folded[i+len(c)] == ':') {
				n++
				break
			}
		}
		i += end + 1
	}
	return n
}

// callsIn counts phrases that speak to the reader as a customer. A telephone number is one.
func callsIn(folded string) int {
	n := phrasesIn(folded, calls)
	digits, groups := 0, 0
	for w := range strings.SplitSeq(folded, " ") {
		if strings.Trim(w, "0123456789") != "" {
			digits, groups = 0, 0
			continue
		}
		if digits, groups = digits+len(w), groups+1; digits == 10 && groups >= 3 {
			n++
		}
	}
	return n
}

// timeLine says whether a line holds nothing but dates, times and lengths, and a number among them.
func timeLine(folded string) bool {
	number, month := false, false
	for w := range strings.SplitSeq(folded, " ") {
		w = strings.TrimSuffix(w, ":")
		if t := strings.TrimLeft(w, "0123456789"); t != w {
			number = true
			if t == "" || times[t] || len(t) <= 2 {
				continue
			}
			return false
		}
		if !times[w] {
			return false
		}
		month = true
	}
	return number && month
}

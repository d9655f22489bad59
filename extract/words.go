package extract

import (
	"bytes"
	_ "embed"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

//go:embed words.txt
var wordLists string

var (
	labels = map[string]flags{}  // whole lines that head something else than the review
	starts = map[string][]line{} // beginnings of lines, by first word
	heads  = map[string][]line{} // beginnings of such lines
	weak   = map[string]flags{}  // the same, only where links follow
	notes  = map[string]bool{}   // headings of footnotes and references
	times  = map[string]bool{}   // words of dates
	calls  = map[string][]line{} // words to the reader as a customer: firm if addressed to somebody, else what calls are about
	acts   = map[string]bool{}   // first words of calls
	lives  = map[string][]line{}
)

// A line is a folded phrase, found by its first word: the beginning of lines that are no part of a review, or words anywhere in them.
type line struct {
	begin, list string
	flags       flags
	firm        bool // nobody but a machine or an editor writes it
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
			if len(folded) > 2 {
				if at, ok := firstLetters(folded); ok {
					labelled[at] = true
				}
			}
			switch form {
			case "label":
				if labels[folded] == 0 {
					labels[folded] = flagOf[list]
				}
			case "head", "count":
				heads[first] = append(heads[first], line{begin: folded, list: form, flags: flagOf[list]})
			case "weak":
				weak[folded] = flagOf[list]
			case "notes":
				notes[folded] = true
			case "line", "firm":
				starts[first] = append(starts[first], line{begin: folded, list: list, firm: form == "firm"})
			case "time":
				times[folded] = true
			case "call", "topic":
				calls[first] = append(calls[first], line{begin: folded, firm: form == "call"})
			case "act":
				acts[folded] = true
			case "life":
				lives[first] = append(lives[first], line{begin: folded})
			}
		}
	}
	for _, list := range []map[string][]line{starts, calls} { // the longest first
		for _, l := range list {
			slices.SortStableFunc(l, func(a, b line) int { return len(b.begin) - len(a.begin) })
		}
	}
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// foldText is a text for comparison: its letters and digits in lower case, one space between words.
func foldText(s string) string { return string(appendFold(make([]byte, 0, len(s)), s, false)) }

// foldLine is foldText with colons kept behind their words.
func foldLine(s string) string { return string(appendFold(make([]byte, 0, len(s)), s, true)) }

func appendFold(b []byte, s string, colon bool) []byte {
	pending := false
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
			case 'A' <= c && c <= 'Z':
				c |= 0x20
			default:
				if c == ':' && colon && len(b) > 0 {
					b = append(b, c)
				}
				pending = true
				continue
			}
			if pending && len(b) > 0 {
				b = append(b, ' ')
			}
			pending = false
			b = append(b, c)
			continue
		}
		r, w := utf8.DecodeRuneInString(s[i:])
		i += w
		if !isWordRune(r) {
			if r == '©' && colon {
				b = append(b, "©"...)
			}
			pending = true
			continue
		}
		if pending && len(b) > 0 {
			b = append(b, ' ')
		}
		pending = false
		b = utf8.AppendRune(b, unicode.ToLower(r))
	}
	return b
}

// labelled are the first three letters of labels.
var labelled [26 * 26 * 26]bool

// mayLabel says whether a line may be a label, as far as its first letters tell.
func mayLabel(s string) bool {
	for i := 0; i+2 < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf || '0' <= c && c <= '9' {
			return true
		}
		if at, ok := firstLetters(s[i:]); ok {
			return labelled[at]
		} else if isLetter(c) {
			return true
		}
	}
	return true
}

// firstLetters gives the number of three ASCII letters, in any case.
func firstLetters(s string) (int, bool) {
	a, b, c := s[0]|0x20-'a', s[1]|0x20-'a', s[2]|0x20-'a'
	return (int(a)*26+int(b))*26 + int(c), a < 26 && b < 26 && c < 26
}

// label says what a short line heads, 0 if it is no known label. Numbers at either end do not count: "12 Comments", "Related (3)".
func label(p *piece) flags {
	if p.chars > 70 {
		return 0
	}
	if !mayLabel(p.text) {
		return 0
	}
	var buf [128]byte
	s := appendFold(buf[:0], p.text, true)
	if f, ok := labels[string(s)]; ok {
		return f
	}
	if t := bytes.TrimSuffix(s, []byte(":")); len(t) < len(s) {
		if f, ok := labels[string(t)]; ok {
			return f
		}
	}
	t := bytes.Trim(s, "0123456789 :")
	if len(t) == 0 {
		return 0
	}
	if len(t) < len(s) {
		if f := labels[string(t)] & (isComment | isShare | isRelated); f != 0 {
			return f
		}
	}
	first, _, _ := bytes.Cut(t, []byte(" "))
	for _, h := range heads[string(first)] {
		if len(t) > len(h.begin) && t[len(h.begin)] == ' ' && string(t[:len(h.begin)]) == h.begin {
			switch h.list {
			case "head":
				if p.kind == Heading || h.flags == isComment {
					return h.flags
				}
			case "count":
				if len(t) < len(s) {
					return h.flags
				}
			}
		}
	}
	return 0
}

// opening is the phrase of the lists that a folded line begins with; nil if there is none.
func opening(folded string) *line {
	first, _, _ := strings.Cut(folded, " ")
	list := starts[strings.TrimSuffix(first, ":")]
	for i := range list {
		if l := &list[i]; begins(folded, l.begin) {
			return l
		}
	}
	return nil
}

// begins says whether a folded text begins with a phrase, and with whole words.
func begins(folded, phrase string) bool {
	if !strings.HasPrefix(folded, phrase) {
		return false
	}
	rest := folded[len(phrase):]
	return rest == "" || rest[0] == ' ' || rest[0] == ':' || phrase[len(phrase)-1] == ':'
}

// phrasesIn gives the phrases of a list that stand in a folded text: how many are firm, and how many are not.
func phrasesIn(folded string, list map[string][]line) (firm, loose int) {
	for i := 0; i < len(folded); {
		end := strings.IndexByte(folded[i:], ' ')
		if end < 0 {
			end = len(folded) - i
		}
		for _, l := range list[strings.TrimSuffix(folded[i:i+end], ":")] {
			if begins(folded[i:], l.begin) {
				if l.firm {
					firm++
				} else {
					loose++
				}
				end = max(end, len(l.begin)) // no word counts twice
				break
			}
		}
		i += end + 1
	}
	return firm, loose
}

// telephone says whether a telephone number stands in a folded text.
func telephone(folded string) bool {
	digits, groups := 0, 0
	for w := range strings.SplitSeq(folded, " ") {
		if strings.Trim(w, "0123456789") != "" {
			digits, groups = 0, 0
			continue
		}
		if digits, groups = digits+len(w), groups+1; digits == 10 && groups >= 3 {
			return true
		}
	}
	return false
}

// timeLine says whether a line holds nothing but dates, times and lengths, and a number among them.
func timeLine(folded string) bool {
	number, month := false, false
	for w := range strings.SplitSeq(folded, " ") {
		w = strings.TrimSuffix(w, ":")
		if t := strings.TrimRight(w, "0123456789"); t != "" && t != w && times[t] { // "48 views1 comment"
			month, number = true, true
			continue
		}
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

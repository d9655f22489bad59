package extract

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Years that a page's date may have. The web is no older, and what lies far ahead is a misreading.
const (
	minDateYear = 1990
	maxDateYear = 2100
)

// months gives the number of a month from its name, lower-case, without a final dot.
var months = monthTable()

// monthTable spells the months out: English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, Swedish, Danish and
// Norwegian, Finnish, Czech, Turkish, Hungarian, Romanian, Catalan, Croatian, Russian, Ukrainian, Greek, Arabic; full names, the
// case forms that dates use, and usual short forms. "Listopada" is the Polish November, though the Croatian October: Croatian dates
// of that month are not read (see dates).
func monthTable() map[string]time.Month {
	t := make(map[string]time.Month, 400)
	for i, names := range [12]string{
		"january jan januar jänner jän janvier janv enero ene gennaio gen janeiro januari stycznia styczeń sty tammikuuta tammikuu ledna leden ocak január ianuarie gener января янв январь січня ιανουαρίου ιαν siječnja يناير",
		"february feb februar février fevrier févr fév febrero febbraio febb fevereiro fev februari lutego luty lut helmikuuta helmikuu února únor şubat február februarie febrer февраля фев февраль лютого φεβρουαρίου φεβ veljače فبراير",
		"march mar märz mär mrz mars marzo março marco maart mrt marca marzec maaliskuuta maaliskuu března březen mart március martie març марта мар март березня μαρτίου μαρ ožujka مارس",
		"april apr avril avr abril abr aprile kwietnia kwiecień kwi huhtikuuta huhtikuu dubna duben nisan április aprilie апреля апр апрель квітня απριλίου απρ travnja أبريل ابريل إبريل",
		"may mai mayo maggio mag maio mei maja maj toukokuuta toukokuu května květen mayıs május maig мая май травня μαΐου μαϊ svibnja مايو",
		"june jun juni juin junio giugno giu junho czerwca czerwiec cze kesäkuuta kesäkuu června červen haziran június iunie juny июня июн июнь червня ιουνίου ιουν lipnja يونيو",
		"july jul juli juillet juil julio luglio lug julho lipca lipiec lip heinäkuuta heinäkuu července červenec temmuz július iulie juliol июля июл июль липня ιουλίου ιουλ srpnja يوليو",
		"august aug août aout agosto ago augustus sierpnia sierpień sie augusti elokuuta elokuu srpna srpen ağustos augusztus agost августа авг август серпня αυγούστου αυγ kolovoza أغسطس اغسطس",
		"september sept sep septembre septiembre setiembre settembre sett set setembro września wrzesień wrz syyskuuta syyskuu září eylül szeptember septembrie setembre сентября сен сент сентябрь вересня σεπτεμβρίου σεπ rujna سبتمبر",
		"october oct oktober okt octobre octubre ottobre ott outubro out października październik paź lokakuuta lokakuu října říjen ekim október octombrie octubre октября окт октябрь жовтня οκτωβρίου οκτ أكتوبر اكتوبر",
		"november nov novembre noviembre novembro listopada listopad lis marraskuuta marraskuu kasım noiembrie ноября ноя нояб ноябрь листопада νοεμβρίου νοε studenoga studenog نوفمبر",
		"december dec dezember dez décembre decembre déc diciembre dic dicembre dezembro grudnia grudzień gru joulukuuta joulukuu prosince prosinec aralık decembrie desember des desembre декабря дек декабрь грудня δεκεμβρίου δεκ prosinca ديسمبر",
	} {
		for n := range strings.FieldsSeq(names) {
			t[n] = time.Month(i + 1)
		}
	}
	return t
}

// zones are the names of zones that dates on the web bear, in seconds east of Greenwich.
var zones = map[string]int{
	"z": 0, "gmt": 0, "utc": 0, "ut": 0, "wet": 0, "est": -5 * 3600, "edt": -4 * 3600, "cst": -6 * 3600, "cdt": -5 * 3600,
	"mst": -7 * 3600, "mdt": -6 * 3600, "pst": -8 * 3600, "pdt": -7 * 3600, "cet": 3600, "cest": 2 * 3600, "mez": 3600,
	"mesz": 2 * 3600, "bst": 3600, "eet": 2 * 3600, "eest": 3 * 3600, "msk": 3 * 3600,
}

// moment is a date as read from text.
type moment struct {
	t        time.Time
	dateOnly bool
	sure     bool // false where day and month could be swapped
	end      int  // offset after it
}

// dateToken is a number or a word of a text, with the text between it and the one before.
type dateToken struct {
	word       string // lower-case; empty for a number
	num, width int
	start, end int
	gap        string
}

const maxDateText = 400

// findDate finds the first full date (day, month and year) in a text: ISO 8601, RFC 1123, and the written and numeric forms of
// some twenty languages. In "03/04/2021" the month stands first if monthFirst.
func findDate(s string, monthFirst bool) (moment, bool) {
	if len(s) > maxDateText {
		s = s[:maxDateText]
	}
	if !hasYear(s) {
		return moment{}, false
	}
	var buf [64]dateToken
	toks := dateTokens(s, buf[:0])
	for i := range toks {
		y, m, d, next, sure, ok := dateAt(toks, i, monthFirst)
		if !ok || y < minDateYear || y > maxDateYear || m < 1 || m > 12 || d < 1 || d > 31 {
			continue
		}
		date := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
		if date.Day() != d {
			continue // 31 February
		}
		mo := moment{t: date, dateOnly: true, sure: sure, end: toks[next-1].end}
		addTime(&mo, s, toks, next)
		return mo, true
	}
	return moment{}, false
}

// hasYear is the quick test: four digits in a row.
func hasYear(s string) bool {
	run := 0
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= '0' && c <= '9' {
			if run++; run == 4 {
				return true
			}
		} else {
			run = 0
		}
	}
	return false
}

func dateTokens(s string, toks []dateToken) []dateToken {
	last := 0
	for i := 0; i < len(s) && len(toks) < cap(toks); {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			start, n := i, 0
			for i < len(s) && s[i] >= '0' && s[i] <= '9' {
				if i-start < 9 {
					n = n*10 + int(s[i]-'0')
				}
				i++
			}
			toks = append(toks, dateToken{num: n, width: i - start, start: start, end: i, gap: s[last:start]})
			last = i
		case c < utf8.RuneSelf && !isLetter(c):
			i++
		default:
			start := i
			for i < len(s) {
				r, size := utf8.DecodeRuneInString(s[i:])
				if !unicode.IsLetter(r) && !unicode.IsMark(r) {
					break
				}
				i += size
				if unicode.Is(unicode.Han, r) || unicode.Is(unicode.Hangul, r) {
					break // 2014年1月: one a character
				}
			}
			if i == start {
				_, size := utf8.DecodeRuneInString(s[i:])
				i += size
				continue
			}
			toks = append(toks, dateToken{word: strings.ToLower(s[start:i]), start: start, end: i, gap: s[last:start]})
			last = i
		}
	}
	return toks
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// dateAt reads a date that starts at token i; next is the token after it.
func dateAt(toks []dateToken, i int, monthFirst bool) (y, m, d, next int, sure, ok bool) {
	t := toks[i]
	isDay := func(j int) bool { return j < len(toks) && toks[j].width >= 1 && toks[j].width <= 2 }
	isYear := func(j int) bool { return j < len(toks) && toks[j].width == 4 }
	skip := func(j int) int { // small words inside a date
		for n := 0; n < 2 && j < len(toks); n++ {
			switch toks[j].word {
			case "de", "del", "of", "th", "st", "nd", "rd", "er", "the", "ta", "d", "º", "a":
				j++
			default:
				return j
			}
		}
		return j
	}
	switch {
	case t.width == 4 && i+2 < len(toks):
		a, b := i+1, i+2
		if toks[a].word == "年" || toks[a].word == "년" { // 2014年1月10日
			if i+4 < len(toks) && isDay(a+1) && (toks[a+2].word == "月" || toks[a+2].word == "월") && isDay(a+3) {
				next = a + 4
				if next < len(toks) && (toks[next].word == "日" || toks[next].word == "일") {
					next++
				}
				return t.num, toks[a+1].num, toks[a+3].num, next, true, true
			}
			return
		}
		if isDay(a) && isDay(b) && dateSep(toks[a].gap) && strings.TrimSpace(toks[a].gap) == strings.TrimSpace(toks[b].gap) {
			return t.num, toks[a].num, toks[b].num, b + 1, true, true
		}
		if mon, is := months[toks[a].word]; is && isDay(b) { // 2014 January 10, 2014-Jan-10
			return t.num, int(mon), toks[b].num, b + 1, true, true
		}
	case t.width == 8 && t.num/10000 >= minDateYear && t.num/10000 <= maxDateYear: // 20140110
		if strings.Trim(t.gap, " ") == "" && (i+1 >= len(toks) || toks[i+1].word == "t" || toks[i+1].gap != "") && i == 0 {
			return t.num / 10000, t.num / 100 % 100, t.num % 100, i + 1, true, true
		}
	case t.width == 1 || t.width == 2:
		// 10 January 2014, 10. Januar 2014, 1er janvier 2014, 10 de enero de 2014
		if j := skip(i + 1); j < len(toks) {
			if mon, is := months[toks[j].word]; is && len(toks[i+1].gap) <= 3 {
				if k := skip(j + 1); isYear(k) && len(toks[k].gap) <= 4 {
					return toks[k].num, int(mon), t.num, k + 1, true, true
				}
			}
		}
		if i+2 < len(toks) && isDay(i+1) && isYear(i+2) && dateSep(toks[i+1].gap) &&
			strings.TrimSpace(toks[i+1].gap) == strings.TrimSpace(toks[i+2].gap) {
			a, b := t.num, toks[i+1].num
			dotted := strings.Contains(toks[i+1].gap, ".")
			switch {
			case a > 12 || dotted:
				return toks[i+2].num, b, a, i + 3, true, true
			case b > 12:
				return toks[i+2].num, a, b, i + 3, true, true
			case monthFirst:
				return toks[i+2].num, a, b, i + 3, a == b, true
			default:
				return toks[i+2].num, b, a, i + 3, a == b, true
			}
		}
	case t.word != "":
		mon, is := months[t.word]
		if !is {
			return
		}
		// January 10, 2014; Jan. 10th, 2014
		if isDay(i+1) && len(toks[i+1].gap) <= 3 {
			if k := skip(i + 2); isYear(k) && len(toks[k].gap) <= 3 {
				return toks[k].num, int(mon), toks[i+1].num, k + 1, true, true
			}
		}
	}
	return
}

// dateSep reports whether a text may stand between the numbers of a date.
func dateSep(s string) bool {
	switch s {
	case "-", "/", ".", ". ", "‑", "–", " / ", " . ", " - ":
		return true
	}
	return false
}

// addTime reads the time of day and zone after a date.
func addTime(mo *moment, s string, toks []dateToken, next int) {
	// At most a few words between: "at", "um", "à", a day's name, a dash.
	for j := next; j < len(toks) && j < next+4; j++ {
		h := toks[j]
		if h.word != "" {
			continue
		}
		if h.width == 6 && h.gap == "" && j > 0 && toks[j-1].word == "t" { // T120000
			mo.set(h.num/10000, h.num/100%100, h.num%100, nil)
			mo.end = h.end
			return
		}
		if h.width == 4 || h.width > 6 || h.num > 2400 {
			return
		}
		hour, min, sec := h.num, 0, 0
		k := j + 1
		minutes := k < len(toks) && toks[k].width == 2 && (toks[k].gap == ":" || toks[k].gap == "." && toks[k].num < 60) && h.width <= 2
		if minutes {
			min = toks[k].num
			k++
			if k < len(toks) && toks[k].width == 2 && toks[k].gap == ":" {
				sec = toks[k].num
				k++
				if k < len(toks) && toks[k].width > 0 && toks[k].gap == "." { // fractions
					k++
				}
			}
		} else if k < len(toks) && (toks[k].word == "h" || toks[k].word == "uhr") && h.width <= 2 { // 14h30
			k++
			if k < len(toks) && toks[k].width == 2 && toks[k].gap == "" {
				min = toks[k].num
				k++
			}
		} else if k >= len(toks) || (toks[k].word != "am" && toks[k].word != "pm") {
			return
		}
		if k < len(toks) {
			switch w := toks[k].word; {
			case w == "pm" || w == "p" && k+1 < len(toks) && toks[k+1].word == "m":
				if hour < 12 {
					hour += 12
				}
				k++
				if w == "p" {
					k++
				}
			case w == "am" || w == "a" && k+1 < len(toks) && toks[k+1].word == "m":
				if hour == 12 {
					hour = 0
				}
				k++
				if w == "a" {
					k++
				}
			}
		}
		if hour > 23 || min > 59 || sec > 60 {
			return
		}
		var loc *time.Location
		loc, k = zoneAt(toks, k)
		mo.set(hour, min, sec, loc)
		mo.end = toks[k-1].end
		return
	}
}

// zoneAt reads a zone at token k: Z, GMT, +0100, +01:00.
func zoneAt(toks []dateToken, k int) (*time.Location, int) {
	if k >= len(toks) {
		return nil, k
	}
	t := toks[k]
	if t.word != "" && len(t.gap) <= 2 {
		if off, ok := zones[t.word]; ok {
			k++
			if off == 0 {
				if k < len(toks) && toks[k].width > 0 {
					if loc, next := zoneAt(toks, k); loc != nil { // GMT+1
						return loc, next
					}
				}
				return time.UTC, k
			}
			return time.FixedZone("", off), k
		}
		return nil, k
	}
	gap := strings.TrimSpace(t.gap)
	if t.width == 0 || (gap != "+" && gap != "-" && gap != "−") {
		return nil, k
	}
	var h, m int
	switch {
	case t.width == 4:
		h, m = t.num/100, t.num%100
		k++
	case t.width <= 2 && k+1 < len(toks) && toks[k+1].gap == ":" && toks[k+1].width == 2:
		h, m = t.num, toks[k+1].num
		k += 2
	case t.width <= 2:
		h = t.num
		k++
	default:
		return nil, k
	}
	if h > 14 || m > 59 {
		return nil, k
	}
	off := h*3600 + m*60
	if off == 0 {
		return time.UTC, k
	}
	if gap != "+" {
		off = -off
	}
	return time.FixedZone("", off), k
}

func (mo *moment) set(h, m, s int, loc *time.Location) {
	if h > 23 || m > 59 || s > 60 {
		return
	}
	if loc == nil {
		loc = time.UTC
	}
	y, mon, d := mo.t.Date()
	mo.t = time.Date(y, mon, d, h, m, s, 0, loc)
	mo.dateOnly = false
}

// urlDate reads the date in an address, /2014/01/10/ or /2014/01/; without a day it is the first of the month.
func urlDate(path string) (t time.Time, hasDay, ok bool) {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	for i := range parts {
		if len(parts[i]) >= 10 && parts[i][4] == '-' && parts[i][7] == '-' { // /2014-01-10-her/
			if mo, found := findDate(parts[i][:10], false); found {
				return mo.t, true, true
			}
		}
		y, yes := digits(parts[i], 4, 4)
		if !yes || y < minDateYear || y > maxDateYear || i+1 >= len(parts) {
			continue
		}
		m, yes := digits(parts[i+1], 1, 2)
		if !yes {
			if mon, named := months[strings.ToLower(parts[i+1])]; named {
				m, yes = int(mon), true
			}
		}
		if !yes || m < 1 || m > 12 {
			continue
		}
		d, day := 1, false
		if i+2 < len(parts) {
			if n, yes := digits(parts[i+2], 1, 2); yes && n >= 1 && n <= 31 {
				d, day = n, true
			}
		}
		t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
		if t.Day() == d {
			return t, day, true
		}
	}
	return time.Time{}, false, false
}

// digits reads a text that is nothing but min to max digits.
func digits(s string, min, max int) (int, bool) {
	if len(s) < min || len(s) > max {
		return 0, false
	}
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

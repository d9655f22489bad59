package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
	"golang.org/x/text/width"
)

// Everything that comes from a page is somebody else's text: printed raw, an escape sequence in a headline could rewrite the
// screen, set the window's title or type into the shell. So foreign text goes through safeText or safeLine.

// safeText shows control characters instead of letting the terminal act on them: \x1b, \u202e. Line ends and tabs stay.
func safeText(s string) string { return escape(s, "\n\t") }

// safeLine is safeText for a single line: line ends and tabs become spaces.
func safeLine(s string) string {
	return escape(strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' || r == '\t' }), " "), "")
}

func escape(s, keep string) string {
	bad := func(r rune) bool {
		return r == utf8.RuneError || (unicode.IsControl(r) || reorders(r)) && !strings.ContainsRune(keep, r)
	}
	if strings.IndexFunc(s, bad) < 0 {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == utf8.RuneError:
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				fmt.Fprintf(&b, `\x%02x`, s[i])
				continue
			}
			b.WriteRune(r)
		case !bad(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// reorders says whether a character changes the order in which the rest of the line is shown (Unicode TR 9, explicit
// directional formatting), so that a line could read as what it is not.
func reorders(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// writeJSON writes a value as indented JSON. Beyond what JSON asks, DEL and the C1 controls are escaped: a terminal acts on them.
func writeJSON(w io.Writer, v any) error { return encodeJSON(w, v, "  ") }

// writeJSONLine writes a value as one line of JSON.
func writeJSONLine(w io.Writer, v any) error { return encodeJSON(w, v, "") }

func encodeJSON(w io.Writer, v any, indent string) error {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	if err := enc.Encode(v); err != nil {
		return err
	}
	s := b.String()
	if strings.IndexFunc(s, jsonUnsafe) >= 0 {
		var safe strings.Builder
		for _, r := range s {
			if jsonUnsafe(r) {
				fmt.Fprintf(&safe, `\u%04x`, r)
			} else {
				safe.WriteRune(r)
			}
		}
		s = safe.String()
	}
	_, err := io.WriteString(w, s)
	return err
}

func jsonUnsafe(r rune) bool { return r >= 0x7f && r <= 0x9f || reorders(r) }

// columns is how many columns of a terminal a string takes: two for wide East Asian characters and emoji, none for marks.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeColumns(r)
	}
	return n
}

func runeColumns(r rune) int {
	if r < 0x300 {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// clip cuts a string to at most n columns, the last of them an ellipsis if anything was cut.
func clip(s string, n int) string {
	if columns(s) <= n {
		return s
	}
	if n <= 0 {
		return ""
	}
	used := 0
	for i, r := range s {
		if w := runeColumns(r); used+w > n-1 {
			return s[:i] + "…"
		} else {
			used += w
		}
	}
	return s
}

func pad(s string, n int) string {
	if c := columns(s); c < n {
		return s + strings.Repeat(" ", n-c)
	}
	return s
}

func padLeft(s string, n int) string {
	if c := columns(s); c < n {
		return strings.Repeat(" ", n-c) + s
	}
	return s
}

// terminalSize gives the size of the terminal behind w, and false if there is none.
func terminalSize(w io.Writer) (cols, rows int, ok bool) {
	f, isFile := w.(*os.File)
	if !isFile || !term.IsTerminal(int(f.Fd())) || os.Getenv("TERM") == "dumb" {
		return 0, 0, false
	}
	cols, rows, err := term.GetSize(int(f.Fd()))
	if err != nil || cols < 20 || rows < 5 {
		return 0, 0, false
	}
	return cols, rows, true
}

// count prints a whole number with its thousands apart: 1,204.
func count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// counted is a count with its noun: "1 page", "2 pages". The plural is given where it is not the noun with an s.
func counted(n int, noun string, plural ...string) string {
	if n != 1 {
		if len(plural) > 0 {
			noun = plural[0]
		} else {
			noun += "s"
		}
	}
	return count(n) + " " + noun
}

// size prints a number of bytes: 340 bytes, 4.2 kB, 17 MB.
func size(n int64) string {
	switch {
	case n < 1000:
		return counted(int(n), "byte")
	case n < 10_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1000)
	case n < 1_000_000:
		return fmt.Sprintf("%d kB", n/1000)
	case n < 10_000_000:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%s MB", count(int(n/1e6)))
}

// duration prints a duration as a person says it: 340 ms, 4.2 s, 3 min 20 s, 2 h 5 min, 3 days.
func duration(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + duration(-d)
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return strconv.FormatFloat(math.Floor(d.Seconds()*10)/10, 'f', -1, 64) + " s"
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return two(int(d.Minutes()), "min", int(d.Seconds())%60, "s")
	case d < 48*time.Hour:
		return two(int(d.Hours()), "h", int(d.Minutes())%60, "min")
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

func two(a int, unitA string, b int, unitB string) string {
	if b == 0 {
		return fmt.Sprintf("%d %s", a, unitA)
	}
	return fmt.Sprintf("%d %s %d %s", a, unitA, b, unitB)
}

// ago is a past moment as a person says it.
func ago(t, now time.Time) string {
	switch d := now.Sub(t); {
	case t.IsZero():
		return "never"
	case d < 10*time.Second:
		return "just now"
	default:
		return duration(d.Truncate(time.Second)) + " ago"
	}
}

// table prints rows with aligned columns, two spaces apart. A column whose cells are all figures is aligned to the right. Empty
// columns are left out, so that a table says only what there is to say.
type table struct {
	head []string
	rows [][]string
}

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

// write prints the table, cells clipped so that no line is wider than maxWidth (0: no bound); the widest column gives way.
func (t *table) write(w io.Writer, maxWidth int) {
	n := len(t.head)
	widths, right, used := make([]int, n), make([]bool, n), make([]bool, n)
	for i := range n {
		widths[i], right[i] = columns(t.head[i]), true
		for _, r := range t.rows {
			widths[i] = max(widths[i], columns(r[i]))
			used[i] = used[i] || r[i] != ""
			right[i] = right[i] && isFigure(r[i])
		}
	}
	if maxWidth > 0 {
		total, widest := -2, 0
		for i := range n {
			if used[i] {
				total += widths[i] + 2
				if widths[i] > widths[widest] || !used[widest] {
					widest = i
				}
			}
		}
		if over := total - maxWidth; over > 0 {
			widths[widest] = max(10, widths[widest]-over)
		}
	}
	for _, r := range append([][]string{t.head}, t.rows...) {
		var line []string
		for i, cell := range r {
			switch cell = clip(cell, widths[i]); {
			case !used[i]:
				continue
			case right[i]:
				cell = padLeft(cell, widths[i])
			default:
				cell = pad(cell, widths[i])
			}
			line = append(line, cell)
		}
		fmt.Fprintln(w, strings.TrimRight(strings.Join(line, "  "), " "))
	}
}

func isFigure(s string) bool {
	return strings.Trim(s, "0123456789,.%–-") == ""
}

// widthOf is the width to fit a table to: the terminal's, or none where the output goes to a file or a pipe.
func widthOf(w io.Writer) int {
	cols, _, _ := terminalSize(w)
	return cols
}

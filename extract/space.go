package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// space is text as a reader sees it on one line: every run of white space, no-break spaces and control characters one space,
// none at the ends; soft hyphens, zero-width characters and direction marks left out.
func space(s string) string {
	if clean(s) {
		return s
	}
	var t text
	t.add(s)
	return t.String()
}

// clean says whether space would change nothing (most short texts).
func clean(s string) bool {
	prev := byte(' ')
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < ' ' || c >= 0x7f || c == ' ' && prev == ' ' {
			return false
		}
		prev = c
	}
	return prev != ' ' || s == ""
}

// text gathers the words of a block.
type text struct {
	buf     []byte
	pending bool // white space seen since the last word
	breaks  int  // line breaks in that white space
	n       int  // letters, digits and marks: everything but white space
}

func (t *text) reset() { *t = text{buf: t.buf[:0]} }

func (t *text) String() string { return string(t.buf) }

// mark notes a line break.
func (t *text) mark() { t.pending = true; t.breaks++ }

// add adds characters as the source has them.
func (t *text) add(s string) {
	for i := 0; i < len(s); {
		c := s[i]
		if c > ' ' && c < 0x7f { // a run of plain characters
			j := i + 1
			for j < len(s) && s[j] > ' ' && s[j] < 0x7f {
				j++
			}
			t.glue()
			t.buf = append(t.buf, s[i:j]...)
			t.n += j - i
			i = j
			continue
		}
		if c <= ' ' || c == 0x7f {
			t.pending = true
			i++
			continue
		}
		r, w := utf8.DecodeRuneInString(s[i:])
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r), r == '\u2800', r == '\u3164':
			t.pending = true
		case invisible(r):
		case r == utf8.RuneError && w == 1:
			t.glue()
			t.buf = append(t.buf, "\uFFFD"...)
			t.n++
		default:
			t.glue()
			t.buf = append(t.buf, s[i:i+w]...)
			t.n++
		}
		i += w
	}
}

// glue writes the white space that stands before the next word.
func (t *text) glue() {
	if !t.pending {
		return
	}
	if len(t.buf) > 0 {
		if t.breaks > 0 {
			t.buf = append(t.buf, '\n')
		} else {
			t.buf = append(t.buf, ' ')
		}
	}
	t.pending, t.breaks = false, 0
}

// invisible says whether a character takes no room and has no meaning of its own in prose. The joiners stay: Persian, Indic
// scripts and emoji are written with them.
func invisible(r rune) bool {
	switch r {
	case '\u00AD', '\u200B', '\u2060', '\uFEFF', '\u180E', '\u034F', '\u200E', '\u200F', '\u061C':
		return true
	}
	return '\u202A' <= r && r <= '\u202E' || '\u2066' <= r && r <= '\u206F' || '\uFFF9' <= r && r <= '\uFFFB' ||
		'\U000E0000' <= r && r <= '\U000E007F'
}

// words counts words: what stands between white space, so a dash that stands alone counts.
func words(s string) int { return len(strings.Fields(s)) }

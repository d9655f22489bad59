package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSafe(t *testing.T) {
	for _, c := range []struct{ name, in, text, line string }{
		{"plain", "Her (2013) ★★★★☆", "Her (2013) ★★★★☆", "Her (2013) ★★★★☆"},
		{"lines", "a\n\tb\r\nc", "a\n\tb\\x0d\nc", "a b c"},
		{"escape sequence", "\x1b[2J\x1b]0;title\x07", `\x1b[2J\x1b]0;title\x07`, `\x1b[2J\x1b]0;title\x07`},
		{"C1 control", "\u009b31mred", `\x9b31mred`, `\x9b31mred`},
		{"bidi override", "abc\u202edef", `abc\u202edef`, `abc\u202edef`},
		{"bad UTF-8", "a\xffb", `a\xffb`, `a\xffb`},
		{"replacement character itself", "a\ufffdb", "a\ufffdb", "a\ufffdb"},
		{"right-to-left text", "עברית\u200f", "עברית\u200f", "עברית\u200f"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff([]string{c.text, c.line}, []string{safeText(c.in), safeLine(c.in)}); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func FuzzSafe(f *testing.F) {
	f.Add("\x1b[31m\u009b\u202e\xff\r\n")
	f.Fuzz(func(t *testing.T, s string) {
		for _, out := range []string{safeText(s), safeLine(s)} {
			if strings.ContainsAny(out, "\x1b\r\x07\x7f\u009b\u202e") {
				t.Errorf("%q gives %q", s, out)
			}
		}
		if strings.Contains(safeLine(s), "\n") {
			t.Errorf("%q gives more than a line", s)
		}
	})
}

func TestJSONIsSafe(t *testing.T) {
	var b bytes.Buffer
	if err := writeJSONLine(&b, map[string]string{"t": "\x1b\x7f\u009b\u202e<b>"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`{"t":"\u001b\u007f\u009b\u202e<b>"}`+"\n", b.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestHumanFigures(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{count(0), "0"},
		{count(999), "999"},
		{count(1204), "1,204"},
		{count(-1234567), "-1,234,567"},
		{counted(1, "page"), "1 page"},
		{counted(0, "query", "queries"), "0 queries"},
		{duration(340 * time.Millisecond), "340 ms"},
		{duration(4250 * time.Millisecond), "4.2 s"},
		{duration(4 * time.Second), "4 s"},
		{duration(42 * time.Second), "42 s"},
		{duration(200 * time.Second), "3 min 20 s"},
		{duration(125 * time.Minute), "2 h 5 min"},
		{duration(3 * time.Hour), "3 h"},
		{duration(80 * time.Hour), "3 days"},
		{clip("filmjournal.example", 10), "filmjourn…"},
		{clip("映画評論", 5), "映画…"},
		{clip("Her", 3), "Her"},
		{clip("Her", 0), ""},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestTable(t *testing.T) {
	tab := &table{head: []string{"site", "fetched", "note", "empty"}}
	tab.row("映画.example", "1,204", "", "")
	tab.row("a-very-long-name.example", "3", "x", "")
	var b bytes.Buffer
	tab.write(&b, 0)
	tab.write(&b, 30)
	want := `site                      fetched  note
映画.example                1,204
a-very-long-name.example        3  x
site             fetched  note
映画.example       1,204
a-very-long-na…        3  x
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

package extract

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// hostile are pages made to cost much. n is their size in units.
var hostile = []struct {
	name string
	unit int // bytes of one unit, about
	page func(n int) string
}{
	{"nested tags", 5, func(n int) string { return strings.Repeat("<div>", n) }},
	{"nested tags that do not nest", 7, func(n int) string { return strings.Repeat("<p><li>", n) }},
	{"one long attribute", 1, func(n int) string { return `<p title="` + strings.Repeat("a", n) + `">text</p>` }},
	{"long class attribute", 2, func(n int) string { return `<p class="` + strings.Repeat("a ", n) + `">text</p>` }},
	{"siblings", 8, func(n int) string { return strings.Repeat("<p>x</p>", n) }},
	{"inline siblings", 8, func(n int) string { return "<p>" + strings.Repeat("<i>x</i>", n) }},
	{"breaks", 5, func(n int) string { return strings.Repeat("x<br>", n) }},
	{"mis-nested tables", 15, func(n int) string { return strings.Repeat("<table><tr>x<td>", n) }},
	{"text in tables", 9, func(n int) string { return "<table>" + strings.Repeat("x<tr>y</x>", n) }},
	{"formatting left open", 24, func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "<p><font color=%d>x</p>", i)
		}
		return b.String()
	}},
	{"attributes", 8, func(n int) string {
		var b strings.Builder
		b.WriteString("<p")
		for i := range n {
			fmt.Fprintf(&b, " a%d=x", i)
		}
		return b.String() + ">text"
	}},
	{"bodies", 16, func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "<body a%d=x>", i)
		}
		return b.String()
	}},
	{"unclosed ends", 5, func(n int) string { return "<p>" + strings.Repeat("a</x>", n) }},
	{"links in links", 11, func(n int) string { return strings.Repeat(`<a href=x>y`, n) }},
	{"headings", 12, func(n int) string { return strings.Repeat(`<h2>Head</h2>`, n) }},
	{"labels", 20, func(n int) string { return strings.Repeat(`<div><h2>Comments</h2>`, n) }},
	{"flat labels", 20, func(n int) string { return strings.Repeat(`<div><h2>Comments</h2><p>x</p></div>`, n) }},
	{"table rows", 20, func(n int) string { return "<table>" + strings.Repeat(`<tr><td>a<td>b`, n) }},
	{"paragraphs of prose", 80, func(n int) string {
		return strings.Repeat(`<p>A long sentence, with a comma in it, that says nothing of a film at all.</p>`, n)
	}},
	{"quotes of prose", 80, func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `<p>Sentence %d, with a comma in it, that says nothing of any film at all.</p>`, i)
		}
		return b.String()
	}},
	{"colons", 2, func(n int) string { return "<p>" + strings.Repeat("a:", n) }},
	{"one long word", 1, func(n int) string { return "<p>" + strings.Repeat("a", n) }},
	{"stars", 3, func(n int) string { return "<p>" + strings.Repeat("★", n) }},
	{"JSON-LD", 2, func(n int) string {
		return `<script type="application/ld+json">` + strings.Repeat("[{", n) + `</script><p>x`
	}},
	{"titles", 10, func(n int) string { return "<title>" + strings.Repeat("a - b | c ", n) + "</title><p>x" }},
	{"null", 1, func(n int) string { return strings.Repeat("\x00", n) }},
	{"sup", 20, func(n int) string { return "<p>" + strings.Repeat("x.<sup><b>1</b></sup>", n) }},
	{"selects", 16, func(n int) string { return strings.Repeat("<select><option>x", n) }},
	{"svg", 10, func(n int) string { return "<svg>" + strings.Repeat("<g><p>", n) }},
	{"templates", 10, func(n int) string { return strings.Repeat("<template><p>", n) }},
}

func readHostile(page string) error {
	root, err := Parse([]byte(page))
	if err == nil {
		_, err = NewReader(nil).Read(Input{URL: "https://example.com/review", Root: root})
	}
	if err != nil && !errors.Is(err, ErrNotReview) && !errors.Is(err, ErrTooComplex) {
		return err
	}
	return nil
}

// Every hostile page ends in a review, in ErrNotReview or in ErrTooComplex, never in anything else.
func TestHostilePagesEndClearly(t *testing.T) {
	for _, h := range hostile {
		t.Run(h.name, func(t *testing.T) {
			if err := readHostile(h.page(60_000 / h.unit)); err != nil {
				t.Error(err)
			}
		})
	}
}

// The time a byte takes must not grow with the size of the page: run with -bench=Hostile and compare the sizes.
func BenchmarkHostile(b *testing.B) {
	for _, h := range hostile {
		for _, size := range []int{1 << 18, 1 << 19, 1 << 20} {
			page := h.page(size / h.unit)
			b.Run(fmt.Sprintf("%s/%dk", h.name, size>>10), func(b *testing.B) {
				b.SetBytes(int64(len(page)))
				for b.Loop() {
					if err := readHostile(page); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct{ name, page string }{
		{"too many bytes", strings.Repeat("a", MaxBytes+1)},
		{"too deep", strings.Repeat("<div>", 600)},
		{"formatting that multiplies", hostile[9].page(5000)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Parse([]byte(tt.page)); !errors.Is(err, ErrTooComplex) {
				t.Errorf("Parse: %v, want ErrTooComplex", err)
			}
		})
	}
	if _, err := Parse(bytes.Repeat([]byte("<p>text <b>and</b> more</p>"), 1000)); err != nil {
		t.Errorf("a plain page: %v", err)
	}
}

package extract

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/net/html"
)

// sameTree says where two trees differ, "" if nowhere.
func sameTree(want, got *html.Node) string {
	for {
		if want.Type != got.Type || want.DataAtom != got.DataAtom || want.Data != got.Data || want.Namespace != got.Namespace || len(want.Attr) != len(got.Attr) {
			return fmt.Sprintf("want %d %q %v, got %d %q %v", want.Type, want.Data, want.Attr, got.Type, got.Data, got.Attr)
		}
		for i := range want.Attr {
			if want.Attr[i] != got.Attr[i] {
				return fmt.Sprintf("<%s>: want %v, got %v", want.Data, want.Attr[i], got.Attr[i])
			}
		}
		if (got.LastChild == nil) != (want.LastChild == nil) || got.PrevSibling != nil && got.PrevSibling.NextSibling != got {
			return fmt.Sprintf("<%s>: links", want.Data)
		}
		w, g := step(want), step(got)
		if (w.n == nil) != (g.n == nil) || w.up != g.up {
			return fmt.Sprintf("after %d %.40q: want %+v, got %+v", want.Type, want.Data, w, g)
		}
		if w.n == nil {
			return ""
		}
		want, got = w.n, g.n
	}
}

type stepped struct {
	n  *html.Node
	up int
}

// step is the next node in document order, and how far up it lies.
func step(n *html.Node) (s stepped) {
	if n.FirstChild != nil {
		return stepped{n: n.FirstChild, up: -1}
	}
	for ; n != nil; n, s.up = n.Parent, s.up+1 {
		if n.NextSibling != nil {
			s.n = n.NextSibling
			return s
		}
	}
	return s
}

// TestQuickParse holds that pages of many platforms have the same trees, and that most of them are parsed quickly.
func TestQuickParse(t *testing.T) {
	files, err := filepath.Glob("testdata/strangers/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	quick, all := 0, 0
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range ar.Files {
			if f.Name != "page.html" {
				continue
			}
			all++
			want, err := html.Parse(bytes.NewReader(f.Data))
			if err != nil {
				t.Fatal(err)
			}
			got := quickParse(string(f.Data))
			if got == nil {
				continue
			}
			quick++
			if diff := sameTree(want, got); diff != "" {
				t.Errorf("%s: %s", file, diff)
			}
		}
	}
	if 2*quick < all {
		t.Errorf("%d of %d pages were parsed quickly, want most", quick, all)
	}
}

// BenchmarkParse parses a page of 60 kB with both.
func BenchmarkParse(b *testing.B) {
	page := fmt.Sprintf(quickPage, strings.Repeat(`<div class="widget" id="w"><h4 class="title">Elsewhere</h4><ul class="menu">
<li class="item"><a href="/2020/05/a-film/" title="From the archive">A Film (2019)</a></li><li><a href="/about/">About</a></li></ul>
<p class="note">The lists on the side are made by hand &amp; kept up.</p></div>`, 220))
	b.Run("quick", func(b *testing.B) {
		for b.Loop() {
			if quickParse(page) == nil {
				b.Fatal("not parsed")
			}
		}
	})
	b.Run("html", func(b *testing.B) {
		for b.Loop() {
			html.Parse(strings.NewReader(page))
		}
	})
}

const quickPage = "<!DOCTYPE html>\n<html lang=en>\n<head><title>A &amp; B</title></head>\n<body>%s</body></html>\n"

// FuzzQuickParse holds that quickParse gives the tree of html.Parse or none.
func FuzzQuickParse(f *testing.F) {
	for _, s := range []string{
		"<p>One<p>Two <b>bold</b></p><ul><li>a<li>b<ul><li>c</ul></ul><h2>x</h2>",
		"<div><a href='/x?a=1&amp;b=2&copy=3' title=\"a &lt; b\">t</a><br/><img src=x alt=''></div><!-- c &amp; d -->",
		"<table><tr><td>1<td>2</table><svg viewBox='0 0 1 1'><path d='M0 0'/></svg><form><p><input type=text></form>",
		"<select><option>a<option selected>b</select><textarea>\nx</textarea><pre>\n\ny</pre><script>if (a<b) {}</script>",
		"<dl><dt>a<dd>b<dt>c</dl><button>x</button><noscript><p>n</noscript><iframe src=x></iframe>a < b",
		"<p><b>x</p>y</b>", "<a>1<a>2</a>", "<b><b><b><b>x</b></b></b></b>", "<form><div></form></div>", "<p><table><tr><td></table>",
	} {
		f.Add(fmt.Sprintf(quickPage, s))
	}
	f.Fuzz(func(t *testing.T, src string) {
		for _, src := range []string{src, fmt.Sprintf(quickPage, src)} {
			got := quickParse(src)
			if got == nil {
				continue
			}
			want, err := html.Parse(strings.NewReader(src))
			if err != nil {
				t.Fatalf("%v: not quickParse's to read", err)
			}
			if diff := sameTree(want, got); diff != "" {
				t.Errorf("%q: %s", src, diff)
			}
		}
	})
}

package extract

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

// walked gives the blocks of a page as "kind text".
func walked(t testing.TB, page string) []string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := NewDocument(root, "")
	if err != nil {
		t.Fatal(err)
	}
	w := newWalk(doc, nil)
	var out []string
	for i := range w.pieces {
		out = append(out, string(w.pieces[i].kind)+" "+w.pieces[i].text)
	}
	return out
}

func TestWalk(t *testing.T) {
	for _, tt := range []struct {
		name, page string
		want       []string
	}{
		{"paragraphs and headings", `<h2>The plot</h2><p>One.</p><p>Two.</p>`, []string{"h The plot", "p One.", "p Two."}},
		{"nothing doubled by nesting", `<div><section><div><p>Once.</p></div></section></div>`, []string{"p Once."}},
		{"text beside blocks", `<div>Before<p>Inside</p>after</div>`, []string{"p Before", "p Inside", "p after"}},
		{"two breaks end a paragraph", `<div>One.<br><br>Two.<br/> <br/>Three.</div>`, []string{"p One.", "p Two.", "p Three."}},
		{"a break glues no words", `<p>the end of a line that goes on and on and<br>then goes on</p>`, []string{"p the end of a line that goes on and on and then goes on"}},
		{"a break after a sentence is a line", `<p>Director: A.<br>Rating: B.</p>`, []string{"p Director: A.", "p Rating: B."}},
		{"inline elements glue nothing and part nothing", `<p>un<b>believ</b>able <i>film</i></p>`, []string{"p unbelievable film"}},
		{"blocks by their style", `<div><span style="display:block">Her.</span><span style="display: flex">Tom.</span><b class="d-block">Ida.</b></div>`,
			[]string{"p Her.", "p Tom.", "p Ida."}},
		{"inline by their style", `<p>un<span style="display:inline-block">believ</span><span style="color:red">able</span></p>`, []string{"p unbelievable"}},
		{"white space", "<p> a\n\t b\u00a0\u00a0c&nbsp;d&emsp;e </p>", []string{"p a b c d e"}},
		{"soft hyphens and zero widths", "<p>un\u00adbeliev\u200bable\ufeff</p>", []string{"p unbelievable"}},
		{"joiners stay", "<p>می\u200cشود</p>", []string{"p می\u200cشود"}},
		{"entities", `<p>Tom &amp; Jerry&rsquo;s &#8220;cat&#8221;</p>`, []string{"p Tom & Jerry’s “cat”"}},
		{"escape sequences", "<p>a\x1b[31mred\u009b</p>", []string{"p a [31mred"}},
		{"lists and quotes", `<ul><li>One<li><p>Two</p></ul><blockquote><p>Said.</p></blockquote>`, []string{"li One", "li Two", "quote Said."}},
		{"headings in lists", `<ul><li><h3>One</h3></li></ul>`, []string{"li One"}},
		{"captions", `<figure><img src=x><figcaption>A still.</figcaption></figure>`, []string{"caption A still."}},
		{"left out", `<p>Text<script>var x</script><style>p{}</style><svg><text>no</text></svg><button>Go</button><select><option>no</select></p>` +
			`<noscript><p>no</p></noscript><template><p>no</p></template><iframe>no</iframe><textarea>no</textarea>`, []string{"p Text"}},
		{"hidden inside a line", `<p>Shown <span style="display:none">no</span><span class="screen-reader-text">no</span></p>`, []string{"p Shown"}},
		{"a layout table", `<table><tr><td><div>Left.</div><td><p>Right.</p></table>`, []string{"p Left.", "p Right."}},
		{"a table of facts", `<table><tr><th>Year</th><td>2013</td></tr></table>`, []string{"cell Year 2013"}},
		{"footnote marks", `<p>A word.<sup><a href="#fn1">1</a></sup> Next.<sup>2</sup> E = mc<sup>2</sup></p><li>The note. <a href="#r1">↩</a></li>`,
			[]string{"p A word. Next. E = mc2", "li The note."}},
		{"preformatted", "<pre>one\n  two</pre>", []string{"pre one", "pre two"}},
		{"mis-nested", `<p>One<b>two<p>three</b>four`, []string{"p Onetwo", "p threefour"}},
		{"quotation elements", `<p>He says <q>yes</q>.</p>`, []string{"p He says “yes”."}},
		{"images part words", `<p>One<img src=x>two</p>`, []string{"p One two"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, walked(t, tt.page)); diff != "" {
				t.Errorf("blocks (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSpace(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""}, {"a", "a"}, {" a  b ", "a b"}, {"a\u00a0b", "a b"}, {"a\r\nb", "a b"}, {"\u200ba\u00ad", "a"}, {"a\xffb", "a\uFFFDb"},
		{"\u2003", ""}, {"e\u0301", "e\u0301"}, {"👩\u200d👧", "👩\u200d👧"}, {"a\u202eb", "ab"},
	} {
		if got := space(tt.in); got != tt.want {
			t.Errorf("space(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// Whatever the page, a block has words, white space as a reader sees it, and no characters that move the cursor.
func FuzzWalk(f *testing.F) {
	for _, h := range hostile {
		f.Add(h.page(3))
	}
	f.Add(`<div class="post"><p>One<br><br>two &amp; <b>three</b></p><table><tr><td>a<td>b</table></div>`)
	f.Fuzz(func(t *testing.T, page string) {
		root, err := Parse([]byte(page))
		if err != nil {
			return
		}
		rev, err := NewReader(nil).Read(Input{URL: "https://example.com/a", Root: root})
		if rev == nil {
			if err == nil {
				t.Fatal("neither review nor error")
			}
			return
		}
		kept := 0
		for _, b := range rev.Blocks {
			if b.Text == "" || b.Text != space(b.Text) {
				t.Errorf("block %q is not as a reader sees it", b.Text)
			}
			if b.Rule == "" {
				t.Errorf("block %q: no rule says why", b.Text)
			}
			if b.Kept {
				kept++
			}
		}
		if len(rev.Paragraphs) > kept {
			t.Errorf("%d paragraphs of %d kept blocks", len(rev.Paragraphs), kept)
		}
	})
}

func FuzzNewDocument(f *testing.F) {
	f.Add(`<html lang=en><head><title>a</title><meta name=author content=b><link rel=canonical href=/c><base href=//d></head>`, "https://example.com/")
	f.Fuzz(func(t *testing.T, page, url string) {
		root, err := html.Parse(strings.NewReader(page))
		if err != nil {
			return
		}
		d, err := NewDocument(root, url)
		if err != nil {
			return
		}
		if c := d.Canonical; c != "" && !strings.HasPrefix(c, "http") {
			t.Errorf("canonical %q", c)
		}
	})
}

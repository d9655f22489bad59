package extract

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sitePage is a review of a made-up site; n makes its words its own.
func sitePage(n int, body ...string) string {
	own := func(s string) string { return strings.ReplaceAll(s, "%n", strings.Repeat("x", n+1)) }
	return own(`<html lang="en"><title>Review: The Boat %n</title><body><div class="column"><h1>Review: The Boat %n</h1><div class="words">` +
		strings.Join(body, "\n") + `</div></div></body></html>`)
}

const (
	opening1 = "<p>The film %n opens on a river, and the director lets the camera wait there until the audience has begun to hear it too.</p>"
	closing1 = "<p>What stays with me of %n is the actress at the oars, and a script that never once explains why she will not turn back.</p>"
)

func readSite(t testing.TB, chrome *Chrome, page string) *Review {
	t.Helper()
	root, err := Parse([]byte(page))
	if err != nil {
		t.Fatal(err)
	}
	rev, err := NewReader(nil).Read(Input{URL: "https://site.example/x", Root: root, Chrome: chrome})
	if err != nil {
		t.Fatal(err, rev.Why)
	}
	return rev
}

func TestChrome(t *testing.T) {
	for _, tt := range []struct {
		name  string
		body  []string       // of every page
		some  map[int]string // in place of the line <some>, of these pages
		pages int            // learned from; 20 if 0
		want  []string       // of page 0, without opening and closing
	}{
		{"motto before the text", []string{"<p>Films seen from the cheap seats</p>", opening1, closing1}, nil, 0, nil},
		{"long line between paragraphs", []string{opening1, "<p>The kettle in the projection booth goes on at nine, every night but Monday.</p>", closing1}, nil, 0, nil},
		{"signature behind the text", []string{opening1, closing1, "<p>Your man in row F</p>"}, nil, 0, nil},
		{"signature and a longer note", []string{opening1, closing1, "<p>Your man in row F</p>",
			"<p>Row F is kept going by the people who sit in it, and by a tin on the counter; coins are as welcome as letters.</p>"}, nil, 0, nil},
		{"too few pages", []string{opening1, closing1, "<p>Your man in row F</p>"}, nil, 4, []string{"Your man in row F"}},
		{"heading", []string{opening1, "<h3>The Story</h3>", closing1}, nil, 0, []string{"The Story"}},
		{"bold label", []string{"<p><b>What the film is about</b></p>", opening1, "<p>What works</p>", closing1}, nil, 0,
			[]string{"What the film is about", "What works"}},
		{"grade and warning", []string{"<p>-Heavy Spoilers</p>", opening1, closing1, "<p>★★★☆☆</p>", "<p>Rating: 3 out of 5</p>", "<p>Highly recommended.</p>"}, nil, 0,
			[]string{"-Heavy Spoilers", "★★★☆☆", "Rating: 3 out of 5", "Highly recommended."}},
		{"a verdict on some pages", []string{opening1, closing1, "<some>"}, map[int]string{0: "See it.", 3: "See it.", 5: "See it.", 8: "See it.", 9: "See it.", 12: "See it.", 15: "See it."},
			0, []string{"See it."}},
		{"a refrain on some pages", []string{opening1, "<some>", closing1}, map[int]string{0: "Everybody leaves, she says, and then they all want their umbrella back.",
			3: "Everybody leaves, she says, and then they all want their umbrella back.", 5: "Everybody leaves, she says, and then they all want their umbrella back.",
			7: "Everybody leaves, she says, and then they all want their umbrella back.", 9: "Everybody leaves, she says, and then they all want their umbrella back."},
			0, []string{"Everybody leaves, she says, and then they all want their umbrella back."}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			page := func(n int) string {
				body := strings.Join(tt.body, "\n")
				if line := tt.some[n]; line != "" {
					body = strings.Replace(body, "<some>", "<p>"+line+"</p>", 1)
				}
				return sitePage(n, strings.Replace(body, "<some>", "", 1))
			}
			chrome := NewChrome()
			if tt.pages == 0 {
				tt.pages = 20
			}
			for n := range tt.pages {
				chrome.Add(readSite(t, nil, page(n)).Marks)
			}
			rev := readSite(t, chrome, page(0))
			var got []string
			for _, p := range rev.Paragraphs {
				if !strings.Contains(p, "opens on a river") && !strings.Contains(p, "What stays with me") {
					got = append(got, p)
				}
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
			if len(rev.Paragraphs)-len(got) != 2 {
				t.Errorf("lost a paragraph: %q", rev.Paragraphs)
			}
			if chrome.Stale(rev.Marks) {
				t.Error("stale when just read")
			}
			// What was counted does not depend on what was known.
			bare := readSite(t, nil, page(0))
			if len(bare.Marks) != len(rev.Marks) {
				t.Fatalf("%d marks without knowing, %d with it", len(bare.Marks), len(rev.Marks))
			}
			for i := range bare.Marks {
				if bare.Marks[i].block() != rev.Marks[i].block() {
					t.Errorf("mark %d differs", i)
				}
			}
		})
	}
}

func TestChromeCopies(t *testing.T) {
	chrome := NewChrome()
	for n := range 12 {
		rev := readSite(t, nil, sitePage(n, opening1, closing1, "<p>Your man in row F</p>"))
		chrome.Add(rev.Marks)
		if n == 3 {
			for range 10 { // the same text under other addresses
				chrome.Add(rev.Marks)
			}
		}
	}
	if got := chrome.Repeated(); got != 1 {
		t.Errorf("%d blocks repeat, want 1", got)
	}
	if rev := readSite(t, chrome, sitePage(3, opening1, closing1, "<p>Your man in row F</p>")); len(rev.Paragraphs) != 2 {
		t.Errorf("got %q", rev.Paragraphs)
	}
}

// A table must not eat a page: where nothing of its own is left the page is read as if nothing were known.
func TestChromeLeavesAText(t *testing.T) {
	chrome := NewChrome()
	body := []string{strings.ReplaceAll(opening1, "%n", "one"), strings.ReplaceAll(closing1, "%n", "one")}
	for n := range 8 {
		own := fmt.Sprintf("<p>A paragraph of page %d alone, long enough to count as running text: it has a comma, and it tells %d things of the film.</p>", n, n)
		chrome.Add(readSite(t, nil, sitePage(n, body[0], own, body[1])).Marks)
	}
	if rev := readSite(t, chrome, sitePage(0, body...)); len(rev.Paragraphs) != 2 {
		t.Errorf("got %q", rev.Paragraphs)
	}
}

func TestChromeBounded(t *testing.T) {
	chrome := NewChrome()
	for n := range 20_000 {
		marks := []Mark{markOf("everywhere", "p")}
		for k := range 10 {
			marks = append(marks, markOf(fmt.Sprint(n, " ", k), "p"))
		}
		chrome.Add(marks)
	}
	if n := len(chrome.blocks); n > maxBlocks {
		t.Errorf("remembers %d blocks", n)
	}
	if n := chrome.Repeated(); n != 1 {
		t.Errorf("%d blocks repeat, want 1", n)
	}
}

func TestMarkOf(t *testing.T) {
	same := [][2]string{{"Don’t miss it!", "don't  miss it"}, {"ÉTÉ", "été"}, {"a-b", "ab"}}
	for _, s := range same {
		if markOf(s[0], "p") != markOf(s[1], "p") {
			t.Errorf("%q and %q differ", s[0], s[1])
		}
	}
	if markOf("a", "p") == markOf("a", "div>p") || markOf("a", "p") == markOf("b", "p") || markOf("ap", "p") == markOf("app", "") {
		t.Error("different blocks have the same mark")
	}
	if got := markOf("★★★ * —", "p"); got != 0 {
		t.Errorf("no words: got %x, want 0", got)
	}
	// Marks are stored: they must stay what they are.
	if got, want := [2]Mark{markOf("Row F", "p", "body"), markOf("Été", "p", "body")}, [2]Mark{0x9989e6d4ba677d48, 0x1784dd52d4640810}; got != want {
		t.Errorf("got %x, want %x", got, want)
	}
}

// BenchmarkChrome measures what the table adds to a page: its marks with nothing known, and the second judgement where blocks repeat.
func BenchmarkChrome(b *testing.B) {
	var body []string
	for k := range 12 {
		body = append(body, strings.ReplaceAll(opening1, "film %n", fmt.Sprintf("film %%n, in part %d,", k)))
	}
	body = append(body, "<p>Your man in row F</p>")
	chrome := NewChrome()
	for n := range 20 {
		chrome.Add(readSite(b, nil, sitePage(n, body...)).Marks)
	}
	page := []byte(sitePage(0, body...))
	reader := NewReader(nil)
	for _, bb := range []struct {
		name   string
		chrome *Chrome
	}{{"stranger", nil}, {"nothing repeats", NewChrome()}, {"a block repeats", chrome}} {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(page)))
			for b.Loop() {
				root, _ := Parse(page)
				reader.Read(Input{URL: "https://site.example/x", Root: root, Chrome: bb.chrome})
			}
		})
	}
	root, _ := Parse(page)
	doc, _ := NewDocument(root, "https://site.example/x")
	j := newJudge(doc, nil, nil)
	j.write(new(Review)) // which asks for the paths
	b.Run("marks", func(b *testing.B) {
		for b.Loop() {
			j.marks(nil)
		}
	})
	marks, _ := j.marks(nil)
	b.Run("add", func(b *testing.B) {
		for b.Loop() {
			chrome.Add(marks)
		}
	})
}

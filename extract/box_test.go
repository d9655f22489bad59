package extract

import (
	"slices"
	"testing"
)

// Boxes of facts, comments, signatures and captions that nothing names, beside what critics write in the same shapes.
func TestShapes(t *testing.T) {
	const prose = "I walked out of it after an hour, and I have never regretted it, not once."
	for _, tt := range []struct {
		name, html string
		want       []string // beside the text
	}{
		{"table without colons", `<table><tr><th>Director</th><td>Mara Ellison</td></tr><tr><th>Cast</th><td>Tom Varga, Ida Marsh</td></tr></table>`, nil},
		{"terms without colons", `<dl><dt>Director</dt><dd>Mara Ellison</dd><dt>Cast</dt><dd>Tom Varga</dd></dl>`, nil},
		{"one key unknown", `<p>Regie: Mara Ellison</p><p>Mit: Tom Varga</p><p>Laufzeit: 102 Minuten</p>`, nil},
		{"one fact", `<p>Cast: Tom Varga, Ida Marsh</p>`, nil},
		{"length", `<p>Running time: 102 minutes</p>`, nil},
		{"countries, year, length", `<p>USA, 2019, 102 min</p>`, nil},
		{"credits in sentences", `<p>Directed by Mara Ellison. Written by Ida Marsh. With Tom Varga. 102 min. PG-13.</p>`, nil},
		{"grades of parts", `<p>Cast: B+</p><p>Music: 4/5</p>`, []string{"Cast: B+", "Music: 4/5"}},
		{"a table of points", `<table><tr><td>Story</td><td>7</td></tr><tr><td>Music</td><td>8</td></tr></table>`, []string{"Story 7", "Music 8"}},
		{"a word on the music", `<p>Music: nothing but rain, and enough of it.</p>`, []string{"Music: nothing but rain, and enough of it."}},
		{"a sentence that begins like credits", `<p>Directed by Mara Ellison, it never hurries.</p>`, []string{"Directed by Mara Ellison, it never hurries."}},
		{"pro and con", `<ul><li>Pro: the coast</li><li>Con: the coat</li></ul>`, []string{"Pro: the coast", "Con: the coat"}},

		{"comments that reply", `<p>Joe says:</p><p>` + prose + `</p><p>Reply</p><p>Ann says:</p><p>Loved every minute.</p><p>Reply</p>`, nil},
		{"comments of a blog", `<p>Anonymous said...</p><p>` + prose + `</p>`, nil},
		{"what the keeper says", `<p>The keeper says:</p><blockquote><p>` + prose + `</p></blockquote>`, []string{"The keeper says:", prose}},

		{"signature", `<p>– Jo Marsh</p>`, nil},
		{"initials", `<p>-JD</p>`, nil},
		{"a source", `<blockquote><p>Nobody waits for a lamp.</p></blockquote><p>– Mara Ellison</p>`, []string{"Nobody waits for a lamp.", "– Mara Ellison"}},
		{"a verdict behind a dash", `<p>– Highly recommended</p>`, []string{"– Highly recommended"}},
		{"a name over a life", `<p><b>Ida Quill</b></p><h3>About the author</h3><p>Ida has been watching films since the harbour had a cinema, and writes about all of them.</p>`, nil},
		{"about a critic", `<h4>About Jane</h4><p>Jane has been watching films since the harbour had a cinema.</p>`, nil},
		{"about a figure", `<h4>About Tom</h4><p>Tom is the one figure that the film never explains, and it is the better for it.</p>`,
			[]string{"About Tom", "Tom is the one figure that the film never explains, and it is the better for it."}},

		{"caption with its credit", `<p><em>Tom Varga in Low Water. (Photo by Ida Marsh)</em></p>`, nil},
		{"caption in a figure", `<figure><img src=a><p>Tom Varga as the keeper</p></figure>`, nil},
		{"who is where", `<p>Tom Varga, left, and Ida Marsh in “Low Water.” Harbour Films</p>`, nil},
		{"who stands left", `<p>Tom Varga, left, is alone for an hour.</p>`, []string{"Tom Varga, left, is alone for an hour."}},
		{"an aside on photographs", `<p>It is a film of pictures (photos of nobody, mostly).</p>`, []string{"It is a film of pictures (photos of nobody, mostly)."}},

		{"menu", `<hr><p>Home | Reviews | About</p>`, nil},
		{"a row of moods", `<p>Cold | Slow | Kind</p>`, []string{"Cold | Slow | Kind"}},
		{"date", `<p>5/5/2022</p>`, nil},
		{"grade like a date", `<p>5/5</p>`, []string{"5/5"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := paragraphsOf(t, page("", "", tt.html), nil)
			own := slices.DeleteFunc(slices.Clone(got), func(s string) bool { return slices.Contains(ours, s) })
			if !slices.Equal(own, tt.want) || len(got)-len(own) != len(ours) {
				t.Errorf("got %q, want %q beside the %d paragraphs of the text", own, tt.want, len(ours))
			}
		})
	}
}

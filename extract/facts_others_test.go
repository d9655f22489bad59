package extract

import (
	"testing"
	"time"
)

// TestFactsOfOthers: dates and names that stand on the page but are not the post's.
func TestFactsOfOthers(t *testing.T) {
	post := "<article><h1>Saltglass (2019)</h1>" + prose + more + "</article>"
	within := func(s string) string {
		return "<article><h1>Saltglass (2019)</h1>" + prose + more + s + "</article>"
	}
	for _, tt := range []struct{ name, page, author, published, modified string }{
		{"a comment's time", post + "<div id=comments><h2>One thought</h2><ol class=comment-list><li><cite>Joe</cite><time datetime='2022-05-05T10:00'>May 5, 2022 at 10:00 am</time><p>Nice.</p></li></ol></div>", "", "", ""},
		{"a comment's date as text", post + "<div class=comments><p>Joe</p><p>May 5, 2022</p><p>Nice.</p></div>", "", "", ""},
		{"a comment's date under a heading", post + "<h3>1 comment</h3><p>Joe - May 5, 2022</p><p>Nice.</p>", "", "", ""},
		{"a comment's name", post + "<ol class=comment-list><li><p>By Joe Bloggs, who liked it.</p></li></ol>", "", "", ""},
		{"recent posts", post + "<h3>Recent posts</h3><ul><li>Glasshouse – May 5, 2022</li><li>Harbour – May 1, 2022</li></ul>", "", "", ""},
		{"recent posts with times", post + "<h3>Recent posts</h3><ul><li><a href=/g/>Glasshouse</a> <time datetime=2022-05-05>May 5, 2022</time></li></ul>", "", "", ""},
		{"last updated", within("<p>Last updated March 3, 2021</p>"), "", "", "2021-03-03"},
		{"updated and published", within("<p>Updated: March 3, 2021 | Published: January 10, 2019</p>"), "", "2019-01-10", "2021-03-03"},
		{"published and updated", within("<p>Published: January 10, 2019 | Updated: March 3, 2021</p>"), "", "2019-01-10", "2021-03-03"},
		{"posted", within("<p>Posted January 10, 2019</p>"), "", "2019-01-10", ""},
		{"the screenwriter", "<article><h1>Saltglass (2019)</h1><p>Directed by Mara Ellison</p><p>Written by Sam Reed</p>" + prose + more + "</article>", "", "", ""},
		{"the screenwriter in a sentence", within("<p>Written by Sam Reed, the film has wit.</p>"), "", "", ""},
		{"the critic signs", within("<p>Written by Sam Reed</p>"), "Sam Reed", "", ""},
		{"a signature", "<meta name=author content=admin>" + within("<p>– Jane Doe</p>"), "Jane Doe", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rev := readFacts(t, "https://reel.example/saltglass/", "", tt.page)
			day := func(d Date) string {
				if d.Value.IsZero() {
					return ""
				}
				return d.Value.Format(time.DateOnly)
			}
			if a, p, m := rev.Author.Value, day(rev.Published), day(rev.Modified); a != tt.author || p != tt.published || m != tt.modified {
				t.Errorf("got author %q, published %q, modified %q; want %q, %q, %q", a, p, m, tt.author, tt.published, tt.modified)
				for _, b := range rev.Blocks {
					t.Logf("%v %v %s %.60q", b.Kept, b.apart, b.Rule, b.Text)
				}
				t.Log(rev.Author, rev.Published, rev.Modified)
			}
		})
	}
}

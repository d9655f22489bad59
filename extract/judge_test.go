package extract

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Paragraphs of a review of our own. The fixtures put things before, between and behind them.
var ours = []string{
	"The lighthouse keeper in Low Water speaks to nobody for the first half hour, and the film is in no hurry to make him.",
	"Marta Oyelaran shoots the coast as if it were a face: patient, close, waiting for something to cross it. When the stranger comes, played by Tom Reyes with a borrowed coat and no past, she simply lets him stand there.",
	"What follows is less a story than a change of weather. There are two scenes in the boathouse that I would not trade for a whole year of other films, and one on the pier that does not work at all.",
	"By the end the light is out and nobody has said so. Low Water trusts you to notice, which is the kindest thing a film can do.",
}

const headline = "Low Water: a film that can wait"

const summary = "A keeper, a stranger and a coast that waits for both of them, in no hurry at all."

// page sets a review in a plain page: before stands between headline and text, middle in the text, after behind it, in the post's own
// container.
func page(before, middle, after string) string {
	return `<!doctype html><html lang="en"><head><title>` + headline + ` | The Tidal Review</title><meta name="author" content="Jo Marsh">` +
		`<meta property="og:site_name" content="The Tidal Review"><meta name="description" content="` + summary + `"></head><body>` +
		`<header><a href="/">The Tidal Review</a><nav><ul><li><a href="/a">Reviews</a></li><li><a href="/b">About</a></li></ul></nav></header>` +
		`<main><article><h1>` + headline + `</h1><div class="text">` + before +
		`<p>` + ours[0] + `</p><p>` + ours[1] + `</p>` + middle + `<p>` + ours[2] + `</p><p>` + ours[3] + `</p>` + after +
		`</div></article></main><footer><p>All words are ours. Please ask before you use them.</p></footer></body></html>`
}

func paragraphsOf(t testing.TB, html string, rules *SiteRules) []string {
	t.Helper()
	root, err := Parse([]byte(html))
	if err != nil {
		t.Fatal(err)
	}
	rev, _ := NewReader(nil).Read(Input{URL: "https://tidal.example/2019/low-water/", Root: root, Rules: rules})
	if rev == nil {
		t.Fatal("no review")
	}
	return rev.Paragraphs
}

// What stands around a review, in the words and markup of many platforms, is not read.
func TestLeftOut(t *testing.T) {
	for _, tt := range []struct{ name, before, middle, after string }{
		{name: "nothing"},
		{name: "headline repeated", before: `<h2>` + headline + `</h2>`},
		{name: "byline", before: `<p>By Jo Marsh</p>`},
		{name: "date", before: `<p>12 March 2019</p>`},
		{name: "date in German", before: `<p>12. März 2019, 14:05 Uhr</p>`},
		{name: "reading time", before: `<p>4 min read</p>`},
		{name: "date and categories", before: `<p>Monday, March 11th, 2019 | Categories: Films, Coast</p>`},
		{name: "breadcrumb", before: `<div class="breadcrumbs"><a href="/">Home</a> › <a href="/r">Reviews</a></div>`},
		{name: "skip link", before: `<a href="#x">Skip to content</a>`},
		{name: "contents", before: `<div id="toc"><p>Contents</p><ol><li><a href="#a">The plot</a></li><li><a href="#b">The end</a></li></ol></div>`},
		{name: "fact line", before: `<p>Director: Marta Oyelaran | Starring: Tom Reyes | Year: 2018 | Our rating: ****</p>`},
		{name: "fact lines in French", before: `<p>Réalisation : Marta Oyelaran<br>Avec : Tom Reyes, Durée : 1h38</p>`},
		{name: "caption", middle: `<figure><img src="a.jpg"><figcaption>Tom Reyes in Low Water</figcaption></figure>`},
		{name: "old caption", middle: `<div class="wp-caption"><img src="a.jpg"><p class="wp-caption-text">Tom Reyes in Low Water</p></div>`},
		{name: "image credit", after: `<p>IMAGE TAKEN from stills.example</p>`},
		{name: "photo credit", middle: `<p>Photo: Harbour Pictures</p>`},
		{name: "photo credit in German", middle: `<p>Bildquelle: Hafenfilm</p>`},
		{name: "pull quote", middle: `<aside class="pullquote"><p>There are two scenes in the boathouse that I would not trade for a whole year of other films</p></aside>`},
		{name: "pull quote without a name", middle: `<p>“Low Water trusts you to notice, which is the kindest thing a film can do.”</p>`},
		{name: "advertisement", middle: `<div>Advertisement</div>`},
		{name: "advertisement in Spanish", middle: `<p>Publicidad</p>`},
		{name: "embedded post", middle: `<blockquote class="twitter-tweet"><p>I have seen Low Water and I shall not be well for a week, honestly.</p>— A. (@a) <a href="https://x.example">May 1</a></blockquote>`},
		{name: "read more", middle: `<p>Read more: <a href="/x">The ten best films about lighthouses</a></p>`},
		{name: "read more in Dutch", middle: `<p>Lees ook: <a href="/x">De tien beste films over vuurtorens</a></p>`},
		{name: "newsletter in the text", middle: `<div class="newsletter-box"><h3>Get the tide</h3><p>Sign up and we will write to you when the water is low enough.</p></div>`},
		{name: "share bar", after: `<div class="sharedaddy"><h3>Share this:</h3><ul><li><a href="#">Twitter</a></li><li><a href="#">Facebook</a></li></ul></div>`},
		{name: "share bar without a name", after: `<div><b>Share this</b> <a href="#">Facebook</a> <a href="#">Email</a></div>`},
		{name: "tags", after: `<p>Tags: <a href="/t/a">lighthouses</a>, <a href="/t/b">weather</a></p>`},
		{name: "filed under", after: `<p>Filed under: Films, Coast</p>`},
		{name: "posted in", after: `<p>Posted in <a href="/c">Reviews</a></p>`},
		{name: "signature", after: `<p>Written by Jo Marsh</p>`},
		{name: "author's name", after: `<p>Jo Marsh</p>`},
		{name: "author card", after: `<div class="author-box"><img src="j.jpg"><h4>Jo Marsh</h4><p>Jo writes about films and swims in all weathers.</p></div>`},
		{name: "author card without a name", after: `<div><p>Jo Marsh is a freelance critic who lives in Hull and swims in all weathers.</p></div>`},
		{name: "about the author", after: `<h3>About the author</h3><p>She has written about films for longer than she would like to say, and still likes them.</p>`},
		{name: "the author", after: `<h3>The author</h3><p>Jo has seen every film about the sea there is, and most of those about rivers, and regrets none.</p>`},
		{name: "an author without a name", after: `<h3>Author</h3><p>A lifelong swimmer, she lives in Hull with two cats and a radio that only gets the shipping forecast.</p>`},
		{name: "footer of the article", after: `<footer><p>Filed on a wet evening, by a wet critic, for a site that pays in tea.</p></footer>`},
		{name: "related", after: `<div class="rel"><b>You may also like</b><ul><li><a href="/1">High Water</a><br>A sequel in name, and in very little else, it must be said …</li><li><a href="/2">Mud</a></li></ul></div>`},
		{name: "related in the flow", after: `<h3>Related posts</h3><ul><li><a href="/1">High Water</a></li><li><a href="/2">Mud, and how it was filmed</a></li></ul>`},
		{name: "related in Italian", after: `<h3>Potrebbe interessarti anche</h3><ul><li><a href="/1">Acqua alta</a></li></ul>`},
		{name: "previous and next", after: `<p><a href="/1">« High Water</a> <a href="/2">Mud »</a></p>`},
		{name: "comments", after: `<h3>2 Comments</h3><p>Ann says</p><p>I walked out of it after an hour, and I have never regretted it, not once.</p><p>Bo says</p><p>Loved every minute, Ann, you are wrong about films.</p>`},
		{name: "comments in French", after: `<div id="commentaires"><p>Je suis parti au bout d’une heure, et je ne l’ai jamais regretté, pas une seule fois.</p></div>`},
		{name: "comment form", after: `<div id="respond"><h3>Leave a Reply</h3><form><p>Your email address will not be published.</p><label>Comment</label><textarea></textarea></form></div>`},
		{name: "comment form without a name", after: `<form action="/c"><p>Fill in your details below or click an icon to log in:</p><input name="n"><textarea></textarea><p>You are commenting using your account.</p></form>`},
		{name: "donation", after: `<p>If you enjoyed this review, please consider a small donation on Patreon. Thank you!</p>`},
		{name: "affiliate note", after: `<p>This post contains affiliate links: we may earn a commission if you buy something.</p>`},
		{name: "cookie notice", after: `<div class="cookie-consent"><p>We use cookies to give you the best experience of the sea, and of this site.</p></div>`},
		{name: "hidden text", after: `<p style="display:none">This line was for a machine, and no reader has ever seen it at all.</p>`},
		{name: "prices", after: `<p>$19.99 $12.99</p>`},
		{name: "product cards", after: `<div class="xy-product-card"><div>Low Water, on disc</div><div>$19.99</div><a href="/b">Buy</a></div>`},
		{name: "the page's description in the head", before: `<header><p>` + summary + `</p></header>`},
		{name: "another headline in the head", before: `<header><h2>the keeper and the stranger</h2></header>`},
		{name: "another headline above the byline", before: `<div><h2>The Keeper and the Stranger: What a Coast Knows</h2><div class="post-author"><p>Jo Marsh</p></div></div>`},
		{name: "a list item that announces nothing", after: `<ul><li>The other films of the coast, in order:<ul><li><a href="/1">Mud</a></li></ul></li></ul>`},
		{name: "an address", middle: `<p>https://video.example/watch?v=lowwater</p>`},
		{name: "sources that are addresses", after: `<h4>References</h4><ol><li><a href="/1">https://keepers.example/logbook</a></li><li><a href="/2">https://coast.example/lights</a></li></ol>`},
		{name: "a question to the reader", after: `<p><b>What do you think?</b> Have you seen it, and did you find the keeper as hard to like as we did?</p>`},
		{name: "an offer", after: `<p>If you are, like us, interested in learning more about lights, come along! Our evening lectures run all winter.</p>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(ours, paragraphsOf(t, page(tt.before, tt.middle, tt.after), nil)); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

// What the critic wrote stays, however short, odd or last it is.
func TestStays(t *testing.T) {
	for _, tt := range []struct{ name, before, middle, after string }{
		{name: "spoiler note", before: `<p>-Heavy Spoilers</p>`},
		{name: "stars before", before: `<p>★★★★☆</p>`},
		{name: "rating line", after: `<p>I give this one 4.25 stars.</p>`},
		{name: "rating as a heading", after: `<h2>Rating: *** (out of five)</h2>`},
		{name: "letter grade", after: `<p>Grade: B+</p>`},
		{name: "verdict", after: `<p>Verdict: see it on a wet day.</p>`},
		{name: "fraction", after: `<p>8/10</p>`},
		{name: "a last word", after: `<p>A must watch!</p>`},
		{name: "postscript in a footer", after: `<footer><p>P.S. The bell is real, and so is the rust.</p></footer>`},
		{name: "a section about an author", middle: `<h2>The Author</h2><p>In the film the author of the letters is never seen, and the keeper answers each of them by name.</p>`},
		{name: "a last section about an author", after: `<h2>The Author</h2><p>In the film the author of the letters is never seen, and the keeper answers each of them by name.</p>`},
		{name: "postscript", after: `<p>P.S. Stay for the bell at the end of the credits.</p>`},
		{name: "a quotation", middle: `<blockquote><p>“Everybody leaves, and then they want their coat back.”</p></blockquote>`},
		{name: "a list", middle: `<ul><li>The kitchen scene, twice.</li><li>The last look.</li></ul>`},
		{name: "a section heading", middle: `<h2>The sound of it</h2>`},
		{name: "a bold heading", middle: `<p><b>The sound of it</b></p>`},
		{name: "a heading that is a label elsewhere", middle: `<h2>Contents</h2>`},
		{name: "an aside in brackets", middle: `<p>(See also High Water, which I liked less.)</p>`},
		{name: "a paragraph with a link", middle: `<p>Oyelaran’s last film, <a href="/mud">Mud</a>, was about the same coast.</p>`},
		{name: "a section heading at the start", before: `<h2>The keeper and the stranger</h2>`},
		{name: "the page's description at the start", before: `<p>` + summary + `</p>`},
		{name: "words in the head", before: `<header><p>Seen at the harbour cinema, in the second row, on a night of real rain and of wind from the sea.</p></header>`},
		{name: "stars in the head", before: `<header><h3>★★★½</h3></header>`},
		{name: "a list item that announces a list", after: `<ul><li>Two scenes to look for:<ul><li>The kitchen at night.</li></ul></li></ul>`},
		{name: "a source with its address", after: `<h4>References</h4><ol><li>The keepers’ logbook, 1911: https://keepers.example/logbook</li></ol>`},
		{name: "a paragraph that asks", middle: `<p>What do you think the keeper does with the coat? The film asks this once and leaves it there.</p>`},
		{name: "a short line", middle: `<p>It is a murder mystery.</p>`},
		{name: "a paragraph that speaks of comments", middle: `<p>The comments that the keeper writes in his book are the nearest thing to a voice, and the film reads them aloud.</p>`},
		{name: "a paragraph that begins like a credit", middle: `<p>Photo after photo goes into the stove, and each of them burns like a small confession that nobody will hear.</p>`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			html := page(tt.before, tt.middle, tt.after)
			got := paragraphsOf(t, html, nil)
			more := walked(t, "<div>"+tt.before+tt.middle+tt.after+"</div>")
			var want []string
			add := func(html string) {
				for _, m := range more {
					if html != "" {
						_, text, _ := strings.Cut(m, " ")
						want = append(want, text)
					}
				}
			}
			add(tt.before)
			want = append(want, ours[:2]...)
			add(tt.middle)
			want = append(want, ours[2:]...)
			add(tt.after)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

// Elements that hold the text are the text, whatever they are called.
func TestNamesAreHints(t *testing.T) {
	inner := page("", "", "")
	for _, name := range []string{"sidebar", "widget", "related", "share", "footer", "promo", "content-ad", "modal", "meta", "author"} {
		t.Run(name, func(t *testing.T) {
			html := strings.Replace(inner, `<div class="text">`, `<div class="`+name+`">`, 1)
			if diff := cmp.Diff(ours, paragraphsOf(t, html, nil)); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

// Where the names of elements would leave nothing of a text, they are forgotten; comments that stand together are not taken for it.
func TestNamesLeaveAText(t *testing.T) {
	text := `<p>` + strings.Join(ours, `</p><p>`) + `</p>`
	for _, tt := range []struct {
		name, html string
		want       []string
	}{
		{"comment of the day", `<article><h1>` + headline + `</h1><div class="comment-of-the-day">` + text + `</div></article>`, ours},
		{"one comment", `<article><h1>` + headline + `</h1><div class="critic-comment">` + text + `</div></article>`, ours},
		{"an article in a modal", `<div class="modal"><div class="comment">` + text + `</div></div>`, ours},
		{"nothing but comments", `<article><h1>` + headline + `</h1><ol class="comments"><li class="comment"><p>` + ours[0] + `</p></li><li class="comment"><p>` + ours[1] +
			`</p></li></ol></article>`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, paragraphsOf(t, `<html lang="en"><body>`+tt.html+`</body></html>`, nil)); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTextInPieces(t *testing.T) {
	t.Run("breaks for paragraphs", func(t *testing.T) {
		html := `<html><body><table><tr><td width=150><a href=/>Home</a><br><a href=/b>Films</a></td><td><font face=Arial><b>` + headline + `</b><br><br>` +
			strings.Join(ours, "<br><br>\n") + `<br><br></font></td></tr></table></body></html>`
		got := paragraphsOf(t, html, nil)
		if len(got) > 0 && got[0] == headline {
			got = got[1:] // nothing on such a page says that it is the headline
		}
		if diff := cmp.Diff(ours, got); diff != "" {
			t.Errorf("text (-want +got):\n%s", diff)
		}
	})
	t.Run("divs for paragraphs", func(t *testing.T) {
		html := `<html><body><div class="post-body entry-content"><div>` + strings.Join(ours, `</div><div><br></div><div>`) + `</div></div></body></html>`
		if diff := cmp.Diff(ours, paragraphsOf(t, html, nil)); diff != "" {
			t.Errorf("text (-want +got):\n%s", diff)
		}
	})
	t.Run("two columns of text", func(t *testing.T) {
		html := `<html><body><main><div><div class="rich"><p>` + ours[0] + `</p><p>` + ours[1] + `</p></div></div><div><img src=a></div><div><div class="rich"><p>` +
			ours[2] + `</p><p>` + ours[3] + `</p></div></div></main></body></html>`
		if diff := cmp.Diff(ours, paragraphsOf(t, html, nil)); diff != "" {
			t.Errorf("text (-want +got):\n%s", diff)
		}
	})
	widget := func(inner string) string {
		return `<div class="pb-panel widget widget_editor"><div class="textwidget">` + inner + `</div></div>`
	}
	t.Run("text in widgets", func(t *testing.T) {
		html := `<html><body><h1>` + headline + `</h1><div class="cell">` + widget(`<p>`+ours[0]+`</p>`) + widget(`<p>`+ours[1]+`</p><p>`+ours[2]+`</p>`) +
			widget(`<p>`+ours[3]+`</p>`) + widget(`<ul><li><a href="/1">Mud</a></li><li><a href="/2">High Water</a></li></ul>`) + `</div></body></html>`
		if diff := cmp.Diff(ours, paragraphsOf(t, html, nil)); diff != "" {
			t.Errorf("text (-want +got):\n%s", diff)
		}
	})
	t.Run("widgets beside the text", func(t *testing.T) {
		html := `<html><body><main><h1>` + headline + `</h1><p>` + strings.Join(ours, `</p><p>`) + `</p></main><div class="column">` +
			widget(`<p>Jo writes about the sea and about films, in that order, and is glad of letters.</p>`) + `</div></body></html>`
		if diff := cmp.Diff(ours, paragraphsOf(t, html, nil)); diff != "" {
			t.Errorf("text (-want +got):\n%s", diff)
		}
	})
	t.Run("text that a script reveals", func(t *testing.T) {
		html := `<html><body><div>Loading</div><div hidden id="S:0"><p>` + strings.Join(ours, `</p><p>`) + `</p></div></body></html>`
		if diff := cmp.Diff(ours, paragraphsOf(t, html, nil)); diff != "" {
			t.Errorf("text (-want +got):\n%s", diff)
		}
	})
}

// Every block says which rule decided.
func TestEveryBlockHasARule(t *testing.T) {
	root, err := Parse([]byte(page("<p>By Jo Marsh</p>", "<p>Advertisement</p>", "<h3>Comments</h3><p>First!</p>")))
	if err != nil {
		t.Fatal(err)
	}
	rev, _ := NewReader(nil).Read(Input{URL: "https://tidal.example/", Root: root})
	for _, b := range rev.Blocks {
		if b.Rule == "" || b.Kept != (b.Weight > 0) {
			t.Errorf("block %q: kept %v by %q with weight %v", b.Text, b.Kept, b.Rule, b.Weight)
		}
	}
	if !slices.ContainsFunc(rev.Blocks, func(b Block) bool { return b.Text == "First!" && !b.Kept }) {
		t.Error("the comment is not among the blocks")
	}
}

// A grade of one letter is a line like any other, and is read.
func TestGradeOfOneLetter(t *testing.T) {
	for _, tt := range []struct{ after, want string }{
		{`<p>C</p>`, "C"}, {`<p>C+</p>`, "C+"}, {`<p><strong>C-</strong></p>`, "C-"}, {`<p>Grade</p><p>C</p>`, "C"}, {`<p>B+</p>`, "B+"}, {`<p>D</p>`, "D"},
	} {
		root, err := Parse([]byte(page("", "", tt.after)))
		if err != nil {
			t.Fatal(err)
		}
		rev, _ := NewReader(nil).Read(Input{URL: "https://tidal.example/2019/low-water/", Root: root})
		if rev.Rating == nil || rev.Rating.Raw != tt.want {
			t.Errorf("%s: rating %v, want %s", tt.after, rev.Rating, tt.want)
		}
		if !slices.Contains(rev.Paragraphs, tt.want) {
			t.Errorf("%s: not in the text", tt.after)
		}
	}
}

package extract

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func show(r *Rating) string {
	if r == nil {
		return ""
	}
	return fmt.Sprintf("%s %g/%g %s", r.Raw, r.Value, r.Best, r.Method)
}

func TestFindRatings(t *testing.T) {
	tests := []struct{ in, want string }{
		{"★★★★☆", "★★★★☆ 4/5 glyphs"},
		{"★★★★★", "★★★★★ 5/5 glyphs"},
		{"★☆☆☆☆", "★☆☆☆☆ 1/5 glyphs"},
		{"★★★½", "★★★½ 3.5/5 glyphs"},
		{"★★★½☆", "★★★½☆ 3.5/5 glyphs"},
		{"★★★ ½", "★★★ ½ 3.5/5 glyphs"},
		{"★★★1/2", "★★★1/2 3.5/5 glyphs"},
		{"★★★ 1/2", "★★★ 1/2 3.5/5 glyphs"},
		{"★ ★ ★ ☆ ☆", "★ ★ ★ ☆ ☆ 3/5 glyphs"},
		{"★★★☆", "★★★☆ 3/4 glyphs"},
		{"★★★⯪☆", "★★★⯪☆ 3.5/5 glyphs"},
		{"½", ""},
		{"½★", "½★ 0.5/0 stars"},
		{"⭐⭐⭐⭐", "⭐⭐⭐⭐ 4/5 glyphs"},
		{"⭐️⭐️⭐️", "⭐️⭐️⭐️ 3/5 glyphs"},
		{"⭐⭐⭐½", "⭐⭐⭐½ 3.5/5 glyphs"},
		{"★★★★★★★★☆☆", "★★★★★★★★☆☆ 8/10 glyphs"},
		{"★★★ (out of four)", "★★★ 3/4 glyphs"},
		{"★★★ out of ★★★★", "★★★ 3/4 glyphs|★★★★ 4/5 glyphs"},
		{"★★★/5", "★★★ 3/5 glyphs"},
		{"***", "*** 3/5 asterisks"},
		{"***1/2", "***1/2 3.5/5 asterisks"},
		{"** ½", "** ½ 2.5/5 asterisks"},
		{"*** (out of ****)", "*** 3/4 asterisks|**** 4/5 asterisks"},
		{"* * *", ""},
		{"*really*", ""},
		{"********", ""},
		{"8/10", "8/10 8/10 fraction"},
		{"8.5/10", "8.5/10 8.5/10 fraction"},
		{"8,5/10", "8,5/10 8.5/10 fraction"},
		{"8 / 10", "8 / 10 8/10 fraction"},
		{"3½/5", "3½/5 3.5/5 fraction"},
		{"3 1/2 / 5", "3 1/2 / 5 3.5/5 fraction"},
		{"0/5", "0/5 0/5 fraction"},
		{"10/10", "10/10 10/10 fraction"},
		{"86/100", "86/100 86/100 fraction"},
		{"13/20", "13/20 13/20 fraction"},
		{"11/10", ""},
		{"7/5", ""},
		{"8/10/2014", ""},
		{"24/7", ""},
		{"1/2", ""},
		{"9/11", ""},
		{"4/5ths", ""},
		{"4/5 of the audience", ""},
		{"9 out of 10 critics", ""},
		{"3.5 out of 5", "3.5 out of 5 3.5/5 fraction"},
		{"3.5 out of 5 stars", "3.5 out of 5 3.5/5 fraction"},
		{"4 out of five", "4 out of five 4/5 fraction"},
		{"3 stars out of 4", "3 stars out of 4 3/4 stars"},
		{"two and a half stars out of four", "two and a half stars out of four 2.5/4 stars"},
		{"4.25 stars", "4.25 stars 4.25/0 stars"},
		{"4 stars", "4 stars 4/0 stars"},
		{"1 star", "1 star 1/0 stars"},
		{"2½ stars", "2½ stars 2.5/0 stars"},
		{"2 1/2 stars", "2 1/2 stars 2.5/0 stars"},
		{"four and a half stars", "four and a half stars 4.5/0 stars"},
		{"three-and-a-half stars", "three-and-a-half stars 3.5/0 stars"},
		{"Four stars.", "Four stars 4/0 stars"},
		{"half a star", "half a star 0.5/0 stars"},
		{"3 stars (out of 4)", "3 stars 3/4 stars"},
		{"4.25 stars (out of five)", "4.25 stars 4.25/5 stars"},
		{"3 von 5 Sternen", "3 von 5 3/5 fraction"},
		{"7 von 10 Punkten", "7 von 10 7/10 fraction"},
		{"zweieinhalb Sterne", "zweieinhalb Sterne 2.5/0 stars"},
		{"3,5 sur 5", "3,5 sur 5 3.5/5 fraction"},
		{"4 étoiles sur 5", "4 étoiles sur 5 4/5 stars"},
		{"trois étoiles et demie", "trois étoiles 3/0 stars"},
		{"4 estrellas de 5", "4 estrellas de 5 4/5 stars"},
		{"tres estrellas", "tres estrellas 3/0 stars"},
		{"3 stelle su 5", "3 stelle su 5 3/5 stars"},
		{"4 van de 5 sterren", "4 van de 5 4/5 fraction"},
		{"3 of 5 stars", "3 of 5 3/5 fraction"},
		{"2 of 5 sequels", "2 of 5 2/5 fraction"},
		{"85%", "85% 85/100 percent"},
		{"👍", "👍 1/1 thumbs"},
		{"Two thumbs up!", "Two thumbs up 1/1 thumbs"},
		{"thumbs down", "thumbs down 0/1 thumbs"},
		{"four-star general", ""},
		{"two stars of the silent era", "two stars 2/0 stars"}, // weigh tells it from a grade
		{"Published 2014-08-10", ""},
		{"$4/5", ""},
		{"", ""},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			var got []string
			for _, h := range findRatings(tt.in) {
				got = append(got, show(&h.Rating))
				if tt.in[h.start:h.end] != h.Raw {
					t.Errorf("raw %q is not %q", h.Raw, tt.in[h.start:h.end])
				}
			}
			if g := strings.Join(got, "|"); g != tt.want {
				t.Errorf("got %q, want %q", g, tt.want)
			}
		})
	}
}

// No grade may be merged with its neighbour.
func TestEveryGradeIsItsOwn(t *testing.T) {
	seen := map[float64]string{}
	grades := []string{"F", "D-", "D", "D+", "C-", "C", "C+", "B-", "B", "B+", "A-", "A", "A+"}
	for i, g := range grades {
		for _, form := range []string{"Grade: %s", "Grade: %s.", "Rating – %s", "Final grade = %s", "Our Rating: %s", "My grade for the film: %s"} {
			line := fmt.Sprintf(form, g)
			hits := findRatings(line)
			var best *hit
			for k := range hits {
				if hits[k].Method == "letter" && hits[k].weigh(line, 5, 6, false) >= 0.5 {
					best = &hits[k]
				}
			}
			if best == nil || best.Raw != g {
				t.Errorf("%q: got %v", line, hits)
				continue
			}
			got, ok := best.Normalised()
			if want := float64(i) / 12; !ok || math.Abs(got-want) > 1e-9 {
				t.Errorf("%q: got %v, want %v", line, got, want)
			}
			if other, dup := seen[got]; dup && other != g {
				t.Errorf("%s and %s are both %v", g, other, got)
			}
			seen[got] = g
		}
	}
	if len(seen) != 13 {
		t.Errorf("%d different grades, want 13", len(seen))
	}
}

func TestEveryHalfStarIsItsOwn(t *testing.T) {
	words := []string{"zero", "half a star", "one", "one and a half", "two", "two and a half", "three", "three and a half", "four", "four and a half", "five"}
	for step := 1; step <= 10; step++ {
		want := float64(step) / 2
		full, half := step/2, step%2
		forms := []string{
			strings.Repeat("★", full) + strings.Repeat("½", half),
			strings.Repeat("★", full) + strings.Repeat("½", half) + strings.Repeat("☆", 5-full-half),
			strings.Repeat("⭐", full) + strings.Repeat("⯪", half) + strings.Repeat("☆", 5-full-half),
			strings.Repeat("*", full) + strings.Repeat("½", half),
			fmt.Sprintf("%g/5", want), fmt.Sprintf("%g out of 5", want), fmt.Sprintf("%g stars", want), fmt.Sprintf("%g von 5 Sternen", want),
			strings.Replace(fmt.Sprintf("%g sur 5", want), ".", ",", 1),
		}
		if step > 1 {
			forms = append(forms, words[step]+" stars", words[step]+" stars out of five", strings.ReplaceAll(words[step], " ", "-")+" stars")
		} else {
			forms = append(forms[4:], "half a star")
		}
		for _, f := range forms {
			hits := findRatings(f)
			if len(hits) != 1 || hits[0].Value != want {
				t.Errorf("%q: got %v, want %v", f, hits, want)
			} else if b := hits[0].Best; b != 5 && b != 0 {
				t.Errorf("%q: best %v", f, b)
			}
		}
	}
}

// readRating reads a page with one body.
func readRating(t *testing.T, head, body string) *Review {
	t.Helper()
	src := "<!doctype html><html lang=en><head><title>" + head + " | Some Blog</title><meta property=og:site_name content='Some Blog'></head><body><header><a href=/>Some Blog</a></header>" +
		"<article class=post><h1 class=entry-title>" + head + "</h1><div class=entry-content>" + body + "</div></article></body></html>"
	root, err := Parse([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	rev, _ := NewReader(nil).Read(Input{URL: "https://blog.example/2020/05/her/", Root: root})
	return rev
}

const prose = `<p>The director keeps the camera close to her actors, and the film is better for it: every scene turns on a look that lasts a second too long.</p>
<p>The screenplay is thin in the middle, where a subplot about the neighbour goes nowhere, but the performances carry it, and the ending is the right one.</p>
<p>It is a small movie with a long memory, and the cinematography gives the old house a weather of its own. I would see it again tomorrow.</p>`

const more = `<p>A word on the music, which is by the lead: it is used in four scenes, and in each of them it says what nobody on screen will.</p>
<p>The second half moves to the coast, and the cast with it; the story loses a little of its tension there, and gains a dog that is good in every shot.</p>
<p>Nobody who sees the last reel will forget the lamp, which is the best joke in the film and also its plot.</p>
<p>See it in a cinema if there is one near you that still shows this kind of drama.</p>`

func TestRatingOnPages(t *testing.T) {
	tests := []struct{ name, head, body, want string }{
		{"none", "Her", prose, ""},
		{"last line", "Her", prose + "<p>8/10</p>", "8/10 8/10 fraction"},
		{"first line", "Her", "<p>★★★½</p>" + prose, "★★★½ 3.5/5 glyphs"},
		{"labelled", "Her", prose + "<p><strong>Rating:</strong> 3.5 out of 5</p>", "3.5 out of 5 3.5/5 fraction"},
		{"heading", "Her", "<h3>Grade: B+</h3>" + prose, "B+ 9/12 letter"},
		{"letter at the end", "Her", prose + "<p>Grade: A-</p>", "A- 10/12 letter"},
		{"letter alone", "Her", prose + "<p>B-</p>", "B- 7/12 letter"},
		{"in the sentence", "Her", prose + "<p>I give this one four and a half stars.</p>", "four and a half stars 4.5/0 stars"},
		{"headline", "Her ★★★★☆", prose, "★★★★☆ 4/5 glyphs"},
		{"headline fraction", "Her Review: A quiet one 4/10", prose, "4/10 4/10 fraction"},
		{"headline brackets", "Her (2013) [7.5/10]", prose, "7.5/10 7.5/10 fraction"},
		{"headline letter", "Review: Tangerine B+", "<p>Tangerine is bright.</p>" + prose, "B+ 9/12 letter"},
		{"headline bare letter", "Review: Tangerine A", "<p>Tangerine is bright, and Tangerine is fast.</p>" + prose, "A 11/12 letter"},
		{"letter of the title", "Review: Vitamin C", "<p>Vitamin C is bright, and Vitamin C is fast.</p>" + prose, ""},
		{"number of the title", "Fahrenheit 9/11", "<p>Fahrenheit 9/11 is bright.</p>" + prose, ""},
		{"asterisks", "Her", prose + "<p>****</p>", "**** 4/5 asterisks"},
		{"a break of asterisks", "Her", prose + "<p>***</p>" + more, ""},
		{"fact box", "Her", "<p><strong>Director:</strong> Ada Brand | <strong>Starring:</strong> Ida Wood, Tom Vale | <strong>Year:</strong> 2013 | <strong>Our rating:</strong> ⭐⭐</p>" + prose, "⭐⭐ 2/5 glyphs"},
		{"a certificate", "Her", "<p>Rating: PG-13</p>" + prose, ""},
		{"a certificate 2", "Her", "<p>Rated R, 126 minutes</p>" + prose, ""},
		{"imdb's", "Her", prose + "<p>IMDb rating: 7.9/10</p>", ""},
		{"the audience's", "Her", prose + "<p>Audience score: 85%</p>", ""},
		{"tomatoes", "Her", prose + "<p>It holds 94% on Rotten Tomatoes.</p>", ""},
		{"another film's", "Her", prose + "<p>I almost gave his last film 2/5, and I was wrong about it then, as the years have shown me.</p>" + prose, ""},
		{"a wish", "Her", prose + "<p>I debated giving this a 4/5 for the last scene alone.</p>", ""},
		{"a wish and a grade", "Her", prose + "<p>I debated giving this a 4/5.</p><p>Rating: 3/5</p>", "3/5 3/5 fraction"},
		{"a date", "Her", prose + "<p>In cinemas 8/10/2014.</p>", ""},
		{"top ten", "Her", prose + "<p>It is in my top 10 of the year.</p>", ""},
		{"film stars", "Her", prose + "<p>It has two stars of the silent screen in small parts.</p>", ""},
		{"a comment's", "Her", prose + "</div><div id=comments class=comments-area><ol class=comment-list><li class=comment><p>5/5 ★★★★★ from me!</p></li></ol></div><div>", ""},
		{"a related post's", "Her", prose + "</div><div class=related-posts><h3>Related</h3><a href=/ida/>Ida ★★★★★</a></div><div>", ""},
		{"visitors' votes", "Her", prose + "<div class='post-ratings user-rating'><span style='width:80%'></span> Average: 4/5 (12 votes)</div>", ""},
		{"width", "Her", "<div class=star-rating><span style='width:70%'></span></div>" + prose, "3.5/5 3.5/5 css"},
		{"icons", "Her", prose + "<p class=rating><i class='fa fa-star'></i><i class='fa fa-star'></i><i class='fa fa-star'></i><i class='fa fa-star-half-o'></i><i class='fa fa-star-o'></i></p>", "3.5/5 3.5/5 icons"},
		{"icons 6", "Her", prose + "<p><i class='fa-solid fa-star'></i><i class='fa-solid fa-star'></i><i class='fa-regular fa-star'></i><i class='fa-regular fa-star'></i><i class='fa-regular fa-star'></i></p>", "2/5 2/5 icons"},
		{"dashicons", "Her", prose + "<div class=review-stars><span class='dashicons dashicons-star-filled'></span><span class='dashicons dashicons-star-filled'></span><span class='dashicons dashicons-star-half'></span><span class='dashicons dashicons-star-empty'></span><span class='dashicons dashicons-star-empty'></span></div>", "2.5/5 2.5/5 icons"},
		{"bootstrap icons", "Her", prose + "<div class=rating><i class='bi bi-star-fill'></i><i class='bi bi-star-fill'></i><i class='bi bi-star-fill'></i><i class='bi bi-star-fill'></i><i class='bi bi-star'></i></div>", "4/5 4/5 icons"},
		{"svg", "Her", prose + "<div class=rating><svg><use href='#star-full'></use></svg><svg><use href='#star-full'></use></svg><svg><use href='#star-half'></use></svg><svg><use href='#star-empty'></use></svg><svg><use href='#star-empty'></use></svg></div>", "2.5/5 2.5/5 svg"},
		{"image alt", "Her", prose + "<p><img src=/i/r.png alt='3.5 out of 5 stars'></p>", "3.5/5 3.5/5 image"},
		{"image alt glyphs", "Her", prose + "<p><img src=/i/r.png alt='★★★★☆'></p>", "4/5 4/5 image"},
		{"image name", "Her", prose + "<p><img src=/i/4stars.gif></p>", "4/5 4/5 image"},
		{"image name half", "Her", prose + "<p><img src=/i/stars-3-5.png></p>", "3.5/5 3.5/5 image"},
		{"image name word", "Her", prose + "<p><img src=/i/two-and-a-half-stars.jpg></p>", "2.5/5 2.5/5 image"},
		{"images in a row", "Her", prose + "<p class=rating><img src=star.png><img src=star.png><img src=star_half.png><img src=star_empty.png><img src=star_empty.png></p>", "2.5/5 2.5/5 image"},
		{"aria", "Her", prose + "<div class=rating role=img aria-label='Rated 4 out of 5'></div>", "4/5 4/5 label"},
		{"json-ld", "Her", `<script type="application/ld+json">{"@type":"Review","itemReviewed":{"@type":"Movie","name":"Her"},"reviewRating":{"@type":"Rating","ratingValue":"4"}}</script>` + prose, "4 4/5 ld"},
		{"json-ld best", "Her", `<script type="application/ld+json">{"@type":"Review","reviewRating":{"@type":"Rating","ratingValue":8.5,"bestRating":"10"},"itemReviewed":{"@type":"Movie","name":"Her"}}</script>` + prose, "8.5 8.5/10 ld"},
		{"json-ld of all", "Her", `<script type="application/ld+json">{"@type":"Movie","name":"Her","aggregateRating":{"@type":"AggregateRating","ratingValue":"4","ratingCount":120}}</script>` + prose, ""},
		{"json-ld and words", "Her", `<script type="application/ld+json">{"@type":"Review","reviewRating":{"@type":"Rating","ratingValue":"4"}}</script>` + prose + "<p>★★★★☆</p>", "★★★★☆ 4/5 glyphs"},
		{"microdata", "Her", `<div itemprop=review itemscope itemtype="http://schema.org/Review"><div itemprop=reviewRating itemscope itemtype="http://schema.org/Rating"><span itemprop=ratingValue>3</span>/<span itemprop=bestRating>4</span></div></div>` + prose, "3/4 3/4 fraction"},
		{"hreview", "Her", `<div class=hreview><span class=item>Her</span> <span class=rating>3.5</span></div>` + prose, "3.5 3.5/5 microformat"},
		{"label above", "Her", prose + "<h3>Grade</h3><p>B+</p>" + more, "B+ 9/12 letter"},
		{"label above, stars", "Her", prose + "<p><b>Our verdict:</b></p><p>★★☆☆☆</p>", "★★☆☆☆ 2/5 glyphs"},
		{"table", "Her", "<table><tr><th>Director</th><td>Ada Brand</td></tr><tr><th>Rating</th><td>C-</td></tr></table>" + prose, "C- 4/12 letter"},
		{"definition list", "Her", prose + "<dl><dt>Rating</dt><dd>7/10</dd></dl>", "7/10 7/10 fraction"},
		{"table of another's", "Her", "<table><tr><th>IMDb rating</th><td>7.9/10</td></tr></table>" + prose, ""},
		{"a number alone", "Her", prose + "<div class=review-box><div class=review-score>8.5</div><div class=label>Great</div></div>", "8.5 8.5/0 number"},
		{"visitors' number", "Her", prose + "<div class=user-ratings><span class=score>8.5</span> (120 votes)</div>", ""},
		{"two films", "Her", "<p>Ida: 4/5</p><p>Ada: 2/5</p><p>Eva: 3/5</p>" + prose, ""},
		{"parts and the whole", "Her", prose + "<p>Story: 6/10</p><p>Acting: 9/10</p><p>Overall: 7.5/10</p>", "7.5/10 7.5/10 fraction"},
		{"german", "Her", prose + "<p>Wertung: 4 von 5</p>", "4 von 5 4/5 fraction"},
		{"french", "Her", prose + "<p>Note : 3,5/5</p>", "3,5/5 3.5/5 fraction"},
		{"spanish", "Her", prose + "<p>Puntuación: 7 sobre 10</p>", "7 sobre 10 7/10 fraction"},
		{"italian", "Her", prose + "<p>Voto: 8</p>", ""},
		{"percent", "Her", prose + "<p>Score: 85%</p>", "85% 85/100 percent"},
		{"thumbs", "Her", prose + "<p>Verdict: 👍</p>", "👍 1/1 thumbs"},
		{"a verdict that begins with an article", "Her", prose + "<p>Verdict: A must-see</p>", ""},
		{"a long verdict that begins with an article", "Her", prose + "<p>Final verdict: A flawed but lovely picture of a port in winter.</p>", ""},
		{"a conclusion", "Her", prose + "<p>Conclusion: A film to see twice.</p>", ""},
		{"a masterpiece", "Her", prose + "<p>Grade: A masterpiece of light</p>", ""},
		{"an article before the grade", "Her", prose + "<p>Rating: A solid 7/10</p>", "7/10 7/10 fraction"},
		{"a letter and a word on it", "Her", prose + "<p>Grade: A. See it twice.</p>", "A 11/12 letter"},
		{"a letter in brackets", "Her", prose + "<p>Verdict: A (see it twice)</p>", "A 11/12 letter"},
		{"microdata with its maximum", "Her", prose + "<div itemscope itemtype='https://schema.org/Review'><div itemprop=reviewRating itemscope itemtype='https://schema.org/Rating'><span itemprop=ratingValue>7</span> of <span itemprop=bestRating>10</span></div></div>", "7 7/10 microdata"},
		{"full stars over empty ones", "Her", "<div class=star-rating><span class=bg>☆☆☆☆☆</span><span class=fg style='width:60%'>★★★★★</span></div>" + prose, "3/5 3/5 css"},
		{"visitors are asked", "Her", prose + "<div class=rating>Rate this: <span>★★★★★</span></div>", ""},
		{"her last film's", "Her", prose + "<p>I gave her last film four stars out of five, but this one I cannot grade.</p>", ""},
		{"visitors' grades of the film in data", "Her", `<script type="application/ld+json">{"@type":"Movie","name":"Her","review":[{"@type":"Review","author":"joe","reviewRating":{"ratingValue":1}},{"@type":"Review","author":"bob","reviewRating":{"ratingValue":2}}]}</script>` + prose, ""},
		{"asterisks with their maximum", "Her", prose + "<p>**** (out of ****)</p>", "**** 4/4 asterisks"},
		{"no votes yet", "Her", prose + "<p>☆☆☆☆☆</p>", ""},
		{"a book by that grade", "Her", prose + "<p>The A-list cast of this B movie gets a C from nobody.</p>", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rev := readRating(t, tt.head, tt.body)
			if got := show(rev.Rating); got != tt.want {
				t.Errorf("got %q, want %q (%+v)", got, tt.want, rev.Rating)
			}
		})
	}
}

func FuzzRating(f *testing.F) {
	for _, s := range []string{"★★★½☆ 8/10", "two and a half stars out of four", "Grade: B+ ***1/2", "⭐️⭐️ 3,5 sur 5", "½½ 1 1/2/5 A- 100%", "*** (out of ****)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, h := range findRatings(s) {
			if h.start < 0 || h.end > len(s) || h.start >= h.end {
				t.Fatalf("span %d-%d of %d", h.start, h.end, len(s))
			}
			if math.IsNaN(h.Value) || h.Value < 0 || h.Best < 0 || h.Best > 0 && h.Value > h.Best {
				t.Fatalf("%+v", h.Rating)
			}
			if w := h.weigh(s, 0, 1, false); w < 0 || w > 1 {
				t.Fatalf("weight %v", w)
			}
		}
		headlineRating(s, func(string, string) bool { return true })
		imageRating(&html.Node{Attr: []html.Attribute{{Key: "alt", Val: s}, {Key: "src", Val: s}}})
		percentWidth(s)
	})
}

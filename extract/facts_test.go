package extract

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// lookup follows a path, "Type.property.property": the first text found, in page order.
func (l *linked) lookup(path string) string {
	typ, rest, _ := strings.Cut(path, ".")
	for i := range l.items {
		if l.items[i].is(typ) {
			if s := l.text(l.items[i].object, rest); s != "" {
				return s
			}
		}
	}
	return ""
}

func TestDecodeLinked(t *testing.T) {
	tests := []struct {
		name, in, path, want string
	}{
		{"plain", `{"@type":"Review","name":"Her"}`, "Review.name", "Her"},
		{"nested", `{"@type":"Review","itemReviewed":{"@type":"Movie","name":"Her"}}`, "Review.itemReviewed.name", "Her"},
		{"nested type", `{"@type":"Review","itemReviewed":{"@type":"Movie","name":"Her"}}`, "Movie.name", "Her"},
		{"array", `[{"@type":"WebSite","name":"x"},{"@type":["Review","CreativeWork"],"name":"Her"}]`, "Review.name", "Her"},
		{"graph", `{"@context":"https://schema.org","@graph":[{"@type":"Person","@id":"#p","name":"Ada"},{"@type":"Article","author":{"@id":"#p"}}]}`, "Article.author", "Ada"},
		{"full type", `{"@type":"http://schema.org/CriticReview","name":"Her"}`, "CriticReview.name", "Her"},
		{"list of authors", `{"@type":"Article","author":[{"@type":"Person","name":"Ada"},{"@type":"Person","name":"Eva"}]}`, "Article.author.name", "Ada"},
		{"number", `{"@type":"Rating","ratingValue":4.5}`, "Rating.ratingValue", "4.5"},
		{"trailing commas", `{"@type":"Review","tags":["a","b",],"name":"Her",}`, "Review.name", "Her"},
		{"raw newline", "{\"@type\":\"Review\",\"name\":\"Her\nand him\"}", "Review.name", "Her and him"},
		{"html comment", "<!-- {\"@type\":\"Review\",\"name\":\"Her\"} -->", "Review.name", "Her"},
		{"cdata", "//<![CDATA[\n{\"@type\":\"Review\",\"name\":\"Her\"}\n//]]>", "Review.name", "Her"},
		{"comment inside", `{"@type":"Review", /* who */ "name":"Her"}`, "Review.name", "Her"},
		{"entities", `{"@type":"Review","name":"Tom &amp; Ada&#8217;s"}`, "Review.name", "Tom & Ada’s"},
		{"escaped quotes", `{&quot;@type&quot;:&quot;Review&quot;,&quot;name&quot;:&quot;Her&quot;}`, "Review.name", "Her"},
		{"quotes inside", `{"@type":"Review","name":"He said "no" to it","author":"Ada"}`, "Review.author", "Ada"},
		{"unicode escapes", `{"@type":"Review","name":"T\u00e1r \ud83c\udfac"}`, "Review.name", "Tár 🎬"},
		{"cut off", `{"@type":"Review","name":"Her","author":{"@type":"Person","name":"Ada"`, "Review.author.name", "Ada"},
		{"two values", `{"@type":"WebSite"}{"@type":"Review","name":"Her"}`, "Review.name", "Her"},
		{"semicolon", `{"@type":"Review","name":"Her"};`, "Review.name", "Her"},
		{"unquoted keys", `{@type:"Review",name:"Her"}`, "Review.name", "Her"},
		{"null", `{"@type":"Review","name":null}`, "Review.name", ""},
		{"text", `hello`, "Review.name", ""},
		{"empty", ``, "Review.name", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var l linked
			for _, v := range decodeLD([]string{tt.in}) {
				l.add(v, "ld", 0)
			}
			if got := l.lookup(tt.path); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLinkedBounds(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 100000)
	wide := `{"@type":"x","l":[` + strings.Repeat(`{"@type":"y"},`, 100000) + `]}`
	for _, s := range []string{deep, wide, strings.Repeat("[", 1<<19), strings.Repeat(`"`, 1<<19)} {
		var l linked
		for _, v := range decodeLD([]string{s}) {
			l.add(v, "ld", 0)
		}
		if len(l.items) > maxLinkedItems {
			t.Errorf("%d items", len(l.items))
		}
		l.lookup("x.l.y")
	}
}

func FuzzLinked(f *testing.F) {
	for _, s := range []string{`{"@type":"Review","itemReviewed":{"@type":"Movie","name":"Her"}}`, `[{"@graph":[{"@id":"#a"},{"@id":"#a","x":{"@id":"#a"}}]}]`, `{"a":"\ud83c\u0041","b":[1,2,{}],}`, "//<![CDATA[\n{x:y}//]]>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var l linked
		for _, v := range decodeLD([]string{s}) {
			l.add(v, "ld", 0)
		}
		l.lookup("Review.itemReviewed.name")
		l.lookup("Article.author.author.author")
		for i := range l.items {
			l.texts(l.items[i].object, "x.x.x")
		}
	})
}

func TestByline(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"Jane Doe", "Jane Doe"},
		{"By Jane Doe", "Jane Doe"},
		{"by Jane Doe", "Jane Doe"},
		{"Posted by Jane Doe on June 5, 2014", "Jane Doe"},
		{"Written by Jane Doe | June 5, 2014", "Jane Doe"},
		{"Review by Jane Doe", "Jane Doe"},
		{"By Jane Doe, Film Critic", "Jane Doe"},
		{"by Jane Doe June 5, 2014", "Jane Doe"},
		{"By Jane Doe and John Roe", "Jane Doe and John Roe"},
		{"Von Jana Müller", "Jana Müller"},
		{"Kritik von Jana Müller am 5. Juni 2014", "Jana Müller"},
		{"Par Élodie Martin", "Élodie Martin"},
		{"Publié par Élodie Martin le 5 juin 2014", "Élodie Martin"},
		{"Por José Núñez", "José Núñez"},
		{"Escrito por José Núñez", "José Núñez"},
		{"Di Anna Rossi", "Anna Rossi"},
		{"Door Jan de Vries", "Jan de Vries"},
		{"Av Astrid Berg", "Astrid Berg"},
		{"View all posts by Jane Doe", "Jane Doe"},
		{"View all of Jane Doe's posts.", "Jane Doe"},
		{"Byron Bay", "Byron Bay"},
		{"Diana Ross", "Diana Ross"},
		{"M. J. Petersen", "M. J. Petersen"},
		{"J.R.", "J.R."},
		{"Vonnegut", "Vonnegut"},
		{"June 5, 2014", ""},
		{"jane@site.example", ""},
		{"https://site.example/", ""},
		{"Posted by", ""},
		{"She writes. She reads. She naps.", ""},
		{"3 min read", ""},
		{"", ""},
	} {
		if got, _ := byline(tt.in); got != tt.want {
			t.Errorf("byline(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// readFacts reads a page whose head and article are given.
func readFacts(t *testing.T, address, head, article string) *Review {
	t.Helper()
	root, err := Parse([]byte("<!doctype html><html lang=en><head>" + head + "</head><body><header><a href=/>The Reel</a></header>" + article + "<footer>© 2026 The Reel</footer></body></html>"))
	if err != nil {
		t.Fatal(err)
	}
	rev, _ := NewReader(nil).Read(Input{URL: address, Root: root})
	return rev
}

func TestAuthorAndDateOnPages(t *testing.T) {
	const at = "https://reel.example/her/"
	tests := []struct {
		name, head, article string
		author, date        string
	}{
		{"json-ld", `<script type="application/ld+json">{"@type":"BlogPosting","author":{"@type":"Person","name":"Jane Doe"},"datePublished":"2014-01-10T12:00:00+02:00","dateModified":"2015-01-01"}</script>`,
			"<article><h1>Her</h1>" + prose + "</article>", "Jane Doe", "2014-01-10T12:00:00+02:00"},
		{"admin in data, a person on the page", `<script type="application/ld+json">{"@type":"BlogPosting","author":{"@type":"Person","name":"admin"}}</script>`,
			"<article><h1>Her</h1><p class=byline>By Jane Doe</p>" + prose + "</article>", "Jane Doe", ""},
		{"admin only", "", "<article><h1>Her</h1><span class=author>admin</span>" + prose + "</article>", "admin", ""},
		{"the site's name in data", `<meta property=og:site_name content="The Reel"><script type="application/ld+json">{"@type":"Article","author":{"@type":"Organization","name":"The Reel"}}</script>`,
			"<article><h1>Her</h1><a rel=author href=/a/jane>Jane Doe</a>" + prose + "</article>", "Jane Doe", ""},
		{"rel author and time", "", "<article><h1>Her</h1><a rel=author href=/a/jane>Jane Doe</a> <time datetime='2014-01-10T09:30:00-05:00'>Jan 10</time>" + prose + "</article>", "Jane Doe", "2014-01-10T09:30:00-05:00"},
		{"hentry", "", "<article class=hentry><h1 class=entry-title>Her</h1><div class=entry-meta><span class='author vcard'><a class='url fn n' href=/a/>Jane Doe</a></span> <time class='entry-date published' datetime='2014-01-10'>x</time><time class=updated datetime='2016-02-02'>y</time></div>" + prose + "</article>", "Jane Doe", "2014-01-10"},
		{"microdata", "", "<article itemscope itemtype='https://schema.org/BlogPosting'><h1 itemprop=headline>Her</h1><span itemprop=author itemscope itemtype='https://schema.org/Person'><span itemprop=name>Jane Doe</span></span><meta itemprop=datePublished content='2014-01-10'>" + prose + "</article>", "Jane Doe", "2014-01-10"},
		{"meta", "<meta name=author content='Jane Doe'><meta property='article:published_time' content='2014-01-10T12:00:00Z'><meta property='article:modified_time' content='2016-01-10T12:00:00Z'>", "<article><h1>Her</h1>" + prose + "</article>", "Jane Doe", "2014-01-10T12:00:00Z"},
		{"line of particulars", "", "<div class=post><h1>Her</h1><div class=meta>Jan 10, 2014 · 4 min · Jane Doe</div>" + prose + "</div>", "Jane Doe", "2014-01-10"},
		{"line with by", "", "<div class=post><h1>Her</h1><p class=post-meta>written by Jane Doe on 10 January 2014</p>" + prose + "</div>", "Jane Doe", "2014-01-10"},
		{"byline without classes", "", "<div><h1>Her</h1><p>By Jane Doe</p><p>January 10, 2014</p>" + prose + "</div>", "Jane Doe", "2014-01-10"},
		{"block author", "", "<article><h1>Her</h1><div class=wp-block-post-author><p class=wp-block-post-author__name>Jane Doe</p></div><div class=wp-block-post-date><time datetime='2014-01-10T12:00:00+00:00'>x</time></div>" + prose + "</article>", "Jane Doe", "2014-01-10T12:00:00Z"},
		{"a comment's", "", "<article><h1>Her</h1>" + prose + "</article><ol class=comments><li class=comment><cite class=fn>Big Al</cite><time datetime='2019-01-01'>x</time><p>Nice one.</p></li></ol>", "", ""},
		{"a related post's", "", "<article><h1>Her</h1>" + prose + "</article><div class=related-posts><a href=/ida/>Ida</a> <time datetime='2019-01-01'>x</time> <span class=author>Big Al</span></div>", "", ""},
		{"in the text", "", "<article><h1>Her</h1><div class=entry-content>" + prose + "<p>On March 3, 2011 the cameras rolled for the first time, says the producer, who was there with a thermos.</p></div></article>", "", ""},
		{"german", "", "<article><h1>Her</h1><p class=byline>Von Jana Müller am 10. Januar 2014</p>" + prose + "</article>", "Jana Müller", "2014-01-10"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rev := readFacts(t, at, tt.head, tt.article)
			date := ""
			if !rev.Published.Value.IsZero() {
				date = rev.Published.Value.Format(time.RFC3339)
				if rev.Published.DateOnly {
					date = rev.Published.Value.Format(time.DateOnly)
				}
			}
			if rev.Author.Value != tt.author || date != tt.date {
				t.Errorf("got %q %s, want %q %s (%+v, %+v)", rev.Author.Value, date, tt.author, tt.date, rev.Author, rev.Published)
			}
		})
	}
	rev := readFacts(t, "https://reel.example/2014/01/her/", "", "<article><h1>Her</h1>"+prose+"</article>")
	if rev.Published.Value.Format(time.DateOnly) != "2014-01-01" || rev.Published.From != "url" || rev.Published.Confidence > 0.5 {
		t.Errorf("date of the address: %+v", rev.Published)
	}
}

func TestFilmOnPages(t *testing.T) {
	tests := []struct {
		name, head, article string
		want                string
		year                int
		director            string
	}{
		{"data", `<script type="application/ld+json">{"@type":"Review","itemReviewed":{"@type":"Movie","name":"Her","dateCreated":"2013-12-18","director":{"@type":"Person","name":"Spike Jonze"}}}</script>`,
			"<article><h1>Love and wires</h1>" + prose + "</article>", "Her", 2013, "Spike Jonze"},
		{"fact table", "", "<article><h1>Love and wires</h1><table><tr><th>Title</th><td>Her</td></tr><tr><th>Year</th><td>2013</td></tr><tr><th>Director</th><td>Spike Jonze</td></tr></table>" + prose + "</article>", "Her", 2013, "Spike Jonze"},
		{"fact list", "", "<article><h1>Love and wires</h1><dl><dt>Film</dt><dd>Her</dd><dt>Directed by</dt><dd>Spike Jonze</dd><dt>Released</dt><dd>18 December 2013</dd></dl>" + prose + "</article>", "Her", 2013, "Spike Jonze"},
		{"fact line", "", "<article><h1>Her</h1><p><b>Director:</b> Spike Jonze | <b>Starring:</b> Ida Wood | <b>Year:</b> 2013</p>" + prose + "</article>", "Her", 2013, "Spike Jonze"},
		{"fact line in german", "", "<article><h1>Her</h1><p>Regie: Spike Jonze, Drehbuch: Spike Jonze, Jahr: 2013</p>" + prose + "</article>", "Her", 2013, "Spike Jonze"},
		{"italics", "", "<article><h1>A long winter</h1>" + prose + "<p>In <em>Ida</em> nobody talks. <em>Ida</em> is short. But <em>Ida</em> stays.</p></article>", "Ida", 0, ""},
		{"caption", "", "<article><h1>Ida</h1><figure><img src=/a.jpg width=640><figcaption>Ida Wood in Ida (2013)</figcaption></figure><p>Ida is short.</p>" + prose + "</article>", "Ida", 2013, ""},
		{"slug and tags", "", "<article><h1>Love and wires: Her</h1>" + prose + "<p class=tags><a rel=tag href=/tag/her/>Her</a></p></article>", "Her", 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rev := readFacts(t, "https://reel.example/reviews/x/", tt.head, tt.article)
			f := rev.Film
			if f.Title.Value != tt.want || f.Year.Value != tt.year || f.Director.Value != tt.director {
				t.Errorf("got %+v", f)
			}
		})
	}
}

func TestKind(t *testing.T) {
	short := strings.Repeat("<p>We keep as little as we can, and what we keep is yours to delete; ask and it will be done within a week.</p>", 2)
	news := "<p>The festival has announced its programme: eighteen films compete, and tickets go on sale on Thursday, organisers said.</p><p>The opening gala is on the waterfront. The full schedule will be unveiled next month, according to a spokesperson.</p>"
	tests := []struct {
		name, address, head, title, body string
		want                             Kind
	}{
		{"plain", "/her/", "", "Her (2013)", prose + more, KindReview},
		{"a film called Contact", "/2019/05/contact/", "", "Contact (1997)", "<p>Contact is a film about listening.</p>" + prose + more, KindReview},
		{"a film called The Interview", "/reviews/the-interview/", "", "The Interview", "<p>The Interview is crude.</p>" + prose + more, KindReview},
		{"about", "/about/", "", "About", short, KindAbout},
		{"privacy", "/privacy-policy/", "", "Privacy Policy", short, KindAbout},
		{"how we rate", "/how-we-rate/", "", "How we rate", "<p>★★★★★ is the best film of the year, ★★★★ is worth the fare, ★★★ is for a rainy day.</p>" + short, KindAbout},
		{"news", "/2019/05/line-up/", "", "Festival line-up announced", news, KindNews},
		{"casting", "/2019/05/ada/", "", "Ada Brand joins Eva Moss’s next project", "<p>Ada Brand has signed on to star in the next film by Eva Moss, according to a person with knowledge of the deal.</p><p>No release date has been announced.</p>", KindNews},
		{"trailer", "/2019/05/trailer/", "", "Watch the trailer for Her", "<p>The distributor has released a trailer for Her. Have a look below.</p>", KindTrailer},
		{"interview", "/2019/05/eva/", "", "Interview: Eva Moss on her new film", "<p>How did the film begin?</p><p>With a camera and a bad winter, she says; the script came later, in a kitchen.</p><p>And the cast?</p><p>They came to me.</p><p>What is next?</p><p>A comedy.</p>" + prose, KindInterview},
		{"list", "/2019/12/best/", "", "The 10 best films of 2019", prose, KindList},
		{"book", "/2019/05/book/", "", "Book review: a life of Eva Moss", "<p>This new biography runs to six hundred pages and reads like three hundred. The author has been through the letters.</p><p>An index would have been welcome. 4/5</p>", KindOther},
		{"book in data", "/2019/05/book/", `<script type="application/ld+json">{"@type":"Review","itemReviewed":{"@type":"Book","name":"Lamps"},"reviewRating":{"ratingValue":4}}</script>`, "Lamps", "<p>Lamps is a novel in four parts, and the third is the best of them; the prose is plain and the people are not.</p>" + short, KindOther},
		{"a product", "/phones/x/", "", "Phone X review", "<p>The Phone X has a bright screen and a battery that lasts two days; the camera is good in daylight. We tested it for a week.</p><p>Its price is high. 4/5</p>" + short, KindOther},
		{"podcast", "/2019/05/ep/", "", "Podcast episode 12: popcorn", "<p>This week the gang talks about concession prices. Subscribe wherever you get your podcasts.</p>", KindNews},
		{"a recipe", "/soup/", "", "Onion soup", "<p>Cut the onions, and cook them in butter for an hour at the lowest heat that you have, stirring now and then.</p>" + short, KindOther},
		{"roundup", "/2019/05/fest/", "", "Festival diary: three films by the lake", "<h2>Ida (Eva Moss, 2019)</h2>" + prose + "<h2>Lamps (Ada Brand, 2019)</h2>" + more + "<h2>Wires (Tom Vale, 2018)</h2><p>The last film of the day is a documentary.</p>", KindRoundup},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rev := readFacts(t, "https://reel.example"+tt.address, tt.head, "<article><h1>"+tt.title+"</h1><div class=entry-content>"+tt.body+"</div></article>")
			if rev.Kind != tt.want {
				t.Errorf("got %s, want %s: %s", rev.Kind, tt.want, strings.Join(rev.Why, "; "))
			}
			if len(rev.Why) == 0 {
				t.Error("no reasons given")
			}
		})
	}
}

func TestLanguage(t *testing.T) {
	for _, tt := range []struct{ want, said, text string }{
		{"en", "", "The film is better than it looks, and the actors are better than the film; nobody in it raises a voice, and all of them are heard."},
		{"de", "en-US", "Der Film ist besser, als er aussieht, und die Schauspieler sind besser als der Film; niemand erhebt die Stimme, und doch hört man alle."},
		{"fr", "en", "Le film est meilleur qu’il n’en a l’air, et les acteurs sont meilleurs que le film ; personne n’élève la voix, et on les entend tous."},
		{"es", "en", "La película es mejor de lo que parece, y los actores son mejores que la película; nadie levanta la voz, pero a todos se les oye."},
		{"it", "", "Il film è migliore di quanto sembri, e gli attori sono migliori del film; nessuno alza la voce, ma tutti si sentono."},
		{"pt", "", "O filme é melhor do que parece, e os atores são melhores do que o filme; ninguém levanta a voz, mas todos são ouvidos."},
		{"nl", "", "De film is beter dan hij eruitziet, en de acteurs zijn beter dan de film; niemand verheft zijn stem, en toch hoor je ze allemaal."},
		{"sv", "", "Filmen är bättre än den ser ut, och skådespelarna är bättre än filmen; ingen höjer rösten, men alla hörs ändå."},
		{"pl", "", "Film jest lepszy, niż się wydaje, a aktorzy są lepsi od filmu; nikt nie podnosi głosu, a jednak wszystkich słychać."},
		{"ru", "", "Фильм лучше, чем кажется, а актёры лучше фильма; никто не повышает голоса, и всё же слышно каждого."},
		{"ja", "", "この映画は見た目よりもよくできていて、俳優たちは映画よりもさらにすばらしい。誰も声を荒げない。"},
		{"en", "en", "Great."},
		{"", "", ""},
	} {
		if got := language([]string{tt.text}, tt.said); got != tt.want {
			t.Errorf("%.30q: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestLabelsImageAndSpoilers(t *testing.T) {
	rev := readFacts(t, "https://reel.example/2014/01/10/her/", "<meta property=og:image content=/img/lead.jpg>",
		"<article class=post><h1>Her</h1><div class=entry-content><p>Spoilers ahead!</p>"+prose+"</div><footer><a rel='category tag' href=/category/reviews/>Reviews</a> <a rel=tag href=/tag/romance/>romance</a> <a rel=tag href=/tag/ai/>#AI</a></footer></article>"+
			"<aside class=sidebar><a href=/category/news/>News</a><a rel=tag href=/tag/horror/>horror</a></aside>")
	if diff := cmp.Diff([]string{"Reviews"}, rev.Categories); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"romance", "AI"}, rev.Tags); diff != "" {
		t.Error(diff)
	}
	if rev.Image != "https://reel.example/img/lead.jpg" {
		t.Errorf("image %q", rev.Image)
	}
	if !rev.Spoilers {
		t.Error("no spoiler flag")
	}
	if rev := readFacts(t, "https://reel.example/her/", "", "<article><h1>Her: a spoiler-free review</h1>"+prose+"</article>"); rev.Spoilers {
		t.Error("spoiler flag on a page without")
	}
}

func FuzzFacts(f *testing.F) {
	f.Add("Her ★★★★☆", prose)
	f.Add("‘Her’ review", `<script type="application/ld+json">{"@type":"Review","reviewRating":4}</script><div itemscope itemtype=x><b itemprop=author>y</b></div>`)
	f.Fuzz(func(t *testing.T, head, body string) {
		root, err := Parse([]byte("<title>" + head + "</title><article><h1>" + head + "</h1>" + body + "</article>"))
		if err != nil {
			return
		}
		rev, err := NewReader(nil).Read(Input{URL: "https://reel.example/2014/x/", Root: root})
		if rev == nil {
			return
		}
		if r := rev.Rating; r != nil {
			if n, ok := r.Normalised(); ok && (n < 0 || n > 1) {
				t.Errorf("%+v", r)
			}
		}
		if y := rev.Film.Year.Value; y != 0 && (y < minFilmYear || y > maxDateYear) {
			t.Errorf("year %d", y)
		}
		_ = err
	})
}

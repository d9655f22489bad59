package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"cinecrawl/configs"
	"cinecrawl/crawler"
	"cinecrawl/storage"
)

// blog is a site of WordPress whose pages and archive say the same, each in its own form.
type blog struct {
	*faulty
	posts []blogPost
	asked []string          // paths and queries
	api   http.Header       // of the archive's answers, beside its own
	files map[string]string // by path, beside its own
}

type blogPost struct {
	path, title, content, head string
	changed                    time.Time
	more                       map[string]any // of its answer
}

func newBlog(t *testing.T, posts int) *blog {
	b := &blog{faulty: newFaulty(t, nil), api: http.Header{}, files: map[string]string{}}
	b.memory += 2 << 30 // a thousand pages are read, at about a megabyte each; under the race detector pools forget a part of what they hold
	b.cfg.TDMRep = true
	for i := range posts {
		b.add(i)
	}
	b.server.Config.Handler = b
	b.start()
	b.site.Posts = true
	return b
}

func (b *blog) add(i int) *blogPost {
	words := rand.New(rand.NewPCG(uint64(i), 7)) // no two reviews are alike
	var text strings.Builder
	for range 5 {
		text.WriteString("<p>The film takes its time&#8212;")
		for _, small := range []string{"it is", "and", "in the", "of a", "that was", "with her", "and the", "to be"} {
			for range 3 {
				text.WriteString(farmWords[words.IntN(len(farmWords))] + " ")
			}
			text.WriteString(small + " <em>" + farmWords[words.IntN(len(farmWords))] + "</em> ")
		}
		text.WriteString("&amp; on the boat.</p>\n")
	}
	b.posts = append(b.posts, blogPost{path: fmt.Sprintf("/2020/05/film-number-%d/", i), title: fmt.Sprintf("Review: Film Number %d &#038; Sons (2019)", i),
		content: "<blockquote><p>We never left the island.</p></blockquote>\n" + text.String() +
			`<figure class="wp-caption"><img src="/x.jpg"><figcaption class="wp-caption-text">The boat</figcaption></figure>` + "\n<p>Rating: 4/5</p>\n",
		changed: time.Date(2020, 5, i%28+1, i%24, 0, 0, 0, time.UTC)})
	return &b.posts[len(b.posts)-1]
}

func (b *blog) edit(i int) {
	b.posts[i].changed = time.Now().Add(time.Minute).UTC()
	b.posts[i].content = strings.Replace(b.posts[i].content, "on the boat", "on the new boat", 1)
}

// ServeHTTP is called for one request at a time, as a host is asked.
func (b *blog) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.asked = append(b.asked, r.URL.RequestURI())
	berlin := time.FixedZone("", 2*3600)
	if body, ok := b.files[r.URL.Path]; ok {
		fmt.Fprint(w, body)
		return
	}
	switch p := r.URL.Path; p {
	case "/robots.txt":
		fmt.Fprint(w, "User-agent: *\nDisallow: /private/\nContent-Signal: search=yes\nSitemap: /sitemap.xml\n")
	case "/sitemap.xml":
		fmt.Fprint(w, "<urlset>")
		for _, p := range b.posts {
			fmt.Fprintf(w, "<url><loc>http://%s%s</loc><lastmod>%s</lastmod></url>", r.Host, p.path, p.changed.Format(time.RFC3339))
		}
		fmt.Fprint(w, "</urlset>")
	case "/feed/":
		w.Header().Set("Content-Type", "application/rss+xml")
		fmt.Fprint(w, `<rss version="2.0"><channel><title>Films</title>`)
		for _, p := range b.posts[max(0, len(b.posts)-10):] {
			fmt.Fprintf(w, "<item><link>http://%s%s</link></item>", r.Host, p.path)
		}
		fmt.Fprint(w, "</channel></rss>")
	case "/":
		fmt.Fprint(w, `<!DOCTYPE html><html lang="en"><head><title>Dry Dock</title><link rel="https://api.w.org/" href="/wp-json/">
			<link rel="alternate" type="application/rss+xml" href="/feed/"></head><body class="home blog"><h1>Reviews</h1><ul>`)
		for _, p := range b.posts[max(0, len(b.posts)-10):] {
			fmt.Fprintf(w, `<li><a href="%s">%s</a></li>`, p.path, p.title)
		}
		fmt.Fprint(w, `</ul></body></html>`)
	case "/wp-json/wp/v2/posts":
		latest := slices.SortedStableFunc(slices.Values(b.posts), func(a, b blogPost) int { return b.changed.Compare(a.changed) })
		page, err := strconv.Atoi(r.URL.Query().Get("page"))
		if err != nil || (page-1)*100 >= len(latest) {
			http.Error(w, `{"code":"rest_post_invalid_page_number","data":{"status":400}}`, http.StatusBadRequest)
			return
		}
		fields := strings.Split(r.URL.Query().Get("_fields"), ",")
		var list []map[string]any
		for _, p := range latest[(page-1)*100 : min(page*100, len(latest))] {
			const form = "2006-01-02T15:04:05"
			written := time.Date(2020, 5, 17, 22, 30, 0, 0, time.UTC) // the next day in Berlin
			post := map[string]any{"id": 7, "link": "http://" + r.Host + p.path, "date": written.In(berlin).Format(form), "date_gmt": written.Format(form),
				"modified": p.changed.In(berlin).Format(form), "modified_gmt": p.changed.Format(form), "title": map[string]any{"rendered": p.title},
				"content": map[string]any{"rendered": p.content, "protected": false}, "class_list": []string{"post-7", "category-reviews"},
				"_embedded": map[string]any{"author": []any{map[string]any{"name": "Ada Field"}}}}
			if p.head != "" {
				post["yoast_head"] = p.head
			}
			for key, value := range p.more {
				post[key] = value
			}
			for key := range post {
				if !slices.Contains(fields, key) {
					delete(post, key)
				}
			}
			list = append(list, post)
		}
		for key, values := range b.api {
			w.Header()[key] = values
		}
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		w.Header().Add("X-Robots-Tag", "noindex")
		w.Header().Set("Link", `<http://`+r.Host+`/wp-json/>; rel="https://api.w.org/"`)
		w.Header().Set("ETag", `"the archive"`)
		w.Header().Set("X-WP-TotalPages", fmt.Sprint((len(latest)+99)/100))
		json.NewEncoder(w).Encode(list)
	default:
		i := slices.IndexFunc(b.posts, func(post blogPost) bool { return post.path == p })
		if i < 0 {
			http.NotFound(w, r)
			return
		}
		post := b.posts[i]
		fmt.Fprintf(w, `<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8">%s<meta name="generator" content="WordPress 6.4">
<link rel="canonical" href="http://%s%s"><link rel="https://api.w.org/" href="/wp-json/"></head><body class="single single-post">
<header><a href="/">Dry Dock</a><p>Two sisters go to the cinema</p></header><main><article id="post-7" class="post-7 post hentry category-reviews"><header class="entry-header">
<h1 class="entry-title">%s</h1><div class="entry-meta">By <span class="author vcard"><a class="url fn n" href="/author/ada/">Ada Field</a></span>
<time class="entry-date published" datetime="2020-05-18T00:30:00+02:00">18 May 2020</time></div></header><div class="entry-content">%s</div>
<footer class="entry-footer">Posted in <a rel="category tag" href="/category/reviews/">Reviews</a></footer></article>
<nav class="post-navigation"><a rel="prev" href="%s">The one before</a></nav></main><aside><h2>Lately</h2><ul><li><a href="/">All reviews</a></li></ul></aside></body></html>`,
			cmp.Or(post.head, "<title>"+post.title+" – Dry Dock</title>"), r.Host, post.path, post.title, post.content, b.posts[max(i-1, 0)].path)
	}
}

// again crawls and gives what was asked for.
func (b *blog) again() []string {
	b.t.Helper()
	b.asked = nil
	b.crawl()
	return b.asked
}

// run gives the last run of the site.
func (b *blog) run() storage.Run {
	b.t.Helper()
	st := openStore(b.t, b.db)
	defer st.Close()
	runs, err := st.Runs(b.t.Context(), "faulty", 1)
	if err != nil {
		b.t.Fatal(err)
	}
	return runs[0]
}

// readings gives what is stored of each review, by URL: its values and its text.
func (b *blog) readings() map[string]string {
	b.t.Helper()
	st := openStore(b.t, b.db)
	defer st.Close()
	got := map[string]string{}
	if err := st.Records(b.t.Context(), storage.Filter{}, func(r *storage.Record) error {
		day := r.Review.Published.Value.Format(time.RFC3339)
		got[r.Review.URL] = fmt.Sprintf("revision %d\n%s\n%s%s", r.Revision, day, values(r.Review), storage.Text(r.Review))
		return nil
	}); err != nil {
		b.t.Fatal(err)
	}
	return got
}

// A site of 1,000 posts is read whole from its archive with ten requests and a few, and says what its pages say. Asked again after 10
// posts were added and 5 edited, it costs a few, and all 15 are found.
func TestWholePosts(t *testing.T) {
	posts := 1000
	if testing.Short() {
		posts = 250
	}
	b := newBlog(t, posts)
	first := b.again()
	t.Logf("%d requests for %d posts", len(first), posts)
	if most := posts/100 + 8; len(first) > most { // "/", robots.txt, tdmrep.json, sitemap, feed
		t.Errorf("%d requests, want %d at most: %q", len(first), most, first)
	}
	got := b.readings()
	if len(got) != posts {
		t.Fatalf("%d reviews", len(got))
	}
	if r := b.run(); r.Counts.New != posts || r.Counts.Fetched >= len(first) || r.Counts.Queued != 0 {
		t.Errorf("%+v", r.Counts)
	}

	db := b.db
	b.site.Posts, b.db = false, t.TempDir()+"/pages.db"
	pages := b.again()
	t.Logf("%d requests by pages", len(pages))
	if d := gocmp.Diff(b.readings(), got); d != "" {
		t.Errorf("-pages +archive:\n%.4000s", d)
	}

	b.site.Posts, b.db = true, db
	for i := range 10 {
		b.add(posts + i).changed = time.Now().Add(time.Minute).UTC()
	}
	for i := 20; i < posts; i += posts / 5 {
		b.edit(i)
	}
	second := b.again()
	t.Logf("%d requests for what is new", len(second))
	if len(second) > 10 || slices.ContainsFunc(second, func(p string) bool { return strings.HasPrefix(p, "/2020/") }) {
		t.Errorf("asked for %q", second)
	}
	if r := b.run(); r.Counts.New != 10 || r.Counts.Changed != 5 {
		t.Errorf("%+v", r.Counts)
	}
}

// What the archive does not have whole is asked for as a page, and what a publisher says of a page holds.
func TestPostsLeftToPages(t *testing.T) {
	b := newBlog(t, 8)
	was := func(i int, rendered string, protected bool) map[string]any {
		return map[string]any{"content": map[string]any{"rendered": cmp.Or(rendered, b.posts[i].content), "protected": protected}}
	}
	b.posts[0].more = was(0, "", true)
	b.posts[1].more = was(1, "<p>\n</p>", false)
	b.posts[2].more = was(2, b.posts[2].content+`<p><a class="more-link" href="#">Go on</a></p>`, false)
	b.posts[3].more = was(3, b.posts[3].content+`<p>And so it ends [&hellip;]</p>`, false)
	b.posts[4].path = "/private/diary/"
	b.posts[5].head = "<title>Film</title><meta name='robots' content='noindex, follow' />"
	b.posts[6].more = map[string]any{"class_list": map[string]any{"1": "post"}, "_embedded": map[string]any{"author": []any{map[string]any{"code": "rest_user_invalid_id"}}}}
	asked := b.again()
	pages := slices.Sorted(slices.Values(slices.DeleteFunc(asked, func(p string) bool { return !strings.HasPrefix(p, "/2020/") && !strings.HasPrefix(p, "/private/") })))
	want := []string{b.posts[0].path, b.posts[1].path, b.posts[2].path, b.posts[3].path}
	if !slices.Equal(pages, want) {
		t.Errorf("asked for %q, want %q", pages, want)
	}
	b.check(6, map[string]crawler.Outcome{b.posts[0].path: crawler.Reviewed, b.posts[4].path: crawler.Disallowed, b.posts[5].path: crawler.NoIndex,
		b.posts[6].path: crawler.Reviewed, b.posts[7].path: crawler.Reviewed})
	st := openStore(t, b.db)
	defer st.Close()
	for path, via := range map[string]bool{b.posts[0].path: false, b.posts[7].path: true} {
		snap, err := st.SnapshotByURL(t.Context(), b.server.URL+path)
		if err != nil || (snap.Page.Via != "") != via || via && !strings.HasPrefix(snap.Page.Via, b.server.URL+"/wp-json/wp/v2/posts?") {
			t.Errorf("%s: %v, via %q", path, err, snap.Page.Via)
		}
	}
	if _, err := st.SnapshotByURL(t.Context(), b.server.URL+b.posts[5].path); err == nil {
		t.Error("a copy is kept of a post that asks not to be indexed")
	}
	task, err := st.TaskByURL(t.Context(), b.server.URL+b.posts[7].path)
	if err != nil || task.ETag != "" {
		t.Errorf("%v, the archive's ETag is taken for the post's: %q", err, task.ETag)
	}
}

// What host and archive say about reuse is recorded of every post.
func TestPostsReuse(t *testing.T) {
	b := newBlog(t, 1)
	b.api.Set("Tdm-Policy", "https://films.example/policy")
	b.files["/.well-known/tdmrep.json"] = `[{"location": "/2020/", "tdm-reservation": 1}]`
	b.crawl()
	st := openStore(t, b.db)
	defer st.Close()
	task, err := st.TaskByURL(t.Context(), b.server.URL+b.posts[0].path)
	if err != nil {
		t.Fatal(err)
	}
	want := []crawler.Signal{{Name: crawler.TDMPolicy, Value: "https://films.example/policy", From: "header Tdm-Policy"},
		{Name: crawler.ContentSignal, Value: "search=yes", From: "robots.txt line 3"}, {Name: crawler.TDMReservation, Value: "1", From: "tdmrep.json"}}
	if d := gocmp.Diff(want, task.Signals); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

// A publisher who says more to all with X-Robots-Tag than WordPress does is asked for pages.
func TestPostsOfGuardedArchive(t *testing.T) {
	b := newBlog(t, 3)
	b.api.Add("X-Robots-Tag", "noarchive")
	b.crawl()
	for _, p := range b.posts {
		if !slices.Contains(b.asked, p.path) {
			t.Errorf("%s was not asked for", p.path)
		}
	}
}

// A page and its twin in the archive are one review: whoever turns to the archive gets no new revision but of what was rewritten, and
// may turn back.
func TestPostsAfterPages(t *testing.T) {
	b := newBlog(t, 12)
	b.site.Posts = false
	b.posts[3].head = `<meta name="robots" content="noarchive">`
	b.crawl()
	before := b.readings()
	if len(before) != 12 {
		t.Fatalf("%d reviews", len(before))
	}
	pages := func(asked []string) []string {
		return slices.DeleteFunc(asked, func(p string) bool { return !strings.HasPrefix(p, "/2020/") })
	}

	b.site.Posts = true
	asked := b.again()
	if n := slices.IndexFunc(asked, func(p string) bool { return strings.HasSuffix(p, crawler.ChangeFields) }); n >= 0 {
		t.Errorf("the archive is asked in both forms: %q", asked)
	}
	if got := pages(asked); len(got) > 0 {
		t.Errorf("asked for %q", got)
	}
	if d := gocmp.Diff(before, b.readings()); d != "" {
		t.Errorf("-before +after:\n%s", d)
	}

	// Another date of change is no other text. Of the page that wants no copy the archive is no way around that.
	b.posts[1].changed, b.posts[3].changed, b.posts[3].head = time.Now().Add(time.Minute).UTC(), time.Now().Add(time.Minute).UTC(), ""
	if got := pages(b.again()); !slices.Equal(got, []string{b.posts[3].path}) {
		t.Errorf("asked for %q", got)
	}
	if d := gocmp.Diff(before, b.readings()); d != "" {
		t.Errorf("-before +after:\n%s", d)
	}

	b.site.Posts = false
	if asked := b.again(); slices.ContainsFunc(asked, func(p string) bool { return strings.HasSuffix(p, crawler.PostFields) }) {
		t.Errorf("whole posts are asked for still: %q", asked)
	}
	b.check(12, nil)
}

// Posts that are due again, changed or not, are seen in the archive, all pages of which are then asked for. A wider scope takes their
// links.
func TestPostsDueAgain(t *testing.T) {
	b := newBlog(t, 130)
	b.posts[7].content += `<p><a href="/essays/one/">An essay</a></p>`
	b.files["/essays/one/"] = "<p>An essay.</p>"
	b.site.Deny = []*regexp.Regexp{regexp.MustCompile("^/essays/")}
	b.cfg.Now = past // the site's pages are due after an hour
	b.crawl()
	b.cfg.Now, b.site.Deny = nil, nil
	asked := b.again()
	lists := 0
	for _, p := range asked {
		if strings.HasPrefix(p, "/wp-json/") {
			lists++
		} else if strings.HasPrefix(p, "/2020/") {
			t.Errorf("asked for %s", p)
		}
	}
	if lists != 2 || !slices.Contains(asked, "/essays/one/") {
		t.Errorf("%d pages of the archive: %q", lists, asked)
	}
	if r := b.run(); r.Counts.Unchanged != 130 || r.Counts.Changed != 0 || r.Counts.Queued != 0 {
		t.Errorf("%+v", r.Counts)
	}
}

// A stored post is read again like a page, and it is said where it is from.
func TestPostsReread(t *testing.T) {
	b := newBlog(t, 4)
	b.crawl()
	before := b.readings()
	cfg, err := configs.Load("")
	if err != nil {
		t.Fatal(err)
	}
	st := openStore(t, b.db)
	defer st.Close()
	r := rereader{app: &app{now: time.Now, log: slog.New(slog.DiscardHandler)}, cfg: cfg, st: st}
	if err := r.site(t.Context(), "faulty"); err != nil {
		t.Fatal(err)
	}
	if r.sum.Unchanged != 4 || r.sum.Values != 0 || len(r.sum.Lost) > 0 {
		t.Errorf("%+v", r.sum)
	}
	if d := gocmp.Diff(before, b.readings()); d != "" {
		t.Errorf("-before +after:\n%s", d)
	}
	e, err := explain(t.Context(), cfg, st, b.server.URL+b.posts[0].path)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	e.write(&app{stdout: &out, now: time.Now})
	if want := "made of a post in the answer from " + b.server.URL + "/wp-json/wp/v2/posts?per_page=100&page=1&"; !strings.Contains(out.String(), want) {
		t.Errorf("no %q in\n%s", want, out.String())
	}
}

// An archive that spells its posts otherwise than the site's pages does not make two reviews of one: they are read under the name that
// stands for the site.
func TestPostsUnderAnotherName(t *testing.T) {
	for _, name := range []string{"http://example.com", "https://www.example.com", "https://example.com"} {
		f := newTrapped(t, nil, func(u *url.URL) string {
			switch {
			case u.Path == "/wp-json/wp/v2/posts":
				var list []string
				for _, film := range sixFilms {
					_, content, _ := strings.Cut(goodReview("The "+film), `<div class="entry-content">`)
					content, _, _ = strings.Cut(content, "</div>")
					list = append(list, fmt.Sprintf(`{"link":"%s/2020/05/the-%s/?utm_source=api","modified_gmt":"2020-05-17T10:00:00","title":{"rendered":"Review: The %[2]s (2019)"},"content":{"rendered":%q}}`,
						name, film, content))
				}
				return "[" + strings.Join(list, ",") + "]"
			case u.Scheme == "http" || u.Host != "example.com":
				return "->https://example.com" + u.RequestURI()
			}
			return strings.Replace(sixReviews(u, ""), "</head>", `<link rel="https://api.w.org/" href="/wp-json/"></head>`, 1)
		})
		f.site.Posts = true
		for range 2 {
			f.crawl()
		}
		f.holds(nil)
		st := openStore(t, f.db)
		defer st.Close()
		if err := st.Records(t.Context(), storage.Filter{}, func(r *storage.Record) error {
			if !strings.HasPrefix(r.Review.URL, "https://example.com/2020/05/the-") || r.Revision != 1 {
				t.Errorf("%s: %s, revision %d", name, r.Review.URL, r.Revision)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		pages := slices.ContainsFunc(f.log, func(u string) bool { return strings.Contains(u, "/2020/") })
		if pages == (name == "https://example.com") {
			t.Errorf("%s: asked for %q", name, f.log)
		}
	}
}

// A post that was edited shortly before it was last asked for is read again: that answer may have been older than the edit, for it came
// from a cache, or the clocks differ. One that says the same costs nothing and stays.
func TestPostsEditedBeforeAStaleAnswer(t *testing.T) {
	b := newBlog(t, 3)
	b.again()
	b.posts[0].changed = time.Now().Add(-10 * time.Second).UTC()
	b.posts[0].content = strings.Replace(b.posts[0].content, "on the boat", "on the new boat", 1)
	b.posts[1].changed = b.posts[0].changed
	b.again()
	if r := b.run(); r.Counts.Changed != 1 {
		t.Errorf("%+v", r.Counts)
	}
	b.again()
	if r := b.run(); r.Counts.Changed != 0 || r.Counts.Unchanged < 3 {
		t.Errorf("%+v", r.Counts)
	}
}

// A post that is larger than a page may be is none that is read.
func TestPostsHaveTheBoundOfPages(t *testing.T) {
	b := newBlog(t, 3)
	b.site.MaxBody = 20_000
	b.posts[1].content += strings.Repeat("<p>And so it goes, on and on.</p>\n", 1000)
	b.again()
	if got := b.readings(); len(got) != 2 {
		t.Errorf("%d reviews", len(got))
	}
	if !slices.Contains(b.asked, b.posts[1].path) {
		t.Errorf("asked for %q", b.asked)
	}
}

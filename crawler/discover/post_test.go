package discover

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cinecrawl/crawler"
)

func TestPostPage(t *testing.T) {
	const post = `{"link":"https://films.example/her/?a=1&b=2","date":"2024-05-18T00:30:00","date_gmt":"2024-05-17T22:30:00","title":{"rendered":"Her &#038; <em>Him</em>"},
		"content":{"rendered":"<p>All of it.</p>","protected":false}%s}`
	with := func(more string) string { return fmt.Sprintf(post, more) }
	content := func(html string) string { return strings.Replace(with(""), "<p>All of it.</p>", html, 1) }
	for _, tt := range []struct {
		name, post string
		want       []string // in the page; none if there is no page
		not        string
	}{
		{name: "plain", post: with(""), want: []string{"<html><head>", "<title>Her &#038; Him</title>", `<link rel="canonical" href="https://films.example/her/?a=1&amp;b=2">`,
			`<h1 class="entry-title">Her &#038; <em>Him</em></h1>`, `<time class="entry-date published" datetime="2024-05-18T00:30:00+02:00">`,
			`<article class="post type-post hentry">`, "<div class=\"entry-content\">\n<p>All of it.</p>\n</div>"}, not: "vcard"},
		{name: "author, classes and language", post: with(`,"class_list":["category-reviews","a\"b"],"lang":"de","_embedded":{"author":[{"id":1,"name":"Ada <Field>"}]}`),
			want: []string{`<html lang="de">`, `<article class="category-reviews a&#34;b post type-post hentry">`, `<span class="fn">Ada &lt;Field&gt;</span>`}},
		{name: "head of a plugin", post: with(`,"yoast_head":"<title>Her - Films</title><meta name='robots' content='noindex'><link rel='canonical' href='https://films.example/him/'>"`),
			want: []string{"<title>Her - Films</title>", "noindex", "him"}, not: "her/?a"},
		{name: "values of other forms", post: with(`,"class_list":{"1":"post"},"lang":7,"yoast_head":false,"_embedded":{"author":{"code":"rest_user_invalid_id"}}`),
			want: []string{"<p>All of it.</p>"}, not: "vcard"},
		{name: "no dates", post: strings.Replace(with(""), "2024-05-17T22:30:00", "0000-00-00T00:00:00", 1), want: []string{"All of it."}, not: "<time"},
		{name: "protected", post: strings.Replace(with(""), "false", "true", 1)},
		{name: "no content", post: `{"link":"https://films.example/her/","content":null}`},
		{name: "empty", post: content(`<p>\n&nbsp;</p><img src=x>`)},
		{name: "a link to more", post: content(`<p>All</p> <a href=\"https://films.example/her/#more-7\">Go on</a>`)},
		{name: "an excerpt", post: content(`<p>All of [&hellip;]</p>\n`)},
		{name: "shortcodes", post: content(`[vc_row][vc_column]All of it.[/vc_column][/vc_row]`)},
		{name: "brackets", post: content(`<p>All [of] it [sic] and/or [1]</p>`), want: []string{"[sic]"}},
	} {
		got := string(postPage([]byte(tt.post)))
		if (got == "") != (len(tt.want) == 0) || tt.not != "" && strings.Contains(got, tt.not) {
			t.Errorf("%s:\n%s", tt.name, got)
		}
		for _, want := range tt.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %s in\n%s", tt.name, want, got)
			}
		}
	}
}

func TestListWholePosts(t *testing.T) {
	const body = `[{"link":"https://films.example/her/","modified_gmt":"2024-05-17T22:30:00","content":{"rendered":"<p>Her.</p>"}},
		{"link":"https://films.example/him/","content":{"rendered":""}},{"link":"https://elsewhere.example/it/","content":{"rendered":"<p>It.</p>"}},
		{"link":"https://films.example/her/#more","content":{"rendered":"<p>Her again.</p>"}}]`
	for _, tt := range []struct {
		name, robots string
		off          bool
		want         []string
	}{
		{name: "what the platform says of its API", robots: "noindex", want: []string{"https://films.example/her/"}},
		{name: "nothing", want: []string{"https://films.example/her/"}},
		{name: "no copies", robots: "noindex, noarchive"},
		{name: "none", robots: "none"},
		{name: "not chosen", off: true},
	} {
		site := &crawler.Site{Name: "films.example", Hosts: []string{"films.example"}, Posts: !tt.off}
		v := &crawler.Visit{Task: crawler.Task{URL: "https://films.example/wp-json/wp/v2/posts?page=1", Kind: crawler.KindArchive},
			Page: &crawler.Page{URL: "https://films.example/wp-json/wp/v2/posts?page=1", Body: []byte(body), Header: http.Header{"X-Robots-Tag": {tt.robots}}}}
		List(site, v)
		var got []string
		for _, p := range v.Posts {
			got = append(got, p.Task.URL)
			if p.Page.URL != p.Task.URL || p.Page.Via != v.Page.URL || !strings.Contains(string(p.Page.Body), "<p>Her.</p>") || p.Task.LastMod.Day() != 17 {
				t.Errorf("%s: %+v", tt.name, p)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || len(v.Links) != 2 || v.Outcome != crawler.Listed {
			t.Errorf("%s: %d links, -want +got:\n%s", tt.name, len(v.Links), diff)
		}
	}
	site := &crawler.Site{Name: "films.example", Hosts: []string{"films.example"}}
	for _, posts := range []bool{false, true} {
		site.Posts = posts
		f := Links(parse(t, `<link rel="https://api.w.org/" href="/wp-json/">`), "https://films.example/")
		tasks := Page(site, crawler.Task{URL: "https://films.example/", Found: crawler.FoundStart}, f)
		if len(tasks) != 1 || strings.HasSuffix(tasks[0].URL, crawler.PostFields) != posts {
			t.Errorf("%v: %+v", posts, tasks)
		}
		site.Posts = !posts
		if ok, why := site.Admits(tasks[0]); ok || !strings.Contains(why, "posts: ") {
			t.Errorf("%v: the other form is admitted: %s", posts, why)
		}
	}
}

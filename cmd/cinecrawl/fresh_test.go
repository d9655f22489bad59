package main

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cinecrawl/storage"
	"cinecrawl/storage/sqlite"
)

// A site of 1,000 posts with a sitemap, a feed and listing pages of ten is asked again after 10 posts were added and 5 edited: all 15
// are found, with 40 requests at most, whoever tells what changed: the sitemap, or the platform's own archive.
func TestKeptFresh(t *testing.T) {
	if testing.Short() {
		t.Skip("crawls 1,000 pages")
	}
	t.Run("sitemap with lastmod", func(t *testing.T) { keptFresh(t, true, false) })
	t.Run("sitemap with lastmod and archive", func(t *testing.T) { keptFresh(t, true, true) })
	t.Run("only the archive tells of edits", func(t *testing.T) { keptFresh(t, false, true) })
}

func keptFresh(t *testing.T, lastmod, archive bool) {
	posts, edited := 1000, map[int]bool{}
	when := func(i int) string { // of the last change
		if edited[i] || i >= 1000 {
			return time.Now().Add(time.Minute).UTC().Format("2006-01-02T15:04:05")
		}
		return fmt.Sprintf("2020-%02d-%02dT10:00:00", i%12+1, i%28+1)
	}
	requests := 0
	f := newFaulty(t, nil)
	f.memory += 1100 * ordinaryPage
	f.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++ // one host is asked by one worker at a time
		var n int
		body := ""
		url := func(i int) string { return fmt.Sprintf("/2020/05/film-number-%d/", i) }
		switch p := r.URL.Path; {
		case p == "/robots.txt":
			body = "Sitemap: /sitemap.xml\n"
		case p == "/sitemap.xml":
			var b strings.Builder
			for i := range posts {
				fmt.Fprintf(&b, "<url><loc>http://%s%s</loc>", r.Host, url(i))
				if lastmod {
					fmt.Fprintf(&b, "<lastmod>%sZ</lastmod>", when(i))
				}
				b.WriteString("</url>")
			}
			body = "<urlset>" + b.String() + "</urlset>"
		case p == "/wp-json/wp/v2/posts" && archive:
			order := make([]int, posts)
			for i := range order {
				order[i] = i
			}
			slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(when(b), when(a)) })
			page, err := strconv.Atoi(r.URL.Query().Get("page"))
			if err != nil || (page-1)*100 >= posts {
				http.Error(w, `{"code":"rest_post_invalid_page_number","data":{"status":400}}`, http.StatusBadRequest)
				return
			}
			var list []string
			for _, i := range order[(page-1)*100 : min(page*100, posts)] {
				list = append(list, fmt.Sprintf(`{"link":"http://%s%s","modified_gmt":"%s"}`, r.Host, url(i), when(i)))
			}
			w.Header().Set("Content-Type", "application/json; charset=UTF-8")
			w.Header().Set("X-WP-TotalPages", fmt.Sprint((posts+99)/100))
			body = "[" + strings.Join(list, ",") + "]"
		case p == "/feed/":
			var b strings.Builder
			for i := posts - 1; i >= posts-10; i-- {
				fmt.Fprintf(&b, "<item><link>http://%s%s</link></item>", r.Host, url(i))
			}
			w.Header().Set("Content-Type", "application/rss+xml")
			body = `<rss version="2.0"><channel><title>Films</title>` + b.String() + "</channel></rss>"
		case p == "/", scan(p, "/page/%d/", &n):
			n = max(n, 1)
			body = `<html><head><title>Reviews</title><link rel="alternate" type="application/rss+xml" href="/feed/">`
			if archive {
				body += `<link rel="https://api.w.org/" href="/wp-json/">`
			}
			body += `</head><body class="home blog"><h1>Reviews</h1><ul>`
			for i := posts - 1 - 10*(n-1); i >= max(0, posts-10*n); i-- {
				body += fmt.Sprintf(`<li><a href="%s">Film Number %d (2019)</a></li>`, url(i), i)
			}
			body += fmt.Sprintf(`</ul><nav><a href="/page/2/">2</a> <a href="/page/%d/">last</a>`, posts/10)
			if 10*n < posts {
				body += fmt.Sprintf(` <a rel="next" href="/page/%d/">older</a>`, n+1)
			}
			body += "</nav></body></html>"
		case scan(p, "/2020/05/film-number-%d/", &n) && n < posts:
			body = goodReview(fmt.Sprintf("Film Number %d", n))
			if edited[n] {
				body = strings.Replace(body, "the boat", "the new boat", 1)
			}
		default:
			http.NotFound(w, r)
			return
		}
		tag := fmt.Sprintf(`"%x"`, sha256.Sum256([]byte(body)))
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Write([]byte(body))
	})
	f.start()
	f.crawl()
	first := requests
	posts = 1010
	for i := 100; i < 1000; i += 200 {
		edited[i] = true
	}
	requests = 0
	f.crawl()
	t.Logf("%d requests for the whole, %d for what is new", first, requests)
	if requests > 40 {
		t.Errorf("%d requests, want 40 at most", requests)
	}
	st, err := sqlite.Open(t.Context(), f.db)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	runs, err := st.Runs(t.Context(), "faulty", 1)
	if err != nil || runs[0].Counts.New != 10 || runs[0].Counts.Changed != 5 {
		t.Errorf("%+v, %v", runs, err)
	}
	if n, err := st.Count(t.Context(), storage.Filter{}); n != 1010 || err != nil {
		t.Errorf("%d reviews, %v", n, err)
	}
}

package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

// farm is a review site of any size on loopback, made as it is asked for: a front page, listing pages of ten, a sitemap, and
// reviews in the markup of a common blog, with as much chrome around them as such blogs have. It keeps an access log.
type farm struct {
	server  *httptest.Server
	host    string
	reviews int
	padding string // chrome, to bring a page to its size
	seed    uint64 // of its words

	mu  sync.Mutex
	log []string // paths, in the order asked
	on  func(*http.Request)
}

// newFarm serves so many reviews on pages of about so many bytes.
func newFarm(reviews, size int) *farm {
	f := &farm{reviews: reviews}
	for i := 0; len(f.review(0)) < size; i++ {
		f.padding += fmt.Sprintf(farmWidget, i, (i*7919)%reviews, i, (i*7919)%reviews)
	}
	f.server = httptest.NewServer(f)
	f.host = strings.TrimPrefix(f.server.URL, "http://")
	return f
}

const farmWidget = `<div class="widget widget_recent" id="recent-%d"><h4 class="widget-title">Elsewhere on the site</h4><ul class="menu">
<li class="menu-item"><a href="/2020/05/film-number-%d/" title="From the archive, number %d">Film Number %d (2019)</a></li>
<li class="menu-item"><a href="/about/">About the writer</a></li></ul><p class="note">The lists on the side are made by hand &amp; kept up from time to time.</p></div>
`

// farmWords are what reviews are made of.
var farmWords = strings.Fields(`film scene story script actor camera director ending slow tender patient ragged silent winter harbour mother father sister brother engine window kitchen
	mirror letter garden river bridge border summer factory teacher soldier doctor baker painter sailor carpenter lighthouse orchard
	blue grey golden broken borrowed quiet sudden careful honest clumsy distant early late hidden lonely narrow ordinary plain restless
	stubborn thin uneasy wide young old bitter bright cold warm dusty hollow gentle sharp`)

// requests gives the paths asked since the last call, in order.
func (f *farm) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	asked := f.log
	f.log = nil
	return asked
}

// onRequest has a function called at each request from now on.
func (f *farm) onRequest(on func(*http.Request)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.on = on
}

func (f *farm) reviewURL(i int) string {
	return fmt.Sprintf("http://%s/2020/05/film-number-%d/", f.host, i)
}

// urls gives every page of the farm that a crawl must visit.
func (f *farm) urls() []string {
	all := []string{"http://" + f.host + "/", "http://" + f.host + "/about/"}
	for i := range f.reviews {
		all = append(all, f.reviewURL(i))
	}
	for n := 1; (n-1)*10 < f.reviews; n++ {
		all = append(all, fmt.Sprintf("http://%s/page/%d/", f.host, n))
	}
	return all
}

func (f *farm) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.log = append(f.log, r.URL.Path)
	on := f.on
	f.mu.Unlock()
	if on != nil {
		on(r)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	var n int
	switch p := r.URL.Path; {
	case p == "/robots.txt":
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, "User-agent: *\nDisallow: /private/\n")
	case p == "/":
		fmt.Fprint(w, f.listing(1))
	case p == "/about/":
		fmt.Fprint(w, f.page("About", `<h1 class="entry-title">About</h1><div class="entry-content"><p>This site is kept by one person who goes to the cinema twice a week.</p></div>`))
	case scan(p, "/page/%d/", &n) && n >= 1 && (n-1)*10 < f.reviews:
		fmt.Fprint(w, f.listing(n))
	case scan(p, "/2020/05/film-number-%d/", &n) && n < f.reviews:
		fmt.Fprint(w, f.review(n))
	default:
		http.NotFound(w, r)
	}
}

func scan(path, form string, n *int) bool {
	got, err := fmt.Sscanf(path, form, n)
	return err == nil && got == 1 && path == fmt.Sprintf(form, *n)
}

func (f *farm) listing(n int) string {
	var b strings.Builder
	b.WriteString(`<h1 class="page-title">Reviews</h1><ul class="archive">`)
	for i := (n - 1) * 10; i < min(n*10, f.reviews); i++ {
		fmt.Fprintf(&b, `<li><a href="/2020/05/film-number-%d/">Film Number %d (2019)</a></li>`, i, i)
	}
	b.WriteString(`</ul>`)
	if n*10 < f.reviews {
		fmt.Fprintf(&b, `<a class="next page-numbers" rel="next" href="/page/%d/">Older reviews</a>`, n+1)
	}
	b.WriteString(`<a href="/page/1/">First</a> <a href="/about/">About</a> <a href="/private/">Private</a>`)
	return f.page("Reviews", b.String())
}

func (f *farm) review(i int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<article class="post type-post category-reviews"><header class="entry-header"><h1 class="entry-title">Review: Film Number %d (2019)</h1>
<div class="entry-meta"><span class="byline">by <a class="url fn n" rel="author" href="/about/">Ada Field</a></span> <time class="entry-date published" datetime="2020-05-%02dT10:00:00+00:00">May %d, 2020</time></div></header>
<div class="entry-content">`, i, i%28+1, i%28+1)
	words := rand.New(rand.NewPCG(uint64(i), f.seed)) // no two reviews are alike
	for range 6 {
		b.WriteString("<p>The film takes its time: ")
		for range 4 {
			for _, small := range []string{"it is", "and", "in the", "of a", "that was", "with her", "and the", "to be"} {
				b.WriteString(small + " " + farmWords[words.IntN(len(farmWords))] + " " + farmWords[words.IntN(len(farmWords))] + " ")
			}
			b.WriteString("&amp; <em>" + farmWords[words.IntN(len(farmWords))] + "</em>. ")
		}
		b.WriteString("</p>\n")
	}
	b.WriteString(`<p>Rating: 4/5</p></div></article>`)
	if i+1 < f.reviews {
		fmt.Fprintf(&b, `<nav class="post-navigation"><a rel="next" href="/2020/05/film-number-%d/">Next review</a></nav>`, i+1)
	}
	return f.page(fmt.Sprintf("Review: Film Number %d (2019)", i), b.String())
}

func (f *farm) page(title, main string) string {
	return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>` + title + ` – The Ferry</title><meta name="generator" content="WordPress 6.4">
<link rel="stylesheet" href="/style.css"></head>
<body class="wp-singular single-post"><header class="site-header"><p class="site-title"><a href="/">The Ferry</a></p>
<nav class="main-navigation"><ul><li><a href="/">Home</a></li><li><a href="/about/">About</a></li></ul></nav></header>
<main id="main" class="site-main">` + main + `</main>
<aside class="sidebar widget-area">` + f.padding + `</aside>
<footer class="site-footer"><p>All words are the writer's own.</p></footer></body></html>
`
}

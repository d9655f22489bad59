package main

import (
	"cmp"
	"crypto/x509"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"cinecrawl/crawler"
	"cinecrawl/storage"
	"cinecrawl/storage/sqlite"
)

// trapped is a site of six reviews, at example.com and whatever other names a test gives it, under http and https, that leads into a trap.
type trapped struct {
	*faulty
	mu  sync.Mutex
	log []string // URLs
}

// page answers a request; "" is a 404, and a body that begins with "->" a redirect.
func newTrapped(t *testing.T, hosts []string, page func(u *url.URL) string) *trapped {
	f := &trapped{faulty: newFaulty(t, nil)}
	serve := func(scheme string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			u := *r.URL
			u.Scheme, u.Host = scheme, r.Host
			if u.Path == "/robots.txt" {
				return
			}
			f.mu.Lock()
			f.log = append(f.log, u.String())
			n := len(f.log)
			f.mu.Unlock()
			body := page(&u)
			to, moved := strings.CutPrefix(body, "->")
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			switch {
			case n > 2000: // the test has failed
				http.Error(w, "enough", http.StatusGone)
			case moved:
				http.Redirect(w, r, to, http.StatusMovedPermanently)
			case body == "":
				http.NotFound(w, r)
			default:
				fmt.Fprint(w, body)
			}
		}
	}
	f.server.Config.Handler = serve("http")
	secure := httptest.NewTLSServer(serve("https"))
	t.Cleanup(secure.Close)
	f.start()
	f.cfg.RootCAs = x509.NewCertPool()
	f.cfg.RootCAs.AddCert(secure.Certificate())
	plain := strings.TrimPrefix(f.server.URL, "http://")
	f.cfg.Rewrite = func(addr string) string {
		if strings.HasSuffix(addr, ":443") {
			return strings.TrimPrefix(secure.URL, "https://")
		}
		return plain
	}
	f.site = crawler.Site{Name: "faulty", Hosts: append([]string{"example.com"}, hosts...), Named: true, Start: []string{"http://example.com/"}}
	return f
}

var sixFilms = []string{"ferry", "tram", "lift", "gate", "kite", "well"}

// sixReviews answers for the reviews and the front page, which has more on it.
func sixReviews(u *url.URL, more string) string {
	for _, film := range sixFilms {
		if u.Path == "/2020/05/the-"+film+"/" {
			return strings.Replace(goodReview("The "+film), "</body>", `<footer>`+more+`</footer></body>`, 1)
		}
	}
	if u.Path == "/" && u.RawQuery == "" {
		return frontOfSix(more)
	}
	return ""
}

func frontOfSix(more string) string {
	var b strings.Builder
	b.WriteString(`<!DOCTYPE html><html lang="en"><head><title>Dry Dock</title></head><body class="home blog"><h1>Dry Dock</h1><ul>`)
	for _, film := range sixFilms {
		fmt.Fprintf(&b, `<li><a href="/2020/05/the-%s/">The %s</a></li>`, film, film)
	}
	return b.String() + "</ul><footer>" + more + "</footer></body></html>"
}

func listPage(title, main string) string {
	return `<!DOCTYPE html><html lang="en"><head><title>` + title + `</title></head><body class="archive"><h1>` + title + `</h1><ul>` + main + `</ul></body></html>`
}

// Traps: the six reviews are found, once each; the requests are bounded, and of later runs, which learn most traps anew, no more; and it is said why, in the outcome of a URL or of the run.
func TestTraps(t *testing.T) {
	number := func(s string) int { n, _ := strconv.Atoi(s); return n }
	for _, tt := range []struct {
		name     string
		hosts    []string
		page     func(u *url.URL) string
		requests int               // at most
		again    int               // at most, of a later run; 4 if it is 0
		why      map[string]string // of URLs, a part of it
		run      string            // a part of how the run ended
	}{
		{name: "calendar, by its path", page: func(u *url.URL) string {
			var y, m int
			if fmt.Sscanf(u.Path, "/events/%d/%d/", &y, &m); y > 0 {
				return listPage(fmt.Sprint("Events ", y, " ", m), fmt.Sprintf(`<a rel=next href="/events/%d/%02d/">next</a>`, y+m/12, m%12+1))
			}
			return sixReviews(u, `<a href="/events/2020/05/">Calendar</a> <a href="/kalender/month/2020-05/">x</a>`)
		}, requests: 8},
		{name: "calendar, by what is on it", page: func(u *url.URL) string {
			var y, m int
			if fmt.Sscanf(u.Path, "/whatson/%d/%d/", &y, &m); y > 0 {
				var days strings.Builder
				for d := range 5 {
					fmt.Fprintf(&days, `<a href="/whatson/%d/%02d/%02d/">%d</a> `, y, m, d+1, d+1)
				}
				return listPage(fmt.Sprint("What is on in ", y, ", month ", strings.Repeat("i", m)), days.String()+fmt.Sprintf(`<a rel=next href="/whatson/%d/%02d/">next</a>`, y+m/12, m%12+1))
			}
			return sixReviews(u, `<a rel=next href="/whatson/2020/05/">Calendar</a>`)
		}, requests: 80, run: "list without end: http://example.com/whatson/#/#/"},
		{name: "session id of a common name", page: func(u *url.URL) string {
			return sixReviews(&url.URL{Path: u.Path}, fmt.Sprintf(`<a href="/?PHPSESSID=%x">x</a> <a href="/about;jsessionid=%x">y</a>`, len(u.String()), len(u.String())))
		}, requests: 8},
		{name: "session id of its own name", page: sessions(), requests: 20, again: 15, run: "session id, which changes nothing"},
		{name: "mixes of parameters", page: func(u *url.URL) string {
			if u.Path != "/films" {
				return sixReviews(u, `<a href="/films">Find</a>`)
			}
			q := u.Query()
			links := `<li><a href="/2020/05/the-well/">The well</a></li>`
			for _, key := range []string{"genre", "decade", "country", "mood", "length", "colour"} {
				for v := range 8 {
					with := u.Query()
					with.Set(key, fmt.Sprint("v", v))
					links += fmt.Sprintf(`<li><a href="/films?%s">%s %d</a></li>`, with.Encode(), key, v)
				}
			}
			return listPage("Films "+q.Encode(), links)
		}, requests: 100, run: "list without end: http://example.com/films?*"},
		{name: "replytocom", page: func(u *url.URL) string {
			return sixReviews(&url.URL{Path: u.Path}, fmt.Sprintf(`<a href="%s?replytocom=%d">reply</a> <a href="%s/comment-page-%d/">older comments</a>`, u.Path, len(u.RawQuery)+1, u.Path, 2))
		}, requests: 8},
		{name: "pages of a list that never end, with the last one's entries", page: func(u *url.URL) string {
			if n := number(strings.Trim(strings.TrimPrefix(u.Path, "/page/"), "/")); n > 0 {
				return listPage(fmt.Sprint("Reviews, page ", n), fmt.Sprintf(`<a href="/2020/05/the-%s/">x</a> <a href="/page/%d/">older</a>`, sixFilms[min(n, 5)], n+1))
			}
			if u.Path == "/" {
				return listPage("Dry Dock", `<a href="/page/1/">older</a> <a href="/2020/05/the-ferry/">The ferry</a>`)
			}
			return sixReviews(u, "")
		}, requests: 30, run: "list without end: http://example.com/page/#/"},
		{name: "pages of a list that never end, all the same", page: func(u *url.URL) string {
			if n := number(u.Query().Get("page")); n > 0 {
				return listPage("Reviews", fmt.Sprintf(`<a href="/reviews?page=%d">older</a>`, n+1))
			}
			return sixReviews(u, `<a href="/reviews?page=2">older</a>`)
		}, requests: 15, why: map[string]string{"http://example.com/reviews?page=4": "soft 404: the same page as http://example.com/reviews?page=2"}},
		{name: "redirects that never end", page: func(u *url.URL) string {
			if n, ok := strings.CutPrefix(u.Path, "/go/"); ok {
				return fmt.Sprintf("->/go/%d", number(n)+1)
			}
			if u.Path == "/a" {
				return "->/b"
			}
			if u.Path == "/b" {
				return "->/a"
			}
			return sixReviews(u, `<a href="/go/1">go</a> <a href="/a">a</a>`)
		}, requests: 16, why: map[string]string{"http://example.com/go/6": "more than 5 redirects in a row"}},
		{name: "soft 404 that says so", page: func(u *url.URL) string {
			if body := sixReviews(u, `<a href="/old/link/">an old link</a> <a href="/gone">gone</a>`); body != "" {
				return body
			}
			return listPage("Sorry, the page you requested is not here", `<a href="`+u.Path+`x/">perhaps this</a> or `+u.Path)
		}, requests: 10, why: map[string]string{"http://example.com/old/link/": `soft 404: it says "Sorry, the page you requested is not here"`}},
		{name: "soft 404 in another language, by its title alone", page: func(u *url.URL) string {
			if body := sixReviews(u, `<a href="/alt/">alt</a>`); body != "" {
				return body
			}
			return `<html><head><title>Seite nicht gefunden – Trockendock</title></head><body><p>` + u.Path + ` <a href="` + u.Path + `y/">weiter</a></body></html>`
		}, requests: 9, why: map[string]string{"http://example.com/alt/": "soft 404: it says"}},
		{name: "soft 404: the front page at any address", page: func(u *url.URL) string {
			if strings.HasPrefix(u.Path, "/2020/") {
				return sixReviews(u, "")
			}
			return frontOfSix(`<a href="old/">old</a> <a href="older/">older</a> <a href="oldest/">oldest</a>`)
		}, requests: 12, why: map[string]string{"http://example.com/old/": "soft 404: the same page as http://example.com/"}},
		{name: "soft 404: a page that says nothing, at any address", page: func(u *url.URL) string {
			if body := sixReviews(u, `<a href="/a/">a</a>`); body != "" {
				return body
			}
			return listPage("Hm.", `<a href="b/">b</a> <a href="c/">c</a> <a href="d/">d</a>`)
		}, requests: 25, run: "soft 404s", why: map[string]string{"http://example.com/a/d/": "soft 404: the same page as http://example.com/a/"}},
		{name: "AMP, print and mobile twins", page: func(u *url.URL) string {
			if strings.Contains(u.Path, "amp") || strings.Contains(u.Path, "print") || u.RawQuery != "" {
				return sixReviews(&url.URL{Path: strings.TrimSuffix(strings.TrimSuffix(u.Path, "amp/"), "print/")}, "")
			}
			p := u.Path
			if p == "/" {
				return sixReviews(u, `<a href="/?amp=1">b</a> <a href="/?print=pdf">d</a> <a href="/?m=1">e</a>`)
			}
			return sixReviews(u, fmt.Sprintf(`<a href="%samp/">a</a> <a href="%s?amp=1">b</a> <a href="%sprint/">c</a> <a href="%s?print=pdf">d</a> <a href="%s?m=1">e</a>`, p, p, p, p, p))
		}, requests: 8},
		{name: "http and https, by a redirect", page: func(u *url.URL) string {
			if u.Scheme == "http" {
				return "->https://example.com" + u.Path
			}
			return strings.ReplaceAll(sixReviews(u, ""), `href="/`, `href="http://example.com/`)
		}, requests: 10},
		{name: "www and without, by a redirect", hosts: []string{"www.example.com"}, page: func(u *url.URL) string {
			if u.Host == "www.example.com" {
				return "->http://example.com" + u.Path
			}
			return strings.ReplaceAll(sixReviews(u, ""), `href="/`, `href="http://www.example.com/`)
		}, requests: 9, run: "http://www.example.com is http://example.com"},
		{name: "http, https and www that all answer", page: func(u *url.URL) string {
			return sixReviews(u, fmt.Sprintf(`<a href="http://www.example.com%s">a</a> <a href="https://example.com%s">b</a> <a href="https://www.example.com%s">c</a>`, u.Path, u.Path, u.Path))
		}, requests: 16},
		{name: "mobile host, by the canonical link", hosts: []string{"m.example.com"}, page: func(u *url.URL) string {
			body := sixReviews(u, `<a href="http://m.example.com/">mobile</a>`)
			if u.Host == "m.example.com" {
				body = strings.Replace(body, "</head>", `<link rel="canonical" href="http://example.com`+u.Path+`"></head>`, 1)
			}
			return body
		}, requests: 11, run: "http://m.example.com is http://example.com"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newTrapped(t, tt.hosts, tt.page)
			f.memory += uint64(tt.requests) * ordinaryPage
			result := f.crawl()
			t.Logf("%d requests: %s", len(f.log), result.Why)
			if len(f.log) > tt.requests {
				t.Errorf("%d requests, at most %d: %v", len(f.log), tt.requests, f.log[:min(len(f.log), 60)])
			}
			if !strings.Contains(result.Why, tt.run) || !result.Finished {
				t.Errorf("the run ended: %s", result.Why)
			}
			f.holds(tt.why)
			most := cmp.Or(tt.again, 4)
			for range 2 { // and no more the second time
				before := len(f.log)
				f.crawl()
				n := len(f.log) - before
				if n > most {
					t.Errorf("%d requests when it is crawled again, at most %d: %v", n, most, f.log[before:])
				}
				most = n
			}
			f.holds(nil)
		})
	}
}

// sessions links with another session id each time a page is asked.
func sessions() func(*url.URL) string {
	n := 0
	return func(u *url.URL) string {
		n++
		more := ""
		for _, p := range append([]string{"/", "/about", "/reviews"}, pathsOfSix()...) {
			more += fmt.Sprintf(`<a href="%s?zuv=a%011x">x</a> `, p, n)
		}
		if u.Path == "/about" || u.Path == "/reviews" {
			return listPage("Page"+u.Path, more)
		}
		return sixReviews(&url.URL{Path: u.Path}, more)
	}
}

func pathsOfSix() (paths []string) {
	for _, film := range sixFilms {
		paths = append(paths, "/2020/05/the-"+film+"/")
	}
	return paths
}

// holds checks what is stored: the six reviews once each, and parts of the reasons of outcomes.
func (f *trapped) holds(why map[string]string) {
	f.t.Helper()
	st, err := sqlite.Open(f.t.Context(), f.db)
	if err != nil {
		f.t.Fatal(err)
	}
	defer st.Close()
	var paths []string
	if err := st.Records(f.t.Context(), storage.Filter{}, func(r *storage.Record) error {
		u, err := url.Parse(r.Review.URL)
		paths = append(paths, u.Path)
		return err
	}); err != nil {
		f.t.Error(err)
	}
	slices.Sort(paths)
	want := pathsOfSix()
	slices.Sort(want)
	if !slices.Equal(paths, want) {
		f.t.Errorf("reviews: %v", paths)
	}
	for u, part := range why {
		s, err := st.TaskByURL(f.t.Context(), u)
		if err != nil || !strings.Contains(s.Why, part) {
			f.t.Errorf("%s: %+v, %v", u, s, err)
		}
	}
}

// A review whose URL answers with the front page is gone, and its page is kept as it was.
func TestSoft404KeepsSnapshot(t *testing.T) {
	const review = "http://example.com/2020/05/the-ferry/"
	var broken atomic.Bool
	f := newTrapped(t, nil, func(u *url.URL) string {
		if broken.Load() && u.String() == review {
			return sixReviews(&url.URL{Path: "/"}, "")
		}
		return sixReviews(u, "")
	})
	f.memory += 100 * ordinaryPage
	f.crawl()
	db, err := sql.Open("sqlite", "file:"+f.db)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`UPDATE tasks SET visited_at = 1000, etag = '', last_modified = ''`); err != nil { // long ago
		t.Fatal(err)
	}
	broken.Store(true)
	f.crawl()
	st, err := sqlite.Open(t.Context(), f.db)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if task, err := st.TaskByURL(t.Context(), review); err != nil || task.Outcome != crawler.Gone {
		t.Fatalf("%+v, %v", task, err)
	}
	snapshot, err := st.SnapshotByURL(t.Context(), review)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(snapshot.Page.Body), "two sisters") {
		t.Errorf("the page is now\n%s", snapshot.Page.Body)
	}
}

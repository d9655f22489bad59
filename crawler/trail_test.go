package crawler

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// path tells a trail of pages, one after the other.
type path struct {
	t     *testing.T
	trail *trail
	site  *Site
}

func newPath(t *testing.T, hosts ...string) *path {
	site := &Site{Name: "films", Hosts: append([]string{"films.example"}, hosts...)}
	return &path{t, newTrail(site), site}
}

// page is a visit of a page that is no review, with links; look tells it from others, 0 if no other looks like it.
func (p *path) page(u string, look uint64, found Found, links ...string) *Visit {
	v := &Visit{Task: Task{URL: u, Kind: KindPage, Found: found, Site: "films", Host: hostOf(u)}, Page: &Page{Status: 200}, Outcome: NotReview, Look: Look{look, look}}
	for _, l := range links {
		task, ok, why := p.site.Link(v.Task, l, KindPage, FoundLink)
		if !ok {
			p.t.Fatalf("%s: %s", l, why)
		}
		v.Links = append(v.Links, task)
	}
	p.trail.learn(v)
	return v
}

// redirect is a visit of a page that redirects.
func (p *path) redirect(from, to string) {
	v := &Visit{Task: Task{URL: from, Kind: KindPage, Found: FoundLink, Site: "films"}, Page: &Page{Status: 301, Location: to}}
	p.site.Redirected(v)
	p.trail.learn(v)
}

// asked says whether a page would be asked for, or where it stands instead.
func (p *path) asked(u string, found Found) string {
	v := &Visit{Task: Task{URL: u, Kind: KindPage, Found: found, Site: "films"}}
	switch {
	case !p.trail.spare(v):
		return "asked"
	case len(v.Links) == 1:
		return v.Links[0].URL
	}
	return v.Why
}

func (p *path) want(u string, found Found, want string) {
	p.t.Helper()
	if got := p.asked(u, found); got != want {
		p.t.Errorf("%s: %s, want %s", u, got, want)
	}
}

func TestTrailNames(t *testing.T) {
	t.Run("one redirect between http and https", func(t *testing.T) {
		p := newPath(t)
		p.redirect("http://films.example/a", "https://www.films.example/a")
		p.want("http://films.example/b", FoundLink, "asked") // nothing came from there yet
		v := p.page("https://www.films.example/a", 1, FoundLink, "http://films.example/c?x=1", "https://other.films.example/"[:0]+"http://films.example/")
		p.want("http://films.example/b", FoundLink, "https://www.films.example/b")
		p.want("http://films.example/", FoundStart, "asked")
		diff(t, "links", "https://www.films.example/c?x=1", v.Links[0].URL)
	})
	t.Run("a page that did not change is one", func(t *testing.T) {
		p := newPath(t)
		p.redirect("http://films.example/", "https://films.example/")
		p.trail.learn(&Visit{Task: pageTask("https://films.example/"), Page: &Page{Status: 304}, Outcome: Unchanged})
		p.want("http://films.example/b", FoundLink, "https://films.example/b")
	})
	t.Run("a redirect to another path tells nothing", func(t *testing.T) {
		p := newPath(t)
		p.redirect("http://films.example/a", "https://films.example/login-first")
		p.page("https://films.example/login-first", 1, FoundLink)
		p.want("http://films.example/b", FoundLink, "asked")
	})
	t.Run("two redirects between hosts", func(t *testing.T) {
		p := newPath(t, "old.example")
		p.page("http://films.example/", 1, FoundStart)
		p.redirect("http://old.example/a", "http://films.example/a")
		p.want("http://old.example/b", FoundLink, "asked")
		p.redirect("http://old.example/c", "http://films.example/c")
		p.want("http://old.example/b", FoundLink, "http://films.example/b")
	})
	t.Run("names that send to each other", func(t *testing.T) {
		p := newPath(t)
		p.page("https://films.example/", 1, FoundStart)
		p.page("http://films.example/x", 2, FoundLink)
		p.redirect("http://films.example/a", "https://films.example/a")
		p.redirect("https://films.example/b", "http://films.example/b")
		p.want("http://films.example/c", FoundLink, "asked")
		p.want("https://films.example/c", FoundLink, "asked")
	})
	t.Run("the canonical link of a site that moved names a host that is dead", func(t *testing.T) {
		p := newPath(t, "old.example")
		for i := range 5 {
			v := p.page(fmt.Sprintf("http://films.example/%d", i), uint64(i+1), FoundLink)
			v.Canonical = fmt.Sprintf("http://old.example/%d", i)
			p.trail.learn(v)
		}
		p.want("http://films.example/x", FoundLink, "asked")
	})
	t.Run("the store has the same text from another host", func(t *testing.T) {
		p := newPath(t, "m.films.example")
		p.page("http://films.example/", 1, FoundStart)
		p.trail.vote("http://m.films.example/a", "http://films.example/a", false)
		p.trail.vote("http://m.films.example/a", "http://films.example/other", false) // a text that stands twice
		p.want("http://m.films.example/c", FoundLink, "asked")
		p.trail.vote("http://m.films.example/b", "http://films.example/b", false)
		p.want("http://m.films.example/c", FoundLink, "http://films.example/c")
		diff(t, "notes", "http://m.films.example is http://films.example (1 URL)", p.trail.notes())
	})
}

func TestTrailCopies(t *testing.T) {
	t.Run("session ids", func(t *testing.T) {
		p := newPath(t)
		for i, page := range []string{"a", "b", "c"} {
			p.want("http://films.example/x?key=3f9a8b7c6d5e", FoundLink, "asked")
			p.page("http://films.example/"+page+"?n=1&key=1f9a8b7c6d5e", uint64(i+1), FoundLink)
			v := p.page("http://films.example/"+page+"?n=1&key=2f9a8b7c6d5e", uint64(i+1), FoundLink, "http://films.example/y")
			diff(t, "outcome", []any{Duplicate, 0}, []any{v.Outcome, len(v.Links)})
		}
		p.want("http://films.example/x?n=7&key=3f9a8b7c6d5e", FoundLink, "http://films.example/x?n=7")
		p.want("http://films.example/x?key=5", FoundLink, "asked") // not of that kind
	})
	t.Run("a number that chooses a page is none", func(t *testing.T) {
		p := newPath(t)
		for i := range 9 {
			for n := range 3 {
				p.page(fmt.Sprintf("http://films.example/%d?page=%d", i, 50+n), uint64(i+1), FoundNext)
			}
		}
		p.want("http://films.example/a?page=2", FoundNext, "asked")
	})
	t.Run("an id that chooses a page is none, where what is not there gives the front page", func(t *testing.T) {
		p := newPath(t)
		p.page("http://films.example/", 1, FoundStart)
		for i := range 9 {
			p.page(fmt.Sprintf("http://films.example/?id=%da1b2c3d4e5f6", i), 1, FoundLink)
		}
		p.want("http://films.example/?id=aa1b2c3d4e5f6", FoundLink, "asked")
	})
	t.Run("two copies of a page are none of what is not there", func(t *testing.T) {
		p := newPath(t)
		p.page("http://films.example/index", 1, FoundLink)
		diff(t, "the second", NotReview, p.page("http://films.example/list", 1, FoundLink, "http://films.example/x").Outcome)
		diff(t, "the third", Gone, p.page("http://films.example/y", 1, FoundLink, "http://films.example/x").Outcome)
		diff(t, "the first again", NotReview, p.page("http://films.example/index", 1, FoundLink).Outcome)
	})
	t.Run("reviews are the store's to compare", func(t *testing.T) {
		p := newPath(t)
		p.page("http://films.example/", 1, FoundStart)
		v := &Visit{Task: pageTask("http://films.example/her"), Page: &Page{Status: 200}, Outcome: Reviewed, Look: Look{1, 1}}
		p.trail.learn(v)
		diff(t, "outcome", Reviewed, v.Outcome)
	})
}

func TestTrailLists(t *testing.T) {
	t.Run("entries that are out of scope are entries", func(t *testing.T) {
		p := newPath(t)
		for i := range 40 {
			p.page(fmt.Sprintf("http://films.example/page/%d/", i+1), uint64(i+1), FoundNext)
		}
		p.want("http://films.example/page/41/", FoundNext, "asked")
	})
	t.Run("entries with numbers for names are entries", func(t *testing.T) {
		p := newPath(t)
		for i := range 40 {
			v := p.page(fmt.Sprintf("http://films.example/page/%d/", i+1), 0, FoundNext, fmt.Sprintf("http://films.example/review/%d", i))
			v.Look = Look{uint64(i + 1), 7}
		}
		p.want("http://films.example/page/41/", FoundNext, "asked")
	})
	t.Run("another list goes on", func(t *testing.T) {
		p := newPath(t)
		for i := range 40 {
			v := &Visit{Task: Task{URL: fmt.Sprintf("http://films.example/tag/a/page/%d/", i+1), Kind: KindPage, Found: FoundNext}, Page: &Page{Status: 200},
				Outcome: NotReview, Look: Look{uint64(i + 1), 7}}
			p.trail.learn(v)
		}
		p.want("http://films.example/tag/a/page/41/", FoundNext, "list without end: http://films.example/tag/a/page/#/")
		p.want("http://films.example/page/41/", FoundNext, "asked")
	})
	t.Run("articles that parameters choose", func(t *testing.T) {
		p := newPath(t)
		for i := range 40 {
			p.page(fmt.Sprintf("http://films.example/index.php?option=content&id=%d", i), uint64(i+1), FoundLink, "http://films.example/index.php?option=content&id=1",
				"http://films.example/index.php?option=about", "http://films.example/index.php?option=content&id=2")
		}
		p.want("http://films.example/index.php?option=content&id=41", FoundLink, "asked")
	})
	t.Run("articles that name the next one do not crowd out a list", func(t *testing.T) {
		p := newPath(t)
		for i := range 3 * maxLists {
			p.page(fmt.Sprintf("http://films.example/a%s/", strings.Repeat("b", i)), uint64(2*i+1), FoundNext)
			if i%30 == 0 {
				v := &Visit{Task: Task{URL: fmt.Sprintf("http://films.example/page/%d/", i), Kind: KindPage, Found: FoundNext}, Page: &Page{Status: 200}, Outcome: NotReview, Look: Look{uint64(2*i + 2), 7}}
				p.trail.learn(v)
			}
		}
		p.want("http://films.example/page/9999/", FoundNext, "list without end: http://films.example/page/#/")
		if len(p.trail.lists) > maxLists || len(p.trail.shown) > maxShown {
			t.Errorf("%d lists, %d pages", len(p.trail.lists), len(p.trail.shown))
		}
	})
	// months goes along the months of a list, each found on the one before, until one is not asked for, and gives the last one asked.
	months := func(p *path, year, month, step int, post func(year, month int) bool) (last string) {
		from := ""
		for n := range 400 {
			m := year*12 + month - 1 + n*step
			u := fmt.Sprintf("http://films.example/%d/%02d/", m/12, m%12+1)
			task := Task{URL: u, Kind: KindPage, Found: FoundNext, Site: "films", Host: "films.example", From: from}
			if v := (&Visit{Task: task}); p.trail.spare(v) {
				break
			}
			v := &Visit{Task: task, Page: &Page{Status: 200}, Outcome: NotReview, Look: Look{uint64(n + 1), 7}}
			next := m + step
			v.Links = []Task{{URL: fmt.Sprintf("http://films.example/%d/%02d/", next/12, next%12+1), Kind: KindPage, Found: FoundNext, Hint: hintTag}}
			if post(m/12, m%12+1) {
				v.Links = append(v.Links, Task{URL: u + "her-own-story/", Kind: KindPage, Found: FoundLink, Hint: hintArticle})
			}
			p.trail.learn(v)
			if from, last = u, u; len(v.Links) == 0 {
				break
			}
		}
		return last
	}
	t.Run("a pause of 15 months, towards the past", func(t *testing.T) {
		p := newPath(t)
		last := months(p, 2020, 6, -1, func(y, m int) bool { return y*12+m < 2017*12 && y >= 2012 || y*12+m > 2018*12+3 })
		diff(t, "the last one asked", "http://films.example/2009/01/", last) // 36 months before the oldest
		diff(t, "notes", "list without end: http://films.example/#/#/, left at http://films.example/2009/01/"+
			" (if there is more behind it, name a page of that in crawl.start) (1 URL)", p.trail.notes())
	})
	t.Run("a pause of 15 months, towards posts that are known", func(t *testing.T) {
		p := newPath(t)
		p.trail.learn(&Visit{Task: Task{URL: "http://films.example/2019/05/her-next-story/", Kind: KindPage, Hint: hintArticle}, Page: &Page{Status: 200}, Outcome: Reviewed})
		last := months(p, 2015, 1, 1, func(y, m int) bool { return y < 2016 || y*12+m > 2017*12+3 && y < 2019 })
		diff(t, "the last one asked", "http://films.example/2019/12/", last) // the 12th month without
	})
	t.Run("a calendar towards the future", func(t *testing.T) {
		p := newPath(t)
		now := time.Now()
		last := months(p, now.Year(), int(now.Month()), 1, func(y, m int) bool { return false })
		diff(t, "the last one asked", time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC).Format("http://films.example/2006/01/"), last)
	})
	t.Run("months with something in them", func(t *testing.T) {
		p := newPath(t)
		for i := range 60 {
			p.page(fmt.Sprintf("http://films.example/2%03d/%02d/", i/12, i%12+1), uint64(i+1), FoundNext, fmt.Sprintf("http://films.example/2%03d/%02d/her-%d/", i/12, i%12+1, i))
		}
		p.want("http://films.example/2005/01/", FoundNext, "asked")
	})
}

// What is known is not asked for, and keeps its place in the account.
func TestCrawlSpares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := newMemory(taskOf("http://a.example/", KindPage)), newWeb(t)
		m.tasks["http://a.example/"].Found = FoundStart
		var inner []string
		for i := range 30 {
			inner = append(inner, fmt.Sprintf("http://a.example/%d", i))
		}
		w.answers["http://a.example/"] = []any{redirect("https://www.a.example/")}
		w.answers["http://a.example/0"] = []any{redirect("https://www.a.example/0")}
		w.answers["https://www.a.example/"] = []any{links(inner...)}
		c := crawlOf(m, w, siteOf("a.example"))
		c.Handle = func(ctx context.Context, site *Site, v *Visit) error { return follow(ctx, site, v) }
		results, err := c.Run(t.Context())
		if err != nil || len(results) != 1 || !results[0].Finished {
			t.Fatal(results, err)
		}
		if n := len(w.log); n != 2+30 {
			t.Errorf("%d requests: %v", n, w.log)
		}
		for u, outcome := range m.outcomes() {
			if outcome == "queued" || strings.HasPrefix(u, "http://") && outcome != string(Redirected) {
				t.Errorf("%s: %s", u, outcome)
			}
		}
	})
}

// Package storagetest holds the promises of storage.Store as one test suite, which every backend passes word for word.
package storagetest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cinecrawl/crawler"
	"cinecrawl/extract"
	"cinecrawl/storage"
)

// Run tests a backend. For each test, database makes an empty database that is removed with the test, and gives the way to open it;
// opened twice, the two stand for two processes.
func Run(t *testing.T, database func(t *testing.T) (open func() storage.Store)) {
	for _, tt := range []struct {
		name string
		test func(*fixture)
	}{
		{"visiting order", visitingOrder},
		{"postponed tasks", postponed},
		{"held hosts", heldHosts},
		{"links", links},
		{"many links", manyLinks},
		{"sitemap dates", sitemapDates},
		{"visits without a task", visitWithoutTask},
		{"reviews and revisions", revisions},
		{"canonical owner", canonicalOwner},
		{"canonical of two others", canonicalOfOthers},
		{"canonical of all pages", canonicalOfAll},
		{"canonical of one of them", canonicalOfOne},
		{"canonical of a double bill", canonicalOfDoubleBill},
		{"canonical changes", canonicalChanges},
		{"the same text", sameText},
		{"copies", copies},
		{"copies that come and go", copiesChange},
		{"copies by the hundred", manyCopies},
		{"pages that move", movedPages},
		{"unchanged pages", unchangedPages},
		{"validators", validators},
		{"prepared visits", prepared},
		{"a batch is one transaction", oneTransaction},
		{"runs resume", runsResume},
		{"runs that go on", runningRuns},
		{"a new run asks again", newRun},
		{"paces", paces},
		{"paces are learned", learnedPaces},
		{"announcements that are wrong", wrongAnnouncements},
		{"a clock that is set back", clockSetBack},
		{"further pages of a list", listsGoOn},
		{"further pages of an archive", archivesGoOn},
		{"runs with a budget", budgetedRuns},
		{"seeds only", seedsOnly},
		{"one holder a site", oneHolder},
		{"one holder a host", oneHostHolder},
		{"seeds move between sites", seedsMove},
		{"plans and turns", plans},
		{"cancelled runs", cancelledRuns},
		{"publication times", published},
		{"figures add up", figures},
		{"filters", filters},
		{"export order", exportOrder},
		{"records while storing", recordsWhileStoring},
		{"saving without a fetch", saveRecord},
		{"no review any more", noReviewAnyMore},
		{"snapshots", snapshots},
		{"pages that ask for no copy", noCopies},
		{"signals", signals},
		{"marks of blocks", marks},
		{"robots copies", robotsCopies},
		{"not found", notFound},
		{"canceled", canceled},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := &fixture{T: t, open: database(t)}
			f.reopen()
			tt.test(f)
		})
	}
}

// fixture is a store with helpers that fail the test.
type fixture struct {
	*testing.T
	storage.Store
	open     func() storage.Store
	prepared int // every other visit is
}

// reopen opens the database with a new handle.
func (f *fixture) reopen() {
	s := f.open()
	f.Store = s
	f.Cleanup(func() { s.Close() })
}

const site = "films.example"

// day gives times that are far enough apart, a whole number of milliseconds, and past.
func day(n int) time.Time { return time.Date(2024, 1, n, 12, 0, 0, 0, time.UTC) }

func url(path string) string { return "https://" + site + path }

func pathOf(url string) string { return strings.TrimPrefix(url, "https://"+site) }

func task(path string) crawler.Task {
	return crawler.Task{URL: url(path), Site: site, Host: site, Kind: crawler.KindPage, Found: crawler.FoundLink, From: url("/"), Depth: 1}
}

func seed() crawler.Task {
	return crawler.Task{URL: url("/"), Site: site, Host: site, Kind: crawler.KindPage, Found: crawler.FoundStart}
}

func page(path string, at time.Time, body string) *crawler.Page {
	return &crawler.Page{URL: url(path), Status: 200, Header: http.Header{"Content-Type": {"text/html"}, "Vary": {"A", "B"}},
		Body: []byte(body), ContentType: "text/html", Charset: "utf-8", FetchedAt: at, Took: 120 * time.Millisecond,
		StatusLine: "HTTP/1.1 200 OK", Decoded: true, Remote: "203.0.113.7",
		Request: http.Header{"User-Agent": {"cinecrawl"}, "If-None-Match": {`"` + path + `"`}}}
}

func review(path, headline string, paragraphs ...string) *extract.Review {
	return &extract.Review{URL: url(path), Kind: extract.KindReview, Headline: extract.Text{Value: headline, From: "css:h1", Confidence: 1},
		Film:      extract.Film{Title: extract.Text{Value: headline}, Year: extract.Number{Value: 2013}},
		Author:    extract.Text{Value: "Ada Example"},
		Published: extract.Date{Value: time.Date(2013, 12, 20, 0, 0, 0, 0, time.FixedZone("", -5*3600)), DateOnly: true},
		Rating:    &extract.Rating{Raw: "★★★★☆", Value: 4, Best: 5, Method: "glyphs"},
		Lang:      "en", Words: len(strings.Fields(strings.Join(paragraphs, " "))), Extractor: "generic", Paragraphs: paragraphs}
}

// visit is that of a task whose page was read as r.
func visit(t crawler.Task, at time.Time, r *extract.Review) crawler.Visit {
	v := crawler.Visit{Task: t, Page: page(pathOf(t.URL), at, "<html>"+storage.Text(r)+"</html>"), Why: "it is one", Record: r}
	switch r.Kind {
	case extract.KindReview:
		v.Outcome = crawler.Reviewed
	case extract.KindRoundup:
		v.Outcome = crawler.Roundup
	default:
		v.Outcome = crawler.NotReview
	}
	return v
}

func (f *fixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

func (f *fixture) fails(what string, err, want error) {
	f.Helper()
	if !errors.Is(err, want) {
		f.Errorf("%s: got error %v, want %v", what, err, want)
	}
}

func (f *fixture) diff(what string, want, got any) {
	f.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		f.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func (f *fixture) start(seeds ...crawler.Task) *storage.Run {
	f.Helper()
	run, err := f.StartRun(f.Context(), site, seeds, time.Hour, storage.ByHand)
	f.must(err)
	return run
}

func (f *fixture) end(run *storage.Run, finished bool) {
	f.Helper()
	f.must(f.EndRun(f.Context(), run, finished, "end of test"))
}

func (f *fixture) commit(visits ...crawler.Visit) []crawler.Stored {
	f.Helper()
	for i := range visits {
		if f.prepared++; f.prepared%2 == 0 { // that makes no difference
			f.Prepare(f.Context(), &visits[i])
		}
	}
	stored, err := f.Commit(f.Context(), visits)
	f.must(err)
	if len(stored) != len(visits) {
		f.Fatalf("%d visits gave %d answers", len(visits), len(stored))
	}
	return stored
}

// next gives the paths of the due tasks.
func (f *fixture) next(now time.Time, n int, inFlight ...int64) []string {
	f.Helper()
	tasks, err := f.Next(f.Context(), site, site, now, n, inFlight)
	f.must(err)
	var paths []string
	for _, t := range tasks {
		paths = append(paths, pathOf(t.URL))
	}
	return paths
}

func (f *fixture) hosts(want map[string]time.Time) {
	f.Helper()
	got, err := f.Hosts(f.Context(), site)
	f.must(err)
	f.diff("hosts", want, got)
}

func (f *fixture) task(path string) *storage.TaskState {
	f.Helper()
	t, err := f.TaskByURL(f.Context(), url(path))
	f.must(err)
	return t
}

func (f *fixture) record(path string) *storage.Record {
	f.Helper()
	r, err := f.RecordByURL(f.Context(), url(path))
	f.must(err)
	return r
}

// list gives the paths of the chosen records.
func (f *fixture) list(filter storage.Filter) []string {
	f.Helper()
	var got []string
	f.must(f.Records(f.Context(), filter, func(r *storage.Record) error {
		got = append(got, pathOf(r.Review.URL))
		return nil
	}))
	n, err := f.Count(f.Context(), filter)
	f.must(err)
	f.diff("count", len(got), n)
	return got
}

func (f *fixture) status() storage.SiteStatus {
	f.Helper()
	all, err := f.Sites(f.Context(), site)
	f.must(err)
	if len(all) != 1 {
		f.Fatalf("%d sites are named %s", len(all), site)
	}
	return all[0]
}

func visitingOrder(f *fixture) {
	f.start(seed())
	first := f.task("/")
	want := seed()
	want.ID = first.ID
	f.diff("seed", &storage.TaskState{Task: want, Queued: true, Pace: storage.FirstPace}, first)

	deep, hinted, late, other := task("/deep"), task("/hinted"), task("/late"), task("/elsewhere")
	deep.Depth, hinted.Depth, hinted.Hint = 5, 9, 3
	late.Hint, late.Due = 9, day(20)
	other.Host = "other.example"
	f.commit(crawler.Visit{Task: first.Task, Page: page("/", day(1), "front"), Outcome: crawler.NotReview,
		Links: []crawler.Task{deep, task("/shallow"), task("/shallow2"), hinted, late, other}})

	f.diff("by hint, depth, ID", []string{"/hinted", "/shallow", "/shallow2", "/deep"}, f.next(day(10), 10))
	f.diff("bound", []string{"/hinted", "/shallow"}, f.next(day(10), 2))
	f.diff("in flight", []string{"/shallow2", "/deep"}, f.next(day(10), 2, f.task("/hinted").ID, f.task("/shallow").ID))
	f.diff("nothing asked", []string(nil), f.next(day(10), 0))
	f.diff("later", []string{"/late", "/hinted"}, f.next(day(20), 2))
	f.diff("reserves nothing", []string{"/late", "/hinted"}, f.next(day(20), 2))

	tasks, err := f.Next(f.Context(), site, site, day(10), 1, nil)
	f.must(err)
	hinted.ID = f.task("/hinted").ID
	f.diff("whole task", []crawler.Task{hinted}, tasks)
	f.hosts(map[string]time.Time{site: {}, "other.example": {}})
	tasks, err = f.Next(f.Context(), "no.example", site, day(10), 1, nil)
	f.must(err)
	f.diff("unknown site", []crawler.Task(nil), tasks)
}

func postponed(f *fixture) {
	f.start(seed())
	first := f.task("/").Task
	first.Tries = 1
	f.commit(crawler.Visit{Task: first, Why: "503", RetryAt: day(5), Page: &crawler.Page{URL: first.URL, Status: 503, FetchedAt: day(1)}})
	f.diff("not yet", []string(nil), f.next(day(4), 5))
	f.diff("now", []string{"/"}, f.next(day(5), 5))
	f.hosts(map[string]time.Time{site: day(5)})
	want := first
	want.Due = day(5)
	f.diff("task", &storage.TaskState{Task: want, Queued: true, Why: "503", Status: 503, Pace: storage.FirstPace, VisitedAt: day(1)}, f.task("/"))

	f.commit(crawler.Visit{Task: first, Outcome: crawler.Unreachable, Why: "connection refused"})
	f.diff("done", []string(nil), f.next(day(9), 5))
	f.hosts(nil)
}

func heldHosts(f *fixture) {
	f.start(seed())
	f.commit(crawler.Visit{Task: f.task("/").Task, Outcome: crawler.NotReview, Links: []crawler.Task{task("/a"), task("/b")}, HoldHost: day(8),
		HoldWhy: "status 503"})
	f.diff("why", []storage.Hold{{Host: site, Until: day(8), Why: "status 503"}}, f.status().Holds)
	f.diff("held", []string(nil), f.next(day(7), 5))
	f.hosts(map[string]time.Time{site: day(8)})
	f.diff("free again", []string{"/a", "/b"}, f.next(day(8), 5))
	f.commit(crawler.Visit{Task: f.task("/a").Task, Outcome: crawler.NotReview, HoldHost: day(3), HoldWhy: "gap"})
	f.diff("never shortened", []string(nil), f.next(day(7), 5))
	f.diff("its reason stays", "status 503", f.status().Holds[0].Why)
	f.commit(crawler.Visit{Task: f.task("/b").Task, Outcome: crawler.NotReview})
	f.diff("nothing to ask", []storage.Hold(nil), f.status().Holds)
}

func links(f *fixture) {
	f.start(seed())
	first := f.task("/").Task
	found := func(links ...crawler.Task) int {
		f.Helper()
		return f.commit(crawler.Visit{Task: first, Outcome: crawler.NotReview, Links: links})[0].Added
	}
	a, b := task("/a"), task("/b")
	a.Depth, b.Depth = 3, 3
	f.diff("added once", 2, found(a, b, a, first))
	f.diff("known", 0, found(b))

	// Found again: the better of both priorities and depths, and the first way of finding.
	b.Hint, b.Depth, b.Found, b.From = 5, 1, crawler.FoundSitemap, url("/sitemap.xml")
	f.diff("known", 0, found(b))
	f.diff("order", []string{"/b", "/a"}, f.next(day(1), 5))
	state := f.task("/b")
	f.diff("better", []any{5, 1, crawler.FoundLink, url("/")}, []any{state.Hint, state.Depth, state.Found, state.From})
	b.Hint, b.Depth = 0, 7
	f.diff("known", 0, found(b))
	state = f.task("/b")
	f.diff("never worse", []any{5, 1}, []any{state.Hint, state.Depth})

	f.commit(visit(f.task("/a").Task, day(1), review("/a", "A", "Text.")))
	f.diff("finished stays finished", 0, found(task("/a")))
	f.diff("queue", []string{"/b"}, f.next(day(9), 5))
}

// manyLinks has more links than any statement takes, of several kinds, some of them known, some twice.
func manyLinks(f *fixture) {
	run := f.start(seed())
	first := f.task("/").Task
	found := func(links ...crawler.Task) int {
		f.Helper()
		return f.commit(crawler.Visit{Task: first, Outcome: crawler.Listed, Links: links})[0].Added
	}
	visited, queued := task("/known/1"), task("/known/2")
	visited.Depth, queued.Depth = 7, 7
	f.diff("known", 2, found(visited, queued))
	f.commit(visit(f.task("/known/1").Task, day(5), review("/known/1", "A", "Text.")))
	f.end(run, false)
	f.reopen() // a store may remember what it stored
	f.start()

	var all []crawler.Task
	var want []string
	for i := range 100 {
		t := task(fmt.Sprintf("/page/%d", i))
		if i >= 40 && i < 60 {
			t.Host = "other.example"
		} else {
			want = append(want, pathOf(t.URL))
		}
		if i%7 == 0 {
			t.LastMod = day(1)
		}
		all = append(all, t)
	}
	visited.Depth, visited.LastMod, queued.Depth, queued.Hint = 1, day(6), 1, 3
	again := all[30]
	again.Hint = 2
	all = slices.Insert(all, 35, visited, again)
	all = slices.Insert(all, 70, queued)
	f.diff("added", 101, found(all...))
	f.diff("a second time", 0, found(all...))
	f.diff("order", slices.Concat([]string{"/known/2", "/page/30"}, want[:30], want[31:], []string{"/known/1"}), f.next(day(9), 200))
	f.diff("date", day(1), f.task("/page/14").LastMod)
	status := f.status()
	f.diff("queued", 102, status.Queued)
	f.hosts(map[string]time.Time{site: {}, "other.example": {}})
}

func sitemapDates(f *fixture) {
	f.start(seed())
	first := f.task("/").Task
	found := func(lastmod time.Time) int {
		f.Helper()
		a := task("/a")
		a.Found, a.LastMod = crawler.FoundSitemap, lastmod
		return f.commit(crawler.Visit{Task: first, Outcome: crawler.Listed, Links: []crawler.Task{a}})[0].Added
	}
	f.diff("new", 1, found(day(2)))
	f.commit(visit(f.task("/a").Task, day(5), review("/a", "A", "Text.")))
	f.diff("same date", 0, found(day(2)))
	f.diff("older than the visit", 0, found(day(4)))
	f.diff("newer", 1, found(day(6)))
	f.diff("already queued", 0, found(day(7)))
	f.diff("queued", []string{"/a"}, f.next(day(9), 5))
	state := f.task("/a")
	f.diff("state", []any{true, crawler.Reviewed, day(7)}, []any{state.Queued, state.Outcome, state.LastMod})
	f.commit(visit(f.task("/a").Task, day(6), review("/a", "A", "Text.")))
	f.diff("a date in the future is news once", 0, found(day(7)))
}

func visitWithoutTask(f *fixture) {
	f.start()
	one := task("/one")
	one.Found, one.From, one.Depth = crawler.FoundStart, "", 0
	f.diff("stored", []crawler.Stored{{Change: crawler.NewReview}}, f.commit(visit(one, day(1), review("/one", "One", "Text."))))
	state := f.task("/one")
	f.diff("state", []any{false, crawler.Reviewed}, []any{state.Queued, state.Outcome})
	f.diff("again", []crawler.Stored{{Change: crawler.SameReview}}, f.commit(visit(one, day(2), review("/one", "One", "Text."))))
}

func revisions(f *fixture) {
	run := f.start(seed())
	f.commit(crawler.Visit{Task: f.task("/").Task, Outcome: crawler.NotReview, Links: []crawler.Task{task("/her")}})
	her := f.task("/her").Task

	r1 := review("/her", "Her", "First paragraph.", "Second\nof two lines.\n\nAnd a gap.")
	r1.Blocks = []extract.Block{{Text: "never stored"}}
	f.diff("new", crawler.NewReview, f.commit(visit(her, day(1), r1))[0].Change)
	want1 := *r1
	want1.Blocks = nil
	rec := f.record("/her")
	f.diff("record", &storage.Record{ID: rec.ID, Site: site, PageURL: url("/her"), Review: &want1, FetchedAt: day(1), FirstSeen: day(1), Revision: 1,
		TextHash: storage.TextHash(r1)}, rec)

	// The same text: no revision, but what is known of it is renewed.
	r2 := want1
	r2.Author.Value = "A. Example"
	f.diff("same", crawler.SameReview, f.commit(visit(her, day(2), &r2))[0].Change)
	rec2 := f.record("/her")
	f.diff("renewed", &storage.Record{ID: rec.ID, Site: site, PageURL: url("/her"), Review: &r2, FetchedAt: day(2), FirstSeen: day(1), Revision: 1,
		TextHash: storage.TextHash(r1)}, rec2)

	// The headline is text.
	r3 := r2
	r3.Headline.Value = "Her (2013)"
	f.diff("changed", crawler.Revised, f.commit(visit(her, day(3), &r3))[0].Change)
	revs, err := f.Revisions(f.Context(), rec.ID)
	f.must(err)
	f.diff("revisions", []*storage.Record{rec2,
		{ID: rec.ID, Site: site, PageURL: url("/her"), Review: &r3, FetchedAt: day(3), FirstSeen: day(1), Revision: 2, TextHash: storage.TextHash(&r3)}}, revs)

	// And back: a third revision, for that is what happened.
	f.diff("back", crawler.Revised, f.commit(visit(her, day(4), &r2))[0].Change)
	f.diff("revision", 3, f.record("/her").Revision)

	f.end(run, true)
	f.diff("counts", storage.Counts{Fetched: 4, New: 1, Changed: 2, Unchanged: 1, NotReviews: 1}, run.Counts)
}

func canonicalOwner(f *fixture) {
	f.start(seed())
	f.commit(crawler.Visit{Task: f.task("/").Task, Outcome: crawler.NotReview, Links: []crawler.Task{task("/her"), task("/her/print")}})
	her, print := f.task("/her").Task, f.task("/her/print").Task
	grown := append(essay(1), "Seen in Rome.")
	copyOf := review("/her", "Her", essay(1)...)
	f.diff("the first takes it", crawler.NewReview, f.commit(visit(print, day(1), copyOf))[0].Change)
	f.diff("read from", url("/her/print"), f.record("/her").PageURL)
	f.diff("and is found by its page", f.record("/her"), f.record("/her/print"))

	f.diff("the canonical one takes it over", crawler.Revised, f.commit(visit(her, day(2), review("/her", "Her", grown...)))[0].Change)
	f.diff("read from", url("/her"), f.record("/her").PageURL)
	f.diff("the other is a duplicate", crawler.Duplicate, f.task("/her/print").Outcome)

	f.diff("which never overwrites", crawler.NoReview, f.commit(visit(print, day(3), copyOf))[0].Change)
	rec := f.record("/her")
	f.diff("text", []any{grown, 2, day(2)}, []any{rec.Review.Paragraphs, rec.Revision, rec.FetchedAt})
	state := f.task("/her/print")
	f.diff("outcome", []any{crawler.Duplicate, crawler.Duplicate}, []any{state.Outcome, state.Last})
	_, err := f.SnapshotByURL(f.Context(), url("/her/print"))
	f.must(err)
	f.diff("figures", map[crawler.Outcome]int{crawler.Reviewed: 1, crawler.Duplicate: 1, crawler.NotReview: 1}, f.status().Tasks)
}

func canonicalOfOthers(f *fixture) {
	f.start()
	f.commit(visit(task("/her?a"), day(1), review("/her", "Her", "Text.")))
	f.diff("the first has it", []crawler.Stored{{Owner: url("/her?a")}}, f.commit(visit(task("/her?b"), day(1), review("/her", "Her", "Text."))))
	f.diff("text", "Text.", f.record("/her").Review.Body())
	f.diff("duplicate", crawler.Duplicate, f.task("/her?b").Outcome)
}

// canonicalOfAll: a site that names its list page as the canonical one of every post loses none of them.
func canonicalOfAll(f *fixture) {
	f.start()
	list := review("/blog.html", "All", "")
	list.Kind = extract.KindList
	f.commit(visit(task("/blog.html"), day(1), list))
	posts := []string{"/a", "/b", "/c"}
	for _, p := range posts {
		f.diff("stored", crawler.NewReview, f.commit(visit(task(p), day(1), review("/blog.html", p, "Text of "+p)))[0].Change)
	}
	check := func(when string) {
		f.Helper()
		for _, p := range posts {
			r := f.record(p)
			f.diff(when, []any{url(p), "Text of " + p, 1, crawler.Reviewed}, []any{r.PageURL, r.Review.Body(), r.Revision, f.task(p).Outcome})
		}
		f.diff(when+": its own URL", url("/b"), f.record("/b").Review.URL)
		f.diff(when+": records", []string{"/b", "/blog.html", "/c"}, f.list(storage.Filter{}))
	}
	check("stored")
	for _, p := range slices.Backward(posts) {
		changed, err := f.SaveRecord(f.Context(), &storage.Record{Site: site, PageURL: url(p), Review: review("/blog.html", p, "Text of "+p), FetchedAt: day(1)})
		f.must(err)
		f.diff("read again", false, changed)
	}
	check("read again")

	// The page of that URL turns out to be a review: it is another one.
	f.commit(visit(f.task("/blog.html").Task, day(2), review("/blog.html", "Her", "Text.")))
	f.diff("records", []string{"/a", "/b", "/blog.html", "/c"}, f.list(storage.Filter{}))
	f.diff("its text", []any{"Text.", 1}, []any{f.record("/blog.html").Review.Body(), f.record("/blog.html").Revision})
	f.diff("of the first", []any{"Text of /a", 1, url("/a")}, []any{f.record("/a").Review.Body(), f.record("/a").Revision, f.record("/a").Review.URL})
}

// canonicalOfOne: a site that names one of its reviews as the canonical one of all loses none, in whatever order they are read.
func canonicalOfOne(f *fixture) {
	f.start()
	const n = 6
	text := func(set, i int) []string { return essay(100 * (n*set + i + 1)) }
	read := func(set, i int, at time.Time) crawler.Stored {
		f.Helper()
		path := fmt.Sprintf("/%d/film-%d", set, i)
		return f.commit(visit(task(path), at, review(fmt.Sprintf("/%d/film-3", set), path, text(set, i)...)))[0]
	}
	for set, order := range [][]int{{0, 1, 2, 3, 4, 5}, {3, 0, 1, 2, 4, 5}, {5, 4, 2, 1, 0, 3}} {
		for _, i := range order {
			f.diff("new", crawler.Stored{Change: crawler.NewReview}, read(set, i, day(1)))
		}
		for _, i := range slices.Backward(order) {
			f.diff("again", crawler.Stored{Change: crawler.SameReview}, read(set, i, day(2)))
		}
		for i := range n {
			path := fmt.Sprintf("/%d/film-%d", set, i)
			r := f.record(path)
			f.diff(path, []any{url(path), url(path), text(set, i), 1, crawler.Reviewed},
				[]any{r.Review.URL, r.PageURL, r.Review.Paragraphs, r.Revision, f.task(path).Outcome})
		}
	}
	f.diff("records", 3*n, len(f.list(storage.Filter{})))

	// Two that name each other, until one does not.
	f.commit(visit(task("/x"), day(1), review("/y", "X", essay(91)...)), visit(task("/y"), day(1), review("/x", "Y", essay(192)...)))
	f.commit(visit(f.task("/y").Task, day(2), review("/y", "Y", essay(192)...)))
	f.diff("x", []any{url("/x"), essay(91), 1}, []any{f.record("/x").PageURL, f.record("/x").Review.Paragraphs, f.record("/x").Revision})
	f.diff("y", []any{url("/y"), essay(192), 1}, []any{f.record("/y").PageURL, f.record("/y").Review.Paragraphs, f.record("/y").Revision})
}

// canonicalOfDoubleBill: two reviews that have most of their words in common, and name one canonical URL, are two still; a twin of one
// that names its film at greater length is not a third.
func canonicalOfDoubleBill(f *fixture) {
	f.start()
	for n, page := range []string{"/bill", "/bill/solo"} { // that of one of them, or of none
		for i, film := range []string{"Her", "Ran"} {
			path := page
			if i > 0 || page == "/bill/solo" {
				path = page + "/" + film
			}
			v := visit(task(path), day(1), review(page, film, append([]string{film + " is the better half of the evening."}, essay(n+1)...)...))
			f.diff(path, crawler.Stored{Change: crawler.NewReview}, f.commit(v)[0])
			f.diff(path+" again", crawler.Stored{Change: crawler.SameReview}, f.commit(visit(f.task(path).Task, day(2), v.Record.(*extract.Review)))[0])
		}
	}
	twin := visit(task("/bill/print"), day(1), review("/bill", "Her (2013)", essay(1)...))
	f.diff("twin", crawler.Stored{Owner: url("/bill")}, f.commit(twin)[0])
	f.diff("records", []string{"/bill", "/bill/Ran", "/bill/solo", "/bill/solo/Ran"}, f.list(storage.Filter{}))
}

func canonicalChanges(f *fixture) {
	f.start()
	f.commit(visit(task("/p=7"), day(1), review("/p=7", "Her", "Text.")))
	id := f.record("/p=7").ID
	f.diff("same text", crawler.SameReview, f.commit(visit(f.task("/p=7").Task, day(2), review("/her", "Her", "Text.")))[0].Change)
	rec := f.record("/her")
	f.diff("the record goes with the page", []any{id, url("/p=7"), url("/her")}, []any{rec.ID, rec.PageURL, rec.Review.URL})
	n, err := f.Count(f.Context(), storage.Filter{})
	f.must(err)
	f.diff("one record", 1, n)
}

func sameText(f *fixture) {
	const other = "other.example"
	_, err := f.StartRun(f.Context(), other, nil, 0, storage.ByHand)
	f.must(err)
	f.start()
	her := func(path string) crawler.Visit { return visit(task(path), day(1), review(path, "Her", "Text.")) }
	f.commit(her("/her/"), her("/her/index.html"), her("/her/?p=1"))
	f.diff("one record", []string{"/her/"}, f.list(storage.Filter{}))
	state := f.task("/her/?p=1")
	f.diff("duplicate", []any{crawler.Duplicate, "the review is stored from " + url("/her/")}, []any{state.Outcome, state.Why})

	syndicated := her("/syndicated")
	syndicated.Task.Site = other
	f.commit(syndicated)
	f.diff("on another site it is another", []string{"/her/", "/syndicated"}, f.list(storage.Filter{}))

	// Texts become equal, and differ again.
	f.commit(visit(task("/two"), day(1), review("/two", "Her", "Other text.")))
	f.commit(visit(f.task("/two").Task, day(2), review("/two", "Her", "Text.")))
	f.diff("became equal", []string{"/her/"}, f.list(storage.Filter{Sites: []string{site}}))
	f.diff("comes back", crawler.Revised, f.commit(visit(f.task("/two").Task, day(3), review("/two", "Her", "New text.")))[0].Change)
	f.diff("differ", []string{"/her/", "/two"}, f.list(storage.Filter{Sites: []string{site}}))
	f.commit(visit(f.task("/her/").Task, day(4), review("/her/", "Her", "New text.")))
	f.diff("the older record stays", []string{"/her/"}, f.list(storage.Filter{Sites: []string{site}}))
	f.diff("outcome", []crawler.Outcome{crawler.Reviewed, crawler.Duplicate}, []crawler.Outcome{f.task("/her/").Outcome, f.task("/two").Outcome})
}

// essay is a text of 20 sentences of the n-th author, a paragraph each.
func essay(n int) (paragraphs []string) {
	for i := range 20 {
		paragraphs = append(paragraphs, fmt.Sprintf("In scene %d the keeper of lighthouse %d asks her %d guests of house %d about the storm.", i, 7*i*n, 3*i+n, n))
	}
	return paragraphs
}

// copied says what a record is a copy of, "" for nothing.
func (f *fixture) copied(path string) string {
	f.Helper()
	r := f.record(path)
	if near := storage.Distance(storage.Fingerprint(r.Review.Body()), f.print(r.CopyOf)); r.CopyOf != "" && r.CopyBits != near {
		f.Errorf("%s: distance %d, want %d", path, r.CopyBits, near)
	}
	return pathOf(r.CopyOf)
}

func (f *fixture) print(url string) uint64 {
	f.Helper()
	if url == "" {
		return 0
	}
	r, err := f.RecordByURL(f.Context(), url)
	f.must(err)
	return storage.Fingerprint(r.Review.Body())
}

func copies(f *fixture) {
	const other = "wire.example"
	_, err := f.StartRun(f.Context(), other, nil, 0, storage.ByHand)
	f.must(err)
	f.start()
	store := func(path, headline string, paragraphs ...string) {
		f.Helper()
		f.commit(visit(task(path), day(1), review(path, headline, paragraphs...)))
	}
	elsewhere := func(path, headline string, paragraphs ...string) {
		f.Helper()
		v := visit(task(path), day(1), review(path, headline, paragraphs...))
		v.Task.Site = other
		f.commit(v)
	}
	credited := append([]string{"First published in the Evening Post."}, essay(1)...)
	short := "A fine film, and a long one."
	store("/her", "Her", essay(1)...)
	store("/ran", "Ran", essay(2)...)
	store("/short", "Short", short)
	store("/stars", "Stars", "★★★★☆")
	elsewhere("/same", "Her", essay(1)...)
	elsewhere("/credited", "Her: a review", credited...)
	elsewhere("/credited-twice", "Her again", append(credited, "Copyright by the Evening Post.")...)
	elsewhere("/other", "Her, by another", essay(3)...)
	elsewhere("/short-same", "Short, by another", short)
	elsewhere("/short-near", "Short, by a third", short+" Indeed.")
	elsewhere("/stars-too", "Stars too", "★★★★☆")
	store("/near", "Her, a little longer", append(essay(1), "Seen in Rome.")...)

	got := map[string]string{}
	f.must(f.Records(f.Context(), storage.Filter{}, func(r *storage.Record) error {
		got[pathOf(r.Review.URL)] = pathOf(r.CopyOf)
		return nil
	}))
	f.diff("copies", map[string]string{"/her": "", "/ran": "", "/short": "", "/stars": "", "/same": "/her", "/credited": "/her", "/credited-twice": "/her",
		"/other": "", "/short-same": "/short", "/short-near": "", "/stars-too": "", "/near": "/her"}, got)
	for path := range got {
		f.copied(path)
	}
	f.diff("their own source", []any{other, url("/same"), essay(1)}, []any{f.record("/same").Site, f.record("/same").PageURL, f.record("/same").Review.Paragraphs})
	f.diff("unique", []string{"/her", "/ran", "/short", "/stars", "/other", "/short-near", "/stars-too"}, f.list(storage.Filter{Unique: true}))
	f.diff("unique of a site", []string{"/other", "/short-near", "/stars-too"}, f.list(storage.Filter{Unique: true, Sites: []string{other}}))
	all, err := f.Sites(f.Context(), site, other)
	f.must(err)
	f.diff("figures", []int{1, 4, 5, 7}, []int{all[0].Copies, all[1].Copies, all[0].Reviews, all[1].Reviews})
	revs, err := f.Revisions(f.Context(), f.record("/same").ID)
	f.must(err)
	f.diff("of a revision", url("/her"), revs[0].CopyOf)
}

// copiesChange: the marks are those of the texts as they stand.
func copiesChange(f *fixture) {
	const other = "wire.example"
	_, err := f.StartRun(f.Context(), other, nil, 0, storage.ByHand)
	f.must(err)
	f.start()
	read := func(path string, paragraphs []string) {
		f.Helper()
		v := visit(task(path), day(1), review(path, path, paragraphs...))
		if strings.HasPrefix(path, "/wire") {
			v.Task.Site = other
		}
		f.commit(v)
	}
	marks := func(when string, want ...string) { // of /a, /wire1, /wire2
		f.Helper()
		f.diff(when, want, []string{f.copied("/a"), f.copied("/wire1"), f.copied("/wire2")})
	}
	read("/a", essay(1))
	read("/wire1", essay(1))
	read("/wire2", essay(1))
	marks("stored", "", "/a", "/a")
	read("/wire1", essay(2))
	marks("a copy has a text of its own", "", "", "/a")
	read("/wire1", essay(1))
	marks("and not", "", "/a", "/a")
	read("/a", essay(3))
	marks("the first has another text", "", "", "/wire1")
	read("/a", essay(1))
	marks("and not: it is the oldest still", "", "/a", "/a")

	noindex := crawler.Visit{Task: task("/a"), Outcome: crawler.NoIndex, Page: page("/a", day(2), "her")}
	f.commit(noindex)
	marks("set aside", "", "", "/wire1")
	f.diff("unique", []string{"/wire1"}, f.list(storage.Filter{Unique: true}))
	read("/a", essay(1))
	marks("back", "", "/a", "/a")
	news := review("/a", "/a", essay(1)...)
	news.Kind = extract.KindNews
	_, err = f.SaveRecord(f.Context(), &storage.Record{Site: site, PageURL: url("/a"), Review: news, FetchedAt: day(1)})
	f.must(err)
	marks("no review", "", "", "/wire1")
	_, err = f.SaveRecord(f.Context(), &storage.Record{Site: site, PageURL: url("/a"), Review: review("/a", "/a", essay(1)...), FetchedAt: day(1)})
	f.must(err)
	marks("a review after all", "", "/a", "/a")

	// What is near to a copy only is an original, until the copy is one.
	drifting := func(n int) []string {
		text := essay(6)
		for i := range n {
			text = append(text, fmt.Sprintf("Later, in year %d, nobody of %d remembers why the boat of captain %d came home without its light.", i, i*11, i*5))
		}
		return text
	}
	read("/c", essay(6))
	read("/wire4", drifting(3))
	read("/wire5", drifting(9))
	f.diff("drifting", []string{"/c", ""}, []string{f.copied("/wire4"), f.copied("/wire5")})
	read("/c", essay(7))
	f.diff("the first has another text", []string{"", "/wire4"}, []string{f.copied("/wire4"), f.copied("/wire5")})
	read("/c", essay(6))
	f.diff("and not", []string{"/c", ""}, []string{f.copied("/wire4"), f.copied("/wire5")})

	// A twin of the site takes its place as the older record stays: nothing is a copy of what is set aside.
	read("/b", essay(4))
	read("/wire3", essay(4))
	f.diff("stored", "/b", f.copied("/wire3"))
	read("/b", essay(1))
	f.diff("near, but not the same headline", "/a", f.copied("/b"))
	f.diff("alone", "", f.copied("/wire3"))
}

// manyCopies: of a text with very many copies, the change of one ends soon, and none is left marked as a copy of what is not there.
func manyCopies(f *fixture) {
	const other, n = "wire.example", 520
	_, err := f.StartRun(f.Context(), other, nil, 0, storage.ByHand)
	f.must(err)
	f.start()
	f.commit(visit(task("/a"), day(1), review("/a", "A", essay(1)...)))
	var visits []crawler.Visit
	for i := range n {
		path := fmt.Sprintf("/%03d", i)
		v := visit(task(path), day(1), review(path, path, essay(1)...))
		v.Task.Site = other
		visits = append(visits, v)
	}
	f.commit(visits...)
	marked := func() (of map[string]int) {
		of = map[string]int{}
		f.must(f.Records(f.Context(), storage.Filter{Sites: []string{other}}, func(r *storage.Record) error {
			of[pathOf(r.CopyOf)]++
			return nil
		}))
		return of
	}
	f.diff("stored", map[string]int{"/a": n}, marked())
	f.commit(crawler.Visit{Task: task("/a"), Outcome: crawler.NoIndex, Page: page("/a", day(2), "her")})
	got := marked()
	if got["/a"] > 0 || got["/000"] == 0 || got["/000"]+got[""] != n {
		f.Errorf("the first is set aside: %v", got)
	}
}

func movedPages(f *fixture) {
	f.start()
	moves := func(from, to string) crawler.Visit {
		target := task(to)
		target.Found, target.From = crawler.FoundRedirect, url(from)
		return crawler.Visit{Task: f.task(from).Task, Outcome: crawler.Redirected, Why: "to " + url(to), Links: []crawler.Task{target},
			Page: &crawler.Page{URL: url(from), Status: 301, FetchedAt: day(2), Location: url(to)}}
	}
	reads := func(path, text string) crawler.Change {
		f.Helper()
		return f.commit(visit(task(path), day(3), review(path, "Her", text)))[0].Change
	}
	reads("/her", "Text.")
	id := f.record("/her").ID
	f.commit(moves("/her", "/b"))
	f.diff("until the new page is read", []string{"/her"}, f.list(storage.Filter{}))
	f.commit(moves("/b", "/new/her")) // and on
	f.diff("the same text", crawler.SameReview, reads("/new/her", "Text."))
	f.diff("one record", []string{"/new/her"}, f.list(storage.Filter{}))
	rec := f.record("/new/her")
	f.diff("the same record", []any{id, url("/new/her"), url("/new/her"), 1, day(3)}, []any{rec.ID, rec.PageURL, rec.Review.URL, rec.Revision, rec.FirstSeen})
	f.diff("outcome", []crawler.Outcome{crawler.Redirected, crawler.Reviewed}, []crawler.Outcome{f.task("/her").Outcome, f.task("/new/her").Outcome})
	_, err := f.SnapshotByURL(f.Context(), url("/her"))
	f.fails("the old page", err, storage.ErrNotFound)

	f.commit(moves("/new/her", "/edited"))
	f.diff("another text", crawler.Revised, reads("/edited", "Edited."))
	f.diff("revision", []any{id, 2}, []any{f.record("/edited").ID, f.record("/edited").Revision})

	// The new page was known: as a duplicate, or with a text of its own.
	reads("/copy", "Edited.")
	f.commit(moves("/edited", "/copy"))
	f.diff("asked again", []string{"/copy"}, f.next(day(9), 9))
	f.diff("has it now", crawler.SameReview, reads("/copy", "Edited."))
	reads("/other", "Other text.")
	f.commit(moves("/copy", "/other"))
	f.diff("both stay", []string{"/copy", "/other"}, f.list(storage.Filter{}))
	reads("/other", "Edited.")
	f.diff("until the text is the same", []string{"/other"}, f.list(storage.Filter{}))

	// To what is no review, and gone: it stays.
	f.commit(crawler.Visit{Task: task("/"), Outcome: crawler.NotReview, Page: page("/", day(1), "front")}, moves("/other", "/"))
	reads("/lost", "Lost.")
	f.commit(crawler.Visit{Task: f.task("/lost").Task, Outcome: crawler.Gone, Page: &crawler.Page{Status: 404, FetchedAt: day(4)}})
	f.diff("stay", []string{"/lost", "/other"}, f.list(storage.Filter{}))
	reads("/found", "Lost.")
	f.diff("at its new place", []string{"/found", "/other"}, f.list(storage.Filter{}))
}

func unchangedPages(f *fixture) {
	run := f.start()
	f.commit(visit(task("/her"), day(1), review("/her", "Her", "Text.")),
		crawler.Visit{Task: task("/list"), Outcome: crawler.NotReview, Why: "a list", Page: page("/list", day(1), "list")})
	not := func(path string) crawler.Visit {
		return crawler.Visit{Task: f.task(path).Task, Outcome: crawler.Unchanged, Why: "304",
			Page: &crawler.Page{URL: url(path), Status: 304, Header: http.Header{}, FetchedAt: day(2)}}
	}
	f.diff("that of a review counts", []crawler.Stored{{Change: crawler.SameReview}, {}}, f.commit(not("/her"), not("/list")))
	state := f.task("/her")
	f.diff("outcome stands", []any{crawler.Reviewed, crawler.Unchanged, "it is one", 304, day(2)},
		[]any{state.Outcome, state.Last, state.Why, state.Status, state.VisitedAt})
	f.diff("record", []any{day(1), 1}, []any{f.record("/her").FetchedAt, f.record("/her").Revision})
	snap, err := f.SnapshotByURL(f.Context(), url("/her"))
	f.must(err)
	f.diff("snapshot", day(1), snap.Page.FetchedAt)

	// A failure hides what the page is; being reached again shows it.
	f.commit(crawler.Visit{Task: f.task("/her").Task, Outcome: crawler.Unreachable, Why: "refused"})
	f.diff("failed", crawler.Unreachable, f.task("/her").Outcome)
	f.commit(not("/her"))
	f.diff("again", crawler.Reviewed, f.task("/her").Outcome)
	f.end(run, true)
	f.diff("counts", storage.Counts{Fetched: 5, New: 1, Unchanged: 2, NotReviews: 1, Failed: map[crawler.Outcome]int{crawler.Unreachable: 1}}, run.Counts)
}

func validators(f *fixture) {
	f.start()
	v := visit(task("/her"), day(1), review("/her", "Her", "Text."))
	v.Page.Header.Set("ETag", `"one"`)
	v.Page.Header.Set("Last-Modified", "Mon, 01 Jan 2024 00:00:00 GMT")
	f.commit(v)
	have := func() []string { s := f.task("/her"); return []string{s.ETag, s.LastModified} }
	answer := func(o crawler.Outcome, status int, h http.Header) {
		f.Helper()
		f.commit(crawler.Visit{Task: f.task("/her").Task, Outcome: o, Page: &crawler.Page{URL: url("/her"), Status: status, Header: h}})
	}
	both := []string{`"one"`, "Mon, 01 Jan 2024 00:00:00 GMT"}
	f.diff("kept", both, have())
	answer(crawler.ServerError, 500, http.Header{"Etag": {`"err"`}})
	f.diff("a failure keeps them", both, have())
	f.commit(crawler.Visit{Task: f.task("/her").Task, Outcome: crawler.Forbidden})
	f.diff("nor is an address that was not asked an answer", both, have())
	answer(crawler.Unchanged, 304, http.Header{"Etag": {`"two"`}})
	f.diff("a 304 may renew them", []string{`"two"`, both[1]}, have())
	f.commit(visit(f.task("/her").Task, day(2), review("/her", "Her", "Text.")))
	f.diff("an answer without has none", []string{"", ""}, have())
	f.commit(v)
	f.diff("kept", both, have())
	answer(crawler.Gone, 404, nil)
	f.diff("gone", []string{"", ""}, have())
}

func oneTransaction(f *fixture) {
	f.start()
	good, bad := visit(task("/good"), day(1), review("/good", "Good", "Text.")), visit(task("/bad"), day(1), review("/bad", "Bad", "Text."))
	bad.Task.ID = 1 << 40 // of no task
	_, err := f.Commit(f.Context(), []crawler.Visit{good, bad})
	f.fails("a task that is none", err, storage.ErrNotFound)
	_, err = f.TaskByURL(f.Context(), url("/good"))
	f.fails("half a batch", err, storage.ErrNotFound)
	f.diff("stored after", crawler.NewReview, f.commit(good)[0].Change)

	// What another site has found first is that site's, and no reason to store nothing else.
	if _, err := f.StartRun(f.Context(), "other.example", nil, time.Hour, storage.ByHand); err != nil {
		f.Fatal(err)
	}
	taken := visit(task("/good"), day(2), review("/good", "Good", "Another text."))
	taken.Task.Site = "other.example"
	got := f.commit(taken, visit(task("/better"), day(2), review("/better", "Better", essay(3)...)))
	f.diff("the page of another site", []crawler.Stored{{}, {Change: crawler.NewReview}}, got)
	f.diff("stays", 1, f.record("/good").Revision)

	if _, err := f.Commit(f.Context(), []crawler.Visit{{Task: task("/wrong"), Outcome: crawler.Reviewed, Record: "no review"}}); err == nil {
		f.Error("a record of another type was taken")
	}
	f.diff("nothing", []crawler.Stored(nil), f.commit())
}

func runsResume(f *fixture) {
	run := f.start(seed())
	f.diff("run", []any{false, true, 1}, []any{run.Resumed, run.Ended.IsZero(), run.Counts.Queued})
	f.commit(crawler.Visit{Task: f.task("/").Task, Outcome: crawler.NotReview, Page: page("/", day(1), "front"), Links: []crawler.Task{task("/a"), task("/b")}})
	f.end(run, false)
	f.diff("ended", []any{false, false, "end of test", 2}, []any{run.Ended.IsZero(), run.Finished, run.Why, run.Counts.Queued})

	// Interrupted: it goes on, and the start page is not asked again. A new one is.
	fresh := task("/new-start")
	fresh.Depth = 0
	second := f.start(seed(), fresh)
	f.diff("spent", crawler.Spent{Pages: 1, Bytes: int64(len("front")), Time: run.Spent.Time}, second.Spent)
	f.diff("same run", []any{run.ID, true, true, run.Started, 1},
		[]any{second.ID, second.Resumed, second.Ended.IsZero(), second.Started, second.Counts.Fetched})
	f.diff("queue", []string{"/new-start", "/a", "/b"}, f.next(day(1), 9))
	f.commit(visit(f.task("/a").Task, day(1), review("/a", "A", "Text.")))

	// A handle that closes without ending its run.
	f.must(f.Close())
	f.reopen()
	third := f.start(seed())
	f.diff("same run", []any{run.ID, true, 2}, []any{third.ID, third.Resumed, third.Counts.Fetched})
	f.diff("queue", []string{"/new-start", "/b"}, f.next(day(1), 9))
	f.end(third, true)

	fourth := f.start(seed())
	f.diff("a new run", []any{true, false}, []any{fourth.ID > run.ID, fourth.Resumed})
	runs, err := f.Runs(f.Context(), site, 0)
	f.must(err)
	f.diff("runs", []storage.Run{*fourth, *third}, runs)
	runs, err = f.Runs(f.Context(), "", 1)
	f.must(err)
	f.diff("the last", []storage.Run{*fourth}, runs)
	f.diff("last of the site", fourth, f.status().LastRun)
}

func runningRuns(f *fixture) {
	other := f.open()
	defer other.Close()
	seen := func(what string, running, ended bool) {
		f.Helper()
		runs, err := other.Runs(f.Context(), site, 1)
		f.must(err)
		f.diff(what, []any{running, ended}, []any{runs[0].Running, !runs[0].Ended.IsZero()})
		sites, err := other.Sites(f.Context(), site)
		f.must(err)
		f.diff(what+": of the site", &runs[0], sites[0].LastRun)
	}
	run := f.start(seed())
	f.diff("started", true, run.Running)
	seen("held", true, false)
	f.must(f.Close()) // without an end
	seen("given free", false, false)
	f.reopen()
	run = f.start()
	seen("held again", true, false)
	f.end(run, false)
	f.diff("ended", false, run.Running)
	seen("ended", false, true)
	f.start()
	seen("goes on", true, false)
}

func newRun(f *fixture) {
	run := f.start(seed())
	now := time.Now().UTC().Truncate(time.Millisecond)
	old, fresh := now.Add(-2*time.Hour), now.Add(-time.Minute)
	read := func(path string, at time.Time, kind extract.Kind) crawler.Visit {
		r := review(path, path, "Text.")
		r.Kind = kind
		return visit(task(path), at, r)
	}
	sitemap, feed := task("/sitemap.xml"), task("/feed")
	sitemap.Kind, feed.Kind = crawler.KindSitemap, crawler.KindFeed
	archive, further, none := task("/posts?page=1"), task("/posts?page=2"), task("/none")
	archive.Kind, further.Kind, none.Kind = crawler.KindArchive, crawler.KindArchive, crawler.KindArchive
	further.Found = crawler.FoundNext
	plain := func(task crawler.Task, o crawler.Outcome) crawler.Visit {
		return crawler.Visit{Task: task, Outcome: o, Page: &crawler.Page{URL: task.URL, FetchedAt: fresh}}
	}
	twin := read("/twin", fresh, extract.KindList) // of a list, which is asked for itself
	twin.Outcome = crawler.Duplicate
	f.commit(
		plain(f.task("/").Task, crawler.Redirected), twin,
		read("/old", old, extract.KindReview), read("/fresh", fresh, extract.KindReview),
		read("/list", fresh, extract.KindList), read("/about", fresh, extract.KindAbout),
		plain(sitemap, crawler.Listed), plain(feed, crawler.Listed),
		plain(archive, crawler.Listed), plain(further, crawler.Listed), plain(none, crawler.Gone),
		plain(task("/unread"), crawler.NotReview), plain(task("/gone"), crawler.Gone),
		plain(task("/robots"), crawler.Disallowed), plain(task("/500"), crawler.ServerError), crawler.Visit{Task: task("/inside"), Outcome: crawler.Forbidden})
	f.end(run, true)
	f.diff("nothing", []string(nil), f.next(now, 99))
	f.start(seed())
	got := f.next(now, 99)
	slices.Sort(got)
	f.diff("due again", []string{"/", "/500", "/feed", "/inside", "/list", "/old", "/posts?page=1", "/robots", "/sitemap.xml", "/unread"}, got)
	s := f.status()
	f.diff("figures", []any{10, map[crawler.Outcome]int{crawler.Reviewed: 1, crawler.NotReview: 1, crawler.Gone: 2, crawler.Listed: 1, crawler.Duplicate: 1}}, []any{s.Queued, s.Tasks})
}

// clocked runs a test whose clock is its own: time passes when it sleeps, and then no store may be open, for it would wake to say that
// it lives. A store that goes by another clock is left out.
func (f *fixture) clocked(test func(*fixture)) {
	synctest.Test(f.T, func(t *testing.T) {
		f := &fixture{T: t, Store: f.open(), open: f.open}
		defer f.Close()
		run, err := f.StartRun(f.Context(), "clock.example", nil, 0, storage.ByHand)
		f.must(err)
		f.must(f.EndRun(f.Context(), run, true, "done"))
		f.must(f.Close())
		if run.Started.After(time.Now()) {
			t.Skip("the clock of the database is its own")
		}
		test(f)
	})
}

// run opens the store, and makes a run with a revisit time in which each due page gives what answer says.
func (f *fixture) run(revisit time.Duration, seeds []crawler.Task, answer func(crawler.Task) crawler.Visit) {
	f.Helper()
	f.Store = f.open()
	run, err := f.StartRun(f.Context(), site, seeds, revisit, storage.ByHand)
	f.must(err)
	for {
		due, err := f.Next(f.Context(), site, site, time.Now(), 9, nil)
		f.must(err)
		if len(due) == 0 {
			break
		}
		for _, task := range due {
			f.commit(answer(task))
		}
	}
	f.end(run, true)
}

// paces: over five years of a crawl a week, each page is asked as often as it is worth.
func paces(f *fixture) {
	f.clocked(func(f *fixture) {
		const day, years, revisit = 24 * time.Hour, 5, 30 * 24 * time.Hour
		begin := time.Now()
		age := func() int { return int(time.Since(begin) / day) } // in days
		asked := map[string]int{}
		stale := 0 // runs after which the text of /often was older than that of the site
		texts := map[string]func() string{
			"/never":    func() string { return "Text." },
			"/often":    func() string { return fmt.Sprint("Text of month ", age()/30) },
			"/once":     func() string { return fmt.Sprint("Text of half ", age()/(years*365/2)) },
			"/restless": func() string { return fmt.Sprint("Text of day ", age()) },
		}
		answer := func(t crawler.Task) crawler.Visit {
			path := pathOf(t.URL)
			asked[path]++
			switch path {
			case "/":
				v := crawler.Visit{Task: t, Outcome: crawler.NotReview, Page: page("/", time.Now(), "front"), Record: &extract.Review{Kind: extract.KindList}}
				for path := range texts {
					v.Links = append(v.Links, task(path))
				}
				announced := task("/announced")
				announced.LastMod = begin.Add(time.Duration(age()/365) * 365 * day) // once a year
				v.Links = append(v.Links, announced, task("/gone"), task("/about"))
				return v
			case "/gone":
				return crawler.Visit{Task: t, Outcome: crawler.Gone, Page: &crawler.Page{Status: 404, FetchedAt: time.Now()}}
			case "/about":
				r := review(path, path, "Visitors: ", fmt.Sprint(age()))
				r.Kind = extract.KindAbout
				return visit(t, time.Now(), r)
			case "/announced":
				return visit(t, time.Now(), review(path, path, fmt.Sprint("Text of year ", age()/365)))
			case "/never":
				if asked[path] > 1 {
					return crawler.Visit{Task: t, Outcome: crawler.Unchanged, Page: &crawler.Page{Status: 304, FetchedAt: time.Now()}}
				}
			}
			return visit(t, time.Now(), review(path, path, texts[path]()))
		}
		var found int // days after a change of /announced
		for age() < years*365 {
			f.run(revisit, []crawler.Task{seed()}, answer)
			if f.record("/often").Review.Body() != texts["/often"]() {
				stale++
			}
			if got, want := f.record("/announced").Review.Body(), fmt.Sprint("Text of year ", age()/365); got != want {
				found++
			}
			if f.record("/restless").Review.Body() != texts["/restless"]() && f.task("/restless").Pace > storage.FirstPace {
				f.Error("a page that always changes became slow")
			}
			f.must(f.Close())
			time.Sleep(7 * day)
		}
		runs := asked["/"]
		// Every page would be asked for 52 times if it had no pace: at the first run 30 days after its last visit.
		f.diff("runs", years*365/7+1, runs)
		f.Logf("of %d runs: %v; /often was old after %d", runs, asked, stale)
		for _, tt := range []struct {
			path        string
			least, most int
		}{
			{"/never", 6, 10}, {"/gone", 6, 10}, {"/about", 6, 10}, {"/once", 6, 13},
			{"/often", 60, 140}, {"/restless", 120, 140}, {"/announced", 5, 18},
		} {
			if n := asked[tt.path]; n < tt.least || n > tt.most {
				f.Errorf("%s was asked for %d times in %d years, want %d to %d", tt.path, n, years, tt.least, tt.most)
			}
		}
		f.diff("what is announced is found at once", 0, found)
		f.Store = f.open()
		defer f.Close()
		f.diff("paces", []storage.Pace{16_000, 250}, []storage.Pace{f.task("/never").Pace, f.task("/restless").Pace})
	})
}

// learnedPaces: what is asked before its time and is the same tells little, and what failed tells nothing.
func learnedPaces(f *fixture) {
	const revisit = 24 * time.Hour
	begin := time.Now().UTC().Truncate(time.Millisecond)
	run, err := f.StartRun(f.Context(), site, nil, revisit, storage.ByHand)
	f.must(err)
	at := begin.Add(-365 * revisit)
	asks := func(after time.Duration, v crawler.Visit) storage.Pace {
		f.Helper()
		at = at.Add(after)
		v.Task = task("/her")
		if v.Page != nil {
			v.Page.FetchedAt = at
		} else {
			at = begin // the store's own time
		}
		f.commit(v)
		return f.task("/her").Pace
	}
	text := func(s string) crawler.Visit { return visit(task("/her"), at, review("/her", "Her", s)) }
	f.diff("first", storage.Pace(1000), asks(0, text("One.")))
	f.diff("early and the same", storage.Pace(1000), asks(time.Hour, text("One.")))
	f.diff("in time and the same", storage.Pace(1500), asks(revisit, text("One.")))
	f.diff("early for that", storage.Pace(1500), asks(revisit, text("One.")))
	f.diff("early and changed", storage.Pace(750), asks(time.Hour, text("Two.")))
	f.diff("a 304", storage.Pace(1125), asks(revisit, crawler.Visit{Outcome: crawler.Unchanged, Page: &crawler.Page{Status: 304}}))
	f.diff("no answer", storage.Pace(1125), asks(revisit, crawler.Visit{Outcome: crawler.Unreachable, Why: "refused"}))
	f.diff("answers again", storage.Pace(1687), asks(2*revisit, text("Two.")))
	f.diff("gone", storage.Pace(843), asks(revisit, crawler.Visit{Outcome: crawler.Gone, Page: &crawler.Page{Status: 404}}))
	f.diff("gone still", storage.Pace(1264), asks(revisit, crawler.Visit{Outcome: crawler.Gone, Page: &crawler.Page{Status: 404}}))

	// A new run asks for what is due by its pace.
	for path, ago := range map[string]time.Duration{"/due": 37 * time.Hour, "/not-yet": 35 * time.Hour} {
		for _, at := range []time.Time{begin.Add(-100 * revisit), begin.Add(-ago)} {
			f.commit(visit(task(path), at, review(path, path, path)))
		}
	}
	f.end(run, true)
	_, err = f.StartRun(f.Context(), site, nil, revisit, storage.ByHand)
	f.must(err)
	f.diff("due", []string{"/due"}, f.next(time.Now().Add(time.Minute), 9))
}

// wrongAnnouncements: a sitemap that dates every page with the moment it is asked for does not make each run ask for all of them.
func wrongAnnouncements(f *fixture) {
	sitemap := task("/sitemap.xml")
	sitemap.Kind, sitemap.Found = crawler.KindSitemap, crawler.FoundRobots
	at := time.Now().UTC().Truncate(time.Millisecond).Add(-100 * time.Hour)
	texts := map[string]string{"/always": "One.", "/once": "Two."}
	// crawl is a run an hour later, in which the sitemap gives dates of change. It gives what else was asked.
	crawl := func(revisit time.Duration, dates map[string]time.Time) (asked []string) {
		f.Helper()
		at = at.Add(time.Hour)
		run, err := f.StartRun(f.Context(), site, []crawler.Task{sitemap}, revisit, storage.ByHand)
		f.must(err)
		var links []crawler.Task
		for _, path := range []string{"/always", "/once"} {
			l := task(path)
			l.Found, l.LastMod = crawler.FoundSitemap, dates[path]
			links = append(links, l)
		}
		f.commit(crawler.Visit{Task: f.task("/sitemap.xml").Task, Outcome: crawler.Listed, Page: page("/sitemap.xml", at, "<urlset/>"), Links: links})
		at = at.Add(time.Minute)
		for _, path := range f.next(at, 9) {
			asked = append(asked, path)
			f.commit(visit(f.task(path).Task, at, review(path, path, texts[path])))
		}
		f.end(run, true)
		slices.Sort(asked)
		return asked
	}
	const never, always = 1000 * time.Hour, time.Minute // beside what is announced
	old := day(1)
	now := func() map[string]time.Time {
		return map[string]time.Time{"/always": at.Add(time.Hour), "/once": old}
	}
	f.diff("new", []string{"/always", "/once"}, crawl(never, now()))
	f.diff("announced", []string{"/always"}, crawl(never, now()))
	f.diff("announced, once more", []string{"/always"}, crawl(never, now()))
	f.diff("not believed", []string(nil), crawl(never, now()))
	f.diff("nor after that", []string(nil), crawl(never, now()))
	f.diff("the pace does not learn of it", storage.FirstPace, f.task("/always").Pace)
	f.diff("by its pace", []string{"/always", "/once"}, crawl(always, now()))
	f.diff("which learns", storage.Pace(1500), f.task("/always").Pace)
	f.diff("nothing new: not believed", []string(nil), crawl(never, now()))

	texts["/once"] = "Two, edited."
	f.diff("another page is", []string{"/once"}, crawl(never, map[string]time.Time{"/once": at}))
	texts["/always"] = "One, edited."
	f.diff("by its pace", []string{"/always", "/once"}, crawl(always, now()))
	f.diff("changed: believed", []string{"/always"}, crawl(never, now()))
	f.diff("once more", []string{"/always"}, crawl(never, now()))
	f.diff("not believed again", []string(nil), crawl(never, now()))

	// A date ahead of the clock is one announcement, however often the page is asked.
	old = at.Add(50 * time.Hour)
	f.diff("ahead", []string{"/once"}, crawl(never, now()))
	f.diff("by its pace", []string{"/always", "/once"}, crawl(always, now()))
	texts["/once"] = "Two, edited again."
	old = at.Add(51 * time.Hour)
	f.diff("a true one", []string{"/once"}, crawl(never, now()))
	f.diff("revision", 3, f.record("/once").Revision)
}

// clockSetBack: pages visited, tasks put off and hosts held while the clock was years ahead are not waited for until it is there again.
func clockSetBack(f *fixture) {
	run := f.start(seed())
	now := time.Now().UTC().Truncate(time.Millisecond)
	ahead := now.AddDate(12, 0, 0)
	read := visit(task("/her"), ahead, review("/her", "Her", "Text."))
	read.HoldHost = ahead.Add(time.Minute)
	again := task("/again")
	again.Tries = 1
	soon := task("/soon")
	soon.Tries = 1
	f.commit(crawler.Visit{Task: f.task("/").Task, Outcome: crawler.Redirected},
		crawler.Visit{Task: again, RetryAt: ahead}, crawler.Visit{Task: soon, RetryAt: now.Add(24 * time.Hour)}, read)
	f.end(run, true)
	f.start(seed())
	got := f.next(now, 99)
	slices.Sort(got)
	f.diff("due", []string{"/", "/again", "/her"}, got)
}

// listsGoOn: a new run asks for a further page of a list when a page that leads there has something new.
func listsGoOn(f *fixture) {
	second, third := task("/page/2/"), task("/page/3/")
	second.Found, third.Found = crawler.FoundNext, crawler.FoundNext
	list := func(t crawler.Task, at time.Time, links ...crawler.Task) crawler.Visit {
		return crawler.Visit{Task: t, Outcome: crawler.NotReview, Page: page(pathOf(t.URL), at, "a list"), Links: links, Record: &extract.Review{Kind: extract.KindList}}
	}
	run := f.start(seed())
	f.commit(list(seed(), day(1), task("/her"), second), list(second, day(1), task("/ran"), third), list(third, day(1), task("/heat")),
		visit(task("/her"), day(1), review("/her", "/her", "Text.")), visit(task("/ran"), day(1), review("/ran", "/ran", "Text.")), visit(task("/heat"), day(1), review("/heat", "/heat", "Text.")))
	f.end(run, true)

	_, err := f.StartRun(f.Context(), site, []crawler.Task{seed()}, 100*365*24*time.Hour, storage.ByHand) // nothing is too old
	f.must(err)
	f.diff("at first", []string{pathOf(seed().URL)}, f.next(time.Now(), 9))
	f.commit(list(f.task(pathOf(seed().URL)).Task, time.Now(), task("/new"), task("/her"), second), visit(task("/new"), time.Now(), review("/new", "/new", "Text.")))
	f.diff("after something new", []string{"/page/2/"}, f.next(time.Now(), 9))
	f.commit(list(f.task("/page/2/").Task, time.Now(), task("/her"), task("/ran"), third))
	f.diff("after nothing new", []string(nil), f.next(time.Now(), 9))
}

// archivesGoOn: the same for an archive, where news is also a post that changed after its last visit.
func archivesGoOn(f *fixture) {
	archive := func(path string, found crawler.Found) crawler.Task {
		t := task(path)
		t.Kind, t.Found = crawler.KindArchive, found
		return t
	}
	first, second, third := archive("/p1", crawler.FoundAuto), archive("/p2", crawler.FoundNext), archive("/p3", crawler.FoundNext)
	her, ran := task("/her"), task("/ran")
	her.LastMod, ran.LastMod = day(1), day(1)
	listed := func(t crawler.Task, at time.Time, links ...crawler.Task) crawler.Visit {
		return crawler.Visit{Task: t, Outcome: crawler.Listed, Page: page(pathOf(t.URL), at, "[]"), Links: links}
	}
	run := f.start(seed())
	f.commit(visit(f.task(pathOf(seed().URL)).Task, day(2), review("/", "/", "Text.")), listed(first, day(2), her, second), listed(second, day(2), ran, third), listed(third, day(2)),
		visit(her, day(2), review("/her", "/her", "Her.")), visit(ran, day(2), review("/ran", "/ran", "Ran.")))
	f.end(run, true)

	again := func() {
		_, err := f.StartRun(f.Context(), site, nil, 100*365*24*time.Hour, storage.ByHand)
		f.must(err)
	}
	again()
	f.diff("at first", []string{"/p1"}, f.next(time.Now(), 9))
	f.commit(listed(f.task("/p1").Task, time.Now(), her, second))
	f.diff("nothing new: one request", []string(nil), f.next(time.Now(), 9))
	f.must(f.EndRun(f.Context(), f.status().LastRun, true, "done"))
	again()
	her.LastMod = time.Now()
	f.commit(listed(f.task("/p1").Task, time.Now(), her, second))
	f.diff("after an edit", []string{"/her", "/p2"}, f.next(time.Now(), 9))
	f.commit(listed(f.task("/p2").Task, time.Now(), ran, third))
	f.diff("the page after it has nothing new", []string{"/her"}, f.next(time.Now(), 9))
}

// budgetedRuns: runs that end after a few pages finish a site, whatever its lists are worth.
func budgetedRuns(f *fixture) {
	pages := map[string][]crawler.Task{}
	for i := range 12 {
		list := task(fmt.Sprintf("/list%d", i))
		list.Hint = 50
		pages["/"] = append(pages["/"], list)
		for k := range 3 {
			her := task(fmt.Sprintf("/review%d-%d", i, k))
			her.Hint = 40
			pages[pathOf(list.URL)] = append(pages[pathOf(list.URL)], her)
		}
	}
	const budget = 8
	runs := 0
	for ; f.runBudget(pages, budget) && runs < 20; runs++ {
	}
	if have, want := f.status().Reviews, 36; have != want {
		f.Errorf("%d reviews, want %d", have, want)
	}
	f.diff("runs", (1+12+36+budget-2)/(budget-1), runs) // each asks for the start page again
}

// runBudget is a run of n pages. It says whether any of them was not visited before.
func (f *fixture) runBudget(pages map[string][]crawler.Task, n int) (fresh bool) {
	f.Helper()
	start := seed()
	start.Hint = 100
	run := f.start(start)
	for i := range n {
		next, err := f.Next(f.Context(), site, site, time.Now(), 1, nil)
		f.must(err)
		if len(next) == 0 {
			break
		}
		path := pathOf(next[0].URL)
		if i == 0 {
			f.diff("first", "/", path)
		}
		fresh = fresh || f.task(path).VisitedAt.IsZero()
		v := visit(next[0], time.Now(), review(path, path, "Text."))
		if links := pages[path]; links != nil {
			v.Outcome, v.Record, v.Links = crawler.NotReview, &extract.Review{Kind: extract.KindList}, links
		}
		f.commit(v)
	}
	f.end(run, true)
	return fresh
}

func seedsOnly(f *fixture) {
	run := f.start(seed())
	f.commit(crawler.Visit{Task: f.task("/").Task, Outcome: crawler.NotReview, Page: page("/", day(1), "front")},
		visit(task("/a"), day(1), review("/a", "A", "Text.")), visit(task("/b"), day(1), review("/b", "B", "Text.")))
	f.end(run, true)
	_, err := f.StartRun(f.Context(), site, []crawler.Task{task("/a")}, -1, storage.ByHand)
	f.must(err)
	f.diff("due", []string{"/a"}, f.next(day(9), 9))
}

func oneHolder(f *fixture) {
	run := f.start(seed())
	ctx := f.Context()
	other := f.open()
	defer other.Close()
	a := []crawler.Visit{visit(task("/a"), day(1), review("/a", "A", "Text."))}

	_, err := other.StartRun(ctx, site, nil, 0, storage.ByHand)
	f.fails("second holder", err, storage.ErrBusy)
	_, err = f.StartRun(ctx, site, nil, 0, storage.ByHand)
	f.fails("the holder again", err, storage.ErrBusy)
	_, err = other.Commit(ctx, a)
	f.fails("commit of no holder", err, storage.ErrLost)
	f.fails("end by no holder", other.EndRun(ctx, run, true, ""), storage.ErrLost)

	// Another site is free.
	run2, err := other.StartRun(ctx, "other.example", nil, 0, storage.ByHand)
	f.must(err)
	f.must(other.EndRun(ctx, run2, true, "done"))

	f.commit(a...)
	before := *run
	f.end(run, false)
	f.fails("ended twice", f.EndRun(ctx, &before, true, ""), storage.ErrLost)
	run3, err := other.StartRun(ctx, site, nil, 0, storage.ByHand)
	f.must(err)
	if run3.Epoch <= run.Epoch {
		f.Errorf("epoch %d after %d", run3.Epoch, run.Epoch)
	}
	_, err = f.Commit(ctx, a)
	f.fails("commit after the end", err, storage.ErrLost)
}

// oneHostHolder: two sites have pages of the same host, and two processes crawl them.
func oneHostHolder(f *fixture) {
	ctx := f.Context()
	const second, third, shared = "second.example", "third.example", "pages.example"
	on := func(site, path string) crawler.Task {
		return crawler.Task{URL: "https://" + shared + path, Site: site, Host: shared, Kind: crawler.KindPage, Found: crawler.FoundLink}
	}
	gives := func(what string, s storage.Store, site string, want bool) {
		f.Helper()
		now := time.Now()
		tasks, err := s.Next(ctx, site, shared, now, 10, nil)
		f.must(err)
		hosts, err := s.Hosts(ctx, site)
		f.must(err)
		due, ok := hosts[shared]
		if len(tasks) > 0 != want || !ok || due.After(now) == want {
			f.Errorf("%s: %d tasks, the host is due at %v (%v), want some: %v", what, len(tasks), due, ok, want)
		}
	}
	later := func(s storage.Store, site string) { // asks when it should
		f.Helper()
		tasks, err := s.Next(ctx, site, shared, time.Now().Add(time.Minute), 10, nil)
		f.must(err)
		if len(tasks) == 0 {
			f.Error("the host is free, and not given")
		}
	}
	other := f.open()
	defer other.Close()

	run := f.start(seed(), on(site, "/1"))
	gives("the first", f, site, true)
	run2, err := other.StartRun(ctx, second, []crawler.Task{on(second, "/2")}, 0, storage.ByHand)
	f.must(err)
	gives("a second process", other, second, false)
	run3, err := f.StartRun(ctx, third, []crawler.Task{on(third, "/3")}, 0, storage.ByHand)
	f.must(err)
	gives("another site of the first process", f, third, true)
	f.end(run, false)
	gives("the first process still has a site of the host", other, second, false)
	f.must(f.EndRun(ctx, run3, false, ""))
	later(other, second)

	// Now it is the other way around, also for a host that the first learns of only now.
	run = f.start()
	gives("the first again", f, site, false)
	const found = "found.example"
	link := crawler.Task{URL: "https://" + found + "/", Site: second, Host: found, Kind: crawler.KindPage}
	v := visit(on(second, "/2"), day(1), &extract.Review{URL: "https://" + shared + "/2", Kind: extract.KindOther})
	v.Links = []crawler.Task{link}
	_, err = other.Commit(ctx, []crawler.Visit{v})
	f.must(err)
	link.Site, link.URL = site, link.URL+"more"
	v = visit(seed(), day(1), &extract.Review{URL: url("/"), Kind: extract.KindOther})
	v.Links = []crawler.Task{link}
	f.commit(v)
	for s, want := range map[string]int{site: 0, second: 1} {
		st := f.Store
		if s == second {
			st = other
		}
		tasks, err := st.Next(ctx, s, found, time.Now(), 10, nil)
		f.must(err)
		if len(tasks) != want {
			f.Errorf("%s: %d tasks of a new host, want %d", s, len(tasks), want)
		}
	}
	f.must(other.EndRun(ctx, run2, false, ""))
	later(f, site)
	f.end(run, true)
}

func seedsMove(f *fixture) {
	const renamed = "renamed.example"
	moved := seed()
	moved.Site = renamed
	queued := func(want ...int) {
		f.Helper()
		all, err := f.Sites(f.Context())
		f.must(err)
		var got []int
		for _, s := range all {
			got = append(got, s.Queued)
		}
		f.diff("queued", want, got)
	}
	run := f.start(seed(), task("/a"))
	run2, err := f.StartRun(f.Context(), renamed, []crawler.Task{moved}, 0, storage.ByHand)
	f.must(err)
	f.diff("stays while its site is crawled", site, f.task("/").Site)
	queued(2, 0)
	f.end(run, true)
	f.must(f.EndRun(f.Context(), run2, true, ""))
	_, err = f.StartRun(f.Context(), renamed, []crawler.Task{moved}, 0, storage.ByHand)
	f.must(err)
	f.diff("moves", renamed, f.task("/").Site)
	queued(1, 1)
}

// plans: which sites are due, in whose turn, and how a run moves the plan.
func plans(f *fixture) {
	ctx := f.Context()
	due := func(until time.Time) (names []string) {
		f.Helper()
		plans, err := f.Plans(ctx, until)
		f.must(err)
		for _, p := range plans {
			if p.Next.IsZero() {
				f.Errorf("%s has no time", p.Site)
			}
			if p.Paused {
				p.Site += " (paused)"
			}
			names = append(names, p.Site)
		}
		return names
	}
	f.must(f.Plan(ctx, "c.example", day(3)))
	f.must(f.Plan(ctx, "b.example", day(3)))
	f.must(f.Plan(ctx, "a.example", day(4)))
	f.must(f.Plan(ctx, "late.example", day(9)))
	f.must(f.Plan(ctx, "never.example", time.Time{}))
	f.diff("due", []string{"b.example", "c.example"}, due(day(3)))
	f.diff("oldest first", []string{"b.example", "c.example", "a.example"}, due(day(4)))
	f.diff("all", []string{"b.example", "c.example", "a.example", "late.example"}, due(time.Time{}))

	f.must(f.Pause(ctx, "c.example", true))
	f.must(f.Pause(ctx, "c.example", true))
	f.diff("paused", []string{"b.example", "c.example (paused)"}, due(day(3)))
	all, err := f.Sites(ctx, "c.example")
	f.must(err)
	f.diff("status", storage.Plan{Site: "c.example", Next: day(3), Paused: true}, all[0].Plan)
	f.must(f.Pause(ctx, "c.example", false))

	// After a slice the others have their turn; the plan stands, and the run goes on without having been interrupted.
	run, err := f.StartRun(ctx, "b.example", nil, 0, storage.Scheduled)
	f.must(err)
	f.diff("run", []any{storage.Scheduled, day(3)}, []any{run.Cause, run.Next})
	f.must(f.EndRun(ctx, run, false, storage.SliceOver))
	f.diff("turns", []string{"c.example", "a.example", "b.example"}, due(day(4)))
	again, err := f.StartRun(ctx, "b.example", nil, 0, storage.CatchUp)
	f.must(err)
	f.diff("goes on", []any{run.ID, storage.Scheduled, false}, []any{again.ID, again.Cause, again.Resumed})
	f.must(f.EndRun(ctx, again, false, "stopped"))
	again, err = f.StartRun(ctx, "b.example", nil, 0, storage.CatchUp)
	f.must(err)
	f.diff("resumed", []any{run.ID, true}, []any{again.ID, again.Resumed})
	f.must(f.EndRun(ctx, again, false, storage.SliceOver))
	again, err = f.StartRun(ctx, "b.example", nil, 0, storage.CatchUp)
	f.must(err)
	f.diff("resumed stays", true, again.Resumed)

	again.Next = day(5)
	f.must(f.EndRun(ctx, again, true, "done"))
	f.diff("next", day(5), again.Next)
	f.diff("planned anew", []string{"c.example", "a.example"}, due(day(4)))
	f.must(f.Plan(ctx, "c.example", time.Time{}))
	f.diff("no more", []string{"a.example"}, due(day(4)))
}

func cancelledRuns(f *fixture) {
	ctx := f.Context()
	_, err := f.CancelRun(ctx, 99)
	f.fails("unknown", err, storage.ErrNotFound)
	wanted := func(s storage.Store, want ...string) {
		f.Helper()
		got, err := s.Cancelled(ctx)
		f.must(err)
		f.diff("cancelled", want, got)
	}
	other := f.open()
	defer other.Close()

	// Held: the holder finds it, and what it has fetched is still stored.
	run := f.start(seed())
	wanted(f)
	got, err := other.CancelRun(ctx, run.ID)
	f.must(err)
	f.diff("asked", []any{site, false}, []any{got.Site, got.Finished})
	wanted(f, site)
	wanted(other)
	f.commit(crawler.Visit{Task: f.task("/").Task, Outcome: crawler.NotReview, Page: page("/", day(1), "front"), Links: []crawler.Task{task("/a")}})
	f.end(run, false) // it need not have looked
	f.diff("ended", []any{true, crawler.Cancelled, 1, 1}, []any{run.Finished, run.Why, run.Counts.Fetched, run.Counts.Queued})
	wanted(f)
	_, err = other.CancelRun(ctx, run.ID)
	f.fails("again", err, storage.ErrEnded)

	// The next is a new one, and has the rest. Given free, it is ended at once.
	second := f.start(seed())
	f.diff("a new run", []any{true, false}, []any{second.ID > run.ID, second.Resumed})
	f.diff("queue", []string{"/", "/a"}, f.next(day(9), 9))
	f.end(second, false)
	got, err = other.CancelRun(ctx, second.ID)
	f.must(err)
	f.diff("ended", []any{true, crawler.Cancelled, second.Ended}, []any{got.Finished, got.Why, got.Ended})

	// What came to its end by itself says so.
	third := f.start(seed())
	_, err = other.CancelRun(ctx, third.ID)
	f.must(err)
	f.end(third, true)
	f.diff("done", "end of test", third.Why)

	// Its holder goes away before it found out: no new one goes on with it.
	fourth := f.start(seed())
	_, err = other.CancelRun(ctx, fourth.ID)
	f.must(err)
	f.must(f.Close())
	f.reopen()
	fifth := f.start(seed())
	f.diff("a new run", true, fifth.ID > fourth.ID)
	runs, err := f.Runs(ctx, site, 2)
	f.must(err)
	f.diff("ended", []any{true, crawler.Cancelled, false}, []any{runs[1].Finished, runs[1].Why, runs[1].Ended.IsZero()})
}

func published(f *fixture) {
	run := f.start(seed())
	dated := func(path string, at time.Time) crawler.Visit {
		r := review(path, path, "Text of "+path)
		r.Published = extract.Date{Value: at}
		return visit(task(path), day(20), r)
	}
	about := dated("/about", day(15))
	about.Record.(*extract.Review).Kind, about.Outcome = extract.KindAbout, crawler.NotReview
	f.commit(dated("/a", day(5)), dated("/b", day(9)), dated("/undated", time.Time{}), about)
	times := func(n int, want ...time.Time) {
		f.Helper()
		got, err := f.Published(f.Context(), site, n)
		f.must(err)
		f.diff("published", want, got)
	}
	times(9, day(9), day(5))
	f.end(run, true)
	times(9, day(9), day(5))

	f.start(seed())
	later := dated("/later", time.Time{})
	later.Page.FetchedAt = run.Ended.Add(time.Hour)
	f.commit(later, dated("/c", day(7)))
	times(9, run.Ended.Add(time.Hour), day(9), day(7), day(5))
	times(2, run.Ended.Add(time.Hour), day(9))
	got, err := f.Published(f.Context(), "no.example", 9)
	f.must(err)
	f.diff("unknown site", []time.Time(nil), got)
}

func figures(f *fixture) {
	run := f.start(seed())
	var links []crawler.Task
	for i := range 40 {
		links = append(links, task(fmt.Sprintf("/p%d", i)))
	}
	f.commit(crawler.Visit{Task: f.task("/").Task, Outcome: crawler.NotReview, Links: links})
	outcomes := []crawler.Outcome{crawler.Reviewed, crawler.Gone, "", crawler.Refused, crawler.Disallowed, crawler.Unchanged, crawler.TooLarge}
	for i := range 28 {
		path := fmt.Sprintf("/p%d", i)
		v := visit(f.task(path).Task, day(1), review(path, path, "Text."))
		if v.Outcome = outcomes[i%len(outcomes)]; v.Outcome != crawler.Reviewed {
			v.Record, v.RetryAt = nil, day(2)
		}
		f.commit(v)
	}
	s := f.status()
	sum := s.Queued
	for _, n := range s.Tasks {
		sum += n
	}
	f.diff("every URL once", 41, sum)
	f.diff("queued", 16, s.Queued)
	f.diff("reviews", 4, s.Reviews)
	f.diff("running", []int64{run.ID, 16}, []int64{s.LastRun.ID, int64(s.LastRun.Counts.Queued)})
	f.end(run, true)
	f.diff("counts", storage.Counts{Fetched: 28, New: 4, NotReviews: 1, Disallowed: 4, Queued: 16,
		Failed: map[crawler.Outcome]int{crawler.Refused: 4, crawler.TooLarge: 4}}, run.Counts)
	all, err := f.Sites(f.Context(), "unknown.example")
	f.must(err)
	f.diff("unknown", []storage.SiteStatus(nil), all)
}

// corpus stores some records and gives a function that lists those of a filter.
func corpus(f *fixture) func(storage.Filter) []string {
	f.Helper()
	add := func(path string, change func(*extract.Review)) {
		r := review(path, "Her", "One two "+path)
		change(r)
		f.commit(visit(task(path), day(1), r))
	}
	f.start()
	add("/d", func(r *extract.Review) { r.Published = extract.Date{} })
	add("/c", func(r *extract.Review) { r.Published.Value = day(3) })
	add("/b", func(r *extract.Review) {
		r.Published.Value, r.Film.Title.Value, r.Lang = day(2), "AMÉLIE 100%", "fr"
	})
	add("/a", func(r *extract.Review) {
		r.Published.Value, r.Author.Value, r.Film.Year.Value, r.Words = day(3), "Åsa_Öberg", 1999, 900
	})
	add("/e", func(r *extract.Review) { r.Published.Value = time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC) })
	add("/round", func(r *extract.Review) { r.Kind = extract.KindRoundup })
	return f.list
}

func filters(f *fixture) {
	list := corpus(f)
	for _, tt := range []struct {
		name   string
		filter storage.Filter
		want   []string
	}{
		{"all reviews", storage.Filter{}, []string{"/e", "/b", "/a", "/c", "/d"}},
		{"site", storage.Filter{Sites: []string{"no.example", site}}, []string{"/e", "/b", "/a", "/c", "/d"}},
		{"another site", storage.Filter{Sites: []string{"no.example"}}, nil},
		{"film, any case", storage.Filter{Film: "amélie"}, []string{"/b"}},
		{"film, percent is a letter", storage.Filter{Film: "100%"}, []string{"/b"}},
		{"film, no wildcard", storage.Filter{Film: "h%r"}, nil},
		{"author, underscore is a letter", storage.Filter{Author: "a_ö"}, []string{"/a"}},
		{"author, no wildcard", storage.Filter{Author: "a_e"}, nil},
		{"author, backslash", storage.Filter{Author: `\`}, nil},
		{"year", storage.Filter{Year: 1999}, []string{"/a"}},
		{"since", storage.Filter{Since: day(3)}, []string{"/a", "/c"}},
		{"until", storage.Filter{Until: day(3)}, []string{"/e", "/b"}},
		{"words", storage.Filter{MinWords: 900}, []string{"/a"}},
		{"language", storage.Filter{Lang: "fr"}, []string{"/b"}},
		{"language, any case", storage.Filter{Lang: "FR"}, []string{"/b"}},
		{"kinds", storage.Filter{Kinds: []extract.Kind{extract.KindRoundup}}, []string{"/round"}},
		{"two kinds and a film", storage.Filter{Kinds: []extract.Kind{extract.KindRoundup, extract.KindReview}, Film: "her", Since: day(1)}, []string{"/a", "/c"}},
	} {
		f.diff(tt.name, tt.want, list(tt.filter))
	}
}

func exportOrder(f *fixture) {
	list := corpus(f)
	const other = "a.example"
	_, err := f.StartRun(f.Context(), other, nil, 0, storage.ByHand)
	f.must(err)
	zz := task("/zz")
	zz.Site = other
	f.commit(visit(zz, day(1), review("/zz", "Last by URL, first by site", "Text.")))
	f.diff("site, date, URL", []string{"/zz", "/e", "/b", "/a", "/c", "/d"}, list(storage.Filter{}))

	enough := errors.New("enough")
	n := 0
	err = f.Records(f.Context(), storage.Filter{}, func(*storage.Record) error { n++; return enough })
	f.fails("stopped", err, enough)
	f.diff("after", 1, n)
}

func recordsWhileStoring(f *fixture) {
	corpus(f)
	n := 0
	f.must(f.Records(f.Context(), storage.Filter{}, func(r *storage.Record) error {
		n++
		path := fmt.Sprintf("/new%d", n)
		f.commit(visit(task(path), day(1), review(path, path, "Text.")))
		_, err := f.RecordByURL(f.Context(), r.Review.URL)
		return err
	}))
	f.diff("those of the beginning", 5, n)
}

func saveRecord(f *fixture) {
	f.start()
	list := review("/list", "List", "")
	list.Kind = extract.KindList
	f.commit(visit(task("/her"), day(1), review("/her", "Her", "Text. Share this!")), visit(task("/list"), day(1), list))
	save := func(path string, r *extract.Review) bool {
		f.Helper()
		changed, err := f.SaveRecord(f.Context(), &storage.Record{Site: site, PageURL: url(path), Review: r, FetchedAt: day(1)})
		f.must(err)
		return changed
	}
	f.diff("better text", true, save("/her", review("/her", "Her", "Text.")))
	f.diff("revision", []any{2, day(1)}, []any{f.record("/her").Revision, f.record("/her").FetchedAt})
	f.diff("same text", false, save("/her", review("/her", "Her", "Text.")))
	f.diff("a review after all", true, save("/list", review("/list", "Not a list", "Text.")))
	f.diff("outcome", crawler.Reviewed, f.task("/list").Outcome)
	f.diff("not the owner", false, save("/list", review("/her", "Her: to print", "Text.")))
	f.diff("outcome", crawler.Duplicate, f.task("/list").Outcome)
	f.diff("untouched", "Text.", f.record("/her").Review.Body())

	news := review("/her", "Her", "Text.")
	news.Kind = extract.KindNews
	f.diff("no review", false, save("/her", news))
	f.diff("outcome", []any{crawler.NotReview, extract.KindNews}, []any{f.task("/her").Outcome, f.task("/her").PageKind})
	n, err := f.Count(f.Context(), storage.Filter{Film: "her"})
	f.must(err)
	f.diff("out of the way", 0, n)
	f.record("/her") // but kept

	_, err = f.SaveRecord(f.Context(), &storage.Record{Site: site, PageURL: url("/unknown"), Review: news})
	f.fails("of no page", err, storage.ErrNotFound)
}

// noReviewAnyMore: what a crawl reads as no review any more is set aside as what is read so again.
func noReviewAnyMore(f *fixture) {
	f.start()
	f.commit(visit(task("/her"), day(1), review("/her", "Her", "Text.")), visit(task("/ran"), day(1), review("/ran", "Ran", "Ran's text.")))
	f.commit(visit(f.task("/her").Task, day(2), review("/her", "Her", "Text, edited.")))
	news := review("/her", "Her", "Tickets.")
	news.Kind = extract.KindNews
	f.commit(visit(f.task("/her").Task, day(3), news))
	f.diff("set aside", []string{"/ran"}, f.list(storage.Filter{}))
	f.diff("figures", []any{1, crawler.NotReview}, []any{f.status().Reviews, f.task("/her").Outcome})
	rec := f.record("/her")
	f.diff("kept", []any{"Text, edited.", 2}, []any{rec.Review.Body(), rec.Revision})
	f.commit(crawler.Visit{Task: f.task("/her").Task, Outcome: crawler.Gone, Page: &crawler.Page{Status: 404, FetchedAt: day(4)}})
	f.diff("still", []string{"/ran"}, f.list(storage.Filter{}))
	f.commit(visit(f.task("/her").Task, day(5), review("/her", "Her", "Text again.")))
	f.diff("back", []string{"/her", "/ran"}, f.list(storage.Filter{}))
	f.diff("with its history", []any{rec.ID, 3}, []any{f.record("/her").ID, f.record("/her").Revision})
}

// What is prepared can be committed again after a failure. What cannot be stored fails in Commit, which says which page it is.
func prepared(f *fixture) {
	f.start()
	v := visit(task("/her"), day(1), review("/her", "Her", "One text."))
	f.Prepare(f.Context(), &v)
	bad := visit(task("/bad"), day(1), review("/bad", "Bad", "A text."))
	bad.Record = nil
	f.Prepare(f.Context(), &bad)
	if _, err := f.Commit(f.Context(), []crawler.Visit{v, bad}); err == nil || !strings.Contains(err.Error(), "/bad") {
		f.Errorf("a review without a record: %v", err)
	}
	f.diff("none of a batch that failed", []string(nil), f.list(storage.Filter{}))
	_, err := f.Commit(f.Context(), []crawler.Visit{v})
	f.must(err)
	f.diff("text", "Her\n\nOne text.\n", storage.Text(f.record("/her").Review))
	got, err := f.SnapshotByURL(f.Context(), url("/her"))
	f.must(err)
	f.diff("page", *v.Page, got.Page)

	// What another outcome has come of is as if it was not prepared.
	again := crawler.Visit{Task: f.task("/her").Task, Outcome: crawler.NotReview, Page: page("/her", day(2), "<html>Not found, with status 200.</html>")}
	f.Prepare(f.Context(), &again)
	again.Outcome = crawler.Gone
	_, err = f.Commit(f.Context(), []crawler.Visit{again})
	f.must(err)
	got, err = f.SnapshotByURL(f.Context(), url("/her"))
	f.must(err)
	f.diff("page of a review that is gone", *v.Page, got.Page)
}

func snapshots(f *fixture) {
	f.start()
	sitemap := task("/sitemap.xml")
	sitemap.Kind = crawler.KindSitemap
	long := page("/her", day(1), strings.Repeat("<p>Long and dull.</p>\n", 5000))
	f.commit(crawler.Visit{Task: task("/her"), Outcome: crawler.NotReview, Page: long},
		crawler.Visit{Task: task("/empty"), Outcome: crawler.NotReview, Page: page("/empty", day(1), "")},
		crawler.Visit{Task: task("/broken"), Outcome: crawler.Unreadable, Page: page("/broken", day(1), "\xff\x00")},
		crawler.Visit{Task: task("/gone"), Outcome: crawler.Gone, Page: page("/gone", day(1), "not here")},
		crawler.Visit{Task: sitemap, Outcome: crawler.Listed, Page: page("/sitemap.xml", day(1), "<urlset/>")})
	got, err := f.SnapshotByURL(f.Context(), url("/her"))
	f.must(err)
	f.diff("snapshot", &storage.Snapshot{Site: site, Task: f.task("/her").Task, Page: *long}, got)

	list := func(site string) []string {
		f.Helper()
		var paths []string
		f.must(f.Snapshots(f.Context(), site, func(n *storage.Snapshot) error {
			paths = append(paths, pathOf(n.Page.URL))
			// As a re-reading does.
			r := review(pathOf(n.Page.URL), "X", "Text.")
			_, err := f.SaveRecord(f.Context(), &storage.Record{Site: n.Site, PageURL: n.Task.URL, Review: r, FetchedAt: n.Page.FetchedAt})
			return err
		}))
		return paths
	}
	f.diff("of the site", []string{"/her", "/empty", "/broken"}, list(site))
	f.diff("of all", []string{"/her", "/empty", "/broken"}, list(""))
	f.diff("of none", []string(nil), list("no.example"))

	bare := &crawler.Page{URL: url("/bare"), Status: 200, FetchedAt: day(1), Body: []byte("bare")} // as older versions kept it
	f.commit(crawler.Visit{Task: task("/bare"), Outcome: crawler.NotReview, Page: bare})
	got, err = f.SnapshotByURL(f.Context(), url("/bare"))
	f.must(err)
	f.diff("with nothing else known", bare, &got.Page)

	// A page made of a post in an archive is one, and no request; nothing of the archive's header is about it.
	made := page("/made", day(1), "<p>made</p>")
	made.Via, made.Header = url("/posts?page=1"), http.Header{"Etag": {`"posts"`}, "Last-Modified": {"yesterday"}}
	_, err = f.StartRun(f.Context(), "other.example", nil, time.Hour, storage.ByHand)
	f.must(err)
	post := task("/made")
	post.Site = "other.example"
	f.commit(crawler.Visit{Task: post, Outcome: crawler.NotReview, Page: made})
	got, err = f.SnapshotByURL(f.Context(), made.URL)
	f.must(err)
	f.diff("made of a post", made, &got.Page)
	f.diff("its validators", "", f.task("/made").ETag+f.task("/made").LastModified)
	others, err := f.Runs(f.Context(), "other.example", 1)
	f.must(err)
	f.diff("requests for it", storage.Counts{NotReviews: 1, Failed: others[0].Counts.Failed}, others[0].Counts)

	for _, n := range []int{2, 3} { // the same bytes the second time
		f.commit(crawler.Visit{Task: f.task("/her").Task, Outcome: crawler.NotReview, Page: page("/her", day(n), "new")})
		got, err = f.SnapshotByURL(f.Context(), url("/her"))
		f.must(err)
		f.diff("the last", page("/her", day(n), "new"), &got.Page)
	}
}

func noCopies(f *fixture) {
	f.start()
	gone := func(path string) {
		f.Helper()
		_, err := f.SnapshotByURL(f.Context(), url(path))
		f.fails("snapshot of "+path, err, storage.ErrNotFound)
	}
	// A review that asks for no copy is stored; one that asks not to be indexed is not.
	v := visit(task("/noarchive"), day(1), review("/noarchive", "Her", "Text."))
	v.NoCopy = true
	f.commit(v, crawler.Visit{Task: task("/noindex"), Outcome: crawler.NoIndex, Page: page("/noindex", day(1), "her")})
	gone("/noarchive")
	gone("/noindex")
	f.record("/noarchive")
	_, err := f.RecordByURL(f.Context(), url("/noindex"))
	f.fails("record", err, storage.ErrNotFound)
	f.diff("outcome", crawler.NoIndex, f.task("/noindex").Outcome)

	// A stored review that asks not to be indexed later is taken out, and comes back with its history.
	f.commit(visit(task("/was"), day(1), review("/was", "Heat", "Text.")))
	f.commit(crawler.Visit{Task: f.task("/was").Task, Outcome: crawler.NoIndex, Page: page("/was", day(2), "heat")})
	gone("/was")
	f.diff("taken out", []string{"/noarchive"}, f.list(storage.Filter{}))
	f.diff("figure", 1, f.status().Reviews)
	f.commit(crawler.Visit{Task: f.task("/was").Task, Outcome: crawler.Unchanged, Page: &crawler.Page{Status: 304, FetchedAt: day(3)}})
	f.diff("after a 304", []string{"/noarchive"}, f.list(storage.Filter{}))
	f.diff("back", crawler.SameReview, f.commit(visit(f.task("/was").Task, day(4), review("/was", "Heat", "Text.")))[0].Change)
	f.diff("back", []string{"/noarchive", "/was"}, f.list(storage.Filter{}))

	// It may ask later.
	f.commit(visit(task("/later"), day(1), review("/later", "Ran", "Text.")))
	_, err = f.SnapshotByURL(f.Context(), url("/later"))
	f.must(err)
	v = visit(f.task("/later").Task, day(2), review("/later", "Ran", "Text."))
	v.NoCopy = true
	f.commit(v)
	gone("/later")
	f.diff("revision", 1, f.record("/later").Revision)
}

func signals(f *fixture) {
	f.start()
	said := []crawler.Signal{{Name: crawler.NoAI, From: "X-Robots-Tag"}, {Name: crawler.TDMReservation, Value: "1", From: "tdmrep.json"}}
	v := visit(task("/her"), day(1), review("/her", "Her", "Text."))
	v.Signals = said
	f.commit(v)
	f.diff("of the task", said, f.task("/her").Signals)
	f.diff("of the record", said, f.record("/her").Signals)
	f.commit(crawler.Visit{Task: f.task("/her").Task, Outcome: crawler.Unchanged, Page: &crawler.Page{Status: 304, FetchedAt: day(2)}})
	f.diff("after a 304", said, f.task("/her").Signals)
	f.commit(visit(f.task("/her").Task, day(3), review("/her", "Her", "Text.")))
	f.diff("taken back", []crawler.Signal(nil), f.task("/her").Signals)
}

func marks(f *fixture) {
	type page struct {
		Path  string
		Marks []extract.Mark
	}
	list := func(site string) []page {
		f.Helper()
		var all []page
		f.must(f.Marks(f.Context(), site, func(url string, marks []extract.Mark) error {
			all = append(all, page{pathOf(url), marks})
			return nil
		}))
		return all
	}
	marked := func(path string, marks ...extract.Mark) *extract.Review {
		r := review(path, "X", "Text of "+path)
		r.Marks = marks
		return r
	}
	run := f.start()
	f.commit(visit(task("/b"), day(1), marked("/b", 8, 1<<63|5)), visit(task("/a"), day(1), marked("/a", 16)), visit(task("/none"), day(1), marked("/none")),
		visit(task("/print"), day(1), marked("/a", 16)))
	f.diff("in order of tasks, without the duplicate", []page{{"/b", []extract.Mark{8, 1<<63 | 5}}, {"/a", []extract.Mark{16}}}, list(site))
	f.diff("of none", []page(nil), list("no.example"))

	again := visit(f.task("/b").Task, day(2), marked("/b", 8, 24))
	f.commit(again, again)
	f.commit(crawler.Visit{Task: f.task("/a").Task, Outcome: crawler.Unchanged})
	f.diff("once, however often fetched", []page{{"/b", []extract.Mark{8, 24}}, {"/a", []extract.Mark{16}}}, list(site))
	f.end(run, true)
	run = f.start()
	f.diff("still there when asked again", []page{{"/b", []extract.Mark{8, 24}}, {"/a", []extract.Mark{16}}}, list(site))

	_, err := f.SaveRecord(f.Context(), &storage.Record{Site: site, PageURL: url("/b"), Review: marked("/b", 9, 24), FetchedAt: day(2)})
	f.must(err)
	news := marked("/a")
	news.Kind = extract.KindNews
	f.commit(visit(f.task("/a").Task, day(3), news))
	f.diff("read again", []page{{"/b", []extract.Mark{9, 24}}}, list(site))
	f.end(run, true)
	f.reopen()
	f.diff("kept", []page{{"/b", []extract.Mark{9, 24}}}, list(site))

	stop := errors.New("stop")
	f.fails("stopped", f.Marks(f.Context(), site, func(string, []extract.Mark) error { return stop }), stop)
}

func robotsCopies(f *fixture) {
	origin := "https://" + site + ":443"
	for _, want := range []*crawler.RobotsCopy{
		{Origin: origin, Status: 200, Body: []byte("User-agent: *\nDisallow:\n"), FetchedAt: day(1)},
		{Origin: origin, FetchedAt: day(2), Err: "connection refused"},
	} {
		f.must(f.SaveRobots(f.Context(), want))
		got, err := f.LoadRobots(f.Context(), origin)
		f.must(err)
		f.diff("copy", want, got)
	}

	// What held when: the present copy since it says what it says, and those before.
	same := func(n int, body string) {
		f.Helper()
		f.must(f.SaveRobots(f.Context(), &crawler.RobotsCopy{Origin: origin, Status: 200, Body: []byte(body), FetchedAt: day(n)}))
	}
	f.must(f.SaveRobots(f.Context(), &crawler.RobotsCopy{Origin: origin, FetchedAt: day(3), Err: "no route to host"}))
	for n := 4; n <= 6; n++ {
		same(n, "Disallow: /")
	}
	held := func(n int) []any {
		f.Helper()
		r, err := f.RobotsAt(f.Context(), origin, day(n).Add(time.Hour))
		f.must(err)
		return []any{r.Origin, r.Status, string(r.Body), r.Err, r.FetchedAt}
	}
	f.diff("the first", []any{origin, 200, "User-agent: *\nDisallow:\n", "", day(1)}, held(1))
	f.diff("unreachable, in its last words", []any{origin, 0, "", "no route to host", day(2)}, held(2))
	f.diff("still", day(2), held(3)[4])
	f.diff("the present", []any{origin, 200, "Disallow: /", "", day(4)}, held(5))
	_, err := f.RobotsAt(f.Context(), origin, day(1).Add(-time.Hour))
	f.fails("before the first", err, storage.ErrNotFound)
	for n := 7; n < 27; n++ {
		same(n, fmt.Sprintf("Disallow: /%d", n))
	}
	_, err = f.RobotsAt(f.Context(), origin, day(3))
	f.fails("one too many", err, storage.ErrNotFound)
	f.diff("the last 20", day(4), held(6)[4])
}

func notFound(f *fixture) {
	_, err := f.TaskByURL(f.Context(), url("/no"))
	f.fails("task", err, storage.ErrNotFound)
	_, err = f.RecordByURL(f.Context(), url("/no"))
	f.fails("record", err, storage.ErrNotFound)
	_, err = f.SnapshotByURL(f.Context(), url("/no"))
	f.fails("snapshot", err, storage.ErrNotFound)
	_, err = f.LoadRobots(f.Context(), url(""))
	f.fails("robots", err, storage.ErrNotFound)
	_, err = f.RobotsAt(f.Context(), url(""), day(1))
	f.fails("robots of a day", err, storage.ErrNotFound)
	_, err = f.Revisions(f.Context(), 99)
	f.fails("revisions", err, storage.ErrNotFound)
	all, err := f.Sites(f.Context())
	f.must(err)
	f.diff("sites", []storage.SiteStatus(nil), all)
	runs, err := f.Runs(f.Context(), "", 0)
	f.must(err)
	f.diff("runs", []storage.Run(nil), runs)
}

func canceled(f *fixture) {
	run := f.start(seed())
	ctx, cancel := context.WithCancel(f.Context())
	cancel()
	_, err := f.Commit(ctx, []crawler.Visit{visit(task("/a"), day(1), review("/a", "A", "Text."))})
	f.fails("commit", err, context.Canceled)
	f.fails("records", f.Records(ctx, storage.Filter{}, func(*storage.Record) error { return nil }), context.Canceled)
	f.must(f.EndRun(ctx, run, false, "Ctrl-C"))
	f.diff("ended", "Ctrl-C", f.status().LastRun.Why)
}

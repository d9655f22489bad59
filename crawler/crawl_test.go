package crawler

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

// memory is a Frontier in memory.
type memory struct {
	mu      sync.Mutex
	tasks   map[string]*memTask // by URL
	ids     int64
	commits []string // the URLs of each
	err     map[string]error
	holds   map[string]time.Time // by host
	whys    []string             // of all holds
	told    []string             // holds, as times since its making
	made    time.Time
}

type memTask struct {
	Task
	queued  bool
	outcome Outcome
	why     string
}

func newMemory(seeds ...Task) *memory {
	m := &memory{tasks: map[string]*memTask{}, err: map[string]error{}, holds: map[string]time.Time{}, made: time.Now()}
	for _, t := range seeds {
		m.add(t)
	}
	return m
}

func (m *memory) add(t Task) bool {
	if m.tasks[t.URL] != nil {
		return false
	}
	m.ids++
	t.ID = m.ids
	m.tasks[t.URL] = &memTask{Task: t, queued: true}
	return true
}

func (m *memory) Next(_ context.Context, site, host string, now time.Time, n int, inFlight []int64) ([]Task, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var due []Task
	for _, t := range m.tasks {
		if t.queued && t.Site == site && t.Host == host && !t.Due.After(now) && !m.holds[host].After(now) && !slices.Contains(inFlight, t.ID) {
			due = append(due, t.Task)
		}
	}
	slices.SortFunc(due, func(a, b Task) int { return cmp.Or(cmp.Compare(b.Hint, a.Hint), cmp.Compare(a.ID, b.ID)) })
	return due[:min(n, len(due))], nil
}

func (m *memory) Hosts(_ context.Context, site string) (map[string]time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	hosts := map[string]time.Time{}
	for _, t := range m.tasks {
		if at, ok := hosts[t.Host]; t.queued && t.Site == site && (!ok || t.Due.Before(at)) {
			hosts[t.Host] = t.Due
		}
	}
	for host, due := range hosts {
		hosts[host] = later(due, m.holds[host])
	}
	return hosts, nil
}

func (m *memory) Prepare(_ context.Context, v *Visit) { v.Ready = v.Outcome }

func (m *memory) Commit(ctx context.Context, visits []Visit) ([]Stored, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, v := range visits {
		if err := m.err[v.Task.Site]; err != nil {
			return nil, err
		}
	}
	var urls []string
	stored := make([]Stored, len(visits))
	for i, v := range visits {
		urls = append(urls, v.Task.URL)
		if v.Outcome == Reviewed && v.Ready != Reviewed {
			panic("not prepared: " + v.Task.URL)
		}
		t := m.tasks[v.Task.URL]
		if !t.queued {
			panic("visited twice: " + v.Task.URL)
		}
		if !v.HoldHost.IsZero() {
			m.holds[t.Host] = later(m.holds[t.Host], v.HoldHost)
			m.told = append(m.told, v.HoldHost.Sub(m.made).String())
			m.whys = append(m.whys, v.HoldWhy)
		}
		t.outcome, t.why, t.Tries, t.queued, t.Due = v.Outcome, v.Why, v.Task.Tries, v.Outcome == "", v.RetryAt
		if v.Outcome == Reviewed {
			stored[i].Change = NewReview
		}
		for _, l := range v.Links {
			if m.add(l) {
				stored[i].Added++
			}
		}
	}
	m.commits = append(m.commits, strings.Join(urls, " "))
	return stored, nil
}

// outcomes gives what became of every task, by the path of its URL.
func (m *memory) outcomes() map[string]string {
	got := map[string]string{}
	for u, t := range m.tasks {
		got[u] = cmp.Or(string(t.outcome), "queued")
	}
	return got
}

// web is a made-up web: it answers after a second, and notes who was asked when.
type web struct {
	t       *testing.T
	start   time.Time
	took    time.Duration
	answers map[string][]any // by URL: *Page or error, in turn; the last one stays. Nothing is an empty page
	mu      sync.Mutex
	asking  map[string]bool
	log     []string // "seconds URL"
	asked   map[string]int

	conditional []string // URLs
}

func newWeb(t *testing.T) *web {
	return &web{t: t, start: time.Now(), took: time.Second, answers: map[string][]any{}, asking: map[string]bool{}, asked: map[string]int{}}
}

func (w *web) Fetch(ctx context.Context, t Task, site *Site) (*Page, error) {
	w.mu.Lock()
	if w.asking[t.Host] {
		w.t.Errorf("%s is asked by two workers", t.Host)
	}
	w.asking[t.Host] = true
	w.log = append(w.log, fmt.Sprintf("%g %s", time.Since(w.start).Seconds(), t.URL))
	if t.ETag != "" {
		w.conditional = append(w.conditional, t.URL)
	}
	n := w.asked[t.URL]
	w.asked[t.URL]++
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.asking[t.Host] = false
		w.mu.Unlock()
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(w.took):
	}
	answers := w.answers[t.URL]
	if len(answers) == 0 {
		return &Page{URL: t.URL, Status: 200}, nil
	}
	switch a := answers[min(n, len(answers)-1)].(type) {
	case error:
		var hold *HostError
		if errors.As(a, &hold) { // Until is written as seconds from now
			return nil, &HostError{Host: t.Host, Origin: hold.Origin, Until: time.Now().Add(time.Duration(hold.Until.Unix()) * time.Second), Err: hold.Err}
		}
		return nil, a
	case *Page:
		page := *a
		page.URL = t.URL
		return &page, nil
	}
	panic("no such answer")
}

func holdFor(seconds int64, err error) error {
	return &HostError{Until: time.Unix(seconds, 0), Err: err}
}

func status(n int) *Page            { return &Page{Status: n} }
func redirect(to string) *Page      { return &Page{Status: 301, Location: to} }
func links(paths ...string) *Page   { return &Page{Status: 200, Body: []byte(strings.Join(paths, " "))} }
func siteOf(name string) *Site      { return &Site{Name: name, Hosts: []string{name}, Gap: 2 * time.Second} }
func pageTask(url string) Task      { return taskOf(url, KindPage) }
func (w *web) lines(n int) []string { return w.log[:min(n, len(w.log))] }

func taskOf(u string, kind Kind) Task {
	return Task{URL: u, Site: strings.TrimPrefix(hostOf(u), "www."), Host: hostOf(u), Kind: kind, Found: FoundLink}
}

// follow is a Handler: the words of a page are its links, and a page without any is a review.
func follow(_ context.Context, site *Site, v *Visit) error {
	words := strings.Fields(string(v.Page.Body))
	v.Outcome = NotReview
	if len(words) == 0 {
		v.Outcome = Reviewed
	}
	for _, w := range words {
		if w == "panic" {
			panic("on demand")
		}
		u, err := Canonical(w, parsed(v.Task.URL))
		if err != nil {
			return err
		}
		if t, ok, _ := site.Link(v.Task, u, KindPage, FoundLink); ok {
			v.Links = append(v.Links, t)
		}
	}
	return nil
}

func half() float64 { return 0.5 }

func crawlOf(m *memory, w *web, sites ...*Site) *Crawl {
	return &Crawl{Frontier: m, NewFetcher: func() Fetcher { return w }, Handle: follow, Sites: sites, Workers: 4, Random: half}
}

func diff(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := gocmp.Diff(want, got); d != "" {
		t.Errorf("%s: -want +got:\n%s", what, d)
	}
}

func TestCrawlOrderAndGaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := newMemory(pageTask("http://a.example/"), pageTask("http://b.example/")), newWeb(t)
		w.answers["http://a.example/"] = []any{links("/tag/x", "/about", "/2024/01/heat/", "http://other.example/", "http://www.a.example/")}
		results, err := crawlOf(m, w, siteOf("a.example"), siteOf("b.example")).Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		diff(t, "requests", []string{
			"0 http://a.example/", "0 http://b.example/",
			"3 http://a.example/2024/01/heat/", // an answer takes 1 s, the gap is 2 s
			"6 http://a.example/about",
			"9 http://www.a.example/", // the same host under another name
			"12 http://a.example/tag/x",
		}, sorted(w.log))
		diff(t, "outcomes", map[string]string{"http://a.example/": "not_review", "http://b.example/": "review", "http://www.a.example/": "review",
			"http://a.example/2024/01/heat/": "review", "http://a.example/about": "review", "http://a.example/tag/x": "review"}, m.outcomes())
		for _, r := range results {
			if !r.Finished || r.Why != "done" || r.Err != nil {
				t.Errorf("%+v", r)
			}
		}
		if len(results) != 2 || results[1].Changes[NewReview] != 4 || results[1].Outcomes[NotReview] != 1 {
			t.Errorf("%+v", results)
		}
	})
}

// sorted puts requests in order of time, then URL.
func sorted(log []string) []string {
	slices.SortFunc(log, func(a, b string) int {
		var x, y float64
		fmt.Sscan(a, &x)
		fmt.Sscan(b, &y)
		return cmp.Or(cmp.Compare(x, y), strings.Compare(a, b))
	})
	return log
}

// Many sites on few hosts, few workers: nobody waits while another is served twice, and no host has two workers (see web.Fetch).
func TestCrawlFairness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := newMemory(), newWeb(t)
		var sites []*Site
		for i := range 150 {
			s := &Site{Name: fmt.Sprint("site", i), Hosts: []string{"shared.example", fmt.Sprintf("h%d.example", i)}}
			sites = append(sites, s)
			for k := range 4 {
				u := fmt.Sprintf("http://h%d.example/%d", i, k)
				if k == 3 {
					u = fmt.Sprintf("http://shared.example/%d", i)
				}
				m.add(Task{URL: u, Site: s.Name, Host: hostOf(u), Kind: KindPage})
			}
		}
		c := crawlOf(m, w, sites...)
		c.Workers, c.Open = 8, 64
		results, err := c.Run(t.Context())
		if err != nil || len(results) != 150 || len(w.log) != 600 {
			t.Fatalf("%v, %d results, %d requests", err, len(results), len(w.log))
		}
		first := map[string]bool{}
		for _, line := range w.lines(64) {
			_, u, _ := strings.Cut(line, " ")
			first[hostOf(u)] = true
		}
		if len(first) < 57 { // 64 sites are open; one of the 8 workers may be at the shared host each time
			t.Errorf("the first 64 requests went to %d hosts", len(first))
		}
		// 600 requests of a second, 8 workers; the 150 of the shared host come one after the other, with its fair share of workers.
		if took := time.Since(w.start); took > 200*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestCrawlOutcomes(t *testing.T) {
	const u = "http://a.example/x"
	self := "redirects to itself"
	for _, tt := range []struct {
		name    string
		answers []any
		outcome Outcome
		why     string
		asked   int
	}{
		{"page", []any{status(200)}, Reviewed, "", 1},
		{"not modified", []any{status(304)}, Unchanged, "", 1},
		{"gone", []any{status(410)}, Gone, "status 410", 1},
		{"not found", []any{status(404)}, Gone, "status 404", 1},
		{"forbidden", []any{status(403)}, Refused, "status 403", 1},
		{"legal", []any{status(451)}, Refused, "status 451", 1},
		{"no content", []any{status(204)}, Unreadable, "status 204 is no page", 1},
		{"redirect without a target", []any{status(302)}, Unreadable, "status 302 is no page", 1},
		{"server error", []any{status(500)}, ServerError, "status 500", 4},
		{"server error that passes", []any{status(502), status(503), status(200)}, Reviewed, "", 3},
		{"too many requests", []any{status(429), status(200)}, Reviewed, "", 2},
		{"unreachable", []any{errors.New("no such host")}, Unreachable, "no such host", 4},
		{"cut short", []any{ErrCutShort, status(200)}, Reviewed, "", 2},
		{"timeout", []any{fmt.Errorf("fetch: %w", ErrTimeout)}, TimedOut, "fetch: timed out", 4},
		{"disallowed", []any{ErrDisallowed}, Disallowed, ErrDisallowed.Error(), 1},
		{"too large", []any{ErrTooLarge}, TooLarge, ErrTooLarge.Error(), 1},
		{"not HTML", []any{ErrNotHTML}, NotHTML, ErrNotHTML.Error(), 1},
		{"unreadable", []any{ErrUnreadable}, Unreadable, ErrUnreadable.Error(), 1},
		{"private address", []any{ErrForbiddenAddress}, Forbidden, ErrForbiddenAddress.Error(), 1},
		{"redirect", []any{redirect("/y")}, Redirected, "to http://a.example/y", 1},
		{"redirect to itself", []any{redirect("http://A.example:80/x#y")}, TooDeep, self, 1},
		{"redirect to another site", []any{redirect("http://other.example/")}, OutOfScope, "redirect to http://other.example/: host other.example is not of the site", 1},
		{"redirect to nonsense", []any{redirect("mailto:jo")}, OutOfScope, `redirect to "mailto:jo": not an http or https URL`, 1},
		{"redirect into a trap", []any{redirect("/?s=x")}, OutOfScope, "redirect to http://a.example/?s=x: site search", 1},
		{"handler panics", []any{links("panic")}, Unreadable, "panic: on demand", 1},
		{"handler fails", []any{links("mailto:jo")}, Unreadable, "not an http or https URL", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, w := newMemory(pageTask(u)), newWeb(t)
				w.answers[u] = tt.answers
				if _, err := crawlOf(m, w, siteOf("a.example")).Run(t.Context()); err != nil {
					t.Fatal(err)
				}
				got := m.tasks[u]
				if got.outcome != tt.outcome || got.why != tt.why || w.asked[u] != tt.asked {
					t.Errorf("%s: %q after %d requests; want %s: %q after %d", got.outcome, got.why, w.asked[u], tt.outcome, tt.why, tt.asked)
				}
			})
		})
	}
	t.Run("configuration that changed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, w := newMemory(pageTask("http://a.example/x.jpg")), newWeb(t)
			crawlOf(m, w, siteOf("a.example")).Run(t.Context())
			if len(w.log) != 0 || m.tasks["http://a.example/x.jpg"].outcome != OutOfScope {
				t.Error(w.log, m.outcomes())
			}
		})
	})
}

// A failure that may pass is tried again after 5, 10 and 20 s at most (here half of that), while other pages go on.
func TestCrawlBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := newMemory(pageTask("http://a.example/bad"), pageTask("http://a.example/1"), pageTask("http://a.example/2")), newWeb(t)
		w.answers["http://a.example/bad"] = []any{status(500)}
		crawlOf(m, w, siteOf("a.example")).Run(t.Context())
		diff(t, "requests", []string{
			"0 http://a.example/bad",
			"3 http://a.example/1",
			"6 http://a.example/2",
			"9 http://a.example/bad",  // due since 3.5, and its turn by the gap
			"15 http://a.example/bad", // answered at 10, then half of 10 s
			"26 http://a.example/bad", // answered at 16, then half of 20 s
		}, w.log)
	})
}

func TestBackoff(t *testing.T) {
	for n, want := range map[int]time.Duration{1: 5 * time.Second, 2: 10 * time.Second, 3: 20 * time.Second, 99: 10 * time.Minute} {
		if got := backoff(n, func() float64 { return 1 }); got != want {
			t.Errorf("backoff(%d) is at most %v, want %v", n, got, want)
		}
		if got := backoff(n, func() float64 { return 0 }); got != 0 {
			t.Errorf("backoff(%d) is at least %v, want 0", n, got)
		}
	}
}

func TestCrawlHold(t *testing.T) {
	t.Run("host waits, its task is unharmed, others go on", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, w := newMemory(pageTask("http://a.example/1"), pageTask("http://a.example/2"), pageTask("http://b.example/1"), pageTask("http://b.example/2")), newWeb(t)
			w.answers["http://a.example/1"] = []any{holdFor(30, ErrRobotsUnreachable), status(200)}
			crawlOf(m, w, siteOf("a.example"), siteOf("b.example")).Run(t.Context())
			diff(t, "requests", []string{"0 http://a.example/1", "0 http://b.example/1", "3 http://b.example/2", "31 http://a.example/2", "34 http://a.example/1"}, sorted(w.log))
			if m.tasks["http://a.example/1"].Tries != 0 {
				t.Error("the hold was counted as a try")
			}
		})
	})
	t.Run("host that never gets ready is left to the next run", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, w := newMemory(pageTask("http://a.example/1"), pageTask("http://a.example/2")), newWeb(t)
			for u := range m.tasks {
				w.answers[u] = []any{holdFor(60, ErrRobotsUnreachable)}
			}
			results, _ := crawlOf(m, w, siteOf("a.example")).Run(t.Context())
			if len(w.log) != maxHolds || !results[0].Finished || !strings.HasPrefix(results[0].Why, "host a.example left to the next run: a.example: robots.txt unreachable") {
				t.Errorf("%v\n%+v", w.log, results)
			}
			diff(t, "outcomes", map[string]string{"http://a.example/1": "queued", "http://a.example/2": "queued"}, m.outcomes())
		})
	})
	t.Run("longer than patience", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, w := newMemory(pageTask("http://a.example/1"), pageTask("http://a.example/2")), newWeb(t)
			w.answers["http://a.example/1"] = []any{holdFor(3600, ErrBusy)}
			results, _ := crawlOf(m, w, siteOf("a.example")).Run(t.Context())
			if len(w.log) != 1 || results[0].Why != "a.example: server asks to wait (again at 2000-01-01T01:00:01Z)" || time.Since(w.start) > 2*time.Second {
				t.Errorf("%v\n%+v", w.log, results)
			}
		})
	})
	t.Run("longer than patience, by no whole millisecond", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, w := newMemory(pageTask("http://a.example/1"), pageTask("http://a.example/2")), newWeb(t)
			w.took = time.Microsecond
			w.answers["http://a.example/1"] = []any{holdFor(3600, ErrBusy)}
			crawlOf(m, w, siteOf("a.example")).Run(t.Context())
			if len(w.log) != 1 || time.Since(w.start) > 2*time.Second {
				t.Errorf("%v after %v", w.log, time.Since(w.start))
			}
		})
	})
	t.Run("a task that always makes its host wait is at fault", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, w := newMemory(pageTask("http://a.example/bad")), newWeb(t)
			for i := range 60 {
				m.add(pageTask(fmt.Sprint("http://a.example/", i)))
			}
			w.answers["http://a.example/bad"] = []any{holdFor(10, ErrBusy)}
			crawlOf(m, w, siteOf("a.example")).Run(t.Context())
			bad := m.tasks["http://a.example/bad"]
			if bad.outcome != ServerError || !strings.HasSuffix(bad.why, ", 4 times") || w.asked["http://a.example/bad"] != maxTaskHolds {
				t.Errorf("%s: %s", bad.outcome, bad.why)
			}
			if len(w.log) != 60+maxTaskHolds {
				t.Errorf("%d requests", len(w.log))
			}
		})
	})
}

// Links weigh too: a few sitemaps of many are a batch of their own, and no more are read while they are stored.
func TestCrawlBatchesByLinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := newMemory(), newWeb(t)
		s := siteOf("a.example")
		s.Gap, w.took = 0, time.Millisecond
		entries := slices.Repeat([]Task{pageTask("http://a.example/0")}, 50_000)
		for i := range 20 {
			m.add(pageTask(fmt.Sprintf("http://a.example/%d", i)))
		}
		c := crawlOf(m, w, s)
		c.Handle = func(_ context.Context, site *Site, v *Visit) error {
			v.Outcome, v.Links = Listed, entries
			return nil
		}
		c.Run(t.Context())
		for _, urls := range m.commits {
			if n := strings.Count(urls, "http"); n > 3 {
				t.Errorf("%d visits of 50,000 links in a commit", n)
			}
		}
		if len(w.log) != 20 {
			t.Errorf("%d visits", len(w.log))
		}
	})
}

// deadOrigin is a web where nothing answers at https, and its robots.txt is tried again after 1, 2, 4 … minutes.
type deadOrigin struct {
	*web
	tries int
	again time.Time
	err   error
}

func (w *deadOrigin) Fetch(ctx context.Context, t Task, site *Site) (*Page, error) {
	if !strings.HasPrefix(t.URL, "https:") {
		return w.web.Fetch(ctx, t, site)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked[t.URL]++
	if now := time.Now(); !w.again.After(now) {
		w.again = now.Add(time.Minute << min(w.tries, 6))
		w.tries++
	}
	return nil, &HostError{Host: t.Host, Origin: "https://" + t.Host, Until: w.again, Err: w.err}
}

// An https that is not there keeps nobody from the http of the same host, and its URLs end.
func TestCrawlDeadOrigin(t *testing.T) {
	silent, broken := fmt.Errorf("%w: %w", ErrRobotsUnreachable, ErrNoAnswer), fmt.Errorf("%w: status 503", ErrRobotsUnreachable)
	for name, cause := range map[string]error{"no answer": silent, "no robots.txt": broken} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				paths := []string{"https://a.example/0", "https://a.example/1"}
				for i := range 20 {
					paths = append(paths, fmt.Sprint("http://a.example/", i))
				}
				start := pageTask("http://a.example/")
				start.Found = FoundStart
				m, w := newMemory(start), &deadOrigin{web: newWeb(t), err: cause}
				w.answers[start.URL] = []any{links(paths...)}
				run := func() Result {
					c := crawlOf(m, w.web, siteOf("a.example"))
					c.NewFetcher = func() Fetcher { return w }
					results, err := c.Run(t.Context())
					if err != nil || !results[0].Finished {
						t.Fatal(results, err)
					}
					return results[0]
				}
				first := run()
				reviews := 0
				for u, outcome := range m.outcomes() {
					switch {
					case outcome == "review":
						reviews++
					case strings.HasPrefix(u, "https:") && outcome != "queued":
						t.Errorf("%s: %s", u, outcome)
					}
				}
				if reviews != 20 || !first.Held || !strings.HasPrefix(first.Why, "https://a.example: robots.txt unreachable") {
					t.Errorf("%d reviews, %+v", reviews, first)
				}
				// The next run comes upon the others first.
				time.Sleep(time.Hour)
				for _, u := range []string{start.URL, "http://a.example/5"} {
					m.tasks[u].queued = true
					m.tasks[u].ID += 1000
				}
				if got := run(); got.Why != "done" {
					t.Errorf("%+v", got)
				}
				for u, outcome := range m.outcomes() {
					if want := strings.HasPrefix(u, "https:"); outcome == "queued" || want != (outcome == "unreachable") {
						t.Errorf("%s: %s", u, outcome)
					}
				}
				if got := m.tasks[paths[0]]; !strings.Contains(got.why, "https://a.example: robots.txt unreachable") || w.asked[paths[0]] > MaxTries+1 {
					t.Errorf("%q after %d tries", got.why, w.asked[paths[0]])
				}
			})
		})
	}
	t.Run("nothing else", func(t *testing.T) { // perhaps the host is down: its URLs are not to blame
		for name, tt := range map[string]struct {
			cause error
			tries int
			took  time.Duration
		}{"no answer": {silent, 1, 0}, "no robots.txt": {broken, 2, time.Minute}} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m, w := newMemory(), &deadOrigin{web: newWeb(t), err: tt.cause}
					for i := range 500 {
						m.add(pageTask(fmt.Sprint("https://a.example/", i)))
					}
					c := crawlOf(m, w.web, siteOf("a.example"))
					c.NewFetcher = func() Fetcher { return w }
					results, _ := c.Run(t.Context())
					r := results[0]
					if took := time.Since(w.start); !r.Held || w.tries < tt.tries || took < tt.took || took > 10*time.Minute {
						t.Errorf("after %v and %d tries: %+v", took, w.tries, r)
					}
					if !strings.Contains(r.Why, "https://a.example: robots.txt unreachable") {
						t.Errorf("%q", r.Why)
					}
					for u, task := range m.tasks {
						if !task.queued || task.Tries > 0 {
							t.Errorf("%s: %s after %d tries", u, task.outcome, task.Tries)
						}
					}
				})
			})
		}
	})
}

// until ends a run that asks without end.
type until struct {
	*web
	most int
	stop context.CancelFunc
}

func (w *until) Fetch(ctx context.Context, t Task, site *Site) (*Page, error) {
	if w.most--; w.most < 0 {
		w.stop()
	}
	return w.web.Fetch(ctx, t, site)
}

// A hold that is over when the crawl hears of it, as where two clocks differ, or as soon as the crawl asks again, ends no run later: what
// is asked again costs a try of its URL or one of the few holds of its host.
func TestCrawlHoldThatIsOver(t *testing.T) {
	origin := func(seconds int64, err error) error {
		return &HostError{Origin: "https://a.example", Until: time.Unix(seconds, 0), Err: err}
	}
	silent := fmt.Errorf("%w: %w", ErrRobotsUnreachable, ErrNoAnswer)
	const held, pages = 6, 100 // URLs
	for _, tt := range []struct {
		name    string
		answer  error
		others  bool // URLs of another origin, which answers
		most    int  // requests
		outcome string
	}{
		{"an origin that is not there", origin(-3600, silent), false, maxHolds, "queued"},
		{"an origin in trouble", origin(-3600, ErrRobotsUnreachable), false, maxHolds, "queued"},
		{"an origin, until now", origin(0, silent), false, maxHolds, "queued"},
		{"an origin, until soon", origin(1, ErrRobotsUnreachable), false, held * maxHolds, "queued"},
		{"an origin beside one that answers", origin(-3600, silent), true, pages + held*MaxTries, "unreachable"},
		{"an origin beside one that answers, until soon", origin(1, ErrRobotsUnreachable), true, pages + held*MaxTries, "unreachable"},
		{"a host", holdFor(-3600, ErrRobotsUnreachable), false, maxHolds, "queued"},
		{"a host, until soon", holdFor(1, ErrRobotsUnreachable), false, maxHolds, "queued"},
		{"a server that asks to wait", holdFor(-3600, ErrBusy), false, maxHolds, "queued"},
		{"a server that asks to wait, beside pages", holdFor(-3600, ErrBusy), true, pages + maxHolds, "queued"},
		{"failures in a row", holdFor(-3600, fmt.Errorf("%w: %w", ErrTrouble, ErrServer)), true, pages + held*MaxTries, "server_error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, w := newMemory(), &until{web: newWeb(t), most: tt.most}
				w.took = 0
				if tt.others {
					for i := range pages {
						m.add(pageTask(fmt.Sprint("http://a.example/", i)))
					}
				}
				for i := range held {
					task := pageTask(fmt.Sprint("https://a.example/", i))
					w.answers[task.URL] = []any{tt.answer}
					m.add(task)
				}
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				w.stop = stop
				c := crawlOf(m, w.web, siteOf("a.example"))
				c.Sites[0].Gap = 0
				c.NewFetcher = func() Fetcher { return w }
				c.Random = func() float64 { return 0 }
				results, err := c.Run(ctx)
				if err != nil || !results[0].Finished || results[0].Held != (tt.outcome == "queued") {
					t.Errorf("%d requests, %+v, %v", len(w.log), results, err)
				}
				for u, outcome := range m.outcomes() {
					want := tt.outcome
					if strings.HasPrefix(u, "http:") {
						want = "review"
					}
					if outcome != want {
						t.Errorf("%s: %s after %d requests", u, outcome, w.asked[u])
					}
				}
			})
		})
	}
	t.Run("a gap", func(t *testing.T) { // nothing is wrong, and it passes by the other clock
		synctest.Test(t, func(t *testing.T) {
			m, w := newMemory(pageTask("http://a.example/")), newWeb(t)
			w.took = 0
			w.answers["http://a.example/"] = []any{holdFor(-3600, ErrGap), holdFor(-3600, ErrGap), status(200)}
			c := crawlOf(m, w, siteOf("a.example"))
			c.Sites[0].Gap = 0
			c.Run(t.Context())
			diff(t, "requests", []string{"0 http://a.example/", "1 http://a.example/", "2 http://a.example/"}, w.log)
		})
	})
}

// The frontier is told of each gap, however short, once a host and commit; the next run keeps it.
func TestCrawlShortGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := newMemory(pageTask("http://a.example/1"), pageTask("http://a.example/2"), pageTask("http://a.example/3")), newWeb(t)
		w.took = 10 * time.Millisecond
		site := siteOf("a.example")
		site.Gap, site.Pages = 30*time.Millisecond, 2
		for range 2 {
			if _, err := crawlOf(m, w, site).Run(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		diff(t, "requests", []string{"0 http://a.example/1", "0.04 http://a.example/2", "0.08 http://a.example/3"}, w.log)
		diff(t, "holds", []string{"40ms", "80ms", "120ms"}, m.told)
	})
}

func TestHoldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &loop{Crawl: &Crawl{Frontier: newMemory(pageTask("http://a.example/1"), pageTask("http://b.example/1"), pageTask("http://a.example/2"))}}
		l.save = t.Context()
		b := batch{}
		for i, u := range []string{"http://a.example/1", "http://b.example/1", "http://a.example/2"} {
			v := Visit{Task: pageTask(u), Outcome: Gone, HoldHost: time.Now().Add(time.Duration(i+1) * time.Second)}
			b.dones = append(b.dones, done{q: &queue{site: &siteRun{}}, visit: v})
		}
		l.commit(&b)
		diff(t, "holds", []string{"2s", "3s"}, l.Frontier.(*memory).told)
	})
}

// Of two hosts that are ready at the same moment, the one that was chosen and not asked is first.
func TestCrawlEarlyIsFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := newMemory(), newWeb(t)
		for i := range 3 {
			m.add(pageTask(fmt.Sprintf("http://a.example/%d", i)))
			m.add(pageTask(fmt.Sprintf("http://b.example/%d", i)))
		}
		w.took = 0
		w.answers["http://b.example/1"] = []any{holdFor(2, ErrGap), status(200)}
		c := crawlOf(m, w, siteOf("a.example"), siteOf("b.example"))
		c.Workers = 1
		c.Run(t.Context())
		diff(t, "requests", []string{"0 http://a.example/0", "0 http://b.example/0", "2 http://a.example/1", "2 http://b.example/1",
			"4 http://b.example/1", "4 http://a.example/2", "6 http://b.example/2"}, w.log)
	})
}

// A run names what it is that its rest waits for, and not an earlier pause of the host.
func TestCrawlNamesItsHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dead, m, w := pageTask("https://a.example/0"), newMemory(), newWeb(t)
		dead.Hint = 1
		m.add(pageTask("http://a.example/1"))
		m.add(dead)
		m.add(pageTask("http://a.example/2"))
		w.answers[dead.URL] = []any{&HostError{Origin: "https://a.example", Until: time.Unix(3600, 0), Err: ErrRobotsUnreachable}}
		w.answers["http://a.example/1"] = []any{holdFor(60, ErrBusy), status(200)}
		results, err := crawlOf(m, w, siteOf("a.example")).Run(t.Context())
		if err != nil || !strings.HasPrefix(results[0].Why, "https://a.example: robots.txt unreachable") {
			t.Errorf("%+v, %v; asked %v", results, err, w.log)
		}
	})
}

// A gap that is longer than Patience is waited for, and kept over a restart.
func TestCrawlLongGap(t *testing.T) {
	slow := siteOf("a.example")
	slow.Gap = 5 * time.Minute
	t.Run("waited for", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, w := newMemory(pageTask("http://a.example/1"), pageTask("http://a.example/2"), pageTask("http://a.example/3")), newWeb(t)
			w.answers["http://a.example/2"] = []any{holdFor(400, ErrGap), status(200)}
			w.answers["http://a.example/3"] = []any{status(500), status(200)}
			results, _ := crawlOf(m, w, slow).Run(t.Context())
			diff(t, "requests", []string{"0 http://a.example/1", "301 http://a.example/2", "702 http://a.example/2", "1003 http://a.example/3", "1304 http://a.example/3"}, w.log)
			if took := time.Since(w.start); !results[0].Finished || results[0].Why != "done" || took > 1306*time.Second {
				t.Errorf("%+v after %v", results, took)
			}
			if m.tasks["http://a.example/2"].Tries != 0 || slices.ContainsFunc(m.commits, func(urls string) bool { return urls == "" }) {
				t.Errorf("a gap counts as a try: %v", m.commits)
			}
		})
	})
	t.Run("kept over a restart", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, w := newMemory(pageTask("http://a.example/1"), pageTask("http://a.example/2")), newWeb(t)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			crawlOf(m, w, slow).Run(ctx)
			crawlOf(m, w, slow).Run(t.Context())
			diff(t, "requests", []string{"0 http://a.example/1", "301 http://a.example/2"}, w.log)
		})
	})
}

// A host that never gave an answer is left to the next run after the first failure; one that did is tried again.
func TestCrawlNoAnswer(t *testing.T) {
	refused := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	for name, tt := range map[string]struct {
		answers []any
		want    int
		why     string
	}{
		"no robots.txt": {[]any{holdFor(60, fmt.Errorf("%w: %w", ErrRobotsUnreachable, ErrNoAnswer))}, 1, "host a.example left to the next run: a.example: robots.txt unreachable, so nothing may be asked: no answer (again at 2000-01-01T00:01:01Z)"},
		"no robots.txt at https": {[]any{&HostError{Origin: "https://a.example", Until: time.Unix(60, 0), Err: fmt.Errorf("%w: %w", ErrRobotsUnreachable, ErrNoAnswer)}}, 1,
			"host a.example left to the next run: https://a.example: robots.txt unreachable, so nothing may be asked: no answer (again at 2000-01-01T00:01:01Z)"},
		"no connection": {[]any{refused}, 1, "host a.example left to the next run: dial: connection refused"},
		"not any more":  {[]any{status(500), refused, status(200)}, 3, "done"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, w := newMemory(pageTask("http://a.example/")), newWeb(t)
				w.answers["http://a.example/"] = tt.answers
				results, _ := crawlOf(m, w, siteOf("a.example")).Run(t.Context())
				if len(w.log) != tt.want || results[0].Why != tt.why {
					t.Errorf("%v\n%+v", w.log, results)
				}
			})
		})
	}
}

// A sitemap that is not where it was guessed to be is no failure; one that was named is.
func TestCrawlGuessedSitemap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		guessed, named := taskOf("http://a.example/sitemap.xml", KindSitemap), taskOf("http://a.example/map.xml", KindSitemap)
		guessed.Found, named.Found = FoundAuto, FoundRobots
		m, w := newMemory(guessed, named), newWeb(t)
		w.answers[guessed.URL] = []any{redirect("/home")}
		w.answers["http://a.example/home"] = []any{links("panic")} // which cannot be read
		w.answers[named.URL] = []any{links("panic")}
		crawlOf(m, w, siteOf("a.example")).Run(t.Context())
		diff(t, "outcomes", map[string]string{guessed.URL: "redirected", "http://a.example/home": "gone", named.URL: "unreadable"}, m.outcomes())
	})
}

// A page that did not change leads to what it linked to all the same: the site's scope may be wider than it was. Lists are asked
// for whole, for nothing of them is stored.
func TestCrawlUnchanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		page, list := pageTask("http://a.example/"), taskOf("http://a.example/sitemap.xml", KindSitemap)
		page.ETag, list.ETag = `"1"`, `"2"`
		m, w := newMemory(page, list), newWeb(t)
		w.answers[page.URL] = []any{status(304)}
		c := crawlOf(m, w, siteOf("a.example"))
		c.Again = func(_ context.Context, site *Site, v *Visit) error {
			v.Links = append(v.Links, pageTask("http://a.example/wider"))
			return nil
		}
		c.Run(t.Context())
		diff(t, "outcomes", map[string]string{page.URL: "unchanged", list.URL: "review", "http://a.example/wider": "review"}, m.outcomes())
		diff(t, "conditional", []string{page.URL}, w.conditional)
	})
}

func TestCrawlRedirects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := Task{URL: "http://a.example/", Site: "a.example", Host: "a.example", Kind: KindPage, Found: FoundStart}
		m, w := newMemory(start, pageTask("http://a.example/r0"), pageTask("http://a.example/loop1")), newWeb(t)
		w.answers["http://a.example/"] = []any{redirect("http://www.a.example/?s=home")} // a start page may be what no link may be
		for i := range 9 {
			w.answers[fmt.Sprint("http://a.example/r", i)] = []any{redirect(fmt.Sprint("/r", i+1))}
		}
		w.answers["http://a.example/loop1"] = []any{redirect("/loop2")}
		w.answers["http://a.example/loop2"] = []any{redirect("/loop1")}
		crawlOf(m, w, siteOf("a.example")).Run(t.Context())
		diff(t, "outcomes", map[string]string{
			"http://a.example/": "redirected", "http://www.a.example/?s=home": "review",
			"http://a.example/r0": "redirected", "http://a.example/r1": "redirected", "http://a.example/r2": "redirected",
			"http://a.example/r3": "redirected", "http://a.example/r4": "redirected", "http://a.example/r5": "too_deep",
			"http://a.example/loop1": "redirected", "http://a.example/loop2": "redirected"}, m.outcomes())
	})
}

func TestCrawlBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := newMemory(taskOf("http://a.example/feed", KindFeed), pageTask("http://a.example/no")), newWeb(t)
		for i := range 5 {
			m.add(pageTask(fmt.Sprint("http://a.example/", i)))
		}
		w.answers["http://a.example/no"] = []any{ErrDisallowed} // costs nothing
		site := siteOf("a.example")
		site.Pages = 2
		results, _ := crawlOf(m, w, site).Run(t.Context())
		if r := results[0]; !r.Finished || r.Why != "page budget of 2 spent" || r.Outcomes[Reviewed] != 3 {
			t.Errorf("%+v", r)
		}
		queued := 0
		for _, o := range m.outcomes() {
			if o == "queued" {
				queued++
			}
		}
		if queued != 3 || len(w.log) != 4 {
			t.Errorf("%d queued, requests %v", queued, w.log)
		}
	})
}

// A run that goes on has spent what it spent before.
func TestCrawlBudgetGoesOn(t *testing.T) {
	for _, tt := range []struct {
		name   string
		budget Budget
		spent  Spent
		asked  int
		why    string
	}{
		{"pages", Budget{Pages: 4}, Spent{Pages: 3}, 1, "page budget of 4 spent"},
		{"all pages", Budget{Pages: 4}, Spent{Pages: 9}, 0, "page budget of 4 spent"},
		{"bytes", Budget{Bytes: 10}, Spent{Bytes: 9}, 1, "budget of 10 bytes spent"},
		{"time", Budget{Time: time.Minute}, Spent{Time: time.Minute - 5*time.Second}, 2, "time budget of 1m0s spent"},
		{"all time", Budget{Time: time.Minute}, Spent{Time: time.Hour}, 0, "time budget of 1m0s spent"},
		{"none", Budget{}, Spent{9, 9, 9}, 6, "done"}, // and a page that is linked,
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, w := newMemory(), newWeb(t)
				for i := range 5 {
					u := fmt.Sprint("http://a.example/", i)
					m.add(pageTask(u))
					w.answers[u] = []any{&Page{Status: 200, Body: []byte("x")}}
				}
				site := siteOf("a.example")
				site.Pages, site.Bytes, site.Time = tt.budget.Pages, tt.budget.Bytes, tt.budget.Time
				c := crawlOf(m, w, site)
				c.Begin = func(context.Context, *Site) (Spent, error) { return tt.spent, nil }
				results, _ := c.Run(t.Context())
				if r := results[0]; r.Why != tt.why || len(w.log) != tt.asked {
					t.Errorf("%s; requests %v", r.Why, w.log)
				}
			})
		})
	}
}

// The bytes and the time of a site, the pages of all sites, and quiet hours.
func TestCrawlBudgets(t *testing.T) {
	for _, tt := range []struct {
		name     string
		set      func(*Crawl)
		requests int
		why      []string // of each site
	}{
		{"none", func(*Crawl) {}, 10, []string{"done", "done"}},
		{"bytes of a site", func(c *Crawl) { c.Sites[0].Bytes = 5 }, 7, []string{"budget of 5 bytes spent", "done"}},
		{"time of a site", func(c *Crawl) { c.Sites[1].Time = 7 * time.Second }, 8, []string{"done", "time budget of 7s spent"}},
		{"pages of all", func(c *Crawl) { c.Budget.Pages = 4 }, 4, []string{"page budget of 4 spent (of the whole crawl)", "page budget of 4 spent (of the whole crawl)"}},
		{"time of all, one site after the other", func(c *Crawl) { c.Budget.Time, c.Open = 4*time.Second, 1 }, 2, []string{"time budget of 4s spent (of the whole crawl)"}},
		{"quiet hours that end soon", func(c *Crawl) { c.Sites[0].Quiet = &Hours{23 * time.Hour, time.Minute, time.UTC} }, 10, []string{"done", "done"}},
		{"quiet hours", func(c *Crawl) { c.Sites[0].Quiet = &Hours{0, 6 * time.Hour, time.UTC} }, 5,
			[]string{"quiet hours (00:00-06:00 UTC): the rest is due at 2000-01-01T06:00:00Z", "done"}},
		{"quiet hours that begin", func(c *Crawl) { c.Sites[0].Quiet = &Hours{0, 6 * time.Hour, time.FixedZone("", -5)} }, 7,
			[]string{"quiet hours (00:00-06:00 ): the rest is due at 2000-01-01T06:00:05Z", "done"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, w := newMemory(), newWeb(t)
				for i := range 5 {
					for _, host := range []string{"a.example", "b.example"} {
						u := fmt.Sprint("http://", host, "/", i)
						m.add(pageTask(u))
						w.answers[u] = []any{&Page{Status: 200, Body: []byte("   ")}}
					}
				}
				c := crawlOf(m, w, siteOf("a.example"), siteOf("b.example"))
				tt.set(c)
				results, err := c.Run(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				slices.SortFunc(results, func(a, b Result) int { return strings.Compare(a.Site.Name, b.Site.Name) })
				var why []string
				for _, r := range results {
					why = append(why, r.Why)
				}
				diff(t, "why", tt.why, why)
				if len(w.log) != tt.requests {
					t.Errorf("%d requests: %v", len(w.log), w.log)
				}
			})
		})
	}
}

func TestHours(t *testing.T) {
	berlin := time.FixedZone("", 3600)
	for _, tt := range []struct {
		from, to time.Duration
		at, end  string
	}{
		{8 * time.Hour, 22 * time.Hour, "2026-03-01T06:59:59Z", ""},
		{8 * time.Hour, 22 * time.Hour, "2026-03-01T07:00:00Z", "2026-03-01T21:00:00Z"},
		{8 * time.Hour, 22 * time.Hour, "2026-03-01T21:00:00Z", ""},
		{22 * time.Hour, 6*time.Hour + 30*time.Minute, "2026-03-01T21:00:00Z", "2026-03-02T05:30:00Z"},
		{22 * time.Hour, 6*time.Hour + 30*time.Minute, "2026-03-02T05:29:59Z", "2026-03-02T05:30:00Z"},
		{22 * time.Hour, 6*time.Hour + 30*time.Minute, "2026-03-02T12:00:00Z", ""},
		{6 * time.Hour, 6 * time.Hour, "2026-03-02T12:00:00Z", ""},
	} {
		at, _ := time.Parse(time.RFC3339, tt.at)
		got := ""
		if end, ok := (&Hours{tt.from, tt.to, berlin}).End(at); ok {
			got = end.UTC().Format(time.RFC3339)
		}
		if got != tt.end {
			t.Errorf("%v-%v at %s: ends %s, want %s", tt.from, tt.to, tt.at, got, tt.end)
		}
	}
}

// guidePacer is a Pacer that knows sitemaps, by host.
type guidePacer map[string][]string

func (g guidePacer) ReadyAt(string) time.Time       { return time.Time{} }
func (g guidePacer) Sitemaps(url string) []string   { return g[hostOf(url)] }
func (g guidePacer) Terms(string) ([]Signal, error) { return nil, nil }

func TestCrawlSitemaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := newMemory(pageTask("http://a.example/"), pageTask("http://b.example/"), pageTask("http://c.example/"), pageTask("http://c.example/2")), newWeb(t)
		c := crawlOf(m, w, siteOf("a.example"), siteOf("b.example"), siteOf("c.example"))
		c.Pacer = guidePacer{"a.example": {"http://a.example/posts.xml", "http://cdn.example/posts.xml"}}
		c.Sites[1].Sitemaps = []string{"http://b.example/own.xml"}
		c.Run(t.Context())
		got := map[string]string{}
		for u, t := range m.tasks {
			if t.Kind == KindSitemap {
				got[u] = string(t.Found)
			}
		}
		diff(t, "sitemaps", map[string]string{"http://a.example/posts.xml": "robots", "http://cdn.example/posts.xml": "robots", "http://c.example/sitemap.xml": "auto"}, got)
	})
}

func TestCrawlStop(t *testing.T) {
	seeds := func() *memory {
		m := newMemory()
		for i := range 9 {
			m.add(pageTask(fmt.Sprint("http://a.example/", i)))
			m.add(pageTask(fmt.Sprint("http://b.example/", i)))
		}
		return m
	}
	cause := errors.New("Ctrl-C")
	t.Run("the first finishes what is in flight", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, w := seeds(), newWeb(t)
			c := crawlOf(m, w, siteOf("a.example"), siteOf("b.example"))
			var ended []string
			c.End = func(ctx context.Context, r *Result) error {
				ended = append(ended, r.Site.Name+": "+r.Why)
				return ctx.Err()
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(3500*time.Millisecond, func() { cancel(cause) })
			results, err := c.Run(ctx)
			if !errors.Is(err, cause) || len(results) != 2 || results[0].Finished || results[0].Err != nil {
				t.Fatalf("%v, %+v", err, results)
			}
			slices.Sort(ended)
			diff(t, "ends", []string{"a.example: stopped", "b.example: stopped"}, ended)
			if took := time.Since(w.start); took != 4*time.Second {
				t.Errorf("took %v", took)
			}
			finished := 0
			for _, o := range m.outcomes() {
				if o == "review" {
					finished++
				}
			}
			if finished != 4 || len(w.log) != 4 {
				t.Errorf("%d finished of %v", finished, w.log)
			}

			// The next run goes on, and asks nothing twice; memory.Commit panics if it did.
			if _, err := crawlOf(m, w, siteOf("a.example"), siteOf("b.example")).Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			if len(w.log) != 18 || len(w.asked) != 18 {
				t.Errorf("%d requests for %d URLs", len(w.log), len(w.asked))
			}
		})
	})
	t.Run("grace ends", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, w := seeds(), newWeb(t)
			w.took = time.Hour
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := crawlOf(m, w, siteOf("a.example"), siteOf("b.example")).Run(ctx)
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(w.start) != 31*time.Second || len(m.commits) != 0 {
				t.Errorf("%v after %v, commits %v", err, time.Since(w.start), m.commits)
			}
		})
	})
	t.Run("a cut after the first", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, w := seeds(), newWeb(t)
			w.took = time.Hour
			c := crawlOf(m, w, siteOf("a.example"), siteOf("b.example"))
			cut := make(chan struct{})
			c.Cut = cut
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(time.Second, func() { cancel(cause) })
			time.AfterFunc(4*time.Second, func() { close(cut) })
			if _, err := c.Run(ctx); !errors.Is(err, cause) || time.Since(w.start) != 4*time.Second {
				t.Errorf("%v after %v", err, time.Since(w.start))
			}
		})
	})
	t.Run("one site is cancelled", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, w := seeds(), newWeb(t)
			c := crawlOf(m, w, siteOf("a.example"), siteOf("b.example"))
			var failed bool
			c.Cancelled = func(context.Context) ([]string, error) {
				switch {
				case time.Since(w.start) < 4*time.Second:
					return nil, nil
				case !failed: // says nothing
					failed = true
					return nil, errors.New("locked")
				}
				return []string{"a.example", "other.example"}, nil
			}
			var ends []string
			c.End = func(_ context.Context, r *Result) error {
				ends = append(ends, fmt.Sprint(r.Site.Name, " ", r.Finished, " ", r.Why, " after ", time.Since(w.start)))
				return nil
			}
			if _, err := c.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			// Its third request would have begun at 6 s.
			diff(t, "ends", []string{"a.example true cancelled after 5s", "b.example true done after 27s"}, ends)
			asked := 0
			for _, o := range m.outcomes() {
				if o == "queued" {
					asked++
				}
			}
			if asked != 7 {
				t.Errorf("%d are queued, want 7", asked)
			}
		})
	})
	t.Run("a cancelled site does not wait for an answer", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, w := seeds(), newWeb(t)
			w.took = time.Hour
			c := crawlOf(m, w, siteOf("a.example"))
			c.Cancelled = func(context.Context) ([]string, error) { return []string{"a.example"}, nil }
			results, err := c.Run(t.Context())
			if err != nil || results[0].Why != Cancelled || !results[0].Finished || time.Since(w.start) != time.Second || len(m.commits) != 0 {
				t.Errorf("%v, %+v after %v", err, results, time.Since(w.start))
			}
		})
	})
	t.Run("the second stops at once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, w := seeds(), newWeb(t)
			w.took = time.Hour
			c := crawlOf(m, w, siteOf("a.example"), siteOf("b.example"))
			abort := make(chan struct{})
			c.Abort = abort
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(time.Second, func() { cancel(cause) })
			time.AfterFunc(2*time.Second, func() { close(abort) })
			_, err := c.Run(ctx)
			if !errors.Is(err, cause) || time.Since(w.start) != 2*time.Second || len(m.commits) != 0 {
				t.Errorf("%v after %v, commits %v", err, time.Since(w.start), m.commits)
			}
		})
	})
}

func TestCrawlTrouble(t *testing.T) {
	lost := errors.New("taken over")
	t.Run("a site that is lost does not take others along", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, w := newMemory(), newWeb(t)
			for i := range 9 {
				m.add(pageTask(fmt.Sprint("http://a.example/", i)))
				m.add(pageTask(fmt.Sprint("http://b.example/", i)))
			}
			m.err["a.example"] = lost
			results, err := crawlOf(m, w, siteOf("a.example"), siteOf("b.example")).Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, r := range results {
				got[r.Site.Name] = fmt.Sprint(r.Finished, " ", r.Why, " ", r.Outcomes[Reviewed])
			}
			diff(t, "results", map[string]string{"a.example": "false failed: taken over 0", "b.example": "true done 9"}, got)
		})
	})
	t.Run("a site that cannot begin is left out", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, w := newMemory(pageTask("http://a.example/"), pageTask("http://b.example/")), newWeb(t)
			c := crawlOf(m, w, siteOf("a.example"), siteOf("b.example"))
			c.Begin = func(_ context.Context, s *Site) (Spent, error) {
				if s.Name == "a.example" {
					return Spent{}, lost
				}
				return Spent{}, nil
			}
			results, _ := c.Run(t.Context())
			if len(results) != 2 || !errors.Is(results[0].Err, lost) || results[1].Err != nil || len(w.log) != 1 {
				t.Errorf("%+v", results)
			}
		})
	})
	t.Run("nothing to do", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			results, err := crawlOf(newMemory(), newWeb(t), siteOf("a.example")).Run(t.Context())
			if err != nil || len(results) != 1 || !results[0].Finished || results[0].Why != "done" {
				t.Errorf("%+v, %v", results, err)
			}
		})
	})
}

// Visits are committed in the order in which they were finished, in batches; a chain of pages, each found on the one before, does
// not wait for a batch to fill.
func TestCrawlBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := newMemory(pageTask("http://a.example/0")), newWeb(t)
		w.took = time.Millisecond
		var all []string
		for i := range 120 {
			all = append(all, fmt.Sprint("/x", i))
		}
		w.answers["http://a.example/0"] = []any{links("/1")}
		w.answers["http://a.example/1"] = []any{links("/2")}
		w.answers["http://a.example/2"] = []any{links(all...)}
		site := siteOf("a.example")
		site.Gap = 0
		crawlOf(m, w, site).Run(t.Context())
		if len(m.commits) < 6 || len(m.commits) > 8 {
			t.Errorf("%d commits", len(m.commits))
		}
		var asked, committed []string
		for _, line := range w.log {
			_, u, _ := strings.Cut(line, " ")
			asked = append(asked, u)
		}
		for _, c := range m.commits {
			committed = append(committed, strings.Fields(c)...)
		}
		diff(t, "order", asked, committed)
		if took := time.Since(w.start); took != 123*time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
}

// The frontier is told why a host is not to be asked.
func TestCrawlHoldWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := newMemory(pageTask("http://a.example/1")), newWeb(t)
		w.answers["http://a.example/1"] = []any{holdFor(30, ErrRobotsUnreachable), status(200)}
		crawlOf(m, w, siteOf("a.example")).Run(t.Context())
		if len(m.whys) == 0 || m.whys[0] != ErrRobotsUnreachable.Error() {
			t.Errorf("reasons %q, want the first %q", m.whys, ErrRobotsUnreachable)
		}
	})
}

// Of a database that went away a page of an archive learns once, not once a post.
func TestCrawlPostsOfNoDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := pageTask("http://a.example/posts")
		c := crawlOf(newMemory(list), newWeb(t), siteOf("a.example"))
		c.Pacer = guidePacer{}
		c.Handle = func(_ context.Context, site *Site, v *Visit) error {
			v.Outcome = Listed
			if v.Task.URL == list.URL {
				for i := range 100 {
					v.Posts = append(v.Posts, Visit{Task: pageTask(fmt.Sprint("http://a.example/", i)), Page: links()})
				}
			}
			return nil
		}
		c.Known = func(context.Context, *Site, *Visit) (bool, error) {
			time.Sleep(time.Minute)
			return false, errors.New("no database")
		}
		began := time.Now()
		c.Run(t.Context())
		if took := time.Since(began); took > 5*time.Minute {
			t.Errorf("%v", took)
		}
	})
}

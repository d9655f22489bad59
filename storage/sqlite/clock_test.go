package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"cinecrawl/crawler"
	"cinecrawl/extract"
	"cinecrawl/storage"
	"cinecrawl/storage/internal/tables"
)

// wall is a clock that can be set, as that of a machine: its times have a monotonic reading, by which they are told apart and compared
// and which no setting changes. Only what is stored of them is wrong.
type wall struct {
	mu    sync.Mutex
	begin time.Time
	ahead time.Duration
}

func (w *wall) set(by time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ahead += by
}

func (w *wall) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := time.Now().Round(0).Add(w.ahead)
	// The form of package time: a bit that says that there is a monotonic reading, 33 bits of seconds since 1885, 30 bits of nanoseconds;
	// then that reading. Times within a bubble of synctest have none.
	seconds := uint64(t.Unix() - time.Date(1885, 1, 1, 0, 0, 0, 0, time.UTC).Unix())
	form := (*struct {
		wall uint64
		ext  int64
	})(unsafe.Pointer(&t))
	form.wall, form.ext = 1<<63|seconds<<30|uint64(t.Nanosecond()), int64(time.Since(w.begin)+time.Hour)
	return t
}

// posts is a site of a front page that leads to reviews, asked with a gap. It fails the test if it is asked too soon or twice.
type posts struct {
	t     *testing.T
	clock *wall
	jumps map[int]time.Duration // in which request the clock is set, and by how much
	gap   bool                  // not in it, but in the gap that follows
	after func()                // each of them
	asked map[string]int
	last  time.Time
}

const manyPosts, postGap = 30, 5 * time.Second

func (p *posts) Fetch(ctx context.Context, task crawler.Task, _ *crawler.Site) (*crawler.Page, error) {
	if wait := time.Since(p.last); wait < postGap {
		p.t.Errorf("%s is asked after %v", task.URL, wait)
	}
	defer func() { p.last = time.Now() }()
	n := 0
	for _, k := range p.asked {
		n += k
	}
	p.asked[task.URL]++
	page := &crawler.Page{URL: task.URL, Status: 200, Body: []byte(task.URL), FetchedAt: p.clock.Now()}
	switch by := p.jumps[n]; {
	case by == 0:
	case p.gap:
		time.AfterFunc(postGap/2, func() { p.clock.set(by) })
	default:
		p.clock.set(by)
		p.after()
	}
	switch {
	case strings.HasSuffix(task.URL, "/3") && p.asked[task.URL] == 1:
		page.Status = 500
	case strings.HasSuffix(task.URL, "/5") && p.asked[task.URL] == 1:
		return nil, &crawler.HostError{Host: task.Host, Until: p.clock.Now().Add(time.Minute), Err: fmt.Errorf("%w: status 429", crawler.ErrBusy)}
	}
	return page, nil
}

func (p *posts) handle(_ context.Context, site *crawler.Site, v *crawler.Visit) error {
	if v.Task.Found != crawler.FoundStart {
		v.Outcome, v.Record = crawler.Reviewed, &extract.Review{URL: v.Task.URL, Kind: extract.KindReview, Paragraphs: []string{"Text of " + v.Task.URL}}
		return nil
	}
	v.Outcome = crawler.NotReview
	for i := range manyPosts {
		if t, ok, _ := site.Link(v.Task, fmt.Sprintf("%s2020/05/%d", v.Task.URL, i), crawler.KindPage, crawler.FoundLink); ok {
			v.Links = append(v.Links, t)
		}
	}
	return nil
}

// TestClockIsSet sets the clock of the machine by an hour in the middle of a crawl: each review is stored once, and the run comes to its
// end in the time that it takes anyway; the gap of the host is kept, and its holder keeps the site.
func TestClockIsSet(t *testing.T) {
	for _, tt := range []struct {
		name  string
		jumps map[int]time.Duration
		gap   bool
	}{
		{"not", nil, false},
		{"forward", map[int]time.Duration{4: time.Hour}, false},
		{"forward in a gap", map[int]time.Duration{4: time.Hour}, true},
		{"back", map[int]time.Duration{4: -time.Hour}, false},
		{"back in a gap", map[int]time.Duration{4: -time.Hour}, true},
		{"forward and back", map[int]time.Duration{2: time.Hour, 6: -time.Hour}, false},
		{"back and forward", map[int]time.Duration{2: -time.Hour, 6: time.Hour}, false},
		{"forward while the host must wait", map[int]time.Duration{6: time.Hour}, true},
		{"back while the host must wait", map[int]time.Duration{6: -time.Hour}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				clock := &wall{begin: time.Now()}
				before := clock.Now()
				clock.set(time.Hour)
				if after := clock.Now(); after.Sub(before) != 0 || after.UnixMilli()-before.UnixMilli() != time.Hour.Milliseconds() {
					t.Fatalf("the clock is none: %v, %v", before, after)
				}
				clock.set(-time.Hour)
				path := filepath.Join(t.TempDir(), "x.db")
				st, err := open(ctx, path, tables.Config{Now: clock.Now})
				if err != nil {
					t.Fatal(err)
				}
				defer st.Close()
				other, err := open(ctx, path, tables.Config{Now: clock.Now, Owner: "another/1/process/handle/space"})
				if err != nil {
					t.Fatal(err)
				}
				defer other.Close()
				p := &posts{t: t, clock: clock, jumps: tt.jumps, gap: tt.gap, asked: map[string]int{}}
				p.after = func() {
					time.Sleep(leaseTime / 3) // in which the holder says that it lives
					synctest.Wait()
					if _, err := other.StartRun(ctx, "films.example", nil, 0, storage.ByHand); !errors.Is(err, storage.ErrBusy) {
						t.Errorf("another may crawl it: %v", err)
					}
				}
				site := &crawler.Site{Name: "films.example", Hosts: []string{"films.example"}, Start: []string{"https://films.example/"}, Gap: postGap}
				var run *storage.Run
				c := crawler.Crawl{Frontier: st, NewFetcher: func() crawler.Fetcher { return p }, Handle: p.handle, Sites: []*crawler.Site{site},
					Random: func() float64 { return 1 }, Now: clock.Now,
					Begin: func(ctx context.Context, s *crawler.Site) (crawler.Spent, error) {
						seeds, err := s.Seeds()
						if err == nil {
							run, err = st.StartRun(ctx, s.Name, seeds, time.Hour, storage.ByHand)
						}
						return crawler.Spent{}, err
					},
					End: func(ctx context.Context, r *crawler.Result) error { return st.EndRun(ctx, run, r.Finished, r.Why) },
				}
				begin := time.Now()
				results, err := c.Run(ctx)
				if err != nil || len(results) != 1 || results[0].Why != "done" {
					t.Errorf("%+v, %v", results, err)
				}
				if took := time.Since(begin); took > 6*time.Minute || (took-run.Spent.Time).Abs() > time.Second {
					t.Errorf("took %v, stored as %v", took, run.Spent.Time)
				}
				n := 0
				if err := st.Records(ctx, storage.Filter{}, func(r *storage.Record) error {
					n++
					if r.Revision != 1 {
						t.Errorf("%s: revision %d", r.Review.URL, r.Revision)
					}
					return nil
				}); err != nil || n != manyPosts || run.Counts.New != manyPosts || run.Counts.Queued != 0 {
					t.Errorf("%d reviews, want %d: %+v, %v", n, manyPosts, run.Counts, err)
				}
				for u, n := range p.asked {
					if twice := strings.HasSuffix(u, "/3") || strings.HasSuffix(u, "/5"); n > 2 || n == 2 && !twice {
						t.Errorf("%s was asked for %d times", u, n)
					}
				}
			})
		})
	}
}

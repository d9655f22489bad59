package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"cinecrawl/crawler"
	"cinecrawl/crawler/fetch"
	"cinecrawl/storage"
)

// progress watches a crawl from outside: it stands between the loop and its Fetcher and Frontier, sees every request and every
// finished visit, and shows them: redrawn in place on a terminal, a line every ten seconds elsewhere, a line a page with -v.
// The crawl does not know that it is watched.
type progress struct {
	log     *slog.Logger
	now     func() time.Time
	states  func() []fetch.Host                  // what each host is doing, as the fetcher knows it
	visited func(*crawler.Visit, crawler.Stored) // is told of each finished visit

	mu       sync.Mutex
	started  time.Time
	sites    int
	fetched  int
	queued   int
	reviews  int // new and changed
	failed   int
	hosts    map[string]*hostProgress
	recent   []time.Time // of the last requests, for the rate
	stopping string      // what to say once a stop is under way
	screen   *screen     // nil where there is no terminal
}

// hostProgress is what one host is doing.
type hostProgress struct {
	fetched int
	path    string    // of the last request
	asking  bool      // it is in flight
	since   time.Time // when it began or ended
	held    time.Time // not to be asked before
	said    time.Time // that held of which a line was logged
	why     string    // it is held
}

const (
	rateWindow = 30 * time.Second
	drawEvery  = 200 * time.Millisecond
	logEvery   = 10 * time.Second // between two lines where there is no terminal
)

// watch makes the progress of a crawl of so many sites; what is logged from now on passes above the display. Nothing is shown before
// during runs.
func (a *app) watch(sites int) *progress {
	p := &progress{log: a.log, now: a.now, states: func() []fetch.Host { return nil }, visited: a.visited, started: a.now(), sites: sites, hosts: map[string]*hostProgress{}}
	if _, _, ok := terminalSize(a.stderr); ok && !a.Verbose && a.LogFormat != "json" {
		p.screen = &screen{w: a.stderr}
		a.logTo(p.screen)
		p.log = a.log
	}
	return p
}

// begun counts what is queued of a site whose run begins.
func (p *progress) begun(ctx context.Context, st storage.Store, site string) error {
	known, err := st.Sites(ctx, site)
	if err != nil || len(known) == 0 {
		return err
	}
	p.mu.Lock()
	p.queued += known[0].Queued
	p.mu.Unlock()
	return nil
}

// during shows the progress while a crawl runs. The first Ctrl-C or SIGTERM cancels its context, a second one ends the process.
func (p *progress) during(ctx context.Context, crawl func(context.Context) ([]crawler.Result, error)) ([]crawler.Result, error) {
	ctx, done := interruptible(ctx, func(last bool) {
		if last {
			p.screen.close()
			return
		}
		p.stop()
	})
	defer done()
	showing, hide := context.WithCancel(context.WithoutCancel(ctx))
	var shown sync.WaitGroup
	shown.Go(func() { p.show(showing) })
	results, err := crawl(ctx)
	hide()
	shown.Wait()
	return results, err
}

// watchedFetcher tells progress of every request.
type watchedFetcher struct {
	crawler.Fetcher
	p *progress
}

func (f watchedFetcher) Fetch(ctx context.Context, t crawler.Task, site *crawler.Site) (*crawler.Page, error) {
	f.p.asking(t)
	page, err := f.Fetcher.Fetch(ctx, t, site)
	f.p.answered(t, page != nil)
	return page, err
}

// watchedFrontier tells progress of every finished visit, once it is stored.
type watchedFrontier struct {
	crawler.Frontier
	p *progress
}

func (f watchedFrontier) Commit(ctx context.Context, visits []crawler.Visit) ([]crawler.Stored, error) {
	stored, err := f.Frontier.Commit(ctx, visits)
	if err != nil {
		return stored, err
	}
	for i := range visits {
		f.p.finished(&visits[i], stored[i])
	}
	return stored, nil
}

func (p *progress) asking(t crawler.Task) {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.hosts[t.Host]
	if h == nil {
		h = &hostProgress{}
		p.hosts[t.Host] = h
	}
	h.path, h.asking, h.since = requestPath(t.URL), true, p.now()
}

func (p *progress) answered(t crawler.Task, fetched bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	h := p.hosts[t.Host]
	h.asking, h.since = false, now
	if fetched {
		h.fetched++
		p.fetched++
		p.recent = append(p.recent, now)
	}
}

func (p *progress) finished(v *crawler.Visit, stored crawler.Stored) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queued += stored.Added
	if v.Outcome != "" {
		p.queued--
	}
	if stored.Change == crawler.NewReview || stored.Change == crawler.Revised {
		p.reviews++
	}
	if v.Outcome.Failed() {
		p.failed++
	}
	if h := p.hosts[v.Task.Host]; h != nil && v.HoldHost.After(h.held) {
		if h.held, h.why = v.HoldHost, v.Why; v.Outcome != "" {
			h.why = "" // the gap after it
		}
	}
	p.visited(v, stored)
}

// visited counts and logs a finished visit.
func (a *app) visited(v *crawler.Visit, stored crawler.Stored) {
	a.metrics.visited(v, stored)
	if !a.Verbose {
		return
	}
	attrs := []any{"url", v.Task.URL, "site", v.Task.Site, "outcome", cmp.Or(string(v.Outcome), "retry")}
	if v.Page != nil {
		attrs = append(attrs, "status", v.Page.Status, "took", v.Page.Took.Round(time.Millisecond))
	}
	if stored.Change != crawler.NoReview {
		attrs = append(attrs, "review", stored.Change)
	}
	if v.Why != "" {
		attrs = append(attrs, "why", v.Why)
	}
	a.log.Info("visited", attrs...)
}

// stop says that a stop is under way.
func (p *progress) stop() {
	const what = "Stopping: what is in flight is finished and stored. Ctrl-C again stops at once."
	p.mu.Lock()
	p.stopping = what
	p.mu.Unlock()
	if p.screen == nil {
		p.log.Info("stopping: what is in flight is finished and stored; another signal stops at once")
	}
}

// show shows the progress until the context ends, then takes it off the screen.
func (p *progress) show(ctx context.Context) {
	draw, line := time.NewTicker(drawEvery), time.NewTicker(logEvery)
	defer draw.Stop()
	defer line.Stop()
	for {
		select {
		case <-ctx.Done():
			p.screen.close()
			return
		case <-draw.C:
			if cols, rows, ok := p.screen.size(); ok {
				p.screen.draw(p.frame(cols, rows), cols)
			}
		case <-line.C:
			if p.screen == nil {
				p.mu.Lock()
				p.log.Info("crawling", "fetched", p.fetched, "queued", p.queued, "reviews", p.reviews, "errors", p.failed, "rate", p.rate())
				p.logWaiting()
				p.mu.Unlock()
			}
		}
	}
}

const (
	longWait    = 10 * time.Second // that is worth a line
	waitingLogs = 5                // such lines at a time
)

// logWaiting says which hosts wait for long, why and until when, those that wait longest first. It says so once, until that changes.
func (p *progress) logWaiting() {
	now := p.now()
	wait := map[string]time.Duration{}
	for name, h := range p.hosts {
		if d := h.held.Sub(now); d >= longWait && !h.asking && !h.held.Equal(h.said) {
			wait[name], h.said = d, h.held
		}
	}
	names := slices.SortedFunc(maps.Keys(wait), func(a, b string) int { return cmp.Or(cmp.Compare(wait[b], wait[a]), cmp.Compare(a, b)) })
	for i, name := range names {
		if i == waitingLogs {
			p.log.Info("waiting", "more hosts", len(names)-i)
			break
		}
		h := p.hosts[name]
		p.log.Info("waiting", "host", name, "for", duration(wait[name].Truncate(time.Second)), "until", h.held.Local().Format(time.TimeOnly),
			"why", cmp.Or(h.why, "gap or Crawl-delay"))
	}
}

// rate is requests a second over the last half minute.
func (p *progress) rate() string {
	now := p.now()
	for len(p.recent) > 0 && now.Sub(p.recent[0]) > rateWindow {
		p.recent = p.recent[1:]
	}
	over := min(max(now.Sub(p.started), time.Second), rateWindow)
	return fmt.Sprintf("%.1f/s", float64(len(p.recent))/over.Seconds())
}

// frame is what the screen shows: a line of totals, then the busiest hosts, as many as fit.
func (p *progress) frame(cols, rows int) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	lines := []string{
		fmt.Sprintf("%s  %s  %s fetched  %s queued  %s  %s  %s",
			duration(now.Sub(p.started).Truncate(time.Second)), counted(p.sites, "site"), count(p.fetched), count(p.queued),
			counted(p.reviews, "review"), counted(p.failed, "error"), p.rate()),
	}
	// Hosts stand in an order that does not jump: by name. Where not all fit, those with a request in flight come first.
	names := slices.Sorted(maps.Keys(p.hosts))
	room := max(1, min(rows-4, 16))
	more := 0
	if len(names) > room {
		slices.SortStableFunc(names, func(a, b string) int {
			return cmp.Compare(b2i(p.hosts[b].asking), b2i(p.hosts[a].asking))
		})
		more = len(names) - room + 1
		names = names[:room-1]
		slices.Sort(names)
	}
	states := map[string]fetch.Host{}
	for _, h := range p.states() {
		states[h.Host] = h
	}
	wide, figures := 0, 0
	for _, n := range names {
		wide, figures = max(wide, columns(n)), max(figures, len(count(p.hosts[n].fetched)))
	}
	wide = min(wide, max(12, cols/3))
	for _, n := range names {
		h := p.hosts[n]
		lines = append(lines, fmt.Sprintf("  %s  %s  %s", pad(clip(n, wide), wide), padLeft(count(h.fetched), figures), h.doing(states[n], now)))
	}
	if more > 0 {
		lines = append(lines, fmt.Sprintf("  … and %s", counted(more, "more host")))
	}
	if p.stopping != "" {
		lines = append(lines, p.stopping)
	}
	for i, l := range lines {
		lines[i] = clip(safeLine(l), cols-1)
	}
	return lines
}

// doing says what a host is doing.
func (h *hostProgress) doing(state fetch.Host, now time.Time) string {
	idle := now.Sub(h.since).Truncate(time.Second)
	switch {
	case h.held.After(now) && h.why != "":
		return "asked again in " + duration(h.held.Sub(now).Truncate(time.Second)+time.Second) + ": " + h.why
	case h.held.Sub(now) >= longWait:
		return "pausing for " + duration(h.held.Sub(now).Truncate(time.Second)+time.Second) + " after " + h.path
	case h.asking && state.State == fetch.Waiting: // for its turn
		return "next " + h.path
	case h.asking && idle >= 3*time.Second:
		return "asking for " + duration(idle) + ": " + h.path
	case h.asking:
		return "asking " + h.path
	case idle >= 5*time.Second && idle > state.Gap:
		return "idle for " + duration(idle)
	}
	return "pausing after " + h.path
}

func requestPath(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return rawURL
	}
	return u.RequestURI()
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// screen redraws a few lines at the bottom of a terminal in place, with plain ANSI sequences. A frame is one write, so that it
// does not flicker: up to its first line, each line overwritten and its rest erased, then everything below.
type screen struct {
	mu     sync.Mutex
	w      io.Writer
	shown  []int // columns of each line on the screen
	closed bool
}

func (s *screen) size() (cols, rows int, ok bool) {
	if s == nil {
		return 0, 0, false
	}
	return terminalSize(s.w)
}

func (s *screen) draw(lines []string, cols int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	var b strings.Builder
	b.WriteString("\x1b[?25l")
	s.home(&b, cols)
	s.shown = s.shown[:0]
	for _, l := range lines {
		b.WriteString(l)
		b.WriteString("\x1b[K\n")
		s.shown = append(s.shown, columns(l))
	}
	b.WriteString("\x1b[J")
	io.WriteString(s.w, b.String())
}

// home goes up to the first line shown. Where the terminal became narrower since, it wrapped the longer lines.
func (s *screen) home(b *strings.Builder, cols int) {
	up := 0
	for _, n := range s.shown {
		up += max(1, (n+cols-1)/cols)
	}
	if up > 0 {
		fmt.Fprintf(b, "\x1b[%dA", up)
	}
	b.WriteByte('\r')
}

// Write lets other lines (the log's) pass above the display: it is taken off, and drawn again by the next frame.
func (s *screen) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	return s.w.Write(line)
}

// close takes the display off the screen and gives the cursor back. It may be called more than once.
func (s *screen) close() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		s.erase()
		io.WriteString(s.w, "\x1b[?25h")
	}
}

func (s *screen) erase() {
	if len(s.shown) == 0 {
		return
	}
	cols, _, ok := terminalSize(s.w)
	if !ok {
		cols = 80
	}
	var b strings.Builder
	s.home(&b, cols)
	b.WriteString("\x1b[J")
	io.WriteString(s.w, b.String())
	s.shown = s.shown[:0]
}

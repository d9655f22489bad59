package crawler

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"
)

// Crawl visits the due tasks of sites until none is left that will be due soon.
//
// One goroutine, the dispatcher, holds all state. It opens a bounded number of sites, takes a few tasks of each of their hosts from
// the frontier at a time, and hands them to workers: one host to one worker at a time, the host that has waited longest first, none
// before its Pacer says so. Finished visits go to the frontier in batches, in the order in which they were finished. So memory does
// not grow with the frontier.
type Crawl struct {
	Frontier   Frontier
	NewFetcher func() Fetcher // called once a worker
	Pacer      Pacer          // nil: the loop keeps Site.Gap between the end of a visit and the next by itself
	Handle     Handler
	Sites      []*Site
	// Again, if it is not nil, adds to the visit of a page that answers 304 the links of its stored copy, by today's scope.
	Again func(ctx context.Context, site *Site, v *Visit) error
	// Known, if it is not nil, says by what is stored whether the visit of a post in an archive may stand for that of its page. It may
	// finish it, as one that finds the post unchanged.
	Known  func(ctx context.Context, site *Site, v *Visit) (bool, error)
	Budget Budget // of the whole crawl; a Site has its own

	// Begin is called before the first task of a site, End after its last commit; either may be nil. An error of Begin leaves the
	// site out; what it gives else is what the site's run spent before it was interrupted. End is called for every site that Begin
	// let in, with a context that is not cancelled.
	Begin func(context.Context, *Site) (Spent, error)
	End   func(context.Context, *Result) error

	// Local says that the Frontier works in this process, so that who commits keeps a processor busy: as many fewer pages are read meanwhile.
	Local bool

	Workers  int           // hosts asked at the same time; 8. Pages are read by a few of them at a time, as many as keep the processors busy
	Open     int           // sites that are crawled at the same time; 1,000, so that hosts with a gap of a second keep a fast line busy
	Patience time.Duration // a run waits for tasks that are due within it, and leaves later ones to the next; 2 minutes. A gap is waited for however long
	Grace    time.Duration // after the first stop, what visits in flight have to finish; 30 seconds
	Random   func() float64
	Now      func() time.Time // time.Now
	Log      *slog.Logger

	// Cancelled, if it is not nil, is asked every second for the names of sites whose run is to end at once: requests in flight are cut,
	// and it counts as finished.
	Cancelled func(context.Context) ([]string, error)

	// Cut, once closed, cuts the requests in flight, as the end of Grace does after a stop. nil is never.
	Cut <-chan struct{}

	// Abort, once closed, stops at once: requests in flight are cut, and finished visits that are not committed yet are lost, which
	// is to say that they are visited again in the next run. nil is never.
	Abort <-chan struct{}
}

const (
	openAtOnce   = 8                      // sites begun before visits that are finished are looked at again: each costs a transaction
	minBuffer    = 16                     // tasks of a host taken from the frontier at a time
	maxBuffer    = 128                    // the same for a host that answers fast and has no gap
	batchSize    = 50                     // visits that are worth a commit
	batchAge     = 200 * time.Millisecond // after which fewer are
	batchBytes   = 8 << 20                // of their pages and links
	linkBytes    = 300                    // of a link, about
	maxPending   = 500                    // visits finished but not committed: over that, nothing new is begun
	maxBytes     = 32 << 20               // the same of their pages
	maxHolds     = 5                      // of a host without a visit between them: then it is left to the next run
	maxTaskHolds = 4                      // of a host by the same task: then the task is what is wrong
	maxAside     = 128                    // tasks of origins that must wait, in search of one of another origin of the host
	leastWait    = time.Second            // for a gap that has passed by our clock and not by the fetcher's
	maxKept      = 10 * time.Minute       // how long a run waits for a host that it has not asked yet, whatever its Patience: perhaps it is a gap
)

// Cancelled is the Why of a run that a person ended.
const Cancelled = "cancelled"

// Result is what became of a site's run, as far as the loop knows; the store keeps the full counts.
type Result struct {
	Site     *Site
	Outcomes map[Outcome]int // committed visits by outcome; "" are those to be tried again
	Changes  map[Change]int  // of stored reviews
	Finished bool            // the run came to its end; false if it was stopped or failed
	Why      string          // how it ended, for people
	Held     bool            // URLs are left to the next run because a host must wait, or was given up
	Off      string          // where a start page redirected to, if that is off the site; "" if none did
	Due      time.Time       // when the first task that is left is due; zero if none is known
	Err      error           // why it could not begin, go on or end
}

// Run crawls. When ctx is cancelled it begins nothing new, finishes what is in flight (for Grace at most), commits it and returns:
// the next run goes on from there. It gives a result for every site that it began or could not begin, in the order in which they
// ended, and the cause of ctx if it was cancelled.
func (c *Crawl) Run(ctx context.Context) ([]Result, error) {
	l := newLoop(c, ctx)
	defer l.stop()
	l.run(ctx)
	return l.results, context.Cause(ctx)
}

// host is a politeness key. Sites may share one.
type host struct {
	key      string
	busy     bool      // a worker has it
	ready    time.Time // not to be asked before
	held     time.Time // the same for another reason than its gap
	holds    int       // without a visit since
	counted  time.Time // until when the hold of an origin is that was counted last
	why      string    // of the last hold
	asked    bool      // or tried to
	answered bool      // at least once
}

// queue is what the loop holds of a site's tasks on one host.
type queue struct {
	*host
	site     *siteRun
	tasks    []Task         // taken from the frontier, not begun
	inFlight map[int64]bool // IDs of those, and of tasks begun and not committed
	holds    map[int64]int  // of the host, by the ID of the task that it came upon; few
	stale    bool           // the frontier may have more tasks now
	due      time.Time      // if not stale: when it will; zero for never
	size     int            // of the last helping of tasks
	filled   time.Time      // when that was
	served   int            // when it was last chosen, on the loop's count
	guided   bool           // its robots.txt was searched for sitemaps
	aside    []done         // of an origin that must wait, as long as it is not known whether the host is there
	apart    time.Time      // until when an origin must wait, the last that was found so
	whyApart string         // and why
	silent   bool           // that origin gave no answer of any kind
}

// givenUp says whether a queue is left to the next run: its host made too many pauses, or all that is left of a host that gave no
// answer in this run is of an origin that gives none.
func (q *queue) givenUp() bool {
	return q.host.holds >= maxHolds || q.silent && !q.answered && len(q.tasks) == 0 && !q.stale && !q.due.IsZero()
}

// whyGivenUp is the reason that holds for longer, that of an origin or that of the host.
func (q *queue) whyGivenUp() string {
	if q.whyApart != "" && !q.apart.Before(q.held) {
		return q.whyApart
	}
	return q.why
}

type siteRun struct {
	*Site
	queues  []*queue
	out     int // tasks at workers
	pending int // visits finished and not committed
	reading int // of these, pages of archives with whole posts
	used    use
	whole   *loop // for the budget of all
	trail   *trail
	res     Result

	work      context.Context // of its requests
	cut       context.CancelFunc
	cancelled bool
}

// spent says which budget is spent or what else lets the site begin nothing more, or "".
func (s *siteRun) spent(now time.Time) string {
	if s.cancelled {
		return Cancelled
	}
	if why := (Budget{s.Pages, s.Bytes, s.Time}).spent(&s.used, now); why != "" {
		return why
	}
	return s.whole.spent(now)
}

func (l *loop) spent(now time.Time) string {
	if why := l.Budget.spent(&l.used, now); why != "" {
		return why + " (of the whole crawl)"
	}
	return ""
}

// at is when a queue can next do something, false if never in this run.
func (q *queue) at(now time.Time) (time.Time, bool) {
	at, ok := q.atAnyHour(now)
	if q.site.Quiet != nil && ok && !q.busy {
		if end, quiet := q.site.Quiet.End(later(at, now)); quiet {
			return end, true
		}
	}
	return at, ok
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (q *queue) atAnyHour(now time.Time) (time.Time, bool) {
	switch {
	case q.givenUp() || q.site.spent(now) != "" || q.site.res.Err != nil:
		return time.Time{}, false
	case q.busy || q.site.reading > 0:
		return now, true
	case len(q.tasks) > 0 || q.stale:
		return q.ready, true
	case q.due.IsZero():
		return time.Time{}, false
	case q.due.After(q.ready):
		return q.due, true
	}
	return q.ready, true
}

// done is a task that came back from a worker.
type done struct {
	q      *queue
	visit  Visit
	asked  bool       // the host was asked for the task's URL
	hold   *HostError // the host must wait
	off    string     // see Result
	spared bool       // known without asking, see trail
	early  bool       // for its gap only: as if the task had never begun
	silent bool       // the host gave no answer of any kind
	cut    bool       // stopped before it was finished: as if it had never begun
}

type batch struct {
	dones  []done
	stored []Stored
	errs   map[*siteRun]error
}

type loop struct {
	*Crawl
	work, save             context.Context // for fetching and handling; for the frontier. Both outlive the first stop
	cutWork, cutSave       context.CancelFunc
	hosts                  map[string]*host
	open                   []*siteRun
	next                   int // of Sites to open
	jobs                   chan done
	reading                chan struct{} // full while enough pages are read: each has a tree, which is many times a page
	dones                  chan done
	commits, stored        chan batch
	idle, served           int
	used                   use
	pending                []done // in the order in which they were finished
	bytes                  int    // of their pages and links
	oldest                 time.Time
	committing, terminated bool
	workers                sync.WaitGroup
	results                []Result
}

func newLoop(c *Crawl, ctx context.Context) *loop {
	set := *c // defaults are set in a copy
	set.Workers = cmp.Or(max(set.Workers, 0), 8)
	set.Open = cmp.Or(max(set.Open, 0), 1000)
	set.Patience = cmp.Or(set.Patience, 2*time.Minute)
	set.Grace = cmp.Or(set.Grace, 30*time.Second)
	if set.Now == nil {
		set.Now = time.Now
	}
	set.Now = (&clock{now: set.Now}).Now
	if set.Log == nil {
		set.Log = slog.New(slog.DiscardHandler)
	}
	l := &loop{Crawl: &set, hosts: map[string]*host{}, idle: set.Workers, used: use{began: set.Now()},
		reading: make(chan struct{}, max(2, runtime.GOMAXPROCS(0))),
		jobs:    make(chan done, set.Workers), dones: make(chan done, set.Workers), commits: make(chan batch, 1), stored: make(chan batch, 1)}
	l.work, l.cutWork = context.WithCancel(context.WithoutCancel(ctx))
	l.save, l.cutSave = context.WithCancel(context.WithoutCancel(ctx))
	for range set.Workers {
		l.workers.Go(func() {
			f := set.NewFetcher()
			for j := range l.jobs {
				l.visit(f, &j)
				l.dones <- j
			}
		})
	}
	l.workers.Go(func() {
		for b := range l.commits {
			l.commit(&b)
			l.stored <- b
		}
	})
	return l
}

func (l *loop) stop() {
	l.cutWork()
	l.cutSave()
	close(l.jobs)
	close(l.commits)
	l.workers.Wait()
}

func (l *loop) run(ctx context.Context) {
	stop, abort, cut := ctx.Done(), l.Abort, l.Cut
	var ask <-chan time.Time
	if l.Cancelled != nil {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		ask = tick.C
	}
	var grace <-chan time.Time
	stopping := false
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if !stopping && ctx.Err() != nil {
			stopping, stop = true, nil
			grace = time.After(l.Grace)
		}
		now := l.Now()
		wake := now.Add(time.Hour)
		if !stopping {
			l.openSites()
			if wake = l.dispatch(now); len(l.open) < l.Open && l.next < len(l.Sites) {
				wake = now
			}
		}
		if len(l.pending) > 0 && !l.committing && !l.terminated {
			// With every worker idle there is nobody to wait for, and perhaps the links of these pages are what is missing.
			if age := now.Sub(l.oldest); len(l.pending) >= batchSize || l.bytes >= batchBytes || age >= batchAge || l.idle == l.Workers {
				l.committing = true
				l.commits <- batch{dones: l.pending}
				l.pending, l.bytes = nil, 0
			} else if flush := l.oldest.Add(batchAge); flush.Before(wake) {
				wake = flush
			}
		}
		l.closeSites(now, stopping)
		if len(l.open) == 0 && (stopping || l.next == len(l.Sites)) && l.idle == l.Workers && !l.committing {
			return
		}
		timer.Reset(wake.Sub(l.Now()))
		select {
		case d := <-l.dones:
			l.finished(d)
		case b := <-l.stored:
			l.committed(b)
		case <-timer.C:
		case <-stop:
		case <-grace:
			grace = nil
			l.Log.Warn("visits in flight are cut", "after", l.Grace)
			l.cutWork()
		case <-cut:
			cut = nil
			l.cutWork()
		case <-ask:
			l.cancel()
		case <-abort:
			abort = nil
			stopping, stop, l.terminated = true, nil, true
			l.cutWork()
			l.cutSave()
			for _, d := range l.pending {
				d.q.site.pending--
			}
			l.pending = nil
		}
	}
}

// cancel ends the sites that a person wants ended.
func (l *loop) cancel() {
	names, err := l.Cancelled(l.save)
	if err != nil {
		l.Log.Warn("cancelled runs are not known", "err", err)
	}
	for _, s := range l.open {
		if slices.Contains(names, s.Name) {
			s.cancelled = true
			s.cut()
		}
	}
}

// openSites begins a few sites if there is room.
func (l *loop) openSites() {
	for n := 0; n < openAtOnce && len(l.open) < l.Open && l.next < len(l.Sites); n++ {
		if why := l.spent(l.Now()); why != "" {
			l.Log.Info("sites are left to the next crawl", "sites", len(l.Sites)-l.next, "why", why)
			l.next = len(l.Sites)
			return
		}
		s := &siteRun{Site: l.Sites[l.next], used: use{began: l.Now()}, whole: l, trail: newTrail(l.Sites[l.next])}
		s.Site.left = newLeftOut()
		s.res = Result{Site: s.Site, Outcomes: map[Outcome]int{}, Changes: map[Change]int{}}
		l.next++
		if l.Begin != nil {
			spent, err := l.Begin(l.save, s.Site)
			s.used.pages, s.used.bytes, s.used.began = spent.Pages, spent.Bytes, s.used.began.Add(-spent.Time)
			if err != nil {
				s.res.Err, s.res.Why = err, "could not begin"
				l.results = append(l.results, s.res)
				continue
			}
		}
		s.work, s.cut = context.WithCancel(l.work)
		l.open = append(l.open, s)
		due, err := l.Frontier.Hosts(l.save, s.Name)
		if err != nil {
			s.res.Err = err
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(due)) {
			l.queue(s, key).stale = true
		}
	}
}

// queue gives a site's queue for a host, made if it is not there.
func (l *loop) queue(s *siteRun, key string) *queue {
	for _, q := range s.queues {
		if q.key == key {
			return q
		}
	}
	h := l.hosts[key]
	if h == nil {
		h = &host{key: key}
		l.hosts[key] = h
	}
	q := &queue{host: h, site: s, inFlight: map[int64]bool{}, holds: map[int64]int{}}
	s.queues = append(s.queues, q)
	return q
}

// dispatch gives tasks to idle workers, and the time at which it is worth trying again.
func (l *loop) dispatch(now time.Time) (wake time.Time) {
	wake = now.Add(time.Hour)
	if len(l.pending) >= maxPending || l.bytes >= maxBytes {
		return wake // a commit is under way and wakes us
	}
	if l.idle == 0 {
		return wake
	}
	var ready []*queue
	may := func(q *queue) bool {
		if q.busy || q.ready.After(now) && !q.ready.Before(wake) {
			return false // as nearly all are; below is what costs
		}
		switch at, ok := q.at(now); {
		case !ok || q.site.reading > 0:
		case at.After(now):
			if at.Before(wake) {
				wake = at
			}
		default:
			return true
		}
		return false
	}
	for _, s := range l.open {
		for _, q := range s.queues {
			if may(q) {
				ready = append(ready, q)
			}
		}
	}
	for l.idle > 0 && len(ready) > 0 {
		best := 0
		for i, q := range ready {
			if b := ready[best]; q.ready.Before(b.ready) || q.ready.Equal(b.ready) && q.served < b.served {
				best = i
			}
		}
		q := ready[best]
		ready = slices.Delete(ready, best, best+1)
		// The one before may have taken its host, or the rest of a budget.
		if !may(q) {
			continue
		}
		if len(q.tasks) == 0 && !l.refill(q, now) {
			may(q) // when it will be worth trying again
			continue
		}
		t := q.tasks[0]
		q.tasks = q.tasks[1:]
		l.served++
		q.served = l.served
		q.busy = true
		q.site.out++
		if t.Kind == KindPage {
			q.site.used.pages++
			l.used.pages++
		}
		l.idle--
		d := done{q: q, visit: Visit{Task: t}}
		d.spared = q.site.trail.spare(&d.visit)
		l.jobs <- d
	}
	return wake
}

// refill takes tasks from the frontier. If there are none, it finds out when there will be.
func (l *loop) refill(q *queue, now time.Time) bool {
	// A small helping keeps to the frontier's order, in which better tasks come up all the time; a large one costs less.
	if now.Sub(q.filled) < time.Second {
		q.size = min(2*q.size, maxBuffer)
	} else {
		q.size = minBuffer
	}
	q.filled = now
	tasks, err := l.Frontier.Next(l.save, q.site.Name, q.key, now, q.size, slices.Collect(maps.Keys(q.inFlight)))
	if err != nil {
		l.fail(q.site, err)
		return false
	}
	q.stale, q.due = len(tasks) > 0, time.Time{}
	for _, t := range tasks {
		q.inFlight[t.ID] = true
	}
	q.tasks = tasks
	if len(tasks) > 0 {
		return true
	}
	l.putOff(q)
	if q.site.pending > 0 || len(q.inFlight) > 0 {
		return false // their commit makes it stale again
	}
	hosts, err := l.Frontier.Hosts(l.save, q.site.Name)
	if err != nil {
		l.fail(q.site, err)
		return false
	}
	switch due, ok := hosts[q.key]; {
	case !ok:
	case due.After(now):
		q.due = due
	default: // never so, but if it were, asking again at once would never end
		l.fail(q.site, fmt.Errorf("frontier has a due task on %s and does not give it", q.key))
	}
	return false
}

func (l *loop) fail(s *siteRun, err error) {
	if s.res.Err == nil {
		s.res.Err = err
	}
}

// finished takes back a task and its host from a worker.
func (l *loop) finished(d done) {
	q, now := d.q, l.Now()
	v := &d.visit
	v.RetryAt = onClock(v.RetryAt, now)
	if d.hold != nil {
		hold := *d.hold
		hold.Until = whole(onClock(hold.Until, now))
		d.hold = &hold
	}
	l.idle++
	q.busy = false
	q.site.out--
	if !d.asked && v.Task.Kind == KindPage {
		q.site.used.pages--
		l.used.pages--
	}
	q.ready, q.asked = now, true
	q.answered = q.answered || v.Page != nil
	apart := d.hold != nil && d.hold.Origin != "" // only one origin of the host must wait
	if l.Pacer == nil {
		if d.asked {
			q.ready = now.Add(q.site.Gap)
		}
	} else if at := onClock(l.Pacer.ReadyAt(q.key), now); at.After(now) {
		q.ready = at
	}
	switch {
	case d.cut || l.terminated:
		delete(q.inFlight, v.Task.ID)
		return
	case d.early:
		if q.ready = later(q.ready, d.hold.Until); !q.ready.After(now) {
			q.ready = now.Add(leastWait)
		}
		q.tasks = slices.Insert(q.tasks, 0, v.Task)
		q.served = 0 // it was not: where another host's gap is waited for, that host must not be first each time
		return
	case apart:
		q.whyApart, q.apart, q.silent = d.hold.Error(), d.hold.Until, d.silent
	case d.hold != nil:
		q.why = d.hold.Error()
		q.ready, q.held = later(q.ready, d.hold.Until), later(q.held, d.hold.Until)
		if !d.asked {
			q.host.holds++
			l.held(q, v, d.hold)
		}
	case d.asked:
		q.host.holds = 0
	}
	if d.silent && !q.answered && !apart { // a host that is not there is not waited for
		q.why, q.host.holds = v.Why, maxHolds
	}
	if q.ready.After(now) {
		q.ready = whole(q.ready)
		v.HoldHost, v.HoldWhy = q.ready, "the gap between two requests"
		if d.hold != nil && !apart && !d.hold.Until.Before(q.ready) {
			v.HoldWhy = d.hold.Err.Error()
		}
	}
	if v.Outcome != "" {
		delete(q.holds, v.Task.ID)
		if !d.spared {
			q.site.trail.learn(v)
			l.guide(q, v)
		}
	}
	if apart {
		q.aside = append(q.aside, d)
	} else {
		l.toCommit(d, now)
	}
	if q.answered || len(q.aside) == maxAside || apart && !d.hold.Until.After(now) { // over already: the next task would ask it again
		l.putOff(q)
	}
}

// whole gives the next whole millisecond: a frontier may know no less, and must not say sooner.
func whole(t time.Time) time.Time {
	t0 := t.Round(0)
	return t.Add(t0.Add(time.Millisecond - 1).Truncate(time.Millisecond).Sub(t0)) // which keeps the monotonic clock's reading
}

// toCommit hands a finished visit on.
func (l *loop) toCommit(d done, now time.Time) {
	q, v := d.q, &d.visit
	if len(l.pending) == 0 {
		l.oldest = now
	}
	l.bytes += linkBytes * len(v.Links)
	if v.Page != nil {
		l.bytes += len(v.Page.Body)
		q.site.used.bytes += int64(len(v.Page.Body))
		l.used.bytes += int64(len(v.Page.Body))
	}
	l.pending = append(l.pending, d)
	q.site.pending++
	if len(v.Posts) > 0 {
		l.posts(&d)
	}
}

// posts takes the posts that a page of an archive has, each as a visit of its own. What else the site has to ask for is chosen anew when
// they are stored: much of it may be done by then, and the next page of the archive comes before the rest.
func (l *loop) posts(d *done) {
	s := d.q.site
	s.reading++
	for i := range d.visit.Posts {
		p := &d.visit.Posts[i]
		if to, _ := s.trail.plain(p.Task.URL); to != p.Task.URL {
			continue // it has another URL, which is among the links
		}
		l.pending = append(l.pending, done{q: d.q, visit: *p})
		s.pending++
		l.bytes += linkBytes * len(p.Links)
		if p.Page != nil {
			l.bytes += len(p.Page.Body)
		}
	}
	for _, q := range s.queues {
		for _, t := range q.tasks {
			delete(q.inFlight, t.ID)
		}
		q.tasks, q.stale = nil, true
	}
}

// held postpones a task that found its host not ready. That is not the task's doing and is no try of it; but one that makes its host
// ask for a pause again and again, with other pages answered between, is at fault after all.
func (l *loop) held(q *queue, v *Visit, e *HostError) {
	if errors.Is(e.Err, ErrBusy) {
		q.holds[v.Task.ID]++
	}
	n := q.holds[v.Task.ID]
	if n >= maxTaskHolds {
		v.Outcome, v.Why = ServerError, fmt.Sprintf("%s, %d times", v.Why, n)
		return
	}
	v.RetryAt = e.Until
	if n > 0 {
		v.RetryAt = v.RetryAt.Add(backoff(n+1, l.Random)) // others first
	}
}

// putOff postpones the tasks of an origin that must wait, while the other origins of its host go on. If one of them has answered it is
// the origin that is wrong, and with it its tasks: that was a try. Else perhaps the whole host is not there, or down for a while, and
// its tasks are not to blame: that was a hold of the host. It is none only if all of them wait for a moment that is still to come and
// was counted. So whatever an origin says until when it must wait, a task is asked for at most maxHolds or MaxTries times.
func (l *loop) putOff(q *queue) {
	if len(q.aside) == 0 {
		return
	}
	now := l.Now()
	last, full := q.aside[len(q.aside)-1], len(q.aside) == maxAside
	switch counts := func(d done) bool { return !d.hold.Until.Equal(q.counted) || !d.hold.Until.After(now) }; {
	case q.answered:
	case full && last.silent:
		q.host.holds = maxHolds
	case slices.ContainsFunc(q.aside, counts):
		q.host.holds++
		q.counted = last.hold.Until
	}
	if !q.answered && full {
		q.ready, q.held = later(q.ready, last.hold.Until), later(q.held, last.hold.Until)
	}
	for _, d := range q.aside {
		v := &d.visit
		if q.answered {
			l.again(v, Unreachable, v.Why)
		}
		v.RetryAt = later(v.RetryAt, d.hold.Until)
		l.toCommit(d, now)
	}
	q.aside = nil
}

// guide adds the sitemaps of robots.txt to the first finished visit on a host, which is when robots.txt was read. If it names none,
// and neither does the configuration, the customary place is asked once: that is one request in the life of a site, and finds pages
// that no link leads to.
func (l *loop) guide(q *queue, v *Visit) {
	if l.Pacer == nil || q.guided || v.Outcome == OutOfScope || v.Outcome == Forbidden || v.Outcome == Unreachable {
		return
	}
	q.guided = true
	v.Links = append(v.Links, q.site.Guides(v.Task, l.Pacer.Sitemaps(v.Task.URL))...)
}

// Guides gives the sitemaps that a site has on the host of a task: those that robots.txt names, or else the customary place.
func (s *Site) Guides(from Task, named []string) (tasks []Task) {
	found := FoundRobots
	if len(named) == 0 && len(s.Sitemaps) == 0 {
		found, named = FoundAuto, []string{"/sitemap.xml"}
	}
	for _, raw := range named {
		u, err := Canonical(raw, parsed(from.URL))
		if err != nil || u == from.URL {
			continue
		}
		if t, ok, _ := s.Link(from, u, KindSitemap, found); ok {
			tasks = append(tasks, t)
		}
	}
	return tasks
}

// commit runs on the committer's goroutine. If a batch fails it is tried again site by site, so that one site's trouble (its run was
// taken over by another process) is not that of all.
func (l *loop) commit(b *batch) {
	if l.Local {
		l.reading <- struct{}{}
		defer func() { <-l.reading }()
	}
	visits := make([]Visit, len(b.dones))
	held := map[string]time.Time{}
	for i := len(visits) - 1; i >= 0; i-- {
		v := b.dones[i].visit
		if v.HoldHost.After(held[v.Task.Host]) {
			held[v.Task.Host] = v.HoldHost
		} else {
			v.HoldHost, v.HoldWhy = time.Time{}, "" // once a host is enough
		}
		visits[i] = v
	}
	stored, err := l.Frontier.Commit(l.save, visits)
	if err == nil {
		b.stored = stored
		return
	}
	b.stored, b.errs = make([]Stored, len(visits)), map[*siteRun]error{}
	places := map[*siteRun][]int{}
	for i, d := range b.dones {
		places[d.q.site] = append(places[d.q.site], i)
	}
	if len(places) == 1 {
		b.errs[b.dones[0].q.site] = err
		return
	}
	for s, is := range places {
		var own []Visit
		for _, i := range is {
			own = append(own, visits[i])
		}
		stored, err := l.Frontier.Commit(l.save, own)
		if err != nil {
			b.errs[s] = err
			continue
		}
		for k, i := range is {
			b.stored[i] = stored[k]
		}
	}
}

// committed takes note of what was stored: which tasks are no more in flight, and where there may be new ones.
func (l *loop) committed(b batch) {
	l.committing = false
	sites := map[*siteRun]bool{}
	for i, d := range b.dones {
		q, v := d.q, &d.visit
		s := q.site
		s.pending--
		if len(v.Posts) > 0 {
			s.reading--
		}
		delete(q.inFlight, v.Task.ID)
		sites[s] = true
		if err := b.errs[s]; err != nil {
			l.fail(s, err)
			continue
		}
		s.res.Outcomes[v.Outcome]++
		s.res.Off = cmp.Or(d.off, s.res.Off)
		if owner := b.stored[i].Owner; owner != "" {
			s.trail.vote(v.Task.URL, owner, false)
		}
		if change := b.stored[i].Change; change != NoReview {
			s.res.Changes[change]++
		}
		if b.stored[i].Added > 0 {
			last := ""
			for _, t := range v.Links {
				if t.Host != last {
					last = t.Host
					l.queue(s, t.Host)
				}
			}
		}
	}
	for s := range sites {
		for _, q := range s.queues {
			q.stale = true
		}
	}
}

// waits says whether a run waits for a queue: if its Patience suffices, or if there is no other reason to wait than the host's gap.
func (l *loop) waits(q *queue, now time.Time) bool {
	if len(q.tasks) == 0 && q.stale && q.ready.After(now.Add(l.Patience)) {
		l.refill(q, now) // else a long gap would be waited for to find that nothing is left
	}
	switch at, ok := q.at(now); {
	case !ok:
		return false
	case !at.After(now.Add(l.Patience)):
		return true
	case !q.asked:
		return !at.After(now.Add(maxKept)) && !q.site.quiet(at)
	default:
		return at.Equal(q.ready) && q.ready.After(q.held)
	}
}

// closeSites ends the sites that have nothing to do that is waited for.
func (l *loop) closeSites(now time.Time, stopping bool) {
	l.open = slices.DeleteFunc(l.open, func(s *siteRun) bool {
		if s.out > 0 || s.pending > 0 {
			return false
		}
		if !stopping && s.res.Err == nil {
			for _, q := range s.queues {
				if l.waits(q, now) {
					return false
				}
			}
			if s.pending > 0 { // that brought something up
				return false
			}
		}
		l.end(s, now, stopping)
		return true
	})
}

// left says whether a queue may have something to do.
func (s *siteRun) left() bool {
	return slices.ContainsFunc(s.queues, func(q *queue) bool { return len(q.tasks) > 0 || q.stale || !q.due.IsZero() })
}

// quiet says whether a moment is when the site's quiet hours end.
func (s *siteRun) quiet(at time.Time) bool {
	end, ok := s.Quiet.End(at.Add(-time.Second))
	return ok && end.Equal(at)
}

func (l *loop) end(s *siteRun, now time.Time, stopping bool) {
	var left, givenUp *queue
	for _, q := range s.queues {
		if q.givenUp() {
			givenUp = q
		}
		if at, ok := q.at(now); ok && (left == nil || at.Before(s.res.Due)) {
			left, s.res.Due = q, at
		}
	}
	s.cut()
	s.res.Finished = (!stopping || s.cancelled) && s.res.Err == nil
	switch {
	case s.res.Err != nil:
		s.res.Why = "failed: " + s.res.Err.Error()
	case s.cancelled:
		s.res.Why = Cancelled
	case stopping:
		s.res.Why = "stopped"
	case s.spent(now) != "" && s.left():
		s.res.Why = s.spent(now)
	case givenUp != nil:
		s.res.Why = fmt.Sprintf("host %s left to the next run: %s", givenUp.key, givenUp.whyGivenUp())
	case left != nil && s.quiet(s.res.Due):
		s.res.Why = fmt.Sprintf("quiet hours (%v): the rest is due at %s", s.Quiet, s.res.Due.UTC().Format(time.RFC3339))
	case left != nil && left.apart.Sub(s.res.Due).Abs() < time.Millisecond:
		s.res.Why = left.whyApart
	case left != nil && left.why != "" && left.ready.Equal(s.res.Due):
		s.res.Why = left.why
	case left != nil:
		s.res.Why = "the rest is due at " + s.res.Due.UTC().Format(time.RFC3339)
	default:
		s.res.Why = "done"
	}
	s.res.Held = s.res.Finished && !s.cancelled && s.spent(now) == "" && (givenUp != nil || left != nil)
	for _, notes := range []string{s.trail.notes(), s.Site.left.notes()} {
		if notes != "" && s.res.Finished && !s.cancelled {
			s.res.Why += "; " + notes
		}
	}
	s.Site.left = nil
	if l.End != nil {
		if err := l.End(context.WithoutCancel(l.save), &s.res); err != nil && s.res.Err == nil {
			s.res.Err, s.res.Finished = err, false
		}
	}
	l.results = append(l.results, s.res)
}

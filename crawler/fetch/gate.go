package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"cinecrawl/crawler"
)

// Bounds of slowing down.
const (
	maxRetryAfter = 24 * time.Hour
	firstHold     = 30 * time.Second       // of a host that says 429 and not for how long; doubled each time …
	maxHold       = time.Hour              // … up to here
	leastSlow     = time.Second            // what the gap of a host without any is doubled from
	maxSlow       = 5 * time.Minute        // the gap that 429, and 503 with Retry-After, can lead to
	leastPace     = 100 * time.Millisecond // a host that answers faster is not slowed down for its response time
	maxPace       = time.Minute            // the gap that response times and failures can lead to
	maxTroubles   = 5                      // failures in a row after which a host is left alone: more than one task has tries
	firstBreak    = time.Minute            // for how long; doubled each time …
	maxBreak      = time.Hour              // … up to here
)

// gate is one host.
type gate struct {
	turn chan struct{} // full while a worker has it

	// Guarded by Fetcher.mu, written by who has the turn.
	last     time.Time     // end of the last request; zero before the first
	least    time.Duration // the site's gap or Crawl-delay
	gap      time.Duration // that is kept: the largest of least, slow and pace
	slow     time.Duration // least gap since refusals or failures; 0 when all is well
	pace     time.Duration // response time of the host, as it is followed; see follow
	refusals int           // 429, and 503 with Retry-After, in a row
	troubles int           // other failures in a row
	held     time.Time     // not to be asked before
	why      error         // the cause of held
	state    State
}

// State says what a host is doing.
type State string

const (
	Idle    State = "idle"
	Waiting State = "waiting" // a worker waits for the gap to pass
	Asking  State = "asking"
	Held    State = "held" // not to be asked for a while, see Until and Why
)

// Host is what a Fetcher knows of a host, for people.
type Host struct {
	Host  string // see crawler.HostKey
	State State
	Gap   time.Duration // that is kept now
	Until time.Time     // of Waiting and Held
	Why   string        // of Held
}

// Hosts gives all hosts that were asked, by name.
func (f *Fetcher) Hosts() []Host {
	now := f.cfg.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	hosts := make([]Host, 0, len(f.gates))
	for key, g := range f.gates {
		h := Host{Host: key, State: g.state, Gap: g.gap}
		switch {
		case g.held.After(now):
			h.State, h.Until = Held, g.held
			if g.why != nil {
				h.Why = g.why.Error()
			}
		case g.state == Waiting:
			h.Until = g.last.Add(g.gap)
		}
		hosts = append(hosts, h)
	}
	slices.SortFunc(hosts, func(a, b Host) int { return strings.Compare(a.Host, b.Host) })
	return hosts
}

// ReadyAt gives the time before which a host (a crawler.HostKey) is not to be asked, so that no worker waits for it. It is zero for a
// host not asked yet. While a host is being asked it is the earliest time after the gap that is to follow.
func (f *Fetcher) ReadyAt(host string) time.Time {
	now := f.cfg.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	g := f.gates[host]
	if g == nil {
		return time.Time{}
	}
	var ready time.Time
	switch {
	case g.state == Asking:
		ready = now.Add(g.gap)
	case !g.last.IsZero():
		if ready = g.last.Add(g.gap); ready.After(now.Add(g.gap)) {
			ready = now.Add(g.gap) // the clock was set back
		}
	}
	if g.held.After(ready) {
		ready = g.held
	}
	return ready
}

// gate gives the gate of a host, made if it is not there. The caller has f.mu.
func (f *Fetcher) gate(key string) *gate {
	g := f.gates[key]
	if g == nil {
		g = &gate{turn: make(chan struct{}, 1), state: Idle}
		f.gates[key] = g
	}
	return g
}

// enter waits for the turn at a host. Whoever has it calls leave.
func (f *Fetcher) enter(ctx context.Context, key string) (*gate, error) {
	f.mu.Lock()
	g := f.gate(key)
	f.mu.Unlock()
	select {
	case g.turn <- struct{}{}:
		return g, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (f *Fetcher) leave(g *gate) {
	f.mu.Lock()
	g.state = Idle
	f.mu.Unlock()
	<-g.turn
}

// await waits until the host may be asked, with a gap of at least the one given. A host that is held is not waited for.
func (f *Fetcher) await(ctx context.Context, key string, g *gate, gap time.Duration) error {
	now := f.cfg.Now()
	f.mu.Lock()
	if g.held.After(now) {
		until, why := g.held, g.why
		f.mu.Unlock()
		// Not ErrBusy, which is of the URL that was asked.
		return &crawler.HostError{Host: key, Until: until, Err: fmt.Errorf("not asked: %v", why)}
	}
	g.least = max(gap, 0)
	g.setGap()
	var wait time.Duration
	if !g.last.IsZero() {
		// A clock that was set back must not make the wait longer than the gap.
		wait = min(g.last.Add(g.gap).Sub(now), g.gap)
	}
	if p := f.cfg.Patience; p > 0 && wait > p {
		err := &crawler.HostError{Host: key, Until: now.Add(wait), Err: fmt.Errorf("%w: %v", crawler.ErrGap, g.gap)}
		f.mu.Unlock()
		return err
	}
	g.state = Asking
	if wait > 0 {
		g.state = Waiting
	}
	f.mu.Unlock()
	if wait > 0 {
		if err := f.cfg.Sleep(ctx, wait); err != nil {
			return err
		}
		f.mu.Lock()
		g.state = Asking
		f.mu.Unlock()
	}
	return ctx.Err()
}

// answered notes the end of a request, with its answer as far as there is one. For a 429, which is about how often we ask (RFC 6585
// section 4), and a 503 with Retry-After it holds the host and slows it down, and returns the error that says so. A 503 without may be
// about its URL alone (RFC 9110 section 15.6.4), so it is a failure like others. Failures in a row slow the host down, too; after
// maxTroubles of them, which is more than the tries of one URL, nothing is asked for a while,
// then one request tells whether it goes on (a circuit breaker). Other answers let the gap slowly return to what it should be.
func (f *Fetcher) answered(key string, g *gate, r request, a answer, err error) error {
	if errors.Is(err, crawler.ErrForbiddenAddress) {
		return nil // refused by us: nobody was asked
	}
	now := f.cfg.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	g.last = now
	g.follow(a)
	defer g.setGap()
	pause, asks := retryAfter(a.header.Get("Retry-After"), now)
	if a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable && asks {
		g.slow = min(2*max(g.gap, leastSlow), maxSlow)
		hold := maxHold
		if g.refusals < 8 {
			hold = min(firstHold<<g.refusals, maxHold)
		}
		g.refusals++
		if asks {
			hold = pause
		}
		return g.hold(key, now.Add(max(hold, g.slow)), fmt.Errorf("%w: status %d", crawler.ErrBusy, a.status))
	}
	cause := trouble(a, err)
	switch {
	case cause == nil:
		if a.status == 0 {
			return nil // stopped by us: nothing was learned
		}
		g.refusals, g.troubles = 0, 0
		if g.slow = g.slow * 3 / 4; g.slow < leastSlow {
			g.slow = 0
		}
		return nil
	case r.kind == "": // robots.txt has a retry of its own
		return nil
	}
	if g.troubles++; g.troubles == 1 {
		return nil
	}
	g.slow = max(g.slow, min(2*max(g.gap, leastSlow), maxPace))
	if g.troubles < maxTroubles {
		return nil
	}
	until := now.Add(min(firstBreak<<min(g.troubles-maxTroubles, 10), maxBreak))
	return g.hold(key, until, fmt.Errorf("%w: %d failures in a row, the last: %w", crawler.ErrTrouble, g.troubles, cause))
}

func (g *gate) hold(key string, until time.Time, why error) error {
	g.held, g.why = until, why
	return &crawler.HostError{Host: key, Until: until, Err: why}
}

// follow lets the gap follow the time that the host takes to answer, as Scrapy's AutoThrottle does with a target concurrency of 1: up
// at once, down by half the difference, and never down by an answer that is no success, for errors are often faster than pages.
func (g *gate) follow(a answer) {
	if a.status == 0 {
		return
	}
	took := min(max(a.latency, 0), maxPace)
	next := max(took, (g.pace+took)/2)
	if next > g.pace || a.status < 400 {
		g.pace = next
	}
}

func (g *gate) setGap() {
	g.gap = max(g.least, g.slow)
	if g.pace >= leastPace {
		g.gap = max(g.gap, g.pace)
	}
}

// trouble is what went wrong with the host, nil if nothing did.
func trouble(a answer, err error) error {
	switch {
	case a.status >= 500:
		return fmt.Errorf("%w: status %d", crawler.ErrServer, a.status)
	case err == nil, errors.Is(err, context.Canceled):
		return nil
	case a.status == 0, errors.Is(err, crawler.ErrTimeout), errors.Is(err, crawler.ErrCutShort):
		return err
	}
	return nil
}

// retryAfter reads a Retry-After: seconds or a date (RFC 9110 section 10.2.3). It is at most a day, and never negative.
func retryAfter(v string, now time.Time) (time.Duration, bool) {
	v = strings.TrimSpace(v)
	if v == "" {
		return 0, false
	}
	var d time.Duration
	if digits := strings.Trim(v, "0123456789") == ""; digits {
		s, err := strconv.ParseUint(v, 10, 64)
		if err != nil || s > uint64(maxRetryAfter/time.Second) {
			return maxRetryAfter, true
		}
		d = time.Duration(s) * time.Second
	} else if t, err := http.ParseTime(v); err == nil {
		d = t.Sub(now)
	} else {
		return 0, false
	}
	return min(max(d, 0), maxRetryAfter), true
}

package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cinecrawl/crawler"
)

const (
	robotsAge        = 24 * time.Hour // a copy is used no longer, unless robots.txt is unreachable (RFC 9309 section 2.4)
	maxRobotsHops    = 5              // redirects (RFC 9309 section 2.3.1.2)
	firstRobotsRetry = time.Minute    // after a robots.txt that was unreachable; doubled each time …
	maxRobotsRetry   = time.Hour      // … up to here
)

// origin is a scheme, host and port, and its robots.txt.
type origin struct {
	turn chan struct{} // full while a worker reads or fetches the robots.txt

	// Guarded by Fetcher.mu, written by who has the turn.
	loaded  bool    // from the store
	robots  *Robots // the last that was reached, as far as it is about us; nil if none
	fails   int     // in a row
	retryAt time.Time
	cause   error
	next    *url.URL // where the robots.txt is asked for next, if a gap lies before that; nil: at its own place
	hops    int      // redirects that led there
	tdm     *tdmrep  // nil until it was asked for
}

// Sitemaps gives the Sitemap lines of the robots.txt that governs a URL, as absolute URLs; none if it was not read yet.
func (f *Fetcher) Sitemaps(rawURL string) []string {
	u, err := parse(rawURL)
	if err != nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if o := f.origins[Origin(u)]; o != nil && o.robots != nil {
		return absolute(u, o.robots.Sitemaps())
	}
	return nil
}

// Terms implements crawler.Pacer.
func (f *Fetcher) Terms(rawURL string) ([]crawler.Signal, error) {
	u, err := parse(rawURL)
	if err != nil {
		return nil, err
	}
	now := f.cfg.Now()
	f.mu.Lock()
	defer f.mu.Unlock()
	o := f.origins[Origin(u)]
	if o == nil || o.robots == nil || age(o.robots.at, now) >= robotsAge {
		return nil, fmt.Errorf("robots.txt of %s was not read, or long ago", Origin(u))
	}
	if ok, line := o.robots.Allowed(Agent, u.RequestURI()); !ok {
		return nil, fmt.Errorf("%w: %s", crawler.ErrDisallowed, line)
	}
	return crawler.JoinSignals(o.robots.Signals(Agent, u.RequestURI()), o.tdm.signals(u.RequestURI())), nil
}

func absolute(base *url.URL, refs []string) []string {
	var out []string
	for _, ref := range refs {
		if u, err := base.Parse(ref); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
			out = append(out, u.String())
		}
	}
	return out
}

// Sitemaps gives the Sitemap lines of the robots.txt that governs a URL of the site, as absolute URLs. It asks for the robots.txt if
// no fresh copy is there.
func (w *worker) Sitemaps(ctx context.Context, site *crawler.Site, rawURL string) ([]string, error) {
	u, err := parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("robots.txt of %s: %w", rawURL, err)
	}
	r, err := w.robots(ctx, site, u)
	if err != nil {
		return nil, fmt.Errorf("robots.txt of %s: %w", rawURL, err)
	}
	return absolute(u, r.Sitemaps()), nil
}

// robots gives the robots.txt that governs a URL: the copy in memory or in the store, or one asked for now. While it is unreachable
// the last copy goes on being used: for 30 days as RFC 9309 section 2.4 has it, and after that as section 2.3.1.4 has it. If there
// never was one nothing is allowed, which is a HostError; that this may be taken for a robots.txt that is not there after 30 days
// (section 2.3.1.4) is not made use of.
func (w *worker) robots(ctx context.Context, site *crawler.Site, u *url.URL) (*Robots, error) {
	f, key := w.f, Origin(u)
	f.mu.Lock()
	o := f.origins[key]
	if o == nil {
		o = &origin{turn: make(chan struct{}, 1)}
		f.origins[key] = o
	}
	f.mu.Unlock()
	// The turn is had while waiting for hosts, never the other way round, and no more than one host is waited for: no deadlock.
	select {
	case o.turn <- struct{}{}:
		defer func() { <-o.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}

	now := f.cfg.Now()
	if !o.loaded {
		w.loadRobots(ctx, key, crawler.HostKey(u), o)
	}
	if o.robots != nil && age(o.robots.at, now) < robotsAge {
		return o.robots, nil
	}
	if !o.retryAt.After(now) {
		var delay time.Duration
		if o.robots != nil {
			delay = o.robots.CrawlDelay(Agent)
		}
		c, err := w.askRobots(ctx, site, u, delay, o)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, crawler.ErrForbiddenAddress): // of the host itself: what robots.txt would say does not matter
			return nil, err
		case errors.Is(err, crawler.ErrGap): // nothing is wrong with it: it goes on from there
			return nil, err
		case c == nil: // the host must wait, so nothing was asked: of robots.txt nothing was learned
			return nil, err
		}
		f.mu.Lock()
		if err == nil {
			o.robots, o.fails, o.retryAt, o.cause = robotsOf(c), 0, time.Time{}, nil
			// So that ReadyAt knows before the first page.
			if g := f.gates[crawler.HostKey(u)]; g != nil {
				g.least = max(g.least, o.robots.CrawlDelay(Agent))
				g.setGap()
			}
		} else {
			o.cause = err
			o.retryAt = f.cfg.Now().Add(min(firstRobotsRetry<<min(o.fails, 10), maxRobotsRetry))
			o.fails++
			if he, ok := errors.AsType[*crawler.HostError](err); ok {
				o.cause = he.Err
				if he.Until.After(o.retryAt) {
					o.retryAt = he.Until
				}
			}
		}
		f.mu.Unlock()
		if err == nil || o.robots == nil {
			w.saveRobots(ctx, c) // an unreachable one too, as a fact; but it does not replace the copy that still decides
		}
		if err == nil {
			return o.robots, nil
		}
		w.saveRobots(ctx, attemptOf(c, o))
		f.cfg.Log.Warn("robots.txt unreachable", "url", key, "err", err, "again", o.retryAt)
	}
	if o.robots != nil {
		return o.robots, nil
	}
	why := fmt.Errorf("%w: %v", crawler.ErrRobotsUnreachable, o.cause) // not ErrBusy, which is of the URL that was asked
	if errors.Is(o.cause, crawler.ErrNoAnswer) {
		why = fmt.Errorf("%w: %w", crawler.ErrRobotsUnreachable, o.cause)
	}
	return nil, &crawler.HostError{Host: crawler.HostKey(u), Origin: u.Scheme + "://" + u.Host, Until: o.retryAt, Err: why}
}

// robotsOf reads what a copy says about us.
func robotsOf(c *crawler.RobotsCopy) *Robots {
	r := ParseRobots(c.Body).only(Agent)
	r.at = c.FetchedAt
	return r
}

// age is how old a copy is. One from the future, which a clock that was set back leaves, is too old to be used without asking.
func age(at, now time.Time) time.Duration {
	d := now.Sub(at)
	if d < -time.Minute {
		return math.MaxInt64
	}
	return max(d, 0)
}

// loadRobots takes what the store has.
func (w *worker) loadRobots(ctx context.Context, key, host string, o *origin) {
	f := w.f
	load := func(name string) *crawler.RobotsCopy {
		if f.cfg.Robots == nil {
			return nil
		}
		c, err := f.cfg.Robots.LoadRobots(ctx, name)
		if err != nil {
			f.cfg.Log.Warn("robots copy not loaded", "url", name, "err", err)
			return nil
		}
		return c
	}
	c, tried := load(key), load(key+attemptURL)
	f.mu.Lock()
	defer f.mu.Unlock()
	o.loaded = true
	if c != nil && reached(c.Status) {
		o.robots = robotsOf(c)
		// The host was asked then, if not later. Crawl-delay holds from there.
		if delay := o.robots.CrawlDelay(Agent); delay > 0 {
			if g := f.gate(host); g.last.Before(c.FetchedAt) {
				g.last = c.FetchedAt
				g.least = max(g.least, delay)
				g.setGap()
			}
		}
	}
	if tried != nil && (c == nil || !reached(c.Status) || tried.FetchedAt.After(c.FetchedAt)) {
		o.tried(tried, f.cfg.Now())
	}
}

// attemptURL stands behind an origin in the name of the copy that is its last attempt.
const attemptURL = "/robots.txt"

// attempt is what is kept, as the body of such a copy, of attempts that failed since the file was last reached. It stands beside the
// copy that decides, so that a restart is no reason to ask sooner, whether there is one or not.
type attempt struct {
	Fails   int       `json:"fails"` // in a row
	RetryAt time.Time `json:"retry_at"`
}

func attemptOf(c *crawler.RobotsCopy, o *origin) *crawler.RobotsCopy {
	body, _ := json.Marshal(attempt{o.fails, o.retryAt}) // cannot fail: a number and a time
	return &crawler.RobotsCopy{Origin: c.Origin + attemptURL, Status: c.Status, Err: c.Err, FetchedAt: c.FetchedAt, Body: body}
}

// tried takes a stored attempt over. One from the future, which a clock that was set back leaves, says nothing.
func (o *origin) tried(c *crawler.RobotsCopy, now time.Time) {
	var a attempt
	if json.Unmarshal(c.Body, &a) != nil || a.Fails < 1 || age(c.FetchedAt, now) == math.MaxInt64 {
		return
	}
	o.fails, o.retryAt, o.cause = a.Fails, a.RetryAt, errors.New(c.Err)
	if why, ok := strings.CutPrefix(c.Err, crawler.ErrNoAnswer.Error()+": "); ok {
		o.cause = fmt.Errorf("%w: %s", crawler.ErrNoAnswer, why)
	}
}

func (w *worker) saveRobots(ctx context.Context, c *crawler.RobotsCopy) {
	if w.f.cfg.Robots == nil {
		return
	}
	if err := w.f.cfg.Robots.SaveRobots(ctx, c); err != nil {
		w.f.cfg.Log.Warn("robots copy not stored", "url", c.Origin, "err", err)
	}
}

// reached says whether a status settles what may be fetched: a success says it, a 4xx that there are no restrictions
// (RFC 9309 section 2.3.1.3), and a redirect that led nowhere counts as such (section 2.3.1.2). 429 is about us, not about the file.
func reached(status int) bool {
	return status >= 200 && status < 500 && status != http.StatusTooManyRequests
}

// askRobots asks for a robots.txt, and follows its redirects, to other hosts too. The copy says what came of it even if the error
// says that it was unreachable. It is nil if the host must wait, so that nothing was asked. A redirect to a host whose gap has not passed
// is gone on with by the next call.
func (w *worker) askRobots(ctx context.Context, site *crawler.Site, u *url.URL, delay time.Duration, o *origin) (*crawler.RobotsCopy, error) {
	c := &crawler.RobotsCopy{Origin: Origin(u), FetchedAt: w.f.cfg.Now()}
	at, hop := o.next, o.hops
	if at == nil {
		at = &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/robots.txt"}
	}
	o.next, o.hops = nil, 0
	for ; ; hop++ {
		a, err := w.ask(ctx, site, at, delay, request{limit: maxRobots, guest: crawler.HostKey(at) != crawler.HostKey(u)})
		if errors.Is(err, crawler.ErrGap) {
			o.next, o.hops = at, hop
		}
		switch {
		case err == nil && !reached(a.status):
			err = fmt.Errorf("status %d", a.status)
		case err != nil && a.status == 0 && hop == 0:
			if _, held := errors.AsType[*crawler.HostError](err); held {
				return nil, err
			}
			if !errors.Is(err, crawler.ErrForbiddenAddress) {
				err = fmt.Errorf("%w: %w", crawler.ErrNoAnswer, err)
			}
		case err != nil && hop > 0:
			if he, ok := errors.AsType[*crawler.HostError](err); ok {
				err = &crawler.HostError{Host: crawler.HostKey(u), Until: he.Until, Err: fmt.Errorf("redirected to %s: %w", at, he.Err)}
			} else {
				err = fmt.Errorf("redirected to %s: %v", at, err) // its address is not ours: %v
			}
		}
		if err != nil {
			c.Err = err.Error()
			if !reached(a.status) {
				c.Status = a.status // any other would say that the file was read
			}
			return c, err
		}
		c.Status = a.status
		switch {
		case a.status >= 300 && a.status < 400:
			next, err := at.Parse(a.header.Get("Location"))
			if hop == maxRobotsHops || err != nil || a.header.Get("Location") == "" {
				return c, nil
			}
			if at, err = parse(next.String()); err != nil {
				return c, nil
			}
			continue
		case a.status < 300:
			c.Body = boundRobots(a.body)
		}
		return c, nil
	}
}

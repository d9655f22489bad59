package crawler

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"runtime/debug"
	"time"
)

// Bounds on what is tried for one task.
const (
	MaxHops  = 5 // redirects in a row (as for robots.txt, RFC 9309 section 2.3.1.2)
	MaxTries = 4 // visits that fail in passing

	maxUnknown = 3 // posts of which it is not known what is stored, each after a wait: then all that follow are left to their pages

	backoffBase = 5 * time.Second
	backoffMax  = 10 * time.Minute
)

// visit runs on a worker's goroutine: it asks for a task's page and finds out what became of it. That a sitemap is not where one was
// guessed to be is no failure, nor that a site keeps its archive to itself (401, 403, rest_no_route), as many do.
func (l *loop) visit(f Fetcher, d *done) {
	if d.spared {
		return
	}
	l.ask(f, d)
	switch v := &d.visit; {
	case v.Task.Kind == KindSitemap && v.Task.Found == FoundAuto && v.Outcome.Failed():
		v.Outcome, v.Why = Gone, "no sitemap at the customary place: "+v.Why
	case v.Task.Kind == KindArchive && (v.Outcome == Refused || v.Outcome == Unreadable || v.Outcome == NotHTML || v.Outcome == Gone):
		v.Outcome, v.Why = Gone, "no archive for us: "+v.Why
	}
}

func (l *loop) ask(f Fetcher, d *done) {
	v, site, work := &d.visit, d.q.site.Site, d.q.site.work
	if ok, why := site.Admits(v.Task); !ok { // the configuration may have changed since it was found
		v.Outcome, v.Why = OutOfScope, why
		return
	}
	t := v.Task
	if t.Kind != KindPage {
		t.ETag, t.LastModified = "", "" // nothing of a list is stored, and today's scope may take more of it
	}
	page, err := f.Fetch(work, t, site)
	if work.Err() != nil {
		d.cut = true
		return
	}
	if errors.Is(err, ErrGap) && errors.As(err, &d.hold) {
		d.early = true
		return
	}
	if err != nil {
		refused := errors.Is(err, ErrForbiddenAddress) // by us: the host says nothing by that
		d.asked = !refused && !errors.Is(err, ErrDisallowed)
		d.silent = !refused && (errors.Is(err, ErrNoAnswer) || noConnection(err))
		if errors.As(err, &d.hold) && !errors.Is(err, ErrTrouble) {
			d.asked = false
			v.Why = err.Error()
			return
		}
		l.failed(v, err)
		if d.hold != nil && v.Outcome == "" && v.RetryAt.Before(d.hold.Until) {
			v.RetryAt = d.hold.Until
		}
		return
	}
	d.asked = true
	v.Page = page
	switch status := page.Status; {
	case status == 200 || status == 203:
		if err := l.handle(work, site, v); err != nil {
			if work.Err() != nil {
				d.cut = true
				return
			}
			v.Outcome, v.Why, v.Links, v.Record = Unreadable, err.Error(), nil, nil
			return
		}
		d.cut = !l.read(work, site, v)
	case status == 304:
		v.Outcome = Unchanged
		if l.Again != nil && t.Kind == KindPage {
			l.reading <- struct{}{}
			err := l.Again(work, site, v)
			<-l.reading
			if err != nil {
				l.Log.Warn("links of the stored page not read", "url", t.URL, "err", err)
			}
		}
	case status >= 300 && status < 400 && page.Location != "":
		d.off = site.Redirected(v)
	case status == 404 || status == 410:
		v.Outcome, v.Why = Gone, statusLine(status)
	case status == 408 || status == 425 || status == 429 || status >= 500:
		l.again(v, ServerError, statusLine(status))
	case status >= 400:
		v.Outcome, v.Why = Refused, statusLine(status)
	default:
		v.Outcome, v.Why = Unreadable, statusLine(status)+" is no page"
	}
}

// read reads the posts that a page of an archive has whole, by the rules that hold for their pages. Those that robots.txt, what is stored
// or what they say leave to their pages are dropped: their links are among those of the visit. It is false if it was stopped.
func (l *loop) read(work context.Context, site *Site, v *Visit) bool {
	posts := v.Posts
	v.Posts = nil
	unknown := 0
	for _, p := range posts {
		if l.Pacer == nil || unknown == maxUnknown {
			break
		}
		var err error
		if p.Page.Signals, err = l.Pacer.Terms(p.Task.URL); err != nil {
			continue
		}
		ok := true
		if l.Known != nil {
			if ok, err = l.Known(work, site, &p); err != nil {
				unknown++
			}
		}
		if ok && err == nil && p.Outcome == "" {
			err = l.handle(work, site, &p)
		}
		switch {
		case work.Err() != nil:
			return false
		case err != nil:
			l.Log.Warn("post left to its page", "url", p.Task.URL, "err", err)
		case ok && p.Outcome != Gone && p.Outcome != Unreadable:
			v.Posts = append(v.Posts, p)
		}
	}
	return true
}

// noConnection says whether an error is that of a connection that did not come about.
func noConnection(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// handle calls the Handler. A page that makes it panic is one that cannot be read, and must not end the crawl.
func (l *loop) handle(work context.Context, site *Site, v *Visit) (err error) {
	l.reading <- struct{}{}
	defer func() {
		<-l.reading
		if p := recover(); p != nil {
			l.Log.Error("handler panicked", "url", v.Task.URL, "err", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	if err := l.Handle(work, site, v); err != nil {
		return err
	}
	if v.Outcome == "" {
		return errors.New("handler gave no outcome")
	}
	l.Frontier.Prepare(l.save, v)
	return nil
}

// failed says what became of a task that has no page.
func (l *loop) failed(v *Visit, err error) {
	v.Why = err.Error()
	switch {
	case errors.Is(err, ErrDisallowed):
		v.Outcome = Disallowed
	case errors.Is(err, ErrTooLarge):
		v.Outcome = TooLarge
	case errors.Is(err, ErrNotHTML):
		v.Outcome = NotHTML
	case errors.Is(err, ErrUnreadable):
		v.Outcome = Unreadable
	case errors.Is(err, ErrForbiddenAddress):
		v.Outcome = Forbidden
	case errors.Is(err, ErrServer):
		l.again(v, ServerError, v.Why)
	case errors.Is(err, ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		l.again(v, TimedOut, v.Why)
	default:
		l.again(v, Unreachable, v.Why)
	}
}

// again postpones a task after a failure that may pass, or ends it with its outcome after too many.
func (l *loop) again(v *Visit, outcome Outcome, why string) {
	v.Why = why
	v.Task.Tries++
	if v.Task.Tries >= MaxTries {
		v.Outcome = outcome
		return
	}
	v.RetryAt = l.Now().Add(backoff(v.Task.Tries, l.Random))
}

// backoff is exponential with full jitter: the n-th wait lies between 0 and 5 s · 2ⁿ⁻¹.
func backoff(n int, random func() float64) time.Duration {
	if random == nil {
		random = rand.Float64
	}
	d := min(backoffBase<<min(n-1, 20), backoffMax)
	return time.Duration(random() * float64(d))
}

// Redirected finishes the visit of a redirect. It makes the target of a redirect a task of its own, so that scope, robots.txt and
// politeness are checked at every hop. If a start page leads off the site it says where.
func (s *Site) Redirected(v *Visit) (off string) {
	target, err := Canonical(v.Page.Location, parsed(v.Task.URL))
	if err != nil {
		v.Outcome, v.Why = OutOfScope, fmt.Sprintf("redirect to %.200q: %v", v.Page.Location, err)
		return ""
	}
	to := Task{URL: target, Site: v.Task.Site, Host: hostOf(target), Kind: v.Task.Kind, Depth: v.Task.Depth, Found: FoundRedirect,
		From: v.Task.URL, Hops: v.Task.Hops + 1, LastMod: v.Task.LastMod, Hint: v.Task.Hint}
	switch f := v.Task.Found; {
	case f == FoundStart, v.Task.Kind == KindSitemap && (f == FoundRobots || f == FoundAuto):
		to.Found = f // a start page that moved is one still, and so is what robots.txt named
	}
	v.Why = "to " + target
	switch ok, why := s.Admits(to); {
	case target == v.Task.URL:
		v.Outcome, v.Why = TooDeep, "redirects to itself"
	case to.Kind == KindArchive && pathOf(target) != pathOf(v.Task.URL): // to a page, which must not become known as an archive
		v.Outcome, v.Why = Gone, "redirects to "+target
	case to.Hops > MaxHops:
		v.Outcome, v.Why = TooDeep, fmt.Sprintf("more than %d redirects in a row", MaxHops)
	case !ok:
		v.Outcome, v.Why = OutOfScope, fmt.Sprintf("redirect to %s: %s", target, why)
		if to.Found == FoundStart && to.Kind == KindPage {
			return target
		}
	default:
		v.Outcome = Redirected
		v.Links = []Task{to}
	}
	return ""
}

func statusLine(status int) string { return fmt.Sprintf("status %d", status) }

// parsed is a canonical URL as a base; one always parses.
func parsed(canonical string) *url.URL {
	u, err := url.Parse(canonical)
	if err != nil {
		return &url.URL{}
	}
	return u
}

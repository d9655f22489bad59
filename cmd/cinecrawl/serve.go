package main

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"cinecrawl/cmd/internal/fleet"
	"cinecrawl/configs"
	"cinecrawl/crawler"
	"cinecrawl/storage"
	"cinecrawl/storage/postgres"
)

type serveCmd struct{ seenFlags }

func (serveCmd) Help() string {
	return `Crawls each enabled site when its schedule says so, until it is stopped. A long crawl goes on in slices, so that the sites share the
workers fairly. A site that another cinecrawl is crawling is left to it. The other commands work beside it: crawl, cancel, pause, resume.

On PostgreSQL it works together with every other serve and work of the same database: see cinecrawl work --help.

Ctrl-C or SIGTERM hands everything back within 5 seconds, with exit code 0; the next cinecrawl goes on from there.

Example:

    cinecrawl serve`
}

func (c serveCmd) Run(ctx context.Context, a *app) error {
	return a.daemon(ctx, c.seenFlags, func(ctx context.Context, crawls *crawling, sites []configs.Site) error {
		if err := crawls.plan(ctx, sites); err != nil {
			return err
		}
		a.log.Info("serving", "sites", len(sites))
		if st, ok := crawls.st.(*postgres.Store); ok {
			return crawls.work(ctx, st, sites)
		}
		newServer(crawls, sites).serve(ctx)
		return nil
	})
}

// daemon runs what goes on until the process is told to stop, with all that crawls need and the enabled sites.
func (a *app) daemon(ctx context.Context, seen seenFlags, run func(context.Context, *crawling, []configs.Site) error) error {
	return a.crawls(ctx, seen, nil, func(cfg *configs.Config, st storage.Store, sites []configs.Site) error {
		crawls, err := a.crawling(cfg, st)
		if err != nil {
			return err
		}
		defer crawls.fetcher.Close()
		ctx, done := interruptible(ctx, func(last bool) {
			if !last {
				a.log.Info("stopping: everything is being handed back; another signal stops at once")
			}
		})
		defer done()
		defer givesUp(ctx, st)()
		switch err := run(ctx, crawls, sites); {
		case errors.Is(err, fleet.ErrLeft):
			a.log.Warn(err.Error())
		case err != nil:
			return err
		default:
			a.log.Info("stopped: everything is handed back")
		}
		return nil
	})
}

const (
	slicesPerWorker = 8                // most of a slice is waiting for the gap of its host
	pollEvery       = time.Second      // what is due
	busyFor         = 5 * time.Second  // until a site that another process has is tried again
	troubleFor      = time.Minute      // the same for one that could not be crawled
	awayPatience    = 3 * time.Second  // from the first signal until a database that went away is waited for no more
	handBack        = 2 * time.Second  // from the first signal until requests in flight are cut
	leastGrace      = 10 * time.Second // of what is in flight at the end of a slice
	sliceWorkers    = 4                // hosts of a site asked at the same time
)

// server crawls the sites that are due, a slice at a time.
type server struct {
	*scheduler
	sites map[string]configs.Site
	slots int // slices at the same time
	poll  time.Duration
	slice func(context.Context, *dueSite) error // see crawling.slice
	cut   func()                                // cuts what is in flight

	running map[string]bool
	later   map[string]time.Time // when a site that was in trouble is tried again
	queue   []dueSite
	read    time.Time // when the queue was
}

func newServer(c *crawling, sites []configs.Site) *server {
	cut := make(chan struct{})
	return &server{
		scheduler: &c.scheduler,
		sites:     byName(sites),
		slots:     slicesPerWorker * c.cfg.Workers,
		poll:      pollEvery,
		slice:     func(ctx context.Context, d *dueSite) error { return c.slice(ctx, d, cut, endsBy(c.st.EndRun)) },
		cut:       sync.OnceFunc(func() { close(cut) }),
		running:   map[string]bool{},
		later:     map[string]time.Time{},
	}
}

// serve returns once ctx has ended and every site was handed back.
func (s *server) serve(ctx context.Context) {
	type end struct {
		site string
		err  error
	}
	ended := make(chan end)
	took := func(e end) {
		delete(s.running, e.site)
		switch {
		case e.err == nil || ctx.Err() != nil:
		case errors.Is(e.err, storage.ErrBusy):
			s.log.Debug("left to the process that has it", "site", e.site)
			s.later[e.site] = s.now().Add(busyFor)
		default:
			s.log.Error("site could not be crawled", "site", e.site, "err", e.err)
			s.later[e.site] = s.now().Add(troubleFor)
		}
	}
	tick := time.NewTicker(s.poll)
	defer tick.Stop()
	for ctx.Err() == nil {
		for _, d := range s.turn(ctx) {
			go func() { ended <- end{d.Crawl.Name, s.slice(ctx, &d)} }()
		}
		select {
		case <-ctx.Done():
		case e := <-ended:
			took(e)
		case <-tick.C:
		}
	}
	defer time.AfterFunc(handBack, s.cut).Stop()
	for len(s.running) > 0 {
		took(<-ended)
	}
}

// turn gives the sites whose slices begin now, as many as there are free slots, and takes them for running.
func (s *server) turn(ctx context.Context) (begin []dueSite) {
	now := s.now()
	if len(s.running) == s.slots {
		return nil
	}
	if len(s.queue) == 0 || now.Sub(s.read) >= s.poll {
		due, err := s.due(ctx, s.sites)
		if err != nil {
			if ctx.Err() == nil {
				s.log.Error("what is due is not known", "err", err)
			}
			return nil
		}
		s.queue, s.read = due, now
	}
	for len(s.queue) > 0 && len(s.running) < s.slots {
		d := s.queue[0]
		s.queue = s.queue[1:]
		name := d.Crawl.Name
		if s.running[name] || s.later[name].After(now) {
			continue
		}
		delete(s.later, name)
		s.running[name] = true
		begin = append(begin, d)
	}
	return begin
}

// errSliceOver ends the context of a slice.
var errSliceOver = errors.New(storage.SliceOver)

// slice begins the run of a site or goes on with it, crawls for a slice, and gives the site free: with the run's end if it came to it.
// All slices of a process share turns, a place in which is had while a host is asked; what is in flight is cut once cut is closed. The
// error is storage.ErrBusy if another process has the site, nil if there was no reason not to go on. ends says how the run is to be ended.
func (c *crawling) slice(ctx context.Context, site *dueSite, cut <-chan struct{}, ends func(context.Context, *crawler.Result) endRun) error {
	slice, cancel := context.WithTimeoutCause(ctx, c.cfg.Slice, errSliceOver)
	defer cancel()
	crawl, runs := c.crawl([]configs.Site{site.Site}, site.cause)
	crawl.Frontier = loggedFrontier{c.st, c.app}
	crawl.NewFetcher = c.fetcher.Worker
	crawl.Workers = min(c.cfg.Workers, sliceWorkers)
	crawl.Cut = cut
	crawl.Grace = c.grace()
	crawl.End = func(ctx context.Context, r *crawler.Result) error {
		if !r.Finished && r.Err == nil && context.Cause(slice) == errSliceOver {
			r.Why = storage.SliceOver
		}
		return c.release(ctx, &site.Site, runs[r.Site.Name], r, ends(ctx, r))
	}
	results, _ := crawl.Run(slice)
	if len(results) == 0 { // told to stop before it began
		return nil
	}
	run := runs[site.Crawl.Name]
	if err := results[0].Err; err != nil || run == nil {
		return err
	}
	if !run.Finished {
		c.log.Debug("handed back", "site", run.Site, "run", run.ID, "why", run.Why)
		return nil
	}
	c.log.Info("run ended", "site", run.Site, "run", run.ID, "why", run.Why, "new", run.Counts.New, "changed", run.Counts.Changed,
		"failed", failedTotal(run.Counts), "queued", run.Counts.Queued, "took", run.Spent.Time, "next", run.Next)
	if _, err := c.ended(results, runs, nil); err != nil {
		c.log.Warn("look at this", "err", err)
	}
	if err := c.relearn(ctx, c.cfg, c.st, []storage.Run{*run}, io.Discard); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// grace is what that which is in flight at the end of a slice has to finish. A request that began with the slice has the time that any has, else
// a slow site would never have its answer.
func (c *crawling) grace() time.Duration { return max(c.cfg.Timeouts.Total-c.cfg.Slice, leastGrace) }

// endsBy ends the run of every slice alike.
func endsBy(end endRun) func(context.Context, *crawler.Result) endRun {
	return func(context.Context, *crawler.Result) endRun { return end }
}

// loggedFrontier tells of every finished visit.
type loggedFrontier struct {
	crawler.Frontier
	app *app
}

func (f loggedFrontier) Commit(ctx context.Context, visits []crawler.Visit) ([]crawler.Stored, error) {
	stored, err := f.Frontier.Commit(ctx, visits)
	if err == nil {
		for i := range visits {
			f.app.visited(&visits[i], stored[i])
		}
	}
	return stored, err
}

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"cinecrawl/cmd/internal/fleet"
	"cinecrawl/configs"
	"cinecrawl/crawler"
	"cinecrawl/crawler/fetch"
	"cinecrawl/storage"
	"cinecrawl/storage/sqlite"
)

type crawlCmd struct {
	Sites []string `arg:"" optional:"" name:"site" help:"Names of configured sites. Default: all that are enabled."`
	Pages int      `placeholder:"N" help:"At most N pages a site in this run; the rest stays queued."`
	budgetFlags
	seenFlags
	Due  bool `help:"Only those whose time has come by their schedules: for cron or a systemd timer."`
	JSON bool `name:"json" help:"The summary as JSON, one object a site, a line each."`
}

func (crawlCmd) Help() string {
	return `Pages that were fetched are not asked for again until they are due. The first Ctrl-C finishes the requests in flight, stores
them, and stops; a second one stops at once, and costs those requests. Either way the same command goes on from there.

With --due the sites whose time has come are crawled, and it ends; a site that another cinecrawl is crawling is left to it. Without,
the schedules do not matter, but a site that was due is not any more; paused sites are crawled if they are named.

Exit code 1 says that a site could not be crawled at all; single pages that failed are in the summary, and are no error. With --due
exit code 0 also says that nothing is due.

Examples:

    cinecrawl crawl
    cinecrawl crawl --due
    cinecrawl crawl filmjournal.example --pages 200`
}

// budgetFlags bound a whole crawl.
type budgetFlags struct {
	TotalPages int     `placeholder:"N" help:"At most N pages of all sites together."`
	TotalMB    float64 `name:"total-mb" placeholder:"N" help:"At most N million bytes of all sites together."`
	Minutes    float64 `placeholder:"N" help:"Begin nothing after N minutes."`
}

func (b budgetFlags) budget() crawler.Budget {
	return crawler.Budget{Pages: b.TotalPages, Bytes: int64(b.TotalMB * 1e6), Time: time.Duration(b.Minutes * float64(time.Minute))}
}

func (c *crawlCmd) Run(ctx context.Context, a *app) error {
	return a.crawls(ctx, c.seenFlags, c.Sites, func(cfg *configs.Config, st storage.Store, sites []configs.Site) (err error) {
		s := scheduler{a, st}
		switch {
		case c.Due:
			if sites, err = s.dueNow(ctx, sites); err == nil && len(sites) == 0 {
				fmt.Fprintln(a.stderr, "Nothing is due.")
				return nil
			}
		default:
			if len(c.Sites) == 0 {
				if sites, err = s.unpaused(ctx, sites); err == nil && len(sites) == 0 {
					return errors.New("all enabled sites are paused: name one to crawl it, or cinecrawl resume SITE")
				}
			}
			if err == nil {
				sites, err = a.unfinished(ctx, st, sites)
			}
		}
		if err != nil {
			return err
		}
		a.budget = c.budget()
		return a.crawlAndSummarise(ctx, cfg, st, sites, c.Pages, c.JSON)
	})
}

// crawls runs what crawls sites, those with the names or all that are enabled, with what every crawl begins with.
func (a *app) crawls(ctx context.Context, seen seenFlags, names []string, run func(*configs.Config, storage.Store, []configs.Site) error) (err error) {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	sites, err := a.choose(names)
	if err != nil {
		return err
	}
	unseen, err := seen.begin(a)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unseen()) }()
	st, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	return run(cfg, st, sites)
}

// crawl crawls sites into a store: of each, a run is begun or gone on with, its seeds and what they lead to are fetched politely, each
// page becomes a visit, each visit is stored, and the run is ended. The runs have the counts. With a cancelled context it finishes
// what is in flight first; pages, if it is not 0, bounds each site's run.
func (a *app) crawl(ctx context.Context, cfg *configs.Config, st storage.Store, sites []configs.Site, pages int) ([]storage.Run, error) {
	seen := a.watch(len(sites))
	c, err := a.crawling(cfg, st)
	if err != nil {
		return nil, err
	}
	defer c.fetcher.Close()
	seen.states = c.fetcher.Hosts
	crawl, runs := c.crawl(sites, storage.ByHand)
	crawl.Frontier = watchedFrontier{st, seen}
	crawl.NewFetcher = func() crawler.Fetcher { return watchedFetcher{c.fetcher.Worker(), seen} }
	crawl.Budget = a.budget
	begin := crawl.Begin
	crawl.Begin = func(ctx context.Context, site *crawler.Site) (crawler.Spent, error) {
		spent, err := begin(ctx, site)
		if err != nil {
			return spent, err
		}
		if err := seen.begun(ctx, st, site.Name); err != nil {
			// Without an End for it, the site would be ours until the process ends.
			return spent, errors.Join(err, st.EndRun(ctx, runs[site.Name], false, "could not begin: "+err.Error()))
		}
		return spent, nil
	}
	for _, site := range crawl.Sites {
		site.Pages = cmp.Or(pages, site.Pages)
	}
	results, err := seen.during(ctx, func(ctx context.Context) ([]crawler.Result, error) {
		defer givesUp(ctx, st)()
		return crawl.Run(ctx)
	})
	return a.ended(results, runs, err)
}

// crawling is what the crawls of a process share: the database, what is known of hosts, and what repeats on each site.
type crawling struct {
	scheduler
	cfg     *configs.Config
	fetcher *fetch.Fetcher
	known   *learned
	handle  crawler.Handler

	mu        sync.Mutex
	asked     time.Time // when it was asked what is
	cancelled []string
}

func (a *app) crawling(cfg *configs.Config, st storage.Store) (*crawling, error) {
	fetcher, err := a.fetcher(cfg, robotsStore{st}, fetch.Config{Patience: crawlPatience, Asking: cfg.Workers, TDMRep: true, May: fleet.May})
	if err != nil {
		return nil, err
	}
	a.metrics.watch(fetcher.Hosts)
	known := newLearned(st)
	handle := a.metrics.timed(newHandler(cfg, known.of))
	return &crawling{scheduler: scheduler{a, st}, cfg: cfg, fetcher: fetcher, known: known, handle: handle}, nil
}

// crawl is a crawl of sites that claims each when its turn comes, and gives it free at its end. The runs, by site, are those that were
// claimed. Its Frontier and NewFetcher are for the caller to set.
func (c *crawling) crawl(sites []configs.Site, cause storage.Cause) (*crawler.Crawl, map[string]*storage.Run) {
	named, runs := byName(sites), map[string]*storage.Run{}
	_, file := c.st.(*sqlite.Store)
	crawl := &crawler.Crawl{
		Local:     file,
		Pacer:     c.fetcher,
		Handle:    c.handle,
		Again:     storedLinks(c.st),
		Known:     knownPost(c.st),
		Workers:   c.cfg.Workers,
		Log:       c.log,
		Cancelled: c.cancels,
		Begin: func(ctx context.Context, site *crawler.Site) (crawler.Spent, error) {
			run, err := c.claim(ctx, site, cause)
			if err != nil {
				return crawler.Spent{}, err
			}
			runs[site.Name] = run
			return run.Spent, nil
		},
		End: func(ctx context.Context, r *crawler.Result) error {
			site := named[r.Site.Name]
			return c.release(ctx, &site, runs[r.Site.Name], r, c.st.EndRun)
		},
	}
	for _, s := range sites {
		site := *s.Crawl
		crawl.Sites = append(crawl.Sites, &site)
	}
	return crawl, runs
}

// endRun is storage.Store.EndRun, perhaps with something more to write.
type endRun func(ctx context.Context, run *storage.Run, finished bool, why string) error

// claim begins a run of a site, or goes on with the one that was interrupted.
func (c *crawling) claim(ctx context.Context, site *crawler.Site, cause storage.Cause) (*storage.Run, error) {
	seeds, err := site.Seeds()
	if err != nil {
		return nil, err
	}
	if due, ok := c.causes[site.Name]; ok {
		cause = due
	}
	run, err := c.st.StartRun(ctx, site.Name, seeds, site.Revisit, cause)
	if err == nil {
		c.metrics.queues(run)
	}
	return run, err
}

// release gives a site free, by endRun. A run that came to its end plans the next.
func (c *crawling) release(ctx context.Context, site *configs.Site, run *storage.Run, r *crawler.Result, endRun endRun) error {
	next := c.next(ctx, site, run, r.Due)
	if r.Finished {
		run.Next = next
	}
	if err := endRun(ctx, run, r.Finished, c.ending(ctx, r)); err != nil {
		return err
	}
	c.metrics.queues(run)
	if !run.Finished {
		return nil
	}
	c.known.forget(run.Site)
	if r.Finished {
		return nil
	}
	run.Next = next // cancelled in the last moment
	return c.st.Plan(ctx, run.Site, next)
}

// ending is how a run ended, for people: of one that leaves URLs to the next because a host must wait, how many and until when.
func (c *crawling) ending(ctx context.Context, r *crawler.Result) string {
	if !r.Held {
		return r.Why
	}
	sites, err := c.st.Sites(ctx, r.Site.Name)
	if err != nil || len(sites) == 0 || sites[0].Queued == 0 {
		return r.Why
	}
	due := r.Due
	if hosts, err := c.st.Hosts(ctx, r.Site.Name); err == nil && due.IsZero() {
		for _, at := range hosts {
			if due.IsZero() || at.Before(due) {
				due = at
			}
		}
	}
	why := r.Why + "; " + counted(sites[0].Queued, "URL") + " left"
	if until := due.UTC().Format(time.RFC3339); due.After(c.now()) && !strings.Contains(why, until) {
		why += " until " + until
	}
	return why
}

// cancels gives the sites whose runs somebody wants ended. However many crawls ask, the database is asked once a second.
func (c *crawling) cancels(ctx context.Context) ([]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.asked) >= time.Second {
		names, err := c.st.Cancelled(ctx)
		if err != nil {
			return nil, err
		}
		c.asked, c.cancelled = now, names
	}
	return c.cancelled, nil
}

package main

import (
	"cmp"
	"context"
	"errors"
	"time"

	"cinecrawl/configs"
	"cinecrawl/crawler"
	"cinecrawl/crawler/fetch"
	"cinecrawl/storage"
)

type crawlCmd struct {
	Sites []string `arg:"" optional:"" name:"site" help:"Names of configured sites. Default: all that are enabled."`
	Pages int      `placeholder:"N" help:"At most N pages a site in this run; the rest stays queued."`
	budgetFlags
	JSON bool `name:"json" help:"The summary as JSON, one object a site, a line each."`
}

func (crawlCmd) Help() string {
	return `Pages that were fetched are not asked for again until they are due. The first Ctrl-C finishes the requests in flight, stores
them, and stops; a second one stops at once, and costs those requests. Either way the same command goes on from there.

Exit code 1 says that a site could not be crawled at all; single pages that failed are in the summary.

Examples:

    cinecrawl crawl
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
	cfg, err := a.config()
	if err != nil {
		return err
	}
	sites, err := a.choose(c.Sites)
	if err != nil {
		return err
	}
	st, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	if sites, err = a.unfinished(ctx, st, sites); err != nil {
		return err
	}
	a.budget = c.budget()
	return a.crawlAndSummarise(ctx, cfg, st, sites, c.Pages, c.JSON)
}

// crawl crawls sites into a store: of each, a run is begun or gone on with, its seeds and what they lead to are fetched politely, each
// page becomes a visit, each visit is stored, and the run is ended. The runs have the counts. With a cancelled context it finishes
// what is in flight first; pages, if it is not 0, bounds each site's run.
func (a *app) crawl(ctx context.Context, cfg *configs.Config, st storage.Store, sites []configs.Site, pages int) ([]storage.Run, error) {
	seen := a.watch(len(sites))
	fetcher, err := a.fetcher(cfg, robotsStore{st}, fetch.Config{Patience: crawlPatience, TDMRep: true})
	if err != nil {
		return nil, err
	}
	defer fetcher.Close()
	seen.states = fetcher.Hosts
	runs := map[string]*storage.Run{}
	known := newLearned(st)
	crawl := crawler.Crawl{
		Frontier:   watchedFrontier{st, seen},
		NewFetcher: func() crawler.Fetcher { return watchedFetcher{fetcher.Worker(), seen} },
		Pacer:      fetcher,
		Handle:     newHandler(cfg, known.of),
		Again:      storedLinks(st),
		Workers:    cfg.Workers,
		Budget:     a.budget,
		Log:        a.log,
		Begin: func(ctx context.Context, site *crawler.Site) (crawler.Spent, error) {
			seeds, err := site.Seeds()
			if err != nil {
				return crawler.Spent{}, err
			}
			if runs[site.Name], err = st.StartRun(ctx, site.Name, seeds, site.Revisit, storage.ByHand); err != nil {
				return crawler.Spent{}, err
			}
			if err := seen.begun(ctx, st, site.Name); err != nil {
				// Without an End for it, the site would be ours until the process ends.
				return crawler.Spent{}, errors.Join(err, st.EndRun(ctx, runs[site.Name], false, "could not begin: "+err.Error()))
			}
			return runs[site.Name].Spent, nil
		},
		End: func(ctx context.Context, r *crawler.Result) error {
			known.forget(r.Site.Name)
			return st.EndRun(ctx, runs[r.Site.Name], r.Finished, r.Why)
		},
	}
	for _, s := range sites {
		site := *s.Crawl
		site.Pages = cmp.Or(pages, site.Pages)
		crawl.Sites = append(crawl.Sites, &site)
	}
	results, err := seen.during(ctx, crawl.Run)
	return a.ended(results, runs, err)
}

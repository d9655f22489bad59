package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"cinecrawl/cmd/internal/fleet"
	"cinecrawl/configs"
	"cinecrawl/crawler"
	"cinecrawl/storage"
	"cinecrawl/storage/postgres"
)

type workCmd struct{ seenFlags }

func (workCmd) Help() string {
	return `Crawls sites of a PostgreSQL database together with the other workers of it, on this machine or another, until it is stopped.
Each site is crawled by one worker at a time, a slice at a time. If a worker dies, others go on with its sites within 10 seconds.

It needs the same configuration as the others: it leaves alone the sites that its own does not have. The schedules are those that
cinecrawl serve, which works too, last read from its configuration.

Ctrl-C or SIGTERM hands everything back within 5 seconds, with exit code 0.

Example:

    cinecrawl work --db postgres://cinecrawl@db.example/cinecrawl`
}

func (c workCmd) Run(ctx context.Context, a *app) error {
	db, err := a.database()
	if err != nil {
		return err
	}
	if !postgres.IsURL(db) {
		return usageErrorf("work needs a database that many machines reach: --db postgres://user@host/name. With a file, use cinecrawl serve")
	}
	return a.daemon(ctx, c.seenFlags, func(ctx context.Context, crawls *crawling, sites []configs.Site) error {
		a.log.Info("working", "sites", len(sites))
		return crawls.work(ctx, crawls.st.(*postgres.Store), sites)
	})
}

// work crawls what is due of the sites, as one of the workers of a database.
func (c *crawling) work(ctx context.Context, st *postgres.Store, sites []configs.Site) error {
	url, err := c.database()
	if err != nil {
		return err
	}
	cut := make(chan struct{})
	defer context.AfterFunc(ctx, func() { time.AfterFunc(handBack, sync.OnceFunc(func() { close(cut) })) })()
	named := byName(sites)
	return fleet.Run(ctx, fleet.Config{
		URL:     url,
		Owner:   st.Owner(),
		Slots:   slicesPerWorker * c.cfg.Workers,
		Longest: c.cfg.Slice + c.grace(),
		Log:     c.log,
		Due: func(ctx context.Context) ([]fleet.Wake, error) {
			due, err := c.due(ctx, named)
			wakes := make([]fleet.Wake, len(due))
			for i, d := range due {
				wakes[i] = fleet.Wake{Site: d.Crawl.Name, Cause: string(d.cause)}
			}
			return wakes, err
		},
		Slice: func(ctx context.Context, w fleet.Wake, end fleet.Ending) error {
			site, ok := named[w.Site]
			if !ok {
				return fleet.ErrUnknown
			}
			err := c.slice(ctx, &dueSite{site, storage.Cause(w.Cause)}, cut, func(ctx context.Context, r *crawler.Result) endRun {
				return func(ctx context.Context, run *storage.Run, finished bool, why string) error {
					return st.EndRunWith(ctx, run, finished, why, func(ctx context.Context, tx fleet.Tx, ended *storage.Run) error {
						return end(ctx, tx, !ended.Finished && r.Err == nil)
					})
				}
			})
			switch {
			case errors.Is(err, storage.ErrBusy):
				return fleet.ErrBusy
			case errors.Is(err, storage.ErrLost):
				return fleet.ErrLost
			}
			return err
		},
	})
}

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cinecrawl/storage"
)

type cancelCmd struct {
	ID int64 `arg:"" name:"run" help:"The number of the run, as cinecrawl runs lists it."`
}

func (cancelCmd) Help() string {
	return `Ends a run for good: the next crawl of its site is a new run, when its schedule says so. If a cinecrawl is at it, that one ends it
within seconds. What is in flight is not stored; what was stored stays.

Example:

    cinecrawl cancel 12`
}

const (
	cancelPatience = 10 * time.Second
	cancelPoll     = 100 * time.Millisecond
)

func (c *cancelCmd) Run(ctx context.Context, a *app) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	st, err := a.openExisting(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	run, err := st.CancelRun(ctx, c.ID)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return fmt.Errorf("there is no run %d; cinecrawl runs lists them", c.ID)
	case errors.Is(err, storage.ErrEnded):
		return fmt.Errorf("run %d has ended already; cinecrawl runs tells how", c.ID)
	case err != nil:
		return err
	}
	if run.Finished { // nobody had it, so nobody else plans the next
		if site, ok := byName(cfg.Sites())[run.Site]; ok {
			s := scheduler{a, st}
			if err := st.Plan(ctx, run.Site, s.next(ctx, &site, run, time.Time{})); err != nil {
				return err
			}
		}
	}
	for began := time.Now(); !run.Finished; time.Sleep(cancelPoll) {
		if time.Since(began) > cancelPatience {
			return fmt.Errorf("run %d of %s: its process was asked to end it and has not yet; see cinecrawl runs %s", run.ID, run.Site, run.Site)
		}
		last, err := st.Runs(ctx, run.Site, 1)
		if err != nil {
			return err
		}
		if last[0].ID != run.ID {
			break
		}
		run = &last[0]
	}
	fmt.Fprintf(a.stdout, "run %d of %s is ended: %s\n", run.ID, safeLine(run.Site), safeLine(run.Why))
	return nil
}

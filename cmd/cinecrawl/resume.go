package main

import (
	"context"
	"slices"
	"time"

	"cinecrawl/configs"
	"cinecrawl/storage"
)

// unfinished leaves out the sites that were finished by a crawl that was interrupted, if this one goes on with it: their
// pages were asked for already. It is the same crawl if the finished run overlaps with an interrupted one, or with another finished
// one that does; and a run that ended longer ago than the site's own schedule is old enough to be repeated.
func (a *app) unfinished(ctx context.Context, st storage.Store, sites []configs.Site) ([]configs.Site, error) {
	if len(sites) < 2 {
		return sites, nil
	}
	names := make([]string, len(sites))
	for i, s := range sites {
		names[i] = s.Crawl.Name
	}
	known, err := st.Sites(ctx, names...)
	if err != nil {
		return nil, err
	}
	last := map[string]*storage.Run{}
	var began time.Time // of the interrupted crawl, as far as is known
	for _, k := range known {
		if k.LastRun != nil && k.LastRun.Cause != storage.ByHand && k.LastRun.Cause != "" {
			continue // of a schedule, which is no crawl that a person began
		}
		last[k.Site] = k.LastRun
		if r := k.LastRun; r != nil && !r.Finished && (began.IsZero() || r.Started.Before(began)) {
			began = r.Started
		}
	}
	if began.IsZero() {
		return sites, nil
	}
	done := map[string]bool{}
	for again := true; again; {
		again = false
		for name, r := range last {
			if r != nil && r.Finished && !done[name] && !r.Ended.Before(began) {
				done[name], again = true, true
				if r.Started.Before(began) {
					began = r.Started
				}
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(sites), func(s configs.Site) bool {
		name := s.Crawl.Name
		left := done[name] && a.now().Before(s.Schedule.Next(name, last[name].Ended, last[name].Ended))
		if left {
			a.log.Info("left out: finished by the crawl that was interrupted and now goes on", "site", name)
		}
		return left
	}), nil
}

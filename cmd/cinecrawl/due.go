package main

import (
	"context"
	"slices"
	"time"

	"cinecrawl/configs"
	"cinecrawl/crawler"
	"cinecrawl/storage"
)

// scheduler knows when the sites of a database are to be crawled: what is planned is stored there, so that every process goes by it.
type scheduler struct {
	*app
	st storage.Store
}

// schedule is that of a site, with what was learned of how often it publishes.
func (s *scheduler) schedule(ctx context.Context, site *configs.Site) (crawler.Schedule, error) {
	if !site.Schedule.Adaptive {
		return site.Schedule, nil
	}
	published, err := s.st.Published(ctx, site.Crawl.Name, crawler.AdaptiveSample)
	return site.Schedule.Learn(published, s.now()), err
}

// plan sees to it that each site has its time by today's schedule. A time that has come stands.
func (s *scheduler) plan(ctx context.Context, sites []configs.Site) error {
	plans, err := s.st.Plans(ctx, time.Time{})
	if err != nil {
		return err
	}
	planned := make(map[string]time.Time, len(plans))
	for _, p := range plans {
		planned[p.Site] = p.Next
	}
	for i := range sites {
		name := sites[i].Crawl.Name
		schedule, err := s.schedule(ctx, &sites[i])
		if err != nil {
			return err
		}
		if next := schedule.Plan(name, planned[name], s.now()); !next.Equal(planned[name]) {
			if err := s.st.Plan(ctx, name, next); err != nil {
				return err
			}
		}
	}
	return nil
}

// dueSite is a site whose time has come.
type dueSite struct {
	configs.Site
	cause storage.Cause
}

// due gives those of the sites whose time has come and that are not paused, the one that waits for the longest first.
func (s *scheduler) due(ctx context.Context, sites map[string]configs.Site) ([]dueSite, error) {
	now := s.now()
	plans, err := s.st.Plans(ctx, now)
	if err != nil {
		return nil, err
	}
	var due []dueSite
	for _, p := range plans {
		site, ok := sites[p.Site]
		if !ok || p.Paused {
			continue
		}
		d := dueSite{site, storage.Scheduled}
		if !site.Schedule.Next(p.Site, p.Next, p.Next).After(now) {
			d.cause = storage.CatchUp
		}
		due = append(due, d)
	}
	return due, nil
}

// dueNow gives the enabled ones of the sites whose time has come, and remembers why each is crawled.
func (s *scheduler) dueNow(ctx context.Context, sites []configs.Site) ([]configs.Site, error) {
	if err := s.plan(ctx, slices.DeleteFunc(slices.Clone(sites), func(site configs.Site) bool { return !site.Enabled })); err != nil {
		return nil, err
	}
	due, err := s.due(ctx, byName(sites))
	s.causes = map[string]storage.Cause{}
	sites = nil
	for _, d := range due {
		sites = append(sites, d.Site)
		s.causes[d.Crawl.Name] = d.cause
	}
	return sites, err
}

// next is when a site is to be crawled again after a run that ends now, whoever began it; rest is when what it leaves is due, zero if
// that is not known. A site that no schedule has keeps what is planned.
func (s *scheduler) next(ctx context.Context, site *configs.Site, run *storage.Run, rest time.Time) time.Time {
	if !site.Enabled {
		return run.Next
	}
	schedule, err := s.schedule(ctx, site)
	if err != nil {
		s.log.Warn("how often the site publishes is not known", "site", run.Site, "err", err)
	}
	planned := run.Next
	if planned.IsZero() {
		planned = run.Started
	}
	next := schedule.Next(run.Site, planned, s.now())
	// A run that quiet hours cut off goes on after them.
	if end, quiet := site.Crawl.Quiet.End(rest.Add(-time.Second)); quiet && end.Equal(rest) && rest.Before(next) {
		return rest
	}
	return next
}

// byName gives sites by their names.
func byName(sites []configs.Site) map[string]configs.Site {
	named := make(map[string]configs.Site, len(sites))
	for _, s := range sites {
		named[s.Crawl.Name] = s
	}
	return named
}

// unpaused leaves out the sites that are paused.
func (s *scheduler) unpaused(ctx context.Context, sites []configs.Site) ([]configs.Site, error) {
	plans, err := s.st.Plans(ctx, time.Time{})
	if err != nil {
		return nil, err
	}
	paused := map[string]bool{}
	for _, p := range plans {
		paused[p.Site] = p.Paused
	}
	var left []configs.Site
	for _, site := range sites {
		if paused[site.Crawl.Name] {
			s.log.Info("left out: paused", "site", site.Crawl.Name)
			continue
		}
		left = append(left, site)
	}
	return left, nil
}

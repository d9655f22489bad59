package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"cinecrawl/configs"
	"cinecrawl/crawler"
	"cinecrawl/storage"
)

type sitesCmd struct {
	JSON bool `name:"json" help:"One JSON object a site, a line each."`
}

func (sitesCmd) Help() string {
	return `A site that is not enabled is crawled only when it is named. Next is when its schedule has the next run. Health is ok, or what a person should look at: a last crawl that
failed or was cut off, or one that gave no reviews.

Example:

    cinecrawl sites`
}

type siteJSON struct {
	Site    string     `json:"site"`
	Hosts   []string   `json:"hosts"`
	Enabled bool       `json:"enabled"`
	From    string     `json:"from"` // the file that configures it; "" if it was crawled by its URL alone
	Reviews int        `json:"reviews"`
	Queued  int        `json:"queued"`
	Crawled *time.Time `json:"crawled"` // end of the last run
	Next    *time.Time `json:"next"`    // when its schedule has the next one, or had if that is due; null if it is not planned
	Paused  bool       `json:"paused"`
	Health  string     `json:"health"` // "" if never crawled

	plan storage.Plan
}

func (c *sitesCmd) Run(ctx context.Context, a *app) error {
	sites, err := a.allSites(ctx)
	if err != nil {
		return err
	}
	t := &table{head: []string{"site", "enabled", "reviews", "queued", "last crawled", "next", "health"}}
	for _, s := range sites {
		if c.JSON {
			if err := writeJSONLine(a.stdout, s); err != nil {
				return err
			}
			continue
		}
		enabled, reviews, queued, crawled := "", "", "", "never"
		switch {
		case s.Enabled:
			enabled = "yes"
		case s.From == "":
			enabled = "not configured"
		}
		if s.Health != "" {
			reviews, queued, crawled = count(s.Reviews), count(s.Queued), "not ended"
		}
		if s.Crawled != nil {
			crawled = ago(*s.Crawled, a.now())
		}
		next := ""
		if s.Paused || s.Next != nil {
			next = a.planned(s.plan)
		}
		t.row(safeLine(s.Site), enabled, reviews, queued, crawled, next, safeLine(s.Health))
	}
	if !c.JSON {
		t.write(a.stdout, widthOf(a.stdout))
	}
	return nil
}

// allSites gives the configured sites with what the database knows of them, then those that only the database knows.
func (a *app) allSites(ctx context.Context) ([]siteJSON, error) {
	cfg, err := a.config()
	if err != nil {
		return nil, err
	}
	known := map[string]storage.SiteStatus{}
	var stored []storage.SiteStatus
	st, err := a.openIfThere(ctx)
	if err != nil {
		return nil, err
	}
	if st != nil {
		defer st.Close()
		if stored, err = st.Sites(ctx); err != nil {
			return nil, err
		}
	}
	for _, s := range stored {
		known[s.Site] = s
	}
	var all []siteJSON
	for _, s := range cfg.Sites() {
		all = append(all, siteRow(s, known[s.Crawl.Name]))
		delete(known, s.Crawl.Name)
	}
	for _, s := range stored {
		if _, left := known[s.Site]; left {
			all = append(all, siteRow(configs.Site{Crawl: &crawler.Site{Name: s.Site}}, s))
		}
	}
	return all, nil
}

func siteRow(s configs.Site, k storage.SiteStatus) siteJSON {
	j := siteJSON{Site: s.Crawl.Name, Hosts: s.Crawl.Hosts, Enabled: s.Enabled, From: s.From, Reviews: k.Reviews, Queued: k.Queued, Health: health(k),
		Next: optional(k.Plan.Next), Paused: k.Plan.Paused, plan: k.Plan}
	if j.Hosts == nil {
		j.Hosts = []string{}
	}
	if k.LastRun != nil {
		j.Crawled = optional(k.LastRun.Ended)
	}
	return j
}

// health says in a few words what a person should look at: "ok", or "" if the site was never crawled.
func health(k storage.SiteStatus) string {
	r := k.LastRun
	if r == nil {
		return ""
	}
	pages, failed := 0, 0
	for o, n := range k.Tasks {
		pages += n
		if o.Failed() {
			failed += n
		}
	}
	var words []string
	switch {
	case r.Running:
	case r.Ended.IsZero():
		words = append(words, "interrupted: the next crawl goes on with it")
	case !r.Finished:
		words = append(words, cmp.Or(r.Why, "interrupted"))
	}
	switch {
	case pages > 0 && k.Reviews == 0:
		words = append(words, "no review in "+counted(pages, "page"))
	case failed*5 > pages:
		words = append(words, fmt.Sprintf("%s of %s failed", count(failed), counted(pages, "URL")))
	}
	if len(words) == 0 {
		return "ok"
	}
	return strings.Join(words, "; ")
}

package main

import (
	"context"
	"fmt"

	"cinecrawl/configs"
	"cinecrawl/storage"
)

type pauseCmd struct {
	Sites []string `arg:"" name:"site" help:"Names of sites."`
}

func (pauseCmd) Help() string {
	return `Until cinecrawl resume, neither cinecrawl serve nor cinecrawl crawl --due nor a cinecrawl crawl that does not name it crawls the site.
A crawl of it that serve is at stops at the end of its slice, and goes on when the site is resumed; to end that for good: cinecrawl
cancel.

Example:

    cinecrawl pause filmjournal.example`
}

func (c *pauseCmd) Run(ctx context.Context, a *app) error { return a.pause(ctx, c.Sites, true) }

type resumeCmd struct {
	Sites []string `arg:"" name:"site" help:"Names of sites."`
}

func (resumeCmd) Help() string {
	return `A paused site is crawled by its schedule again. If its time has come meanwhile, that is at once, and once.

Example:

    cinecrawl resume filmjournal.example`
}

func (c *resumeCmd) Run(ctx context.Context, a *app) error { return a.pause(ctx, c.Sites, false) }

// pause pauses sites or lets them go on: configured ones, and those that only the database knows.
func (a *app) pause(ctx context.Context, names []string, paused bool) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	st, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	stored, err := st.Sites(ctx, names...)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, s := range stored {
		known[s.Site] = true
	}
	var sites []configs.Site
	for i, name := range names {
		if known[name] {
			continue
		}
		chosen, err := a.choose([]string{name}) // perhaps by one of its hosts
		if err != nil {
			return err
		}
		names[i] = chosen[0].Crawl.Name
	}
	for _, name := range names {
		if site, ok := byName(cfg.Sites())[name]; ok && site.Enabled {
			sites = append(sites, site)
		}
	}
	// A paused site keeps its plan, and has one to keep.
	s := scheduler{a, st}
	if err := s.plan(ctx, sites); err != nil {
		return err
	}
	for _, name := range names {
		if err := st.Pause(ctx, name, paused); err != nil {
			return err
		}
	}
	after, err := st.Sites(ctx, names...)
	if err != nil {
		return err
	}
	for _, k := range after {
		if paused {
			fmt.Fprintf(a.stdout, "%s is paused: no schedule crawls it until cinecrawl resume %s\n", safeLine(k.Site), safeLine(k.Site))
			continue
		}
		fmt.Fprintf(a.stdout, "%s is not paused; next run: %s\n", safeLine(k.Site), a.planned(k.Plan))
	}
	return nil
}

// planned says when a site is to be crawled by its schedule: "in 3 h", "now", "paused", or "not planned".
func (a *app) planned(p storage.Plan) string {
	switch d := p.Next.Sub(a.now()); {
	case p.Paused:
		return "paused"
	case p.Next.IsZero():
		return "not planned"
	case d <= 0:
		return "now"
	default:
		return "in " + duration(d)
	}
}

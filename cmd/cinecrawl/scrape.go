package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"cinecrawl/configs"
	"cinecrawl/crawler"
	"cinecrawl/crawler/fetch"
	"cinecrawl/extract"
	"cinecrawl/storage"
)

type scrapeCmd struct {
	URLs    []string `arg:"" name:"url" help:"A page, or with --site the front page of a site."`
	Site    bool     `help:"Crawl the whole host of the URL, store its reviews, and summarise."`
	Store   bool     `help:"Store the page and its review, too (those of --site always are)."`
	Any     bool     `help:"Print the text of a page that is not a review, too."`
	Explain bool     `help:"Show each block of the page, kept or dropped, with the rule that decided."`
	DryRun  bool     `help:"List what would be visited and what not, and why. Fetches robots.txt, and with --site the start page, sitemaps, feeds and archives."`
	Pages   int      `placeholder:"N" help:"With --site: at most N pages in this run."`
	JSON    bool     `name:"json" help:"JSON instead, one object a page or site, a line each."`
	seenFlags
}

func (scrapeCmd) Help() string {
	return `A page: prints its review, headline, empty line, body, and stores nothing. Exit code 3 says that the page is not a review
(standard error says why), 4 that robots.txt disallows it. A site needs no configuration; if it has one, that is used.

Examples:

    cinecrawl scrape https://critic.example/2020/her/
    cinecrawl scrape --explain https://critic.example/2020/her/
    cinecrawl scrape --site https://critic.example/ --pages 50`
}

func (c *scrapeCmd) Run(ctx context.Context, a *app) (err error) {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	sites := make([]configs.Site, len(c.URLs))
	for i, u := range c.URLs {
		if sites[i], err = cfg.Adhoc(u); err != nil {
			return &exitError{exitUsage, err}
		}
	}
	if c.Metrics != "" && !c.Site {
		return usageErrorf("--metrics is for --site: there is nothing to watch about single pages")
	}
	unseen, err := c.begin(a)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unseen()) }()
	switch {
	case c.DryRun:
		return c.dryRun(ctx, a, cfg, sites)
	case !c.Site:
		return c.pages(ctx, a, cfg, sites)
	case c.Any || c.Explain:
		return usageErrorf("--any and --explain are for single pages: leave --site out, or ask of a stored page: cinecrawl explain URL")
	}
	st, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	return a.crawlAndSummarise(ctx, cfg, st, sites, c.Pages, c.JSON)
}

// pages reads single pages.
func (c *scrapeCmd) pages(ctx context.Context, a *app, cfg *configs.Config, sites []configs.Site) error {
	copies := robotsMemory{}
	fetcher, err := a.fetcher(cfg, copies, fetch.Config{TDMRep: c.Store})
	if err != nil {
		return err
	}
	defer fetcher.Close()
	worker := fetcher.Worker()
	var failed error
	for i, raw := range c.URLs {
		err := c.page(ctx, a, cfg, worker, sites[i], raw)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case failed == nil || err == nil || len(c.URLs) == 1:
			failed = errors.Join(failed, err)
		default:
			fmt.Fprintf(a.stderr, "cinecrawl: %s\n", safeText(failed.Error()))
			failed = err
		}
	}
	return failed
}

func (c *scrapeCmd) page(ctx context.Context, a *app, cfg *configs.Config, worker crawler.Fetcher, site configs.Site, raw string) error {
	v, err := follow(ctx, cfg, worker, &site, raw)
	if err != nil {
		return err
	}
	if v.Page.Status != http.StatusOK {
		return fmt.Errorf("%s: the site answers %d %s", v.Task.URL, v.Page.Status, http.StatusText(v.Page.Status))
	}
	root, review, err := read(extract.NewReader(cfg.Themes()), v.Page, site.Rules, nil)
	if root == nil || review == nil {
		return fmt.Errorf("%s: %w", v.Task.URL, err)
	}
	if c.Store {
		if err := a.store(ctx, cfg, site, v); err != nil {
			return err
		}
	}
	outcome, why := judge(review, err)
	if err := c.print(a, v, review, outcome == crawler.Reviewed || outcome == crawler.Roundup); err != nil {
		return err
	}
	if outcome == crawler.NotReview {
		hint := "; print it all the same with --any"
		if c.Any || c.Explain || c.JSON {
			hint = ""
		}
		return &exitError{exitNotReview, fmt.Errorf("%s is not a review (%s)%s", v.Task.URL, why, hint)}
	}
	return nil
}

func (c *scrapeCmd) print(a *app, v *crawler.Visit, review *extract.Review, isReview bool) error {
	switch {
	case c.JSON:
		j := readingJSON{Review: review, FetchedAt: v.Page.FetchedAt.UTC()}
		if c.Explain {
			j.Blocks = review.Blocks
		}
		return writeJSONLine(a.stdout, j)
	case !isReview && !c.Any && !c.Explain:
		return nil
	case len(c.URLs) > 1:
		fmt.Fprintf(a.stdout, "==> %s <==\n\n", safeLine(v.Task.URL))
	}
	if c.Explain {
		writeReading(a.stdout, review)
		return nil
	}
	return writeText(a.stdout, review)
}

const maxHops = 5 // redirects, as in a crawl

// follow fetches a page and, as the crawl does, checks each redirect as a URL of its own. The visit is that of the last URL; the
// site becomes another one's if the redirects lead there.
func follow(ctx context.Context, cfg *configs.Config, worker crawler.Fetcher, site *configs.Site, raw string) (*crawler.Visit, error) {
	u, err := crawler.Canonical(raw, nil)
	if err != nil {
		return nil, usageErrorf("%s: %v", raw, err)
	}
	for hops := 0; ; hops++ {
		t := crawler.Task{URL: u, Site: site.Crawl.Name, Kind: crawler.KindPage, Found: crawler.FoundStart, Hops: hops}
		if parsed, err := url.Parse(u); err == nil {
			t.Host = crawler.HostKey(parsed)
		}
		page, err := worker.Fetch(ctx, t, site.Crawl)
		var wait *crawler.HostError
		switch {
		case errors.Is(err, crawler.ErrDisallowed):
			return nil, &exitError{exitDisallowed, err}
		case errors.As(err, &wait):
			return nil, fmt.Errorf("%w; try again then", err)
		case err != nil:
			return nil, err
		case page.Location == "" || page.Status < 300 || page.Status > 399:
			return &crawler.Visit{Task: t, Page: page}, nil
		case hops == maxHops:
			return nil, fmt.Errorf("%s: more than %d redirects, the last to %s", raw, maxHops, page.Location)
		}
		next, err := crawler.Canonical(page.Location, nil)
		if err != nil {
			return nil, fmt.Errorf("%s redirects to %s: %w", u, page.Location, err)
		}
		if ok, _ := site.Crawl.InScope(next, 0); !ok {
			other, err := cfg.Adhoc(next)
			if err != nil {
				return nil, err
			}
			crawl := *other.Crawl
			crawl.Named = false // the page named it, no person
			other.Crawl = &crawl
			*site = other
		}
		u = next
	}
}

// store stores a fetched page as a crawl would, as a run of one page.
func (a *app) store(ctx context.Context, cfg *configs.Config, site configs.Site, v *crawler.Visit) error {
	st, err := a.open(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	run, err := st.StartRun(ctx, site.Crawl.Name, nil, -1, storage.ByHand)
	if err != nil {
		return busy(site.Crawl.Name, err)
	}
	if err := newHandler(cfg, newLearned(st).of)(ctx, site.Crawl, v); err != nil {
		return err
	}
	_, err = st.Commit(ctx, []crawler.Visit{*v})
	// A crawl that was interrupted goes on as if nothing had been in between.
	return errors.Join(err, st.EndRun(ctx, run, err == nil && !run.Resumed, "one page scraped"))
}

// busy says what to do when another process holds a site.
func busy(site string, err error) error {
	if errors.Is(err, storage.ErrBusy) {
		return &exitError{exitBusy, fmt.Errorf("%s: %w; wait for it, or stop it first", site, err)}
	}
	return err
}

// dryRun lists what would be visited, and what not: with --site the start page, sitemaps, feeds and archives are fetched and read as the
// crawl reads them; what they lead to is listed with how it was found, and why it is left: by the scope, by robots.txt, or for what is
// stored of it. Nothing is stored.
func (c *scrapeCmd) dryRun(ctx context.Context, a *app, cfg *configs.Config, sites []configs.Site) error {
	copies := robotsMemory{}
	fetcher, err := a.fetcher(cfg, copies, fetch.Config{})
	if err != nil {
		return err
	}
	defer fetcher.Close()
	st, err := a.openExisting(ctx)
	switch {
	case errors.Is(err, errNoDatabase):
	case err != nil:
		return err
	default:
		defer st.Close()
	}
	worker, handle := fetcher.Worker(), newHandler(cfg, nil)
	for _, site := range sites {
		crawl := *site.Crawl
		tasks, err := crawl.Seeds()
		if err != nil {
			return &exitError{exitUsage, err}
		}
		if err := a.askRobots(ctx, worker, &crawl, tasks[0].URL); err != nil {
			return err
		}
		if c.Site {
			tasks = append(tasks, crawl.Guides(tasks[0], fetcher.Sitemaps(tasks[0].URL))...)
		}
		seen := map[string]bool{}
		var left []plan
		crawl.Left = func(t crawler.Task, why string) { left = append(left, plan{Task: t, why: why}) }
		for len(tasks) > 0 {
			t := tasks[0]
			tasks = tasks[1:]
			if seen[t.URL] {
				continue
			}
			seen[t.URL] = true
			if t.Found == crawler.FoundStart || t.Kind != crawler.KindPage { // perhaps of another host
				if err := a.askRobots(ctx, worker, &crawl, t.URL); err != nil {
					return err
				}
			}
			p := plan{Task: t}
			if p.visit, p.robots, err = verdict(ctx, copies, t.URL, fetch.Agent); err != nil {
				return err
			}
			if p.why = p.robots; p.visit {
				p.why = ""
				if st != nil {
					if err := p.known(ctx, st, &crawl, a.now()); err != nil {
						return err
					}
				}
			}
			if err := c.planned(a, &p); err != nil {
				return err
			}
			if !c.Site || !p.visit || t.Kind == crawler.KindPage && t.Found != crawler.FoundStart {
				continue
			}
			v := crawler.Visit{Task: t}
			if v.Page, err = worker.Fetch(ctx, t, &crawl); err != nil {
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				a.log.Warn("cannot fetch", "url", t.URL, "err", err)
				continue
			}
			switch {
			case v.Page.Status == http.StatusOK:
				if err := handle(ctx, &crawl, &v); err != nil {
					return err
				}
			case v.Page.Location != "":
				crawl.Redirected(&v)
				a.log.Info("redirect", "url", t.URL, "outcome", v.Outcome, "why", v.Why)
			}
			tasks = append(tasks, v.Links...)
		}
		for _, p := range left {
			if !seen[p.URL] {
				seen[p.URL] = true
				if err := c.planned(a, &p); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// plan is what a dry run says of a URL.
type plan struct {
	crawler.Task
	visit  bool
	why    string // not
	robots string // the line that decides; "" if the scope did before
}

// known leaves a URL that was visited and is not due again in the next run, see storage.Store.StartRun.
func (p *plan) known(ctx context.Context, st storage.Store, site *crawler.Site, now time.Time) error {
	s, err := st.TaskByURL(ctx, p.URL)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return nil
	case err != nil:
		return err
	case s.Queued, p.Found == crawler.FoundStart, now.Sub(s.VisitedAt) >= site.Revisit, p.LastMod.After(s.VisitedAt) && p.LastMod.After(s.LastMod):
		return nil
	case p.Kind != crawler.KindPage && s.Outcome != crawler.Gone, s.PageKind == extract.KindList, s.PageKind == "" && s.Outcome == crawler.NotReview:
		return nil
	}
	switch s.Outcome {
	case crawler.Disallowed, crawler.ServerError, crawler.Unreachable, crawler.TimedOut, crawler.Forbidden:
		return nil
	}
	p.visit, p.why = false, fmt.Sprintf("visited as %s %s, again after %s", outcomeWords(s.Outcome), ago(s.VisitedAt, now), days(site.Revisit))
	return nil
}

// days is a time as the configuration has it.
func days(d time.Duration) string {
	if d > 0 && d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	}
	return duration(d)
}

// planned is a line of a dry run.
func (c *scrapeCmd) planned(a *app, p *plan) error {
	if c.JSON {
		return writeJSONLine(a.stdout, struct {
			URL    string        `json:"url"`
			Visit  bool          `json:"visit"`
			Why    string        `json:"why,omitempty"` // not
			Kind   crawler.Kind  `json:"kind"`
			Found  crawler.Found `json:"found"`
			From   string        `json:"from,omitempty"`
			Depth  int           `json:"depth"`
			Robots string        `json:"robots,omitempty"`
		}{p.URL, p.visit, p.why, p.Kind, p.Found, p.From, p.Depth, p.robots})
	}
	from := foundWords(p.Found)
	if p.Kind == crawler.KindSitemap && p.Found == crawler.FoundAuto {
		from = "the customary place of a sitemap"
	} else if p.From != "" && p.Found != crawler.FoundRobots {
		from += " " + p.From
	}
	_, err := fmt.Fprintf(a.stdout, "%s  %s  (%s)\n", choice(p.visit, "visit", "leave"), safeLine(p.URL), safeLine(join("; ", from, p.why)))
	return err
}

// readingJSON is a review as it was read.
type readingJSON struct {
	*extract.Review
	FetchedAt time.Time       `json:"fetched_at"`
	Blocks    []extract.Block `json:"blocks,omitempty"`
}

package main

import "context"

type scrapeCmd struct {
	URLs    []string `arg:"" name:"url" help:"A page, or with --site the front page of a site."`
	Site    bool     `help:"Crawl the whole host of the URL, store its reviews, and summarise."`
	Store   bool     `help:"Store the review of a page as well (a site's are always stored)."`
	Any     bool     `help:"Print the text of a page that is not a review, too."`
	Explain bool     `help:"Show each block of the page, kept or dropped, with the rule that decided."`
	DryRun  bool     `help:"List what would be visited and why. Fetches robots.txt, and for a site its start page, sitemaps and feeds."`
	Pages   int      `placeholder:"N" help:"With --site: at most N pages in this run."`
	JSON    bool     `name:"json" help:"One JSON object a page (with --site or --dry-run: a line each)."`
}

func (scrapeCmd) Help() string {
	return `A page: prints its review, headline, empty line, body, and stores nothing. Exit code 3 says that the page is not a review
(the reason goes to standard error), 4 that robots.txt disallows it.

Examples:

    cinecrawl scrape https://critic.example/2020/her/
    cinecrawl scrape --explain https://critic.example/2020/her/
    cinecrawl scrape --site https://critic.example/ --pages 50`
}

func (c *scrapeCmd) Run(ctx context.Context, a *app) error { return errNotYet }

package main

import "context"

type sitesCmd struct {
	JSON bool `name:"json" help:"One JSON object a site, a line each."`
}

func (sitesCmd) Help() string {
	return `Health is ok, or what a person should look at: a site whose last crawl failed, or that gave no review.

Example:

    cinecrawl sites`
}

func (c *sitesCmd) Run(ctx context.Context, a *app) error { return errNotYet }

package main

import "context"

type crawlCmd struct {
	Sites []string `arg:"" optional:"" name:"site" help:"Names of configured sites. Default: all that are enabled."`
	Pages int      `placeholder:"N" help:"At most N pages a site in this run; the rest stays queued."`
	JSON  bool     `name:"json" help:"The summary as JSON, one object a site, a line each."`
}

func (crawlCmd) Help() string {
	return `Pages that were fetched are not asked for again until they are due. The first Ctrl-C finishes the requests in flight, stores
them, and stops; a second one stops at once, and costs those requests. Either way the same command goes on from there.

Exit code 1 says that a site could not be crawled at all; single pages that failed are in the summary.

Examples:

    cinecrawl crawl
    cinecrawl crawl filmjournal.example --pages 200`
}

func (c *crawlCmd) Run(ctx context.Context, a *app) error { return errNotYet }

package main

import "context"

type checkCmd struct {
	Sites []string `arg:"" optional:"" name:"site" help:"Only these sites."`
	JSON  bool     `name:"json" help:"One JSON object a problem, a line each."`
}

func (checkCmd) Help() string {
	return `Loads the configuration, with every unknown key and bad pattern named by file and line, and reads every site's saved pages,
which must give the texts saved beside them.

Example:

    cinecrawl check --config cinecrawl.yaml`
}

func (c *checkCmd) Run(ctx context.Context, a *app) error { return errNotYet }

package main

import "context"

type rereadCmd struct {
	Site string `arg:"" optional:"" help:"Only this site's pages."`
	Diff bool   `help:"Show what changed in each text."`
	JSON bool   `name:"json" help:"The summary as JSON."`
}

func (rereadCmd) Help() string {
	return `A better rule reads the stored pages again; it does not ask the site again. A review whose text did not change stays
untouched, a changed one gets a new revision.

Example:

    cinecrawl reread filmjournal.example --diff`
}

func (c *rereadCmd) Run(ctx context.Context, a *app) error { return errNotYet }

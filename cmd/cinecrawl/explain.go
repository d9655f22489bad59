package main

import "context"

type explainCmd struct {
	URL  string `arg:"" name:"url" help:"A URL that cinecrawl has met."`
	JSON bool   `name:"json" help:"All of it as one JSON object."`
}

func (explainCmd) Help() string {
	return `How the URL was found, what robots.txt says, how the fetch went, what the page was taken for and why, where each value was
read, and which blocks of the text stayed or went, each with its rule. The stored page is read again; no site is asked.

Example:

    cinecrawl explain https://critic.example/2020/her/`
}

func (c *explainCmd) Run(ctx context.Context, a *app) error { return errNotYet }

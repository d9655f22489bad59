package main

import "context"

type robotsCmd struct {
	URLs  []string `arg:"" name:"url" help:"URLs to ask about."`
	File  string   `placeholder:"FILE" help:"Ask this robots.txt instead of the host's."`
	Agent string   `default:"cinecrawl" placeholder:"NAME" help:"Ask for this crawler."`
	JSON  bool     `name:"json" help:"One JSON object a URL, a line each."`
}

func (robotsCmd) Help() string {
	return `Follows RFC 9309. Exit code 4 says that at least one URL is disallowed.

Examples:

    cinecrawl robots https://critic.example/2020/her/
    cinecrawl robots --file robots.txt https://critic.example/search?q=her`
}

func (c *robotsCmd) Run(ctx context.Context, a *app) error { return errNotYet }

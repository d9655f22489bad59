package main

import "context"

type benchCmd struct {
	Extract benchExtractCmd `cmd:"" help:"Score the text read from pages whose text is known."`
}

type benchExtractCmd struct {
	Dir  string `arg:"" help:"A folder with pages.jsonl, pages and their texts."`
	Show int    `placeholder:"N" help:"Show the N worst pages: what leaked, what was lost."`
	JSON bool   `name:"json" help:"The figures as JSON."`
}

func (benchExtractCmd) Help() string {
	return `Example:

    cinecrawl bench extract pages/ --show 10`
}

func (c *benchExtractCmd) Run(ctx context.Context, a *app) error { return errNotYet }

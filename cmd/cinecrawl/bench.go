package main

import (
	"context"
	"io"

	"cinecrawl/cmd/internal/bench"
	"cinecrawl/extract"
)

type benchCmd struct {
	Extract benchExtractCmd `cmd:"" help:"Score the text read from pages whose text is known."`
}

type benchExtractCmd struct {
	Dir   string   `arg:"" help:"A folder with pages.jsonl, the pages and their texts."`
	Set   []string `placeholder:"NAME" help:"Only these sets (of single pages) or sites."`
	Match string   `placeholder:"TEXT" help:"Only pages with this in their names."`
	Show  int      `placeholder:"N" help:"Show the N worst pages: what leaked, what was lost."`
	Bare  bool     `help:"Without themes: every page is met as a stranger."`
	Learn int      `placeholder:"N" help:"Let the first N pages of each host teach the blocks that repeat on it."`
}

func (benchExtractCmd) Help() string {
	return `Precision, recall and F1 over 4-word shingles, the share of pages read perfectly, and pages a second, by set and in all.

Example:

    cinecrawl bench extract pages/ --show 10`
}

func (c *benchExtractCmd) Run(ctx context.Context, a *app) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	themes := cfg.Themes()
	if c.Bare {
		themes = nil
	}
	report, err := bench.Run(c.Dir, extract.NewReader(themes), bench.Options{Sets: c.Set, Match: c.Match, Learn: c.Learn})
	if err != nil {
		return err
	}
	_, err = io.WriteString(a.stdout, safeText(report.Format(c.Show)))
	return err
}

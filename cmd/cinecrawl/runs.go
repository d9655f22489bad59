package main

import (
	"context"
	"fmt"

	"cinecrawl/storage"
)

type runsCmd struct {
	Site string `arg:"" optional:"" help:"Only this site's."`
	N    int    `short:"n" default:"20" help:"At most so many, the newest first."`
	JSON bool   `name:"json" help:"One JSON object a run, a line each."`
}

func (runsCmd) Help() string {
	return `Every crawl of a site is a run, and is kept: why it was begun (by hand, schedule, or catch-up for one run in place of several that
were missed), when, how long it was crawled, what it found, how it ended, and whether it was interrupted and resumed. One that did not
end is running if a living process has it, or else interrupted: the next crawl of its site goes on with it.

"URLs not followed" in how a run ended counts what the site's own pages, sitemaps and feeds name and the crawl did not ask for, since the
address looks like a trap, or the link says rel=nofollow: how many, by which rule, and the first of each. A pattern under crawl: review in
the site's configuration lets in what only looks like a trap.

Example:

    cinecrawl runs filmjournal.example -n 5`
}

func (c *runsCmd) Run(ctx context.Context, a *app) error {
	st, err := a.openExisting(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	runs, err := st.Runs(ctx, c.Site, c.N)
	if err != nil {
		return err
	}
	if c.Site != "" && len(runs) == 0 {
		return nothingStored(c.Site)
	}
	if c.JSON {
		for _, r := range runs {
			if err := writeJSONLine(a.stdout, toRunJSON(r)); err != nil {
				return err
			}
		}
		return nil
	}
	if len(runs) == 0 {
		fmt.Fprintln(a.stderr, "No runs yet. Start one: cinecrawl crawl")
		return nil
	}
	t := &table{head: []string{"run", "site", "why", "started", "took", "fetched", "new", "changed", "unchanged", "failed", "queued", "ended"}}
	for _, r := range runs {
		took, ended := "", ""
		switch {
		case r.Ended.IsZero():
			ended = unended(r)
		default:
			took, ended = duration(r.Spent.Time), endWords(r)
		}
		t.row(fmt.Sprint(r.ID), safeLine(r.Site), string(r.Cause), r.Started.Local().Format("2006-01-02 15:04"), took, count(r.Counts.Fetched), count(r.Counts.New),
			count(r.Counts.Changed), count(r.Counts.Unchanged), count(failedTotal(r.Counts)), count(r.Counts.Queued), ended)
	}
	t.write(a.stdout, widthOf(a.stdout))
	return nil
}

// unended says what is the matter with a run that did not end.
func unended(r storage.Run) string {
	if r.Running {
		return "running"
	}
	return "interrupted"
}

func endWords(r storage.Run) string {
	why := safeLine(r.Why)
	if r.Resumed {
		why += " (resumed)"
	}
	return why
}

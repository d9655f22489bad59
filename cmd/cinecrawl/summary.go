package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"cinecrawl/configs"
	"cinecrawl/crawler"
	"cinecrawl/storage"
)

// crawlAndSummarise crawls, and says what came of it.
func (a *app) crawlAndSummarise(ctx context.Context, cfg *configs.Config, st storage.Store, sites []configs.Site, pages int, asJSON bool) error {
	runs, err := a.crawl(ctx, cfg, st, sites, pages)
	if !asJSON {
		writeSummary(a.stdout, runs)
		if err == nil {
			err = a.relearn(ctx, cfg, st, runs, a.stdout)
		}
		return err
	}
	if err == nil {
		err = a.relearn(ctx, cfg, st, runs, io.Discard)
	}
	for _, r := range runs {
		if err := writeJSONLine(a.stdout, toRunJSON(r)); err != nil {
			return err
		}
	}
	return err
}

// ended gives the runs in the order of their sites' names, and what to say at the end: that the crawl was stopped, that sites are
// held by another process, or that of a site nothing at all could be fetched. Single pages that failed are no error.
func (a *app) ended(results []crawler.Result, runs map[string]*storage.Run, stopped error) ([]storage.Run, error) {
	var all []storage.Run
	for _, name := range slices.Sorted(maps.Keys(runs)) {
		if runs[name] != nil {
			all = append(all, *runs[name])
		}
	}
	if stopped != nil {
		var own *exitError
		if errors.As(stopped, &own) {
			stopped = &exitError{own.code, fmt.Errorf("%w; the same command goes on from here", own.err)}
		}
		return all, stopped
	}
	var failed []error
	code := exitBusy
	for _, r := range results {
		err := r.Err
		switch {
		case errors.Is(err, storage.ErrBusy) && a.causes != nil:
			a.log.Info("left to the process that has it", "site", r.Site.Name)
			err = nil
		case errors.Is(err, storage.ErrBusy):
			err = busy(r.Site.Name, err)
		case err != nil:
			err, code = fmt.Errorf("%s: %w", r.Site.Name, err), exitFailure
		case r.Off != "" && nothing(r, runs[r.Site.Name]):
			err = fmt.Errorf("%s: nothing could be fetched: the start page redirects to %s, which is another site; to crawl that one: cinecrawl scrape --site %s",
				r.Site.Name, r.Off, r.Off)
			code = exitFailure
		case nothing(r, runs[r.Site.Name]):
			err = fmt.Errorf("%s: nothing could be fetched (%s); see cinecrawl explain %s", r.Site.Name, r.Why, r.Site.Start[0])
			code = exitFailure
		case r.Off != "":
			a.log.Warn("a start page redirects to another site", "site", r.Site.Name, "to", r.Off)
		}
		failed = append(failed, err)
	}
	if err := errors.Join(failed...); err != nil {
		return all, &exitError{code, err}
	}
	return all, nil
}

// nothing says whether a run got nothing from its site: no page was read, and all that was asked for failed.
func nothing(r crawler.Result, run *storage.Run) bool {
	if run == nil {
		return false
	}
	if c := run.Counts; c.New+c.Changed+c.Unchanged+c.NotReviews > 0 {
		return false
	}
	tried, failed := 0, 0
	for o, n := range r.Outcomes {
		tried += n
		if o == "" || o.Failed() || o == crawler.Gone || o == crawler.OutOfScope || o == crawler.Forbidden || o == crawler.NotHTML {
			failed += n
		}
	}
	return tried > 0 && tried == failed
}

// writeSummary writes what a crawl did: a line a site, the totals where there are several, and why requests failed.
func writeSummary(w io.Writer, runs []storage.Run) {
	t := &table{head: []string{"site", "fetched", "new", "changed", "unchanged", "not reviews", "disallowed", "failed", "queued"}}
	var all storage.Counts
	for _, r := range runs {
		t.row(countCells(r.Site, r.Counts)...)
		add(&all, r.Counts)
	}
	if len(runs) > 1 {
		t.row(countCells("all", all)...)
	}
	t.write(w, widthOf(w))
	for _, r := range runs {
		if why := failures(r.Counts.Failed); why != "" {
			fmt.Fprintf(w, "%s: failed: %s\n", safeLine(r.Site), why)
		}
		if r.Why != "done" && r.Why != "stopped" {
			fmt.Fprintf(w, "%s: %s\n", safeLine(r.Site), safeLine(r.Why))
		}
	}
}

func countCells(site string, c storage.Counts) []string {
	return []string{safeLine(site), count(c.Fetched), count(c.New), count(c.Changed), count(c.Unchanged), count(c.NotReviews),
		count(c.Disallowed), count(failedTotal(c)), count(c.Queued)}
}

func failedTotal(c storage.Counts) int {
	n := 0
	for _, k := range c.Failed {
		n += k
	}
	return n
}

func add(sum *storage.Counts, c storage.Counts) {
	sum.Fetched += c.Fetched
	sum.New += c.New
	sum.Changed += c.Changed
	sum.Unchanged += c.Unchanged
	sum.NotReviews += c.NotReviews
	sum.Disallowed += c.Disallowed
	sum.Queued += c.Queued
	if sum.Failed == nil {
		sum.Failed = map[crawler.Outcome]int{}
	}
	for o, n := range c.Failed {
		sum.Failed[o] += n
	}
}

// failures says why requests failed, the commonest first: "server error 3, timeout 1".
func failures(failed map[crawler.Outcome]int) string {
	outcomes := slices.SortedFunc(maps.Keys(failed), func(a, b crawler.Outcome) int {
		return cmp.Or(cmp.Compare(failed[b], failed[a]), cmp.Compare(a, b))
	})
	var parts []string
	for _, o := range outcomes {
		if failed[o] > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", outcomeWords(o), count(failed[o])))
		}
	}
	return strings.Join(parts, ", ")
}

// outcomeWords is an outcome for people.
func outcomeWords(o crawler.Outcome) string {
	switch o {
	case "":
		return "not yet visited"
	case crawler.NotHTML:
		return "not HTML"
	}
	return strings.ReplaceAll(string(o), "_", " ")
}

// runJSON is a run in --json output.
type runJSON struct {
	ID       int64         `json:"id"`
	Site     string        `json:"site"`
	Cause    storage.Cause `json:"cause"` // why it was begun: by hand, schedule, catch-up; "" for runs of earlier versions
	Started  time.Time     `json:"started"`
	Ended    *time.Time    `json:"ended"`   // null while it runs, or if it was killed
	Running  bool          `json:"running"` // not ended, and a living process has it
	Seconds  float64       `json:"seconds"` // that processes had it until it was given free the last time
	Resumed  bool          `json:"resumed"`
	Finished bool          `json:"finished"` // false if it is to go on
	Why      string        `json:"why"`
	countsJSON
}

type countsJSON struct {
	Fetched    int                     `json:"fetched"`
	New        int                     `json:"new"`
	Changed    int                     `json:"changed"`
	Unchanged  int                     `json:"unchanged"`
	NotReviews int                     `json:"not_reviews"`
	Disallowed int                     `json:"disallowed"`
	Failed     map[crawler.Outcome]int `json:"failed"`
	Queued     int                     `json:"queued"`
}

func toRunJSON(r storage.Run) runJSON {
	c := r.Counts
	j := runJSON{ID: r.ID, Site: r.Site, Cause: r.Cause, Started: r.Started.UTC(), Ended: optional(r.Ended), Running: r.Running,
		Seconds: r.Spent.Time.Seconds(), Resumed: r.Resumed, Finished: r.Finished, Why: r.Why,
		countsJSON: countsJSON{c.Fetched, c.New, c.Changed, c.Unchanged, c.NotReviews, c.Disallowed, c.Failed, c.Queued}}
	if j.Failed == nil {
		j.Failed = map[crawler.Outcome]int{}
	}
	return j
}

// optional is a moment for JSON: null where there is none.
func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

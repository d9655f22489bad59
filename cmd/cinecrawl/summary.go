package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"cinecrawl/crawler"
	"cinecrawl/storage"
)

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
	ID      int64      `json:"id"`
	Site    string     `json:"site"`
	Started time.Time  `json:"started"`
	Ended   *time.Time `json:"ended"` // null while it runs, or if it was killed
	Resumed bool       `json:"resumed"`
	Why     string     `json:"why"`
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
	j := runJSON{ID: r.ID, Site: r.Site, Started: r.Started.UTC(), Ended: optional(r.Ended), Resumed: r.Resumed, Why: r.Why,
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

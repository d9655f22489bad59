package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"cinecrawl/crawler"
	"cinecrawl/storage"
)

type statusCmd struct {
	Site string `arg:"" optional:"" help:"The site to account for. Default: a line for every site."`
	JSON bool   `name:"json" help:"One JSON object a site, a line each."`
}

func (statusCmd) Help() string {
	return `Every URL that cinecrawl knows of has an outcome; the figures add up to the number of URLs.

Example:

    cinecrawl status filmjournal.example`
}

func (c *statusCmd) Run(ctx context.Context, a *app) error {
	st, err := a.openExisting(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	all, err := storedSites(ctx, st, c.Site)
	if err != nil {
		return err
	}
	switch {
	case c.JSON:
		for _, s := range all {
			if err := writeJSONLine(a.stdout, toStatusJSON(s, a.now())); err != nil {
				return err
			}
		}
	case c.Site != "":
		a.writeAccount(all[0])
	case len(all) == 0:
		fmt.Fprintln(a.stderr, "Nothing is stored yet. Start with: cinecrawl crawl")
	default:
		t := &table{head: []string{"site", "URLs", "reviews", "not reviews", "disallowed", "failed", "other", "queued", "last run"}}
		for _, s := range all {
			total, failed := s.Queued, 0
			for o, n := range s.Tasks {
				total += n
				if o.Failed() {
					failed += n
				}
			}
			reviews, not, no := s.Tasks[crawler.Reviewed]+s.Tasks[crawler.Roundup], s.Tasks[crawler.NotReview], s.Tasks[crawler.Disallowed]
			t.row(safeLine(s.Site), count(total), count(reviews), count(not), count(no), count(failed),
				count(total-reviews-not-no-failed-s.Queued), count(s.Queued), a.lastRun(s.LastRun))
		}
		t.write(a.stdout, widthOf(a.stdout))
	}
	return nil
}

// storedSites gives the stored site of a name, or all for "".
func storedSites(ctx context.Context, st storage.Store, name string) ([]storage.SiteStatus, error) {
	if name == "" {
		return st.Sites(ctx)
	}
	sites, err := st.Sites(ctx, name)
	if err == nil && len(sites) == 0 {
		err = nothingStored(name)
	}
	return sites, err
}

func nothingStored(site string) error {
	return fmt.Errorf("nothing is stored of %s; crawl it (cinecrawl crawl %s), or see what is stored: cinecrawl status", site, site)
}

// writeAccount writes one site's URLs by outcome, with their sum.
func (a *app) writeAccount(s storage.SiteStatus) {
	t := &table{head: []string{"outcome", "URLs", ""}}
	total := s.Queued
	for _, o := range slices.SortedFunc(maps.Keys(s.Tasks), func(x, y crawler.Outcome) int {
		return cmp.Or(cmp.Compare(s.Tasks[y], s.Tasks[x]), cmp.Compare(x, y))
	}) {
		total += s.Tasks[o]
		t.row(outcomeWords(o), count(s.Tasks[o]), outcomeMeaning[o])
	}
	t.row("queued", count(s.Queued), "to be visited, or visited again")
	t.row("all", count(total), "")
	copies := ""
	if s.Copies > 0 {
		copies = fmt.Sprintf(" (%s of older ones)", counted(s.Copies, "copy", "copies"))
	}
	fmt.Fprintf(a.stdout, "%s: %s known, %s stored%s. Last run: %s.\n\n", safeLine(s.Site), counted(total, "URL"),
		counted(s.Reviews, "review"), copies, a.lastRun(s.LastRun))
	held := false
	for _, h := range s.Holds {
		if h.Until.After(a.now()) {
			held = true
			fmt.Fprintln(a.stdout, safeLine(fmt.Sprintf("host %s is asked again at %s", h.Host, join(": ", h.Until.Local().Format("2006-01-02 15:04:05"), h.Why))))
		}
	}
	if held {
		fmt.Fprintln(a.stdout)
	}
	t.write(a.stdout, widthOf(a.stdout))
}

func (a *app) lastRun(r *storage.Run) string {
	switch {
	case r == nil:
		return "never"
	case r.Ended.IsZero():
		return "began " + ago(r.Started, a.now()) + ", " + unended(*r)
	case r.Why != "":
		return ago(r.Ended, a.now()) + ", " + safeLine(r.Why)
	}
	return ago(r.Ended, a.now())
}

// outcomeMeaning says what an outcome means, where its name does not.
var outcomeMeaning = map[crawler.Outcome]string{
	crawler.Reviewed:    "a review was read and stored",
	crawler.Roundup:     "several films in one text: kept apart",
	crawler.NotReview:   "a list, news, about …: its links count",
	crawler.Listed:      "a sitemap, feed or archive",
	crawler.Unchanged:   "asked again: the same as before",
	crawler.Redirected:  "its target is a URL of its own",
	crawler.NoIndex:     "a review that asks not to be indexed: not stored",
	crawler.Duplicate:   "another URL has the same, or is named as the canonical one",
	crawler.Disallowed:  "robots.txt says no",
	crawler.OutOfScope:  "leads off the site",
	crawler.Forbidden:   "a private or local address: not asked",
	crawler.Gone:        "404 or 410, or a page that comes to the same",
	crawler.NotHTML:     "some other type of file",
	crawler.TooLarge:    "over the bound on size; nothing of it is used",
	crawler.TooDeep:     "too many redirects",
	crawler.Refused:     "401, 403 and other 4xx",
	crawler.ServerError: "5xx after all tries",
	crawler.Unreachable: "no connection, or an answer cut short, after all tries",
	crawler.TimedOut:    "too slow after all tries",
	crawler.Unreadable:  "could not be parsed",
}

type statusJSON struct {
	Site    string                  `json:"site"`
	Known   int                     `json:"known"`  // queued and all of tasks
	Tasks   map[crawler.Outcome]int `json:"tasks"`  // URLs that are not queued, by outcome
	Queued  int                     `json:"queued"` // to be visited, or visited again
	Reviews int                     `json:"reviews"`
	Copies  int                     `json:"copies"`          // of those, with the text of an older review from elsewhere
	Holds   []holdJSON              `json:"holds,omitempty"` // hosts that are not asked now
	LastRun *runJSON                `json:"last_run"`
}

type holdJSON struct {
	Host  string    `json:"host"`
	Until time.Time `json:"until"`
	Why   string    `json:"why"`
}

func toStatusJSON(s storage.SiteStatus, now time.Time) statusJSON {
	j := statusJSON{Site: s.Site, Known: s.Queued, Tasks: s.Tasks, Queued: s.Queued, Reviews: s.Reviews, Copies: s.Copies}
	for _, n := range s.Tasks {
		j.Known += n
	}
	if j.Tasks == nil {
		j.Tasks = map[crawler.Outcome]int{}
	}
	for _, h := range s.Holds {
		if h.Until.After(now) {
			j.Holds = append(j.Holds, holdJSON{h.Host, h.Until, h.Why})
		}
	}
	if s.LastRun != nil {
		r := toRunJSON(*s.LastRun)
		j.LastRun = &r
	}
	return j
}

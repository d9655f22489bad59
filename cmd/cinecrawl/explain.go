package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"cinecrawl/configs"
	"cinecrawl/crawler"
	"cinecrawl/crawler/fetch"
	"cinecrawl/extract"
	"cinecrawl/storage"
)

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

// explanation is all that is known of a URL.
type explanation struct {
	URL       string           `json:"url"`
	Site      string           `json:"site"`
	Found     crawler.Found    `json:"found"`
	From      string           `json:"from,omitempty"`
	Depth     int              `json:"depth"`
	InScope   bool             `json:"in_scope"`
	Scope     string           `json:"scope"` // the rule that decides today
	Allowed   bool             `json:"allowed"`
	Robots    string           `json:"robots"`      // the line that decides today
	RobotsAt  *time.Time       `json:"robots_at"`   // when the copy of robots.txt was fetched that has it; null if there is none
	Then      *pastRobots      `json:"robots_then"` // by which copy the last visit went; null if by the same, or if it is not known
	Queued    bool             `json:"queued"`
	Due       *time.Time       `json:"due"`
	Again     *time.Time       `json:"again"` // a run after this asks again; null where every run does, and where it is queued
	Interval  string           `json:"interval,omitempty"`
	Tries     int              `json:"tries"`
	Visited   *time.Time       `json:"visited"`
	Status    int              `json:"status"` // of the last answer
	Outcome   crawler.Outcome  `json:"outcome"`
	Last      crawler.Outcome  `json:"last"` // of the last visit
	Why       string           `json:"why"`
	Reuse     []crawler.Signal `json:"reuse,omitempty"` // what the publisher says about it, those that hold first
	Type      string           `json:"type,omitempty"`  // of the stored page, as all that follows
	Charset   string           `json:"charset,omitempty"`
	Via       string           `json:"via,omitempty"` // the URL that was asked instead: the page is made of a post in its answer
	Bytes     int              `json:"bytes,omitempty"`
	FetchedAt *time.Time       `json:"fetched_at"`
	Took      string           `json:"took,omitempty"`
	Reading   *readingJSON     `json:"reading"` // by today's rules; null if there is no stored page
	ReadError string           `json:"read_error,omitempty"`
	Record    *storedRecord    `json:"record"` // the review as stored; null if there is none
}

// pastRobots is what an earlier copy of robots.txt said.
type pastRobots struct {
	Allowed bool      `json:"allowed"`
	Robots  string    `json:"robots"`
	Since   time.Time `json:"since"` // when that copy was first fetched
}

type storedRecord struct {
	URL       string    `json:"url"`
	Revision  int       `json:"revision"`
	Hash      string    `json:"hash"`
	FirstSeen time.Time `json:"first_seen"`
	Same      bool      `json:"same"`              // as read today
	CopyOf    string    `json:"copy_of,omitempty"` // URL of the older review with this text
	CopyBits  int       `json:"copy_bits,omitempty"`
}

func (c *explainCmd) Run(ctx context.Context, a *app) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	u, err := crawler.Canonical(c.URL, nil)
	if err != nil {
		return usageErrorf("%s: %v; write it in full, as in https://critic.example/2020/her/", c.URL, err)
	}
	st, err := a.openExisting(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	e, err := explain(ctx, cfg, st, u)
	if errors.Is(err, storage.ErrNotFound) {
		return c.unknown(ctx, cfg, st, u)
	} else if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(a.stdout, e)
	}
	e.write(a)
	return nil
}

// unknown explains a URL that was never met: whether it would be visited at all.
func (c *explainCmd) unknown(ctx context.Context, cfg *configs.Config, st storage.Store, u string) error {
	site, err := cfg.Adhoc(u)
	if err != nil {
		return err
	}
	stored, err := st.Sites(ctx, site.Crawl.Name)
	if err != nil {
		return err
	}
	why := "no page of " + site.Crawl.Name + " that was visited so far leads to it"
	if site.From == "" && len(stored) == 0 {
		why = "its host is of no site that is configured or stored"
	} else if ok, rule := site.Crawl.InScope(u, 0); !ok {
		why = "it is out of scope of " + site.Crawl.Name + ": " + rule
	}
	return fmt.Errorf("%s is not known: %s. To read it now: cinecrawl scrape --explain %s", u, why, u)
}

func explain(ctx context.Context, cfg *configs.Config, st storage.Store, u string) (*explanation, error) {
	task, err := st.TaskByURL(ctx, u)
	if err != nil {
		return nil, err
	}
	e := &explanation{URL: u, Site: task.Site, Found: task.Found, From: task.From, Depth: task.Depth, Queued: task.Queued, Due: optional(task.Due),
		Tries: task.Tries, Visited: optional(task.VisitedAt), Status: task.Status, Outcome: task.Outcome, Last: task.Last, Why: task.Why, Reuse: task.Signals}
	site, err := cfg.Adhoc(u)
	if err != nil {
		return nil, err
	}
	if !task.Queued && !task.VisitedAt.IsZero() && !everyRun(task) {
		interval := task.Pace.Of(site.Crawl.Revisit)
		e.Again, e.Interval = optional(task.VisitedAt.Add(interval)), duration(interval)
	}
	e.InScope, e.Scope = site.Crawl.Admits(task.Task)
	if e.Allowed, e.Robots, err = verdict(ctx, robotsStore{st}, u, fetch.Agent); err != nil {
		return nil, err
	}
	if parsed, err := url.Parse(u); err == nil {
		c, err := robotsStore{st}.LoadRobots(ctx, fetch.Origin(parsed))
		if err != nil {
			return nil, err
		}
		if c != nil {
			e.RobotsAt = optional(c.FetchedAt)
		}
		then, err := st.RobotsAt(ctx, fetch.Origin(parsed), task.VisitedAt)
		switch {
		case errors.Is(err, storage.ErrNotFound):
		case err != nil:
			return nil, err
		case c != nil && (then.Status != c.Status || !bytes.Equal(then.Body, c.Body)):
			e.Then = &pastRobots{Since: then.FetchedAt}
			e.Then.Allowed, e.Then.Robots = verdictOf(then, parsed, fetch.Agent)
		}
	}
	snap, err := st.SnapshotByURL(ctx, u)
	switch {
	case errors.Is(err, storage.ErrNotFound):
	case err != nil:
		return nil, err
	default:
		p := &snap.Page
		e.Type, e.Charset, e.Via, e.Bytes, e.FetchedAt = p.ContentType, p.Charset, p.Via, len(p.Body), optional(p.FetchedAt)
		if p.Took > 0 {
			e.Took = duration(p.Took)
		}
		if task.Kind == crawler.KindPage {
			chrome, err := chromeOf(ctx, st, snap.Site)
			if err != nil {
				return nil, err
			}
			_, review, err := read(extract.NewReader(cfg.Themes()), p, site.Rules, chrome)
			if review != nil {
				e.Reading = &readingJSON{Review: review, FetchedAt: p.FetchedAt.UTC(), Blocks: review.Blocks}
			} else {
				e.ReadError = err.Error()
			}
		}
	}
	record, err := st.RecordByURL(ctx, u)
	switch {
	case errors.Is(err, storage.ErrNotFound):
	case err != nil:
		return nil, err
	default:
		e.Record = &storedRecord{URL: record.Review.URL, Revision: record.Revision, Hash: record.TextHash, FirstSeen: record.FirstSeen.UTC(),
			CopyOf: record.CopyOf, CopyBits: record.CopyBits,
			Same: e.Reading != nil && storage.TextHash(e.Reading.Review) == record.TextHash}
	}
	return e, nil
}

// everyRun says whether every run asks for a page, whatever its interval.
func everyRun(t *storage.TaskState) bool {
	switch t.Outcome {
	case crawler.Disallowed, crawler.ServerError, crawler.Unreachable, crawler.TimedOut, crawler.Forbidden:
		return true
	}
	return t.Kind != crawler.KindPage || t.Found == crawler.FoundStart || t.PageKind == extract.KindList && t.Found != crawler.FoundNext
}

// write writes the explanation for people.
func (e *explanation) write(a *app) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(a.stdout, "%-9s %s\n", name, safeLine(fmt.Sprintf(format, args...)))
	}
	fmt.Fprintf(a.stdout, "%s\n\n", safeLine(e.URL))
	found := foundWords(e.Found)
	if e.From != "" && e.Found != crawler.FoundRobots {
		found += " " + e.From
	}
	line("found", "%s, %s from the start, a sitemap or a feed; site %s", found, counted(e.Depth, "click"), e.Site)
	line("scope", "%s: %s", choice(e.InScope, "in", "out"), e.Scope)
	line("robots", "%s: %s", choice(e.Allowed, "allowed", "disallowed"), e.Robots)
	if e.RobotsAt != nil {
		line("", "as robots.txt was on %s", e.RobotsAt.Local().Format("2006-01-02 15:04"))
	}
	switch {
	case e.Visited == nil:
		line("visited", "never")
	case e.Status == 0:
		line("visited", "%s, no answer", e.Visited.Local().Format("2006-01-02 15:04"))
	default:
		line("visited", "%s, answer %d %s", e.Visited.Local().Format("2006-01-02 15:04"), e.Status, http.StatusText(e.Status))
	}
	if e.Visited != nil {
		line("outcome", "%s", join(": ", outcomeWords(e.Outcome), e.Why))
	}
	if e.Then != nil {
		line("", "robots.txt said then: %s: %s", choice(e.Then.Allowed, "allowed", "disallowed"), e.Then.Robots)
		line("", "as it was since %s", e.Then.Since.Local().Format("2006-01-02 15:04"))
	}
	for i, s := range e.Reuse {
		line(choice(i == 0, "reuse", ""), "%s (%s)", join(": ", string(s.Name), s.Value), s.From)
	}
	switch {
	case e.Queued && e.Due == nil:
		line("next", "queued, due now")
	case e.Queued && e.Due.After(a.now()):
		line("next", "queued, due in %s, after %s", duration(e.Due.Sub(a.now())), counted(e.Tries, "try", "tries"))
	case e.Queued:
		line("next", "queued, due since %s", ago(*e.Due, a.now()))
	case e.Again != nil && e.Again.After(a.now()):
		line("next", "asked again in %s, unless its sitemap or feed says that it changed (every %s, as often as it changed so far)",
			duration(e.Again.Sub(a.now())), e.Interval)
	case e.Again != nil:
		line("next", "asked again with the next run (every %s, as often as it changed so far)", e.Interval)
	case e.Visited != nil:
		line("next", "asked again with every run")
	}
	if e.FetchedAt != nil {
		line("page", "%s", join(", ", size(int64(e.Bytes)), e.Type, e.Charset, "fetched "+ago(*e.FetchedAt, a.now())))
		if e.Via != "" {
			line("", "made of a post in the answer from %s", e.Via)
		}
	}
	if r := e.Record; r != nil {
		text := "as the page is read today"
		switch {
		case e.Outcome == crawler.NoIndex, e.Outcome == crawler.NotReview:
			text = "set aside: exports leave it out"
		case e.Reading == nil:
			text = "no page is kept to read again"
		case !r.Same:
			text = "other than the page is read today: cinecrawl reread " + e.Site
		}
		line("stored", "revision %d, text %s, %s", r.Revision, r.Hash[:16], text)
		if r.URL != e.URL {
			line("", "under %s", r.URL)
		}
		if r.CopyOf != "" {
			line("", "a copy of %s (%s of 64 in their fingerprints differ)", r.CopyOf, counted(r.CopyBits, "bit"))
		}
	}
	switch {
	case e.ReadError != "":
		line("reading", "failed: %s", e.ReadError)
	case e.Reading != nil:
		fmt.Fprintln(a.stdout)
		writeReading(a.stdout, e.Reading.Review)
	}
}

func foundWords(f crawler.Found) string {
	switch f {
	case crawler.FoundStart:
		return "named on the command line or in the configuration"
	case crawler.FoundLink:
		return "link on"
	case crawler.FoundNext:
		return "next page of the list"
	case crawler.FoundSitemap:
		return "in the sitemap"
	case crawler.FoundFeed:
		return "in the feed"
	case crawler.FoundRedirect:
		return "redirect from"
	case crawler.FoundRobots:
		return "Sitemap line of robots.txt"
	case crawler.FoundAuto:
		return "feed or archive named by"
	case crawler.FoundArchive:
		return "in the platform's archive"
	}
	return string(f)
}

func choice(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

// join joins the words that are not empty.
func join(sep string, words ...string) string {
	s := ""
	for _, w := range words {
		if s != "" && w != "" {
			s += sep
		}
		s += w
	}
	return s
}

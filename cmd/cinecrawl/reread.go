package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"cinecrawl/configs"
	"cinecrawl/crawler"
	"cinecrawl/extract"
	"cinecrawl/storage"
)

type rereadCmd struct {
	Site   string `arg:"" optional:"" help:"Only this site's pages."`
	Diff   bool   `help:"Show what changed in each review, line by line."`
	DryRun bool   `help:"Store nothing; say what would change."`
	JSON   bool   `name:"json" help:"The summary as JSON."`
}

func (rereadCmd) Help() string {
	return `The stored pages are read again by today's rules; no site is asked. First all pages of a site tell which blocks repeat on it, then
each is read knowing that. A review whose text did not change stays untouched, a changed one gets a new revision. What is no longer
taken for a review stays stored, but exports leave it out.

Examples:

    cinecrawl reread filmjournal.example --diff
    cinecrawl reread --dry-run`
}

// rereadCounts is the summary of a reread.
type rereadCounts struct {
	Pages     int      `json:"pages"`
	Repeated  int      `json:"repeated_blocks"`
	New       int      `json:"new"`
	Changed   int      `json:"changed"`
	Values    int      `json:"values_changed"` // the text is the same; film, date or another value is not
	Unchanged int      `json:"unchanged"`
	Lost      []string `json:"no_longer_reviews"` // URLs
}

func (c *rereadCmd) Run(ctx context.Context, a *app) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	st, err := a.openExisting(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	sites, err := storedSites(ctx, st, c.Site)
	if err != nil {
		return err
	}
	r := rereader{app: a, cfg: cfg, st: st, dry: c.DryRun, sum: rereadCounts{Lost: []string{}}}
	if c.Diff && !c.JSON {
		r.diffs = a.stdout
	}
	for _, s := range sites {
		if err := r.site(ctx, s.Site); err != nil {
			return err
		}
	}
	if c.JSON {
		return writeJSONLine(a.stdout, r.sum)
	}
	for _, url := range r.sum.Lost {
		fmt.Fprintf(a.stdout, "no longer taken for a review (kept, but not exported): %s\n", safeLine(url))
	}
	if r.sum.Repeated > 0 {
		fmt.Fprintf(a.stdout, "%s found on many reviews of its site: left out where it stands around a text\n", counted(r.sum.Repeated, "block"))
	}
	fmt.Fprintf(a.stdout, "%s read again: %s new, %s changed, %s unchanged, %s no longer taken for reviews\n", counted(r.sum.Pages, "page"),
		count(r.sum.New), count(r.sum.Changed), count(r.sum.Unchanged), count(len(r.sum.Lost)))
	if r.sum.Values > 0 {
		fmt.Fprintf(a.stdout, "of %s the text is the same, but not film, author, date or another value\n", counted(r.sum.Values, "unchanged review"))
	}
	if c.DryRun {
		fmt.Fprintln(a.stdout, "nothing was stored")
	}
	return nil
}

// A rereader reads stored pages again, as the crawl reads them.
type rereader struct {
	*app
	cfg   *configs.Config
	st    storage.Store
	dry   bool
	diffs io.Writer // nil: none
	sum   rereadCounts
}

// site reads all pages of a site twice: to learn what repeats, then for good. Nothing of the second reading is needed by the first,
// so that the same pages and rules always end the same, whatever was known before.
func (r *rereader) site(ctx context.Context, site string) error {
	chrome := extract.NewChrome()
	handle := newHandler(r.cfg, nil)
	err := r.st.Snapshots(ctx, site, func(snap *storage.Snapshot) error {
		v, err := r.visit(ctx, handle, snap)
		if err != nil {
			return err
		}
		review, _ := v.Record.(*extract.Review)
		if review == nil || len(review.Marks) == 0 {
			return nil
		}
		if t, err := r.st.TaskByURL(ctx, snap.Task.URL); err != nil || t.Outcome == crawler.Duplicate {
			return err
		}
		chrome.Add(review.Marks)
		return nil
	})
	if err != nil {
		return err
	}
	r.sum.Repeated += chrome.Repeated()
	handle = newHandler(r.cfg, func(context.Context, string) (*extract.Chrome, error) { return chrome, nil })
	// Duplicates come last: read before the page that owns their text, they would take what it is about to say for their own.
	var last []string
	err = r.st.Snapshots(ctx, site, func(snap *storage.Snapshot) error {
		if t, err := r.st.TaskByURL(ctx, snap.Task.URL); err != nil {
			return err
		} else if t.Outcome == crawler.Duplicate {
			last = append(last, snap.Task.URL)
			return nil
		}
		return r.page(ctx, handle, snap)
	})
	if err != nil {
		return err
	}
	for _, url := range last {
		snap, err := r.st.SnapshotByURL(ctx, url)
		if err != nil {
			return err
		}
		if err := r.page(ctx, handle, snap); err != nil {
			return err
		}
	}
	return nil
}

// stale reads those pages of a site again that would be read otherwise by what is known now of its repeated blocks, at most max of
// them, and says how many are left.
func (r *rereader) stale(ctx context.Context, site string, max int) (left int, err error) {
	chrome, err := chromeOf(ctx, r.st, site)
	if err != nil {
		return 0, err
	}
	var urls []string
	err = r.st.Marks(ctx, site, func(url string, marks []extract.Mark) error {
		switch {
		case !chrome.Stale(marks):
		case len(urls) < max:
			urls = append(urls, url)
		default:
			left++
		}
		return nil
	})
	if err != nil || len(urls) == 0 {
		return left, err
	}
	r.sum.Repeated += chrome.Repeated()
	handle := newHandler(r.cfg, func(context.Context, string) (*extract.Chrome, error) { return chrome, nil })
	for _, url := range urls {
		snap, err := r.st.SnapshotByURL(ctx, url)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		} else if err != nil {
			return left, err
		}
		if err := r.page(ctx, handle, snap); err != nil {
			return left, err
		}
	}
	return left, nil
}

// visit reads a stored page as if it had just been fetched.
func (r *rereader) visit(ctx context.Context, handle crawler.Handler, snap *storage.Snapshot) (*crawler.Visit, error) {
	v := &crawler.Visit{Task: snap.Task, Page: &snap.Page}
	if snap.Task.Kind != crawler.KindPage {
		return v, nil
	}
	site, err := r.cfg.Adhoc(snap.Task.URL)
	if err != nil {
		return nil, err
	}
	return v, handle(ctx, site.Crawl, v)
}

// page reads a stored page and stores what it gives today, if that is something else.
func (r *rereader) page(ctx context.Context, handle crawler.Handler, snap *storage.Snapshot) error {
	if snap.Task.Kind != crawler.KindPage {
		return nil
	}
	r.sum.Pages++
	v, err := r.visit(ctx, handle, snap)
	if err != nil {
		return err
	}
	if v.Outcome == crawler.Unreadable {
		r.log.Warn("cannot read stored page", "url", snap.Page.URL, "err", v.Why)
		return nil
	}
	task, err := r.st.TaskByURL(ctx, snap.Task.URL)
	if err != nil {
		return err
	}
	was, is := isText(task.Outcome), isText(v.Outcome)
	if was && !is {
		r.sum.Lost = append(r.sum.Lost, snap.Task.URL)
	}
	review, _ := v.Record.(*extract.Review)
	if review == nil {
		return nil
	}
	old, err := r.st.RecordByURL(ctx, snap.Task.URL)
	if errors.Is(err, storage.ErrNotFound) {
		if old, err = r.st.RecordByURL(ctx, review.URL); err == nil && old.PageURL != snap.Task.URL {
			is = false // that page owns the text
		}
	}
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if !r.dry {
		_, err := r.st.SaveRecord(ctx, &storage.Record{Site: snap.Site, PageURL: snap.Task.URL, Review: review, FetchedAt: snap.Page.FetchedAt})
		if err != nil {
			return err
		}
	}
	if task.Outcome == crawler.Duplicate {
		// Only the store knows whether its text is its own now.
		if task, err = r.st.TaskByURL(ctx, snap.Task.URL); err != nil {
			return err
		}
		is = isText(task.Outcome)
	}
	if !is {
		return nil
	}
	before, after := "", values(review)+storage.Text(review)
	if old != nil && was {
		before = values(old.Review) + storage.Text(old.Review)
	}
	switch {
	case before == "":
		r.sum.New++
	case old.TextHash != storage.TextHash(review):
		r.sum.Changed++
	default:
		r.sum.Unchanged++
		if before != after {
			r.sum.Values++
		}
	}
	if r.diffs != nil && before != after {
		url := snap.Task.URL
		fmt.Fprintln(r.diffs, safeText(string(diff.Diff(url+" before", []byte(before), url, []byte(after)))))
	}
	return nil
}

// isText says whether an outcome is that of a stored text.
func isText(o crawler.Outcome) bool { return o == crawler.Reviewed || o == crawler.Roundup }

// values are the values of a review, a line each, for comparing.
func values(r *extract.Review) string {
	var b strings.Builder
	line := func(name, value string) { fmt.Fprintf(&b, "%s: %s\n", name, value) }
	line("kind", string(r.Kind))
	line("url", r.URL)
	line("film", r.Film.Title.Value)
	line("year", fmt.Sprint(r.Film.Year.Value))
	line("director", r.Film.Director.Value)
	line("author", r.Author.Value)
	line("published", r.Published.Value.UTC().Format("2006-01-02T15:04:05Z"))
	if r.Rating != nil {
		line("rating", ratingWords(r.Rating))
	}
	line("language", r.Lang)
	return b.String() + "\n"
}

// maxStale bounds how many pages of a site are read again at the end of a crawl; the rest waits for a reread, or the next end.
const maxStale = 2000

// relearn reads again what a crawl read before it knew enough of its sites' repeated blocks, and says so.
func (a *app) relearn(ctx context.Context, cfg *configs.Config, st storage.Store, runs []storage.Run, w io.Writer) error {
	for _, run := range runs {
		r := rereader{app: a, cfg: cfg, st: st}
		left, err := r.stale(ctx, run.Site, maxStale)
		if err != nil {
			return err
		}
		if r.sum.Pages == 0 {
			continue
		}
		fmt.Fprintf(w, "%s: %s on many of its reviews; %s read before that was known and now again, %s changed\n", safeLine(run.Site),
			counted(r.sum.Repeated, "block"), counted(r.sum.Pages, "page"), counted(r.sum.Changed, "review"))
		if left > 0 {
			fmt.Fprintf(w, "%s: %s to be read again: cinecrawl reread %s\n", safeLine(run.Site), counted(left, "page"), safeLine(run.Site))
		}
	}
	return nil
}

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/rogpeppe/go-internal/diff"

	"cinecrawl/crawler"
	"cinecrawl/extract"
	"cinecrawl/storage"
)

type rereadCmd struct {
	Site string `arg:"" optional:"" help:"Only this site's pages."`
	Diff bool   `help:"Show what changed in each text."`
	JSON bool   `name:"json" help:"The summary as JSON."`
}

func (rereadCmd) Help() string {
	return `A better rule reads the stored pages again; it does not ask the site again. A review whose text did not change stays
untouched, a changed one gets a new revision. What is no longer taken for a review is kept and named.

Example:

    cinecrawl reread filmjournal.example --diff`
}

// rereadCounts is the summary of a reread.
type rereadCounts struct {
	Pages     int      `json:"pages"`
	New       int      `json:"new"`
	Changed   int      `json:"changed"`
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
	if c.Site != "" {
		if known, err := st.Sites(ctx, c.Site); err != nil {
			return err
		} else if len(known) == 0 {
			return fmt.Errorf("nothing is stored of %s; see what is: cinecrawl status", c.Site)
		}
	}
	reader := extract.NewReader(cfg.Themes())
	sum := rereadCounts{Lost: []string{}}
	err = st.Snapshots(ctx, c.Site, func(snap *storage.Snapshot) error {
		if snap.Task.Kind != crawler.KindPage {
			return nil
		}
		sum.Pages++
		_, review, err := read(reader, &snap.Page, cfg.RulesFor(snap.Page.URL))
		if err != nil && !errors.Is(err, extract.ErrNotReview) {
			a.log.Warn("cannot read stored page", "url", snap.Page.URL, "err", err)
			return nil
		}
		return c.save(ctx, a, st, &sum, snap, review, err == nil)
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSONLine(a.stdout, sum)
	}
	for _, url := range sum.Lost {
		fmt.Fprintf(a.stdout, "no longer taken for a review (kept as it was): %s\n", safeLine(url))
	}
	fmt.Fprintf(a.stdout, "%s read again: %s new, %s changed, %s unchanged, %s no longer taken for reviews\n", counted(sum.Pages, "page"),
		count(sum.New), count(sum.Changed), count(sum.Unchanged), count(len(sum.Lost)))
	return nil
}

// save stores what a stored page gives today, if that is another text.
func (c *rereadCmd) save(ctx context.Context, a *app, st storage.Store, sum *rereadCounts, snap *storage.Snapshot, review *extract.Review, isReview bool) error {
	old, err := st.RecordByURL(ctx, snap.Task.URL)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		old = nil
	case err != nil:
		return err
	}
	switch {
	case !isReview && old != nil:
		sum.Lost = append(sum.Lost, snap.Task.URL)
		return nil
	case !isReview:
		return nil
	}
	changed, err := st.SaveRecord(ctx, &storage.Record{Site: snap.Site, PageURL: snap.Task.URL, Review: review, FetchedAt: snap.Page.FetchedAt})
	if err != nil {
		return err
	}
	before := ""
	switch {
	case !changed:
		sum.Unchanged++
		return nil
	case old == nil:
		sum.New++
	default:
		sum.Changed++
		before = storage.Text(old.Review)
	}
	if c.Diff && !c.JSON {
		fmt.Fprintln(a.stdout, safeText(string(diff.Diff(snap.Task.URL+" before", []byte(before), snap.Task.URL, []byte(storage.Text(review))))))
	}
	return nil
}

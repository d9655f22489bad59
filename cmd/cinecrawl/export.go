package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cinecrawl/storage"
	"cinecrawl/storage/export"
)

type exportCmd struct {
	Dir    string `arg:"" help:"The folder to write. It may exist only if cinecrawl wrote it."`
	Format string `enum:"text,jsonl,csv" default:"text" help:"text: a file a review, and manifest.jsonl. jsonl, csv: one file."`
	filterFlags
	JSON bool `name:"json" help:"Say what was written as JSON."`
}

// filterFlags choose reviews.
type filterFlags struct {
	Site     []string `placeholder:"NAME" help:"Only these sites' reviews."`
	Film     string   `placeholder:"TITLE" help:"Only of films with this in the title."`
	Year     int      `placeholder:"YYYY" help:"Only of films released in this year."`
	Author   string   `placeholder:"NAME" help:"Only by critics with this in the name."`
	Since    string   `placeholder:"DATE" help:"Only published on or after this day: 2020, 2020-05 or 2020-05-17."`
	Until    string   `placeholder:"DATE" help:"Only published on or before this day (month, year)."`
	MinWords int      `placeholder:"N" help:"Only of at least N words."`
	Lang     string   `placeholder:"CODE" help:"Only in this language: en, fr …"`
	Unique   bool     `help:"Leave out copies of reviews that are stored from elsewhere too."`
}

func (exportCmd) Help() string {
	return `Text files are named NNN_<16 hex digits>.txt: a number in a stable order, and the first 64 bits of the SHA-256 of the review's
URL and text. The same database and filter give the same bytes. The folder is written beside its place and then renamed, so
that there is never half a dataset.

Examples:

    cinecrawl export reviews/
    cinecrawl export her/ --film Her --year 2013 --lang en
    cinecrawl export dataset/ --format jsonl --since 2020 --min-words 200
    cinecrawl export once/ --unique`
}

func (c *exportCmd) Run(ctx context.Context, a *app) error {
	f, err := c.filter()
	if err != nil {
		return err
	}
	st, err := a.openExisting(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	known, err := st.Sites(ctx, c.Site...)
	if err != nil {
		return err
	}
	for _, name := range c.Site {
		if !slices.ContainsFunc(known, func(s storage.SiteStatus) bool { return s.Site == name }) {
			return usageErrorf("nothing is stored of site %s; cinecrawl status lists what is", name)
		}
	}
	if n, err := st.Count(ctx, f); err != nil {
		return err
	} else if n == 0 {
		return errors.New("no stored review matches, so nothing is written; cinecrawl status tells how many there are")
	}
	ctx, done := interruptible(ctx, func(bool) {})
	defer done()
	res, err := export.Write(ctx, c.Dir, export.Format(c.Format), st, f)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return err
	}
	if c.JSON {
		return writeJSONLine(a.stdout, struct {
			Dir     string `json:"dir"`
			Format  string `json:"format"`
			Reviews int    `json:"reviews"`
			Files   int    `json:"files"`
			Bytes   int64  `json:"bytes"`
		}{c.Dir, c.Format, res.Reviews, res.Files, res.Bytes})
	}
	_, err = fmt.Fprintf(a.stdout, "%s in %s, %s: %s\n", counted(res.Reviews, "review"), counted(res.Files, "file"), size(res.Bytes), c.Dir)
	return err
}

// filter turns the flags into a storage.Filter.
func (f *filterFlags) filter() (storage.Filter, error) {
	since, _, err := period("--since", f.Since)
	if err != nil {
		return storage.Filter{}, err
	}
	_, until, err := period("--until", f.Until)
	if err != nil {
		return storage.Filter{}, err
	}
	if !since.IsZero() && !until.IsZero() && !since.Before(until) {
		return storage.Filter{}, usageErrorf("--since %s is after --until %s: no review can be in between", f.Since, f.Until)
	}
	return storage.Filter{Sites: f.Site, Film: f.Film, Year: f.Year, Author: f.Author, Since: since, Until: until,
		MinWords: f.MinWords, Lang: f.Lang, Unique: f.Unique}, nil
}

// period gives the first moment of a year, month or day, and that of the next one, in UTC.
func period(flag, s string) (from, to time.Time, err error) {
	if s == "" {
		return
	}
	for _, form := range []struct {
		layout              string
		years, months, days int
	}{{"2006-01-02", 0, 0, 1}, {"2006-01", 0, 1, 0}, {"2006", 1, 0, 0}} {
		if t, err := time.Parse(form.layout, s); err == nil {
			return t, t.AddDate(form.years, form.months, form.days), nil
		}
	}
	return from, to, usageErrorf("%s %q is no date: write 2020, 2020-05 or 2020-05-17", flag, s)
}

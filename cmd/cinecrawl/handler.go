package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/net/html"

	"cinecrawl/configs"
	"cinecrawl/crawler"
	"cinecrawl/crawler/discover"
	"cinecrawl/extract"
	"cinecrawl/storage"
)

// newHandler makes what turns a fetched page into a finished visit, for crawl, scrape and demo alike: a sitemap, feed or archive into the
// tasks it lists; a page, parsed once, into the tasks it links to and the review it holds. known, if it is not nil, gives what is known
// of the blocks that repeat on a site.
func newHandler(cfg *configs.Config, known func(ctx context.Context, site string) (*extract.Chrome, error)) crawler.Handler {
	reader := extract.NewReader(cfg.Themes())
	return func(ctx context.Context, site *crawler.Site, v *crawler.Visit) error {
		if v.Task.Kind != crawler.KindPage {
			discover.List(site, v)
			return nil
		}
		var chrome *extract.Chrome
		if known != nil {
			var err error
			if chrome, err = known(ctx, site.Name); err != nil {
				return err
			}
		}
		root, review, err := read(reader, v.Page, cfg.RulesFor(v.Page.URL), chrome)
		if root == nil {
			v.Outcome, v.Why = crawler.Unreadable, err.Error()
			return nil
		}
		found := discover.Links(root, v.Page.URL)
		if v.Page.Via == "" { // else it is about the archive
			found.Header(v.Page.Header)
		}
		v.Links = discover.Page(site, v.Task, found)
		v.Signals = found.Signals(v.Page)
		v.NoCopy = found.NoArchive || found.NoIndex
		v.Canonical = found.Canonical
		var missing string
		v.Look, missing = discover.Look(root)
		if v.Outcome, v.Why = judge(review, err); review == nil {
			return nil
		}
		// The store lets a text in once, under its canonical URL; that page, if it is another, is a task of its own.
		review.URL = site.CanonicalOf(v.Task.URL, found.Canonical)
		if review.URL != v.Task.URL && !found.NoFollow {
			if t, ok, _ := site.Link(v.Task, review.URL, crawler.KindPage, crawler.FoundLink); ok {
				v.Links = append(v.Links, t)
			}
		}
		if found.NoIndex && (v.Outcome == crawler.Reviewed || v.Outcome == crawler.Roundup) {
			v.Outcome, v.Why = crawler.NoIndex, "the page asks not to be indexed (noindex)"
			return nil
		}
		if missing != "" && v.Outcome == crawler.NotReview && v.Task.Found != crawler.FoundStart {
			v.Outcome, v.Why, v.Links = crawler.Gone, fmt.Sprintf("soft 404: it says %q", missing), nil
			return nil
		}
		v.Record = review
		return nil
	}
}

// storedLinks gives the links of a page that did not change, from its stored copy: the scope of the site may take more of them now.
func storedLinks(st storage.Store) func(context.Context, *crawler.Site, *crawler.Visit) error {
	return func(ctx context.Context, site *crawler.Site, v *crawler.Visit) error {
		snap, err := st.SnapshotByURL(ctx, v.Task.URL)
		if errors.Is(err, storage.ErrNotFound) {
			return nil // it asked that no copy is kept
		} else if err != nil {
			return err
		}
		body, err := snap.Page.UTF8()
		if err != nil {
			return err
		}
		root, err := extract.Parse(body)
		if err != nil {
			return err
		}
		found := discover.Links(root, snap.Page.URL)
		found.Header(snap.Page.Header)
		v.Links = discover.Page(site, v.Task, found)
		return nil
	}
}

// knownPost says, by what is stored, whether the visit of a post in an archive may stand for that of its page. It finishes it if the post
// did not change since the last visit. What else became of the page (a redirect, a refusal, noindex) is the page's to say again, and so
// it is for one of which no copy is kept, for it asked that none is.
func knownPost(st storage.Store) func(context.Context, *crawler.Site, *crawler.Visit) (bool, error) {
	again := storedLinks(st)
	return func(ctx context.Context, site *crawler.Site, v *crawler.Visit) (bool, error) {
		s, err := st.TaskByURL(ctx, v.Task.URL)
		switch {
		case errors.Is(err, storage.ErrNotFound):
			return true, nil
		case err != nil, s.Site != v.Task.Site, v.Task.LastMod.IsZero():
			return false, err
		}
		switch s.Outcome {
		case "":
			return true, nil
		case crawler.Reviewed, crawler.Roundup, crawler.NotReview, crawler.Duplicate:
		default:
			return false, nil
		}
		same := s.Last != "" && v.Task.LastMod.Before(s.VisitedAt.Add(-settled))
		if !same {
			snap, err := st.SnapshotByURL(ctx, v.Task.URL)
			if errors.Is(err, storage.ErrNotFound) {
				return false, nil
			} else if err != nil {
				return false, err
			}
			same = s.Last != "" && !v.Task.LastMod.After(s.VisitedAt) && bytes.Equal(snap.Page.Body, v.Page.Body)
		}
		if same {
			v.Outcome, v.Why, v.Page = crawler.Unchanged, "not changed since, by the archive", nil
			if s.Queued { // as a 304 of its page would have been
				err = again(ctx, site, v)
			}
		}
		return err == nil, err
	}
}

// settled is how long before the last visit of a post its last change must be for that visit to have seen it: the answer may have come
// from a cache, and the publisher's clock may be slow. No visit by its pace makes good for one that did not.
const settled = 24 * time.Hour

// read parses a page and reads it. The root is nil if the page could not be parsed; the review is nil if it could not be read.
func read(reader *extract.Reader, page *crawler.Page, rules *extract.SiteRules, chrome *extract.Chrome) (*html.Node, *extract.Review, error) {
	body, err := page.UTF8()
	if err != nil {
		return nil, nil, err
	}
	root, err := extract.Parse(body)
	if err != nil {
		return nil, nil, err
	}
	review, err := reader.Read(extract.Input{URL: page.URL, Root: root, Rules: rules, Chrome: chrome})
	return root, review, err
}

// judge turns the end of a reading into the outcome of a visit, and why.
func judge(review *extract.Review, err error) (crawler.Outcome, string) {
	switch {
	case review == nil:
		return crawler.Unreadable, err.Error()
	case review.Kind == extract.KindRoundup:
		return crawler.Roundup, strings.Join(review.Why, "; ")
	case err == nil:
		return crawler.Reviewed, strings.Join(review.Why, "; ")
	case errors.Is(err, extract.ErrNotReview):
		return crawler.NotReview, fmt.Sprintf("%s: %s", review.Kind, strings.Join(review.Why, "; "))
	}
	return crawler.Unreadable, err.Error()
}

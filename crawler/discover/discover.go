// Package discover finds where to go next: the links of a page, the entries of a sitemap, the items of a feed, the posts of a
// platform's own archive.
//
// It reads bytes and trees and gives URLs. It fetches nothing and knows no review. Which of the URLs may be visited is the scope of
// the site (crawler.Site); Page and List put both together.
package discover

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"
	"time"

	"cinecrawl/crawler"
)

// Bounds on what is taken from one body; what is over them is left out, and that is said.
const (
	MaxLinks   = 5_000    // of a page
	MaxEntries = 50_000   // of a sitemap (sitemaps.org, "Sitemap file requirements")
	MaxItems   = 2_000    // of a feed, or of a page of an archive
	MaxSitemap = 50 << 20 // bytes of a sitemap, unpacked (sitemaps.org), or of a page of an archive
	MaxFeed    = 8 << 20  // bytes of a feed
)

// Entry is a URL in a sitemap, feed or archive, as it is written there.
type Entry struct {
	URL  string
	Time time.Time // lastmod, or the item's date; zero if there is none
	Page []byte    // the page made of a post that is there whole; nil for others
}

// Page gives the tasks that a page's links lead to, those in the site's scope, each URL once: the archives that the page names, links,
// rel=next, and on start pages the feeds. The page itself is not among them.
func Page(site *crawler.Site, from crawler.Task, f *Found) []crawler.Task {
	if f.NoFollow {
		return nil
	}
	tasks := make([]crawler.Task, 0, len(f.Archives)+len(f.Links)+len(f.Feeds))
	add := func(u string, kind crawler.Kind, found crawler.Found) {
		if u == from.URL {
			return
		}
		if t, ok, _ := site.Link(from, u, kind, found); ok {
			tasks = append(tasks, t)
		}
	}
	for _, u := range f.Archives {
		if head, ok := strings.CutSuffix(u, crawler.ChangeFields); ok && site.Posts {
			u = head + crawler.PostFields
		}
		add(u, crawler.KindArchive, crawler.FoundAuto)
	}
	if from.Found == crawler.FoundStart { // inner pages name the feeds of their own comments
		for _, u := range f.Feeds {
			add(u, crawler.KindFeed, crawler.FoundAuto)
		}
	}
	for _, l := range f.Links {
		switch {
		case l.NoFollow:
			site.Leave(crawler.Task{URL: l.URL, Kind: crawler.KindPage, Found: crawler.FoundLink, From: from.URL, Depth: from.Depth + 1}, "rel=nofollow")
		case l.Next:
			add(l.URL, crawler.KindPage, crawler.FoundNext)
		default:
			add(l.URL, crawler.KindPage, crawler.FoundLink)
		}
	}
	return tasks
}

// List reads a fetched sitemap, feed or page of an archive into its visit: the tasks that it leads to, the outcome and why. A feed where
// a sitemap is expected is read as what it is. A body that is cut off or broken halfway counts as far as it could be read. The next page
// of a feed or archive is a task; the frontier asks for it again when a page that leads there brought something new.
func List(site *crawler.Site, v *crawler.Visit) {
	var entries []Entry
	var nested []string
	var next string
	var err error
	found := crawler.FoundFeed
	switch body := v.Page.Body; {
	case isJSON(body):
		entries, next, err = Posts(body)
	case v.Task.Kind != crawler.KindSitemap || looksLikeFeed(body):
		entries, next, err = Feed(body)
	default:
		found = crawler.FoundSitemap
		entries, nested, err = Sitemap(body)
	}
	if v.Task.Kind == crawler.KindArchive {
		found = crawler.FoundArchive
	}
	if err != nil && len(entries) == 0 && len(nested) == 0 {
		v.Outcome, v.Why = crawler.Unreadable, err.Error()
		return
	}
	page, perr := url.Parse(v.Page.URL)
	if perr != nil {
		page = &url.URL{}
	}
	base := crawler.NewBase(page)
	seen := make(map[string]bool, len(entries))
	whole := site.Posts && mayBeWhole(v.Page)
	add := func(e Entry, kind crawler.Kind, found crawler.Found) {
		u, err := base.Canonical(e.URL)
		if err != nil || seen[u] || u == v.Task.URL {
			return
		}
		seen[u] = true
		if t, ok, _ := site.Link(v.Task, u, kind, found); ok {
			t.LastMod = e.Time
			v.Links = append(v.Links, t)
			if e.Page != nil && whole && int64(len(e.Page)) <= cmp.Or(site.MaxBody, MaxFeed) { // as its page may be
				v.Posts = append(v.Posts, postVisit(v.Page, t, e.Page))
			}
		}
	}
	for _, u := range nested {
		add(Entry{URL: u}, crawler.KindSitemap, found)
	}
	for _, e := range entries {
		add(e, crawler.KindPage, found)
	}
	v.Outcome = crawler.Listed
	v.Why = fmt.Sprintf("%d entries, %d in scope", len(entries)+len(nested), len(v.Links))
	if err != nil {
		v.Why += "; then " + err.Error()
	}
	if v.Task.Kind != crawler.KindSitemap {
		if u := further(page, v.Page.Header, len(entries), next); u != "" {
			add(Entry{URL: u}, crawler.KindArchive, crawler.FoundNext)
		}
	}
}

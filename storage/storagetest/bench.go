package storagetest

import (
	"fmt"
	"strings"
	"testing"

	"cinecrawl/crawler"
	"cinecrawl/storage"
)

// BenchmarkCommit stores pages of 30 kB with 60 links, of which 50 are on every page, 9 on some and one is new. It gives how many; visitOf
// is what becomes of one.
func BenchmarkCommit(b *testing.B, s storage.Store, visitOf func(t crawler.Task, html string, links []crawler.Task) crawler.Visit) (pages int) {
	const site, batch = "films.example", 20
	ctx := b.Context()
	url := func(n int) string { return fmt.Sprintf("https://%s/2013/12/a-review-of-some-film-%d/", site, n) }
	task := func(n int) crawler.Task {
		return crawler.Task{URL: url(n), Site: site, Host: site, Kind: crawler.KindPage, Depth: 2, Found: crawler.FoundLink, From: url(n / 2)}
	}
	if _, err := s.StartRun(ctx, site, []crawler.Task{task(0)}, 0, storage.ByHand); err != nil {
		b.Fatal(err)
	}
	var text strings.Builder
	for i := 0; text.Len() < 30_000; i++ {
		fmt.Fprintf(&text, "<p class=\"p%d\">Sentence %d of a page, with <a href=\"/x%d\">a link</a> and some more words.</p>\n", i%7, i*7919, i)
	}
	for b.Loop() {
		visits := make([]crawler.Visit, batch)
		for i := range visits {
			k := pages + i
			links := make([]crawler.Task, 0, 60)
			for j := range 50 {
				links = append(links, task(1_000_000+j))
			}
			for j := range 9 {
				links = append(links, task(max(0, k-j*100)))
			}
			links = append(links, task(k+1))
			visits[i] = visitOf(task(k), text.String(), links)
		}
		if _, err := s.Commit(ctx, visits); err != nil {
			b.Fatal(err)
		}
		pages += batch
	}
	return pages
}

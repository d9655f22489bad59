package postgres_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"cinecrawl/crawler"
	"cinecrawl/extract"
	"cinecrawl/storage"
	"cinecrawl/storage/postgres"
	"cinecrawl/storage/postgres/pgtest"
)

// BenchmarkCommit stores pages of 30 kB with 60 links, of which 50 are on every page, 9 on some and one is new.
func BenchmarkCommit(b *testing.B) {
	const site, batch = "films.example", 20
	ctx := b.Context()
	s, err := postgres.Open(ctx, pgtest.URL(b))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
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
	pages := 0
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
			t := task(k)
			r := &extract.Review{URL: t.URL, Kind: extract.KindReview, Headline: extract.Text{Value: "A film"}, Extractor: "generic"}
			for range 10 {
				r.Paragraphs = append(r.Paragraphs, strings.Repeat("A sentence of a review. ", 20))
			}
			r.Paragraphs = append(r.Paragraphs, t.URL)
			visits[i] = crawler.Visit{Task: t, Outcome: crawler.Reviewed, Record: r, Links: links,
				Page: &crawler.Page{URL: t.URL, Status: 200, Header: http.Header{"Content-Type": {"text/html"}}, Body: []byte(text.String()), FetchedAt: time.Now()}}
		}
		if _, err := s.Commit(ctx, visits); err != nil {
			b.Fatal(err)
		}
		pages += batch
	}
	b.ReportMetric(float64(pages)/b.Elapsed().Seconds(), "pages/s")
}

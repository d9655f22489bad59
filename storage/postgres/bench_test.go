package postgres_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"cinecrawl/crawler"
	"cinecrawl/extract"
	"cinecrawl/storage/postgres"
	"cinecrawl/storage/postgres/pgtest"
	"cinecrawl/storage/storagetest"
)

func BenchmarkCommit(b *testing.B) {
	s, err := postgres.Open(b.Context(), pgtest.URL(b))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	pages := storagetest.BenchmarkCommit(b, s, func(t crawler.Task, html string, links []crawler.Task) crawler.Visit {
		r := &extract.Review{URL: t.URL, Kind: extract.KindReview, Headline: extract.Text{Value: "A film"}, Extractor: "generic"}
		for range 10 {
			r.Paragraphs = append(r.Paragraphs, strings.Repeat("A sentence of a review. ", 20))
		}
		r.Paragraphs = append(r.Paragraphs, t.URL)
		return crawler.Visit{Task: t, Outcome: crawler.Reviewed, Record: r, Links: links,
			Page: &crawler.Page{URL: t.URL, Status: 200, Header: http.Header{"Content-Type": {"text/html"}}, Body: []byte(html), FetchedAt: time.Now()}}
	})
	b.ReportMetric(float64(pages)/b.Elapsed().Seconds(), "pages/s")
}

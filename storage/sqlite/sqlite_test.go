package sqlite_test

import (
	"net/http"
	"strings"
	"time"

	"path/filepath"
	"testing"

	"cinecrawl/crawler"
	"cinecrawl/extract"
	"cinecrawl/storage"
	"cinecrawl/storage/sqlite"
	"cinecrawl/storage/storagetest"
)

func TestStore(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) func() storage.Store {
		path := filepath.Join(t.TempDir(), "odd name?#%.db")
		return func() storage.Store {
			s, err := sqlite.Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	})
}

// visitOf is a visit of a page that was read as a review of 5 kB.
func visitOf(t crawler.Task, html string, links []crawler.Task) crawler.Visit {
	r := &extract.Review{URL: t.URL, Kind: extract.KindReview, Headline: extract.Text{Value: "A film"}, Extractor: "generic"}
	for range 10 {
		r.Paragraphs = append(r.Paragraphs, strings.Repeat("A sentence of a review. ", 20))
	}
	return crawler.Visit{Task: t, Outcome: crawler.Reviewed, Record: r, Links: links,
		Page: &crawler.Page{URL: t.URL, Status: 200, Header: http.Header{"Content-Type": {"text/html"}, "Etag": {`"x"`}}, Body: []byte(html), FetchedAt: time.Now()}}
}

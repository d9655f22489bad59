package storagetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"cinecrawl/crawler"
	"cinecrawl/extract"
	"cinecrawl/storage"
)

// Films is a crawl of a site where the page of film n links those of 2n and 2n+1: every third is a list, every fifth fails once.
type Films struct{ Site string }

// Task is that of a film.
func (f Films) Task(n int) crawler.Task {
	u := func(n int) string { return fmt.Sprintf("https://%s/%d", f.Site, n) }
	return crawler.Task{URL: u(n), Site: f.Site, Host: f.Site, Kind: crawler.KindPage, Found: crawler.FoundLink, From: u(n / 2)}
}

// Visit is what becomes of a task where there are so many films; the same at every visit.
func (f Films) Visit(task crawler.Task, films int) crawler.Visit {
	var n int
	fmt.Sscanf(task.URL, "https://"+f.Site+"/%d", &n)
	body := fmt.Sprintf("<p>Page %d of %s.</p>", n, f.Site)
	v := crawler.Visit{Task: task, Page: &crawler.Page{URL: task.URL, Status: 200, Body: []byte(body), FetchedAt: time.Now()}}
	for _, k := range []int{2 * n, 2*n + 1} {
		if k <= films {
			v.Links = append(v.Links, f.Task(k))
		}
	}
	switch {
	case n%5 == 0 && task.Tries == 0:
		v.Task.Tries, v.Page, v.Links = 1, nil, nil
	case n%3 == 0:
		v.Outcome = crawler.NotReview
	default:
		v.Outcome = crawler.Reviewed
		v.Record = &extract.Review{URL: task.URL, Kind: extract.KindReview, Paragraphs: []string{body}}
	}
	return v
}

// Crawl crawls until the queue is empty. It tells of each commit that returned. No review may be stored twice.
func (f Films) Crawl(ctx context.Context, s storage.Store, films int, committed func([]crawler.Visit)) error {
	run, err := s.StartRun(ctx, f.Site, []crawler.Task{f.Task(1)}, time.Hour, storage.ByHand)
	if err != nil {
		return err
	}
	for {
		tasks, err := s.Next(ctx, f.Site, f.Site, time.Now(), 7, nil)
		if err != nil {
			return err
		}
		if len(tasks) == 0 {
			return s.EndRun(ctx, run, true, "done")
		}
		visits := make([]crawler.Visit, len(tasks))
		for i, task := range tasks {
			visits[i] = f.Visit(task, films)
		}
		stored, err := s.Commit(ctx, visits)
		if err != nil {
			return err
		}
		for i, v := range visits {
			if v.Outcome == crawler.Reviewed && stored[i].Change != crawler.NewReview {
				return fmt.Errorf("%s was stored before: %s", v.Task.URL, stored[i].Change)
			}
		}
		committed(visits)
	}
}

// Check holds that the crawl is whole: every page done, every review once, the figures of the run and the summary of the queue right.
func (f Films) Check(t *testing.T, s storage.Store, films int) {
	t.Helper()
	reviews := 0
	for n := 1; n <= films; n++ {
		if n%3 != 0 {
			reviews++
		}
	}
	all, err := s.Sites(t.Context(), f.Site)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	got := all[0]
	if got.Queued != 0 || got.Reviews != reviews || got.Tasks[crawler.Reviewed] != reviews || got.Tasks[crawler.NotReview] != films-reviews {
		t.Errorf("%+v, want %d reviews of %d pages", got, reviews, films)
	}
	if c := got.LastRun.Counts; c.New != reviews || c.Fetched != films || c.NotReviews != films-reviews || !got.LastRun.Finished {
		t.Errorf("run: %+v", got.LastRun)
	}
}

package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cinecrawl/configs"
	"cinecrawl/crawler"
	"cinecrawl/storage"
	"cinecrawl/storage/sqlite"
)

// A page that was visited before robots.txt changed is explained by both copies: that which decided then, and today's.
func TestExplainRobotsThen(t *testing.T) {
	ctx := t.Context()
	st, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	const url = "https://films.example/her/"
	day := func(n int) time.Time { return time.Date(2024, 1, n, 12, 0, 0, 0, time.UTC) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	robots := func(n int, rule string) {
		must(st.SaveRobots(ctx, &crawler.RobotsCopy{Origin: "https://films.example:443", Status: 200, Body: []byte("User-agent: *\n" + rule + "\n"), FetchedAt: day(n)}))
	}
	_, err = st.StartRun(ctx, "films.example", nil, 0, storage.ByHand)
	must(err)
	robots(1, "Disallow: /search")
	_, err = st.Commit(ctx, []crawler.Visit{{Outcome: crawler.NotReview, Page: &crawler.Page{URL: url, Status: 200, FetchedAt: day(2)},
		Task: crawler.Task{URL: url, Site: "films.example", Host: "films.example", Kind: crawler.KindPage, Found: crawler.FoundStart}}})
	must(err)
	robots(3, "Disallow: /search")
	told := func() string {
		t.Helper()
		e, err := explain(context.Background(), new(configs.Config), st, url)
		must(err)
		var out bytes.Buffer
		e.write(&app{stdout: &out, now: time.Now})
		return out.String()
	}
	if out := told(); strings.Contains(out, "said then") {
		t.Errorf("one copy:\n%s", out)
	}
	robots(4, "Disallow: /her/")
	out := told()
	for _, want := range []string{"disallowed: robots.txt line 2: Disallow: /her/", "robots.txt said then: allowed: ", "as it was since 2024-01-01"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// The account of a site says which of its hosts is not asked now, and why.
func TestStatusHolds(t *testing.T) {
	now := time.Now()
	var out bytes.Buffer
	a := &app{stdout: &out, now: func() time.Time { return now }}
	s := storage.SiteStatus{Site: "films.example", Holds: []storage.Hold{{Host: "a.example", Until: now.Add(time.Hour), Why: "status 503"},
		{Host: "b.example", Until: now.Add(-time.Hour), Why: "status 429"}}}
	a.writeAccount(s)
	want := "host a.example is asked again at " + now.Add(time.Hour).Local().Format("2006-01-02 15:04:05") + ": status 503\n"
	if got := out.String(); !strings.Contains(got, want) || strings.Contains(got, "b.example") {
		t.Errorf("no %q, or more than that, in\n%s", want, got)
	}
	if j := toStatusJSON(s, now); len(j.Holds) != 1 || j.Holds[0].Why != "status 503" {
		t.Errorf("as JSON: %+v", j.Holds)
	}
}

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cinecrawl/cmd/internal/demo"
	"cinecrawl/crawler"
	"cinecrawl/storage"
	"cinecrawl/storage/sqlite"
)

// TestDemo runs the demonstration. Its export must be exactly the known texts, and what is stored the known facts.
func TestDemo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	out := runDemo(t, dir)
	for _, want := range []string{"Before: ", "Fill in your details below", "After: ", filepath.Join(dir, "reviews")} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}

	sites, err := demo.Sites()
	if err != nil {
		t.Fatal(err)
	}
	exported := exports(t, filepath.Join(dir, "reviews"))
	known := map[string]bool{}
	for _, s := range sites {
		for _, p := range s.Reviews() {
			known[s.Truth(p.Path)] = true
			if text := s.Truth(p.Path); !slices.Contains(exported, text) {
				t.Errorf("%s %s is not exported as it should be (-want +got):\n%s", s.Name, p.Path, cmp.Diff(text, nearest(exported, text)))
			}
		}
	}
	for _, text := range exported {
		if !known[text] {
			t.Errorf("exported, but no known text:\n%s", text)
		}
	}

	st, err := sqlite.Open(context.Background(), filepath.Join(dir, "cinecrawl.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	stored := map[string]*storage.Record{}
	if err := st.Records(context.Background(), storage.Filter{}, func(r *storage.Record) error {
		_, path, _ := strings.Cut(strings.TrimPrefix(r.Review.URL, "http://"), "/")
		stored[r.Site+" /"+path] = r
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, s := range sites {
		for _, p := range s.Reviews() {
			if r := stored[s.Name+" "+p.Path]; r != nil {
				checkFacts(t, s, p, r)
			}
		}
	}
	checkOutcomes(t, st, configured(t, filepath.Join(dir, "cinecrawl.yaml")))
}

func runDemo(t *testing.T, dir string) string {
	t.Helper()
	var out bytes.Buffer
	if code := run([]string{"demo", "--dir", dir}, strings.NewReader(""), &out, &out); code != exitOK {
		t.Fatalf("cinecrawl demo: exit code %d\n%s", code, &out)
	}
	return out.String()
}

// checkFacts compares what is stored of a review with what its site says of it.
func checkFacts(t *testing.T, s *demo.Site, p *demo.Page, r *storage.Record) {
	t.Helper()
	type facts struct{ Film, Year, Author, Day, Rating, Grade, Lang, Spoilers string }
	want := facts{p.Get("Film"), p.Get("Year"), p.Get("Author"), p.Time().Format(time.DateOnly), p.Get("Rating"), p.Get("Grade"),
		s.Get("Lang")[:2], p.Get("Spoilers")}
	v := r.Review
	got := facts{Film: v.Film.Title.Value, Author: v.Author.Value, Day: v.Published.Value.Format(time.DateOnly), Lang: v.Lang}
	if want.Year != "" { // what the page does not state, nobody needs to know
		got.Year = strconv.Itoa(v.Film.Year.Value)
	}
	if v.Rating != nil {
		got.Rating = v.Rating.Raw
		if v.Rating.Best > 0 {
			got.Grade = fmt.Sprintf("%g/%g", v.Rating.Value, v.Rating.Best)
		}
	}
	if v.Spoilers {
		got.Spoilers = "yes"
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s %s: facts (-want +got):\n%s", s.Name, p.Path, diff)
	}
}

// checkOutcomes looks at the odd pages, one of each kind.
func checkOutcomes(t *testing.T, st storage.Store, at map[string]string) {
	t.Helper()
	for _, tt := range []struct {
		url  string
		want crawler.Outcome
	}{
		{at["loud-popcorn"] + "/drafts/the-one-we-fought-about/", crawler.Disallowed},
		{at["small-hours"] + "/", crawler.Redirected},
		{at["canal-street-observer"] + "/film/reviews/content?oid=88213", crawler.Redirected},
		{at["canal-street-observer"] + "/film/reviews/content?oid=70011", crawler.Gone},
		{at["late-matinee"] + "/sitemap_index.xml", crawler.Listed},
		{at["late-matinee"] + "/post-sitemap.xml.gz", crawler.Listed},
		{at["kurz-vor-schluss"] + "/rss/", crawler.Listed},
		{at["late-matinee"] + "/about/", crawler.NotReview},
	} {
		task, err := st.TaskByURL(context.Background(), tt.url)
		if err != nil || task.Outcome != tt.want {
			t.Errorf("%s: %+v, want the outcome %q; %v", tt.url, task, tt.want, err)
		}
	}
	for _, url := range []string{
		at["late-matinee"] + "/2014/11/paper-lanterns/?replytocom=41",
		at["harbour-light"] + "/2023/05/14/saltwork/?utm_source=more&utm_medium=block",
	} {
		if task, err := st.TaskByURL(context.Background(), url); err == nil {
			t.Errorf("%s is a task of its own: %+v", url, task)
		}
	}
}

// TestDemoFolder holds that a demonstration replaces nothing but an earlier one.
func TestDemoFolder(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, "thesis.txt")
	if err := os.WriteFile(mine, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if code := run([]string{"demo", "--dir", dir}, strings.NewReader(""), &out, &out); code != exitUsage || !strings.Contains(out.String(), "--dir") {
		t.Errorf("demo into a folder of somebody's: exit code %d\n%s", code, &out)
	}
	if readFile(t, mine) != "mine" {
		t.Error("the folder was touched")
	}
}

package bench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cinecrawl/configs"
	"cinecrawl/crawler/crawltest"
	"cinecrawl/extract"
)

// TestScore measures two pages whose measure is known.
func TestScore(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("pages.jsonl", `{"id":"a","set":"s","html":"a.html","gold":"a.txt","url":"https://a.example/","review":true}
{"id":"b","set":"s","html":"a.html","gold":"b.txt","optional":"o.txt","url":"https://a.example/b/","review":false}
`)
	write("a.html", "")
	write("a.txt", "one two three four five\n\nsix seven eight nine\n")
	write("b.txt", "one two three four five\n\nten eleven twelve thirteen\n")
	write("o.txt", "A byline\n")
	read := func(string, []byte) (*extract.Review, error) {
		return &extract.Review{Kind: extract.KindReview, Paragraphs: []string{"One, two, three, four, five.", "six seven eight nine", "byline A"}}, nil
	}
	rep, err := Run(dir, nil, Options{Read: read})
	if err != nil {
		t.Fatal(err)
	}
	if rep.Pages[0].ID != "b" {
		t.Errorf("the worst page is %s", rep.Pages[0].ID)
	}
	for _, p := range rep.Pages {
		// Words count by case as the scoring rule has it: "One" is not "one".
		got := strings.Join(p.Lost, "|") + " / " + strings.Join(p.Leaked, "|")
		want := map[string]string{
			"a": "one two three four five / One, two, three, four, five.|byline A",
			"b": "one two three four five|ten eleven twelve thirteen / One, two, three, four, five.|six seven eight nine",
		}[p.ID]
		if got != want {
			t.Errorf("%s: got %q, want %q", p.ID, got, want)
		}
	}
	all := rep.Sums[len(rep.Sums)-1]
	if c := all.Fields["is_review"]; c.Right != 1 || c.Wrong != 1 {
		t.Errorf("is_review %+v", c)
	}
}

// TestFigures holds what the reader reaches on the shared pages and sites.
func TestFigures(t *testing.T) {
	pages, sites := crawltest.Shared(t, "pages"), crawltest.Shared(t, "sites")
	cfg, err := configs.Load("")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, dir, set string
		themes         []*extract.Theme
		f1, perfect    float64
		fields         map[string]float64
	}{
		{"film, bare", pages, "film", nil, 0.990, 0.93, nil},
		{"templates, bare", pages, "templates", nil, 0.985, 0.75, nil},
		{"general, bare", pages, "general", nil, 0.955, 0.25, nil},
		{"templates", pages, "templates", cfg.Themes(), 0.990, 0.85, map[string]float64{"is_review": 0.98}},
		{"pages that are none", pages, "other-kinds", cfg.Themes(), 0, 0, map[string]float64{"is_review": 0.98}},
		{"sites", sites, "", cfg.Themes(), 0.99, 0.97, map[string]float64{"kind_right": 0.98, "review_found": 0.98, "film": 0.97,
			"year_on_page": 0.88, "author": 0.97, "date": 0.98, "rating": 0.98, "lang": 0.99}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			opt := Options{}
			if tt.set != "" {
				opt.Sets = []string{tt.set}
			}
			rep, err := Run(tt.dir, extract.NewReader(tt.themes), opt)
			if err != nil {
				t.Fatal(err)
			}
			all := rep.Sums[len(rep.Sums)-1]
			if all.F1 < tt.f1 || all.Perfect < tt.perfect || all.Comments > 0 {
				t.Errorf("F1 %.4f, perfect %.4f, %d with visitors' words; want %.3f and %.3f", all.F1, all.Perfect, all.Comments, tt.f1, tt.perfect)
			}
			for name, want := range tt.fields {
				if c := all.Fields[name]; c == nil || share(c.Right, c.Total) < want {
					t.Errorf("%s: %+v, want %.3f right", name, c, want)
				}
			}
			if tt.dir != sites {
				return
			}
			for _, name := range []string{"film", "year"} {
				if c := all.Fields[name]; share(c.Wrong, c.Total) > 0.01 {
					t.Errorf("%s: %d wrong", name, c.Wrong)
				}
			}
			if c := all.Fields["rating"]; c.Invented > 0 {
				t.Errorf("%d ratings invented", c.Invented)
			}
		})
	}
}

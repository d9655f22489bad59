package main

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"cinecrawl/crawler/crawltest"
	"cinecrawl/extract"
	"cinecrawl/storage"
	"cinecrawl/storage/sqlite"
)

// seed is a review as another scraper saved it, put back into a page of its platform.
type seed struct {
	number, path string
	clean        string // what must be exported
	page         string // with BASE for the address of its site
	chrome       []string
}

// seedFacts is what the reading of a seed must say beside the text.
type seedFacts struct {
	Film       string
	Rating     string // as on the page
	Value      float64
	Best       float64
	Spoilers   bool
	Lang       string
	Normalised bool
}

// TestSeeds crawls a page for each of the five seed reviews, in the markup of its platform and with everything around it that
// the other scraper took for the review, and exports it. The text must be the clean one, byte for byte.
func TestSeeds(t *testing.T) {
	seeds := readSeeds(t)
	dir := t.TempDir()
	db, out, config := filepath.Join(dir, "seeds.db"), filepath.Join(dir, "reviews"), filepath.Join(dir, "seeds.yaml")
	var yaml strings.Builder
	fmt.Fprintln(&yaml, "gap: 10ms\nsites:")
	for _, s := range seeds {
		srv := httptest.NewServer(s)
		t.Cleanup(srv.Close)
		fmt.Fprintf(&yaml, "  seed%s:\n    hosts: [%q]\n    crawl: {start: [%q]}\n", s.number, strings.TrimPrefix(srv.URL, "http://"), srv.URL+"/")
	}
	if err := os.WriteFile(config, []byte(yaml.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"crawl"}, {"export", out}} {
		var output bytes.Buffer
		args = append(args, "--config", config, "--db", db)
		if code := run(args, strings.NewReader(""), &output, &output); code != exitOK {
			t.Fatalf("cinecrawl %s: exit code %d\n%s", strings.Join(args, " "), code, &output)
		}
	}
	exported := exports(t, out)
	want := map[string]seedFacts{
		"000": {Film: "Her", Lang: "en"},
		"001": {Film: "Her", Lang: "en"},
		"002": {Film: "Her", Lang: "en", Rating: "★★★★☆", Value: 4, Best: 5, Normalised: true},
		"003": {Film: "Her", Lang: "en", Rating: "4.25 stars", Value: 4.25, Spoilers: true},
		"004": {Film: "Her", Lang: "en"},
	}
	got := facts(t, db)
	for _, s := range seeds {
		t.Run(s.number, func(t *testing.T) {
			if !slices.Contains(exported, s.clean) {
				t.Errorf("not exported as it should be (-want +got):\n%s", cmp.Diff(s.clean, nearest(exported, s.clean)))
			}
			if diff := cmp.Diff(want[s.number], got["seed"+s.number]); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
}

// ServeHTTP serves a front page that links to the review, and the review.
func (s *seed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.RequestURI() {
	case "/":
		fmt.Fprintf(w, "<!DOCTYPE html><title>Front page</title><ul><li><a href=%q>The newest</a></ul>", s.path)
	case s.path:
		fmt.Fprint(w, strings.ReplaceAll(s.page, "BASE", "http://"+r.Host))
	default:
		http.NotFound(w, r)
	}
}

// readSeeds builds the pages of the shared data.
func readSeeds(t *testing.T) []*seed {
	t.Helper()
	dir := crawltest.Shared(t, "seeds")
	ar, err := txtar.ParseFile(filepath.Join("testdata", "seeds.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	var all []*seed
	for _, f := range ar.Files {
		number, path, _ := strings.Cut(f.Name, " ")
		raw, err := filepath.Glob(filepath.Join(dir, number+"_*.txt"))
		if err != nil || len(raw) != 1 {
			t.Fatalf("seed %s: want one file, have %v (%v)", number, raw, err)
		}
		s := &seed{number: number, path: path, clean: readFile(t, filepath.Join(dir, "clean", number+".txt"))}
		s.build(t, readFile(t, raw[0]), string(f.Data))
		all = append(all, s)
	}
	return all
}

// build sorts the lines that the other scraper saved into the review's and the page's, and lays them out.
func (s *seed) build(t *testing.T, raw, layout string) {
	t.Helper()
	lines := nonEmpty(s.clean)
	data := struct {
		Base, Headline, Plain, Last string
		Paragraphs, Chrome          []string
		Services                    [][]string // of a comment form: the icon and the text of each
	}{Base: "BASE", Plain: html.EscapeString(lines[0]), Headline: html.EscapeString(lines[0])}
	if s.number == "004" { // a newspaper sets a film's title in italics
		data.Headline = strings.Replace(data.Headline, " Her,", " <em>Her</em>,", 1)
	}
	for _, line := range nonEmpty(raw) {
		switch plain := strings.Join(strings.Fields(line), " "); {
		case plain == lines[0]:
		case slices.Contains(lines, plain):
			data.Paragraphs = append(data.Paragraphs, html.EscapeString(line))
		default:
			s.chrome = append(s.chrome, plain)
			data.Chrome = append(data.Chrome, html.EscapeString(line))
		}
	}
	if got, want := len(data.Paragraphs), len(lines)-1; got != want {
		t.Fatalf("seed %s: %d of its lines are the review's, want %d", s.number, got, want)
	}
	if s.number == "003" {
		last := len(data.Chrome) - 1
		data.Services = slices.Collect(slices.Chunk(data.Chrome[5:last], 2))
		data.Last = data.Chrome[last]
	}
	var b strings.Builder
	if err := template.Must(template.New(s.number).Parse(layout)).Execute(&b, data); err != nil {
		t.Fatal(err)
	}
	s.page = b.String()
	for _, line := range data.Chrome {
		if !strings.Contains(s.page, line) {
			t.Errorf("seed %s: the page lacks %q, which must be seen to go", s.number, line)
		}
	}
}

func nonEmpty(text string) (lines []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSuffix(line, "\n"); strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// exports gives the texts of an exported dataset.
func exports(t *testing.T, dir string) (texts []string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		texts = append(texts, readFile(t, name))
	}
	return texts
}

// nearest is the text that shares most lines with want.
func nearest(texts []string, want string) (best string) {
	most := 0
	lines := nonEmpty(want)
	for _, text := range texts {
		n := 0
		for _, line := range nonEmpty(text) {
			if slices.Contains(lines, line) {
				n++
			}
		}
		if n > most {
			most, best = n, text
		}
	}
	return best
}

// facts reads what was stored, by site.
func facts(t *testing.T, db string) map[string]seedFacts {
	t.Helper()
	st, err := sqlite.Open(context.Background(), db)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	all := map[string]seedFacts{}
	err = st.Records(context.Background(), storage.Filter{}, func(r *storage.Record) error {
		f := seedFacts{Film: r.Review.Film.Title.Value, Spoilers: r.Review.Spoilers, Lang: r.Review.Lang}
		if g := r.Review.Rating; g != nil {
			f.Rating, f.Value, f.Best = g.Raw, g.Value, g.Best
			_, f.Normalised = g.Normalised()
		}
		if r.Review.Kind == extract.KindReview {
			all[r.Site] = f
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

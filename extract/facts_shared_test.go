package extract

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"cinecrawl/crawler/crawltest"
)

// TestFactsOfSharedSites reads the whole sites of the shared data and holds the share of right facts above bounds. Run with -v for
// the figures; FACTS=film (or another field) lists what went wrong.
func TestFactsOfSharedSites(t *testing.T) {
	dir := crawltest.Shared(t, "sites")
	list, err := os.ReadFile(filepath.Join(dir, "pages.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	show := os.Getenv("FACTS")
	type count struct{ right, wrong, missing, invented, n int }
	counts := map[string]*count{}
	note := func(field, result, page, want, got string) {
		c := counts[field]
		if c == nil {
			c = &count{}
			counts[field] = c
		}
		c.n++
		switch result {
		case "right":
			c.right++
		case "wrong":
			c.wrong++
		case "missing":
			c.missing++
		case "invented":
			c.invented++
		}
		if show == field && result != "right" {
			fmt.Printf("%s %s %s: want %q got %q\n", field, result, page, want, got)
		}
	}
	text := func(field, page, want, got string) {
		switch {
		case foldText(want) == foldText(got):
			note(field, "right", page, want, got)
		case want == "":
			note(field, "invented", page, want, got)
		case got == "":
			note(field, "missing", page, want, got)
		default:
			note(field, "wrong", page, want, got)
		}
	}
	reader := NewReader(nil)
	for line := range strings.Lines(string(list)) {
		var e struct {
			HTML, Gold, URL, Site string
			IsReview              bool `json:"is_review"`
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		src, err := os.ReadFile(filepath.Join(dir, e.HTML))
		if err != nil {
			t.Fatal(err)
		}
		gold, err := os.ReadFile(filepath.Join(dir, e.Gold))
		if err != nil {
			t.Fatal(err)
		}
		var k struct {
			Title string
			Film  struct {
				Title, Director string
				Year            int
			}
			Author, Date, Lang string
			Categories, Tags   []string
			Rating             *struct {
				Raw   string
				Value float64
			}
			Shown map[string]bool
		}
		if err := json.Unmarshal(gold, &k); err != nil {
			t.Fatal(err)
		}
		root, err := Parse(src)
		if err != nil {
			t.Fatal(err)
		}
		rev, _ := reader.Read(Input{URL: e.URL, Root: root})
		why := strings.Join(rev.Why, "; ")
		switch {
		case e.IsReview == (rev.Kind == KindReview):
			note("kind", "right", e.HTML, "", "")
		case e.IsReview:
			note("kind", "missing", e.HTML, "review", string(rev.Kind)+": "+why)
		default:
			note("kind", "invented", e.HTML, "none", why)
		}
		text("headline", e.HTML, k.Title, rev.Headline.Value)
		if k.Shown["date_iso"] {
			text("date", e.HTML, k.Date[:10], rev.Published.Value.Format("2006-01-02")[:10])
		}
		if k.Shown["author"] {
			text("author", e.HTML, k.Author, rev.Author.Value)
		}
		if !e.IsReview {
			continue
		}
		text("film", e.HTML+" "+k.Title, k.Film.Title, rev.Film.Title.Value)
		year := ""
		if rev.Film.Year.Value != 0 {
			year = fmt.Sprint(rev.Film.Year.Value)
		}
		text("year", e.HTML, fmt.Sprint(k.Film.Year), year)
		text("director", e.HTML, k.Film.Director, rev.Film.Director.Value)
		text("lang", e.HTML, k.Lang, rev.Lang)
		sort.Strings(k.Tags)
		tags := append([]string(nil), rev.Tags...)
		sort.Strings(tags)
		text("tags", e.HTML, strings.Join(k.Tags, ","), strings.Join(tags, ","))
		text("categories", e.HTML, strings.Join(k.Categories, ","), strings.Join(rev.Categories, ","))
		switch r := rev.Rating; {
		case k.Rating == nil && r == nil:
			note("rating", "right", e.HTML, "", "")
		case k.Rating == nil:
			note("rating", "invented", e.HTML, "", fmt.Sprintf("%+v", *r))
		case r == nil:
			note("rating", "missing", e.HTML, k.Rating.Raw, "")
		default:
			v, known := r.Normalised()
			// Where the page states no maximum, the figure itself is what can be right.
			if known && math.Abs(v-k.Rating.Value) < 0.006 || r.Best == 0 && strings.Contains(r.Raw, "star") && math.Abs(r.Value/5-k.Rating.Value) < 0.006 {
				note("rating", "right", e.HTML, "", "")
			} else {
				note("rating", "wrong", e.HTML, k.Rating.Raw, fmt.Sprintf("%+v", *r))
			}
		}
	}
	bounds := map[string]float64{}
	for _, f := range []string{"kind", "headline", "film", "year", "director", "author", "date", "rating", "lang", "tags", "categories"} {
		c := counts[f]
		if c == nil {
			continue
		}
		share := float64(c.right) / float64(c.n)
		t.Logf("%-11s %4d pages: right %.3f, wrong %d, missing %d, invented %d", f, c.n, share, c.wrong, c.missing, c.invented)
		if share < bounds[f] {
			t.Errorf("%s: %.3f right, want %.3f", f, share, bounds[f])
		}
	}
}

// TestKindOfSharedPages asks of the single pages of the shared data whether they are reviews.
func TestKindOfSharedPages(t *testing.T) {
	dir := crawltest.Shared(t, "pages")
	list, err := os.ReadFile(filepath.Join(dir, "pages.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	reader := NewReader(nil)
	type count struct{ right, n int }
	counts := map[string]*count{}
	for line := range strings.Lines(string(list)) {
		var e struct {
			ID, Set, HTML, URL string
			Review             bool
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		src, err := os.ReadFile(filepath.Join(dir, e.HTML))
		if err != nil {
			t.Fatal(err)
		}
		root, err := Parse(src)
		if err != nil {
			t.Logf("%s: %v", e.ID, err)
			continue
		}
		rev, _ := reader.Read(Input{URL: e.URL, Root: root})
		if rev == nil {
			continue
		}
		c := counts[e.Set]
		if c == nil {
			c = &count{}
			counts[e.Set] = c
		}
		c.n++
		if e.Review == (rev.Kind == KindReview) {
			c.right++
		} else if os.Getenv("FACTS") == "pages" {
			fmt.Printf("%s: want %v; %s | film %q %.2f | %s\n", e.ID, e.Review, rev.Headline.Value, rev.Film.Title.Value, rev.Film.Title.Confidence, strings.Join(rev.Why, "; "))
		}
		if os.Getenv("FACTS") == e.Set {
			fmt.Printf("%s | %q | film %q %.2f %d %q | by %q %.2f %s | %s %s | %v | %s\n", e.ID, rev.Headline.Value, rev.Film.Title.Value, rev.Film.Title.Confidence, rev.Film.Year.Value, rev.Film.Director.Value, rev.Author.Value, rev.Author.Confidence, rev.Author.From, rev.Published.Value.Format("2006-01-02"), rev.Published.From, rev.Rating, rev.Lang)
		}
	}
	for _, s := range []string{"film", "templates", "general", "readability", "other-kinds"} {
		if c := counts[s]; c != nil {
			t.Logf("%-12s %d of %d", s, c.right, c.n)
		}
	}
}

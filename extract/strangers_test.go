package extract

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestStrangers reads pages of sites that no rule was made for, with no theme and no layout: the markup shapes of many platforms,
// the words our own. A section "not yet" holds what is known to be missed. A line of want.txt is a paragraph; " […] " stands for its middle.
func TestStrangers(t *testing.T) {
	files, err := filepath.Glob("testdata/strangers/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	reader := NewReader(nil)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			parts := map[string]string{}
			for _, f := range ar.Files {
				parts[f.Name] = strings.TrimSpace(string(f.Data))
			}
			want := map[string]string{}
			for line := range strings.Lines(parts["want"]) {
				key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
				want[key] = value
			}
			root, err := Parse([]byte(parts["page.html"]))
			if err != nil {
				t.Fatal(err)
			}
			rev, _ := reader.Read(Input{URL: want["url"], Root: root})
			delete(want, "url")
			for key, w := range want {
				got := strangerField(rev, key)
				if a, b, or := strings.Cut(w, " or "); got != w && !(or && (got == a || got == b)) {
					t.Errorf("%s: got %q, want %q; %s", key, got, w, strings.Join(rev.Why, "; "))
				}
			}
			text, ok := parts["want.txt"]
			if !ok {
				return
			}
			lines := strings.Split(text, "\n")
			got := slices.Clone(rev.Paragraphs)
			for i, p := range got {
				for _, line := range lines {
					if begin, end, cut := strings.Cut(line, " […] "); cut && strings.HasPrefix(p, begin) && strings.HasSuffix(p, end) {
						got[i] = line
					}
				}
			}
			if diff := cmp.Diff(lines, got); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
				for i := range rev.Blocks {
					b := &rev.Blocks[i]
					t.Logf("%-5v %-16s %.90q", b.Kept, b.Rule, b.Text)
				}
			}
		})
	}
}

// strangerField writes a field as the pages' expectations do.
func strangerField(rev *Review, key string) string {
	none := func(s string) string {
		if s == "" {
			return "none"
		}
		return s
	}
	switch key {
	case "kind":
		return string(rev.Kind)
	case "film":
		return none(rev.Film.Title.Value)
	case "year":
		return fmt.Sprint(rev.Film.Year.Value)
	case "director":
		return none(rev.Film.Director.Value)
	case "author":
		return none(rev.Author.Value)
	case "headline":
		return none(rev.Headline.Value)
	case "date":
		if rev.Published.Value.IsZero() {
			return "none"
		}
		return rev.Published.Value.Format("2006-01-02")
	case "lang":
		return none(rev.Lang)
	case "spoilers":
		return fmt.Sprint(rev.Spoilers)
	case "rating":
		switch r := rev.Rating; {
		case r == nil:
			return "none"
		case r.Method == "letter":
			return r.Raw
		case r.Best == 0:
			return fmt.Sprint(r.Value)
		default:
			return fmt.Sprintf("%g/%g", r.Value, r.Best)
		}
	}
	return "no such field"
}

package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"cinecrawl/extract"
)

func TestReadersReadAPage(t *testing.T) {
	for _, r := range readers {
		t.Run(r.name, func(t *testing.T) {
			read, err := r.open()
			if err != nil {
				t.Fatal(err)
			}
			list, err := read("https://example.org/a-film", []byte(warmUp))
			if err != nil && !errors.Is(err, extract.ErrNotReview) {
				t.Fatal(err)
			}
			if !strings.Contains(strings.Join(list, "\n"), "a letter that nobody opens.") {
				t.Errorf("the paragraphs did not come out: %q", list)
			}
		})
	}
}

func TestParagraphs(t *testing.T) {
	root, err := html.Parse(strings.NewReader("<h2>The  <i>end</i></h2>Lo\u00adose<p>One<br>two <span>three</span></p><ul><li>a<li>b</ul><script>x</script>"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"The end", "Loose", "One", "two three", "a", "b"}
	if diff := cmp.Diff(want, paragraphs(root)); diff != "" {
		t.Errorf("paragraphs (-want +got):\n%s", diff)
	}
}

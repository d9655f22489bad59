package configs

import (
	"io/fs"
	"testing"

	"cinecrawl/extract"

	"golang.org/x/net/html"
)

// What loading costs at the start of every command.
func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := load(shipped, "", nil); err != nil {
			b.Fatal(err)
		}
	}
}

// Reading a page with all shipped themes, over all saved pages: time a page.
func BenchmarkRead(b *testing.B) {
	c, err := load(shipped, "", nil)
	if err != nil {
		b.Fatal(err)
	}
	files, _ := fs.Glob(shipped, "themes/testdata/*.txtar")
	var pages []*html.Node
	for _, f := range files {
		p, err := loadPage(shipped, f)
		if err != nil {
			b.Fatal(err)
		}
		root, err := extract.Parse(p.html)
		if err != nil {
			b.Fatal(err)
		}
		pages = append(pages, root)
	}
	reader := extract.NewReader(c.themes)
	b.ResetTimer()
	for i := range b.N {
		reader.Read(extract.Input{URL: "https://bench.example/", Root: pages[i%len(pages)]})
	}
}

package extract

import (
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// read finds the text of a page: Paragraphs, Words, Blocks and Extractor of the review.
func read(rev *Review, doc *Document, rules []sourced, in Input) {
	rev.Extractor = "generic"
	for n := range doc.Root.Descendants() {
		if n.Type == html.ElementNode && n.DataAtom == atom.P {
			var t text
			for c := range n.Descendants() {
				if c.Type == html.TextNode {
					t.add(c.Data)
				}
			}
			if t.n == 0 {
				continue
			}
			b := Block{Kind: Paragraph, Text: t.String(), Path: "p", Kept: true, Rule: "prose", Weight: 1}
			rev.Blocks = append(rev.Blocks, b)
			rev.Paragraphs = append(rev.Paragraphs, b.Text)
			rev.Words += words(b.Text)
		}
	}
}

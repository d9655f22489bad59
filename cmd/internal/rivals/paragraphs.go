package main

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// paragraphs splits an extractor's result where a browser would begin a new line.
func paragraphs(root *html.Node) []string {
	var (
		out  []string
		line strings.Builder
	)
	end := func() {
		if s := strings.Join(strings.Fields(line.String()), " "); s != "" {
			out = append(out, s)
		}
		line.Reset()
	}
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		name := atom.Lookup([]byte(n.Data)) // of elements that go-trafilatura renames the atom is not set
		switch n.Type {
		case html.TextNode:
			line.WriteString(strings.ReplaceAll(n.Data, "\u00ad", "")) // soft hyphens are no letters
			return
		case html.ElementNode:
			switch name {
			case atom.Script, atom.Style, atom.Template, atom.Head:
				return
			}
		}
		breaks := !inline[name]
		if breaks {
			end()
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
		if breaks {
			end()
		}
	}
	walk(root)
	end()
	return out
}

// inline elements stand within a line; every other begins one.
var inline = map[atom.Atom]bool{
	atom.A: true, atom.Abbr: true, atom.B: true, atom.Bdi: true, atom.Bdo: true, atom.Big: true, atom.Cite: true, atom.Code: true,
	atom.Data: true, atom.Del: true, atom.Dfn: true, atom.Em: true, atom.Font: true, atom.I: true, atom.Img: true, atom.Ins: true,
	atom.Kbd: true, atom.Label: true, atom.Mark: true, atom.Q: true, atom.Rp: true, atom.Rt: true, atom.Ruby: true, atom.S: true,
	atom.Samp: true, atom.Small: true, atom.Span: true, atom.Strike: true, atom.Strong: true, atom.Sub: true, atom.Sup: true,
	atom.Time: true, atom.Tt: true, atom.U: true, atom.Var: true, atom.Wbr: true,
}

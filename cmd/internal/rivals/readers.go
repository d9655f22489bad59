package main

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"

	"codeberg.org/readeck/go-readability/v2"
	"github.com/PuerkitoBio/goquery"
	distiller "github.com/markusmobius/go-domdistiller"
	"github.com/markusmobius/go-trafilatura"
	"golang.org/x/net/html"

	"cinecrawl/configs"
	"cinecrawl/extract"
)

// reader is an extractor under test.
type reader struct {
	name string
	open func() (func(url string, src []byte) ([]string, error), error)
}

// readers are cinecrawl's and the rivals', each with its best settings for articles.
var readers = []reader{
	{"cinecrawl", func() (func(string, []byte) ([]string, error), error) {
		cfg, err := configs.Load("")
		if err != nil {
			return nil, err
		}
		return cinecrawl(extract.NewReader(cfg.Themes())), nil
	}},
	{"cinecrawl-bare", func() (func(string, []byte) ([]string, error), error) {
		return cinecrawl(extract.NewReader(nil)), nil
	}},
	{"go-trafilatura", rival(trafilaturaText(trafilatura.Options{EnableFallback: true}))}, // reads the date, as cinecrawl does
	{"go-trafilatura-dateless", rival(trafilaturaText(trafilatura.Options{EnableFallback: true, HtmlDateMode: trafilatura.Disabled}))},
	{"go-trafilatura-alone", rival(trafilaturaText(trafilatura.Options{HtmlDateMode: trafilatura.Disabled}))}, // without its fallbacks
	{"go-readability", rival(readabilityText)},
	{"go-domdistiller", rival(distillerText)},
	{"goquery-selectors", rival(selectors)},
}

func named(name string) (reader, error) {
	for _, r := range readers {
		if r.name == name {
			return r, nil
		}
	}
	return reader{}, fmt.Errorf("no reader is called %q; there are: %s", name, strings.Join(names(readers), "; "))
}

func names(list []reader) []string {
	out := make([]string, len(list))
	for i, r := range list {
		out[i] = r.name
	}
	return out
}

func cinecrawl(r *extract.Reader) func(string, []byte) ([]string, error) {
	return func(u string, src []byte) ([]string, error) {
		root, err := extract.Parse(src)
		if err != nil {
			return nil, err
		}
		rev, err := r.Read(extract.Input{URL: u, Root: root})
		if rev == nil {
			return nil, err
		}
		return rev.Paragraphs, err
	}
}

// rival parses a page as cinecrawl does, and splits what text gives into paragraphs. The rivals' own ways from bytes to nodes guess
// the encoding first, which takes a third of their speed or more and gives the same text: the pages are UTF-8.
func rival(text func(*html.Node, *url.URL) (*html.Node, error)) func() (func(string, []byte) ([]string, error), error) {
	return func() (func(string, []byte) ([]string, error), error) {
		return func(u string, src []byte) ([]string, error) {
			root, err := html.Parse(bytes.NewReader(src))
			if err != nil {
				return nil, err
			}
			page, err := url.Parse(u)
			if err != nil {
				return nil, err
			}
			node, err := text(root, page)
			if err != nil || node == nil { // nil: nothing found
				return nil, err
			}
			return paragraphs(node), nil
		}, nil
	}
}

// trafilaturaText gives the node: of the flat text no paragraph is ever right.
func trafilaturaText(opt trafilatura.Options) func(*html.Node, *url.URL) (*html.Node, error) {
	opt.ExcludeComments = true
	return func(root *html.Node, page *url.URL) (*html.Node, error) {
		opt := opt
		opt.OriginalURL = page
		res, err := trafilatura.ExtractDocument(root, opt)
		if err != nil {
			return nil, err
		}
		return res.ContentNode, nil
	}
}

func readabilityText(root *html.Node, page *url.URL) (*html.Node, error) {
	p := readability.NewParser()
	article, err := p.ParseAndMutate(root, page)
	return article.Node, err
}

func distillerText(root *html.Node, page *url.URL) (*html.Node, error) {
	res, err := distiller.Apply(root, &distiller.Options{OriginalURL: page, SkipPagination: true})
	if err != nil {
		return nil, err
	}
	return res.Node, nil
}

// bodies are the selectors that a scraper's author would try, the surest first.
var bodies = []string{
	"[itemprop=articleBody]", ".entry-content", ".post-content", ".post-body", ".article-body", ".article-content", ".e-content",
	"article", "main", "[role=main]", "#content", "body",
}

func selectors(root *html.Node, _ *url.URL) (*html.Node, error) {
	doc := goquery.NewDocumentFromNode(root)
	for _, sel := range bodies {
		if body := doc.Find(sel).First(); body.Length() > 0 {
			body.Find("h1, header, footer, nav, aside, form, figure, script, style, noscript, iframe").Remove()
			return body.Get(0), nil
		}
	}
	return nil, nil
}

package discover

import (
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"strings"
	"time"

	"cinecrawl/crawler"
)

// Whole posts in the archive of WordPress (developer.wordpress.org/rest-api/reference/posts, "Schema"), where a site's configuration has
// them read from there. Of each a page is made, in the markup of a classic theme and of nothing but what the post says, so that it is
// read by the rules that hold for pages. What plugins for search engines would put into the head of the page (yoast_head, aioseo_head)
// is put there: meta robots, the canonical URL, the author.
//
// What the answer does not have is what its publisher says with the page alone: X-Robots-Tag, meta robots of a theme, reuse signals. That
// is why a site does not begin so.

// postPage makes the page of a post. It is nil if the post is not there whole: protected, empty, cut off, or with shortcodes that only the
// page would have carried out.
func postPage(post []byte) []byte {
	var p struct {
		Link        string
		Date        string
		DateGMT     string `json:"date_gmt"`
		Modified    string
		ModifiedGMT string `json:"modified_gmt"`
		Title       struct{ Rendered string }
		Content     struct {
			Rendered  string
			Protected bool
		}
		Classes  []string                                 `json:"class_list"`
		Lang     string                                   // of plugins for several languages
		Yoast    string                                   `json:"yoast_head"`
		AIOSEO   string                                   `json:"aioseo_head"`
		Embedded struct{ Author []struct{ Name string } } `json:"_embedded"`
	}
	json.Unmarshal(post, &p) // a value of another form counts as none
	if p.Content.Protected || !isWhole(p.Content.Rendered) {
		return nil
	}
	esc := html.EscapeString
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html")
	if p.Lang != "" {
		fmt.Fprintf(&b, " lang=\"%s\"", esc(p.Lang))
	}
	b.WriteString("><head><meta charset=\"utf-8\"><meta name=\"generator\" content=\"WordPress\">\n")
	head := p.Yoast + p.AIOSEO
	if !strings.Contains(head, "<title") {
		fmt.Fprintf(&b, "<title>%s</title>\n", tags.ReplaceAllString(p.Title.Rendered, ""))
	}
	if !strings.Contains(head, "canonical") {
		fmt.Fprintf(&b, "<link rel=\"canonical\" href=\"%s\">\n", esc(p.Link))
	}
	fmt.Fprintf(&b, "%s</head>\n<body class=\"wp-singular single single-post\"><article class=\"%s\">\n<header class=\"entry-header\"><h1 class=\"entry-title\">%s</h1>\n",
		head, esc(strings.Join(append(p.Classes, "post", "type-post", "hentry"), " ")), p.Title.Rendered)
	if at := zoned(p.Date, p.DateGMT); at != "" {
		fmt.Fprintf(&b, "<time class=\"entry-date published\" datetime=\"%s\"></time>\n", at)
	}
	if at := zoned(p.Modified, p.ModifiedGMT); at != "" {
		fmt.Fprintf(&b, "<time class=\"updated\" datetime=\"%s\"></time>\n", at)
	}
	if a := p.Embedded.Author; len(a) > 0 && a[0].Name != "" {
		fmt.Fprintf(&b, "<span class=\"author vcard\"><span class=\"fn\">%s</span></span>\n", esc(a[0].Name))
	}
	fmt.Fprintf(&b, "</header>\n<div class=\"entry-content\">\n%s\n</div></article></body></html>\n", p.Content.Rendered)
	return []byte(b.String())
}

var (
	tags      = regexp.MustCompile(`<[^>]*>`)
	shortcode = regexp.MustCompile(`\[/[a-z][a-z0-9_-]*\]`)
)

// isWhole says whether the content of a post is all of it.
func isWhole(content string) bool {
	text := strings.TrimSpace(html.UnescapeString(tags.ReplaceAllString(content, "")))
	switch {
	case text == "", strings.HasSuffix(text, "[…]"), strings.HasSuffix(text, "[...]"):
		return false
	}
	return !strings.Contains(content, "more-link") && !strings.Contains(content, "#more-") && !shortcode.MatchString(text)
}

// zoned gives a local time with its zone, which is what it is ahead of the same in UTC; "" if one of them is none.
func zoned(local, utc string) string {
	const form = "2006-01-02T15:04:05"
	l, err := time.Parse(form, local)
	u, uerr := time.Parse(form, utc)
	if err != nil || uerr != nil {
		return ""
	}
	return u.In(time.FixedZone("", int(l.Sub(u)/time.Second))).Format(time.RFC3339)
}

// mayBeWhole says whether the posts of an answer may stand for their pages. Every answer of this API says noindex of itself; what says more
// with X-Robots-Tag means the whole site.
func mayBeWhole(p *crawler.Page) bool {
	var f Found
	f.Header(p.Header)
	return !f.NoFollow && !f.NoArchive
}

// postVisit is the visit of a page that was made of a post in an answer.
func postVisit(answer *crawler.Page, t crawler.Task, body []byte) crawler.Visit {
	page := *answer
	page.URL, page.Via, page.ContentType, page.Charset, page.Body = t.URL, answer.URL, "text/html", "utf-8", body
	return crawler.Visit{Task: t, Page: &page}
}

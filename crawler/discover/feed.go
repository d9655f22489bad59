package discover

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"
	"golang.org/x/net/html/charset"
)

// Feed reads the item links of an RSS or Atom feed with their dates: the later of publication and update. next is the URL of the
// feed's next page (RFC 5005 section 3), "" if it names none. Feeds larger than MaxFeed are not read.
func Feed(body []byte) (entries []Entry, next string, err error) {
	if len(body) > MaxFeed {
		return nil, "", fmt.Errorf("feed: larger than %d bytes", MaxFeed)
	}
	defer func() { // a fault of the parser is the feed's, and must not end the crawl
		if p := recover(); p != nil {
			err = fmt.Errorf("feed: %v", p)
		}
	}()
	feed, err := gofeed.NewParser().Parse(bytes.NewReader(body))
	if err != nil {
		return nil, "", fmt.Errorf("feed: %w", err)
	}
	next = nextPage(body)
	for _, item := range feed.Items {
		u := itemLink(item)
		if u == "" {
			continue
		}
		if len(entries) == MaxItems {
			return entries, next, fmt.Errorf("feed: more than %d items", MaxItems)
		}
		e := Entry{URL: u}
		for _, t := range []*time.Time{item.PublishedParsed, item.UpdatedParsed} {
			if t != nil && t.After(e.Time) {
				e.Time = t.UTC()
			}
		}
		entries = append(entries, e)
	}
	return entries, next, nil
}

// nextPage finds the link to the next page of a feed before its first item.
func nextPage(body []byte) string {
	d := xml.NewDecoder(&runs{Reader: bufio.NewReader(bytes.NewReader(body))})
	d.Strict = false
	d.CharsetReader = charset.NewReaderLabel
	for {
		token, err := d.RawToken()
		if err != nil {
			return ""
		}
		t, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch t.Name.Local {
		case "entry", "item":
			return ""
		case "link":
			var rel, href string
			for _, a := range t.Attr {
				switch a.Name.Local {
				case "rel":
					rel = a.Value
				case "href":
					href = a.Value
				}
			}
			if rel == "next" {
				return strings.TrimSpace(href)
			}
		}
	}
}

// itemLink prefers the address that a feed service replaced by its own.
func itemLink(item *gofeed.Item) string {
	for _, e := range item.Extensions["feedburner"]["origLink"] {
		if u := strings.TrimSpace(e.Value); u != "" {
			return u
		}
	}
	if u := strings.TrimSpace(item.Link); u != "" {
		return u
	}
	if u := strings.TrimSpace(item.GUID); hasPrefixFold(u, "http://") || hasPrefixFold(u, "https://") {
		return u
	}
	return ""
}

// looksLikeFeed says whether the first element of a body is a feed's, for robots.txt may name a feed as a sitemap.
func looksLikeFeed(body []byte) bool {
	head := body[:min(len(body), 2048)]
	for {
		i := bytes.IndexByte(head, '<')
		if i < 0 || i+1 == len(head) {
			return false
		}
		head = head[i+1:]
		if head[0] != '?' && head[0] != '!' {
			return bytes.HasPrefix(head, []byte("rss")) || bytes.HasPrefix(head, []byte("feed")) || bytes.HasPrefix(head, []byte("rdf:RDF"))
		}
	}
}

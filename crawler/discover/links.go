package discover

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"cinecrawl/crawler"

	"golang.org/x/net/html"
)

// Agent is the name by which a page's author may speak to this crawler in <meta> and X-Robots-Tag.
const Agent = "cinecrawl"

// Of one page.
const (
	maxFeeds    = 20
	maxArchives = 5
)

// Link is a link of a page.
type Link struct {
	URL      string // canonical
	Next     bool   // rel=next or rel=prev: a neighbour in the same series of pages
	NoFollow bool   // rel=nofollow, ugc or sponsored, wherever the page links to it
}

// Found is what a page says about where to go.
type Found struct {
	Links     []Link           // in document order, each URL once
	Feeds     []string         // <link rel=alternate> of RSS, Atom and JSON Feed, canonical
	Archives  []string         // the platform's own list of all posts, canonical; see archive.go
	Canonical string           // <link rel=canonical>, canonical; "" if there is none or two disagree
	NoIndex   bool             // meta robots, for all or for cinecrawl: do not keep the page
	NoFollow  bool             // do not follow its links
	NoArchive bool             // do not show a copy of it
	Left      int              // links left out for MaxLinks
	Reuse     []crawler.Signal // what the page itself says about its reuse; see Signals
}

// Links reads what a parsed page says about where to go, in one walk. page is the URL from which it was fetched; <base href> is
// honoured (HTML standard section 4.2.3).
func Links(root *html.Node, page string) *Found {
	f := &Found{}
	base, err := url.Parse(page)
	if err != nil {
		return f
	}
	type ref struct {
		href string
		link Link
	}
	var refs []ref // resolved after the walk: a base may come late
	var feeds, archives []string
	var canonical string
	var hasBase, disagree bool
	place := map[string]int{} // of an href in refs
	add := func(href string, l Link) {
		switch i, ok := place[href]; {
		case ok:
			refs[i].link.join(l)
		case len(refs) == MaxLinks:
			f.Left++
		default:
			place[href] = len(refs)
			refs = append(refs, ref{href, l})
		}
	}

	// The walk goes along the node pointers: a hostile page may nest deeper than a stack should grow.
	for n := root; n != nil; n = following(n, root) {
		if n.Type != html.ElementNode || n.Namespace != "" {
			continue
		}
		switch n.Data {
		case "a", "area":
			href, rel := attr(n, "href"), attr(n, "rel")
			if mayBePage(href) {
				add(href, relOf(rel))
			}
			if rel != "" {
				f.element(n)
			}
		case "base":
			if href := attr(n, "href"); href != "" && !hasBase {
				hasBase = true
				if u, err := base.Parse(strings.TrimSpace(href)); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.User == nil {
					base = u
				}
			}
		case "link":
			rel, href := attr(n, "rel"), attr(n, "href")
			f.element(n)
			typ := attr(n, "type")
			if a := archiveOf(rel, typ, href); a != "" && len(archives) < maxArchives && !slices.Contains(archives, a) {
				archives = append(archives, a)
			}
			switch {
			case rel == "" || href == "":
			case hasToken(rel, "canonical"):
				disagree = disagree || canonical != "" && canonical != href
				canonical = href
			case hasToken(rel, "alternate"):
				if len(feeds) < maxFeeds && isFeed(typ) && !isBloggerFeed(href) {
					feeds = append(feeds, href)
				}
			case hasToken(rel, "next") || hasToken(rel, "prev"):
				add(href, Link{Next: true})
			}
		case "script":
			f.element(n)
		case "meta":
			f.element(n)
			if name := attr(n, "name"); strings.EqualFold(name, "robots") || strings.EqualFold(name, Agent) {
				f.directives(attr(n, "content"))
			}
		}
	}

	f.Links = make([]Link, 0, len(refs))
	b := crawler.NewBase(base)
	clear(place) // from now on, of a URL in f.Links
	for _, r := range refs {
		u, err := b.Canonical(r.href)
		if err != nil {
			continue
		}
		if i, ok := place[u]; ok {
			f.Links[i].join(r.link)
			continue
		}
		place[u] = len(f.Links)
		r.link.URL = u
		f.Links = append(f.Links, r.link)
	}
	for i := range f.Reuse {
		if s := &f.Reuse[i]; s.Value != "" && (s.Name == crawler.License || s.Name == crawler.Commons) {
			s.Value = resolve(base, s.Value)
		}
	}
	all := func(hrefs []string) (urls []string) {
		for _, href := range hrefs {
			if u, err := b.Canonical(href); err == nil {
				urls = append(urls, u)
			}
		}
		return urls
	}
	f.Feeds, f.Archives = all(feeds), all(archives)
	if canonical != "" && !disagree {
		f.Canonical, _ = b.Canonical(canonical)
	}
	return f
}

func isFeed(typ string) bool {
	return hasPrefixFold(typ, "application/rss+xml") || hasPrefixFold(typ, "application/atom+xml") || hasPrefixFold(typ, "application/feed+json")
}

// Header adds what the X-Robots-Tag fields of the page's response say to all or to us, and the archive that its Link fields name.
func (f *Found) Header(h http.Header) {
	if href := archiveHeader(h); href != "" {
		if u, err := crawler.Canonical(href, nil); err == nil && !slices.Contains(f.Archives, u) {
			f.Archives = append(f.Archives, u)
		}
	}
	for d := range robotsTags(h) {
		f.directives(d)
	}
}

// isValued holds for the directives that have a value after a colon, as an agent's name has its directives.
func isValued(directive string) bool {
	return strings.EqualFold(directive, "unavailable_after") || hasPrefixFold(directive, "max-")
}

func (f *Found) directives(content string) {
	for d := range strings.SplitSeq(content, ",") {
		switch strings.ToLower(strings.TrimSpace(d)) {
		case "noindex":
			f.NoIndex = true
		case "nofollow":
			f.NoFollow = true
		case "noarchive":
			f.NoArchive = true
		case "none":
			f.NoIndex, f.NoFollow = true, true
		}
	}
}

// join adds another link to the same URL: one that is free to follow suffices.
func (l *Link) join(other Link) {
	l.Next = l.Next || other.Next
	l.NoFollow = l.NoFollow && other.NoFollow
}

func relOf(rel string) Link {
	if rel == "" {
		return Link{}
	}
	return Link{
		Next:     hasToken(rel, "next") || hasToken(rel, "prev"),
		NoFollow: hasToken(rel, "nofollow") || hasToken(rel, "ugc") || hasToken(rel, "sponsored"),
	}
}

// following is the next node in document order within root.
func following(n, root *html.Node) *html.Node {
	if n.FirstChild != nil {
		return n.FirstChild
	}
	for ; n != nil && n != root; n = n.Parent {
		if n.NextSibling != nil {
			return n.NextSibling
		}
	}
	return nil
}

// mayBePage sorts out, without parsing, the references that lead nowhere.
func mayBePage(href string) bool {
	if href == "" || href[0] == '#' {
		return false
	}
	i := strings.IndexAny(href, ":/?#")
	if i <= 0 || href[i] != ':' {
		return true
	}
	scheme := strings.TrimSpace(href[:i])
	return strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https")
}

func attr(n *html.Node, key string) string {
	for i := range n.Attr {
		if n.Attr[i].Key == key {
			return n.Attr[i].Val
		}
	}
	return ""
}

// hasToken says whether a space-separated list holds a word, whatever its case.
func hasToken(list, word string) bool {
	for f := range strings.FieldsSeq(list) {
		if strings.EqualFold(f, word) {
			return true
		}
	}
	return false
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

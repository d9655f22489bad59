package discover

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"cinecrawl/crawler"
)

// The archives that publishing platforms give to programs: all posts, newest first, many to a request. A page's own head says where
// one is, never its host.
//
//   - WordPress: the root of its API (developer.wordpress.org/rest-api/using-the-rest-api/discovery), and there the posts by time of
//     change: 100 a page, with X-WP-TotalPages (…/pagination), of which we ask for two fields, or for whole posts; see post.go.
//   - Blogger: its Atom feed in pages (developers.google.com/blogger/docs/2.0/developers_guide_protocol), by time of change. The
//     summary feed has all that is needed here and is a tenth of the default one.
//   - Squarespace: the collection whose RSS a page names, as JSON (developers.squarespace.com, "View JSON data"). Its own robots.txt
//     disallows this on most sites, and that is that.
//   - Substack: the JSON behind its page "archive".
//   - JSON Feed (jsonfeed.org/version/1.1) and Atom feeds in pages (RFC 5005 section 3), by what they name as their next page.
//
// Ghost has no such thing: its Content API wants a key of the site's owner. The sitemaps that it writes name every post with the time of
// its last change, and robots.txt names them.
const (
	wordpressPage = 100 // the most that it gives
	bloggerPage   = 150 // the same
	substackPage  = 50  // it may give fewer
	substackLeast = 12  // but no fewer than this, except at the end
)

// archiveOf gives the archive of which a <link> tells, or "".
func archiveOf(rel, typ, href string) string {
	switch {
	case hasToken(rel, "https://api.w.org/"):
		query := fmt.Sprintf("per_page=%d&page=1&orderby=modified&order=desc&%s", wordpressPage, crawler.ChangeFields)
		if strings.Contains(href, "?rest_route=") { // a site without permalinks
			return strings.TrimSuffix(href, "/") + "/wp/v2/posts&" + query
		}
		return strings.TrimSuffix(href, "/") + "/wp/v2/posts?" + query
	case !hasToken(rel, "alternate"):
		if strings.HasPrefix(href, "https://substackcdn.com") && (hasToken(rel, "preconnect") || hasToken(rel, "preload") || hasToken(rel, "stylesheet")) {
			return fmt.Sprintf("/api/v1/archive?sort=new&offset=0&limit=%d", substackPage)
		}
	case isBloggerFeed(href):
		path, _, _ := strings.Cut(href, "?")
		return fmt.Sprintf("%s/summary?max-results=%d&start-index=1&orderby=updated&redirect=false", strings.TrimSuffix(path, "/default"), bloggerPage)
	case strings.HasSuffix(href, "?format=rss"):
		return strings.TrimSuffix(href, "rss") + "json"
	case hasPrefixFold(typ, "application/json") && !strings.Contains(href, "/wp-json/") && !strings.Contains(href, "rest_route="):
		return href // a JSON Feed of version 1, or nothing of use
	}
	return ""
}

// isBloggerFeed holds for the feed of which the archive is the whole.
func isBloggerFeed(href string) bool {
	path, _, _ := strings.Cut(href, "?")
	return strings.HasSuffix(path, "/feeds/posts/default")
}

// archiveHeader gives the archive of which a Link field tells, or "".
func archiveHeader(h http.Header) string {
	for _, v := range h.Values("Link") {
		for target, rel := range linkHeader(v) {
			if a := archiveOf(rel, "", target); a != "" {
				return a
			}
		}
	}
	return ""
}

// Keys of a post's URL and of its times, of every platform. WordPress gives local times as well, which are not read.
var (
	postURL  = []string{"link", "canonical_url", "fullUrl", "url"}
	postTime = []string{"modified_gmt", "date_gmt", "updated_at", "post_date", "updatedOn", "publishOn", "addedOn", "date_modified", "date_published"}
)

// Posts reads a list of posts in JSON: an array of them, or an object that has them as items. next is what it names as its next page.
// Their times are the latest of all that they have. What is broken or cut off counts as far as it could be read.
func Posts(body []byte) (entries []Entry, next string, err error) {
	if len(body) > MaxSitemap {
		return nil, "", fmt.Errorf("posts: larger than %d bytes", MaxSitemap)
	}
	p := posts{Decoder: json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))))}
	if err := p.read(); err != nil {
		return p.entries, p.next, fmt.Errorf("posts: %w", err)
	}
	return p.entries, p.next, nil
}

type posts struct {
	*json.Decoder
	entries []Entry
	next    string
}

var errNoPosts = errors.New("no list of posts")

func (p *posts) read() error {
	start, err := p.Token()
	switch {
	case err != nil:
		return err
	case start == json.Delim('['):
		return p.items()
	case start != json.Delim('{'):
		return errNoPosts
	}
	listed := false
	for p.More() {
		key, err := p.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		switch key {
		case "items":
			if t, err := p.Token(); err != nil {
				return err
			} else if t != json.Delim('[') {
				return errNoPosts
			}
			listed = true
			if err := p.items(); err != nil {
				return err
			}
			continue
		case "next_url", "pagination":
			if err := p.Decode(&value); err != nil {
				return err
			}
			p.next = text(value)
			var pages struct {
				More bool   `json:"nextPage"`
				URL  string `json:"nextPageUrl"`
			}
			if json.Unmarshal(value, &pages) == nil && pages.More {
				p.next = pages.URL
			}
		default:
			if err := p.Decode(&value); err != nil {
				return err
			}
		}
	}
	if !listed {
		return errNoPosts
	}
	_, err = p.Token()
	return err
}

// items reads the posts of an array that was opened.
func (p *posts) items() error {
	for p.More() {
		if len(p.entries) == MaxItems {
			return fmt.Errorf("more than %d", MaxItems)
		}
		var value json.RawMessage
		if err := p.Decode(&value); err != nil {
			return err
		}
		var post map[string]json.RawMessage
		if json.Unmarshal(value, &post) != nil {
			continue
		}
		var e Entry
		for _, key := range postURL {
			if e.URL = strings.TrimSpace(text(post[key])); e.URL != "" {
				break
			}
		}
		if e.URL == "" {
			continue
		}
		for _, key := range postTime {
			if t := moment(post[key]); t.After(e.Time) {
				e.Time = t
			}
		}
		if post["content"] != nil {
			e.Page = postPage(value)
		}
		p.entries = append(p.entries, e)
	}
	_, err := p.Token()
	return err
}

// text is a JSON string's, "" for any other value.
func text(value json.RawMessage) (s string) {
	if json.Unmarshal(value, &s) != nil {
		return ""
	}
	return s
}

// moment reads a time as text, or as a number of milliseconds since 1970.
func moment(value json.RawMessage) time.Time {
	if ms, err := strconv.ParseInt(string(value), 10, 64); err == nil && ms > 0 && ms < 1<<43 { // until the year 2248
		return time.UnixMilli(ms).UTC()
	}
	return w3cTime(text(value))
}

// further gives the next page of a list that goes on, resolved against u, or "": by the page's number or place in the list, else by what
// the list itself names. Counting on is no invitation to go on for ever: the scope bounds the pages, and what was read of the list must
// have brought something.
func further(u *url.URL, h http.Header, posts int, named string) string {
	if posts == 0 {
		return ""
	}
	q := u.Query()
	switch {
	case strings.HasSuffix(u.Path, "/wp/v2/posts") || strings.HasSuffix(q.Get("rest_route"), "/wp/v2/posts"):
		page, err := strconv.Atoi(q.Get("page"))
		total, terr := strconv.Atoi(h.Get("X-WP-TotalPages"))
		if err != nil || terr == nil && page >= total || terr != nil && posts < wordpressPage {
			return ""
		}
		return with(u, "page", strconv.Itoa(page+1))
	case strings.HasSuffix(u.Path, "/feeds/posts/summary") && q.Has("start-index"):
		// The page that it names is that of another host.
		if start, err := strconv.Atoi(q.Get("start-index")); err == nil && named != "" {
			return with(u, "start-index", strconv.Itoa(start+posts))
		}
		return ""
	case strings.HasSuffix(u.Path, "/api/v1/archive"):
		if start, err := strconv.Atoi(q.Get("offset")); err == nil && posts >= substackLeast {
			return with(u, "offset", strconv.Itoa(start+posts))
		}
		return ""
	case named == "":
		return ""
	}
	next, err := u.Parse(named)
	if err != nil {
		return ""
	}
	if format := q.Get("format"); format == "json" && !next.Query().Has("format") {
		return next.String() + choose(next.RawQuery == "", "?", "&") + "format=json"
	}
	return next.String()
}

// with gives a URL with another value of a parameter that it has; the order stays.
func with(u *url.URL, key, value string) string {
	c := *u
	params := strings.Split(u.RawQuery, "&")
	if i := slices.IndexFunc(params, func(p string) bool { return strings.HasPrefix(p, key+"=") }); i >= 0 {
		params[i] = key + "=" + value
	}
	c.RawQuery = strings.Join(params, "&")
	return c.String()
}

func choose(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

// isJSON says whether a body is a JSON object or array.
func isJSON(body []byte) bool {
	body = bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), " \t\r\n")
	return len(body) > 0 && (body[0] == '{' || body[0] == '[')
}

package crawler

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Bounds of a site's scope.
const (
	DefaultDepth = 20   // clicks, where a Site names none; pagination and rel=next count none
	MaxPageNo    = 1000 // in /page/N and its like
	maxPath      = 1024 // bytes of a path
	maxSegments  = 12   // of a path
	maxParams    = 8    // of a query; endless mixes of fewer are the trail's
)

// Priorities (Task.Hint): what tells most about a site first, then its reviews, then the lists that lead to more of them.
const (
	hintSource  = 100 // start pages, sitemaps, feeds
	hintReview  = 80  // a review pattern of the site
	hintArticle = 60  // looks like an article: a date or a long slug in the path
	hintListing = 50  // pagination, categories
	hintOther   = 40
	hintTag     = 10 // tags, authors, dates: lists of what other lists have
)

// InScope says whether a site's crawl may visit a page, by its canonical URL and click depth, and which rule decided. The order
// is: host, length, depth, file type, the site's own deny patterns, its review patterns (which no later rule overrides), its
// allow patterns, then the guards against traps; the last two do not hold for start pages. robots.txt is the fetcher's.
func (s *Site) InScope(u string, depth int) (ok bool, why string) {
	t := targetOf(u)
	ok, why, _ = s.inScope(&t, depth)
	return ok, why
}

// inScope is InScope for a URL taken apart; it also says whether a review pattern matches.
func (s *Site) inScope(t *target, depth int) (ok bool, why string, review bool) {
	if !s.hasHost(t.host) {
		return false, notOfSite(t.host), false
	}
	if len(t.url) > MaxURL {
		return false, ErrURLTooLong.Error(), false
	}
	limit := s.Depth
	if limit == 0 {
		limit = DefaultDepth
	}
	if depth > limit {
		return false, fmt.Sprintf("depth %d (limit %d)", depth, limit), false
	}
	if ext := extension(t.path); ext != "" && neverHTML[ext] {
		return false, "file type ." + ext, false
	}
	if re := firstMatch(s.Deny, t.whole); re != nil {
		return false, "deny pattern " + re.String(), false
	}
	if re := firstMatch(s.Review, t.whole); re != nil {
		return true, "review pattern " + re.String(), true
	}
	refused := ""
	why = "page of the site"
	if re := firstMatch(s.Allow, t.whole); re != nil {
		why = "allow pattern " + re.String()
	} else if len(s.Allow) > 0 {
		refused = "no allow pattern matches"
	}
	if refused == "" {
		refused = trapIn(t)
	}
	switch {
	case refused == "":
		return true, why, false
	case s.isStart(t.url):
		return true, "start page", false
	}
	return false, refused, false
}

func firstMatch(patterns []*regexp.Regexp, path string) *regexp.Regexp {
	for _, re := range patterns {
		if re.MatchString(path) {
			return re
		}
	}
	return nil
}

func notOfSite(host string) string { return "host " + host + " is not of the site" }

// target is a canonical URL taken apart, once, for all rules.
type target struct {
	url, host   string
	whole       string // path and query
	path, query string
	segments    []string // of the path, the empty ones left out
}

func targetOf(canonical string) target {
	t := target{url: canonical, host: nameOf(canonical), whole: pathOf(canonical), segments: make([]string, 0, 8)}
	t.path, t.query, _ = strings.Cut(t.whole, "?")
	for seg := range strings.SplitSeq(t.path, "/") {
		if seg != "" {
			t.segments = append(t.segments, seg)
		}
	}
	return t
}

// Admits says whether a task may be visited. Pages are judged by InScope. Sitemaps may stand on another host if the site's
// configuration or robots.txt names them (sitemaps.org, "Sitemaps & Cross Submits"), and so may the sitemaps of such an index, on the
// index's host; feeds of comments are of no use.
func (s *Site) Admits(t Task) (ok bool, why string) {
	to := targetOf(t.URL)
	ok, why, _ = s.admits(&t, &to)
	return ok, why
}

func (s *Site) admits(t *Task, to *target) (ok bool, why string, review bool) {
	if t.Kind == KindPage && t.Found != FoundStart {
		return s.inScope(to, t.Depth)
	}
	switch {
	case t.Kind == KindPage:
		if !s.hasHost(to.host) {
			return false, notOfSite(to.host), false
		}
		return true, "start page", false
	case t.Found == FoundStart:
		return true, "named by the configuration", false
	case t.Kind == KindSitemap && t.Found == FoundRobots:
		return true, "named by robots.txt", false
	case t.Kind == KindSitemap && t.Found == FoundSitemap && hostOf(t.From) == hostOf(t.URL):
		return true, "named by a sitemap of its host", false
	case !s.hasHost(to.host):
		return false, notOfSite(to.host), false
	case t.Kind == KindFeed && strings.Contains(strings.ToLower(to.whole), "comments"):
		return false, "feed of comments", false
	case t.Kind == KindArchive && s.Posts && strings.HasSuffix(to.query, ChangeFields):
		return false, "the archive is asked for whole posts (posts: api)", false
	case t.Kind == KindArchive && !s.Posts && strings.HasSuffix(to.query, PostFields):
		return false, "posts are read from their pages (posts: page)", false
	case t.Kind == KindArchive && t.Depth >= MaxPageNo:
		return false, fmt.Sprintf("page %d of an archive (limit %d)", t.Depth+1, MaxPageNo), false
	}
	return true, string(t.Kind) + " of the site", false
}

// Link makes the task for a reference found on the page of another task, if the site admits it. Pagination costs no depth, for
// the oldest review of a long-lived blog may be hundreds of "older posts" away.
func (s *Site) Link(from Task, canonical string, kind Kind, found Found) (t Task, ok bool, why string) {
	to := targetOf(canonical)
	t = Task{URL: canonical, Site: s.Name, Host: hostOf(canonical), Kind: kind, Depth: from.Depth, Found: found, From: from.URL}
	paged := isPagination(&to)
	switch {
	case from.Kind == KindArchive && kind == KindArchive:
		t.Depth++
	case from.Kind == KindArchive:
		t.Depth = 0
	case kind != KindPage || found != FoundLink:
	case paged:
		t.Found = FoundNext
	default:
		t.Depth++
	}
	ok, why, review := s.admits(&t, &to)
	if ok {
		t.Hint = hint(&t, &to, review, paged)
	} else {
		s.leave(t, &to, "out of scope: "+why)
	}
	return t, ok, why
}

// Seeds gives the tasks that every run of a site begins with: start pages, then the sitemaps and feeds that its configuration
// names. A URL that has no canonical form is an error naming it.
func (s *Site) Seeds() ([]Task, error) {
	var tasks []Task
	for _, list := range []struct {
		kind Kind
		urls []string
	}{{KindPage, s.Start}, {KindSitemap, s.Sitemaps}, {KindFeed, s.Feeds}} {
		for _, raw := range list.urls {
			u, err := Canonical(raw, nil)
			if err != nil {
				return nil, fmt.Errorf("site %s: %s %q: %w", s.Name, list.kind, raw, err)
			}
			t := Task{URL: u, Site: s.Name, Host: hostOf(u), Kind: list.kind, Found: FoundStart, Hint: hintSource}
			if ok, why := s.Admits(t); !ok {
				return nil, fmt.Errorf("site %s: %s %q: %s; add it to the site's hosts", s.Name, list.kind, raw, why)
			}
			tasks = append(tasks, t)
		}
	}
	return tasks, nil
}

// hasHost takes a name and its www twin for the same host.
func (s *Site) hasHost(host string) bool {
	bare := strings.TrimPrefix(host, "www.")
	for _, h := range s.Hosts {
		if h == host || strings.EqualFold(strings.TrimPrefix(h, "www."), bare) {
			return true
		}
	}
	return false
}

func (s *Site) isStart(u string) bool {
	for _, start := range s.Start {
		if start == u {
			return true
		}
		if c, err := Canonical(start, nil); err == nil && c == u {
			return true
		}
	}
	return false
}

func hint(t *Task, to *target, review, paged bool) int {
	switch {
	case t.Kind != KindPage || t.Found == FoundStart:
		return hintSource
	case review:
		return hintReview
	case paged:
		if len(to.segments) > 0 && isTagWord(to.segments[0]) {
			return hintTag
		}
		return hintListing
	}
	dated, slug := false, ""
	for i, seg := range to.segments {
		switch {
		case isTagWord(seg) || seg == "label" && i > 0 && to.segments[i-1] == "search":
			return hintTag
		case seg == "category" || seg == "categories" || seg == "section":
			return hintListing
		case isYear(seg):
			dated = true
		}
		slug = seg
	}
	switch {
	case to.query != "":
		return hintOther
	case strings.Count(slug, "-") >= 2, dated && len(slug) > 2 && !isNumber(slug):
		return hintArticle
	case dated:
		return hintTag
	}
	return hintOther
}

func isTagWord(seg string) bool {
	switch seg {
	case "tag", "tags", "author", "authors", "archive", "archives", "date", "topic", "topics":
		return true
	}
	return false
}

// trapIn names the trap that a URL leads into, or "".
func trapIn(t *target) string {
	switch {
	case len(t.path) > maxPath:
		return fmt.Sprintf("path of %d bytes (limit %d)", len(t.path), maxPath)
	case len(t.segments) > maxSegments:
		return fmt.Sprintf("path of %d segments (limit %d)", len(t.segments), maxSegments)
	case strings.Contains(t.path, ";jsessionid="):
		return "session id in the path"
	}
	if why := pathTrap(t.segments); why != "" {
		return why
	}
	if t.query != "" {
		return queryTrap(t.query)
	}
	return ""
}

func pathTrap(segments []string) string {
	last := len(segments) - 1
	for i, seg := range segments {
		switch seg {
		case "http:", "https:":
			if i == 0 {
				return "URL inside the path"
			}
		case "wp-admin", "wp-json", "wp-content", "wp-includes", "cdn-cgi", "wp-login.php", "xmlrpc.php", "wp-comments-post.php":
			return "machinery of the platform: " + seg
		case "feed":
			if i >= last-1 {
				return "a feed, no page"
			}
		case "rss", "atom":
			if i == last {
				return "a feed, no page"
			}
		case "amp", "print", "embed", "trackback":
			if i == last && i > 0 && !isTitle(segments, i) {
				return seg + " twin of a page"
			}
		case "login", "logout", "signin", "signup", "cart", "checkout", "my-account":
			if i == last && !isTitle(segments, i) {
				return "account or shop page: " + seg
			}
		case "calendar":
			if i < last && isNumber(segments[i+1][:1]) {
				return "calendar"
			}
		case "events", "agenda", "kalender", "termine", "veranstaltungen", "calendrier", "calendario", "eventos":
			if i < last && areDates(segments[i+1:]) {
				return "calendar"
			}
		case "page", "seite", "pagina":
			if i < last && tooFar(segments[i+1]) {
				return fmt.Sprintf("page %s of a list (limit %d)", segments[i+1], MaxPageNo)
			}
		}
		if strings.HasPrefix(seg, "comment-page-") {
			return "comment page of an article"
		}
		if n, ok := strings.CutPrefix(seg, "page-"); ok && tooFar(n) {
			return fmt.Sprintf("page %s of a list (limit %d)", n, MaxPageNo)
		}
		if len(seg) <= 2 && isNumber(seg) {
			continue // a day or a month
		}
		n := 1
		for _, other := range segments[:i] {
			if other == seg {
				n++
			}
		}
		if n == 3 {
			return "path segment repeated: " + seg
		}
	}
	return ""
}

// isTitle says whether a segment stands where a post has its title: right behind a date, or behind "reviews" and the like.
func isTitle(segments []string, i int) bool {
	if i == 0 {
		return false
	}
	switch before := segments[i-1]; {
	case isNumber(before):
		return slices.ContainsFunc(segments[:i], isYear)
	default:
		return strings.HasPrefix(before, "review") || strings.HasPrefix(before, "film") || strings.HasPrefix(before, "movie")
	}
}

func queryTrap(query string) string {
	var year, month, day bool
	n := 0
	for param := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(param, "=")
		if n++; n > maxParams {
			return fmt.Sprintf("more than %d query parameters", maxParams)
		}
		switch k := strings.ToLower(key); k {
		case "phpsessid", "jsessionid", "sessionid", "session_id", "cfid", "cftoken", "sessid":
			return "session id: " + key
		case "sid":
			if len(value) >= 16 {
				return "session id: " + key
			}
		case "s", "q", "query", "search", "keyword", "keywords":
			return "site search"
		case "sort", "sortby", "sort_by", "order", "orderby", "order_by", "sortorder", "dir":
			return "list in another order: " + key
		case "amp", "print", "printable", "preview", "lightbox", "embed", "mobile", "noredirect":
			return "twin of a page: " + key
		case "m":
			if value == "0" || value == "1" {
				return "twin of a page: m=" + value
			}
		case "format", "output", "view":
			switch value {
			case "amp", "print", "pdf", "json", "json-pretty", "rss", "ical", "mobile":
				return "twin of a page: " + param
			}
		case "feed":
			return "a feed, no page"
		case "cpage":
			return "comment page of an article"
		case "attachment_id":
			return "attachment"
		case "action":
			switch value {
			case "edit", "history", "login", "lostpassword", "register":
				return "action: " + value
			}
		case "ical", "tribe-bar-date", "eventdate", "outlook-ical":
			return "calendar"
		case "date":
			if len(value) >= len("2006-01") && isNumber(value[:4]) {
				return "calendar"
			}
		case "year":
			year = true
		case "month":
			month = true
		case "day", "week":
			day = true
		case "page", "paged", "pg", "start", "offset", "from":
			if isNumber(value) && tooFar(value) && (k == "page" || k == "paged" || k == "pg") {
				return fmt.Sprintf("page %s of a list (limit %d)", value, MaxPageNo)
			}
			if len(value) > 6 && isNumber(value) && k != "from" {
				return "offset " + value + " in a list"
			}
		}
		if strings.ContainsAny(key, "[") && strings.Count(query, "[") > 2 || strings.Count(query, "%5B") > 2 {
			return "mix of filters"
		}
		same := 0
		for other := range strings.SplitSeq(query, "&") {
			if k, _, _ := strings.Cut(other, "="); k == key {
				same++
			}
		}
		if same > 2 {
			return "query parameter repeated: " + key
		}
	}
	if month && (day || year) {
		return "calendar"
	}
	return ""
}

// areDates holds for the rest of a calendar's path: numbers, and what the common ones call their views.
func areDates(segments []string) bool {
	for _, seg := range segments {
		switch seg {
		case "month", "week", "day", "today", "list", "photo", "map", "summary":
		default:
			if !isNumber(strings.ReplaceAll(seg, "-", "")) {
				return false
			}
		}
	}
	return true
}

// isPagination says whether a URL is a further page of a list.
func isPagination(t *target) bool {
	for i, seg := range t.segments {
		rest, ok := strings.CutPrefix(seg, "page")
		switch {
		case ok && rest == "", seg == "seite", seg == "pagina":
			if i+1 < len(t.segments) && isNumber(t.segments[i+1]) {
				return true
			}
		case !ok:
		case rest[0] == '-' && isNumber(rest[1:]), i+1 == len(t.segments) && isNumber(strings.TrimSuffix(rest, ".html")):
			return true
		}
	}
	if t.query == "" {
		return false
	}
	for param := range strings.SplitSeq(t.query, "&") {
		key, value, _ := strings.Cut(param, "=")
		switch key {
		case "page", "paged", "pg", "offset", "start":
			if isNumber(value) {
				return true
			}
		case "updated-max": // Blogger's "older posts"
			return true
		}
	}
	return false
}

// tooFar holds for numbers over MaxPageNo.
func tooFar(s string) bool {
	n, err := strconv.Atoi(s)
	return isNumber(s) && (err != nil || n > MaxPageNo)
}

func isNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func isYear(s string) bool { return len(s) == 4 && isNumber(s) && s >= "1990" && s < "2100" }

// extension is the lower-case file extension of a path, without the dot, or "".
func extension(path string) string {
	name := path[strings.LastIndexByte(path, '/')+1:]
	i := strings.LastIndexByte(name, '.')
	if i <= 0 || len(name)-i > 6 {
		return ""
	}
	return strings.ToLower(name[i+1:])
}

// neverHTML holds the extensions behind which no page stands.
var neverHTML = func() map[string]bool {
	m := map[string]bool{}
	for ext := range strings.FieldsSeq(`
		jpg jpeg jpe png gif webp avif svg svgz ico bmp tif tiff heic heif psd ai eps raw
		mp3 m4a ogg oga opus wav flac aac wma mid mp4 m4v mov avi wmv flv webm mkv mpg mpeg 3gp ogv m3u m3u8 ts srt vtt
		pdf doc docx xls xlsx ppt pptx odt ods odp rtf epub mobi azw3 csv tsv txt md
		zip gz tgz bz2 xz 7z rar tar dmg exe msi apk iso deb rpm jar bin torrent
		css js mjs map json jsonld xml rss atom rdf xsl xsd wasm woff woff2 ttf otf eot swf ics vcf webmanifest`) {
		m[ext] = true
	}
	return m
}()

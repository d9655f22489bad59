package crawler

import (
	"fmt"
	"strconv"
	"strings"
)

// Bounds of a site's scope.
const (
	DefaultDepth = 20   // clicks, where a Site names none; pagination and rel=next count none
	MaxPageNo    = 1000 // in /page/N and its like
	maxPath      = 1024 // bytes of a path
	maxSegments  = 12   // of a path
	maxParams    = 5    // of a query
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
	host, path := hostOf(u), pathOf(u)
	if !s.hasHost(host) {
		return false, fmt.Sprintf("host %s is not of the site", host)
	}
	if len(u) > MaxURL {
		return false, ErrURLTooLong.Error()
	}
	limit := s.Depth
	if limit == 0 {
		limit = DefaultDepth
	}
	if depth > limit {
		return false, fmt.Sprintf("depth %d (limit %d)", depth, limit)
	}
	p, query, _ := strings.Cut(path, "?")
	if ext := extension(p); ext != "" && neverHTML[ext] {
		return false, "file type ." + ext
	}
	for _, re := range s.Deny {
		if re.MatchString(path) {
			return false, "deny pattern " + re.String()
		}
	}
	for _, re := range s.Review {
		if re.MatchString(path) {
			return true, "review pattern " + re.String()
		}
	}
	why = "page of the site"
	if len(s.Allow) > 0 {
		why = ""
		for _, re := range s.Allow {
			if re.MatchString(path) {
				why = "allow pattern " + re.String()
				break
			}
		}
	}
	refused := ""
	if why == "" {
		refused = "no allow pattern matches"
	} else {
		refused = trapIn(p, query)
	}
	if refused == "" {
		return true, why
	}
	if s.isStart(u) {
		return true, "start page"
	}
	return false, refused
}

// Admits says whether a task may be visited. Pages are judged by InScope. Sitemaps may stand on another host if the site's
// configuration or robots.txt names them (sitemaps.org, "Sitemaps & Cross Submits"); feeds of comments are of no use.
func (s *Site) Admits(t Task) (ok bool, why string) {
	switch t.Kind {
	case KindSitemap, KindFeed:
		if t.Found == FoundStart {
			return true, "named by the configuration"
		}
		if t.Kind == KindSitemap && t.Found == FoundRobots {
			return true, "named by robots.txt"
		}
		if host := hostOf(t.URL); !s.hasHost(host) {
			return false, fmt.Sprintf("host %s is not of the site", host)
		}
		if t.Kind == KindFeed && strings.Contains(strings.ToLower(pathOf(t.URL)), "comments") {
			return false, "feed of comments"
		}
		return true, string(t.Kind) + " of the site"
	}
	if t.Found == FoundStart {
		if host := hostOf(t.URL); !s.hasHost(host) {
			return false, fmt.Sprintf("host %s is not of the site", host)
		}
		return true, "start page"
	}
	return s.InScope(t.URL, t.Depth)
}

// Link makes the task for a reference found on the page of another task, if the site admits it. Pagination costs no depth, for
// the oldest review of a long-lived blog may be hundreds of "older posts" away.
func (s *Site) Link(from Task, canonical string, kind Kind, found Found) (t Task, ok bool, why string) {
	t = Task{URL: canonical, Site: s.Name, Host: hostOf(canonical), Kind: kind, Depth: from.Depth, Found: found, From: from.URL}
	if kind == KindPage && found == FoundLink && !isPagination(pathOf(canonical)) {
		t.Depth++
	}
	if ok, why = s.Admits(t); ok {
		t.Hint = s.hint(t)
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

func (s *Site) hint(t Task) int {
	if t.Kind != KindPage || t.Found == FoundStart {
		return hintSource
	}
	path := pathOf(t.URL)
	for _, re := range s.Review {
		if re.MatchString(path) {
			return hintReview
		}
	}
	p, query, _ := strings.Cut(path, "?")
	segments := split(p)
	if isPagination(path) {
		if len(segments) > 0 && isTagWord(segments[0]) {
			return hintTag
		}
		return hintListing
	}
	dated, slug := false, ""
	for i, seg := range segments {
		switch {
		case isTagWord(seg) || seg == "label" && i > 0 && segments[i-1] == "search":
			return hintTag
		case seg == "category" || seg == "categories" || seg == "section":
			return hintListing
		case isYear(seg):
			dated = true
		}
		slug = seg
	}
	switch {
	case query != "":
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

// trapIn names the trap that a path and query lead into, or "".
func trapIn(path, query string) string {
	if len(path) > maxPath {
		return fmt.Sprintf("path of %d bytes (limit %d)", len(path), maxPath)
	}
	segments := split(path)
	if len(segments) > maxSegments {
		return fmt.Sprintf("path of %d segments (limit %d)", len(segments), maxSegments)
	}
	if strings.Contains(path, ";jsessionid=") {
		return "session id in the path"
	}
	if len(segments) > 0 && (segments[0] == "http:" || segments[0] == "https:") {
		return "URL inside the path"
	}
	if why := pathTrap(segments); why != "" {
		return why
	}
	if query != "" {
		return queryTrap(query)
	}
	return ""
}

func pathTrap(segments []string) string {
	last := len(segments) - 1
	for i, seg := range segments {
		switch {
		case seg == "wp-admin" || seg == "wp-json" || seg == "wp-content" || seg == "wp-includes" || seg == "cdn-cgi" ||
			seg == "wp-login.php" || seg == "xmlrpc.php" || seg == "wp-comments-post.php":
			return "machinery of the platform: " + seg
		case i == last && (seg == "feed" || seg == "rss" || seg == "atom") || i == last-1 && seg == "feed":
			return "a feed, no page"
		case i == last && i > 0 && (seg == "amp" || seg == "print" || seg == "embed" || seg == "trackback"):
			return seg + " twin of a page"
		case strings.HasPrefix(seg, "comment-page-"):
			return "comment page of an article"
		case i == last && (seg == "login" || seg == "logout" || seg == "signin" || seg == "signup" || seg == "cart" || seg == "checkout" || seg == "my-account"):
			return "account or shop page: " + seg
		case seg == "calendar" && i < last && isNumber(segments[i+1][:1]):
			return "calendar"
		case (seg == "page" || seg == "seite" || seg == "pagina") && i < last && tooFar(segments[i+1]):
			return fmt.Sprintf("page %s of a list (limit %d)", segments[i+1], MaxPageNo)
		case strings.HasPrefix(seg, "page-") && tooFar(seg[len("page-"):]):
			return fmt.Sprintf("page %s of a list (limit %d)", seg[len("page-"):], MaxPageNo)
		}
		if len(seg) <= 2 && isNumber(seg) {
			continue // a day or a month
		}
		n := 0
		for _, other := range segments[:i+1] {
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

// isPagination says whether a path and query is a further page of a list.
func isPagination(path string) bool {
	p, query, _ := strings.Cut(path, "?")
	segments := split(p)
	for i, seg := range segments {
		if (seg == "page" || seg == "seite" || seg == "pagina") && i+1 < len(segments) && isNumber(segments[i+1]) {
			return true
		}
		if rest, ok := strings.CutPrefix(seg, "page-"); ok && isNumber(rest) {
			return true
		}
		if rest, ok := strings.CutPrefix(seg, "page"); ok && i+1 == len(segments) && isNumber(strings.TrimSuffix(rest, ".html")) {
			return true
		}
	}
	if query == "" {
		return false
	}
	for param := range strings.SplitSeq(query, "&") {
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

// split gives the segments of a path, the empty ones left out.
func split(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

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

package fetch

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"cinecrawl/crawler"

	"github.com/temoto/robotstxt"
	"golang.org/x/text/encoding/unicode"
)

// Bounds of a robots.txt.
const (
	maxRobots      = 500 << 10 // bytes that are parsed (RFC 9309 section 2.5)
	maxRobotsLine  = 16663     // bytes of a line that count, as in the reference implementation: 8 times the longest URL, less one
	maxSitemaps    = 1000      // Sitemap lines kept
	maxWildcards   = 2000      // wildcards that all rules for a token may have together …
	maxWildBytes   = 64 << 10  // … and the length of those that have any; beyond, they are taken as "Disallow: /"
	maxCrawlDelay  = 24 * time.Hour
	maxLineExcerpt = 200 // bytes of a line that Line.Text keeps
)

// Robots is a parsed robots.txt. It may be used by several goroutines.
//
// github.com/temoto/robotstxt decides whether a rule matches a path. Given a file as it comes, that library rejects all of it for a
// rule before any group or for a bad Crawl-delay, takes group tokens as prefixes, gives ties to the first rule, does not anchor
// patterns with wildcards and weighs them by the length of a regular expression, and compares percent-encodings as they are
// written. So lines, groups, encoding and precedence are settled here, and the library gets each rule as a normalised file of its
// own: pattern and path both begin with a mark that occurs nowhere else (which anchors), both are in one percent-encoding, and the
// rules are asked in the order of their precedence, so that the first match decides and is known by its line.
type Robots struct {
	agents   map[string]*group // by lower-case product token, "*" for all others
	sitemaps []string
	licences []usage   // License lines outside of any group
	at       time.Time // when it was fetched; zero if it is no copy of ours

	mu sync.Mutex // guards the rules' matchers, made when first asked
}

// Line is a line of a robots.txt that decided. The zero Line is no line: what no rule forbids is allowed (RFC 9309 section 2.2.2).
type Line struct {
	Number int    // from 1
	Text   string // trimmed, and cut if very long
}

func (l Line) String() string {
	if l.Number == 0 {
		return "no rule matches"
	}
	return fmt.Sprintf("robots.txt line %d: %s", l.Number, l.Text)
}

// group is all that a robots.txt says to one product token, over all its groups (RFC 9309 section 2.2.1: groups of one token are
// combined).
type group struct {
	blocks []*block
	delay  time.Duration
	rules  []*rule // of all blocks, by precedence; nil until sorted
	sorted bool
	usages []usage
}

// block is one group as written. Tokens share it, so that a file of many tokens over many rules stays small.
type block struct{ rules []*rule }

type rule struct {
	allow   bool
	pattern string // normalised, and with one * where several follow each other
	length  int    // octets of the normalised pattern, all its wildcards included
	line    Line
	match   *robotstxt.Group
}

// ParseRobots reads a robots.txt. Every sequence of bytes is one: lines that are not understood are passed over. Only the first
// 500 KiB count, up to the last whole line.
func ParseRobots(body []byte) *Robots {
	r := &Robots{agents: make(map[string]*group)}
	body = boundRobots(decodeRobots(boundRobots(body)))

	var current []*group // the groups that the next rule belongs to
	var open *block      // nil after a user-agent line that begins a group
	for number := 1; len(body) > 0; number++ {
		var line []byte
		line, body = cutLine(body)
		if len(line) > maxRobotsLine {
			line = line[:maxRobotsLine]
		}
		key, value, ok := splitLine(line)
		if !ok {
			continue
		}
		switch key {
		case "user-agent":
			if open != nil {
				current, open = nil, nil
			}
			token := productToken(value)
			if token == "" {
				// The rules that follow are for somebody, but not for any name that we could be asked for. An empty place keeps
				// them out of the group before.
				current = append(current, new(group))
				continue
			}
			g := r.agents[token]
			if g == nil {
				g = new(group)
				r.agents[token] = g
			}
			current = append(current, g)
		case "allow", "disallow":
			// A rule before any user-agent line belongs to no group (RFC 9309 section 2.1), an empty one says nothing.
			if len(current) == 0 || value == "" {
				if len(current) > 0 && open == nil {
					open = openBlock(current)
				}
				continue
			}
			if open == nil {
				open = openBlock(current)
			}
			p := normalPattern(value)
			open.rules = append(open.rules, &rule{allow: key == "allow", pattern: fewerStars(p), length: len(p), line: Line{Number: number, Text: excerpt(line)}})
		case "crawl-delay":
			// Not in RFC 9309; like other records it does not end a run of user-agent lines (section 2.2.4).
			if d, ok := crawlDelay(value); ok {
				for _, g := range current {
					g.delay = max(g.delay, d)
				}
			}
		case "sitemap":
			if value != "" && len(r.sitemaps) < maxSitemaps && !slices.Contains(r.sitemaps, value) {
				r.sitemaps = append(r.sitemaps, value)
			}
		case "content-signal", "content-usage", "license":
			r.addUsage(current, crawler.SignalName(key), value, number)
		}
	}
	return r
}

func openBlock(groups []*group) *block {
	b := new(block)
	for _, g := range groups {
		// A token named twice in one group has its rules once.
		if n := len(g.blocks); n == 0 || g.blocks[n-1] != b {
			g.blocks = append(g.blocks, b)
		}
	}
	return b
}

// Allowed says whether a product token such as "cinecrawl" may fetch a URL (absolute, or from its path on), and the line that
// decided. A version after a slash is not part of the token. The most specific rule wins, that is the longest; Allow wins ties
// (RFC 9309 section 2.2.2).
func (r *Robots) Allowed(agent, url string) (bool, Line) {
	path := normalPath(url)
	if path == mark+"/robots.txt" { // implicitly allowed, section 2.2.2
		return true, Line{}
	}
	g := r.group(agent)
	if g == nil {
		return true, Line{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	g.sort()
	for _, rule := range g.rules {
		if rule.matches(path) {
			return rule.allow, rule.line
		}
	}
	return true, Line{}
}

// CrawlDelay gives the Crawl-delay for a product token, 0 if there is none. It is no part of RFC 9309, but kept.
func (r *Robots) CrawlDelay(agent string) time.Duration {
	if g := r.group(agent); g != nil {
		return g.delay
	}
	return 0
}

// Sitemaps gives the values of the Sitemap lines in their order, each once and as written. They belong to no group
// (RFC 9309 section 2.2.4).
func (r *Robots) Sitemaps() []string { return slices.Clone(r.sitemaps) }

// group finds the group of a product token, matched whole and without case; if there is none, the group for all
// (RFC 9309 section 2.2.1).
func (r *Robots) group(agent string) *group {
	agent, _, _ = strings.Cut(agent, "/")
	if g := r.agents[strings.ToLower(agent)]; g != nil && agent != "*" {
		return g
	}
	return r.agents["*"]
}

// only forgets what is said to others than one product token: a file can be large, and is kept for a day.
func (r *Robots) only(agent string) *Robots {
	kept := make(map[string]*group, 1)
	if g := r.group(agent); g != nil {
		kept["*"] = g
	}
	r.agents = kept
	return r
}

// sort puts the rules in the order of their precedence.
func (g *group) sort() {
	if g.sorted {
		return
	}
	g.sorted = true
	for _, b := range g.blocks {
		g.rules = append(g.rules, b.rules...)
	}
	slices.SortStableFunc(g.rules, func(a, b *rule) int {
		if c := cmp.Compare(b.length, a.length); c != 0 {
			return c
		}
		switch {
		case a.allow == b.allow:
			return 0
		case a.allow:
			return -1
		}
		return 1
	})
	wild, bytes := 0, 0
	for _, r := range g.rules {
		if n := strings.Count(r.pattern, "*"); n > 0 {
			wild += n
			bytes += len(r.pattern)
			if wild > maxWildcards || bytes > maxWildBytes {
				// Too dear to match. Leaving rules out could allow what is forbidden, so all is forbidden.
				l := Line{Number: r.line.Number, Text: fmt.Sprintf("more than %d wildcards, or %d bytes of rules with them: taken as Disallow: /",
					maxWildcards, maxWildBytes)}
				g.rules = []*rule{{pattern: "/", length: 1, line: l}}
				return
			}
		}
	}
}

// mark begins every path and pattern given to the library. "^" is percent-encoded in both, so it occurs nowhere else, and a regular
// expression that begins with it can match at the beginning only. The library wants a slash first.
const mark = "/^"

// matches asks the library about this rule alone: a path is refused if it matches.
func (r *rule) matches(marked string) bool {
	if !mayMatch(r.pattern, marked[len(mark):]) {
		return false
	}
	if r.match == nil {
		data, err := robotstxt.FromString("User-agent: *\nDisallow: " + mark + r.pattern + "\n")
		if err != nil {
			// normalPattern leaves nothing that the library rejects. Were it so, the rule must not open what it may have closed.
			return !r.allow
		}
		r.match = data.FindGroup("*")
	}
	return !r.match.Test(marked)
}

// mayMatch says whether the parts between a pattern's wildcards stand in a path, in their order. Most rules fail on that, and need no
// regular expression, nor even the library's parser: without it, a file made for the purpose could cost seconds a URL.
func mayMatch(pattern, path string) bool {
	part, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		whole, end := strings.CutSuffix(part, "$")
		return strings.HasPrefix(path, whole) && (!end || path == whole)
	}
	path, ok := strings.CutPrefix(path, part)
	for ok && wild {
		part, rest, wild = strings.Cut(rest, "*")
		if !wild {
			if whole, end := strings.CutSuffix(part, "$"); end {
				return strings.HasSuffix(path, whole)
			}
		}
		_, path, ok = strings.Cut(path, part)
	}
	return ok
}

// boundRobots cuts what is beyond the bound, and the line that the bound would cut: half a rule says something else than the rule.
func boundRobots(b []byte) []byte {
	if len(b) <= maxRobots {
		return b
	}
	b = b[:maxRobots]
	if i := bytes.LastIndexAny(b, "\r\n"); i >= 0 {
		b = b[:i+1]
	}
	return b
}

// decodeRobots takes off a byte order mark, whole or in part, and turns UTF-16 that has one into UTF-8. Bytes of other encodings
// stay: paths are compared octet by octet.
func decodeRobots(b []byte) []byte {
	if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		d, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(b)
		if err == nil {
			return d
		}
	}
	for _, c := range []byte("\xef\xbb\xbf") {
		if len(b) == 0 || b[0] != c {
			break
		}
		b = b[1:]
	}
	return b
}

// cutLine cuts at LF, CR or CR LF (RFC 9309 section 2.2, EOL).
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexAny(b, "\r\n")
	if i < 0 {
		return b, nil
	}
	rest = b[i+1:]
	if b[i] == '\r' && len(rest) > 0 && rest[0] == '\n' {
		rest = rest[1:]
	}
	return b[:i], rest
}

const blanks = " \t\v\f\x00"

// fields are the names of the lines that say something to us, with the misspellings that the reference implementation also reads:
// who wrote "Dissallow" wants nobody in.
var fields = map[string]string{
	"user-agent": "user-agent", "useragent": "user-agent", "user agent": "user-agent",
	"allow":    "allow",
	"disallow": "disallow", "dissallow": "disallow", "dissalow": "disallow", "disalow": "disallow", "diasllow": "disallow",
	"disallaw":    "disallow",
	"crawl-delay": "crawl-delay", "crawldelay": "crawl-delay", "crawl delay": "crawl-delay",
	"sitemap": "sitemap", "site-map": "sitemap",
	"content-signal": "content-signal", "content-usage": "content-usage", "license": "license",
}

// splitLine gives the field and value of a line without its comment. A missing colon is forgiven where exactly two words stand.
func splitLine(line []byte) (key, value string, ok bool) {
	line, _, _ = bytes.Cut(line, []byte("#"))
	k, v, found := bytes.Cut(line, []byte(":"))
	if !found {
		words := bytes.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(blanks, r) })
		if len(words) != 2 {
			return "", "", false
		}
		k, v = words[0], words[1]
	}
	k = bytes.Trim(k, blanks)
	if len(k) > len("content-signal") {
		return "", "", false
	}
	key, ok = fields[string(bytes.ToLower(k))]
	return key, string(bytes.Trim(v, blanks)), ok
}

// productToken reads the token at the beginning of a user-agent value, in lower case (RFC 9309 section 2.2.1). Digits are no part
// of a token there; names such as MJ12bot are written all the same, and taken whole.
func productToken(value string) string {
	if value == "*" || strings.HasPrefix(value, "*") && strings.ContainsRune(blanks, rune(value[1])) {
		return "*"
	}
	i := 0
	for i < len(value) {
		c := value[i]
		if !isAlnum(c) && c != '-' && c != '_' {
			break
		}
		i++
	}
	return strings.ToLower(value[:i])
}

// crawlDelay reads seconds, with a fraction if need be. What is no such number is no delay.
func crawlDelay(value string) (time.Duration, bool) {
	s, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(s) || math.IsInf(s, 0) || s < 0 {
		return 0, false
	}
	if s > maxCrawlDelay.Seconds() {
		return maxCrawlDelay, true
	}
	return time.Duration(s * float64(time.Second)), true
}

// excerpt is a line for people.
func excerpt(line []byte) string {
	line = bytes.Trim(line, blanks)
	if len(line) > maxLineExcerpt {
		return strings.ToValidUTF8(string(line[:maxLineExcerpt]), "") + "…"
	}
	return strings.ToValidUTF8(string(line), string(utf8.RuneError))
}

// normalPattern puts the value of a rule into the form that is compared: see appendNormal. A "*" stays a wildcard and a "$" at the
// end stays an anchor; any other "$" is itself (RFC 9309 section 2.2.3). A value without a leading slash, which the grammar does not
// know, is taken as if it had one.
func normalPattern(value string) string {
	b := make([]byte, 0, len(value)+8)
	if value[0] != '/' && value[0] != '*' {
		b = append(b, '/')
	}
	body, end := value, ""
	if strings.HasSuffix(value, "$") {
		body, end = value[:len(value)-1], "$"
	}
	return string(append(appendNormal(b, body, true), end...))
}

// fewerStars makes one wildcard of several in a row, which match the same and cost more.
func fewerStars(pattern string) string {
	if !strings.Contains(pattern, "**") {
		return pattern
	}
	b := make([]byte, 0, len(pattern))
	for i := range len(pattern) {
		if pattern[i] != '*' || i == 0 || pattern[i-1] != '*' {
			b = append(b, pattern[i])
		}
	}
	return string(b)
}

// normalPath gives the path and query of a URL in the form that is compared, after the mark.
func normalPath(url string) string {
	if i := strings.Index(url, "://"); i >= 0 && strings.IndexAny(url, "/?#") == i+1 {
		url = url[i+3:]
		if i := strings.IndexAny(url, "/?#"); i >= 0 {
			url = url[i:]
		} else {
			url = ""
		}
	}
	url, _, _ = strings.Cut(url, "#")
	b := make([]byte, 0, len(mark)+len(url)+8)
	b = append(b, mark...)
	if url == "" || url[0] != '/' {
		b = append(b, '/')
	}
	return string(appendNormal(b, url, false))
}

// appendNormal appends s in one percent-encoding (RFC 9309 section 2.2.2): an encoded octet that RFC 3986 section 2.3 calls
// unreserved is decoded; other encodings are in upper case; octets that may not stand in a URL, non-ASCII ones among them, are
// encoded. A reserved character and its encoding stay two things, except in the query for ":", "/" and "?", which the example
// there takes as one with their encodings. "*" and "$" that mean themselves are encoded: in a URL always, in a pattern all "$" that
// come here.
func appendNormal(b []byte, s string, pattern bool) []byte {
	const hex = "0123456789ABCDEF"
	query := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			c = unhex(s[i+1])<<4 | unhex(s[i+2])
			i += 2
			if isAlnum(c) || strings.IndexByte("-._~", c) >= 0 || query && strings.IndexByte(":/?", c) >= 0 {
				b = append(b, c)
			} else {
				b = append(b, '%', hex[c>>4], hex[c&15])
			}
			continue
		}
		switch {
		case isAlnum(c) || strings.IndexByte("-._~!&'()+,;=:@/?[]%", c) >= 0, pattern && c == '*':
			b = append(b, c)
			query = query || c == '?'
		default:
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return b
}

func isAlnum(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	}
	return c - 'a' + 10
}

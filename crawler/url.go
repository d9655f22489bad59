package crawler

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/net/idna"
)

// MaxURL is the largest length of a canonical URL, in bytes.
const MaxURL = 2048

// Why a reference has no canonical URL.
var (
	ErrNotHTTP    = errors.New("not an http or https URL")
	ErrURLTooLong = fmt.Errorf("URL longer than %d bytes", MaxURL)
	ErrBadURL     = errors.New("malformed URL")
)

// Canonical gives the one spelling of a URL under which the crawl knows it. A reference is resolved against base, which may be
// nil for an absolute one. Canonical(Canonical(u)) is Canonical(u).
//
//   - Scheme and host are lower case, a default port and a final dot of the host are dropped, an international host name is in
//     its ASCII form (RFC 3986 sections 6.2.2.1 and 6.2.3; UTS 46).
//   - Escapes are upper case, unreserved characters are not escaped, everything that may not stand bare is (section 6.2.2.2; a
//     stray "%" becomes "%25"). Tabs and line ends inside the URL are dropped and a backslash in the path is a slash, as in the
//     WHATWG URL standard.
//   - Dot segments are resolved (section 6.2.2.3) and an empty path is "/". Double slashes stay: some servers mean them.
//   - The fragment goes, and an empty query, and the tracking parameters of trackingParam. All other parameters stay, in their
//     order.
//
// Only http and https are taken; a user name or password is refused, for a crawl that follows links has no business with one.
func Canonical(raw string, base *url.URL) (string, error) {
	if len(raw) > 4*MaxURL {
		return "", ErrURLTooLong
	}
	u, err := url.Parse(clean(raw))
	if err != nil {
		return "", fmt.Errorf("%w: %v", ErrBadURL, errors.Unwrap(err))
	}
	if u.Opaque != "" && u.Scheme != "http" && u.Scheme != "https" {
		return "", ErrNotHTTP
	}
	if base != nil && u.Scheme == base.Scheme && u.Opaque != "" {
		return "", ErrBadURL
	}
	if base != nil {
		u = base.ResolveReference(u)
	} else {
		u = u.ResolveReference(&url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}) // dot segments
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return "", ErrNotHTTP
	}
	if u.User != nil {
		return "", fmt.Errorf("%w: user name in it", ErrBadURL)
	}
	host, err := canonicalHost(u)
	if err != nil {
		return "", err
	}
	path := u.EscapedPath()
	if path == "" || path[0] != '/' {
		path = "/" + path
	}
	query := dropTracking(u.RawQuery)

	var b strings.Builder
	b.Grow(len(u.Scheme) + len("://") + len(host) + len(path) + len("?") + len(query))
	b.WriteString(u.Scheme)
	b.WriteString("://")
	b.WriteString(host)
	b.WriteString(path)
	if query != "" {
		b.WriteByte('?')
		b.WriteString(query)
	}
	if b.Len() > MaxURL {
		return "", ErrURLTooLong
	}
	return b.String(), nil
}

// Base is the page, or its <base href>, that references are resolved against, with what is known of it beforehand.
type Base struct {
	url    *url.URL
	origin string // canonical scheme and host; "" if it has none
}

// NewBase makes a Base of an absolute URL.
func NewBase(u *url.URL) Base {
	if host, err := canonicalHost(u); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.User == nil {
		return Base{u, u.Scheme + "://" + host}
	}
	return Base{url: u}
}

// Canonical is Canonical(raw, base). References into the same origin that are canonical already, which is what nearly all links of
// a page are, take a short way.
func (b Base) Canonical(raw string) (string, error) {
	if b.origin == "" {
		return Canonical(raw, b.url)
	}
	ref, _, _ := strings.Cut(raw, "#")
	path, absolute := strings.CutPrefix(ref, b.origin)
	if !isPlainPath(path) || len(b.origin)+len(path) > MaxURL {
		return Canonical(raw, b.url)
	}
	if absolute {
		return strings.Clone(ref), nil // it may be part of a whole page
	}
	return b.origin + path, nil
}

// isPlainPath holds for absolute paths without a query in which nothing could need a change.
func isPlainPath(p string) bool {
	if p == "" || p[0] != '/' || len(p) > 1 && p[1] == '/' {
		return false
	}
	for i := range len(p) {
		switch c := p[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '/':
		case c == '.' && p[i-1] != '/': // else perhaps a dot segment
		default:
			return false
		}
	}
	return true
}

// HostKey is the politeness key of a URL: its lower-case host name, with the port if that is not the scheme's own, and without a
// leading "www.", for the name with it and the name without are nearly always one server, which is not to be asked twice as often.
func HostKey(u *url.URL) string {
	host, err := canonicalHost(u)
	if err != nil {
		host = strings.ToLower(u.Host)
	}
	return strings.TrimPrefix(host, "www.")
}

// hostOf is the HostKey of a canonical URL, which needs no parsing.
func hostOf(canonical string) string { return strings.TrimPrefix(nameOf(canonical), "www.") }

// nameOf is the host of a canonical URL as it stands there.
func nameOf(canonical string) string {
	_, rest, _ := strings.Cut(canonical, "://")
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		rest = rest[:i]
	}
	return rest
}

// pathOf is the path and query of a canonical URL, or "".
func pathOf(canonical string) string {
	_, rest, _ := strings.Cut(canonical, "://")
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		return rest[i:]
	}
	return ""
}

var hostProfile = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.StrictDomainName(false))

func canonicalHost(u *url.URL) (string, error) {
	name, port := strings.TrimSuffix(u.Hostname(), "."), u.Port()
	if name == "" || len(name) > 253 {
		return "", fmt.Errorf("%w: no host", ErrBadURL)
	}
	ascii := true
	for i := range len(name) {
		c := name[i]
		if c >= 0x80 {
			ascii = false
			break
		}
		if !isHostByte(c) {
			return "", fmt.Errorf("%w: %q in the host name", ErrBadURL, c)
		}
	}
	switch {
	case strings.Contains(name, ":"): // an IPv6 address; hostBytes refused a zone
		name = "[" + strings.ToLower(name) + "]"
	case ascii:
		name = strings.ToLower(name)
	default:
		mapped, err := hostProfile.ToASCII(name)
		if err != nil {
			return "", fmt.Errorf("%w: host name: %v", ErrBadURL, err)
		}
		name = strings.TrimSuffix(strings.ToLower(mapped), ".")
		for i := range len(name) {
			if !isHostByte(name[i]) || name[i] == ':' {
				return "", fmt.Errorf("%w: %q in the host name", ErrBadURL, name[i])
			}
		}
	}
	if strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") || strings.Contains(name, "..") || name == "" || len(name) > 253 {
		return "", fmt.Errorf("%w: empty label in the host name", ErrBadURL)
	}
	port = strings.TrimLeft(port, "0")
	if len(port) > 5 {
		return "", fmt.Errorf("%w: port", ErrBadURL)
	}
	if port != "" && !(u.Scheme == "http" && port == "80") && !(u.Scheme == "https" && port == "443") {
		name += ":" + port
	}
	return name, nil
}

func isHostByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == ':'
}

// clean brings a reference as found on a page into what url.Parse takes, with escapes normalised. It drops the fragment.
func clean(raw string) string {
	raw = strings.TrimFunc(raw, func(r rune) bool { return r <= ' ' })
	raw, _, _ = strings.Cut(raw, "#")
	if isClean(raw) {
		return raw
	}
	host := authority(raw) // no escapes are made there: url.Parse and idna judge the host
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	b.Grow(len(raw) + 16)
	query := false
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case c == '\t' || c == '\n' || c == '\r':
		case i < host && c != '\\':
			b.WriteByte(c)
		case c == '\\' && !query:
			b.WriteByte('/')
		case c == '%' && i+2 < len(raw) && isHex(raw[i+1]) && isHex(raw[i+2]):
			d := unhex(raw[i+1])<<4 | unhex(raw[i+2])
			i += 2
			if isUnreserved(d) {
				b.WriteByte(d)
			} else {
				b.WriteByte('%')
				b.WriteByte(hex[d>>4])
				b.WriteByte(hex[d&15])
			}
		case c == '%' || mustEscape(c):
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		default:
			query = query || c == '?'
			b.WriteByte(c)
		}
	}
	return b.String()
}

// isClean says that clean has nothing to do, which holds for nearly every link there is.
func isClean(s string) bool {
	for i := range len(s) {
		if c := s[i]; c == '%' || c == '\\' || mustEscape(c) {
			return false
		}
	}
	return true
}

// authority gives the length of a reference's scheme and host, 0 if it has none.
func authority(s string) int {
	start := strings.Index(s, "//")
	if start < 0 || strings.ContainsAny(s[:start], "/?") {
		return 0
	}
	if end := strings.IndexAny(s[start+2:], `/?\`); end >= 0 {
		return start + 2 + end
	}
	return len(s)
}

// mustEscape holds for the bytes that may not stand bare in a path or query (RFC 3986 section 3.3 and 3.4, less the brackets,
// which servers and Go take).
func mustEscape(c byte) bool {
	return c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' || c == '`' || c == '{' || c == '}' || c == '|' || c == '^' || c == '\\'
}

// isUnreserved is RFC 3986 section 2.3.
func isUnreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c >= 'a':
		return c - 'a' + 10
	}
	return c - 'A' + 10
}

// dropTracking takes the tracking parameters out of a query and leaves everything else as it is.
func dropTracking(query string) string {
	if query == "" {
		return ""
	}
	with := func(param string) bool { return strings.HasPrefix(query, param) || strings.Contains(query, "&"+param) }
	shared, liked := with("share="), with("like_comment=")
	drop := func(param string) bool {
		key, _, _ := strings.Cut(param, "=")
		switch key {
		case "nb":
			return shared
		case "_wpnonce":
			return liked
		}
		return trackingParam(key)
	}
	found := false
	for p := range strings.SplitSeq(query, "&") {
		found = found || drop(p)
	}
	if !found {
		return query
	}
	var b strings.Builder
	for p := range strings.SplitSeq(query, "&") {
		if drop(p) {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p)
	}
	return b.String()
}

// trackingParam holds for query parameters that never choose a page: they say where a click came from, or name a button on the
// page. Beside these, "nb" goes where "share" stands (WordPress.com share buttons) and "_wpnonce" where "like_comment" does.
// Parameters with a second meaning (amp, ref, source, id, m) stay; the scope refuses the twins among them.
func trackingParam(key string) bool {
	switch key {
	case "fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "ttclid", "igshid", "igsh",
		"srsltid", "li_fat_id", // click identifiers of advertising networks
		"mc_cid", "mc_eid", "mkt_tok", "_hsenc", "_hsmi", "vero_id", "oly_enc_id", "oly_anon_id", // newsletters
		"_ga", "_gl", "_openstat", "ref_src", "ref_url", "__twitter_impression", // analytics
		"pk_campaign", "pk_kwd", "pk_keyword", "pk_source", "pk_medium", "pk_content",
		"share", "replytocom", "like_comment", "unapproved", "moderation-hash", // WordPress buttons and comment forms
		"showComment": // Blogger comment links
		return true
	}
	return strings.HasPrefix(key, "utm_") || strings.HasPrefix(key, "mtm_")
}

// CanonicalOf gives the URL under which a page's record is kept: the target of its <link rel=canonical> if that names another
// URL of the same site (RFC 6596), else the page's own. A front page named as the canonical one of an inner page is a common
// misconfiguration and is not believed.
func (s *Site) CanonicalOf(page, link string) string {
	if link == "" || link == page {
		return page
	}
	base, err := url.Parse(page)
	if err != nil {
		return page
	}
	target, err := Canonical(link, base)
	if err != nil || pathOf(target) == "/" {
		return page
	}
	if ok, _ := s.InScope(target, 0); !ok {
		return page
	}
	return target
}

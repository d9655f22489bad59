package fetch

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"cinecrawl/crawler"

	"golang.org/x/net/html/charset"
)

// mediaType is a Content-Type without its parameters, in lower case.
func mediaType(contentType string) string {
	t, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(t))
}

// unknown says whether a media type says nothing, so that the first bytes decide (MIME Sniffing standard, section 7).
func unknown(t string) bool {
	switch t {
	case "", "unknown/unknown", "application/unknown", "*/*":
		return true
	}
	return !strings.Contains(t, "/")
}

// wanted says whether a body of the media type may be what the kind of task expects.
func wanted(k crawler.Kind, t string) error {
	if k == "" || unknown(t) {
		return nil
	}
	if k == crawler.KindPage {
		if t == "text/html" || t == "application/xhtml+xml" {
			return nil
		}
		return fmt.Errorf("%w: %.80s", crawler.ErrNotHTML, t)
	}
	// Feeds, archives and sitemaps come under many names, text/html among them. What is surely none is not read.
	major, minor, _ := strings.Cut(t, "/")
	switch {
	case major == "text", strings.HasSuffix(minor, "xml"), strings.HasSuffix(minor, "json"), strings.Contains(minor, "gzip"),
		minor == "octet-stream":
		return nil
	}
	return fmt.Errorf("%w, and no %s: %.80s", crawler.ErrNotHTML, k, t)
}

// charsetOf finds the name of a body's encoding, as in the Encoding standard. The order is that of the HTML standard, section
// 13.2.3.2: byte order mark, Content-Type, then the first 1024 bytes; for XML its declaration takes the place of <meta>
// (RFC 7303 section 3). Where none says, a page that is UTF-8 throughout is taken as that, and any other as windows-1252, the
// standard's choice for most of the world.
func charsetOf(k crawler.Kind, contentType string, b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		return "utf-8"
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return "utf-16be"
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		return "utf-16le"
	}
	if name := lookup(charsetParam(contentType)); name != "" {
		return name
	}
	if k != crawler.KindPage {
		if name := lookup(xmlEncoding(b)); name != "" {
			return name
		}
		return "utf-8"
	}
	if name := crawler.MetaCharset(b); name != "" {
		return name
	}
	// Found or not: what says windows-1252 and is UTF-8 throughout was copied from an old template.
	if utf8.Valid(b) {
		return "utf-8"
	}
	return "windows-1252"
}

// lookup gives the Encoding standard's name for a label, "" if it has none.
func lookup(label string) string {
	if label == "" || len(label) > 64 {
		return ""
	}
	if strings.EqualFold(label, "utf-8") {
		return "utf-8"
	}
	_, name := charset.Lookup(label)
	return name
}

// charsetParam reads the charset parameter leniently, as browsers do: the rest of the header may be out of order.
func charsetParam(contentType string) string {
	_, params, _ := strings.Cut(contentType, ";")
	for p := range strings.SplitSeq(params, ";") {
		k, v, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(k), "charset") {
			return strings.Trim(strings.TrimSpace(v), `"' `)
		}
	}
	return ""
}

// xmlEncoding reads the encoding of an XML declaration (XML 1.0, section 2.8).
func xmlEncoding(b []byte) string {
	b = b[:min(len(b), 1024)]
	if !bytes.HasPrefix(b, []byte("<?xml")) {
		return ""
	}
	decl, _, ok := bytes.Cut(b, []byte("?>"))
	if !ok {
		return ""
	}
	_, v, ok := bytes.Cut(decl, []byte("encoding"))
	v = bytes.TrimLeft(v, " \t\r\n=")
	if !ok || len(v) < 2 || v[0] != '"' && v[0] != '\'' {
		return ""
	}
	v, _, _ = bytes.Cut(v[1:], v[:1])
	return string(v)
}

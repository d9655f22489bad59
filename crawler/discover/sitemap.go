package discover

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/net/html/charset"
)

const (
	maxNesting = 32      // of XML elements; a sitemap has 3, its extensions 5
	maxRun     = 1 << 20 // bytes without a "<" between them, which the XML decoder holds in memory
)

// Sitemap reads a sitemap (sitemaps.org protocol 0.9): a urlset gives entries, a sitemapindex the URLs of nested sitemaps, a text
// file with a URL a line gives entries. gzip is recognised by its first bytes. URLs are given as they are written.
//
// An error does not take back what was read before it: a sitemap that breaks off halfway gives its first half and the error.
func Sitemap(body []byte) (entries []Entry, nested []string, err error) {
	return sitemap(body, MaxSitemap)
}

// sitemap reads at most limit bytes, unpacked.
func sitemap(body []byte, limit int64) (entries []Entry, nested []string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("sitemap: %w", err)
		}
	}()
	var r io.Reader = bytes.NewReader(body)
	if bytes.HasPrefix(body, []byte{0x1f, 0x8b}) {
		if r, err = gzip.NewReader(r); err != nil {
			return nil, nil, err
		}
	}
	limited := &io.LimitedReader{R: r, N: limit + 1}
	br := bufio.NewReader(limited)
	first, err := firstByte(br)
	switch {
	case errors.Is(err, io.EOF):
		return nil, nil, errors.New("empty body")
	case err != nil:
		return nil, nil, err
	case first == '<':
		entries, nested, err = xmlSitemap(br)
	default:
		entries, err = textSitemap(br)
	}
	if limited.N <= 0 {
		err = fmt.Errorf("larger than %d bytes", limit)
	}
	return entries, nested, err
}

// firstByte gives the first byte that is no space, after a byte order mark, and leaves it to be read.
func firstByte(r *bufio.Reader) (byte, error) {
	if mark, _ := r.Peek(3); string(mark) == "\xef\xbb\xbf" {
		r.Discard(3)
	}
	for {
		b, err := r.ReadByte()
		if err != nil {
			return 0, err
		}
		if b > ' ' {
			return b, r.UnreadByte()
		}
	}
}

// runs is a reader for the XML decoder that ends at a text, a comment or a tag of more than maxRun bytes.
type runs struct {
	*bufio.Reader
	n int
}

func (r *runs) ReadByte() (byte, error) {
	b, err := r.Reader.ReadByte()
	if r.n++; b == '<' {
		r.n = 0
	} else if r.n > maxRun {
		return 0, fmt.Errorf("more than %d bytes without a tag", maxRun)
	}
	return b, err
}

func xmlSitemap(r *bufio.Reader) (entries []Entry, nested []string, err error) {
	d := xml.NewDecoder(&runs{Reader: r})
	d.Strict = false // an unknown entity stays as it is written; the decoder reads no DTD, so that none can be defined
	d.CharsetReader = charset.NewReaderLabel
	open := make([]string, 0, maxNesting)
	var loc, lastmod strings.Builder
	var into *strings.Builder // the text that counts at this place
	for {
		token, err := d.RawToken()
		switch {
		case errors.Is(err, io.EOF) && len(open) == 0:
			return entries, nested, nil
		case errors.Is(err, io.EOF):
			return entries, nested, io.ErrUnexpectedEOF
		case err != nil:
			return entries, nested, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			name := strings.ToLower(t.Name.Local)
			if len(open) == 0 && name != "urlset" && name != "sitemapindex" {
				return entries, nested, fmt.Errorf("root element <%.40s> is neither urlset nor sitemapindex", t.Name.Local)
			}
			if len(open) == maxNesting {
				return entries, nested, fmt.Errorf("elements nested deeper than %d", maxNesting)
			}
			open = append(open, name)
			into = nil
			switch len(open) {
			case 2:
				loc.Reset()
				lastmod.Reset()
			case 3: // deeper ones are extensions (image:loc, video:content_loc)
				if open[1] != "url" && open[1] != "sitemap" {
					break
				}
				switch name {
				case "loc":
					into = &loc
				case "lastmod":
					into = &lastmod
				}
			}
		case xml.CharData:
			if into != nil && into.Len()+len(t) <= 4096 {
				into.Write(t)
			}
		case xml.EndElement:
			into = nil
			if len(open) == 0 {
				return entries, nested, fmt.Errorf("unexpected </%.40s>", t.Name.Local)
			}
			name := open[len(open)-1]
			open = open[:len(open)-1]
			u := strings.TrimSpace(loc.String())
			if len(open) != 1 || u == "" {
				break
			}
			if len(entries)+len(nested) == MaxEntries {
				return entries, nested, fmt.Errorf("more than %d entries", MaxEntries)
			}
			if name == "sitemap" {
				nested = append(nested, u)
			} else {
				entries = append(entries, Entry{URL: u, Time: w3cTime(lastmod.String())})
			}
			loc.Reset()
		}
	}
}

func textSitemap(r io.Reader) (entries []Entry, err error) {
	s := bufio.NewScanner(r)
	s.Buffer(nil, 16<<10)
	for s.Scan() {
		line := strings.TrimSpace(s.Text())
		switch {
		case line == "":
		case !hasPrefixFold(line, "http://") && !hasPrefixFold(line, "https://"):
			return entries, fmt.Errorf("line %.60q is no URL", line)
		case len(entries) == MaxEntries:
			return entries, fmt.Errorf("more than %d entries", MaxEntries)
		default:
			entries = append(entries, Entry{URL: line})
		}
	}
	return entries, s.Err()
}

// w3cTime reads the forms of the W3C note "Date and Time Formats", and some that generators write in their stead. A time without a
// zone is UTC.
func w3cTime(s string) time.Time {
	s = strings.TrimSpace(s)
	for _, layout := range []string{ // time.Parse takes a fraction of a second in any of them
		time.RFC3339, "2006-01-02", "2006-01-02T15:04Z07:00", "2006-01", "2006",
		"2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04:05", "2006-01-02 15:04",
	} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1970 {
			return t.UTC()
		}
	}
	return time.Time{}
}

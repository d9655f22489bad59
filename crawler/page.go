package crawler

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
)

// bomUTF8 is the byte order mark of UTF-8, which is no text.
var bomUTF8 = []byte("\xef\xbb\xbf")

// UTF8 gives the body decoded from its Charset, without byte order mark. Bytes that the charset does not know become U+FFFD, as in
// the Encoding standard (section 4.1, error mode "replacement"). A body that is valid UTF-8 already is not copied. A charset label
// that is not in the Encoding standard gives ErrUnreadable.
//
// A Charset that the bytes contradict is not believed, unlike in the HTML standard, which would lose letters. What is said to be UTF-8
// and has more broken sequences than whole ones of several bytes is what its <meta> says, or windows-1252. What is said to be anything
// else, UTF-16 apart, and is UTF-8 throughout, with letters beyond ASCII, is UTF-8: text of another encoding is not by chance.
func (p *Page) UTF8() ([]byte, error) {
	name := p.Charset
	if name == "" || name == "utf-8" {
		b := bytes.TrimPrefix(p.Body, bomUTF8)
		if utf8.Valid(b) {
			return b, nil
		}
		if whole, broken := sequences(b); whole >= broken || len(b) < len(p.Body) {
			return bytes.ToValidUTF8(b, []byte("\uFFFD")), nil
		}
		if name = MetaCharset(b); name == "" || name == "utf-8" {
			name = "windows-1252"
		}
	}
	e, _ := charset.Lookup(name)
	if e == nil {
		return nil, fmt.Errorf("%w: unknown charset %q", ErrUnreadable, name)
	}
	if !strings.HasPrefix(name, "utf-16") && utf8.Valid(p.Body) {
		if whole, _ := sequences(p.Body); whole > 0 {
			return bytes.TrimPrefix(p.Body, bomUTF8), nil
		}
	}
	b, err := e.NewDecoder().Bytes(p.Body)
	if err != nil {
		return nil, fmt.Errorf("%w: charset %s: %v", ErrUnreadable, name, err)
	}
	return bytes.TrimPrefix(b, bomUTF8), nil
}

// sequences counts the characters of several bytes in UTF-8, and the bytes that are part of none.
func sequences(b []byte) (whole, broken int) {
	for len(b) > 0 {
		if b[0] < utf8.RuneSelf {
			b = b[1:]
			continue
		}
		switch _, n := utf8.DecodeRune(b); n {
		case 1:
			broken++
			b = b[1:]
		default:
			whole++
			b = b[n:]
		}
	}
	return whole, broken
}

// MetaCharset gives the encoding that <meta> in the first 1024 bytes of a page names, by its name in the Encoding standard; "" if it
// names none (HTML standard, section 13.2.3.2, "prescan"), or windows-1252, as copied templates do.
func MetaCharset(body []byte) string {
	// The prescan guesses by non-ASCII bytes where it finds nothing, so it is shown none; and pages that say nothing are spared it.
	var start [1024]byte
	n := copy(start[:], body)
	for i, c := range start[:n] {
		switch {
		case 'A' <= c && c <= 'Z':
			start[i] = c + 'a' - 'A'
		case c >= utf8.RuneSelf:
			start[i] = '?'
		}
	}
	if !bytes.Contains(start[:n], []byte("charset")) {
		return ""
	}
	if _, name, _ := charset.DetermineEncoding(start[:n], ""); name != "windows-1252" {
		return name
	}
	return ""
}

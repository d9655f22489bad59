package crawler

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
)

// bomUTF8 is the byte order mark of UTF-8, which is no text.
var bomUTF8 = []byte("\xef\xbb\xbf")

// UTF8 gives the body decoded from its Charset, without byte order mark. Bytes that the charset does not know become U+FFFD, as in
// the Encoding standard (section 4.1, error mode "replacement"). A body that is valid UTF-8 already is not copied. A charset label
// that is not in the Encoding standard gives ErrUnreadable.
func (p *Page) UTF8() ([]byte, error) {
	if p.Charset == "" || p.Charset == "utf-8" {
		b := bytes.TrimPrefix(p.Body, bomUTF8)
		if utf8.Valid(b) {
			return b, nil
		}
		return bytes.ToValidUTF8(b, []byte("\uFFFD")), nil
	}
	e, _ := charset.Lookup(p.Charset)
	if e == nil {
		return nil, fmt.Errorf("%w: unknown charset %q", ErrUnreadable, p.Charset)
	}
	b, err := e.NewDecoder().Bytes(p.Body)
	if err != nil {
		return nil, fmt.Errorf("%w: charset %s: %v", ErrUnreadable, p.Charset, err)
	}
	return bytes.TrimPrefix(b, bomUTF8), nil
}

package crawler

import (
	"errors"
	"testing"
	"unicode/utf8"
)

func TestPageUTF8(t *testing.T) {
	tests := []struct{ name, charset, body, want string }{
		{"utf-8", "utf-8", "café", "café"},
		{"no label", "", "café", "café"},
		{"utf-8 with byte order mark", "utf-8", "\xef\xbb\xbfcafé", "café"},
		{"utf-8 with a stray byte", "utf-8", "caf\xe9!", "caf\uFFFD!"},
		{"windows-1252", "windows-1252", "\x93caf\xe9\x94", "“café”"},
		{"latin-1 is windows-1252 in the Encoding standard", "iso-8859-1", "\x93caf\xe9\x94", "“café”"},
		{"utf-16le with byte order mark", "utf-16le", "\xff\xfec\x00\xe9\x00", "cé"},
		{"shift_jis", "shift_jis", "\x89\x66\x89\xe6", "映画"},
		{"empty", "windows-1252", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := (&Page{Charset: tt.charset, Body: []byte(tt.body)}).UTF8()
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	if _, err := (&Page{Charset: "klingon"}).UTF8(); !errors.Is(err, ErrUnreadable) {
		t.Errorf("unknown charset: got %v, want ErrUnreadable", err)
	}
}

func FuzzPageUTF8(f *testing.F) {
	for _, cs := range []string{"utf-8", "windows-1252", "utf-16le", "gb18030", "iso-2022-jp", "iso-2022-kr", "x-user-defined"} {
		f.Add(cs, []byte("caf\xe9 \xff\xfe \x1b$B"))
	}
	f.Fuzz(func(t *testing.T, cs string, body []byte) {
		got, err := (&Page{Charset: cs, Body: body}).UTF8()
		if err == nil && !utf8.Valid(got) {
			t.Errorf("charset %q: result is not UTF-8", cs)
		}
		if len(got) > 4*len(body)+4 {
			t.Errorf("charset %q: %d bytes grew to %d", cs, len(body), len(got))
		}
	})
}

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
		{"utf-8 with stray bytes", "utf-8", "“café” \xe9 – \xe2\x80", "“café” \uFFFD – \uFFFD"},
		{"utf-8 with byte order mark and stray bytes", "utf-8", "\xef\xbb\xbfcaf\xe9", "caf\uFFFD"},
		{"utf-8 that is windows-1252", "utf-8", "\x93caf\xe9\x94", "“café”"},
		{"utf-8 that is windows-1252, with a pair that is UTF-8 by chance", "utf-8", "\xabCAF\xc9\xbb pass\xe9 \xe0 l'\xe9cran", "«CAFÉ» passé à l'écran"},
		{"no label, windows-1252", "", "caf\xe9", "café"},
		{"utf-8 that is what its meta says", "utf-8", "<meta charset='Windows-1251'>\xd1\xe5\xe0\xed\xf1", "<meta charset='Windows-1251'>Сеанс"},
		{"utf-8 that is what its old meta says", "utf-8", "<META http-equiv=content-type content='text/html; CHARSET=Shift_JIS'>\x89\x66\x89\xe6",
			"<META http-equiv=content-type content='text/html; CHARSET=Shift_JIS'>映画"},
		{"utf-8 that is not what its meta says", "utf-8", "<meta charset=utf-8>caf\xe9", "<meta charset=utf-8>café"},
		{"utf-8 that its meta denies", "utf-8", "<meta charset=shift_jis>café", "<meta charset=shift_jis>café"},
		{"iso-8859-1 that is utf-8", "iso-8859-1", "“café”", "“café”"},
		{"windows-1252 that is utf-8 with byte order mark", "windows-1252", "\xef\xbb\xbf“café”", "“café”"},
		{"shift_jis that is utf-8", "shift_jis", "映画", "映画"},
		{"iso-8859-1 that is nearly utf-8", "iso-8859-1", "caf\xc3\xa9 \xe9", "cafÃ© é"},
		{"iso-2022-jp, which is ASCII throughout", "iso-2022-jp", "\x1b$B1G2h\x1b(B", "映画"},
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

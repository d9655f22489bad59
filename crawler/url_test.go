package crawler

import (
	"errors"
	"net/url"
	"strings"
	"testing"
)

func TestCanonical(t *testing.T) {
	base, _ := url.Parse("https://films.example/2024/01/heat/?page=2")
	for _, tt := range []struct {
		name, raw, want string
		err             error
	}{
		{name: "scheme and host in lower case", raw: "HTTPS://Films.EXAMPLE/A", want: "https://films.example/A"},
		{name: "default port", raw: "http://films.example:80/", want: "http://films.example/"},
		{name: "default port of https", raw: "https://films.example:443/", want: "https://films.example/"},
		{name: "other port", raw: "http://films.example:443/", want: "http://films.example:443/"},
		{name: "empty port", raw: "http://films.example:/x", want: "http://films.example/x"},
		{name: "final dot", raw: "http://films.example./x", want: "http://films.example/x"},
		{name: "empty path", raw: "https://films.example", want: "https://films.example/"},
		{name: "empty path with query", raw: "https://films.example?p=3", want: "https://films.example/?p=3"},
		{name: "empty query", raw: "https://films.example/a?", want: "https://films.example/a"},
		{name: "fragment", raw: "https://films.example/a#comments", want: "https://films.example/a"},
		{name: "fragment with a question mark", raw: "https://films.example/a#b?c", want: "https://films.example/a"},
		{name: "international host", raw: "https://Kinobücher.example/", want: "https://xn--kinobcher-u9a.example/"},
		{name: "international host, escaped", raw: "https://kinob%C3%BCcher.example/", want: "https://xn--kinobcher-u9a.example/"},
		{name: "underscore in host", raw: "https://my_films.example/", want: "https://my_films.example/"},
		{name: "address", raw: "http://127.0.0.5:8101/x", want: "http://127.0.0.5:8101/x"},
		{name: "IPv6", raw: "http://[::1]:8080/x", want: "http://[::1]:8080/x"},
		{name: "dot segments", raw: "https://films.example/a/./b/../c", want: "https://films.example/a/c"},
		{name: "escaped dot segments", raw: "https://films.example/a/%2e%2E/c", want: "https://films.example/c"},
		{name: "dot segments above the root", raw: "https://films.example/../../c", want: "https://films.example/c"},
		{name: "double slashes stay", raw: "https://films.example//a//b", want: "https://films.example//a//b"},
		{name: "escapes", raw: "https://films.example/%7ejo/%c3%a9?x=%2f%41", want: "https://films.example/~jo/%C3%A9?x=%2FA"},
		{name: "bare bytes are escaped", raw: "https://films.example/a b/é|\"?q=<é>", want: "https://films.example/a%20b/%C3%A9%7C%22?q=%3C%C3%A9%3E"},
		{name: "stray percent sign", raw: "https://films.example/100%?a=50%", want: "https://films.example/100%25?a=50%25"},
		{name: "an escaped percent sign is no escape", raw: "https://films.example/%2541", want: "https://films.example/%2541"},
		{name: "backslash", raw: `https://films.example\a\b?c=\`, want: "https://films.example/a/b?c=%5C"},
		{name: "line end inside", raw: " https://films.example/a\n\tb ", want: "https://films.example/ab"},
		{name: "query order stays", raw: "https://films.example/?b=2&a=1&b=1", want: "https://films.example/?b=2&a=1&b=1"},
		{name: "tracking", raw: "https://films.example/a?utm_source=x&p=3&fbclid=1&gclid=2", want: "https://films.example/a?p=3"},
		{name: "tracking only", raw: "https://films.example/a?utm_source=x&utm_medium=y", want: "https://films.example/a"},
		{name: "reply link", raw: "https://films.example/a/?replytocom=12#respond", want: "https://films.example/a/"},
		{name: "share button", raw: "https://films.example/a/?share=facebook&nb=1", want: "https://films.example/a/"},
		{name: "nb alone means something", raw: "https://films.example/a/?nb=1", want: "https://films.example/a/?nb=1"},
		{name: "like button", raw: "https://films.example/a/?like_comment=3&_wpnonce=ab", want: "https://films.example/a/"},
		{name: "amp and ref stay", raw: "https://films.example/a?amp=1&ref=x", want: "https://films.example/a?amp=1&ref=x"},
		{name: "relative", raw: "../dune/", want: "https://films.example/2024/01/dune/"},
		{name: "relative to the root", raw: "/dune", want: "https://films.example/dune"},
		{name: "relative query", raw: "?page=3", want: "https://films.example/2024/01/heat/?page=3"},
		{name: "other scheme's host", raw: "//www.films.example/a", want: "https://www.films.example/a"},
		{name: "empty is the page", raw: "", want: "https://films.example/2024/01/heat/?page=2"},
		{name: "fragment only is the page", raw: "#top", want: "https://films.example/2024/01/heat/?page=2"},
		{name: "mail", raw: "mailto:jo@films.example", err: ErrNotHTTP},
		{name: "script", raw: "javascript:void(0)", err: ErrNotHTTP},
		{name: "ftp", raw: "ftp://films.example/", err: ErrNotHTTP},
		{name: "data", raw: "data:text/html,x", err: ErrNotHTTP},
		{name: "user name", raw: "https://jo@films.example/", err: ErrBadURL},
		{name: "no host", raw: "https:///a", err: ErrBadURL},
		{name: "scheme and no slashes", raw: "https:a", err: ErrBadURL},
		{name: "space in host", raw: "https://films example/", err: ErrBadURL},
		{name: "IPv6 zone", raw: "http://[fe80::1%25eth0]/", err: ErrBadURL},
		{name: "too long", raw: "https://films.example/" + strings.Repeat("a", MaxURL), err: ErrURLTooLong},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Canonical(tt.raw, base)
			if short, err2 := NewBase(base).Canonical(tt.raw); short != got || (err == nil) != (err2 == nil) {
				t.Errorf("Base.Canonical(%q) = %q, %v; Canonical says %q, %v", tt.raw, short, err2, got, err)
			}
			if got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("Canonical(%q) = %q, %v; want %q, %v", tt.raw, got, err, tt.want, tt.err)
			}
		})
	}
	if got, err := Canonical("/a", nil); err == nil {
		t.Errorf("a relative reference without a base gave %q", got)
	}
}

func TestHostKey(t *testing.T) {
	for raw, want := range map[string]string{
		"https://Films.example:443/a": "films.example",
		"http://films.example:8080/":  "films.example:8080",
		"http://WWW.films.example./a": "films.example", // one server, two names
		"https://www.films.example/":  "films.example",
		"http://[::1]:81/":            "[::1]:81",
		"http://127.0.0.1:8101/x?y":   "127.0.0.1:8101",
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := HostKey(u); got != want {
			t.Errorf("HostKey(%s) = %q, want %q", raw, got, want)
		}
		canonical, err := Canonical(raw, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := hostOf(canonical); got != want {
			t.Errorf("hostOf(%s) = %q, want %q", canonical, got, want)
		}
	}
}

func TestCanonicalOf(t *testing.T) {
	s := &Site{Name: "films.example", Hosts: []string{"films.example"}}
	const page = "https://films.example/2024/01/heat/page/2/"
	for _, tt := range []struct{ name, link, want string }{
		{"none", "", page},
		{"itself", page, page},
		{"another page", "https://films.example/2024/01/heat/", "https://films.example/2024/01/heat/"},
		{"relative, with the www twin", "//www.films.example/2024/01/heat/#x", "https://www.films.example/2024/01/heat/"},
		{"front page", "https://films.example/", page},
		{"another site", "https://syndicate.example/heat", page},
		{"nonsense", "http://[", page},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := s.CanonicalOf(page, tt.link); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func FuzzCanonical(f *testing.F) {
	for _, s := range []string{"https://a.example/b?c=d", "//x/%2e%2e/", "http://bücher.example:080/%zz?utm_a=1&&b", "?a", "https:a", `\\h\p`,
		"http://a.example/%2541%", "http:/a", "http:///x", "http://xn--a/é", "a:b", "http://h/;a?b=%26utm_x=1",
		"https://films.example/a/.b./c#d", "/a.b/c-d_e"} {
		f.Add(s)
	}
	base, _ := url.Parse("https://films.example/a/b?c=d")
	f.Fuzz(func(t *testing.T, raw string) {
		once, err := Canonical(raw, base)
		if short, err2 := NewBase(base).Canonical(raw); short != once || (err == nil) != (err2 == nil) {
			t.Fatalf("%q: %q, %v by the short way, %q, %v by the long", raw, short, err2, once, err)
		}
		if err != nil {
			return
		}
		twice, err := Canonical(once, nil)
		if err != nil || twice != once {
			t.Fatalf("%q: %q, then %q, %v", raw, once, twice, err)
		}
		u, err := url.Parse(once)
		if err != nil {
			t.Fatalf("%q: %q: %v", raw, once, err)
		}
		if len(once) > MaxURL || u.Host == "" || u.Fragment != "" || u.User != nil || HostKey(u) != hostOf(once) {
			t.Fatalf("%q: %q", raw, once)
		}
	})
}

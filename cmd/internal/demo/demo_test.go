package demo

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"
)

// missing is the one address that a site links to and does not have.
const missing = "/film/reviews/content?oid=70011"

func TestSites(t *testing.T) {
	sites, err := Sites()
	if err != nil {
		t.Fatal(err)
	}
	if len(sites) < 7 {
		t.Errorf("%d sites, want at least 7", len(sites))
	}
	for _, s := range sites {
		t.Run(s.Name, func(t *testing.T) {
			for _, key := range []string{"Title", "Shape", "Lang", "Start"} {
				if s.Get(key) == "" {
					t.Errorf("the site states no %s", key)
				}
			}
			if n := len(s.Reviews()); n < 4 || n > 8 {
				t.Errorf("%d reviews, want 4 to 8", n)
			}
			srv := httptest.NewUnstartedServer(nil)
			base := "http://" + srv.Listener.Addr().String()
			srv.Config.Handler = s.Handler(base)
			srv.Start()
			defer srv.Close()
			for _, path := range s.Paths() {
				if path != "404" {
					checkPage(t, s, base, path)
				}
			}
		})
	}
}

// checkPage asks for a page. A review must hold its truth; the links of an HTML page must lead to pages of the site.
func checkPage(t *testing.T, s *Site, base, path string) {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(base + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	kind := res.Header.Get("Content-Type")
	if res.StatusCode >= 400 {
		t.Errorf("%s: status %s", path, res.Status)
	}
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(kind, "text/html") {
		return
	}
	r, err := charset.NewReader(res.Body, kind)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	var words strings.Builder
	for n := range root.Descendants() {
		switch {
		case n.Type == html.TextNode:
			words.WriteString(n.Data)
		case n.Type == html.ElementNode && n.Data == "a":
			for _, a := range n.Attr {
				if a.Key == "href" {
					checkLink(t, s, base, path, a.Val)
				}
			}
		case n.Type == html.ElementNode && slices.Contains([]string{"p", "br", "td", "div", "li"}, n.Data):
			words.WriteString(" ")
		}
	}
	shown := squeeze(words.String())
	for line := range strings.Lines(s.Truth(path)) {
		if !strings.Contains(shown, squeeze(line)) {
			t.Errorf("%s: the page does not show %q", path, line)
		}
	}
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// robotsOnly are paths that robots.txt keeps from us: nothing needs to be there.
var robotsOnly = []string{"/search", "/users/", "/p/", "/feeds/77/comments/"}

func checkLink(t *testing.T, s *Site, base, path, href string) {
	t.Helper()
	from, _ := url.Parse(base + path)
	u, err := from.Parse(href)
	if err != nil {
		t.Errorf("%s: link %q: %v", path, href, err)
		return
	}
	if !strings.HasPrefix(u.String(), base) || u.RequestURI() == missing {
		return
	}
	for _, p := range robotsOnly {
		if strings.HasPrefix(u.Path, p) && s.pages[u.Path] == nil {
			return
		}
	}
	ext := u.Path[strings.LastIndex(u.Path, "/")+1:]
	if s.pages[u.RequestURI()] == nil && s.pages[u.Path] == nil && !strings.HasSuffix(ext, ".jpg") {
		t.Errorf("%s: dead link %s", path, u)
	}
}

package discover

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestLookMissing(t *testing.T) {
	for _, tt := range []struct {
		page, want string
	}{
		{`<title>Page not found – Dry Dock</title><h1>Oops! That page can’t be found.</h1>`, "Oops! That page can’t be found."},
		{`<title>Page not found – Dry Dock</title><p>Nothing.`, "Page not found – Dry Dock"},
		{`<title>Dry Dock | Página no encontrada</title><h1>Dry Dock</h1>`, "Dry Dock | Página no encontrada"},
		{`<title>404</title>`, "404"},
		{`<title>Dry Dock</title><h1>404</h1>`, "404"},
		{`<title>Dry Dock</title><h1>Nothing Found</h1>`, "Nothing Found"},
		{`<title>Dry Dock</title><body class="error404 wp-custom-logo"><h1>Hm</h1>`, "Hm"},
		{`<title>Dry Dock</title><body class="error404"><p>Hm`, "class error404"},
		{`<title>404 | Dry Dock</title><h1>Films with a number for a title</h1>`, ""}, // a tag
		{`<title>Not Found (2019) – Dry Dock</title><h1>Not Found (2019)</h1>`, ""},   // a film
		{`<title>Dry Dock</title><h1>Films</h1><p>Page not found in any book.`, ""},
		{`<title>The page you are looking for: a history of the index in one hundred and one plates – Dry Dock</title><h1>The Index</h1>`, ""},
		{`<title>Dry Dock</title>`, ""},
		{``, ""},
	} {
		if _, got := Look(parse(t, tt.page)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.page, got, tt.want)
		}
	}
}

func TestLook(t *testing.T) {
	const page = `<title>Films</title><style>a{}</style><p>Page %d</p><a href="%s">Her</a><script>var nonce="%d"</script>`
	look := func(args ...any) string {
		l, _ := Look(parse(t, fmt.Sprintf(page, args...)))
		return fmt.Sprint(l.Exact, l.Rough)
	}
	exact := func(s string) string { a, _, _ := strings.Cut(s, " "); return a }
	rough := func(s string) string { _, b, _ := strings.Cut(s, " "); return b }
	a := look(1, "https://films.example/her?session=1#x", 1)
	if b := look(1, "/her", 2); a != b {
		t.Error("hosts, queries and scripts count")
	}
	if b := look(12, "/her", 2); exact(a) == exact(b) || rough(a) != rough(b) {
		t.Error("numbers: they tell pages apart, and are left out of the rough look")
	}
	if b := look(1, "/ran", 2); exact(a) == exact(b) || rough(a) == rough(b) {
		t.Error("links do not count")
	}
}

func FuzzLook(f *testing.F) {
	f.Add(`<title>404</title><body class=error404><h1>Page not found</h1><a href="http://x">1</a><a href="://?#">`)
	f.Fuzz(func(t *testing.T, page string) {
		root, err := html.Parse(strings.NewReader(page))
		if err != nil {
			return
		}
		look, missing := Look(root)
		if again, _ := Look(root); again != look || look.Exact == 0 || look.Rough == 0 || len(missing) > 300 {
			t.Fatalf("%v, %q", look, missing)
		}
	})
}

func BenchmarkLook(b *testing.B) {
	root := parse(b, bigPage())
	b.ReportAllocs()
	for b.Loop() {
		Look(root)
	}
}

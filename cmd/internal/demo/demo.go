// Package demo holds the demonstration sites: small review sites, each in the markup of another publishing platform, embedded in the
// binary and served on loopback, with the exact text that each of their reviews must give.
//
// A site is one txtar file. Its comment is "Key: value" lines about the site (Title, Shape, Lang, Start …). Then come sections:
//
//	-- template NAME --  a text/template; "head", "post" and so on, shared by the pages
//	-- page PATH --      "Key: value" lines, an empty line, a body; the body is a template too
//	-- truth PATH --     the text that must be exported for the review at PATH, byte for byte
//
// The package knows nothing of the crawler: it is only a web server and its truth.
package demo

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"embed"
	"fmt"
	"hash/fnv"
	"html"
	"maps"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/text/encoding/charmap"
)

//go:embed sites/*.txtar
var files embed.FS

// Site is one demonstration site.
type Site struct {
	Name   string // the file's name without its ending
	Fields        // Title, Shape, Lang, Charset, Start
	Posts  []*Page
	pages  map[string]*Page
	truth  map[string]string
	tmpl   *template.Template
}

// Fields are the "Key: value" lines of a site or page.
type Fields map[string]string

// Page is one page of a site. Pages with a Date are posts. The fields that the templates and the tests read: Kind (a review, or in
// one word what else), Title (HTML), Film, Year, Author, Date (RFC 3339), Rating (as shown), Grade ("4/5"), Spoilers, Layout (the
// template around the body), and for odd answers Status, Location, Type.
type Page struct {
	Path string
	Fields
	Prev, Next *Page // the older and the newer post
	src        string
}

func (p *Page) name() string { return "page " + p.Path } // of its template

// Get gives a field, or "" where there is none.
func (f Fields) Get(key string) string { return f[key] }

// Time is the page's date; zero if it has none.
func (p *Page) Time() (t time.Time) {
	t, _ = time.Parse(time.RFC3339, p.Get("Date"))
	return t
}

// Sites gives the demonstration sites in the order of their names.
func Sites() ([]*Site, error) {
	names, err := files.ReadDir("sites")
	if err != nil {
		return nil, err
	}
	var all []*Site
	for _, n := range names {
		b, err := files.ReadFile("sites/" + n.Name())
		if err != nil {
			return nil, err
		}
		s, err := parse(strings.TrimSuffix(n.Name(), ".txtar"), b)
		if err != nil {
			return nil, fmt.Errorf("demonstration site %s: %w", n.Name(), err)
		}
		all = append(all, s)
	}
	return all, nil
}

func parse(name string, b []byte) (*Site, error) {
	ar := txtar.Parse(b)
	s := &Site{Name: name, pages: map[string]*Page{}, truth: map[string]string{}, tmpl: template.New("").Funcs(funcs)}
	s.Fields, _ = fields(string(ar.Comment))
	for _, f := range ar.Files {
		what, key, _ := strings.Cut(f.Name, " ")
		switch body := string(f.Data); what {
		case "template":
			if _, err := s.tmpl.New(key).Parse(body); err != nil {
				return nil, err
			}
		case "truth":
			s.truth[key] = body
		case "page":
			p := &Page{Path: key}
			p.Fields, p.src = fields(body)
			if _, err := s.tmpl.New(p.name()).Parse(p.src); err != nil {
				return nil, err
			}
			s.pages[key] = p
			if p.Get("Date") == "" {
				break
			}
			if p.Time().IsZero() {
				return nil, fmt.Errorf("%s: date %q is not RFC 3339", key, p.Get("Date"))
			}
			s.Posts = append(s.Posts, p)
		default:
			return nil, fmt.Errorf("unknown section %q", f.Name)
		}
	}
	slices.SortStableFunc(s.Posts, func(a, b *Page) int { return b.Time().Compare(a.Time()) })
	for i, p := range s.Posts {
		if i > 0 {
			p.Next = s.Posts[i-1]
			s.Posts[i-1].Prev = p
		}
	}
	for _, p := range s.Reviews() {
		if s.truth[p.Path] == "" {
			return nil, fmt.Errorf("review %s has no truth", p.Path)
		}
	}
	return s, nil
}

// fields reads "Key: value" lines up to an empty line and gives them with the rest.
func fields(text string) (Fields, string) {
	f := Fields{}
	head, body, _ := strings.Cut(text, "\n\n")
	for line := range strings.Lines(head) {
		if k, v, ok := strings.Cut(line, ":"); ok {
			f[k] = strings.TrimSpace(v)
		}
	}
	return f, body
}

// Reviews gives the posts that are reviews and may be fetched, newest first.
func (s *Site) Reviews() []*Page {
	return slices.DeleteFunc(slices.Clone(s.Posts), func(p *Page) bool { return p.Get("Kind") != "review" })
}

// Truth is the text that must be exported for the page at path; "" if it is no review.
func (s *Site) Truth(path string) string { return s.truth[path] }

// Paths gives the paths of all pages, sorted.
func (s *Site) Paths() []string { return slices.Sorted(maps.Keys(s.pages)) }

// view is what a template sees.
type view struct {
	*Page
	Site *Site
	Base string // "http://127.0.0.1:1234"
	Body string // the page's own body, in its layout
}

// Handler serves the site as if base ("http://127.0.0.1:1234") were its address.
func (s *Site) Handler(base string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := s.pages[r.URL.RequestURI()]
		if p == nil {
			p = s.pages[r.URL.Path]
		}
		switch {
		case p != nil:
		case slices.Contains([]string{".jpg", ".png"}, path.Ext(r.URL.Path)):
			w.Header().Set("Content-Type", "image/svg+xml")
			fmt.Fprint(w, still(r.URL.Path))
			return
		case s.pages["404"] != nil:
			p = s.pages["404"]
		default:
			http.NotFound(w, r)
			return
		}
		body, err := s.render(p, base)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", cmp.Or(p.Get("Type"), "text/html; charset="+cmp.Or(s.Get("Charset"), "UTF-8")))
		if status, err := strconv.Atoi(p.Get("Status")); err == nil {
			if to := p.Get("Location"); to != "" {
				w.Header().Set("Location", base+to)
			}
			w.WriteHeader(status)
			w.Write(body)
			return
		}
		h := fnv.New64a()
		h.Write(body)
		w.Header().Set("ETag", fmt.Sprintf(`"%x"`, h.Sum64()))
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	})
}

// render makes a page's bytes: its body, in its layout, in the site's charset, gzipped if its name says so.
func (s *Site) render(p *Page, base string) ([]byte, error) {
	v := view{Page: p, Site: s, Base: base}
	var out bytes.Buffer
	if err := s.tmpl.ExecuteTemplate(&out, p.name(), v); err != nil {
		return nil, err
	}
	if layout := p.Get("Layout"); layout != "" {
		v.Body = out.String()
		out.Reset()
		if err := s.tmpl.ExecuteTemplate(&out, layout, v); err != nil {
			return nil, err
		}
	}
	switch {
	case strings.HasSuffix(p.Path, ".gz"):
		var zipped bytes.Buffer
		zw := gzip.NewWriter(&zipped)
		zw.Write(out.Bytes()) // a bytes.Buffer takes all
		err := zw.Close()
		return zipped.Bytes(), err
	case strings.EqualFold(s.Get("Charset"), "windows-1252"):
		return charmap.Windows1252.NewEncoder().Bytes(out.Bytes())
	}
	return out.Bytes(), nil
}

var (
	tags  = regexp.MustCompile(`(?s)<figure.*?</figure>|<[^>]*>`)
	funcs = template.FuncMap{
		"date":  func(layout string, t time.Time) string { return t.Format(layout) },
		"query": url.QueryEscape,
		"first": func(n int, posts []*Page) []*Page { return posts[:min(n, len(posts))] },
		"skip":  func(n int, posts []*Page) []*Page { return posts[min(n, len(posts)):] },
		// plain is a title or excerpt without markup: n words of it, all if n is 0.
		"plain": func(n int, markup string) string {
			words := strings.Fields(html.UnescapeString(tags.ReplaceAllString(markup, " ")))
			if n > 0 && len(words) > n {
				words = append(words[:n], "[…]")
			}
			return html.EscapeString(strings.Join(words, " "))
		},
	}
)

// Title is the page's title, as markup.
func (p *Page) Title() string { return p.Get("Title") }

// Source is the page's own markup, for lists that show excerpts and feeds that carry the whole text.
func (p *Page) Source() string { return p.src }

// still stands in for a photograph: two hills whose colour and shape come from the name.
func still(name string) string {
	h := fnv.New32a()
	h.Write([]byte(name))
	n := h.Sum32()
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 540"><rect width="960" height="540" fill="hsl(%d,30%%,62%%)"/>`+
		`<circle cx="%d" cy="150" r="60" fill="hsl(%d,45%%,82%%)"/><path d="M0 380 Q240 %d 520 390 T960 340 V540 H0Z" fill="hsl(%d,28%%,34%%)"/>`+
		`<path d="M0 450 Q300 %d 600 440 T960 430 V540 H0Z" fill="hsl(%d,30%%,22%%)"/></svg>`,
		n%360, 120+n%700, (n+40)%360, 180+n%160, n%360, 330+n%120, (n+20)%360)
}

package configs

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"cinecrawl/extract"

	"github.com/rogpeppe/go-internal/txtar"
)

// Problem is something wrong with a saved page or its place in the configuration.
type Problem struct {
	Site string `json:"site"` // a site, or "theme NAME"
	File string `json:"file"` // the saved page
	Text string `json:"text"`
}

// String is the problem with its file.
func (p Problem) String() string { return p.File + ": " + p.Text }

// expectation is what a saved page must give, beside its text. Only what it states is compared.
type expectation struct {
	URL        string   `yaml:"url"`
	Extractor  string   `yaml:"extractor"` // "theme ghost", "layout filmjournal.example/1"
	Headline   string   `yaml:"headline"`
	Film       string   `yaml:"film"`
	Year       int      `yaml:"year"`
	Director   string   `yaml:"director"`
	Author     string   `yaml:"author"`
	Published  string   `yaml:"published"` // the day, or RFC 3339
	Modified   string   `yaml:"modified"`
	Rating     string   `yaml:"rating"` // as on the page
	Of         string   `yaml:"of"`     // value and best, "4/5"
	Categories []string `yaml:"categories"`
	Tags       []string `yaml:"tags"`
	Image      string   `yaml:"image"`
}

// Checked counts what Check looked at.
type Checked struct {
	Sites, WithPages int // WithPages of the Sites have a saved page
	Themes           int
	Pages            int
}

// Check reads the saved pages of the themes and sites (of the named sites only, if any is named) and gives what differs from the
// text and fields saved with them. Saved pages are txtar files: page.html, text.txt (paragraphs, an empty line between) and
// fields.yaml. Those of themes stand in themes/testdata/NAME.txtar or NAME-….txtar, those of a shipped site beside its site.yaml,
// and a person's own in sites/NAME/ beside their configuration file.
func (c *Config) Check(sites ...string) (n Checked, list []Problem) {
	reader := extract.NewReader(c.themes)
	if len(sites) == 0 {
		for _, t := range c.themes {
			n.Themes++
			files := c.saved("themes/testdata/"+t.Name+".txtar", "themes/testdata/"+t.Name+"-*.txtar")
			if len(files) == 0 {
				list = append(list, Problem{"theme " + t.Name, "configs/themes/" + t.Name + ".yaml", "no saved page: add themes/testdata/" + t.Name + ".txtar"})
			}
			for _, f := range files {
				// A name can be the beginning of another: wordpress-block.txtar belongs to wordpress-block.
				if slices.ContainsFunc(c.themes, func(o *extract.Theme) bool {
					return len(o.Name) > len(t.Name) && strings.HasPrefix(path.Base(f), o.Name)
				}) {
					continue
				}
				n.Pages++
				list = append(list, c.checkPage(reader, "theme "+t.Name, c.data, f, "configs/"+f, nil)...)
			}
		}
	}
	for _, s := range c.sites {
		if len(sites) > 0 && !slices.Contains(sites, s.Crawl.Name) {
			continue
		}
		n.Sites++
		before := n.Pages
		for _, f := range c.saved("sites/" + s.Crawl.Name + "/*.txtar") {
			n.Pages++
			list = append(list, c.checkPage(reader, s.Crawl.Name, c.data, f, "configs/"+f, &s)...)
		}
		own, err := c.own(s.Crawl.Name)
		if err != nil {
			list = append(list, Problem{s.Crawl.Name, c.File, fmt.Sprintf("saved pages beside it: %v", err)})
		}
		for _, f := range own {
			n.Pages++
			list = append(list, c.checkPage(reader, s.Crawl.Name, os.DirFS(filepath.Dir(f)), filepath.Base(f), f, &s)...)
		}
		if n.Pages > before {
			n.WithPages++
		}
	}
	return n, list
}

// own gives the saved pages of a site beside the person's own file.
func (c *Config) own(site string) (files []string, err error) {
	if c.File == "" || !filepath.IsLocal(site) {
		return nil, nil
	}
	dir := filepath.Join(filepath.Dir(c.File), "sites", site)
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		if !e.IsDir() && filepath.Ext(e.Name()) == ".txtar" {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files, err
}

func (c *Config) saved(patterns ...string) []string {
	var files []string
	for _, p := range patterns {
		more, _ := fs.Glob(c.data, p) // the patterns are well formed
		files = append(files, more...)
	}
	return files
}

// checkPage reads one saved page; problems call its file shown.
func (c *Config) checkPage(reader *extract.Reader, owner string, data fs.FS, file, shown string, site *Site) (list []Problem) {
	problem := func(format string, args ...any) {
		list = append(list, Problem{owner, shown, fmt.Sprintf(format, args...)})
	}
	page, err := loadPage(data, file)
	if err != nil {
		problem("%v", err)
		return list
	}
	in := extract.Input{URL: page.want.URL}
	if site != nil {
		in.Rules = site.Rules
		if s, ok := c.find(hostOf(in.URL)); !ok || s.Crawl.Name != site.Crawl.Name {
			problem("fields.yaml: url %q is on no host of the site", in.URL)
		} else if len(site.Rules.Review) > 0 && !slices.ContainsFunc(site.Rules.Review, func(re *regexp.Regexp) bool { return re.MatchString(in.URL) }) {
			problem("fields.yaml: url %q matches none of the site's review patterns", in.URL)
		}
	}
	if in.Root, err = extract.Parse(page.html); err != nil {
		problem("%v", err)
		return list
	}
	rev, err := reader.Read(in)
	if err != nil && !errors.Is(err, extract.ErrNotReview) {
		problem("%v", err)
		return list
	}
	list = append(list, compare(owner, shown, page, rev)...)
	if err != nil {
		problem("not taken for a review but for %q: %s", rev.Kind, strings.Join(rev.Why, "; "))
	}
	return list
}

type savedPage struct {
	html []byte
	text []string
	want expectation
}

func loadPage(data fs.FS, file string) (*savedPage, error) {
	src, err := fs.ReadFile(data, file)
	if err != nil {
		return nil, err
	}
	var p savedPage
	var seen []string
	for _, f := range txtar.Parse(src).Files {
		seen = append(seen, f.Name)
		switch f.Name {
		case "page.html":
			p.html = f.Data
		case "text.txt":
			for para := range strings.SplitSeq(string(bytes.TrimSpace(f.Data)), "\n\n") {
				p.text = append(p.text, strings.TrimSpace(para))
			}
		case "fields.yaml":
			if err := decode("fields.yaml", f.Data, &p.want); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("unknown part %q; parts are page.html, text.txt, fields.yaml", f.Name)
		}
	}
	for _, part := range []string{"page.html", "text.txt", "fields.yaml"} {
		if !slices.Contains(seen, part) {
			return nil, fmt.Errorf("has no part %q", part)
		}
	}
	if p.want.URL == "" {
		return nil, errors.New("fields.yaml: no url")
	}
	return &p, nil
}

// compare gives the differences between what a page must give and what was read.
func compare(owner, file string, page *savedPage, rev *extract.Review) (list []Problem) {
	problem := func(format string, args ...any) {
		list = append(list, Problem{owner, file, fmt.Sprintf(format, args...)})
	}
	for i := range max(len(page.text), len(rev.Paragraphs)) {
		want, got := "", ""
		if i < len(page.text) {
			want = page.text[i]
		}
		if i < len(rev.Paragraphs) {
			got = rev.Paragraphs[i]
		}
		if want != got {
			problem("paragraph %d: want %q, got %q", i+1, want, got)
			break
		}
	}
	field := func(name, want, got string) {
		if want != "" && want != got {
			problem("%s: want %q, got %q", name, want, got)
		}
	}
	want := page.want
	field("extractor", want.Extractor, rev.Extractor)
	field("headline", want.Headline, rev.Headline.Value)
	field("film", want.Film, rev.Film.Title.Value)
	if want.Year != 0 && want.Year != rev.Film.Year.Value {
		problem("year: want %d, got %d", want.Year, rev.Film.Year.Value)
	}
	field("director", want.Director, rev.Film.Director.Value)
	field("author", want.Author, rev.Author.Value)
	field("published", want.Published, stamp(rev.Published, want.Published))
	field("modified", want.Modified, stamp(rev.Modified, want.Modified))
	if rev.Rating != nil {
		field("rating", want.Rating, rev.Rating.Raw)
		field("rating", want.Of, fmt.Sprintf("%g/%g", rev.Rating.Value, rev.Rating.Best))
	} else if want.Rating != "" || want.Of != "" {
		problem("rating: want %q, got none", want.Rating+want.Of)
	}
	field("categories", strings.Join(want.Categories, ", "), strings.Join(rev.Categories, ", "))
	field("tags", strings.Join(want.Tags, ", "), strings.Join(rev.Tags, ", "))
	field("image", want.Image, rev.Image)
	return list
}

// stamp writes a date as wanted: the day alone, or the whole.
func stamp(d extract.Date, want string) string {
	switch {
	case d.Value.IsZero():
		return ""
	case len(want) == len(time.DateOnly):
		return d.Value.Format(time.DateOnly)
	}
	return d.Value.Format(time.RFC3339)
}

func hostOf(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return ""
	}
	return u.Host
}

// Package configs loads and checks the configuration: settings, sites, and the themes of publishing platforms. It turns YAML into
// the values that packages crawler and extract work with, every selector and pattern compiled, and names the file and line of what
// is wrong. It fetches nothing, and reads no page but the saved ones that Check compares with their texts.
//
// Files: cinecrawl.yaml (the settings with their values when a file says nothing), themes/*.yaml, sites/<domain>/site.yaml.
package configs

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"cinecrawl/crawler"
	"cinecrawl/extract"
)

//go:embed cinecrawl.yaml themes sites
var shipped embed.FS

// DefaultFile is the configuration file that is taken when none is named and it is there.
const DefaultFile = "cinecrawl.yaml"

// Config is a loaded configuration.
type Config struct {
	Settings
	File string // the person's own file; "" if there is none

	data   fs.FS
	themes []*extract.Theme // the more particular before the more general
	sites  []Site           // by name
	places map[string]int   // in sites, by bare name and by each bare host
}

// Settings are what holds for all sites.
type Settings struct {
	Contact      string // an address that a publisher can write to
	UserAgentURL string
	DB           string // database file
	Workers      int    // hosts asked at the same time
	Gap          time.Duration
	Timeouts     Timeouts
	MaxBody      int64 // bytes
	Depth        int   // clicks from a start page
	Pages        int   // a site and run; 0 is no limit
	Revisit      time.Duration
	Schedule     crawler.Schedule
	Slice        time.Duration // that a scheduled crawl of a site goes on before others have their turn
}

// Timeouts bound one request.
type Timeouts struct{ Connect, Header, Body, Total time.Duration }

// Site is a configured source, as the crawl and the reader take it.
type Site struct {
	Crawl    *crawler.Site
	Rules    *extract.SiteRules
	Schedule crawler.Schedule
	Enabled  bool   // crawled by its schedule, and when no site is named
	From     string // the file that configures it; "" for a site known by its URL alone
	Line     int    // in that file
}

// Default is the commented file of settings, as it is shipped.
func Default() string {
	b, err := shipped.ReadFile("cinecrawl.yaml")
	if err != nil {
		panic(err) // it is embedded
	}
	return string(b)
}

// Load loads the configuration: the shipped settings, themes and sites, and over them the file at path. An empty path is
// cinecrawl.yaml in the working directory if it is there, else nothing. The error names each mistake by file and line.
func Load(path string) (*Config, error) {
	file := cmp.Or(path, DefaultFile)
	own, err := os.ReadFile(file)
	switch {
	case err == nil:
		return load(shipped, file, own)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("configuration: %w", err)
	case path != "":
		return nil, fmt.Errorf("there is no configuration file %s: write one (see configs/README.md), or leave --config out to use what is built in", path)
	}
	return load(shipped, "", nil)
}

// load reads the shipped files from data and over them the text of a file of one's own; name is "" if there is none.
func load(data fs.FS, name string, own []byte) (*Config, error) {
	c := &Config{File: name, data: data}
	var set settingsFile
	b, err := fs.ReadFile(data, "cinecrawl.yaml")
	if err != nil {
		return nil, err
	}
	if err := decode("configs/cinecrawl.yaml", b, &set); err != nil {
		return nil, err
	}
	if err := decode(name, own, &set); err != nil {
		return nil, err
	}
	if c.Settings, err = set.settings(cmp.Or(name, "configs/cinecrawl.yaml")); err != nil {
		return nil, err
	}
	if c.themes, err = loadThemes(data); err != nil {
		return nil, err
	}
	if c.sites, err = c.loadSites(&set); err != nil {
		return nil, err
	}
	return c, nil
}

// Themes gives the themes, the more particular before the more general, as extract.NewReader takes them.
func (c *Config) Themes() []*extract.Theme { return slices.Clone(c.themes) }

// Sites gives every configured site by name, also those that are not enabled.
func (c *Config) Sites() []Site { return slices.Clone(c.sites) }

// Choose gives the named sites or, if none is named, the enabled ones. A site that is named may have any address, loopback
// included. It can be named by one of its hosts.
func (c *Config) Choose(names ...string) ([]Site, error) {
	var chosen []Site
	if len(names) == 0 {
		for _, s := range c.sites {
			if s.Enabled {
				chosen = append(chosen, s)
			}
		}
		if len(chosen) == 0 {
			return nil, errors.New("no site is enabled: name one (cinecrawl sites lists them), enable it or add your own in " +
				DefaultFile + ", or crawl any site with cinecrawl scrape --site URL")
		}
		return chosen, nil
	}
	for _, name := range names {
		s, ok := c.find(name)
		if !ok {
			if strings.Contains(name, "://") {
				return nil, fmt.Errorf("%s is a URL: to crawl a site that is not configured, use cinecrawl scrape --site %s", name, name)
			}
			return nil, fmt.Errorf("there is no site %q%s; cinecrawl sites lists all", name, c.closeTo(name))
		}
		if !slices.ContainsFunc(chosen, func(o Site) bool { return o.Crawl.Name == s.Crawl.Name }) {
			chosen = append(chosen, named(s))
		}
	}
	return chosen, nil
}

// named is the site as one that a person named.
func named(s Site) Site {
	crawl := *s.Crawl
	crawl.Named = true
	s.Crawl = &crawl
	return s
}

// find gives the site with a name or host.
func (c *Config) find(name string) (Site, bool) {
	i, ok := c.places[bareHost(name)]
	if !ok {
		return Site{}, false
	}
	return c.sites[i], true
}

// closeTo suggests the sites whose names or hosts are like what was typed: a part of it, or a few letters off.
func (c *Config) closeTo(typed string) string {
	typed = strings.ToLower(typed)
	var like []string
	for _, s := range c.sites {
		if slices.ContainsFunc(append([]string{s.Crawl.Name}, s.Crawl.Hosts...), func(name string) bool {
			part := len(typed) > 2 && strings.Contains(name, typed)
			return part || distance(typed, name) <= max(1, len(typed)/4)
		}) {
			like = append(like, s.Crawl.Name)
		}
	}
	if len(like) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(like[:min(len(like), 3)], " or ") + "?"
}

// distance is how many letters must be added, left out or replaced to make b of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// Adhoc gives the site of a URL that a person named: the configured one if its host is, else one that has this host alone and the
// settings of all. The URL is a start page of it.
func (c *Config) Adhoc(rawURL string) (Site, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return Site{}, fmt.Errorf("%q is no address of a site: write it in full, as in https://critic.example/", rawURL)
	}
	host, err := canonicalHost(u.Host)
	if err != nil {
		return Site{}, fmt.Errorf("%q is no address of a site: %w", rawURL, err)
	}
	if s, ok := c.find(host); ok {
		s = named(s)
		if !slices.Contains(s.Crawl.Start, rawURL) {
			s.Crawl.Start = append(slices.Clone(s.Crawl.Start), rawURL)
		}
		return s, nil
	}
	s := c.blank(bareHost(host))
	s.Crawl.Hosts, s.Crawl.Start, s.Crawl.Named = []string{host}, []string{rawURL}, true
	return s, nil
}

// RulesFor gives the rules of the site that a URL belongs to; nil if none is configured.
func (c *Config) RulesFor(rawURL string) *extract.SiteRules {
	if u, err := url.Parse(rawURL); err == nil && u.Host != "" {
		if s, ok := c.find(u.Host); ok {
			return s.Rules
		}
	}
	return nil
}

// blank is a site with the settings of all.
func (c *Config) blank(name string) Site {
	return Site{
		Crawl:    &crawler.Site{Name: name, Depth: c.Depth, Pages: c.Pages, Gap: c.Gap, MaxBody: c.MaxBody, Revisit: c.Revisit},
		Rules:    &extract.SiteRules{Site: name},
		Schedule: c.Schedule,
	}
}

// canonicalHost is a host as canonical URLs have it: lower case, names in other scripts in their ASCII form, no default port.
func canonicalHost(h string) (string, error) {
	u, err := crawler.Canonical("http://"+h, nil)
	if err != nil {
		return "", err
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(u, "http://"), "/")
	return strings.TrimSuffix(host, ":443"), nil
}

// bareHost is a canonical host without "www."; what is no host stays as it is, in lower case.
func bareHost(h string) string {
	if c, err := canonicalHost(h); err == nil {
		h = c
	}
	return strings.TrimPrefix(strings.ToLower(h), "www.")
}

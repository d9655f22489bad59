package configs

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"cinecrawl/extract"
)

// loadSites reads the shipped sites and those of a file of one's own. A site there with the name of a shipped one changes what it
// states and keeps the rest.
func (c *Config) loadSites(set *settingsFile) ([]Site, error) {
	var errs []error
	files := map[string]siteFile{}
	dirs, err := fs.ReadDir(c.data, "sites")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, d := range dirs {
		if !d.IsDir() {
			continue
		}
		path := "sites/" + d.Name() + "/site.yaml"
		f := siteFile{from: "configs/" + path}
		b, err := fs.ReadFile(c.data, path)
		if err == nil {
			err = decode(f.from, b, &f)
		}
		if err == nil && f.Enabled != nil {
			err = fmt.Errorf("%s: enabled has no place here: a person enables a shipped site in a file of their own", f.from)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		files[d.Name()] = f
	}
	yes := true
	for _, name := range set.Enable {
		f, ok := files[name.Value]
		if !ok {
			errs = append(errs, fmt.Errorf("%s:%d: enable: there is no shipped site %q (cinecrawl sites lists them)", c.File, name.Line, name.Value))
			continue
		}
		f.Enabled, f.named = &yes, true
		files[name.Value] = f
	}
	for _, name := range slices.Sorted(maps.Keys(set.Sites)) {
		own := set.Sites[name]
		if own.node == nil {
			errs = append(errs, fmt.Errorf("%s: site %s is empty: write crawl: {start: [https://%s/]}", c.File, name, name))
			continue
		}
		f := files[name]
		if err := own.over(&f); err != nil {
			errs = append(errs, inFile(c.File, err))
			continue
		}
		if f.Enabled == nil {
			f.Enabled = &yes
		}
		f.named, f.from, f.line = true, c.File, own.node.Line
		files[name] = f
	}
	var sites []Site
	hosts := map[string]string{}
	c.places = map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f := files[name]
		s, err := c.site(name, &f)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, h := range s.Crawl.Hosts {
			if other, ok := hosts[bareHost(h)]; ok {
				errs = append(errs, fmt.Errorf("%s:%d: site %s: host %s belongs to site %s already", s.From, s.Line, name, h, other))
			}
			hosts[bareHost(h)] = name
			c.places[bareHost(h)] = len(sites)
		}
		sites = append(sites, s)
	}
	for i, s := range sites {
		c.places[bareHost(s.Crawl.Name)] = i // a name comes before a host
	}
	return sites, errors.Join(errs...)
}

// site makes a site of its file.
func (c *Config) site(name string, f *siteFile) (Site, error) {
	s := c.blank(name)
	s.From, s.Line = f.from, max(f.line, 1)
	s.Enabled = f.Enabled != nil && *f.Enabled
	fail := func(line int, format string, args ...any) (Site, error) {
		return Site{}, fmt.Errorf("%s:%d: site %s: %s", s.From, cmp.Or(line, s.Line), name, fmt.Sprintf(format, args...))
	}

	crawl := s.Crawl
	crawl.Named = f.named
	crawl.Sitemaps, crawl.Feeds = values(f.Crawl.Sitemaps), values(f.Crawl.Feeds)
	crawl.Allow, crawl.Deny, crawl.Review = f.Crawl.Allow, f.Crawl.Deny, f.Crawl.Review
	set(&crawl.Depth, f.Crawl.Depth)
	set(&crawl.Pages, f.Crawl.Pages)
	set(&crawl.Gap, (*time.Duration)(f.Crawl.Gap))
	set(&crawl.MaxBody, (*int64)(f.Crawl.MaxBody))
	set(&crawl.Bytes, (*int64)(f.Crawl.Bytes))
	set(&crawl.Time, (*time.Duration)(f.Crawl.Time))
	crawl.Quiet = f.Crawl.Quiet.Hours
	crawl.Posts = bool(f.Crawl.Posts)
	set(&crawl.Revisit, (*time.Duration)(f.Crawl.Revisit))
	if f.Crawl.Every != nil {
		s.Schedule = f.Crawl.Every.Schedule
		s.Schedule.Jitter = c.Schedule.Jitter
	}
	if len(f.Crawl.Start) == 0 {
		return fail(0, "no start page: write crawl: {start: [https://%s/]}", name)
	}
	for _, p := range slices.Concat(f.Crawl.Start, f.Crawl.Sitemaps, f.Crawl.Feeds) {
		if u, err := url.Parse(p.Value); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return fail(p.Line, "%q is no URL: write it in full, as in https://%s/", p.Value, name)
		}
	}
	for _, h := range f.Hosts {
		if h.Value == "" || strings.ContainsAny(h.Value, "/ @*") {
			return fail(h.Line, "host %q: write the host alone, as in %s", h.Value, name)
		}
		host, err := canonicalHost(h.Value)
		if err != nil {
			return fail(h.Line, "host %q: %v", h.Value, err)
		}
		crawl.Hosts = append(crawl.Hosts, host)
	}
	for _, p := range f.Crawl.Start {
		crawl.Start = append(crawl.Start, p.Value)
		u, _ := url.Parse(p.Value) // parsed above
		host, err := canonicalHost(u.Host)
		switch {
		case err != nil:
			return fail(p.Line, "start page %s: %v", p.Value, err)
		case slices.ContainsFunc(crawl.Hosts, func(h string) bool { return bareHost(h) == bareHost(host) }):
		case len(f.Hosts) == 0:
			crawl.Hosts = append(crawl.Hosts, host)
		default:
			return fail(p.Line, "start page %s is on none of its hosts: add %s to hosts", p.Value, host)
		}
	}

	s.Rules.Review = crawl.Review
	if f.Like.Value != "" {
		i := slices.IndexFunc(c.themes, func(t *extract.Theme) bool { return t.Name == f.Like.Value && !t.IsAddition() })
		if i < 0 {
			return fail(f.Like.Line, "there is no theme %q to be like; themes are %s", f.Like.Value, strings.Join(c.themeNames(), ", "))
		}
		s.Rules.Like = c.themes[i]
	}
	for _, l := range f.Layouts {
		if l.Version < 1 {
			return fail(l.line, "a layout needs its version: 1, or more for a newer one")
		}
		if slices.ContainsFunc(s.Rules.Layouts, func(o extract.Layout) bool { return o.Version == l.Version }) {
			return fail(l.line, "layout version %d stands there twice", l.Version)
		}
		r, err := l.rules()
		if err != nil {
			return fail(l.line, "%v", err)
		}
		s.Rules.Layouts = append(s.Rules.Layouts, extract.Layout{Version: l.Version, When: l.When.Selector, Rules: r})
	}
	slices.SortFunc(s.Rules.Layouts, func(a, b extract.Layout) int { return b.Version - a.Version })
	return s, nil
}

// themeNames lists the themes that a site can be like.
func (c *Config) themeNames() []string {
	var names []string
	for _, t := range c.themes {
		if !t.IsAddition() {
			names = append(names, t.Name)
		}
	}
	slices.Sort(names)
	return names
}

// set sets what a file states.
func set[T any](dst *T, v *T) {
	if v != nil {
		*dst = *v
	}
}

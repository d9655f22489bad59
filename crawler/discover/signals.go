package discover

import (
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/html"

	"cinecrawl/crawler"
)

// What publishers say about the reuse of a page, read here from its header and its tree. What the files of the host say (robots.txt,
// tdmrep.json) is read where they are fetched, and comes with the crawler.Page.

// Signals gives all that is said about the reuse of a page of which the links were read: by its header first, then by the page,
// then by the files of its host.
func (f *Found) Signals(p *crawler.Page) []crawler.Signal {
	return crawler.JoinSignals(headerSignals(p), f.Reuse, p.Signals)
}

func headerSignals(p *crawler.Page) (list []crawler.Signal) {
	add := func(name crawler.SignalName, value, from string) {
		list = append(list, crawler.Signal{Name: name, Value: strings.ToValidUTF8(strings.TrimSpace(value), "\uFFFD"), From: from})
	}
	for d := range robotsTags(p.Header) {
		if name, ok := aiDirective(d); ok {
			add(name, "", "X-Robots-Tag")
		}
	}
	for _, name := range []crawler.SignalName{crawler.TDMReservation, crawler.TDMPolicy, crawler.ContentSignal, crawler.ContentUsage} {
		for _, v := range p.Header.Values(string(name)) {
			add(name, v, "header "+http.CanonicalHeaderKey(string(name)))
		}
	}
	base, err := url.Parse(p.URL)
	if err != nil {
		base = &url.URL{}
	}
	for _, v := range p.Header.Values("Link") {
		for target, rel := range linkHeader(v) {
			if hasToken(rel, "license") {
				list = append(list, licence(resolve(base, target), "header Link"))
			}
		}
	}
	return list
}

// robotsTags yields the directives of X-Robots-Tag that are for all or for us. A directive, or a field of them, may begin with the
// name of the agent that it and those after it are for.
func robotsTags(h http.Header) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, v := range h.Values("X-Robots-Tag") {
			ours := true
			for d := range strings.SplitSeq(v, ",") {
				d = strings.TrimSpace(d)
				if agent, rest, ok := strings.Cut(d, ":"); ok && !strings.Contains(strings.TrimSpace(agent), " ") && !isValued(strings.TrimSpace(agent)) {
					agent = strings.TrimSpace(agent)
					ours, d = strings.EqualFold(agent, Agent) || agent == "*", strings.TrimSpace(rest)
				}
				if ours && !yield(d) {
					return
				}
			}
		}
	}
}

func aiDirective(d string) (crawler.SignalName, bool) {
	switch {
	case strings.EqualFold(d, "noai"):
		return crawler.NoAI, true
	case strings.EqualFold(d, "noimageai"):
		return crawler.NoImageAI, true
	}
	return "", false
}

// element reads what an element says about reuse: <meta> of robots and of TDMRep, rel=license, and an RSL document in the page.
func (f *Found) element(n *html.Node) {
	if len(f.Reuse) >= crawler.MaxSignals {
		return
	}
	switch n.Data {
	case "meta":
		name, content := strings.ToLower(attr(n, "name")), strings.TrimSpace(attr(n, "content"))
		switch name {
		case "robots", Agent:
			for d := range strings.SplitSeq(content, ",") {
				if s, ok := aiDirective(strings.TrimSpace(d)); ok {
					f.Reuse = append(f.Reuse, crawler.Signal{Name: s, From: "meta " + name})
				}
			}
		case string(crawler.TDMReservation), string(crawler.TDMPolicy):
			f.Reuse = append(f.Reuse, crawler.Signal{Name: crawler.SignalName(name), Value: content, From: "meta " + name})
		}
	case "link", "a", "area":
		if href := attr(n, "href"); href != "" && hasToken(attr(n, "rel"), "license") {
			f.Reuse = append(f.Reuse, licence(href, "<"+n.Data+" rel=license>"))
		}
	case "script":
		if strings.EqualFold(strings.TrimSpace(attr(n, "type")), "application/rsl+xml") {
			f.Reuse = append(f.Reuse, crawler.Signal{Name: crawler.License, From: "RSL document in the page"})
		}
	}
}

// licence is a link to one, by where it leads.
func licence(href, from string) crawler.Signal {
	s := crawler.Signal{Name: crawler.License, Value: strings.ToValidUTF8(strings.TrimSpace(href), "\uFFFD"), From: from}
	if u, err := url.Parse(s.Value); err == nil && (u.Hostname() == "creativecommons.org" || strings.HasSuffix(u.Hostname(), ".creativecommons.org")) {
		s.Name = crawler.Commons
	}
	return s
}

func resolve(base *url.URL, ref string) string {
	if u, err := base.Parse(ref); err == nil {
		return u.String()
	}
	return ref
}

// linkHeader yields the targets of a Link field with their relations (RFC 8288 section 3).
func linkHeader(v string) func(func(target, rel string) bool) {
	return func(yield func(target, rel string) bool) {
		for {
			_, rest, ok := strings.Cut(v, "<")
			if !ok {
				return
			}
			target, params, ok := strings.Cut(rest, ">")
			if !ok {
				return
			}
			params, v = cutParams(params)
			rel := ""
			for p := range strings.SplitSeq(params, ";") {
				key, value, _ := strings.Cut(p, "=")
				if rel == "" && strings.EqualFold(strings.TrimSpace(key), "rel") {
					rel = strings.Trim(strings.TrimSpace(value), `"`)
				}
			}
			if !yield(strings.TrimSpace(target), rel) {
				return
			}
		}
	}
}

// cutParams cuts at the comma after a link's parameters, which is one outside of quotes.
func cutParams(s string) (params, rest string) {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

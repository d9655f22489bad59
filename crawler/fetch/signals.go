package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"cinecrawl/crawler"
)

// What the files of a host say about the reuse of its pages: lines of robots.txt, and tdmrep.json. Both are facts for the record; what
// may be fetched is decided by the rules of robots.txt alone. What a page says of itself is read by package discover.

const (
	maxUsages = 100 // lines kept of a group, and rules of a tdmrep.json
	tdmrepAge = 7 * 24 * time.Hour
	tdmrepURL = "/.well-known/tdmrep.json" // TDM Reservation Protocol, "TDM File on the Origin Server"
)

// usage is a line of robots.txt about reuse. License lines are of RSL; Content-Signal (contentsignals.org) and Content-Usage
// (draft-ietf-aipref-attach) may begin with a path that they are for.
type usage struct {
	name    crawler.SignalName
	pattern string // normalised, "/" where there is none
	value   string
	line    int
}

// addUsage keeps a line for the groups that it stands in. Of those outside, only a licence says something: it is for all.
func (r *Robots) addUsage(current []*group, name crawler.SignalName, value string, line int) {
	u := usage{name: name, pattern: "/", value: strings.ToValidUTF8(value, "\uFFFD"), line: line}
	if name != crawler.License && strings.HasPrefix(value, "/") {
		path, rest, _ := strings.Cut(u.value, " ")
		u.pattern, u.value = fewerStars(normalPattern(path)), strings.TrimSpace(rest)
	}
	if u.value == "" {
		return
	}
	if name == crawler.License && len(current) == 0 && len(r.licences) < maxUsages {
		r.licences = append(r.licences, u)
	}
	for _, g := range current {
		if len(g.usages) < maxUsages {
			g.usages = append(g.usages, u)
		}
	}
}

// Signals gives what is said about the reuse of a URL to a product token: of each name the lines with the longest path that matches.
func (r *Robots) Signals(agent, url string) (list []crawler.Signal) {
	usages := r.licences
	if g := r.group(agent); g != nil {
		usages = append(g.usages[:len(g.usages):len(g.usages)], usages...)
	}
	if len(usages) == 0 {
		return nil
	}
	path := normalPath(url)[len(mark):]
	longest := map[crawler.SignalName]int{}
	for _, u := range usages {
		if mayMatch(u.pattern, path) {
			longest[u.name] = max(longest[u.name], len(u.pattern))
		}
	}
	for _, u := range usages {
		if len(u.pattern) == longest[u.name] && mayMatch(u.pattern, path) {
			list = append(list, crawler.Signal{Name: u.name, Value: u.value, From: fmt.Sprintf("robots.txt line %d", u.line)})
		}
	}
	return list
}

// tdmrep is a read tdmrep.json.
type tdmrep struct {
	at    time.Time
	rules []tdmRule
}

type tdmRule struct {
	pattern     string // normalised
	reservation string
	policy      string
}

// parseTDMRep reads a tdmrep.json: a list of objects with location, tdm-reservation and tdm-policy. What is none says nothing.
func parseTDMRep(body []byte) (rules []tdmRule) {
	var list []struct {
		Location    string          `json:"location"`
		Reservation json.RawMessage `json:"tdm-reservation"`
		Policy      string          `json:"tdm-policy"`
	}
	if json.Unmarshal(body, &list) != nil {
		return nil
	}
	for _, r := range list {
		if r.Location == "" || len(r.Location) > maxRobotsLine || len(rules) == maxUsages {
			continue
		}
		rule := tdmRule{pattern: fewerStars(normalPattern(r.Location)), policy: r.Policy}
		switch v := strings.Trim(string(r.Reservation), `"`); v { // a number, which some write as a text
		case "0", "1":
			rule.reservation = v
		}
		rules = append(rules, rule)
	}
	return rules
}

// signals gives what the longest location that matches a URL says.
func (f *tdmrep) signals(url string) (list []crawler.Signal) {
	if f == nil {
		return nil
	}
	path := normalPath(url)[len(mark):]
	var best *tdmRule
	for i := range f.rules {
		if r := &f.rules[i]; mayMatch(r.pattern, path) && (best == nil || len(r.pattern) > len(best.pattern)) {
			best = r
		}
	}
	if best == nil {
		return nil
	}
	if best.reservation != "" {
		list = append(list, crawler.Signal{Name: crawler.TDMReservation, Value: best.reservation, From: "tdmrep.json"})
	}
	if best.policy != "" {
		list = append(list, crawler.Signal{Name: crawler.TDMPolicy, Value: best.policy, From: "tdmrep.json"})
	}
	return list
}

// tdmrep gives the tdmrep.json of an origin: the copy in memory or in the store, or one asked for now, if robots.txt allows it. One
// that cannot be had is one that says nothing, for as long; only a host that must wait is an error.
func (w *worker) tdmrep(ctx context.Context, site *crawler.Site, u *url.URL, robots *Robots) (*tdmrep, error) {
	f := w.f
	f.mu.Lock()
	o := f.origins[Origin(u)] // there since its robots.txt was read
	f.mu.Unlock()
	select {
	case o.turn <- struct{}{}:
		defer func() { <-o.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	now := f.cfg.Now()
	if o.tdm != nil && age(o.tdm.at, now) < tdmrepAge {
		return o.tdm, nil
	}
	c := &crawler.RobotsCopy{Origin: Origin(u) + tdmrepURL, FetchedAt: now}
	if f.cfg.Robots != nil && o.tdm == nil {
		stored, err := f.cfg.Robots.LoadRobots(ctx, c.Origin)
		if err != nil {
			f.cfg.Log.Warn("tdmrep copy not loaded", "url", c.Origin, "err", err)
		} else if stored != nil && age(stored.FetchedAt, now) < tdmrepAge {
			return f.keep(o, &tdmrep{at: stored.FetchedAt, rules: parseTDMRep(stored.Body)}), nil
		}
	}
	if ok, line := robots.Allowed(Agent, tdmrepURL); !ok {
		c.Err = line.String()
	} else {
		a, err := w.ask(ctx, site, &url.URL{Scheme: u.Scheme, Host: u.Host, Path: tdmrepURL}, robots.CrawlDelay(Agent),
			request{limit: maxRobots, robots: robots, rule: line})
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if he, ok := errors.AsType[*crawler.HostError](err); ok {
			return nil, he
		}
		c.Status = a.status
		switch {
		case err != nil:
			c.Err = err.Error()
		case a.status == 200:
			c.Body = a.body
		}
	}
	f.keep(o, &tdmrep{at: now, rules: parseTDMRep(c.Body)})
	if f.cfg.Robots != nil {
		if err := f.cfg.Robots.SaveRobots(ctx, c); err != nil {
			f.cfg.Log.Warn("tdmrep copy not stored", "url", c.Origin, "err", err)
		}
	}
	return o.tdm, nil
}

// keep keeps the tdmrep.json of an origin.
func (f *Fetcher) keep(o *origin, t *tdmrep) *tdmrep {
	f.mu.Lock()
	defer f.mu.Unlock()
	o.tdm = t
	return t
}

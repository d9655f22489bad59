package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"cinecrawl/configs"
	"cinecrawl/crawler"
	"cinecrawl/crawler/fetch"
	"cinecrawl/storage"
)

type robotsCmd struct {
	URLs  []string `arg:"" name:"url" help:"URLs to ask about."`
	File  string   `placeholder:"FILE" help:"Ask this robots.txt instead of the host's."`
	Agent string   `default:"cinecrawl" placeholder:"NAME" help:"Ask for this crawler."`
	JSON  bool     `name:"json" help:"One JSON object a URL, a line each."`
}

func (robotsCmd) Help() string {
	return `Follows RFC 9309. Fetches robots.txt of each host once, and nothing else. Exit code 4 says that at least one URL is disallowed.

Examples:

    cinecrawl robots https://critic.example/2020/her/
    cinecrawl robots --file robots.txt https://critic.example/search?q=her`
}

func (c *robotsCmd) Run(ctx context.Context, a *app) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	copies := robotsMemory{}
	fetcher, err := a.fetcher(cfg, copies, fetch.Config{})
	if err != nil {
		return err
	}
	defer fetcher.Close()
	var own []byte
	if c.File != "" {
		if own, err = os.ReadFile(c.File); err != nil {
			return usageErrorf("--file: %v", err)
		}
	}
	t := &table{head: []string{"", "url", "decided by"}}
	disallowed := false
	for _, raw := range c.URLs {
		site, err := cfg.Adhoc(raw)
		if err != nil {
			return &exitError{exitUsage, err}
		}
		if c.File != "" {
			u, _ := url.Parse(raw)
			copies[fetch.Origin(u)] = &crawler.RobotsCopy{Status: 200, Body: own}
		} else if err := a.askRobots(ctx, fetcher.Worker(), site.Crawl, raw); err != nil {
			return err
		}
		allowed, why, err := verdict(ctx, copies, raw, c.Agent)
		if err != nil {
			return err
		}
		disallowed = disallowed || !allowed
		if c.JSON {
			if err := writeJSONLine(a.stdout, struct {
				URL     string `json:"url"`
				Agent   string `json:"agent"`
				Allowed bool   `json:"allowed"`
				Why     string `json:"why"`
			}{raw, c.Agent, allowed, why}); err != nil {
				return err
			}
			continue
		}
		word := "allowed"
		if !allowed {
			word = "disallowed"
		}
		t.row(word, safeLine(raw), safeLine(why))
	}
	if !c.JSON {
		t.write(a.stdout, 0)
	}
	if disallowed {
		return &exitError{code: exitDisallowed}
	}
	return nil
}

// robotsMemory keeps copies of robots.txt as long as the command runs, by origin.
type robotsMemory map[string]*crawler.RobotsCopy

func (m robotsMemory) LoadRobots(_ context.Context, origin string) (*crawler.RobotsCopy, error) {
	return m[origin], nil
}

func (m robotsMemory) SaveRobots(_ context.Context, r *crawler.RobotsCopy) error {
	m[r.Origin] = r
	return nil
}

// robotsStore keeps them in the database.
type robotsStore struct{ storage.Store }

func (s robotsStore) LoadRobots(ctx context.Context, origin string) (*crawler.RobotsCopy, error) {
	r, err := s.Store.LoadRobots(ctx, origin)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil
	}
	return r, err
}

// crawlPatience is how long a worker of a crawl waits for a host: beyond, it serves another one.
const crawlPatience = 100 * time.Millisecond

// fetcher makes the fetcher of the configuration, with its robots.txt copies kept there. What is particular to the command is in own.
func (a *app) fetcher(cfg *configs.Config, copies fetch.RobotsStore, own fetch.Config) (*fetch.Fetcher, error) {
	own.Version, own.URL, own.Contact = programVersion(), cfg.UserAgentURL, cfg.Contact
	own.ConnectTimeout, own.HeaderTimeout, own.IdleTimeout, own.Timeout = cfg.Timeouts.Connect, cfg.Timeouts.Header, cfg.Timeouts.Body, cfg.Timeouts.Total
	own.MaxBody, own.Robots, own.Log = cfg.MaxBody, copies, a.log
	if len(a.sent) > 0 {
		own.Sent = func(s fetch.Sent) {
			for _, tell := range a.sent {
				tell(s)
			}
		}
	}
	f, err := fetch.New(own)
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	return f, nil
}

// askRobots makes a worker read the robots.txt that governs a URL, if it has not yet. That it is unreachable is no error here, but
// a fact that the copy keeps.
func (a *app) askRobots(ctx context.Context, worker crawler.Fetcher, site *crawler.Site, rawURL string) error {
	w := worker.(interface {
		Sitemaps(ctx context.Context, site *crawler.Site, url string) ([]string, error)
	})
	_, err := w.Sitemaps(ctx, site, rawURL)
	var wait *crawler.HostError
	if ctx.Err() != nil {
		return context.Cause(ctx)
	} else if err != nil && !errors.As(err, &wait) {
		return err
	}
	return nil
}

// verdict says whether the stored robots.txt lets an agent fetch a URL, and why: the line that decided, or what came instead of a
// robots.txt (RFC 9309 section 2.3.1).
func verdict(ctx context.Context, copies fetch.RobotsStore, rawURL, agent string) (allowed bool, why string, err error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return false, "", err
	}
	c, err := copies.LoadRobots(ctx, fetch.Origin(u))
	if err != nil {
		return false, "", err
	}
	allowed, why = verdictOf(c, u, agent)
	return allowed, why, nil
}

// verdictOf is the verdict of one copy, nil if there is none.
func verdictOf(c *crawler.RobotsCopy, u *url.URL, agent string) (allowed bool, why string) {
	switch {
	case c == nil:
		return false, "robots.txt not read yet"
	case c.Status >= 200 && c.Status < 300:
		allowed, line := fetch.ParseRobots(c.Body).Allowed(agent, u.RequestURI())
		return allowed, line.String()
	case c.Status >= 300 && c.Status < 500 && c.Status != 429:
		return true, fmt.Sprintf("robots.txt: status %d, so nothing is forbidden", c.Status)
	case c.Status != 0:
		return false, fmt.Sprintf("robots.txt: status %d, so nothing is allowed for now", c.Status)
	}
	return false, "robots.txt unreachable, so nothing is allowed for now: " + c.Err
}

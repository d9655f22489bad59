package fetch

import (
	"net/url"
	"time"

	"cinecrawl/crawler"
)

// Sent is a request that was sent, that is one that a server may have seen, with what came of it and what allowed it. It is a line of an
// access log.
type Sent struct {
	Time    time.Time     // when it began
	Site    string        // that it was for
	Host    string        // see crawler.HostKey
	URL     string        //
	Kind    crawler.Kind  // "" for a file about the host: robots.txt and tdmrep.json
	Status  int           // of the answer; 0 if none came
	Bytes   int64         // of the body, as they came over the line
	Latency time.Duration // until the header of the answer was there; 0 if none came
	Took    time.Duration // until its end
	Gap     time.Duration // since the end of the last request to the host; 0 if this Fetcher knows of none
	Robots  time.Time     // when the copy of robots.txt was fetched that allowed it; zero for a robots.txt
	Rule    Line          // of it that decided
	Err     error         // how it failed, nil if it did not
}

func sentOf(site *crawler.Site, key string, u *url.URL, r request, a answer, last, now time.Time, err error) Sent {
	s := Sent{Time: a.started, Host: key, URL: u.String(), Kind: r.kind, Status: a.status, Bytes: a.bytes, Latency: a.latency,
		Took: max(now.Sub(a.started), 0), Rule: r.rule, Err: err}
	if site != nil {
		s.Site = site.Name
	}
	if r.robots != nil {
		s.Robots = r.robots.at
	}
	if !last.IsZero() {
		s.Gap = max(a.started.Sub(last), 0)
	}
	return s
}

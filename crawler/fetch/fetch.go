// Package fetch asks a site for one URL, politely, and gives the whole answer or a clear error. It is the only importer of colly
// and of temoto/robotstxt, which are tamed here.
//
// # Colly
//
// Colly makes the requests: one synchronous collector a worker. Left to itself it keeps a goroutine for every queued URL in its
// async mode, remembers every visited URL in memory, ties its delay to a rule and not to a host, keeps a robots.txt for ever and
// heeds it only when told, follows redirects before anybody can check where they lead, cuts a body at its bound and hands it on as
// if it were whole, converts charsets by the header alone, keeps cookies, and takes a cache folder and even another user agent from
// the environment. So the collectors here are made without the environment, with no queue, no visited set, no robots.txt, no
// cookies and no bound of their own; and below them lies a transport of ours that decodes, bounds and times the body. That
// transport also keeps the response headers to itself: colly, seeing none, neither follows, unzips nor converts.
//
// # Politeness
//
// One host, that is one crawler.HostKey, is asked by one worker at a time, over all workers of a Fetcher. Between the end of one
// request and the beginning of the next lies a gap, the largest of the site's Gap, the Crawl-delay of robots.txt, the host's own
// response time, and what 429, 503 and failures made of it. A host that fails again and again is left alone, ever longer. A robots.txt
// is a request like any other. A Site's Gap is taken as it is, so 0 is none: the default of 1 s is the configuration's.
//
// # Addresses
//
// A host that a person named may have any address. Any other is refused when it connects to one that is not public: see
// crawler.Site and ErrForbiddenAddress. There is no proxy, since the address that counts is the one that we connect to.
package fetch

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"cinecrawl/crawler"
)

// Agent is our product token in robots.txt (RFC 9309 section 2.2.1).
const Agent = "cinecrawl"

// Config is what a Fetcher needs. Zero fields have the defaults that they name.
type Config struct {
	Version string // of cinecrawl, for the user agent; default "dev"
	URL     string // where the crawler is explained
	Contact string // who runs it: an address or a page

	ConnectTimeout time.Duration // DNS and TCP; 10 s
	TLSTimeout     time.Duration // TLS handshake; 10 s
	HeaderTimeout  time.Duration // from the request's end to the response header's; 20 s
	IdleTimeout    time.Duration // between two reads of a body; 30 s
	Timeout        time.Duration // the whole request; 60 s. Waiting for the host's turn is not part of it

	// Patience is how long a worker waits for a host's gap to pass. A longer wait is a *HostError at once, so that the worker of a crawl
	// can serve another host. 0 waits however long.
	Patience time.Duration

	// Asking bounds the requests in flight at the same time, over all workers. Who waits for a gap asks for nothing. 0 is no bound.
	Asking int

	MaxBody    int64 // bytes of a decoded page or feed, where the site sets no bound; 8 MiB
	MaxSitemap int64 // bytes of a decoded sitemap; the constant of that name

	TDMRep  bool                                             // read /.well-known/tdmrep.json of each origin, once a week
	Robots  RobotsStore                                      // nil keeps the copies in memory
	Now     func() time.Time                                 // time.Now
	Sleep   func(ctx context.Context, d time.Duration) error // returns early with the context's error
	Log     *slog.Logger                                     // nil is silent
	May     func(ctx context.Context) error                  // is asked right before each request; an error keeps it from being sent; may be nil
	Sent    func(Sent)                                       // is told of every request that was sent, once it has ended, by the worker's goroutine; may be nil
	RootCAs *x509.CertPool                                   // nil is the system's
	// Rewrite gives the host:port to connect to in place of another: made-up hosts on loopback. Still only a named host may be there.
	Rewrite func(addr string) string
}

// RobotsStore keeps copies of robots.txt, so that a restarted process need not ask again.
type RobotsStore interface {
	// LoadRobots gives the copy of an origin (see Origin), nil if there is none.
	LoadRobots(ctx context.Context, origin string) (*crawler.RobotsCopy, error)
	SaveRobots(ctx context.Context, r *crawler.RobotsCopy) error
}

// MaxSitemap is the bound of a decoded sitemap, 50 MiB (sitemaps.org protocol, "Using Sitemap index files").
const MaxSitemap = 50 << 20

// Fetcher is what all workers share: hosts, robots.txt copies, connections. It may be used by several goroutines.
type Fetcher struct {
	cfg       Config
	userAgent string
	open      *http.Transport // for hosts that a person named
	guarded   *http.Transport // for all others; apart, so that no connection of one serves the other
	decoders  decoders
	asking    chan struct{} // a place for each request in flight; nil if there is no bound

	mu      sync.Mutex // guards the maps, and all of their values but the turns
	gates   map[string]*gate
	origins map[string]*origin
}

// New makes a Fetcher.
func New(cfg Config) (*Fetcher, error) {
	cfg.Version = cmp.Or(cfg.Version, "dev")
	cfg.ConnectTimeout = cmp.Or(cfg.ConnectTimeout, 10*time.Second)
	cfg.TLSTimeout = cmp.Or(cfg.TLSTimeout, 10*time.Second)
	cfg.HeaderTimeout = cmp.Or(cfg.HeaderTimeout, 20*time.Second)
	cfg.IdleTimeout = cmp.Or(cfg.IdleTimeout, 30*time.Second)
	cfg.Timeout = cmp.Or(cfg.Timeout, time.Minute)
	cfg.MaxBody = cmp.Or(cfg.MaxBody, 8<<20)
	cfg.MaxSitemap = cmp.Or(cfg.MaxSitemap, MaxSitemap)
	for _, d := range []time.Duration{cfg.ConnectTimeout, cfg.TLSTimeout, cfg.HeaderTimeout, cfg.IdleTimeout, cfg.Timeout} {
		if d < 0 {
			return nil, fmt.Errorf("fetch: timeout %v: must be positive", d)
		}
	}
	if least := min(cfg.MaxBody, cfg.MaxSitemap); least < 0 {
		return nil, fmt.Errorf("fetch: body bound %d: must be positive", least)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Sleep == nil {
		cfg.Sleep = sleep
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	ua, err := userAgent(cfg)
	if err != nil {
		return nil, err
	}
	f := &Fetcher{
		cfg:       cfg,
		userAgent: ua,
		open:      newTransport(cfg, nil),
		guarded:   newTransport(cfg, refusePrivate),
		gates:     make(map[string]*gate),
		origins:   make(map[string]*origin),
	}
	if cfg.Asking > 0 {
		f.asking = make(chan struct{}, cfg.Asking)
	}
	return f, nil
}

// userAgent is who we say we are: a product, and in its comment where to read about it and whom to write to
// (RFC 9110 section 10.1.5).
func userAgent(cfg Config) (string, error) {
	var about []string
	if cfg.URL != "" {
		about = append(about, "+"+cfg.URL)
	}
	if cfg.Contact != "" {
		about = append(about, cfg.Contact)
	}
	ua := Agent + "/" + cfg.Version
	if len(about) > 0 {
		ua += " (" + strings.Join(about, "; ") + ")"
	}
	for _, s := range append(about, cfg.Version) {
		for _, r := range s {
			if r < ' ' || r > '~' || strings.ContainsRune("()\\", r) {
				return "", fmt.Errorf("fetch: user agent %q: %q may not stand there; use plain ASCII without parentheses for version, URL and contact", ua, r)
			}
		}
	}
	return ua, nil
}

// UserAgent is the User-Agent of every request.
func (f *Fetcher) UserAgent() string { return f.userAgent }

// Close closes idle connections.
func (f *Fetcher) Close() {
	f.open.CloseIdleConnections()
	f.guarded.CloseIdleConnections()
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// parse reads the URL of a task. Only http and https can be fetched.
func parse(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err // the URL is said by the caller
		}
		return nil, err
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("scheme %q: only http and https are fetched", u.Scheme)
	}
	if u.Hostname() == "" {
		return nil, errors.New("no host")
	}
	u.Fragment, u.RawFragment, u.User = "", "", nil // neither is for the server
	return u, nil
}

// Origin is what a robots.txt governs: scheme, host and port, the port always said.
func Origin(u *url.URL) string {
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if port == "" {
		port = "80"
		if u.Scheme == "https" {
			port = "443"
		}
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return u.Scheme + "://" + host + ":" + port
}

// named says whether a person named a host, given as crawler.HostKey.
func named(site *crawler.Site, key string) bool {
	if site == nil || !site.Named {
		return false
	}
	key = strings.TrimPrefix(key, "www.")
	for _, h := range site.Hosts {
		if strings.TrimPrefix(strings.ToLower(h), "www.") == key {
			return true
		}
	}
	return false
}

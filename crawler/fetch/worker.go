package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"cinecrawl/crawler"

	"github.com/gocolly/colly/v2"
)

// worker fetches one URL at a time with a collector of its own.
type worker struct {
	f *Fetcher
	c *colly.Collector

	// The exchange under way.
	req  request
	url  *url.URL
	got  answer
	stop context.CancelCauseFunc
}

// request says what is asked for.
type request struct {
	kind         crawler.Kind // "" for a robots.txt
	limit        int64        // bytes of the decoded body
	etag         string
	lastModified string
	named        bool
	guest        bool    // of a host that is asked for another's sake: a gap of its own holds
	robots       *Robots // the copy that allowed it, nil for robots.txt itself
	rule         Line    // of that
}

// answer is what came.
type answer struct {
	status      int
	statusLine  string
	request     http.Header // as it went
	remote      net.Addr
	decoded     bool
	header      http.Header
	contentType string
	body        []byte
	started     time.Time
	latency     time.Duration // until the response header was there
	bytes       int64         // of the body, as they came
	sent        bool          // the request was, as far as it is watched
}

// Worker gives a fetcher for use by one goroutine at a time. It also has a method
//
//	Sitemaps(ctx context.Context, site *crawler.Site, url string) ([]string, error)
//
// which reads the robots.txt that governs a URL, if that was not done yet, and gives its Sitemap lines.
func (f *Fetcher) Worker() crawler.Fetcher { return f.worker() }

func (f *Fetcher) worker() *worker {
	w := &worker{f: f}
	// Not colly.NewCollector, which would let COLLY_ variables of the environment change what is set here.
	w.c = new(colly.Collector)
	w.c.Init()
	w.c.UserAgent = f.userAgent
	w.c.AllowURLRevisit = true        // the frontier knows what was visited; colly's set would only grow
	w.c.IgnoreRobotsTxt = true        // ours decides, see worker.robots
	w.c.ParseHTTPErrorResponse = true // every status is an answer
	w.c.MaxBodySize = 0               // it would cut the body and say nothing: transport.go bounds it
	w.c.SetClient(&http.Client{       // without cookies, and without a timeout: transport.go has several
		Transport:     w,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
	// Colly parses URLs in its own way and may write them anew. What is asked for is what robots.txt was asked about.
	w.c.OnRequest(func(r *colly.Request) { *r.URL = *w.url })
	w.c.OnResponse(func(r *colly.Response) { w.got.body = r.Body })
	return w
}

// Fetch implements crawler.Fetcher. Only the body of a 2xx answer is read. The errors are, wrapped: ErrDisallowed with the line that
// decided, *HostError for a host that must wait, ErrNotHTML, ErrTooLarge, ErrTimeout, ErrCutShort, ErrUnreadable,
// ErrForbiddenAddress, the context's own, and those of the net and tls packages.
func (w *worker) Fetch(ctx context.Context, t crawler.Task, site *crawler.Site) (*crawler.Page, error) {
	p, err := w.fetch(ctx, t, site)
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", t.URL, err)
	}
	return p, nil
}

func (w *worker) fetch(ctx context.Context, t crawler.Task, site *crawler.Site) (*crawler.Page, error) {
	u, err := parse(t.URL)
	if err != nil {
		return nil, err
	}
	robots, err := w.robots(ctx, site, u)
	if err != nil {
		return nil, err
	}
	ok, line := robots.Allowed(Agent, u.RequestURI())
	if !ok {
		return nil, fmt.Errorf("%w: %s", crawler.ErrDisallowed, line)
	}
	var reuse *tdmrep
	whole := t.Kind == crawler.KindArchive && site != nil && site.Posts
	if w.f.cfg.TDMRep && (t.Kind == crawler.KindPage || t.Kind == "" || whole) {
		if reuse, err = w.tdmrep(ctx, site, u, robots); err != nil {
			return nil, err
		}
	}
	r := request{kind: t.Kind, limit: w.f.cfg.MaxBody, etag: t.ETag, lastModified: t.LastModified, robots: robots, rule: line}
	if r.kind == "" {
		r.kind = crawler.KindPage
	}
	switch {
	case r.kind == crawler.KindSitemap || whole:
		r.limit = w.f.cfg.MaxSitemap
	case site != nil && site.MaxBody > 0:
		r.limit = site.MaxBody
	}
	a, err := w.ask(ctx, site, u, robots.CrawlDelay(Agent), r)
	if err != nil {
		return nil, err
	}
	p := &crawler.Page{
		URL: t.URL, Status: a.status, Header: a.header, Body: a.body, ContentType: a.contentType,
		StatusLine: a.statusLine, Decoded: a.decoded, Request: a.request, Remote: ipOf(a.remote),
		Charset:   charsetOf(r.kind, a.header.Get("Content-Type"), a.body),
		FetchedAt: a.started, Took: w.f.cfg.Now().Sub(a.started),
	}
	if a.status == http.StatusOK && r.kind == crawler.KindPage {
		p.Signals = crawler.JoinSignals(robots.Signals(Agent, u.RequestURI()), reuse.signals(u.RequestURI()))
	}
	if loc := a.header.Get("Location"); loc != "" && a.status >= 300 && a.status < 400 {
		if l, err := u.Parse(loc); err == nil {
			p.Location = l.String()
		}
	}
	return p, nil
}

// ask makes one request when the host's turn has come and its gap has passed.
func (w *worker) ask(ctx context.Context, site *crawler.Site, u *url.URL, delay time.Duration, r request) (answer, error) {
	key := crawler.HostKey(u)
	g, err := w.f.enter(ctx, key)
	if err != nil {
		return answer{}, err
	}
	defer w.f.leave(g)
	gap := delay
	if site != nil {
		gap = max(gap, site.Gap)
	}
	if w.f.mu.Lock(); r.guest && !g.last.IsZero() {
		gap = g.least
	}
	w.f.mu.Unlock()
	if err := w.f.await(ctx, key, g, gap); err != nil {
		return answer{}, err
	}
	if w.f.asking != nil {
		select {
		case w.f.asking <- struct{}{}:
			defer func() { <-w.f.asking }()
		case <-ctx.Done():
			return answer{}, ctx.Err()
		}
	}
	r.named = named(site, key)
	before := g.last // written by who has the turn, that is by us
	err = w.exchange(ctx, u, r)
	a := w.got
	w.got = answer{}
	if a.sent {
		w.f.cfg.Sent(sentOf(site, key, u, r, a, before, w.f.cfg.Now(), err))
	}
	if hold := w.f.answered(key, g, r, a, err); hold != nil {
		return a, hold
	}
	return a, err
}

// exchange makes one request with colly. What is known of the answer is in w.got, whether or not there is an error.
func (w *worker) exchange(parent context.Context, u *url.URL, r request) error {
	ctx, stop := context.WithCancelCause(parent)
	defer stop(nil)
	whole := time.AfterFunc(w.f.cfg.Timeout, func() {
		stop(fmt.Errorf("%w: no whole answer in %v", crawler.ErrTimeout, w.f.cfg.Timeout))
	})
	defer whole.Stop()

	w.req, w.url, w.got, w.stop = r, u, answer{started: w.f.cfg.Now()}, stop
	trace := &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) { w.got.remote = c.Conn.RemoteAddr() }}
	if w.f.cfg.Sent != nil {
		var sent atomic.Bool // the transport's goroutine says so
		trace.WroteHeaders = func() { sent.Store(true) }
		defer func() { w.got.sent = sent.Load() }()
	}
	w.c.Context = httptrace.WithClientTrace(ctx, trace)
	h := http.Header{
		"User-Agent":      {w.f.userAgent},
		"Accept":          {accept(r.kind)},
		"Accept-Encoding": {acceptEncoding},
	}
	// RFC 9110 section 13.1. The validators are as a server wrote them, so they may be anything.
	if clean(r.etag) {
		h["If-None-Match"] = []string{r.etag}
	}
	if clean(r.lastModified) {
		h["If-Modified-Since"] = []string{r.lastModified}
	}
	err := w.c.Request(http.MethodGet, u.String(), nil, nil, h)
	if err == nil {
		return nil
	}
	if parent.Err() != nil {
		return parent.Err()
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause // a time bound
	}
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err // the caller says the URL
	}
	if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
		return fmt.Errorf("%w: %w", crawler.ErrTimeout, err)
	}
	return err
}

// ipOf is the address of a host without its port, "" if there is none.
func ipOf(a net.Addr) string {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.IP.String()
	}
	return ""
}

func accept(k crawler.Kind) string {
	switch k {
	case crawler.KindPage:
		return "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1"
	case "":
		return "text/plain,*/*;q=0.1"
	case crawler.KindArchive:
		return "application/json,application/atom+xml;q=0.9,*/*;q=0.5"
	}
	return "application/xml,text/xml;q=0.9,*/*;q=0.5"
}

// clean says whether a header value is there and can be sent (RFC 9110 section 5.5).
func clean(v string) bool {
	for i := 0; i < len(v); i++ {
		if v[i] < ' ' && v[i] != '\t' || v[i] == 0x7f {
			return false
		}
	}
	return v != ""
}

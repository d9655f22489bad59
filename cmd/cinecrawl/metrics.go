package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"cinecrawl/crawler"
	"cinecrawl/crawler/fetch"
	"cinecrawl/storage"
)

// metrics are the figures of a crawl in the form of Prometheus, served with Go's profiles (pprof) while it runs. They count from the
// beginning of the process; what the store knows of earlier runs is for cinecrawl status. A nil *metrics counts nothing.
//
// A label never has a value a host or URL, and one a site only up to maxLabelled sites.
type metrics struct {
	server *http.Server

	mu       sync.Mutex
	hosts    func() []fetch.Host // what each host is doing, as the fetcher knows it; nil before a crawl begins
	queued   map[string]int      // by site: to be visited, as far as this process knows
	labelled map[string]bool     // sites

	requests  *prometheus.CounterVec
	bytes     prometheus.Counter
	latency   prometheus.Histogram
	pages     *prometheus.CounterVec
	visits    *prometheus.CounterVec
	refusals  prometheus.Counter
	reviews   *prometheus.CounterVec
	extracted prometheus.Histogram
}

// maxLabelled is the number of sites that have figures of their own; what is more is "others".
const maxLabelled = 100

// serveMetrics serves them at "host:port", and on loopback at ":port" and "port".
func serveMetrics(addr string, log *slog.Logger) (*metrics, error) {
	at, err := metricsAddr(addr)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", at)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("--metrics %s: another program has this port; name another one", addr)
	case err != nil:
		return nil, fmt.Errorf("--metrics %s: %w", addr, err)
	}
	m := newMetrics()
	registry := prometheus.NewRegistry()
	registry.MustRegister(m, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "cinecrawl: /metrics, /debug/pprof/\n")
	})
	m.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	go func() {
		if err := m.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Warn("metrics no longer served", "err", err)
		}
	}()
	log.Info("metrics served", "url", "http://"+listener.Addr().String()+"/metrics")
	return m, nil
}

func metricsAddr(addr string) (string, error) {
	host, port := "", addr
	if strings.Contains(addr, ":") {
		var err error
		if host, port, err = net.SplitHostPort(addr); err != nil {
			return "", usageErrorf("--metrics %s: %v; write a port, or host:port", addr, err)
		}
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", usageErrorf("--metrics %s: %q is no port; write a port, or host:port", addr, port)
	}
	return net.JoinHostPort(cmp.Or(host, "127.0.0.1"), port), nil
}

func newMetrics() *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	labelled := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	seconds := func(name, help string, first float64, count int) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: prometheus.ExponentialBuckets(first, 2, count)})
	}
	return &metrics{
		queued: map[string]int{}, labelled: map[string]bool{},
		requests:  labelled("cinecrawl_requests_total", "Requests sent, robots.txt included, by the class of the answer's status; none for no answer.", "status"),
		bytes:     counter("cinecrawl_received_bytes_total", "Bytes of bodies received, as they came over the line."),
		latency:   seconds("cinecrawl_request_seconds", "Time until the header of an answer was there.", 0.005, 14),
		pages:     labelled("cinecrawl_pages_total", "Pages fetched, by site; the first 100, and others.", "site"),
		visits:    labelled("cinecrawl_visits_total", "Finished visits of URLs, by outcome; retry for those to be tried again.", "outcome"),
		refusals:  counter("cinecrawl_robots_refusals_total", "URLs not asked for because robots.txt says so."),
		reviews:   labelled("cinecrawl_reviews_total", "Reviews read, by what that changed in the store: new, changed, unchanged.", "change"),
		extracted: seconds("cinecrawl_extract_seconds", "Time to read a page: its parsing, its links, its review.", 0.0005, 14),
	}
}

var (
	queueDesc = prometheus.NewDesc("cinecrawl_queue", "URLs to be visited, by state: queued in the store, in_flight of those.", []string{"state"}, nil)
	hostsDesc = prometheus.NewDesc("cinecrawl_hosts", "Hosts asked so far, by what they are doing: idle, waiting for their gap, asking, held for a while.", []string{"state"}, nil)
)

// Describe implements prometheus.Collector.
func (m *metrics) Describe(to chan<- *prometheus.Desc) { prometheus.DescribeByCollect(m, to) }

// Collect implements prometheus.Collector.
func (m *metrics) Collect(to chan<- prometheus.Metric) {
	for _, c := range []prometheus.Collector{m.requests, m.bytes, m.latency, m.pages, m.visits, m.refusals, m.reviews, m.extracted} {
		c.Collect(to)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	hosts, queued := map[fetch.State]int{fetch.Idle: 0, fetch.Waiting: 0, fetch.Asking: 0, fetch.Held: 0}, 0
	if m.hosts != nil {
		for _, h := range m.hosts() {
			hosts[h.State]++
		}
	}
	for _, n := range m.queued {
		queued += n
	}
	gauge := func(d *prometheus.Desc, n int, label string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n), label)
	}
	gauge(queueDesc, max(queued-hosts[fetch.Asking], 0), "queued")
	gauge(queueDesc, hosts[fetch.Asking], "in_flight")
	for state, n := range hosts {
		gauge(hostsDesc, n, string(state))
	}
}

// watch is told of the hosts that are asked.
func (m *metrics) watch(hosts func() []fetch.Host) {
	if m != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.hosts = hosts
	}
}

// queues is told of a run that begins or ends, which says what is queued of its site.
func (m *metrics) queues(run *storage.Run) {
	if m != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.queued[run.Site] = run.Counts.Queued
	}
}

func (m *metrics) sent(s fetch.Sent) {
	class := "none"
	if s.Status > 0 {
		class = strconv.Itoa(s.Status/100) + "xx"
		m.latency.Observe(s.Latency.Seconds())
	}
	m.requests.WithLabelValues(class).Inc()
	m.bytes.Add(float64(s.Bytes))
}

// visited is told of every visit that was stored.
func (m *metrics) visited(v *crawler.Visit, stored crawler.Stored) {
	if m == nil {
		return
	}
	site := v.Task.Site
	m.mu.Lock()
	m.queued[site] += stored.Added
	if v.Outcome != "" {
		m.queued[site]--
	}
	if !m.labelled[site] && len(m.labelled) == maxLabelled {
		site = "others"
	} else {
		m.labelled[site] = true
	}
	m.mu.Unlock()
	m.visits.WithLabelValues(cmp.Or(string(v.Outcome), "retry")).Inc()
	if v.Page != nil && v.Page.Via == "" && v.Task.Kind == crawler.KindPage {
		m.pages.WithLabelValues(site).Inc()
	}
	if v.Outcome == crawler.Disallowed {
		m.refusals.Inc()
	}
	if stored.Change != crawler.NoReview {
		m.reviews.WithLabelValues(string(stored.Change)).Inc()
	}
}

// timed is a Handler whose reading of pages is timed.
func (m *metrics) timed(handle crawler.Handler) crawler.Handler {
	if m == nil {
		return handle
	}
	return func(ctx context.Context, site *crawler.Site, v *crawler.Visit) error {
		began := time.Now()
		err := handle(ctx, site, v)
		if v.Task.Kind == crawler.KindPage {
			m.extracted.Observe(time.Since(began).Seconds())
		}
		return err
	}
}

func (m *metrics) close() error { return m.server.Close() }

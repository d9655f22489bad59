package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"

	"cinecrawl/crawler"
	"cinecrawl/crawler/fetch"
)

// accessLog is a file with a line for each request that was sent, robots.txt and sitemaps included, so that a publisher who asks can be
// answered: when, what, how often, allowed by what. A line is an object of JSON, for what stands in it was written by others (URLs,
// lines of robots.txt), and JSON says how every byte is quoted and every column is called.
//
// Lines are only ever appended, each by one write: several processes may share a file, and one that is killed loses the lines of the
// requests in flight. Half a line is ended when the file is next opened: a disk that was full leaves it, or a kill, upon which Linux ends
// a write where a page of the file (4 KB) does.
type accessLog struct {
	log *slog.Logger

	mu     sync.Mutex
	file   *os.File
	failed bool // and said so
}

// accessLine is a line. Times are RFC 3339 with the zone of this machine.
type accessLine struct {
	Time   string       `json:"time"`             // when the request began
	Site   string       `json:"site"`             // as configured
	Host   string       `json:"host"`             // that is asked by one worker at a time
	Method string       `json:"method"`           // GET
	URL    string       `json:"url"`              //
	Kind   crawler.Kind `json:"kind,omitempty"`   // page, sitemap, feed …; none for robots.txt and tdmrep.json
	Status int          `json:"status"`           // of the answer; 0 if none came
	Bytes  int64        `json:"bytes"`            // of its body, as received
	Took   int64        `json:"took_ms"`          // milliseconds until its end
	Gap    *int64       `json:"gap_ms"`           // milliseconds since the end of the last request to the host; null for the first of the process
	Robots string       `json:"robots,omitempty"` // when the copy of robots.txt was fetched that allowed it; none for robots.txt itself
	Rule   string       `json:"rule,omitempty"`   // what in it decided
	Err    string       `json:"err,omitempty"`    // how it failed
}

const accessTime = "2006-01-02T15:04:05.000Z07:00"

func openAccessLog(name string, log *slog.Logger) (*accessLog, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return nil, usageErrorf("--access-log: %v", err)
	}
	var last [1]byte
	if end, err := f.Seek(0, io.SeekEnd); err == nil && end > 0 {
		if _, err := f.ReadAt(last[:], end-1); err == nil && last[0] != '\n' {
			_, _ = f.WriteString("\n") // if this fails, so does the first line, which says so
		}
	}
	return &accessLog{file: f, log: log}, nil
}

func (l *accessLog) sent(s fetch.Sent) {
	line := accessLine{Time: s.Time.Local().Format(accessTime), Site: s.Site, Host: s.Host, Method: "GET", URL: s.URL, Kind: s.Kind,
		Status: s.Status, Bytes: s.Bytes, Took: s.Took.Milliseconds()}
	if s.Gap > 0 {
		ms := s.Gap.Milliseconds()
		line.Gap = &ms
	}
	if !s.Robots.IsZero() {
		line.Robots, line.Rule = s.Robots.Local().Format(accessTime), s.Rule.String()
	}
	if s.Err != nil {
		line.Err = s.Err.Error()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := writeJSONLine(l.file, line); err != nil && !l.failed {
		l.failed = true
		l.log.Warn("access log not written", "err", err)
	}
}

func (l *accessLog) close() error {
	if err := l.file.Close(); err != nil {
		return fmt.Errorf("--access-log: %w", err)
	}
	if l.failed {
		return errors.New("--access-log: not all requests are in it; see the warning above")
	}
	return nil
}

// seenFlags let a crawl be seen from outside.
type seenFlags struct {
	Metrics   string `placeholder:"[HOST:]PORT" help:"Serve Prometheus metrics and pprof there while the crawl runs; on this machine only, unless HOST is said."`
	AccessLog string `type:"path" placeholder:"FILE" help:"Append a line of JSON to FILE for each request that is sent: when, what, and which line of which robots.txt allowed it."`
}

// begin opens what the flags ask for. The function that it gives closes it.
func (s seenFlags) begin(a *app) (end func() error, err error) {
	var ends []func() error
	end = func() (err error) {
		for _, f := range ends {
			err = errors.Join(err, f())
		}
		return err
	}
	if s.AccessLog != "" {
		l, err := openAccessLog(s.AccessLog, a.log)
		if err != nil {
			return nil, err
		}
		a.sent = append(a.sent, l.sent)
		ends = append(ends, l.close)
	}
	if s.Metrics != "" {
		if a.metrics, err = serveMetrics(s.Metrics, a.log); err != nil {
			return nil, errors.Join(err, end())
		}
		a.sent = append(a.sent, a.metrics.sent)
		ends = append(ends, a.metrics.close)
	}
	return end, nil
}

package fetch

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"cinecrawl/crawler"
)

// maxDrain is how much of a body that nobody wants is read, so that the connection can serve again.
const maxDrain = 64 << 10

// noHeader is what colly sees of every response: see the package doc. Nobody writes to it.
var noHeader = http.Header{}

// RoundTrip is the transport below colly. It keeps status and header for the worker and gives colly the body alone: content-decoded,
// bounded and timed. A body that is not wanted, by its status or media type, is not read.
func (w *worker) RoundTrip(hr *http.Request) (*http.Response, error) {
	rt := w.f.guarded
	if w.req.named {
		rt = w.f.open
	}
	if may := w.f.cfg.May; may != nil {
		if err := may(hr.Context()); err != nil {
			return nil, err
		}
	}
	resp, err := rt.RoundTrip(hr)
	if err != nil {
		return nil, err
	}
	w.got.statusLine, w.got.request = resp.Proto+" "+resp.Status, hr.Header
	w.got.status, w.got.header, w.got.latency = resp.StatusCode, resp.Header, w.f.cfg.Now().Sub(w.got.started)
	w.got.contentType = mediaType(resp.Header.Get("Content-Type"))
	body, err := w.body(resp)
	if err != nil {
		resp.Body.Close()
		return nil, err
	}
	resp.Header, resp.Body = noHeader, body
	resp.Uncompressed = true // else colly takes a path that ends in .xml.gz for compressed still
	return resp, nil
}

// body gives what is to be read of a response.
func (w *worker) body(resp *http.Response) (io.ReadCloser, error) {
	raw := &wire{body: resp.Body, wait: w.f.cfg.IdleTimeout, bytes: &w.got.bytes}
	stop := w.stop // that of this exchange, even if the timer is late
	raw.idle = time.AfterFunc(raw.wait, func() {
		stop(fmt.Errorf("%w: no byte of the body in %v", crawler.ErrTimeout, raw.wait))
	})
	if resp.StatusCode < 200 || resp.StatusCode > 299 || resp.StatusCode == http.StatusNoContent {
		// Nothing depends on how this ends.
		_, _ = io.CopyN(io.Discard, raw, maxDrain)
		raw.Close()
		return http.NoBody, nil
	}
	kind, limit := w.req.kind, w.req.limit
	if err := wanted(kind, w.got.contentType); err != nil {
		raw.Close()
		return nil, err
	}
	if kind != "" && resp.ContentLength > limit {
		raw.Close()
		return nil, fmt.Errorf("%w: %d bytes are announced, the bound is %d", crawler.ErrTooLarge, resp.ContentLength, limit)
	}
	if kind == "" {
		limit *= 2 // the rest of a robots.txt is not an error, see below; this bounds what its decoding may cost
	}
	b := &body{wire: raw, limit: limit}
	b.top = &bounded{r: raw, left: limit}
	if err := b.decode(&w.f.decoders, resp.Header.Values("Content-Encoding")); err != nil {
		b.Close()
		return nil, err
	}
	w.got.decoded = len(b.layers) > 0
	switch kind {
	case "":
		// One byte more than counts, so that boundRobots sees that the last line is cut.
		b.top = io.LimitReader(b.top, maxRobots+1)
	case crawler.KindSitemap, crawler.KindFeed:
		// A sitemap may be a gzip file (sitemaps.org protocol), whatever its media type.
		peek := bufio.NewReader(b.top)
		b.top = peek
		if magic, _ := peek.Peek(2); string(magic) == "\x1f\x8b" {
			b.layer(w.f.decoders.gzip())
		}
	case crawler.KindPage:
		if unknown(w.got.contentType) {
			peek := bufio.NewReader(b.top)
			b.top = peek
			start, err := peek.Peek(512)
			if err != nil && err != io.EOF {
				b.Close()
				return nil, b.explain(err)
			}
			w.got.contentType = mediaType(http.DetectContentType(start))
			if err := wanted(kind, w.got.contentType); err != nil {
				b.Close()
				return nil, fmt.Errorf("%w (by its first bytes)", err)
			}
		}
	}
	return b, nil
}

// wire is the body as it comes, with a bound on the time between two reads.
type wire struct {
	body io.ReadCloser
	idle *time.Timer
	wait time.Duration
	err  error // of the connection
	// The count is the worker's, and of this exchange: nobody reads a body after it.
	bytes *int64
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.body.Read(p)
	*w.bytes += int64(n)
	switch {
	case err == nil:
		w.idle.Reset(w.wait)
	default:
		w.idle.Stop()
		if err != io.EOF {
			w.err = err
		}
	}
	return n, err
}

func (w *wire) Close() error {
	w.idle.Stop()
	return w.body.Close()
}

// body is a chain of decoders over the wire. What each of them gives is bounded: a bomb of bombs stops at the first.
type body struct {
	wire   *wire
	top    io.Reader
	limit  int64
	layers []decoder
}

func (b *body) layer(d decoder) {
	d.from(b.top)
	b.layers = append(b.layers, d)
	b.top = &bounded{r: d, left: b.limit}
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.top.Read(p)
	if err != nil && err != io.EOF {
		err = b.explain(err)
	}
	return n, err
}

// explain says which end a body came to.
func (b *body) explain(err error) error {
	switch {
	case errors.Is(err, crawler.ErrTooLarge):
		return err
	case b.wire.err != nil:
		return fmt.Errorf("%w: %w", crawler.ErrCutShort, b.wire.err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("%w: its content coding goes on", crawler.ErrCutShort)
	}
	return fmt.Errorf("%w: %w", crawler.ErrUnreadable, err)
}

func (b *body) Close() error {
	for _, d := range b.layers {
		d.release()
	}
	b.layers = nil
	return b.wire.Close()
}

// bounded gives ErrTooLarge in place of more bytes than the bound.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	if int64(n) > b.left {
		n, err = int(b.left), crawler.ErrTooLarge
	}
	b.left -= int64(n)
	return n, err
}

package fetch

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"cinecrawl/crawler"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

const (
	acceptEncoding = "gzip, br, zstd"
	maxCodings     = 3       // content codings one over the other
	maxWindow      = 8 << 20 // of zstd (RFC 9659 section 3)
)

// decoders keeps decoders for use again: making one costs more than most pages do.
type decoders struct{ gz, br, zst sync.Pool }

// decoder undoes one content coding. It is read after from, and not after release.
type decoder interface {
	io.Reader
	from(src io.Reader)
	release()
}

// decode lays decoders over a body, the last coding first (RFC 9110 section 8.4).
func (b *body) decode(ds *decoders, headers []string) error {
	var codings []string
	for _, h := range headers {
		for c := range strings.SplitSeq(h, ",") {
			if c = strings.ToLower(strings.TrimSpace(c)); c != "" && c != "identity" {
				codings = append(codings, c)
			}
		}
	}
	if len(codings) > maxCodings {
		return fmt.Errorf("%w: %d content codings, the bound is %d", crawler.ErrUnreadable, len(codings), maxCodings)
	}
	for i := len(codings) - 1; i >= 0; i-- {
		switch codings[i] {
		case "gzip", "x-gzip":
			b.layer(ds.gzip())
		case "br":
			b.layer(ds.brotli())
		case "zstd":
			b.layer(ds.zstd())
		default:
			return fmt.Errorf("%w: content coding %.40q was not asked for", crawler.ErrUnreadable, codings[i])
		}
	}
	return nil
}

type gunzip struct {
	pool  *sync.Pool
	src   io.Reader
	z     gzip.Reader
	begun bool
}

func (ds *decoders) gzip() decoder {
	d, _ := ds.gz.Get().(*gunzip)
	if d == nil {
		d = &gunzip{pool: &ds.gz}
	}
	return d
}

func (d *gunzip) from(src io.Reader) { d.src, d.begun = src, false }

func (d *gunzip) Read(p []byte) (int, error) {
	if !d.begun {
		// An empty body is one, even if it is said to be compressed: io.EOF.
		if err := d.z.Reset(d.src); err != nil {
			return 0, err
		}
		d.begun = true
	}
	return d.z.Read(p)
}

func (d *gunzip) release() {
	d.src = nil
	d.pool.Put(d)
}

type unbrotli struct {
	pool *sync.Pool
	z    *brotli.Reader
}

func (ds *decoders) brotli() decoder {
	d, _ := ds.br.Get().(*unbrotli)
	if d == nil {
		d = &unbrotli{pool: &ds.br, z: brotli.NewReader(nil)}
	}
	return d
}

func (d *unbrotli) from(src io.Reader)         { _ = d.z.Reset(src) } // never fails
func (d *unbrotli) Read(p []byte) (int, error) { return d.z.Read(p) }

func (d *unbrotli) release() {
	_ = d.z.Reset(nil)
	d.pool.Put(d)
}

type unzstd struct {
	pool *sync.Pool
	z    *zstd.Decoder
	err  error
}

func (ds *decoders) zstd() decoder {
	d, _ := ds.zst.Get().(*unzstd)
	if d == nil {
		// One at a time needs no goroutines of its own.
		z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		d = &unzstd{pool: &ds.zst, z: z, err: err}
	}
	return d
}

func (d *unzstd) from(src io.Reader) {
	if d.z != nil {
		d.err = d.z.Reset(src)
	}
}

func (d *unzstd) Read(p []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	return d.z.Read(p)
}

func (d *unzstd) release() {
	if d.z != nil {
		_ = d.z.Reset(nil)
	}
	d.pool.Put(d)
}

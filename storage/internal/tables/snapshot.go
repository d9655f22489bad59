package tables

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"

	"cinecrawl/crawler"
)

// Bodies are packed as zstd frames (RFC 8878), each with its checksum. The pages of a site have most of their bytes in common, so they
// are packed with a dictionary: the first of them, as they are. That needs no training, packs the pages of ten sites to a fourth of what
// gzip does, and takes half the time of packing without, for most of a page is one match after another. The dictionaries that the
// trainer of github.com/klauspost/compress/dict makes of 32 pages of a site packed a third as well at 2,000 times the cost.
//
// A frame names its dictionary (section 3.1.1.1.3): firstDictionary and the ID of its row. The dictionary itself is packed without.

const (
	// maxBody bounds a stored body: what claims to be larger is damaged or forged, and is not unpacked.
	maxBody = 256 << 20

	maxDictionary   = 128 << 10
	firstDictionary = 1 << 15 // smaller ones are reserved for registered dictionaries
	samplePages     = 6       // of a site that make a dictionary, as far as they fit
	maxLearned      = 8       // dictionaries made after one commit: each takes milliseconds, and many sites begin at once
	poorPages       = 100     // packed with a dictionary before it can be found wanting; twice as many for each that the site has already
	poorShare       = 6       // it is if they are more than a sixth of their size; packed without, pages are a third or fourth
	maxContents     = 512     // dictionaries in memory
	maxDecoders     = 16
)

// compressor packs bodies. Its encoders work at the fastest level, which gives most of the gain on HTML at a tenth of the cost of
// the page's parse. It is safe for concurrent use.
type compressor struct {
	idle chan *packer // those that are not at work

	mu   sync.Mutex // over decs
	dec  *zstd.Decoder
	decs map[uint32]*zstd.Decoder // by dictionary
}

// packers is how many bodies are packed at the same time, each with some megabytes of tables.
var packers = min(max(2, runtime.GOMAXPROCS(0)), 8)

// packer packs one body at a time.
type packer struct {
	plain  *zstd.Encoder
	with   *zstd.Encoder // with a dictionary: another one costs about what a page does, a new encoder as much as fourteen
	id     uint32        // of the dictionary of with
	loaded []byte        // its content
}

func newCompressor() (*compressor, error) {
	dec, err := newDecoder()
	if err != nil {
		return nil, err
	}
	c := &compressor{idle: make(chan *packer, packers), dec: dec, decs: make(map[uint32]*zstd.Decoder)}
	for range packers {
		plain, err := zstd.NewWriter(nil, encoderOptions...)
		if err != nil {
			return nil, err
		}
		c.idle <- &packer{plain: plain}
	}
	return c, nil
}

var encoderOptions = []zstd.EOption{zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true),
	zstd.WithEncoderCRC(true)}

func newDecoder(more ...zstd.DOption) (*zstd.Decoder, error) {
	return zstd.NewReader(nil, append([]zstd.DOption{zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(maxBody),
		zstd.WithDecodeAllCapLimit(true)}, more...)...)
}

func (c *compressor) close() {
	for range packers {
		p := <-c.idle
		p.plain.Close()
		if p.with != nil {
			p.with.Close()
		}
	}
	c.dec.Close()
}

// pack compresses a body.
func (c *compressor) pack(body []byte) []byte {
	p := <-c.idle
	defer func() { c.idle <- p }()
	return p.plain.EncodeAll(body, make([]byte, 0, len(body)/4+64))
}

// packWith compresses a body with the dictionary of an ID.
func (c *compressor) packWith(id uint32, dictionary, body []byte) ([]byte, error) {
	p := <-c.idle
	defer func() { c.idle <- p }()
	if p.id != id || &p.loaded[0] != &dictionary[0] {
		var err error
		own := zstd.WithEncoderDictRaw(id, dictionary)
		if p.with == nil {
			p.with, err = zstd.NewWriter(nil, append(encoderOptions[:len(encoderOptions):len(encoderOptions)], own)...)
		} else {
			err = p.with.ResetWithOptions(nil, own)
		}
		if err != nil {
			return nil, err
		}
		p.id, p.loaded = id, dictionary
	}
	// As a stream: EncodeAll keeps other tables, and would fill these with a new dictionary a second time.
	out := bytes.NewBuffer(make([]byte, 0, len(body)/16+64))
	p.with.ResetContentSize(out, int64(len(body)))
	if _, err := p.with.Write(body); err != nil {
		return nil, err
	}
	if err := p.with.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// unpack gives the body of size bytes that was packed. find gives the dictionary of an ID.
func (c *compressor) unpack(packed []byte, size int64, hash []byte, find func(id uint32) ([]byte, error)) ([]byte, error) {
	if size < 0 || size > maxBody {
		return nil, fmt.Errorf("snapshot of %d bytes is over the bound of %d", size, maxBody)
	}
	var h zstd.Header
	if err := h.Decode(packed); err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	if h.HasFCS && h.FrameContentSize != uint64(size) {
		return nil, fmt.Errorf("snapshot holds %d bytes instead of %d", h.FrameContentSize, size)
	}
	dec, err := c.decoder(h.DictionaryID, find)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	body, err := dec.DecodeAll(packed, make([]byte, 0, size)) // and never more
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	if int64(len(body)) != size {
		return nil, fmt.Errorf("snapshot holds %d bytes instead of %d", len(body), size)
	}
	if sum := sha256.Sum256(body); string(sum[:]) != string(hash) {
		return nil, errors.New("snapshot: hash differs")
	}
	return body, nil
}

// decoder gives the decoder of a dictionary, 0 for none.
func (c *compressor) decoder(id uint32, find func(id uint32) ([]byte, error)) (*zstd.Decoder, error) {
	if id == 0 {
		return c.dec, nil
	}
	c.mu.Lock()
	dec := c.decs[id]
	c.mu.Unlock()
	if dec != nil {
		return dec, nil
	}
	dictionary, err := find(id)
	if err == nil {
		dec, err = newDecoder(zstd.WithDecoderDictRaw(id, dictionary))
	}
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.decs) >= maxDecoders {
		clear(c.decs) // not closed: others may be at work with them
	}
	c.decs[id] = dec
	return dec, nil
}

// packing is how the pages of a site are packed.
type packing struct {
	mu sync.Mutex // over all below

	id    uint32   // of its last dictionary; 0 for none
	made  int      // how many it has
	fresh []string // URLs of the pages that are to make the next one

	pages, bytes, packed int // with this dictionary, by this Store
}

// wanting says whether the site needs a dictionary, or another one: a redesign makes the old one useless.
func (p *packing) wanting() bool {
	return p.id == 0 || p.pages >= poorPages<<min(p.made-1, 20) && p.packed*poorShare > p.bytes
}

// dictionaries are those in use.
type dictionaries struct {
	mu       sync.Mutex
	sites    map[string]*packing
	contents map[uint32][]byte
}

// packing gives that of a site.
func (s *Store) packing(ctx context.Context, site string) (*packing, error) {
	s.dicts.mu.Lock()
	p := s.dicts.sites[site]
	s.dicts.mu.Unlock()
	if p != nil {
		return p, nil
	}
	p = new(packing)
	var id int64
	if err := s.reads.row(ctx, []any{&id, &p.made}, `SELECT COALESCE(MAX(id), 0), COUNT(*) FROM dictionaries
		WHERE site_id = (SELECT id FROM sites WHERE name = $1)`, site); err != nil {
		return nil, s.c.Explain(err)
	}
	if id > 0 {
		p.id = uint32(firstDictionary + id)
	}
	s.dicts.mu.Lock()
	defer s.dicts.mu.Unlock()
	if other := s.dicts.sites[site]; other != nil { // who asked at the same time
		return other, nil
	}
	s.dicts.sites[site] = p
	return p, nil
}

// pack packs a page of a site. A dictionary that cannot be read is used no more.
func (s *Store) pack(ctx context.Context, p *packing, page *crawler.Page) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.id != 0 {
		if dictionary, err := s.dictionary(ctx, p.id); err == nil {
			if b, err := s.zip.packWith(p.id, dictionary, page.Body); err == nil {
				p.pages++
				p.bytes += len(page.Body)
				p.packed += len(b)
				return b
			}
		}
		p.id = 0
	}
	return s.zip.pack(page.Body)
}

// dictionary gives the content of a dictionary.
func (s *Store) dictionary(ctx context.Context, id uint32) ([]byte, error) {
	s.dicts.mu.Lock()
	content := s.dicts.contents[id]
	s.dicts.mu.Unlock()
	if content != nil {
		return content, nil
	}
	var packed []byte
	err := s.reads.row(ctx, []any{&packed}, `SELECT body FROM dictionaries WHERE id = $1`, int64(id)-firstDictionary)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("dictionary %d, with which it was packed, is not stored", int64(id)-firstDictionary)
	}
	if err == nil {
		content, err = s.zip.dec.DecodeAll(packed, make([]byte, 0, maxDictionary))
	}
	if err == nil && len(content) < 8 {
		err = errors.New("it is too short")
	}
	if err != nil {
		return nil, fmt.Errorf("dictionary %d: %w", int64(id)-firstDictionary, s.c.Explain(err))
	}
	s.keepDictionary(id, content)
	return content, nil
}

func (s *Store) keepDictionary(id uint32, content []byte) {
	s.dicts.mu.Lock()
	defer s.dicts.mu.Unlock()
	for other := range s.dicts.contents { // any: in a crawl of more sites each is as likely to be needed next
		if len(s.dicts.contents) < maxContents {
			break
		}
		delete(s.dicts.contents, other)
	}
	s.dicts.contents[id] = content
}

// learn notes that a page of a site was stored, and makes a dictionary of those that were if the site needs one, there are enough, and it
// may take the time. If that fails nothing is lost: the pages are packed without, and the next ones make it.
func (s *Store) learn(ctx context.Context, site string, p *packing, url string, may bool) (made bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.wanting() {
		return false
	}
	if p.fresh = append(p.fresh, strings.Clone(url)); len(p.fresh) < samplePages || !may {
		return false
	}
	urls := p.fresh
	p.fresh = nil
	var id uint32
	var content []byte
	err := s.write(ctx, func(t *tx) (err error) {
		id, content, err = t.makeDictionary(site, urls)
		return err
	})
	if err != nil || id == 0 {
		return true
	}
	s.keepDictionary(id, content)
	p.id, p.made, p.pages, p.bytes, p.packed = id, p.made+1, 0, 0, 0
	return true
}

// makeDictionary stores a dictionary that is made of stored pages, and packs these with it.
func (t *tx) makeDictionary(site string, urls []string) (id uint32, dictionary []byte, err error) {
	var tasks []int64
	var bodies [][]byte
	for _, url := range urls {
		var task, size int64
		var hash, packed []byte
		err := t.row([]any{&task, &size, &hash, &packed}, `SELECT p.task_id, p.size, p.hash, p.body FROM tasks t JOIN pages p ON p.task_id = t.id
			WHERE t.url = $1`, url)
		if errors.Is(err, sql.ErrNoRows) {
			continue // it asked for no copy meanwhile
		}
		if err != nil {
			return 0, nil, err
		}
		body, err := t.s.zip.unpack(packed, size, hash, func(id uint32) ([]byte, error) { return t.s.dictionary(t.ctx, id) })
		if err != nil {
			return 0, nil, err
		}
		tasks, bodies = append(tasks, task), append(bodies, body)
		if len(dictionary)+len(body) <= maxDictionary {
			dictionary = append(dictionary, body...)
		}
	}
	if len(dictionary) == 0 && len(bodies) > 0 { // large pages: the beginning of one
		dictionary = append(dictionary, bodies[len(bodies)-1]...)
		dictionary = dictionary[:min(len(dictionary), maxDictionary)]
	}
	if len(dictionary) < 1<<10 {
		return 0, nil, nil
	}
	var row int64
	if err := t.row([]any{&row}, `INSERT INTO dictionaries (site_id, made, body) SELECT id, $2, $3 FROM sites WHERE name = $1 RETURNING id`,
		site, millis(t.now), t.s.zip.pack(dictionary)); err != nil {
		return 0, nil, err
	}
	id = uint32(firstDictionary + row)
	for i, body := range bodies {
		packed, err := t.s.zip.packWith(id, dictionary, body)
		if err != nil {
			return 0, nil, err
		}
		if _, err := t.exec(`UPDATE pages SET body = $2 WHERE task_id = $1`, tasks[i], packed); err != nil {
			return 0, nil, err
		}
	}
	return id, dictionary, nil
}

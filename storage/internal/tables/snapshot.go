package tables

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// maxBody bounds a stored body: what claims to be larger is damaged or forged, and is not unpacked.
const maxBody = 256 << 20

// compressor packs bodies. Its encoder works at the fastest level, which gives most of the gain on HTML at a tenth of the cost of
// the page's parse.
type compressor struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

func newCompressor() (*compressor, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true),
		zstd.WithEncoderCRC(true))
	if err != nil {
		return nil, err
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(maxBody),
		zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		return nil, err
	}
	return &compressor{enc: enc, dec: dec}, nil
}

func (c *compressor) close() {
	c.enc.Close()
	c.dec.Close()
}

// pack compresses a body. It is for one goroutine at a time.
func (c *compressor) pack(body []byte) []byte {
	return c.enc.EncodeAll(body, make([]byte, 0, len(body)/4+64))
}

// unpack gives the body of size bytes that was packed. It is safe for concurrent use.
func (c *compressor) unpack(packed []byte, size int64, hash []byte) ([]byte, error) {
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
	body, err := c.dec.DecodeAll(packed, make([]byte, 0, size)) // and never more
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

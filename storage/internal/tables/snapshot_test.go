package tables

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"
)

func TestDamagedSnapshot(t *testing.T) {
	c, err := newCompressor()
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	body := []byte(strings.Repeat("<p>words</p>", 1000))
	sum := sha256.Sum256(body)
	packed := c.pack(body)
	other := sha256.Sum256(nil)
	for _, tt := range []struct {
		name   string
		packed []byte
		size   int64
		hash   []byte
		say    string
	}{
		{"whole", packed, int64(len(body)), sum[:], ""},
		{"cut", packed[:len(packed)/2], int64(len(body)), sum[:], "snapshot"},
		{"empty", nil, 0, sum[:], "snapshot"},
		{"no zstd", []byte("<html>"), 6, sum[:], "snapshot"},
		{"another size", packed, 7, sum[:], "instead of 7"},
		{"too large", packed, maxBody + 1, sum[:], "over the bound"},
		{"negative", packed, -1, sum[:], "over the bound"},
		{"another hash", packed, int64(len(body)), other[:], "hash differs"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := c.unpack(tt.packed, tt.size, tt.hash)
			if tt.say == "" {
				if err != nil || !bytes.Equal(got, body) {
					t.Errorf("got %d bytes, %v", len(got), err)
				}
			} else if err == nil || !strings.Contains(err.Error(), tt.say) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func FuzzUnpack(f *testing.F) {
	c, err := newCompressor()
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(c.close)
	for _, body := range []string{"", "a", strings.Repeat("<p>words</p>", 1000)} {
		sum := sha256.Sum256([]byte(body))
		f.Add(c.pack([]byte(body)), int64(len(body)), sum[:])
	}
	f.Fuzz(func(t *testing.T, packed []byte, size int64, hash []byte) {
		body, err := c.unpack(packed, min(size, 1<<20), hash)
		if err == nil && int64(len(body)) != min(size, 1<<20) {
			t.Errorf("%d bytes instead of %d", len(body), size)
		}
	})
}

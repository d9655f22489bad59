package tables

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cinecrawl/crawler/crawltest"
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
	dictionary := []byte(strings.Repeat("<p>words</p>", 100))
	find := func(id uint32) ([]byte, error) {
		if id == firstDictionary+1 {
			return dictionary, nil
		}
		return nil, errors.New("dictionary is not stored")
	}
	with := func(id uint32, dictionary []byte) []byte {
		b, err := c.packWith(id, dictionary, body)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	owned := with(firstDictionary+1, dictionary)
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
		{"with a dictionary", owned, int64(len(body)), sum[:], ""},
		{"with a dictionary, cut", owned[:len(owned)-3], int64(len(body)), sum[:], "snapshot"},
		{"with one that is not there", with(firstDictionary+2, dictionary), int64(len(body)), sum[:], "dictionary is not stored"},
		{"with one that is another", with(firstDictionary+1, append(slices.Clone(dictionary), "<i>"...)), int64(len(body)), sum[:], "snapshot"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := c.unpack(tt.packed, tt.size, tt.hash, find)
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
	dictionary := []byte(strings.Repeat("<p>words</p>", 100))
	if b, err := c.packWith(firstDictionary+1, dictionary, []byte("<p>words</p>")); err == nil {
		f.Add(b, int64(12), []byte{})
	}
	f.Fuzz(func(t *testing.T, packed []byte, size int64, hash []byte) {
		body, err := c.unpack(packed, min(size, 1<<20), hash, func(uint32) ([]byte, error) { return dictionary, nil })
		if err == nil && int64(len(body)) != min(size, 1<<20) {
			t.Errorf("%d bytes instead of %d", len(body), size)
		}
	})
}

// BenchmarkPack compares what a page costs with and without a dictionary of its site, in one run.
func BenchmarkPack(b *testing.B) {
	c, err := newCompressor()
	if err != nil {
		b.Fatal(err)
	}
	defer c.close()
	pages, _ := filepath.Glob(filepath.Join(crawltest.Shared(b, "sites"), "wp-2021", "*.html"))
	var bodies [][]byte
	var dictionary []byte
	for _, p := range pages {
		body, err := os.ReadFile(p)
		if err != nil {
			b.Fatal(err)
		}
		if bodies = append(bodies, body); len(dictionary)+len(body) <= maxDictionary && len(bodies) <= samplePages {
			dictionary = append(dictionary, body...)
		}
	}
	time := func(pack func([]byte)) float64 {
		pack(bodies[0])
		begin := time.Now()
		for _, body := range bodies {
			pack(body)
		}
		return time.Since(begin).Seconds()
	}
	others := [][]byte{slices.Clone(dictionary), slices.Clone(dictionary), slices.Clone(dictionary)} // more than there are packers
	next := 0
	var plain, with, switching float64
	for b.Loop() {
		plain += time(func(body []byte) { c.pack(body) })
		with += time(func(body []byte) { c.packWith(firstDictionary, dictionary, body) })
		switching += time(func(body []byte) {
			next = (next + 1) % len(others)
			c.packWith(firstDictionary+1+uint32(next), others[next], body)
		})
	}
	b.ReportMetric(switching/plain, "times-plain-switching")
	b.ReportMetric(with/plain, "times-plain")
}

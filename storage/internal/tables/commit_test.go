package tables

import (
	"fmt"
	"testing"
)

func TestLinkCache(t *testing.T) {
	var c linkCache
	for n := range 2 * maxLinks {
		c.add(fmt.Sprint(n), 0, 3, 0)
		if n == leastLinks {
			known := 0
			for n := range leastLinks {
				if c.knows(fmt.Sprint(n), 0, 3, 0) {
					known++
				}
			}
			if known < leastLinks/2 {
				t.Errorf("of %d it knows %d", leastLinks, known)
			}
		}
	}
	if len(c.links) != maxLinks {
		t.Errorf("it has room for %d", len(c.links))
	}
	c.add("0", 5, 7, 9_000)
	c.add("0", 0, 3, 0) // takes nothing back
	c.add("deep", 0, 1<<16+3, 0)
	c.add("low", -40_000, 0, 0)
	for _, tt := range []struct {
		url         string
		hint, depth int
		lastmod     int64
		want        bool
	}{{"0", 0, 3, 0, true}, {"0", 5, 4, 9_000, true}, {"0", 6, 3, 0, false}, {"0", 0, 2, 0, false}, {"0", 0, 3, 9_001, false},
		{"x", 0, 3, 0, false}, {"deep", 0, 3, 0, false}, {"low", 100, 0, 0, false}} {
		if got := c.knows(tt.url, tt.hint, tt.depth, tt.lastmod); got != tt.want {
			t.Errorf("knows(%q, %d, %d, %d) = %v", tt.url, tt.hint, tt.depth, tt.lastmod, got)
		}
	}
}

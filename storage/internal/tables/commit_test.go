package tables

import (
	"fmt"
	"testing"
)

func TestLinkCache(t *testing.T) {
	var c linkCache
	for n := range 3 * maxLinks {
		c.add(fmt.Sprint(n), 0, 3, 0)
		c.knows("0", 0, 3, 0) // what is asked for stays
	}
	if len(c.young)+len(c.old) > 2*maxLinks {
		t.Errorf("it holds %d", len(c.young)+len(c.old))
	}
	for _, tt := range []struct {
		url         string
		hint, depth int
		lastmod     int64
		want        bool
	}{{"0", 0, 3, 0, true}, {"0", 0, 4, 0, true}, {"0", 1, 3, 0, false}, {"0", 0, 2, 0, false}, {"0", 0, 3, 1, false}, {"1", 0, 3, 0, false}} {
		if got := c.knows(tt.url, tt.hint, tt.depth, tt.lastmod); got != tt.want {
			t.Errorf("knows(%q, %d, %d, %d) = %v", tt.url, tt.hint, tt.depth, tt.lastmod, got)
		}
	}
}

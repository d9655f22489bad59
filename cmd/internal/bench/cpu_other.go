//go:build !unix

package bench

import "time"

var start = time.Now()

func cpu() time.Duration { return time.Since(start) }

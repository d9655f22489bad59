package storage

import (
	"math"
	"time"
)

// Pace is how long a page is left alone before a new run asks for it again, in thousandths of its site's revisit time.
//
// It begins with 1000. A visit that finds nothing new makes it half as long again, up to 16 times the revisit time; one that finds a
// change makes it half as long, down to a quarter. Such growth and decay is how Heritrix revisits adaptively (Sigurðsson, Incremental
// Crawling with Heritrix, IWAW 2005). It settles where three visits in eight find a change, and needs no history of a page as the
// estimators of Cho and Garcia-Molina (Estimating Frequency of Change, ACM TOIT 3(3), 2003) do, which with the few visits of a review
// in years would know hardly more.
type Pace int64

const (
	FirstPace   Pace = 1000
	fastestPace Pace = 250
	slowestPace Pace = 16_000
)

// Next is the pace after a visit that found a change, or nothing new.
func (p Pace) Next(changed bool) Pace {
	if changed {
		return max(p/2, fastestPace)
	}
	return min(p+p/2, slowestPace)
}

// Of is the interval of a site's revisit time.
func (p Pace) Of(revisit time.Duration) time.Duration {
	if d := float64(revisit) * float64(p) / float64(FirstPace); d < math.MaxInt64 {
		return time.Duration(d)
	}
	return math.MaxInt64
}

package crawler

import (
	"sync"
	"time"
)

// clock is the time of a loop, which is never set back: what the frontier was told to hold for five seconds would be held for an hour and
// more if the machine's clock were an hour slow from then on. So it runs on by the monotonic clock until the machine's has caught up.
type clock struct {
	now  func() time.Time
	mu   sync.Mutex
	last time.Time
}

// Now may be called by several goroutines.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.now()
	if on := onClock(t, c.last); !c.last.IsZero() && t.Round(0).Before(on.Round(0)) {
		t = on
	}
	c.last = t
	return t
}

// onClock gives a moment as the clock has it that gave now, and not as another has it that was set in between.
func onClock(t, now time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return now.Add(t.Sub(now))
}

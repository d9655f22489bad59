package crawler

import (
	"errors"
	"fmt"
	"time"
)

// Ordinary ends of a fetch.
var (
	ErrDisallowed       = errors.New("disallowed by robots.txt")
	ErrTooLarge         = errors.New("body too large")
	ErrNotHTML          = errors.New("not HTML")
	ErrTimeout          = errors.New("timed out")
	ErrCutShort         = errors.New("body cut short")
	ErrForbiddenAddress = errors.New("private or local address")
	ErrUnreadable       = errors.New("unreadable body") // a content coding or charset that is broken or unknown

	// Causes of a HostError.
	ErrBusy              = errors.New("server asks to wait") // 429 or 503: the URL was asked
	ErrRobotsUnreachable = errors.New("robots.txt unreachable, so nothing may be asked")
)

// HostError says that a whole host is not to be asked for a while: robots.txt unreachable, 429, 503 with Retry-After.
type HostError struct {
	Host  string
	Until time.Time
	Err   error
}

func (e *HostError) Error() string {
	return fmt.Sprintf("%s: %v (again at %s)", e.Host, e.Err, e.Until.UTC().Format(time.RFC3339))
}

// Unwrap gives the cause.
func (e *HostError) Unwrap() error { return e.Err }

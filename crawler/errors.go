package crawler

import (
	"cmp"
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
	ErrServer           = errors.New("server error")    // 5xx, as a cause
	ErrUnreadable       = errors.New("unreadable body") // a content coding or charset that is broken or unknown

	// Causes of a HostError.
	ErrBusy              = errors.New("server asks to wait") // 429, or 503 with Retry-After: the URL was asked
	ErrTrouble           = errors.New("host in trouble")     // failures in a row: the URL was asked, and its own is among the causes
	ErrRobotsUnreachable = errors.New("robots.txt unreachable, so nothing may be asked")
	ErrGap               = errors.New("the gap between two requests has not passed") // the URL was not asked; nothing is wrong
	ErrNoAnswer          = errors.New("no answer")                                   // of any status
)

// HostError says that a host is not to be asked for a while: 429, Retry-After, failures in a row, or a gap that is too long for a worker
// to wait; or one origin of it, whose robots.txt is unreachable.
type HostError struct {
	Host   string // see HostKey
	Origin string // "https://host", if the other origins of the host may be asked; "" if none may
	Until  time.Time
	Err    error
}

func (e *HostError) Error() string {
	return fmt.Sprintf("%s: %v (again at %s)", cmp.Or(e.Origin, e.Host), e.Err, e.Until.UTC().Format(time.RFC3339))
}

// Unwrap gives the cause.
func (e *HostError) Unwrap() error { return e.Err }

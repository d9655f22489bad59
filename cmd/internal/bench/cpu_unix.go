//go:build unix

package bench

import (
	"syscall"
	"time"
)

// cpu is the processor time that the process has used. A measure by it holds on a busy machine, and counts what the garbage
// collector does beside.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

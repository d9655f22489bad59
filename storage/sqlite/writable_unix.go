//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package sqlite

import "syscall"

// writable asks the system, without opening the file: closing it again would drop the locks of all that this process has open of it
// (POSIX, fcntl), and another handle may be in the middle of a transaction.
func writable(path string) error { return syscall.Access(path, 2) } // W_OK

package main

import (
	"errors"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// noConnections gives an address on loopback where no connection comes about, and none is refused: the queue of those that nobody has
// accepted is full, and the system drops what asks for more.
func noConnections(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := errors.Join(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	at, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	addr := fmt.Sprintf("127.0.0.1:%d", at.(*syscall.SockaddrInet4).Port)
	for range 10 {
		c, err := net.DialTimeout("tcp", addr, 100*time.Millisecond)
		if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
			return addr
		} else if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Skip("this system takes more connections than its queue is long")
	return ""
}

// A disk that becomes full in the middle of a crawl: the crawl ends and says so, and with more room the same command goes on. Every review
// is stored once.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skip("a small disk cannot be mounted here (it needs root):", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error("unmount", dir, err)
		}
	})
	f := newFarm(200, 8<<10)
	defer f.server.Close()
	config := filepath.Join(t.TempDir(), "cinecrawl.yaml")
	write(t, config, fmt.Sprintf("sites:\n  %q: {enabled: true, hosts: [%q], crawl: {start: [%q], gap: 0s}}\n", f.host, f.host, f.server.URL+"/"))
	db := filepath.Join(dir, "x.db")
	crawl := func() (string, int) {
		cmd := exec.Command("cinecrawl", "crawl", "--config", config, "--db", db)
		out, _ := cmd.CombinedOutput()
		return string(out), cmd.ProcessState.ExitCode()
	}
	if out, code := crawl(); code != exitFailure || !strings.Contains(out, "no space left") {
		t.Fatalf("on a full disk: exit code %d\n%s", code, out)
	}
	if n := len(f.requests()); n < 20 || n > 200 {
		t.Errorf("%d pages were asked until the disk was full: it is not what was meant", n)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	if out, code := crawl(); code != exitOK {
		t.Errorf("with more room: exit code %d\n%s", code, out)
	}
	checkCrawl(t, db, []*farm{f})
}

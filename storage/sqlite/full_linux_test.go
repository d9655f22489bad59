package sqlite_test

import (
	"context"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A disk that becomes full: the error says so, what was committed stays, and with more room the same process goes on.
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
	ctx := context.Background()
	path := filepath.Join(dir, "x.db")
	s, run := begun(t, path)
	var err error
	done := 0
	for ; done < 1000; done++ {
		if _, err = s.Commit(ctx, faultVisits(done, 2000)); err != nil {
			break
		}
	}
	if err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Fatalf("after %d commits: %v", done, err)
	}
	for range 3 { // it stays full, and stays an error
		if _, err := s.Commit(ctx, faultVisits(done, 2000)); err == nil {
			t.Fatal("a commit on a full disk")
		}
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	if got := stored(t, path); got != done {
		t.Errorf("%d commits were done, %d are stored", done, got)
	}
	for i := done; i < done+20; i++ {
		if _, err := s.Commit(ctx, faultVisits(i, 2000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.EndRun(ctx, run, true, "done"); err != nil {
		t.Error(err)
	}
	if got := stored(t, path); got != done+20 {
		t.Errorf("in the end %d commits of %d", got, done+20)
	}
}

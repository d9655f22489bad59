package crawltest

import (
	"os"
	"path/filepath"
	"testing"
)

// NeedShared names the environment variable that, when it is not empty, makes a test fail that would be skipped for want of the
// shared data.
const NeedShared = "CINECRAWL_NEED_SHARED"

// Shared gives the absolute path of a file or folder of the shared data, which is other people's text and code and stays out of
// the repository: it lies in the folder "shared" beside the checkout. Without it the test is skipped, or fails if NeedShared is set.
func Shared(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for root := dir; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			dir = root
			break
		} else if root == filepath.Dir(root) {
			t.Fatalf("no go.mod above %s", dir)
		}
	}
	path := filepath.Join(filepath.Dir(dir), "shared", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		if os.Getenv(NeedShared) != "" {
			t.Fatalf("the shared data is not here, and %s is set: put it at %s (%v)", NeedShared, path, err)
		}
		t.Skipf("the shared data is not here: put it at %s", path)
	}
	return path
}

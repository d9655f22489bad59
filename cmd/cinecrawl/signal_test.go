package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// TestSignals stops a crawl while a page is in flight. The first signal lets it finish, a second one does not; either way the
// same command goes on from there, and asks only for what is missing.
func TestSignals(t *testing.T) {
	for _, c := range []struct {
		name    string
		signals []os.Signal
		code    int
		stored  bool // the page in flight
		says    string
	}{
		{"Ctrl-C", []os.Signal{os.Interrupt}, exitInterrupted, true, "stopped by Ctrl-C; the same command goes on from here"},
		{"SIGTERM", []os.Signal{syscall.SIGTERM}, exitTerminated, true, "stopped by SIGTERM; the same command goes on from here"},
		{"twice Ctrl-C", []os.Signal{os.Interrupt, os.Interrupt}, exitInterrupted, false, "another signal stops at once"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, filepath.Join(dir, "index.html"), `<a href="/slow/">slow</a> <a href="/later/">later</a>`)
			os.Mkdir(filepath.Join(dir, "slow"), 0o755)
			write(t, filepath.Join(dir, "slow", "index.html"), "<p>Slow.</p>")
			write(t, filepath.Join(dir, "_wait"), "/slow/")
			site := newWebsite(dir)
			defer site.close()
			write(t, filepath.Join(dir, "cinecrawl.yaml"), "gap: 0s\n")
			crawl := func() *exec.Cmd {
				cmd := exec.Command("cinecrawl", "scrape", "--site", site.server.URL)
				cmd.Dir = dir
				return cmd
			}

			var out bytes.Buffer
			cmd := crawl()
			said := &awaited{w: &out, text: "stopping", found: make(chan struct{})}
			cmd.Stdout, cmd.Stderr = nil, said
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			site.await("/slow/")
			for i, s := range c.signals {
				if err := cmd.Process.Signal(s); err != nil {
					t.Fatal(err)
				}
				if i == 0 {
					<-said.found
				}
			}
			if len(c.signals) == 1 {
				close(site.release)
			}
			cmd.Wait()
			if len(c.signals) > 1 {
				close(site.release)
			}
			if got := cmd.ProcessState.ExitCode(); got != c.code {
				t.Errorf("exit code %d, want %d", got, c.code)
			}
			if !strings.Contains(out.String(), c.says) {
				t.Errorf("output does not say %q:\n%s", c.says, out.String())
			}
			if site.hasAsked("/later/") {
				t.Error("a page was asked for after the signal")
			}

			site.requests()
			if out, err := crawl().CombinedOutput(); err != nil {
				t.Fatalf("going on: %v\n%s", err, out)
			}
			if again := site.hasAsked("/slow/"); again == c.stored {
				t.Errorf("the page that was in flight: asked again is %v, want %v", again, !c.stored)
			}
			if !site.hasAsked("/later/") || site.hasAsked("/") {
				t.Errorf("it did not go on where it was: %q", site.requests())
			}
		})
	}
}

// awaited closes found once a text was written.
type awaited struct {
	w     *bytes.Buffer
	text  string
	found chan struct{}
	once  sync.Once
}

func (a *awaited) Write(b []byte) (int, error) {
	n, err := a.w.Write(b)
	if strings.Contains(a.w.String(), a.text) {
		a.once.Do(func() { close(a.found) })
	}
	return n, err
}

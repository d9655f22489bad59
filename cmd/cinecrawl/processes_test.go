package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// TestTwoProcesses crawls with several processes on one database at once. Sites that nobody has are crawled; of the others it is said who
// has them, and they are not asked. In the end every page was asked once, and every review is stored once.
func TestTwoProcesses(t *testing.T) {
	gate := make(chan struct{}) // no page is answered before it is open
	open := sync.OnceFunc(func() { close(gate) })
	defer open()
	var farms []*farm
	var asked []chan struct{} // closed once a farm is asked for anything
	var config strings.Builder
	config.WriteString("sites:\n")
	for range 4 {
		f, first := newFarm(12, 4<<10), make(chan struct{})
		defer f.server.Close()
		once := sync.OnceFunc(func() { close(first) })
		f.onRequest(func(*http.Request) { once(); <-gate })
		farms, asked = append(farms, f), append(asked, first)
		fmt.Fprintf(&config, "  %q: {enabled: true, hosts: [%q], crawl: {start: [%q], gap: 0s}}\n", f.host, f.host, f.server.URL+"/")
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "cinecrawl.yaml"), config.String())
	start := func(of ...*farm) (*exec.Cmd, *bytes.Buffer) {
		t.Helper()
		cmd := exec.Command("cinecrawl", "crawl", "--db", "x.db")
		for _, f := range of {
			cmd.Args = append(cmd.Args, f.host)
		}
		var out bytes.Buffer
		cmd.Dir, cmd.Stderr = dir, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { cmd.Process.Kill() })
		return cmd, &out
	}
	machine, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	ends := func(name string, cmd *exec.Cmd, out *bytes.Buffer, code int, holder *exec.Cmd, held ...*farm) {
		t.Helper()
		cmd.Wait()
		if got := cmd.ProcessState.ExitCode(); got != code {
			t.Errorf("%s: exit code %d, want %d:\n%s", name, got, code, out)
		}
		for _, f := range farms {
			says := fmt.Sprintf("%s: start run of %s: site is being crawled by another process (process %d on %s); wait for it, or stop it first",
				f.host, f.host, pid(holder), machine)
			if got, want := strings.Contains(out.String(), says), slices.Contains(held, f); got != want {
				t.Errorf("%s: says of %s who has it: %v, want %v:\n%s", name, f.host, got, want, out)
			}
		}
	}

	first, firstOut := start(farms[0], farms[1])
	<-asked[0]
	<-asked[1]
	same, sameOut := start(farms[0], farms[1])
	ends("the same sites", same, sameOut, exitBusy, first, farms[0], farms[1])
	others, othersOut := start(farms[1], farms[2], farms[3])
	<-asked[2]
	<-asked[3]
	open()
	ends("the first", first, firstOut, exitOK, nil)
	ends("one of the same sites and two others", others, othersOut, exitBusy, first, farms[1])

	for _, f := range farms {
		paths := f.requests()
		slices.Sort(paths)
		if once := slices.Compact(slices.Clone(paths)); len(once) != len(paths) {
			t.Errorf("%s: asked twice: %q", f.host, paths)
		}
	}
	checkCrawl(t, filepath.Join(dir, "x.db"), farms)
}

func pid(cmd *exec.Cmd) int {
	if cmd == nil {
		return 0
	}
	return cmd.Process.Pid
}

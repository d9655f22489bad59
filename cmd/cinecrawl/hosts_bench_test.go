package main

import (
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// BenchmarkHosts crawls 500 loopback hosts at once, each with a gap of a second and an answer after 100 ms. Over 30 seconds, from when
// each was asked for a page (robots.txt and tdmrep.json come first, and take gaps, too), it reports which share of the requests was made
// that the gaps allow: one in 1.1 seconds, for a gap begins with the answer. It reports how long that beginning took, too, and how many
// processors the crawl kept busy in all its time.
func BenchmarkHosts(b *testing.B) {
	const (
		hosts   = 500
		gap     = time.Second
		latency = 100 * time.Millisecond
		window  = 30 * (gap + latency) // whole periods, so that it does not matter where in one a host is
	)
	f := newFarm(1000, 16<<10)
	f.server.Close()
	for b.Loop() {
		var mu sync.Mutex
		asked, counted := map[string]bool{}, 0
		all, counting := make(chan struct{}), false
		sites := map[string]*farm{} // by host: each writes its own reviews
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			page := r.URL.Path != "/robots.txt" && r.URL.Path != "/.well-known/tdmrep.json"
			mu.Lock()
			site := sites[r.Host]
			if page && !asked[r.Host] {
				if asked[r.Host] = true; len(asked) == hosts {
					close(all)
				}
			}
			if page && counting {
				counted++
			}
			mu.Unlock()
			time.Sleep(latency)
			site.ServeHTTP(w, r)
		})}
		args := []string{"scrape", "--site"}
		for i := range hosts {
			l, err := net.Listen("tcp", net.IPv4(127, 1, byte(i/250), byte(1+i%250)).String()+":0")
			if err != nil {
				b.Skip("this system has one loopback address: ", err)
			}
			mu.Lock()
			sites[l.Addr().String()] = &farm{reviews: f.reviews, padding: f.padding, seed: uint64(i)}
			mu.Unlock()
			go server.Serve(l)
			args = append(args, "http://"+l.Addr().String())
		}
		dir := b.TempDir()
		write(b, filepath.Join(dir, "cinecrawl.yaml"), "gap: "+gap.String()+"\n")
		cmd := exec.Command("cinecrawl", args...)
		cmd.Dir = dir
		started := time.Now()
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		select {
		case <-all:
		case <-time.After(2 * window):
			b.Error("some hosts were never asked for a page")
		}
		began := time.Now()
		mu.Lock()
		counting = true
		mu.Unlock()
		time.Sleep(window)
		mu.Lock()
		counting = false
		took := time.Since(began)
		mu.Unlock()
		cmd.Process.Signal(syscall.SIGINT)
		cmd.Wait() // says that it was interrupted
		ran := time.Since(started)
		server.Close()
		u := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		possible := hosts * took.Seconds() / (gap + latency).Seconds()
		b.ReportMetric(100*float64(counted)/possible, "%-of-possible")
		b.ReportMetric(float64(counted)/took.Seconds(), "requests/s")
		b.ReportMetric(time.Duration(u.Utime.Nano()+u.Stime.Nano()).Seconds()/ran.Seconds(), "processors")
		b.ReportMetric(began.Sub(started).Seconds(), "s-until-all-asked")
		b.ReportMetric(float64(u.Maxrss)/1024, "peak-MB")
	}
	b.ReportMetric(0, "ns/op")
}

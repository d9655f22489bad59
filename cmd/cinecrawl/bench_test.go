package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/html"

	"cinecrawl/crawler"
)

// BenchmarkCrawl crawls a loopback site of 1,000 reviews of 50 kB, and walks it with nothing but net/http, html.Parse and a set
// of seen links, each in a process of its own. It reports the CPU seconds of both for 1,000 pages, and their ratio; what the
// site itself costs is in neither. The crawl keeps robots.txt, parses, reads, compresses and stores every page.
func BenchmarkCrawl(b *testing.B) {
	f := newFarm(1000, 50<<10)
	defer f.server.Close()
	pages := float64(len(f.urls()))
	var crawl, bare time.Duration
	for b.Loop() {
		dir := b.TempDir()
		write(b, filepath.Join(dir, "cinecrawl.yaml"), "gap: 0s\n")
		crawl += cpu(b, dir, "cinecrawl", "scrape", "--site", f.server.URL)
		bare += cpu(b, dir, "barewalk", f.server.URL)
	}
	per := 1000 / pages / float64(b.N)
	b.ReportMetric(crawl.Seconds()*per, "cpu-s/1000pages")
	b.ReportMetric(bare.Seconds()*per, "bare-cpu-s/1000pages")
	b.ReportMetric(crawl.Seconds()/bare.Seconds(), "ratio")
}

// BenchmarkFrontierMemory crawls 300 pages of a site of which a million URLs are queued, and reports the peak memory of the
// process.
func BenchmarkFrontierMemory(b *testing.B) {
	const known = 1_000_000
	f := newFarm(known, 8<<10)
	defer f.server.Close()
	dir := b.TempDir()
	write(b, filepath.Join(dir, "cinecrawl.yaml"), "gap: 0s\n")
	queueTasks(b, filepath.Join(dir, "cinecrawl.db"), f, known)
	var peak int64
	for b.Loop() {
		cmd := exec.Command("cinecrawl", "scrape", "--site", f.server.URL, "--pages", "300")
		cmd.Dir = dir
		peak = max(peak, usage(b, cmd).Maxrss)
	}
	b.ReportMetric(float64(peak)/1024, "peak-MB")
	b.ReportMetric(0, "ns/op")
}

// queueTasks makes a database with an interrupted crawl of a farm, of which so many reviews are queued.
func queueTasks(b *testing.B, db string, f *farm, n int) {
	b.Helper()
	st := openStore(b, db)
	defer st.Close()
	ctx := context.Background()
	start := crawler.Task{URL: "http://" + f.host + "/", Site: f.host, Host: f.host, Kind: crawler.KindPage, Found: crawler.FoundStart}
	run, err := st.StartRun(ctx, f.host, []crawler.Task{start}, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	const batch = 5000
	for i := 0; i < n; i += batch {
		v := crawler.Visit{Task: start, Outcome: crawler.NotReview, Page: &crawler.Page{URL: start.URL, Status: 200, FetchedAt: time.Now()}}
		for j := i; j < i+batch; j++ {
			v.Links = append(v.Links, crawler.Task{URL: f.reviewURL(j), Site: f.host, Host: f.host, Kind: crawler.KindPage, Depth: 1, Found: crawler.FoundLink, From: start.URL})
		}
		if _, err := st.Commit(ctx, []crawler.Visit{v}); err != nil {
			b.Fatal(err)
		}
	}
	if err := st.EndRun(ctx, run, false, "stopped"); err != nil {
		b.Fatal(err)
	}
}

// cpu is the CPU time that a command takes, of the user and of the system.
func cpu(b *testing.B, dir string, command string, args ...string) time.Duration {
	b.Helper()
	cmd := exec.Command(command, args...)
	cmd.Dir = dir
	u := usage(b, cmd)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func usage(b *testing.B, cmd *exec.Cmd) *syscall.Rusage {
	b.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
	b.Logf("%v\n%s", cmd.Args[0], out)
	return cmd.ProcessState.SysUsage().(*syscall.Rusage)
}

// bareWalk is the program to compare with: it walks the links of one host.
func bareWalk() {
	start, err := url.Parse(os.Args[1] + "/")
	if err != nil {
		panic(err)
	}
	seen := map[string]bool{start.String(): true}
	queue := []*url.URL{start}
	pages := 0
	for len(queue) > 0 {
		u := queue[0]
		queue = queue[1:]
		resp, err := http.Get(u.String())
		if err != nil {
			panic(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			panic(err)
		}
		if resp.StatusCode != http.StatusOK {
			continue
		}
		pages++
		root, err := html.Parse(bytes.NewReader(body))
		if err != nil {
			panic(err)
		}
		for n := range root.Descendants() {
			if n.Type != html.ElementNode || n.Data != "a" {
				continue
			}
			for _, a := range n.Attr {
				if a.Key != "href" {
					continue
				}
				if link, err := u.Parse(a.Val); err == nil && link.Host == start.Host {
					link.Fragment = ""
					if s := link.String(); !seen[s] {
						seen[s] = true
						queue = append(queue, link)
					}
				}
			}
		}
	}
	fmt.Println(pages, "pages")
}

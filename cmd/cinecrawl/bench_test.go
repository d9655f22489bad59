package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// BenchmarkCrawl crawls a loopback site of 1,000 reviews of 50 kB, and walks it with nothing but net/http, html.Parse and a set
// of seen links, each in a process of its own, in turns. It reports the CPU milliseconds of a page, and the median of the ratios over
// the turns; what the site itself costs is in neither, what starting costs is in both. The crawl keeps robots.txt, parses, reads,
// compresses and stores every page.
//
// The program keeps a reserve of its heap (see main), by which the garbage collector runs less often. The bare walk is as Go runs it;
// heap-ratio is to one that has the same reserve.
//
// Where Scrapy is installed, testdata/scrapy/spider.py goes over the site too, once. What starting it costs is not counted.
func BenchmarkCrawl(b *testing.B) {
	const turns = 5
	f := newFarm(1000, 50<<10)
	defer f.server.Close()
	pages := float64(len(f.urls()))
	perPage := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 / pages }
	for b.Loop() {
		var crawl, bare, ratio, heap []float64
		for range turns {
			dir := b.TempDir()
			write(b, filepath.Join(dir, "cinecrawl.yaml"), "gap: 0s\n")
			c := perPage(cpu(b, dir, "cinecrawl", "scrape", "--site", f.server.URL))
			w := perPage(cpu(b, dir, "barewalk", f.server.URL))
			r := perPage(cpu(b, dir, "barewalk", f.server.URL, "reserve"))
			crawl, bare, ratio, heap = append(crawl, c), append(bare, w), append(ratio, c/w), append(heap, c/r)
		}
		b.ReportMetric(median(crawl), "cpu-ms/page")
		b.ReportMetric(median(bare), "bare-cpu-ms/page")
		b.ReportMetric(median(ratio), "ratio")
		b.ReportMetric(median(heap), "heap-ratio")
		if _, err := exec.LookPath("scrapy"); err != nil {
			b.Log("Scrapy is not installed (Debian: apt-get install python3-scrapy): no comparison with it")
			continue
		}
		one := newFarm(1, 1<<10)
		started := spider(b, one)
		one.server.Close()
		s := perPage(spider(b, f) - started)
		b.ReportMetric(s, "scrapy-cpu-ms/page")
		b.ReportMetric(s/median(crawl), "scrapy-ratio")
	}
	b.ReportMetric(0, "ns/op")
}

// spider is the CPU time that Scrapy takes for a site.
func spider(b *testing.B, f *farm) time.Duration {
	b.Helper()
	file, err := filepath.Abs("testdata/scrapy/spider.py")
	if err != nil {
		b.Fatal(err)
	}
	return cpu(b, b.TempDir(), "scrapy", "runspider", file, "-a", "start="+f.server.URL+"/", "-a", "db=pages.db")
}

func median(figures []float64) float64 {
	sorted := slices.Sorted(slices.Values(figures))
	return sorted[len(sorted)/2]
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

// bareWalk is the program to compare with: it walks the links of one host. A second argument asks for the reserve of main.
func bareWalk() {
	if len(os.Args) > 2 {
		reserve := make([]byte, heapReserve)
		defer runtime.KeepAlive(reserve)
	}
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

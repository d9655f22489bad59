package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"cinecrawl/crawler"
	"cinecrawl/storage"
	"cinecrawl/storage/sqlite"
)

// BenchmarkFrontier fills the frontier of one site, 100 links a page in no order, as a crawl of a site with so many URLs does; then
// crawls 300 pages of it. It reports the peak memory of both processes, what enqueueing the last 1,000 pages' links took a page, all of
// them new (by the clock, which waits for the disk and for other processes, and of the processor), what it took of the processor for
// pages as they are, with a tenth of their links new, and the size of the database. 10,000,000 URLs take 5 GB of disk and some minutes:
// they are run with CINECRAWL_BENCH_FRONTIER=10000000.
func BenchmarkFrontier(b *testing.B) {
	sizes := []int{1_000_000}
	if env := os.Getenv("CINECRAWL_BENCH_FRONTIER"); env != "" {
		n, err := strconv.Atoi(env)
		if err != nil || n < 200_000 {
			b.Fatalf("CINECRAWL_BENCH_FRONTIER=%s: want a number of URLs, 200000 at least", env)
		}
		sizes = append(sizes, n)
	}
	for _, n := range sizes {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			f := newFarm(n, 8<<10)
			defer f.server.Close()
			for b.Loop() {
				dir := b.TempDir()
				write(b, filepath.Join(dir, "cinecrawl.yaml"), "gap: 0s\n")
				db := filepath.Join(dir, "cinecrawl.db")
				fill := exec.Command("fillfrontier", db, f.host, strconv.Itoa(n))
				filled := usage(b, fill)
				took, err := os.ReadFile(db + ".took")
				if err != nil {
					b.Fatal(err)
				}
				var wall, cpu, usual float64
				if _, err := fmt.Sscan(string(took), &wall, &cpu, &usual); err != nil {
					b.Fatal(err)
				}
				crawl := exec.Command("cinecrawl", "scrape", "--site", f.server.URL, "--pages", "300")
				crawl.Dir = dir
				crawled := usage(b, crawl)
				size, err := os.Stat(db)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(wall, "ms/100links")
				b.ReportMetric(cpu, "cpu-ms/100links")
				b.ReportMetric(usual, "cpu-ms/100links-usual")
				b.ReportMetric(float64(filled.Maxrss)/1024, "fill-peak-MB")
				b.ReportMetric(float64(crawled.Maxrss)/1024, "crawl-peak-MB")
				b.ReportMetric(float64(size.Size())/1e9, "GB")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// fillFrontier is a program that makes a database in which so many reviews of a farm are queued. It writes beside it what each of the
// last 1,000 pages took, in milliseconds by the clock and of the processor, and what a page with usual links did.
func fillFrontier() {
	db, host := os.Args[1], os.Args[2]
	n, err := strconv.Atoi(os.Args[3])
	if err == nil {
		err = fill(context.Background(), db, host, n)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func fill(ctx context.Context, db, host string, n int) error {
	const links, pages, last = 100, 50, 1000 // of a page; of a batch; that are timed
	st, err := sqlite.Open(ctx, db)
	if err != nil {
		return err
	}
	start := crawler.Task{URL: "http://" + host + "/", Site: host, Host: host, Kind: crawler.KindPage, Found: crawler.FoundStart}
	run, err := st.StartRun(ctx, host, []crawler.Task{start}, time.Hour, storage.ByHand)
	if err != nil {
		return err
	}
	f := &farm{host: host}
	// page is one with these links.
	page := func(link func(k int) int) crawler.Visit {
		v := crawler.Visit{Task: start, Outcome: crawler.NotReview, Page: &crawler.Page{URL: start.URL, Status: 200, FetchedAt: time.Now()}}
		for k := range links {
			v.Links = append(v.Links, crawler.Task{URL: f.reviewURL(link(k)), Site: host, Host: host, Kind: crawler.KindPage, Depth: 1, Found: crawler.FoundLink, From: start.URL})
		}
		return v
	}
	// commit commits so many pages, and gives what one took.
	commit := func(n int, page func() crawler.Visit) (wall, cpu float64, err error) {
		began, spent := time.Now(), ownCPU()
		for i := 0; i < n; i += pages {
			visits := make([]crawler.Visit, pages)
			for p := range visits {
				visits[p] = page()
			}
			if _, err := st.Commit(ctx, visits); err != nil {
				return 0, 0, err
			}
		}
		return time.Since(began).Seconds() * 1000 / float64(n), (ownCPU() - spent).Seconds() * 1000 / float64(n), nil
	}
	i := 0
	// A step without a common divisor with n comes by every number once, near none of those before it.
	scattered := func(i int) int { return i * 7_654_321 % n }
	fresh := func() crawler.Visit {
		i += links
		return page(func(k int) int { return scattered(i - links + k) })
	}
	if _, _, err = commit(n/links-last, fresh); err != nil {
		return err
	}
	wall, cpu, err := commit(last, fresh)
	if err != nil {
		return err
	}
	// As pages are: a menu that is on each of them, links to what is known already, and some that are new.
	random := rand.New(rand.NewPCG(1, 2))
	added := n
	_, usual, err := commit(last, func() crawler.Visit {
		return page(func(k int) int {
			switch {
			case k < links/2:
				return k
			case k < links*9/10:
				return random.IntN(n)
			default:
				added++
				return added
			}
		})
	})
	if err != nil {
		return err
	}
	if err := os.WriteFile(db+".took", fmt.Append(nil, wall, cpu, usual), 0o644); err != nil {
		return err
	}
	if err := st.EndRun(ctx, run, true, "done"); err != nil {
		return err
	}
	return st.Close()
}

// ownCPU is the CPU time of this process, of the user and of the system.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

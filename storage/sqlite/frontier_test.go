package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"cinecrawl/crawler"
	"cinecrawl/storage"
	"cinecrawl/storage/sqlite"
	"cinecrawl/storage/storagetest"
)

// TestMillion fills a frontier with a million URLs of 5,000 hosts and looks at what it costs. It takes a minute, so it runs only
// when asked: CINECRAWL_MILLION=1 go test -run Million -v ./storage/sqlite
func TestMillion(t *testing.T) {
	if os.Getenv("CINECRAWL_MILLION") == "" {
		t.Skip("set CINECRAWL_MILLION=1 to run it: it takes a minute")
	}
	const hosts, perHost, batch = 5000, 200, 1000
	const site = "films.example"
	ctx := t.Context()
	s, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "million.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	seed := crawler.Task{URL: "https://" + site + "/", Site: site, Host: site, Kind: crawler.KindPage, Found: crawler.FoundStart}
	if _, err := s.StartRun(ctx, site, []crawler.Task{seed}, 0, storage.ByHand); err != nil {
		t.Fatal(err)
	}
	from := seed
	begin := cpu(t)
	for n := 0; n < hosts*perHost; n += batch {
		links := make([]crawler.Task, batch)
		for i := range links {
			k := n + i
			host := fmt.Sprintf("h%d.example", k*7919%hosts)
			links[i] = crawler.Task{URL: fmt.Sprintf("https://%s/2013/12/a-review-of-some-film-%d/", host, k), Site: site, Host: host,
				Kind: crawler.KindPage, Depth: k % 5, Found: crawler.FoundLink, From: from.URL}
		}
		if _, err := s.Commit(ctx, []crawler.Visit{{Task: from, Outcome: crawler.NotReview, Links: links}}); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("insert: %v a task", ((cpu(t) - begin) / (hosts * perHost)).Round(10*time.Nanosecond))

	begin = cpu(t)
	for range 10 {
		if all, err := s.Hosts(ctx, site); err != nil || len(all) != hosts {
			t.Fatalf("%d hosts: %v", len(all), err)
		}
	}
	t.Logf("Hosts of %d hosts: %v", hosts, ((cpu(t) - begin) / 10).Round(time.Microsecond))
	begin = cpu(t)
	for n := range 1000 {
		if tasks, err := s.Next(ctx, site, fmt.Sprintf("h%d.example", n), time.Now(), 10, nil); err != nil || len(tasks) != 10 {
			t.Fatalf("%d tasks: %v", len(tasks), err)
		}
	}
	t.Logf("Next of 10: %v", ((cpu(t) - begin) / 1000).Round(time.Microsecond))
	begin = cpu(t)
	if all, err := s.Sites(ctx); err != nil || all[0].Queued != hosts*perHost {
		t.Fatalf("%v: %v", all, err)
	}
	t.Logf("Sites: %v", (cpu(t) - begin).Round(time.Microsecond))

	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	t.Logf("Go heap in use %d MB, peak resident %d MB", m.HeapInuse>>20, u.Maxrss>>10)
	if u.Maxrss>>10 > 150 {
		t.Errorf("peak resident memory of %d MB is over the target of 150 MB", u.Maxrss>>10)
	}
}

// cpu is the processor time of the process so far: what a figure is worth on a machine that does other things too.
func cpu(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkCommit(b *testing.B) {
	s, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "bench.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	b.ReportAllocs()
	before := cpu(b)
	pages := storagetest.BenchmarkCommit(b, s, visitOf)
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(pages), "cpu-µs/page")
}

// BenchmarkNext asks for 10 tasks of a host with a thousand.
func BenchmarkNext(b *testing.B) {
	const site = "films.example"
	s, err := sqlite.OpenTemp(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	var seeds []crawler.Task
	for n := range 1000 {
		seeds = append(seeds, crawler.Task{URL: fmt.Sprintf("https://%s/%d", site, n), Site: site, Host: site, Kind: crawler.KindPage})
	}
	if _, err := s.StartRun(b.Context(), site, seeds, 0, storage.ByHand); err != nil {
		b.Fatal(err)
	}
	before := cpu(b)
	for b.Loop() {
		if tasks, err := s.Next(b.Context(), site, site, time.Now(), 10, nil); err != nil || len(tasks) != 10 {
			b.Fatal(len(tasks), err)
		}
	}
	b.ReportMetric(float64((cpu(b)-before).Microseconds())/float64(b.N), "cpu-µs/op")
}

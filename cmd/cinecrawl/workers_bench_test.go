//go:build linux

package main

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cinecrawl/storage/postgres/pgtest"
)

// BenchmarkWorkers crawls many sites on loopback with gaps of zero, by 1 to 3 workers on one PostgreSQL database. It reports the pages a
// second and what a page costs: CPU of the workers and of PostgreSQL, which hold on a busy machine too, bytes of its log (WAL) and rows
// written. The sites are served by this process, on the same cores.
func BenchmarkWorkers(b *testing.B) {
	const sites, reviews = 60, 60
	for workers := 1; workers <= 3; workers++ {
		b.Run(fmt.Sprint(workers), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				server := pgtest.Start(b)
				url := server.URL(b)
				dir := b.TempDir()
				var config strings.Builder
				config.WriteString("workers: 8\nsites:\n")
				pages := 0
				for range sites {
					f := newFarm(reviews, 16<<10)
					defer f.server.Close()
					pages += len(f.urls())
					fmt.Fprintf(&config, "  %q: {enabled: true, hosts: [%q], crawl: {start: [%q], every: 240h, gap: 0s}}\n", f.host, f.host, f.server.URL+"/")
				}
				write(b, filepath.Join(dir, "cinecrawl.yaml"), config.String())
				program := filepath.Join(dir, "cinecrawl-as-built")
				builds(b, program)
				look, err := sql.Open("pgx", url)
				if err != nil {
					b.Fatal(err)
				}
				defer look.Close()
				number := func(query string) (n float64) {
					if err := look.QueryRow(query).Scan(&n); err != nil {
						return 0 // no tables yet
					}
					return n
				}
				const wal = `SELECT pg_current_wal_insert_lsn() - '0/0'`
				const rows = `SELECT tup_inserted + tup_updated + tup_deleted FROM pg_stat_database WHERE datname = current_database()`
				crew := []*crewman{board(b, program, url, "work")} // makes the tables and has no plan
				for range workers - 1 {
					crew = append(crew, board(b, program, url, "work"))
				}
				crew[0].stop(b)
				cpu, log, written := server.CPU(b), number(wal), number(rows)
				b.StartTimer()
				began := time.Now()
				crew[0] = board(b, program, url, "serve")
				var waits, connections float64
				for number(`SELECT COUNT(*) FROM runs WHERE finished = 1`) < sites {
					if time.Since(began) > 10*time.Minute {
						b.Fatal(crew[0].out.tail())
					}
					pause(100 * time.Millisecond)
					waits = max(waits, number(`SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'`))
					connections = max(connections, number(`SELECT COUNT(*) FROM pg_stat_activity WHERE backend_type = 'client backend'`))
				}
				took := time.Since(began)
				b.StopTimer()
				var used time.Duration
				for _, c := range crew {
					c.stop(b)
					u := c.cmd.ProcessState.SysUsage().(*syscall.Rusage)
					used += time.Duration(u.Utime.Nano() + u.Stime.Nano())
				}
				n := float64(pages)
				b.ReportMetric(n/took.Seconds(), "pages/s")
				b.ReportMetric(float64(used.Microseconds())/1000/n, "worker-CPU-ms/page")
				b.ReportMetric(float64((server.CPU(b)-cpu).Microseconds())/1000/n, "PostgreSQL-CPU-ms/page")
				b.ReportMetric((number(wal)-log)/n, "WAL-B/page")
				b.ReportMetric((number(rows)-written)/n, "rows/page")
				b.ReportMetric(waits, "most-lock-waits")
				b.ReportMetric(connections-1, "connections")
				b.StartTimer()
			}
		})
	}
}

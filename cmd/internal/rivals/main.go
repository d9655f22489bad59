// Command rivals scores other extractors beside cinecrawl's reader, by the same scorer, on the same pages, in one run.
//
// It is a module of its own, so that the weight of the rivals stays out of cinecrawl: neither go build ./... nor make test of the
// main module sees it. Run it from the main module's folder with
//
//	make bench-rivals DIR=pages/
//
// or here with go run . DIR. DIR is a folder as cinecrawl bench extract takes it. When the main module moves to newer libraries, go mod
// tidy here follows it.
//
// Every reader runs in a process of its own with GOMAXPROCS=1, one after the other, after one small page that is not measured (some
// rivals compile their regular expressions at first use). Pages per second are of processor time, the garbage collector's included;
// parsing is included. The peak heap is what the process had from the system for its heap at the end of all pages.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"

	"cinecrawl/cmd/internal/bench"
	"cinecrawl/extract"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "rivals:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	fs := flag.NewFlagSet("rivals", flag.ExitOnError)
	sets := fs.String("sets", "", "only these sets or sites, with commas between")
	match := fs.String("match", "", "only pages with this in their names")
	only := fs.String("readers", "", "only these readers, with commas between: "+strings.Join(names(readers), ", "))
	rounds := fs.Int("rounds", 1, "run every reader so often, and keep its best speed")
	show := fs.String("show", "", "print the report of this reader with its 20 worst pages, and nothing else")
	child := fs.String("child", "", "score this reader and print JSON (the program runs itself so)")
	fs.Usage = func() {
		fmt.Fprintln(fs.Output(), "usage: rivals [flags] DIR")
		fs.PrintDefaults()
	}
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() != 1 {
		return fmt.Errorf("name one folder of pages with known text")
	}
	opt := bench.Options{Match: *match, Sets: split(*sets)}
	if name := cmp.Or(*child, *show); name != "" {
		r, err := named(name)
		if err != nil {
			return err
		}
		rep, err := score(fs.Arg(0), r, opt)
		if err != nil {
			return err
		}
		if *show != "" {
			_, err = io.WriteString(out, rep.Format(20))
			return err
		}
		var mem runtime.MemStats
		runtime.ReadMemStats(&mem)
		return json.NewEncoder(out).Encode(result{Sums: rep.Sums, Heap: mem.HeapSys})
	}

	chosen := readers
	if *only != "" {
		chosen = nil
		for _, name := range split(*only) {
			r, err := named(name)
			if err != nil {
				return err
			}
			chosen = append(chosen, r)
		}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	results := make([]*result, len(chosen))
	for range *rounds {
		for i, r := range chosen {
			cmd := exec.CommandContext(ctx, self, append([]string{"-child", r.name}, args...)...)
			cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "GOGC=100", "GOMEMLIMIT=off")
			cmd.Stderr = os.Stderr
			src, err := cmd.Output()
			if err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
			var res result
			if err := json.Unmarshal(src, &res); err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
			results[i] = res.best(results[i])
		}
	}
	return table(out, names(chosen), results)
}

// result is what a process says of its reader.
type result struct {
	Sums []*bench.Sum // by set, then all
	Heap uint64       // bytes
}

// best keeps the better speeds and the lower peak of two rounds; the scores are the same in each.
func (r *result) best(old *result) *result {
	if old == nil {
		return r
	}
	for i, s := range r.Sums {
		s.PagesPerSecond = max(s.PagesPerSecond, old.Sums[i].PagesPerSecond)
	}
	r.Heap = min(r.Heap, old.Heap)
	return r
}

func score(dir string, r reader, opt bench.Options) (*bench.Report, error) {
	read, err := r.open()
	if err != nil {
		return nil, err
	}
	opt.Read = func(url string, src []byte) (rev *extract.Review, err error) {
		defer func() {
			if p := recover(); p != nil {
				rev, err = nil, fmt.Errorf("panic: %v", p)
			}
		}()
		list, err := read(url, src)
		// Only the text: what else a reader gives would weigh on its heap until the end.
		return &extract.Review{Paragraphs: list}, err
	}
	_, _ = opt.Read("https://example.org/warm-up", []byte(warmUp))
	return bench.Run(dir, nil, opt)
}

var warmUp = `<!DOCTYPE html><html lang="en"><head><title>A film</title></head><body><article><h1>A film</h1>` +
	strings.Repeat(`<p>The film takes its time, and the time is well spent: three rooms, two people, and a letter that nobody opens.</p>`, 12) +
	`</article></body></html>`

// table writes the figures, a block a set.
func table(out io.Writer, names []string, results []*result) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	base := slices.Index(names, "go-trafilatura")
	for i, set := range results[0].Sums {
		all := i == len(results[0].Sums)-1
		fmt.Fprintf(w, "%s, %d pages\tF1\tperfect\tpages/s\tof go-trafilatura's\t", set.Set, set.Pages)
		if all {
			fmt.Fprint(w, "peak heap, MB\t")
		}
		fmt.Fprintln(w)
		for j, name := range names {
			s := results[j].Sums[i]
			f1, perfect, ratio := "-", "-", "-"
			if s.Scored > 0 {
				f1, perfect = fmt.Sprintf("%.3f", s.F1), fmt.Sprintf("%.3f", s.Perfect)
			}
			if base >= 0 {
				ratio = fmt.Sprintf("%.1f", s.PagesPerSecond/results[base].Sums[i].PagesPerSecond)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%.0f\t%s\t", name, f1, perfect, s.PagesPerSecond, ratio)
			if all {
				fmt.Fprintf(w, "%.0f\t", float64(results[j].Heap)/1e6)
			}
			if s.Failed > 0 {
				fmt.Fprintf(w, "  %d failed", s.Failed)
			}
			fmt.Fprintln(w)
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

func split(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' })
}

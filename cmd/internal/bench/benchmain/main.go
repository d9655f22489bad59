package main

import (
	"flag"
	"fmt"
	"os"
	"runtime/pprof"

	"cinecrawl/cmd/internal/bench"
	"cinecrawl/extract"
)

func main() {
	show := flag.Int("show", 0, "")
	match := flag.String("match", "", "")
	blocks := flag.Bool("blocks", false, "")
	out := flag.String("out", "", "")
	dump := flag.Bool("dump", false, "")
	prof := flag.String("prof", "", "")
	flag.Parse()
	if *prof != "" {
		f, _ := os.Create(*prof)
		pprof.StartCPUProfile(f)
		defer pprof.StopCPUProfile()
	}
	rep, err := bench.Run(flag.Arg(0), extract.NewReader(nil), bench.Options{Sets: flag.Args()[1:], Match: *match})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Print(rep.Format(*show))
	if *out != "" {
		f, _ := os.Create(*out)
		for _, p := range rep.Pages {
			fmt.Fprintf(f, "%s %.3f %.3f %v\n", p.ID, p.P, p.R, p.Perfect)
		}
		f.Close()
	}
	if *dump {
		for _, p := range rep.Pages {
			leak := map[string]bool{}
			for _, l := range p.Leaked {
				leak[l] = true
			}
			lost := map[string]bool{}
			for _, l := range p.Lost {
				lost[l] = true
			}
			first, last := -1, -1
			for i, b := range p.Review.Blocks {
				if b.Kept && b.Rule == "prose" {
					if first < 0 {
						first = i
					}
					last = i
				}
			}
			for i, b := range p.Review.Blocks {
				where := "mid"
				if i < first {
					where = "pre"
				} else if i > last {
					where = "post"
				}
				t := []rune(b.Text)
				if len(t) > 150 {
					t = append(t[:148:148], '…')
				}
				if b.Kept {
					v := "ok"
					if leak[b.Text] {
						v = "LEAK"
					}
					fmt.Printf("%s\t%s\t%s\t%s\t%s\t%s\n", v, where, b.Kind, b.Rule, p.ID, string(t))
				} else if lost[b.Text] {
					fmt.Printf("%s\t%s\t%s\t%s\t%s\t%s\n", "LOST", where, b.Kind, b.Rule, p.ID, string(t))
				} else {
					fmt.Printf("%s\t%s\t%s\t%s\t%s\t%s\n", "out", where, b.Kind, b.Rule, p.ID, string(t))
				}
			}
		}
		return
	}
	if *blocks {
		for _, p := range rep.Pages {
			fmt.Println("==", p.ID)
			for _, b := range p.Review.Blocks {
				k := " "
				if b.Kept {
					k = "K"
				}
				t := []rune(b.Text)
				if len(t) > 110 {
					t = append(t[:108:108], '…')
				}
				pp := b.Path
				if len(pp) > 90 {
					pp = pp[len(pp)-90:]
				}
				fmt.Printf("%s %-7s %-28s %5.1f %q  %s\n", k, b.Kind, b.Rule, b.Weight, string(t), pp)
			}
		}
	}
}

package main

import (
	"flag"
	"fmt"
	"os"

	"cinecrawl/cmd/internal/bench"
	"cinecrawl/extract"
)

func main() {
	show := flag.Int("show", 0, "")
	match := flag.String("match", "", "")
	blocks := flag.Bool("blocks", false, "")
	out := flag.String("out", "", "")
	flag.Parse()
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

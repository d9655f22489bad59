package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"cinecrawl/extract"
)

// writeText writes a review as its text file has it, safe for a terminal.
func writeText(w io.Writer, r *extract.Review) error {
	_, err := io.WriteString(w, safeText(r.Headline.Value+"\n\n"+r.Body()+"\n"))
	return err
}

// writeReading writes how a page was read: what it was taken for and why, each value with where it came from, and each block
// of the text with the rule that kept or dropped it.
func writeReading(w io.Writer, r *extract.Review) {
	facts := &table{head: []string{"", "value", "from", "sure"}}
	fact := func(name, value string, from extract.Source, confidence float64) {
		sure := ""
		if confidence > 0 {
			sure = fmt.Sprintf("%.2f", confidence)
		}
		facts.row(name, clip(safeLine(value), 60), safeLine(string(from)), sure)
	}
	text := func(name string, t extract.Text) { fact(name, t.Value, t.From, t.Confidence) }
	date := func(name string, d extract.Date) {
		value := ""
		switch {
		case d.Value.IsZero():
		case d.DateOnly:
			value = d.Value.Format("2006-01-02")
		default:
			value = d.Value.Format("2006-01-02 15:04 -07:00")
		}
		fact(name, value, d.From, d.Confidence)
	}
	year := ""
	if r.Film.Year.Value != 0 {
		year = strconv.Itoa(r.Film.Year.Value)
	}
	text("headline", r.Headline)
	text("film", r.Film.Title)
	fact("year", year, r.Film.Year.From, r.Film.Year.Confidence)
	text("director", r.Film.Director)
	text("author", r.Author)
	date("published", r.Published)
	date("modified", r.Modified)
	if r.Rating != nil {
		fact("rating", ratingWords(r.Rating), r.Rating.From, r.Rating.Confidence)
	} else {
		fact("rating", "", "", 0)
	}
	fact("language", r.Lang, "", 0)
	fact("words", count(r.Words), "", 0)
	if r.Spoilers {
		fact("spoilers", "yes", "", 0)
	}

	fmt.Fprintf(w, "Taken for: %s, read by %s\n", r.Kind, safeLine(r.Extractor))
	for _, why := range r.Why {
		fmt.Fprintf(w, "  because: %s\n", safeLine(why))
	}
	fmt.Fprintln(w)
	facts.write(w, widthOf(w))

	kept := 0
	wide := 0
	for _, b := range r.Blocks {
		wide = max(wide, columns(b.Rule))
		if b.Kept {
			kept++
		}
	}
	fmt.Fprintf(w, "\nBlocks of the text: %d kept (+), %d dropped (-), each with the weight of its signs\n", kept, len(r.Blocks)-kept)
	cols := widthOf(w)
	if cols == 0 {
		cols = 160
	}
	wide = min(wide, 40)
	for _, b := range r.Blocks {
		mark := "-"
		if b.Kept {
			mark = "+"
		}
		line := fmt.Sprintf("%s %.1f %s  %s  %s", mark, math.Abs(b.Weight), pad(clip(safeLine(b.Rule), wide), wide), pad(string(b.Kind), 5), safeLine(b.Text))
		fmt.Fprintln(w, strings.TrimRight(clip(line, cols-1), " "))
	}
}

// ratingWords is a rating for people: `★★★★☆: 4 of 5 = 0.80`.
func ratingWords(r *extract.Rating) string {
	s := fmt.Sprintf("%s: %s", r.Raw, strconv.FormatFloat(r.Value, 'f', -1, 64))
	if share, ok := r.Normalised(); ok {
		return fmt.Sprintf("%s of %s = %.2f", s, strconv.FormatFloat(r.Best, 'f', -1, 64), share)
	}
	return s + ", scale unknown"
}

package export

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"cinecrawl/extract"
	"cinecrawl/storage"
)

// chosen gives only the records of a year where a year is asked for, as a backend does.
type chosen struct{ records }

func (c chosen) Records(ctx context.Context, f storage.Filter, each func(*storage.Record) error) error {
	return c.records.Records(ctx, f, func(r *storage.Record) error {
		if f.Year != 0 && f.Year != r.Review.Film.Year.Value {
			return nil
		}
		return each(r)
	})
}

// A critic's other reviews tell what "4.25 stars" are out of, also those that the filter leaves out.
func TestStarsWithoutMaximum(t *testing.T) {
	src := chosen{records{record(1, func(v *extract.Review) {
		v.Film.Year.Value = 2013
		v.Rating = &extract.Rating{Raw: "4.25 stars", Value: 4.25, Method: "stars"}
	})}}
	normalised := func() string {
		t.Helper()
		dir := filepath.Join(t.TempDir(), "out")
		if _, err := Write(t.Context(), dir, Text, src, storage.Filter{Year: 2013}); err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(read(t, dir)[manifestName], `"rating":"4.25 stars","rating_normalised":`)
		value, _, _ := strings.Cut(after, ",")
		return value
	}
	if got, want := normalised(), "null"; got != want {
		t.Errorf("alone: rating_normalised is %s, want %s", got, want)
	}
	for n := range 3 {
		src.records = append(src.records, record(2+n, func(v *extract.Review) {
			v.Rating = &extract.Rating{Raw: "★★☆☆☆", Value: 2, Best: 5, Method: "glyphs"}
		}))
	}
	if got, want := normalised(), "0.85"; got != want {
		t.Errorf("among reviews with drawn stars: rating_normalised is %s, want %s", got, want)
	}
}

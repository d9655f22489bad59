// Package export writes stored reviews as a dataset: a folder of files that says itself what is in it.
//
//   - text: a UTF-8 file a review, NNN_<hex>.txt, with headline, empty line, body (an empty line between paragraphs), line end.
//     NNN is the place in export order, from 0, as wide as the set needs and at least 3 digits. The hex is the first 64 bits of
//     the SHA-256 of the review's canonical URL, a line feed, and the file's text.
//   - jsonl: one file reviews.jsonl, a JSON object a review (RFC 8259, a line each), with all that is known of it. What is not
//     known is null.
//   - csv: one file reviews.csv (RFC 4180 but for bare line feeds), a header line, then a record a review; what is not known is an
//     empty cell, lists are joined by "; ".
//
// Beside them stands manifest.jsonl, a line a file with its SHA-256; for text also with the review's URL, site, film and so on.
//
// Cells of a CSV file are the reviewer's words even where they begin with "=", "+", "-" or "@": a review may begin "-Heavy Spoilers",
// and a dataset that alters text to suit a spreadsheet is wrong for everyone else. Import the column as text.
//
// The same records give the same bytes: nothing in a dataset tells when or where it was written.
//
// A dataset is written to a sibling of its folder, brought to the disk, and renamed. A folder that is there is replaced only if it
// is empty or exactly what an earlier export wrote: each file listed in the manifest with its hash, and no other. It is set aside,
// the new one takes its place, then it is removed; if that is cut short, the next export finishes it, and at every moment one whole
// dataset is there, at its place or set aside.
//
// It does not know where records come from.
package export

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"cinecrawl/crawler"
	"cinecrawl/extract"
	"cinecrawl/storage"
)

// Format is a kind of dataset.
type Format string

const (
	Text  Format = "text"
	JSONL Format = "jsonl"
	CSV   Format = "csv"
)

const manifestName = "manifest.jsonl"

// Source is where records come from: a storage.Store.
type Source interface {
	Count(ctx context.Context, f storage.Filter) (int, error)
	Records(ctx context.Context, f storage.Filter, each func(*storage.Record) error) error
}

// Result is what was written.
type Result struct {
	Reviews int
	Files   int   // the manifest is not counted
	Bytes   int64 // of those files
}

// ErrForeign: the folder holds what no export wrote.
var ErrForeign = errors.New("it is no earlier export, so it is left as it is; name another folder, or empty it")

// Write writes the records of a filter into dir, which an earlier export may have written. The folder above it is made if need be.
func Write(ctx context.Context, dir string, format Format, src Source, f storage.Filter) (Result, error) {
	r, err := write(ctx, dir, format, src, f)
	if err != nil {
		return Result{}, fmt.Errorf("export to %s: %w", dir, err)
	}
	return r, nil
}

func write(ctx context.Context, dir string, format Format, src Source, f storage.Filter) (Result, error) {
	p, err := newPlace(dir)
	if err != nil {
		return Result{}, err
	}
	if err := p.recover(); err != nil {
		return Result{}, err
	}
	if err := verify(p.dir); err != nil {
		return Result{}, err
	}
	if src, err = scaled(ctx, src, f); err != nil {
		return Result{}, err
	}
	// The numbers' width is known only when the last record is read. Records stored between the count and the reading matter where
	// they add a digit, and then all is written once more.
	for range 3 {
		n, err := src.Count(ctx, f)
		if err != nil {
			return Result{}, err
		}
		if err := os.Mkdir(p.staging, 0o755); err != nil {
			return Result{}, err
		}
		r, err := fill(ctx, p.staging, format, width(n), src, f)
		if err == nil && width(r.Reviews) == width(n) {
			if err = syncAll(p.staging); err == nil {
				err = p.swap()
			}
			if err == nil {
				return r, nil
			}
		}
		if err := errors.Join(err, os.RemoveAll(p.staging)); err != nil {
			return Result{}, err
		}
	}
	return Result{}, errors.New("the database grows too fast; try again")
}

// width is the number of digits of the last of n names.
func width(n int) int { return max(3, len(strconv.Itoa(n-1))) }

// line is a line of the manifest of text files, and the beginning of what the other formats say. Nil is not known.
type line struct {
	File             string           `json:"file,omitempty"`
	SHA256           string           `json:"sha256"`
	URL              string           `json:"url"`
	Site             string           `json:"site"`
	Title            string           `json:"title"` // the headline
	Film             *string          `json:"film"`
	Year             *int             `json:"year"`
	Author           *string          `json:"author"`
	Published        *string          `json:"published"` // RFC 3339: a date, or a date and time with the zone the page states
	Rating           *string          `json:"rating"`    // as on the page
	RatingNormalised *float64         `json:"rating_normalised"`
	FetchedAt        string           `json:"fetched_at"` // RFC 3339, UTC
	Extractor        string           `json:"extractor"`
	Signals          []crawler.Signal `json:"signals,omitempty"` // what the publisher says about reuse, as facts
}

// whole is a review in one line of JSON. Its sha256 is that of the text file it would be.
type whole struct {
	line
	Page        string       `json:"page"` // the URL it was read from
	Kind        extract.Kind `json:"kind"`
	Director    *string      `json:"director"`
	Modified    *string      `json:"modified"`
	RatingValue *float64     `json:"rating_value"`
	RatingBest  *float64     `json:"rating_best"`
	Spoilers    bool         `json:"spoilers"`
	Lang        *string      `json:"lang"`
	Words       int          `json:"words"`
	Image       *string      `json:"image"`
	Categories  []string     `json:"categories"`
	Tags        []string     `json:"tags"`
	FirstSeen   string       `json:"first_seen"`
	Revision    int          `json:"revision"`
	CopyOf      *string      `json:"copy_of"` // URL of the older review with this text, from another page
	Text        string       `json:"text"`    // the body
}

// fileLine is a line of the manifest of a dataset in one file.
type fileLine struct {
	File    string `json:"file"`
	SHA256  string `json:"sha256"`
	Reviews int    `json:"reviews"`
}

// known is nil for the zero value.
func known[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

func date(d extract.Date) *string {
	switch {
	case d.Value.IsZero():
		return nil
	case d.DateOnly:
		return known(d.Value.Format(time.DateOnly))
	}
	return known(d.Value.Format(time.RFC3339))
}

func newLine(r *storage.Record) line {
	v := r.Review
	l := line{
		SHA256: r.TextHash, URL: v.URL, Site: r.Site, Title: v.Headline.Value, Film: known(v.Film.Title.Value), Year: known(v.Film.Year.Value),
		Author: known(v.Author.Value), Published: date(v.Published), FetchedAt: r.FetchedAt.UTC().Format(time.RFC3339), Extractor: v.Extractor,
		Signals: r.Signals,
	}
	if v.Rating != nil {
		l.Rating = known(v.Rating.Raw)
		if n, ok := v.Rating.Normalised(); ok {
			l.RatingNormalised = &n
		}
	}
	return l
}

func newWhole(r *storage.Record) whole {
	v := r.Review
	w := whole{
		line: newLine(r), Page: r.PageURL, Kind: v.Kind, Director: known(v.Film.Director.Value), Modified: date(v.Modified), Spoilers: v.Spoilers,
		Lang: known(v.Lang), Words: v.Words, Image: known(v.Image), Categories: append([]string{}, v.Categories...), Tags: append([]string{}, v.Tags...),
		FirstSeen: r.FirstSeen.UTC().Format(time.RFC3339), Revision: r.Revision, CopyOf: known(r.CopyOf), Text: v.Body(),
	}
	if v.Rating != nil {
		value := v.Rating.Value // 0 is a rating
		w.RatingValue, w.RatingBest = &value, known(v.Rating.Best)
	}
	return w
}

// csvHeader names the columns in the order of csvRecord, with the names of the JSON keys.
var csvHeader = []string{"sha256", "url", "page", "site", "kind", "title", "film", "year", "director", "author", "published", "modified",
	"rating", "rating_normalised", "rating_value", "rating_best", "spoilers", "lang", "words", "categories", "tags", "image",
	"fetched_at", "first_seen", "revision", "copy_of", "extractor", "text"}

func csvRecord(w whole) []string {
	return []string{w.SHA256, w.URL, w.Page, w.Site, string(w.Kind), w.Title, cell(w.Film), cell(w.Year), cell(w.Director), cell(w.Author),
		cell(w.Published), cell(w.Modified), cell(w.Rating), cell(w.RatingNormalised), cell(w.RatingValue), cell(w.RatingBest),
		strconv.FormatBool(w.Spoilers), cell(w.Lang), strconv.Itoa(w.Words), strings.Join(w.Categories, "; "), strings.Join(w.Tags, "; "),
		cell(w.Image), w.FetchedAt, w.FirstSeen, strconv.Itoa(w.Revision), cell(w.CopyOf), w.Extractor, w.Text}
}

func cell[T any](v *T) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(*v)
}

// fill writes a dataset into an empty folder.
func fill(ctx context.Context, dir string, format Format, width int, src Source, f storage.Filter) (r Result, err error) {
	manifest, err := newFile(filepath.Join(dir, manifestName))
	if err != nil {
		return r, err
	}
	defer manifest.close(&err)
	list := jsonTo(manifest)

	if format == Text {
		err := src.Records(ctx, f, func(rec *storage.Record) error {
			text := storage.Text(rec.Review)
			l := newLine(rec)
			l.File = fmt.Sprintf("%0*d_%s.txt", width, r.Reviews, name(rec.Review.URL, text))
			sum := sha256.Sum256([]byte(text))
			l.SHA256 = hex.EncodeToString(sum[:])
			r.Reviews++
			r.Files++
			r.Bytes += int64(len(text))
			if err := os.WriteFile(filepath.Join(dir, l.File), []byte(text), 0o644); err != nil {
				return err
			}
			return list.Encode(l)
		})
		return r, err
	}

	l := fileLine{File: "reviews." + string(format)}
	out, err := newFile(filepath.Join(dir, l.File))
	if err != nil {
		return r, err
	}
	defer out.close(&err)
	hash := sha256.New()
	count := &counter{}
	to := io.MultiWriter(out, hash, count)
	var add func(whole) error
	var flush func() error
	switch format {
	case JSONL:
		enc := jsonTo(to)
		add = func(w whole) error { return enc.Encode(w) }
		flush = func() error { return nil }
	case CSV:
		enc := csv.NewWriter(to)
		if err := enc.Write(csvHeader); err != nil {
			return r, err
		}
		add = func(w whole) error { return enc.Write(csvRecord(w)) }
		flush = func() error { enc.Flush(); return enc.Error() }
	default:
		return r, fmt.Errorf("there is no format %q; take text, jsonl or csv", format)
	}
	if err := src.Records(ctx, f, func(rec *storage.Record) error {
		r.Reviews++
		return add(newWhole(rec))
	}); err != nil {
		return r, err
	}
	if err := flush(); err != nil {
		return r, err
	}
	r.Files, r.Bytes = 1, count.n
	l.SHA256, l.Reviews = hex.EncodeToString(hash.Sum(nil)), r.Reviews
	return r, list.Encode(l)
}

// name is the part of a file's name that tells its content.
func name(url, text string) string {
	sum := sha256.Sum256([]byte(url + "\n" + text))
	return hex.EncodeToString(sum[:8])
}

// jsonTo encodes lines, with "<" as itself: it is data for programs, not for pages.
func jsonTo(w io.Writer) *json.Encoder {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc
}

// file is a buffered file.
type file struct {
	*bufio.Writer
	f *os.File
}

func newFile(path string) (*file, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	return &file{Writer: bufio.NewWriterSize(f, 64<<10), f: f}, nil
}

// close flushes and closes, and sets err if that fails and nothing failed before.
func (f *file) close(err *error) {
	if e := errors.Join(f.Flush(), f.f.Close()); *err == nil {
		*err = e
	}
}

type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

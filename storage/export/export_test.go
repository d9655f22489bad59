package export

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"cinecrawl/extract"
	"cinecrawl/storage"
)

var update = flag.Bool("update", false, "write the golden files anew")

// records is a Source.
type records []*storage.Record

func (r records) Count(context.Context, storage.Filter) (int, error) { return len(r), nil }

func (r records) Records(_ context.Context, _ storage.Filter, each func(*storage.Record) error) error {
	for _, rec := range r {
		if err := each(rec); err != nil {
			return err
		}
	}
	return nil
}

func record(n int, change func(*extract.Review)) *storage.Record {
	v := &extract.Review{URL: fmt.Sprintf("https://films.example/%d/", n), Kind: extract.KindReview, Headline: extract.Text{Value: fmt.Sprintf("Film %d", n)},
		Words: 2, Extractor: "generic", Paragraphs: []string{"Two words."}}
	if change != nil {
		change(v)
	}
	return &storage.Record{ID: int64(n), Site: "films.example", PageURL: v.URL, Review: v, FetchedAt: time.Date(2024, 1, 2, 3, 4, 5, 6e6, time.UTC),
		FirstSeen: time.Date(2023, 1, 2, 3, 4, 5, 0, time.UTC), Revision: 1, TextHash: storage.TextHash(v)}
}

func copyOf(url string, r *storage.Record) *storage.Record {
	r.CopyOf = url
	return r
}

// corpus has a review with everything, one with nothing, and one that spreadsheets and markup stumble over.
var corpus = records{
	record(1, func(v *extract.Review) {
		v.Headline.Value = "Her — ★★★★☆"
		v.Film = extract.Film{Title: extract.Text{Value: "Her"}, Year: extract.Number{Value: 2013}, Director: extract.Text{Value: "S. Example"}}
		v.Author.Value = "Ada Example"
		v.Published = extract.Date{Value: time.Date(2013, 12, 20, 0, 0, 0, 0, time.UTC), DateOnly: true}
		v.Modified = extract.Date{Value: time.Date(2014, 1, 5, 9, 30, 0, 0, time.FixedZone("", -5*3600))}
		v.Rating = &extract.Rating{Raw: "★★★★☆", Value: 4, Best: 5}
		v.Lang, v.Image, v.Words = "en", "https://films.example/her.jpg", 9
		v.Categories, v.Tags = []string{"Film", "Reviews"}, []string{"sci-fi"}
		v.Paragraphs = []string{"First paragraph.", "A poem\nof two lines.", "The end."}
	}),
	copyOf("https://wire.example/1/", record(2, func(v *extract.Review) { v.Headline.Value = "" })),
	record(3, func(v *extract.Review) {
		v.Headline.Value = `=1+1, "<b>" & co`
		v.Spoilers = true
		v.Rating = &extract.Rating{Raw: "0 stars"}
		v.Paragraphs = []string{"-Heavy Spoilers"}
	}),
}

// read gives a folder's files.
func read(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(b)
	}
	return files
}

func TestGolden(t *testing.T) {
	for _, format := range []Format{Text, JSONL, CSV} {
		t.Run(string(format), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "above", "out")
			r, err := Write(t.Context(), dir, format, corpus, storage.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			got := read(t, dir)
			golden := filepath.Join("testdata", string(format)+".txtar")
			if *update {
				var a txtar.Archive
				entries, _ := os.ReadDir(dir)
				for _, e := range entries {
					a.Files = append(a.Files, txtar.File{Name: e.Name(), Data: []byte(got[e.Name()])})
				}
				if err := os.WriteFile(golden, txtar.Format(&a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			a, err := txtar.ParseFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			want := make(map[string]string)
			bytes := 0
			for _, f := range a.Files {
				want[f.Name] = string(f.Data)
				if f.Name != manifestName {
					bytes += len(f.Data)
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("files (-want +got):\n%s", d)
			}
			if d := cmp.Diff(Result{Reviews: 3, Files: len(want) - 1, Bytes: int64(bytes)}, r); d != "" {
				t.Errorf("result (-want +got):\n%s", d)
			}

			// Once more, over itself: the same bytes, and nothing left beside.
			if _, err := Write(t.Context(), dir, format, corpus, storage.Filter{}); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(got, read(t, dir)); d != "" {
				t.Errorf("second export (-first +second):\n%s", d)
			}
			alone(t, dir)
		})
	}
}

// alone checks that nothing stands beside a folder.
func alone(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(dir))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != filepath.Base(dir) {
			t.Errorf("%s is left", e.Name())
		}
	}
}

func TestWidth(t *testing.T) {
	for n, want := range map[int]int{0: 3, 1: 3, 1000: 3, 1001: 4, 10000: 4, 10001: 5} {
		if got := width(n); got != want {
			t.Errorf("width(%d) = %d, want %d", n, got, want)
		}
	}
}

// growing has more records than it counted, the first time.
type growing struct {
	records
	counted *int
}

func (g growing) Count(context.Context, storage.Filter) (int, error) {
	*g.counted++
	if *g.counted == 1 {
		return 1, nil
	}
	return len(g.records), nil
}

func TestWidthOfAGrowingDatabase(t *testing.T) {
	var many records
	for n := range 1001 {
		many = append(many, record(n, nil))
	}
	dir := filepath.Join(t.TempDir(), "out")
	counted := 0
	if _, err := Write(t.Context(), dir, Text, growing{many, &counted}, storage.Filter{}); err != nil {
		t.Fatal(err)
	}
	names, _ := filepath.Glob(filepath.Join(dir, "[0-9][0-9][0-9][0-9]_*.txt"))
	if len(names) != 1001 || counted != 2 {
		t.Errorf("%d names of four digits after %d counts", len(names), counted)
	}
	if err := verify(dir); err != nil {
		t.Error(err)
	}
	alone(t, dir)
}

func TestForeignFolders(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, dir string) // of an export
		want   error
	}{
		{"an export", func(*testing.T, string) {}, nil},
		{"empty", func(t *testing.T, dir string) { must(t, os.RemoveAll(dir)); must(t, os.Mkdir(dir, 0o755)) }, nil},
		{"another file", func(t *testing.T, dir string) { must(t, os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o644)) }, ErrForeign},
		{"a folder", func(t *testing.T, dir string) { must(t, os.Mkdir(filepath.Join(dir, "more"), 0o755)) }, ErrForeign},
		{"a hidden file", func(t *testing.T, dir string) { must(t, os.WriteFile(filepath.Join(dir, ".git"), nil, 0o644)) }, ErrForeign},
		{"no manifest", func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, manifestName))) }, ErrForeign},
		{"another manifest", func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, manifestName), []byte("{\"name\": \"my app\"}\n"), 0o644))
		}, ErrForeign},
		{"a manifest that leads outside", func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, manifestName), []byte("{\"file\": \"../out\"}\n"), 0o644))
		}, ErrForeign},
		{"an edited text", func(t *testing.T, dir string) {
			names, _ := filepath.Glob(filepath.Join(dir, "000_*"))
			must(t, os.WriteFile(names[0], []byte("my own words"), 0o644))
		}, ErrForeign},
		{"a text less", func(t *testing.T, dir string) {
			names, _ := filepath.Glob(filepath.Join(dir, "000_*"))
			must(t, os.Remove(names[0]))
		}, ErrForeign},
		{"a link instead of a text", func(t *testing.T, dir string) {
			names, _ := filepath.Glob(filepath.Join(dir, "000_*"))
			must(t, os.Rename(names[0], filepath.Join(filepath.Dir(dir), "moved")))
			must(t, os.Symlink("../moved", names[0]))
		}, ErrForeign},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "out")
			if _, err := Write(t.Context(), dir, Text, corpus, storage.Filter{}); err != nil {
				t.Fatal(err)
			}
			tt.change(t, dir)
			before, err := os.ReadDir(dir)
			must(t, err)
			_, err = Write(t.Context(), dir, JSONL, corpus, storage.Filter{})
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if tt.want == nil {
				return
			}
			after, err := os.ReadDir(dir)
			must(t, err)
			if len(before) != len(after) {
				t.Errorf("the folder had %d entries, and has %d", len(before), len(after))
			}
		})
	}
	t.Run("a file", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "out")
		must(t, os.WriteFile(path, []byte("mine"), 0o644))
		if _, err := Write(t.Context(), path, Text, corpus, storage.Filter{}); err == nil {
			t.Error("written over a file")
		}
	})
	t.Run("a link to an export", func(t *testing.T) {
		top := t.TempDir()
		dir, link := filepath.Join(top, "out"), filepath.Join(top, "link")
		must(t, os.Mkdir(dir, 0o755))
		must(t, os.Symlink("out", link))
		if _, err := Write(t.Context(), link, Text, corpus, storage.Filter{}); err != nil {
			t.Fatal(err)
		}
		if len(read(t, dir)) != 4 {
			t.Error("the folder behind the link has not got the dataset")
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// broken fails after its records.
type broken struct{ records }

var errBroken = errors.New("disk on fire")

func (b broken) Records(ctx context.Context, f storage.Filter, each func(*storage.Record) error) error {
	return errors.Join(b.records.Records(ctx, f, each), errBroken)
}

func TestFailureLeavesAllAsItWas(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	for _, format := range []Format{Text, JSONL, CSV} {
		if _, err := Write(t.Context(), dir, format, broken{corpus}, storage.Filter{}); !errors.Is(err, errBroken) {
			t.Errorf("%s: got %v", format, err)
		}
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: something is there: %v", format, err)
		}
	}
	if _, err := Write(t.Context(), dir, "parquet", corpus, storage.Filter{}); err == nil {
		t.Error("an unknown format was taken")
	}
	if _, err := Write(t.Context(), dir, Text, corpus[:1], storage.Filter{}); err != nil {
		t.Fatal(err)
	}
	want := read(t, dir)
	if _, err := Write(t.Context(), dir, Text, broken{corpus}, storage.Filter{}); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
	if d := cmp.Diff(want, read(t, dir)); d != "" {
		t.Errorf("the earlier export (-before +after):\n%s", d)
	}
	alone(t, dir)
}

func TestCutShort(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "out")
	p, err := newPlace(dir)
	must(t, err)
	for _, tt := range []struct {
		name string
		make func()
	}{
		{"while writing", func() { must(t, os.Mkdir(p.staging, 0o755)) }},
		{"while another process wrote", func() { must(t, os.Mkdir(filepath.Join(top, ".out.cinecrawl-new.999999999"), 0o755)) }},
		{"between the renames", func() { must(t, os.Mkdir(p.staging, 0o755)); must(t, os.Rename(dir, p.aside)) }},
		{"before the removal", func() { must(t, os.CopyFS(p.aside, os.DirFS(dir))) }},
		{"within the removal", func() { must(t, os.Mkdir(p.aside, 0o755)) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Write(t.Context(), dir, Text, corpus[:1], storage.Filter{}); err != nil {
				t.Fatal(err)
			}
			tt.make()
			if _, err := Write(t.Context(), dir, Text, corpus, storage.Filter{}); err != nil {
				t.Fatal(err)
			}
			if n := len(read(t, dir)); n != 4 {
				t.Errorf("%d files", n)
			}
			alone(t, dir)
		})
	}
	t.Run("a live process keeps its own", func(t *testing.T) {
		other := filepath.Join(top, fmt.Sprintf(".out.cinecrawl-new.%d", os.Getppid()))
		must(t, os.Mkdir(other, 0o755))
		if _, err := Write(t.Context(), dir, Text, corpus, storage.Filter{}); err != nil {
			t.Fatal(err)
		}
		must(t, os.Remove(other))
	})
	t.Run("a foreign folder in its place", func(t *testing.T) {
		must(t, os.Rename(dir, p.aside))
		must(t, os.Mkdir(dir, 0o755))
		must(t, os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o644))
		if _, err := Write(t.Context(), dir, Text, corpus, storage.Filter{}); !errors.Is(err, ErrForeign) {
			t.Errorf("got %v", err)
		}
		if err := verify(p.aside); err != nil {
			t.Errorf("what was set aside: %v", err)
		}
	})
}

// TestKill kills a process that exports without end, and looks whether a whole dataset is there each time.
func TestKill(t *testing.T) {
	if dir := os.Getenv("CINECRAWL_EXPORT_TO"); dir != "" {
		for n := 0; ; n++ {
			set := corpus[:1+n%3]
			if _, err := Write(context.Background(), dir, Text, set, storage.Filter{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if testing.Short() {
		t.Skip("it starts processes")
	}
	dir := filepath.Join(t.TempDir(), "out")
	if _, err := Write(t.Context(), dir, Text, corpus, storage.Filter{}); err != nil {
		t.Fatal(err)
	}
	p, err := newPlace(dir)
	must(t, err)
	aside := 0
	for range 20 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKill$")
		cmd.Env = append(os.Environ(), "CINECRAWL_EXPORT_TO="+dir)
		must(t, cmd.Start())
		// Any moment is a good one; the process needs some milliseconds to begin.
		timer := time.AfterFunc(time.Duration(10+rand.IntN(60))*time.Millisecond, func() { cmd.Process.Kill() })
		if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
			timer.Stop()
			t.Fatalf("child: %v", err)
		}
		whole := dir
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			whole = p.aside
			aside++
		}
		must(t, verify(whole))
		if n := len(read(t, whole)); n < 2 {
			t.Fatalf("%d files", n)
		}
	}
	t.Logf("of 20 kills, %d fell between the two renames", aside)
	if _, err := Write(t.Context(), dir, Text, corpus, storage.Filter{}); err != nil {
		t.Fatal(err)
	}
	alone(t, dir)
}

func FuzzReadManifest(f *testing.F) {
	f.Add("{\"file\":\"000_0123456789abcdef.txt\",\"sha256\":\"00\"}\n{\"file\":\"001_0123456789abcdef.txt\"}\n")
	f.Add("{\"file\":\"../../etc/passwd\"}")
	f.Add("{\"file\":\"/\"}\n[]\nnull")
	f.Fuzz(func(t *testing.T, manifest string) {
		last := ""
		err := readManifest(strings.NewReader(manifest), func(file, _ string) error {
			if file <= last || strings.ContainsRune(file, filepath.Separator) || file == "." || file == ".." {
				t.Errorf("file name %q", file)
			}
			last = file
			return nil
		})
		if err != nil && !errors.Is(err, ErrForeign) {
			t.Error(err)
		}
	})
}

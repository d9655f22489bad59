package storage_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cinecrawl/crawler/crawltest"
	"cinecrawl/storage"
)

// plot is a text of n sentences that are all different.
func plot(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "In scene %d the keeper of lighthouse %d asks her %d guests about the storm.", i, 7*i, 3*i+1)
		if i%3 == 2 {
			b.WriteString("\n\n")
		} else {
			b.WriteString(" ")
		}
	}
	return b.String()
}

func TestResemble(t *testing.T) {
	long := plot(40)
	kept := strings.TrimSpace(long)
	for _, tt := range []struct {
		name, a, b string
		want       bool
	}{
		{"the same", long, long, true},
		{"typography", "It’s “fine” — don’t go … " + long, "It's \"fine\" - dont go " + strings.ToUpper(long), true},
		{"a line more", long, "First published in the Evening Post.\n\n" + long + "\n\nReprinted with thanks to the Evening Post.", true},
		{"the last paragraph missing", long, kept[:strings.LastIndex(kept, "\n\n")], true},
		{"a third of it", long, long[:len(long)/3], false},
		{"another", long, strings.NewReplacer("keeper", "owner", "lighthouse", "harbour", "guests", "sailors", "storm", "war").Replace(long), false},
		{"short and the same", "A fine film, and a long one.", "A fine film and a long one!", true},
		{"short and nearly the same", "A fine film, and a long one.", "A fine film, and a long two.", false},
		{"no words", "★★★★☆", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := storage.Resemble(tt.a, tt.b); got != tt.want {
				t.Errorf("resemble: %v", got)
			}
			d := storage.Distance(storage.Fingerprint(tt.a), storage.Fingerprint(tt.b))
			if near := d <= storage.CopyBits; tt.want && !near {
				t.Errorf("distance %d", d)
			}
		})
	}
	if storage.Fingerprint("★★★★☆") != 0 || storage.Fingerprint("A fine film.") == 0 {
		t.Error("only what has no word has no fingerprint")
	}
	// It is stored: another value for the same text would leave all stored ones behind.
	if got := storage.Fingerprint(long); got != 0x144879901d37554e {
		t.Errorf("fingerprint %#x", got)
	}
}

func TestBands(t *testing.T) {
	if got, want := storage.Bands(0xfedcba9876543210), [4]int64{0x3210, 0x7654, 0xba98, 0xfedc}; got != want {
		t.Errorf("got %x, want %x", got, want)
	}
}

func FuzzFingerprint(f *testing.F) {
	f.Add("A film.", "Ein Film.")
	f.Add(plot(30), plot(31))
	f.Add("映画はとても良い", "\xff\u0301’")
	f.Fuzz(func(t *testing.T, a, b string) {
		if storage.Resemble(a, b) != storage.Resemble(b, a) || !storage.Resemble(a, a) {
			t.Error("resemblance is of both or of none")
		}
		if storage.Fingerprint(a) != storage.Fingerprint("\n"+a+" — ") {
			t.Error("punctuation counts")
		}
	})
}

// Of the reviews of ten whole sites, no two that differ are taken for copies, and all that are the same are. Of what an editor does to a
// text, the table says how much is found.
func TestCopiesOfWholeSites(t *testing.T) {
	shared := crawltest.Shared(t, "sites")
	f, err := os.Open(filepath.Join(shared, "pages.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var texts []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var page struct {
			Gold   string
			Review bool `json:"is_review"`
		}
		var gold struct{ Body []string }
		if err := json.Unmarshal(lines.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(shared, page.Gold))
		if err == nil {
			err = json.Unmarshal(b, &gold)
		}
		if err != nil {
			t.Fatal(err)
		}
		if page.Review {
			texts = append(texts, strings.Join(gold.Body, "\n\n"))
		}
	}
	prints := make([]uint64, len(texts))
	for i, text := range texts {
		prints[i] = storage.Fingerprint(text)
	}
	same, copies, nearest := 0, 0, 64
	for i := range texts {
		for k := range i {
			d := storage.Distance(prints[i], prints[k])
			equal := strings.EqualFold(strings.ReplaceAll(texts[i], "’", "'"), strings.ReplaceAll(texts[k], "’", "'"))
			marked := d <= storage.CopyBits && storage.Resemble(texts[i], texts[k])
			switch {
			case equal:
				same++
				if marked {
					copies++
				}
			case marked:
				t.Errorf("at distance %d:\n%s\n%s", d, texts[i], texts[k])
			default:
				nearest = min(nearest, d)
			}
		}
	}
	t.Logf("%d reviews: %d of %d equal pairs marked, the nearest of the others at distance %d", len(texts), copies, same, nearest)
	if copies != same || same == 0 {
		t.Errorf("%d of %d equal pairs marked", copies, same)
	}
	for _, edit := range []struct {
		name string
		want float64 // measured, less a little
		edit func(string) string
	}{
		{"a credit line", 0.86, func(s string) string {
			return s + "\n\nThis review first appeared in the Evening Post and is printed here with their kind permission."
		}},
		{"a first and a last line", 0.94, func(s string) string {
			return "First published in the Evening Post.\n\n" + s + "\n\nRead more in the Evening Post."
		}},
		{"a rating line", 0.97, func(s string) string { return s + "\n\nRating: 4 out of 5" }},
		{"no last paragraph", 0.70, func(s string) string { return s[:max(0, strings.LastIndex(s, "\n\n"))] }},
	} {
		found := 0
		for i, text := range texts {
			if edited := edit.edit(text); storage.Distance(prints[i], storage.Fingerprint(edited)) <= storage.CopyBits && storage.Resemble(text, edited) {
				found++
			}
		}
		got := float64(found) / float64(len(texts))
		t.Logf("%-24s %.3f found", edit.name, got)
		if got < edit.want {
			t.Errorf("%s: %.3f found, want %.2f", edit.name, got, edit.want)
		}
	}
}

func BenchmarkFingerprint(b *testing.B) {
	text := plot(60)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		storage.Fingerprint(text)
	}
}

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cinecrawl/crawler/crawltest"
)

type wholePage struct {
	Site     string `json:"site"`
	URL      string `json:"url"`
	HTML     string `json:"html"`
	Gold     string `json:"gold"`
	IsReview bool   `json:"is_review"`
}

// TestWholeSites crawls ten sites made by real publishing software, each served at its own loopback address, with no site
// configuration, exports what was stored, and holds the export against the truth. It prints the figures of each site.
func TestWholeSites(t *testing.T) {
	shared := crawltest.Shared(t, "sites") // whole sites, with the truth about every page
	sites := readWholeSites(t, shared)
	t.Chdir(t.TempDir())
	write(t, "cinecrawl.yaml", "gap: 0s\n")

	asked := &tally{counts: map[string]int{}} // by URL
	args := []string{"scrape", "--site"}
	var names []string
	for name := range sites {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		front := serveWholeSite(t, shared, sites[name], asked)
		args = append(args, front)
	}
	var out, errs bytes.Buffer
	if code := run(args, nil, &out, &errs); code != exitOK {
		t.Fatalf("%v: exit code %d\n%s%s", args, code, &out, &errs)
	}
	if code := run([]string{"export", "reviews"}, nil, &out, &errs); code != exitOK {
		t.Fatalf("export: exit code %d\n%s%s", code, &out, &errs)
	}

	exported := map[string]string{} // file text by URL
	manifest, err := os.Open("reviews/manifest.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer manifest.Close()
	for lines := bufio.NewScanner(manifest); lines.Scan(); {
		var line struct{ File, URL string }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join("reviews", line.File))
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := exported[line.URL]; twice {
			t.Errorf("%s exported twice", line.URL)
		}
		exported[line.URL] = string(text)
	}

	var table strings.Builder
	fmt.Fprintf(&table, "%-14s %8s %6s %7s %12s %8s %8s\n", "site", "reviews", "found", "missed", "non-reviews", "perfect", "bytes")
	all, allFound, allWrong, allPerfect, allBytes := 0, 0, 0, 0, 0
	for _, name := range names {
		reviews, found, wrong, perfect, bytewise := 0, 0, 0, 0, 0
		for _, p := range sites[name] {
			if n := asked.counts[p.URL]; n != 1 {
				t.Errorf("%s was asked for %d times, want once", p.URL, n)
			}
			text, ok := exported[p.URL]
			switch {
			case p.IsReview && ok:
				reviews++
				found++
				gold := readGold(t, filepath.Join(shared, p.Gold))
				if gold.sameBytes(text) {
					bytewise++
				}
				if gold.same(text) {
					perfect++
				} else if testing.Verbose() {
					t.Logf("not perfect: %s\n%s", p.URL, text)
				}
			case p.IsReview:
				reviews++
				t.Logf("missed: %s", p.URL)
			case ok:
				wrong++
				t.Logf("no review, but stored: %s", p.URL)
			}
		}
		fmt.Fprintf(&table, "%-14s %8d %6d %7d %12d %7.1f%% %7.1f%%\n", name, reviews, found, reviews-found, wrong,
			100*float64(perfect)/float64(reviews), 100*float64(bytewise)/float64(reviews))
		all += reviews
		allFound += found
		allWrong += wrong
		allPerfect += perfect
		allBytes += bytewise
	}
	t.Logf("perfect texts: %d of %d; to the byte, but for quotes and dashes: %d\n%s", allPerfect, all, allBytes, &table)
	if recall := float64(allFound) / float64(all); recall < 0.98 {
		t.Errorf("found %.3f of the reviews, want at least 0.98", recall)
	}
	if precision := float64(allFound) / float64(allFound+allWrong); precision < 0.98 {
		t.Errorf("%.3f of what was stored are reviews, want at least 0.98", precision)
	}
	if share := float64(allPerfect) / float64(all); share < 0.97 {
		t.Errorf("perfect texts on %.3f of the reviews, want at least 0.97", share)
	}
	if share := float64(allBytes) / float64(all); share < 0.97 {
		t.Errorf("texts right to the byte, but for quotes and dashes, on %.3f of the reviews, want at least 0.97", share)
	}
}

// wholeGold is the truth about a page.
type wholeGold struct {
	Title        string
	Blocks       []struct{ Kind, Text string }
	Body         []string
	BodyRendered []string `json:"body_rendered"` // as the platform's typographer prints it
}

func readGold(t *testing.T, file string) (gold wholeGold) {
	t.Helper()
	if err := json.Unmarshal([]byte(readFile(t, file)), &gold); err != nil {
		t.Fatal(err)
	}
	return gold
}

// same reports whether an exported text is the headline and the body, paragraph by paragraph, to the word.
func (gold wholeGold) same(text string) bool {
	return gold.like(text, sameWords)
}

// sameBytes reports the same to the byte, but for the form of quotes, dashes and dots.
func (gold wholeGold) sameBytes(text string) bool {
	return gold.like(text, func(a, b []string) bool {
		return slices.EqualFunc(a, b, func(x, y string) bool { return folded.Replace(x) == folded.Replace(y) })
	})
}

// folded gives typographic characters in their typewriter form.
var folded = strings.NewReplacer("‘", "'", "’", "'", "“", `"`, "”", `"`, "—", "-", "–", "-", "---", "-", "--", "-", "…", "...")

func (gold wholeGold) like(text string, same func(a, b []string) bool) bool {
	got := strings.Split(strings.TrimRight(text, "\n"), "\n\n")
	// Footnotes are the critic's words, but the truth leaves them out: they may stand at the end or not.
	got = slices.DeleteFunc(got, func(paragraph string) bool {
		return slices.ContainsFunc(gold.Blocks, func(b struct{ Kind, Text string }) bool {
			return b.Kind == "fn" && sameWords([]string{paragraph}, []string{b.Text})
		})
	})
	return same(got, append([]string{gold.Title}, gold.Body...)) || same(got, append([]string{gold.Title}, gold.BodyRendered...))
}

var word = regexp.MustCompile(`[\p{L}\p{N}_]+`)

func sameWords(a, b []string) bool {
	return slices.EqualFunc(a, b, func(x, y string) bool {
		return slices.Equal(word.FindAllString(x, -1), word.FindAllString(y, -1))
	})
}

func readWholeSites(t *testing.T, shared string) map[string][]wholePage {
	t.Helper()
	f, err := os.Open(filepath.Join(shared, "pages.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sites := map[string][]wholePage{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var p wholePage
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		sites[p.Site] = append(sites[p.Site], p)
	}
	return sites
}

// serveWholeSite serves a site at the address that its URLs name, with a front page that links every page, and counts in asked
// what is asked for. It returns the front page's URL.
func serveWholeSite(t *testing.T, shared string, pages []wholePage, asked *tally) string {
	t.Helper()
	front, _, _ := strings.Cut(strings.TrimPrefix(pages[0].URL, "http://"), "/")
	listener, err := net.Listen("tcp", front)
	if err != nil {
		t.Fatalf("the truth names pages at %s, which is taken: stop what listens there, then try again (%v)", front, err)
	}
	byPath := map[string]wholePage{}
	var index strings.Builder
	index.WriteString("<!doctype html><title>All pages</title><ul>\n")
	for _, p := range pages {
		path := strings.TrimPrefix(p.URL, "http://"+front)
		byPath[path] = p
		fmt.Fprintf(&index, "<li><a href=\"%s\">%s</a></li>\n", html.EscapeString(path), html.EscapeString(path))
	}
	index.WriteString("</ul>\n")
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, ok := byPath[r.URL.RequestURI()]
		switch {
		case ok:
			asked.add(p.URL)
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			body, err := os.ReadFile(filepath.Join(shared, p.HTML))
			if err != nil {
				t.Error(err)
			}
			w.Write(body)
		case r.URL.Path == "/":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Write([]byte(index.String()))
		default:
			http.NotFound(w, r)
		}
	})}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	return "http://" + front + "/"
}

// tally counts, for many servers at once.
type tally struct {
	mu     sync.Mutex
	counts map[string]int
}

func (c *tally) add(url string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[url]++
}

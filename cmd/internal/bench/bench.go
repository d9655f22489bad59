// Package bench measures the reader against pages whose text is known.
//
// It reads two forms of folder, both with a pages.jsonl: single pages with their text (a set per kind of page), and whole sites
// with everything known about each page. It knows nothing of the crawl.
package bench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"cinecrawl/extract"
)

// Options say what to measure.
type Options struct {
	Sets  []string // sets or sites; all if empty
	Match string   // part of a page's id; all if empty

	// Learn is how many pages of each host teach the blocks that repeat on it, before any is scored.
	Learn int

	// Read reads a page in the reader's place, if set: another extractor, by the same measure.
	Read func(url string, src []byte) (*extract.Review, error)
}

// Page is one page's measure.
type Page struct {
	ID, Set   string
	URL       string
	P, R      float64 // precision and recall over 4-gram shingles
	ParP      float64 // precision and recall over paragraphs
	ParR      float64
	Perfect   bool
	Scored    bool     // has a gold text that counts (reviews, in sites)
	Leaked    []string // paragraphs that came out and should not
	Lost      []string // paragraphs that should have come out
	Comment   []string // visitors' comments that came out
	Err       error
	Took      time.Duration // processor time of parsing and reading
	Review    *extract.Review
	Fields    map[string]Field // sites only
	Extractor string

	judge func() error // scores the page, once all pages are read; nil if its text is not known
}

// Field is the measure of one value.
type Field struct {
	Want, Got string
	Result    Result
}

// Result is what became of a value.
type Result int

const (
	Right    Result = iota
	Wrong           // another value came out
	Missing         // none came out
	Invented        // one came out where there is none
	Skipped         // the page does not show it, and nothing came out or what is right all the same
	Unshown         // the page does not show it, and another value came out
)

func (r Result) String() string {
	return [...]string{"right", "wrong", "missing", "invented", "skipped", "invented"}[r]
}

// Sum is the measure of a set.
type Sum struct {
	Set            string
	Pages, Scored  int
	P, R, F1       float64
	ParF1          float64
	Perfect        float64 // share of scored pages
	PagesPerSecond float64 // of one core, parsing included
	Failed         int     // pages refused or panicking
	Comments       int     // pages with a visitor's words
	Fields         map[string]*Count
}

// Count counts results of a field.
type Count struct{ Right, Wrong, Missing, Invented, Total int }

// Report is the measure of a folder.
type Report struct {
	Pages []*Page // worst first
	Sums  []*Sum  // by set, then all
}

type entry struct {
	ID, Set, HTML, Gold, Optional, URL, Site, Theme, Platform, Kind string
	Review                                                          bool
	IsReview                                                        *bool `json:"is_review"`
}

// Run reads every page of dir with reader and scores it.
func Run(dir string, reader *extract.Reader, opt Options) (*Report, error) {
	entries, err := entriesOf(dir, opt)
	if err != nil {
		return nil, err
	}
	read := opt.Read
	if read == nil {
		known, err := learn(dir, entries, reader, opt.Learn)
		if err != nil {
			return nil, err
		}
		read = func(url string, src []byte) (*extract.Review, error) {
			root, err := extract.Parse(src)
			if err != nil {
				return nil, err
			}
			return reader.Read(extract.Input{URL: url, Root: root, Chrome: known[hostOf(url)]})
		}
	}
	rep := &Report{}
	scales := make(map[string]*extract.Scale)
	for _, e := range entries {
		p, err := readPage(dir, e, read)
		if err != nil {
			return nil, err
		}
		rep.Pages = append(rep.Pages, p)
		if scales[p.Set] == nil {
			scales[p.Set] = new(extract.Scale)
		}
		scales[p.Set].Add(p.Review.Rating)
	}
	for _, p := range rep.Pages {
		scales[p.Set].Fill(p.Review.Rating) // as an export does
		if p.judge == nil {
			continue
		}
		if err := p.judge(); err != nil {
			return nil, err
		}
	}
	rep.sum()
	sort.SliceStable(rep.Pages, func(i, j int) bool { return rep.Pages[i].badness() > rep.Pages[j].badness() })
	return rep, nil
}

// entriesOf gives the pages of a folder that are asked for.
func entriesOf(dir string, opt Options) ([]entry, error) {
	f, err := os.Open(filepath.Join(dir, "pages.jsonl"))
	if err != nil {
		return nil, fmt.Errorf("bench: %s is no folder of pages with known text: %w", dir, err)
	}
	defer f.Close()
	var all []entry
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for line := 1; sc.Scan(); line++ {
		var e entry
		if err := json.Unmarshal(sc.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", f.Name(), line, err)
		}
		if e.Set == "" {
			e.Set = e.Site
		}
		if e.ID == "" {
			e.ID = strings.TrimSuffix(e.HTML, ".html")
		}
		if (len(opt.Sets) == 0 || contains(opt.Sets, e.Set)) && strings.Contains(e.ID, opt.Match) {
			all = append(all, e)
		}
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return all, nil
}

// learn reads the first n pages of each host, and gives what repeats there.
func learn(dir string, entries []entry, reader *extract.Reader, n int) (map[string]*extract.Chrome, error) {
	known := map[string]*extract.Chrome{}
	taught := map[string]int{}
	for _, e := range entries {
		host := hostOf(e.URL)
		if taught[host]++; taught[host] > n {
			continue
		}
		src, err := os.ReadFile(filepath.Join(dir, e.HTML))
		if err != nil {
			return nil, err
		}
		root, err := extract.Parse(src)
		if err != nil {
			continue
		}
		if rev, _ := reader.Read(extract.Input{URL: e.URL, Root: root}); rev != nil && rev.Marks != nil {
			if known[host] == nil {
				known[host] = extract.NewChrome()
			}
			known[host].Add(rev.Marks)
		}
	}
	return known, nil
}

func hostOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Host
}

func (p *Page) badness() float64 {
	if !p.Scored {
		return -1
	}
	if p.Perfect {
		return 0
	}
	return 2 - p.P - p.R + 0.001
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

func readPage(dir string, e entry, read func(string, []byte) (*extract.Review, error)) (*Page, error) {
	src, err := os.ReadFile(filepath.Join(dir, e.HTML))
	if err != nil {
		return nil, err
	}
	p := &Page{ID: e.ID, Set: e.Set, URL: e.URL}
	start := cpu()
	p.Review, err = read(e.URL, src)
	p.Took = cpu() - start
	if err != nil && !errors.Is(err, extract.ErrNotReview) {
		p.Err = err
	}
	if p.Review == nil {
		p.Review = &extract.Review{}
	}
	p.Extractor = p.Review.Extractor
	if e.IsReview == nil {
		p.Fields = map[string]Field{}
		p.kind(e.Review)
	}
	if e.Gold == "" {
		return p, nil
	}
	gold, err := os.ReadFile(filepath.Join(dir, e.Gold))
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(e.Gold, ".json") {
		p.judge = func() error { return p.scoreSite(gold, src) }
		return p, nil
	}
	var optional []byte
	if e.Optional != "" {
		if optional, err = os.ReadFile(filepath.Join(dir, e.Optional)); err != nil {
			return nil, err
		}
	}
	p.Scored = e.Set != "other-kinds"
	p.judge = func() error {
		p.score(blocks(string(gold)), p.Review.Paragraphs, blocks(string(optional)))
		return nil
	}
	return p, nil
}

// blocks are the lines of a text that are not empty.
func blocks(s string) []string {
	var out []string
	for b := range strings.Lines(s) {
		if b = strings.TrimSpace(b); b != "" {
			out = append(out, b)
		}
	}
	return out
}

func (r *Report) sum() {
	all := &Sum{Set: "all", Fields: map[string]*Count{}}
	bySet := map[string]*Sum{}
	took := map[*Sum]time.Duration{}
	for _, p := range r.Pages {
		s := bySet[p.Set]
		if s == nil {
			s = &Sum{Set: p.Set, Fields: map[string]*Count{}}
			bySet[p.Set] = s
			r.Sums = append(r.Sums, s)
		}
		for _, s := range []*Sum{s, all} {
			s.Pages++
			took[s] += p.Took
			if p.Err != nil {
				s.Failed++
			}
			if len(p.Comment) > 0 {
				s.Comments++
			}
			for name, f := range p.Fields {
				c := s.Fields[name]
				if c == nil {
					c = &Count{}
					s.Fields[name] = c
				}
				switch f.Result {
				case Skipped:
					continue
				case Unshown:
					c.Invented++ // beside the shares, which are of the pages that show it
					continue
				}
				c.Total++
				switch f.Result {
				case Right:
					c.Right++
				case Wrong:
					c.Wrong++
				case Missing:
					c.Missing++
				case Invented:
					c.Invented++
				}
			}
			if !p.Scored {
				continue
			}
			s.Scored++
			s.P += p.P
			s.R += p.R
			s.ParF1 += f1(p.ParP, p.ParR)
			if p.Perfect {
				s.Perfect++
			}
		}
	}
	r.Sums = append(r.Sums, all)
	for _, s := range r.Sums {
		if n := float64(s.Scored); n > 0 {
			s.P, s.R, s.ParF1, s.Perfect = s.P/n, s.R/n, s.ParF1/n, s.Perfect/n
			s.F1 = f1(s.P, s.R)
		}
		if t := took[s].Seconds(); t > 0 {
			s.PagesPerSecond = float64(s.Pages) / t
		}
	}
}

// Format writes the report as text: the figures, then the show worst pages with what leaked and what was lost.
func (r *Report) Format(show int) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%-16s %5s %6s %6s %6s %6s %8s %8s\n", "set", "pages", "P", "R", "F1", "parF1", "perfect", "pages/s")
	for _, s := range r.Sums {
		fmt.Fprintf(&b, "%-16s %5d %6.3f %6.3f %6.3f %6.3f %8.3f %8.0f", s.Set, s.Pages, s.P, s.R, s.F1, s.ParF1, s.Perfect, s.PagesPerSecond)
		if s.Failed > 0 {
			fmt.Fprintf(&b, "  %d failed", s.Failed)
		}
		if s.Comments > 0 {
			fmt.Fprintf(&b, "  %d with comments", s.Comments)
		}
		b.WriteByte('\n')
	}
	if all := r.Sums[len(r.Sums)-1]; len(all.Fields) > 0 {
		fmt.Fprintf(&b, "\n%-16s %6s %6s %6s %7s %8s\n", "field", "pages", "right", "wrong", "missing", "invented")
		for _, name := range fieldNames {
			if c := all.Fields[name]; c != nil && c.Total > 0 {
				fmt.Fprintf(&b, "%-16s %6d %6.3f %6.3f %7.3f %8d\n", name, c.Total, share(c.Right, c.Total), share(c.Wrong, c.Total), share(c.Missing, c.Total), c.Invented)
			}
		}
		b.WriteByte('\n')
		for _, s := range r.Sums {
			fmt.Fprintf(&b, "%-16s", s.Set)
			for _, name := range fieldNames {
				if c := s.Fields[name]; c != nil && c.Total > 0 {
					fmt.Fprintf(&b, " %s %.2f", name, share(c.Right, c.Total))
				}
			}
			b.WriteByte('\n')
		}
	}
	for _, p := range r.Pages {
		if show == 0 {
			break
		}
		if p.badness() <= 0 && p.fieldsRight() {
			continue
		}
		show--
		fmt.Fprintf(&b, "\n== %s  P %.3f R %.3f  %s  %s\n", p.ID, p.P, p.R, p.Extractor, p.URL)
		if p.Err != nil {
			fmt.Fprintf(&b, "   error: %v\n", p.Err)
		}
		for _, l := range p.Leaked {
			fmt.Fprintf(&b, "   + %s\n", short(l))
		}
		for _, l := range p.Lost {
			fmt.Fprintf(&b, "   - %s\n", short(l))
		}
		for _, l := range p.Comment {
			fmt.Fprintf(&b, "   comment: %s\n", short(l))
		}
		for _, name := range fieldNames {
			if f, ok := p.Fields[name]; ok && f.Result != Right && f.Result != Skipped {
				fmt.Fprintf(&b, "   %s %s: want %q got %q\n", name, f.Result, f.Want, f.Got)
			}
		}
	}
	return b.String()
}

func (p *Page) fieldsRight() bool {
	for _, f := range p.Fields {
		if f.Result != Right && f.Result != Skipped {
			return false
		}
	}
	return true
}

func share(a, b int) float64 { return float64(a) / float64(b) }

// short is a paragraph cut for a line, safe to print.
func short(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || 0x80 <= r && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
	if r := []rune(s); len(r) > 160 {
		return string(r[:100]) + " … " + string(r[len(r)-50:])
	}
	return s
}

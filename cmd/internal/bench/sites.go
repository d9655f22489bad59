package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"cinecrawl/extract"
)

// known is everything known about a page of a whole site.
type known struct {
	Title string
	Film  struct {
		Title, Director string
		Year            int
	}
	Author, Date, Lang string
	Categories, Tags   []string
	Rating             *struct {
		Raw   string
		Value *float64
		Where string
	}
	IsReview bool `json:"is_review"`
	Comments []json.RawMessage
	Body     []string
	Blocks   []struct{ Kind, Text, Rendered string }
	Shown    map[string]any
}

var fieldNames = []string{"is_review", "review_found", "kind_right", "title", "film", "year", "year_on_page", "director", "author", "date", "rating", "lang"}

// scoreSite scores a page of which everything is known. src is its HTML.
func (p *Page) scoreSite(gold, src []byte) error {
	var k known
	if err := json.Unmarshal(gold, &k); err != nil {
		return fmt.Errorf("%s: %w", p.ID, err)
	}
	rev := p.Review
	p.Scored = k.IsReview
	var notes []string // footnotes are the critic's words, but not asked for
	for _, b := range k.Blocks {
		if b.Kind == "fn" {
			notes = append(notes, b.Text)
		}
	}
	p.score(k.Body, rev.Paragraphs, notes)
	body := rev.Body()
	for _, c := range k.Comments {
		for _, s := range commentTexts(c) {
			if w := strings.Join(wordsOf(s), " "); len(w) > 12 && strings.Contains(" "+strings.Join(wordsOf(body), " ")+" ", " "+w+" ") {
				p.Comment = append(p.Comment, s)
			}
		}
	}
	p.Fields = map[string]Field{}
	p.kind(k.IsReview)
	if !k.IsReview {
		return nil
	}
	shown := func(name string) bool {
		v, ok := k.Shown[name]
		if !ok {
			return true
		}
		b, isBool := v.(bool)
		return !isBool || b
	}
	p.text("title", k.Title, rev.Headline.Value, shown("title"))
	p.text("film", k.Film.Title, rev.Film.Title.Value, true)
	p.text("director", k.Film.Director, rev.Film.Director.Value, k.Film.Director != "")
	year := number(k.Film.Year)
	p.text("year", year, number(rev.Film.Year.Value), true)
	if bytes.Contains(src, []byte(year)) { // all that a reader of one page can know
		p.text("year_on_page", year, number(rev.Film.Year.Value), true)
	}
	p.text("author", k.Author, rev.Author.Value, shown("author"))
	p.text("lang", k.Lang, rev.Lang, true)
	date := ""
	if !rev.Published.Value.IsZero() {
		date = rev.Published.Value.Format("2006-01-02")
	}
	p.text("date", k.Date[:min(10, len(k.Date))], date, shown("date"))
	switch {
	case k.Rating == nil && rev.Rating == nil:
		p.set("rating", "", "", Right)
	case k.Rating == nil:
		p.set("rating", "", fmt.Sprintf("%+v", *rev.Rating), Invented)
	case rev.Rating == nil:
		p.set("rating", k.Rating.Raw, "", Missing)
	default:
		got, ok := rev.Rating.Normalised()
		right := k.Rating.Value == nil || ok && math.Abs(got-*k.Rating.Value) < 0.006
		p.set("rating", k.Rating.Raw, fmt.Sprintf("%+v", *rev.Rating), pick(right, Right, Wrong))
	}
	return nil
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func pick(ok bool, a, b Result) Result {
	if ok {
		return a
	}
	return b
}

func (p *Page) set(name, want, got string, r Result) { p.Fields[name] = Field{want, got, r} }

// kind says whether the page was taken for a review, and whether it is one: of all pages, of those taken for reviews (precision), of
// those that are (recall).
func (p *Page) kind(is bool) {
	rev := p.Review
	took := rev.Kind == extract.KindReview
	want, got := strconv.FormatBool(is), string(rev.Kind)+": "+strings.Join(rev.Why, "; ")
	p.set("is_review", want, got, pick(took == is, Right, Wrong))
	if took {
		p.set("kind_right", want, got, pick(is, Right, Wrong))
	}
	if is {
		p.set("review_found", want, got, pick(took, Right, Missing))
	}
}

// text compares a value by its words, so that quotes and dashes may differ. What a page does not show is not asked for, but a wrong
// value for it is invented.
func (p *Page) text(name, want, got string, shown bool) {
	r := Wrong
	switch {
	case fold(want) == fold(got):
		r = pick(shown, Right, Skipped)
	case got == "":
		r = pick(shown, Missing, Skipped)
	case !shown:
		r = Unshown
	case want == "":
		r = Invented
	}
	p.set(name, want, got, r)
}

func fold(s string) string { return strings.ToLower(strings.Join(wordsOf(s), " ")) }

// commentTexts finds the words of a comment, whatever its form.
func commentTexts(raw json.RawMessage) []string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return []string{s}
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil {
		var out []string
		for _, l := range list {
			out = append(out, commentTexts(l)...)
		}
		return out
	}
	var m map[string]json.RawMessage
	if json.Unmarshal(raw, &m) != nil {
		return nil
	}
	var out []string
	for k, v := range m {
		if k != "author" && k != "date" && k != "name" && k != "url" && k != "id" {
			out = append(out, commentTexts(v)...)
		}
	}
	return out
}

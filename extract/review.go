package extract

import (
	"errors"
	"time"
)

// Ends of a reading that are no failure.
var (
	// ErrNotReview: the page is no film review; Review.Kind and Review.Why say what and why.
	ErrNotReview = errors.New("not a film review")
	// ErrTooComplex: the page passes a bound (nodes, depth, bytes) and was not read.
	ErrTooComplex = errors.New("page too complex")
)

// Kind is what a page is.
type Kind string

const (
	KindReview    Kind = "review"
	KindRoundup   Kind = "roundup" // several films in one text: festival diaries, capsule columns
	KindList      Kind = "list"    // archive, tag, category, front page, search results
	KindNews      Kind = "news"
	KindInterview Kind = "interview"
	KindTrailer   Kind = "trailer"
	KindAbout     Kind = "about" // about, contact, privacy, how we rate
	KindOther     Kind = "other" // book reviews, recipes, everything else
)

// Source says where a value came from, in the words that explain shows: "layout:filmjournal.example/1 css:h1", "theme:blogger
// css:.post-title", "ld:Review.itemReviewed.name", "meta:og:title", "headline", "slug", "text:last block" …
type Source string

// Text is a text value with where it came from and how sure that is (0 to 1). The zero Text is "not found".
type Text struct {
	Value      string  `json:"value"`
	From       Source  `json:"from,omitempty"`
	Confidence float64 `json:"confidence,omitempty"`
}

// Number is a whole number (a year) with where it came from. Value 0 is "not found".
type Number struct {
	Value      int     `json:"value"`
	From       Source  `json:"from,omitempty"`
	Confidence float64 `json:"confidence,omitempty"`
}

// Date is a moment with where it came from. The zero Value is "not found". Value keeps the zone that the page states (UTC where it
// states none); DateOnly says that the page gives no time of day.
type Date struct {
	Value      time.Time `json:"value,omitzero"`
	DateOnly   bool      `json:"date_only,omitempty"`
	From       Source    `json:"from,omitempty"`
	Confidence float64   `json:"confidence,omitempty"`
}

// Film is the film that a review is about.
type Film struct {
	Title    Text   `json:"title"`
	Year     Number `json:"year"` // year of release
	Director Text   `json:"director"`
}

// Rating is the critic's grade. Best is 0 where the page states no maximum and none is known ("4.25 stars").
type Rating struct {
	Raw        string  `json:"raw"`   // as on the page: "★★★★☆", "B+", "4.25 stars"
	Value      float64 `json:"value"` // on the scale from Worst to Best
	Best       float64 `json:"best,omitempty"`
	Worst      float64 `json:"worst,omitempty"`
	Method     string  `json:"method"` // "glyphs", "fraction", "stars", "letter", "percent", "thumbs", "ld", "microdata", "image", "css" …
	From       Source  `json:"from,omitempty"`
	Confidence float64 `json:"confidence,omitempty"`
}

// Normalised is the grade from 0 to 1, and false where the scale is unknown. Letter grades stand on a line from F = 0 to
// A+ = 1, a twelfth a step; star ratings count from 0 (not from 1), as Value / Best.
func (r *Rating) Normalised() (float64, bool) {
	if r == nil || r.Best <= 0 || r.Value < 0 || r.Value > r.Best {
		return 0, false
	}
	return r.Value / r.Best, true
}

// BlockKind is the part a block plays in a text.
type BlockKind string

const (
	Paragraph BlockKind = "p"
	Heading   BlockKind = "h"
	ListItem  BlockKind = "li"
	Quote     BlockKind = "quote"
	Pre       BlockKind = "pre"
	Cell      BlockKind = "cell" // a table's row
	Caption   BlockKind = "caption"
)

// Block is a run of text between two line breaks of the block kind, judged.
type Block struct {
	Kind   BlockKind `json:"kind"`
	Text   string    `json:"text"`
	Kept   bool      `json:"kept"`
	Rule   string    `json:"rule"`   // the rule that decided: "theme:wordpress drop .sharedaddy", "generic:comment-form", "prose"
	Weight float64   `json:"weight"` // how strongly: of several signs ("line:signup + link"), their sum; sign as Kept

	apart  bool // among comments, other posts, menus or side columns, by its markup: says nothing about this post
	headed bool // a heading, or a label as they stand over comments and lists of posts
}

// Review is what a page says.
type Review struct {
	URL        string   `json:"url"` // canonical
	Kind       Kind     `json:"kind"`
	Why        []string `json:"why,omitempty"` // what spoke for the kind, strongest first
	Headline   Text     `json:"headline"`
	Film       Film     `json:"film"`
	Author     Text     `json:"author"`
	Published  Date     `json:"published"`
	Modified   Date     `json:"modified"`
	Rating     *Rating  `json:"rating,omitempty"`
	Spoilers   bool     `json:"spoilers,omitempty"`
	Lang       string   `json:"lang,omitempty"` // ISO 639-1
	Words      int      `json:"words"`
	Image      string   `json:"image,omitempty"` // absolute URL of the lead image
	Categories []string `json:"categories,omitempty"`
	Tags       []string `json:"tags,omitempty"`
	Extractor  string   `json:"extractor"`  // "layout filmjournal.example/1", "theme wordpress", "generic"
	Paragraphs []string `json:"paragraphs"` // the kept blocks, in order
	Blocks     []Block  `json:"-"`          // every block judged, for explain
	Marks      []Mark   `json:"-"`          // of a review or roundup: its blocks, for the site's table of repeated blocks
}

// Body is the review's text: its paragraphs, an empty line between.
func (r *Review) Body() string { return join(r.Paragraphs) }

package extract

import "regexp"

// Selector is a compiled CSS selector that remembers its source.
type Selector struct{ src string }

// Rule is one way to find a value: `css`, `css@attr`, `meta:name`, `ld:Type.path`.
type Rule struct{ src string }

// Rules say where the parts of a review stand. A list is tried in order; the first that gives a value wins.
type Rules struct {
	Title           []Rule
	Film            []Rule
	Year            []Rule
	Director        []Rule
	Author          []Rule
	Published       []Rule
	Modified        []Rule
	Rating          []Rule
	Categories      []Rule
	Tags            []Rule
	Image           []Rule
	In              []Selector     // containers of the text
	Drop            []Selector     // left out of it
	HeadlinePattern *regexp.Regexp // named groups film, year, director, rating
	OutOf           float64        // maximum of a rating that states none
}

// Theme is the rules of a publishing platform, recognised by its markup.
type Theme struct {
	Name string
	When []Selector // fingerprints: any that matches, on a page
	Rules
}

// Layout is one version of a site's own rules, chosen by its probe, newest first.
type Layout struct {
	Version int
	When    Selector // empty: always
	Rules
}

// SiteRules are a site's own.
type SiteRules struct {
	Site    string
	Like    *Theme           // the theme to take where no layout says otherwise; nil: recognised by markup
	Review  []*regexp.Regexp // URL patterns of its reviews
	Layouts []Layout         // newest first
}

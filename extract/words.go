package extract

import (
	"strings"
	"unicode"
)

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }
func lower(r rune) rune      { return unicode.ToLower(r) }

// openings are how lines begin that are no part of a review, folded; each with the most characters that such a line has.
var openings = map[string][]string{
	"credit": {"image taken from", "images taken from", "photo", "photos", "photo by", "image credit", "image courtesy", "photo courtesy", "photograph by"},
	"share":  {"share this", "share on", "like this", "follow us", "follow me on"},
	"byline": {"written by", "posted by", "posted in", "posted on", "filed under", "tags", "tagged", "categories", "published"},
	"more":   {"read more", "read also", "related", "see also", "you may also like", "continue reading", "previous", "next"},
	"signup": {"subscribe", "sign up", "leave a comment", "leave a reply", "post a comment"},
	"ad":     {"advertisement", "advertisements", "sponsored"},
}

// phrase says whether a line is, by its words, no part of a review, and by which list.
func phrase(p *piece) (string, bool) {
	if p.chars > 160 {
		return "", false
	}
	s := foldText(p.text)
	for name, list := range openings {
		for _, o := range list {
			if s == o || strings.HasPrefix(s, o+" ") && (p.chars < 60 || p.linked*2 > p.chars) {
				return "phrase:" + name, true
			}
		}
	}
	return "", false
}

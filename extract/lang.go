package extract

import (
	"strings"
	"unicode/utf8"

	"github.com/abadojack/whatlanggo"
)

// reviewLangs are the languages told apart. Fewer kin make fewer mistakes.
var reviewLangs = whatlanggo.Options{Whitelist: map[whatlanggo.Lang]bool{
	whatlanggo.Eng: true, whatlanggo.Deu: true, whatlanggo.Fra: true, whatlanggo.Spa: true, whatlanggo.Ita: true, whatlanggo.Por: true,
	whatlanggo.Nld: true, whatlanggo.Swe: true, whatlanggo.Dan: true, whatlanggo.Nob: true, whatlanggo.Fin: true, whatlanggo.Pol: true,
	whatlanggo.Ces: true, whatlanggo.Hun: true, whatlanggo.Ron: true, whatlanggo.Tur: true, whatlanggo.Rus: true, whatlanggo.Ukr: true,
	whatlanggo.Ell: true, whatlanggo.Jpn: true, whatlanggo.Cmn: true, whatlanggo.Kor: true, whatlanggo.Arb: true, whatlanggo.Heb: true,
	whatlanggo.Hin: true, whatlanggo.Pes: true, whatlanggo.Tha: true, whatlanggo.Vie: true, whatlanggo.Ind: true, whatlanggo.Hrv: true, whatlanggo.Bul: true,
}}

const maxLangText = 1500 // bytes; more tells nothing new

// language gives the language of a text as ISO 639-1, with the page's own word (an html lang) deciding where the text is short.
func language(paragraphs []string, said string) string {
	said = strings.ToLower(said)
	if i := strings.IndexAny(said, "-_"); i > 0 {
		said = said[:i]
	}
	if len(said) != 2 {
		said = ""
	}
	// The longest paragraphs say most: headings and lists of names say little.
	var b strings.Builder
	for _, least := range [...]int{200, 60, 0} {
		for _, p := range paragraphs {
			if len(p) < least || b.Len() > maxLangText {
				continue
			}
			if room := maxLangText - b.Len(); len(p) > room && room > 0 {
				for room > 0 && !utf8.RuneStart(p[room]) {
					room--
				}
				p = p[:room]
			}
			b.WriteString(p)
			b.WriteByte(' ')
		}
		if b.Len() > 300 {
			break
		}
		if least > 0 {
			b.Reset()
		}
	}
	if b.Len() < 20 {
		return said
	}
	info := whatlanggo.DetectWithOptions(b.String(), reviewLangs)
	code := info.Lang.Iso6391()
	if code == "nb" {
		code = "no"
	}
	if code == "" || b.Len() < 120 && said != "" && !info.IsReliable() {
		return said
	}
	if !info.IsReliable() && said != "" && kinLang(said, code) {
		return said
	}
	return code
}

// kinLang reports whether two languages are often taken for one another.
func kinLang(a, b string) bool {
	for _, kin := range [...]string{"no nb nn da sv", "es pt gl ca it", "cs sk", "hr sr bs", "ru uk bg", "nl de", "id ms", "en nl"} {
		if strings.Contains(kin, a) && strings.Contains(kin, b) {
			return true
		}
	}
	return false
}

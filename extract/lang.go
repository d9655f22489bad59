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

// functionWords are the commonest words of the languages written in Latin letters. Running text is full of them: where one language
// has many and no other has, nothing else need be asked.
var functionWords = func() map[string]uint32 {
	m := make(map[string]uint32)
	for i, l := range latinLangs {
		for w := range strings.FieldsSeq(l.words) {
			m[w] |= 1 << i
		}
	}
	return m
}()

var latinLangs = [...]struct{ code, words string }{
	{"en", "the of and to is in that it with as for was on but be this which are not have his her from who"},
	{"de", "der die und das ist nicht ein eine zu den von mit sich des auf für dem sie im auch als wie aber wird einen"},
	{"fr", "le la les de et des est un une du dans que qui pas pour ce au sur il avec plus par se ne son sa mais"},
	{"es", "el la los de y que en un una es las del con se por no su al lo para más como pero sus"},
	{"it", "il di che e la è un una in non per con del si della le dei da i al gli nel più ma anche sono"},
	{"pt", "o a os as de e que um uma em do da não com no na é se por para mais dos das como mas ao seu sua"},
	{"nl", "de het een en van is dat in niet te op zijn met voor die er aan maar ook als om door wordt"},
	{"sv", "och att det en som är på för av med den i inte till han ett har om men var sig så"},
	{"da", "og at det en er som på for af med den til ikke i han har et der de men sig også"},
	{"no", "og å det en er som på for av med den til ikke i han har et de men seg også fra etter"},
	{"pl", "i w na z się nie że jest to do jak o ale po co przez od jego który dla tego tym już"},
	{"ro", "și de la în nu că un o cu este pe din pentru mai care sunt dar ce lui al ale"},
	{"tr", "ve bir bu da de için ile çok ne ama gibi olan olarak daha kadar o ki film filmin"},
	{"fi", "ja on ei että se hän kun mutta oli ovat kuin joka sen myös tai niin jo vain ole"},
	{"cs", "a je se na v že to s z do ale jako si který by o jeho jen i po ve které"},
	{"hu", "a az és hogy nem is egy van de meg csak ez mint már még kell vagy film lesz"},
	{"id", "yang dan di dari ini itu dengan untuk tidak dalam pada akan juga adalah ada karena ke film"},
}

// byFunctionWords tells the language of running text in Latin letters, if one stands out.
func byFunctionWords(s, said string) (string, bool) {
	var counts [len(latinLangs)]int
	total := 0
	for w := range strings.FieldsFuncSeq(strings.ToLower(s), notWord) {
		total++
		if mask := functionWords[w]; mask != 0 {
			for i := range counts {
				if mask&(1<<i) != 0 {
					counts[i]++
				}
			}
		}
	}
	best, second := 0, -1
	for i := range counts {
		switch {
		case counts[i] > counts[best]:
			best, second = i, best
		case i != best && (second < 0 || counts[i] > counts[second]):
			second = i
		}
	}
	// What the page says of itself holds where its words are nearly as many: short texts full of names.
	for i := range counts {
		if latinLangs[i].code == said && total >= 15 && counts[i]*100 >= 8*total && counts[i]*10 >= 7*counts[best] {
			return said, true
		}
	}
	return latinLangs[best].code, total >= 15 && counts[best]*100 >= 18*total && counts[best]*10 >= 14*counts[second]
}

const maxLangText = 1000 // bytes; more tells nothing new

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
	if code, ok := byFunctionWords(b.String(), said); ok {
		return code
	}
	info := whatlanggo.DetectWithOptions(b.String(), reviewLangs)
	code := info.Lang.Iso6391()
	if code == "nb" {
		code = "no"
	}
	if code == "" || b.Len() < 120 && said != "" && !info.IsReliable() {
		return said
	}
	if said != "" && said != code && (kinLang(said, code) && !info.IsReliable() || info.Confidence < 0.5) {
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

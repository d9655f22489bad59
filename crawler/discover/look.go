package discover

import (
	"strings"

	"golang.org/x/net/html"

	"cinecrawl/crawler"
)

// Of FNV-1a. A page that is made to look like another one harms nobody but its site.
const (
	fnvBasis = 14695981039346656037
	fnvPrime = 1099511628211
)

// Look gives what a parsed page shows: its words and where its links lead, without hosts and queries, which differ between copies of a
// page. missing are the words with which it says that there is no such page, "" if it does not.
func Look(root *html.Node) (look crawler.Look, missing string) {
	look = crawler.Look{Exact: fnvBasis, Rough: fnvBasis}
	var title, heading string
	marked := false
	add := func(s string) {
		for i := range len(s) {
			look.Exact = (look.Exact ^ uint64(s[i])) * fnvPrime
			if s[i] < '0' || s[i] > '9' {
				look.Rough = (look.Rough ^ uint64(s[i])) * fnvPrime
			}
		}
		look.Exact, look.Rough = look.Exact*fnvPrime, look.Rough*fnvPrime // as after a NUL
	}
	for n := root; n != nil; n = following(n, root) {
		switch n.Type {
		case html.TextNode:
			if p := n.Parent; p != nil && (p.Data == "script" || p.Data == "style" || p.Data == "noscript") {
				continue
			}
			if s := strings.TrimSpace(n.Data); s != "" {
				add(s)
			}
		case html.ElementNode:
			switch n.Data {
			case "title":
				if title == "" && n.Namespace == "" {
					title = textOf(n)
				}
			case "h1":
				if heading == "" {
					heading = textOf(n)
				}
			case "body":
				class := attr(n, "class")
				marked = hasToken(class, "error404") || hasToken(class, "error-404")
			case "a":
				add(hrefPath(attr(n, "href")))
			}
		}
	}
	look.Exact, look.Rough = look.Exact|1, look.Rough|1 // 0 is not known
	switch {
	case saysMissing(heading), marked && heading != "":
		return look, heading
	case marked:
		return look, "class error404"
	case saysMissing(title) && (heading == "" || !is404(title)): // a film or a tag may be called "404"
		return look, title
	}
	return look, ""
}

// textOf is the text in an element, its spaces made single, at most so much of it as is looked at.
func textOf(n *html.Node) string {
	var b strings.Builder
	for c := following(n, n); c != nil && b.Len() < 300; c = following(c, n) {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	s := strings.Join(strings.Fields(b.String()), " ")
	if len(s) > 300 {
		return strings.ToValidUTF8(s[:300], "")
	}
	return s
}

// hrefPath is the path of a reference.
func hrefPath(href string) string {
	if _, rest, ok := strings.Cut(href, "://"); ok {
		i := strings.IndexByte(rest, '/')
		if i < 0 {
			return "/"
		}
		href = rest[i:]
	}
	href, _, _ = strings.Cut(href, "#")
	href, _, _ = strings.Cut(href, "?")
	return href
}

// saysMissing holds for headlines and titles that say that there is no such page. Of a title, a part may say it, and the rest be the
// name of the site.
func saysMissing(s string) bool {
	if s == "" {
		return false
	}
	s = strings.ReplaceAll(strings.ToLower(s), "’", "'")
	if is404(s) {
		return true
	}
	for part := range strings.SplitSeq(strings.NewReplacer(" - ", "|", " – ", "|", " — ", "|", " · ", "|", " « ", "|", " » ", "|").Replace(s), "|") {
		for _, words := range missingWords {
			if strings.Contains(part, words) && len(strings.TrimSpace(part)) <= len(words)+40 {
				return true
			}
		}
	}
	return false
}

// is404 holds for a headline that is the status and nothing else of weight.
func is404(s string) bool {
	s, _, _ = strings.Cut(strings.ToLower(s), "|")
	s, _, _ = strings.Cut(s, " - ")
	s, _, _ = strings.Cut(s, " – ")
	switch strings.Trim(s, " .!:") {
	case "404", "error 404", "404 error", "http 404", "erreur 404", "fehler 404", "errore 404", "fout 404", "erro 404", "404 not found", "not found", "nothing found":
		return true
	}
	return false
}

// missingWords are how sites say it, in lower case.
var missingWords = []string{
	"page not found", "page cannot be found", "page can't be found", "page could not be found", "page couldn't be found",
	"page does not exist", "page doesn't exist", "page you requested", "page you are looking for", "page you were looking for", "page isn't available",
	"post not found", "article not found", "no such page", "file not found", "there is no such",
	"seite nicht gefunden", "seite wurde nicht gefunden", "seite konnte nicht gefunden", "seite existiert nicht",
	"page introuvable", "page non trouvée", "page n'existe pas", "page n'a pas été trouvée",
	"página no encontrada", "no se ha encontrado la página", "no se encontró la página", "la página no existe",
	"página não encontrada", "página não existe",
	"pagina non trovata", "la pagina non esiste",
	"pagina niet gevonden", "pagina bestaat niet",
	"sidan hittades inte", "sidan kunde inte hittas", "siden blev ikke fundet", "siden ble ikke funnet", "siden findes ikke", "sivua ei löydy", "sivua ei löytynyt",
	"strona nie została znaleziona", "nie znaleziono strony", "stránka nenalezena", "stránka nebyla nalezena", "az oldal nem található",
	"pagina nu a fost găsită", "sayfa bulunamadı", "η σελίδα δεν βρέθηκε",
	"страница не найдена", "сторінку не знайдено", "страницата не е намерена",
	"ページが見つかりません", "ページは見つかりませんでした", "ページは存在しません", "페이지를 찾을 수 없습니다", "页面未找到", "找不到页面", "页面不存在", "找不到網頁", "頁面不存在",
}

package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// bylineLeads begin a byline, longest first within a language.
var bylineLeads = [...]string{
	"film review by", "movie review by", "review by", "reviewed by", "written & reviewed by", "posted by:", "posted by", "written by:", "written by", "published by",
	"submitted by", "article by", "words by", "text by", "words:", "story by", "contributed by", "a review by", "by:", "by", "author:", "author", "about the author:", "about the author", "critic:", "reviewer:", "writer:", "from:",
	"kritik von", "geschrieben von", "verfasst von", "veröffentlicht von", "erstellt von", "gepostet von", "autor:", "autorin:", "ein beitrag von", "eingestellt von", "text:", "von:", "von",
	"écrit par", "rédigé par", "publié par", "posté par", "critique de", "auteur :", "auteur:", "par :", "par",
	"escrito por", "publicado por", "crítica de", "redactado por", "autor/a:", "por:", "por",
	"scritto da", "pubblicato da", "recensione di", "postato da", "autore:", "a cura di", "di:", "di",
	"publicado por", "escrito por", "geschreven door", "geplaatst door", "door:", "door", "skriven av", "skrevet av", "skrevet af", "av:", "av", "af:", "af",
	"napisał", "napisała", "autor tekstu:", "opublikował", "автор:", "автор", "kirjoittanut", "napsal", "yazan:", "文:", "撰文:", "作者:", "作者：", "글:",
}

// leadsBy are the leads by their first byte.
var leadsBy = func() (t [256][]string) {
	for _, l := range bylineLeads {
		t[l[0]] = append(t[l[0]], l)
	}
	return t
}()

// bylineEnds cut a byline: what follows is a date, a section, a job.
var bylineEnds = [...]string{
	" | ", " • ", " · ", " – ", " — ", " - ", "\u2003", " // ", " on ", " in ", " at ", " am ", " le ", " el ", " il ", " om ", " op ", " dnia ", " den ", " publicerad", " publicado", " publié", " veröffentlicht", " gepubliceerd", " pubblicato", " @ ", ", ", "; ", " (", " [", " / ", " for ",
	" updated", " published", " posted", " posts", " says", " said", " writes", " schrieb", " schreibt", " view all", " read more", " follow", " leave a", " comments", " has ", " is ", " was ", " staff writer", " film critic", " contributor",
}

// genericAuthors are accounts, not people. A person's name near by is better; where there is none they are what the page says.
var genericAuthors = wordSet("admin administrator editor editors staff webmaster guest team anonymous author user root redaktion rédaction redaction redacción " +
	"redaccion redazione redactie moderator owner host blogger contributor contributors newsroom desk editorial writer reviewer critic unknown wpadmin siteadmin")

// byline reads the name in a byline: "Posted by Jane Doe on June 5" gives "Jane Doe". led says that words like "by" stood before it.
func byline(s string) (name string, led bool) {
	s = strings.Trim(space(s), " \t–—-•·|/:,")
	low := strings.ToLower(s)
	// "View all of Jane Doe's posts", "All posts by Jane Doe"
	if len(low) == len(s) {
		for _, p := range [...]string{"view all posts by ", "see all posts by ", "all posts by ", "more posts by ", "posts by ", "view all of ", "view all articles by ", "articles by ", "more from ", "more by ", "see all of ", "about ", "alle beiträge von ", "tous les articles par ", "ver todas las entradas de "} {
			if strings.HasPrefix(low, p) {
				s = s[len(p):]
				for _, q := range [...]string{"'s posts", "’s posts", "'s articles", "’s articles", "'s reviews", "’s reviews", "'s entries", " posts", " articles", " reviews"} {
					if i := strings.Index(s, q); i > 0 {
						s = s[:i]
						break
					}
				}
				low = strings.ToLower(s)
				break
			}
		}
	}
	if len(low) == len(s) {
		for again := true; again; {
			again = false
			if low == "" {
				break
			}
			for _, lead := range leadsBy[low[0]] {
				if !strings.HasPrefix(low, lead) {
					continue
				}
				rest := s[len(lead):]
				if rest == "" {
					return "", true
				}
				if r := firstRune(rest); isWordRune(r) && isWordRune(lastRune(lead)) {
					continue
				}
				s = strings.TrimLeft(rest, " :–—-•·|")
				low = strings.ToLower(s)
				led, again = true, len(low) == len(s) && len(lead) > 3
				break
			}
		}
	}
	low = strings.ToLower(s)
	if len(low) == len(s) {
		cut := len(s)
		for _, end := range bylineEnds {
			if i := strings.Index(low, end); i > 0 && i < cut {
				if end == ", " && strings.Contains(s[i:], " and ") && len(s) < 60 {
					continue // "A, B and C"
				}
				cut = i
			}
		}
		s = s[:cut]
	}
	// A date that follows without a mark.
	if i := strings.IndexAny(s, "0123456789"); i > 0 {
		before := strings.TrimRight(s[:i], " ,–—-|•·(")
		if before != strings.TrimRight(s[:i], "") || s[i-1] == ' ' {
			if j := strings.LastIndexByte(before, ' '); j > 0 {
				if _, month := months[strings.ToLower(strings.Trim(before[j+1:], ".,"))]; month {
					before = strings.TrimRight(before[:j], " ,–—-|•·(")
				}
			} else if _, month := months[strings.ToLower(strings.Trim(before, ".,"))]; month {
				before = ""
			}
			s = before
		}
	}
	s = strings.Trim(s, " \t–—-•·|/:,;\"“”")
	if !validAuthor(s) {
		return "", led
	}
	return s, led
}

func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}

// validAuthor reports whether a text can be a name: a few words, no sentence, no address.
func validAuthor(s string) bool {
	if s == "" || len(s) > 80 || strings.ContainsAny(s, "@<>{}=#*?!%\n") || strings.Contains(s, "http") || strings.Contains(s, "www.") {
		return false
	}
	if hasYear(s) || s[0] >= '0' && s[0] <= '9' && strings.Contains(s, " min") || strings.HasPrefix(s, "the ") && len(s) < 5 {
		return false
	}
	for i := 0; i+2 < len(s); i++ { // a sentence ends inside
		if s[i] == '.' && s[i+1] == ' ' && i > 3 && isLetter(s[i-1]) && isLetter(s[i-2]) && isLetter(s[i-3]) && s[i-3] >= 'a' {
			return false
		}
	}
	letters, spaces := 0, 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			letters++
		} else if r == ' ' {
			spaces++
		}
	}
	if letters < 2 && utf8.RuneCountInString(s) < 2 || spaces > 6 || letters == 0 {
		return false
	}
	switch strings.ToLower(s) {
	case "google+", "twitter", "facebook", "instagram", "website", "email", "e-mail", "rss", "she", "he", "they", "i", "we", "by", "posted", "author", "about", "about the author", "share", "comments", "published", "read more", "follow", "von", "par", "por", "home", "profile", "view profile", "all posts", "more", "written", "null", "undefined", "none":
		return false
	}
	return true
}

// genericAuthor reports whether a name is an account's, or the site's own.
func genericAuthor(name, site string) bool {
	low := strings.ToLower(name)
	if site != "" && strings.EqualFold(name, site) {
		return true
	}
	for w := range strings.FieldsFuncSeq(low, func(r rune) bool { return r == ' ' || r == '-' || r == '_' || r == '.' }) {
		if !genericAuthors[w] && w != "the" && w != "site" && w != "super" && w != "web" && w != "our" && w != "la" && w != "de" && w != "die" && w != "wp" {
			return false
		}
	}
	return true
}

// userName reports whether a name is one that software knows somebody by. The person's own, where the page shows it, is better.
func userName(s string) bool {
	for i := range len(s) {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '.') {
			return false
		}
	}
	return true
}

// critics are the facts that name who wrote the review.
var critics = wordSet("reviewer critic reviewed_by review_by rezensent rezensentin kritiker kritikerin critique recensore recensent")

// findAuthor chooses the critic's name.
func findAuthor(m *marks, doc *Document, blocks []Block, site string, headOrder int) Text {
	var best Text
	consider := func(value string, from Source, conf float64) {
		if conf <= 0 {
			return
		}
		name, _ := byline(value)
		if name == "" {
			return
		}
		switch {
		case genericAuthor(name, site):
			conf *= 0.5
		case userName(name):
			conf *= 0.85
		}
		if conf > best.Confidence {
			best = Text{Value: name, From: from, Confidence: conf}
		}
	}
	for i := range m.items {
		it := &m.items[i]
		conf := 0.0
		switch {
		case it.visitors || it.is("UserReview"):
			continue
		case it.is("Review", "CriticReview", "BlogPosting", "Article", "NewsArticle", "ReviewNewsArticle", "OpinionNewsArticle", "Report", "LiveBlogPosting", "AnalysisNewsArticle"):
			conf = 0.9
		case it.is("h-entry", "h-review"):
			conf = 0.75
		case it.is("WebPage", "CreativeWork", "Posting", "SocialMediaPosting"):
			conf = 0.7
		default:
			continue
		}
		for _, path := range [...]string{"author", "creator", "reviewer"} {
			vals := m.all(it.object, path)
			var names []string
			org := false
			for _, v := range vals {
				if o, ok := v.(object); ok {
					for _, t := range typesOf(o) {
						org = org || t == "Organization" || t == "NewsMediaOrganization" || t == "WebSite"
					}
				}
				if s := m.plain(v); s != "" && validAuthor(s) && len(names) < 4 {
					names = appendNew(names, s)
				}
			}
			if len(names) == 0 {
				continue
			}
			c := conf
			if org {
				c -= 0.35
			}
			name := names[0]
			if len(names) > 1 {
				name = strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
				if best.Confidence < c {
					best = Text{Value: name, From: Source(it.src + ":" + it.types[0] + "." + path), Confidence: c}
				}
				continue
			}
			if it.src == "microdata" { // it is what the page shows: "Jane Doe For the Courier"
				if cut, _ := byline(name); cut != "" {
					name = cut
				}
			}
			switch {
			case genericAuthor(name, site):
				c *= 0.45
			case userName(name):
				c *= 0.7
			}
			if c > best.Confidence {
				best = Text{Value: name, From: Source(it.src + ":" + it.types[0] + "." + path), Confidence: c}
			}
		}
	}
	for _, a := range m.authors {
		conf := a.conf
		if strings.HasPrefix(string(a.from), "css:") {
			if name, led := byline(a.value); !led && !startsUpper(name) && (a.from != "css:author" || strings.Count(name, " ") > 2) {
				continue // a sentence
			}
		}
		if a.zone&(inHead|inFoot) != 0 {
			conf -= 0.3
		}
		if a.zone&inArticle == 0 {
			conf -= 0.03
		}
		// Near the headline is best.
		if d := a.order - headOrder; headOrder > 0 && d > -12 && d < 40 {
			conf += 0.06
		}
		if name, led := byline(a.value); led && name != "" {
			conf += 0.05
		}
		consider(a.value, a.from, min(conf, 0.97))
	}
	for _, k := range [...]string{"author", "article:author", "dc.creator", "dcterms.creator", "parsely-author", "sailthru.author", "byl", "citation_author", "og:author", "author-name"} {
		if v := doc.MetaOne(k); v != "" && !strings.Contains(v, "/") {
			conf := 0.72
			if t := doc.Title; len(t) > len(v) && (strings.HasSuffix(t, " "+v) || strings.HasPrefix(t, v+":") || strings.HasPrefix(t, v+" ")) {
				conf = 0.36 // the name of the site
			}
			consider(v, Source("meta:"+k), conf)
			break
		}
	}
	if best.Confidence < 0.7 {
		first, last := len(blocks), -1
		for i := range blocks {
			if blocks[i].Kept {
				first, last = min(first, i), i
			}
		}
		for i := range blocks {
			b := &blocks[i]
			if i > last && b.Rule == "outside" && b.headed {
				break // comments, other posts
			}
			if len(b.Text) > 160 || b.Kind == Caption || !(i >= first-8 && i < first+3 || i >= last-2 && i <= last+4) || b.apart ||
				strings.Contains(b.Rule, "comment") || strings.Contains(b.Rule, "related") || strings.Contains(b.Rule, "nav") {
				continue
			}
			if i >= last {
				if name := signature(b.Text); name != "" {
					consider(name, "text:signature", 0.6)
				}
			}
			if runsOn(b.Text) || scripted(b.Text) && (i > 0 && credits(blocks[i-1].Text) || i+1 < len(blocks) && credits(blocks[i+1].Text)) {
				continue
			}
			if b.Rule == "name" && strings.Contains(b.Text, " ") { // a name alone, beside the date
				consider(b.Text, "text:name", 0.5)
			}
			if name, conf := lineAuthor(b.Text); name != "" && allNames(name) {
				consider(name, "text:byline", conf)
			}
		}
	}
	if best.Confidence < 0.2 {
		return Text{}
	}
	return best
}

// signature reads the name under a letter: "– Jane Doe".
func signature(s string) string {
	name := strings.TrimLeft(s, " –—-―~")
	if len(name) == len(s) || len(name) > 40 || strings.Count(name, " ") == 0 || strings.Count(name, " ") > 3 || !allNames(name) || !validAuthor(name) {
		return ""
	}
	return name
}

// runsOn reports whether a line that begins like a byline goes on as a sentence: "Written by Sam Reed, the film has wit."
func runsOn(s string) bool {
	_, rest, ok := strings.Cut(s, ", ")
	if !ok || !strings.HasSuffix(strings.TrimRight(rest, "”\"’ "), ".") {
		return false
	}
	n := 0
	for w := range strings.FieldsSeq(rest) {
		if r := firstRune(w); unicode.IsLower(r) {
			n++
		}
	}
	return n >= 3
}

// scripted reports whether a byline could as well name the writer of the script.
func scripted(s string) bool {
	low := strings.ToLower(s)
	for _, w := range [...]string{"written by", "story by", "écrit par", "escrito por", "scritto da", "geschreven door", "geschrieben von"} {
		if strings.HasPrefix(low, w) {
			return true
		}
	}
	return false
}

// credits reports whether a line names who made the film: a "Written by" beside it names the writer of the script.
func credits(s string) bool {
	if len(s) > 160 {
		return false
	}
	low := strings.ToLower(s)
	for _, w := range [...]string{"directed by", "director:", "starring", "cast:", "produced by", "screenplay", "regie:", "réalisé par", "dirigida por", "regia di", "reżyseria"} {
		if strings.Contains(low, w) {
			return true
		}
	}
	return false
}

// lineAuthor reads the name in a line of particulars, whose parts stand apart by dots, bars or dashes. A name without "by" counts for
// less, and only where a date stands beside it.
func lineAuthor(s string) (string, float64) {
	best, conf := "", 0.0
	dated := hasYear(s)
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool {
		return r == '|' || r == '·' || r == '•' || r == '/' || r == '\n' || r == '–' || r == '—' || r == '∙'
	}) {
		part = strings.TrimSpace(part)
		if len(part) > 100 || part == "" {
			continue
		}
		name, led := byline(part)
		if !led {
			// "June 5, 2014 by Jane Doe"
			low := strings.ToLower(part)
			for _, by := range [...]string{" by ", " von ", " par ", " por ", " da ", " door ", " av "} {
				if i := strings.LastIndex(low, by); i > 0 && len(low) == len(part) && (hasYear(part[:i]) || strings.HasPrefix(low, "posted") || strings.HasPrefix(low, "written") || strings.HasPrefix(low, "published")) {
					name, led = byline(part[i+1:])
				}
			}
		}
		switch {
		case name == "" || !startsUpper(name) && !led:
		case led && conf < 0.68:
			best, conf = name, 0.68
		case dated && conf < 0.45 && strings.Contains(name, " ") && allNames(name) && !hasYear(part) && len(strings.Fields(name)) <= 4:
			best, conf = name, 0.45
		}
	}
	return best, conf
}

// allNames reports whether every word is part of a name.
func allNames(s string) bool {
	for w := range strings.FieldsSeq(s) {
		if !nameWord(strings.Trim(w, ",")) && !particles[w] && !joins[w] {
			return false
		}
	}
	return true
}

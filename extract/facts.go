package extract

import (
	"html"
	"math"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	xhtml "golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// facts fills everything of a review but its text: headline, film, author, dates, rating, spoilers, language, image, tags, and
// then says what kind of page it is. rev has URL, Paragraphs, Words, Blocks and Extractor set; rules are tried in order (layout,
// theme, learned); text are the elements that hold the text.
func facts(rev *Review, doc *Document, rules []sourced, text []*xhtml.Node) {
	f := &finder{rev: rev, doc: doc, rules: rules, marks: gather(doc, text)}
	f.site = doc.MetaOne("og:site_name", "application-name")
	f.path = pathOf(doc.URL)
	f.headline()
	f.labels()
	f.content()
	rev.Lang = language(rev.Paragraphs, doc.LangAttr)
	f.dates()
	f.author()
	f.rating()
	f.film()
	f.spoilers()
	f.image()
	f.judgeKind()
	if rev.Kind == KindRoundup {
		rev.Rating = nil // one of several
	}
}

// finder looks for the facts of one page.
type finder struct {
	*marks
	rev   *Review
	doc   *Document
	rules []sourced
	site  string // the site's name
	path  string // of the page's address

	head      *head    // the element of the headline, nil if it is in none
	blocks    []*Block // of the text and of what belongs to it: fact boxes, bylines, grades
	body      string   // plain
	bare      string   // the headline without a grade
	labelled  bool     // the headline says "review"
	told      *clues
	otherWork string // what the page's data says is reviewed, where that is no film
	reviewed  bool   // the page's data holds a review
	filmCount int    // how often the text names the film
}

func pathOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Path
}

// value is the first value that the rules of a field find, with its source.
func (f *finder) value(field func(*Rules) []Rule) (string, Source, bool) {
	if len(f.rules) == 0 {
		return "", "", false
	}
	v, from, ok := firstValue(f.doc, f.rules, field)
	return space(v), from, ok && strings.TrimSpace(v) != ""
}

// ruled is the confidence of a value that a rule found.
const ruled = 0.98

// headline chooses the headline: what the markup dresses as the post's title, checked against what the head says.
func (f *finder) headline() {
	og := f.doc.MetaOne("og:title", "twitter:title")
	ld := ""
	for i := range f.items {
		if it := &f.items[i]; it.src == "ld" && it.is("BlogPosting", "Article", "NewsArticle", "Review", "CriticReview", "ReviewNewsArticle") {
			if ld = f.text(it.object, "headline"); ld != "" {
				break
			}
		}
	}
	title := f.doc.Title
	og, ld, title = withoutMarkup(short(og)), withoutMarkup(short(ld)), withoutMarkup(short(title))
	pt, po, pl := foldText(title), foldText(og), foldText(ld)
	best, score := -1, 1.1
	for i := range f.heads {
		h := &f.heads[i]
		folded := foldText(h.text)
		if folded == "" && !isStar(firstRune(h.text)) {
			continue
		}
		s := 0.0
		switch {
		case po != "" && folded == po, pl != "" && folded == pl, pt != "" && folded == pt:
			s += 3
		case folded != "" && (strings.HasPrefix(pt, folded+" ") || strings.HasPrefix(po, folded+" ")):
			s += 2.2
		case folded != "" && len(folded) > 3 && (strings.Contains(" "+pt+" ", " "+folded+" ") || strings.Contains(" "+po+" ", " "+folded+" ")):
			s += 1.2
		}
		if h.titled {
			s += 2
		}
		switch h.level {
		case 1:
			s += 1.2
		case 2:
			s += 0.6
		case 3:
			s += 0.2
		case 0:
			if !h.titled {
				s--
			}
		default:
			s -= 0.5
		}
		if h.site {
			s -= 2.5
		}
		if h.links {
			s -= 1.2
		}
		if h.zone&(inHead|inFoot) != 0 {
			s -= 1
		}
		if h.zone&inArticle != 0 {
			s += 0.3
		}
		if f.site != "" && strings.EqualFold(h.text, f.site) {
			s -= 3
		}
		if s > score {
			best, score = i, s
		}
	}
	conf := min(0.99, 0.6+score/10)
	set := func(s string, from Source, c float64) {
		if strings.IndexByte(s, '&') >= 0 { // escaped twice
			s = html.UnescapeString(s)
		}
		f.rev.Headline = Text{Value: short(s), From: from, Confidence: c}
	}
	switch {
	case best >= 0:
		f.head = &f.heads[best]
		from := Source("css:.title")
		if f.head.level > 0 {
			from = Source("css:h" + strconv.Itoa(f.head.level))
		}
		set(f.head.text, from, conf)
	case f.soleHead() != nil:
		f.head = f.soleHead()
		set(f.head.text, Source("css:h"+strconv.Itoa(f.head.level)), 0.6)
	case ld != "":
		set(ld, "ld:headline", 0.85)
	case (og == "" || strings.EqualFold(og, f.site)) && f.boldHead() != "":
		set(f.boldHead(), "text:bold", 0.7)
	case og != "":
		set(cutSite(og, f.site), "meta:og:title", 0.8)
	case title != "":
		set(cutSite(title, f.site), "title", 0.6)
	}
	if v, from, ok := f.value(func(r *Rules) []Rule { return r.Title }); ok {
		if f.head == nil || foldText(v) != foldText(f.head.text) {
			f.head = nil
			for i := range f.heads {
				if foldText(f.heads[i].text) == foldText(v) {
					f.head = &f.heads[i]
					break
				}
			}
		}
		set(v, from, ruled)
	}
}

// boldHead is a bold line above the text that the page's title states too.
func (f *finder) boldHead() string {
	for i := range f.rev.Blocks {
		switch b := &f.rev.Blocks[i]; {
		case b.Kept:
			return ""
		case b.Rule == "headline" && b.Kind == Paragraph:
			return b.Text
		}
	}
	return ""
}

// soleHead is the page's first heading of the second level, where it has none of the first and its title says something else.
func (f *finder) soleHead() *head {
	for i := range f.heads {
		h := &f.heads[i]
		if h.level == 1 || h.links || h.site || h.zone&(inHead|inFoot) != 0 {
			return nil
		}
		if h.level == 2 {
			if strings.Count(h.text, " ") < 1 || f.doc.MetaOne("og:title") != "" {
				return nil
			}
			return h
		}
	}
	return nil
}

// maxHeadline is the length, in bytes, past which no title goes.
const maxHeadline = 600

// short cuts a text that is too long for a title.
func short(s string) string {
	if len(s) <= maxHeadline {
		return s
	}
	n := maxHeadline
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

var markup = regexp.MustCompile(`</?[a-zA-Z][^>]{0,100}>`)

// withoutMarkup drops tags that some software leaves in titles.
func withoutMarkup(s string) string {
	if strings.IndexByte(s, '<') < 0 {
		return s
	}
	return space(markup.ReplaceAllString(s, ""))
}

// cutSite takes the site's name from a title.
func cutSite(title, site string) string {
	if site != "" {
		for _, sep := range separators {
			if t, ok := strings.CutSuffix(title, sep+site); ok {
				return t
			}
			if t, ok := strings.CutPrefix(title, site+sep); ok {
				return t
			}
		}
		return title
	}
	for _, sep := range [...]string{" | ", " « ", " » ", " · ", " • ", " — ", " – "} {
		if i := strings.LastIndex(title, sep); i > 0 && !isLabel(title[i+len(sep):]) {
			return title[:i]
		}
	}
	return title
}

// labels gathers categories and tags.
func (f *finder) labels() {
	list := func(field func(*Rules) []Rule) []string {
		if len(f.rules) == 0 {
			return nil
		}
		vs, _ := allValues(f.doc, f.rules, field)
		var out []string
		for _, v := range vs {
			if v = strings.Trim(space(v), "# ,"); v != "" && len(v) < 80 {
				out = appendNew(out, v)
			}
		}
		return out
	}
	f.rev.Categories = list(func(r *Rules) []Rule { return r.Categories })
	f.rev.Tags = list(func(r *Rules) []Rule { return r.Tags })
	if len(f.rev.Categories) == 0 {
		cats := f.cats.list(8) // more are the site's
		for _, s := range f.doc.Meta["article:section"] {
			if s = space(s); s != "" && len(s) < 80 {
				cats = appendNew(cats, s)
			}
		}
		for i := range f.items {
			if it := &f.items[i]; it.is("BlogPosting", "Article", "NewsArticle", "Review") && len(cats) == 0 {
				for _, s := range f.texts(it.object, "articleSection") {
					cats = appendNew(cats, s)
				}
			}
		}
		f.rev.Categories = cats
	}
	if len(f.rev.Tags) == 0 {
		tags := f.tags.list(30)
		for _, s := range f.doc.Meta["article:tag"] {
			for t := range strings.SplitSeq(s, ",") {
				if t = space(t); t != "" && len(t) < 80 {
					tags = appendNew(tags, t)
				}
			}
		}
		if len(tags) == 0 {
			for i := range f.items {
				if it := &f.items[i]; it.is("BlogPosting", "Article", "NewsArticle", "Review") {
					for _, s := range f.texts(it.object, "keywords") {
						for t := range strings.SplitSeq(s, ",") {
							if t = space(t); t != "" && len(t) < 80 {
								tags = appendNew(tags, t)
							}
						}
					}
				}
			}
		}
		f.rev.Tags = tags
	}
}

// content chooses the blocks that belong to the post.
func (f *finder) content() {
	first, last := f.span()
	for i := range f.rev.Blocks {
		b := &f.rev.Blocks[i]
		near := i >= first-12 && i <= last+6
		if b.Kept || near && ownRule(b.Rule) || b.Rule == "facts" || b.Rule == "named:facts" {
			f.blocks = append(f.blocks, b)
		}
	}
	if n := len(f.blocks); n > maxFactBlocks {
		f.blocks = slices.Concat(f.blocks[:maxFactBlocks/2], f.blocks[n-maxFactBlocks/2:])
	}
	var s strings.Builder
	const most = 64 << 10 // a body, not a book
	for _, p := range f.rev.Paragraphs {
		if s.Len()+len(p) > most {
			break
		}
		s.WriteString(p)
		s.WriteByte('\n')
	}
	f.body = plain(s.String())
}

// span gives the first and the last block of the text.
func (f *finder) span() (first, last int) {
	first, last = len(f.rev.Blocks), -1
	for i := range f.rev.Blocks {
		if f.rev.Blocks[i].Kept {
			first, last = min(first, i), i
		}
	}
	return first, last
}

// maxFactBlocks are the blocks, from both ends of the text, that are searched for facts.
const maxFactBlocks = 2000

// ownRule reports whether a block was dropped as a part of the post that is no prose.
func ownRule(rule string) bool {
	switch rule {
	case "facts", "named:facts", "named:meta", "line:byline", "line:meta", "empty-section", "short", "named:rating", "named:head", "line:facts", "label:meta":
		return true
	}
	return strings.HasPrefix(rule, "fact") || strings.HasPrefix(rule, "rating")
}

// dates finds when the review was published and last changed.
func (f *finder) dates() {
	monthFirst := f.rev.Lang == "en" && !strings.EqualFold(f.doc.LangAttr, "en-GB") && !strings.EqualFold(f.doc.LangAttr, "en-AU") ||
		f.rev.Lang == "" || strings.EqualFold(f.doc.LangAttr, "en-US")
	set := func(d *Date, value string, from Source, conf float64) {
		if value == "" || conf <= d.Confidence {
			return
		}
		mo, ok := findDate(value, monthFirst)
		if !ok || f.rev.Lang == "hr" && strings.Contains(strings.ToLower(value), "listopad") {
			return
		}
		if !mo.sure {
			conf -= 0.15
		}
		if conf > d.Confidence {
			*d = Date{Value: mo.t, DateOnly: mo.dateOnly, From: from, Confidence: conf}
		}
	}
	pub, mod := &f.rev.Published, &f.rev.Modified
	if v, from, ok := f.value(func(r *Rules) []Rule { return r.Published }); ok {
		set(pub, v, from, ruled)
	}
	if v, from, ok := f.value(func(r *Rules) []Rule { return r.Modified }); ok {
		set(mod, v, from, ruled)
	}
	for i := range f.items {
		it := &f.items[i]
		conf := 0.0
		switch {
		case it.is("BlogPosting", "Article", "NewsArticle", "Review", "CriticReview", "ReviewNewsArticle", "OpinionNewsArticle", "Report", "AnalysisNewsArticle"):
			conf = 0.95
		case it.is("h-entry", "h-review"):
			conf = 0.85
			set(pub, f.text(it.object, "published"), Source(it.src+":dt-published"), conf)
			set(mod, f.text(it.object, "updated"), Source(it.src+":dt-updated"), conf)
			continue
		case it.is("WebPage", "CreativeWork", "SocialMediaPosting"):
			conf = 0.8
		default:
			continue
		}
		name := Source(it.src + ":" + it.types[0])
		set(pub, f.text(it.object, "datePublished"), name+".datePublished", conf)
		set(pub, f.text(it.object, "dateCreated"), name+".dateCreated", conf-0.2)
		set(mod, f.text(it.object, "dateModified"), name+".dateModified", conf)
	}
	for _, k := range [...]string{"article:published_time", "article:published", "datepublished", "og:published_time", "date", "pubdate", "publish-date", "publish_date", "publication_date", "parsely-pub-date", "sailthru.date", "dc.date.issued", "dc.date", "dcterms.date", "dcterms.created", "citation_publication_date", "dc.date.created", "article.published", "published-date", "release_date", "cxenseparse:recs:publishtime", "originalpublicationdate", "created"} {
		if v := f.doc.MetaOne(k); v != "" {
			conf := 0.92
			if !strings.Contains(k, "publ") && k != "pubdate" {
				conf = 0.82
			}
			set(pub, v, Source("meta:"+k), conf)
		}
	}
	for _, k := range [...]string{"article:modified_time", "og:updated_time", "datemodified", "dcterms.modified", "last-modified", "lastmod", "revised"} {
		if v := f.doc.MetaOne(k); v != "" {
			set(mod, v, Source("meta:"+k), 0.9)
		}
	}
	headOrder := 0
	if f.head != nil {
		headOrder = f.head.order
	}
	for _, d := range f.marks.dates {
		conf := d.conf
		if h := f.headAbove(d.order); h != nil && h != f.head && h.links && h.order > headOrder && headOrder > 0 {
			continue // another post's
		}
		if d.zone&(inHead|inFoot) != 0 {
			conf -= 0.3
		}
		near := d.order - headOrder
		if headOrder > 0 && near > -15 && near < 40 {
			conf += 0.08
		} else if headOrder > 0 && d.zone&inArticle == 0 {
			conf -= 0.1
		}
		if d.zone&inText != 0 {
			conf -= 0.3 // a date in the text is part of its story
		}
		if d.from == "time" && headOrder > 0 && f.head.zone&inArticle != 0 && d.zone&inArticle == 0 && near > 0 {
			continue // behind the article: another post's, most likely
		}
		if strings.HasSuffix(string(d.from), "updated") {
			set(mod, d.value, d.from, conf)
			set(pub, d.value, d.from, conf-0.35) // better than none
			continue
		}
		for _, part := range dateParts(d.value) {
			if saysChanged(part) {
				set(mod, part, d.from, conf)
			} else {
				set(pub, part, d.from, min(conf, 0.9))
			}
		}
	}
	if pub.Confidence < 0.5 {
		first, last := f.span()
		for i := max(0, first-8); i < min(len(f.rev.Blocks), last+4); i++ {
			b := &f.rev.Blocks[i]
			if i > last && b.Rule == "outside" && b.headed {
				break // comments, other posts: each with dates of its own
			}
			if i > first+2 && i < last-1 || b.apart || len(b.Text) > 120 || !b.Kept && !ownRule(b.Rule) && b.Rule != "outside" && b.Rule != "time" && !strings.HasPrefix(b.Rule, "line:") && !strings.HasPrefix(b.Rule, "label:") {
				continue
			}
			for _, part := range dateParts(b.Text) {
				mo, ok := findDate(part, monthFirst)
				if !ok {
					continue
				}
				low := strings.ToLower(part)
				switch rest := len(part) - mo.end; {
				case strings.Contains(low, "©"), strings.Contains(low, "copyright"), strings.Contains(low, "release"):
				case saysChanged(part):
					set(mod, part, "text:date", 0.45)
				case strings.Contains(low, "posted"), strings.Contains(low, "published"), strings.Contains(low, "written"):
					set(pub, part, "text:date", 0.6)
				case rest <= 40 && len(part) <= 60:
					set(pub, part, "text:date", 0.45)
				}
			}
		}
	}
	if t, day, ok := urlDate(f.path); ok {
		conf := 0.3
		if day {
			conf = 0.55
		}
		if pub.Confidence < conf {
			*pub = Date{Value: t, DateOnly: true, From: "url", Confidence: conf}
		}
	}
	if pub.Confidence < 0.2 {
		*pub = Date{}
	}
	if !pub.Value.IsZero() && !mod.Value.IsZero() && mod.Value.Before(pub.Value) && mod.Value.Before(pub.Value.Add(-24*time.Hour)) {
		// What was changed before it was published was published then, or one of them is wrong.
		if mod.Confidence < 0.8 {
			*mod = Date{}
		}
	}
}

// headAbove is the last heading before a place on the page.
func (f *finder) headAbove(order int) *head {
	i := sort.Search(len(f.heads), func(i int) bool { return f.heads[i].order >= order })
	if i == 0 {
		return nil
	}
	return &f.heads[i-1]
}

// dateParts are the parts of a line of particulars: "Updated: March 3, 2021 | Published: January 10, 2019".
func dateParts(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == '|' || r == '·' || r == '•' || r == '\n' || r == '(' || r == ';' })
}

// changeWords say, in a line with a date, that the date is of a later change.
var changeWords = [...]string{"updated", "modified", "last edited", "aktualisiert", "bearbeitet", "mis à jour", "modifié", "actualizado", "modificado",
	"aggiornato", "modificato", "atualizado", "bijgewerkt", "uppdaterad", "opdateret", "oppdatert", "zaktualizowano", "aktualizacja", "обновлено", "更新"}

// saysChanged reports whether a line tells of a change and not of the publication.
func saysChanged(s string) bool {
	low := s
	if len(low) < 100 {
		low = strings.ToLower(low)
	}
	if strings.Contains(low, "publish") || strings.Contains(low, "posted") {
		return false
	}
	for _, w := range changeWords {
		if strings.Contains(low, w) {
			return true
		}
	}
	return false
}

func (f *finder) author() {
	order := 0
	if f.head != nil {
		order = f.head.order
	}
	if v, from, ok := f.value(func(r *Rules) []Rule { return r.Author }); ok {
		if name, _ := byline(v); name != "" && !genericAuthor(name, f.site) {
			for i := range f.items { // "Jane Doe Daily Courier"
				it := &f.items[i]
				if !it.is("NewsArticle", "Article", "BlogPosting", "Review") {
					continue
				}
				for _, a := range f.texts(it.object, "author") {
					if strings.Contains(a, " ") && strings.HasPrefix(name, a+" ") && !strings.ContainsAny(name[len(a):], ",&") && !strings.Contains(name[len(a):], " and ") {
						name = a
					}
				}
			}
			f.rev.Author = Text{Value: name, From: from, Confidence: ruled}
			return
		}
	}
	f.rev.Author = findAuthor(f.marks, f.doc, f.rev.Blocks, f.site, order)
	if f.rev.Author.Confidence < 0.8 {
		for _, p := range f.factBox() {
			if critics[p.key] && allNames(p.value) {
				f.rev.Author = Text{Value: p.value, From: "facts:" + Source(p.key), Confidence: 0.8}
				break
			}
		}
	}
}

// rating finds the critic's grade.
func (f *finder) rating() {
	var all []Rating
	consider := func(r Rating) {
		if r.Confidence >= 0.5 {
			all = append(all, r)
		}
	}
	outOf := 0.0
	for i := range f.rules {
		if outOf == 0 {
			outOf = f.rules[i].OutOf
		}
	}
	// Rules of the site or its platform.
	if v, from, ok := f.value(func(r *Rules) []Rule { return r.Rating }); ok {
		hits := findRatings(v)
		if len(hits) == 0 {
			if n, k := decimal(v); k > 0 && k == len(v) {
				hits = []hit{{Rating: Rating{Raw: v, Value: n, Best: outOf, Method: "number"}}}
			}
		}
		if len(hits) > 0 {
			r := hits[0].Rating
			if r.Best == 0 {
				r.Best = outOf
			}
			r.From, r.Confidence = from, ruled
			consider(r)
		}
	}
	// What the page says in data.
	var subject object
	for i := range f.items {
		it := &f.items[i]
		switch {
		case it.is("Review", "CriticReview", "UserReview", "MovieReview"):
			if it.is("UserReview") || it.visitors {
				continue
			}
			about := ""
			for _, v := range f.all(it.object, "itemReviewed") {
				if o, ok := v.(object); ok {
					for _, t := range typesOf(o) {
						about = t
					}
					if subject == nil {
						subject = o
					}
				}
			}
			if about != "" && !filmTypes[about] {
				if f.otherWork == "" {
					f.otherWork = about
				}
				continue
			}
			f.reviewed = true
			for _, v := range f.all(it.object, "reviewRating") {
				r, ok := f.dataRating(v)
				if !ok {
					continue
				}
				r.Method, r.From, r.Confidence = it.src, Source(it.src+":"+it.types[0]+".reviewRating"), 0.95
				consider(r)
				break
			}
		case it.is("h-review"):
			f.reviewed = true
			if v := f.text(it.object, "rating"); v != "" {
				n, k := decimal(v)
				best := 5.0
				if b, kb := decimal(f.text(it.object, "best")); kb > 0 {
					best = b
				}
				if k > 0 && k == len(v) && n <= best {
					consider(Rating{Raw: v, Value: n, Best: best, Worst: 1, Method: "microformat", From: "mf:h-review.p-rating", Confidence: 0.92})
				} else if hits := findRatings(v); len(hits) == 1 {
					r := hits[0].Rating
					r.From, r.Confidence = "mf:h-review.p-rating", 0.92
					consider(r)
				}
			}
		}
	}
	// The headline.
	f.bare = f.rev.Headline.Value
	// "Review: WALL·E A" ends in a grade if the text knows "WALL·E" and not "WALL·E A".
	letterFits := func(before, letter string) bool {
		guesses, _ := filmGuesses(before)
		g := weighGuesses(guesses, f.clues())
		return g.count > 0 && g.score >= minFilm && countName(f.clues().body, nameWords(g.title)+" "+letter, 1) == 0
	}
	if r, rest := headlineRating(f.rev.Headline.Value, letterFits); r != nil {
		f.bare = rest
		consider(*r)
	}
	for i := range f.rules {
		if p := f.rules[i].HeadlinePattern; p != nil {
			if m := p.FindStringSubmatch(f.rev.Headline.Value); m != nil {
				if k := p.SubexpIndex("rating"); k >= 0 && m[k] != "" {
					if hits := findRatings(m[k]); len(hits) > 0 {
						r := hits[0].Rating
						if r.Best == 0 {
							r.Best = outOf
						}
						r.From, r.Confidence = Source(f.rules[i].from()+" headline"), ruled
						consider(r)
					}
				}
			}
		}
	}
	f.drawnRating(consider)
	f.writtenRating(consider)
	if len(all) == 0 {
		return
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].Confidence > all[j].Confidence })
	best := all[0]
	for _, r := range all[1:] { // a full row of stars of which style shows a part
		if best.Method == "glyphs" && best.Value == best.Best && r.Method == "css" && r.Value < r.Best {
			best = r
			break
		}
	}
	// The same grade written as well as drawn or in data: the words are kept, they say how the critic put it.
	for _, r := range all[1:] {
		a, okA := best.Normalised()
		b, okB := r.Normalised()
		if okA && okB && a == b && r.Confidence > 0.8 && (best.Method == "ld" || best.Method == "microdata" || best.Method == "css") && best.Confidence < ruled {
			r.Confidence = best.Confidence
			r.Worst = best.Worst
			best = r
			break
		}
		if best.Confidence < 0.7 && (!okA || !okB || a != b) && r.Confidence > best.Confidence-0.04 {
			return // two weak ones that differ: neither
		}
	}
	for _, r := range all { // the same figure with its maximum
		if best.Best == 0 && r.Value == best.Value {
			best.Best, best.Worst = r.Best, r.Worst
		}
	}
	if best.Best == 0 && outOf > 0 && best.Value <= outOf {
		best.Best = outOf
	}
	f.rev.Rating = &best
}

// filmTypes are schema.org's kinds of thing that a film review may be about. The plain ones are used for films by sites that know no
// better.
var filmTypes = map[string]bool{"Movie": true, "CreativeWork": true, "Thing": true, "VideoObject": true, "MovieSeries": true, "TVSeries": true,
	"TVEpisode": true, "TVSeason": true, "Episode": true, "CreativeWorkSeries": true, "ShortFilm": true, "Film": true, "Clip": true, "MediaObject": true, "Product": true}

// dataRating reads a Rating of schema.org: bestRating is 5 and worstRating 1 where they are missing.
func (f *finder) dataRating(v any) (Rating, bool) {
	r := Rating{Best: 5, Worst: 1}
	switch v := v.(type) {
	case string:
		return f.parseRating(v, r)
	case object:
		for _, t := range typesOf(v) {
			if t == "AggregateRating" {
				return r, false
			}
		}
		if n, k := number(f.text(v, "bestRating")); k {
			r.Best = n
		}
		if n, k := number(f.text(v, "worstRating")); k {
			r.Worst = n
		}
		s := f.text(v, "ratingValue")
		if s == "" {
			s = f.text(v, "name")
		}
		return f.parseRating(s, r)
	}
	return r, false
}

func (f *finder) parseRating(s string, r Rating) (Rating, bool) {
	r.Raw = s
	if n, ok := number(s); ok {
		r.Value = n
		if n > r.Best && r.Best == 5 {
			switch {
			case n <= 10:
				r.Best = 10
			case n <= 100:
				r.Best = 100
			}
		}
		return r, n >= 0 && n <= r.Best
	}
	if hits := findRatings(s); len(hits) == 1 {
		h := hits[0].Rating
		if h.Best == 0 {
			h.Best = r.Best
		}
		return h, true
	}
	return r, false
}

// number reads a text that is one number.
func number(s string) (float64, bool) {
	s = strings.TrimSpace(strings.Replace(s, ",", ".", 1))
	if s == "" || len(s) > 12 {
		return 0, false
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil && n == n && n >= -100 && n <= 1000
}

// drawnRating takes a grade that is drawn in markup, if the page draws one only.
func (f *finder) drawnRating(consider func(Rating)) {
	var best *mark
	values := map[string]bool{}
	framed := false // the page says where its post stands
	for i := range f.heads {
		framed = framed || f.heads[i].zone&(inArticle|inText) != 0
	}
	for i := range f.widgets {
		w := &f.widgets[i]
		if framed && w.zone&(inArticle|inText) == 0 {
			continue
		}
		values[w.value] = true
		if best == nil || w.conf > best.conf {
			best = w
		}
	}
	if best == nil || len(values) > 2 {
		return
	}
	if best.from == "image" && len(f.widgets) > 2 {
		return // customers' words
	}
	conf := best.conf
	if len(values) == 2 { // several grades: parts of one, or other films'
		conf -= 0.25
	}
	v, b, _ := strings.Cut(best.value, "/")
	value, _ := strconv.ParseFloat(v, 64)
	top, _ := strconv.ParseFloat(b, 64)
	if value == 0 && best.from != "image" {
		return // no one has voted yet, more often than the worst of films
	}
	raw := best.value
	if top == 0 {
		raw = v
	}
	consider(Rating{Raw: raw, Value: value, Best: top, Method: string(best.from), From: Source("markup:" + string(best.from)), Confidence: conf})
}

// writtenRating looks for a grade in the text.
func (f *finder) writtenRating(consider func(Rating)) {
	n := len(f.blocks)
	var found []hit
	for _, p := range f.marks.facts { // "Rating" in a definition list or a table
		if len(p.key) > 40 || len(p.value) > 60 || !isRateLabel(p.key) {
			continue
		}
		line := p.key + ": " + p.value
		for _, h := range findRatings(line) {
			if h.Confidence = h.weigh(line, 0, n, false); h.Confidence >= 0.5 {
				h.From = Source("facts:" + strings.ToLower(p.key))
				found = append(found, h)
			}
		}
	}
	for i, b := range f.blocks {
		edge := i <= 1 || i >= n-3
		if len(b.Text) > 200 && !edge {
			if !mayGrade(b.Text) {
				continue
			}
		}
		s := b.Text
		if i > 0 && len(s) <= 60 && len(f.blocks[i-1].Text) <= 40 && isRateLabel(f.blocks[i-1].Text) { // the label stands in a line, or heading, above
			s = strings.TrimRight(f.blocks[i-1].Text, ": ") + ": " + s
		}
		if len(s) <= 40 {
			if h, ok := labelledNumber(s); ok {
				h.From = Source("text:block " + strconv.Itoa(i+1))
				found = append(found, h)
				continue
			}
		}
		off := 0
		if len(s) > 1200 { // a grade in a long paragraph stands at its end
			off = len(s) - 600
			for off < len(s) && !utf8.RuneStart(s[off]) {
				off++
			}
			s = s[off:]
		}
		for _, h := range findRatings(s) {
			w := h.weigh(s, i, n, b.Kind == Heading)
			if b.Kind == Caption {
				w -= 0.4
			}
			if !b.Kept && !ownRule(b.Rule) {
				w -= 0.3
			}
			if w < 0.5 {
				continue
			}
			h.Confidence = w
			switch {
			case b.Kind == Heading:
				h.From = "text:heading"
			case i == 0:
				h.From = "text:first block"
			case i == n-1:
				h.From = "text:last block"
			default:
				h.From = Source("text:block " + strconv.Itoa(i+1))
			}
			found = append(found, h)
		}
	}
	// Several blocks of the same weight with different grades: a list of films, or of parts.
	best := -1
	for i := range found {
		if best < 0 || found[i].Confidence > found[best].Confidence {
			best = i
		}
	}
	if best < 0 {
		return
	}
	differ := 0
	for i := range found {
		if found[i].Raw != found[best].Raw && found[i].Confidence > found[best].Confidence-0.05 {
			differ++
		}
	}
	switch {
	case differ >= 2:
		return
	case differ == 1: // the last word counts, with less trust
		for i := range found {
			if found[i].Confidence > found[best].Confidence-0.05 {
				best = max(best, i)
			}
		}
		found[best].Confidence -= 0.2
	}
	consider(found[best].Rating)
}

// labelledNumber reads "Score: 8.5", a grade whose maximum is not stated. A whole number may count votes.
func labelledNumber(s string) (hit, bool) {
	label, value, ok := strings.Cut(s, ":")
	value = strings.Trim(value, " \u00a0.")
	v, k := decimal(value)
	if !ok || k == 0 || k != len(value) || v > 10 || v == math.Trunc(v) || !isRateLabel(label) {
		return hit{}, false
	}
	return hit{Rating: Rating{Raw: value, Value: v, Method: "number", Confidence: 0.75}}, true
}

// isRateLabel reports whether a text is a label of a grade and no more: "Rating", "Our verdict:", "Final score".
func isRateLabel(s string) bool {
	label, n := false, 0
	for w := range strings.FieldsFuncSeq(s, notWord) {
		w = strings.ToLower(w)
		if rateOthers[w] {
			return false
		}
		label = label || rateLabels[w]
		n++
	}
	return label && n <= 4 && !strings.ContainsAny(s, "0123456789★⭐*")
}

// mayGrade is the quick test for a paragraph of prose in the middle.
func mayGrade(s string) bool {
	for _, w := range [...]string{"★", "⭐", "/10", "/5", "/4", "/100", "out of ", "stars", " star", "Sterne", "étoiles", "estrellas", "stelle", "grade", "rating", "score"} {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// clues gathers what tells which name is the film's.
func (f *finder) clues() *clues {
	if f.told != nil {
		return f.told
	}
	c := &clues{body: nameWords(f.body), slug: slugOf(f.path), emph: make(map[string]int, len(f.emph)), tags: slices.Concat(f.rev.Tags, f.rev.Categories)}
	c.english = f.rev.Lang == "en"
	c.headSlug = slugWords(strings.Trim(nameWords(f.rev.Headline.Value), "'"))
	head := foldText(f.rev.Headline.Value)
	var b strings.Builder
	for _, s := range slices.Concat(f.alts, f.captions) {
		if a := foldText(s); head == "" || !strings.Contains(a, head) && !(len(a) > 20 && strings.HasPrefix(head, a)) { // many alternative texts repeat the headline
			b.WriteString(s)
			b.WriteByte('\n')
		}
	}
	c.pictures = nameWords(b.String())
	for s, n := range f.emph {
		c.emph[strings.Trim(nameWords(s), "'")] += n
	}
	f.told = c
	return c
}

// film finds title, year and director.
func (f *finder) film() {
	film := &f.rev.Film
	c := f.clues()
	box := f.factBox()

	setText := func(t *Text, v string, from Source, conf float64) {
		if v = trimTitle(space(v)); v != "" && len(v) <= maxFilmTitle && conf > t.Confidence {
			*t = Text{Value: v, From: from, Confidence: conf}
		}
	}
	setYear := func(y int, from Source, conf float64) {
		if y >= minFilmYear && y <= maxDateYear && conf > film.Year.Confidence {
			film.Year = Number{Value: y, From: from, Confidence: conf}
		}
	}
	if v, from, ok := f.value(func(r *Rules) []Rule { return r.Film }); ok {
		title := v
		if open, _, y := yearInBrackets(v); y > 0 {
			title = v[:open]
			setYear(y, from, ruled)
		}
		setText(&film.Title, title, from, ruled)
	}
	if v, from, ok := f.value(func(r *Rules) []Rule { return r.Year }); ok {
		setYear(filmYear(v), from, ruled)
	}
	if v, from, ok := f.value(func(r *Rules) []Rule { return r.Director }); ok {
		setText(&film.Director, v, from, ruled)
	}
	for i := range f.rules {
		if p := f.rules[i].HeadlinePattern; p != nil {
			if m := p.FindStringSubmatch(f.rev.Headline.Value); m != nil {
				from := Source(f.rules[i].from() + " headline")
				group := func(name string) string {
					if k := p.SubexpIndex(name); k >= 0 {
						return m[k]
					}
					return ""
				}
				setText(&film.Title, group("film"), from, ruled)
				setText(&film.Director, group("director"), from, ruled)
				setYear(filmYear(group("year")), from, ruled)
			}
		}
	}
	f.dataFilm(setText, setYear)

	guesses, labelled := filmGuesses(f.bare)
	f.labelled = labelled
	if name := f.headEmph(); name != "" {
		guesses = slices.DeleteFunc(guesses, func(g guess) bool { return g.title == name })
		guesses = append(guesses, guess{title: name, prior: 0.9, from: "headline:italics", director: directorBeside(f.bare, name)})
	}
	for _, p := range box { // a page with such facts is about one film
		if directorKeys[p.key] || yearKeys[p.key] {
			for i := range guesses {
				guesses[i].prior += 0.1
			}
			break
		}
	}
	// The head's own title, where the heading on the page says less.
	best := weighGuesses(guesses, c)
	if best.score < 0.75 {
		if og := cutSite(f.doc.MetaOne("og:title"), f.site); og != "" && foldText(og) != foldText(f.rev.Headline.Value) {
			more, l := filmGuesses(og)
			f.labelled = f.labelled || l
			if b := weighGuesses(more, c); b.score > best.score+0.1 {
				b.from = "meta:og:title"
				best = b
			}
		}
	}
	if best.score < minFilm {
		if t := cutSite(f.doc.Title, f.site); t != "" && foldText(t) != foldText(f.rev.Headline.Value) {
			more, l := filmGuesses(t)
			f.labelled = f.labelled || l
			more = slices.DeleteFunc(more, func(g guess) bool { // "… | Entertainment | The Herald"
				return slices.ContainsFunc(f.rev.Categories, func(c string) bool { return strings.EqualFold(c, g.title) })
			})
			if b := weighGuesses(more, c); b.count > 0 && b.score > best.score {
				b.from = "title"
				best = b
			}
		}
	}
	if best.score < minFilm && f.plainlyTitled() {
		best = guess{title: f.bare, score: minFilm + 0.01, from: "headline"}
	}
	if best.score >= minFilm {
		setText(&film.Title, best.title, best.from, min(best.score, 0.97))
	}
	if film.Title.Confidence < 0.9 {
		for _, p := range box {
			if titleKeys[p.key] {
				setText(&film.Title, p.value, "facts:"+Source(p.key), 0.9)
			}
		}
	}
	if best.score < 0.75 { // the headline says little: the page's description of itself may name "Her (2013)"
		for _, k := range [...]string{"description", "og:description", "twitter:description"} {
			d := f.doc.MetaOne(k)
			open, _, y := yearInBrackets(d)
			if y == 0 {
				continue
			}
			for name := lastRun(d[:open]); name != ""; _, name, _ = strings.Cut(name, " ") { // "On Her"
				if startsUpper(name) && countName(c.body, nameWords(name), 1) > 0 {
					setText(&film.Title, name, "meta:"+Source(k), 0.8)
					setYear(y, "meta:"+Source(k), 0.8)
					break
				}
			}
			break
		}
	}
	if film.Title.Value == "" {
		if name, conf := repeatedName(f.emph, c); conf >= minFilm {
			setText(&film.Title, name, "text:italics", conf)
		}
	}
	if film.Title.Value == "" {
		setText(&film.Title, f.introduced(), "text:introduced", 0.6)
	}
	same := best.title == film.Title.Value
	if same && best.year > 0 {
		setYear(best.year, best.from, 0.93)
	}
	if same && best.director != "" {
		setText(&film.Director, best.director, best.from, 0.85)
	}
	for _, b := range f.blocks {
		if b.Rule != "facts" {
			continue
		}
		if b.Text[0] == '(' { // "(1994; 116 minutes; directed by …)" below the headline
			setYear(filmYear(b.Text), "facts", 0.8)
			setText(&film.Director, directorInBrackets(strings.Trim(b.Text, "()")), "facts", 0.8)
		} else if y := filmYear(b.Text[:min(len(b.Text), 4)]); y > 0 { // "1994, 116 min. …"
			setYear(y, "facts", 0.8)
		}
		if who, ok := strings.CutPrefix(b.Text, "Directed by "); ok {
			if name, end := nameAfter(plain(who)); strings.Contains(name, " ") && end == len(plain(who)) {
				setText(&film.Director, name, "facts", 0.85)
			}
		}
	}
	for _, p := range box {
		switch {
		case yearKeys[p.key]:
			setYear(filmYear(p.value), "facts:"+Source(p.key), 0.92)
		case directorKeys[p.key]:
			if name := people(p.value); name != "" {
				setText(&film.Director, name, "facts:"+Source(p.key), 0.93)
			}
		}
	}
	if film.Title.Confidence < ruled {
		film.Title.Value = recased(film.Title.Value, f.body)
	}
	if film.Title.Value != "" {
		f.filmCount = countName(c.body, nameWords(film.Title.Value), 6)
		if film.Year.Confidence < 0.9 {
			if y, conf := releaseYear(plain(strings.Join(slices.Concat(f.captions, f.alts), "\n")), film.Title.Value); y > 0 {
				setYear(y, "caption", conf-0.02)
			}
			if y, conf := releaseYear(f.body, film.Title.Value); y > 0 {
				setYear(y, "text", conf)
			}
		}
		for _, b := range f.blocks {
			if y := creditYear(plain(b.Text), plain(film.Title.Value)); y > 0 {
				setYear(y, "text:credits", 0.85)
				break
			}
		}
		if film.Director.Value == "" {
			if name, conf := proseDirector(f.body, film.Title.Value, f.rev.Lang); name != "" {
				setText(&film.Director, name, "text", conf)
			}
		}
		f.taggedDirector()
		if film.Year.Value == 0 {
			published := 0
			if !f.rev.Published.Value.IsZero() {
				published = f.rev.Published.Value.Year()
			}
			if y := pictureYear(f.doc.MetaOne("og:image"), film.Title.Value); y > 0 {
				setYear(y, "meta:og:image", 0.6)
			} else if y := pictureYear(f.marks.image, film.Title.Value); y > 0 {
				setYear(y, "image", 0.6)
			} else if y := taggedYear(c.tags, published); y > 0 {
				setYear(y, "tags", 0.6)
			} else if y, conf := proseYear(f.body, published); y > 0 {
				setYear(y, "text", conf)
			} else if y, conf := loneYear(f.body, film.Title.Value, film.Director.Value, published); y > 0 {
				setYear(y, "text", conf)
			}
		}
	}
}

// introduced is the first name that the text sets apart, in its first paragraph, where the page's own description names it too, a tag
// does, or the words around it say that this is the film in hand.
func (f *finder) introduced() string {
	if len(f.rev.Paragraphs) == 0 {
		return ""
	}
	par, c := f.rev.Paragraphs[0], f.clues()
	name, start, end := "", len(par), 0
	for _, q := range quotedNames(par[:min(len(par), 2000)]) {
		if isName(q.text) {
			name, start, end = trimTitle(q.text), q.start, q.end
			break
		}
	}
	for s := range f.emph {
		if i := strings.Index(par, s); i >= 0 && i < start && startsUpper(s) && len(strings.Fields(s)) <= 8 && boundary(par, i) && boundary(par, i+len(s)) {
			name, start, end = s, i, i+len(s)
		}
	}
	words := nameWords(name)
	if len(words) < 3 || len(words) > 80 || noTitle(name) || allLabels(name) || strings.EqualFold(name, f.site) {
		return ""
	}
	count := countName(c.body, words, 6)
	alone := c.emph[words] >= 2 // in italics again, and nothing else is
	for s := range c.emph {
		if s == words || !startsUpper(s) {
			continue
		}
		alone = false
		if countName(c.body, s, 6) > count { // another is spoken of more
			return ""
		}
	}
	if alone {
		return name
	}
	for _, t := range c.tags {
		if strings.EqualFold(t, name) {
			return name
		}
	}
	folded := foldText(f.body)
	for _, k := range [...]string{"description", "og:description"} {
		d := f.doc.MetaOne(k)
		if t := foldText(d); len(t) > 10 && !strings.HasPrefix(folded, t[:min(len(t), 40)]) && countName(nameWords(d), words, 1) > 0 {
			return name
		}
	}
	if inHand(plain(par[:start]), plain(par[end:])) {
		return name
	}
	return ""
}

// headEmph is the name that the headline sets in italics.
func (f *finder) headEmph() string {
	if f.head == nil || f.head.node == nil {
		return ""
	}
	m := marker{}
	nodes := 0
	for n := range f.head.node.Descendants() {
		if nodes++; nodes > 40 {
			break
		}
		if n.DataAtom != atom.Em && n.DataAtom != atom.I && n.DataAtom != atom.Cite {
			continue
		}
		if s := trimTitle(m.shortText(n, 120)); s != "" && len(s) < 120 && startsUpper(s) && foldText(s) != foldText(f.head.text) && !isLabel(s) {
			return s
		}
	}
	return ""
}

// directorBeside is who made the film in "Kelly Reichardt’s First Cow", "First Cow by Kelly Reichardt".
func directorBeside(headline, name string) string {
	before, after, ok := strings.Cut(headline, name)
	if !ok {
		return ""
	}
	if d := directorAfter(after); d != "" {
		return d
	}
	d, _ := possessor(before)
	return d
}

// plainlyTitled reports whether the headline is nothing but a name, and the text sets no other name apart: the name of the film, which
// critics need not repeat.
func (f *finder) plainlyTitled() bool {
	h := trimTitle(f.bare)
	n := len(strings.Fields(h))
	if n == 0 || n > 7 || f.namedInside(h) || n == 1 && len(h) < 4 || strings.ContainsAny(h, "!?:;,#@/|–—") || !startsUpper(h) || noTitle(h) || allLabels(h) {
		return false
	}
	if n > 1 && !isCapitals(h) && capitals(h) != h {
		return false
	}
	for s, k := range f.emph {
		if k > 1 && startsUpper(s) && !strings.EqualFold(s, h) {
			return false
		}
	}
	seen := map[string]bool{}
	for i, q := range quotedNames(f.body[:min(len(f.body), 8000)]) {
		if seen[q.text] || i > 20 {
			return false
		}
		seen[q.text] = startsUpper(q.text) && capitals(q.text) == q.text
	}
	return true
}

// namedInside reports whether the text knows the beginning of a name, and not the whole: "Her Again".
func (f *finder) namedInside(h string) bool {
	body := f.clues().body
	for i := strings.LastIndexByte(h, ' '); i > 0; i = strings.LastIndexByte(h[:i], ' ') {
		if t := nameWords(h[:i]); countName(body, t, 2) > 0 && !smallWords[strings.ToLower(t)] {
			return true
		}
	}
	return false
}

// dataFilm reads the film that the page's data names.
func (f *finder) dataFilm(setText func(*Text, string, Source, float64), setYear func(int, Source, float64)) {
	film := &f.rev.Film
	fill := func(o object, from Source, conf float64) {
		name := f.text(o, "name")
		if name == "" {
			return
		}
		if open, _, y := yearInBrackets(name); y > 0 {
			setYear(y, from+".name", conf)
			name = name[:open]
		}
		setText(&film.Title, name, from+".name", conf)
		for _, k := range [...]string{"datePublished", "dateCreated", "releaseDate", "copyrightYear"} {
			if y := filmYear(f.text(o, k)); y > 0 {
				setYear(y, from+"."+Source(k), conf-0.04)
				break
			}
		}
		if ds := f.texts(o, "director"); len(ds) > 0 && len(ds) < 5 {
			setText(&film.Director, strings.Join(ds, " and "), from+".director", conf)
		}
	}
	movies := 0
	var movie object
	for i := range f.items {
		it := &f.items[i]
		switch {
		case it.is("Review", "CriticReview"):
			for _, v := range f.all(it.object, "itemReviewed") {
				switch v := v.(type) {
				case object:
					ts := typesOf(v)
					if len(ts) == 0 || filmTypes[ts[0]] {
						conf := 0.96
						if len(ts) > 0 && ts[0] != "Movie" && ts[0] != "Film" {
							conf = 0.75
						}
						fill(v, Source(it.src+":"+it.types[0]+".itemReviewed"), conf)
					}
				case string:
					setText(&film.Title, v, Source(it.src+":"+it.types[0]+".itemReviewed"), 0.85)
				}
			}
		case it.is("Movie"):
			if name := f.text(it.object, "name"); name != "" {
				if movie == nil || f.text(movie, "name") != name {
					movies++
				}
				movie = it.object
			}
		case it.is("h-review"):
			if v := f.text(it.object, "item"); v != "" && len(v) < 100 {
				setText(&film.Title, v, "mf:h-review.p-item", 0.85)
			}
		}
	}
	if movies == 1 {
		fill(movie, "ld:Movie", 0.9)
	}
}

var (
	titleKeys = wordSet("title film movie titel titre título titulo titolo originaltitel")
	yearKeys  = wordSet("year released release jahr année año anno ano jaar år rok produktionsjahr erscheinungsjahr kinostart")
	// More than one word is joined by an underscore here and in factBox.
	directorKeys = wordSet("director directors directed_by dir regie regisseur réalisation réalisateur réalisatrice réalisé_par dirección director/a dirigida_por regia " +
		"direção diretor regissör instruktør reżyseria режиссёр режиссер ohjaus režie yönetmen regi realización de_la_mano_de mise_en_scène")
)

func init() {
	yearKeys["release_date"], yearKeys["released"], yearKeys["release_year"], yearKeys["année_de_sortie"], yearKeys["date_de_sortie"] = true, true, true, true, true
}

// factBox reads the lines "Director: …" of fact boxes: definition lists, tables, and lines of text with several such keys.
func (f *finder) factBox() []pair {
	var out []pair
	add := func(key, value string) {
		key = strings.ReplaceAll(strings.ToLower(strings.Trim(space(key), " :*–—-•·|")), " ", "_")
		value = strings.Trim(space(value), " :*–—-•·|,;")
		if key != "" && value != "" && len(key) < 40 && len(value) < 160 && len(out) < 60 {
			out = append(out, pair{key, value})
		}
	}
	for _, p := range f.marks.facts {
		add(p.key, p.value)
	}
	n := len(f.blocks)
	for i, b := range f.blocks {
		s := b.Text
		if len(s) > 500 || strings.IndexByte(s, ':') < 0 || b.Kept && i > 5 && i < n-6 && len(s) > 120 {
			continue
		}
		for line := range strings.SplitSeq(s, "\n") {
			for seg := range strings.FieldsFuncSeq(line, func(r rune) bool { return r == '|' || r == '•' || r == '·' || r == ';' }) {
				// A segment may hold several keys: "Director: X Cast: Y".
				rest := seg
				for rest != "" {
					i := strings.IndexByte(rest, ':')
					if i < 0 || i > 60 {
						break
					}
					key := strings.TrimSpace(rest[:i])
					value := rest[i+1:]
					next := ""
					if j := strings.IndexByte(value, ':'); j >= 0 {
						// The next key is the last words before the colon that are one.
						if k := keyStart(value[:j]); k >= 0 {
							value, next = value[:k], value[k:]
						}
					}
					if k := keyStart(key); k > 0 {
						key = key[k:]
					}
					add(key, value)
					rest = next
				}
			}
		}
	}
	return out
}

// keyStart is where, at the end of a text, the key of a fact begins; -1 for none.
func keyStart(s string) int {
	s = strings.TrimRight(s, " ")
	for n, i := 0, len(s); n < 3 && i > 0; n++ {
		i = strings.LastIndexByte(s[:i], ' ')
		if factKeys[strings.ToLower(s[i+1:])] {
			return i + 1
		}
		if i < 0 {
			break
		}
	}
	return -1
}

// people reads the names of a fact: "Spike Jonze", "Joel and Ethan Coen", "Taika Waititi, Jemaine Clement".
func people(s string) string {
	if i := strings.IndexAny(s, "(["); i > 0 {
		s = s[:i]
	}
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 120 || len(strings.Fields(s)) > 14 {
		return ""
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == '/' || r == ';' })
	if len(parts) == 0 || len(parts) > 4 {
		return ""
	}
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
		name, end := nameAfter(parts[i])
		if name == "" {
			return ""
		}
		if end < len(parts[i]) {
			parts[i] = name
		}
	}
	switch len(parts) {
	case 1:
		return parts[0]
	default:
		return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
	}
}

// spoilerMarks warn of spoilers.
var spoilerMarks = [...]string{"spoiler alert", "spoiler warning", "spoilers ahead", "spoilers below", "spoilers follow", "heavy spoilers", "contains spoilers", "major spoilers",
	"minor spoilers", "mild spoilers", "full spoilers", "warning: spoilers", "spoilers!", "spoilers to follow", "spoilers within", "here be spoilers", "beware of spoilers", "spoilers for ",
	"spoilerwarnung", "achtung spoiler", "achtung, spoiler", "enthält spoiler", "vorsicht spoiler", "vorsicht, spoiler", "mit spoilern", "attention spoilers", "attention, spoilers", "attention : spoilers", "contient des spoilers",
	"contiene spoilers", "alerta de spoiler", "con spoilers", "aviso de spoilers", "ojo, spoilers", "attenzione spoiler", "attenzione: spoiler", "contiene spoiler", "spoileralert", "spoilervarning", "alerta spoiler", "contém spoilers"}

// spoilers notes a warning of spoilers in the headline, the tags or the text; "spoiler-free" is none.
func (f *finder) spoilers() {
	for _, t := range f.rev.Tags {
		if l := strings.ToLower(t); l == "spoilers" || l == "spoiler" || l == "contains spoilers" {
			f.rev.Spoilers = true
			return
		}
	}
	check := func(s string, short bool) bool {
		if !strings.Contains(s, "poiler") && !strings.Contains(s, "POILER") {
			return false
		}
		l := strings.ToLower(s)
		for _, no := range [...]string{"spoiler-free", "spoiler free", "no spoilers", "without spoilers", "non-spoiler", "spoilerfrei", "ohne spoiler", "sans spoiler", "sin spoilers", "senza spoiler", "free of spoilers", "avoid spoilers", "no spoiler"} {
			if strings.Contains(l, no) {
				return false
			}
		}
		for _, m := range spoilerMarks {
			if strings.Contains(l, m) {
				return true
			}
		}
		return short && strings.Contains(l, "spoiler")
	}
	if check(f.rev.Headline.Value, true) {
		f.rev.Spoilers = true
		return
	}
	for _, b := range f.blocks {
		if check(b.Text, len(b.Text) < 60) {
			f.rev.Spoilers = true
			return
		}
	}
}

// image finds the lead picture.
func (f *finder) image() {
	if v, _, ok := f.value(func(r *Rules) []Rule { return r.Image }); ok {
		if u := f.doc.Abs(v); u != "" {
			f.rev.Image = u
			return
		}
	}
	for _, k := range [...]string{"og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src"} {
		if u := f.doc.Abs(f.doc.MetaOne(k)); u != "" {
			f.rev.Image = u
			return
		}
	}
	for i := range f.items {
		it := &f.items[i]
		if it.is("BlogPosting", "Article", "NewsArticle", "Review", "Movie") {
			for _, v := range f.all(it.object, "image") {
				s, _ := v.(string)
				if o, ok := v.(object); ok {
					s = f.text(o, "url")
				}
				if u := f.doc.Abs(s); u != "" {
					f.rev.Image = u
					return
				}
			}
		}
	}
	f.rev.Image = f.marks.image
}

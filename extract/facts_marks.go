package extract

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// zone is what part of a page an element stands in, as its ancestors' tags, classes and ids tell.
type zone uint16

const (
	inComments zone = 1 << iota // visitors' words
	inRelated                   // other posts: related, previous and next, recent
	inSide                      // sidebars and widgets
	inNav
	inHead   // the site's header
	inFoot   // the site's footer
	inVotes  // what visitors, or other sites, gave
	inAuthor // byline or author card
	inArticle
	inRating // a rating widget
	inDate
	inText // the post's text, where its container says so
	inMeta // the line of byline, date and section

	aroundText = inComments | inRelated | inSide | inNav | inFoot
)

// zoneWords file the words of class names and ids under the part of the page that they announce.
var zoneWords = map[string]zone{
	"comment": inComments, "comments": inComments, "commentlist": inComments, "respond": inComments, "disqus": inComments,
	"livefyre": inComments, "webmention": inComments, "webmentions": inComments, "pingback": inComments, "pingbacks": inComments,
	"trackback": inComments, "trackbacks": inComments, "discussion": inComments, "kommentare": inComments, "kommentar": inComments,
	"commentaires": inComments, "comentarios": inComments, "isso": inComments, "utterances": inComments, "giscus": inComments,
	"replies": inComments,
	"related": inRelated, "relatedposts": inRelated, "recommended": inRelated, "recommendations": inRelated, "similar": inRelated,
	"popular": inRelated, "trending": inRelated, "recent": inRelated, "latest": inRelated, "pagination": inRelated,
	"pager": inRelated, "prev": inRelated, "next": inRelated, "previous": inRelated, "newer": inRelated, "older": inRelated,
	"outbrain": inRelated, "taboola": inRelated, "yarpp": inRelated, "upnext": inRelated, "suggested": inRelated,
	"promo": inRelated, "teaser": inRelated, "teasers": inRelated,
	"sidebar": inSide, "widget": inSide, "widgets": inSide, "rail": inSide,
	"nav": inNav, "navbar": inNav, "navigation": inNav, "menu": inNav, "breadcrumb": inNav, "breadcrumbs": inNav,
	"vote": inVotes, "votes": inVotes, "voting": inVotes, "user": inVotes, "users": inVotes, "reader": inVotes, "readers": inVotes,
	"audience": inVotes, "visitor": inVotes, "visitors": inVotes, "aggregate": inVotes, "average": inVotes, "avg": inVotes,
	"postratings": inVotes, "kksr": inVotes, "gdrts": inVotes, "rmp": inVotes, "community": inVotes, "imdb": inVotes,
	"tomatometer": inVotes, "metascore": inVotes, "metacritic": inVotes, "vv": inVotes,
	"author": inAuthor, "byline": inAuthor, "vcard": inAuthor, "hcard": inAuthor, "writer": inAuthor, "contributor": inAuthor,
	"reviewer": inAuthor, "critic": inAuthor, "postedby": inAuthor, "ljuser": inAuthor,
	"rating": inRating, "ratings": inRating, "stars": inRating, "star": inRating, "score": inRating, "grade": inRating,
	"starrating": inRating, "verdict": inRating,
	"date": inDate, "published": inDate, "timestamp": inDate, "pubdate": inDate, "datetime": inDate, "posted": inDate,
	"meta": inMeta, "postmeta": inMeta, "entrymeta": inMeta, "postinfo": inMeta, "subhead": inMeta, "details": inMeta, "info": inMeta, "header": inMeta,
	"time": inDate, "datestamp": inDate, "dateline": inDate, "updated": inDate, "modified": inDate,
}

var zoneSieve = sieveOf(zoneWords)

// zoneOf gives the parts that an element opens.
func (d *Document) zoneOf(n *html.Node) zone {
	var z zone
	switch n.DataAtom {
	case atom.Html, atom.Body, atom.Main:
		return 0
	case atom.Nav:
		z |= inNav
	case atom.Article:
		z |= inArticle
	case atom.Footer:
		z |= inFoot
	case atom.Header:
		z |= inHead
	}
	for i := range n.Attr {
		a := &n.Attr[i]
		switch a.Key {
		case "class":
			if n.DataAtom != atom.Article {
				z |= d.class(a.Val).zone
				continue
			}
			for tok := range strings.FieldsSeq(a.Val) {
				z |= tokenZone(tok, true)
			}
		case "id":
			for tok := range strings.FieldsSeq(a.Val) {
				z |= tokenZone(tok, n.DataAtom == atom.Article)
			}
		case "role":
			switch a.Val {
			case "navigation":
				z |= inNav
			case "complementary":
				z |= inSide
			case "contentinfo":
				z |= inFoot
			}
		case "itemprop":
			if a.Val == "comment" {
				z |= inComments
			}
		}
	}
	if n.DataAtom == atom.Article {
		z &^= inRelated | inSide | inNav // what the post is about, or how the theme names its cards
	}
	if z&inSide != 0 && n.DataAtom != atom.Aside && hasToken(attr(n, "class"), "Blog") {
		z &^= inSide // Blogger's own "widget Blog" holds the posts
	}
	return z
}

// tokenZone gives the parts that one class or id, of an article or of another element, announces.
func tokenZone(tok string, article bool) zone {
	if len(tok) > 80 {
		return 0
	}
	camel := tok
	if tok = asciiLower(tok); len(tok) != len(camel) {
		camel = tok // bytes that are no UTF-8 have become longer
	}
	switch tok {
	case "hentry", "h-entry", "blog-post", "blogpost":
		return inArticle
	case "secondary", "complementary":
		return inSide
	case "footer", "site-footer", "colophon", "page-footer", "global-footer", "footer-wrapper", "footer-widgets":
		return inFoot
	case "site-header", "masthead", "page-header", "global-header":
		return inHead
	case "comments-open", "comments-closed", "comments-on", "comments-off", "no-comments", "has-comments", "hide-comments":
		return 0
	case "entry-content", "post-content", "e-content", "post-body", "article-body", "articlebody", "article__body", "entry":
		return inText
	}
	if strings.HasPrefix(tok, "elementor") || strings.HasPrefix(tok, "tag-") ||
		strings.HasPrefix(tok, "category-") || strings.HasPrefix(tok, "tweak-") || strings.HasPrefix(tok, "has-") {
		return 0 // whole pages are made of these, and post classes name the post's tags
	}
	var z zone
	start, words, more := 0, 0, false
	for i := 0; i <= len(tok); i++ {
		hump := i < len(tok) && i > start && camel[i] >= 'A' && camel[i] <= 'Z' && camel[i-1] >= 'a' && camel[i-1] <= 'z'
		if i < len(tok) && isLetter(tok[i]) && !hump {
			continue
		}
		if i > start {
			w := tok[start:i]
			words++
			switch {
			case words == 1 && w == "more":
				more = true
			case more && (w == "posts" || w == "from" || w == "reviews" || w == "stories" || w == "articles"):
				z |= inRelated
			}
			if mayHold(zoneSieve, w) {
				z |= zoneWords[w]
			}
		}
		start = i + 1
		if hump {
			start = i
		}
	}
	if article && z&inComments != 0 && !strings.HasPrefix(tok, "comment") && !strings.HasPrefix(tok, "div-comment") {
		z &^= inComments
	}
	return z
}

// asciiLower is ASCII lower case, without an allocation where nothing changes.
func asciiLower(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 'A' && c <= 'Z' {
			return strings.ToLower(s)
		}
	}
	return s
}

// head is a heading, or what is dressed as a title.
type head struct {
	text  string
	level int // 1 to 6; 0 for no heading element
	titled,
	site bool // marked as the post's title; as the site's
	zone  zone
	order int
	links bool // the text is a link to elsewhere
	node  *html.Node
}

// mark is a value found in the markup, with how it was marked.
type mark struct {
	value string
	from  Source
	conf  float64
	zone  zone
	order int
	url   string
}

// marks are what one walk over the tree finds.
type marks struct {
	linked
	heads    []head
	authors  []mark
	dates    []mark // value is text or an attribute; from ends in "updated" for modification dates
	cats     labelList
	tags     labelList
	emph     map[string]int // names in <em>, <i>, <cite>, and how often
	alts     []string       // of pictures in the content
	captions []string
	image    string
	widgets  []mark // ratings drawn in markup: value is "4.5/5"; from tells the method
	facts    []pair // "Director": "…" in definition lists, tables, and fields with a label
	articles int    // posts on the page
	links    int    // links in the content
	linkText int    // bytes of their text
	textLen  int    // bytes of text in the content
}

// labelList is categories or tags: those in the post, and those elsewhere on the page, which count where the post has none.
type labelList struct{ own, page []string }

func (l *labelList) add(s string, own bool) {
	if own {
		l.own = appendNew(l.own, s)
	} else {
		l.page = appendNew(l.page, s)
	}
}

// list gives the labels if they are few enough to be the post's.
func (l *labelList) list(most int) []string {
	best := l.own
	if len(best) == 0 {
		best = l.page
	}
	if len(best) > most {
		return nil
	}
	return best
}

// pair is a line of a fact box.
type pair struct{ key, value string }

const (
	maxMarks     = 200
	maxMarkDepth = 512
	// Nodes looked at for short texts: of one element, and of the page.
	maxShortText  = 200
	maxShortNodes = 100000
)

// marker walks.
type marker struct {
	around map[*html.Node]bool // the elements that hold the text
	*marks
	doc    *Document
	order  int
	budget int // nodes that may still be visited for short texts, so that nesting costs no more than length
}

// mframe is what a walk hands down.
type mframe struct {
	zone  zone
	micro object // microdata item
	mf    object // microformat
	depth int
}

func gather(doc *Document, text []*html.Node) *marks {
	m := &marker{marks: &marks{}, doc: doc, budget: maxShortNodes, around: map[*html.Node]bool{}}
	for _, n := range text {
		for ; n != nil && !m.around[n]; n = n.Parent {
			m.around[n] = true
		}
	}
	for _, v := range doc.LD {
		m.add(v, "ld", 0)
	}
	root := doc.body
	if root == nil {
		root = doc.Root
	}
	m.walk(root, mframe{})
	return m.marks
}

func (m *marker) walk(n *html.Node, f mframe) {
	if f.depth++; f.depth > maxMarkDepth {
		return
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch c.Type {
		case html.TextNode:
			if f.zone&aroundText == 0 {
				m.textLen += len(c.Data)
			}
		case html.ElementNode:
			m.order++
			m.element(c, f)
		}
	}
}

func (m *marker) element(n *html.Node, f mframe) {
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Iframe, atom.Select, atom.Textarea, atom.Object, atom.Head:
		return
	}
	var own zone
	class, itemprop, rel := "", "", ""
	scoped := false
	if len(n.Attr) > 0 {
		own = m.doc.zoneOf(n)
		for i := range n.Attr {
			switch a := &n.Attr[i]; a.Key {
			case "class":
				class = a.Val
			case "itemprop":
				itemprop = a.Val
			case "rel":
				rel = a.Val
			case "itemscope":
				scoped = true
			}
		}
	} else {
		own = m.doc.zoneOf(n)
	}
	if own != 0 && m.around[n] {
		own &= inArticle | inText // "content-sidebar-wrap": a name is a hint, and what holds the text is the post
	}
	if own&inFoot != 0 && f.zone&inArticle != 0 {
		own &^= inFoot // the post's own footer
	}
	if own&inHead != 0 && (f.zone&inArticle != 0 || n.DataAtom == atom.Header) {
		own &^= inHead
	}
	if n.DataAtom == atom.Article && f.zone&aroundText == 0 && own&aroundText == 0 {
		m.articles++
	}
	f.zone |= own
	if f.zone&inComments != 0 {
		return
	}
	m.data(n, &f, class, itemprop, scoped)
	if f.zone&aroundText == 0 || f.zone&(inSide|inComments|inNav|inRelated) == 0 && f.zone&inFoot != 0 {
		m.content(n, f, own, class, itemprop, rel)
	}
	m.walk(n, f)
}

// content notes what an element of the post, not of the page around it, tells.
func (m *marker) content(n *html.Node, f mframe, own zone, class, itemprop, rel string) {
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		m.head(n, f, int(n.Data[1]-'0'), class, itemprop)
	case atom.Div, atom.P, atom.Span, atom.A:
		if class != "" && isTitleClass(class) {
			m.head(n, f, 0, class, itemprop)
		}
	case atom.Time:
		m.time(n, f, class, itemprop)
	case atom.Img:
		m.img(n, f)
	case atom.Em, atom.I, atom.Cite:
		if n.FirstChild != nil && f.zone&(aroundText|inAuthor) == 0 {
			if s := m.shortText(n, 100); len(s) >= 1 && len(s) < 100 {
				if m.emph == nil {
					m.emph = make(map[string]int)
				}
				if len(m.emph) < maxMarks {
					m.emph[trimTitle(s)]++
				}
			}
		}
	case atom.Figcaption:
		if len(m.captions) < 40 {
			m.captions = append(m.captions, m.shortText(n, 300))
		}
	case atom.Dt, atom.Th:
		if v := nextElement(n); v != nil && (v.DataAtom == atom.Dd || v.DataAtom == atom.Td) && len(m.facts) < maxMarks {
			m.facts = append(m.facts, pair{m.shortText(n, 60), m.shortText(v, 200)})
		}
	}
	if class != "" && len(m.facts) < maxMarks && strings.Contains(class, "label") && isLabelClass(class) {
		if v := nextElement(n); v != nil && v.DataAtom == n.DataAtom {
			m.facts = append(m.facts, pair{m.shortText(n, 60), m.shortText(v, 200)})
		}
	}
	if class != "" && n.DataAtom != atom.Figcaption && strings.Contains(class, "caption") && len(m.captions) < 40 {
		m.captions = append(m.captions, m.shortText(n, 300))
	}
	if own&inAuthor != 0 || rel != "" && hasToken(rel, "author") || itemprop == "author" {
		m.author(n, f, class, itemprop, rel)
	}
	if own&inMeta != 0 && own&inAuthor == 0 && f.zone&(inHead|inFoot) == 0 {
		m.metaLine(n, f)
	}
	if own&inDate != 0 && n.DataAtom != atom.Time && own&inAuthor == 0 {
		m.date(n, f, class, itemprop)
	} else if n.DataAtom == atom.Abbr && hasAttr(n, "title") && itemprop != "" {
		m.date(n, f, class, itemprop)
	}
	if n.DataAtom == atom.A {
		m.link(n, f, rel, class)
	}
	m.widget(n, f, own, class)
}

// isLabelClass reports whether a class names the label of a field: "field__label", "label", "info-label".
func isLabelClass(class string) bool {
	for tok := range strings.FieldsSeq(class) {
		if t, ok := strings.CutSuffix(tok, "label"); ok && (t == "" || t[len(t)-1] == '-' || t[len(t)-1] == '_') {
			return true
		}
	}
	return false
}

func isTitleClass(class string) bool {
	for tok := range strings.FieldsSeq(class) {
		switch asciiLower(tok) {
		case "entry-title", "post-title", "p-name", "article-title", "headline", "post__title", "article__title", "entry__title",
			"blog-title", "title-post", "post-headline", "article-headline", "blog-post-title", "entry-header-title", "content-title":
			return true
		}
	}
	return false
}

func (m *marker) head(n *html.Node, f mframe, level int, class, itemprop string) {
	if len(m.heads) >= maxMarks {
		return
	}
	s := m.shortText(n, 400)
	if s == "" || len(s) >= 400 {
		return
	}
	h := head{text: s, level: level, zone: f.zone, order: m.order, node: n}
	h.titled = isTitleClass(class) || itemprop == "headline" || itemprop == "name" && f.micro != nil && isText(f.micro)
	c := asciiLower(class + " " + attr(n, "id"))
	h.site = strings.Contains(c, "site") || strings.Contains(c, "logo") || strings.Contains(c, "brand") || strings.Contains(c, "screen-reader")
	if a := onlyLink(n); a != nil {
		if u := m.doc.Abs(attr(a, "href")); u != "" && u != m.doc.URL && u != m.doc.Canonical {
			h.links = true
			if i := strings.Index(u, "://"); i > 0 && strings.Count(strings.TrimRight(u, "/"), "/") == 2 { // to the front page
				h.site = true
			}
		}
	}
	m.heads = append(m.heads, h)
}

// isText reports whether a microdata item is a piece of writing.
func isText(o object) bool {
	for _, t := range typesOf(o) {
		switch t {
		case "Article", "BlogPosting", "NewsArticle", "Review", "CriticReview", "CreativeWork", "Blog", "ReviewNewsArticle", "WebPage":
			return true
		}
	}
	return false
}

// onlyLink is the link that an element consists of.
func onlyLink(n *html.Node) *html.Node {
	if n.DataAtom == atom.A {
		return n
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c.Type == html.ElementNode && c.DataAtom == atom.A:
			return c
		case c.Type == html.ElementNode && (c.DataAtom == atom.Span || c.DataAtom == atom.Strong):
			return onlyLink(c)
		case c.Type == html.TextNode && strings.TrimSpace(c.Data) != "":
			return nil
		}
	}
	return nil
}

func (m *marker) time(n *html.Node, f mframe, class, itemprop string) {
	if len(m.dates) >= maxMarks {
		return
	}
	mk := mark{zone: f.zone, order: m.order, from: "time", conf: 0.6}
	mk.value = attr(n, "datetime")
	if !hasYear(mk.value) {
		mk.value = m.shortText(n, 100)
	}
	c := asciiLower(class)
	if hasAttr(n, "pubdate") || strings.Contains(c, "publish") || itemprop == "datePublished" {
		mk.from, mk.conf = "time.published", 0.85
	}
	if strings.Contains(c, "updated") && !strings.Contains(c, "published") || strings.Contains(c, "modified") || itemprop == "dateModified" {
		mk.from = "time.updated"
	}
	m.dates = append(m.dates, mk)
}

// date notes a date in an element whose class says so.
func (m *marker) date(n *html.Node, f mframe, class, itemprop string) {
	if len(m.dates) >= maxMarks {
		return
	}
	mk := mark{zone: f.zone, order: m.order, from: "css:date", conf: 0.5}
	if n.DataAtom == atom.Abbr || n.DataAtom == atom.Span && hasAttr(n, "title") {
		mk.value = attr(n, "title")
	}
	if !hasYear(mk.value) {
		mk.value = m.shortText(n, 160)
	}
	if !hasYear(mk.value) || len(mk.value) >= 160 {
		return
	}
	c := asciiLower(class)
	switch {
	case (strings.Contains(c, "updated") || strings.Contains(c, "modified")) && !strings.Contains(c, "published"):
		mk.from = "css:updated"
	case strings.Contains(c, "published") || itemprop == "datePublished":
		mk.from, mk.conf = "css:published", 0.8
	}
	m.dates = append(m.dates, mk)
}

func (m *marker) author(n *html.Node, f mframe, class, itemprop, rel string) {
	if len(m.authors) >= maxMarks || n.DataAtom == atom.Img {
		return
	}
	mk := mark{zone: f.zone, order: m.order}
	if itemprop == "author" {
		mk.value = attr(n, "content")
	}
	if mk.value == "" {
		mk.value = m.shortText(n, 160)
	}
	if mk.value == "" || len(mk.value) >= 160 {
		return
	}
	if c := asciiLower(class); strings.Contains(c, "bio") || strings.Contains(c, "desc") || strings.Contains(c, "avatar") || strings.Contains(c, "website") || strings.Contains(c, "image") || strings.Contains(c, "social") {
		return
	}
	if n.DataAtom == atom.A {
		mk.url = attr(n, "href")
	}
	switch c := asciiLower(class); {
	case hasToken(rel, "author"):
		mk.from, mk.conf = "rel:author", 0.78
	case itemprop == "author":
		mk.from, mk.conf = "microdata:author", 0.8
	case strings.Contains(c, "byline"):
		mk.from, mk.conf = "css:byline", 0.72
	case hasToken(c, "author") || hasToken(c, "fn") || hasToken(c, "ljuser") || strings.Contains(c, "author-name") || strings.Contains(c, "p-author"):
		mk.from, mk.conf = "css:author", 0.7
	default:
		mk.from, mk.conf = "css:author-like", 0.5
	}
	if n.DataAtom != atom.A && n.DataAtom != atom.Span && wraps(n) { // a card: name, portrait, life
		mk.conf -= 0.25
	}
	m.authors = append(m.authors, mk)
}

// metaLine looks for a byline and a date in a line of particulars: "written by Jane Doe on 2016-02-22 · 4 min".
func (m *marker) metaLine(n *html.Node, f mframe) {
	s := m.shortText(n, 240)
	if len(s) < 4 || len(s) >= 240 || len(m.authors) >= maxMarks || len(m.dates) >= maxMarks {
		return
	}
	if name, conf := lineAuthor(s); name != "" {
		m.authors = append(m.authors, mark{value: name, from: "css:meta", conf: conf, zone: f.zone, order: m.order})
	}
	if hasYear(s) && f.zone&inText == 0 {
		m.dates = append(m.dates, mark{value: s, from: "css:meta", conf: 0.45, zone: f.zone, order: m.order})
	}
}

// wraps reports whether an element holds blocks or several elements with words of their own.
func wraps(n *html.Node) bool {
	words := 0
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode {
			continue
		}
		switch c.DataAtom {
		case atom.Div, atom.P, atom.Ul, atom.H2, atom.H3, atom.H4, atom.Section:
			return true
		case atom.A, atom.Span:
			words++
		}
	}
	return words > 2
}

// link notes what links tell: tags, categories, an author's page.
func (m *marker) link(n *html.Node, f mframe, rel, class string) {
	m.links++
	href := attr(n, "href")
	if len(href) > 2000 {
		return
	}
	isTag := rel != "" && hasToken(rel, "tag")
	path := asciiLower(href)
	cat := strings.Contains(path, "/category/") || strings.Contains(path, "/categories/") || strings.Contains(path, "/section/") ||
		rel != "" && hasToken(rel, "category") || strings.Contains(path, "?category=")
	tag := strings.Contains(path, "/tag/") || strings.Contains(path, "/tags/") || strings.Contains(path, "/label/") ||
		strings.Contains(class, "p-category") || strings.Contains(path, "/topics/")
	if isTag || cat || tag {
		s := strings.TrimLeft(m.shortText(n, 80), "# ")
		if s == "" || len(s) >= 80 || f.zone&(inHead|inFoot) != 0 {
			return
		}
		if cat {
			m.cats.add(s, f.zone&inArticle != 0)
		} else {
			m.tags.add(s, f.zone&inArticle != 0)
		}
		return
	}
	if s := m.shortText(n, 300); f.zone&aroundText == 0 {
		m.linkText += len(s)
	}
	if rel == "" && f.zone&(inAuthor|inHead) == 0 && (strings.Contains(path, "/author/") || strings.Contains(path, "/authors/") ||
		strings.Contains(path, "/contributor") || strings.Contains(path, "?author=")) && len(m.authors) < maxMarks {
		if s := m.shortText(n, 80); s != "" && len(s) < 80 {
			m.authors = append(m.authors, mark{value: s, from: "link:author", conf: 0.6, zone: f.zone, order: m.order, url: href})
		}
	}
}

func appendNew(list []string, s string) []string {
	if len(list) >= 50 {
		return list
	}
	for _, l := range list {
		if strings.EqualFold(l, s) {
			return list
		}
	}
	return append(list, s)
}

func (m *marker) img(n *html.Node, f mframe) {
	if f.zone&(aroundText|inAuthor) != 0 {
		return
	}
	if alt := attr(n, "alt"); alt != "" && len(alt) < 300 && len(m.alts) < 40 {
		m.alts = append(m.alts, alt)
	}
	if m.image != "" || f.zone&inRating != 0 {
		return
	}
	src := attr(n, "src")
	if src == "" || strings.HasPrefix(src, "data:") {
		for _, k := range [...]string{"data-src", "data-lazy-src", "data-original", "data-orig-file"} {
			if v := attr(n, k); v != "" {
				src = v
				break
			}
		}
	}
	if len(src) > 4000 || strings.HasPrefix(src, "data:") {
		return
	}
	if w, ok := digits(attr(n, "width"), 1, 5); ok && w < 150 {
		return
	}
	name := asciiLower(src)
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		name = name[i:]
	}
	for _, w := range [...]string{"logo", "avatar", "icon", "gravatar", "pixel", "spacer", "star", "rating", "banner", "badge", ".svg", "emoji"} {
		if strings.Contains(name, w) {
			return
		}
	}
	m.image = m.doc.Abs(src)
}

// data gathers microdata items and microformats into objects like those of JSON-LD.
func (m *marker) data(n *html.Node, f *mframe, class, itemprop string, scoped bool) {
	if f.zone&(inComments|inRelated|inSide) != 0 {
		f.micro, f.mf = nil, nil
		return
	}
	var o object
	if scoped {
		o = object{"@type": attr(n, "itemtype")}
		if len(m.items) < maxLinkedItems {
			if ts := typesOf(o); len(ts) > 0 {
				m.items = append(m.items, item{object: o, src: "microdata", types: ts})
			}
		}
	}
	if itemprop != "" && f.micro != nil {
		var v any = o
		if o == nil {
			v = m.propValue(n)
		}
		for p := range strings.FieldsSeq(itemprop) {
			setProp(f.micro, p, v)
		}
	}
	if o != nil {
		f.micro = o
	}
	if class == "" {
		return
	}
	// Microformats: h-entry, h-review and their first forms hentry and hreview.
	var root string
	for tok := range strings.FieldsSeq(class) {
		switch tok {
		case "h-entry", "hentry":
			root = "h-entry"
		case "h-review", "hreview":
			root = "h-review"
		}
	}
	if root != "" && len(m.items) < maxLinkedItems {
		f.mf = object{"@type": root}
		m.items = append(m.items, item{object: f.mf, src: "mf", types: []string{root}})
		return
	}
	if f.mf == nil {
		return
	}
	for tok := range strings.FieldsSeq(class) {
		switch tok {
		case "p-item", "item", "p-rating", "rating", "p-best", "best", "p-worst", "worst", "p-category", "p-name", "dt-published", "dt-updated":
		default:
			continue
		}
		key := tok
		if i := strings.IndexByte(key, '-'); i > 0 {
			key = key[i+1:]
		}
		if typesOf(f.mf)[0] != "h-review" && (key == "item" || key == "best" || key == "worst" || tok == "rating") {
			continue
		}
		setProp(f.mf, key, m.propValue(n))
	}
}

func setProp(o object, key string, v any) {
	if s, ok := v.(string); ok && s == "" {
		return
	}
	switch old := o[key].(type) {
	case nil:
		o[key] = v
	case []any:
		if len(old) < 50 {
			o[key] = append(old, v)
		}
	default:
		o[key] = []any{old, v}
	}
}

// propValue is the value of a microdata property: HTML Living Standard section 5.2.4.
func (m *marker) propValue(n *html.Node) string {
	switch n.DataAtom {
	case atom.Meta:
		return attr(n, "content")
	case atom.Time:
		if v := attr(n, "datetime"); v != "" {
			return v
		}
	case atom.Data, atom.Meter:
		if v := attr(n, "value"); v != "" {
			return v
		}
	case atom.Abbr:
		if v := attr(n, "title"); v != "" {
			return v
		}
	case atom.Img, atom.Link, atom.A:
		if n.DataAtom == atom.Img {
			return attr(n, "src")
		}
		if n.DataAtom == atom.Link {
			return attr(n, "href")
		}
	}
	if v := attr(n, "content"); v != "" {
		return v
	}
	return m.shortText(n, 400)
}

// shortText is the text of an element on one line, cut when it grows past limit bytes: a longer text is none of the short values
// that are looked for.
func (m *marker) shortText(n *html.Node, limit int) string {
	if c := n.FirstChild; c != nil && c.NextSibling == nil && c.Type == html.TextNode && len(c.Data) < limit {
		return space(c.Data)
	}
	if m.budget <= 0 {
		return ""
	}
	var t text
	nodes := maxShortText
	appendShort(&t, n, limit, &nodes, 0)
	m.budget -= maxShortText - nodes
	s := t.String()
	if strings.IndexByte(s, '\n') >= 0 {
		s = strings.ReplaceAll(s, "\n", " ")
	}
	return strings.TrimSpace(s)
}

func appendShort(t *text, n *html.Node, limit int, nodes *int, depth int) {
	for c := n.FirstChild; c != nil && len(t.buf) < limit && *nodes > 0 && depth < 64; c = c.NextSibling {
		*nodes--
		switch c.Type {
		case html.TextNode:
			if len(c.Data) > 4*limit {
				t.add(c.Data[:4*limit])
			} else {
				t.add(c.Data)
			}
		case html.ElementNode:
			switch c.DataAtom {
			case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Svg:
				continue
			case atom.Br, atom.Div, atom.P, atom.Li, atom.Td, atom.Tr, atom.H1, atom.H2, atom.H3, atom.H4:
				t.pending = true
				appendShort(t, c, limit, nodes, depth+1)
				t.pending = true
				continue
			}
			if strings.Contains(attr(c, "class"), "screen-reader") {
				continue
			}
			appendShort(t, c, limit, nodes, depth+1)
		}
	}
}

func nextElement(n *html.Node) *html.Node {
	for c := n.NextSibling; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode {
			return c
		}
	}
	return nil
}

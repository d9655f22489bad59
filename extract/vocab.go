package extract

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// flags are what the tag, classes, id and role of an element say about what it holds.
type flags uint32

const (
	isComment flags = 1 << iota // visitors' comments and their form
	isShare                     // share and follow bars
	isRelated                   // other pieces: related, popular, next and previous
	isNav                       // menus, breadcrumbs, page numbers, skip links
	isFooter                    // foot of the page
	isAside                     // side columns, widgets
	isAuthor                    // author cards
	isMeta                      // byline, date, reading time
	isTags                      // tags and categories
	isSignup                    // newsletter, membership, donation, forms
	isAd                        // advertisements, affiliate boxes
	isNotice                    // cookies, consent, pop-ups, paywall
	isCaption                   // captions and credits of pictures
	isTOC                       // table of contents
	isEmbed                     // embedded posts and players
	isFacts                     // fact boxes: cast and crew
	isPull                      // pull quotes: words repeated from the text
	isHead                      // page or article head
	isTitle                     // headline
	isGallery
	isHidden  // not shown
	isDropped // by a rule of a theme or layout

	isBody    // says of itself that it is the text of the piece
	isArticle // says of itself that it is a piece
	isMain
	isNote    // footnotes
	isRating  // a grade
	isSpoiler // text behind a spoiler switch
	isMenu    // weak: a list of links perhaps
)

// chrome are the flags of what is around a review and not in it.
const chrome = isComment | isShare | isRelated | isNav | isFooter | isAside | isAuthor | isMeta | isTags | isSignup | isAd |
	isNotice | isCaption | isTOC | isEmbed | isFacts | isPull | isGallery | isHidden | isDropped

var flagNames = [...]string{"comment", "share", "related", "nav", "footer", "aside", "author", "meta", "tags", "signup", "ad",
	"notice", "caption", "toc", "embed", "facts", "pull-quote", "head", "title", "gallery", "hidden", "dropped"}

// name is the first flag's name.
func (f flags) name() string {
	for i, n := range flagNames {
		if f&(1<<i) != 0 {
			return n
		}
	}
	return ""
}

// vocabulary is the words that classes and ids are made of ("entry-meta", "postAuthor", "sd_sharing": each part is looked up,
// then the whole name in lower case). The names are those of the common platforms, their themes and add-ons.
var vocabulary = map[string]flags{
	// comments
	"comment": isComment, "comments": isComment, "commentlist": isComment, "commentform": isComment, "respond": isComment,
	"disqus": isComment, "commentary": 0, "reply": isComment, "replies": isComment, "commento": isComment, "giscus": isComment,
	"utterances": isComment, "webmentions": isComment, "webmention": isComment, "pingbacks": isComment, "trackback": isComment,
	"trackbacks": isComment, "pings": isComment, "isso": isComment, "livefyre": isComment, "intensedebate": isComment,
	"discussion": isComment, "kommentare": isComment, "commentaires": isComment, "comentarios": isComment, "commenti": isComment,
	"reacties": isComment, "responses": isComment, "coral": isComment, "cusdis": isComment, "waline": isComment, "valine": isComment,
	"gitalk": isComment, "remark42": isComment, "fbcomments": isComment, "commentsection": isComment, "talkback": isComment,
	// share and follow
	"share": isShare, "shares": isShare, "sharing": isShare, "social": isShare, "sharedaddy": isShare, "sharebar": isShare,
	"addtoany": isShare, "a2a": isShare, "addthis": isShare, "sharethis": isShare, "socials": isShare, "shareaholic": isShare,
	"jssocials": isShare, "ssba": isShare, "sharer": isShare, "follow": isShare, "followus": isShare, "likes": isShare,
	"socialmedia": isShare, "socialshare": isShare, "sharebuttons": isShare, "shariff": isShare, "heateor": isShare,
	"sfsi": isShare, "swp": isShare, "essb": isShare, "mashsb": isShare, "ssb": isShare, "synved": isShare, "teilen": isShare,
	"partager": isShare, "compartir": isShare, "condividi": isShare, "delen": isShare, "likebtn": isShare, "claps": isShare,
	"upvote": isShare, "upvotes": isShare, "sns": isShare, "socialbar": isShare, "tweetmeme": isShare, "reactions": isShare,
	"reaction": isShare, "toolbar": isShare, "sociable": isShare, "soc": isShare, "sharelinks": isShare, "sharelist": isShare,
	// related, previous and next
	"related": isRelated, "relateds": isRelated, "relatedposts": isRelated, "yarpp": isRelated, "recommended": isRelated,
	"recommendations": isRelated, "recommendation": isRelated, "popular": isRelated, "trending": isRelated, "recent": isRelated,
	"similar": isRelated, "suggested": isRelated, "suggestions": isRelated, "readmore": isRelated, "outbrain": isRelated,
	"taboola": isRelated, "zergnet": isRelated, "previous": isRelated, "prev": isRelated, "next": isRelated, "prevnext": isRelated,
	"adjacent": isRelated, "upnext": isRelated, "morefrom": isRelated, "crosslinks": isRelated, "readnext": isRelated,
	"latest": isRelated, "teaser": isRelated, "teasers": isRelated, "promo": isRelated, "promos": isRelated, "promotion": isAd,
	"mostread": isRelated, "crp": isRelated, "relpost": isRelated, "otherposts": isRelated, "backlinks": isRelated,
	"seealso": isRelated, "nextpost": isRelated, "prevpost": isRelated, "moreposts": isRelated, "relatedpost": isRelated,
	"relatedarticles": isRelated, "recirc": isRelated, "recirculation": isRelated, "carousel": isRelated, "upsell": isRelated,
	"morestories": isRelated, "postnav": isRelated, "interlink": isRelated, "rp4wp": isRelated,
	"jp-relatedposts": isRelated, "related-posts": isRelated, "read-more": isRelated, "read-next": isRelated, "more-posts": isRelated,
	"more-link": isRelated, "more-from": isRelated, "more-stories": isRelated, "more-articles": isRelated, "post-list": isRelated,
	"posts-list": isRelated, "also-like": isRelated, "continue-reading": isRelated, "keep-reading": isRelated,
	"further-reading": isRelated, "you-may-like": isRelated, "recent-posts": isRelated, "latest-posts": isRelated,
	"other-posts": isRelated, "post-grid": isRelated, "blog-list": isRelated, "articles-list": isRelated, "series-nav": isRelated,
	"more-news": isRelated, "read-also": isRelated, "wp-block-latest-posts": isRelated, "wp-block-query": isRelated,
	"inline-promo": isRelated, "post-preview": isRelated, "article-list": isRelated, "more-in": isRelated,
	// navigation
	"nav": isNav, "navbar": isNav, "navigation": isNav, "menu": isNav, "submenu": isNav, "breadcrumb": isNav, "breadcrumbs": isNav,
	"crumbs": isNav, "crumb": isNav, "pagination": isNav, "pager": isNav, "paging": isNav, "pagenav": isNav, "skiplink": isNav,
	"skip": isNav, "topbar": isNav, "masthead": isNav, "offcanvas": isNav, "hamburger": isNav, "megamenu": isNav,
	"backtotop": isNav, "scrolltop": isNav, "totop": isNav, "navi": isNav, "gotop": isNav, "searchbox": isNav,
	"language": isNav, "languages": isNav, "lang": isNav, "site-header": isNav, "page-links": isNav, "post-nav": isNav,
	"back-to-top": isNav, "search-form": isNav, "searchform": isNav, "breadcrum": isNav, "tabs": isMenu, "site-branding": isNav,
	"site-title": isNav, "site-description": isNav, "global-header": isNav, "blog-pager": isNav, "entry-navigation": isNav,
	"back-link": isNav, "search": isNav, "toolbox": isNav,
	// foot of the page
	"footer": isFooter, "colophon": isFooter, "copyright": isFooter, "legal": isFooter, "disclaimer": isNotice, "imprint": isFooter,
	"bottombar": isFooter, "sitefooter": isFooter, "entry-footer": isTags, "post-footer": isTags, "article-footer": isTags,
	"entryfooter": isTags, "postfooter": isTags, "license": isFooter, "licence": isFooter,
	// side columns and widgets
	"sidebar": isAside, "widget": isAside, "widgets": isAside, "rail": isAside, "aside": isAside, "sidepanel": isAside,
	"widgetarea": isAside, "blogroll": isAside, "archives": isAside, "tagcloud": isAside, "infobar": isAside, "sidenav": isNav,
	// author
	"author": isAuthor, "authors": isAuthor, "bio": isAuthor, "authorbox": isAuthor, "authorbio": isAuthor, "biography": isAuthor,
	"about-author": isAuthor, "author-box": isAuthor, "author-info": isAuthor, "author-bio": isAuthor, "saboxplugin": isAuthor, "enews": isSignup,
	"contributor": isAuthor, "contributors": isAuthor, "autor": isAuthor, "auteur": isAuthor, "aboutauthor": isAuthor,
	"writer": isAuthor, "vcard": isAuthor, "authorinfo": isAuthor, "profile": isAuthor, "molongui": isAuthor, "gravatar": isAuthor,
	"avatar": isAuthor, "abh": isAuthor, "m-a-box": isAuthor, "ppma": isAuthor,
	// byline, date
	"meta": isMeta, "byline": isMeta, "bylines": isMeta, "dateline": isMeta, "postmeta": isMeta, "entrymeta": isMeta,
	"date": isMeta, "dates": isMeta, "published-date": isMeta, "date-published": isMeta, "posted": isMeta, "timestamp": isMeta, "metadata": isMeta, "pubdate": isMeta,
	"postdate": isMeta, "reading-time": isMeta, "readingtime": isMeta, "readtime": isMeta, "post-info": isMeta, "postinfo": isMeta,
	"entry-info": isMeta, "views": isMeta, "updated": isMeta, "lastmod": isMeta, "datetime": isMeta, "publish-date": isMeta,
	"article-info": isMeta, "last-updated": isMeta, "read-time": isMeta, "pageviews": isMeta, "viewcount": isMeta, "wordcount": isMeta,
	"posted-on": isMeta, "post-date": isMeta, "duration": isMeta,
	// tags and categories
	"tags": isTags, "tag": isTags, "taglist": isTags, "categories": isTags, "category": isTags, "cats": isTags, "taxonomy": isTags,
	"topics": isTags, "topic": isTags, "labels": isTags, "cat-links": isTags, "tags-links": isTags, "keywords": isTags,
	"post-tags": isTags, "posttags": isTags, "cat": isTags, "postcats": isTags, "genres": isTags, "kicker": isTags,
	"eyebrow": isTags, "entry-tags": isTags, "hashtags": isTags,
	// newsletter, membership, donation, forms
	"newsletter": isSignup, "subscribe": isSignup, "subscription": isSignup, "signup": isSignup, "optin": isSignup,
	"mailchimp": isSignup, "mailinglist": isSignup, "mc4wp": isSignup, "donate": isSignup, "donation": isSignup, "patreon": isSignup,
	"kofi": isSignup, "membership": isSignup, "convertkit": isSignup, "login": isSignup, "signin": isSignup, "register": isSignup,
	"registration": isSignup, "cta": isSignup, "ctas": isSignup, "calltoaction": isSignup, "sign-up": isSignup, "support-us": isSignup,
	"call-to-action": isSignup, "wpcf7": isSignup, "gform": isSignup, "mc_embed_signup": isSignup, "hs-form": isSignup,
	"subscribe-widget": isSignup, "subscription-widget-wrap": isSignup, "buymeacoffee": isSignup, "tipjar": isSignup,
	"leadgen": isSignup, "leadform": isSignup, "wpforms": isSignup, "mailerlite": isSignup, "substack": 0, "kit-form": isSignup,
	"email-signup": isSignup, "hs-cta": isSignup, "funding": isSignup, "sponsor-us": isSignup, "support": isMenu,
	// advertisements
	"ad": isAd, "ads": isAd, "advert": isAd, "adverts": isAd, "advertisement": isAd, "advertisements": isAd, "advertising": isAd,
	"adsense": isAd, "adsbygoogle": isAd, "adslot": isAd, "adunit": isAd, "adbox": isAd, "adcontainer": isAd, "dfp": isAd, "gpt": isAd,
	"sponsor": isAd, "sponsored": isAd, "sponsors": isAd, "affiliate": isAd, "affiliates": isAd, "wpa": isAd, "adblock": isAd,
	"banner": isAd, "werbung": isAd, "anzeige": isAd, "publicite": isAd, "publicidad": isAd, "pubblicita": isAd, "advertorial": isAd,
	"google-auto-placed": isAd, "leaderboard": isAd, "buy": isAd, "buynow": isAd, "shop": isAd, "commerce": isAd, "adwrap": isAd,
	"adthrive": isAd, "mediavine": isAd, "ezoic": isAd, "adspot": isAd, "adwrapper": isAd, "aawp": isAd, "product-box": isAd,
	"merch": isAd, "deals": isAd, "product-card": isAd, "product-cards": isAd, "productcard": isAd, "product-tile": isAd, "product-list": isAd,
	"product-grid": isAd, "product-carousel": isAd,
	// notices
	"cookie": isNotice, "cookies": isNotice, "consent": isNotice, "gdpr": isNotice, "popup": isNotice, "modal": isNotice,
	"overlay": isNotice, "lightbox": isNotice, "paywall": isNotice, "onetrust": isNotice, "cmplz": isNotice, "toast": isNotice,
	"cookiebar": isNotice, "cookielaw": isNotice, "cky": isNotice, "disclosure": isNotice, "alert": isNotice, "tooltip": isNotice,
	"snackbar": isNotice, "regwall": isNotice, "piano": isNotice, "noprint": isMenu, "sr-only": isNotice, "popover": isNotice,
	"affiliate-disclosure": isNotice, "disclosures": isNotice, "corrections": isMenu, "announcement": isNotice, "flyout": isNotice,
	// pictures
	"caption": isCaption, "captions": isCaption, "credit": isCaption, "credits": isCaption, "figcaption": isCaption,
	"wp-caption-text": isCaption, "wp-caption-dd": isCaption, "photocredit": isCaption, "imagecredit": isCaption, "cutline": isCaption,
	"tr-caption": isCaption, "imgcaption": isCaption, "gallery": isGallery, "slideshow": isGallery, "slider": isGallery,
	"galleria": isGallery, "swiper": isGallery, "bildunterschrift": isCaption, "legend": isCaption, "legende": isCaption,
	// contents
	"toc": isTOC, "tableofcontents": isTOC, "ez-toc": isTOC, "table-of-contents": isTOC, "lwptoc": isTOC, "ez-toc-container": isTOC,
	"toc_container": isTOC, "rank-math-toc": isTOC, "uagb-toc": isTOC,
	// embedded
	"embed": isMenu, "twitter-tweet": isEmbed, "instagram-media": isEmbed, "tiktok-embed": isEmbed, "fb-post": isEmbed,
	"reddit-embed-bq": isEmbed, "bluesky-embed": isEmbed, "twitter": isMenu, "tweet": isEmbed, "mastodon-embed": isEmbed,
	"wp-embedded-content": isEmbed, "kg-bookmark-card": isEmbed, "trailer": isMenu, "player": isMenu, "embedly-card": isEmbed,
	"imgur-embed-pub": isEmbed, "jwplayer": isEmbed, "wp-block-embed": isEmbed, "digest-post-embed": isEmbed, "kg-embed-card": isEmbed,
	"tumblr-post": isEmbed, "text-post-media": isEmbed,
	// fact boxes
	"infobox": isFacts, "factbox": isFacts, "cast": isFacts, "filmography": isFacts, "movieinfo": isFacts, "movie-info": isFacts,
	"film-info": isFacts, "filminfo": isFacts, "movie-details": isFacts, "film-details": isFacts, "crew": isFacts,
	"cast-crew": isFacts, "moviedetails": isFacts, "filmdetails": isFacts, "movie-meta": isFacts, "film-meta": isFacts,
	"lets-info-up": isFacts, "wprm": 0, "specs": isMenu, "fact-box": isFacts, "imdb": isFacts, "production-info": isFacts,
	"film-credits": isFacts, "movie-credits": isFacts, "review-info": isFacts, "tech-specs": isFacts, "justwatch": isAd,
	// pull quotes
	"pullquote": isPull, "pull-quote": isPull, "pulled-quote": isPull, "wp-block-pullquote": isPull, "blockquote-pull": isPull,
	"pull": isMenu, "tweet-this": isShare, "clicktotweet": isShare, "click-to-tweet": isShare, "ctt": isShare, "bctt": isShare,
	// head
	"page-header": isHead, "entry-header": isHead, "post-header": isHead, "hero": isHead, "article-header": isHead,
	"entry-title": isTitle, "post-title": isTitle, "article-title": isTitle, "headline": isTitle, "page-title": isTitle,
	"posttitle": isTitle, "entrytitle": isTitle,
	// the text itself
	"entry-content": isBody, "post-content": isBody, "article-content": isBody, "article-body": isBody, "articlebody": isBody,
	"post-body": isBody, "postbody": isBody, "entrycontent": isBody, "post_content": isBody, "entry_content": isBody,
	"article__body": isBody, "article__content": isBody, "story-body": isBody, "storybody": isBody, "entry-body": isBody,
	"entrybody": isBody, "postcontent": isBody, "articlecontent": isBody, "article_body": isBody, "body-copy": isBody,
	"bodycopy": isBody, "article-text": isBody, "articletext": isBody, "post-text": isBody, "post__content": isBody,
	"entry__content": isBody, "e-content": isBody, "review-body": isBody, "reviewbody": isBody, "review-content": isBody,
	"review-text": isBody, "blog-content": isBody, "blog-post-content": isBody, "gh-content": isBody, "post-full-content": isBody,
	"wp-block-post-content": isBody, "td-post-content": isBody, "single-content": isBody, "story-content": isBody, "rte": isMenu,
	"post-entry": isBody, "blog-item-content": isBody, "field-name-body": isBody, "field--name-body": isBody, "text-body": isBody,
	"elementor-widget-theme-post-content": isBody, "body-content": isBody, "news-content": isBody, "content-body": isBody,
	"postarea": isBody, "post__body": isBody, "markdown-body": isBody, "article-inner": isBody, "article_content": isBody,
	"available-content": isBody, "blog-post-body": isBody, "news-body": isBody, "node__content": isBody, "asset-content": isBody,
	"asset-body": isBody, "post-article": isBody, "articlebodytext": isBody, "w-richtext": isBody, "single-post-content": isBody,
	"hentry": isArticle, "h-entry": isArticle, "hreview": isArticle, "h-review": isArticle, "post": isMenu, "article": isMenu,
	"main": isMain, "footnotes": isNote, "footnote": isNote, "endnotes": isNote, "rating": isRating, "stars": isRating,
	"spoiler": isSpoiler,
}

var vocabularySieve = sieveOf(vocabulary)

// hiddenNames are classes of text that browsers do not show.
var hiddenNames = map[string]bool{
	"screen-reader-text": true, "sr-only": true, "visually-hidden": true, "visuallyhidden": true, "screenreader": true,
	"element-invisible": true, "screen-reader-only": true, "u-hidden-visually": true, "is-visually-hidden": true,
	"assistive-text": true, "a11y-hidden": true, "show-for-sr": true, "screen-reader": true, "elementor-screen-only": true,
	"hidden-visually": true, "visuallyHidden": true, "offscreen": true, "accessibility-hidden": true, "visually_hidden": true,
	"u-visually-hidden": true, "screen-reader-shortcut": true, "print-only": true, "printonly": true, "print-header": true,
	"d-print-block": true, "show-on-print": true, "hidden-print-only": true, "ms-hide": true, "screenreader-only": true,
}

// look reads the tag and attributes of an element: what they say of its content, whether it is hidden, and whether it is shown as a
// block, whatever its tag.
func (w *walk) look(n *html.Node, tag atom.Atom) (own flags, hidden, block bool) {
	var class, id string
	for i := range n.Attr {
		a := &n.Attr[i]
		switch a.Key {
		case "class":
			class = a.Val
		case "id":
			id = a.Val
		case "hidden":
			if !strings.EqualFold(a.Val, "until-found") {
				hidden = true
			}
		case "style":
			if len(a.Val) >= 12 {
				hidden = hidden || hiddenStyle(a.Val)
				block = blockStyle(a.Val)
			}
		case "role":
			switch a.Val {
			case "navigation", "menu", "menubar", "search", "tablist", "toolbar":
				own |= isNav
			case "complementary":
				own |= isAside
			case "contentinfo":
				own |= isFooter
			case "banner":
				own |= isNav
			case "dialog", "alertdialog", "tooltip":
				own |= isNotice
			case "main":
				own |= isMain
			case "article":
				own |= isArticle
			case "doc-endnotes":
				own |= isNote
			case "doc-pullquote":
				own |= isPull
			}
		case "itemprop":
			switch strings.ToLower(a.Val) {
			case "articlebody", "reviewbody", "text":
				own |= isBody
			case "comment", "commentcount":
				own |= isComment
			case "datepublished", "datemodified", "datecreated":
				own |= isMeta
			case "author":
				own |= isMeta
			case "headline", "name":
				own |= isTitle
			case "keywords":
				own |= isTags
			}
		case "rel":
			switch a.Val {
			case "tag", "category tag":
				own |= isTags
			case "author":
				own |= isMeta
			case "prev", "next":
				own |= isRelated
			}
		case "data-testid", "data-component", "data-module", "data-type", "data-element", "data-qa", "data-block", "data-widget_type":
			own |= named(a.Val)
		case "property":
			if a.Val == "schema:text" || a.Val == "content:encoded" {
				own |= isBody
			}
		case "aria-label":
			switch strings.ToLower(a.Val) {
			case "breadcrumb", "breadcrumbs", "pagination", "posts", "comments", "related", "share":
				own |= isNav
			}
		}
	}
	if tag == atom.Body || tag == atom.Html {
		return 0, false, false
	}
	if class != "" {
		says := w.doc.class(class)
		own |= says.flags
		hidden = hidden || says.off
		block = block || says.block
	}
	if id != "" && !isHeading(tag) { // the id of a heading is made of its words
		hidden = hidden || hiddenNames[id]
		own |= named(id)
	}
	own |= tagged(tag)
	switch tag {
	case atom.Figcaption:
		if quoted(n) {
			own &^= isCaption
		} else {
			own |= isCaption
		}
	case atom.Dialog:
		if !hasAttr(n, "open") {
			hidden = true
		}
	}
	return own, hidden, block
}

// tagged is what a tag alone says.
func tagged(tag atom.Atom) flags {
	switch tag {
	case atom.Nav:
		return isNav
	case atom.Footer:
		return isFooter
	case atom.Aside:
		return isAside
	case atom.Header:
		return isHead
	case atom.Article:
		return isArticle
	case atom.Main:
		return isMain
	case atom.Time:
		return isMeta
	case atom.Label:
		return isSignup
	}
	return 0
}

// blockStyle says whether a style shows an element as a block (CSS Display 3, section 2).
func blockStyle(s string) bool {
	_, rest, ok := strings.Cut(s, "isplay")
	if !ok {
		return false
	}
	rest = strings.TrimLeft(rest, " :")
	for _, value := range [...]string{"block", "flex", "grid", "list-item", "table", "flow-root"} {
		if strings.HasPrefix(rest, value) {
			return value != "table" || !strings.HasPrefix(rest, "table-c")
		}
	}
	return false
}

func hiddenStyle(s string) bool {
	i := strings.Index(s, "isplay")
	if i >= 0 {
		rest := strings.TrimLeft(s[i+6:], " :")
		if strings.HasPrefix(rest, "none") {
			return true
		}
	}
	if i = strings.Index(s, "isibility"); i >= 0 {
		return strings.HasPrefix(strings.TrimLeft(s[i+9:], " :"), "hidden")
	}
	return strings.Contains(s, "left:-9999") || strings.Contains(s, "left: -9999") || strings.Contains(s, "mso-hide:all")
}

// classes reads a class attribute.
func classes(list string) (own flags, hidden bool) {
	if len(list) > 2000 {
		list = list[:2000]
	}
	off, on := false, false // hidden on some screens, shown on others
	for list != "" {
		var c string
		c, list = nextWord(list)
		if c == "" {
			break
		}
		if hiddenNames[c] {
			off = true
			continue
		}
		switch c {
		case "hidden", "d-none", "is-hidden", "hide", "display-none", "u-hidden":
			off = true
			continue
		}
		if strings.HasSuffix(c, ":block") || strings.HasSuffix(c, ":flex") || strings.HasSuffix(c, ":grid") || strings.HasSuffix(c, ":inline") ||
			strings.HasSuffix(c, "-block") || strings.HasSuffix(c, "-flex") || strings.HasSuffix(c, ":inline-block") || strings.HasPrefix(c, "show") {
			on = true
		}
		own |= named(c)
	}
	return own, off && !on
}

// modifiers are first parts of class names that say something of another thing: "has-sidebar", "category-social", "no-comments".
var modifiers = map[string]bool{
	"has": true, "no": true, "with": true, "without": true, "is": true, "not": true, "tag": true, "category": true, "type": true,
	"format": true, "status": true, "js": true, "hide": true, "show": true, "enable": true, "sd": false, "page": false,
	"layout": true, "template": true, "theme": true, "single": true, "lg": true, "md": true, "sm": true, "xl": true, "col": true,
	"bg": true, "mt": true, "mb": true, "pt": true, "pb": true, "text": true, "font": true, "wp-image": true, "align": true,
	"elementor": true, "et": true, "vc": true, "css": true, "grid": true, "flex": true, "group": true, "peer": true, "hover": true,
	"ast": true, "oceanwp": true, "generate": true, "inside": true, "before": true, "after": true, "attachment": true,
	"container": true, "fa": true, "icon": true, "i": true, "wf": true, "supports": true, "using": true, "tumblelog": true,
}

// named reads one class name or id.
func named(name string) flags {
	if len(name) > 80 || len(name) < 2 || strings.Contains(name, "-of-the-") {
		return 0 // "comment-of-the-day" is a title
	}
	if mayHold(vocabularySieve, name) {
		if f, ok := vocabulary[name]; ok {
			return f
		}
	}
	var buf [96]byte
	b := buf[:0]
	var own flags
	part := 0 // where the part begins
	first := true
	modified := false
	end := func() {
		if part == len(b) {
			return
		}
		p := b[part:]
		if first {
			modified = modifiers[string(p)]
			first = false
		} else if !modified || part > 0 {
			if !modified && mayHold(vocabularySieve, p) {
				own |= vocabulary[string(p)]
			}
		}
	}
	firstEnd := -1
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c >= 0x80:
			b = append(b, c)
		case 'A' <= c && c <= 'Z':
			if i > 0 && 'a' <= name[i-1] && name[i-1] <= 'z' {
				end()
				if firstEnd < 0 {
					firstEnd = len(b)
				}
				b = append(b, '-')
				part = len(b)
			}
			b = append(b, c|0x20)
		default:
			end()
			if firstEnd < 0 {
				firstEnd = len(b)
			}
			if len(b) > 0 && b[len(b)-1] != '-' {
				b = append(b, '-')
			}
			part = len(b)
		}
	}
	end()
	if modified {
		return 0
	}
	if mayHold(vocabularySieve, b) {
		if f, ok := vocabulary[string(b)]; ok {
			return f
		}
	}
	if firstEnd > 0 {
		own |= vocabulary[string(b[:firstEnd])]
	} else {
		own |= vocabulary[string(b)]
	}
	// Two parts together name the text itself more often than one: "single-post__entry-content".
	if own&isBody == 0 {
		for i := range b {
			if b[i] == '-' && mayHold(vocabularySieve, b[i+1:]) {
				own |= vocabulary[string(b[i+1:])]
			}
		}
	}
	return own
}

func isHeading(tag atom.Atom) bool {
	switch tag {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return true
	}
	return false
}

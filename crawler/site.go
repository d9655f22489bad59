package crawler

import (
	"regexp"
	"time"
)

// Site is a configured source, as the crawl sees it.
type Site struct {
	Name     string   // unique; usually the registrable domain
	Hosts    []string // host or host:port; a leading "www." is the same host
	Named    bool     // a person named this host, so that it may have any address, loopback included
	Start    []string
	Sitemaps []string // beside those of robots.txt
	Feeds    []string
	Allow    []*regexp.Regexp // if any: only URLs (path and query) that match one, start pages apart
	Deny     []*regexp.Regexp
	Review   []*regexp.Regexp // URL patterns of reviews: visited first, and told to the reader
	Depth    int              // largest click depth; 0 = default
	Pages    int              // page budget a run; 0 = none
	Bytes    int64            // the same in bytes of bodies, decoded
	Time     time.Duration    // the same in time since the run began
	Quiet    *Hours           // when nothing is asked; nil = never
	Gap      time.Duration    // between two requests to one host; robots Crawl-delay can only raise it. 0 is none: the default is set by configs
	MaxBody  int64            // bytes; 0 = default
	Posts    bool             // whole posts are read from the platform's own archive, where it has them, and their pages are not asked for
	Revisit  time.Duration    // a stored page is asked again after this time, conditionally, until it is known how often it changes

	Left func(t Task, why string) // if not nil, it is told of each reference that is not followed

	left *leftOut // of the run that goes on; nil if none does
}

// The fields that an archive of WordPress is asked for, as the end of its URL: those that tell of a change, and those of whole posts.
const (
	ChangeFields = "_fields=link,modified_gmt"
	PostFields   = "_embed=author&_fields=link,modified_gmt,modified,date_gmt,date,title,content,class_list,lang,yoast_head,aioseo_head,_links,_embedded"
)

// RobotsCopy is a stored copy of a robots.txt.
type RobotsCopy struct {
	Origin    string // scheme://host:port; with /.well-known/tdmrep.json behind it, a copy of that file; with /robots.txt, the last attempt that failed
	Status    int    // HTTP status after redirects; 0 if unreachable
	Body      []byte // at most 500 KiB (RFC 9309 section 2.5)
	FetchedAt time.Time
	Err       string // why it was unreachable
}

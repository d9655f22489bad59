// Package crawler turns URLs into pages. It owns the words of the crawl (Task, Page, Outcome, Visit), the canonical form of a
// URL, the scope of a site and its schedule, and the loop that hands due tasks to polite workers.
//
// It does not know what a review is, nor how anything is stored: the loop asks a Frontier for tasks, a Fetcher for pages, a
// Handler for what became of a page, and gives the Frontier the finished visits.
package crawler

import (
	"context"
	"net/http"
	"time"
)

// Found says how a task came to be known.
type Found string

const (
	FoundStart    Found = "start"    // named by the configuration or the command line
	FoundLink     Found = "link"     // an <a href> on a page of the site
	FoundNext     Found = "next"     // rel=next, or a further page of a list by its address
	FoundSitemap  Found = "sitemap"  // a sitemap's <loc>
	FoundFeed     Found = "feed"     // an item of a feed
	FoundRedirect Found = "redirect" // the Location of a redirect
	FoundRobots   Found = "robots"   // a Sitemap: line of robots.txt
	FoundAuto     Found = "auto"     // a feed or archive that a page names in its head, or the customary place of a sitemap
	FoundArchive  Found = "archive"  // a post in the platform's own archive
)

// Kind says what is expected behind a task's URL, and so how its body is read.
type Kind string

const (
	KindPage    Kind = "page"    // HTML
	KindSitemap Kind = "sitemap" // a sitemap or sitemap index, perhaps gzipped, or a text sitemap
	KindFeed    Kind = "feed"    // RSS, Atom or JSON Feed
	KindArchive Kind = "archive" // a page of all posts, newest first, that the publishing platform gives to programs; see discover.List
)

// Task is a URL to visit. The frontier is all tasks.
type Task struct {
	ID      int64  // 0 until stored
	URL     string // canonical, see Canonical
	Site    string // name of the configured site
	Host    string // politeness key, see HostKey
	Kind    Kind
	Depth   int       // clicks from a start page; sitemaps and feeds count none. Of an archive: its pages before this one
	Found   Found     // how it was found
	From    string    // the URL it was found on; "" for start pages
	Hops    int       // redirects followed to get here
	Tries   int       // visits that ended in a passing failure so far; the loop counts, the frontier stores what the visit says
	Due     time.Time // not before; zero is at once
	LastMod time.Time // what the sitemap, feed or archive says; zero if it does not
	Hint    int       // priority: higher is visited first within a host, among those never visited and among those visited before

	ETag         string // validators of the last stored fetch (RFC 9110 section 8.8), for a conditional request
	LastModified string
}

// Page is what was fetched: one HTTP response, whole.
type Page struct {
	URL         string // the URL asked for
	Via         string // of a page that was made of a post in an archive: the URL that was asked instead. All but URL, ContentType, Charset and Body is of that exchange
	Status      int
	StatusLine  string      // as received: "HTTP/1.1 200 OK", "HTTP/2.0 200 OK"
	Header      http.Header // as received, Content-Encoding and Content-Length too
	Body        []byte      // content-decoded, not charset-decoded
	Decoded     bool        // a content coding was undone: Body is not what Content-Encoding and Content-Length of Header tell of
	Request     http.Header // as sent; the request line and the Host are those of URL
	Remote      string      // IP address of the server; "" if not known
	ContentType string      // media type without parameters, lower case
	Charset     string      // label found by BOM, header, meta (in the order of the HTML standard); "utf-8" if none
	FetchedAt   time.Time
	Took        time.Duration
	Location    string // absolute target of a 3xx

	Signals []Signal // what robots.txt and tdmrep.json say about the reuse of this URL; what the page itself says is the Handler's to read
}

// Outcome is what became of a task. It is a stored value: every visited URL ends in exactly one.
type Outcome string

const (
	Reviewed    Outcome = "review"       // a review was read and stored
	Roundup     Outcome = "roundup"      // several films in one text: kept apart
	NotReview   Outcome = "not_review"   // a page, but no review (list, news, about …); its links count
	Listed      Outcome = "listed"       // a sitemap, feed or archive was read
	Unchanged   Outcome = "unchanged"    // 304, or the same bytes as last time
	Redirected  Outcome = "redirected"   // 3xx, or a name of the site that another stands for: the target is a task of its own
	NoIndex     Outcome = "noindex"      // a review that asks not to be indexed: nothing of it is stored
	Duplicate   Outcome = "duplicate"    // <link rel=canonical> names another URL of the site, which is a task of its own, or one has the same text or page
	Disallowed  Outcome = "disallowed"   // robots.txt says no
	OutOfScope  Outcome = "out_of_scope" // redirect or canonical left the site
	Forbidden   Outcome = "forbidden"    // its host, which no person named, has a private or local address: refused when connecting
	Gone        Outcome = "gone"         // 404, 410, and 200 with a page that says so; a guessed sitemap or an archive that is not there for us
	NotHTML     Outcome = "not_html"     // some other media type
	TooLarge    Outcome = "too_large"    // body over the bound; nothing of it is used
	TooDeep     Outcome = "too_deep"     // redirects over the bound
	Refused     Outcome = "refused"      // 401, 403, 407, 451 and other 4xx
	ServerError Outcome = "server_error" // 5xx after all tries
	Unreachable Outcome = "unreachable"  // DNS, connect, TLS, cut body, after all tries
	TimedOut    Outcome = "timeout"      // a bound on time was passed, after all tries
	Unreadable  Outcome = "unreadable"   // the bytes could not be parsed
)

// Failed says whether the outcome counts as a failure in summaries.
func (o Outcome) Failed() bool {
	switch o {
	case TooLarge, TooDeep, Refused, ServerError, Unreachable, TimedOut, Unreadable:
		return true
	}
	return false
}

// Record is what a Handler made of a page, opaque to the crawl: the frontier knows its type.
type Record any

// Visit is a finished (or postponed) task with all that must be stored with it, in one transaction.
type Visit struct {
	Task      Task      // as it was given by Next, Tries counted up where the visit failed in passing
	Page      *Page     // nil if nothing was fetched
	Outcome   Outcome   // "" if the task is to be tried again
	Why       string    // one line for people: the error, the robots line, the rule
	RetryAt   time.Time // with an empty Outcome: when
	Links     []Task    // tasks found, canonical and in scope
	Posts     []Visit   // of an archive's page: the posts that it has whole, each as the visit of a page made of it; the loop reads them
	Record    Record    // nil if none
	Signals   []Signal  // what is said about the reuse of the page, of each name the one that holds first
	NoCopy    bool      // the page asks that no copy is kept (noarchive, noindex): no snapshot, and an earlier one goes
	Look      Look      // what the page shows; tells copies of a page
	Canonical string    // what the page names as its canonical URL; "" if nothing
	HoldHost  time.Time // the host must not be asked before, after a restart either; zero if it may be at once
	HoldWhy   string    // why not, of a HoldHost
	Ready     any       // what the Frontier's Prepare made of it
}

// Frontier is where tasks come from and visits go. Implementations live in storage.
type Frontier interface {
	// Next gives up to n queued tasks of one host of a site that are due at now, in visiting order, leaving out those whose IDs
	// are in flight. It reserves nothing.
	Next(ctx context.Context, site, host string, now time.Time, n int, inFlight []int64) ([]Task, error)
	// Hosts gives the hosts of a site that have queued tasks, each with the earliest due time. Its cost grows with the hosts, not
	// with the tasks.
	Hosts(ctx context.Context, site string) (map[string]time.Time, error)
	// Prepare does of a visit's Commit what costs time and needs no lock. Workers call it, many at once. A visit need not be prepared, and
	// one whose outcome changes after it is not: Commit does it then.
	Prepare(ctx context.Context, v *Visit)
	// Commit stores the visits in their order, in one transaction, and says for each what that changed.
	Commit(ctx context.Context, visits []Visit) ([]Stored, error)
}

// Change says what a visit did to the stored reviews.
type Change string

const (
	NoReview   Change = ""          // the visit has nothing to do with a stored review
	NewReview  Change = "new"       // first text of a review
	Revised    Change = "changed"   // a new revision
	SameReview Change = "unchanged" // the same text as stored, or a 304 for the page of a stored review
)

// Stored is what a committed visit changed.
type Stored struct {
	Change Change
	Added  int    // links of the visit that are queued now and were not before
	Owner  string // the page of the site that has the same review, and keeps it; "" if this one does
}

// Pacer is what the fetchers of a crawl know together about hosts. The fetchers keep the gaps themselves, by waiting; the loop
// asks the Pacer so that no worker has to.
type Pacer interface {
	// ReadyAt gives the time before which a host (see HostKey) is not to be asked; a past time, or zero, if it may be asked now.
	ReadyAt(host string) time.Time
	// Sitemaps gives the Sitemap: lines of the robots.txt that governs a URL, as absolute URLs; none if it was not read yet.
	Sitemaps(url string) []string
	// Terms gives what the files of its host say about the reuse of a URL. The error is ErrDisallowed, wrapped, if robots.txt does, and
	// another one if no fresh copy is there.
	Terms(url string) ([]Signal, error)
}

// Fetcher fetches one task's URL, politely: robots.txt first, conditional if the task has validators, redirects not followed.
// It returns ErrDisallowed, ErrTooLarge and the other sentinels of this package, wrapped; or a Page of any status.
type Fetcher interface {
	Fetch(ctx context.Context, t Task, site *Site) (*Page, error)
}

// Handler reads a page of status 200: it sets Outcome, Why, Links and Record of the visit. It runs on the worker's goroutine.
type Handler func(ctx context.Context, site *Site, v *Visit) error

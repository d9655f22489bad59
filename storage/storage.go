// Package storage says what is kept and what every backend promises. The backends are sqlite (the default) and postgres;
// storagetest holds the promises as one test suite.
//
// The laws: a task's outcome, its page, its links and its record are one transaction; nothing is lost and nothing comes twice;
// a review whose text did not change gets no new revision.
//
// It does not know how a page is fetched or read, and no SQL.
package storage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"cinecrawl/crawler"
	"cinecrawl/extract"
)

var (
	// ErrNotFound: no such task, record or snapshot.
	ErrNotFound = errors.New("not found")
	// ErrBusy: another live process has a run of the site.
	ErrBusy = errors.New("site is being crawled by another process")
	// ErrLost: the run was taken over, so that nothing may be written for it any more.
	ErrLost = errors.New("the site's run was taken over by another process")
	// ErrEnded: the run has come to its end, so that it cannot be cancelled.
	ErrEnded = errors.New("the run has ended already")
	// ErrNewer: the database was written by a newer version, which may keep what this one does not know.
	ErrNewer = errors.New("database is of a newer version of cinecrawl")
)

// Record is a review as stored. Reviews are unique by Review.URL, their canonical URL.
type Record struct {
	ID        int64
	Site      string
	PageURL   string // of the task it was read from; another than Review.URL where the page names another canonical URL
	Review    *extract.Review
	FetchedAt time.Time        // of the page it was read from
	FirstSeen time.Time        // when that page was first fetched as a review
	Revision  int              // 1 for the first text
	TextHash  string           // see TextHash
	Signals   []crawler.Signal // about the reuse of the page, as of its last visit
	CopyOf    string           // URL of the older review that this one is a copy of, see Store; "" for none
	CopyBits  int              // the Distance of their fingerprints, where it is one
}

// Text is a review as a text file: headline, empty line, body, with an empty line between paragraphs and a line end at the end.
// A review without a headline begins with the empty first line, so that the body always starts at line 3.
func Text(r *extract.Review) string {
	return r.Headline.Value + "\n\n" + r.Body() + "\n"
}

// TextHash is the hex SHA-256 of Text(r). A new one is a new revision.
func TextHash(r *extract.Review) string {
	sum := sha256.Sum256([]byte(Text(r)))
	return hex.EncodeToString(sum[:])
}

// Filter chooses records. Zero values choose all.
type Filter struct {
	Sites    []string
	Film     string    // part of the title, case-insensitive
	Year     int       // of the film
	Author   string    // part of the name, case-insensitive
	Since    time.Time // published at or after this moment (a day begins in UTC); leaves out reviews without a date
	Until    time.Time // published before; leaves out reviews without a date
	MinWords int
	Lang     string         // ISO 639-1, any case
	Kinds    []extract.Kind // default: review only
	Unique   bool           // leave out records that are marked as copies, chosen or not what they are copies of
}

// Run is one crawl of one site. A run that was interrupted and went on later is the same run: its counts go on too.
type Run struct {
	ID       int64
	Site     string
	Cause    Cause // why it was begun
	Epoch    int64 // which holder of the site this is; every write of the run names it
	Started  time.Time
	Ended    time.Time // zero while it runs, or if it was killed
	Running  bool      // not ended, and a living process has it; one that neither runs nor ended was interrupted
	Resumed  bool      // went on after it was interrupted, otherwise than between slices
	Finished bool      // came to its end; the next run of the site is a new one
	Why      string    // how it ended
	Counts   Counts
	Spent    crawler.Spent // what counts against its budgets
	Next     time.Time     // when the site's next run is planned, or was planned if it is due; zero if it is not. EndRun stores it
}

// Cause says why a run was begun.
type Cause string

const (
	ByHand    Cause = "by hand"
	Scheduled Cause = "schedule"
	CatchUp   Cause = "catch-up" // one run for several that the schedule missed
)

// SliceOver is the Why of EndRun for a run that goes on when its site has its turn again.
const SliceOver = "its slice is over: it goes on"

// Plan is when a site is to be crawled.
type Plan struct {
	Site   string
	Next   time.Time
	Paused bool // only a person's command crawls it
}

// Counts of a run, in the words of the summary.
type Counts struct {
	Fetched                 int // requests answered, sitemaps, feeds and archives included
	New, Changed, Unchanged int // reviews
	NotReviews              int
	Disallowed              int
	Failed                  map[crawler.Outcome]int // outcomes of which Failed is true
	Queued                  int                     // still to do: now, or when the run ended
}

// TaskState is a task with what became of it.
type TaskState struct {
	crawler.Task                  // its Due is zero where it is not queued, or due at once
	Queued       bool             // to be visited, or visited again
	Outcome      crawler.Outcome  // what is known of the URL; "" if never visited. A revisit that finds it unchanged leaves it standing
	Last         crawler.Outcome  // of the last visit
	Why          string           // of the last visit
	PageKind     extract.Kind     // what the page was read as; "" if it was not read
	Status       int              // HTTP status of the last answer; 0 if there was none
	Pace         Pace             // how long it is left alone
	VisitedAt    time.Time        // last visit, answered or not; zero if never visited
	Signals      []crawler.Signal // about the reuse of the page, of the last visit that read it
}

// SiteStatus is what is known of a site. Every known URL is counted once: Queued + the sum of Tasks.
type SiteStatus struct {
	Site    string
	Tasks   map[crawler.Outcome]int // URLs that are not queued, by outcome
	Queued  int                     // to be visited, or visited again
	Reviews int                     // records of kind review
	Copies  int                     // of those, marked as copies
	LastRun *Run                    // nil if never crawled
	Plan    Plan                    // its Next is zero if no run is planned
	Holds   []Hold                  // of hosts with queued URLs, by host; they may be over
}

// Hold is a host that is not asked before a time.
type Hold struct {
	Host  string
	Until time.Time
	Why   string // "" if it is not known
}

// Snapshot is a page kept for re-reading.
type Snapshot struct {
	Site string
	Task crawler.Task
	Page crawler.Page
}

// Store is what a backend is. It is safe for concurrent use.
//
// Through crawler.Frontier: Commit takes visits of sites of which this Store holds a run (ErrLost if it holds it no longer, and
// then nothing of the batch is stored). A Visit's Record is nil or *extract.Review; of a review or roundup it becomes a Record,
// any other only tells what kind of page it was. A visit of a task without ID stores the task too; it is
// left out if the URL is another site's.
//
// Where two pages give the same canonical review URL and their texts are the same, or nearly (see Resemble) and of no different films, the page
// at that URL owns the record, or else the first one; the other ends as Duplicate and never overwrites it. A different text is a different
// review, whatever its page names: the record stays with the page at that URL, or else with the first one until that page is read as a review, and the
// other reviews are stored under the URLs of their own pages.
//
// Where two pages of a site give the same text, the older record stays and the other page ends as Duplicate; its Why names the owner.
// The same text on two sites is two records. Where the page of a record redirects to another page of the site, that page takes the
// record over when it is read as a review, with its history and under the new URL; until then, and if it is none, the record stays.
//
// A record with the text of an older one, exactly or nearly (see Distance and Resemble), is marked as a copy of it: of the nearest, of
// equally near ones the oldest. What it is a copy of is never a copy itself. So it is with two texts of a site that are nearly the same.
// Older is who was stored first, whatever date the page states. A copy is a record like any other, with its own source. The marks are
// those of the records as they stand: they change with a new revision of either, and only records that are not set aside count. A text
// with very many copies that changes may leave younger ones unmarked until they are stored again.
//
// A record whose page ends as Duplicate or NoIndex, or is read as no review any more, is kept but set aside: Records and Count leave it out, until the page is read as a
// review again.
type Store interface {
	crawler.Frontier

	// StartRun takes a site and opens a run of it. Seeds that are not known are queued, due at once. Where the last run was
	// interrupted it goes on, and known tasks stay as they are. Otherwise these are due at once too: known seeds, sitemaps, feeds,
	// archives that are there, listing pages that are no duplicates (further pages of these and of archives when a page that leads there
	// has new links), what failed in passing or was disallowed, and everything that was last visited longer than its Pace of revisit ago. With a negative revisit only seeds are due.
	//
	// A page's pace is learned: it becomes slower with a visit of a run of positive revisit that finds nothing new, which is a 304, the
	// same text of its review, or no review still, and faster with one that finds another text or another outcome. A link with a date of
	// change that is news makes a page due at once, whatever its pace, until two such visits in a row found nothing new: from then on it
	// goes by its pace, until a change that was announced so is found again.
	//
	// Within a host, pages that were never visited come before those that are due again, start pages excepted: runs with a budget of
	// pages finish a site.
	//
	// A host is asked by one process at a time: where sites share one, Next gives a second process nothing of it, and Hosts says when to
	// look again, until the first holds no more site with that host.
	//
	// ErrBusy if another live process has the site. A holder that died is found out at once on the same machine, and by its lease
	// elsewhere.
	StartRun(ctx context.Context, site string, seeds []crawler.Task, revisit time.Duration, cause Cause) (*Run, error)
	// EndRun closes the run, finished or interrupted, gives the site free, stores Next, and fills in the rest. It works with a
	// canceled ctx. A run that was cancelled is finished.
	EndRun(ctx context.Context, run *Run, finished bool, why string) error
	// CancelRun wants a run ended. If a living process has it, that one finds it among Cancelled and ends it; else it is ended now, which
	// the result says. ErrNotFound if there is no such run, ErrEnded if it is finished.
	CancelRun(ctx context.Context, id int64) (*Run, error)
	// Cancelled gives the sites of the runs that are held here and that somebody wants ended.
	Cancelled(ctx context.Context) ([]string, error)

	// Plans gives the sites for which a run is planned until a moment (zero is for ever), paused ones included, in the order of their
	// turns: the one that waits for the longest comes first, since it is due or since it was given free after a slice.
	Plans(ctx context.Context, until time.Time) ([]Plan, error)
	// Plan sets when a site is to be crawled; zero is never.
	Plan(ctx context.Context, site string, next time.Time) error
	// Pause sets whether a site is paused.
	Pause(ctx context.Context, site string, paused bool) error
	// Published gives when the last n reviews of a site were published, newest first. A review without a date counts as of when it was
	// first seen, unless that was in the site's first run, which sees the whole archive.
	Published(ctx context.Context, site string, n int) ([]time.Time, error)

	// Records gives the chosen records in export order: site, time of publication (those without last), URL. An error of each
	// ends it. The records are those of one moment, whatever is stored meanwhile.
	Records(ctx context.Context, f Filter, each func(*Record) error) error
	// Count is how many Records would give.
	Count(ctx context.Context, f Filter) (int, error)
	// RecordByURL takes the canonical URL of a review or that of the page it was read from.
	RecordByURL(ctx context.Context, url string) (*Record, error)
	// Revisions gives all texts of a record, oldest first, the present one last.
	Revisions(ctx context.Context, recordID int64) ([]*Record, error)
	// SaveRecord stores what a better rule reads in a stored page, by the rules of Commit. It takes Site, PageURL, Review and
	// FetchedAt of r, and says whether the text is new.
	SaveRecord(ctx context.Context, r *Record) (changed bool, err error)

	// Snapshots gives the stored pages of a site (of all sites for "") in order of task ID, each with the bytes that were stored, however
	// they are packed. One that is damaged ends it with an error that names its URL.
	Snapshots(ctx context.Context, site string, each func(*Snapshot) error) error
	// Marks gives the marks of the stored pages of a site that were read as reviews (see extract.Review.Marks) and own what they
	// say, in order of task ID, with the URLs of their tasks. Commit and SaveRecord keep those of the last reading of each page, so
	// that a page counts once however often it is fetched.
	Marks(ctx context.Context, site string, each func(url string, marks []extract.Mark) error) error
	SnapshotByURL(ctx context.Context, url string) (*Snapshot, error)
	TaskByURL(ctx context.Context, url string) (*TaskState, error)

	// Sites gives the named sites, or all that are known, by name. Names that are not known are left out.
	Sites(ctx context.Context, names ...string) ([]SiteStatus, error)
	// Runs gives the last n runs of a site (of all sites for ""), newest first; n of 0 is all.
	Runs(ctx context.Context, site string, n int) ([]Run, error)

	// Robots copies, by origin (scheme://host:port). ErrNotFound if there is none.
	LoadRobots(ctx context.Context, origin string) (*crawler.RobotsCopy, error)
	// RobotsAt gives the copy that held at a moment; its FetchedAt is when it was first found so. Beside the present one the last 20 are
	// kept that said something else. ErrNotFound if none is that old.
	RobotsAt(ctx context.Context, origin string, at time.Time) (*crawler.RobotsCopy, error)
	SaveRobots(ctx context.Context, r *crawler.RobotsCopy) error

	Close() error
}

// Copier is a Store whose rows can be copied into another, of any backend.
type Copier interface {
	// CopyTo copies all into a database that was opened as a target, with the same ids. The target is empty, or has a part of a copy from the
	// same source, which goes on; source names it. In the end every table is compared, and given to done with what is the same in both.
	CopyTo(ctx context.Context, to Store, source string, done func(CopiedTable)) error
}

// CopiedTable is a table of a copy.
type CopiedTable struct {
	Name string
	Rows int64
	Hash [sha256.Size]byte // of all its values
}

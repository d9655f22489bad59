// Package storage says what is kept and what every backend promises. The backends are sqlite (the default) and, later, postgres;
// storagetest holds the promises as one test suite.
//
// The laws: a task's outcome, its page, its links and its record are one transaction; nothing is lost and nothing comes twice;
// a review whose text did not change gets no new revision.
package storage

import (
	"context"
	"errors"
	"time"

	"cinecrawl/crawler"
	"cinecrawl/extract"
)

var (
	ErrNotFound = errors.New("not found")
	ErrBusy     = errors.New("site is being crawled by another process")
)

// Record is a review as stored.
type Record struct {
	ID        int64
	Site      string
	Review    *extract.Review
	FetchedAt time.Time // of the page it was read from
	FirstSeen time.Time
	Revision  int    // 1 for the first text
	TextHash  string // hex SHA-256 of headline and body
}

// Filter chooses records. Zero values choose all.
type Filter struct {
	Sites    []string
	Film     string    // part of the title, case-insensitive
	Year     int       // of the film
	Author   string    // part of the name, case-insensitive
	Since    time.Time // published at or after
	Until    time.Time // published before
	MinWords int
	Lang     string
	Kinds    []extract.Kind // default: review only
}

// Run is one crawl of one site.
type Run struct {
	ID      int64
	Site    string
	Started time.Time
	Ended   time.Time // zero while it runs, or if it was killed
	Resumed bool      // went on with an interrupted run
	Why     string    // how it ended
	Counts  Counts
}

// Counts of a run, in the words of the summary.
type Counts struct {
	Fetched                 int // requests answered, sitemaps and feeds included
	New, Changed, Unchanged int // reviews
	NotReviews              int
	Disallowed              int
	Failed                  map[crawler.Outcome]int
	Queued                  int // still to do
}

// SiteStatus is what is known of a site.
type SiteStatus struct {
	Site    string
	Tasks   map[crawler.Outcome]int // every known URL by its outcome; "" = never visited
	Queued  int
	Reviews int
	LastRun *Run
}

// Snapshot is a page kept for re-reading.
type Snapshot struct {
	Site string
	Task crawler.Task
	Page crawler.Page
}

// Store is what a backend is.
type Store interface {
	crawler.Frontier

	// StartRun opens a run of a site. Where the last run was interrupted it is resumed and seeds that are known stay as they are;
	// otherwise seeds are due at once, and so is every stored page older than revisit. ErrBusy if another live process has the site.
	StartRun(ctx context.Context, site string, seeds []crawler.Task, revisit time.Duration) (*Run, error)
	// EndRun closes it, finished or interrupted.
	EndRun(ctx context.Context, run *Run, finished bool, why string) error

	Records(ctx context.Context, f Filter, each func(*Record) error) error // in export order: site, published, URL
	RecordByURL(ctx context.Context, url string) (*Record, error)
	Revisions(ctx context.Context, recordID int64) ([]*Record, error)
	SaveRecord(ctx context.Context, r *Record) (changed bool, err error)
	Snapshots(ctx context.Context, site string, each func(*Snapshot) error) error
	SnapshotByURL(ctx context.Context, url string) (*Snapshot, error)
	TaskByURL(ctx context.Context, url string) (*crawler.Task, crawler.Outcome, string, error)
	Sites(ctx context.Context) ([]SiteStatus, error)
	Runs(ctx context.Context, site string, n int) ([]Run, error)

	// Robots copies, by origin (scheme://host:port).
	LoadRobots(ctx context.Context, origin string) (*crawler.RobotsCopy, error)
	SaveRobots(ctx context.Context, r *crawler.RobotsCopy) error

	Close() error
}

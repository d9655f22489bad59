// Package sqlite keeps a crawl in one SQLite file.
//
// The file is in WAL mode, so that readers and the one writer do not wait for each other. One connection writes, with prepared
// statements in transactions of many visits; a pool of others reads.
//
// synchronous=NORMAL: a commit is handed to the operating system, so kill -9 at any instant loses nothing that was committed. It
// is not forced to the disk at each commit, so a power loss may lose the last transactions, whole ones and in order: the database
// stays consistent and the next run asks for those pages again. FULL would buy that at the price of one fsync a batch.
//
// The pages are kept so that a WARC export loses nothing; the documentation of package tables says in which column each part of an
// exchange is. What is the same in every SQL database is there. This one knows SQLite: its files, pragmas, schema and errors.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"cinecrawl/crawler"
	"cinecrawl/storage"
	"cinecrawl/storage/internal/tables"
)

// busyTimeout is how long a connection waits for the locks of others.
const busyTimeout = 10 * time.Second

// maxLog is how many bytes the log beside the file has before it is begun anew.
const maxLog = 32 << 20

// leaseTime is how long a holder on another machine is taken for alive after its last sign of life.
const leaseTime = 30 * time.Second

// Store is a storage.Store in a SQLite file.
type Store struct {
	*tables.Store
	path  string
	temp  string  // directory to remove on Close
	write *sql.DB // of the one connection that writes
	read  *sql.DB

	committed chan struct{} // has something when there is something to checkpoint
	closing   context.CancelFunc
	checks    sync.WaitGroup
}

var _ storage.Store = (*Store)(nil)

// Open opens the database in a file, and makes it if there is none. Its folder must exist.
func Open(ctx context.Context, path string) (*Store, error) {
	return openFile(ctx, path, tables.Config{})
}

func openFile(ctx context.Context, path string, c tables.Config) (*Store, error) {
	if dir, err := os.Stat(filepath.Dir(path)); err != nil || !dir.IsDir() {
		return nil, fmt.Errorf("open database %s: there is no folder %s; make it first", path, filepath.Dir(path))
	}
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("open database: %w", err)
	case info.IsDir():
		return nil, fmt.Errorf("open database %s: it is a folder; name a file in it", path)
	default:
		// SQLite would open it for reading and fail at the first write.
		if err := writable(path); err != nil {
			return nil, fmt.Errorf("open database %s: cannot write to it: %w", path, err)
		}
	}
	return open(ctx, path, c)
}

// OpenExisting opens the database in a file. The error is fs.ErrNotExist if there is none.
func OpenExisting(ctx context.Context, path string) (*Store, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open database %s: %w; a crawl makes it", path, fs.ErrNotExist)
	}
	return Open(ctx, path)
}

// OpenTemp opens an empty database in a file of its own, which Close removes.
func OpenTemp(ctx context.Context) (*Store, error) {
	dir, err := os.MkdirTemp("", "cinecrawl-")
	if err != nil {
		return nil, fmt.Errorf("open temporary database: %w", err)
	}
	s, err := open(ctx, filepath.Join(dir, "temp.db"), tables.Config{})
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	s.temp = dir
	return s, nil
}

// OpenTarget opens the database in a file for a copy into it.
func OpenTarget(ctx context.Context, path string) (*Store, error) {
	return openFile(ctx, path, tables.Config{Target: true})
}

// open takes the times and owner of c, for tests.
func open(ctx context.Context, path string, c tables.Config) (*Store, error) {
	s := &Store{path: path, committed: make(chan struct{}, 1)}
	var err error
	if s.write, err = sql.Open("sqlite", dsn(path, "-16000")); err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	s.write.SetMaxOpenConns(1)
	if s.read, err = sql.Open("sqlite", dsn(path, "-4000")+"&_pragma=query_only(1)"); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, err), s.write.Close())
	}
	s.read.SetMaxIdleConns(4)
	if err = connect(ctx, s.write); err == nil {
		err = migrate(ctx, s.write)
	}
	if err == nil {
		c.Write, c.Read, c.Begin, c.Explain, c.Lease = s.write, s.read, `BEGIN IMMEDIATE`, explain, leaseTime
		c.Insert = `INSERT OR IGNORE` // nothing can fail in the middle of it, so SQLite keeps no copy of the pages that it changes
		c.Near = tables.NearJoin
		s.Store, err = tables.New(ctx, c)
	}
	if err != nil {
		s.read.Close()
		s.write.Close()
		return nil, fmt.Errorf("open database %s: %w", path, explain(err))
	}
	ctx, s.closing = context.WithCancel(context.WithoutCancel(ctx))
	s.checks.Go(func() { s.checkpoint(ctx) })
	return s, nil
}

// Commit implements crawler.Frontier.
func (s *Store) Commit(ctx context.Context, visits []crawler.Visit) ([]crawler.Stored, error) {
	stored, err := s.Store.Commit(ctx, visits)
	select {
	case s.committed <- struct{}{}:
	default:
	}
	return stored, err
}

// checkpoint moves what was committed from the log to the file, once a second at most and beside the writer, who would have to wait for the
// disk. What it leaves, or cannot do because another process is at it, the writer does when the log is large or the database is closed.
func (s *Store) checkpoint(ctx context.Context) {
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.committed:
		}
		if time.Since(last) > time.Second {
			s.moveLog(ctx)
			last = time.Now()
		}
	}
}

func (s *Store) moveLog(ctx context.Context) {
	s.read.ExecContext(ctx, `PRAGMA wal_checkpoint(PASSIVE)`)
}

// connect makes the first connection. It waits for others that open the same new file: SQLite does not wait for their locks where it changes
// the journal mode (https://www.sqlite.org/c3ref/busy_handler.html, on deadlocks).
func connect(ctx context.Context, db *sql.DB) error {
	for end := time.Now().Add(busyTimeout); ; {
		err := db.PingContext(ctx)
		if code(err) != sqlite3.SQLITE_BUSY || time.Now().After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// dsn sets the pragmas for every connection of a pool: set by Exec they would reach one connection only. cache is
// PRAGMA cache_size: negative, KiB a connection.
func dsn(path, cache string) string {
	q := url.Values{
		"_txlock": {"immediate"}, // a transaction that will write waits at its begin, where waiting is safe
		"_pragma": {
			fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()),
			"journal_mode(WAL)",
			"synchronous(NORMAL)",
			"foreign_keys(1)",
			"cache_size(" + cache + ")",
			fmt.Sprintf("journal_size_limit(%d)", maxLog),
			fmt.Sprintf("wal_autocheckpoint(%d)", maxLog/4096),
		},
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// Close gives the runs it holds free, as interrupted ones, and closes the file.
func (s *Store) Close() error {
	s.closing()
	s.checks.Wait()
	err := errors.Join(s.Store.Close(), s.read.Close(), s.write.Close())
	if s.temp != "" {
		err = errors.Join(err, os.RemoveAll(s.temp))
	}
	if err != nil {
		return fmt.Errorf("close database %s: %w", s.path, err)
	}
	return nil
}

// code is the primary result code of an error (https://www.sqlite.org/rescode.html), SQLITE_OK if it is none of SQLite.
func code(err error) int {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return sqlite3.SQLITE_OK
	}
	return e.Code() & 0xff
}

// explain puts into words what a person can do about the errors of SQLite that are no fault of ours.
func explain(err error) error {
	switch code(err) {
	case sqlite3.SQLITE_NOTADB:
		return errors.New("it is not a SQLite database; name another file")
	case sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("the database is damaged (restore a copy, or `sqlite3 FILE .recover`): %w", err)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return fmt.Errorf("cannot write to it or its folder: %w", err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("no space left on its disk: %w", err)
	case sqlite3.SQLITE_BUSY:
		return fmt.Errorf("another process keeps the database locked: %w", err)
	}
	return err
}

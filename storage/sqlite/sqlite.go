// Package sqlite keeps a crawl in one SQLite file: the frontier, the pages, the reviews with their revisions, the runs.
//
// The file is in WAL mode, so that readers and the one writer do not wait for each other. One connection writes, with prepared
// statements in transactions of many visits; a pool of others reads.
//
// synchronous=NORMAL: a commit is handed to the operating system, so kill -9 at any instant loses nothing that was committed. It
// is not forced to the disk at each commit, so a power loss may lose the last transactions, whole ones and in order: the database
// stays consistent and the next run asks for those pages again. FULL would buy that at the price of one fsync a batch.
//
// The frontier is never in memory. Each task is in exactly one of two partial indexes, queued or done; a host carries a summary of
// its queue that triggers keep, so that neither the choice of the next task nor the list of hosts grows with the tasks.
//
// What it does not know: what a page means, what a polite gap is, which site may be asked.
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

	"cinecrawl/storage"
)

// Store is a storage.Store in a SQLite file.
type Store struct {
	path  string
	temp  string           // directory to remove on Close
	now   func() time.Time // of leases and of visits without a page
	owner string           // of leases, see newOwner

	reads *reader

	mu     sync.Mutex // held by the one writing transaction, and over all below
	db     *sql.DB    // of conn
	conn   *sql.Conn  // the only one that writes
	stmts  map[string]*sql.Stmt
	held   map[string]*lease // runs that this Store holds, by site
	hosts  map[hostKey]int64
	links  linkCache
	stop   chan struct{} // ends the renewal of leases; nil if none are held
	zip    *compressor
	closed bool
}

var _ storage.Store = (*Store)(nil)

type hostKey struct {
	site int64
	host string
}

// Open opens the database in a file, and makes it if there is none. Its folder must exist.
func Open(ctx context.Context, path string) (*Store, error) {
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
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return nil, fmt.Errorf("open database %s: cannot write to it: %w", path, err)
		}
		f.Close()
	}
	return open(ctx, path)
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
	s, err := open(ctx, filepath.Join(dir, "temp.db"))
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	s.temp = dir
	return s, nil
}

func open(ctx context.Context, path string) (*Store, error) {
	zip, err := newCompressor()
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	db, err := sql.Open("sqlite", dsn(path, "-16000"))
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	s := &Store{
		path:  path,
		now:   time.Now,
		owner: newOwner(),
		db:    db,
		stmts: make(map[string]*sql.Stmt),
		held:  make(map[string]*lease),
		hosts: make(map[hostKey]int64),
		zip:   zip,
	}
	if err := migrate(ctx, db); err != nil {
		db.Close()
		return nil, fmt.Errorf("open database %s: %w", path, explain(err))
	}
	if s.conn, err = db.Conn(ctx); err == nil {
		s.reads, err = newReader(path)
	}
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("open database %s: %w", path, explain(err))
	}
	return s, nil
}

// dsn sets the pragmas for every connection of a pool: set by Exec they would reach one connection only. cache is
// PRAGMA cache_size: negative, KiB a connection.
func dsn(path, cache string) string {
	q := url.Values{
		"_txlock": {"immediate"}, // a transaction that will write waits at its begin, where waiting is safe
		"_pragma": {
			"busy_timeout(10000)",
			"journal_mode(WAL)",
			"synchronous(NORMAL)",
			"foreign_keys(1)",
			"cache_size(" + cache + ")",
			"journal_size_limit(67108864)",
		},
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// Close gives the runs it holds free, as interrupted ones, and closes the file.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if s.stop != nil {
		close(s.stop)
	}
	var free error
	if len(s.held) > 0 {
		_, free = s.conn.ExecContext(context.Background(), `UPDATE sites SET owner = '', lease_until = 0 WHERE owner = $1`, s.owner)
	}
	for _, st := range s.stmts { // one left open keeps its connection half alive, and the log beside the file
		free = errors.Join(free, st.Close())
	}
	err := errors.Join(free, s.reads.close(), s.conn.Close(), s.db.Close())
	s.zip.close()
	if s.temp != "" {
		err = errors.Join(err, os.RemoveAll(s.temp))
	}
	if err != nil {
		return fmt.Errorf("close database %s: %w", s.path, err)
	}
	return nil
}

// explain puts into words what a person can do about the errors of SQLite that are no fault of ours.
func explain(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff {
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

// tx is the writing transaction.
type tx struct {
	ctx context.Context
	s   *Store
}

// write runs fn in a transaction and commits it. A canceled ctx keeps it from beginning; once begun it is carried through, because
// it is short and because a driver that watches a context starts a goroutine for each statement.
func (s *Store) write(ctx context.Context, fn func(*tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errors.New("database is closed")
	}
	t := &tx{ctx: context.WithoutCancel(ctx), s: s}
	// Plain statements on the one connection: database/sql would wrap every prepared statement anew for a sql.Tx.
	if _, err := t.exec(`BEGIN IMMEDIATE`); err != nil {
		return explain(err)
	}
	err := fn(t)
	if err == nil {
		_, err = t.exec(`COMMIT`)
	}
	if err != nil {
		t.exec(`ROLLBACK`) // its own error would tell nothing new: SQLite may have rolled back already
		s.links.clear()
		clear(s.hosts)
		return explain(err)
	}
	return nil
}

// stmt prepares a query once. Queries are constants, so their number is bounded.
func (t *tx) stmt(query string) (*sql.Stmt, error) {
	if st := t.s.stmts[query]; st != nil {
		return st, nil
	}
	st, err := t.s.conn.PrepareContext(t.ctx, query)
	if err != nil {
		return nil, err
	}
	t.s.stmts[query] = st
	return st, nil
}

// exec gives the number of rows changed.
func (t *tx) exec(query string, args ...any) (int64, error) {
	st, err := t.stmt(query)
	if err != nil {
		return 0, err
	}
	res, err := st.ExecContext(t.ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// row scans the one row of a query; sql.ErrNoRows if there is none.
func (t *tx) row(dest []any, query string, args ...any) error {
	st, err := t.stmt(query)
	if err != nil {
		return err
	}
	return st.QueryRowContext(t.ctx, args...).Scan(dest...)
}

// Package tables keeps a crawl in the tables of a SQL database: the frontier, the pages, the reviews with their revisions, the runs.
// Its statements are those of every backend; a backend brings connections, schema and error words.
//
// A writer is one connection with prepared statements and transactions of many visits. What is written for a site goes by one writer, so
// that it can remember which links it stored.
//
// The frontier is never in memory. Each task is in exactly one of two partial indexes, queued or done; a host carries a summary of
// its queue that triggers keep, so that neither the choice of the next task nor the list of hosts grows with the tasks.
//
// What it does not know: what a page means, what a polite gap is, which site may be asked.
package tables

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"cinecrawl/storage"
)

// Config is what a backend brings.
type Config struct {
	Write   *sql.DB           // gives the one connection that writes
	Read    *sql.DB           // a pool; it has no bound: a reading callback may read again, and two such would wait for each other at a bound
	Begin   string            // statement that begins a writing transaction
	Insert  string            // verb of an INSERT … ON CONFLICT DO NOTHING that breaks no other constraint; "INSERT" if ""
	Explain func(error) error // puts into words what a person can do about an error

	// For tests.
	Now   func() time.Time // of leases and of visits without a page; the machine's clock if nil
	Owner string           // of leases; this process if ""
}

// Store is a storage.Store in the tables of a database that was brought up to date.
type Store struct {
	explain func(error) error
	begin   string
	inserts [maxRows + 1]string // see insertTasks
	now     func() time.Time
	owner   string // of leases, see newOwner
	zip     *compressor
	reads   *reader
	w       *writer

	mu     sync.Mutex        // over all below
	held   map[string]*lease // runs that this Store holds, by site
	stop   chan struct{}     // ends the renewal of leases; nil if none are held
	closed bool
}

var _ storage.Store = (*Store)(nil)

// writer is a connection that writes.
type writer struct {
	mu    sync.Mutex // held by its one transaction, and over all below
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	hosts map[hostKey]int64
	links linkCache
}

type hostKey struct {
	site int64
	host string
}

// New makes a Store.
func New(ctx context.Context, c Config) (*Store, error) {
	s := &Store{
		explain: c.Explain,
		begin:   c.Begin,
		inserts: insertTasks(cmp.Or(c.Insert, "INSERT")),
		now:     c.Now,
		owner:   c.Owner,
		reads:   &reader{db: c.Read, stmts: make(map[string]*sql.Stmt)},
		held:    make(map[string]*lease),
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.owner == "" {
		s.owner = newOwner()
	}
	var err error
	if s.zip, err = newCompressor(); err != nil {
		return nil, err
	}
	conn, err := c.Write.Conn(ctx)
	if err != nil {
		s.zip.close()
		return nil, err
	}
	s.w = &writer{conn: conn, stmts: make(map[string]*sql.Stmt), hosts: make(map[hostKey]int64)}
	if err := s.fillPrints(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("compare the stored reviews: %w", s.explain(err)), s.Close())
	}
	return s, nil
}

// Close gives the runs it holds free, as interrupted ones, and its connections back. The pools are closed by who opened them.
func (s *Store) Close() error {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	if s.stop != nil {
		close(s.stop)
		s.stop = nil
	}
	held := len(s.held) > 0
	s.mu.Unlock()
	if closed {
		return nil
	}
	s.w.mu.Lock() // what writes comes to its end
	defer s.w.mu.Unlock()
	var err error
	if held {
		_, err = s.w.conn.ExecContext(context.Background(), `UPDATE sites SET owner = '', lease_until = 0 WHERE owner = $1`, s.owner)
	}
	for _, st := range s.w.stmts { // one left open keeps its connection half alive, and the log beside a SQLite file
		err = errors.Join(err, st.Close())
	}
	err = errors.Join(err, s.w.conn.Close())
	s.zip.close()
	return err
}

func (s *Store) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// tx is the writing transaction.
type tx struct {
	ctx context.Context
	s   *Store
	w   *writer
}

// write runs fn in a transaction and commits it. A canceled ctx keeps it from beginning; once begun it is carried through, because
// it is short and because a driver that watches a context starts a goroutine for each statement.
func (s *Store) write(ctx context.Context, fn func(*tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w := s.w
	w.mu.Lock()
	defer w.mu.Unlock()
	if s.isClosed() {
		return errors.New("database is closed")
	}
	t := &tx{ctx: context.WithoutCancel(ctx), s: s, w: w}
	// Plain statements on the one connection: database/sql would wrap every prepared statement anew for a sql.Tx.
	if _, err := t.exec(s.begin); err != nil {
		return s.explain(err)
	}
	err := fn(t)
	if err == nil {
		_, err = t.exec(`COMMIT`)
	}
	if err != nil {
		t.exec(`ROLLBACK`) // its own error would tell nothing new: SQLite may have rolled back already
		w.links.clear()
		clear(w.hosts)
		return s.explain(err)
	}
	return nil
}

// stmt prepares a query once. Queries are constants, so their number is bounded.
func (t *tx) stmt(query string) (*sql.Stmt, error) {
	if st := t.w.stmts[query]; st != nil {
		return st, nil
	}
	st, err := t.w.conn.PrepareContext(t.ctx, query)
	if err != nil {
		return nil, err
	}
	t.w.stmts[query] = st
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

// rows calls each for every row of a query, until it fails.
func (t *tx) rows(each func(scan func(...any) error) error, query string, args ...any) error {
	st, err := t.stmt(query)
	if err != nil {
		return err
	}
	return scanRows(t.ctx, st, each, args)
}

// ids gives the one column of a query.
func (t *tx) ids(query string, args ...any) (ids []int64, err error) {
	err = t.rows(func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	}, query, args...)
	return ids, err
}

// row scans the one row of a query; sql.ErrNoRows if there is none.
func (t *tx) row(dest []any, query string, args ...any) error {
	st, err := t.stmt(query)
	if err != nil {
		return err
	}
	return st.QueryRowContext(t.ctx, args...).Scan(dest...)
}

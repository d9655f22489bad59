// Package tables keeps a crawl in the tables of a SQL database: the frontier, the pages, the reviews with their revisions, the runs.
// Its statements are those of every backend; a backend brings connections, schema and error words.
//
// A writer is one connection with prepared statements and transactions of many visits. What is written for a site goes by one writer, so
// that it can remember which links it stored.
//
// The frontier is never in memory. Each task is in exactly one of two partial indexes, queued or done; a host carries a summary of
// its queue, which insert and a trigger keep, so that neither the choice of the next task nor the list of hosts grows with the tasks.
//
// # Pages
//
// A row of the table pages is the last answer to a task that was read as a page (HTML, status 2xx), unless it asks for no copy. What it
// keeps, and where that goes in a pair of WARC 1.1 records (ISO 28500:2017):
//
//	tasks.url            WARC-Target-URI of both; the request line and Host are made of it
//	pages.fetched_at     WARC-Date: when the request was begun; milliseconds. pages.took is until the body was whole
//	pages.remote         WARC-IP-Address
//	requests.header      header fields of the request record, as sent
//	pages.status_line    status line of the response record
//	pages.header         its header fields
//	pages.size, hash     length and SHA-256 of the body: WARC-Payload-Digest, where decoded is 0
//	pages.body           its body, a zstd frame: see snapshot.go
//	pages.decoded        whether a content coding was undone
//
//	pages.via            the URL that was asked instead, see below; "" for a page that was asked for
//
// Header fields are those received: as WARC tools do, nothing is corrected. Where decoded is 1 the body is no longer what
// Content-Encoding and Content-Length tell of, so that an export leaves both out, or renames them (X-Archive-Orig-), and gives the
// body's own length; the same goes for Transfer-Encoding, which HTTP undoes itself. The names of header fields are in canonical case,
// in no order, but with all values of a name in theirs. An answer 304 leaves the row: a revisit record would be of tasks.visited_at.
// Bytes of the content coding itself are not kept, nor pages that no snapshot is kept of, redirects for one.
//
// A row with via is no exchange with tasks.url. The page was made of a post in the answer from the URL in via, of which fetched_at, took,
// remote, status_line, decoded and both headers are; that answer is not kept. A WARC export has it as a resource record
// (section 6.4), and never as a response.
//
// What it does not know: what a page means, what a polite gap is, which site may be asked.
package tables

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"cinecrawl/storage"
)

// Config is what a backend brings, and all in which the backends differ beside their schemas.
type Config struct {
	Write    *sql.DB            // gives the one connection that writes
	Read     *sql.DB            // a pool; it has no bound of its own: a reading callback may read again, and two such would wait for each other
	Reads    int                // how many connections the reads of a crawl may have together, half of them for lists; 0 is no bound
	Begin    string             // statement that begins a writing transaction
	Insert   string             // verb of an INSERT … ON CONFLICT DO NOTHING that breaks no other constraint; "INSERT" if ""
	Near     string             // NearJoin or NearList
	Snapshot sql.IsolationLevel // of a reading transaction that sees one moment
	Explain  func(error) error  // puts into words what a person can do about an error
	Lease    time.Duration      // how long a holder that cannot be seen is taken for alive after its last sign of life

	// Of a database on a server; zero for a file.
	Number string              // query, with the name of a table in it, that lets its rows be numbered on from the highest
	Clock  string              // expression for the server's time in milliseconds
	Retry  func(error) Retry   // whether an error passes
	Clean  func(string) string // makes a text one that can be stored

	Target bool // it is opened for a copy into it

	// For tests.
	Now   func() time.Time // of leases and of visits without a page, where there is no Clock; the machine's if nil
	Owner string           // of leases; this process if ""
}

// Retry says what to do about an error.
type Retry int

const (
	Never     Retry = iota
	Again           // the transaction was rolled back for the sake of another: at once
	Reconnect       // the connection was lost: on another one, when there is one
)

// Store is a storage.Store in the tables of a database that was brought up to date.
type Store struct {
	c       Config
	inserts [2][maxRows + 1]string // see insertTasks
	raises  [maxRows + 1]string    // see raiseTasks
	owner   string                 // of leases, see newOwner
	zip     *compressor
	dicts   dictionaries
	reads   *reader
	w       *writer
	quit    context.Context // ends when nothing is waited for any more
	giveUp  context.CancelFunc

	mu     sync.Mutex        // over all below
	held   map[string]*lease // runs that this Store holds, by site
	stop   chan struct{}     // ends the renewal of leases; nil if none are held
	closed bool
}

var _ storage.Store = (*Store)(nil)

// writer is a connection that writes.
type writer struct {
	mu       sync.Mutex // held by its one transaction, and over all below
	conn     *sql.Conn  // nil if it was lost
	stmts    map[string]*sql.Stmt
	hosts    map[hostKey]int64
	requests map[string]int64
	links    linkCache
	turn     int64 // number of the transaction, where there is a server
	asked    bool  // its COMMIT was sent and the answer was lost
}

type hostKey struct {
	site int64
	host string
}

// New makes a Store.
func New(ctx context.Context, c Config) (*Store, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &Store{c: c, inserts: insertTasks(cmp.Or(c.Insert, "INSERT")), raises: raiseTasks(), owner: c.Owner, held: make(map[string]*lease)}
	if s.owner == "" {
		s.owner = newOwner()
	}
	s.reads = &reader{s: s, db: c.Read, ones: newPlaces(c.Reads / 2), lists: newPlaces(c.Reads / 2), stmts: make(map[string]*sql.Stmt)}
	s.quit, s.giveUp = context.WithCancel(context.Background())
	var err error
	s.dicts = dictionaries{sites: make(map[string]*packing), contents: make(map[uint32][]byte)}
	if s.zip, err = newCompressor(); err != nil {
		return nil, err
	}
	s.w = &writer{stmts: make(map[string]*sql.Stmt), hosts: make(map[hostKey]int64), requests: make(map[string]int64)}
	if s.w.conn, err = c.Write.Conn(ctx); err != nil {
		s.zip.close()
		return nil, err
	}
	if !c.Target {
		var source string
		err := s.reads.row(ctx, []any{&source}, `SELECT source FROM copying`)
		if err == nil {
			err = fmt.Errorf("it has a part of a copy of %s; finish that with cinecrawl db copy, or name another", source)
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return nil, errors.Join(err, s.Close())
		}
	}
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
	defer s.giveUp()
	var err error
	if s.w.conn != nil {
		ctx, cancel := context.WithTimeout(context.Background(), lastPatience)
		defer cancel()
		if held {
			_, err = s.w.conn.ExecContext(ctx, `UPDATE sites SET owner = '', lease_until = 0 WHERE owner = $1`, s.owner)
		}
		if s.c.Clock != "" {
			_, gone := s.w.conn.ExecContext(ctx, `DELETE FROM turns WHERE owner = $1`, s.owner)
			err = errors.Join(err, gone)
		}
		err = errors.Join(err, s.w.disconnect())
	}
	s.zip.close()
	return err
}

// GiveUp ends all waiting for a server that went away, from now on: what waits for its return fails. With a server that is there it
// changes nothing.
func (s *Store) GiveUp() { s.giveUp() }

// disconnect gives the connection back to its pool.
func (w *writer) disconnect() error {
	var err error
	for _, st := range w.stmts { // one left open keeps its connection half alive, and the log beside a SQLite file
		err = errors.Join(err, st.Close())
	}
	clear(w.stmts)
	err = errors.Join(err, w.conn.Close())
	w.conn = nil
	return err
}

func (s *Store) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *Store) explain(err error) error { return s.c.Explain(err) }

// clean makes the texts among the arguments of a statement such that can be stored, and looked for.
func (s *Store) clean(args []any) []any {
	if s.c.Clean != nil {
		for i, a := range args {
			if text, ok := a.(string); ok {
				args[i] = s.c.Clean(text)
			}
		}
	}
	return args
}

const (
	// patience is how long a database that went away is waited for, as when it is started again.
	patience = time.Minute
	// lastPatience is that of one who is being stopped.
	lastPatience = 3 * time.Second
	maxAgain     = 20
)

// retrying calls try until it succeeds, or fails with an error that does not pass, or that does not pass in time.
func (s *Store) retrying(ctx context.Context, try func() error) error {
	begin, wait := time.Now(), 50*time.Millisecond
	for n := 1; ; n++ {
		err := try()
		if err == nil || s.c.Retry == nil {
			return err
		}
		var quit <-chan struct{}
		switch s.c.Retry(err) {
		case Never:
			return err
		case Again:
			if n > maxAgain {
				return err
			}
			wait = time.Duration(1+rand.IntN(20*n)) * time.Millisecond
		case Reconnect:
			if time.Since(begin) > patience {
				return err
			}
			wait = min(2*wait, 2*time.Second)
			if s.quit.Err() != nil {
				return err
			}
			quit = s.quit.Done()
		}
		select {
		case <-ctx.Done():
			return err
		case <-quit:
			return err
		case <-time.After(wait):
		}
	}
}

// tx is the writing transaction.
type tx struct {
	ctx context.Context
	s   *Store
	w   *writer
	now time.Time // by the clock that all holders of leases share
}

// write runs fn in a transaction and commits it. A canceled ctx keeps it from beginning; once begun it is carried through, because
// it is short and because a driver that watches a context starts a goroutine for each statement.
//
// Where there is a server, fn runs again if its transaction was rolled back for the sake of another or if the connection was lost; so it
// changes nothing outside that a second run would not set right. The answer to a COMMIT may be lost with the connection. Hence the turns:
// each transaction counts up the row of its writer, which tells the next one whether the last was committed, and makes it wait while
// that is not decided.
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
	w.asked = false
	err := s.retrying(ctx, func() error {
		t := &tx{ctx: context.WithoutCancel(ctx), s: s, w: w}
		err := t.transact(fn)
		if err != nil {
			w.links.clear()
			clear(w.hosts)
			clear(w.requests)
			if s.c.Retry != nil && w.conn != nil && s.c.Retry(err) == Reconnect {
				w.disconnect() // its errors would tell nothing new
			}
		}
		return err
	})
	if err != nil {
		return s.explain(err)
	}
	return nil
}

// transact is one try.
func (t *tx) transact(fn func(*tx) error) (err error) {
	w := t.w
	if w.conn == nil {
		if w.conn, err = t.s.c.Write.Conn(t.s.quit); err != nil {
			return err
		}
	}
	// Plain statements on the one connection: database/sql would wrap every prepared statement anew for a sql.Tx.
	if _, err := t.exec(t.s.c.Begin); err != nil {
		return err
	}
	done, err := t.begin()
	if err == nil && !done {
		err = fn(t)
	}
	if err != nil || done {
		t.exec(`ROLLBACK`) // its own error would tell nothing new: SQLite may have rolled back already
		return err
	}
	_, err = t.exec(`COMMIT`)
	if err != nil {
		w.asked = true
		t.exec(`ROLLBACK`)
	}
	return err
}

// begin takes the turn of the transaction and the time. It says whether what the transaction should do was done already.
func (t *tx) begin() (done bool, err error) {
	clock := t.s.c.Clock
	if clock == "" {
		t.now = t.s.c.Now()
		return false, nil
	}
	var turn, ms int64
	if err := t.row([]any{&turn, &ms}, `INSERT INTO turns (owner, turn, seen) VALUES ($1, 1, `+clock+`)
		ON CONFLICT (owner) DO UPDATE SET turn = turns.turn + 1, seen = excluded.seen RETURNING turn, seen`, t.s.owner); err != nil {
		return false, err
	}
	if t.w.asked && turn > t.w.turn {
		return true, nil
	}
	t.w.turn, t.w.asked, t.now = turn, false, moment(ms)
	return false, nil
}

// clock is the time now, which may be long after that at which the transaction began.
func (t *tx) clock() (time.Time, error) { return t.s.clock(t.ctx, t.stmt) }

// lockSite keeps those who write for a site waiting until the transaction ends, where several write at once. A condition follows.
const lockSite = `UPDATE sites SET epoch = epoch WHERE `

// flag is a truth as it is stored.
func flag(b bool) int {
	if b {
		return 1
	}
	return 0
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
	res, err := st.ExecContext(t.ctx, t.s.clean(args)...)
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
	return scanRows(t.ctx, st, each, t.s.clean(args))
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
	return st.QueryRowContext(t.ctx, t.s.clean(args)...).Scan(dest...)
}

// Package postgres keeps a crawl in a PostgreSQL database (14 or newer), for many processes on many machines at once.
//
// What is the same in every SQL database is in package tables. This one knows PostgreSQL: its connections, schema, errors, and what it
// means that others write at the same time.
//
// Transactions are READ COMMITTED. A commit begins with UPDATE sites SET … WHERE id = $1 AND epoch = $2: no row, and another holder has
// taken the site; one row, and it stays locked until the end, so that a site has one writer at any instant. What two sites may both
// write, the unique URLs of tasks and reviews, is left to the unique indexes: the later transaction waits, and is run again if it lost
// (23505), as is one that was rolled back for a deadlock or a serialization failure (40P01, 40001).
//
// A lost connection (the server is started again, the network breaks) is waited for, a minute at most, and the transaction runs again on
// a new one. Whether a COMMIT came through whose answer was lost tells the table turns, see tables.Store. A holder that freezes in the
// middle of a transaction keeps its rows locked no longer than idleTimeout.
//
// Leases end by the server's clock, in which all machines agree. Process numbers decide only between processes that see each other: of
// the same host name, boot and PID namespace.
//
// # What would break first at 10,000 pages a second
//
// BenchmarkWorkers of cmd/cinecrawl has 60 sites of 68 pages of 16 kB crawled by 1 to 3 workers. On two busy cores, which the sites share, a
// page cost 2.6 to 3.5 ms of CPU in PostgreSQL and 4.2 to 4.5 ms in its worker (4 parts of 10 of the whole are the database's), 8.4 kB of WAL
// (with fsync and full_page_writes off) and 11 rows written. Nobody was seen waiting for a lock, looked for ten times a second. There were 26 to
// 31 connections, however many workers: they go by the sites crawled at once. So at 10,000 pages a second:
//
//   - First the CPU of the one server: 26 to 35 cores. Several databases could share out the sites: across sites, no more than the unique URLs of
//     tasks and reviews, copies, and the hosts that two sites share are known.
//   - Then the WAL: 84 MB/s before full-page images, which were not measured; a standby and an archive have to take as much. The pages' bodies are a part of it that could lie elsewhere.
//   - Then the connections, with about 45 cores of workers. A worker has up to 25: 8 for the jobs, one that writes, 16 that read, most of
//     them for a moment. The 100 of a default server are enough for three.
//   - The job queue does not break: a job is a slice, so 10,000 pages a second of a page a second and host are 10,000 sites and 330 jobs a
//     second. Nor does the plan, which reads every 30 seconds what is due.
//
// These are products of what was measured at about 100 pages a second, not measurements. No two of its sites shared a host.
package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"cinecrawl/storage"
	"cinecrawl/storage/internal/tables"
)

const (
	// leaseTime is how long a holder that cannot be seen is taken for alive after its last sign of life. Each gives one every third of it.
	leaseTime = 9 * time.Second
	// idleTimeout is how long a writing connection may be silent in a transaction before the server ends it.
	idleTimeout = 3 * time.Second
	// reads is how many connections the reads of a crawl have at the most, however many sites are crawled.
	reads = 16
	// closePatience is how long Close waits for a server that does not answer.
	closePatience = 2 * time.Second
)

// clock is the server's time in milliseconds: the time now, not that at which the transaction began.
const clock = `CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)`

// Store is a storage.Store in a PostgreSQL database.
type Store struct {
	*tables.Store
	name  string
	write *sql.DB
	read  *sql.DB
	lines lines
}

var _ storage.Store = (*Store)(nil)

// IsURL says whether the name of a database is the URL of a PostgreSQL one.
func IsURL(name string) bool {
	return strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://")
}

// Name is the URL of a database as it may be shown: without its password.
func Name(rawURL string) string {
	c, err := parse(rawURL)
	if err != nil {
		return "postgres://?"
	}
	return nameOf(c)
}

func nameOf(c *pgx.ConnConfig) string {
	u := url.URL{Scheme: "postgres", User: url.User(c.User), Host: net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))), Path: "/" + c.Database}
	if strings.HasPrefix(c.Host, "/") { // the folder of a socket
		u.Host, u.RawQuery = "", url.Values{"host": {c.Host}}.Encode()
	}
	return u.String()
}

// parse reads a URL. Its error does not tell what the parser says, which may be a part of the password.
func parse(rawURL string) (*pgx.ConnConfig, error) {
	c, err := pgx.ParseConfig(rawURL)
	if err != nil || !IsURL(rawURL) {
		return nil, errors.New("the URL of the database cannot be read; write postgres://user:password@host:5432/name, " +
			"with the odd characters of the password percent-encoded")
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 10 * time.Second
	}
	c.DialFunc = (&net.Dialer{Timeout: c.ConnectTimeout, KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second,
		Interval: 5 * time.Second, Count: 3}}).DialContext
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "cinecrawl"
	}
	return c, nil
}

// Open opens the database at a URL, and makes its tables if there are none.
func Open(ctx context.Context, rawURL string) (*Store, error) {
	return open(ctx, rawURL, true, tables.Config{})
}

// OpenExisting opens the database at a URL. The error is fs.ErrNotExist if it has no tables.
func OpenExisting(ctx context.Context, rawURL string) (*Store, error) {
	return open(ctx, rawURL, false, tables.Config{})
}

// OpenTarget opens the database at a URL for a copy into it.
func OpenTarget(ctx context.Context, rawURL string) (*Store, error) {
	return open(ctx, rawURL, true, tables.Config{Target: true})
}

// open takes the owner of c, for tests.
func open(ctx context.Context, rawURL string, create bool, c tables.Config) (*Store, error) {
	config, err := parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	s := &Store{name: nameOf(config)}
	config.DialFunc = s.lines.through(config.DialFunc)
	s.write = stdlib.OpenDB(*with(config, "idle_in_transaction_session_timeout", strconv.FormatInt(idleTimeout.Milliseconds(), 10)))
	s.write.SetMaxIdleConns(1)
	s.read = stdlib.OpenDB(*with(config, "default_transaction_read_only", "on"))
	s.read.SetMaxIdleConns(reads / 2)
	s.read.SetConnMaxIdleTime(time.Minute)
	explain := func(err error) error { return explain(err, config) }
	if err = migrate(ctx, s.write, create); err == nil {
		c.Write, c.Read, c.Reads, c.Begin, c.Snapshot = s.write, s.read, reads, `BEGIN`, sql.LevelRepeatableRead
		c.Number = `SELECT setval(pg_get_serial_sequence('%[1]s', 'id'), COALESCE(MAX(id), 0) + 1, FALSE) FROM %[1]s`
		c.Near = tables.NearList
		c.Clock, c.Lease, c.Explain, c.Retry, c.Clean = clock, leaseTime, explain, retry, clean
		s.Store, err = tables.New(ctx, c)
	}
	if err != nil {
		s.read.Close()
		s.write.Close()
		return nil, fmt.Errorf("open database %s: %w", s.name, explain(err))
	}
	return s, nil
}

// with gives a configuration with one more setting of its sessions.
func with(c *pgx.ConnConfig, setting, value string) *pgx.ConnConfig {
	c = c.Copy()
	c.RuntimeParams[setting] = value
	return c
}

// Close gives the runs it holds free, as interrupted ones, and closes the connections. What waits for a server that does not answer
// fails then.
func (s *Store) Close() error {
	defer time.AfterFunc(closePatience, func() {
		s.Store.GiveUp()
		s.lines.cut()
	}).Stop()
	if err := errors.Join(s.Store.Close(), s.read.Close(), s.write.Close()); err != nil {
		return fmt.Errorf("close database %s: %w", s.name, err)
	}
	return nil
}

// clean makes a text one that PostgreSQL stores: UTF-8, and no zero byte. What it takes out is replaced by U+FFFD, as is done to what a
// page says in a wrong encoding.
func clean(text string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", "\uFFFD"), "\uFFFD")
}

// retry says whether an error passes. https://www.postgresql.org/docs/current/errcodes-appendix.html
func retry(err error) tables.Retry {
	var e *pgconn.PgError
	var n net.Error
	var failed *pgconn.ConnectError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return tables.Never
	case errors.As(err, &e):
		switch e.Code {
		case "40001", "40P01", "23505": // serialization failure, deadlock, unique violation
			return tables.Again
		case "57P01", "57P02", "57P03", "25P03", "53300": // shutdown, crash, not yet up, idle in a transaction, too many connections
			return tables.Reconnect
		}
		if strings.HasPrefix(e.Code, "08") {
			return tables.Reconnect
		}
	case errors.As(err, &failed), errors.As(err, &n), errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), pgconn.SafeToRetry(err):
		return tables.Reconnect
	}
	return tables.Never
}

// explain puts into words what a person can do about the errors of PostgreSQL that are no fault of ours.
func explain(err error, c *pgx.ConnConfig) error {
	var e *pgconn.PgError
	var failed *pgconn.ConnectError
	if errors.As(err, &e) {
		switch e.Code {
		case "28P01":
			return fmt.Errorf("the password of %s is wrong or missing; put the right one into the URL, PGPASSWORD or ~/.pgpass", c.User)
		case "28000":
			return fmt.Errorf("the server does not let %s in: %s", c.User, e.Message)
		case "3D000":
			return fmt.Errorf("the server has no database %s; make it with createdb, or name another", c.Database)
		case "42501", "3F000":
			return fmt.Errorf("%s may not do this in database %s (%s); make it the owner of the database", c.User, c.Database, e.Message)
		case "25006":
			return errors.New("the database can only be read (it may be a standby); name its primary")
		case "53100":
			return fmt.Errorf("no space left on the disk of the database: %w", err)
		case "53300":
			return fmt.Errorf("the server takes no more connections; raise its max_connections, or stop a worker: %w", err)
		case "57P03":
			return fmt.Errorf("the server is not ready yet; try again: %w", err)
		}
		return err
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	if errors.As(err, &failed) || retry(err) == tables.Reconnect {
		cause := err
		var op *net.OpError
		if errors.As(err, &op) {
			cause = op
		}
		if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("no PostgreSQL server answers there (%w); start it, or name another", cause)
		}
		return fmt.Errorf("the connection to the server failed: %w", cause)
	}
	return err
}

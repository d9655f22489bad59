package sqlite

import (
	"context"
	"database/sql"
	"sync"
)

// reader is the pool of connections that read, with its prepared statements. It has no bound: a reading callback may read again,
// and two such would wait for each other at a bound.
type reader struct {
	db *sql.DB

	mu    sync.Mutex
	stmts map[string]*sql.Stmt
}

func newReader(path string) (*reader, error) {
	db, err := sql.Open("sqlite", dsn(path, "-4000")+"&_pragma=query_only(1)")
	if err != nil {
		return nil, err
	}
	db.SetMaxIdleConns(4)
	return &reader{db: db, stmts: make(map[string]*sql.Stmt)}, nil
}

func (r *reader) close() error { return r.db.Close() }

// stmt prepares a query once. Only constant queries may be given to it.
func (r *reader) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if st := r.stmts[query]; st != nil {
		return st, nil
	}
	st, err := r.db.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	r.stmts[query] = st
	return st, nil
}

// row scans the one row of a query; sql.ErrNoRows if there is none.
func (r *reader) row(ctx context.Context, dest []any, query string, args ...any) error {
	st, err := r.stmt(ctx, query)
	if err != nil {
		return err
	}
	return st.QueryRowContext(ctx, args...).Scan(dest...)
}

// rows calls each for every row of a query, until it fails.
func (r *reader) rows(ctx context.Context, each func(scan func(...any) error) error, query string, args ...any) error {
	st, err := r.stmt(ctx, query)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

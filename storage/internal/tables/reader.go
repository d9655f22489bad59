package tables

import (
	"cmp"
	"context"
	"database/sql"
	"sync"
)

// reader is the pool of connections that read, with its prepared statements.
type reader struct {
	s  *Store
	db *sql.DB

	// A connection is had with a place. Those of single rows are apart, for one may be asked for while a list is read.
	ones, lists places

	mu    sync.Mutex
	stmts map[string]*sql.Stmt
}

// places bound how many do something at a time; nil is no bound.
type places chan struct{}

func newPlaces(n int) places {
	if n == 0 {
		return nil
	}
	return make(places, n)
}

// have calls do when there is a place.
func (p places) have(ctx context.Context, do func() error) error {
	if p == nil {
		return do()
	}
	select {
	case p <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-p }()
	return do()
}

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
	args = r.s.clean(args)
	return r.s.retrying(ctx, func() error {
		return r.ones.have(ctx, func() error {
			st, err := r.stmt(ctx, query)
			if err != nil {
				return err
			}
			return st.QueryRowContext(ctx, args...).Scan(dest...)
		})
	})
}

// rows calls each for every row of a query, until it fails.
func (r *reader) rows(ctx context.Context, each func(scan func(...any) error) error, query string, args ...any) error {
	args = r.s.clean(args)
	var begun bool
	var late error // what was given once is not given again
	err := r.s.retrying(ctx, func() error {
		return r.lists.have(ctx, func() error {
			st, err := r.stmt(ctx, query)
			if err != nil {
				return err
			}
			err = scanRows(ctx, st, func(scan func(...any) error) error {
				begun = true
				return each(scan)
			}, args)
			if begun {
				late, err = err, nil
			}
			return err
		})
	})
	return cmp.Or(late, err)
}

func scanRows(ctx context.Context, st *sql.Stmt, each func(scan func(...any) error) error, args []any) error {
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

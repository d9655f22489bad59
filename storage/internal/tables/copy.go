package tables

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"

	"cinecrawl/storage"
)

// copied is a table with its key, in an order in which what a row points at is there before it. Not copied is what holds for the moment
// only: who asks which host, who works, and the turns of writers.
type copied struct {
	name string
	key  []string
	ids  bool // whether the database numbers its rows
}

var copiedTables = []copied{
	{"sites", []string{"id"}, true},
	{"dictionaries", []string{"id"}, true},
	{"requests", []string{"id"}, true},
	{"hosts", []string{"id"}, true},
	{"tasks", []string{"id"}, true},
	{"pages", []string{"task_id"}, false},
	{"marks", []string{"site_id", "task_id"}, false},
	{"reviews", []string{"id"}, true},
	{"revisions", []string{"review_id", "revision"}, false},
	{"runs", []string{"id"}, true},
	{"run_outcomes", []string{"run_id", "outcome"}, false},
	{"robots", []string{"origin"}, false},
	{"robots_past", []string{"origin", "since"}, false},
}

// nobody is what a copy has instead of a column: it is not held.
var nobody = map[string]string{"sites.owner": "''", "sites.lease_until": "0"}

const (
	maxCopyRows  = 500
	maxCopyBytes = 4 << 20
)

// Tables is the Store itself, for one that is a part of another.
func (s *Store) Tables() *Store { return s }

// CopyTo implements storage.Copier.
func (s *Store) CopyTo(ctx context.Context, target storage.Store, source string, each func(storage.CopiedTable)) error {
	into, ok := target.(interface{ Tables() *Store })
	if !ok {
		return fmt.Errorf("copy into a %T: it is no SQL database", target)
	}
	to := into.Tables()
	if err := to.beginCopy(ctx, source); err != nil {
		return err
	}
	// One moment of the source, whatever is stored there meanwhile.
	from, err := s.c.Read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: s.c.Snapshot})
	if err != nil {
		return s.explain(err)
	}
	defer from.Rollback()
	var busy string
	err = from.QueryRowContext(ctx, `SELECT s.name FROM sites s WHERE `+live+`$1 ORDER BY s.name LIMIT 1`, millis(s.c.Now())).Scan(&busy)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return s.explain(err)
	default:
		return fmt.Errorf("%s is being crawled; stop that first, so that the copy is whole", busy)
	}
	for _, t := range copiedTables {
		if err := s.copyTable(ctx, from, to, t); err != nil {
			return fmt.Errorf("copy table %s: %w", t.name, err)
		}
	}
	for _, t := range copiedTables {
		want, err := s.sum(ctx, from, t, to.c.Clean)
		if err != nil {
			return fmt.Errorf("read table %s of the source again: %w", t.name, s.explain(err))
		}
		got, err := to.sum(ctx, to.c.Read, t, s.c.Clean)
		if err != nil {
			return fmt.Errorf("read table %s of the copy: %w", t.name, to.explain(err))
		}
		if got != want {
			return fmt.Errorf("table %s of the copy differs (%d rows of %d, hash %.8x instead of %.8x): the source changed after an earlier part "+
				"was copied; empty the target, and copy anew", t.name, got.Rows, want.Rows, got.Hash, want.Hash)
		}
		each(want)
	}
	return to.endCopy(ctx)
}

// beginCopy takes an empty database for a copy, or one that has a part of the same copy.
func (s *Store) beginCopy(ctx context.Context, source string) error {
	return s.write(ctx, func(t *tx) error {
		var from string
		err := t.row([]any{&from}, `SELECT source FROM copying`)
		switch {
		case err == nil && from != source:
			return fmt.Errorf("it has a part of a copy of %s, and not of %s; name another target, or empty it", from, source)
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		for _, table := range copiedTables {
			var some bool
			if err := t.row([]any{&some}, `SELECT EXISTS (SELECT 1 FROM `+table.name+`)`); err != nil {
				return err
			}
			if some {
				return errors.New("it is not empty; name another target, or a new one")
			}
		}
		_, err = t.exec(`INSERT INTO copying (source) VALUES ($1)`, source)
		return err
	})
}

// endCopy makes the target a database like any other.
func (s *Store) endCopy(ctx context.Context) error {
	return s.write(ctx, func(t *tx) error {
		if s.c.Number != "" {
			for _, table := range copiedTables {
				if table.ids {
					if err := t.row([]any{new(any)}, fmt.Sprintf(s.c.Number, table.name)); err != nil {
						return err
					}
				}
			}
		}
		_, err := t.exec(`DELETE FROM copying`)
		return err
	})
}

// querier is a pool or a reading transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// copyTable copies the rows after those that the target has.
func (s *Store) copyTable(ctx context.Context, from querier, to *Store, t copied) error {
	columns, err := to.columns(ctx, t)
	if err != nil {
		return to.explain(err)
	}
	key := strings.Join(t.key, ", ")
	last := make([]any, len(t.key))
	have := false
	if err := to.scan(ctx, to.c.Read, `SELECT `+key+` FROM `+t.name+` ORDER BY `+strings.Join(t.key, " DESC, ")+` DESC LIMIT 1`, nil, func(row []any) error {
		have = true
		copy(last, row)
		return nil
	}); err != nil {
		return to.explain(err)
	}
	query := `SELECT ` + exprs(t, columns) + ` FROM ` + t.name
	if have {
		query += ` WHERE (` + key + `) > (` + params(len(t.key)) + `)`
	} else {
		last = nil
	}
	insert := `INSERT INTO ` + t.name + ` (` + strings.Join(columns, ", ") + `) VALUES (` + params(len(columns)) + `)`
	var batch [][]any
	size := 0
	flush := func() error {
		err := to.write(ctx, func(w *tx) error {
			for _, row := range batch {
				if _, err := w.exec(insert, row...); err != nil {
					return err
				}
			}
			return nil
		})
		batch, size = batch[:0], 0
		return err
	}
	if err := s.scan(ctx, from, query+` ORDER BY `+key, last, func(row []any) error {
		row = append([]any(nil), row...)
		for _, v := range row {
			switch v := v.(type) {
			case string:
				size += len(v)
			case []byte:
				size += len(v)
			}
		}
		if batch = append(batch, row); len(batch) < maxCopyRows && size < maxCopyBytes {
			return nil
		}
		return flush()
	}); err != nil {
		return s.explain(err)
	}
	return flush()
}

func params(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("$%d", i+1))
	}
	return strings.Join(list, ", ")
}

// columns are those of a table.
func (s *Store) columns(ctx context.Context, t copied) ([]string, error) {
	rows, err := s.c.Read.QueryContext(ctx, `SELECT * FROM `+t.name+` WHERE 1 = 0`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	return names, errors.Join(err, rows.Close())
}

func exprs(t copied, columns []string) string {
	list := make([]string, len(columns))
	for i, c := range columns {
		list[i] = c
		if e, ok := nobody[t.name+"."+c]; ok {
			list[i] = e
		}
	}
	return strings.Join(list, ", ")
}

// scan calls each with the values of every row: int64, string, []byte or nil. It keeps no row.
func (s *Store) scan(ctx context.Context, from querier, query string, args []any, each func(row []any) error) error {
	rows, err := from.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	row, dest := make([]any, len(columns)), make([]any, len(columns))
	for i := range row {
		dest[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		for i, v := range row {
			if b, ok := v.([]byte); ok && b == nil { // an empty one, not NULL
				row[i] = []byte{}
			}
		}
		if err := each(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// sum counts the rows of a table and hashes them in the order of their keys: its columns by name, each value with its type. clean is that
// of the other database.
func (s *Store) sum(ctx context.Context, from querier, t copied, clean func(string) string) (storage.CopiedTable, error) {
	sum := storage.CopiedTable{Name: t.name}
	columns, err := s.columns(ctx, t)
	if err != nil {
		return sum, err
	}
	h := sha256.New()
	err = s.scan(ctx, from, `SELECT `+exprs(t, slices.Sorted(slices.Values(columns)))+` FROM `+t.name+` ORDER BY `+strings.Join(t.key, ", "), nil, func(row []any) error {
		sum.Rows++
		for _, v := range row {
			if text, ok := v.(string); ok && clean != nil {
				v = clean(text)
			}
			hashValue(h, v)
		}
		return nil
	})
	h.Sum(sum.Hash[:0])
	return sum, err
}

func hashValue(h hash.Hash, v any) {
	var head [9]byte
	switch v := v.(type) {
	case nil:
		h.Write(head[:1])
	case int64:
		head[0] = 1
		binary.LittleEndian.PutUint64(head[1:], uint64(v))
		h.Write(head[:])
	case string:
		head[0] = 2
		binary.LittleEndian.PutUint64(head[1:], uint64(len(v)))
		h.Write(head[:])
		h.Write([]byte(v))
	case []byte:
		head[0] = 3
		binary.LittleEndian.PutUint64(head[1:], uint64(len(v)))
		h.Write(head[:])
		h.Write(v)
	default:
		panic(fmt.Sprintf("a value of type %T in a table", v)) // the schemas have no other types
	}
}

package tables

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"time"

	"cinecrawl/storage"
)

// Statements are those that were prepared until now, and that of Records.
func (s *Store) Statements() []string {
	cond, _ := where(storage.Filter{Since: time.Now()})
	queries := []string{`SELECT ` + recordColumns + ` FROM reviews r JOIN tasks t ON t.id = r.task_id WHERE r.site = $3 AND ` + cond + recordOrder}
	queries = slices.AppendSeq(queries, maps.Keys(s.w.stmts))
	return slices.AppendSeq(queries, maps.Keys(s.reads.stmts))
}

func (s *Store) Exec(ctx context.Context, query string) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(query)
		return err
	})
}

func (s *Store) Renew() { s.renew() }

func (s *Store) Reads() *sql.DB { return s.reads.db }

package postgres

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"cinecrawl/storage"
)

// EndRunWith is EndRun with something more to write in its transaction, such as the end of the job that the run was crawled by. It is
// given the run as it ended, and is called again if the transaction has to run again. What it is given ends with the call.
func (s *Store) EndRunWith(ctx context.Context, run *storage.Run, finished bool, why string,
	also func(context.Context, pgx.Tx, *storage.Run) error) error {
	return s.Store.EndRunWith(ctx, run, finished, why, func(ctx context.Context, conn *sql.Conn, ended *storage.Run) error {
		return conn.Raw(func(driver any) error {
			return also(ctx, openTx{c: driver.(*stdlib.Conn).Conn()}, ended)
		})
	})
}

// openTx is the open transaction of a connection, as pgx has it. It is neither committed nor rolled back by who is given it.
type openTx struct {
	pgx.Tx
	c *pgx.Conn
}

func (t openTx) Conn() *pgx.Conn { return t.c }

func (t openTx) Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error) {
	return t.c.Exec(ctx, query, args...)
}

func (t openTx) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	return t.c.Query(ctx, query, args...)
}

func (t openTx) QueryRow(ctx context.Context, query string, args ...any) pgx.Row {
	return t.c.QueryRow(ctx, query, args...)
}

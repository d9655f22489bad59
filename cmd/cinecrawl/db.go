package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"cinecrawl/storage"
	"cinecrawl/storage/postgres"
	"cinecrawl/storage/sqlite"
)

type dbCmd struct {
	Copy dbCopyCmd `cmd:"" help:"Copy a database, also from a file to PostgreSQL or back."`
}

type dbCopyCmd struct {
	From string `required:"" placeholder:"FILE|URL" help:"The database to copy, which is left as it is."`
	To   string `required:"" placeholder:"FILE|URL" help:"Where to: a new file, or an empty PostgreSQL database."`
}

func (dbCopyCmd) Help() string {
	return `Everything goes over, with the same ids; then each table is compared by the number and the hash of its rows. No site may be crawled
meanwhile. If the copy is interrupted, the same command goes on where it was; until it is done the target is no database for other
commands. A target that has anything else in it is refused.

Example:

    cinecrawl db copy --from cinecrawl.db --to postgres://cinecrawl@db.example/films`
}

func (c *dbCopyCmd) Run(ctx context.Context, a *app) error {
	source, target := shown(c.From), shown(c.To)
	if source == target {
		return usageErrorf("%s is the source and the target", source)
	}
	var from, to storage.Store
	var err error
	if postgres.IsURL(c.From) {
		from, err = opened(postgres.OpenExisting(ctx, c.From))
	} else {
		from, err = opened(sqlite.OpenExisting(ctx, c.From))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no database %s to copy", source)
	} else if err != nil {
		return err
	}
	defer from.Close()
	if postgres.IsURL(c.To) {
		to, err = opened(postgres.OpenTarget(ctx, c.To))
	} else {
		to, err = opened(sqlite.OpenTarget(ctx, c.To))
	}
	if err != nil {
		return err
	}
	defer to.Close()
	rows := int64(0)
	err = from.(storage.Copier).CopyTo(ctx, to, source, func(t storage.CopiedTable) {
		rows += t.Rows
		fmt.Fprintf(a.stdout, "%-14s %9d rows  %x\n", t.Name, t.Rows, t.Hash[:8])
	})
	if err != nil {
		return fmt.Errorf("copy %s into %s: %w", source, target, err)
	}
	fmt.Fprintf(a.stdout, "%d rows copied and compared: %s\n", rows, target)
	return nil
}

// shown names a database so that it can be told from others, without a password.
func shown(db string) string {
	if postgres.IsURL(db) {
		return postgres.Name(db)
	}
	if path, err := filepath.Abs(db); err == nil {
		return path
	}
	return db
}

package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"cinecrawl/storage"
	"cinecrawl/storage/internal/tables"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date, one process at a time. It touches no database that is not ours, that a newer version
// wrote, or in which an older one is at work.
// The error is fs.ErrNotExist if there are no tables and none may be created.
func migrate(ctx context.Context, db *sql.DB, create bool) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300)) // a second, 300 times
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithDisableGlobalRegistry(true), goose.WithSessionLocker(locker))
	if err != nil {
		return err
	}
	sources := p.ListSources()
	want := sources[len(sources)-1].Version
	have, err := schemaVersion(ctx, db)
	switch {
	case err != nil:
		return err
	case have == want:
		return nil
	case have > want:
		return fmt.Errorf("%w (its schema is %d, this version knows %d); update cinecrawl, or name another database",
			storage.ErrNewer, have, want)
	case have == 0 && !create:
		return fmt.Errorf("it has no tables (%w); a crawl makes them", fs.ErrNotExist)
	}
	if have > 0 {
		if err := tables.Idle(ctx, db, clock); err != nil {
			if again, _ := schemaVersion(ctx, db); again == want {
				return nil // another process of this version was faster, and crawls already
			}
			return err
		}
	}
	if _, err = p.Up(ctx); err != nil {
		return fmt.Errorf("migrate schema %d to %d: %w", have, want, err)
	}
	return nil
}

// schemaVersion is 0 for an empty database. It looks at the schema in which tables would be made, which the URL may name
// (?search_path=…).
func schemaVersion(ctx context.Context, db *sql.DB) (int64, error) {
	var tables, ours int
	err := db.QueryRowContext(ctx, `SELECT COUNT(*), COUNT(*) FILTER (WHERE tablename = 'goose_db_version')
		FROM pg_catalog.pg_tables WHERE schemaname = current_schema()`).Scan(&tables, &ours)
	switch {
	case err != nil:
		return 0, err
	case tables == 0:
		return 0, nil
	case ours == 0:
		return 0, errors.New("it holds the tables of another program; make a database for cinecrawl alone, with createdb")
	}
	var version sql.NullInt64
	err = db.QueryRowContext(ctx, `SELECT MAX(version_id) FROM goose_db_version WHERE is_applied`).Scan(&version)
	return version.Int64, err
}

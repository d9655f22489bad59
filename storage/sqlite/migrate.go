package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"github.com/pressly/goose/v3"

	"cinecrawl/storage"
	"cinecrawl/storage/internal/tables"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date. It touches no database that is not ours, that a newer version wrote,
// or in which an older one is at work.
func migrate(ctx context.Context, db *sql.DB) error {
	p, err := newProvider(db)
	if err != nil {
		return err
	}
	sources := p.ListSources()
	want := sources[len(sources)-1].Version

	// Several processes may open a new file at once. What one of them has made fails for the others, and they look again. It is an error
	// when nobody comes further.
	for try, last := 0, int64(-1); ; try++ {
		have, err := schemaVersion(ctx, db)
		if err != nil {
			return err
		}
		if have != last {
			try, last = 0, have
		}
		switch {
		case have == want:
			return nil
		case have > want:
			return fmt.Errorf("%w (its schema is %d, this version knows %d); update cinecrawl, or name another file",
				storage.ErrNewer, have, want)
		}
		if have > 0 {
			if err := tables.Idle(ctx, db, strconv.FormatInt(time.Now().UnixMilli(), 10)); err != nil {
				if again, _ := schemaVersion(ctx, db); again != have {
					continue // another process of this version was faster, and crawls already
				}
				return err
			}
		}
		if _, err = p.Up(ctx); err != nil && try == 4 {
			return fmt.Errorf("migrate schema %d to %d: %w", have, want, err)
		}
	}
}

func newProvider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
}

// schemaVersion is 0 for an empty database.
func schemaVersion(ctx context.Context, db *sql.DB) (int64, error) {
	var tables, ours int
	err := db.QueryRowContext(ctx, `SELECT COUNT(*), COUNT(*) FILTER (WHERE name = 'goose_db_version')
		FROM sqlite_master WHERE type = 'table'`).Scan(&tables, &ours)
	switch {
	case err != nil:
		return 0, err
	case tables == 0:
		return 0, nil
	case ours == 0:
		return 0, errors.New("it is a SQLite database of another program; name another file")
	}
	var version sql.NullInt64
	err = db.QueryRowContext(ctx, `SELECT MAX(version_id) FROM goose_db_version WHERE is_applied`).Scan(&version)
	return version.Int64, err
}

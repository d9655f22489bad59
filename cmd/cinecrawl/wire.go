package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"cinecrawl/storage"
)

var errNotYet = errors.New("not built yet")

// open opens the database, making it if it is not there.
func (a *app) open(ctx context.Context) (storage.Store, error) { return nil, errNotYet }

// openExisting opens the database for a command that only makes sense on one that is there.
func (a *app) openExisting(ctx context.Context) (storage.Store, error) {
	if _, err := os.Stat(a.DB); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no database %s: crawl first (cinecrawl crawl), or name another with --db", a.DB)
	}
	return a.open(ctx)
}

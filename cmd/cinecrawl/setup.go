package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"

	"cinecrawl/configs"
	"cinecrawl/storage"
	"cinecrawl/storage/postgres"
	"cinecrawl/storage/sqlite"
)

// config loads the configuration, once.
func (a *app) config() (*configs.Config, error) {
	if a.loaded == nil {
		c, err := configs.Load(a.Config)
		if err != nil {
			return nil, &exitError{exitUsage, err}
		}
		a.loaded = c
	}
	return a.loaded, nil
}

// choose gives the sites that a person named, or the enabled ones.
func (a *app) choose(names []string) ([]configs.Site, error) {
	cfg, err := a.config()
	if err != nil {
		return nil, err
	}
	sites, err := cfg.Choose(names...)
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	return sites, nil
}

// database names the database, a file or a URL: as the flag says, or the environment, or the configuration.
func (a *app) database() (string, error) {
	if a.DB != "" {
		return a.DB, nil
	}
	c, err := a.config()
	if err != nil {
		return "", err
	}
	return cmp.Or(c.DB, "cinecrawl.db"), nil
}

// open opens the database, making it if it is not there.
func (a *app) open(ctx context.Context) (storage.Store, error) {
	db, err := a.database()
	if err != nil {
		return nil, err
	}
	if postgres.IsURL(db) {
		return opened(postgres.Open(ctx, db))
	}
	return opened(sqlite.Open(ctx, db))
}

var errNoDatabase = errors.New("crawl first (cinecrawl crawl), or name another with --db")

// openExisting opens the database for a command that only makes sense on one that is there.
func (a *app) openExisting(ctx context.Context) (storage.Store, error) {
	st, err := a.openIfThere(ctx)
	if err == nil && st == nil {
		db, err := a.database()
		if err != nil {
			return nil, err
		}
		if postgres.IsURL(db) {
			db = postgres.Name(db)
		}
		return nil, fmt.Errorf("there is no database %s: %w", db, errNoDatabase)
	}
	return st, err
}

// openIfThere gives nil if there is no database.
func (a *app) openIfThere(ctx context.Context) (st storage.Store, err error) {
	db, err := a.database()
	if err != nil {
		return nil, err
	}
	if postgres.IsURL(db) {
		st, err = opened(postgres.OpenExisting(ctx, db))
	} else {
		st, err = opened(sqlite.OpenExisting(ctx, db))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return st, err
}

// opened is a backend as what it is for the commands; no nil pointer in an interface.
func opened[S storage.Store](st S, err error) (storage.Store, error) {
	if err != nil {
		return nil, err
	}
	return st, nil
}

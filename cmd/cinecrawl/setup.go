package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"cinecrawl/configs"
	"cinecrawl/storage"
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
		for _, n := range names {
			if strings.Contains(n, "://") {
				return nil, usageErrorf("%s is a URL: to crawl a site that is not configured, use cinecrawl scrape --site %s", n, n)
			}
		}
		return nil, &exitError{exitUsage, err}
	}
	return sites, nil
}

// dbFile is the database file: as the flag says, or the environment, or the configuration.
func (a *app) dbFile() (string, error) {
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
	file, err := a.dbFile()
	if err != nil {
		return nil, err
	}
	return sqlite.Open(ctx, file)
}

// openExisting opens the database for a command that only makes sense on one that is there.
func (a *app) openExisting(ctx context.Context) (storage.Store, error) {
	file, err := a.dbFile()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no database %s: crawl first (cinecrawl crawl), or name another with --db", file)
	}
	return sqlite.Open(ctx, file)
}

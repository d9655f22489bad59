package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

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
	if err == nil {
		return sites, nil
	}
	for _, name := range names {
		switch _, unknown := cfg.Choose(name); {
		case unknown == nil:
		case strings.Contains(name, "://"):
			return nil, usageErrorf("%s is a URL: to crawl a site that is not configured, use cinecrawl scrape --site %s", name, name)
		default:
			return nil, usageErrorf("there is no site %q%s; cinecrawl sites lists all", name, closeTo(name, cfg.Sites()))
		}
	}
	return nil, &exitError{exitUsage, err}
}

// closeTo suggests the sites whose names or hosts are like what was typed: a part of it, or a few letters off.
func closeTo(typed string, sites []configs.Site) string {
	typed = strings.ToLower(typed)
	var like []string
	for _, s := range sites {
		if slices.ContainsFunc(append([]string{s.Crawl.Name}, s.Crawl.Hosts...), func(name string) bool {
			part := len(typed) > 2 && strings.Contains(name, typed)
			return part || distance(typed, name) <= max(1, len(typed)/4)
		}) {
			like = append(like, s.Crawl.Name)
		}
	}
	if len(like) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(like[:min(len(like), 3)], " or ") + "?"
}

// distance is how many letters must be added, left out or replaced to make b of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
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

package main

import (
	"context"
	"sync"

	"cinecrawl/extract"
	"cinecrawl/storage"
)

// learned is what a crawl knows of the blocks that repeat on its sites. It learns from what is stored: after firstLesson pages of a
// site, and again whenever there are twice as many. So a page counts once however often it is fetched, and a kill costs nothing.
type learned struct {
	st storage.Store

	mu    sync.Mutex
	sites map[string]*lesson
}

type lesson struct {
	chrome     *extract.Chrome
	read, next int // pages
}

const firstLesson = 20

func newLearned(st storage.Store) *learned { return &learned{st: st, sites: map[string]*lesson{}} }

// of gives what is known of a site for the next page of it.
func (l *learned) of(ctx context.Context, site string) (*extract.Chrome, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.sites[site]
	if s == nil {
		s = &lesson{}
		l.sites[site] = s
	}
	if s.read >= s.next {
		chrome, err := chromeOf(ctx, l.st, site)
		if err != nil {
			return nil, err
		}
		s.chrome, s.next = chrome, max(firstLesson, 2*s.read)
	}
	s.read++
	return s.chrome, nil
}

// forget is called when no more pages of a site are to come.
func (l *learned) forget(site string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.sites, site)
}

// chromeOf gives what the stored reviews of a site tell of its repeated blocks.
func chromeOf(ctx context.Context, st storage.Store, site string) (*extract.Chrome, error) {
	chrome := extract.NewChrome()
	err := st.Marks(ctx, site, func(_ string, marks []extract.Mark) error {
		chrome.Add(marks)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return chrome, nil
}

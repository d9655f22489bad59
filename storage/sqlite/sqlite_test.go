package sqlite_test

import (
	"path/filepath"
	"testing"

	"cinecrawl/storage"
	"cinecrawl/storage/sqlite"
	"cinecrawl/storage/storagetest"
)

func TestStore(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) func() storage.Store {
		path := filepath.Join(t.TempDir(), "odd name?#%.db")
		return func() storage.Store {
			s, err := sqlite.Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	})
}

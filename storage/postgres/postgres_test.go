package postgres_test

import (
	"testing"

	"cinecrawl/storage"
	"cinecrawl/storage/postgres"
	"cinecrawl/storage/postgres/pgtest"
	"cinecrawl/storage/storagetest"
)

func TestStore(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) func() storage.Store {
		url := pgtest.URL(t)
		return func() storage.Store {
			s, err := postgres.Open(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	})
}

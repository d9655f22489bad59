package tables_test

import (
	"testing"

	"cinecrawl/storage"
	"cinecrawl/storage/sqlite"
)

// A lease that others have ended is not renewed: they took its holder for dead, and go on with the site.
func TestEndedLeaseIsNotRenewed(t *testing.T) {
	ctx := t.Context()
	s, err := sqlite.OpenTemp(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.StartRun(ctx, "films.example", nil, 0, storage.ByHand); err != nil {
		t.Fatal(err)
	}
	renewed := func(lease string) (yes bool) {
		if err := s.Exec(ctx, `UPDATE sites SET lease_until = `+lease); err != nil {
			t.Fatal(err)
		}
		s.Renew()
		if err := s.Reads().QueryRowContext(ctx, `SELECT lease_until > 1 FROM sites`).Scan(&yes); err != nil {
			t.Fatal(err)
		}
		return yes
	}
	if !renewed("1") {
		t.Error("a lease that ran out is not renewed, though nobody took the site")
	}
	if renewed("0") {
		t.Error("a lease that was ended is renewed")
	}
}

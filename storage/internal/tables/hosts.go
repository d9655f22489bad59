package tables

import (
	"context"
	"time"
)

// hostHold is how long a host that another holder asks is left alone before it is looked at again.
const hostHold = 5 * time.Second

// live says that the site s has a holder at a moment, which follows.
const live = `s.owner <> '' AND s.lease_until > `

// claim takes a host for a site that this Store holds: politeness knows hosts, and two sites may share one. If another holder asks the
// host, the site's queue for it is put off.
func (t *tx) claim(site int64, host string) (bool, error) {
	var owner string
	// The update locks the row where several write at once.
	if err := t.row([]any{&owner}, `INSERT INTO host_owners (host, owner) VALUES ($1, $2)
		ON CONFLICT (host) DO UPDATE SET host = excluded.host RETURNING owner`, host, t.s.owner); err != nil || owner == t.s.owner {
		return err == nil, err
	}
	now, err := t.clock()
	if err != nil {
		return false, err
	}
	if !gone(owner) {
		var asked bool
		if err := t.row([]any{&asked}, `SELECT EXISTS (SELECT 1 FROM hosts h JOIN sites s ON s.id = h.site_id
			WHERE h.host = $1 AND s.owner = $2 AND `+live+`$3)`, host, owner, millis(now)); err != nil {
			return false, err
		}
		if asked {
			_, err := t.exec(`UPDATE hosts SET hold_until = $1, hold_why = 'another process asks it' WHERE site_id = $2 AND host = $3
				AND hold_until < $1`, millis(now.Add(hostHold)), site, host)
			return false, err
		}
	}
	_, err = t.exec(`UPDATE host_owners SET owner = $2 WHERE host = $1`, host, t.s.owner)
	return true, err
}

// claimAll takes the hosts with queued tasks that nobody else asks. The others are asked for when their turn comes, see next.
func (t *tx) claimAll(site int64, now time.Time) error {
	if _, err := t.exec(`INSERT INTO host_owners (host, owner) SELECT host, $2 FROM hosts WHERE site_id = $1 AND queued > 0 ORDER BY host
		ON CONFLICT (host) DO UPDATE SET host = excluded.host`, site, t.s.owner); err != nil {
		return err
	}
	_, err := t.exec(`UPDATE host_owners SET owner = $2 WHERE host IN (SELECT host FROM hosts WHERE site_id = $1 AND queued > 0) AND owner <> $2
		AND NOT EXISTS (SELECT 1 FROM hosts h JOIN sites s ON s.id = h.site_id
			WHERE h.host = host_owners.host AND s.owner = host_owners.owner AND `+live+`$3)`, site, t.s.owner, millis(now))
	return err
}

// mayAsk says whether this Store may ask a host of a site that it holds, which another holder asked last.
func (s *Store) mayAsk(ctx context.Context, site, host string) (may bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		l, err := t.fence(site)
		if err == nil {
			may, err = t.claim(l.site, host)
		}
		return err
	})
	return may, err
}

package fleet

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
)

// clock is the server's time in milliseconds, in which all workers agree.
const clock = `CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)`

// errBuried ends what was begun before the worker was taken for dead.
var errBuried = errors.New("this worker was silent for too long: others have gone on with its sites")

// alive renews the worker's row. If it is not there any more, others have buried the worker, and it begins another life.
func (w *worker) alive(ctx context.Context) error {
	began := time.Now()
	var again bool
	if err := w.pool.QueryRow(ctx, `INSERT INTO workers (id, owner, seen) VALUES ($1, $2, `+clock+`)
		ON CONFLICT (id) DO UPDATE SET seen = excluded.seen RETURNING xmax = 0`, w.client.ID(), w.Owner).Scan(&again); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if again {
		if w.life > 0 {
			w.Log.Warn(errBuried.Error())
			w.end(errBuried)
		}
		w.life++
		w.slices, w.end = context.WithCancelCause(context.Background())
	}
	w.seen = began
	return nil
}

// begin gives a slice its context, which ends with this life of the worker, too.
func (w *worker) begin(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	ctx, cancel := context.WithCancelCause(context.WithValue(ctx, sliceKey{}, slice{w, w.life}))
	life := w.slices
	stop := context.AfterFunc(life, func() { cancel(context.Cause(life)) })
	return ctx, func(err error) { stop(); cancel(err) }
}

// may is May for the slices of a life.
func (w *worker) may(ctx context.Context, life int64) error {
	for {
		w.mu.Lock()
		fresh, same := since(w.seen) < dead-time.Second, w.life == life
		w.mu.Unlock()
		switch {
		case !same:
			return errBuried
		case fresh:
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(beat / 4):
		}
	}
}

// since is the time since then by the clock that counts more of it: one stands still while the machine sleeps, the other may be set.
func since(then time.Time) time.Duration {
	return max(time.Since(then), time.Now().Round(0).Sub(then.Round(0)))
}

// gone takes the worker's row away, and gives to others what it could not hand back.
func (w *worker) gone() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return w.bury(ctx, w.client.ID())
}

// beats gives a sign of life every beat, and buries the dead.
func (w *worker) beats(ctx context.Context) {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	well := true
	var trouble time.Time // the last time that the database could not be reached
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		try, cancel := context.WithTimeout(ctx, beatPatience)
		err := w.alive(try)
		// While this one could not reach the database, perhaps nobody could.
		if err == nil && since(trouble) > dead {
			err = w.bury(try, "")
		}
		cancel()
		switch {
		case err == nil:
			if !well {
				w.Log.Info("the database answers again")
			}
			well = true
		case ctx.Err() != nil:
		default:
			trouble = time.Now()
			if !well {
				break
			}
			w.Log.Warn("the other workers may take this one for dead", "err", err)
			well = false
		}
	}
}

// bury ends the jobs and leases of workers that were silent for too long, or of the one that is going, and wakes their sites up. A worker
// that was only frozen has a row again once it goes on.
func (w *worker) bury(ctx context.Context, going string) error {
	return pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
		// SKIP LOCKED: another worker is at it, or the dead one has just given a sign of life.
		rows, err := tx.Query(ctx, `DELETE FROM workers WHERE id IN (SELECT id FROM workers
			WHERE CASE WHEN $1 = '' THEN seen < `+clock+` - $2 ELSE id = $1 END FOR UPDATE SKIP LOCKED)
			RETURNING id, owner`, going, dead.Milliseconds())
		if err != nil {
			return err
		}
		var ids, owners []string
		var id, owner string
		if _, err := pgx.ForEachRow(rows, []any{&id, &owner}, func() error {
			ids, owners = append(ids, id), append(owners, owner)
			return nil
		}); err != nil || len(ids) == 0 {
			return err
		}
		var sites []Wake
		var site Wake
		woken := map[string]bool{}
		collect := func(rows pgx.Rows, err error) error {
			if err != nil {
				return err
			}
			_, err = pgx.ForEachRow(rows, []any{&site.Site, &site.Cause}, func() error {
				if site.Site != "" && !woken[site.Site] { // not a plan
					woken[site.Site] = true
					sites = append(sites, site)
				}
				return nil
			})
			return err
		}
		// The lease is a promise to be alive. The owner stays, to be told from a site that was handed back. Not every such site has a
		// running job: the end of an attempt may have ended that of another, see the doc comment of the package.
		if err := collect(tx.Query(ctx, `UPDATE sites SET lease_until = 0 WHERE owner = ANY ($1)
			RETURNING name, COALESCE((SELECT cause FROM runs WHERE site_id = sites.id ORDER BY id DESC LIMIT 1), '')`, owners)); err != nil {
			return err
		}
		if err := collect(tx.Query(ctx, `UPDATE river_job SET state = 'discarded', finalized_at = now()
			WHERE state = 'running' AND attempted_by[array_length(attempted_by, 1)] = ANY ($1)
			RETURNING COALESCE(args ->> 'site', ''), COALESCE(args ->> 'cause', '')`, ids)); err != nil {
			return err
		}
		if going == "" {
			w.Log.Warn("workers were silent for too long: others take over", "workers", ids, "sites", len(sites))
		}
		return w.wake(sites, func(jobs []river.InsertManyParams) error {
			_, err := w.client.InsertManyTx(ctx, tx, jobs)
			return err
		})
	})
}

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
		fresh, same := time.Since(w.seen) < dead-time.Second, w.life == life
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

// gone takes the worker's row away: it has handed everything back.
func (w *worker) gone() {
	ctx, cancel := context.WithTimeout(context.Background(), beatPatience)
	defer cancel()
	w.pool.Exec(ctx, `DELETE FROM workers WHERE id = $1`, w.client.ID()) // else others find it silent, and nothing left of it
}

// beats gives a sign of life every beat, and buries the dead.
func (w *worker) beats(ctx context.Context) {
	tick := time.NewTicker(beat)
	defer tick.Stop()
	for well := true; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		try, cancel := context.WithTimeout(ctx, beatPatience)
		err := w.alive(try)
		if err == nil {
			err = w.bury(try)
		}
		cancel()
		switch {
		case err == nil:
			well = true
		case well && ctx.Err() == nil:
			w.Log.Warn("the other workers may take this one for dead", "err", err)
			well = false
		}
	}
}

// bury ends the jobs and leases of workers that were silent for too long, and wakes their sites up. That of a worker that was only
// frozen has a row again once it goes on.
func (w *worker) bury(ctx context.Context) error {
	return pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
		// SKIP LOCKED: another worker is at it, or the dead one has just given a sign of life.
		rows, err := tx.Query(ctx, `DELETE FROM workers WHERE id IN (SELECT id FROM workers WHERE seen < `+clock+` - $1 FOR UPDATE SKIP LOCKED)
			RETURNING id, owner`, dead.Milliseconds())
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
		// The lease is a promise to be alive. The owner stays, to be told from a site that was handed back.
		if _, err := tx.Exec(ctx, `UPDATE sites SET lease_until = 0 WHERE owner = ANY ($1)`, owners); err != nil {
			return err
		}
		rows, err = tx.Query(ctx, `UPDATE river_job SET state = 'discarded', finalized_at = now()
			WHERE state = 'running' AND attempted_by[array_length(attempted_by, 1)] = ANY ($1)
			RETURNING kind, COALESCE(args ->> 'site', ''), COALESCE(args ->> 'cause', '')`, ids)
		if err != nil {
			return err
		}
		var sites []Wake
		var kind string
		var site Wake
		if _, err := pgx.ForEachRow(rows, []any{&kind, &site.Site, &site.Cause}, func() error {
			if kind == site.Kind() {
				sites = append(sites, site)
			}
			return nil
		}); err != nil {
			return err
		}
		w.Log.Warn("workers were silent for too long: others take over", "workers", ids, "sites", len(sites))
		return w.wake(sites, func(jobs []river.InsertManyParams) error {
			_, err := w.client.InsertManyTx(ctx, tx, jobs)
			return err
		})
	})
}

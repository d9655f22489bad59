// Package fleet lets many machines crawl the sites of one PostgreSQL database, a slice at a time, by River
// (https://riverqueue.com/docs).
//
// A job is no more than a wake-up: "crawl this site for a slice". What is due, how far a run came and who has a site is in the tables of
// storage/postgres. So a wake-up too many costs a look into the database, and one that is lost is replaced by the next plan: a job that
// inserts, every planEvery, a wake-up for each site that is due and has none. It is River's only periodic job, of whichever process
// leads.
//
// A slice that ends gives its site free, completes its job and wakes the site up again, all in one transaction. A worker that dies
// cannot: it is known by its heartbeat, a row of the table workers that is renewed every beat. Each worker looks for others that were
// silent for dead; it ends their jobs, ends their leases, and wakes their sites up. The jobs are ended and not given back because
// River does not tell the attempts of a job apart when it completes one: a frozen worker that goes on later would end the attempt of
// another. What it still writes of the crawl is refused, as its sites have a new epoch.
//
// What would break first at 10,000 pages a second is said in the doc comment of storage/postgres.
package fleet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
)

const (
	beat      = time.Second
	dead      = 5 * time.Second
	planEvery = 30 * time.Second

	jobTimeout   = 45 * time.Second // a slice and what it has in flight
	rescueAfter  = time.Minute      // by River itself, behind the heartbeats
	busyFor      = 2 * time.Second  // until a site that another process has is tried again
	keepJobs     = 10 * time.Minute // that are done: there is one a slice
	slices       = "slices"         // queues
	plans        = "plans"
	migrateLock  = 0x63696e65 // "cine", of pg_advisory_lock
	beatPatience = 4 * time.Second
)

// Wake is a wake-up: the site, and why its run begins if it has none to go on with.
type Wake struct {
	Site  string `json:"site" river:"unique"`
	Cause string `json:"cause"`
}

// Kind implements river.JobArgs.
func (Wake) Kind() string { return "slice" }

// InsertOpts implements river.JobArgsWithInsertOpts. A site has one wake-up; one that is done does not count.
func (Wake) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: slices, MaxAttempts: 3, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled}}}
}

// plan is the job that wakes up what is due.
type plan struct{}

func (plan) Kind() string { return "plan" }

func (plan) InsertOpts() river.InsertOpts {
	return river.InsertOpts{Queue: plans, MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateScheduled}}}
}

// May says whether a request may be sent for a slice, whose context it is given: not if other workers took this one for dead, as they do
// with one that was frozen, and have gone on with its sites. Where that is not known it waits for the next sign of life. With a context
// that is not of a slice it is nil.
func May(ctx context.Context) error {
	if s, ok := ctx.Value(sliceKey{}).(slice); ok {
		return s.w.may(ctx, s.life)
	}
	return nil
}

// slice is what the context of a slice knows.
type slice struct {
	w    *worker
	life int64 // in which it began
}

type sliceKey struct{}

// Tx is an open transaction.
type Tx = pgx.Tx

// Ending completes the wake-up of a slice, in the transaction in which the slice gives its site free. again wakes the site up once more.
type Ending func(ctx context.Context, tx Tx, again bool) error

// ErrBusy is what a slice ends with whose site another process has.
var ErrBusy = errors.New("another process has the site")

// Config is what a worker brings.
type Config struct {
	URL   string // of the database, which has the tables of storage/postgres
	Owner string // as whom the worker holds sites there
	Slots int    // slices at the same time

	// Slice crawls a site for a slice, until ctx ends. It calls end in the transaction that gives the site free, and not at all if
	// there was nothing to do.
	Slice func(ctx context.Context, w Wake, end Ending) error
	// Due gives the sites to be woken up.
	Due func(ctx context.Context) ([]Wake, error)
	Log *slog.Logger
}

// Run works until ctx ends and every slice has been handed back. Of two workers of one database neither knows the other.
func Run(ctx context.Context, c Config) error {
	err := run(ctx, c)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) { // told to stop before it had begun
		return nil
	}
	return err
}

func run(ctx context.Context, c Config) error {
	config, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return errors.New("the URL of the database cannot be read") // the cause may tell the password
	}
	config.MaxConns = 8 // River's own, whatever the slices need
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	defer pool.Close()
	w := &worker{Config: c, ctx: ctx, pool: pool}
	if err := w.migrate(ctx); err != nil {
		return fmt.Errorf("make the tables of the job queue: %w", err)
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &slicer{worker: w})
	river.AddWorker(workers, &planner{worker: w})
	w.client, err = river.NewClient(riverpgxv5.New(pool), &river.Config{
		Queues:                      map[string]river.QueueConfig{slices: {MaxWorkers: c.Slots}, plans: {MaxWorkers: 1}},
		Workers:                     workers,
		PeriodicJobs:                []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(planEvery), newPlan, &river.PeriodicJobOpts{RunOnStart: true})},
		JobTimeout:                  jobTimeout,
		RescueStuckJobsAfter:        rescueAfter,
		CompletedJobRetentionPeriod: keepJobs,
		CancelledJobRetentionPeriod: keepJobs,
		DiscardedJobRetentionPeriod: keepJobs,
		Logger:                      c.Log.WithGroup("river"),
		MaxAttempts:                 3,
	})
	if err != nil {
		return err
	}
	if err := w.alive(ctx); err != nil {
		return err
	}
	beating, stop := context.WithCancel(context.WithoutCancel(ctx))
	stopped := make(chan struct{})
	go func() { defer close(stopped); w.beats(beating) }()
	defer func() { stop(); <-stopped; w.gone() }()
	// River is stopped by Stop alone, so that its own queries do not fail while slices are handed back.
	if err := w.client.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	// What is due now is not left to the next plan of a leader that was there before.
	if err := w.wakeDue(ctx); err != nil && ctx.Err() == nil {
		c.Log.Warn("what is due is not known", "err", err)
	}
	<-ctx.Done()
	return w.client.Stop(context.WithoutCancel(ctx))
}

func newPlan() (river.JobArgs, *river.InsertOpts) { return plan{}, nil }

type worker struct {
	Config
	ctx    context.Context // ends when the worker is told to stop
	pool   *pgxpool.Pool
	client *river.Client[pgx.Tx]

	mu     sync.Mutex
	life   int64           // counts how often the worker was buried
	seen   time.Time       // the last sign of life, as of when it was given
	slices context.Context // ends with the life
	end    context.CancelCauseFunc
}

// migrate makes the tables of River, one process at a time.
func (w *worker) migrate(ctx context.Context) error {
	conn, err := w.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, migrateLock); err != nil {
		return err
	}
	defer conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, migrateLock)
	m, err := rivermigrate.New(riverpgxv5.New(w.pool), &rivermigrate.Config{Logger: w.Log})
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// slicer works the wake-ups.
type slicer struct {
	river.WorkerDefaults[Wake]
	*worker
}

// Work implements river.Worker.
func (s *slicer) Work(ctx context.Context, job *river.Job[Wake]) error {
	slice, cancel := s.begin(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.ctx, func() { cancel(context.Cause(s.ctx)) })()
	if s.ctx.Err() != nil {
		return river.JobSnooze(0)
	}
	err := s.Slice(slice, job.Args, func(_ context.Context, tx pgx.Tx, again bool) error {
		// Not by the context of the slice, which may have ended. A job that is not running any more was taken for dead.
		ctx := context.WithoutCancel(ctx)
		if _, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job); err != nil && !errors.Is(err, rivertype.ErrNotFound) {
			return err
		}
		if !again {
			return nil
		}
		var paused bool
		if err := tx.QueryRow(ctx, `SELECT paused <> 0 FROM sites WHERE name = $1`, job.Args.Site).Scan(&paused); err != nil || paused {
			return err
		}
		_, err := s.client.InsertTx(ctx, tx, job.Args, nil)
		return err
	})
	switch {
	case errors.Is(err, ErrBusy):
		return river.JobSnooze(busyFor)
	case err != nil:
		s.Log.Error("site could not be crawled", "site", job.Args.Site, "err", err)
	}
	return nil // the plan wakes it up again
}

// planner works the plan.
type planner struct {
	river.WorkerDefaults[plan]
	*worker
}

// Work implements river.Worker.
func (p *planner) Work(ctx context.Context, _ *river.Job[plan]) error { return p.wakeDue(ctx) }

func (w *worker) wakeDue(ctx context.Context) error {
	due, err := w.Due(ctx)
	if err != nil {
		return err
	}
	return w.wake(due, func(jobs []river.InsertManyParams) error {
		_, err := w.client.InsertMany(ctx, jobs)
		return err
	})
}

// wake hands over wake-ups, some at a time.
func (w *worker) wake(sites []Wake, insert func([]river.InsertManyParams) error) error {
	const most = 500
	for len(sites) > 0 {
		n := min(most, len(sites))
		jobs := make([]river.InsertManyParams, n)
		for i, s := range sites[:n] {
			jobs[i].Args = s
		}
		if err := insert(jobs); err != nil {
			return err
		}
		sites = sites[n:]
	}
	return nil
}

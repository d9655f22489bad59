// Package fleet lets many machines crawl the sites of one PostgreSQL database, a slice at a time, by River
// (https://riverqueue.com/docs).
//
// A job is no more than a wake-up: "crawl this site for a slice". What is due, how far a run came and who has a site is in the tables of
// storage/postgres. So a wake-up too many costs a look into the database, and one that is lost is replaced by the next plan: a job that
// inserts, every 30 seconds, a wake-up for each site that is due and has none. It is River's only periodic job, of whichever process
// leads.
//
// A slice that ends gives its site free, completes its job and wakes the site up again, all in one transaction. A worker that dies
// cannot: it is known by its heartbeat, a row of the table workers that is renewed every beat. Each worker looks for others that were
// silent for dead; it ends their jobs, ends their leases, and wakes their sites up. The jobs are ended and not given back because
// River does not tell the attempts of a job apart when it completes one: a frozen worker that goes on later would end the attempt of
// another. What it still writes of the crawl is refused, as its sites have a new epoch.
//
// River's own rescue of jobs that run for too long is behind all this, for what nobody thought of. It may take the job of a slice that
// goes on after all, as when the leader has a shorter slice in its configuration, or the database was away for a while. That does no
// harm: who gets the job finds the site busy, and tries again later; and whoever gets a wake-up looks first whether the site is still due.
//
// What would break first at 10,000 pages a second is said in the doc comment of storage/postgres.
package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
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
	beat = time.Second
	dead = 5 * time.Second

	// A job's context ends with its slice's, by the slice's own time; its timeout tells River no more than from when on a job is not to be
	// taken for alive. So it lies behind the longest slice with what that has in flight at its end, by the time for its last commit. At the
	// least of both, 30 s and 10 s, that is 45 s, and River's rescue comes after a minute.
	lastCommit  = 5 * time.Second
	rescueAfter = 15 * time.Second // the timeout; a rescue begins no attempt of a job whose timeout has not passed

	mostPassed   = 100              // times that a wake-up is passed on, of a site that perhaps no worker knows any more
	keepJobs     = 10 * time.Minute // that are done: there is one a slice
	slices       = "slices"         // queues
	plans        = "plans"
	migrateLock  = 0x63696e65 // "cine", of pg_advisory_lock
	beatPatience = 4 * time.Second
	stopPatience = 4 * time.Second // with slices, until they are left to the others
)

// times are what tests shorten.
type times struct {
	plan time.Duration // between two plans
	busy time.Duration // until a site that another process has is tried again
}

var usual = times{plan: 30 * time.Second, busy: 2 * time.Second}

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

// ErrUnknown is what a slice ends with whose site this worker does not know. Others may: the wake-up is passed on.
var ErrUnknown = errors.New("this worker's configuration does not have the site, or has it switched off")

// ErrLost is what a slice ends with whose site another process has taken over.
var ErrLost = errors.New("another process has taken the site over")

// Config is what a worker brings.
type Config struct {
	URL   string // of the database, which has the tables of storage/postgres
	Owner string // as whom the worker holds sites there
	Slots int    // slices at the same time

	// Slice crawls a site for a slice, until ctx ends. It calls end in the transaction that gives the site free, and not at all if
	// it did not begin. If it fails, what it has is given free for it.
	Slice func(ctx context.Context, w Wake, end Ending) error
	// Longest is how long a slice may take, with what is in flight at its end.
	Longest time.Duration
	// Due gives the sites to be woken up.
	Due func(ctx context.Context) ([]Wake, error)
	Log *slog.Logger
}

// ErrLeft is what Run ends with if it was told to stop and could not hand everything back.
var ErrLeft = errors.New("stopped before everything was handed back; the other workers go on with it")

// Run works until ctx ends and every slice has been handed back. Of two workers of one database neither knows the other. Slices that take
// longer than stopPatience then, as when the database is away, are left to the other workers, and may go on a little after Run: then the
// error is ErrLeft.
func Run(ctx context.Context, c Config) error {
	err := run(ctx, c, usual)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) { // told to stop before it had begun
		return nil
	}
	return err
}

func run(ctx context.Context, c Config, times times) (err error) {
	config, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return errors.New("the URL of the database cannot be read") // the cause may tell the password
	}
	config.MaxConns = 8 // River's own, whatever the slices need
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	defer func() {
		if !errors.Is(err, ErrLeft) { // else it would wait for what was left
			pool.Close()
		}
	}()
	w := &worker{Config: c, times: times, ctx: ctx, pool: pool, sites: map[string]bool{}}
	if err := w.migrate(ctx); err != nil {
		return fmt.Errorf("make the tables of the job queue: %w", err)
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &slicer{worker: w})
	river.AddWorker(workers, &planner{worker: w})
	w.client, err = river.NewClient(riverpgxv5.New(pool), &river.Config{
		Queues:                      map[string]river.QueueConfig{slices: {MaxWorkers: c.Slots}, plans: {MaxWorkers: 1}},
		Workers:                     workers,
		PeriodicJobs:                []*river.PeriodicJob{river.NewPeriodicJob(river.PeriodicInterval(times.plan), newPlan, &river.PeriodicJobOpts{RunOnStart: true})},
		JobTimeout:                  c.Longest + lastCommit,
		RescueStuckJobsAfter:        c.Longest + lastCommit + rescueAfter,
		CompletedJobRetentionPeriod: keepJobs,
		CancelledJobRetentionPeriod: keepJobs,
		DiscardedJobRetentionPeriod: keepJobs,
		Logger:                      slog.New(newSeldom(c.Log.Handler())).WithGroup("river"),
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
	defer func() {
		stop()
		<-stopped
		if gone := w.gone(); gone != nil && err == nil {
			c.Log.Warn("the other workers find this one silent first", "err", gone)
			err = ErrLeft
		}
	}()
	// River is stopped by Stop alone, so that its own queries do not fail while slices are handed back.
	if err := w.client.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	c.Log.Info("joined the workers of the database", "worker", w.client.ID())
	// What is due now is not left to the next plan of a leader that was there before.
	if err := w.wakeDue(ctx); err != nil && ctx.Err() == nil {
		c.Log.Warn("what is due is not known", "err", err)
	}
	<-ctx.Done()
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopPatience)
	defer cancel()
	if w.client.Stop(patience) != nil {
		return ErrLeft
	}
	return nil
}

func newPlan() (river.JobArgs, *river.InsertOpts) { return plan{}, nil }

type worker struct {
	Config
	times  times
	ctx    context.Context // ends when the worker is told to stop
	pool   *pgxpool.Pool
	client *river.Client[pgx.Tx]

	mu     sync.Mutex      // over all below
	sites  map[string]bool // that are being crawled here
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
	m, err := rivermigrate.New(riverpgxv5.New(w.pool), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
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
	site := job.Args.Site
	// The store tells processes apart, not slices of one.
	if !s.takes(site) {
		return river.JobSnooze(s.times.busy)
	}
	defer s.leaves(site)
	// The site may have been finished, put off or paused since it was woken up.
	switch due, err := s.due(ctx, site); {
	case s.ctx.Err() != nil:
		return river.JobSnooze(0)
	case err != nil:
		return err
	case !due:
		return nil
	}
	slice, cancel := s.begin(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.ctx, func() { cancel(context.Cause(s.ctx)) })()
	ended := false
	err := s.slice(slice, job.Args, func(_ context.Context, tx pgx.Tx, again bool) error {
		ended = true
		return s.ending(context.WithoutCancel(ctx), tx, job, again) // the context of the slice may have ended
	})
	switch {
	case err == nil && !ended && slice.Err() != nil: // stopped before it began
		return river.JobSnooze(0)
	case err == nil:
		return nil
	case errors.Is(err, ErrBusy):
		return river.JobSnooze(s.times.busy)
	case errors.Is(err, ErrUnknown) && passedOn(job) < mostPassed:
		return river.JobSnooze(s.times.busy)
	}
	switch {
	case s.ctx.Err() != nil: // Run tells what is left
	case errors.Is(err, ErrLost): // as from a worker that was frozen, which says so once
		s.Log.Info("left to the worker that has taken it over", "site", site)
	default:
		s.Log.Error("site could not be crawled", "site", site, "err", err)
	}
	s.free(ctx, site)
	return nil // the plan wakes it up again
}

// passedOn is how often a job was put off.
func passedOn(job *river.Job[Wake]) int {
	var m struct{ Snoozes int }
	json.Unmarshal(job.Metadata, &m) // what cannot be read counts for never
	return m.Snoozes
}

// takes says whether a site is not being crawled here; then it is, until leaves.
func (s *slicer) takes(site string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sites[site] {
		return false
	}
	s.sites[site] = true
	return true
}

func (s *slicer) leaves(site string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sites, site)
}

// due says whether the time of a site has come and it is not paused. Who woke it up may have a clock that is a little ahead.
func (s *slicer) due(ctx context.Context, site string) (due bool, err error) {
	err = s.pool.QueryRow(ctx, `SELECT COUNT(*) > 0 FROM sites WHERE name = $1 AND next_run_at BETWEEN 1 AND `+clock+` + $2 AND paused = 0`,
		site, s.times.plan.Milliseconds()).Scan(&due)
	return due, err
}

// slice is Config.Slice, of which a panic is an error, too: it ends the slice and not the worker, which would be the next worker's end.
func (s *slicer) slice(ctx context.Context, w Wake, end Ending) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return s.Slice(ctx, w, end)
}

// ending is the Ending of a job.
func (s *slicer) ending(ctx context.Context, tx pgx.Tx, job *river.Job[Wake], again bool) error {
	// A job that is not running any more stays as it is: the worker was taken for dead, or the job for stuck.
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
}

// free gives a site free whose slice failed to do so. This worker is alive and would hold it for ever, so it is tried until the database
// is back.
func (s *slicer) free(ctx context.Context, site string) {
	ctx = context.WithoutCancel(ctx)
	for s.ctx.Err() == nil {
		try, cancel := context.WithTimeout(ctx, beatPatience)
		_, err := s.pool.Exec(try, `UPDATE sites SET owner = '', lease_until = 0, freed_at = `+clock+` WHERE name = $1 AND owner = $2`, site, s.Owner)
		cancel()
		if err == nil {
			return
		}
		select {
		case <-s.ctx.Done():
		case <-time.After(beat):
		}
	}
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

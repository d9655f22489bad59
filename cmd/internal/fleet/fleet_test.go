//go:build unix

package fleet

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cinecrawl/crawler"
	"cinecrawl/storage"
	"cinecrawl/storage/postgres"
	"cinecrawl/storage/postgres/pgtest"
)

// TestMain is the test, or one of its processes: see sleeper.
func TestMain(m *testing.M) {
	if url := os.Getenv("FLEET_SLEEPER"); url != "" {
		sleeper(url)
		return
	}
	os.Exit(m.Run())
}

// quick are times at which a test does not wait for long.
var quick = times{plan: 300 * time.Millisecond, busy: 100 * time.Millisecond}

// rare is a plan that a test never sees the second of.
var rare = times{plan: time.Hour, busy: 100 * time.Millisecond}

// hand is a worker of a test, whose slices are what the test does with them.
type hand struct {
	st     *postgres.Store
	slices chan *turn
	joined chan struct{} // closed once it has begun to work
	stop   func()        // waits until Run has returned and the store is closed
	left   error         // what Run returned
	log    *logged
}

// turn is a slice that has begun.
type turn struct {
	Wake
	ctx  context.Context
	end  Ending
	run  *storage.Run
	st   *postgres.Store
	done chan error
}

// ends gives the site free, as the crawl of a slice does. It waits until the slice is over.
func (t *turn) ends(finished bool, next time.Time) error {
	if finished {
		t.run.Next = next
	}
	err := t.st.EndRunWith(context.WithoutCancel(t.ctx), t.run, finished, storage.SliceOver, func(ctx context.Context, tx Tx, ended *storage.Run) error {
		return t.end(ctx, tx, !ended.Finished)
	})
	t.done <- err
	return err
}

// errPanic makes a slice panic.
var errPanic = errors.New("as told")

// tomorrow is when nothing is due.
func tomorrow() time.Time { return time.Now().Add(24 * time.Hour) }

// works starts a worker that knows some sites, all if there are none.
func works(t *testing.T, url string, times times, sites ...string) *hand {
	t.Helper()
	st, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	h := &hand{st: st, slices: make(chan *turn), joined: make(chan struct{}), log: &logged{}}
	ctx, cancel := context.WithCancel(context.Background())
	returned := make(chan error, 1)
	c := config(url, st, h.slices, sites)
	c.Log = slog.New(slog.NewTextHandler(h.log, nil))
	due, joined := c.Due, sync.OnceFunc(func() { close(h.joined) })
	c.Due = func(ctx context.Context) ([]Wake, error) { joined(); return due(ctx) }
	go func() { returned <- run(ctx, c, times) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		h.left = <-returned
		if h.left != nil && !errors.Is(h.left, context.Canceled) && h.left != ErrLeft {
			t.Errorf("Run: %v", h.left)
		}
		st.Close()
	})
	t.Cleanup(h.stop)
	return h
}

// logged is what a worker said.
type logged struct {
	mu  sync.Mutex
	all strings.Builder
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(b)
}

// has says whether a text is in it.
func (l *logged) has(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.all.String(), text)
}

func config(url string, st *postgres.Store, slices chan<- *turn, sites []string) Config {
	known := func(site string) bool { return len(sites) == 0 || strings.Contains(strings.Join(sites, " "), site) }
	return Config{URL: url, Owner: st.Owner(), Slots: 4, Longest: time.Minute, Log: slog.New(slog.DiscardHandler),
		Due: func(ctx context.Context) (due []Wake, err error) {
			plans, err := st.Plans(ctx, time.Now())
			for _, p := range plans {
				if known(p.Site) && !p.Paused {
					due = append(due, Wake{p.Site, string(storage.Scheduled)})
				}
			}
			return due, err
		},
		Slice: func(ctx context.Context, w Wake, end Ending) error {
			if !known(w.Site) {
				return ErrUnknown
			}
			run, err := st.StartRun(context.WithoutCancel(ctx), w.Site, nil, 0, storage.Cause(w.Cause))
			if errors.Is(err, storage.ErrBusy) {
				return ErrBusy
			}
			if err != nil {
				return err
			}
			t := &turn{w, ctx, end, run, st, make(chan error, 1)}
			select {
			case slices <- t:
			case <-ctx.Done(): // as the crawl does
				return t.ends(false, time.Time{})
			}
			if err := <-t.done; err != errPanic {
				return err
			}
			panic(errPanic)
		},
	}
}

// next is the slice that the worker begins next.
func (h *hand) next(t *testing.T) *turn {
	t.Helper()
	return first(t, h)
}

// first is the slice that the first of some workers begins.
func first(t *testing.T, hands ...*hand) (begun *turn) {
	t.Helper()
	until(t, func() bool {
		for _, h := range hands {
			select {
			case begun = <-h.slices:
				return true
			default:
			}
		}
		return false
	})
	return begun
}

// none holds that the worker begins no slice while what is checked comes about.
func (h *hand) none(t *testing.T, what func() bool) {
	t.Helper()
	until(t, func() bool {
		select {
		case turn := <-h.slices:
			turn.done <- nil
			t.Fatalf("a slice of %s begins", turn.Site)
		default:
		}
		return what()
	})
}

// until waits.
func until(t *testing.T, what func() bool) {
	t.Helper()
	for began := time.Now(); !what(); <-time.After(20 * time.Millisecond) {
		if time.Since(began) > time.Minute {
			t.Fatal("it does not come about")
		}
	}
}

// database is one that tests look into.
type database struct {
	*sql.DB
	t *testing.T
}

func look(t *testing.T, url string) database {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return database{db, t}
}

func (db database) count(query string, args ...any) (n int) {
	db.t.Helper()
	if err := db.QueryRow("SELECT COUNT(*) FROM "+query, args...).Scan(&n); err != nil {
		db.t.Fatal(err)
	}
	return n
}

func (db database) exec(query string, args ...any) {
	db.t.Helper()
	if _, err := db.Exec(query, args...); err != nil {
		db.t.Fatal(err)
	}
}

// jobs is how many wake-ups of a site are in a state, "" for all that are not done.
func (db database) jobs(site, state string) int {
	db.t.Helper()
	return db.count(`river_job WHERE kind = 'slice' AND args ->> 'site' = $1 AND (state::text = $2 OR $2 = '' AND finalized_at IS NULL)`, site, state)
}

// planned makes a database in which sites are due.
func planned(t *testing.T, url string, sites ...string) {
	t.Helper()
	st, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	for _, s := range sites {
		if err := st.Plan(t.Context(), s, time.Now().Add(-time.Second)); err != nil {
			t.Fatal(err)
		}
	}
}

// A slice's end gives its site free, completes its wake-up and inserts the next, all or nothing; the last slice of a run inserts none.
func TestSliceEndsInOneTransaction(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	planned(t, url, "a.example")
	h, db := works(t, url, rare), look(t, url)
	s := h.next(t)
	err := s.st.EndRunWith(t.Context(), s.run, false, storage.SliceOver, func(ctx context.Context, tx Tx, _ *storage.Run) error {
		if err := s.end(ctx, tx, true); err != nil {
			return err
		}
		if done, more := db.jobs("a.example", "completed"), db.jobs("a.example", "available"); done+more > 0 {
			t.Errorf("before the commit others see %d wake-ups completed and %d new", done, more)
		}
		return errors.New("no commit")
	})
	if err == nil {
		t.Fatal("no error")
	}
	if running, all := db.jobs("a.example", "running"), db.jobs("a.example", ""); running != 1 || all != 1 {
		t.Errorf("after a rollback %d of %d wake-ups are running, want the one", running, all)
	}
	if db.count(`sites WHERE owner = $1`, s.st.Owner()) != 1 {
		t.Error("after a rollback the site is free")
	}
	if err := s.ends(false, time.Time{}); err != nil {
		t.Fatal(err)
	}
	s = h.next(t)
	if n := db.jobs("a.example", "completed"); n != 1 {
		t.Errorf("%d wake-ups completed, want 1", n)
	}
	if err := s.ends(true, tomorrow()); err != nil {
		t.Fatal(err)
	}
	until(t, func() bool { return db.jobs("a.example", "completed") == 2 })
	if n := db.jobs("a.example", ""); n != 0 {
		t.Errorf("a run that ended leaves %d wake-ups", n)
	}
	if n := db.count(`runs WHERE finished = 1 AND resumed = 0`); n != 1 {
		t.Errorf("%d runs that were not interrupted, want 1", n)
	}
}

// A worker that is killed after its slice has completed the job and before the commit leaves all as it was, and another goes on soon.
func TestKilledBeforeCommit(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	planned(t, url, "a.example")
	p, db := sleeps(t, url), look(t, url)
	p.says("began a.example")
	p.told("end and wait")
	p.says("uncommitted")
	p.cmd.Process.Kill()
	p.cmd.Wait()
	if n := db.jobs("a.example", "running"); n != 1 {
		t.Errorf("%d wake-ups are running, want the one of the dead", n)
	}
	killed := time.Now()
	s := works(t, url, rare).next(t)
	if took := time.Since(killed); took > 10*time.Second {
		t.Errorf("another goes on after %v", took)
	}
	if n := db.jobs("a.example", "completed"); n != 0 {
		t.Errorf("%d wake-ups completed, want 0", n)
	}
	if err := s.ends(true, tomorrow()); err != nil {
		t.Error(err)
	}
}

// The sites of a worker that is killed are taken over by others also where no running job tells of them.
func TestKilledWithoutJob(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	planned(t, url, "a.example")
	p, db := sleeps(t, url), look(t, url)
	p.says("began a.example")
	p.cmd.Process.Signal(syscall.SIGSTOP) // it plans nothing either
	killed := time.Now()
	h := works(t, url, rare)
	<-h.joined
	<-time.After(beat) // it has planned
	db.exec(`UPDATE river_job SET state = 'completed', finalized_at = now() WHERE kind = 'slice'`)
	p.cmd.Process.Kill()
	p.cmd.Wait()
	s := h.next(t)
	if took := time.Since(killed); took > 10*time.Second {
		t.Errorf("another goes on after %v", took)
	}
	if err := s.ends(true, tomorrow()); err != nil {
		t.Error(err)
	}
}

// A frozen worker is buried by another, which goes on with its site. When it goes on itself, it may ask for nothing more, its slice is told
// to stop, and what it writes changes nothing.
func TestFrozen(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	planned(t, url, "a.example")
	p, db := sleeps(t, url), look(t, url)
	p.says("began a.example")
	p.told("may")
	p.says("may: <nil>")
	h := works(t, url, rare)
	frozen := time.Now()
	p.cmd.Process.Signal(syscall.SIGSTOP)
	db.exec(`UPDATE sites SET lease_until = lease_until + 3600000`) // its end is that of its holder, and nothing else
	s := h.next(t)
	switch took := time.Since(frozen); {
	case took < dead-beat-time.Second/2:
		t.Errorf("it was taken for dead after %v", took)
	case took > 10*time.Second:
		t.Errorf("another goes on after %v", took)
	}
	held := func() int {
		return db.count(`sites WHERE name = 'a.example' AND owner = $1 AND epoch = $2`, h.st.Owner(), s.run.Epoch)
	}
	if held() != 1 {
		t.Fatal("the other does not have the site")
	}

	p.cmd.Process.Signal(syscall.SIGCONT)
	p.told("may")
	p.says("may: " + errBuried.Error())
	p.told("wait for the end")
	p.says("over: " + errBuried.Error())
	p.told("commit")
	p.says("commit: " + storage.ErrLost.Error())
	p.told("end")
	p.says("end: " + storage.ErrLost.Error())
	if held() != 1 {
		t.Error("what the frozen one wrote has taken the site from the other")
	}
	if running, all := db.jobs("a.example", "running"), db.jobs("a.example", ""); running != 1 || all != 1 {
		t.Errorf("%d of %d wake-ups are running, want the one of the other", running, all)
	}
	if err := s.ends(true, tomorrow()); err != nil {
		t.Error(err)
	}
	// It has a new life, in which it works.
	h.stop()
	planned(t, url, "b.example")
	p.says("began b.example")
	p.told("may")
	p.says("may: <nil>")
}

// A wake-up that was lost is replaced by the next plan.
func TestLostWakeUp(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	planned(t, url, "a.example")
	h, db := works(t, url, quick), look(t, url)
	s := h.next(t)
	err := s.st.EndRunWith(t.Context(), s.run, false, "", func(ctx context.Context, tx Tx, _ *storage.Run) error {
		return s.end(ctx, tx, false) // and forgets the next
	})
	s.done <- err
	if err != nil {
		t.Fatal(err)
	}
	s = h.next(t)
	if n := db.jobs("a.example", "completed"); n != 1 {
		t.Errorf("%d wake-ups completed, want 1", n)
	}
	s.ends(true, tomorrow())
}

// A wake-up of a site that was paused, put off or finished meanwhile, as by a crawl by hand or by cancel between two slices, begins nothing.
func TestWakeUpThatIsNoMore(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	planned(t, url, "a.example")
	h, db := works(t, url, rare), look(t, url)
	if err := h.next(t).ends(true, tomorrow()); err != nil {
		t.Fatal(err)
	}
	until(t, func() bool { return db.jobs("a.example", "") == 0 })
	for name, change := range map[string]string{
		"finished": `paused = 0`, // until tomorrow
		"paused":   `paused = 1, next_run_at = 1`,
		"no plan":  `paused = 0, next_run_at = 0`,
	} {
		db.exec(`UPDATE sites SET ` + change)
		db.exec(`UPDATE river_job SET state = 'available', finalized_at = NULL WHERE kind = 'slice'`)
		h.none(t, func() bool { return db.jobs("a.example", "") == 0 })
		if n := db.count(`runs`); n != 1 {
			t.Errorf("%s: %d runs, want 1", name, n)
		}
	}
}

// A site that is paused during a slice is not woken up again, until it is resumed.
func TestPaused(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	planned(t, url, "a.example")
	h, db := works(t, url, quick), look(t, url)
	s := h.next(t)
	if err := h.st.Pause(t.Context(), "a.example", true); err != nil {
		t.Fatal(err)
	}
	if err := s.ends(false, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if n := db.jobs("a.example", ""); n != 0 {
		t.Errorf("%d wake-ups of a paused site", n)
	}
	plans := db.count(`river_job WHERE kind = 'plan'`)
	h.none(t, func() bool { return db.count(`river_job WHERE kind = 'plan'`) > plans+2 })
	if err := h.st.Pause(t.Context(), "a.example", false); err != nil {
		t.Fatal(err)
	}
	h.next(t).ends(true, tomorrow())
}

// A run that is cancelled during a slice ends with it.
func TestCancelled(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	planned(t, url, "a.example")
	h, db := works(t, url, rare), look(t, url)
	s := h.next(t)
	if _, err := h.st.CancelRun(t.Context(), s.run.ID); err != nil {
		t.Fatal(err)
	}
	if names, err := h.st.Cancelled(t.Context()); err != nil || len(names) != 1 {
		t.Errorf("cancelled are %q, %v", names, err)
	}
	if err := s.ends(false, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if !s.run.Finished || s.run.Why != crawler.Cancelled {
		t.Errorf("the run ended with %q", s.run.Why)
	}
	if n := db.jobs("a.example", ""); n != 0 {
		t.Errorf("%d wake-ups of a cancelled run", n)
	}
}

// A site has one wake-up, whoever wakes it; what is done does not count.
func TestOneWakeUp(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	planned(t, url, "a.example", "b.example")
	db := look(t, url)
	var hands []*hand
	for range 4 {
		hands = append(hands, works(t, url, quick))
	}
	for range 3 {
		two := []*turn{first(t, hands...), first(t, hands...)}
		if two[0].Site == two[1].Site {
			t.Errorf("%s has two slices", two[0].Site)
		}
		plans := func() int { return db.count(`river_job WHERE kind = 'plan' AND state = 'completed'`) }
		before := plans()
		until(t, func() bool { return plans() >= before+2 })
		for _, s := range two {
			if n := db.jobs(s.Site, ""); n != 1 {
				t.Errorf("%s has %d wake-ups", s.Site, n)
			}
			if err := s.ends(false, time.Time{}); err != nil {
				t.Error(err)
			}
		}
	}
}

// Workers that start at once make River's tables once.
func TestTablesAreMadeOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	planned(t, url) // no site
	var hands []*hand
	for range 8 {
		hands = append(hands, works(t, url, rare))
	}
	db := look(t, url)
	until(t, func() bool { return db.count(`workers`) == 8 })
	if n := db.count(`(SELECT version FROM river_migration GROUP BY version HAVING COUNT(*) > 1) twice`); n != 0 {
		t.Errorf("%d migrations ran twice", n)
	}
	for _, h := range hands {
		h.stop()
	}
	if n := db.count(`workers`); n != 0 {
		t.Errorf("%d workers are left", n)
	}
}

// Workers outlive a database that is started again, and so do their slices.
func TestDatabaseRestarted(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	url := server.URL(t)
	planned(t, url, "a.example")
	h := works(t, url, quick)
	s := h.next(t)
	server.Restart(t)
	if err := s.ends(false, time.Time{}); err != nil {
		t.Fatal(err)
	}
	server.Restart(t)
	s = h.next(t)
	if err := s.ends(true, tomorrow()); err != nil {
		t.Fatal(err)
	}
}

// A database that was away for longer than workers may be silent has nobody buried who was only cut off from it.
func TestDatabaseAway(t *testing.T) {
	if testing.Short() {
		t.Skip("waits until all workers were silent for too long")
	}
	t.Parallel()
	server := pgtest.Start(t)
	url := server.URL(t)
	planned(t, url, "a.example", "b.example")
	one := works(t, url, rare)
	<-time.After(beat / 2) // so that one of them is back before the other
	two := works(t, url, rare)
	a, b := first(t, one, two), first(t, one, two)
	<-two.joined
	db := look(t, url)
	db.exec(`INSERT INTO workers (id, owner, seen) VALUES ('third', 'third', ` + clock + `)`) // which is not back for a while
	server.Stop(t)
	<-time.After(dead + 2*beat)
	server.Continue(t)
	until(t, func() bool { return db.count(`workers WHERE seen > `+clock+` - 3000`) == 2 })
	if db.count(`workers WHERE id = 'third'`) == 0 {
		t.Error("the first ones that are back bury another at once")
	}
	<-time.After(2 * beat)
	for _, h := range []*hand{one, two} {
		if !h.log.has("the database answers again") {
			t.Errorf("it is not told that the database is back:\n%s", h.log.all.String())
		}
	}
	until(t, func() bool { return db.count(`workers WHERE id = 'third'`) == 0 })
	for _, s := range []*turn{a, b} {
		if err := s.ctx.Err(); err != nil {
			t.Errorf("%s: %v", s.Site, context.Cause(s.ctx))
		}
		if err := s.ends(true, tomorrow()); err != nil {
			t.Error(err)
		}
	}
}

// A worker that is told to stop hands its slices back at once: others find their wake-ups, and no trace of it.
func TestStop(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	sites := []string{"a.example", "b.example", "c.example", "d.example", "e.example", "f.example"}
	planned(t, url, sites...)
	h, db := works(t, url, rare), look(t, url)
	until(t, func() bool { return db.count(`sites WHERE owner <> ''`) == 4 }) // its slots
	began := time.Now()
	h.stop()
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if h.left != nil {
		t.Error(h.left)
	}
	if h.log.has("river.") {
		t.Errorf("River tells of itself:\n%s", h.log.all.String())
	}
	if n := db.count(`sites WHERE owner <> ''`); n != 0 {
		t.Errorf("%d sites are not free", n)
	}
	for _, site := range sites {
		if all, ready := db.jobs(site, ""), db.jobs(site, "available"); all != 1 || ready != 1 {
			t.Errorf("%s has %d wake-ups, %d of them ready", site, all, ready)
		}
	}
	if n := db.count(`workers`); n != 0 {
		t.Error("it is still on the list of workers")
	}
}

// A slice that does not end when it is told to is left to the others: at once if the database is there, else when it is back.
func TestStopWithoutEnd(t *testing.T) {
	t.Parallel()
	for _, away := range []bool{false, true} {
		t.Run(fmt.Sprintf("database away %v", away), func(t *testing.T) {
			t.Parallel()
			server := pgtest.Start(t)
			url := server.URL(t)
			planned(t, url, "a.example")
			h, db := works(t, url, rare), look(t, url)
			s := h.next(t)
			if away {
				server.Stop(t)
			}
			began := time.Now()
			h.stop()
			if took := time.Since(began); took > stopPatience+6*time.Second {
				t.Errorf("it took %v", took)
			}
			if h.left != ErrLeft {
				t.Errorf("Run: %v, want %v", h.left, ErrLeft)
			}
			if away {
				server.Continue(t)
			}
			other := works(t, url, rare).next(t)
			if all, running := db.jobs("a.example", ""), db.jobs("a.example", "running"); all != 1 || running != 1 {
				t.Errorf("%d wake-ups, %d of them running", all, running)
			}
			s.done <- errors.New("too late")
			other.ends(true, tomorrow())
		})
	}
}

// A slice that fails or panics and still has its site does not keep it: the next plan wakes it up again.
func TestFailedSlice(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	planned(t, url, "a.example")
	h, db := works(t, url, quick), look(t, url)
	h.next(t).done <- fmt.Errorf("commit: %w", ErrLost)
	lost := h.next(t)
	if h.log.has("level=ERROR") || !h.log.has("taken it over") {
		t.Errorf("a site that was taken over is told of as\n%s", h.log.all.String())
	}
	lost.done <- errors.New("the end of the run could not be stored")
	failed := h.next(t)
	if !h.log.has(`level=ERROR msg="site could not be crawled" site=a.example err="the end of the run could not be stored"`) {
		t.Errorf("a failure is told of as\n%s", h.log.all.String())
	}
	failed.done <- errPanic
	if err := h.next(t).ends(true, tomorrow()); err != nil {
		t.Error(err)
	}
	if n := db.count(`runs`); n != 1 {
		t.Errorf("%d runs, want the one that goes on", n)
	}
}

// A job that River takes for stuck while its slice goes on is worked by nobody until that has ended.
func TestRescuedTooEarly(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	planned(t, url, "a.example")
	h, db := works(t, url, quick), look(t, url)
	s := h.next(t)
	tried := func() int { return db.count(`river_job WHERE kind = 'slice' AND metadata ? 'snoozes'`) }
	// Even if the lease has run out, as with a database that was away, not by the process whose slice it is.
	db.exec(`UPDATE sites SET lease_until = 1`)
	db.exec(`UPDATE river_job SET state = 'available' WHERE kind = 'slice' AND state = 'running'`)
	h.none(t, func() bool { return tried() > 0 })
	until(t, func() bool { return db.count(`sites WHERE lease_until > 1`) == 1 })

	other := works(t, url, quick)
	for range 3 { // as often as a job is tried; then it is discarded
		db.exec(`UPDATE river_job SET state = 'available' WHERE kind = 'slice' AND state = 'running'`)
		h.none(t, func() bool { other.none(t, func() bool { return true }); return tried() > 0 })
	}
	if err := s.ends(false, time.Time{}); err != nil {
		t.Fatal(err)
	}
	// It goes on, whichever of the attempts ended the job.
	for range 2 {
		if err := first(t, h, other).ends(false, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	first(t, h, other).ends(true, tomorrow())
}

// Workers whose configurations differ pass on what they do not know.
func TestDifferentConfigurations(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	planned(t, url, "a.example", "b.example")
	one, two := works(t, url, rare, "a.example"), works(t, url, rare, "b.example")
	for range 5 {
		for _, h := range []*hand{one, two} {
			if err := h.next(t).ends(false, time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// What a process that slept last knew is old, whichever of its clocks stood still.
func TestSince(t *testing.T) {
	now := time.Now()
	if got := since(now.Add(-time.Minute)); got < time.Minute {
		t.Errorf("a minute ago is %v", got)
	}
	if got := since(now.Round(0).Add(-time.Minute)); got < time.Minute {
		t.Errorf("a minute ago by the clock on the wall is %v", got)
	}
}

// process is a worker of its own, which does what it is told.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.Writer
	out chan string
}

func sleeps(t *testing.T, url string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(os.Args[0]), out: make(chan string, 100)}
	p.cmd.Env = append(os.Environ(), "FLEET_SLEEPER="+url)
	p.cmd.Stderr = os.Stderr
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.cmd.Process.Kill(); p.cmd.Wait() })
	p.in = in
	go func() {
		defer close(p.out)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			p.out <- lines.Text()
		}
	}()
	return p
}

func (p *process) told(what string) {
	p.t.Helper()
	if _, err := fmt.Fprintln(p.in, what); err != nil {
		p.t.Fatal(err)
	}
}

// says waits for a line that begins and ends with the same as want's.
func (p *process) says(want string) {
	p.t.Helper()
	select {
	case got := <-p.out:
		if what, err, ok := strings.Cut(want, ": "); got != want && !(ok && strings.HasPrefix(got, what+": ") && strings.Contains(got, err)) {
			p.t.Fatalf("it says %q, want %q", got, want)
		}
	case <-time.After(time.Minute):
		p.t.Fatalf("it does not say %q", want)
	}
}

// sleeper is such a worker. It does with the slice that has begun last what it is told.
func sleeper(url string) {
	ctx := context.Background()
	st, err := postgres.Open(ctx, url)
	if err != nil {
		fmt.Println(err)
		return
	}
	slices := make(chan *turn)
	go run(ctx, config(url, st, slices, nil), quick)
	tell := make(chan string)
	go func() {
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			tell <- lines.Text()
		}
		os.Exit(0) // the test has ended
	}()
	var s *turn
	for {
		select {
		case s = <-slices:
			fmt.Println("began", s.Site)
		case what := <-tell:
			switch what {
			case "may":
				fmt.Println("may:", May(s.ctx))
			case "wait for the end":
				<-s.ctx.Done()
				fmt.Println("over:", context.Cause(s.ctx))
			case "commit":
				_, err := st.Commit(ctx, []crawler.Visit{{Task: crawler.Task{Site: s.Site, URL: "http://a.example/", Host: "a.example"}, Outcome: crawler.NotReview}})
				fmt.Println("commit:", err)
			case "end":
				fmt.Println("end:", s.ends(true, tomorrow()))
			case "end and wait":
				st.EndRunWith(ctx, s.run, false, "", func(ctx context.Context, tx pgx.Tx, _ *storage.Run) error {
					err := s.end(ctx, tx, true)
					fmt.Println("uncommitted")
					<-make(chan bool)
					return err
				})
			}
		}
	}
}

package tables

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"cinecrawl/crawler"
	"cinecrawl/storage"
)

// lease is a run that a Store holds.
type lease struct {
	site    int64
	run     int64
	epoch   int64
	name    string
	since   time.Time
	revisit time.Duration
}

// process tells this process from another that later gets its number, as in a container that is started again.
var process = sync.OnceValue(rand.Text)

// pidSpace names the space in which process numbers mean something, as far as the system tells (Linux, by /proc): this boot of the
// machine and the PID namespace. Two containers may have the same host name and not see each other's processes.
var pidSpace = sync.OnceValue(func() string {
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	space, _ := os.Readlink("/proc/self/ns/pid") // pid:[4026531836]
	return strings.ReplaceAll(strings.TrimSpace(string(boot))+" "+space, "/", "_")
})

// Owner is as whom the Store holds sites.
func (s *Store) Owner() string { return s.owner }

// newOwner names a holder: host/pid/process/handle/pidSpace.
func newOwner() string {
	host, err := os.Hostname()
	if err != nil {
		host = "?" // then only the lease tells
	}
	return fmt.Sprintf("%s/%d/%s/%s/%s", strings.ReplaceAll(host, "/", "_"), os.Getpid(), process(), rand.Text(), pidSpace())
}

// gone says whether a holder is known to be dead.
func gone(owner string) bool {
	mine := strings.Split(newOwner(), "/")
	its := strings.Split(owner, "/")
	if len(its) != 5 || its[0] != mine[0] || its[0] == "?" || its[4] != mine[4] {
		return false
	}
	pid, err := strconv.Atoi(its[1])
	if err != nil {
		return false
	}
	if its[1] == mine[1] {
		return its[2] != mine[2]
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		return true
	}
	defer p.Release()
	if errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone) {
		return true
	}
	// A killed process whose parent did not wait for it still has its number, on Linux with the state Z.
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	end := bytes.LastIndexByte(stat, ')')
	return end >= 0 && bytes.HasPrefix(stat[end:], []byte(") Z"))
}

// isHeld says whether a site has a living holder, as far as is known.
func isHeld(owner string, until int64, now time.Time) bool {
	return owner != "" && until > millis(now) && !gone(owner)
}

// StartRun implements storage.Store.
func (s *Store) StartRun(ctx context.Context, site string, seeds []crawler.Task, revisit time.Duration, cause storage.Cause) (*storage.Run, error) {
	if site == "" {
		return nil, errors.New("start run: the site has no name")
	}
	var run *storage.Run
	var l lease
	err := s.write(ctx, func(t *tx) error {
		l = lease{name: site, revisit: revisit}
		var owner string
		var until int64
		// The update locks the row where several write at once.
		err := t.row([]any{&l.site, &l.epoch, &owner, &until}, `INSERT INTO sites (name) VALUES ($1)
			ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id, epoch, owner, lease_until`, site)
		if err != nil {
			return err
		}
		// If it had to wait for the holder, the holder's last word is newer than the begin of this transaction.
		now, err := t.clock()
		if err != nil {
			return err
		}
		if isHeld(owner, until, now) {
			return fmt.Errorf("%w (%s)", storage.ErrBusy, describeOwner(owner))
		}
		l.epoch++
		l.since = now

		var finished, cancelled bool
		err = t.row([]any{&l.run, &finished, &cancelled}, `SELECT id, finished, cancelled FROM runs WHERE site_id = $1 ORDER BY id DESC LIMIT 1`, l.site)
		if err == nil && cancelled && !finished { // its holder died before it could
			finished, err = true, t.cancelled(&l)
		}
		switch {
		case errors.Is(err, sql.ErrNoRows) || err == nil && finished:
			if err := t.row([]any{&l.run}, `INSERT INTO runs (site_id, epoch, started, cause) VALUES ($1, $2, $3, $4) RETURNING id`,
				l.site, l.epoch, millis(now), string(cause)); err != nil {
				return err
			}
			if err := t.clockSetBack(&l, now); err != nil {
				return err
			}
			if err := t.requeue(&l, now, revisit); err != nil {
				return err
			}
			if err := t.seed(&l, seeds, true); err != nil {
				return err
			}
		case err != nil:
			return err
		default:
			if _, err := t.exec(`UPDATE runs SET epoch = $1, ended = NULL, resumed = CASE WHEN why = $2 THEN resumed ELSE 1 END, why = '' WHERE id = $3`,
				l.epoch, storage.SliceOver, l.run); err != nil {
				return err
			}
			if err := t.seed(&l, seeds, false); err != nil {
				return err
			}
		}
		// The lease begins when the site is ready: to queue a million tasks takes a while.
		if now, err = t.clock(); err != nil {
			return err
		}
		if err := t.claimAll(l.site, now); err != nil {
			return err
		}
		if _, err := t.exec(`UPDATE sites SET epoch = $1, owner = $2, lease_until = $3 WHERE id = $4`,
			l.epoch, s.owner, millis(now.Add(s.c.Lease)), l.site); err != nil {
			return err
		}
		run, err = t.run(&l)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("start run of %s: %w", site, err)
	}
	s.keep(&l)
	return run, nil
}

// describeOwner says who holds a site, for people.
func describeOwner(owner string) string {
	if f := strings.Split(owner, "/"); len(f) >= 4 {
		return fmt.Sprintf("process %s on %s", f[1], f[0])
	}
	return owner
}

// requeue makes due again what a new run asks again. It reads the finished tasks of the site, by the index tasks_done. A list under
// another URL, as with a session id, goes by its pace. Further pages of a list or archive wait until a page that leads there has something
// new, see continueList.
func (t *tx) requeue(l *lease, now time.Time, revisit time.Duration) error {
	if revisit < 0 {
		return nil
	}
	_, err := t.exec(`UPDATE tasks SET due = CASE WHEN kind = 'page' AND found <> 'start' AND visited_at > 0 THEN 1 ELSE 0 END, tries = 0 WHERE site_id = $1 AND due IS NULL AND (
		visited_at + $2 * pace / 1000 <= $3 OR visited_at > $4
		OR kind IN ('sitemap', 'feed')
		OR (kind = 'archive' AND found <> 'next' AND outcome <> 'gone')
		OR (found <> 'next' AND (page_kind = 'list' AND outcome <> 'duplicate' OR (page_kind = '' AND outcome = 'not_review')))
		OR outcome IN ('disallowed', 'server_error', 'unreachable', 'timeout', 'forbidden'))`,
		l.site, revisit.Milliseconds(), millis(now), millis(now.Add(maxVisited)))
	return err
}

// What the store says of a later time comes from a clock that was ahead.
const (
	maxAhead   = 25 * time.Hour      // longer than anything is put off by the crawl, a Retry-After of a day among it
	maxVisited = 30 * 24 * time.Hour // since when a page was visited; a clock that was ahead by less is waited for
)

// clockSetBack makes due at once what would be waited for until the clock is back where it was.
func (t *tx) clockSetBack(l *lease, now time.Time) error {
	if _, err := t.exec(`UPDATE hosts SET hold_until = 0 WHERE site_id = $1 AND hold_until > $2`, l.site, millis(now.Add(maxAhead))); err != nil {
		return err
	}
	_, err := t.exec(`UPDATE tasks SET due = 1 WHERE host_id IN (SELECT id FROM hosts WHERE site_id = $1) AND due > $2`, l.site, millis(now.Add(maxAhead)))
	return err
}

// seed queues start pages. Those that are known become due only if again is true; one that another site knows moves here, unless
// that site is being crawled.
func (t *tx) seed(l *lease, seeds []crawler.Task, again bool) error {
	for i := range seeds {
		task := seeds[i]
		added, err := t.link(l, &task)
		if err != nil {
			return err
		}
		if added {
			continue
		}
		var id, site int64
		var owner string
		var until int64
		if err := t.row([]any{&id, &site, &owner, &until}, `SELECT t.id, t.site_id, s.owner, s.lease_until
			FROM tasks t JOIN sites s ON s.id = t.site_id WHERE t.url = $1`, task.URL); err != nil {
			return err
		}
		switch {
		case site == l.site && !again:
			continue
		case site != l.site && isHeld(owner, until, t.now):
			continue
		}
		host, err := t.host(l.site, task.Host)
		if err != nil {
			return err
		}
		// Out of the queue of the one host, into that of the other: the triggers look at due.
		if _, err := t.exec(`UPDATE tasks SET due = NULL WHERE id = $1`, id); err != nil {
			return err
		}
		if _, err := t.exec(`UPDATE tasks SET due = 0, tries = 0, site_id = $2, host_id = $3 WHERE id = $1`, id, l.site, host); err != nil {
			return err
		}
	}
	return nil
}

// EndRun implements storage.Store.
func (s *Store) EndRun(ctx context.Context, run *storage.Run, finished bool, why string) error {
	return s.EndRunWith(ctx, run, finished, why, nil)
}

// EndRunWith is EndRun with something more to write in its transaction, by the connection that has it. It is given the run as it ended,
// and may be called again if the transaction is.
func (s *Store) EndRunWith(ctx context.Context, run *storage.Run, finished bool, why string,
	also func(context.Context, *sql.Conn, *storage.Run) error) error {
	var ended *storage.Run
	stopping := ctx.Err() != nil
	ctx = context.WithoutCancel(ctx)
	if stopping {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, lastPatience)
		defer cancel()
	}
	err := s.write(ctx, func(t *tx) error {
		l := s.lease(run.Site)
		if l == nil || l.run != run.ID || l.epoch != run.Epoch {
			return storage.ErrLost
		}
		n, err := t.exec(`UPDATE sites SET owner = '', lease_until = 0, freed_at = $1, next_run_at = $2 WHERE id = $3 AND epoch = $4`,
			millis(t.now), millis(run.Next), l.site, l.epoch)
		if err != nil {
			return err
		}
		if n == 0 {
			s.drop(l)
			return storage.ErrLost
		}
		if _, err := t.exec(`UPDATE runs SET ended = $1, finished = $2, why = $3, took = took + $4,
			queued = (SELECT COALESCE(SUM(queued), 0) FROM hosts WHERE site_id = $5) WHERE id = $6`,
			millis(t.now), flag(finished), why, max(0, t.now.Sub(l.since).Milliseconds()), l.site, l.run); err != nil {
			return err
		}
		var cancelled bool
		if err := t.row([]any{&cancelled}, `SELECT cancelled FROM runs WHERE id = $1`, l.run); err != nil {
			return err
		}
		if cancelled && !finished {
			if err := t.cancelled(l); err != nil {
				return err
			}
		}
		if ended, err = t.run(l); err != nil || also == nil {
			return err
		}
		return also(t.ctx, t.w.conn, ended)
	})
	if err != nil {
		return fmt.Errorf("end run of %s: %w", run.Site, err)
	}
	*run = *ended
	s.drop(s.lease(run.Site))
	return nil
}

// fence holds a site for this transaction: it fails if another has taken it, and renews the lease.
func (t *tx) fence(site string) (*lease, error) {
	l := t.s.lease(site)
	if l == nil {
		return nil, fmt.Errorf("%w: no run of %s was started here", storage.ErrLost, site)
	}
	n, err := t.exec(`UPDATE sites SET lease_until = $1 WHERE id = $2 AND epoch = $3`, millis(t.now.Add(t.s.c.Lease)), l.site, l.epoch)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, fmt.Errorf("%s: %w", site, storage.ErrLost)
	}
	return l, nil
}

// lease is the run of a site that is held here, or nil.
func (s *Store) lease(site string) *lease {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held[site]
}

// drop forgets a lease that is over.
func (s *Store) drop(l *lease) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held[l.name] == l {
		delete(s.held, l.name)
	}
	s.dicts.mu.Lock()
	defer s.dicts.mu.Unlock()
	delete(s.dicts.sites, l.name)
}

// idle says that no run is held here.
func (s *Store) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.held) == 0
}

// keep holds a lease, and renews all from time to time, for sites that are asked so slowly that no commit does.
func (s *Store) keep(l *lease) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held[l.name] = l
	if s.stop != nil || s.closed {
		return
	}
	stop := make(chan struct{})
	s.stop = stop
	go func() {
		tick := time.NewTicker(s.c.Lease / 3)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			if s.idle() {
				continue
			}
			s.renew()
		}
	}()
}

// renew gives a sign of life for all sites that are held here. A lease of zero was ended by others, who took this holder for dead.
func (s *Store) renew() {
	ctx, cancel := context.WithTimeout(context.Background(), lastPatience)
	defer cancel()
	// A failure is no loss: the next commit is fenced, and tells.
	s.write(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE sites SET lease_until = $1 WHERE owner = $2 AND lease_until > 0`, millis(t.now.Add(s.c.Lease)), s.owner)
		return err
	})
}

// Idle is an error if a site is being crawled at a moment, an SQL expression of milliseconds. A schema is brought up to date only when
// none is: a process of an older version would go on writing as it knows how.
func Idle(ctx context.Context, db *sql.DB, now string) error {
	var site string
	var until int64
	err := db.QueryRowContext(ctx, `SELECT name, lease_until FROM sites WHERE lease_until > `+now+` ORDER BY lease_until DESC LIMIT 1`).Scan(&site, &until)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("an older version of cinecrawl is crawling %s: stop it first (if it was killed, wait until %s)", site,
		moment(until).UTC().Format(time.TimeOnly+" MST"))
}

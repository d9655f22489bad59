package postgres_test

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cinecrawl/crawler"
	"cinecrawl/extract"
	"cinecrawl/storage"
	"cinecrawl/storage/postgres"
	"cinecrawl/storage/postgres/pgtest"
	"cinecrawl/storage/storagetest"
)

func open(t *testing.T, url string) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func runSQL(t *testing.T, url, query string, args ...any) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err == nil {
		defer db.Close()
		_, err = db.Exec(query, args...)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func number(t *testing.T, url, query string) (n int) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err == nil {
		defer db.Close()
		err = db.QueryRow(query).Scan(&n)
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What a person did wrong is said, with what to do; never with the password.
func TestOpenErrors(t *testing.T) {
	ctx := t.Context()
	there := pgtest.URL(t)
	edit := func(f func(u *url.URL)) string {
		u, err := url.Parse(there)
		if err != nil {
			t.Fatal(err)
		}
		f(u)
		return u.String()
	}
	foreign, newer, older, limited := pgtest.URL(t), pgtest.URL(t), pgtest.URL(t), pgtest.URL(t)
	runSQL(t, foreign, `CREATE TABLE notes (x INT)`)
	open(t, newer).Close()
	runSQL(t, newer, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, TRUE)`)
	open(t, older).Close()
	runSQL(t, older, `INSERT INTO sites (name, lease_until) VALUES ('a.example', 1000000000000000)`)
	runSQL(t, older, `DELETE FROM goose_db_version WHERE version_id > 14`)
	runSQL(t, limited, `REVOKE ALL ON SCHEMA public FROM PUBLIC, `+pgtest.Guarded)
	secret := pgtest.GuardedPassword
	for _, tt := range []struct {
		name, url, say string
		is             error
	}{
		{"wrong password", edit(func(u *url.URL) { u.User = url.UserPassword(pgtest.Guarded, "hush-hush") }), "password of guarded is wrong", nil},
		{"no password", edit(func(u *url.URL) { u.User = url.User(pgtest.Guarded) }), "password of guarded is wrong or missing", nil},
		{"no such user", edit(func(u *url.URL) { u.User = url.UserPassword("nobody", "hush-hush") }), "does not let nobody in", nil},
		{"no such database", edit(func(u *url.URL) { u.Path = "/nowhere" }), "no database nowhere; make it with createdb", nil},
		{"no server", edit(func(u *url.URL) { u.Host = "127.0.0.1:1"; u.User = url.UserPassword("me", "hush-hush") }), "no PostgreSQL server answers there", nil},
		{"no socket", "postgres:///x?host=/nonexistent", "no PostgreSQL server answers there", nil},
		{"no URL", "postgres://me:hush-hush#@host:x/y", "percent-encoded", nil},
		{"no port", "postgres://me:hush/hush@127.0.0.1/y", "percent-encoded", nil},
		{"of another program", foreign, "tables of another program", nil},
		{"newer", newer, "its schema is 99, this version knows", storage.ErrNewer},
		{"an older version at work", older, "an older version of cinecrawl is crawling a.example", nil},
		{"no rights", strings.Replace(limited, "postgres@", url.UserPassword(pgtest.Guarded, secret).String()+"@", 1), "make it the owner of the database", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := postgres.Open(ctx, tt.url)
			if err == nil {
				s.Close()
			}
			if err == nil || !strings.Contains(err.Error(), tt.say) || tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("got %v", err)
			}
			if err != nil && (strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), url.PathEscape(secret))) {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
	if _, err := postgres.OpenExisting(ctx, there); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty database: %v", err)
	}
	if n := number(t, there, `SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'`); n != 0 {
		t.Errorf("%d tables were made", n)
	}
	if got := postgres.Name("postgres://me:hush-hush@db.example/films?sslmode=require"); got != "postgres://me@db.example:5432/films" {
		t.Error(got)
	}
}

func TestOpenAtOnce(t *testing.T) {
	url := pgtest.URL(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s, err := postgres.Open(t.Context(), url)
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := number(t, url, `SELECT COUNT(*) FROM goose_db_version WHERE version_id = 1`); n != 1 {
		t.Errorf("migrated %d times", n)
	}
}

// proxy stands before a server and cuts connections when cut says so: it is asked after each row, and each answer of the server that ends a statement,
// with the state of the transaction before it and after it ('I' none, 'T' open, 'E' failed), before the answer is passed on.
type proxy struct {
	net.Listener
	to     string
	cut    func(before, after byte) bool
	freeze atomic.Pointer[chan struct{}] // if set, nothing more goes to the server until it is closed
	asked  atomic.Int64                  // counts connections and what comes by them
	open   atomic.Int64                  // connections now
	most   atomic.Int64                  // at any time
}

func newProxy(t *testing.T, rawURL string) (*proxy, string) {
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p := &proxy{Listener: l, to: u.Host, cut: func(byte, byte) bool { return false }}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
	u.Host = l.Addr().String()
	u.RawQuery = "sslmode=disable"
	return p, u.String()
}

func (p *proxy) serve(c net.Conn) {
	defer c.Close()
	p.asked.Add(1)
	defer p.open.Add(-1)
	for n := p.open.Add(1); ; {
		most := p.most.Load()
		if n <= most || p.most.CompareAndSwap(most, n) {
			break
		}
	}
	s, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer s.Close()
	go func() {
		defer s.Close()
		b := make([]byte, 1<<16)
		for {
			n, err := c.Read(b)
			if err != nil {
				return
			}
			p.asked.Add(1)
			if f := p.freeze.Load(); f != nil {
				<-*f
			}
			if _, err := s.Write(b[:n]); err != nil {
				return
			}
		}
	}()
	before := byte('I')
	for {
		head := make([]byte, 5) // type, length
		if _, err := io.ReadFull(s, head); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(head[1:])-4)
		if _, err := io.ReadFull(s, body); err != nil {
			return
		}
		after := before
		if head[0] == 'Z' { // ready for the next statement
			after = body[0]
		}
		if (head[0] == 'Z' || head[0] == 'D') && p.cut(before, after) {
			return
		}
		before = after
		if _, err := c.Write(append(head, body...)); err != nil {
			return
		}
	}
}

// The connection breaks at any statement, also so that the answer to a COMMIT is lost: the crawl goes on, and nothing is stored twice.
func TestLostConnections(t *testing.T) {
	for _, tt := range []struct {
		name string
		cut  func(r *rand.Rand) func(before, after byte) bool
	}{
		{"the answer to a commit", func(r *rand.Rand) func(byte, byte) bool {
			return func(before, after byte) bool { return before == 'T' && after == 'I' && r.IntN(4) == 0 }
		}},
		{"any", func(r *rand.Rand) func(byte, byte) bool { return func(byte, byte) bool { return r.IntN(400) == 0 } }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			there := pgtest.URL(t)
			open(t, there).Close()
			p, through := newProxy(t, there)
			var mu sync.Mutex
			cuts := 0
			cut := tt.cut(rand.New(rand.NewPCG(1, 2)))
			p.cut = func(before, after byte) bool {
				mu.Lock()
				defer mu.Unlock()
				if !cut(before, after) {
					return false
				}
				cuts++
				return true
			}
			var s *postgres.Store
			var err error
			for range 20 { // opening asks for a server that is there
				if s, err = postgres.Open(t.Context(), through); err == nil {
					break
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			f := storagetest.Films{Site: "films.example"}
			if err := f.Crawl(t.Context(), s, 300, func([]crawler.Visit) {}); err != nil {
				t.Fatal(err)
			}
			if cuts < 3 {
				t.Errorf("%d cuts: nothing was tested", cuts)
			}
			f.Check(t, open(t, there), 300)
		})
	}
}

// The server crashes and starts again while a crawl is on.
func TestRestart(t *testing.T) {
	server := pgtest.Start(t)
	url := server.URL(t)
	s := open(t, url)
	f := storagetest.Films{Site: "films.example"}
	commits := 0
	if err := f.Crawl(t.Context(), s, 300, func([]crawler.Visit) {
		switch commits++; commits {
		case 10: // all connections are idle
			server.Restart(t)
		case 20: // some statement is under way
			go server.Restart(t)
		}
	}); err != nil {
		t.Fatal(err)
	}
	f.Check(t, s, 300)
}

// One who is stopped does not wait long for a server that is gone.
func TestStoppedWithoutServer(t *testing.T) {
	server := pgtest.Start(t)
	s := open(t, server.URL(t))
	ctx, cancel := context.WithCancel(t.Context())
	run, err := s.StartRun(ctx, "films.example", []crawler.Task{storagetest.Films{Site: "films.example"}.Task(1)}, 0, storage.ByHand)
	if err != nil {
		t.Fatal(err)
	}
	server.Stop(t)
	defer server.Continue(t) // for the end of the test
	cancel()
	begin := time.Now()
	if err := s.EndRun(ctx, run, false, "stopped"); err == nil || !strings.Contains(err.Error(), "no PostgreSQL server answers there") {
		t.Errorf("got %v", err)
	}
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
}

// Close does not wait for a server that is gone, nor for one that does not answer, whatever is being written and read.
func TestClosedWithoutServer(t *testing.T) {
	for _, tt := range []struct {
		name string
		away func(*testing.T, *pgtest.Server, *proxy)
	}{
		{"gone", func(t *testing.T, s *pgtest.Server, _ *proxy) { s.Stop(t); t.Cleanup(func() { s.Continue(t) }) }},
		{"silent", func(t *testing.T, _ *pgtest.Server, p *proxy) {
			wake := make(chan struct{})
			p.freeze.Store(&wake)
			t.Cleanup(func() { close(wake) })
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := pgtest.Start(t)
			p, through := newProxy(t, server.URL(t))
			s, err := postgres.Open(t.Context(), through)
			if err != nil {
				t.Fatal(err)
			}
			f := storagetest.Films{Site: "films.example"}
			if _, err := s.StartRun(t.Context(), f.Site, []crawler.Task{f.Task(1)}, 0, storage.ByHand); err != nil {
				t.Fatal(err)
			}
			tt.away(t, server, p)
			ended := make(chan string, 4)
			before := p.asked.Load()
			for range 2 {
				go func() {
					_, err := s.Commit(context.Background(), []crawler.Visit{f.Visit(f.Task(1), 100)})
					ended <- fmt.Sprint("commit: ", err)
				}()
			}
			for p.asked.Load() == before { // one of them waits for the server
				<-time.After(time.Millisecond)
			}
			go func() {
				_, err := s.Hosts(context.Background(), f.Site)
				ended <- fmt.Sprint("hosts: ", err)
			}()
			go func() { s.Close(); ended <- "close" }()
			late := time.After(20 * time.Second)
			for range cap(ended) {
				select {
				case what := <-ended:
					if strings.HasSuffix(what, "<nil>") {
						t.Error(what)
					}
				case <-late:
					t.Fatal("something waits on")
				}
			}
		})
	}
}

// However many sites are crawled, a slow server has a bounded number of connections.
func TestManyReaders(t *testing.T) {
	there := pgtest.URL(t)
	p, through := newProxy(t, there)
	s := open(t, through)
	db, err := sql.Open("pgx", there)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	reads := []func() error{
		func() error { _, err := s.Hosts(t.Context(), "films.example"); return err },
		func() error { _, err := s.TaskByURL(t.Context(), "https://films.example/"); return err },
		func() error { _, err := s.Runs(t.Context(), "films.example", 1); return err },
		func() error { _, err := s.Sites(t.Context(), "films.example"); return err },
	}
	try := func(read func() error) {
		if err := read(); err != nil && !errors.Is(err, storage.ErrNotFound) {
			t.Error(err)
		}
	}
	for _, read := range reads {
		try(read) // and prepare their statements, one after the other
	}
	lock, err := db.BeginTx(t.Context(), nil)
	if err == nil {
		_, err = lock.Exec(`LOCK TABLE tasks, hosts, runs, sites`)
	}
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 30 {
		for _, read := range reads {
			wg.Go(func() { try(read) })
		}
	}
	for waiting := 0; waiting < 16; <-time.After(10 * time.Millisecond) {
		if err := db.QueryRow(`SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
	}
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if most := p.most.Load(); most > 17 { // one writes
		t.Errorf("%d connections", most)
	}
}

// Two processes write at once what is unique for both: links to the same pages, and reviews that name the same canonical URL. Their
// transactions wait for each other, some in a circle, and all are stored.
func TestManyWriters(t *testing.T) {
	there := pgtest.URL(t)
	const writers, commits, shared = 4, 12, 150
	stores, runs := make([]*postgres.Store, writers), make([]*storage.Run, writers)
	site := func(w int) storagetest.Films { return storagetest.Films{Site: fmt.Sprintf("site%d.example", w)} }
	for w := range writers {
		stores[w] = open(t, there)
		var err error
		if runs[w], err = stores[w].StartRun(t.Context(), site(w).Site, []crawler.Task{site(w).Task(1)}, 0, storage.ByHand); err != nil {
			t.Fatal(err)
		}
	}
	for n := range commits {
		var wg sync.WaitGroup
		for w := range writers {
			r := rand.New(rand.NewPCG(uint64(w), uint64(n)))
			v := crawler.Visit{Task: site(w).Task(n + 2), Outcome: crawler.Reviewed, Page: &crawler.Page{Status: 200, Body: []byte("x"), FetchedAt: time.Now()}}
			canonical := fmt.Sprintf("https://shared.example/review/%d", n)
			v.Record = &extract.Review{URL: canonical, Kind: extract.KindReview, Paragraphs: []string{"Words of " + v.Task.URL}}
			for _, k := range r.Perm(shared) {
				v.Links = append(v.Links, crawler.Task{URL: fmt.Sprintf("https://shared.example/%d", n*shared+k), Site: v.Task.Site, Host: "shared.example", Kind: crawler.KindPage})
			}
			wg.Go(func() {
				if _, err := stores[w].Commit(t.Context(), []crawler.Visit{v}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	for w := range writers {
		if err := stores[w].EndRun(t.Context(), runs[w], true, "done"); err != nil {
			t.Error(err)
		}
	}
	for query, want := range map[string]int{
		`SELECT COUNT(*) FROM tasks WHERE url LIKE 'https://shared.example/%'`: commits * shared,
		`SELECT COUNT(*) FROM reviews`:                                         writers * commits,
		`SELECT COUNT(*) FROM hosts h WHERE queued <> (SELECT COUNT(*) FROM tasks t WHERE t.host_id = h.id AND t.due IS NOT NULL)`: 0,
		`SELECT COUNT(*) FROM hosts h WHERE next_due IS DISTINCT FROM (SELECT MIN(due) FROM tasks t WHERE t.host_id = h.id)`:       0,
	} {
		if got := number(t, there, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
}

// A holder that freezes in the middle of a transaction keeps the next one waiting for a few seconds only, and stores nothing when it
// wakes.
func TestFrozenHolder(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for three seconds")
	}
	there := pgtest.URL(t)
	p, through := newProxy(t, there)
	f := storagetest.Films{Site: "films.example"}
	first, second := open(t, through), open(t, there)
	if _, err := first.StartRun(t.Context(), f.Site, []crawler.Task{f.Task(1)}, 0, storage.ByHand); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	frozen, wake := make(chan struct{}), make(chan struct{})
	statements := 0
	p.cut = func(before, after byte) bool {
		if statements++; before == 'T' && after == 'T' && statements > 3 {
			once.Do(func() { p.freeze.Store(&wake); close(frozen) })
		}
		return false
	}
	ended := make(chan error, 1)
	go func() {
		_, err := first.Commit(context.Background(), []crawler.Visit{f.Visit(f.Task(1), 100)})
		ended <- err
	}()
	<-frozen
	// Its lease is over, as that of one who was frozen for long. This waits for its transaction, which holds the row.
	runSQL(t, there, `UPDATE sites SET lease_until = 0`)
	if _, err := second.StartRun(t.Context(), f.Site, nil, 0, storage.ByHand); err != nil {
		t.Fatal(err)
	}
	p.freeze.Store(nil)
	close(wake)
	if err := <-ended; !errors.Is(err, storage.ErrLost) {
		t.Errorf("the commit of the frozen holder: %v", err)
	}
	if n := number(t, there, `SELECT COUNT(*) FROM reviews`); n != 0 {
		t.Error("it stored a review")
	}
}

// Whether a run goes on is a matter of the server's clock: that of the machine which asks is at the year 2000 here.
func TestRunningByServersClock(t *testing.T) {
	there := pgtest.URL(t)
	synctest.Test(t, func(t *testing.T) {
		s := open(t, there)
		defer s.Close()
		run, err := s.StartRun(t.Context(), "films.example", nil, 0, storage.ByHand)
		if err != nil || !run.Running {
			t.Fatalf("run: %+v, %v", run, err)
		}
		running := func(want bool) {
			t.Helper()
			if runs, err := s.Runs(t.Context(), run.Site, 1); err != nil || runs[0].Running != want {
				t.Errorf("runs: %+v, %v, want running: %v", runs, err, want)
			}
			if sites, err := s.Sites(t.Context(), run.Site); err != nil || sites[0].LastRun.Running != want {
				t.Errorf("sites: %+v, %v, want the last run running: %v", sites, err, want)
			}
		}
		running(true)
		runSQL(t, there, `UPDATE sites SET lease_until = lease_until - 60000`)
		running(false)
	})
}

// What a page says may hold bytes that PostgreSQL keeps in no text: the review is stored all the same, and found.
func TestForeignBytes(t *testing.T) {
	s := open(t, pgtest.URL(t))
	const site, bad = "films.example", "a\x00b\xffc"
	task := crawler.Task{URL: "https://films.example/1", Site: site, Host: site, Kind: crawler.KindPage}
	run, err := s.StartRun(t.Context(), site, []crawler.Task{task}, 0, storage.ByHand)
	if err != nil {
		t.Fatal(err)
	}
	r := &extract.Review{URL: task.URL, Kind: extract.KindReview, Headline: extract.Text{Value: bad}, Author: extract.Text{Value: bad}, Lang: bad,
		Paragraphs: []string{bad}}
	r.Film.Title.Value = bad
	stored, err := s.Commit(t.Context(), []crawler.Visit{{Task: task, Outcome: crawler.Reviewed, Why: bad, Record: r, Signals: []crawler.Signal{{Value: bad}},
		Page:  &crawler.Page{Status: 200, ContentType: bad, Charset: bad, Header: map[string][]string{"Etag": {bad}, bad: {bad}}, Body: []byte(bad), FetchedAt: time.Now()},
		Links: []crawler.Task{{URL: "https://films.example/" + bad, Site: site, Host: site, Kind: crawler.KindPage, From: bad}}}})
	if err != nil || stored[0].Change != crawler.NewReview || stored[0].Added != 1 {
		t.Fatalf("%+v, %v", stored, err)
	}
	got, err := s.RecordByURL(t.Context(), task.URL)
	if err != nil || len(got.Review.Paragraphs) != 1 || got.Review.Paragraphs[0] != "a\x00b\uFFFDc" {
		t.Errorf("%+v, %v", got, err)
	}
	if n, err := s.Count(t.Context(), storage.Filter{Film: bad, Author: bad}); n != 1 || err != nil {
		t.Errorf("found %d: %v", n, err)
	}
	if page, err := s.SnapshotByURL(t.Context(), task.URL); err != nil || string(page.Page.Body) != bad {
		t.Errorf("snapshot: %v", err)
	}
	if state, err := s.TaskByURL(t.Context(), "https://films.example/"+bad); err != nil || !state.Queued {
		t.Errorf("link: %+v, %v", state, err)
	}
	if err := s.SaveRobots(t.Context(), &crawler.RobotsCopy{Origin: "https://films.example", Body: []byte(bad), Err: bad}); err != nil {
		t.Error(err)
	}
	if err := s.EndRun(t.Context(), run, true, bad); err != nil {
		t.Error(err)
	}
}

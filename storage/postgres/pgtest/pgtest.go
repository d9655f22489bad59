//go:build unix

// Package pgtest starts a real PostgreSQL server for tests: a temporary cluster on a free loopback port, which is stopped and removed
// when the test process ends, however it ends.
package pgtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Guarded is a user of every server who must give a password, GuardedPassword.
const (
	Guarded         = "guarded"
	GuardedPassword = "s3cret/of:guarded"
)

var errMissing = errors.New("PostgreSQL is not installed here: apt-get install postgresql, or put initdb on the PATH")

// Server is a running cluster.
type Server struct {
	bin, dir string
	port     int
	cred     *syscall.Credential
	watch    io.WriteCloser // the watcher stops the server and removes its files when this is closed
	n        atomic.Int64
}

var shared = sync.OnceValues(start)

// URL is that of an empty database for one test, on a server which all tests of the process share. Without PostgreSQL on the machine
// the test is skipped; or fails, if CINECRAWL_NEED_POSTGRES is set.
func URL(t testing.TB) string {
	t.Helper()
	s, err := shared()
	check(t, err)
	return s.URL(t)
}

// Start starts a server for one test.
func Start(t testing.TB) *Server {
	t.Helper()
	s, err := start()
	check(t, err)
	t.Cleanup(func() { s.watch.Close() })
	return s
}

func check(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, errMissing) && os.Getenv("CINECRAWL_NEED_POSTGRES") == "":
		t.Skip(err)
	default:
		t.Fatal(err)
	}
}

// URL is that of a new empty database.
func (s *Server) URL(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test%d", s.n.Add(1))
	s.exec(t, "CREATE DATABASE "+name)
	t.Cleanup(func() { s.exec(t, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return s.url(name)
}

func (s *Server) url(db string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s", s.port, db)
}

func (s *Server) exec(t testing.TB, query string) {
	t.Helper()
	db, err := sql.Open("pgx", s.url("postgres"))
	if err == nil {
		defer db.Close()
		_, err = db.Exec(query)
	}
	if err != nil {
		t.Errorf("%s: %v", query, err)
	}
}

// Restart stops the server as a crash does, and starts it again.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if out, err := s.ctl("restart", "-m", "immediate").CombinedOutput(); err != nil {
		t.Fatalf("restart PostgreSQL: %v\n%s", err, out)
	}
}

// Stop stops the server as a crash does.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if out, err := s.ctl("stop", "-m", "immediate").CombinedOutput(); err != nil {
		t.Fatalf("stop PostgreSQL: %v\n%s", err, out)
	}
}

// Continue starts a stopped server again.
func (s *Server) Continue(t testing.TB) {
	t.Helper()
	if out, err := s.ctl("start").CombinedOutput(); err != nil {
		t.Fatalf("start PostgreSQL: %v\n%s", err, out)
	}
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) ctl(args ...string) *exec.Cmd {
	return s.command(filepath.Join(s.bin, "pg_ctl"), append([]string{"-D", s.data(), "-w", "-s", "-l", filepath.Join(s.dir, "log")}, args...)...)
}

// command runs as a user that PostgreSQL accepts, and apart from the signals of the terminal.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), name, args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.cred, Setpgid: true}
	return cmd
}

func start() (*Server, error) {
	s := new(Server)
	var err error
	if s.bin, err = binaries(); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "cinecrawl-pg-"); err != nil {
		return nil, err
	}
	if err := s.begin(); err != nil {
		os.RemoveAll(s.dir)
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	return s, nil
}

func (s *Server) begin() error {
	if os.Geteuid() == 0 {
		id, err := ordinaryUser()
		if err != nil {
			return err
		}
		s.cred = id
		if err := os.Chown(s.dir, int(id.Uid), int(id.Gid)); err != nil {
			return err
		}
	}
	// With the order of a language, so that a test sees where the order of bytes is not asked for.
	initdb := func(more ...string) ([]byte, error) {
		args := append([]string{"-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C"}, more...)
		return s.command(filepath.Join(s.bin, "initdb"), args...).CombinedOutput()
	}
	if _, err := initdb("--locale-provider=icu", "--icu-locale=en"); err != nil {
		if out, err := initdb(); err != nil {
			return fmt.Errorf("initdb: %w\n%s", err, out)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.port = l.Addr().(*net.TCPAddr).Port
	l.Close()
	conf := fmt.Sprintf("listen_addresses = '127.0.0.1'\nport = %d\nunix_socket_directories = '%s'\nmax_connections = 200\nfsync = off\n"+
		"full_page_writes = off\nshared_buffers = 32MB\ndeadlock_timeout = 100ms\n", s.port, s.dir)
	hba := "host all " + Guarded + " 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n"
	f, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(conf)
		err = errors.Join(err, f.Close())
	}
	if err = errors.Join(err, os.WriteFile(filepath.Join(s.data(), "pg_hba.conf"), []byte(hba), 0o600)); err != nil {
		return err
	}
	// The watcher outlives a test process that panics or is killed: then its input ends.
	watcher := s.command("sh", "-c", `cat >/dev/null; "$0" -D "$1/data" -m immediate -s stop; cd /; rm -rf "$1"`, filepath.Join(s.bin, "pg_ctl"), s.dir)
	if s.watch, err = watcher.StdinPipe(); err != nil {
		return err
	}
	if err := watcher.Start(); err != nil {
		return err
	}
	go watcher.Wait()
	if out, err := s.ctl("start").CombinedOutput(); err != nil {
		s.watch.Close()
		log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
		return fmt.Errorf("%w\n%s%s", err, out, log)
	}
	db, err := sql.Open("pgx", s.url("postgres"))
	if err == nil {
		defer db.Close()
		_, err = db.Exec("CREATE USER " + Guarded + " PASSWORD '" + GuardedPassword + "'")
	}
	return err
}

// binaries finds the newest PostgreSQL of the machine: where Debian has them, or beside the initdb of the PATH.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		path, err := exec.LookPath("initdb")
		if err != nil {
			return "", errMissing
		}
		return filepath.Dir(path), nil
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
}

// ordinaryUser is who the server runs as, for it refuses to run as root.
func ordinaryUser() (*syscall.Credential, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("root cannot run it, and there is no user postgres or nobody")
}

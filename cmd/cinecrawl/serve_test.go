package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// website serves a folder on loopback and keeps an access log. "{{host}}" in its files is its address. A file _status holds
// lines "PATH STATUS [LOCATION]", a file _wait the paths whose answers are held back until the script lets them go.
type website struct {
	dir    string
	server *httptest.Server

	mu      sync.Mutex
	log     []string
	asked   *sync.Cond
	release chan struct{}
}

func newWebsite(dir string) *website {
	s := &website{dir: dir, release: make(chan struct{})}
	s.asked = sync.NewCond(&s.mu)
	s.server = httptest.NewServer(s)
	return s
}

func (s *website) host() string { return strings.TrimPrefix(s.server.URL, "http://") }

func (s *website) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.log = append(s.log, r.URL.RequestURI())
	s.asked.Broadcast()
	s.mu.Unlock()
	if s.listed("_wait", r.URL.Path) != nil {
		select {
		case <-s.release:
		case <-r.Context().Done():
			return
		}
	}
	file := filepath.Join(s.dir, filepath.FromSlash(path.Clean(r.URL.Path)))
	if strings.HasSuffix(r.URL.Path, "/") {
		file = filepath.Join(file, "index.html")
	}
	if answer := s.listed("_status", r.URL.Path); answer != nil {
		code, err := strconv.Atoi(answer[1])
		if err != nil {
			panic(err)
		}
		if len(answer) > 2 {
			w.Header().Set("Location", answer[2])
		}
		http.Error(w, http.StatusText(code), code)
		return
	}
	body, err := os.ReadFile(file)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	body = bytes.ReplaceAll(body, []byte("{{host}}"), []byte(s.host()))
	sum := sha256.Sum256(body)
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	w.Header().Set("Content-Type", mime.TypeByExtension(filepath.Ext(file)))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// listed looks a path up in one of the folder's lists: its line in words, nil if it is not there.
func (s *website) listed(list, path string) []string {
	b, _ := os.ReadFile(filepath.Join(s.dir, list))
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 0 && f[0] == path {
			return f
		}
	}
	return nil
}

// requests gives what has been asked since the last call, sorted.
func (s *website) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.log
	s.log = nil
	slices.Sort(asked)
	return asked
}

// await waits until a path has been asked for.
func (s *website) await(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !slices.Contains(s.log, path) {
		s.asked.Wait()
	}
}

// hasAsked says whether a path has been asked for since the last call of requests.
func (s *website) hasAsked(path string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.log, path)
}

// websites are the sites of one script, by name.
type websites map[string]*website

// siteCommands are the script commands around website:
//
//	serve NAME DIR      serve DIR; its address (127.0.0.1:port) is $NAME
//	await NAME PATH     wait until PATH has been asked for
//	let-go NAME         let the answers go that _wait holds back
//	requests NAME FILE  write what has been asked since the last time to FILE: sorted, a path a line
//	config IN OUT       write IN to OUT with the $NAMEs in it replaced
//	exits CODE CMD …    run a command that must end with that exit code
var siteCommands = map[string]func(*testscript.TestScript, bool, []string){
	"serve": func(ts *testscript.TestScript, neg bool, args []string) {
		s := newWebsite(ts.MkAbs(args[1]))
		ts.Defer(s.close)
		ts.Value(websitesKey{}).(websites)[args[0]] = s
		ts.Setenv(args[0], s.host())
	},
	"await":  func(ts *testscript.TestScript, neg bool, args []string) { siteOf(ts, args).await(args[1]) },
	"let-go": func(ts *testscript.TestScript, neg bool, args []string) { close(siteOf(ts, args).release) },
	"config": func(ts *testscript.TestScript, neg bool, args []string) {
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(os.Expand(ts.ReadFile(args[0]), ts.Getenv)), 0o644))
	},
	"exits": func(ts *testscript.TestScript, neg bool, args []string) {
		code := 0
		if err := ts.Exec(args[1], args[2:]...); err != nil {
			exit, ok := errors.AsType[*exec.ExitError](err)
			if !ok {
				ts.Check(err)
			}
			code = exit.ExitCode()
		}
		if fmt.Sprint(code) != args[0] {
			ts.Fatalf("exit code %d, want %s", code, args[0])
		}
	},
	"requests": func(ts *testscript.TestScript, neg bool, args []string) {
		asked := strings.Join(append(siteOf(ts, args).requests(), ""), "\n")
		ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(asked), 0o644))
	},
}

func siteOf(ts *testscript.TestScript, args []string) *website {
	s := ts.Value(websitesKey{}).(websites)[args[0]]
	if s == nil {
		ts.Fatalf("no site %s: serve it first", args[0])
	}
	return s
}

type websitesKey struct{}

func (s *website) close() {
	s.server.CloseClientConnections()
	s.server.Close()
}

package main

import (
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"cinecrawl/storage/postgres/pgtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"cinecrawl": main, "barewalk": bareWalk, "fillfrontier": fillFrontier})
}

// TestScripts runs testdata/script/*.txtar, which read as a manual: each shows one thing that a person does.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		Cmds:          siteCommands,
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("COLUMNS", "100")
			env.Setenv("TZ", "UTC")
			env.Values[websitesKey{}] = websites{}
			return nil
		},
	})
}

// TestScriptsOnPostgres runs those of the scripts that name no database of their own on PostgreSQL, as a person would who changed --db alone,
// and those that are about PostgreSQL.
func TestScriptsOnPostgres(t *testing.T) {
	pgtest.URL(t) // or skip
	files, err := filepath.Glob("testdata/postgres/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"busy", "cancel", "copies", "crawl", "explain", "reread", "reuse", "schedule", "serve", "wider"} {
		files = append(files, filepath.Join("testdata", "script", name+".txtar"))
	}
	testscript.Run(t, testscript.Params{
		Files:         files,
		Cmds:          siteCommands,
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			db := pgtest.URL(t)
			u, err := url.Parse(db)
			if err != nil {
				return err
			}
			env.Setenv("COLUMNS", "100")
			env.Setenv("TZ", "UTC")
			env.Setenv("CINECRAWL_DB", db)
			env.Setenv("server", u.Host)
			env.Values[websitesKey{}] = websites{}
			return nil
		},
	})
}

// TestEveryCommandHelps holds that each command has a one-line help and an example that parses.
func TestEveryCommandHelps(t *testing.T) {
	var c commands
	parser, err := newParser(&c, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	for _, cmd := range parser.Model.Leaves(false) {
		t.Run(cmd.FullPath(), func(t *testing.T) {
			if cmd.Help == "" || strings.Contains(cmd.Help, "\n") || !strings.HasSuffix(cmd.Help, ".") {
				t.Errorf("help %q: want one line that ends in a full stop", cmd.Help)
			}
			examples := 0
			for line := range strings.Lines(cmd.Detail) {
				line = strings.TrimSpace(line)
				if !strings.HasPrefix(line, cmd.FullPath()) {
					continue
				}
				examples++
				var c commands
				p, err := newParser(&c, io.Discard, io.Discard)
				if err != nil {
					t.Fatal(err)
				}
				p.Exit = func(int) { t.Errorf("example %q exits", line) }
				if _, err := p.Parse(strings.Fields(line)[1:]); err != nil {
					t.Errorf("example %q: %v", line, err)
				}
			}
			if examples == 0 {
				t.Errorf("no example in the help:\n%s", cmd.Detail)
			}
			for _, flag := range cmd.AllFlags(false) {
				for _, f := range flag {
					if f.Help == "" {
						t.Errorf("--%s has no help", f.Name)
					}
				}
			}
		})
	}
}

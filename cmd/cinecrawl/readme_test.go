package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"cinecrawl/storage/postgres"
)

// TestREADME holds that the configuration in the README loads, and that what it tells to type is understood.
func TestREADME(t *testing.T) {
	readme := readFile(t, filepath.Join("..", "..", "README.md"))
	var config string
	for i, block := range strings.Split(readme, "```") {
		lang, code, _ := strings.Cut(block, "\n")
		switch {
		case i%2 == 0, lang == "ini":
		case strings.HasPrefix(code, "# compose.yaml"):
			checkCompose(t, code)
		case lang == "yaml":
			config += code
		default:
			for line := range strings.Lines(code) {
				checkExample(t, strings.TrimSpace(line))
			}
		}
	}
	if n := len(nonEmpty(config)); n == 0 || n > 5 {
		t.Fatalf("the first configuration has %d lines, want 1 to 5", n)
	}
	file := filepath.Join(t.TempDir(), "cinecrawl.yaml")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	if at := configured(t, file); len(at) != 1 {
		t.Errorf("it configures %d sites, want 1", len(at))
	}
}

// checkCompose holds that a compose file is one, as far as can be told without Docker, and that it calls commands that there are.
func checkCompose(t *testing.T, code string) {
	t.Helper()
	type service struct {
		Image string
		Build struct {
			Context    string
			Dockerfile string `yaml:"dockerfile_inline"`
		}
		Command     []string
		Environment map[string]string
		Volumes     []string
		ShmSize     string                       `yaml:"shm_size"`
		Healthcheck map[string]any               `yaml:"healthcheck"`
		DependsOn   map[string]map[string]string `yaml:"depends_on"`
		Restart     string
		Grace       time.Duration `yaml:"stop_grace_period"`
	}
	var file struct {
		Services map[string]service
		Volumes  map[string]any
	}
	d := yaml.NewDecoder(strings.NewReader(code))
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil {
		t.Fatal(err)
	}
	// While the image makes its database, a server answers on the socket alone.
	if test := fmt.Sprint(file.Services["db"].Healthcheck["test"]); !strings.Contains(test, " -h localhost ") {
		t.Errorf("the database is taken for ready by %s", test)
	}
	for _, name := range []string{"planner", "worker"} {
		s := file.Services[name]
		checkExample(t, "cinecrawl "+strings.Join(s.Command, " "))
		if !postgres.IsURL(s.Environment["CINECRAWL_DB"]) || !strings.Contains(s.Build.Dockerfile, "\nENTRYPOINT [\"/cinecrawl\"]\n") || s.Grace < 10*time.Second {
			t.Errorf("%s: %+v", name, s)
		}
		for on := range s.DependsOn {
			if _, ok := file.Services[on]; !ok {
				t.Errorf("%s depends on %s, which there is not", name, on)
			}
		}
	}
}

// checkExample parses a command line of the README.
func checkExample(t *testing.T, line string) {
	t.Helper()
	line, _, _ = strings.Cut(line, "  #")
	words := strings.Fields(line)
	if len(words) == 0 || !strings.HasSuffix(words[0], "cinecrawl") {
		return
	}
	var c commands
	parser, err := newParser(&c, &bytes.Buffer{}, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	parser.Exit = func(int) {}
	if _, err := parser.Parse(words[1:]); err != nil {
		t.Errorf("the README says %q: %v", line, err)
	}
}

// configured gives the addresses of the sites in a configuration, by name.
func configured(t *testing.T, file string) map[string]string {
	t.Helper()
	a := &app{}
	a.Config = file
	cfg, err := a.config()
	if err != nil {
		t.Fatal(err)
	}
	sites, err := cfg.Choose()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]string{}
	for _, s := range sites {
		at[s.Crawl.Name] = "http://" + s.Crawl.Hosts[0]
	}
	return at
}

// TestREADMEUnits holds that the units of the README call commands that there are, and that systemd takes them, where it is installed.
func TestREADMEUnits(t *testing.T) {
	readme := readFile(t, filepath.Join("..", "..", "README.md"))
	program, err := exec.LookPath("cinecrawl")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	verify := []string{"verify"}
	for i, block := range strings.Split(readme, "```") {
		lang, unit, _ := strings.Cut(block, "\n")
		if i%2 == 0 || lang != "ini" {
			continue
		}
		path, _, _ := strings.Cut(strings.TrimPrefix(unit, "# "), "\n")
		for line := range strings.Lines(unit) {
			if command, ok := strings.CutPrefix(strings.TrimSpace(line), "ExecStart="); ok {
				checkExample(t, command)
			}
		}
		file := filepath.Join(dir, filepath.Base(path))
		write(t, file, strings.ReplaceAll(unit, "/usr/local/bin/cinecrawl", program))
		verify = append(verify, file)
	}
	if len(verify) != 5 {
		t.Fatalf("%d units, want 4", len(verify)-1)
	}
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd takes them or not: systemd-analyze is not installed")
	}
	if out, err := exec.Command("systemd-analyze", verify...).CombinedOutput(); err != nil || strings.Contains(string(out), dir) {
		t.Errorf("systemd-analyze %q: %v\n%s", verify, err, out)
	}
}

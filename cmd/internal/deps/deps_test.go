package deps

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// allowed lists, for a package of the module, the packages of the module that it may import. A prefix ending in "/" allows the
// subtree. Packages not listed may import anything.
var allowed = map[string][]string{
	"cinecrawl/crawler":                 {},
	"cinecrawl/crawler/fetch":           {"cinecrawl/crawler"},
	"cinecrawl/crawler/discover":        {"cinecrawl/crawler"},
	"cinecrawl/crawler/crawltest":       {"cinecrawl/crawler", "cinecrawl/crawler/fetch"},
	"cinecrawl/extract":                 {},
	"cinecrawl/extract/sites":           {"cinecrawl/extract"},
	"cinecrawl/extract/learn":           {"cinecrawl/extract"},
	"cinecrawl/storage":                 {"cinecrawl/crawler", "cinecrawl/extract"},
	"cinecrawl/storage/postgres":        {"cinecrawl/crawler", "cinecrawl/extract", "cinecrawl/storage", "cinecrawl/storage/internal/tables"},
	"cinecrawl/storage/sqlite":          {"cinecrawl/crawler", "cinecrawl/extract", "cinecrawl/storage", "cinecrawl/storage/internal/tables"},
	"cinecrawl/storage/internal/tables": {"cinecrawl/crawler", "cinecrawl/extract", "cinecrawl/storage"},
	"cinecrawl/storage/storagetest":     {"cinecrawl/crawler", "cinecrawl/extract", "cinecrawl/storage"},
	"cinecrawl/storage/export":          {"cinecrawl/crawler", "cinecrawl/extract", "cinecrawl/storage"},
	"cinecrawl/configs":                 {"cinecrawl/crawler", "cinecrawl/extract", "cinecrawl/extract/sites"},
}

// soleImporter names libraries that only one package may import (goose: two), so that each is tamed in one place. What is below a package
// belongs to it.
var soleImporter = map[string]string{
	"github.com/jackc/pgx/v5":        "cinecrawl/storage/postgres cinecrawl/cmd/internal/fleet",
	"github.com/gocolly/colly/v2":    "cinecrawl/crawler/fetch",
	"github.com/temoto/robotstxt":    "cinecrawl/crawler/fetch",
	"modernc.org/sqlite":             "cinecrawl/storage/sqlite",
	"github.com/riverqueue/river":    "cinecrawl/cmd/internal/fleet",
	"github.com/pressly/goose/v3":    "cinecrawl/storage/sqlite cinecrawl/storage/postgres",
	"github.com/robfig/cron/v3":      "cinecrawl/crawler",
	"github.com/mmcdole/gofeed":      "cinecrawl/crawler/discover",
	"github.com/alecthomas/kong":     "cinecrawl/cmd/cinecrawl",
	"github.com/PuerkitoBio/goquery": "cinecrawl/extract",
}

// pure packages know no clock-bound, network or database package.
var pure = map[string][]string{
	"cinecrawl/extract": {"net/http", "database/sql", "os", "net"},
}

func TestImportArrows(t *testing.T) {
	for _, p := range packages(t) {
		for _, imp := range p.Imports {
			if strings.HasPrefix(imp, "cinecrawl/") {
				if may, ok := allowed[p.ImportPath]; ok && !contains(may, imp) {
					t.Errorf("%s imports %s: that arrow points downstream", p.ImportPath, imp)
				}
				if strings.HasPrefix(imp, "cinecrawl/cmd/") && !strings.HasPrefix(p.ImportPath, "cinecrawl/cmd/") {
					t.Errorf("%s imports %s: nothing knows cmd", p.ImportPath, imp)
				}
			}
			for lib, owner := range soleImporter {
				if (imp == lib || strings.HasPrefix(imp, lib+"/")) && !below(p.ImportPath, strings.Fields(owner)) {
					t.Errorf("%s imports %s: only %s may", p.ImportPath, imp, owner)
				}
			}
			for _, no := range pure[p.ImportPath] {
				if imp == no {
					t.Errorf("%s imports %s: it is pure", p.ImportPath, imp)
				}
			}
		}
	}
}

type pkg struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "cinecrawl/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []pkg
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("go list output: %v", err)
		}
		all = append(all, p)
	}
}

func below(path string, owners []string) bool {
	return slices.ContainsFunc(owners, func(owner string) bool { return path == owner || strings.HasPrefix(path, owner+"/") })
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

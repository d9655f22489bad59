package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cinecrawl/cmd/internal/demo"
	"cinecrawl/extract"
)

// demoGap is the pause between two requests to a demonstration site. They are ours, so it may be small.
const demoGap = "50ms"

// demoMark is the first line of a demonstration's configuration. A folder without it is somebody else's.
const demoMark = "# Written by cinecrawl demo."

type demoCmd struct {
	Dir         string `placeholder:"FOLDER" default:"cinecrawl-demo" help:"The folder to write, cinecrawl-demo by default. An earlier demonstration in it is replaced."`
	KeepServing bool   `help:"Go on serving the sites until Ctrl-C, to look at them in a browser."`
}

func (demoCmd) Help() string {
	return `Serves small review sites that are inside this program, each in the markup of another publishing platform, on this machine only;
crawls them as any other site; and exports the reviews as plain text. Nothing is asked of the network. In --dir stay the
configuration, the database and the text files.

Examples:

    cinecrawl demo
    cinecrawl demo --dir /tmp/demo --keep-serving`
}

func (c *demoCmd) Run(ctx context.Context, a *app) error {
	sites, err := demo.Sites()
	if err != nil {
		return err
	}
	if err := c.clear(); err != nil {
		return err
	}
	servers, err := demo.Serve(sites)
	if err != nil {
		return err
	}
	defer demo.Close(servers)

	run := *a // the ordinary commands, with the demonstration's configuration and database
	run.Config, run.DB, run.loaded = filepath.Join(c.Dir, "cinecrawl.yaml"), filepath.Join(c.Dir, "cinecrawl.db"), nil
	if err := os.WriteFile(run.Config, []byte(demoConfig(servers)), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%d demonstration sites are being served on this machine, %s apart from request to request:\n\n", len(servers), demoGap)
	t := &table{head: []string{"site", "address", "shape"}}
	for _, s := range servers {
		t.row(s.Name, s.Start(), s.Get("Shape"))
	}
	t.write(a.stdout, widthOf(a.stdout))
	fmt.Fprintln(a.stdout)

	if err := (&crawlCmd{}).Run(ctx, &run); err != nil {
		return err
	}
	reviews := filepath.Join(c.Dir, "reviews")
	fmt.Fprintln(a.stdout)
	if err := (&exportCmd{Dir: reviews, Format: "text"}).Run(ctx, &run); err != nil {
		return err
	}
	if err := beforeAndAfter(ctx, a.stdout, &run, servers, reviews); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, `
The reviews are in %s, what was stored in %s.
See also: cinecrawl status --db %s
`, reviews, run.DB, run.DB)
	if !c.KeepServing {
		return nil
	}
	fmt.Fprintln(a.stdout, "\nStill serving the sites at the addresses above. Ctrl-C ends it.")
	ctx, stop := interruptible(ctx, func(bool) {})
	defer stop()
	<-ctx.Done()
	return nil
}

// clear makes the folder, or takes an earlier demonstration out of it. The exported reviews are for export to replace.
func (c *demoCmd) clear() error {
	names, err := os.ReadDir(c.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	config, _ := os.ReadFile(filepath.Join(c.Dir, "cinecrawl.yaml"))
	if len(names) > 0 && !bytes.HasPrefix(config, []byte(demoMark)) {
		return usageErrorf("%s holds something that is no demonstration: name another folder with --dir", c.Dir)
	}
	for _, name := range names {
		if strings.HasPrefix(name.Name(), "cinecrawl.db") { // the database, its log and its lock
			if err := os.Remove(filepath.Join(c.Dir, name.Name())); err != nil {
				return err
			}
		}
	}
	return os.MkdirAll(c.Dir, 0o755)
}

// demoConfig is a configuration as anyone would write it.
func demoConfig(servers []*demo.Server) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s The sites are served only while it runs (see --keep-serving).\ngap: %s\nsites:\n", demoMark, demoGap)
	for _, s := range servers {
		fmt.Fprintf(&b, "  %s: # %s\n    hosts: [%q]\n    crawl: {start: [%q]}\n", s.Name, s.Get("Shape"), strings.TrimPrefix(s.Base, "http://"), s.Start())
	}
	return b.String()
}

// shownSite is the site of which one page is shown before and after: it has most around its reviews.
const shownSite = "loud-popcorn"

// beforeAndAfter shows one page: its words as they stand there, each line with the rule that keeps or drops it, and the file
// that was made of it.
func beforeAndAfter(ctx context.Context, w io.Writer, a *app, servers []*demo.Server, reviews string) error {
	i := slices.IndexFunc(servers, func(s *demo.Server) bool { return s.Name == shownSite })
	url := servers[i].Base + servers[i].Reviews()[0].Path
	cfg, err := a.config()
	if err != nil {
		return err
	}
	st, err := a.openExisting(ctx)
	if err != nil {
		return err
	}
	defer st.Close()
	snap, err := st.SnapshotByURL(ctx, url)
	if err != nil {
		return fmt.Errorf("the stored page %s: %w", url, err)
	}
	chrome, err := chromeOf(ctx, st, snap.Site)
	if err != nil {
		return err
	}
	_, review, err := read(extract.NewReader(cfg.Themes()), &snap.Page, nil, chrome)
	if err != nil {
		return fmt.Errorf("read %s: %w", url, err)
	}
	fmt.Fprintf(w, "\nBefore: the words of %s. Lines with - are the page's, lines with + the review's.\n\n", url)
	writeMarked(w, review.Blocks)
	name, text, err := exportedFrom(reviews, url)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nAfter: %s\n\n%s", name, safeText(text))
	return nil
}

// writeMarked writes the blocks of a page, marked as kept or dropped. A kept one is a line; dropped ones are small, and share lines.
func writeMarked(w io.Writer, blocks []extract.Block) {
	const width = 76
	line := ""
	flush := func() {
		if line != "" {
			fmt.Fprintf(w, "  - %s\n", line)
		}
		line = ""
	}
	for _, b := range blocks {
		text := clip(safeLine(b.Text), width)
		switch {
		case b.Kept:
			flush()
			fmt.Fprintf(w, "  + %s\n", text)
		case line == "":
			line = text
		case columns(line)+3+columns(text) > width:
			flush()
			line = text
		default:
			line += " / " + text
		}
	}
	flush()
}

// exportedFrom finds the text file that was made of a page.
func exportedFrom(reviews, url string) (name, text string, err error) {
	f, err := os.Open(filepath.Join(reviews, "manifest.jsonl"))
	if err != nil {
		return "", "", err
	}
	defer f.Close()
	for dec := json.NewDecoder(f); ; {
		var line struct{ File, URL string }
		if err := dec.Decode(&line); err != nil {
			return "", "", fmt.Errorf("find %s in %s: %w", url, f.Name(), err)
		}
		if line.URL == url {
			name = filepath.Join(reviews, line.File)
			b, err := os.ReadFile(name)
			return name, string(b), err
		}
	}
}

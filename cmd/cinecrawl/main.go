// Command cinecrawl crawls film-review sites into a database and takes the reviews out as plain text.
//
// One file a command. crawl.go tells the whole story once: configuration → store → run → crawl loop → summary; handler.go is the
// middle of it, page → visit, and is what crawl, scrape --site and demo share.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"runtime"
	"time"

	"github.com/alecthomas/kong"

	"cinecrawl/configs"
	"cinecrawl/crawler"
	"cinecrawl/crawler/fetch"
	"cinecrawl/storage"
)

// commands is the command line. Flags win over the environment, the environment over the configuration file.
type commands struct {
	globals

	Crawl   crawlCmd   `cmd:"" help:"Crawl the configured sites, going on where the last crawl left off."`
	Serve   serveCmd   `cmd:"" help:"Crawl the enabled sites by their schedules until told to stop."`
	Work    workCmd    `cmd:"" help:"Join the machines that crawl the sites of a PostgreSQL database."`
	Scrape  scrapeCmd  `cmd:"" help:"Read one page, or one site without any configuration."`
	Export  exportCmd  `cmd:"" help:"Write the stored reviews as a dataset of files."`
	Sites   sitesCmd   `cmd:"" help:"List the configured sites, when each was last crawled, and its health."`
	Status  statusCmd  `cmd:"" help:"Account for every known URL of a site."`
	Runs    runsCmd    `cmd:"" help:"List past crawls and how they ended."`
	Cancel  cancelCmd  `cmd:"" help:"End a run for good."`
	Pause   pauseCmd   `cmd:"" help:"Keep sites from being crawled by their schedules."`
	Resume  resumeCmd  `cmd:"" help:"Let paused sites be crawled again."`
	Explain explainCmd `cmd:"" help:"Tell every decision about a URL."`
	Reread  rereadCmd  `cmd:"" help:"Read the stored pages again with today's rules, asking no site."`
	Robots  robotsCmd  `cmd:"" help:"Say whether robots.txt lets cinecrawl fetch a URL, and which line decides."`
	Check   checkCmd   `cmd:"" help:"Check the configuration and every site's saved pages."`
	DB      dbCmd      `cmd:"" help:"Work on whole databases."`
	Demo    demoCmd    `cmd:"" help:"Crawl the demonstration sites inside this program, on this machine only."`
	Bench   benchCmd   `cmd:"" help:"Measure the reader against pages whose text is known."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

// globals are the flags of every command.
type globals struct {
	DB        string `group:"Flags of every command:" help:"Database: a file, cinecrawl.db by default, or postgres://…" env:"CINECRAWL_DB" placeholder:"FILE|URL"`
	Config    string `group:"Flags of every command:" help:"Configuration file, by default cinecrawl.yaml if there, else the built-in sites." env:"CINECRAWL_CONFIG" placeholder:"FILE"`
	Verbose   bool   `group:"Flags of every command:" short:"v" help:"Log a line for every page." env:"CINECRAWL_VERBOSE"`
	LogFormat string `group:"Flags of every command:" help:"The log on standard error as text, or as json: an object a line, durations in seconds." enum:"text,json" default:"text" env:"CINECRAWL_LOG_FORMAT" placeholder:"FORMAT"`
}

// app is what every command is given: its streams, its logger, its clock.
type app struct {
	globals
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	log    *slog.Logger
	now    func() time.Time
	loaded *configs.Config          // see config
	budget crawler.Budget           // of a crawl
	causes map[string]storage.Cause // of a crawl of the sites that are due; nil if it is by hand

	metrics *metrics           // nil if nobody asked for them
	sent    []func(fetch.Sent) // are told of every request that is sent
}

// Exit codes, as documented in the help.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitNotReview   = 3
	exitDisallowed  = 4
	exitBusy        = 5
	exitInterrupted = 130 // 128 + SIGINT, as shells count
	exitTerminated  = 143 // 128 + SIGTERM
)

const description = `Crawls film-review sites, keeps each review's own words, and takes them out as plain text.

A first try:  cinecrawl demo
A site:       cinecrawl scrape --site https://critic.example/
All of it:    cinecrawl crawl && cinecrawl export reviews/

Exit codes:
  0    done
  1    failure: the message says what to do next
  2    wrong usage or configuration
  3    scrape: the page is not a review
  4    scrape, robots: robots.txt disallows the page
  5    the site is being crawled by another cinecrawl
  130  stopped by Ctrl-C (143: by SIGTERM); serve is made to be stopped, and says 0`

// exitError is an error with an exit code of its own. With a nil err the code is all there is to say.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usageErrorf is a mistake in what the person typed or configured.
func usageErrorf(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// heapReserve is what the garbage collector is to count as alive.
const heapReserve = 48 << 20

func main() {
	// net/http writes there what a server sends unasked, amid the display. What matters of it is an error of the request, too.
	log.SetOutput(io.Discard)
	// Trees of pages come and go, and little stays: with a heap of a few megabytes the collector would run for every other page.
	// It runs once as much has been allocated as is alive, and this counts as alive. No memory stands behind it, as none of it
	// is ever touched. (GOGC says a share of what is alive, so it cannot say "not below"; a memory limit would make large crawls pay.)
	reserve := make([]byte, heapReserve)
	code := run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	runtime.KeepAlive(reserve)
	os.Exit(code)
}

// run is the program, with its exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var c commands
	parser, err := newParser(&c, stdout, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "cinecrawl: %v\n", err)
		return exitFailure
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	chosen, err := parser.Parse(args)
	if err != nil {
		hint := "cinecrawl --help"
		var parse *kong.ParseError
		if errors.As(err, &parse) && parse.Context.Selected() != nil {
			hint = parse.Context.Selected().FullPath() + " --help"
		}
		fmt.Fprintf(stderr, "cinecrawl: %s\nSee: %s\n", safeLine(err.Error()), hint)
		return exitUsage
	}

	a := &app{globals: c.globals, stdin: stdin, stdout: stdout, stderr: stderr, now: time.Now}
	a.logTo(stderr)
	chosen.Bind(a)
	chosen.BindTo(context.Background(), (*context.Context)(nil))
	err = chosen.Run()
	code := exitCode(err)
	var own *exitError
	if err != nil && (!errors.As(err, &own) || own.err != nil) {
		fmt.Fprintf(stderr, "cinecrawl: %s\n", safeText(err.Error()))
	}
	return code
}

func newParser(c *commands, stdout, stderr io.Writer) (*kong.Kong, error) {
	return kong.New(c,
		kong.Name("cinecrawl"),
		kong.Description(description),
		kong.Writers(stdout, stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100, NoExpandSubcommands: true, NoAppDescFormat: true}),
	)
}

// logTo makes the logger: a line for every page with -v, else only what a person should know. A person who watches knows the time.
func (a *app) logTo(w io.Writer) {
	options := slog.HandlerOptions{Level: slog.LevelInfo}
	if a.Verbose {
		options.Level = slog.LevelDebug
	}
	if a.LogFormat == "json" {
		options.ReplaceAttr = func(_ []string, attr slog.Attr) slog.Attr {
			if attr.Value.Kind() == slog.KindDuration {
				return slog.Float64(attr.Key, attr.Value.Duration().Seconds())
			}
			return attr
		}
		a.log = slog.New(slog.NewJSONHandler(w, &options))
		return
	}
	if _, _, watched := terminalSize(a.stderr); watched {
		options.ReplaceAttr = func(groups []string, attr slog.Attr) slog.Attr {
			if attr.Key == slog.TimeKey && len(groups) == 0 {
				return slog.Attr{}
			}
			return attr
		}
	}
	a.log = slog.New(slog.NewTextHandler(w, &options))
}

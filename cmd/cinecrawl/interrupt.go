package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"cinecrawl/storage"
)

// errInterrupted is the cause of a context that a signal ended.
var (
	errInterrupted = &exitError{exitInterrupted, errors.New("stopped by Ctrl-C")}
	errTerminated  = &exitError{exitTerminated, errors.New("stopped by SIGTERM")}
)

// interruptible gives a context that the first SIGINT or SIGTERM cancels, with errInterrupted or errTerminated as its cause; a second signal ends the
// process at once. Either is told to the function, the second time with last set.
func interruptible(parent context.Context, told func(last bool)) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		for last := false; ; last = true {
			select {
			case <-done:
				return
			case sig := <-signals:
				cause := errInterrupted
				if sig == syscall.SIGTERM {
					cause = errTerminated
				}
				cancel(cause) // before it is told, so that nothing begins after that
				told(last)
				if last {
					os.Exit(cause.code)
				}
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel(nil)
	}
}

// givesUp sees to it that who is told to stop, by the end of ctx, does not wait for a database that went away. What it would have stored
// is asked for again. The function it gives is called when all is done.
func givesUp(ctx context.Context, st storage.Store) func() bool {
	away, ok := st.(interface{ GiveUp() })
	if !ok {
		return func() bool { return true }
	}
	return context.AfterFunc(ctx, func() { time.AfterFunc(awayPatience, away.GiveUp) })
}

// exitCode is the exit code of a command that ended with err.
func exitCode(err error) int {
	var own *exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &own):
		return own.code
	}
	return exitFailure
}

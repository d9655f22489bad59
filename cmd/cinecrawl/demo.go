package main

import "context"

type demoCmd struct{}

func (demoCmd) Help() string {
	return `Example:

    cinecrawl demo`
}

func (demoCmd) Run(ctx context.Context, a *app) error { return errNotYet }

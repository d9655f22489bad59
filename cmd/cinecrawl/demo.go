package main

import (
	"context"
	"errors"
)

type demoCmd struct{}

func (demoCmd) Help() string {
	return `Example:

    cinecrawl demo`
}

func (demoCmd) Run(ctx context.Context, a *app) error { return errors.New("not built yet") }

package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the release build (-ldflags "-X main.version=…"); otherwise the module's own version is taken.
var version string

type versionCmd struct{}

func (versionCmd) Help() string {
	return `Example:

    cinecrawl version`
}

func (versionCmd) Run(a *app) error {
	_, err := fmt.Fprintf(a.stdout, "cinecrawl %s (%s, %s/%s)\n", programVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

func programVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

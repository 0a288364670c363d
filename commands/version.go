package commands

import (
	"fmt"
	"runtime"

	"github.com/opencontainers/runc/libcontainer/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/urfave/cli/v2"
)

// Version and Commit are set by the linker (-X).
var (
	Version = "0.0.0-dev"
	Commit  = ""
)

// printVersion prints what go-runc, Docker and Podman read from runc's --version.
func printVersion(c *cli.Context) {
	w := c.App.Writer
	fmt.Fprintln(w, "husk version", Version)
	if Commit != "" {
		fmt.Fprintln(w, "commit:", Commit)
	}
	fmt.Fprintln(w, "spec:", specs.Version)
	fmt.Fprintln(w, "go:", runtime.Version())
	if major, minor, micro := seccomp.Version(); major+minor+micro > 0 {
		fmt.Fprintf(w, "libseccomp: %d.%d.%d\n", major, minor, micro)
	}
}

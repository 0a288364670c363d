// Command husk is an OCI runtime. It has three doors: init, which libcontainer opens inside a new container; hook-run,
// which runs a container's hooks there; and the command line.
package main

import (
	"os"

	"github.com/huskrun/husk/commands"
	"github.com/huskrun/husk/container"
)

func init() {
	// libcontainer runs husk again as the first process of a container. It must stay on the thread that the C part of
	// nsenter moved into the namespaces, and it never returns.
	if len(os.Args) > 1 && os.Args[1] == "init" {
		container.Init()
	}
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == container.HookDoor {
		os.Exit(container.HookMain())
	}
	os.Exit(commands.Main(os.Args))
}

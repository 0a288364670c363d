// Command husk is an OCI runtime. It has three doors: init, which libcontainer opens inside a new container; hook-run,
// which runs a container's hooks there; and the command line.
package main

import (
	"math"
	"os"

	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/commands"
	"github.com/huskrun/husk/container"
)

func init() {
	// libcontainer runs husk again as the first process of a container. It must stay on the thread that the C part of
	// nsenter moved into the namespaces, and it never returns.
	if len(os.Args) > 1 && os.Args[1] == "init" {
		// What init makes in the rootfs must not depend on the umask of whoever called husk.
		unix.Umask(0o022)
		container.Init()
	}
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == container.HookDoor {
		os.Exit(container.HookMain())
	}
	inherited := inheritedFDs()
	keepDescriptors()
	os.Exit(commands.Main(os.Args, inherited))
}

// inheritedFDs is how many descriptors from 3 on our caller handed over. What this process opened itself, Go's runtime
// at its start included, is close-on-exec; what was inherited across execve is not.
func inheritedFDs() (n int) {
	for {
		flags, err := unix.FcntlInt(uintptr(3+n), unix.F_GETFD, 0)
		if err != nil || flags&unix.FD_CLOEXEC != 0 {
			return n
		}
		n++
	}
}

// keepDescriptors lets no descriptor of our caller pass to a process that we start without our saying so: a daemon that
// a hook leaves behind would hold it. Where the kernel cannot do that (before 5.11), they pass as they always did.
func keepDescriptors() {
	_ = unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC)
}

package hookrun

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Door is the first argument that makes husk run one hook in place of a command line. createContainer and
// startContainer hooks are started by init, inside libcontainer, whose own runner knows no process group and waits on
// pipes that a daemon may keep open; Wrap puts this door in front of them.
const Door = "hook-run"

// Wrap returns the path and argv that run h through the door. The path is the init process's own executable, which
// libcontainer has sealed, and which needs a mounted /proc to be found.
func Wrap(h *Hook) (path string, argv []string) {
	argv = []string{"husk", Door, h.Timeout.String(), h.Dir, h.Path}
	if len(h.Args) == 0 {
		return "/proc/self/exe", append(argv, h.Path)
	}
	return "/proc/self/exe", append(argv, h.Args...)
}

// Main is behind the door: os.Args is what Wrap returned, the environment and stdin are the hook's. It returns the
// exit code; a failure is one line on stderr.
func Main() int {
	// Init's own sockets come along. A hook's daemon that kept them would have the parent of init wait for it. (Before
	// Linux 5.11 there is no such call, and under a seccomp profile it may be denied.)
	_ = unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC)
	if err := runArgs(os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func runArgs(args []string) error {
	if len(args) < 4 {
		return fmt.Errorf("%s is husk's own: it runs hooks inside a container", Door)
	}
	timeout, err := time.ParseDuration(args[0])
	if err != nil {
		return err
	}
	state, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	h := Hook{
		Timeout: timeout,
		Dir:     args[1],
		Path:    args[2],
		Args:    args[3:],
		Env:     os.Environ(),
		Stdin:   state,
	}
	return h.Run(context.Background())
}

// Package engine is the seam between a container's life and what starts its processes. Its arguments are data, and what
// it leaves behind is libcontainer's state.json, so that any engine's container is served by every other verb, and an
// engine can be replaced without one of them noticing.
//
// It is the only package that names libcontainer's Container and Process.
package engine

import (
	"context"
	"os"

	"github.com/opencontainers/runc/libcontainer"
	"github.com/opencontainers/runc/libcontainer/configs"

	"github.com/huskrun/husk/spec"
)

// State is what state.json holds. It is libcontainer's, never extended: fields of ours would vanish with its next write.
type State = libcontainer.State

// Names of the files that an engine leaves in a container's state directory.
const (
	StateFile = "state.json"
	FifoFile  = "exec.fifo" // exists between create and start; init waits to open it for writing
)

// Ref names a process: a pid alone may have been given to another one.
type Ref struct {
	Pid int
	// StartTime is field 22 of /proc/PID/stat, in clock ticks since boot.
	StartTime uint64
}

// Files are the descriptors that a new process gets; the caller keeps ownership and closes its copies.
type Files struct {
	// Stdio are the standard streams; all nil with a terminal.
	Stdio [3]*os.File
	// Extra become descriptors 3 and up.
	Extra []*os.File
	// Console is our end's peer of a socket over which init sends the terminal's master side; nil without a terminal.
	Console *os.File
	// Pidfd is a connected socket over which init sends a pidfd of itself; may be nil.
	Pidfd *os.File
}

// CreateRequest describes a new container and its first process.
type CreateRequest struct {
	// Root is the state root; the engine makes Root/ID and refuses one that exists.
	Root, ID string
	Config   *configs.Config
	Process  *spec.Process
	Files    Files
	// Prepared is called when Root/ID exists and before any process does. Its error ends the creation.
	Prepared func(stateDir string) error
}

// StartRequest names a created container.
type StartRequest struct {
	StateDir string
	Init     Ref
	// AwaitExec returns only when the process has been executed: startContainer hooks run between the release of init
	// and that, and may fail; poststart hooks must not run earlier.
	AwaitExec bool
}

// ExecRequest describes a further process in a running container.
type ExecRequest struct {
	Root, ID string
	Process  *spec.Process
	Files    Files
	// Cgroups maps controllers to paths below the container's cgroup; see container.ExecOptions.
	Cgroups map[string]string
}

// Incomplete is the error of a creation that failed, and of which something is left: undoing it failed, too.
type Incomplete struct {
	Cause, Undo error
}

func (e *Incomplete) Error() string   { return e.Cause.Error() + "; " + e.Undo.Error() }
func (e *Incomplete) Unwrap() []error { return []error{e.Cause, e.Undo} }

// Engine starts processes. The started process is a child of the caller, who waits for it.
type Engine interface {
	// Create starts init and leaves it waiting at the exec FIFO. It returns what it wrote to state.json, which spares
	// the caller the reading. On an error nothing is left.
	Create(*CreateRequest) (*State, error)
	// Start lets init execute the container's process. [ErrInitDied] says that init ended before it did.
	Start(context.Context, *StartRequest) error
	// Exec starts a process in a running container.
	Exec(*ExecRequest) (Ref, error)
}

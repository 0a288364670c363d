package engine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"github.com/opencontainers/runc/libcontainer"
	"github.com/opencontainers/runc/libcontainer/configs"
	_ "github.com/opencontainers/runc/libcontainer/nsenter" // enters namespaces in C before Go's runtime has threads
	"github.com/sirupsen/logrus"
	"golang.org/x/sys/unix"

	_ "github.com/opencontainers/cgroups/devices" // the device controller is linked in by name only

	"github.com/huskrun/husk/internal/fault"
	"github.com/huskrun/husk/spec"
)

// Libcontainer starts processes through libcontainer, which re-executes husk as `husk init`.
type Libcontainer struct{}

// Init is the inside of `husk init`, libcontainer's re-exec. It does not return.
func Init() { libcontainer.Init() }

// Create implements [Engine].
func (Libcontainer) Create(q *CreateRequest) (*State, error) { return create(q, startInit) }

// create makes a container and has start make its first process.
func create(q *CreateRequest, start func(*libcontainer.Container, *CreateRequest) (*State, error)) (state *State, err error) {
	c, err := libcontainer.Create(q.Root, q.ID, q.Config)
	if err != nil {
		return nil, err
	}
	if err = q.Prepared(filepath.Join(q.Root, q.ID)); err == nil {
		state, err = start(c, q)
	}
	if err != nil {
		return nil, incomplete(err, destroy(c))
	}
	return state, nil
}

func startInit(c *libcontainer.Container, q *CreateRequest) (*State, error) {
	p := newProcess(q.Process, &q.Files)
	p.Init = true
	early, late := splitRlimits(p.Rlimits)
	p.Rlimits = early
	if err := c.Start(p); err != nil {
		return nil, err
	}
	state, err := c.State()
	if err != nil {
		return nil, err
	}
	return state, setRlimits(state.InitProcessPid, late)
}

// splitRlimits sets those limits apart that init could not live with: it is a Go program with more than a gigabyte of
// address space reserved, and compiles the seccomp filter after libcontainer has limited it. They are set when it waits
// at the FIFO and needs no more memory.
func splitRlimits(all []configs.Rlimit) (early, late []configs.Rlimit) {
	for _, l := range all {
		switch l.Type {
		case unix.RLIMIT_AS, unix.RLIMIT_DATA, unix.RLIMIT_STACK:
			late = append(late, l)
		default:
			early = append(early, l)
		}
	}
	return early, late
}

func setRlimits(pid int, limits []configs.Rlimit) error {
	for _, l := range limits {
		if err := unix.Prlimit(pid, l.Type, &unix.Rlimit{Cur: l.Soft, Max: l.Hard}, nil); err != nil {
			return fault.Newf("process.rlimits", "prlimit of type %d: %w", l.Type, err)
		}
	}
	return nil
}

// destroy removes what a failed Create made. A process that got far enough to be the container's init is killed first.
func destroy(c *libcontainer.Container) error {
	err := c.Signal(unix.SIGKILL)
	if errors.Is(err, libcontainer.ErrNotRunning) {
		err = nil
	}
	return errors.Join(err, c.Destroy())
}

// incomplete joins a failure with that of undoing it, if there is one.
func incomplete(cause, undo error) error {
	if undo == nil {
		return cause
	}
	return &Incomplete{Cause: cause, Undo: undo}
}

// Start implements [Engine].
func (Libcontainer) Start(ctx context.Context, q *StartRequest) error {
	release := func() error { return releaseFifo(ctx, q.StateDir, q.Init) }
	if q.AwaitExec {
		return awaitExec(q.Init, release)
	}
	return release()
}

// Exec implements [Engine]. The container is loaded afresh: a Container serialises what is done to it.
func (Libcontainer) Exec(q *ExecRequest) (Ref, error) {
	c, err := libcontainer.Load(q.Root, q.ID)
	if err != nil {
		return Ref{}, err
	}
	p := newProcess(q.Process, &q.Files)
	p.SubCgroupPaths = q.Cgroups
	if err := c.Start(p); err != nil {
		return Ref{}, err
	}
	pid, err := p.Pid()
	return Ref{Pid: pid}, err
}

// newProcess is p with its descriptors as libcontainer wants it. Standard streams are set only where there is a file:
// a nil *os.File in an interface would not be nil.
func newProcess(p *spec.Process, f *Files) *libcontainer.Process {
	lp := &libcontainer.Process{
		Args:             p.Args,
		Env:              p.Env,
		UID:              p.UID,
		GID:              p.GID,
		AdditionalGroups: p.AdditionalGroups,
		Cwd:              p.Cwd,
		Label:            p.SelinuxLabel,
		AppArmorProfile:  p.AppArmorProfile,
		NoNewPrivileges:  &p.NoNewPrivileges,
		Capabilities:     p.Capabilities,
		Rlimits:          p.Rlimits,
		Scheduler:        p.Scheduler,
		IOPriority:       p.IOPriority,
		CPUAffinity:      p.CPUAffinity,
		ConsoleWidth:     p.ConsoleWidth,
		ConsoleHeight:    p.ConsoleHeight,
		ExtraFiles:       f.Extra,
		ConsoleSocket:    f.Console,
		PidfdSocket:      f.Pidfd,
		LogLevel:         strconv.Itoa(int(logrus.GetLevel())),
	}
	setStream := func(file *os.File, set func(*os.File)) {
		if file != nil {
			set(file)
		}
	}
	setStream(f.Stdio[0], func(s *os.File) { lp.Stdin = s })
	setStream(f.Stdio[1], func(s *os.File) { lp.Stdout = s })
	setStream(f.Stdio[2], func(s *os.File) { lp.Stderr = s })
	return lp
}

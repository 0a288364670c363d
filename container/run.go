package container

import (
	"context"
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/internal/pidfd"
)

// Run creates and starts the container id. Detached it returns 0 when the process runs; otherwise it waits for the
// process, returns its exit status (128+n for signal n), and removes the container unless o.Keep.
func (r *Runtime) Run(ctx context.Context, id string, o CreateOptions) (status int, err error) {
	if !o.IO.Detach {
		if err := becomeSubreaper(&o.IO); err != nil {
			return -1, err
		}
	}
	n, err := r.create(ctx, id, &o)
	if err != nil {
		return -1, err
	}
	err = n.run(ctx, &o.IO)
	n.unlock()
	if err != nil {
		return -1, err
	}
	return n.attend(ctx, &o)
}

// run starts the process and connects it.
func (n *creation) run(ctx context.Context, o *IO) error {
	if err := n.c.start(ctx); err != nil {
		return n.undo.Unwind(err)
	}
	return n.connect(o)
}

// attend stays with the process that runs: not at all if detached, unless a service manager waits for its readiness.
func (n *creation) attend(ctx context.Context, o *CreateOptions) (status int, err error) {
	if o.IO.Detach {
		return 0, n.c.awaitReady(ctx)
	}
	if n.c.notify != nil {
		// The service manager watches us, since we stay.
		go func() { _ = n.c.forwardReady(ctx, n.c.notify, os.Getpid()) }()
	}
	status, err = n.io.supervise(n.c.state.InitProcessPid, &o.IO)
	if o.Keep {
		return status, err
	}
	if err := n.c.deleteSame(context.WithoutCancel(ctx)); err != nil {
		n.c.rt.log().Warn(oneLine(err))
	}
	return status, err
}

// becomeSubreaper has the container's orphans come to us when they lose their parent.
func becomeSubreaper(o *IO) error {
	if o.NoSubreaper {
		return nil
	}
	return os.NewSyscallError("prctl(PR_SET_CHILD_SUBREAPER)", unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
}

// supervise forwards signals to the child pid until it has ended, and returns its status.
func (pio *processIO) supervise(pid int, o *IO) (status int, err error) {
	defer pio.finish()
	exited := make(chan waited, 1)
	proc, err := pidfd.Open(pid, 0) // our child: its pid is its own until we wait for it
	if err == nil {
		defer proc.Close()
	} else if !errors.Is(err, unix.ESRCH) {
		return -1, err
	}
	go func() { exited <- wait(pid, o.NoSubreaper) }()
	for {
		select {
		case w := <-exited:
			return w.status, w.err
		case s := <-o.Signals:
			sig, ok := s.(unix.Signal)
			switch {
			case !ok || sig == unix.SIGCHLD || sig == unix.SIGURG || sig == unix.SIGPIPE: // of this process: see IO.Signals
			case sig == unix.SIGWINCH:
				_ = pio.resize()
			case proc != nil:
				_ = proc.Signal(sig) // it may have ended, which exited tells next
			}
		}
	}
}

type waited struct {
	status int
	err    error
}

// wait reaps our children until pid is among them; only pid itself if somebody else is the subreaper.
func wait(pid int, only bool) waited {
	which := -1
	if only {
		which = pid
	}
	for {
		var ws unix.WaitStatus
		got, err := unix.Wait4(which, &ws, 0, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return waited{-1, os.NewSyscallError("wait4", err)}
		case got == pid:
			return waited{exitStatus(ws), nil}
		}
	}
}

// exitStatus is a shell's: the exit code, or 128+n after signal n.
func exitStatus(ws unix.WaitStatus) int {
	if ws.Signaled() {
		return 128 + int(ws.Signal())
	}
	return ws.ExitStatus()
}

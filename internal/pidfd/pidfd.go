// Package pidfd holds processes by descriptor. A pid is only a name together with the start time of its process: the
// kernel gives pids to others. A FD stays with its process, and polls readable when that has ended.
//
// pidfd_open(2) is in Linux since 5.3.
package pidfd

import (
	"context"
	"errors"
	"os"

	"github.com/opencontainers/runc/libcontainer/system"
	"golang.org/x/sys/unix"
)

// FD is a descriptor of one process.
type FD struct {
	fd int
}

// Open returns a descriptor of the process pid that started at startTime (field 22 of /proc/PID/stat, clock ticks since
// boot; 0 accepts any). ESRCH says that there is no such process, or that it is a zombie. The caller closes it.
func Open(pid int, startTime uint64) (*FD, error) {
	if pid <= 0 {
		return nil, unix.ESRCH
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return nil, os.NewSyscallError("pidfd_open", err)
	}
	p := &FD{fd}
	// Looked at after the open: the descriptor can no longer change its process, so a start time that is right now
	// was right then.
	stat, err := system.Stat(pid)
	// A main thread that has ended shows as a zombie while others live on; only the descriptor knows.
	if err != nil || (startTime != 0 && stat.StartTime != startTime) || p.Ended() {
		p.Close()
		return nil, unix.ESRCH
	}
	return p, nil
}

// Fd returns the descriptor itself, which p keeps.
func (p *FD) Fd() int { return p.fd }

// Close gives the descriptor back.
func (p *FD) Close() error { return unix.Close(p.fd) }

// Signal sends sig to the process; ESRCH when it is gone.
func (p *FD) Signal(sig unix.Signal) error {
	return os.NewSyscallError("pidfd_send_signal", unix.PidfdSendSignal(p.fd, sig, nil, 0))
}

// Ended reports whether the process has ended, reaped or not.
func (p *FD) Ended() bool {
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(p.fd), Events: unix.POLLIN}}, 0)
	return err == nil && n == 1
}

// Wait returns nil when the process has ended, or ctx's error.
func (p *FD) Wait(ctx context.Context) error {
	_, err := WaitEither(ctx, p, -1)
	return err
}

// WaitEither waits until fd is readable or has an error, or p has ended, which it reports.
func WaitEither(ctx context.Context, p *FD, fd int) (ended bool, err error) {
	fds := []unix.PollFd{
		{Fd: int32(p.fd), Events: unix.POLLIN},
		{Fd: int32(fd), Events: unix.POLLIN},
	}
	err = poll(ctx, fds)
	return p.Ended(), err
}

// WaitPriority waits for an exceptional condition of fd: how cgroup and PSI files say that they have changed.
func WaitPriority(ctx context.Context, fd int) error {
	return poll(ctx, []unix.PollFd{{Fd: int32(fd), Events: unix.POLLPRI}})
}

func poll(ctx context.Context, fds []unix.PollFd) error {
	wake, stop, err := Wake(ctx)
	if err != nil {
		return err
	}
	defer stop()
	fds = append(fds[:len(fds):len(fds)], unix.PollFd{Fd: int32(wake), Events: unix.POLLIN})
	for {
		n, err := unix.Poll(fds, -1)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return os.NewSyscallError("poll", err)
		case n > 1 || fds[len(fds)-1].Revents == 0:
			return nil
		default:
			return ctx.Err()
		}
	}
}

// Wake returns a descriptor that becomes readable when ctx ends, -1 if that never does, for poll(2) to look at. stop
// gives it back.
func Wake(ctx context.Context) (fd int, stop func(), err error) {
	if ctx.Done() == nil {
		return -1, func() {}, nil
	}
	r, w, err := os.Pipe()
	if err != nil {
		return -1, nil, err
	}
	unhook := context.AfterFunc(ctx, func() { w.Close() })
	return int(r.Fd()), func() {
		if unhook() {
			w.Close()
		}
		r.Close()
	}, nil
}

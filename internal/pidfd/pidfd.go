// Package pidfd holds processes by descriptor. A pid is only a name together with the start time of its process: the
// kernel gives pids to others. A FD stays with its process, and polls readable when that has ended.
//
// pidfd_open(2) is in Linux since 5.3.
package pidfd

import (
	"context"
	"errors"
	"os"
	"time"

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
	if err != nil || (startTime != 0 && stat.StartTime != startTime) ||
		stat.State == system.Zombie || stat.State == system.Dead {
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
	return fds[0].Revents != 0, err
}

// WaitPriority waits for an exceptional condition of fd: how cgroup and PSI files say that they have changed.
func WaitPriority(ctx context.Context, fd int) error {
	return poll(ctx, []unix.PollFd{{Fd: int32(fd), Events: unix.POLLPRI}})
}

func poll(ctx context.Context, fds []unix.PollFd) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := unix.Poll(fds, pollTimeout(ctx))
		if err != nil && !errors.Is(err, unix.EINTR) {
			return os.NewSyscallError("poll", err)
		}
		if n > 0 {
			return nil
		}
	}
}

// pollTimeout is the time to ctx's deadline in milliseconds, rounded up; without one it is bounded, so that a context
// that is cancelled by hand is noticed.
func pollTimeout(ctx context.Context) int {
	const look = 1000
	deadline, ok := ctx.Deadline()
	if !ok {
		if ctx.Done() == nil {
			return -1
		}
		return look
	}
	return int(min(look, max(0, time.Until(deadline)/time.Millisecond+1)))
}

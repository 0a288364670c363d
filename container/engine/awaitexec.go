package engine

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// awaitExec releases init and returns when it has executed the container's process, or an error if it ended before.
//
// Between the two, init runs the startContainer hooks, and by then it has closed every channel to us: a failure would
// only show on the container's stderr. So the kernel is asked to stop init when it executes a program: a tracer of that
// one event attaches before the release and leaves at the event, so that no instruction of the container is traced. Where
// tracing is forbidden, release is all that happens.
//
// ptrace(2) knows tracers by thread. The thread is not given back, and its end detaches whatever is still attached. It does
// nothing else meanwhile: every signal stops init until its tracer lets it go on, and Go's scheduler sends init some at
// any moment. After a failed release the thread serves init until that ends or executes something.
func awaitExec(init Ref, release func() error) error {
	attached, executed := make(chan struct{}), make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		executed <- traceExec(init.Pid, attached)
	}()
	<-attached
	if err := release(); err != nil {
		return err
	}
	return <-executed
}

// traceExec closes attached when it traces pid, or cannot, and returns when that has executed a program.
func traceExec(pid int, attached chan<- struct{}) error {
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_SEIZE, uintptr(pid), 0, unix.PTRACE_O_TRACEEXEC, 0, 0)
	close(attached)
	if errno != 0 {
		return nil
	}
	for {
		stopped, err := waitStop(pid)
		if err != nil || stopped == nil {
			return err
		}
		switch event := stopped.TrapCause(); {
		case event == unix.PTRACE_EVENT_EXEC:
			return ptrace("detach", unix.PTRACE_DETACH, pid, 0)
		case event == unix.PTRACE_EVENT_STOP && stopped.StopSignal() != unix.SIGTRAP:
			err = ptrace("listen", unix.PTRACE_LISTEN, pid, 0) // stopped by job control; stays so
		case event == unix.PTRACE_EVENT_STOP:
			err = ptrace("continue", unix.PTRACE_CONT, pid, 0)
		default:
			err = ptrace("continue", unix.PTRACE_CONT, pid, int(stopped.StopSignal()))
		}
		if err != nil && !errors.Is(err, unix.ESRCH) { // ESRCH: killed in its stop, which the next wait tells
			return err
		}
	}
}

// waitStop waits for the next stop of the tracee. Its end is an error, and is left to be waited for by its parent, which
// may be this process.
func waitStop(pid int) (*unix.WaitStatus, error) {
	var info unix.Siginfo
	for {
		err := unix.Waitid(unix.P_PID, pid, &info, unix.WEXITED|unix.WSTOPPED|unix.WNOWAIT|unix.WALL, nil)
		if err == nil {
			break
		}
		if !errors.Is(err, unix.EINTR) {
			return nil, os.NewSyscallError("waitid", err)
		}
	}
	const cldTrapped = 4 // CLD_TRAPPED, CLD_STOPPED is 5; smaller ones are ends (sigaction(2))
	if info.Code < cldTrapped {
		return nil, ErrInitDied
	}
	var ws unix.WaitStatus
	for {
		_, err := unix.Wait4(pid, &ws, unix.WALL, nil)
		if !errors.Is(err, unix.EINTR) {
			return &ws, os.NewSyscallError("wait4", err)
		}
	}
}

func ptrace(what string, request, pid, data int) error {
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, uintptr(request), uintptr(pid), 0, uintptr(data), 0, 0)
	if errno != 0 {
		return fmt.Errorf("ptrace %s of pid %d: %w", what, pid, errno)
	}
	return nil
}

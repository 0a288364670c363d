// Package hookrun runs one OCI hook so that it cannot hold up its caller: the hook is a process group of its own, its
// deadline kills the whole group, a background process that it leaves behind with our pipes open is not waited for,
// and the tail of what it wrote to stderr goes into the error.
package hookrun

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/internal/pidfd"
)

// tailSize is how much of a hook's stderr an error shows, in bytes.
const tailSize = 2048

// Hook is one command to run.
type Hook struct {
	Path string
	// Args are argv with argv[0]; empty means Path alone.
	Args []string
	// Env is the whole environment; nil means an empty one.
	Env []string
	// Dir is the working directory; "" keeps the caller's.
	Dir string
	// Timeout ends the hook; 0 means never.
	Timeout time.Duration
	// Stdin is what the hook reads: the container's OCI state as JSON.
	Stdin []byte
	// Stdout and Stderr also receive what the hook writes; nil discards stdout, and keeps only stderr's tail.
	Stdout, Stderr *os.File
}

// Error says how a hook failed.
type Error struct {
	Path   string
	Err    error  // *exec.ExitError, a *exec.Error or errno of the start, or ErrTimeout
	Stderr string // the tail of its stderr, trimmed
}

// ErrTimeout is the cause when a hook ran past its deadline.
var ErrTimeout = errors.New("timed out")

func (e *Error) Error() string {
	s := e.Path + ": " + e.Err.Error()
	if e.Stderr != "" {
		s += ": " + e.Stderr
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Run starts the hook and waits for it, its deadline or the end of ctx, whichever comes first. The error is an *Error.
func (h *Hook) Run(ctx context.Context) error {
	tail, err := h.run(ctx)
	if err == nil {
		return nil
	}
	return &Error{Path: h.Path, Err: err, Stderr: strings.TrimSpace(string(tail))}
}

func (h *Hook) run(ctx context.Context) (tail []byte, err error) {
	if h.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, h.Timeout)
		defer cancel()
	}
	stdin, err := memFile(h.Stdin)
	if err != nil {
		return nil, err
	}
	defer stdin.Close()
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()

	proc := -1
	cmd := &exec.Cmd{Path: h.Path, Args: h.Args, Env: h.Env, Dir: h.Dir, Stdin: stdin, Stderr: w}
	if h.Stdout != nil {
		cmd.Stdout = h.Stdout
	}
	if cmd.Args == nil {
		cmd.Args = []string{h.Path}
	}
	if cmd.Env == nil {
		cmd.Env = []string{} // nil would be the caller's environment
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, PidFD: &proc}
	err = cmd.Start()
	w.Close()
	if err != nil {
		return nil, err
	}
	tail, waitErr := h.collect(ctx, r, proc)
	unix.Close(proc)
	if waitErr != nil {
		_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
	}
	return tail, errors.Join(waitErr, ignoreKilled(waitErr, cmd.Wait()))
}

// ignoreKilled drops the exit status of a hook that we killed ourselves.
func ignoreKilled(killed, err error) error {
	if killed != nil {
		return nil
	}
	return err
}

// collect reads the hook's stderr until the hook itself has ended (its pidfd is readable), not until the pipe is
// closed, which a daemon started by the hook may never do.
func (h *Hook) collect(ctx context.Context, r *os.File, proc int) ([]byte, error) {
	fd := int(r.Fd())
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, err
	}
	wake, stop, err := pidfd.Wake(ctx)
	if err != nil {
		return nil, err
	}
	defer stop()

	var tail []byte
	fds := []unix.PollFd{
		{Fd: int32(fd), Events: unix.POLLIN},
		{Fd: int32(proc), Events: unix.POLLIN},
		{Fd: int32(wake), Events: unix.POLLIN},
	}
	for {
		if _, err := unix.Poll(fds, -1); err != nil {
			if err == unix.EINTR {
				continue
			}
			return tail, err
		}
		if fds[0].Revents != 0 {
			var eof bool
			if tail, eof = h.drain(fd, tail); eof {
				fds[0].Fd = -1
			}
		}
		if fds[1].Revents != 0 {
			tail, _ = h.drain(fd, tail)
			return tail, nil
		}
		if fds[2].Revents != 0 {
			return tail, h.ended(ctx)
		}
	}
}

func (h *Hook) ended(ctx context.Context) error {
	if h.Timeout > 0 && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%w after %v", ErrTimeout, h.Timeout)
	}
	return ctx.Err()
}

// drain reads what is there without blocking, and keeps the last tailSize bytes of it.
func (h *Hook) drain(fd int, tail []byte) (_ []byte, eof bool) {
	buf := make([]byte, 4096)
	for {
		n, err := unix.Read(fd, buf)
		if err == unix.EINTR {
			continue
		}
		if n <= 0 {
			return tail, err == nil
		}
		if h.Stderr != nil {
			_, _ = h.Stderr.Write(buf[:n])
		}
		tail = append(tail, buf[:n]...)
		if over := len(tail) - tailSize; over > 0 {
			tail = bytes.Clone(tail[over:])
		}
	}
}

// memFile is an unlinked file with data in it, positioned at its start. Unlike a pipe it needs no writer that could
// block on a hook that never reads.
func memFile(data []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate("oci-state", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w", err)
	}
	f := os.NewFile(uintptr(fd), "oci-state")
	if _, err := f.WriteAt(data, 0); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

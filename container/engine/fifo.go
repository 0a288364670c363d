package engine

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/internal/pidfd"
)

// ErrInitDied is returned by Start when init ended before it executed the container's process.
var ErrInitDied = errors.New("the container's init ended before it executed the process")

// releaseFifo lets the init that waits to open stateDir/exec.fifo for writing go on. Opening the reading end without
// blocking is what wakes it; it then writes one byte. Its pidfd tells if it dies first. No thread waits in open(2).
func releaseFifo(ctx context.Context, stateDir string, init Ref) error {
	proc, err := pidfd.Open(init.Pid, init.StartTime)
	if err != nil {
		return errors.Join(ErrInitDied, err)
	}
	defer proc.Close()

	path := filepath.Join(stateDir, FifoFile)
	fifo, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer fifo.Close()

	// The runtime's poller reports a FIFO that no writer has opened yet as ended, so poll it here: there is no POLLHUP
	// before the first writer.
	died, err := pidfd.WaitEither(ctx, proc, int(fifo.Fd()))
	if err != nil {
		return err
	}
	var b [1]byte
	if n, err := unix.Read(int(fifo.Fd()), b[:]); n != 1 {
		if died {
			return ErrInitDied
		}
		if err == nil {
			err = io.ErrUnexpectedEOF
		}
		return &os.PathError{Op: "read", Path: path, Err: err}
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

package container

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/internal/fault"
)

const (
	// lockName cannot be a container's id, so it may stand among their directories.
	lockName = "@lock"
	// lockPatience is how long a verb waits for another one on the same container.
	lockPatience = 2 * time.Minute
)

// lock keeps other husks from changing the container id until unlock is called. All containers of a state root share
// one file and lock one byte of it each, so that no lock file is left over or removed under somebody's feet. The byte
// is a hash of the id; two ids that share one only wait for each other.
//
// Hooks run under the lock. One that has husk change its own container would wait for its own end; kill, state, ps and
// exec take no lock.
//
// Locks belong to the open file (F_OFD_SETLK, Linux 3.15), so they hold between threads too and vanish with their owner.
func (r *Runtime) lock(ctx context.Context, id string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(r.Root, lockName), os.O_CREATE|os.O_RDWR|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	byteOf := &unix.Flock_t{Type: unix.F_WRLCK, Start: int64(h.Sum32()), Len: 1}
	err = unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, byteOf)
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
		err = waitLock(ctx, f, byteOf)
	}
	if err != nil {
		f.Close()
		return nil, fault.New("lock "+f.Name(), err, "")
	}
	return func() { f.Close() }, nil
}

// waitLock blocks in a thread of its own, since fcntl has no deadline. If that passes, the thread goes on waiting until
// it gets the lock and then gives it back.
func waitLock(ctx context.Context, f *os.File, l *unix.Flock_t) error {
	ctx, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	got := make(chan error, 1)
	go func() {
		err := unix.FcntlFlock(uintptr(fd), unix.F_OFD_SETLKW, l)
		unix.Close(fd) // the lock stays with f, which shares the open file
		got <- err
	}()
	select {
	case err := <-got:
		return err
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return fmt.Errorf("another husk has been working on this container for %v", lockPatience)
		}
		return ctx.Err()
	}
}

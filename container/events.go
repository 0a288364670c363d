package container

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/opencontainers/cgroups"
	"github.com/opencontainers/cgroups/fscommon"
	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/internal/fault"
	"github.com/huskrun/husk/internal/pidfd"
)

// Event is something that happened to a container, with runc's JSON.
type Event struct {
	// Type is "stats" or "oom".
	Type string `json:"type"`
	ID   string `json:"id"`
	// Data is a *Stats for the former, nil for the latter.
	Data any `json:"data,omitempty"`
}

// Events calls emit with the container's statistics at every interval, and when it ran out of memory. It returns nil
// when the container ends, or emit's error.
func (r *Runtime) Events(ctx context.Context, id string, every time.Duration, emit func(Event) error) error {
	c, err := r.load(id)
	if err != nil {
		return err
	}
	if err := c.alive(); err != nil {
		return err
	}
	init, err := c.init()
	if err != nil {
		return err
	}
	defer init.Close()
	oom, err := c.watchOOM()
	if err != nil {
		return fault.New("memory cgroup", err, "")
	}
	defer oom.close()

	for next := time.Now().Add(every); ; {
		ended, late, err := waitUntil(ctx, next, init, oom.fd)
		if err != nil {
			return err
		}
		for range oom.count() { // after the wait: the kernel tells of the lack before it kills
			if err := emit(Event{Type: "oom", ID: id}); err != nil {
				return err
			}
		}
		if ended {
			return nil
		}
		if !late {
			continue
		}
		next = time.Now().Add(every)
		s, err := c.stats()
		if err != nil && init.Ended() {
			continue // it and its cgroup went away meanwhile
		}
		if err == nil {
			err = emit(Event{Type: "stats", ID: id, Data: s})
		}
		if err != nil {
			return err
		}
	}
}

// waitUntil waits until init ends, fd is readable or the time has come, which makes it late.
func waitUntil(ctx context.Context, at time.Time, init *pidfd.FD, fd int) (ended, late bool, err error) {
	timed, cancel := context.WithDeadline(ctx, at)
	defer cancel()
	ended, err = pidfd.WaitEither(timed, init, fd)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return init.Ended(), true, nil
	}
	return ended, false, err
}

// oomWatch tells how often a cgroup ran out of memory.
type oomWatch struct {
	// fd is readable when there may be something to count; -1 if there never is.
	fd int
	// count returns the number of times since the last call.
	count func() uint64
	// control is the cgroup's file that fd listens to; nil if that needs none.
	control *os.File
}

func (w *oomWatch) close() {
	if w.fd >= 0 {
		unix.Close(w.fd)
	}
	if w.control != nil {
		w.control.Close()
	}
}

// watchOOM watches the container's memory cgroup. Without one it watches nothing, and warns.
func (c *loaded) watchOOM() (*oomWatch, error) {
	cg, err := c.cgroup()
	if err != nil {
		return nil, err
	}
	watch := watchOOMControl
	if cgroups.IsCgroup2UnifiedMode() {
		watch = watchEvents
	}
	w, err := (*oomWatch)(nil), error(os.ErrNotExist)
	if dir := cg.Path("memory"); dir != "" {
		w, err = watch(dir)
	}
	if gone(err) {
		c.rt.log().Warn("no oom events: the container has no memory cgroup")
		return &oomWatch{fd: -1, count: func() uint64 { return 0 }}, nil
	}
	return w, err
}

// watchEvents watches memory.events of cgroup v2, which inotify reports as modified (Linux 4.18).
func watchEvents(dir string) (*oomWatch, error) {
	killed := func() (uint64, error) { return fscommon.GetValueByKey(dir, "memory.events", "oom_kill") }
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, os.NewSyscallError("inotify_init1", err)
	}
	w := &oomWatch{fd: fd}
	if _, err := unix.InotifyAddWatch(fd, filepath.Join(dir, "memory.events"), unix.IN_MODIFY); err != nil {
		w.close()
		return nil, os.NewSyscallError("inotify_add_watch", err)
	}
	last, err := killed()
	if err != nil {
		w.close()
		return nil, err
	}
	w.count = func() uint64 {
		buf := make([]byte, 4096)
		for n := 1; n > 0; n, _ = unix.Read(fd, buf) {
		}
		now, err := killed()
		if err != nil || now < last {
			return 0
		}
		more := now - last
		last = now
		return more
	}
	return w, nil
}

// watchOOMControl has the kernel count in an eventfd how often a cgroup of v1 ran out of memory.
func watchOOMControl(dir string) (*oomWatch, error) {
	control, err := cgroups.OpenFile(dir, "memory.oom_control", os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	w := &oomWatch{fd: fd, control: control}
	if err != nil {
		w.close()
		return nil, os.NewSyscallError("eventfd", err)
	}
	if err := cgroups.WriteFile(dir, "cgroup.event_control", fmt.Sprintf("%d %d", fd, control.Fd())); err != nil {
		w.close()
		return nil, err
	}
	w.count = func() uint64 {
		var buf [8]byte
		if n, err := unix.Read(fd, buf[:]); err != nil || n != len(buf) {
			return 0
		}
		count := binary.NativeEndian.Uint64(buf[:])
		if !cgroups.PathExists(filepath.Join(dir, "memory.oom_control")) {
			count-- // the removal of the cgroup counts as well
		}
		return count
	}
	return w, nil
}

package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/runc/libcontainer/configs"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/internal/fault"
	"github.com/huskrun/husk/internal/pidfd"
	"github.com/huskrun/husk/spec"
)

// Mounts change in a running container under the eyes of its processes, which may swap any path for a symbolic link at
// any moment. So nothing here trusts a path twice:
//
//	our thread                             a thread in the container's mount namespace
//	open_tree/fsopen: a detached mount  →  openat2(RESOLVE_IN_ROOT): the destination
//	                                       move_mount from the one descriptor to the other
//
// The mount is made on our side, where sources and devices are found; the destination is looked up on theirs, where a
// link cannot lead out. Needs Linux 5.12.

// AddMounts mounts what ms lists in the container, in order. Either all of them are there afterwards or none. What the
// container was checkpointed with or is restored to does not know them.
func (r *Runtime) AddMounts(ctx context.Context, id string, ms []specs.Mount) error {
	return r.changeMounts(ctx, id, func(c *loaded, init *pidfd.FD) error {
		made, err := c.detachedMounts(ms)
		defer func() {
			for _, m := range made {
				m.close()
			}
		}()
		if err != nil {
			return err
		}
		return c.inMountNamespace(init, func(ns *mountNamespace) error { return ns.attachAll(made) })
	})
}

// RemoveMounts unmounts the destinations of ms, the last one first: what AddMounts added, it removes. Each must be a
// mount point that does not keep something of the host from the container. It goes on after a failure.
func (r *Runtime) RemoveMounts(ctx context.Context, id string, ms []specs.Mount) error {
	return r.changeMounts(ctx, id, func(c *loaded, init *pidfd.FD) error {
		for i := range ms {
			if err := checkDestination(i, ms[i].Destination); err != nil {
				return err
			}
		}
		return c.inMountNamespace(init, func(ns *mountNamespace) error {
			var errs []error
			for _, m := range slices.Backward(ms) {
				errs = append(errs, fault.New("mount "+m.Destination, ns.remove(m.Destination), ""))
			}
			return errors.Join(errs...)
		})
	})
}

// changeMounts runs change while no other verb does and init, which it is given, cannot be another process.
func (r *Runtime) changeMounts(ctx context.Context, id string, change func(*loaded, *pidfd.FD) error) error {
	c, unlock, err := r.loadAlone(ctx, id)
	if err != nil {
		return err
	}
	defer unlock()
	if err := c.intact(); err != nil {
		return err
	}
	init, err := c.init()
	if errors.Is(err, unix.ESRCH) {
		return ErrNotRunning
	}
	if err != nil {
		return err
	}
	defer init.Close()
	return change(c, init)
}

// checkDestination is stricter than a configuration, where a relative path is deprecated but counts from the root.
func checkDestination(i int, destination string) error {
	object := fmt.Sprintf("mounts[%d].destination", i)
	switch clean := path.Clean(destination); {
	case destination == "":
		return fault.Newf(object, "is missing")
	case !path.IsAbs(destination):
		return fault.Newf(object, "%q is not an absolute path", destination)
	case strings.ContainsRune(destination, 0):
		return fault.Newf(object, "%q contains a NUL byte", destination)
	case clean == "/":
		return fault.Newf(object, "the root cannot be changed")
	case within(clean, "/proc"):
		return fault.Newf(object, "/proc and what is in it cannot be changed")
	}
	return nil
}

// within says whether the clean absolute path p is dir or below it.
func within(p, dir string) bool {
	return p == dir || strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/")
}

// detachedMounts makes mounts that are nowhere yet. It returns those that it made even with an error.
func (c *loaded) detachedMounts(ms []specs.Mount) (made []*detachedMount, err error) {
	for i, m := range ms {
		if err := checkDestination(i, m.Destination); err != nil {
			return made, err
		}
		if err := spec.ValidateMount(fmt.Sprintf("mounts[%d]", i), &m); err != nil {
			return made, err
		}
		if m.Source != "" && !filepath.IsAbs(m.Source) && slices.ContainsFunc(m.Options, isBindOption) {
			m.Source = filepath.Join(c.bundle(), m.Source)
		}
		cfg, err := spec.ConvertMount(&m)
		if err != nil {
			return made, fault.New(fmt.Sprintf("mounts[%d]", i), err, "")
		}
		d, err := newDetachedMount(cfg, &c.state.Config)
		if err != nil {
			return made, fault.New("mount "+m.Source+" → "+m.Destination, err, "")
		}
		made = append(made, d)
	}
	return made, nil
}

func isBindOption(o string) bool { return o == "bind" || o == "rbind" }

// mountNamespace is what a thread needs in the mount namespace of a container.
type mountNamespace struct {
	cfg *configs.Config
	// root is the root of the namespace.
	root int
	// fds is the directory of our descriptors in our own /proc: the container's may be anything.
	fds int
	// uid and gid own what is made: the container's root.
	uid, gid int
}

// inMountNamespace calls f in a thread that is in init's mount namespace. The thread is not used for anything else
// afterwards: its goroutine ends without unlocking it, so it ends too.
func (c *loaded) inMountNamespace(init *pidfd.FD, f func(*mountNamespace) error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() == os.Getpid() {
			// The main thread cannot end before the process. Keep it busy here, so that another one is taken.
			defer runtime.UnlockOSThread()
			done <- c.inMountNamespace(init, f)
			return
		}
		done <- c.enterMountNamespace(init, f)
	}()
	return <-done
}

func (c *loaded) enterMountNamespace(init *pidfd.FD, f func(*mountNamespace) error) (err error) {
	ns := &mountNamespace{cfg: &c.state.Config}
	if ns.uid, err = ns.cfg.HostRootUID(); err != nil {
		return err
	}
	if ns.gid, err = ns.cfg.HostRootGID(); err != nil {
		return err
	}
	if err := c.ownsMounts(); err != nil {
		return err
	}
	if ns.fds, err = unix.Open("/proc/self/fd", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0); err != nil {
		return &os.PathError{Op: "open", Path: "/proc/self/fd", Err: err}
	}
	defer unix.Close(ns.fds)
	// A thread whose root and working directory are those of others must not leave them behind.
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return os.NewSyscallError("unshare", err)
	}
	if err := unix.Setns(init.Fd(), unix.CLONE_NEWNS); err != nil {
		if errors.Is(err, unix.ESRCH) {
			return ErrNotRunning
		}
		return fault.New("mount namespace of the container", os.NewSyscallError("setns", err), "only the host's root can enter it")
	}
	if ns.root, err = unix.Open("/", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0); err != nil {
		return &os.PathError{Op: "open", Path: "/", Err: err}
	}
	defer unix.Close(ns.root)
	return f(ns)
}

// ownsMounts makes sure that it is not our own mounts that would change.
func (c *loaded) ownsMounts() error {
	ours, err := os.Stat("/proc/self/ns/mnt")
	if err != nil {
		return err
	}
	theirs, err := os.Stat(fmt.Sprintf("/proc/%d/ns/mnt", c.state.InitProcessPid))
	if gone(err) {
		return ErrNotRunning
	}
	if err == nil && os.SameFile(ours, theirs) {
		return fault.Newf("mount namespace of the container", "is the host's")
	}
	return err
}

// attachAll puts mounts into place, all or none.
func (ns *mountNamespace) attachAll(mounts []*detachedMount) error {
	for i, m := range mounts {
		if err := ns.attach(m); err != nil {
			err = fault.New("mount "+m.cfg.Source+" → "+m.cfg.Destination, err, "")
			for _, done := range slices.Backward(mounts[:i]) {
				err = errors.Join(err, ns.unmount(done.fd))
			}
			return err
		}
	}
	return nil
}

func (ns *mountNamespace) attach(m *detachedMount) error {
	target, created, err := ns.target(m)
	if err != nil {
		return err
	}
	defer unix.Close(target)
	if err := ns.checkTarget(target); err != nil {
		return err
	}
	if !created {
		if err := m.takeMode(target); err != nil {
			return err
		}
	}
	const byDescriptors = unix.MOVE_MOUNT_F_EMPTY_PATH | unix.MOVE_MOUNT_T_EMPTY_PATH
	return os.NewSyscallError("move_mount", unix.MoveMount(m.fd, "", target, "", byDescriptors))
}

// target opens the destination of m, which it makes if it is not there.
func (ns *mountNamespace) target(m *detachedMount) (fd int, created bool, err error) {
	fd, err = ns.open(m.cfg.Destination, 0)
	if !errors.Is(err, unix.ENOENT) {
		return fd, false, err
	}
	isDir, err := m.isDir()
	if err != nil {
		return -1, false, err
	}
	if err := ns.mkdirAll(path.Dir(path.Clean(m.cfg.Destination))); err != nil {
		return -1, false, err
	}
	if err := ns.make(path.Clean(m.cfg.Destination), isDir); err != nil {
		return -1, false, err
	}
	fd, err = ns.open(m.cfg.Destination, 0)
	return fd, true, err
}

// open opens a path as the container sees it: no link, no "..", and no race leads out of its root.
func (ns *mountNamespace) open(name string, flags uint64) (fd int, err error) {
	const patience = 128 // the kernel gives up a lookup with ".." when something is renamed or mounted meanwhile
	for range patience {
		fd, err = unix.Openat2(ns.root, name, &unix.OpenHow{
			Flags:   unix.O_PATH | unix.O_CLOEXEC | flags,
			Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
		})
		if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: name, Err: err}
	}
	return fd, nil
}

// mkdirAll makes the directories that are missing on the way to dir, and dir.
func (ns *mountNamespace) mkdirAll(dir string) error {
	fd, err := ns.open(dir, unix.O_DIRECTORY)
	if err == nil {
		return unix.Close(fd)
	}
	if !errors.Is(err, unix.ENOENT) {
		return err
	}
	if err := ns.mkdirAll(path.Dir(dir)); err != nil {
		return err
	}
	return ns.make(dir, true)
}

// make makes a directory or an empty file, whose parent exists. One that exists meanwhile is as good.
func (ns *mountNamespace) make(name string, isDir bool) (err error) {
	parent, err := ns.open(path.Dir(name), unix.O_DIRECTORY)
	if err != nil {
		return err
	}
	defer unix.Close(parent)
	base := path.Base(name)
	// Made by the container's root it belongs to it from the first moment; in a user namespace that is not us.
	// setfsuid(2) is a thread's own.
	if ns.uid != 0 || ns.gid != 0 {
		_ = unix.Setfsgid(ns.gid)
		_ = unix.Setfsuid(ns.uid)
		defer func() {
			_ = unix.Setfsuid(0)
			_ = unix.Setfsgid(0)
		}()
	}
	if isDir {
		err = unix.Mkdirat(parent, base, 0o755)
	} else {
		var fd int
		fd, err = unix.Openat(parent, base, unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o644)
		if err == nil {
			unix.Close(fd)
		}
	}
	if err != nil && !errors.Is(err, unix.EEXIST) {
		return &os.PathError{Op: "create", Path: name, Err: err}
	}
	return nil
}

// checkTarget refuses places that a link may have led to: the root, and every /proc, which husk itself relies on when
// it enters the container.
func (ns *mountNamespace) checkTarget(fd int) error {
	p, err := ns.path(fd)
	if err != nil {
		return err
	}
	if p == "/" {
		return errors.New("the root cannot be changed")
	}
	var fs unix.Statfs_t
	if err := unix.Fstatfs(fd, &fs); err != nil {
		return os.NewSyscallError("fstatfs", err)
	}
	if fs.Type == unix.PROC_SUPER_MAGIC || within(p, "/proc") {
		return fmt.Errorf("%s is in /proc, which cannot be changed", p)
	}
	return nil
}

// path is where a descriptor is, as the kernel knows it.
func (ns *mountNamespace) path(fd int) (string, error) {
	buf := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(ns.fds, strconv.Itoa(fd), buf)
	if err != nil {
		return "", os.NewSyscallError("readlinkat", err)
	}
	return string(buf[:n]), nil
}

// remove unmounts what is mounted at destination.
func (ns *mountNamespace) remove(destination string) error {
	fd, err := ns.open(destination, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var st unix.Statx_t
	if err := unix.Statx(fd, "", unix.AT_EMPTY_PATH, 0, &st); err != nil {
		return os.NewSyscallError("statx", err)
	}
	if st.Attributes&unix.STATX_ATTR_MOUNT_ROOT == 0 {
		return errors.New("is not a mount point")
	}
	p, err := ns.path(fd)
	if err != nil {
		return err
	}
	if what := ns.shield(p); what != "" {
		return fmt.Errorf("%s cannot be removed: it is %s", p, what)
	}
	return ns.unmount(fd)
}

// shield says what of the container's isolation a mount at p is or covers; "" for an ordinary one.
func (ns *mountNamespace) shield(p string) string {
	switch {
	case p == "/":
		return "the root"
	case within(p, "/proc"), within(p, "/sys"), p == "/dev", p == "/dev/pts":
		return "part of what every container has"
	case slices.ContainsFunc(ns.cfg.MaskPaths, func(m string) bool { return within(path.Clean(m), p) }):
		return "masked or covers what is"
	case slices.ContainsFunc(ns.cfg.ReadonlyPaths, func(m string) bool { return within(path.Clean(m), p) }):
		return "read-only or covers what is"
	}
	return ""
}

// unmount detaches the mount whose root fd is. There is no call that takes a descriptor, so it goes over the link in our
// own /proc: the working directory is this thread's alone.
func (ns *mountNamespace) unmount(fd int) error {
	if err := unix.Fchdir(ns.fds); err != nil {
		return os.NewSyscallError("fchdir", err)
	}
	return os.NewSyscallError("umount2", unix.Unmount(strconv.Itoa(fd), unix.MNT_DETACH))
}

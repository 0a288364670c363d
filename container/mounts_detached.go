package container

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/opencontainers/runc/libcontainer/configs"
	"golang.org/x/sys/unix"
)

// detachedMount is a mount that is in no mount namespace yet, or was not when it was made.
type detachedMount struct {
	cfg *configs.Mount
	fd  int
}

func (m *detachedMount) close() { unix.Close(m.fd) }

// newDetachedMount makes the mount that cfg describes, for a container.
func newDetachedMount(cfg *configs.Mount, container *configs.Config) (_ *detachedMount, err error) {
	m := &detachedMount{cfg: cfg}
	switch {
	case cfg.Flags&unix.MS_REMOUNT != 0:
		return nil, errors.New("a mount that is there cannot be changed: remount is for config.json")
	case cfg.Extensions&configs.EXT_COPYUP != 0:
		return nil, errors.New("tmpcopyup is for config.json")
	case cfg.IsBind():
		m.fd, err = cloneTree(cfg, container)
	default:
		m.fd, err = newFilesystem(cfg, container)
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

// cloneTree copies the mount at the source, and those below it with rbind.
//
// The kernel locks the flags of mounts that a user namespace inherits; those of a copy made here are not. A container
// that may mount could undo them, so it gets none.
func cloneTree(cfg *configs.Mount, container *configs.Config) (_ int, err error) {
	if container.Namespaces.Contains(configs.NEWUSER) && mayMount(container) {
		return -1, fmt.Errorf("%w: the container has a user namespace and CAP_SYS_ADMIN, with which it could undo read-only and its like",
			errors.ErrUnsupported)
	}
	flags := uint(unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC)
	if cfg.Flags&unix.MS_REC != 0 {
		flags |= unix.AT_RECURSIVE
	}
	fd, err := unix.OpenTree(unix.AT_FDCWD, cfg.Source, flags)
	if err != nil {
		return -1, err // the source stands in front already
	}
	defer func() {
		if err != nil {
			unix.Close(fd)
		}
	}()
	// As with the mounts of config.json, what the container mounts there later must not appear on the host.
	err = setAttr(fd, true, &unix.MountAttr{Propagation: unix.MS_SLAVE})
	if err == nil {
		err = mapIDs(fd, cfg.IDMapping, container)
	}
	if err == nil {
		err = setAttrs(fd, cfg)
	}
	return fd, err
}

func mayMount(container *configs.Config) bool {
	return container.Capabilities == nil || slices.Contains(container.Capabilities.Bounding, "CAP_SYS_ADMIN")
}

// setAttrs sets on a bind mount what its options say.
func setAttrs(fd int, cfg *configs.Mount) error {
	attr := &unix.MountAttr{Attr_set: attributes(cfg.Flags), Attr_clr: attributes(cfg.ClearedFlags)}
	if (cfg.Flags|cfg.ClearedFlags)&(unix.MS_NOATIME|unix.MS_RELATIME|unix.MS_STRICTATIME) != 0 {
		attr.Attr_clr |= unix.MOUNT_ATTR__ATIME // a field of two bits, not flags
	}
	if err := setAttr(fd, false, attr); err != nil {
		return err
	}
	if cfg.RecAttr != nil {
		if err := setAttr(fd, true, cfg.RecAttr); err != nil {
			return err
		}
	}
	return propagate(fd, cfg.PropagationFlags)
}

func propagate(fd int, flags []int) error {
	for _, f := range flags {
		attr := &unix.MountAttr{Propagation: uint64(f &^ unix.MS_REC)}
		if err := setAttr(fd, f&unix.MS_REC != 0, attr); err != nil {
			return err
		}
	}
	return nil
}

func setAttr(fd int, recursive bool, attr *unix.MountAttr) error {
	if *attr == (unix.MountAttr{}) {
		return nil
	}
	flags := uint(unix.AT_EMPTY_PATH)
	if recursive {
		flags |= unix.AT_RECURSIVE
	}
	return os.NewSyscallError("mount_setattr", unix.MountSetattr(fd, "", flags, attr))
}

// attributes are the mount(2) flags of a mount point as mount_setattr(2) has them. relatime is the absence of others.
func attributes(flags int) (attr uint64) {
	for _, f := range []struct {
		flag int
		attr uint64
	}{
		{unix.MS_RDONLY, unix.MOUNT_ATTR_RDONLY},
		{unix.MS_NOSUID, unix.MOUNT_ATTR_NOSUID},
		{unix.MS_NODEV, unix.MOUNT_ATTR_NODEV},
		{unix.MS_NOEXEC, unix.MOUNT_ATTR_NOEXEC},
		{unix.MS_NOATIME, unix.MOUNT_ATTR_NOATIME},
		{unix.MS_STRICTATIME, unix.MOUNT_ATTR_STRICTATIME},
		{unix.MS_NODIRATIME, unix.MOUNT_ATTR_NODIRATIME},
		{unix.MS_NOSYMFOLLOW, unix.MOUNT_ATTR_NOSYMFOLLOW},
	} {
		if flags&f.flag != 0 {
			attr |= f.attr
		}
	}
	return attr
}

// newFilesystem makes a file system and a mount of it.
func newFilesystem(cfg *configs.Mount, container *configs.Config) (int, error) {
	switch cfg.Device {
	case "proc", "sysfs", "mqueue", "devpts", "cgroup", "cgroup2":
		// They show the namespaces of who makes them: ours.
		return -1, fmt.Errorf("type %s would show the host's namespaces; bind mount it instead", cfg.Device)
	}
	ctx, err := unix.Fsopen(cfg.Device, unix.FSOPEN_CLOEXEC)
	if err != nil {
		return -1, fmt.Errorf("file system type %q: %w", cfg.Device, err)
	}
	defer unix.Close(ctx)
	if err := configure(ctx, cfg, container); err != nil {
		return -1, err
	}
	if err := unix.FsconfigCreate(ctx); err != nil {
		return -1, explainFS(ctx, "create", err)
	}
	fd, err := unix.Fsmount(ctx, unix.FSMOUNT_CLOEXEC, int(attributes(cfg.Flags)))
	if err != nil {
		return -1, explainFS(ctx, "mount", err)
	}
	if err := propagate(fd, cfg.PropagationFlags); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// configure hands a file system its source and options.
func configure(ctx int, cfg *configs.Mount, container *configs.Config) error {
	type option struct{ key, value string }
	var options []option
	if cfg.Source != "" {
		options = append(options, option{"source", cfg.Source})
	}
	for _, f := range []struct {
		flag int
		key  string
	}{{unix.MS_SYNCHRONOUS, "sync"}, {unix.MS_DIRSYNC, "dirsync"}, {unix.MS_LAZYTIME, "lazytime"}, {unix.MS_MANDLOCK, "mand"}} {
		if cfg.Flags&f.flag != 0 {
			options = append(options, option{key: f.key})
		}
	}
	if container.MountLabel != "" {
		options = append(options, option{"context", container.MountLabel})
	}
	owner, err := tmpfsOwner(cfg, container)
	if err != nil {
		return err
	}
	for o := range strings.SplitSeq(strings.Join([]string{owner, cfg.Data}, ","), ",") {
		if key, value, _ := strings.Cut(o, "="); key != "" {
			options = append(options, option{key, value})
		}
	}
	for _, o := range options {
		if o.value == "" {
			err = unix.FsconfigSetFlag(ctx, o.key)
		} else {
			err = unix.FsconfigSetString(ctx, o.key, o.value)
		}
		if err != nil {
			return explainFS(ctx, fmt.Sprintf("option %q", o.key), err)
		}
	}
	return nil
}

// tmpfsOwner has a tmpfs that is made outside of the container's user namespace belong to its root; the owners that the
// options name are ids of the container.
func tmpfsOwner(cfg *configs.Mount, container *configs.Config) (string, error) {
	if cfg.Device != "tmpfs" || !container.Namespaces.Contains(configs.NEWUSER) {
		return "", nil
	}
	uid, gid := 0, 0
	var rest []string
	for o := range strings.SplitSeq(cfg.Data, ",") {
		key, value, _ := strings.Cut(o, "=")
		n, err := strconv.Atoi(value)
		switch {
		case key == "uid" && err == nil:
			uid = n
		case key == "gid" && err == nil:
			gid = n
		default:
			rest = append(rest, o)
		}
	}
	cfg.Data = strings.Join(rest, ",")
	hostUID, err := container.HostUID(uid)
	if err != nil {
		return "", err
	}
	hostGID, err := container.HostGID(gid)
	return fmt.Sprintf("uid=%d,gid=%d", hostUID, hostGID), err
}

// explainFS adds to an errno what the file system has to say; a message begins with its severity.
func explainFS(ctx int, what string, err error) error {
	buf := make([]byte, 1024)
	if n, rerr := unix.Read(ctx, buf); rerr == nil && n > 2 {
		return fmt.Errorf("%s: %w: %s", what, err, strings.TrimSpace(string(buf[2:n])))
	}
	return fmt.Errorf("%s: %w", what, err)
}

// isDir says whether the root of the mount is a directory.
func (m *detachedMount) isDir() (bool, error) {
	var st unix.Stat_t
	err := unix.Fstat(m.fd, &st)
	return st.Mode&unix.S_IFMT == unix.S_IFDIR, os.NewSyscallError("fstat", err)
}

// takeMode gives a tmpfs whose options name no mode the mode of the directory that it is going to cover, as libcontainer
// does: a tmpfs of its own would be writable to everybody.
func (m *detachedMount) takeMode(target int) error {
	if m.cfg.Device != "tmpfs" || strings.Contains(","+m.cfg.Data, ",mode=") {
		return nil
	}
	var st unix.Stat_t
	if err := unix.Fstat(target, &st); err != nil {
		return os.NewSyscallError("fstat", err)
	}
	root, err := unix.Openat(m.fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: "tmpfs", Err: err}
	}
	defer unix.Close(root)
	return os.NewSyscallError("fchmod", unix.Fchmod(root, st.Mode&0o7777))
}

// mapIDs gives the mount its own owners: those that its mapping, or else the container's, turns the files' into.
func mapIDs(fd int, mapping *configs.MountIDMapping, container *configs.Config) error {
	if mapping == nil {
		return nil
	}
	uids, gids := mapping.UIDMappings, mapping.GIDMappings
	if len(uids) == 0 {
		uids, gids = container.UIDMappings, container.GIDMappings
	}
	if len(uids) == 0 {
		return errors.New("there are no mappings, and the container has no user namespace")
	}
	userns, err := newUserNamespace(uids, gids)
	if err != nil {
		return err
	}
	defer userns.Close()
	err = setAttr(fd, mapping.Recursive, &unix.MountAttr{
		Attr_set:  unix.MOUNT_ATTR_IDMAP,
		Userns_fd: uint64(userns.Fd()),
	})
	if errors.Is(err, unix.EINVAL) {
		err = fmt.Errorf("%w: its file system may not support id-mapped mounts", err)
	}
	return err
}

// newUserNamespace makes a user namespace that only its descriptor keeps. The process that is needed to make it is
// stopped by ptrace before its first instruction, and killed.
func newUserNamespace(uids, gids []configs.IDMap) (*os.File, error) {
	runtime.LockOSThread() // the one that traces
	defer runtime.UnlockOSThread()
	p, err := os.StartProcess("/proc/self/exe", []string{"husk"}, &os.ProcAttr{Sys: &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER,
		UidMappings: sysMappings(uids),
		GidMappings: sysMappings(gids),
		Ptrace:      true,
	}})
	if err != nil {
		return nil, fmt.Errorf("user namespace for the mapping: %w", err)
	}
	defer func() {
		_ = p.Kill()
		_, _ = p.Wait()
	}()
	return os.Open(fmt.Sprintf("/proc/%d/ns/user", p.Pid))
}

func sysMappings(maps []configs.IDMap) []syscall.SysProcIDMap {
	var sys []syscall.SysProcIDMap
	for _, m := range maps {
		sys = append(sys, syscall.SysProcIDMap{ContainerID: int(m.ContainerID), HostID: int(m.HostID), Size: int(m.Size)})
	}
	return sys
}

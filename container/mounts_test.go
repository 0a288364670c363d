package container

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/opencontainers/cgroups"
	"github.com/opencontainers/runc/libcontainer"
	"github.com/opencontainers/runc/libcontainer/configs"
	"github.com/opencontainers/runc/libcontainer/system"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/container/engine"
)

// jailEnv names the directory that this test binary, run again, makes the root of a mount namespace.
const jailEnv = "HUSK_TEST_JAIL"

func init() {
	if root := os.Getenv(jailEnv); root != "" {
		os.Exit(jail(root))
	}
}

// jail is what an engine does to a process, as far as mounts see it. It lives until its standard input ends.
func jail(root string) int {
	for _, step := range []func() error{
		func() error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") },
		func() error { return unix.Mount(root, root, "", unix.MS_BIND|unix.MS_REC, "") },
		func() error { return os.Chdir(root) },
		func() error { return unix.PivotRoot(".", ".") },
		func() error { return unix.Unmount(".", unix.MNT_DETACH) },
		func() error { return os.Chdir("/") },
	} {
		if err := step(); err != nil {
			println(err.Error())
			return 1
		}
	}
	os.Stdout.WriteString("ready\n")
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// jailed is a container whose only process is jail's.
type jailed struct {
	*Runtime
	t    *testing.T
	root string
	pid  int
}

// hostRoot is the id of the host that is root in a container with a user namespace.
const hostRoot = 100000

func newJail(t *testing.T, cfg configs.Config) *jailed {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("mount namespaces need root")
	}
	root := t.TempDir()
	// The directories above are for this test's user only.
	for dir := root; dir != filepath.Clean(os.TempDir()) && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(root, "proc"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = []string{jailEnv + "=" + root}
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS}
	if cfg.Namespaces.Contains(configs.NEWUSER) {
		cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		ids := []syscall.SysProcIDMap{{ContainerID: 0, HostID: hostRoot, Size: 1000}}
		cmd.SysProcAttr.UidMappings, cmd.SysProcAttr.GidMappings = ids, ids
		cmd.SysProcAttr.Credential = &syscall.Credential{NoSetGroups: true}
		cfg.UIDMappings = []configs.IDMap{{ContainerID: 0, HostID: hostRoot, Size: 1000}}
		cfg.GIDMappings = cfg.UIDMappings
		if err := os.Chown(root, hostRoot, hostRoot); err != nil {
			t.Fatal(err)
		}
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skipf("a mount namespace: %v", err)
	}
	t.Cleanup(func() {
		stdin.Close()
		_ = cmd.Wait()
	})
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "ready\n" {
		t.Fatalf("jail: %q, %v", line, err)
	}
	j := &jailed{&Runtime{Root: t.TempDir()}, t, root, cmd.Process.Pid}
	j.writeState(cfg)
	return j
}

func (j *jailed) writeState(cfg configs.Config) {
	j.t.Helper()
	stat, err := system.Stat(j.pid)
	if err != nil {
		j.t.Fatal(err)
	}
	cfg.Rootfs = j.root
	cfg.Cgroups = &cgroups.Cgroup{Resources: &cgroups.Resources{}}
	cfg.Labels = []string{"bundle=" + filepath.Dir(j.root)}
	dir := filepath.Join(j.Root, "c")
	if err := os.Mkdir(dir, 0o700); err != nil {
		j.t.Fatal(err)
	}
	state := &engine.State{BaseState: libcontainer.BaseState{
		ID: "c", InitProcessPid: j.pid, InitProcessStartTime: stat.StartTime, Config: cfg,
	}}
	if err := writeJSON(filepath.Join(dir, engine.StateFile), state); err != nil {
		j.t.Fatal(err)
	}
}

func (j *jailed) add(ms ...specs.Mount) error { return j.AddMounts(context.Background(), "c", ms) }

func (j *jailed) remove(destinations ...string) error {
	var ms []specs.Mount
	for _, d := range destinations {
		ms = append(ms, specs.Mount{Destination: d})
	}
	return j.RemoveMounts(context.Background(), "c", ms)
}

// mountinfo is the line of the mount at a path of the container, "" if there is none.
func (j *jailed) mountinfo(path string) string {
	j.t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", j.pid))
	if err != nil {
		j.t.Fatal(err)
	}
	found := ""
	for line := range strings.Lines(string(data)) {
		if fields := strings.Fields(line); fields[4] == path {
			found = line
		}
	}
	return found
}

// inside is a path of the container as we can reach it.
func (j *jailed) inside(path string) string { return fmt.Sprintf("/proc/%d/root%s", j.pid, path) }

func bind(source, destination string, options ...string) specs.Mount {
	return specs.Mount{Source: source, Destination: destination, Options: append([]string{"bind"}, options...)}
}

func tmpfs(destination string, options ...string) specs.Mount {
	return specs.Mount{Source: "tmpfs", Type: "tmpfs", Destination: destination, Options: options}
}

// shared is a directory of the host with a file in it.
func shared(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), []byte("from the host"), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func (j *jailed) mustAdd(ms ...specs.Mount) {
	j.t.Helper()
	if err := j.add(ms...); err != nil {
		j.t.Fatal(err)
	}
}

func TestAddAndRemoveMounts(t *testing.T) {
	j := newJail(t, configs.Config{})
	dir := shared(t)
	j.mustAdd(
		tmpfs("/new/t", "nosuid", "noexec", "size=64k", "mode=700"),
		bind(dir, "/new/t/sub", "ro", "nodev"),
		bind(filepath.Join(dir, "file"), "/etc/file", "rro"),
	)
	for path, wants := range map[string][]string{
		"/new/t":     {"nosuid,noexec", "size=64k", "mode=700"},
		"/new/t/sub": {"ro,nodev", "master:"},
		"/etc/file":  {"ro"},
	} {
		for _, want := range wants {
			if want == "master:" && !strings.Contains(ownMountinfo(t), "shared:") {
				continue // nothing to be the slave of
			}
			if got := j.mountinfo(path); !strings.Contains(got, want) {
				t.Errorf("%s: %q lacks %q", path, got, want)
			}
		}
	}
	if data, err := os.ReadFile(j.inside("/new/t/sub/file")); string(data) != "from the host" {
		t.Errorf("%q, %v", data, err)
	}
	if err := os.WriteFile(j.inside("/etc/file"), nil, 0o644); !errors.Is(err, unix.EROFS) {
		t.Errorf("written to read-only file: %v", err)
	}
	if mounts := ownMountinfo(t); strings.Contains(mounts, j.root) {
		t.Errorf("on the host there is %s", mounts)
	}
	if err := j.remove("/new/t", "/new/t/sub", "/etc/file"); err != nil {
		t.Error(err)
	}
	for _, path := range []string{"/new/t", "/new/t/sub", "/etc/file"} {
		if left := j.mountinfo(path); left != "" {
			t.Errorf("left: %s", left)
		}
	}
}

func ownMountinfo(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestAddedMountsFollowLinksInside(t *testing.T) {
	j := newJail(t, configs.Config{})
	outside := t.TempDir()
	if err := os.MkdirAll(filepath.Join(j.root, "real"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"in": "../../../real", "out": outside} {
		if err := os.Symlink(target, filepath.Join(j.root, name)); err != nil {
			t.Fatal(err)
		}
	}
	j.mustAdd(tmpfs("/in/deep"))
	if j.mountinfo("/real/deep") == "" {
		t.Error("nothing is mounted at /real/deep")
	}
	if err := j.add(tmpfs("/out")); err == nil {
		t.Error("a link to nowhere was followed")
	}
	if entries, err := os.ReadDir(outside); err != nil || len(entries) != 0 {
		t.Errorf("on the host: %v, %v", entries, err)
	}
}

func TestAddIsAllOrNone(t *testing.T) {
	j := newJail(t, configs.Config{})
	if err := os.WriteFile(filepath.Join(j.root, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []specs.Mount{
		bind("/no/such", "/b"),         // before anything is attached
		bind("/dev", "/file"),          // a directory on a file
		tmpfs("/file/below"),           // a file on the way
		tmpfs("/t2", "no-such-option"), // refused by the file system
	} {
		if err := j.add(tmpfs("/t1"), tmpfs("/t1/in"), bad); err == nil {
			t.Errorf("%+v was added", bad)
		}
		if left := j.mountinfo("/t1"); left != "" {
			t.Errorf("%+v: left %s", bad, left)
		}
	}
}

func TestAddRefuses(t *testing.T) {
	j := newJail(t, configs.Config{})
	if err := unix.Symlink("/proc", filepath.Join(j.root, "link")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		mount   specs.Mount
		message string
	}{
		{tmpfs("relative"), `mounts[0].destination: "relative" is not an absolute path`},
		{tmpfs(""), "mounts[0].destination: is missing"},
		{tmpfs("/x/.."), "the root cannot be changed"},
		{tmpfs("/proc"), "/proc and what is in it cannot be changed"},
		{tmpfs("/proc/sys"), "/proc and what is in it cannot be changed"},
		{tmpfs("/link"), "/proc is in /proc, which cannot be changed"},
		{tmpfs("/x\x00"), "NUL"},
		{tmpfs("/x", "tmpcopyup"), "tmpcopyup is for config.json"},
		{tmpfs("/x", "remount"), "remount is for config.json"},
		{tmpfs("/x", "frob=1"), `mount tmpfs → /x: option "frob": invalid argument: tmpfs: Unknown parameter 'frob'`},
		{bind("/no/such", "/x"), "mount /no/such → /x: no such file or directory"},
		{bind("/dev", "/x", "copy-symlink"), "mounts[0].options[1]: copy-symlink is not supported yet"},
		{bind("/dev", "/x", "idmap"), "mounts[0].uidMappings: is missing"},
		{specs.Mount{Destination: "/x", Type: "proc", Source: "proc"}, "type proc would show the host's namespaces"},
		{specs.Mount{Destination: "/x", Type: "no-such-fs"}, `file system type "no-such-fs"`},
		{specs.Mount{Destination: "/x"}, "mounts[0].type: is missing"},
	} {
		if err := j.add(c.mount); err == nil || !strings.Contains(err.Error(), c.message) {
			t.Errorf("%+v\n\tgot  %v\n\twant %s", c.mount, err, c.message)
		}
	}
}

func TestRemoveRefuses(t *testing.T) {
	j := newJail(t, configs.Config{MaskPaths: []string{"/secret/file"}, ReadonlyPaths: []string{"/fixed"}})
	j.mustAdd(tmpfs("/secret"), tmpfs("/secret/file"), tmpfs("/fixed"), tmpfs("/fixed/in"), tmpfs("/sys"), tmpfs("/dev"))
	if err := unix.Symlink("/sys", filepath.Join(j.root, "link")); err != nil {
		t.Fatal(err)
	}
	for destination, message := range map[string]string{
		"/":            "the root cannot be changed",
		"/proc/kcore":  "/proc and what is in it",
		"/sys":         "part of what every container has",
		"/link":        "/sys cannot be removed",
		"/dev":         "part of what every container has",
		"/secret":      "masked or covers what is",
		"/secret/file": "masked or covers what is",
		"/fixed":       "read-only or covers what is",
		"/etc":         "no such file or directory",
		"relative":     "not an absolute path",
	} {
		if err := j.remove(destination); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%s: got %v, want %s", destination, err, message)
		}
	}
	if err := os.Mkdir(filepath.Join(j.root, "plain"), 0o755); err != nil {
		t.Fatal(err)
	}
	// The others are removed all the same.
	if err := j.remove("/plain", "/fixed/in"); err == nil || !strings.Contains(err.Error(), "mount /plain: is not a mount point") {
		t.Errorf("got %v", err)
	}
	if left := j.mountinfo("/fixed/in"); left != "" {
		t.Errorf("left: %s", left)
	}
}

func TestAddToUserNamespace(t *testing.T) {
	j := newJail(t, configs.Config{Namespaces: configs.Namespaces{{Type: configs.NEWUSER}}, Capabilities: &configs.Capabilities{}})
	dir := shared(t)
	j.mustAdd(
		bind(filepath.Join(dir, "file"), "/made/by/us"),
		tmpfs("/root"),
		tmpfs("/user", "uid=5", "gid=6", "mode=0750"),
	)
	for path, want := range map[string][2]uint32{
		filepath.Join(j.root, "made"):    {hostRoot, hostRoot}, // on the host, below the mount
		filepath.Join(j.root, "made/by"): {hostRoot, hostRoot},
		j.inside("/root"):                {hostRoot, hostRoot},
		j.inside("/user"):                {hostRoot + 5, hostRoot + 6},
	} {
		st, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if s := st.Sys().(*syscall.Stat_t); s.Uid != want[0] || s.Gid != want[1] {
			t.Errorf("%s belongs to %d:%d, want %v", path, s.Uid, s.Gid, want)
		}
	}
}

// With CAP_SYS_ADMIN in its user namespace it could remount a copy that no kernel lock holds.
func TestAddToUserNamespaceThatMayMount(t *testing.T) {
	j := newJail(t, configs.Config{
		Namespaces:   configs.Namespaces{{Type: configs.NEWUSER}},
		Capabilities: &configs.Capabilities{Bounding: []string{"CAP_SYS_ADMIN"}},
	})
	if err := j.add(bind(shared(t), "/data", "ro")); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %v", err)
	}
}

func TestAddIDMapped(t *testing.T) {
	j := newJail(t, configs.Config{Namespaces: configs.Namespaces{{Type: configs.NEWUSER}}, Capabilities: &configs.Capabilities{}})
	m := bind(shared(t), "/data", "idmap")
	m.UIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: hostRoot + 7, Size: 1}}
	m.GIDMappings = m.UIDMappings
	err := j.add(m)
	if errors.Is(err, unix.EINVAL) {
		t.Skipf("%v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(j.inside("/data/file"))
	if err != nil {
		t.Fatal(err)
	}
	if uid := st.Sys().(*syscall.Stat_t).Uid; uid != hostRoot+7 {
		t.Errorf("the file belongs to %d", uid)
	}
}

// A tmpfs is as private as the directory that it covers.
func TestAddedTmpfsTakesTheMode(t *testing.T) {
	j := newJail(t, configs.Config{})
	if err := os.Mkdir(filepath.Join(j.root, "private"), 0o700); err != nil {
		t.Fatal(err)
	}
	j.mustAdd(tmpfs("/private"), tmpfs("/new"))
	for path, want := range map[string]os.FileMode{"/private": 0o700, "/new": 0o777 | os.ModeSticky} {
		st, err := os.Stat(j.inside(path))
		if err != nil {
			t.Fatal(err)
		}
		if got := st.Mode() &^ os.ModeDir; got != want {
			t.Errorf("%s: mode %v, want %v", path, got, want)
		}
	}
}

func TestRelativeSourceCountsFromTheBundle(t *testing.T) {
	j := newJail(t, configs.Config{})
	j.mustAdd(bind(filepath.Base(j.root), "/self"))
	if j.mountinfo("/self") == "" {
		t.Error("not mounted")
	}
}

func TestMountsOfAnEndedContainer(t *testing.T) {
	j := newJail(t, configs.Config{})
	if err := unix.Kill(j.pid, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	var info unix.Siginfo
	if err := unix.Waitid(unix.P_PID, j.pid, &info, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	if err := j.add(tmpfs("/t")); !errors.Is(err, ErrNotRunning) {
		t.Errorf("add: %v", err)
	}
	if err := j.remove("/t"); !errors.Is(err, ErrNotRunning) {
		t.Errorf("remove: %v", err)
	}
	if err := j.AddMounts(context.Background(), "nobody", nil); !errors.Is(err, ErrNotExist) {
		t.Errorf("unknown: %v", err)
	}
}

// The state of a container that shares our mount namespace, which husk does not make, must not lead to our mounts.
func TestOwnMountsAreNotChanged(t *testing.T) {
	j := &jailed{&Runtime{Root: t.TempDir()}, t, t.TempDir(), os.Getpid()}
	j.writeState(configs.Config{})
	if err := j.add(tmpfs(j.root)); err == nil || !strings.Contains(err.Error(), "is the host's") {
		t.Errorf("got %v", err)
	}
}

// The thread that entered the container ends: a runtime that went on using it would find the container's files.
func TestNoThreadStaysInTheContainer(t *testing.T) {
	j := newJail(t, configs.Config{})
	for range 8 {
		j.mustAdd(tmpfs("/t"))
	}
	strangers := func() (n int) {
		ours, err := os.Readlink("/proc/self/ns/mnt")
		if err != nil {
			t.Fatal(err)
		}
		threads, err := filepath.Glob("/proc/self/task/*/ns/mnt")
		if err != nil || len(threads) == 0 {
			t.Fatal(threads, err)
		}
		for _, link := range threads {
			if theirs, err := os.Readlink(link); err == nil && theirs != ours {
				n++
			}
		}
		return n
	}
	for deadline := time.Now().Add(20 * time.Second); strangers() > 0; {
		if time.Now().After(deadline) {
			t.Fatalf("%d threads stay", strangers())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/opencontainers/cgroups"
	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/internal/fault"
	"github.com/huskrun/husk/internal/pidfd"
)

// killPatience is how long killed processes may take to be gone. Only a process in an uninterruptible sleep (D state)
// or a zombie whose threads live on takes long.
const killPatience = 30 * time.Second

// Kill sends a signal to the container's init, or to all its processes. A stopped container is [ErrNotRunning] for the
// former and nothing to do for the latter. SIGKILL reaches frozen processes too, and where the container has no pid
// namespace of its own it goes to all, as nothing else would end the others. Kill takes no lock and waits for nobody.
func (r *Runtime) Kill(_ context.Context, id string, o KillOptions) error {
	c, err := r.load(id)
	if err != nil {
		return err
	}
	if o.All {
		return c.signalAll(o.Signal)
	}
	init, err := c.init()
	if err != nil {
		return fmt.Errorf("%w: it is %s", ErrNotRunning, c.status())
	}
	defer init.Close()
	if o.Signal == unix.SIGKILL && !c.ownsPids() {
		return c.signalAll(o.Signal)
	}
	if err := c.signal(init, o.Signal); err != nil {
		if errors.Is(err, unix.ESRCH) {
			return ErrNotRunning
		}
		return fault.New(fmt.Sprintf("init, pid %d", c.state.InitProcessPid), err, "")
	}
	return nil
}

// signal sends sig to p. A process in a frozen v1 cgroup does not even die of SIGKILL before it is thawed.
func (c *loaded) signal(p *pidfd.FD, sig unix.Signal) error {
	if err := p.Signal(sig); err != nil {
		return err
	}
	if sig == unix.SIGKILL && c.frozen() {
		return c.thaw()
	}
	return nil
}

func (c *loaded) thaw() error {
	cg, err := c.cgroup()
	if err != nil || cg == nil {
		return err
	}
	return fault.New("freezer", cg.Freeze(cgroups.Thawed), "")
}

// signalAll sends sig to init, which may be in no cgroup, and to every process in the container's cgroup.
func (c *loaded) signalAll(sig unix.Signal) error {
	init, err := c.init()
	if err == nil {
		defer init.Close()
		if err := c.signal(init, sig); err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
	}
	if c.ownsPids() && (err != nil || sig == unix.SIGKILL) {
		return nil // all of them end with init; who else is in its cgroup is a stranger
	}
	if sig == unix.SIGKILL && c.cgroupKill() == nil {
		return nil
	}
	return c.signalMembers(sig)
}

func (c *loaded) signalMembers(sig unix.Signal) error {
	procs, err := c.processes()
	if err != nil {
		return err
	}
	defer closeAll(procs)
	var errs []error
	for _, p := range procs {
		if c.state != nil && p.pid == c.state.InitProcessPid {
			continue // has had it
		}
		if err := p.fd.Signal(sig); err != nil && !errors.Is(err, unix.ESRCH) {
			errs = append(errs, fmt.Errorf("pid %d: %w", p.pid, err))
		}
	}
	if sig == unix.SIGKILL && c.frozen() {
		errs = append(errs, c.thaw())
	}
	return errors.Join(errs...)
}

// cgroupKill ends all processes of a v2 cgroup and of those below it in one step, forks in flight included
// (cgroup.kill, Linux 5.14).
func (c *loaded) cgroupKill() error {
	dir, err := c.unifiedDir()
	if err != nil {
		return err
	}
	return cgroups.WriteFile(dir, "cgroup.kill", "1")
}

// unifiedDir is the container's directory in a cgroup v2 hierarchy that is the only one.
func (c *loaded) unifiedDir() (string, error) {
	cg, err := c.cgroup()
	if err != nil {
		return "", err
	}
	if cg == nil || !cgroups.IsCgroup2UnifiedMode() || cg.Path("") == "" {
		return "", errors.ErrUnsupported
	}
	return cg.Path(""), nil
}

// end kills all processes of the container and waits until they are gone.
func (c *loaded) end(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, killPatience)
	defer cancel()
	if init, err := c.init(); err == nil {
		defer init.Close()
		if err := c.signal(init, unix.SIGKILL); err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
		if err := init.Wait(ctx); err != nil {
			return stuck(err, []int{c.state.InitProcessPid})
		}
	}
	if c.ownsPids() {
		// The kernel ended the others before init's pidfd became readable (pid_namespaces(7)). Who is in the cgroup now is
		// not of this container: another may have been made in the same one.
		return nil
	}
	return c.endRest(ctx)
}

// endRest kills whoever is in the cgroup, again and again, since they may fork meanwhile, until nobody is left.
func (c *loaded) endRest(ctx context.Context) error {
	if err := c.cgroupKill(); err == nil {
		return c.waitUnpopulated(ctx)
	}
	for {
		pids, err := c.pids()
		if err != nil || len(pids) == 0 {
			return err
		}
		if ctx.Err() != nil {
			return stuck(ctx.Err(), pids)
		}
		if err := c.endMembers(ctx); err != nil {
			return err
		}
	}
}

// endMembers kills those who are in a v1 cgroup now. They are frozen while they are looked for, so that none of them
// forks and ends between the listing and the kill, and thawed to die.
func (c *loaded) endMembers(ctx context.Context) error {
	if cg, err := c.cgroup(); err == nil && cg != nil {
		_ = cg.Freeze(cgroups.Frozen) // without a freezer it may take a few rounds more
	}
	procs, err := c.processes()
	defer closeAll(procs)
	for _, p := range procs {
		if killed := p.fd.Signal(unix.SIGKILL); killed != nil && !errors.Is(killed, unix.ESRCH) {
			err = errors.Join(err, fmt.Errorf("pid %d: %w", p.pid, killed))
		}
	}
	if c.frozen() {
		err = errors.Join(err, c.thaw())
	}
	if err != nil {
		return err
	}
	for i, p := range procs {
		if err := p.fd.Wait(ctx); err != nil {
			return stuck(err, pidsOf(procs[i:]))
		}
	}
	return nil
}

// waitUnpopulated waits until cgroup.events says that no process is left: the kernel notifies a poller of that file.
func (c *loaded) waitUnpopulated(ctx context.Context) error {
	dir, err := c.unifiedDir()
	if err != nil {
		return err
	}
	events, err := cgroups.OpenFile(dir, "cgroup.events", os.O_RDONLY)
	if err != nil {
		if gone(err) {
			return nil
		}
		return err
	}
	defer events.Close()
	for {
		buf := make([]byte, 256)
		n, err := events.ReadAt(buf, 0)
		if errors.Is(err, unix.ENODEV) || n > 0 && strings.Contains(string(buf[:n]), "populated 0") {
			return nil
		}
		if n == 0 {
			return err
		}
		if err := pidfd.WaitPriority(ctx, int(events.Fd())); err != nil {
			pids, _ := c.pids()
			return stuck(err, pids)
		}
	}
}

// stuck explains why processes outlive SIGKILL.
func stuck(err error, pids []int) error {
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var who []string
	for _, pid := range pids {
		who = append(who, fmt.Sprintf("%d (%s)", pid, waitingIn(pid)))
	}
	return &fault.Error{
		Object: "pid " + strings.Join(who, ", "),
		Err:    errors.New("still there after SIGKILL"),
		Hint:   "a process in state D waits for the kernel, often for a dead NFS server or disk; see /proc/PID/stack, and delete again when it is gone",
	}
}

// waitingIn is the state of a process and the kernel function that it sleeps in.
func waitingIn(pid int) string {
	dir := filepath.Join("/proc", fmt.Sprint(pid))
	status, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return "gone"
	}
	state := "state unknown"
	for line := range strings.Lines(string(status)) {
		if s, ok := strings.CutPrefix(line, "State:"); ok {
			state = "state " + strings.TrimSpace(s)
		}
	}
	if wchan, err := os.ReadFile(filepath.Join(dir, "wchan")); err == nil && len(wchan) > 1 {
		state += " in " + string(wchan)
	}
	return state
}

// process is a member of the container's cgroup; the caller closes its descriptor.
type process struct {
	pid int
	fd  *pidfd.FD
}

// processes opens all that live in the container's cgroup. A pid may have been given to a stranger between the listing
// and the opening, so the listing is read again afterwards: who is in it then still is a member.
func (c *loaded) processes() ([]process, error) {
	pids, err := c.pids()
	if err != nil {
		return nil, err
	}
	var procs []process
	for _, pid := range pids {
		fd, err := pidfd.Open(pid, 0)
		if errors.Is(err, unix.ESRCH) || errors.Is(err, unix.EINVAL) { // EINVAL: a thread of a threaded cgroup
			continue
		}
		if err != nil {
			closeAll(procs)
			return nil, err
		}
		procs = append(procs, process{pid, fd})
	}
	if len(procs) == 0 {
		return nil, nil
	}
	again, err := c.pids()
	if err != nil {
		closeAll(procs)
		return nil, err
	}
	return slices.DeleteFunc(procs, func(p process) bool {
		if slices.Contains(again, p.pid) {
			return false
		}
		p.fd.Close()
		return true
	}), nil
}

func closeAll(procs []process) {
	for _, p := range procs {
		p.fd.Close()
	}
}

func pidsOf(procs []process) []int {
	var pids []int
	for _, p := range procs {
		pids = append(pids, p.pid)
	}
	return pids
}

package container

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/opencontainers/cgroups"
	"github.com/opencontainers/cgroups/manager"
	"github.com/opencontainers/runc/libcontainer/configs"
	"github.com/opencontainers/runc/libcontainer/utils"

	"github.com/huskrun/husk/container/engine"
	"github.com/huskrun/husk/internal/fault"
	"github.com/huskrun/husk/internal/pidfd"
)

// loaded is a container as its state directory describes it.
type loaded struct {
	rt  *Runtime
	id  string
	dir string
	// state is nil when state.json was never written (a creation under way or killed) or cannot be read; damage says why.
	state  *engine.State
	damage error
	side   *sideFile
	// notify is the bound sd_notify socket between start and readiness; nil if nobody waits for it.
	notify *net.UnixConn
	// destroyed is set when nothing of the container is left.
	destroyed bool
}

// load reads the container's state directory. It fails only if there is none: a damaged file is left to the verbs,
// since delete must be able to do without it.
func (r *Runtime) load(id string) (*loaded, error) {
	dir, err := r.existing(id)
	if err != nil {
		return nil, err
	}
	c := &loaded{rt: r, id: id, dir: dir, side: readSideFile(dir)}
	c.state, c.damage = readState(filepath.Join(dir, engine.StateFile))
	return c, nil
}

// loadAlone loads the container and keeps other verbs from changing it until unlock.
func (r *Runtime) loadAlone(ctx context.Context, id string) (c *loaded, unlock func(), err error) {
	if _, err := r.existing(id); err != nil { // before the lock, so that an unknown id leaves no trace
		return nil, nil, err
	}
	unlock, err = r.lock(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if c, err = r.load(id); err != nil {
		unlock()
		return nil, nil, err
	}
	return c, unlock, nil
}

// existing returns the state directory of a container that is there.
func (r *Runtime) existing(id string) (dir string, err error) {
	if err := validateID(id); err != nil {
		return "", err
	}
	dir = filepath.Join(r.Root, id)
	fi, err := os.Lstat(dir)
	if err == nil && !fi.IsDir() || gone(err) {
		err = ErrNotExist
	}
	return dir, err
}

// readState decodes a state.json. It returns no error besides a nil state if there is no file.
func readState(path string) (*engine.State, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		if gone(err) {
			return nil, nil
		}
		return nil, err
	}
	var s engine.State
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, fault.New(path, err, "the container can still be removed with delete --force")
	}
	if s.Config.Cgroups == nil || s.Config.Rootfs == "" {
		return nil, fault.New(path, errors.New("not the state of a container"), "the container can still be removed with delete --force")
	}
	if s.Config.Cgroups.Resources == nil {
		s.Config.Cgroups.Resources = &cgroups.Resources{} // the v1 manager dereferences it
	}
	return &s, nil
}

// whereabouts is the cgroup of a configuration without its limits.
func whereabouts(cfg *configs.Config) *cgroups.Cgroup {
	if cfg.Cgroups == nil {
		return nil
	}
	cg := *cfg.Cgroups
	cg.Resources = nil
	return &cg
}

// intact returns why the container's state cannot be used, for the verbs that need it.
func (c *loaded) intact() error {
	switch {
	case c.damage != nil:
		return c.damage
	case c.state == nil && c.creating():
		return fmt.Errorf("it is being created by pid %d", c.side.Creator.Pid)
	case c.state == nil:
		return &fault.Error{Err: errors.New("its creation was interrupted"), Hint: "remove it with delete --force"}
	}
	return nil
}

// save writes state.json.
func (c *loaded) save() error {
	return writeJSON(filepath.Join(c.dir, engine.StateFile), c.state)
}

// init opens the container's first process. ESRCH in the error's chain says that it has ended.
func (c *loaded) init() (*pidfd.FD, error) {
	if c.state == nil {
		return pidfd.Open(0, 0)
	}
	return pidfd.Open(c.state.InitProcessPid, c.state.InitProcessStartTime)
}

// initRef is the container's first process as data.
func (c *loaded) initRef() engine.Ref {
	return engine.Ref{Pid: c.state.InitProcessPid, StartTime: c.state.InitProcessStartTime}
}

// creating reports whether the process that makes the container still lives.
func (c *loaded) creating() bool {
	if c.side.Creator.Pid == 0 {
		return false
	}
	p, err := pidfd.Open(c.side.Creator.Pid, c.side.Creator.StartTime)
	if err != nil {
		return false
	}
	p.Close()
	return true
}

// cgroup returns the manager of the container's cgroup, or nil if nothing says where that is.
func (c *loaded) cgroup() (cgroups.Manager, error) {
	if c.state != nil {
		return manager.NewWithPaths(c.state.Config.Cgroups, c.state.CgroupPaths)
	}
	if c.side.Cgroup == nil {
		return nil, nil
	}
	cg := *c.side.Cgroup
	cg.Resources = &cgroups.Resources{}
	return manager.New(&cg)
}

// ownsPids reports whether the container has a pid namespace of its own, so that all its processes end with init.
func (c *loaded) ownsPids() bool {
	return c.state != nil && c.state.Config.Namespaces.IsPrivate(configs.NEWPID)
}

func (c *loaded) bundle() string {
	if c.state != nil {
		if bundle, _ := utils.Annotations(c.state.Config.Labels); bundle != "" {
			return bundle
		}
	}
	return c.side.Bundle
}

func (c *loaded) annotations() map[string]string {
	if c.state != nil {
		_, annotations := utils.Annotations(c.state.Config.Labels)
		return annotations
	}
	return c.side.Annotations
}

func (c *loaded) rootfs() string {
	if c.state != nil {
		return c.state.Config.Rootfs
	}
	return c.side.Rootfs
}

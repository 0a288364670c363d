package container

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/opencontainers/cgroups"
	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/huskrun/husk/container/engine"
)

// The states of a container; all but paused are the OCI specification's (runtime.md, State).
const (
	Creating Status = "creating"
	Created  Status = "created"
	Running  Status = "running"
	Paused   Status = "paused"
	Stopped  Status = "stopped"
)

// State returns where the container id is in its life. It needs nothing but the state directory: the cgroup, the bundle
// and the rootfs may be gone.
func (r *Runtime) State(id string) (*State, error) {
	c, err := r.load(id)
	if err != nil {
		return nil, err
	}
	return c.report(), nil
}

// List returns the state of every container of the state root, sorted by id. A root that does not exist has none.
func (r *Runtime) List() ([]State, error) {
	ids, err := r.ids()
	if err != nil {
		return nil, err
	}
	states := make([]State, 0, len(ids))
	for _, id := range ids {
		s, err := r.State(id)
		if errors.Is(err, ErrNotExist) { // deleted meanwhile
			continue
		}
		if err != nil {
			return nil, err
		}
		states = append(states, *s)
	}
	return states, nil
}

// Match returns the ids of the containers that pattern matches, sorted.
func (r *Runtime) Match(pattern *regexp.Regexp) ([]string, error) {
	ids, err := r.ids()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(ids, func(id string) bool { return !pattern.MatchString(id) }), nil
}

// ids lists the state directories.
func (r *Runtime) ids() ([]string, error) {
	entries, err := os.ReadDir(r.Root)
	if err != nil && !gone(err) {
		return nil, err
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() && validateID(e.Name()) == nil {
			ids = append(ids, e.Name())
		}
	}
	return ids, nil
}

// report is the container's state as the state verb prints it.
func (c *loaded) report() *State {
	s := &State{
		Version:     specs.Version,
		ID:          c.id,
		Status:      c.status(),
		Bundle:      c.bundle(),
		Rootfs:      c.rootfs(),
		Annotations: c.annotations(),
	}
	if c.state != nil {
		s.Created = c.state.Created
		if s.Status != Stopped {
			s.InitProcessPid = c.state.InitProcessPid
		}
	}
	if fi, err := os.Stat(c.dir); err == nil {
		s.Owner = userName(fi.Sys().(*syscall.Stat_t).Uid)
		if s.Created.IsZero() {
			s.Created = fi.ModTime().UTC()
		}
	}
	return s
}

// userName is the name of uid, or #uid for one without.
func userName(uid uint32) string {
	id := strconv.FormatUint(uint64(uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return "#" + id
}

// status derives the state from what is there now: init, the freezer and the exec FIFO.
func (c *loaded) status() Status {
	init, err := c.init()
	if err != nil {
		if c.state == nil && c.damage == nil && c.creating() {
			return Creating
		}
		return Stopped
	}
	defer init.Close()
	if c.frozen() {
		return Paused
	}
	if _, err := os.Lstat(filepath.Join(c.dir, engine.FifoFile)); err == nil {
		return Created
	}
	return Running
}

// frozen reports whether the container's cgroup is frozen. One that is not there, or has no freezer, is not.
func (c *loaded) frozen() bool {
	cg, err := c.cgroup()
	if err != nil || cg == nil {
		return false
	}
	// The manager waits for a v1 cgroup that is being frozen to be so, which a process in D state can put off for ever.
	if dir := cg.Path("freezer"); dir != "" && !cgroups.IsCgroup2UnifiedMode() {
		self, err := cgroups.ReadFile(dir, "freezer.self_freezing")
		return err == nil && strings.TrimSpace(self) == "1"
	}
	state, err := cg.GetFreezerState()
	return err == nil && state == cgroups.Frozen
}

// ociState is the state as hooks read it (specification, State).
func (c *loaded) ociState(status specs.ContainerState) *specs.State {
	s := &specs.State{
		Version:     specs.Version,
		ID:          c.id,
		Status:      status,
		Bundle:      c.bundle(),
		Annotations: c.annotations(),
	}
	if c.state != nil && status != specs.StateStopped {
		s.Pid = c.state.InitProcessPid
	}
	return s
}

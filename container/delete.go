package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/opencontainers/runc/libcontainer/configs"
	"github.com/opencontainers/runc/libcontainer/intelrdt"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/internal/fault"
)

// cgroupPatience bounds the removal of a cgroup, which the kernel refuses while a dying process is still in it.
const cgroupPatience = 10 * time.Second

// Delete removes a stopped or created container: its remaining processes, cgroup and state, and runs its poststop
// hooks. With force it kills a running one first, removes what is left of a damaged one, and takes one that does not
// exist as deleted. Every step is tried whatever the others return.
func (r *Runtime) Delete(ctx context.Context, id string, force bool) error {
	err := r.delete(ctx, id, force)
	if force && errors.Is(err, ErrNotExist) {
		return nil
	}
	return err
}

func (r *Runtime) delete(ctx context.Context, id string, force bool) error {
	if force {
		// Before the lock: a start may hold it that waits for a hook of the container's own image.
		if err := r.Kill(ctx, id, KillOptions{Signal: unix.SIGKILL}); errors.Is(err, ErrNotExist) {
			return err
		}
	}
	c, unlock, err := r.loadAlone(ctx, id)
	if err != nil {
		return err
	}
	defer unlock()
	if !force {
		if err := c.deletable(); err != nil {
			return err
		}
	}
	return c.destroy(ctx)
}

// deleteSame removes the container that this process has made, unless somebody else has, and maybe made another one of
// its id.
func (c *loaded) deleteSame(ctx context.Context) error {
	unlock, err := c.rt.lock(ctx, c.id)
	if err != nil {
		return err
	}
	defer unlock()
	if readSideFile(c.dir).Creator != c.side.Creator {
		return nil
	}
	return c.destroy(ctx)
}

// deletable refuses what only force removes.
func (c *loaded) deletable() error {
	if c.damage != nil {
		return c.damage
	}
	switch s := c.status(); s {
	case Stopped, Created:
		return nil
	case Paused:
		return notStopped(c.id, s, ErrPaused)
	default:
		return notStopped(c.id, s, ErrRunning)
	}
}

// notStopped refuses a delete in runc's words, with why in the chain.
func notStopped(id string, s Status, why error) error {
	return &fault.Error{
		Err:  &refusal{fmt.Sprintf("cannot delete container %s that is not stopped: %s", id, s), why},
		Hint: "kill it first, or use delete --force",
	}
}

// refusal is an error whose text does not repeat its cause.
type refusal struct {
	text string
	why  error
}

func (r *refusal) Error() string { return r.text }
func (r *refusal) Unwrap() error { return r.why }

// destroy takes the container apart. It reaches the end whatever fails on the way, but keeps the state directory while
// processes or the cgroup are left, so that delete can be tried again.
func (c *loaded) destroy(ctx context.Context) error {
	if c.destroyed {
		return nil
	}
	if c.damage != nil && c.side.Cgroup == nil {
		c.rt.log().Warn("nothing says where the container's processes and cgroup are; look for them by hand: " + oneLine(c.damage))
	}
	killed := c.end(ctx)
	removed := c.removeCgroup(ctx)
	rdt := c.removeRdt()
	var state error
	if killed == nil && removed == nil {
		state = os.RemoveAll(c.dir)
	}
	c.runPoststop(ctx)
	c.destroyed = killed == nil && removed == nil && state == nil
	if killed != nil || removed != nil {
		state = c.side.write(c.dir) // without the poststop hooks, which have run
	}
	return errors.Join(killed, removed, rdt, state)
}

// removeCgroup removes the cgroup and those that the container made below it.
func (c *loaded) removeCgroup(ctx context.Context) error {
	cg, err := c.cgroup()
	if err != nil || cg == nil {
		return err
	}
	if err = cg.Destroy(); err == nil {
		return nil
	}
	pids, _ := c.pids()
	switch {
	case len(pids) == 0:
		return fault.New("cgroup", err, "")
	case c.ownsPids():
		return &fault.Error{Object: "cgroup", Err: fmt.Errorf("it holds processes that are not of this container: %v", pids),
			Hint: "another container was made in the same cgroup, or somebody put them there; end them, and delete again"}
	}
	// Somebody has come into it meanwhile, by an exec or a fork.
	ctx, cancel := context.WithTimeout(ctx, cgroupPatience)
	defer cancel()
	if ended := c.endRest(ctx); ended != nil {
		return errors.Join(fault.New("cgroup", err, ""), ended)
	}
	return fault.New("cgroup", cg.Destroy(), "")
}

// removeRdt removes the resctrl group that libcontainer made for the container.
func (c *loaded) removeRdt() error {
	if c.state == nil || c.state.Config.IntelRdt == nil {
		return nil
	}
	m := intelrdt.NewManager(&c.state.Config, c.id, c.state.IntelRdtPath)
	if m == nil {
		return nil
	}
	return fault.New("resctrl group", m.Destroy(), "")
}

// runPoststop runs all poststop hooks; the specification has their failures logged, not returned.
func (c *loaded) runPoststop(ctx context.Context) {
	if c.side.Hooks == nil {
		return
	}
	state := c.ociState(specs.StateStopped)
	for i := range c.side.Hooks.Poststop {
		if err := c.runHook(ctx, configs.Poststop, i, &c.side.Hooks.Poststop[i], state); err != nil {
			c.rt.log().Warn(err.Error())
		}
	}
	c.side.Hooks.Poststop = nil
}

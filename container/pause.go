package container

import (
	"context"
	"errors"
	"fmt"

	"github.com/opencontainers/cgroups"

	"github.com/huskrun/husk/internal/fault"
)

// Pause freezes all processes of the container. Pausing a paused one is no error.
func (r *Runtime) Pause(ctx context.Context, id string) error {
	return r.freeze(ctx, id, cgroups.Frozen, func(s Status) error {
		switch s {
		case Created, Running, Paused:
			return nil
		}
		return fmt.Errorf("%w: it is %s", ErrNotRunning, s)
	})
}

// Resume lets the processes of a paused container go on.
func (r *Runtime) Resume(ctx context.Context, id string) error {
	return r.freeze(ctx, id, cgroups.Thawed, func(s Status) error {
		if s != Paused {
			return fmt.Errorf("%w: it is %s", ErrNotPaused, s)
		}
		return nil
	})
}

func (r *Runtime) freeze(ctx context.Context, id string, to cgroups.FreezerState, allowed func(Status) error) error {
	c, unlock, err := r.loadAlone(ctx, id)
	if err != nil {
		return err
	}
	defer unlock()
	if err := c.intact(); err != nil {
		return err
	}
	if err := allowed(c.status()); err != nil {
		return err
	}
	cg, err := c.cgroup()
	if err != nil {
		return err
	}
	if err := cg.Freeze(to); err != nil {
		return fault.New("freezer", err, freezerHint(err))
	}
	return nil
}

func freezerHint(err error) string {
	if gone(err) || errors.Is(err, cgroups.ErrV1NoUnified) {
		return "the container has no freezer cgroup; was its cgroup removed by hand?"
	}
	return ""
}

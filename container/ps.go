package container

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Processes returns the pids of all processes of the container, sub-cgroups included, in the caller's pid namespace.
// A container that has stopped has none.
func (r *Runtime) Processes(id string) ([]int, error) {
	c, err := r.load(id)
	if err != nil {
		return nil, err
	}
	return c.pids()
}

func (c *loaded) pids() ([]int, error) {
	cg, err := c.cgroup()
	if err != nil || cg == nil {
		return nil, err
	}
	pids, err := cg.GetAllPids()
	if gone(err) || errors.Is(err, unix.ENODEV) { // ENODEV: removed while it was read
		err = nil
	}
	return pids, err
}

package container

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/opencontainers/cgroups"
	"github.com/opencontainers/runc/libcontainer/configs"
	"github.com/opencontainers/runc/libcontainer/intelrdt"

	"github.com/huskrun/husk/internal/fault"
)

// Update changes the limits of a container that has not stopped. Only what o names is written to its cgroup, so that
// what others have changed there stays. If a limit cannot be set, those set before are set back.
func (r *Runtime) Update(ctx context.Context, id string, o UpdateOptions) error {
	c, unlock, err := r.loadAlone(ctx, id)
	if err != nil {
		return err
	}
	defer unlock()
	if err := c.alive(); err != nil {
		return err
	}
	return c.update(&o)
}

func (c *loaded) update(o *UpdateOptions) error {
	cg, err := c.cgroup()
	if err != nil {
		return err
	}
	old := *c.state.Config.Cgroups.Resources
	change, err := resourceChange(o.Resources, &old, cgroups.IsCgroup2UnifiedMode())
	if err != nil {
		return err
	}
	if m := o.Resources; m != nil && m.Memory != nil && (m.Memory.Kernel != nil || m.Memory.KernelTCP != nil) {
		c.rt.log().Warn("the limit of kernel memory is ignored: the kernel has none any more")
	}
	back := resourceUndo(change, &old, cg)
	rdt, err := c.rdtChange(o)
	if err != nil {
		return err
	}
	if err := cg.Set(change); err != nil {
		return errors.Join(explainLimit(err, change, &old), c.setBack(cg, back))
	}
	if rdt != nil {
		if err := c.setRdt(rdt); err != nil {
			return errors.Join(fault.New("Intel RDT", err, ""), c.setBack(cg, back))
		}
		c.state.Config.IntelRdt = rdt
	}
	c.state.Config.Cgroups.Resources = mergeResources(&old, change)
	return c.save()
}

// setBack undoes a change of limits that failed half way.
func (c *loaded) setBack(cg cgroups.Manager, back *cgroups.Resources) error {
	return fault.New("setting the old limits back", cg.Set(back), "")
}

// explainLimit adds what a user can do about a limit that the kernel refuses.
func explainLimit(err error, change, old *cgroups.Resources) error {
	hint := ""
	switch {
	case change.Memory > 0 && change.MemorySwap > 0 && change.Memory > change.MemorySwap:
		hint = fmt.Sprintf("the limit of memory and swap together is %d; change it, too", change.MemorySwap)
	case change.CPUIdle == nil && change.CpuShares != 0 && deref(old.CPUIdle) == 1:
		hint = "the weight of a container with cpu.idle 1 is fixed"
	}
	var file *os.PathError
	if errors.As(err, &file) {
		return fault.New(file.Path, fmt.Errorf("the kernel refuses the limit: %w", file.Err), hint)
	}
	return fault.New("limits", err, hint)
}

// rdtChange is the container's Intel RDT configuration with the schemata of o, or nil if o has none.
func (c *loaded) rdtChange(o *UpdateOptions) (*configs.IntelRdt, error) {
	switch {
	case o.L3CacheSchema == "" && o.MemBwSchema == "":
		return nil, nil
	case o.L3CacheSchema != "" && !intelrdt.IsCATEnabled():
		return nil, fault.New("Intel RDT/CAT", errors.New("not enabled"), "it needs a CPU with CAT, and resctrl mounted on /sys/fs/resctrl")
	case o.MemBwSchema != "" && !intelrdt.IsMBAEnabled():
		return nil, fault.New("Intel RDT/MBA", errors.New("not enabled"), "it needs a CPU with MBA, and resctrl mounted on /sys/fs/resctrl")
	case c.state.Config.IntelRdt == nil:
		return nil, fault.New("Intel RDT", errors.New("the container was created without it"), "linux.intelRdt in config.json makes its group")
	}
	rdt := *c.state.Config.IntelRdt
	if o.L3CacheSchema != "" {
		rdt.L3CacheSchema = o.L3CacheSchema
	}
	if o.MemBwSchema != "" {
		rdt.MemBwSchema = o.MemBwSchema
	}
	return &rdt, nil
}

// setRdt writes the schemata; if that fails, the old ones again.
func (c *loaded) setRdt(rdt *configs.IntelRdt) error {
	config := c.state.Config
	config.IntelRdt = rdt
	m := intelrdt.NewManager(&config, c.id, c.state.IntelRdtPath)
	if m == nil {
		return errors.New("not enabled")
	}
	if err := m.Set(&config); err != nil {
		return errors.Join(err, m.Set(&c.state.Config))
	}
	return nil
}

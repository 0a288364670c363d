package container

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/opencontainers/cgroups"
	devices "github.com/opencontainers/cgroups/devices/config"
	"github.com/opencontainers/runc/libcontainer/specconv"
	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/huskrun/husk/internal/fault"
)

// resourceChange translates limits into what is to be written to a cgroup: those that r sets, and the old values of
// those that the kernel checks against each other. The zero value of a field is not written.
func resourceChange(r *specs.LinuxResources, old *cgroups.Resources, v2 bool) (*cgroups.Resources, error) {
	to := &cgroups.Resources{SkipDevices: true}
	if r == nil {
		return to, nil
	}
	if err := unsupported(r, old, v2); err != nil {
		return nil, err
	}
	changeCPU(to, r.CPU, old)
	changeMemory(to, r.Memory, old)
	changeBlockIO(to, r.BlockIO, old)
	if r.Pids != nil {
		to.PidsLimit = r.Pids.Limit
	}
	for _, l := range r.HugepageLimits {
		to.HugetlbLimit = append(to.HugetlbLimit, &cgroups.HugepageLimit{Pagesize: l.Pagesize, Limit: l.Limit})
	}
	if len(r.Rdma) > 0 {
		to.Rdma = make(map[string]cgroups.LinuxRdma, len(r.Rdma))
		for device, l := range r.Rdma {
			to.Rdma[device] = cgroups.LinuxRdma{HcaHandles: l.HcaHandles, HcaObjects: l.HcaObjects}
		}
	}
	if n := r.Network; n != nil {
		if n.ClassID != nil {
			to.NetClsClassid = *n.ClassID
		}
		for _, p := range n.Priorities {
			to.NetPrioIfpriomap = append(to.NetPrioIfpriomap, &cgroups.IfPrioMap{Interface: p.Name, Priority: int64(p.Priority)})
		}
	}
	if len(r.Unified) > 0 {
		to.Unified = r.Unified
	}
	return to, changeDevices(to, r.Devices, old)
}

// unsupported refuses what the cgroup has no place for, unless it is there already and therefore no change: managers
// hand over all resources of config.json again.
func unsupported(r *specs.LinuxResources, old *cgroups.Resources, v2 bool) error {
	refuse := func(field, why string) error { return fault.Newf(field, "cannot be changed: %s", why) }
	if m := r.Memory; m != nil {
		switch {
		case m.DisableOOMKiller != nil && *m.DisableOOMKiller != old.OomKillDisable:
			return refuse("memory.disableOOMKiller", "it is fixed when the container is created")
		case v2 && m.Swappiness != nil && (old.MemorySwappiness == nil || *m.Swappiness != *old.MemorySwappiness):
			return refuse("memory.swappiness", "cgroup v2 has none")
		}
	}
	if n := r.Network; v2 && n != nil && (n.ClassID != nil && *n.ClassID != old.NetClsClassid || len(n.Priorities) != len(old.NetPrioIfpriomap)) {
		return refuse("network", "cgroup v2 has neither net_cls nor net_prio")
	}
	if c := r.CPU; v2 && c != nil && (c.RealtimePeriod != nil && *c.RealtimePeriod != old.CpuRtPeriod || c.RealtimeRuntime != nil && *c.RealtimeRuntime != old.CpuRtRuntime) {
		return refuse("cpu.realtimeRuntime", "cgroup v2 has no real-time limits")
	}
	if !v2 && len(r.Unified) > 0 {
		return refuse("unified", "this machine's cgroups are v1")
	}
	return nil
}

func changeCPU(to *cgroups.Resources, c *specs.LinuxCPU, old *cgroups.Resources) {
	if c == nil {
		return
	}
	if c.Shares != nil && *c.Shares != 0 {
		to.CpuShares = *c.Shares
		to.CpuWeight = cgroups.ConvertCPUSharesToCgroupV2Value(*c.Shares)
	}
	quota, period := deref(c.Quota), deref(c.Period)
	if quota != 0 || period != 0 { // one alone keeps the other: cgroup v2 and systemd take both at once
		to.CpuQuota, to.CpuPeriod = cmp.Or(quota, old.CpuQuota), cmp.Or(period, old.CpuPeriod)
	}
	to.CpuBurst = c.Burst
	to.CPUIdle = c.Idle
	to.CpuRtRuntime, to.CpuRtPeriod = deref(c.RealtimeRuntime), deref(c.RealtimePeriod)
	to.CpusetCpus, to.CpusetMems = c.Cpus, c.Mems
}

func changeMemory(to *cgroups.Resources, m *specs.LinuxMemory, old *cgroups.Resources) {
	if m == nil {
		return
	}
	limit, swap := deref(m.Limit), deref(m.Swap)
	if limit != 0 || swap != 0 { // swap counts memory in, so that each needs the other
		to.Memory, to.MemorySwap = cmp.Or(limit, old.Memory), cmp.Or(swap, old.MemorySwap)
	}
	if limit == -1 && swap == 0 {
		to.MemorySwap = 0 // no limit of memory means none of swap either: there is nothing to add it to
	}
	to.MemoryReservation = deref(m.Reservation)
	to.MemorySwappiness = m.Swappiness
	to.MemoryCheckBeforeUpdate = old.MemoryCheckBeforeUpdate
	if m.CheckBeforeUpdate != nil {
		to.MemoryCheckBeforeUpdate = *m.CheckBeforeUpdate
	}
}

func changeBlockIO(to *cgroups.Resources, b *specs.LinuxBlockIO, old *cgroups.Resources) {
	if b == nil {
		return
	}
	to.BlkioWeight, to.BlkioLeafWeight = deref(b.Weight), deref(b.LeafWeight)
	for _, d := range b.WeightDevice {
		weight, leaf := deref(d.Weight), deref(d.LeafWeight)
		if i := slices.IndexFunc(old.BlkioWeightDevice, func(o *cgroups.WeightDevice) bool { return o.Major == d.Major && o.Minor == d.Minor }); i >= 0 {
			weight, leaf = cmp.Or(weight, old.BlkioWeightDevice[i].Weight), cmp.Or(leaf, old.BlkioWeightDevice[i].LeafWeight)
		}
		to.BlkioWeightDevice = append(to.BlkioWeightDevice, cgroups.NewWeightDevice(d.Major, d.Minor, weight, leaf))
	}
	for _, t := range []struct {
		to   *[]*cgroups.ThrottleDevice
		from []specs.LinuxThrottleDevice
	}{
		{&to.BlkioThrottleReadBpsDevice, b.ThrottleReadBpsDevice},
		{&to.BlkioThrottleWriteBpsDevice, b.ThrottleWriteBpsDevice},
		{&to.BlkioThrottleReadIOPSDevice, b.ThrottleReadIOPSDevice},
		{&to.BlkioThrottleWriteIOPSDevice, b.ThrottleWriteIOPSDevice},
	} {
		for _, d := range t.from {
			*t.to = append(*t.to, cgroups.NewThrottleDevice(d.Major, d.Minor, d.Rate))
		}
	}
}

// changeDevices replaces the rules that config.json gave, and keeps the ones for /dev/null and its like that follow them.
// Rules that are the old ones are not written: something else, as for GPUs, may have added to them in the cgroup.
func changeDevices(to *cgroups.Resources, rules []specs.LinuxDeviceCgroup, old *cgroups.Resources) error {
	if len(rules) == 0 {
		return nil
	}
	given, err := deviceRules(rules)
	if err != nil {
		return err
	}
	common := commonDeviceRules(old.Devices)
	if reflect.DeepEqual(given, old.Devices[:len(old.Devices)-len(common)]) {
		return nil
	}
	to.Devices, to.SkipDevices = append(given, common...), false
	return nil
}

// deviceRules translates linux.resources.devices.
func deviceRules(from []specs.LinuxDeviceCgroup) ([]*devices.Rule, error) {
	var rules []*devices.Rule
	for i, d := range from {
		kind, ok := map[string]devices.Type{
			"": devices.WildcardDevice, "a": devices.WildcardDevice, "c": devices.CharDevice, "b": devices.BlockDevice,
		}[d.Type]
		if !ok {
			return nil, fault.Newf(fmt.Sprintf("devices[%d].type", i), "%q: must be a, b or c", d.Type)
		}
		rule := &devices.Rule{Type: kind, Major: devices.Wildcard, Minor: devices.Wildcard, Permissions: devices.Permissions(d.Access), Allow: d.Allow}
		if d.Major != nil {
			rule.Major = *d.Major
		}
		if d.Minor != nil {
			rule.Minor = *d.Minor
		}
		rules = append(rules, rule)
	}
	return rules, nil
}

// commonDeviceRules are the rules at the end of a container's that every container has.
func commonDeviceRules(rules []*devices.Rule) []*devices.Rule {
	n := len(specconv.AllowedDevices)
	if len(rules) < n {
		return nil
	}
	tail := rules[len(rules)-n:]
	for i, d := range specconv.AllowedDevices {
		if *tail[i] != d.Rule {
			return nil
		}
	}
	return tail
}

// mergeResources is old with what change sets.
func mergeResources(old, change *cgroups.Resources) *cgroups.Resources {
	merged := *old
	overlay(&merged, change)
	if change.Memory != 0 {
		merged.MemorySwap = change.MemorySwap
	}
	if change.CPUIdle != nil && change.CpuShares == 0 { // it has reset the weight
		merged.CpuShares, merged.CpuWeight = 0, 0
	}
	merged.Unified = mergeMap(old.Unified, change.Unified)
	merged.Rdma = mergeMap(old.Rdma, change.Rdma)
	merged.HugetlbLimit = mergeList(old.HugetlbLimit, change.HugetlbLimit, func(l *cgroups.HugepageLimit) string { return l.Pagesize })
	merged.NetPrioIfpriomap = mergeList(old.NetPrioIfpriomap, change.NetPrioIfpriomap, func(p *cgroups.IfPrioMap) string { return p.Interface })
	merged.BlkioWeightDevice = mergeList(old.BlkioWeightDevice, change.BlkioWeightDevice, weightDevice)
	for i, l := range throttles(&merged) {
		*l = mergeList(*throttles(old)[i], *throttles(change)[i], throttleDevice)
	}
	return &merged
}

// resourceUndo is what has to be written to take change back: the old values or, where there were none, the kernel's
// defaults, or what cg's files say now.
func resourceUndo(change, old *cgroups.Resources, cg cgroups.Manager) *cgroups.Resources {
	undo := &cgroups.Resources{SkipDevices: change.SkipDevices}
	defaults := &cgroups.Resources{
		Devices:           old.Devices,
		Memory:            -1,
		MemorySwap:        -1,
		MemoryReservation: -1,
		CpuShares:         1024,
		CpuWeight:         100,
		CpuQuota:          -1,
		CpuPeriod:         100000,
		CpuBurst:          new(uint64(0)),
		CPUIdle:           new(int64(0)),
		PidsLimit:         new(int64(-1)),
		MemorySwappiness:  new(uint64(60)),
		CpusetCpus:        current(cg, "cpuset", "cpuset.cpus"),
		CpusetMems:        current(cg, "cpuset", "cpuset.mems"),
	}
	only(undo, defaults, change)
	only(undo, old, change)
	undo.Unified, undo.Rdma = nil, nil
	for file := range change.Unified {
		if value := current(cg, "", file); value != "" {
			undo.Unified = mergeMap(undo.Unified, map[string]string{file: value})
		}
	}
	undo.HugetlbLimit = undoList(old.HugetlbLimit, change.HugetlbLimit,
		func(l *cgroups.HugepageLimit) string { return l.Pagesize },
		func(l *cgroups.HugepageLimit) *cgroups.HugepageLimit {
			return &cgroups.HugepageLimit{Pagesize: l.Pagesize, Limit: math.MaxInt64}
		})
	undo.BlkioWeightDevice = undoList(old.BlkioWeightDevice, change.BlkioWeightDevice, weightDevice,
		func(d *cgroups.WeightDevice) *cgroups.WeightDevice {
			return cgroups.NewWeightDevice(d.Major, d.Minor, 0, 0)
		})
	for i, l := range throttles(undo) {
		*l = undoList(*throttles(old)[i], *throttles(change)[i], throttleDevice,
			func(d *cgroups.ThrottleDevice) *cgroups.ThrottleDevice {
				return cgroups.NewThrottleDevice(d.Major, d.Minor, 0)
			})
	}
	return undo
}

// current reads a file of the cgroup; "" if it cannot.
func current(cg cgroups.Manager, controller, file string) string {
	dir := cg.Path(controller)
	if dir == "" || filepath.Base(file) != file {
		return ""
	}
	value, err := cgroups.ReadFile(dir, file)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(value)
}

// overlay copies the fields of from that are set.
func overlay(to, from *cgroups.Resources) { only(to, from, from) }

// only copies the fields of from that are set, and set in where, too.
func only(to, from, where *cgroups.Resources) {
	t, f, w := reflect.ValueOf(to).Elem(), reflect.ValueOf(from).Elem(), reflect.ValueOf(where).Elem()
	for i := range t.NumField() {
		if !f.Field(i).IsZero() && !w.Field(i).IsZero() {
			t.Field(i).Set(f.Field(i))
		}
	}
}

// throttles are the lists of throttled devices.
func throttles(r *cgroups.Resources) []*[]*cgroups.ThrottleDevice {
	return []*[]*cgroups.ThrottleDevice{
		&r.BlkioThrottleReadBpsDevice, &r.BlkioThrottleWriteBpsDevice,
		&r.BlkioThrottleReadIOPSDevice, &r.BlkioThrottleWriteIOPSDevice,
	}
}

func throttleDevice(d *cgroups.ThrottleDevice) [2]int64 { return [2]int64{d.Major, d.Minor} }
func weightDevice(d *cgroups.WeightDevice) [2]int64     { return [2]int64{d.Major, d.Minor} }

// mergeList is old with the elements of change in place of those with the same key, or behind them.
func mergeList[T any, K comparable](old, change []T, key func(T) K) []T {
	if len(change) == 0 {
		return old
	}
	merged := slices.Clone(old)
	for _, c := range change {
		if i := slices.IndexFunc(merged, func(m T) bool { return key(m) == key(c) }); i >= 0 {
			merged[i] = c
		} else {
			merged = append(merged, c)
		}
	}
	return merged
}

// undoList has, for each element of change, the old one with the same key or, if there is none, the one that resets it.
func undoList[T any, K comparable](old, change []T, key func(T) K, reset func(T) T) []T {
	var undo []T
	for _, c := range change {
		if i := slices.IndexFunc(old, func(o T) bool { return key(o) == key(c) }); i >= 0 {
			undo = append(undo, old[i])
		} else {
			undo = append(undo, reset(c))
		}
	}
	return undo
}

func mergeMap[V any](old, change map[string]V) map[string]V {
	if len(change) == 0 {
		return old
	}
	merged := make(map[string]V, len(old)+len(change))
	for _, m := range []map[string]V{old, change} {
		for k, v := range m {
			merged[k] = v
		}
	}
	return merged
}

package spec

import (
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func checkResources(s *specs.Spec, h *host) error {
	if s.Linux.Resources == nil {
		return nil
	}
	return validateResources(s.Linux.Resources, h)
}

func validateResources(r *specs.LinuxResources, h *host) error {
	for _, c := range []func(*specs.LinuxResources, *host) error{
		checkDeviceRules,
		checkMemory,
		checkCPU,
		checkBlockIO,
		checkHugepages,
		checkNetwork,
		checkRdma,
		checkUnified,
	} {
		if err := c(r, h); err != nil {
			return err
		}
	}
	return nil
}

func checkDeviceRules(r *specs.LinuxResources, _ *host) error {
	for i := range r.Devices {
		if err := checkDeviceRule(element("linux.resources.devices", i), &r.Devices[i]); err != nil {
			return err
		}
	}
	return nil
}

func checkDeviceRule(path string, d *specs.LinuxDeviceCgroup) error {
	major, minor := wildcard(d.Major), wildcard(d.Minor)
	switch {
	case d.Access == "":
		return refuse(path+".access", "is missing")
	case strings.Trim(d.Access, "rwm") != "":
		return advise(path+".access", "it is made of r, w and m", "unknown access %q", d.Access)
	case major < -1:
		return refuse(path+".major", "%d is negative", major)
	case minor < -1:
		return refuse(path+".minor", "%d is negative", minor)
	}
	switch d.Type {
	case "b", "c":
		return nil
	case "", "a":
		return checkRuleForAll(path, d, major, minor)
	}
	return advise(path+".type", "it is one of a, b and c", "unknown type %q", d.Type)
}

// checkRuleForAll refuses a rule for devices of all types that is about some of them: the kernel takes it for one about
// every access to every device, so that it would allow or deny far more than it says.
func checkRuleForAll(path string, d *specs.LinuxDeviceCgroup, major, minor int64) error {
	switch {
	case major != -1:
		return advise(path+".major", "give the type, b or c", "a rule for all types cannot be about major %d", major)
	case minor != -1:
		return advise(path+".minor", "give the type, b or c", "a rule for all types cannot be about minor %d", minor)
	case !strings.Contains(d.Access, "r"), !strings.Contains(d.Access, "w"), !strings.Contains(d.Access, "m"):
		return advise(path+".access", "say rwm, or give the type, b or c",
			"a rule for all types cannot be about %q only", d.Access)
	}
	return nil
}

func wildcard(n *int64) int64 {
	if n == nil {
		return -1
	}
	return *n
}

func checkMemory(r *specs.LinuxResources, h *host) error {
	m := r.Memory
	if m == nil {
		return nil
	}
	const path = "linux.resources.memory"
	limit, swap := value(m.Limit), value(m.Swap)
	switch {
	case limit < -1:
		return refuse(path+".limit", "%d is neither a size nor -1", limit)
	case swap < -1:
		return refuse(path+".swap", "%d is neither a size nor -1", swap)
	case value(m.Reservation) < -1:
		return refuse(path+".reservation", "%d is neither a size nor -1", *m.Reservation)
	case swap > 0 && limit == 0:
		return advise(path+".swap", "set memory.limit too", "is a limit of memory and swap together, without one of memory")
	case swap > 0 && limit == -1:
		return refuse(path+".swap", "%d is below the limit of memory, which is unlimited", swap)
	case swap > 0 && swap < limit:
		return advise(path+".swap", "it is memory and swap together", "%d is below memory.limit, %d", swap, limit)
	case value(m.Kernel) > 0: //nolint:staticcheck // deprecated, and refused for it
		return refuse(path+".kernel", "kernels no longer limit kernel memory by itself")
	case value(m.KernelTCP) > 0:
		return refuse(path+".kernelTCP", "a limit of TCP buffers is not supported")
	case m.UseHierarchy != nil && !*m.UseHierarchy:
		return refuse(path+".useHierarchy", "memory is always accounted hierarchically")
	}
	return checkMemoryV1(path, m, h)
}

// checkMemoryV1 is about what only cgroup v1 has; libcontainer ignores it on v2.
func checkMemoryV1(path string, m *specs.LinuxMemory, h *host) error {
	const hint = "it is a setting of cgroup v1"
	switch {
	case m.Swappiness != nil && *m.Swappiness > 100:
		return refuse(path+".swappiness", "%d is not in 0 to 100", *m.Swappiness)
	case m.Swappiness != nil && h.cgroup2():
		return advise(path+".swappiness", hint, "cgroup v2 has no swappiness")
	case m.DisableOOMKiller != nil && *m.DisableOOMKiller && h.cgroup2():
		return advise(path+".disableOOMKiller", hint, "cgroup v2 cannot disable the OOM killer")
	}
	return nil
}

func value(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

func checkCPU(r *specs.LinuxResources, h *host) error {
	c := r.CPU
	if c == nil {
		return nil
	}
	const path = "linux.resources.cpu"
	switch {
	case c.Period != nil && *c.Period != 0 && (*c.Period < 1000 || *c.Period > 1000000):
		return refuse(path+".period", "%d µs is not in 1000 to 1000000", *c.Period)
	case value(c.Quota) > 0 && *c.Quota < 1000:
		return refuse(path+".quota", "%d µs is less than 1000", *c.Quota)
	case c.Burst != nil && value(c.Quota) > 0 && *c.Burst > uint64(*c.Quota):
		return refuse(path+".burst", "%d µs is larger than the quota, %d", *c.Burst, *c.Quota)
	case c.Burst != nil && *c.Burst != 0 && !h.cgroup2() && !h.cpuBurst():
		return advise(path+".burst", "Linux 5.14 has it", "this kernel's cgroup v1 has no bursts")
	case c.Idle != nil && *c.Idle != 0 && *c.Idle != 1:
		return refuse(path+".idle", "%d is neither 0 nor 1", *c.Idle)
	case value(c.RealtimeRuntime) != 0 && h.cgroup2():
		return refuse(path+".realtimeRuntime", "cgroup v2 has no limits of realtime scheduling")
	case c.RealtimePeriod != nil && *c.RealtimePeriod != 0 && h.cgroup2():
		return refuse(path+".realtimePeriod", "cgroup v2 has no limits of realtime scheduling")
	}
	return first(checkList(path+".cpus", c.Cpus), checkList(path+".mems", c.Mems))
}

// checkList takes a list of numbers and ranges; how far they may go is the machine's business.
func checkList(path, list string) error {
	for _, part := range strings.Split(strings.TrimSpace(list), ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			to = from
		}
		a, errA := strconv.ParseUint(from, 10, 32)
		b, errB := strconv.ParseUint(to, 10, 32)
		if part != "" && (errA != nil || errB != nil || a > b) {
			return advise(path, "it is a list like 0-3,7", "%q is not a number or a range", part)
		}
	}
	return nil
}

func checkBlockIO(r *specs.LinuxResources, h *host) error {
	b := r.BlockIO
	if b == nil {
		return nil
	}
	const path = "linux.resources.blockIO"
	if b.LeafWeight != nil && *b.LeafWeight != 0 && h.cgroup2() {
		return refuse(path+".leafWeight", "cgroup v2 has no leaf weights")
	}
	if err := first(checkWeight(path+".weight", b.Weight), checkWeight(path+".leafWeight", b.LeafWeight)); err != nil {
		return err
	}
	for i := range b.WeightDevice {
		if err := checkWeightDevice(element(path+".weightDevice", i), &b.WeightDevice[i], h); err != nil {
			return err
		}
	}
	return first(
		checkThrottles(path+".throttleReadBpsDevice", b.ThrottleReadBpsDevice),
		checkThrottles(path+".throttleWriteBpsDevice", b.ThrottleWriteBpsDevice),
		checkThrottles(path+".throttleReadIOPSDevice", b.ThrottleReadIOPSDevice),
		checkThrottles(path+".throttleWriteIOPSDevice", b.ThrottleWriteIOPSDevice),
	)
}

func checkWeight(path string, weight *uint16) error {
	if weight != nil && *weight != 0 && (*weight < 10 || *weight > 1000) {
		return refuse(path, "%d is not in 10 to 1000", *weight)
	}
	return nil
}

func checkWeightDevice(path string, d *specs.LinuxWeightDevice, h *host) error {
	set := func(w *uint16) bool { return w != nil && *w != 0 }
	switch {
	case d.Major < 0 || d.Minor < 0:
		return refuse(path, "%d:%d is not a device", d.Major, d.Minor)
	case set(d.LeafWeight) && h.cgroup2():
		return refuse(path+".leafWeight", "cgroup v2 has no leaf weights")
	case set(d.Weight) && h.cgroup2() && !h.bfq():
		return advise(path+".weight", "use the I/O scheduler BFQ", "this host has no weights per device")
	}
	return first(checkWeight(path+".weight", d.Weight), checkWeight(path+".leafWeight", d.LeafWeight))
}

func checkThrottles(path string, devices []specs.LinuxThrottleDevice) error {
	for i, d := range devices {
		if d.Major < 0 || d.Minor < 0 {
			return refuse(element(path, i), "%d:%d is not a device", d.Major, d.Minor)
		}
	}
	return nil
}

func checkHugepages(r *specs.LinuxResources, h *host) error {
	for i, l := range r.HugepageLimits {
		path := element("linux.resources.hugepageLimits", i)
		if sizes := h.hugePages(); !slices.Contains(sizes, l.Pagesize) {
			return advise(path+".pageSize", "this host has "+strings.Join(sizes, ", "), "unknown size %q", l.Pagesize)
		}
		if err := needHierarchy(path, "hugetlb", h); err != nil {
			return err
		}
	}
	return nil
}

// needHierarchy names a controller of cgroup v1 that is not there. On v2 all controllers share the one hierarchy, and
// which of them it has depends on the cgroup.
func needHierarchy(path, controller string, h *host) error {
	if !h.cgroup2() && !h.hierarchy(controller) {
		return advise(path, "mount the controller or drop the limit", "no cgroup hierarchy %s is mounted", controller)
	}
	return nil
}

func checkNetwork(r *specs.LinuxResources, h *host) error {
	n := r.Network
	if n == nil {
		return nil
	}
	const path = "linux.resources.network"
	if n.ClassID != nil && *n.ClassID != 0 {
		if err := needV1(path+".classID", "net_cls", h); err != nil {
			return err
		}
	}
	for i, p := range n.Priorities {
		if !isInterfaceName(p.Name) {
			return refuse(element(path+".priorities", i)+".name", "%q is not a name of a network device", p.Name)
		}
		if err := needV1(element(path+".priorities", i), "net_prio", h); err != nil {
			return err
		}
	}
	return nil
}

func needV1(path, controller string, h *host) error {
	if h.cgroup2() {
		return refuse(path, "cgroup v2 has no controller %s", controller)
	}
	return needHierarchy(path, controller, h)
}

func checkRdma(r *specs.LinuxResources, h *host) error {
	for name := range r.Rdma {
		path := member("linux.resources.rdma", name)
		if name == "" || strings.ContainsAny(name, " \t\n\x00") {
			return refuse(path, "%q is not a name of a device", name)
		}
		if err := needHierarchy(path, "rdma", h); err != nil {
			return err
		}
	}
	return nil
}

func checkUnified(r *specs.LinuxResources, h *host) error {
	for key, v := range r.Unified {
		path := member("linux.resources.unified", key)
		switch {
		case !h.cgroup2():
			return advise(path, "use the other fields of linux.resources", "this host has cgroup v1")
		case strings.Contains(key, "/") || !strings.Contains(key, "."):
			return advise(path, "it has the form memory.high", "%q is not a file of a cgroup", key)
		}
		if err := first(checkText(path, key), checkText(path, v)); err != nil {
			return err
		}
	}
	return nil
}

package spec

import (
	"os"
	"path/filepath"

	"github.com/opencontainers/cgroups"
	"github.com/opencontainers/runc/libcontainer/apparmor"
	"github.com/opencontainers/runc/libcontainer/configs"
	"github.com/opencontainers/runc/libcontainer/intelrdt"
	"github.com/opencontainers/runc/libcontainer/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/opencontainers/selinux/go-selinux"
)

// host is what a machine offers, asked only when a configuration wants it. Tests put other machines in its place.
type host struct {
	cgroup2     func() bool
	hierarchy   func(controller string) bool // of cgroup v1
	cpuBurst    func() bool                  // of cgroup v1
	bfq         func() bool                  // weights per device on cgroup v2
	hugePages   func() []string
	apparmor    func() bool
	selinux     func() bool
	rdt         func() bool
	rdtCache    func() bool
	rdtMemory   func() bool
	namespace   func(configs.NamespaceType) bool
	seccomp     bool // built in
	seccompFlag func(specs.LinuxSeccompFlag) error
}

var thisHost = host{
	cgroup2:     cgroups.IsCgroup2UnifiedMode,
	hierarchy:   hasHierarchy,
	cpuBurst:    hasCPUBurst,
	bfq:         hasBFQ,
	hugePages:   cgroups.HugePageSizes,
	apparmor:    apparmor.IsEnabled,
	selinux:     selinux.GetEnabled,
	rdt:         intelrdt.IsEnabled,
	rdtCache:    intelrdt.IsCATEnabled,
	rdtMemory:   intelrdt.IsMBAEnabled,
	namespace:   configs.IsNamespaceSupported,
	seccomp:     seccomp.Enabled,
	seccompFlag: seccomp.FlagSupported,
}

func hasHierarchy(controller string) bool {
	_, err := cgroups.FindCgroupMountpoint("", controller)
	return err == nil
}

func hasCPUBurst() bool {
	dir, err := cgroups.FindCgroupMountpoint("", "cpu")
	if err != nil {
		return false
	}
	_, err = os.Stat(filepath.Join(dir, "cpu.cfs_burst_us"))
	return err == nil
}

// hasBFQ looks below the root of the hierarchy, which has no weight itself.
func hasBFQ() bool {
	files, _ := filepath.Glob("/sys/fs/cgroup/*/io.bfq.weight")
	return len(files) > 0
}

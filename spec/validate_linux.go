package spec

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/opencontainers/runc/libcontainer/configs"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// namespace is s's namespace of a type, nil when the container shares its caller's.
func namespace(s *specs.Spec, t specs.LinuxNamespaceType) *specs.LinuxNamespace {
	if s.Linux == nil {
		return nil
	}
	i := slices.IndexFunc(s.Linux.Namespaces, func(ns specs.LinuxNamespace) bool { return ns.Type == t })
	if i < 0 {
		return nil
	}
	return &s.Linux.Namespaces[i]
}

// checkMountNamespace: the specification has a missing namespace inherited, which libcontainer cannot do. It makes the
// container's mounts in ours, where nobody unmounts them and whoever removes the bundle removes what they show; it changes
// the propagation of all others, and ignores root.readonly and the umask.
func checkMountNamespace(s *specs.Spec, _ *host) error {
	if namespace(s, specs.MountNamespace) == nil {
		return advise("linux.namespaces", `add {"type": "mount"}`, "has no mount namespace, mounts would be made on the host")
	}
	return nil
}

func checkNamespaces(s *specs.Spec, h *host) error {
	seen := make(map[specs.LinuxNamespaceType]bool)
	for i, ns := range s.Linux.Namespaces {
		path := element("linux.namespaces", i)
		if seen[ns.Type] {
			return refuse(path+".type", "there are two %s namespaces", ns.Type)
		}
		seen[ns.Type] = true
		if err := checkNamespace(path, &ns, h); err != nil {
			return err
		}
	}
	return nil
}

func checkNamespace(path string, ns *specs.LinuxNamespace, h *host) error {
	kind, flag := namespaceKind(ns.Type)
	switch {
	case ns.Type == "":
		return refuse(path+".type", "is missing")
	case flag == 0:
		return refuse(path+".type", "unknown type %q", ns.Type)
	case !h.namespace(kind):
		return refuse(path+".type", "this kernel has no %s namespaces", ns.Type)
	case ns.Path == "":
		return nil
	case strings.Contains(ns.Path, ","):
		// libcontainer hands the paths to its C half separated by commas.
		return refuse(path+".path", "%q contains a comma", ns.Path)
	}
	if err := checkAbsolute(path+".path", ns.Path); err != nil {
		return err
	}
	return checkNamespaceFile(path+".path", ns, flag)
}

func namespaceKind(t specs.LinuxNamespaceType) (kind configs.NamespaceType, flag int) {
	switch t {
	case specs.PIDNamespace:
		return configs.NEWPID, unix.CLONE_NEWPID
	case specs.NetworkNamespace:
		return configs.NEWNET, unix.CLONE_NEWNET
	case specs.MountNamespace:
		return configs.NEWNS, unix.CLONE_NEWNS
	case specs.IPCNamespace:
		return configs.NEWIPC, unix.CLONE_NEWIPC
	case specs.UTSNamespace:
		return configs.NEWUTS, unix.CLONE_NEWUTS
	case specs.UserNamespace:
		return configs.NEWUSER, unix.CLONE_NEWUSER
	case specs.CgroupNamespace:
		return configs.NEWCGROUP, unix.CLONE_NEWCGROUP
	case specs.TimeNamespace:
		return configs.NEWTIME, unix.CLONE_NEWTIME
	}
	return "", 0
}

// checkNamespaceFile opens the file: only so can the kernel say what namespace it is.
func checkNamespaceFile(path string, ns *specs.LinuxNamespace, flag int) error {
	fd, err := unix.Open(ns.Path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return advise(path, "the namespace to join", "%s: %w", ns.Path, err)
	}
	defer unix.Close(fd)
	var fs unix.Statfs_t
	if err := unix.Fstatfs(fd, &fs); err != nil || fs.Type != unix.NSFS_MAGIC {
		return refuse(path, "%s is not a namespace", ns.Path)
	}
	if actual, err := unix.IoctlRetInt(fd, unix.NS_GET_NSTYPE); err == nil && actual != flag {
		return refuse(path, "%s is not a %s namespace", ns.Path, ns.Type)
	}
	return nil
}

func checkUserNamespace(s *specs.Spec, _ *host) error {
	uids, gids := s.Linux.UIDMappings, s.Linux.GIDMappings
	ns := namespace(s, specs.UserNamespace)
	switch {
	case ns == nil && (len(uids) > 0 || len(gids) > 0):
		return advise("linux.uidMappings", "add a user namespace to linux.namespaces", "there is no user namespace to map in")
	case ns != nil && ns.Path == "" && len(uids) == 0:
		return advise("linux.uidMappings", "a new user namespace has both mappings", "is missing")
	case ns != nil && ns.Path == "" && len(gids) == 0:
		return advise("linux.gidMappings", "a new user namespace has both mappings", "is missing")
	case ns != nil && ns.Path == "" && !mapsRoot(uids):
		return advise("linux.uidMappings", "the container's mounts are made by its root", "does not map containerID 0")
	case ns != nil && ns.Path == "" && !mapsRoot(gids):
		return advise("linux.gidMappings", "the container's mounts are made by its root", "does not map containerID 0")
	}
	return first(checkMappings("linux.uidMappings", uids), checkMappings("linux.gidMappings", gids))
}

func mapsRoot(mappings []specs.LinuxIDMapping) bool {
	return slices.ContainsFunc(mappings, func(m specs.LinuxIDMapping) bool { return m.ContainerID == 0 })
}

// maxMappings is the kernel's UID_GID_MAP_MAX_EXTENTS.
const maxMappings = 340

// checkMappings names what the kernel would answer with a bare EINVAL when the map is written.
func checkMappings(path string, mappings []specs.LinuxIDMapping) error {
	if len(mappings) > maxMappings {
		return refuse(path, "has %d entries, the most is %d", len(mappings), maxMappings)
	}
	for i, m := range mappings {
		if m.Size == 0 {
			return refuse(element(path, i)+".size", "is 0")
		}
		if end := uint64(max(m.ContainerID, m.HostID)) + uint64(m.Size); end > math.MaxUint32 {
			return refuse(element(path, i), "ends at id %d, beyond the last one", end-1)
		}
	}
	return first(
		checkOverlap(path, "containerID", mappings, func(m specs.LinuxIDMapping) uint32 { return m.ContainerID }),
		checkOverlap(path, "hostID", mappings, func(m specs.LinuxIDMapping) uint32 { return m.HostID }),
	)
}

func checkOverlap(path, field string, mappings []specs.LinuxIDMapping, start func(specs.LinuxIDMapping) uint32) error {
	sorted := slices.SortedFunc(slices.Values(mappings), func(a, b specs.LinuxIDMapping) int {
		return cmp.Compare(start(a), start(b))
	})
	for i := 1; i < len(sorted); i++ {
		if a, b := sorted[i-1], sorted[i]; start(a)+a.Size > start(b) {
			return refuse(path, "%s %d is mapped twice", field, start(b))
		}
	}
	return nil
}

func checkTimeNamespace(s *specs.Spec, _ *host) error {
	ns := namespace(s, specs.TimeNamespace)
	for clock, offset := range s.Linux.TimeOffsets {
		path := member("linux.timeOffsets", clock)
		switch {
		case ns == nil:
			return advise(path, "add a time namespace to linux.namespaces", "there is no time namespace")
		case ns.Path != "":
			return refuse(path, "the time namespace that is joined has its own offsets")
		case clock != "monotonic" && clock != "boottime":
			return advise(path, "the clocks are monotonic and boottime", "unknown clock")
		case offset.Nanosecs > 999999999:
			return refuse(path+".nanosecs", "%d is not less than a second", offset.Nanosecs)
		}
	}
	return nil
}

func checkSysctls(s *specs.Spec, _ *host) error {
	for key := range s.Linux.Sysctl {
		if err := checkSysctl(member("linux.sysctl", key), key, s); err != nil {
			return err
		}
	}
	return nil
}

// checkSysctl refuses the settings of the host: those of no namespace, or of one that the container does not have.
func checkSysctl(path, key string, s *specs.Spec) error {
	key = dotted(key)
	if key == "kernel.hostname" {
		return advise(path, "use the field hostname", "would contend with hostname")
	}
	t := sysctlNamespace(key)
	if t == "" {
		return refuse(path, "is a setting of the whole host")
	}
	ns := namespace(s, t)
	if ns == nil {
		return advise(path, fmt.Sprintf("add a %s namespace to linux.namespaces", t), "is a setting of the host's %s namespace", t)
	}
	if t == specs.NetworkNamespace && ns.Path != "" && sameFile(ns.Path, "/proc/self/ns/net") {
		return refuse(path, "is a setting of the host's network namespace, which the container joins")
	}
	return nil
}

// dotted is a sysctl's name with dots: net/ipv4/conf/eth0.1/forwarding is net.ipv4.conf.eth0/1.forwarding.
func dotted(key string) string {
	if i := strings.IndexAny(key, "./"); i < 0 || key[i] == '.' {
		return key
	}
	return strings.NewReplacer(".", "/", "/", ".").Replace(key)
}

// sysctlNamespace is the type of the namespace that a setting belongs to, "" for none.
func sysctlNamespace(key string) specs.LinuxNamespaceType {
	switch key {
	case "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax",
		"kernel.shmmni", "kernel.shm_rmid_forced":
		return specs.IPCNamespace
	case "kernel.domainname":
		return specs.UTSNamespace
	}
	top, _, _ := strings.Cut(key, ".")
	switch {
	case top == "net":
		return specs.NetworkNamespace
	case top == "user":
		return specs.UserNamespace
	case strings.HasPrefix(key, "fs.mqueue."):
		return specs.IPCNamespace
	}
	return ""
}

func sameFile(a, b string) bool {
	sa, err := os.Stat(a)
	if err != nil {
		return false
	}
	sb, err := os.Stat(b)
	return err == nil && os.SameFile(sa, sb)
}

// isInterfaceName follows the kernel's dev_valid_name.
func isInterfaceName(name string) bool {
	return name != "" && len(name) < unix.IFNAMSIZ && name != "." && name != ".." &&
		!strings.ContainsAny(name, "/: \t\n\v\f\r\x00")
}

func checkRdt(s *specs.Spec, h *host) error {
	rdt := s.Linux.IntelRdt
	if rdt == nil {
		return nil
	}
	const path = "linux.intelRdt"
	switch {
	case !h.rdt():
		return advise(path, "mount resctrl, on a machine that has Intel RDT", "Intel RDT is not available on this host")
	case rdt.ClosID == ".", rdt.ClosID == "..", len(rdt.ClosID) > 1 && strings.Contains(rdt.ClosID, "/"):
		return refuse(path+".closID", "%q is not a name of a directory", rdt.ClosID)
	case rdt.L3CacheSchema != "" && !h.rdtCache():
		return refuse(path+".l3CacheSchema", "this host cannot allocate cache")
	case rdt.MemBwSchema != "" && !h.rdtMemory():
		return refuse(path+".memBwSchema", "this host cannot allocate memory bandwidth")
	}
	return nil
}

func checkMemoryPolicy(s *specs.Spec, _ *host) error {
	p := s.Linux.MemoryPolicy
	if p == nil {
		return nil
	}
	const path = "linux.memoryPolicy"
	if err := checkCPUs(path+".nodes", p.Nodes); err != nil {
		return err
	}
	switch p.Mode {
	case specs.MpolDefault, specs.MpolLocal:
		if p.Nodes != "" {
			return refuse(path+".nodes", "%s takes no nodes", p.Mode)
		}
	case specs.MpolBind, specs.MpolInterleave, specs.MpolWeightedInterleave, specs.MpolPreferredMany:
		if p.Nodes == "" {
			return refuse(path+".nodes", "is missing, %s needs a node", p.Mode)
		}
	case specs.MpolPreferred:
	case "":
		return refuse(path+".mode", "is missing")
	default:
		return refuse(path+".mode", "unknown mode %q", p.Mode)
	}
	return checkMemoryPolicyFlags(path+".flags", p.Flags)
}

func checkMemoryPolicyFlags(path string, flags []specs.MemoryPolicyFlagType) error {
	for i, f := range flags {
		switch f {
		case specs.MpolFNumaBalancing, specs.MpolFRelativeNodes, specs.MpolFStaticNodes:
		default:
			return refuse(element(path, i), "unknown flag %q", f)
		}
	}
	if slices.Contains(flags, specs.MpolFStaticNodes) && slices.Contains(flags, specs.MpolFRelativeNodes) {
		return refuse(path, "%s and %s exclude each other", specs.MpolFStaticNodes, specs.MpolFRelativeNodes)
	}
	return nil
}

func checkPersonality(s *specs.Spec, _ *host) error {
	p := s.Linux.Personality
	switch {
	case p == nil:
		return nil
	case p.Domain != specs.PerLinux && p.Domain != specs.PerLinux32:
		return advise("linux.personality.domain", "it is LINUX or LINUX32", "unknown domain %q", p.Domain)
	case len(p.Flags) > 0:
		return refuse("linux.personality.flags[0]", "%q: flags are not supported", p.Flags[0])
	}
	return nil
}

func checkCgroupsPath(s *specs.Spec, _ *host) error {
	const path = "linux.cgroupsPath"
	if slices.Contains(strings.Split(s.Linux.CgroupsPath, "/"), "..") {
		return refuse(path, "%q leads upwards with ..", s.Linux.CgroupsPath)
	}
	return checkText(path, s.Linux.CgroupsPath)
}

func checkDevices(s *specs.Spec, _ *host) error {
	seen := make(map[string]*specs.LinuxDevice)
	for i := range s.Linux.Devices {
		d, path := &s.Linux.Devices[i], element("linux.devices", i)
		if err := checkDevice(path, d); err != nil {
			return err
		}
		name := filepath.Clean(d.Path)
		if other := seen[name]; other != nil && !sameDevice(d, other) {
			return refuse(path+".path", "%s is another device as well", d.Path)
		}
		seen[name] = d
		if err := checkDeviceFile(path, d, s); err != nil {
			return err
		}
	}
	return nil
}

// The kernel packs a device number into 32 bits.
const (
	maxMajor = 1<<12 - 1
	maxMinor = 1<<20 - 1
)

func checkDevice(path string, d *specs.LinuxDevice) error {
	if err := checkAbsolute(path+".path", d.Path); err != nil {
		return err
	}
	switch d.Type {
	case "p":
		return nil
	case "c", "u", "b":
	case "":
		return refuse(path+".type", "is missing")
	default:
		return advise(path+".type", "it is one of c, u, b and p", "unknown type %q", d.Type)
	}
	if d.Major < 0 || d.Major > maxMajor {
		return refuse(path+".major", "%d is not in 0 to %d", d.Major, maxMajor)
	}
	if d.Minor < 0 || d.Minor > maxMinor {
		return refuse(path+".minor", "%d is not in 0 to %d", d.Minor, maxMinor)
	}
	return nil
}

func sameDevice(a, b *specs.LinuxDevice) bool {
	return deviceMode(a) == deviceMode(b) && (a.Type == "p" || a.Major == b.Major && a.Minor == b.Minor)
}

func deviceMode(d *specs.LinuxDevice) uint32 {
	switch d.Type {
	case "b":
		return unix.S_IFBLK
	case "p":
		return unix.S_IFIFO
	}
	return unix.S_IFCHR
}

// checkDeviceFile looks at the file that libcontainer would silently take for the device:
//
//	/dev is a bind mount     what is there; libcontainer then makes no devices at all, wherever they shall be
//	in a user namespace,     the host's file of the same path
//	where nobody can make
//	otherwise                one that the root file system holds there already
func checkDeviceFile(path string, d *specs.LinuxDevice, s *specs.Spec) error {
	var st unix.Stat_t
	if dev := boundDev(s.Mounts); dev != nil {
		if err := statBelow(dev, s.Root.Path, d.Path, &st); err != nil || !isDevice(&st, d) {
			return advise(path, "no devices are made when /dev is a bind mount", "%s is not there", d.Path)
		}
		return nil
	}
	if namespace(s, specs.UserNamespace) != nil {
		const hint = "in a user namespace a device is the host's of the same path"
		if err := unix.Stat(d.Path, &st); err != nil {
			return advise(path, hint, "%s: %w", d.Path, err)
		}
		if !isDevice(&st, d) {
			return advise(path, hint, "the host's %s is another file", d.Path)
		}
		return nil
	}
	if !hidden(d.Path, s.Mounts) && statInRoot(s.Root.Path, d.Path, &st) == nil && !isDevice(&st, d) {
		return refuse(path+".path", "%s exists in the root file system and is another file", d.Path)
	}
	return nil
}

// boundDev is the bind mount on /dev, or nil.
func boundDev(mounts []specs.Mount) *specs.Mount {
	i := slices.IndexFunc(mounts, func(m specs.Mount) bool {
		return isBind(&m) && filepath.Clean("/"+m.Destination) == "/dev"
	})
	if i < 0 {
		return nil
	}
	return &mounts[i]
}

// statBelow looks for a device in the source of the mount on /dev, or in the root file system.
func statBelow(dev *specs.Mount, root, path string, st *unix.Stat_t) error {
	if below, ok := strings.CutPrefix(filepath.Clean(path), "/dev/"); ok {
		return statInRoot(dev.Source, below, st)
	}
	return statInRoot(root, path, st)
}

func isDevice(st *unix.Stat_t, d *specs.LinuxDevice) bool {
	return st.Mode&unix.S_IFMT == deviceMode(d) &&
		(d.Type == "p" || uint64(st.Rdev) == unix.Mkdev(uint32(d.Major), uint32(d.Minor)))
}

// hidden says whether a mount covers path of the root file system.
func hidden(path string, mounts []specs.Mount) bool {
	return slices.ContainsFunc(mounts, func(m specs.Mount) bool {
		rel, err := filepath.Rel(filepath.Clean("/"+m.Destination), filepath.Clean(path))
		return err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
	})
}

// statInRoot is lstat with root as the root: no symbolic link of an image leads out of it.
func statInRoot(root, path string, st *unix.Stat_t) error {
	dir, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	fd, err := unix.Openat2(dir, path, &unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_NOFOLLOW | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS,
	})
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Fstat(fd, st)
}

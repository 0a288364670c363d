package spec

import (
	"os"
	"path/filepath"
	"slices"
	"sync"

	devices "github.com/opencontainers/cgroups/devices/config"
	"github.com/opencontainers/runc/libcontainer/configs"
	"github.com/opencontainers/runc/libcontainer/specconv"
	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/huskrun/husk/internal/fault"
)

// ConvertOptions is what a configuration needs to know beyond config.json.
type ConvertOptions struct {
	// ID is the container's id; it names the cgroup when config.json does not.
	ID string
	// Bundle is the absolute path of the bundle.
	Bundle string
	// SystemdCgroup takes linux.cgroupsPath as slice:prefix:name.
	SystemdCgroup bool
	// NoPivot moves the root with MS_MOVE and chroot.
	NoPivot bool
	// NoNewKeyring keeps the caller's session keyring.
	NoNewKeyring bool
	// RootlessEUID says that we are not root in our user namespace.
	RootlessEUID bool
	// RootlessCgroups ignores cgroups that cannot be managed.
	RootlessCgroups bool
}

// specconvMu keeps conversions from writing to specconv's list of default devices at the same time.
var specconvMu sync.Mutex

// Convert turns a valid spec into libcontainer's configuration. It leaves s as it is.
//
// The hooks in the result are the raw commands of config.json, without poststart and poststop: libcontainer runs those
// two at the wrong time, so the caller keeps and runs them.
func Convert(s *specs.Spec, o ConvertOptions) (*configs.Config, error) {
	c := *s
	Absolutize(&c, o.Bundle)
	plainOptions(c.Mounts)
	nameNetDevices(&c)
	specconvMu.Lock()
	defer specconvMu.Unlock()
	cfg, err := specconv.CreateLibcontainerConfig(&specconv.CreateOpts{
		CgroupName:       o.ID,
		UseSystemdCgroup: o.SystemdCgroup,
		NoPivotRoot:      o.NoPivot,
		NoNewKeyring:     o.NoNewKeyring,
		Spec:             &c,
		RootlessEUID:     o.RootlessEUID,
		RootlessCgroups:  o.RootlessCgroups,
	})
	if err != nil {
		return nil, fault.New("config.json", err, "")
	}
	// What config.json does not grant is not granted: without this libcontainer would leave the caller's capabilities.
	if cfg.Capabilities == nil {
		cfg.Capabilities = &configs.Capabilities{}
	}
	// specconv appends its label last, and takes the caller's working directory for the bundle.
	cfg.Labels[len(cfg.Labels)-1] = "bundle=" + o.Bundle
	if o.SystemdCgroup && (s.Linux == nil || s.Linux.CgroupsPath == "") {
		cfg.Cgroups.ScopePrefix = "husk"
	}
	dropFIFONumbers(cfg.Devices)
	if err := ownDevices(cfg); err != nil {
		return nil, fault.New("linux.uidMappings", err, "")
	}
	delete(cfg.Hooks, configs.Poststart)
	delete(cfg.Hooks, configs.Poststop)
	return cfg, nil
}

// ConvertMount turns a valid mount, its source absolute, into libcontainer's.
func ConvertMount(m *specs.Mount) (*configs.Mount, error) {
	mounts := []specs.Mount{*m}
	plainOptions(mounts)
	cfg, err := specconv.CreateLibcontainerConfig(&specconv.CreateOpts{
		Spec: &specs.Spec{Root: &specs.Root{Path: "/"}, Mounts: mounts},
	})
	if err != nil {
		return nil, err
	}
	return cfg.Mounts[0], nil
}

// Absolutize makes the paths that count from the bundle absolute: root.path and the sources of bind mounts. Symbolic
// links on the way to the root are resolved once, here, because libcontainer refuses a root that it reaches through one.
// What it changes it copies first: slices and structs that s shares with others stay as they are.
func Absolutize(s *specs.Spec, bundle string) {
	if s.Root != nil && s.Root.Path != "" {
		root := *s.Root
		root.Path = resolve(absolute(bundle, root.Path))
		s.Root = &root
	}
	s.Mounts = slices.Clone(s.Mounts)
	for i := range s.Mounts {
		if m := &s.Mounts[i]; isBind(m) && m.Source != "" {
			m.Source = absolute(bundle, m.Source)
		}
	}
}

// plainOptions rewrites what specconv or libcontainer do not understand as it is meant: defaults asks for nothing, but
// would be passed on to the file system; and of a mount that is not a bind nothing lies below, so that the recursive form
// of an attribute, which would be ignored there, is the plain one.
func plainOptions(mounts []specs.Mount) {
	for i := range mounts {
		m := &mounts[i]
		m.Options = slices.DeleteFunc(slices.Clone(m.Options), func(o string) bool { return o == "defaults" })
		if isBind(m) {
			continue
		}
		for j, o := range m.Options {
			if isRecursiveAttribute(o) {
				m.Options[j] = o[len("r"):]
			}
		}
	}
}

// dropFIFONumbers: a FIFO has none, and libcontainer would look for those of config.json in the node that it has made.
func dropFIFONumbers(nodes []*devices.Device) {
	for _, d := range nodes {
		if d.Type == devices.FifoDevice {
			d.Major, d.Minor = 0, 0
		}
	}
}

// ownDevices copies the nodes that belong to specconv, and gives them the owner that they have in this container:
// specconv writes it into its own list, where it would be that of the next container too.
func ownDevices(cfg *configs.Config) error {
	uid, err := cfg.HostRootUID()
	if err != nil {
		return err
	}
	gid, err := cfg.HostRootGID()
	if err != nil {
		return err
	}
	for i, d := range cfg.Devices {
		if slices.Contains(specconv.AllowedDevices, d) {
			node := *d
			node.Uid, node.Gid = uint32(uid), uint32(gid)
			cfg.Devices[i] = &node
		}
	}
	return nil
}

func absolute(bundle, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(bundle, path)
}

// resolve follows symbolic links; a path that does not exist stays as it is, for Validate to name it.
func resolve(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

func isBind(m *specs.Mount) bool {
	return slices.Contains(m.Options, "bind") || slices.Contains(m.Options, "rbind")
}

// isDir says whether path is a directory, or why that cannot be known.
func isDir(path string) (bool, error) {
	st, err := os.Stat(path)
	if err != nil {
		return false, bareErrno(err)
	}
	return st.IsDir(), nil
}

package spec

import (
	"os"
	"path/filepath"
	"slices"

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

// Convert turns a valid spec into libcontainer's configuration. It leaves s as it is.
//
// The hooks in the result are the raw commands of config.json, without poststart and poststop: libcontainer runs those
// two at the wrong time, so the caller keeps and runs them.
func Convert(s *specs.Spec, o ConvertOptions) (*configs.Config, error) {
	c := *s
	Absolutize(&c, o.Bundle)
	nameNetDevices(&c)
	dropDefaults(c.Mounts)
	dropPipeNumbers(&c)
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
	// specconv appends its label last, and takes the caller's working directory for the bundle.
	cfg.Labels[len(cfg.Labels)-1] = "bundle=" + o.Bundle
	if o.SystemdCgroup && (s.Linux == nil || s.Linux.CgroupsPath == "") {
		cfg.Cgroups.ScopePrefix = "husk"
	}
	dropFIFONumbers(cfg.Devices)
	delete(cfg.Hooks, configs.Poststart)
	delete(cfg.Hooks, configs.Poststop)
	return cfg, nil
}

// ConvertMount turns a valid mount, its source absolute, into libcontainer's.
func ConvertMount(m *specs.Mount) (*configs.Mount, error) {
	mounts := []specs.Mount{*m}
	dropDefaults(mounts)
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

// dropDefaults removes the option defaults, which asks for nothing; specconv would pass it to the file system as data.
func dropDefaults(mounts []specs.Mount) {
	for i := range mounts {
		m := &mounts[i]
		m.Options = slices.DeleteFunc(slices.Clone(m.Options), func(o string) bool { return o == "defaults" })
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

// dropPipeNumbers: the specification has no device numbers for FIFOs, and libcontainer would compare them with 0:0.
func dropPipeNumbers(s *specs.Spec) {
	isPipe := func(d specs.LinuxDevice) bool { return d.Type == "p" }
	if s.Linux == nil || !slices.ContainsFunc(s.Linux.Devices, isPipe) {
		return
	}
	linux := *s.Linux
	linux.Devices = slices.Clone(linux.Devices)
	for i := range linux.Devices {
		if d := &linux.Devices[i]; isPipe(*d) {
			d.Major, d.Minor = 0, 0
		}
	}
	s.Linux = &linux
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

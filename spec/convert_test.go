package spec

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	devices "github.com/opencontainers/cgroups/devices/config"
	"github.com/opencontainers/runc/libcontainer/configs"
	"github.com/opencontainers/runc/libcontainer/specconv"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// bundleOf makes a bundle directory with a rootfs and the data that mounts refer to.
func bundleOf(t testing.TB) string {
	t.Helper()
	bundle := t.TempDir()
	for _, dir := range []string{"rootfs", "data"} {
		if err := os.Mkdir(filepath.Join(bundle, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return bundle
}

func relativeSpec() *specs.Spec {
	s := Default()
	s.Annotations = map[string]string{"org.example": "x"}
	s.Mounts = append(s.Mounts,
		specs.Mount{Destination: "/data", Source: "data", Options: []string{"rbind", "ro"}},
		specs.Mount{Destination: "/t", Source: "tmpfs", Type: "tmpfs", Options: []string{"size=1m"}},
	)
	s.Hooks = &specs.Hooks{
		Prestart:        []specs.Hook{{Path: "/1"}}, //nolint:staticcheck // deprecated, and in use
		CreateRuntime:   []specs.Hook{{Path: "/2"}},
		CreateContainer: []specs.Hook{{Path: "/3"}},
		StartContainer:  []specs.Hook{{Path: "/4"}},
		Poststart:       []specs.Hook{{Path: "/5"}},
		Poststop:        []specs.Hook{{Path: "/6"}},
	}
	return s
}

// Wherever the caller stands, the result is what libcontainer's own conversion makes inside the bundle.
func TestConvertFromAnywhere(t *testing.T) {
	bundle := bundleOf(t)
	got, err := Convert(relativeSpec(), ConvertOptions{ID: "c", Bundle: bundle, NoPivot: true, NoNewKeyring: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(bundle)
	want, err := specconv.CreateLibcontainerConfig(&specconv.CreateOpts{
		CgroupName: "c", NoPivotRoot: true, NoNewKeyring: true, Spec: relativeSpec(),
	})
	if err != nil {
		t.Fatal(err)
	}
	delete(want.Hooks, configs.Poststart)
	delete(want.Hooks, configs.Poststop)
	if g, w := toJSON(t, got), toJSON(t, want); g != w {
		t.Errorf("got  %s\nwant %s", g, w)
	}
}

func TestConvertLeavesTheSpecAlone(t *testing.T) {
	s := relativeSpec()
	s.Mounts[0].Options = []string{"nosuid", "defaults", "noexec"}
	before := toJSON(t, s)
	if _, err := Convert(s, ConvertOptions{ID: "c", Bundle: bundleOf(t)}); err != nil {
		t.Fatal(err)
	}
	if after := toJSON(t, s); after != before {
		t.Errorf("before %s\nafter  %s", before, after)
	}
}

func TestConvertRewritesOptions(t *testing.T) {
	s := Default()
	s.Mounts = []specs.Mount{
		{Destination: "/t", Type: "tmpfs", Options: []string{"defaults", "size=1m", "defaults", "rro", "rnosuid", "rrelatime", "ro"}},
		{Destination: "/b", Source: "data", Options: []string{"defaults", "rbind", "rro"}},
	}
	cfg, err := Convert(s, ConvertOptions{ID: "c", Bundle: bundleOf(t)})
	if err != nil {
		t.Fatal(err)
	}
	if m := cfg.Mounts[0]; m.Data != "size=1m" || m.Flags != unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_RELATIME || m.RecAttr != nil {
		t.Errorf("tmpfs: %+v", m)
	}
	if m := cfg.Mounts[1]; m.Data != "" || m.RecAttr == nil || m.RecAttr.Attr_set != unix.MOUNT_ATTR_RDONLY {
		t.Errorf("bind: %+v", m)
	}
}

func TestConvertDropsTheNumbersOfFIFOs(t *testing.T) {
	s := Default()
	s.Linux.Devices = []specs.LinuxDevice{{Path: "/p", Type: "p", Major: 8, Minor: 5}, {Path: "/c", Type: "c", Major: 8, Minor: 5}}
	cfg, err := Convert(s, ConvertOptions{ID: "c", Bundle: bundleOf(t)})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range cfg.Devices {
		if want := map[string]int64{"/p": 0, "/c": 8}; (d.Path == "/p" || d.Path == "/c") && d.Major != want[d.Path] {
			t.Errorf("%s: major %d", d.Path, d.Major)
		}
	}
	if s.Linux.Devices[0].Major != 8 {
		t.Error("the spec was changed")
	}
}

// A process may convert many containers, some of them with user namespaces.
func TestConvertKeepsContainersApart(t *testing.T) {
	bundle := bundleOf(t)
	owner := func(s *specs.Spec) uint32 {
		cfg, err := Convert(s, ConvertOptions{ID: "c", Bundle: bundle})
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(cfg.Devices, func(d *devices.Device) bool { return d.Path == "/dev/null" })
		return cfg.Devices[i].Uid
	}
	mapped := Default()
	ToRootless(mapped)
	mapped.Linux.UIDMappings[0].HostID = 1000
	for range 2 {
		if got := owner(mapped); got != 1000 {
			t.Errorf("with a user namespace /dev/null belongs to %d", got)
		}
		if got := owner(Default()); got != 0 {
			t.Errorf("without a user namespace /dev/null belongs to %d", got)
		}
	}
}

func TestConvertKeepsHooksInOrder(t *testing.T) {
	cfg, err := Convert(relativeSpec(), ConvertOptions{ID: "c", Bundle: bundleOf(t)})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[configs.HookName]int{
		configs.Prestart: 1, configs.CreateRuntime: 1, configs.CreateContainer: 1, configs.StartContainer: 1,
		configs.Poststart: 0, configs.Poststop: 0,
	} {
		if got := len(cfg.Hooks[name]); got != want {
			t.Errorf("%s: %d hooks, want %d", name, got, want)
		}
	}
}

func TestConvertNamesItsOwnScope(t *testing.T) {
	for path, want := range map[string]string{"": "husk", "system.slice:docker:1": "docker"} {
		s := Default()
		s.Linux.CgroupsPath = path
		cfg, err := Convert(s, ConvertOptions{ID: "c", Bundle: bundleOf(t), SystemdCgroup: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := cfg.Cgroups.ScopePrefix; got != want {
			t.Errorf("cgroupsPath %q: scope prefix %q, want %q", path, got, want)
		}
	}
}

func TestConvertRefusesABrokenSystemdPath(t *testing.T) {
	s := Default()
	s.Linux.CgroupsPath = "/not/systemd"
	_, err := Convert(s, ConvertOptions{ID: "c", Bundle: bundleOf(t), SystemdCgroup: true})
	if err == nil || !strings.Contains(err.Error(), "slice:prefix:name") {
		t.Errorf("got %v", err)
	}
}

func TestAbsolutizeFollowsLinksToTheRoot(t *testing.T) {
	bundle := bundleOf(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(bundle, link); err != nil {
		t.Fatal(err)
	}
	s := relativeSpec()
	s.Root.Path = "../" + filepath.Base(link) + "/./rootfs/"
	Absolutize(s, link)
	if want := filepath.Join(bundle, "rootfs"); s.Root.Path != want {
		t.Errorf("root %s, want %s", s.Root.Path, want)
	}
	i := slices.IndexFunc(s.Mounts, func(m specs.Mount) bool { return m.Destination == "/data" })
	if want := filepath.Join(link, "data"); s.Mounts[i].Source != want {
		t.Errorf("source %s, want %s", s.Mounts[i].Source, want)
	}
}

func TestAbsolutizeKeepsWhatIsMissing(t *testing.T) {
	s := &specs.Spec{Root: &specs.Root{Path: "no/such"}}
	Absolutize(s, "/bundle")
	if s.Root.Path != "/bundle/no/such" {
		t.Errorf("root %s", s.Root.Path)
	}
}

func TestConvertProcess(t *testing.T) {
	p := relativeSpec().Process
	p.User = specs.User{UID: 1, GID: 2, AdditionalGids: []uint32{3, 4}}
	p.ConsoleSize = &specs.Box{Width: 80, Height: 24}
	p.ExecCPUAffinity = &specs.CPUAffinity{Final: "0"}
	p.ApparmorProfile, p.SelinuxLabel = "profile", "label"
	got, err := ConvertProcess(p)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case got.UID != 1, got.GID != 2, !slices.Equal(got.AdditionalGroups, []int{3, 4}):
		t.Errorf("user: %+v", got)
	case got.ConsoleWidth != 80, got.ConsoleHeight != 24, !got.Terminal:
		t.Errorf("console: %+v", got)
	case !got.CPUAffinity.Final.IsSet(0), got.CPUAffinity.Initial != nil:
		t.Errorf("affinity: %+v", got.CPUAffinity)
	case got.AppArmorProfile != "profile", got.SelinuxLabel != "label", !got.NoNewPrivileges:
		t.Errorf("labels: %+v", got)
	case len(got.Rlimits) != 1 || got.Rlimits[0] != configs.Rlimit{Type: 7, Soft: 1024, Hard: 1024}:
		t.Errorf("rlimits: %+v", got.Rlimits)
	case !slices.Equal(got.Capabilities.Bounding, p.Capabilities.Bounding) || got.Capabilities.Ambient != nil:
		t.Errorf("capabilities: %+v", got.Capabilities)
	}
}

// A process without capabilities keeps the caller's: nil must stay nil.
func TestConvertProcessWithoutCapabilities(t *testing.T) {
	got, err := ConvertProcess(&specs.Process{Args: []string{"a"}, Cwd: "/"})
	if err != nil || got.Capabilities != nil || got.Rlimits != nil || got.CPUAffinity != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func toJSON(t testing.TB, v any) string {
	t.Helper()
	data, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

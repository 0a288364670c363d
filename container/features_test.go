package container

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runc/libcontainer/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/huskrun/husk/spec"
)

func toJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// What features lists, a configuration may use.
func TestFeaturesAreAccepted(t *testing.T) {
	f := GetFeatures()
	for _, option := range f.MountOptions {
		m := &specs.Mount{Destination: "/x", Source: "/", Options: []string{"bind", option}}
		switch option {
		case "tmpcopyup":
			m = &specs.Mount{Destination: "/x", Type: "tmpfs", Options: []string{option}}
		case "idmap", "ridmap":
			m.UIDMappings = []specs.LinuxIDMapping{{Size: 1}}
			m.GIDMappings = m.UIDMappings
		}
		if err := spec.ValidateMount("mount", m); err != nil {
			t.Errorf("%s: %v", option, err)
		}
		cfg, err := spec.ConvertMount(m)
		if err != nil {
			t.Errorf("%s: %v", option, err)
		} else if cfg.Data != "" {
			t.Errorf("%s: the file system would get %q", option, cfg.Data)
		}
	}
	s := spec.Default()
	s.Root.Path = t.TempDir()
	s.Hostname = ""
	for _, ns := range f.Linux.Namespaces {
		if _, err := os.Stat("/proc/self/ns/time"); ns == "time" && err != nil {
			continue // built in, but not into this kernel
		}
		s.Linux.Namespaces = []specs.LinuxNamespace{{Type: specs.MountNamespace}}
		if ns != "mount" {
			s.Linux.Namespaces = append(s.Linux.Namespaces, specs.LinuxNamespace{Type: specs.LinuxNamespaceType(ns)})
		}
		s.Linux.UIDMappings, s.Linux.GIDMappings = nil, nil
		if ns == "user" {
			s.Linux.UIDMappings = []specs.LinuxIDMapping{{Size: 1}}
			s.Linux.GIDMappings = s.Linux.UIDMappings
		}
		if err := spec.Validate(s); err != nil {
			t.Errorf("namespace %s: %v", ns, err)
		}
	}
}

func TestFeaturesForClients(t *testing.T) {
	f := GetFeatures()
	if f.OCIVersionMin != "1.0.0" || f.OCIVersionMax != specs.Version {
		t.Errorf("versions %s to %s", f.OCIVersionMin, f.OCIVersionMax)
	}
	for _, option := range []string{"rro", "idmap", "tmpcopyup", "bind"} { // rro is what containerd looks for
		if !slices.Contains(f.MountOptions, option) {
			t.Errorf("mount option %s is missing", option)
		}
	}
	if !slices.IsSorted(f.MountOptions) || !slices.Contains(f.Linux.Capabilities, "CAP_CHECKPOINT_RESTORE") {
		t.Errorf("%v, %v", f.MountOptions, f.Linux.Capabilities)
	}
	if f.Annotations["org.opencontainers.runc.checkpoint.enabled"] != "true" {
		t.Errorf("annotations %v", f.Annotations)
	}
	for _, unsafe := range []string{"bundle", "org.systemd.property.", "org.criu.config", hooksStdout, hooksStderr, keepGroups} {
		if !slices.Contains(f.PotentiallyUnsafeConfigAnnotations, unsafe) {
			t.Errorf("%s is not called unsafe", unsafe)
		}
	}
	if *f.Linux.Seccomp.Enabled != seccomp.Enabled {
		t.Error("seccomp: not as built")
	}
	for _, flag := range f.Linux.Seccomp.SupportedFlags {
		if !slices.Contains(f.Linux.Seccomp.KnownFlags, flag) {
			t.Errorf("flag %s is supported but not known", flag)
		}
	}
	if data := toJSON(t, f); !strings.Contains(data, `"idmap": {`) || strings.Contains(data, "null") {
		t.Errorf("JSON: %s", data)
	}
}

package spec

import (
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func netDevices(names map[string]string, path string) *specs.Spec {
	devices := make(map[string]specs.LinuxNetDevice)
	for outside, inside := range names {
		devices[outside] = specs.LinuxNetDevice{Name: inside}
	}
	return &specs.Spec{Linux: &specs.Linux{
		Namespaces: []specs.LinuxNamespace{{Type: specs.NetworkNamespace, Path: path}},
		NetDevices: devices,
	}}
}

func TestNetDevicesAreNumbered(t *testing.T) {
	s := netDevices(map[string]string{"a": "eth%d", "b": "eth%d", "c": "eth0", "eth2": "", "d": "eth%d"}, "")
	nameNetDevices(s)
	for outside, want := range map[string]string{"a": "eth1", "b": "eth3", "c": "eth0", "eth2": "", "d": "eth4"} {
		if got := s.Linux.NetDevices[outside].Name; got != want {
			t.Errorf("%s is named %q, want %q", outside, got, want)
		}
	}
}

func TestNetDeviceNamesThatClash(t *testing.T) {
	for name, c := range map[string]struct {
		spec *specs.Spec
		want string // "" for none
	}{
		"apart":                {netDevices(map[string]string{"a": "x", "b": ""}, ""), ""},
		"templates":            {netDevices(map[string]string{"a": "x%d", "b": "x%d"}, ""), ""},
		"loopback":             {netDevices(map[string]string{"a": "lo"}, ""), `linux.netDevices.a.name: "lo" is the name of the loopback device`},
		"twice":                {netDevices(map[string]string{"a": "x", "b": "x"}, ""), `linux.netDevices.b.name: "x" is the name of a`},
		"one that is moved":    {netDevices(map[string]string{"a": "b", "b": ""}, ""), `"b" is the name of a`},
		"template when joined": {netDevices(map[string]string{"a": "x%d"}, "/proc/1/ns/net"), "names are not counted"},
	} {
		t.Run(name, func(t *testing.T) {
			err := checkNetDevices(c.spec, nil)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

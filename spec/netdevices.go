package spec

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// loopback is in every network namespace from its start.
const loopback = "lo"

// checkNetDevices also looks for names that clash. The kernel finds out when the device has moved already, and a virtual
// one is lost with the namespace of the container that cannot start.
func checkNetDevices(s *specs.Spec, _ *host) error {
	ns := namespace(s, specs.NetworkNamespace)
	taken := map[string]string{loopback: "the loopback device"}
	for _, name := range slices.Sorted(maps.Keys(s.Linux.NetDevices)) {
		path, inside := member("linux.netDevices", name), s.Linux.NetDevices[name].Name
		switch {
		case ns == nil:
			return advise(path, "add a network namespace to linux.namespaces", "there is no network namespace to move it to")
		case !isInterfaceName(name):
			return refuse(path, "%q is not a name of a network device", name)
		case inside == "":
			inside = name
		case !isInterfaceName(inside):
			return refuse(path+".name", "%q is not a name of a network device", inside)
		case isNameTemplate(inside) && ns.Path != "":
			return advise(path+".name", "give the whole name", "%q: in a namespace that is joined, names are not counted", inside)
		}
		if other, found := taken[inside]; found {
			return refuse(path+".name", "%q is the name of %s", inside, other)
		}
		if !isNameTemplate(inside) {
			taken[inside] = name
		}
	}
	return nil
}

func isNameTemplate(name string) bool { return strings.Contains(name, "%d") }

// nameNetDevices puts the first number that is free in place of each %d. The kernel would too, but libcontainer looks for
// a device of that very name afterwards. In a new namespace we know all the others.
func nameNetDevices(s *specs.Spec) {
	if s.Linux == nil || len(s.Linux.NetDevices) == 0 {
		return
	}
	taken := map[string]bool{loopback: true}
	for name, d := range s.Linux.NetDevices {
		if d.Name != "" {
			name = d.Name
		}
		taken[name] = true
	}
	linux := *s.Linux
	linux.NetDevices = maps.Clone(linux.NetDevices)
	for _, name := range slices.Sorted(maps.Keys(linux.NetDevices)) {
		d := linux.NetDevices[name]
		if isNameTemplate(d.Name) {
			d.Name = firstFree(d.Name, taken)
			taken[d.Name] = true
			linux.NetDevices[name] = d
		}
	}
	s.Linux = &linux
}

func firstFree(template string, taken map[string]bool) string {
	for n := 0; ; n++ {
		if name := strings.Replace(template, "%d", strconv.Itoa(n), 1); !taken[name] {
			return name
		}
	}
}

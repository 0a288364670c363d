package container

import (
	"slices"
	"strings"

	"github.com/moby/sys/capability"
	"github.com/opencontainers/runc/libcontainer/configs"

	"github.com/huskrun/husk/spec"
)

// clipCapabilities drops the capabilities that husk itself does not hold, and so cannot grant, and says which. The
// specification has them warned about (config.md, Capabilities: a runtime SHOULD NOT fail); capset(2) would fail. Inside
// a user namespace that is made for the container init holds all of them.
func (r *Runtime) clipCapabilities(cfg *configs.Config, p *spec.Process) error {
	if p.Capabilities == nil || cfg.Namespaces.Contains(configs.NEWUSER) {
		return nil
	}
	lacking, err := lackingCapabilities()
	if err != nil || len(lacking) == 0 {
		return err
	}
	var dropped []string
	clip := func(names []string) []string {
		return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
			if lacking[name] && !slices.Contains(dropped, name) {
				dropped = append(dropped, name)
			}
			return lacking[name]
		})
	}
	c := p.Capabilities
	p.Capabilities = &configs.Capabilities{
		Bounding:    clip(c.Bounding),
		Effective:   clip(c.Effective),
		Inheritable: clip(c.Inheritable),
		Permitted:   clip(c.Permitted),
		Ambient:     clip(c.Ambient),
	}
	if dropped != nil {
		r.log().Warn("husk does not hold these capabilities and cannot grant them: " + strings.Join(dropped, ", "))
	}
	return nil
}

// lackingCapabilities are those of the kernel that this process does not hold, by the names of config.json.
func lackingCapabilities() (map[string]bool, error) {
	own, err := capability.NewPid2(0)
	if err != nil {
		return nil, err
	}
	if err := own.Load(); err != nil {
		return nil, err
	}
	lacking := map[string]bool{}
	for _, c := range capability.ListKnown() {
		if !own.Get(capability.BOUNDING, c) || !own.Get(capability.PERMITTED, c) {
			lacking["CAP_"+strings.ToUpper(c.String())] = true
		}
	}
	return lacking, nil
}

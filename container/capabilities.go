package container

import (
	"slices"
	"strings"

	"github.com/moby/sys/capability"
	"github.com/opencontainers/runc/libcontainer/configs"

	"github.com/huskrun/husk/spec"
)

// grantable drops from p the capabilities that the kernel would refuse, and says which, as the specification asks
// (config.md, Capabilities: a runtime SHOULD NOT fail): those that husk itself does not hold, which
// capset(2) would fail for, and ambient ones that are not permitted and inheritable, too (capabilities(7)).
func (r *Runtime) grantable(cfg *configs.Config, p *spec.Process) error {
	if p.Capabilities == nil {
		return nil
	}
	c := *p.Capabilities
	// Inside a user namespace that is made for the container init holds all capabilities.
	if !cfg.Namespaces.Contains(configs.NEWUSER) {
		lacking, err := lackingCapabilities()
		if err != nil {
			return err
		}
		var dropped []string
		for _, set := range []*[]string{&c.Bounding, &c.Effective, &c.Inheritable, &c.Permitted, &c.Ambient} {
			*set = drop(*set, &dropped, func(name string) bool { return lacking[name] })
		}
		if len(dropped) > 0 {
			r.log().Warn("husk does not hold these capabilities and cannot grant them: " + strings.Join(dropped, ", "))
		}
	}
	var dropped []string
	c.Ambient = drop(c.Ambient, &dropped, func(name string) bool {
		return !slices.Contains(c.Permitted, name) || !slices.Contains(c.Inheritable, name)
	})
	if len(dropped) > 0 { // no warning: Podman and buildah ask for them with every container
		r.log().Info("ambient capabilities must be permitted and inheritable, too; these are not: " + strings.Join(dropped, ", "))
	}
	p.Capabilities = &c
	return nil
}

// drop returns the names that unwanted does not hold for, and adds the others to dropped.
func drop(names []string, dropped *[]string, unwanted func(string) bool) (kept []string) {
	for _, name := range names {
		switch {
		case !unwanted(name):
			kept = append(kept, name)
		case !slices.Contains(*dropped, name):
			*dropped = append(*dropped, name)
		}
	}
	return kept
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

package spec

import (
	"github.com/opencontainers/runc/libcontainer/specconv"
	"github.com/opencontainers/runtime-spec/specs-go"
)

// Default is the configuration that the spec verb writes: runc's, a shell in a bundle's rootfs.
func Default() *specs.Spec {
	s := specconv.Example()
	s.Hostname = "husk"
	return s
}

// ToRootless changes a configuration so that the calling user can run it without privileges: a user namespace that maps
// only the caller, the host's network and /sys, no resource limits.
func ToRootless(s *specs.Spec) { specconv.ToRootless(s) }

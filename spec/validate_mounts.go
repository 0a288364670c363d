package spec

import (
	"path/filepath"
	"slices"

	"github.com/opencontainers/runc/libcontainer/specconv"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/internal/fault"
)

func checkMounts(s *specs.Spec, h *host) error {
	known := specconv.KnownMountOptions() // sorted; made afresh by every call
	for i := range s.Mounts {
		m, path := &s.Mounts[i], element("mounts", i)
		err := first(
			checkMount(path, m),
			checkMountOptions(path+".options", m, known, h),
			checkMountMappings(path, m, s),
		)
		if err == nil {
			err = checkMountSource(path, m, s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ValidateMount says what cannot be done about a single mount; path is what errors call it.
func ValidateMount(path string, m *specs.Mount) error {
	return first(
		checkMount(path, m),
		checkMountOptions(path+".options", m, specconv.KnownMountOptions(), &thisHost),
		checkMountMappings(path, m, &specs.Spec{}),
	)
}

func checkMount(path string, m *specs.Mount) error {
	switch {
	case m.Destination == "":
		return refuse(path+".destination", "is missing")
	case filepath.Clean("/"+m.Destination) == "/":
		return advise(path+".destination", "root.path says what the root is", "%q is the root", m.Destination)
	case isBind(m) && m.Source == "":
		return refuse(path+".source", "is missing")
	case isBind(m):
	case m.Type == "":
		return advise(path+".type", "a bind mount has bind or rbind in options", "is missing")
	case m.Type == "bind":
		return advise(path+".options", "add bind or rbind", "the type bind alone does not make a bind mount")
	}
	return first(
		checkText(path+".destination", m.Destination),
		checkText(path+".source", m.Source),
		checkText(path+".type", m.Type),
	)
}

func checkMountOptions(path string, m *specs.Mount, known []string, h *host) error {
	for i, o := range m.Options {
		path := element(path, i)
		switch {
		case o == "copy-symlink", o == "src-nofollow", o == "dest-nofollow":
			return refuse(path, "%s is not supported yet", o)
		case o == "tmpcopyup" && (m.Type != "tmpfs" || isBind(m)):
			return refuse(path, "tmpcopyup is only for mounts of type tmpfs")
		case isIDMap(o):
		case contains(known, o):
		case isBind(m):
			return refuse(path, "%q is not an option of a bind mount", o)
		case m.Type == "cgroup" && !h.cgroup2():
			return refuse(path, "%q is not an option of a cgroup v1 mount", o)
		}
		if err := checkText(path, o); err != nil {
			return err
		}
	}
	return nil
}

func contains(sorted []string, s string) bool {
	_, found := slices.BinarySearch(sorted, s)
	return found
}

func isIDMap(option string) bool { return option == "idmap" || option == "ridmap" }

// isRecursiveAttribute knows the options of mount_setattr(2), for a mount and those below it.
func isRecursiveAttribute(option string) bool {
	switch option {
	case "rro", "rrw", "rsuid", "rnosuid", "rdev", "rnodev", "rexec", "rnoexec", "rdiratime", "rnodiratime", "ratime",
		"rnoatime", "rrelatime", "rnorelatime", "rstrictatime", "rnostrictatime", "rsymfollow", "rnosymfollow":
		return true
	}
	return false
}

func checkMountMappings(path string, m *specs.Mount, s *specs.Spec) error {
	wanted := slices.ContainsFunc(m.Options, isIDMap)
	mapped := len(m.UIDMappings) > 0 || len(m.GIDMappings) > 0
	switch {
	case !wanted && !mapped:
		return nil
	case !isBind(m):
		return refuse(path, "only bind mounts can be id-mapped")
	case !mapped && namespace(s, specs.UserNamespace) == nil:
		return advise(path+".uidMappings", "give mappings, or a user namespace whose mappings count", "is missing")
	case mapped && len(m.UIDMappings) == 0:
		return advise(path+".uidMappings", "an id-mapped mount has both", "is missing beside gidMappings")
	case mapped && len(m.GIDMappings) == 0:
		return advise(path+".gidMappings", "an id-mapped mount has both", "is missing beside uidMappings")
	}
	return first(checkMappings(path+".uidMappings", m.UIDMappings), checkMappings(path+".gidMappings", m.GIDMappings))
}

// checkMountSource finds a missing source before anything is made. A joined mount namespace may have files that we
// cannot see, and other errors may be due to a privilege that init will have: those are left to the mount itself.
func checkMountSource(path string, m *specs.Mount, s *specs.Spec) error {
	ns := namespace(s, specs.MountNamespace)
	if !isBind(m) || ns == nil || ns.Path != "" {
		return nil
	}
	var st unix.Stat_t
	if err := unix.Stat(m.Source, &st); err == unix.ENOENT {
		return fault.New("mount "+m.Source+" → "+m.Destination, err,
			"source of "+path+" in config.json does not exist; create it or drop the mount")
	}
	return nil
}

func checkPropagation(s *specs.Spec, _ *host) error {
	switch s.Linux.RootfsPropagation {
	case "", "shared", "slave", "private", "unbindable", "rshared", "rslave", "rprivate", "runbindable":
		return nil
	}
	return advise("linux.rootfsPropagation", "it is one of shared, slave, private and unbindable",
		"unknown propagation %q", s.Linux.RootfsPropagation)
}

func checkHiddenPaths(s *specs.Spec, _ *host) error {
	for i, p := range s.Linux.MaskedPaths {
		if err := checkAbsolute(element("linux.maskedPaths", i), p); err != nil {
			return err
		}
	}
	for i, p := range s.Linux.ReadonlyPaths {
		if err := checkAbsolute(element("linux.readonlyPaths", i), p); err != nil {
			return err
		}
	}
	return nil
}

func checkLabels(s *specs.Spec, h *host) error {
	return checkSELinux("linux.mountLabel", s.Linux.MountLabel, h)
}

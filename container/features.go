package container

import (
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/opencontainers/runc/libcontainer/capabilities"
	"github.com/opencontainers/runc/libcontainer/configs"
	"github.com/opencontainers/runc/libcontainer/seccomp"
	"github.com/opencontainers/runc/libcontainer/specconv"
	runc "github.com/opencontainers/runc/types/features"
	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/opencontainers/runtime-spec/specs-go/features"
)

// The annotations of [GetFeatures] that name husk itself; who knows the version fills them in.
const (
	AnnotationVersion = "io.github.huskrun.husk.version"
	AnnotationCommit  = "io.github.huskrun.husk.commit"
)

// GetFeatures says what husk implements, as the specification's features.md has it: what is built in, whatever this
// machine's kernel offers of it. The only exception is what the linked libseccomp supports of the known flags.
func GetFeatures() *features.Features {
	return &features.Features{
		OCIVersionMin: "1.0.0",
		OCIVersionMax: specs.Version,
		Hooks:         configs.KnownHookNames(),
		MountOptions:  mountOptions(),
		Linux:         linuxFeatures(),
		Annotations:   featureAnnotations(),
		// A manager that lets users write annotations should not let them write these.
		PotentiallyUnsafeConfigAnnotations: []string{
			"bundle", // refused
			"org.criu.config",
			"org.systemd.property.",
			keepGroups,
			hooksStdout,
			hooksStderr,
		},
	}
}

// mountOptions adds those that libcontainer implements and leaves out of its list.
func mountOptions() []string {
	options := append(specconv.KnownMountOptions(), "idmap", "ridmap")
	slices.Sort(options)
	return options
}

func linuxFeatures() *features.Linux {
	yes := new(true)
	return &features.Linux{
		Namespaces:   specconv.KnownNamespaces(),
		Capabilities: capabilities.KnownCapabilities(),
		Cgroup:       &features.Cgroup{V1: yes, V2: yes, Systemd: yes, SystemdUser: yes, Rdma: yes},
		Seccomp:      seccompFeatures(),
		Apparmor:     &features.Apparmor{Enabled: yes},
		Selinux:      &features.Selinux{Enabled: yes},
		IntelRdt:     &features.IntelRdt{Enabled: yes, Schemata: yes, Monitoring: yes},
		MemoryPolicy: &features.MemoryPolicy{
			Modes: specconv.KnownMemoryPolicyModes(),
			Flags: specconv.KnownMemoryPolicyFlags(),
		},
		MountExtensions: &features.MountExtensions{IDMap: &features.IDMap{Enabled: yes}},
		NetDevices:      &features.NetDevices{Enabled: yes},
	}
}

func seccompFeatures() *features.Seccomp {
	if !seccomp.Enabled {
		return &features.Seccomp{Enabled: new(false)}
	}
	return &features.Seccomp{
		Enabled:        new(true),
		Actions:        seccomp.KnownActions(),
		Operators:      seccomp.KnownOperators(),
		Archs:          seccomp.KnownArchs(),
		KnownFlags:     seccomp.KnownFlags(),
		SupportedFlags: seccomp.SupportedFlags(),
	}
}

// featureAnnotations are runc's, as far as other runtimes may use them: clients look for these keys.
func featureAnnotations() map[string]string {
	annotations := map[string]string{runc.AnnotationRuncCheckpointEnabled: "true"}
	if version := runcVersion(); version != "" {
		annotations[runc.AnnotationRuncVersion] = version
	}
	if major, minor, micro := seccomp.Version(); major+minor+micro > 0 {
		annotations[runc.AnnotationLibseccompVersion] = fmt.Sprintf("%d.%d.%d", major, minor, micro)
	}
	return annotations
}

// runcVersion is that of the runc whose libcontainer is built in: the one that husk is most compatible with.
func runcVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, dep := range info.Deps {
		if dep.Path == "github.com/opencontainers/runc" {
			return dep.Version[len("v"):]
		}
	}
	return ""
}

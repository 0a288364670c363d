package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// seccompProfile is a profile of the kind that engines give their containers: what ordinary programs call is allowed.
//
//go:embed seccomp.json
var seccompProfile []byte

// bundles are the directories that the scenarios run.
type bundles struct {
	Rootfs  string // for clients, which make their own bundles
	True    string // ends at once
	Seccomp string // the same under a seccomp profile
	Mounts  string // the same with 200 bind mounts
	Sleep   string // stays
}

const bindMounts = 200

func makeBundles(work string) (bundles, error) {
	b := bundles{Rootfs: filepath.Join(work, "rootfs")}
	if err := makeRootfs(b.Rootfs); err != nil {
		return b, err
	}
	profile := new(specs.LinuxSeccomp)
	if err := json.Unmarshal(seccompProfile, profile); err != nil {
		return b, fmt.Errorf("seccomp.json: %w", err)
	}
	profile.Architectures = architectures()
	for _, bundle := range []struct {
		dir  *string
		name string
		edit func(*specs.Spec)
	}{
		{&b.True, "true", func(*specs.Spec) {}},
		{&b.Seccomp, "seccomp", func(s *specs.Spec) { s.Linux.Seccomp = profile }},
		{&b.Mounts, "mounts", func(s *specs.Spec) { s.Mounts = append(s.Mounts, binds(b.Rootfs)...) }},
		{&b.Sleep, "sleep", func(s *specs.Spec) { s.Process.Args = []string{"/bin/sleep", "3600"} }},
	} {
		*bundle.dir = filepath.Join(work, bundle.name)
		s := plainSpec(b.Rootfs)
		bundle.edit(s)
		if err := os.Mkdir(*bundle.dir, 0o755); err != nil {
			return b, err
		}
		if err := writeJSON(filepath.Join(*bundle.dir, "config.json"), s); err != nil {
			return b, err
		}
	}
	return b, nil
}

// makeRootfs fills a root file system with busybox.
func makeRootfs(dir string) error {
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		return err
	}
	for _, sub := range []string{"bin", "dev", "etc", "mnt", "proc", "sys", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return err
		}
	}
	program, err := os.ReadFile(busybox)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "bin/busybox"), program, 0o755); err != nil {
		return err
	}
	for _, applet := range []string{"true", "sleep", "sh"} {
		if err := os.Symlink("busybox", filepath.Join(dir, "bin", applet)); err != nil {
			return err
		}
	}
	return nil
}

// plainSpec is what `runc spec` asks for, without the terminal, in the version that the oldest peer reads.
func plainSpec(rootfs string) *specs.Spec {
	caps := []string{"CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"}
	return &specs.Spec{
		Version:  "1.0.2",
		Root:     &specs.Root{Path: rootfs, Readonly: true},
		Hostname: "bench",
		Process: &specs.Process{
			Args: []string{"/bin/true"},
			Env:  []string{"PATH=/bin", "TERM=xterm"},
			Cwd:  "/",
			Capabilities: &specs.LinuxCapabilities{
				Bounding: caps, Effective: caps, Permitted: caps,
			},
			Rlimits:         []specs.POSIXRlimit{{Type: "RLIMIT_NOFILE", Hard: 1024, Soft: 1024}},
			NoNewPrivileges: true,
		},
		Mounts: []specs.Mount{
			{Destination: "/proc", Type: "proc", Source: "proc"},
			{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "strictatime", "mode=755", "size=65536k"}},
			{Destination: "/dev/pts", Type: "devpts", Source: "devpts", Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}},
			{Destination: "/dev/shm", Type: "tmpfs", Source: "shm", Options: []string{"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}},
			{Destination: "/dev/mqueue", Type: "mqueue", Source: "mqueue", Options: []string{"nosuid", "noexec", "nodev"}},
			{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: []string{"nosuid", "noexec", "nodev", "ro"}},
			{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: []string{"nosuid", "noexec", "nodev", "relatime", "ro"}},
		},
		Linux: &specs.Linux{
			Resources: &specs.LinuxResources{Devices: []specs.LinuxDeviceCgroup{{Access: "rwm"}}},
			Namespaces: []specs.LinuxNamespace{
				{Type: specs.PIDNamespace}, {Type: specs.NetworkNamespace}, {Type: specs.IPCNamespace},
				{Type: specs.UTSNamespace}, {Type: specs.MountNamespace},
			},
			MaskedPaths: []string{
				"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
				"/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi",
			},
			ReadonlyPaths: []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"},
		},
	}
}

// binds mounts a directory of the host in many places. They lie in a tmpfs: the root file system is read-only.
func binds(source string) []specs.Mount {
	mounts := []specs.Mount{{Destination: "/mnt", Type: "tmpfs", Source: "tmpfs"}}
	for i := range bindMounts {
		mounts = append(mounts, specs.Mount{
			Destination: fmt.Sprintf("/mnt/%03d", i), Type: "bind", Source: source, Options: []string{"bind", "ro"},
		})
	}
	return mounts
}

// architectures are those that the kernel runs programs of.
func architectures() []specs.Arch {
	if runtime.GOARCH == "arm64" {
		return []specs.Arch{specs.ArchAARCH64, specs.ArchARM}
	}
	return []specs.Arch{specs.ArchX86_64, specs.ArchX86, specs.ArchX32}
}

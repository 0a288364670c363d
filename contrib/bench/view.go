package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

const (
	cgroupRoot = "/sys/fs/cgroup"
	cgroup2Sub = "/sys/fs/cgroup/unified" // where hybrid hosts have it
)

// defaultViews are those that this host can be given.
func defaultViews() string {
	if isCgroup2(cgroupRoot) {
		return "host"
	}
	return "v1 v2"
}

// inView measures in a mount namespace of its own, which this program enters anew: a Go program has threads already.
func inView(view, work string, s *settings) ([]result, error) {
	dir := filepath.Join(work, view)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	if err := writeJSON(filepath.Join(dir, "settings.json"), s); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("unshare", "--mount", "--propagation", "private", self, "--in-view", view, dir)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, err
	}
	var results []result
	return results, readJSON(filepath.Join(dir, "results.json"), &results)
}

// measureInView is the other side of inView.
func measureInView(view, dir string) error {
	s := new(settings)
	if err := readJSON(filepath.Join(dir, "settings.json"), s); err != nil {
		return err
	}
	if err := enter(view); err != nil {
		return err
	}
	e := &environment{settings: s, view: view, dir: dir}
	if err := e.writeScripts(); err != nil {
		return err
	}
	defer removeGroups()
	return writeJSON(filepath.Join(dir, "results.json"), e.measureAll())
}

// enter makes the cgroups look as the view wants it. What runtimes and engines keep in /run and /dev/shm is kept apart
// from the host's, and ends with the namespace.
func enter(view string) error {
	for _, dir := range []string{"/run", "/dev/shm"} {
		if err := mount("tmpfs", dir); err != nil {
			return err
		}
	}
	switch view {
	case "host":
		return nil
	case "v1":
		if !isCgroup2(cgroup2Sub) {
			return nil
		}
		if err := syscall.Unmount(cgroup2Sub, 0); err != nil {
			return fmt.Errorf("unmount %s: %w", cgroup2Sub, err)
		}
		// crun makes its directories there all the same.
		return mount("tmpfs", cgroup2Sub)
	case "v2":
		if err := syscall.Unmount(cgroupRoot, syscall.MNT_DETACH); err != nil {
			return fmt.Errorf("unmount %s: %w", cgroupRoot, err)
		}
		return mount("cgroup2", cgroupRoot)
	}
	return fmt.Errorf("there are the views v1, v2 and host, not %s", view)
}

// prefix begins the names of all containers and cgroups.
const prefix = "husk-bench-"

// removeGroups removes what runtimes have left of cgroups, and what engines leave: the parents of their containers'.
func removeGroups() {
	var groups []string
	_ = filepath.WalkDir(cgroupRoot, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && strings.Contains(path, "/"+prefix) {
			groups = append(groups, path)
		}
		return nil // a cgroup may have gone in the meantime
	})
	for _, group := range slices.Backward(groups) {
		_ = os.Remove(group)
	}
}

func mount(kind, dir string) error {
	if err := syscall.Mount("none", dir, kind, 0, ""); err != nil {
		return fmt.Errorf("mount %s on %s: %w", kind, dir, err)
	}
	return nil
}

func isCgroup2(dir string) bool {
	const magic = 0x63677270
	var st syscall.Statfs_t
	return syscall.Statfs(dir, &st) == nil && st.Type == magic
}

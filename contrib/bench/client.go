package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// podmanConf keeps Podman to itself, from raising limits that not every root may raise, and from limits that take a
// controller.
const podmanConf = `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]
pids_limit = 0
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
`

// podmanRun times a whole `podman run` of an image made here.
func podmanRun(e *environment) (map[string]*measurement, error) {
	dir := filepath.Join(e.dir, "podman")
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	conf := filepath.Join(dir, "containers.conf")
	if err := os.WriteFile(conf, []byte(podmanConf), 0o644); err != nil {
		return nil, err
	}
	if err := os.Setenv("CONTAINERS_CONF", conf); err != nil {
		return nil, err
	}
	podman := func(args ...string) []string {
		return append([]string{"podman", "--root", dir + "/root", "--runroot", dir + "/runroot", "--storage-driver", "overlay"}, args...)
	}
	tar := filepath.Join(dir, "rootfs.tar")
	if err := run([]string{"tar", "-C", e.Bundles.Rootfs, "-cf", tar, "."}); err != nil {
		return nil, err
	}
	if err := run(podman("import", tar, "bench")); err != nil {
		return nil, err
	}
	// Podman leaves its store mounted.
	defer func() { _ = run([]string{"umount", "--lazy", "--quiet", dir + "/root/overlay"}) }()
	return timed{command: func(_ *environment, c contender) []string {
		return podman("--runtime", c.Path, "run", "--rm", "--network=none", "--cgroup-parent", "/"+prefix+"podman", "bench", "/bin/true")
	}}.measure(e)
}

// ctrRun times a whole `ctr run` over a containerd of our own and its shim for runc.
func ctrRun(e *environment) (map[string]*measurement, error) {
	d, err := startContainerd(filepath.Join(e.dir, "containerd"))
	if err != nil {
		return nil, err
	}
	defer d.stop()
	return timed{command: func(_ *environment, c contender) []string {
		return d.ctr("run", "--rm", "--cpu-shares=0", "--cgroup", "/"+prefix+"ctr/"+c.Name, "--runc-binary", c.Path,
			"--rootfs", e.Bundles.Rootfs, id("ctr", c), "/bin/true")
	}}.measure(e)
}

type containerd struct {
	cmd    *exec.Cmd
	socket string
}

func startContainerd(dir string) (*containerd, error) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	d := &containerd{socket: filepath.Join(dir, "socket")}
	conf := fmt.Sprintf(`version = 2
root = "%[1]s/root"
state = "%[1]s/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
[grpc]
address = "%[2]s"
`, dir, d.socket)
	file := filepath.Join(dir, "config.toml")
	if err := os.WriteFile(file, []byte(conf), 0o644); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	d.cmd = exec.Command("containerd", "--config", file)
	d.cmd.Stdout, d.cmd.Stderr = log, log
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	if err := d.answers(); err != nil {
		d.stop()
		return nil, fmt.Errorf("containerd does not answer: %s", lastLine(log.Name()))
	}
	return d, nil
}

// answers waits until containerd does.
func (d *containerd) answers() error {
	var err error
	for end := time.Now().Add(deadline); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if err = run(d.ctr("version")); err == nil {
			return nil
		}
	}
	return err
}

func (d *containerd) ctr(args ...string) []string {
	return append([]string{"ctr", "--address", d.socket}, args...)
}

func (d *containerd) stop() {
	_ = d.cmd.Process.Signal(os.Interrupt)
	_ = d.cmd.Wait()
}

package container

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/opencontainers/cgroups"
	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/huskrun/husk/container/engine"
)

// sideFileName stands beside state.json. It holds what libcontainer's file has no place for, and enough to take apart a
// container whose state.json was never written or is damaged.
const sideFileName = "husk.json"

type sideFile struct {
	// Creator is the process that made the container; while it lives and state.json does not exist, the container is
	// being created.
	Creator engine.Ref `json:"creator"`
	Bundle  string     `json:"bundle"`
	Rootfs  string     `json:"rootfs"`
	// Process is the container's process as config.json has it: the base of exec.
	Process     *specs.Process    `json:"process,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
	// Hooks are those of config.json: poststart and poststop run from here.
	Hooks *specs.Hooks `json:"hooks,omitempty"`
	// Cgroup says where the cgroup is, without limits.
	Cgroup *cgroups.Cgroup `json:"cgroup,omitempty"`
	// NotifySocket is the host's sd_notify socket; "" if there is none.
	NotifySocket string `json:"notifySocket,omitempty"`
}

func (s *sideFile) write(dir string) error {
	return writeJSON(filepath.Join(dir, sideFileName), s)
}

// readSideFile returns what is known; a file that is missing or damaged is an empty one.
func readSideFile(dir string) *sideFile {
	var s sideFile
	data, err := os.ReadFile(filepath.Join(dir, sideFileName))
	if err == nil && json.Unmarshal(data, &s) != nil {
		return &sideFile{}
	}
	return &s
}

// writeJSON replaces path by v's JSON.
func writeJSON(path string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	return replaceFile(path, data, 0o600)
}

// replaceFile puts data in the place of path: readers see the old file or the new one, and no link that somebody put
// there is followed. There is no fsync, since what husk writes must not outlive the machine. The new file is made next
// to path, so that the rename stays on one file system, and hidden, so that watchers ignore it.
func replaceFile(path string, data []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	f.Close()
	return err
}

// Package container is the life of containers, a file a verb, over libcontainer's configuration and state.
//
// Everything here is data in, data out: no global state, no exit, no change of directory, umask or signal disposition.
// Two things reach the whole process: [CaptureLog], since libcontainer's logger is global, and a foreground process
// without [IO].NoSubreaper, for which the caller becomes a subreaper and has all its children reaped.
package container

import (
	"log/slog"
	"time"

	"github.com/huskrun/husk/container/engine"
)

// Runtime is what all verbs share: where the state is and how cgroups are managed.
type Runtime struct {
	// Root is the directory of all containers' state, absolute, best on a tmpfs.
	Root string
	// SystemdCgroup makes and limits cgroups through systemd; cgroupsPath is then slice:prefix:name.
	SystemdCgroup bool
	// Rootless ignores cgroup permission errors; nil decides by the effective user id and the user namespace.
	Rootless *bool
	// Log receives warnings and debug messages, of libcontainer too; nil discards them.
	Log *slog.Logger

	// starter starts processes; nil is libcontainer.
	starter engine.Engine
}

// Status is a container's place in its life, with runc's names: creating, created, running, paused, stopped.
type Status string

// State is the answer of the state verb and an element of list's; the JSON is runc's.
type State struct {
	// Version is the OCI version of the state format.
	Version string `json:"ociVersion"`
	// ID is the container's name within the state root.
	ID string `json:"id"`
	// InitProcessPid is the pid of the first process in the caller's pid namespace, 0 when it is gone.
	InitProcessPid int `json:"pid"`
	// Status is created, running, paused or stopped.
	Status Status `json:"status"`
	// Bundle is the absolute path of the bundle.
	Bundle string `json:"bundle"`
	// Rootfs is the absolute path of the root file system.
	Rootfs string `json:"rootfs"`
	// Created is when the container was made, UTC.
	Created time.Time `json:"created"`
	// Annotations are those of config.json.
	Annotations map[string]string `json:"annotations,omitempty"`
	// Owner is the user who made the container (the owner of its state directory).
	Owner string `json:"owner"`
}

package container

import (
	"os"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Stdio are a process's three standard streams; the caller keeps ownership.
type Stdio [3]*os.File

// IO says where the standard streams of a container's process come from and what else it inherits.
type IO struct {
	// Detach returns as soon as the process runs. Without it the caller's terminal or streams are connected to the
	// process, signals are forwarded, and the call returns the process's exit status.
	Detach bool
	// Stdio are the caller's streams; a nil one is this process's own.
	Stdio Stdio
	// Signals are forwarded to a foreground process; SIGWINCH resizes its terminal. SIGCHLD, SIGPIPE and
	// SIGURG, with which Go's scheduler wakes its threads, are about this process and stay here. Who
	// fills the channel should begin before the call. nil forwards nothing.
	Signals <-chan os.Signal
	// ConsoleSocket is the path of a unix socket that receives the master side of the process's terminal (SCM_RIGHTS);
	// needed exactly when a detached process has a terminal.
	ConsoleSocket string
	// PidfdSocket is the path of a unix socket that receives a pidfd of the process (SCM_RIGHTS); "" for none.
	PidfdSocket string
	// PidFile receives the process's pid, in the caller's pid namespace, atomically and after everything else; "" for none.
	PidFile string
	// PreserveFDs is how many descriptors from 3 (after those of LISTEN_FDS) the process inherits.
	PreserveFDs int
	// NoSubreaper leaves the orphans of a foreground process to the next subreaper. Without it the calling process
	// becomes a subreaper and, until its foreground process ends, reaps all its children.
	NoSubreaper bool
	// ListenFDs is how many sockets from descriptor 3 on a service manager handed over (sd_listen_fds(3)); the process
	// inherits them with LISTEN_FDS and LISTEN_PID in its environment.
	ListenFDs int
}

// CreateOptions is what create, run and restore need to make a container.
type CreateOptions struct {
	// Bundle is the directory that holds config.json and against which relative paths in it count; absolute.
	Bundle string
	// Config is the absolute path of the configuration; "" means Bundle/config.json.
	Config string
	IO     IO
	// NoPivot moves the root with MS_MOVE and chroot instead of pivot_root (for a rootfs on a ramdisk).
	NoPivot bool
	// NoNewKeyring keeps the caller's session keyring instead of a new one called _ses.ID.
	NoNewKeyring bool
	// Keep leaves a foreground container's state and cgroup behind after its process ended.
	Keep bool
	// NotifySocket is the sd_notify(3) socket of the service manager; "" for none.
	NotifySocket string
}

// StartOptions is what start needs beyond the container.
type StartOptions struct {
	// NotifySocket is the sd_notify(3) socket of the service manager, which start then waits to inform; "" for none.
	NotifySocket string
}

// ExecOptions is what exec needs to start a further process in a running container.
type ExecOptions struct {
	IO IO
	// Process is the whole process, before Change; nil is a copy of the container's own.
	Process *specs.Process
	// Change edits the process (args, env, user, …); may be nil.
	Change func(*specs.Process) error
	// Cgroups are sub-cgroups to put the process into: controller → path below the container's own cgroup; the key ""
	// stands for all controllers (and is the only one on cgroup v2).
	Cgroups map[string]string
	// IgnorePaused starts the process in a paused container too, where it waits for resume.
	IgnorePaused bool
}

// KillOptions says what kill sends to whom.
type KillOptions struct {
	Signal unix.Signal
	// All sends Signal to every process of the container instead of its init only.
	All bool
}

// UpdateOptions changes a container's limits while it runs.
type UpdateOptions struct {
	// Resources replaces, field by field, what is set in it; unset fields stay as they are.
	Resources *specs.LinuxResources
	// L3CacheSchema and MemBwSchema are the Intel RDT schemata; "" leaves them as they are.
	L3CacheSchema, MemBwSchema string
}

// CheckpointOptions are CRIU's, as on runc's command line.
type CheckpointOptions struct {
	ImagePath       string // directory of the images, absolute
	WorkPath        string // directory of CRIU's logs and pid files, absolute; "" means ImagePath
	ParentPath      string // earlier images to dump against, relative to ImagePath; "" for none
	LeaveRunning    bool
	TCPEstablished  bool
	TCPSkipInFlight bool
	LinkRemap       bool
	ExternalUnix    bool
	ShellJob        bool
	LazyPages       bool
	StatusFd        int    // -1 for none
	PageServer      string // "address:port", "" for none
	FileLocks       bool
	PreDump         bool
	ManageCgroups   string // soft, full, strict or ignore; "" means soft
	EmptyNetNS      bool   // without effect: the network namespace's properties are never saved
	AutoDedup       bool
	NetworkLock     string // must be "": libcontainer cannot hand it to CRIU
	LsmProfile      string
	LsmMountContext string
}

// RestoreOptions makes a container from a checkpoint.
type RestoreOptions struct {
	CreateOptions
	CheckpointOptions
}

package container

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/container/engine"
	"github.com/huskrun/husk/internal/fault"
	"github.com/huskrun/husk/internal/pidfd"
	"github.com/huskrun/husk/spec"
)

// Exec starts a further process in the container id. Detached it returns 0 when the process runs, otherwise the exit
// status of the process.
func (r *Runtime) Exec(ctx context.Context, id string, o ExecOptions) (status int, err error) {
	c, err := r.load(id)
	if err != nil {
		return -1, err
	}
	if err := c.intact(); err != nil {
		return -1, err
	}
	init, err := c.init()
	if err != nil {
		return -1, fmt.Errorf("cannot exec in a stopped container: %w", ErrNotRunning)
	}
	defer init.Close()
	if !o.IgnorePaused && c.frozen() {
		return -1, &fault.Error{Err: fmt.Errorf("cannot exec in a paused container: %w", ErrPaused),
			Hint: "resume it, or use --ignore-paused"}
	}
	proc, err := c.execProcess(&o)
	if err != nil {
		return -1, err
	}
	if err := checkTerminal(&o.IO, proc.Terminal); err != nil {
		return -1, err
	}
	return c.exec(init, proc, &o)
}

// execProcess is the process to start: the one that was given, or the container's own with the changes.
func (c *loaded) execProcess(o *ExecOptions) (*spec.Process, error) {
	p := o.Process
	if p == nil {
		var err error
		if p, err = c.ownProcess(); err != nil {
			return nil, err
		}
	}
	if o.Change != nil {
		if err := o.Change(p); err != nil {
			return nil, err
		}
	}
	if err := spec.ValidateProcess(p); err != nil {
		return nil, err
	}
	if err := c.sameForAll(p); err != nil {
		return nil, err
	}
	proc, err := spec.ConvertProcess(p)
	if err != nil {
		return nil, err
	}
	return proc, c.rt.grantable(&c.state.Config, proc)
}

// sameForAll refuses what the engine gives all processes of a container alike, if p wants it otherwise.
func (c *loaded) sameForAll(p *specs.Process) error {
	cfg := &c.state.Config
	if want := p.User.Umask; want != nil && (cfg.Umask == nil || *cfg.Umask != *want) {
		return fault.New("process.user.umask", errors.ErrUnsupported, "exec has the container's umask; leave it out, or set it in the program")
	}
	if want := p.OOMScoreAdj; want != nil && (cfg.OomScoreAdj == nil || *cfg.OomScoreAdj != *want) {
		return fault.New("process.oomScoreAdj", errors.ErrUnsupported, "exec has the container's; leave it out, or write /proc/PID/oom_score_adj")
	}
	return nil
}

// ownProcess is a copy of the container's process. runc keeps none; a container of its making has it in the bundle.
func (c *loaded) ownProcess() (*specs.Process, error) {
	if c.side.Process == nil {
		s, err := spec.Load(filepath.Join(c.bundle(), "config.json"))
		if err != nil {
			return nil, err
		}
		return s.Process, nil
	}
	data, err := json.Marshal(c.side.Process)
	if err != nil {
		return nil, err
	}
	var p specs.Process
	return &p, json.Unmarshal(data, &p)
}

func (c *loaded) exec(init *pidfd.FD, proc *spec.Process, o *ExecOptions) (status int, err error) {
	uid, err := c.state.Config.HostRootUID()
	if err != nil {
		return -1, err
	}
	gid, err := c.state.Config.HostRootGID()
	if err != nil {
		return -1, err
	}
	pio, err := openIO(&o.IO, proc, uid, gid)
	if err != nil {
		return -1, err
	}
	ref, err := c.rt.engine().Exec(&engine.ExecRequest{
		Root: c.rt.Root, ID: c.id, Process: proc, Files: pio.files, Cgroups: o.Cgroups,
	})
	if err != nil {
		pio.close()
		return -1, explain(err, nil, proc)
	}
	// The engine found the namespaces by init's pid. If init lives now it lived then, and the pid was not somebody else's;
	// if not, the process goes the way of all that were in the container.
	if init.Ended() {
		_ = unix.Kill(ref.Pid, unix.SIGKILL)
	}
	if err := execStarted(pio, ref.Pid, o); err != nil {
		// Our child: nobody else can have been given its pid before we wait for it.
		_ = unix.Kill(ref.Pid, unix.SIGKILL)
		_ = wait(ref.Pid, true)
		pio.finish()
		return -1, err
	}
	if o.IO.Detach {
		return 0, nil
	}
	o.IO.NoSubreaper = true // exec never reaps others
	return pio.supervise(ref.Pid, &o.IO)
}

func execStarted(pio *processIO, pid int, o *ExecOptions) error {
	if err := pio.started(); err != nil {
		return err
	}
	return writePidFile(o.IO.PidFile, pid)
}

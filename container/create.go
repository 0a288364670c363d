package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/sys/userns"
	"github.com/opencontainers/runc/libcontainer/configs"
	"github.com/opencontainers/runc/libcontainer/system"
	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/huskrun/husk/container/engine"
	"github.com/huskrun/husk/internal/cleanup"
	"github.com/huskrun/husk/internal/fault"
	"github.com/huskrun/husk/spec"
)

// keepGroups is crun's annotation that has the process keep the caller's supplementary groups.
const keepGroups = "run.oci.keep_original_groups"

// Create makes the container id from a bundle and leaves its init waiting for Start. On an error nothing is left.
func (r *Runtime) Create(ctx context.Context, id string, o CreateOptions) error {
	o.IO.Detach = true
	n, err := r.create(ctx, id, &o)
	if err != nil {
		return err
	}
	defer n.unlock()
	return n.connect(&o.IO)
}

// creation is a container between its making and the caller's being told.
type creation struct {
	c  *loaded
	io *processIO
	// undo removes the container again.
	undo cleanup.Stack
	// unlock ends the exclusion of other verbs.
	unlock func()
}

// connect joins the process to the caller and, last, writes the pid file. Whatever fails ends the container.
func (n *creation) connect(o *IO) error {
	if err := n.io.started(); err != nil {
		return n.undo.Unwind(err)
	}
	if err := writePidFile(o.PidFile, n.c.state.InitProcessPid); err != nil {
		return n.undo.Unwind(err)
	}
	return nil
}

// create goes from config.json to a created container. The caller unlocks, and either unwinds or keeps it.
func (r *Runtime) create(ctx context.Context, id string, o *CreateOptions) (*creation, error) {
	p, err := r.plan(id, o)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(r.Root, 0o700); err != nil {
		return nil, fault.New("state root", err, "choose another one with --root")
	}
	unlock, err := r.lock(ctx, id)
	if err != nil {
		return nil, err
	}
	n, err := p.make(ctx, &o.IO)
	if err != nil {
		unlock()
		return nil, p.explain(err)
	}
	n.unlock = unlock
	return n, nil
}

// plan is a container as it shall be, checked, with nothing done yet.
type plan struct {
	rt   *Runtime
	id   string
	dir  string
	spec *specs.Spec
	cfg  *configs.Config
	proc *spec.Process
	side *sideFile
}

// plan reads and checks everything before anything is changed.
func (r *Runtime) plan(id string, o *CreateOptions) (*plan, error) {
	if err := validateID(id); err != nil {
		return nil, err
	}
	dir := filepath.Join(r.Root, id)
	if _, err := os.Lstat(dir); err == nil {
		return nil, &fault.Error{Err: ErrExist, Hint: "delete it first, or choose another id"}
	}
	path := o.Config
	if path == "" {
		path = filepath.Join(o.Bundle, "config.json")
	}
	s, err := spec.Load(path)
	if err != nil {
		return nil, err
	}
	spec.Absolutize(s, o.Bundle)
	if err := spec.Validate(s); err != nil {
		return nil, err
	}
	if err := checkTerminal(&o.IO, s.Process.Terminal); err != nil {
		return nil, err
	}
	side := newSideFile(s, o)
	if o.NotifySocket != "" {
		injectNotify(s, dir)
	}
	proc, err := spec.ConvertProcess(s.Process)
	if err != nil {
		return nil, err
	}
	if err := keepOriginalGroups(s, proc); err != nil {
		return nil, err
	}
	cfg, err := spec.Convert(s, r.convertOptions(id, o))
	if err != nil {
		return nil, err
	}
	if err := r.grantable(cfg, proc); err != nil {
		return nil, err
	}
	side.Cgroup = whereabouts(cfg)
	return &plan{r, id, dir, s, cfg, proc, side}, nil
}

func (r *Runtime) convertOptions(id string, o *CreateOptions) spec.ConvertOptions {
	return spec.ConvertOptions{
		ID:              id,
		Bundle:          o.Bundle,
		SystemdCgroup:   r.SystemdCgroup,
		NoPivot:         o.NoPivot,
		NoNewKeyring:    o.NoNewKeyring,
		RootlessEUID:    os.Geteuid() != 0,
		RootlessCgroups: r.rootlessCgroups(),
	}
}

// rootlessCgroups reports whether a cgroup that cannot be made or limited is no error: for everybody but the root of
// the host, unless Rootless says it.
func (r *Runtime) rootlessCgroups() bool {
	if r.Rootless != nil {
		return *r.Rootless
	}
	return os.Geteuid() != 0 || userns.RunningInUserNS()
}

// keepOriginalGroups obeys crun's annotation. With a user namespace the kernel has no way to keep a group that is not
// mapped once setgroups(2) was called, and libcontainer calls it.
func keepOriginalGroups(s *specs.Spec, p *spec.Process) error {
	switch value := s.Annotations[keepGroups]; value {
	case "", "0", "false":
		return nil
	}
	if os.Geteuid() != 0 {
		return nil // setgroups(2) is denied then, so they stay
	}
	for _, ns := range specs.Linux(deref(s.Linux)).Namespaces {
		if ns.Type == specs.UserNamespace {
			return fault.New("annotation "+keepGroups, errors.ErrUnsupported, "not together with a user namespace as root; drop one of the two")
		}
	}
	groups, err := os.Getgroups()
	if err != nil {
		return err
	}
	p.AdditionalGroups = append(p.AdditionalGroups, groups...)
	return nil
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func newSideFile(s *specs.Spec, o *CreateOptions) *sideFile {
	side := &sideFile{
		Bundle:       o.Bundle,
		Rootfs:       s.Root.Path,
		Process:      s.Process,
		Annotations:  s.Annotations,
		Hooks:        s.Hooks,
		NotifySocket: o.NotifySocket,
	}
	if stat, err := system.Stat(os.Getpid()); err == nil {
		side.Creator = engine.Ref{Pid: os.Getpid(), StartTime: stat.StartTime}
	}
	return side
}

// make creates the container. What it made is undone on an error.
func (p *plan) make(ctx context.Context, o *IO) (_ *creation, err error) {
	uid, err := p.cfg.HostRootUID()
	if err != nil {
		return nil, err
	}
	gid, err := p.cfg.HostRootGID()
	if err != nil {
		return nil, err
	}
	pio, err := openIO(o, p.proc, uid, gid)
	if err != nil {
		return nil, err
	}
	c := &loaded{rt: p.rt, id: p.id, dir: p.dir, side: p.side}
	c.placeHooks(ctx, p.cfg)
	prepared := false
	c.state, err = p.rt.engine().Create(&engine.CreateRequest{
		Root:     p.rt.Root,
		ID:       p.id,
		Config:   p.cfg,
		Process:  p.proc,
		Files:    pio.files,
		Prepared: func(dir string) error { prepared = true; return p.prepare(dir) },
	})
	if err != nil {
		pio.close()
		if prepared { // then hooks may have run, and the specification has poststop follow (runtime.md, Lifecycle)
			c.runPoststop(context.WithoutCancel(ctx))
		}
		return nil, err
	}
	n := &creation{c: c, io: pio}
	n.undo.Push(func() error { pio.finish(); return nil }) // after the processes that hold the other ends
	n.undo.Push(func() error { return c.destroy(context.WithoutCancel(ctx)) })
	return n, nil
}

// prepare fills the new state directory before a process exists.
func (p *plan) prepare(dir string) error {
	if p.side.NotifySocket != "" {
		if err := os.Mkdir(filepath.Join(dir, notifyDir), 0o755); err != nil {
			return err
		}
	}
	return p.side.write(dir)
}

// engine is what starts processes.
func (r *Runtime) engine() engine.Engine {
	if r.starter == nil {
		return engine.Libcontainer{}
	}
	return r.starter
}

// Init is the inside of `husk init`, which an engine re-executes. It does not return.
func Init() { engine.Init() }

// writePidFile writes pid to path, atomically and without a newline, as conmon and containerd read it; "" is no file.
func writePidFile(path string, pid int) error {
	if path == "" {
		return nil
	}
	return fault.New("pid file", replaceFile(path, fmt.Append(nil, pid), 0o644), "")
}

// oneLine is the text of err, whose joined errors stand on lines of their own, as one line.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }

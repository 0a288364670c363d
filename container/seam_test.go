package container

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/opencontainers/runc/libcontainer"
	"github.com/opencontainers/runc/libcontainer/system"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/container/engine"
)

// sleeper is an engine of a few lines: its containers are a sleeping process on the host. All it owes the verbs is what
// any engine owes them: a process, and state.json.
type sleeper struct {
	created *engine.CreateRequest
	started *engine.StartRequest
}

func (e *sleeper) Create(q *engine.CreateRequest) (*engine.State, error) {
	e.created = q
	dir := filepath.Join(q.Root, q.ID)
	if err := os.Mkdir(dir, 0o711); err != nil {
		return nil, err
	}
	if err := q.Prepared(dir); err != nil {
		return nil, err
	}
	if err := unix.Mkfifo(filepath.Join(dir, engine.FifoFile), 0o622); err != nil {
		return nil, err
	}
	cmd := exec.Command("sleep", "3600")
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() { _ = cmd.Wait() }()
	stat, err := system.Stat(cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	ref := engine.Ref{Pid: cmd.Process.Pid, StartTime: stat.StartTime}
	state := &engine.State{BaseState: libcontainer.BaseState{
		ID:                   q.ID,
		InitProcessPid:       ref.Pid,
		InitProcessStartTime: ref.StartTime,
		Created:              time.Now().UTC(),
		Config:               *q.Config,
	}}
	return state, writeJSON(filepath.Join(dir, engine.StateFile), state)
}

func (e *sleeper) Start(_ context.Context, q *engine.StartRequest) error {
	e.started = q
	return os.Remove(filepath.Join(q.StateDir, engine.FifoFile))
}

func (e *sleeper) Exec(*engine.ExecRequest) (engine.Ref, error) {
	return engine.Ref{}, errors.ErrUnsupported
}

// Every verb works on the container of an engine that shares nothing with libcontainer but the format of state.json.
func TestAnyEngineServesAllVerbs(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("the state of a cgroup is root's to see")
	}
	bundle := testBundle(t)
	e := &sleeper{}
	r := &Runtime{Root: t.TempDir(), starter: e}
	ctx := context.Background()
	wantStatus := func(want Status) {
		t.Helper()
		s, err := r.State("web")
		if err != nil {
			t.Fatal(err)
		}
		if s.Status != want {
			t.Fatalf("status %s, want %s", s.Status, want)
		}
		if s.Bundle != bundle || (want == Stopped) != (s.InitProcessPid == 0) {
			t.Errorf("state %+v", s)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}

	must(r.Create(ctx, "web", CreateOptions{Bundle: bundle}))
	t.Cleanup(func() { _ = r.Delete(ctx, "web", true) })
	if e.created.Process.Args[0] != "true" || e.created.Config.Rootfs != filepath.Join(bundle, "rootfs") {
		t.Errorf("the engine got %+v", e.created)
	}
	wantStatus(Created)
	if err := r.Create(ctx, "web", CreateOptions{Bundle: bundle}); !errors.Is(err, ErrExist) {
		t.Errorf("a second one of the same id: %v", err)
	}
	must(r.Start(ctx, "web", StartOptions{}))
	if e.started.AwaitExec {
		t.Error("an exec is awaited without hooks")
	}
	wantStatus(Running)
	if err := r.Delete(ctx, "web", false); !errors.Is(err, ErrRunning) {
		t.Errorf("delete of a running one: %v", err)
	}
	list, err := r.List()
	must(err)
	if len(list) != 1 || list[0].ID != "web" {
		t.Errorf("list %v", list)
	}
	init, err := mustLoad(t, r).init()
	must(err)
	must(r.Kill(ctx, "web", KillOptions{Signal: unix.SIGKILL}))
	must(init.Wait(ctx))
	init.Close()
	wantStatus(Stopped)
	if err := r.Kill(ctx, "web", KillOptions{Signal: unix.SIGTERM}); !errors.Is(err, ErrNotRunning) {
		t.Errorf("kill of a stopped one: %v", err)
	}
	must(r.Delete(ctx, "web", false))
	if _, err := r.State("web"); !errors.Is(err, ErrNotExist) {
		t.Errorf("state of a deleted one: %v", err)
	}
}

// What an engine writes, libcontainer itself can load.
func TestStateIsLibcontainers(t *testing.T) {
	bundle := testBundle(t)
	r := &Runtime{Root: t.TempDir(), starter: &sleeper{}}
	ctx := context.Background()
	if err := r.Create(ctx, "web", CreateOptions{Bundle: bundle}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Delete(ctx, "web", true) })
	c := mustLoad(t, r)
	if err := c.save(); err != nil { // our rewriting keeps it so
		t.Fatal(err)
	}
	theirs, err := libcontainer.Load(r.Root, "web")
	if err != nil {
		t.Fatal(err)
	}
	state, err := theirs.State()
	if err != nil {
		t.Fatal(err)
	}
	if state.InitProcessPid != c.state.InitProcessPid || state.Config.Rootfs != c.state.Config.Rootfs {
		t.Errorf("libcontainer reads %+v", state)
	}
}

func mustLoad(t *testing.T, r *Runtime) *loaded {
	t.Helper()
	c, err := r.load("web")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// testBundle is a bundle that no process is started in. Its processes, if any, are the host's, and have no cgroup.
func testBundle(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "rootfs"), 0o755); err != nil {
		t.Fatal(err)
	}
	s := &specs.Spec{
		Version: specs.Version,
		Root:    &specs.Root{Path: "rootfs"},
		Process: &specs.Process{Args: []string{"true"}, Cwd: "/"},
		Linux: &specs.Linux{
			CgroupsPath: "/husk-test-seam-" + filepath.Base(filepath.Dir(dir)),
			Namespaces:  []specs.LinuxNamespace{{Type: specs.PIDNamespace}, {Type: specs.MountNamespace}},
		},
	}
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

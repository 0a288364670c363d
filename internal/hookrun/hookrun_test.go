package hookrun

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/huskrun/husk/internal/pidfd"
)

func sh(script string) *Hook {
	return &Hook{Path: "/bin/sh", Args: []string{"sh", "-c", script}}
}

func TestSuccessReadsTheState(t *testing.T) {
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	h := sh("cat; pwd; env")
	h.Stdin, h.Stdout, h.Dir, h.Env = []byte(`{"id":"web"}`), out, "/", []string{"A=1"}
	if err := h.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(got), `{"id":"web"}/`+"\n") || !strings.Contains(string(got), "A=1\n") {
		t.Errorf("the hook saw %q", got)
	}
	if strings.Contains(string(got), "HOME=") {
		t.Errorf("the hook has the caller's environment: %q", got)
	}
}

func TestFailureShowsStatusAndStderr(t *testing.T) {
	err := sh("echo no such bridge >&2; exit 3").Run(context.Background())
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Fatalf("%v is no exit status 3", err)
	}
	if want := "/bin/sh: exit status 3: no such bridge"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestOnlyTheTailOfStderrIsKept(t *testing.T) {
	err := sh("yes filler | head -c 200000 >&2; echo the end >&2; exit 1").Run(context.Background())
	var e *Error
	if !errors.As(err, &e) || len(e.Stderr) > tailSize || !strings.HasSuffix(e.Stderr, "the end") {
		t.Errorf("got %v", err)
	}
}

func TestMissingHook(t *testing.T) {
	err := (&Hook{Path: "/nonexistent/hook"}).Run(context.Background())
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// The hook's child would hold the pipe for an hour; the deadline ends both.
func TestTimeoutKillsTheGroup(t *testing.T) {
	pidFile := filepath.Join(t.TempDir(), "pid")
	h := sh("sleep 3600 & echo $! >" + pidFile + "; wait")
	h.Timeout = 10 * time.Second // for a shell to start and fork on a busy machine
	if err := h.Run(context.Background()); !errors.Is(err, ErrTimeout) {
		t.Fatalf("got %v", err)
	}
	text, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	child, err := pidfd.Open(pid, 0)
	if err != nil {
		return // gone already
	}
	defer child.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := child.Wait(ctx); err != nil {
		t.Errorf("the hook's child lives on: %v", err)
	}
}

func TestLeftoverProcessIsNotWaitedFor(t *testing.T) {
	pidFile := filepath.Join(t.TempDir(), "pid")
	h := sh("sleep 3600 & echo $! >" + pidFile)
	done := make(chan error, 1)
	go func() { done <- h.Run(context.Background()) }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Error("the hook's daemon holds up its caller")
	}
	pid, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("kill", strings.TrimSpace(string(pid))).Run(); err != nil {
		t.Errorf("the daemon is gone: %v", err)
	}
}

func TestEndOfContextEndsTheHook(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(100*time.Millisecond, cancel)
	if err := sh("sleep 3600").Run(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

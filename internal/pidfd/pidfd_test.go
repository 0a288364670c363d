package pidfd

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/opencontainers/runc/libcontainer/system"
	"golang.org/x/sys/unix"
)

func sleeping(t *testing.T) (*exec.Cmd, uint64) {
	t.Helper()
	cmd := exec.Command("sleep", "3600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	stat, err := system.Stat(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	return cmd, stat.StartTime
}

func TestOpenChecksTheStartTime(t *testing.T) {
	cmd, started := sleeping(t)
	p, err := Open(cmd.Process.Pid, started)
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	if _, err := Open(cmd.Process.Pid, started+1); !errors.Is(err, unix.ESRCH) {
		t.Errorf("the pid of somebody else: %v", err)
	}
	for _, pid := range []int{0, -1} {
		if _, err := Open(pid, 0); !errors.Is(err, unix.ESRCH) {
			t.Errorf("pid %d: %v", pid, err)
		}
	}
}

// A zombie has ended, although its pid is still taken.
func TestEndedBeforeItIsReaped(t *testing.T) {
	cmd, started := sleeping(t)
	p, err := Open(cmd.Process.Pid, started)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if p.Ended() {
		t.Fatal("ended at its start")
	}
	if err := p.Signal(unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := p.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	if !p.Ended() {
		t.Error("waited for, but not ended")
	}
	if _, err := Open(cmd.Process.Pid, started); !errors.Is(err, unix.ESRCH) {
		t.Errorf("a zombie can be opened: %v", err)
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	p, err := Open(os.Getpid(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := p.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestWaitEitherTellsWhich(t *testing.T) {
	p, err := Open(os.Getpid(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	w.Close()
	ended, err := WaitEither(context.Background(), p, int(r.Fd()))
	if err != nil || ended {
		t.Errorf("ended %v, %v", ended, err)
	}
}

package container

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/opencontainers/cgroups"
	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/internal/pidfd"
)

// A modified memory.events makes the watch readable; it counts what was killed since the last look, however often the
// file changed meanwhile.
func TestWatchEvents(t *testing.T) {
	cgroups.TestMode = true
	defer func() { cgroups.TestMode = false }()
	dir := t.TempDir()
	write := func(s string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "memory.events"), []byte(s), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("low 0\noom 1\noom_kill 3\n")
	w, err := watchEvents(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	self, err := pidfd.Open(os.Getpid(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer self.Close()
	readable := func(by time.Time) bool {
		t.Helper()
		ended, late, err := waitUntil(t.Context(), by, self, w.fd)
		if ended || err != nil {
			t.Fatal(ended, err)
		}
		return !late
	}
	pending := func() bool {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(w.fd), Events: unix.POLLIN}}, 0)
		return err != nil || n > 0
	}
	if pending() || w.count() != 0 {
		t.Error("it counts what was before")
	}
	write("low 0\noom 2\noom_kill 4\n")
	write("low 0\noom 2\noom_kill 5\n")
	if !readable(time.Now().Add(time.Minute)) {
		t.Error("not readable after a change")
	}
	if n := w.count(); n != 2 {
		t.Errorf("counts %d, want 2", n)
	}
	write("low 1\noom 2\noom_kill 5\n")
	if n := w.count(); n != 0 || pending() {
		t.Errorf("counts %d for another event, or is readable still", n)
	}
	if err := os.Remove(filepath.Join(dir, "memory.events")); err != nil {
		t.Fatal(err)
	}
	if n := w.count(); n != 0 {
		t.Errorf("counts %d in a cgroup that is gone", n)
	}
}

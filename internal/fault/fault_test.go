package fault

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"
)

func TestTheLineNamesObjectCauseAndHint(t *testing.T) {
	err := New("mount /data → /mnt", syscall.ENOENT, "create it or drop the mount")
	if want := "mount /data → /mnt: no such file or directory (create it or drop the mount)"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	if New("anything", nil, "") != nil {
		t.Error("no cause, but a fault")
	}
	if got := Newf("root.path", "must be set").Error(); got != "root.path: must be set" {
		t.Errorf("got %q", got)
	}
}

func TestFieldsAreFoundInTheChain(t *testing.T) {
	err := fmt.Errorf("create: %w", New("cgroup /a", &fs.PathError{Op: "mkdir", Path: "/a", Err: syscall.EACCES}, ""))
	if Object(err) != "cgroup /a" || Errno(err) != "EACCES" {
		t.Errorf("object %q, errno %q", Object(err), Errno(err))
	}
	if plain := errors.New("plain"); Object(plain) != "" || Errno(plain) != "" {
		t.Error("a plain error has fields")
	}
}

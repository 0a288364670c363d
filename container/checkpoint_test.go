package container

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runc/libcontainer/configs"
	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/container/engine"
)

func TestCRIUOptions(t *testing.T) {
	o := CheckpointOptions{
		ImagePath: "/i", WorkPath: "/w", ParentPath: "../p", LeaveRunning: true, TCPEstablished: true,
		TCPSkipInFlight: true, LinkRemap: true, ExternalUnix: true, ShellJob: true, LazyPages: true, StatusFd: 5,
		PageServer: "[::1]:27", FileLocks: true, PreDump: true, ManageCgroups: "full", AutoDedup: true,
		LsmProfile: "apparmor:x", LsmMountContext: "m",
	}
	want := engine.CRIUOptions{
		ImagesDirectory: "/i", WorkDirectory: "/w", ParentImage: "../p", LeaveRunning: true, TcpEstablished: true,
		TcpSkipInFlight: true, LinkRemap: true, ExternalUnixConnections: true, ShellJob: true, LazyPages: true, StatusFd: 5,
		FileLocks: true, PreDump: true, ManageCgroupsMode: "full", AutoDedup: true, EmptyNs: unix.CLONE_NEWNET,
		LsmProfile: "apparmor:x", LsmMountContext: "m",
	}
	want.PageServer.Address, want.PageServer.Port = "::1", 27
	got, err := o.criu()
	if err != nil {
		t.Fatal(err)
	}
	got.VethPairs = nil
	if g, w := toJSON(t, got), toJSON(t, want); g != w {
		t.Errorf("got  %s\nwant %s", g, w)
	}
}

func TestCRIUOptionsRefuse(t *testing.T) {
	for message, o := range map[string]CheckpointOptions{
		"image path: is missing":     {},
		"network lock nftables":      {ImagePath: "/i", NetworkLock: "nftables"},
		"parent path /p":             {ImagePath: "/i", ParentPath: "/p"},
		"none of soft, full, strict": {ImagePath: "/i", ManageCgroups: "hard"},
		`"host" is not ADDRESS:PORT`: {ImagePath: "/i", PageServer: "host"},
		`":1" is not ADDRESS:PORT`:   {ImagePath: "/i", PageServer: ":1"},
		`"h:0" is not ADDRESS:PORT`:  {ImagePath: "/i", PageServer: "h:0"},
		`"h:65536" is not`:           {ImagePath: "/i", PageServer: "h:65536"},
	} {
		if _, err := o.criu(); err == nil || !strings.Contains(err.Error(), message) {
			t.Errorf("%+v: got %v, want %s", o, err, message)
		}
	}
}

func TestCheckpointDirectories(t *testing.T) {
	dir := t.TempDir()
	o := CheckpointOptions{ImagePath: filepath.Join(dir, "a/images"), WorkPath: filepath.Join(dir, "b/work")}
	if err := o.makeDirs(); err != nil {
		t.Fatal(err)
	}
	for _, made := range []string{o.ImagePath, o.WorkPath} {
		if fi, err := os.Stat(made); err != nil || fi.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", made, fi, err)
		}
	}
	o.ParentPath = "../pre"
	if err := o.makeDirs(); !errors.Is(err, unix.ENOENT) || !strings.Contains(err.Error(), "parent path: ") {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a/pre"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := o.makeDirs(); !errors.Is(err, unix.ENOTDIR) {
		t.Errorf("got %v", err)
	}
}

// Nothing is made or lost when CRIU is not there.
func TestCheckpointAndRestoreWithoutCRIU(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	j := newJail(t, configs.Config{})
	images := filepath.Join(t.TempDir(), "images")
	err := j.Checkpoint(context.Background(), "c", CheckpointOptions{ImagePath: images})
	if err == nil || !strings.Contains(err.Error(), "install CRIU") {
		t.Errorf("checkpoint: %v", err)
	}
	if s, err := j.State("c"); err != nil || s.Status != Running {
		t.Errorf("%+v, %v", s, err)
	}
	o := RestoreOptions{CheckpointOptions: CheckpointOptions{ImagePath: images}}
	o.IO.Detach = true
	if _, err := j.Restore(context.Background(), "r", o); err == nil || !strings.Contains(err.Error(), "no directory of a complete checkpoint") {
		t.Errorf("restore without images: %v", err)
	}
	if _, err := j.State("r"); !errors.Is(err, ErrNotExist) {
		t.Errorf("left: %v", err)
	}
}

func TestCheckpointNeedsARunningContainer(t *testing.T) {
	j := newJail(t, configs.Config{})
	o := CheckpointOptions{ImagePath: filepath.Join(t.TempDir(), "images")}
	if err := unix.Mkfifo(filepath.Join(j.Root, "c", engine.FifoFile), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := j.Checkpoint(context.Background(), "c", o); !errors.Is(err, ErrNotRunning) || !strings.Contains(err.Error(), "it is created") {
		t.Errorf("created: %v", err)
	}
	if err := j.Checkpoint(context.Background(), "nobody", o); !errors.Is(err, ErrNotExist) {
		t.Errorf("unknown: %v", err)
	}
	if _, err := os.Stat(o.ImagePath); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("directory of the images: %v", err)
	}
}

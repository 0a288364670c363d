package container

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/moby/sys/userns"
	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/container/engine"
	"github.com/huskrun/husk/internal/fault"
)

// Checkpoint saves the processes of a running or paused container with CRIU, and then deletes the container unless it
// is left running or only its memory was saved.
func (r *Runtime) Checkpoint(ctx context.Context, id string, o CheckpointOptions) error {
	criu, err := o.criu()
	if err != nil {
		return err
	}
	c, unlock, err := r.loadAlone(ctx, id)
	if err != nil {
		return err
	}
	defer unlock()
	if err := c.checkpointable(); err != nil {
		return err
	}
	r.warnRootlessCRIU()
	if err := o.makeDirs(); err != nil {
		return err
	}
	if err := engine.Checkpoint(r.Root, id, criu); err != nil || o.LeaveRunning || o.PreDump {
		return err
	}
	// The images are complete: what is left over of the container is worth a warning, no more.
	if err := c.destroy(context.WithoutCancel(ctx)); err != nil {
		r.log().Warn(oneLine(err))
	}
	return nil
}

func (c *loaded) checkpointable() error {
	if err := c.intact(); err != nil {
		return err
	}
	switch s := c.status(); s {
	case Running, Paused:
		return nil
	case Created:
		return &fault.Error{Err: fmt.Errorf("%w: it is %s", ErrNotRunning, s), Hint: "start it first"}
	default:
		return fmt.Errorf("%w: it is %s", ErrNotRunning, s)
	}
}

func (r *Runtime) warnRootlessCRIU() {
	if os.Geteuid() != 0 || userns.RunningInUserNS() {
		r.log().Warn("CRIU needs the host's root: checkpoint and restore are unlikely to work here")
	}
}

// criu turns the options into libcontainer's.
func (o *CheckpointOptions) criu() (*engine.CRIUOptions, error) {
	if o.ImagePath == "" {
		return nil, fault.Newf("image path", "is missing")
	}
	if o.NetworkLock != "" {
		return nil, fault.New("network lock "+o.NetworkLock, errors.ErrUnsupported,
			"put network-lock into a file that the annotation org.criu.config names")
	}
	if filepath.IsAbs(o.ParentPath) {
		return nil, fault.Newf("parent path "+o.ParentPath, "must be relative to the image path")
	}
	switch o.ManageCgroups {
	case "", "soft", "full", "strict", "ignore":
	default:
		return nil, fault.Newf("cgroups mode", "%q is none of soft, full, strict and ignore", o.ManageCgroups)
	}
	c := &engine.CRIUOptions{
		ImagesDirectory:         o.ImagePath,
		WorkDirectory:           o.WorkPath,
		ParentImage:             o.ParentPath,
		LeaveRunning:            o.LeaveRunning,
		TcpEstablished:          o.TCPEstablished,
		TcpSkipInFlight:         o.TCPSkipInFlight,
		LinkRemap:               o.LinkRemap,
		ExternalUnixConnections: o.ExternalUnix,
		ShellJob:                o.ShellJob,
		FileLocks:               o.FileLocks,
		PreDump:                 o.PreDump,
		// What is in the network namespace is not ours to restore, whatever EmptyNetNS says: hooks and managers made it.
		EmptyNs:           unix.CLONE_NEWNET,
		AutoDedup:         o.AutoDedup,
		LazyPages:         o.LazyPages,
		StatusFd:          o.StatusFd,
		LsmProfile:        o.LsmProfile,
		LsmMountContext:   o.LsmMountContext,
		ManageCgroupsMode: o.ManageCgroups,
	}
	return c, o.pageServer(c)
}

func (o *CheckpointOptions) pageServer(c *engine.CRIUOptions) error {
	if o.PageServer == "" {
		return nil
	}
	host, service, err := net.SplitHostPort(o.PageServer)
	port, perr := strconv.ParseUint(service, 10, 16)
	if err != nil || perr != nil || host == "" || port == 0 {
		return fault.Newf("page server", "%q is not ADDRESS:PORT", o.PageServer)
	}
	c.PageServer.Address, c.PageServer.Port = host, int32(port)
	return nil
}

// makeDirs makes the directories that CRIU writes to; images hold the memory of processes. The parent must be there.
func (o *CheckpointOptions) makeDirs() error {
	for _, dir := range []string{o.ImagePath, o.WorkPath} {
		if dir == "" {
			continue
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fault.New("directory of the checkpoint", err, "")
		}
	}
	if o.ParentPath == "" {
		return nil
	}
	parent := filepath.Join(o.ImagePath, o.ParentPath)
	fi, err := os.Stat(parent)
	if err == nil && !fi.IsDir() {
		err = &os.PathError{Op: "open", Path: parent, Err: unix.ENOTDIR}
	}
	return fault.New("parent path", err, "it is relative to the image path")
}

package commands

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/huskrun/husk/container"
)

func checkpointCommand() *cli.Command {
	return &cli.Command{
		Name:      "checkpoint",
		Usage:     "save the processes of a running container",
		ArgsUsage: "ID",
		Description: `Saves the container's processes with CRIU, which must be installed, into a directory of images, and deletes the
container unless --leave-running or --pre-dump says otherwise. husk restore makes a container from the images.

With --pre-dump only memory is saved while the container goes on; a later checkpoint with --parent-path then has less to
save and stops the container for a shorter time.

EXAMPLE:

    husk checkpoint --image-path /var/lib/web.ckpt web
    husk restore --image-path /var/lib/web.ckpt --bundle /srv/web --detach web`,
		Flags: flags(criuFlags(), []cli.Flag{
			str("parent-path", "save only what differs from the images in `DIR`, relative to the image path"),
			boolean("leave-running", "let the container run on"),
			boolean("tcp-skip-in-flight", "leave out TCP connections that are being established"),
			boolean("link-remap", "link open files that were unlinked back while saving"),
			&cli.IntFlag{Name: "status-fd", Value: -1, DefaultText: "none", Usage: "have CRIU write a zero byte to descriptor `FD` once lazy pages can be served"},
			str("page-server", "send memory pages to a page server at `ADDRESS:PORT`"),
			boolean("pre-dump", "save memory only, and let the container run on"),
		}),
		Action: onID(func(c *cli.Context, rt *container.Runtime, id string) error {
			o, err := criuOptions(c)
			if err != nil {
				return err
			}
			return rt.Checkpoint(c.Context, id, o)
		}),
	}
}

// criuFlags are shared by checkpoint and restore.
func criuFlags() []cli.Flag {
	return []cli.Flag{
		str("image-path", "keep the images in `DIR` (default: checkpoint in the current directory)"),
		str("work-path", "keep CRIU's logs and work files in `DIR` (default: the image path)"),
		boolean("tcp-established", "include established TCP connections"),
		boolean("tcp-close", "not supported: libcontainer cannot have CRIU restore TCP connections as closed"),
		boolean("ext-unix-sk", "allow connections to unix sockets outside of the container"),
		boolean("shell-job", "allow processes whose session or terminal is outside of the container"),
		boolean("file-locks", "include file locks"),
		boolean("lazy-pages", "restore memory pages lazily, with userfaultfd"),
		boolean("auto-dedup", "free the images' blocks that later ones supersede"),
		str("manage-cgroups-mode", "let CRIU handle cgroups in `MODE` soft, full, strict or ignore (default: soft)"),
		str("network-lock", "not supported: libcontainer cannot hand CRIU a `METHOD` of locking the network"),
		&cli.StringSliceFlag{Name: "empty-ns", Usage: "make the namespace `TYPE` (only network) without what was in it"},
	}
}

// criuOptions reads criuFlags and the flags of checkpoint and restore beside them.
func criuOptions(c *cli.Context) (o container.CheckpointOptions, err error) {
	o = container.CheckpointOptions{
		ParentPath:      c.String("parent-path"),
		LeaveRunning:    c.Bool("leave-running"),
		TCPEstablished:  c.Bool("tcp-established"),
		TCPSkipInFlight: c.Bool("tcp-skip-in-flight"),
		LinkRemap:       c.Bool("link-remap"),
		ExternalUnix:    c.Bool("ext-unix-sk"),
		ShellJob:        c.Bool("shell-job"),
		LazyPages:       c.Bool("lazy-pages"),
		StatusFd:        -1,
		PageServer:      c.String("page-server"),
		FileLocks:       c.Bool("file-locks"),
		PreDump:         c.Bool("pre-dump"),
		ManageCgroups:   c.String("manage-cgroups-mode"),
		AutoDedup:       c.Bool("auto-dedup"),
		NetworkLock:     c.String("network-lock"),
		LsmProfile:      c.String("lsm-profile"),
		LsmMountContext: c.String("lsm-mount-context"),
	}
	if c.IsSet("status-fd") {
		o.StatusFd = c.Int("status-fd")
	}
	if err := checkCriu(c, o); err != nil {
		return o, badUsage(c, err)
	}
	o.EmptyNetNS = slices.Contains(c.StringSlice("empty-ns"), "network")
	images := c.String("image-path")
	if images == "" {
		images = "checkpoint"
	}
	if o.ImagePath, err = filepath.Abs(images); err != nil {
		return o, err
	}
	o.WorkPath, err = absolute(c.String("work-path"))
	return o, err
}

// checkCriu refuses values that CRIU would not understand, or that husk cannot hand to it.
func checkCriu(c *cli.Context, o container.CheckpointOptions) error {
	if c.Bool("tcp-close") {
		return errors.New("--tcp-close is not supported; put tcp-close into a file that the annotation org.criu.config names")
	}
	if filepath.IsAbs(o.ParentPath) {
		return errors.New("--parent-path must be relative to --image-path")
	}
	for _, ns := range c.StringSlice("empty-ns") {
		if ns != "network" {
			return fmt.Errorf("--empty-ns %q: only network is supported", ns)
		}
	}
	if err := checkPageServer(o.PageServer); err != nil {
		return err
	}
	if err := oneOf("manage-cgroups-mode", o.ManageCgroups, "soft", "full", "strict", "ignore"); err != nil {
		return err
	}
	return oneOf("network-lock", o.NetworkLock, "iptables", "nftables", "skip")
}

func checkPageServer(s string) error {
	if s == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(s)
	if n, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil || host == "" || n == 0 {
		return fmt.Errorf("--page-server %q: must be ADDRESS:PORT", s)
	}
	return nil
}

// oneOf demands that a flag that is set has one of the values.
func oneOf(flag, value string, values ...string) error {
	if value == "" || slices.Contains(values, value) {
		return nil
	}
	return fmt.Errorf("--%s %q: must be one of %s", flag, value, strings.Join(values, ", "))
}

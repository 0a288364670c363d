package commands

import (
	"github.com/urfave/cli/v2"

	"github.com/huskrun/husk/container"
)

func restoreCommand() *cli.Command {
	return &cli.Command{
		Name:      "restore",
		Usage:     "make a container from saved processes",
		ArgsUsage: "ID",
		Description: `Makes the container ID from a bundle and from the images that husk checkpoint saved, with CRIU, and lets its processes go
on. As with husk run, the process is in the foreground unless --detach says otherwise.

EXAMPLE:

    husk restore --image-path /var/lib/web.ckpt --bundle /srv/web --detach web`,
		Flags: flags(bundleFlags(), configFlags(), detachFlags(), ioFlags(), criuFlags(), []cli.Flag{
			boolean("keep", "do not delete the container when its process ended"),
			boolean("no-subreaper", "leave orphans to the next subreaper instead of reaping them here"),
			boolean("no-pivot", "enter the root with chroot instead of pivot_root (for a rootfs on a ramdisk; less safe)"),
			str("lsm-profile", "restore with the security profile `TYPE:NAME` instead of the saved one"),
			str("lsm-mount-context", "restore mounts with the SELinux `CONTEXT`"),
		}),
		Action: onID(func(c *cli.Context, rt *container.Runtime, id string) error {
			var o container.RestoreOptions
			var err error
			if o.CreateOptions, err = createOptions(c); err != nil {
				return err
			}
			if o.CheckpointOptions, err = criuOptions(c); err != nil {
				return err
			}
			forwardSignals(&o.IO)
			return exitWith(rt.Restore(c.Context, id, o))
		}),
	}
}

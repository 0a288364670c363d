package commands

import (
	"github.com/urfave/cli/v2"

	"github.com/huskrun/husk/container"
)

func runCommand() *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "create and start a container",
		ArgsUsage: "ID",
		Description: `Makes the container ID from a bundle and starts it. In the foreground husk connects its terminal or standard streams
to the process, forwards signals to it, deletes the container when the process ends, and ends with its exit status (128
plus the number of the signal that killed it). With --detach it returns as soon as the process runs.

EXAMPLE:

    husk run --bundle /srv/web web
    husk run --detach --pid-file /run/web.pid --bundle /srv/web web`,
		Flags: flags(bundleFlags(), configFlags(), detachFlags(), ioFlags(), setupFlags(), []cli.Flag{
			boolean("keep", "do not delete the container when its process ended"),
		}),
		Action: onID(func(c *cli.Context, rt *container.Runtime, id string) error {
			o, err := createOptions(c)
			if err != nil {
				return err
			}
			forwardSignals(&o.IO)
			return exitWith(rt.Run(c.Context, id, o))
		}),
	}
}

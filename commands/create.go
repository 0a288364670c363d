package commands

import (
	"github.com/urfave/cli/v2"

	"github.com/huskrun/husk/container"
)

func createCommand() *cli.Command {
	return &cli.Command{
		Name:      "create",
		Usage:     "create a container",
		ArgsUsage: "ID",
		Description: `Makes the container ID from a bundle: its namespaces, mounts, cgroup and first process, which then waits for
husk start before it executes the program that config.json names. What fails leaves nothing behind.

If process.terminal is set, --console-socket must name a socket that receives the terminal.

EXAMPLE:

    husk create --bundle /srv/web --pid-file /run/web.pid web
    husk start web`,
		Flags: flags(bundleFlags(), configFlags(), ioFlags(), setupFlags()),
		Action: onID(func(c *cli.Context, rt *container.Runtime, id string) error {
			o, err := createOptions(c)
			if err != nil {
				return err
			}
			return rt.Create(c.Context, id, o)
		}),
	}
}

package commands

import (
	"os"

	"github.com/urfave/cli/v2"

	"github.com/huskrun/husk/container"
)

func startCommand() *cli.Command {
	return &cli.Command{
		Name:      "start",
		Usage:     "start a created container",
		ArgsUsage: "ID",
		Description: `Lets the first process of a created container execute the program that config.json names, and runs the poststart hooks;
if one of these fails, the container is killed and deleted.

With $NOTIFY_SOCKET set, as systemd does for services of Type=notify, husk waits until the process says that it is ready
and passes that on.`,
		Action: onID(func(c *cli.Context, rt *container.Runtime, id string) error {
			return rt.Start(c.Context, id, container.StartOptions{NotifySocket: os.Getenv("NOTIFY_SOCKET")})
		}),
	}
}

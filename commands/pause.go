package commands

import (
	"github.com/urfave/cli/v2"

	"github.com/huskrun/husk/container"
)

func pauseCommand() *cli.Command {
	return &cli.Command{
		Name:      "pause",
		Usage:     "freeze all processes of a container",
		ArgsUsage: "ID",
		Description: `Freezes the container's cgroup: no process in it runs until husk resume. Signals wait, too, except for KILL, which husk
kill delivers to a frozen container.`,
		Action: onID(func(c *cli.Context, rt *container.Runtime, id string) error {
			return rt.Pause(c.Context, id)
		}),
	}
}

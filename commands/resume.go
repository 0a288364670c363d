package commands

import (
	"github.com/urfave/cli/v2"

	"github.com/huskrun/husk/container"
)

func resumeCommand() *cli.Command {
	return &cli.Command{
		Name:        "resume",
		Usage:       "let the processes of a paused container go on",
		ArgsUsage:   "ID",
		Description: "Thaws the cgroup of a container that husk pause froze.",
		Action: onID(func(c *cli.Context, rt *container.Runtime, id string) error {
			return rt.Resume(c.Context, id)
		}),
	}
}

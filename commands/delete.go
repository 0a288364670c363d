package commands

import (
	"github.com/urfave/cli/v2"

	"github.com/huskrun/husk/container"
)

func deleteCommand() *cli.Command {
	return &cli.Command{
		Name:      "delete",
		Usage:     "delete a container",
		ArgsUsage: "ID",
		Description: `Removes what is left of a stopped container, or one that was created and never started: its cgroup and its state. Then
its poststop hooks run. With --force a running one is killed first, and one that does not exist is no error.

With --regex, ID is a regular expression, and every container whose id it matches is meant.

EXAMPLE:

    husk delete web
    husk delete --force web
    husk delete --force --regex '^test-'`,
		Flags: []cli.Flag{
			boolean("force", "kill the container's processes first", "f"),
			regexFlag(),
		},
		Action: verb(func(c *cli.Context, rt *container.Runtime) error {
			if err := exactly(c, 1); err != nil {
				return err
			}
			return onMatches(c, rt, func(id string) error { return rt.Delete(c.Context, id, c.Bool("force")) })
		}),
	}
}

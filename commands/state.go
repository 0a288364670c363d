package commands

import (
	"encoding/json"

	"github.com/urfave/cli/v2"

	"github.com/huskrun/husk/container"
)

func stateCommand() *cli.Command {
	return &cli.Command{
		Name:      "state",
		Usage:     "print the state of a container",
		ArgsUsage: "ID",
		Description: `Prints, as JSON, the container's status (creating, created, running, paused or stopped), the pid of its first process,
its bundle, root file system, time of creation, annotations and owner. The pid of a stopped container is 0.

EXAMPLE:

    husk state web | jq -r .status`,
		Action: onID(func(c *cli.Context, rt *container.Runtime, id string) error {
			state, err := rt.State(id)
			if err != nil {
				return err
			}
			return printJSON(c, state, "  ")
		}),
	}
}

// printJSON prints v, indented if indent is not "".
func printJSON(c *cli.Context, v any, indent string) error {
	enc := json.NewEncoder(c.App.Writer)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	return enc.Encode(v)
}

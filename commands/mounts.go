package commands

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/urfave/cli/v2"

	"github.com/huskrun/husk/container"
	"github.com/huskrun/husk/spec"
)

func mountsCommand() *cli.Command {
	return &cli.Command{
		Name:      "mounts",
		Usage:     "add mounts to a running container or remove them",
		ArgsUsage: "add|remove ID FILE",
		Description: `Changes the mounts of a container that runs. FILE holds them as in config.json: an array of mounts, or an object whose
member "mounts" is one. remove looks at their destinations only.

EXAMPLE:

    echo '[{"destination": "/data", "source": "/srv/data", "type": "bind", "options": ["bind", "ro"]}]' > data.json
    husk mounts add web data.json
    husk mounts remove web data.json`,
		Action: noSubcommand,
		Subcommands: []*cli.Command{
			{
				Name:      "add",
				Usage:     "mount what FILE lists in a running container",
				ArgsUsage: "ID FILE",
				Action:    mounts((*container.Runtime).AddMounts),
			},
			{
				Name:      "remove",
				Usage:     "unmount the destinations that FILE lists",
				ArgsUsage: "ID FILE",
				Action:    mounts((*container.Runtime).RemoveMounts),
			},
		},
	}
}

func mounts(f func(*container.Runtime, context.Context, string, []specs.Mount) error) cli.ActionFunc {
	return verb(func(c *cli.Context, rt *container.Runtime) error {
		if err := exactly(c, 2); err != nil {
			return err
		}
		list, err := spec.LoadFile[mountList](c.Args().Get(1))
		if err != nil {
			return err
		}
		return f(rt, c.Context, c.Args().First(), list.Mounts)
	})
}

// mountList is a list of mounts, bare or inside of an object.
type mountList struct {
	Mounts []specs.Mount `json:"mounts"`
}

func (l *mountList) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		return json.Unmarshal(data, &l.Mounts)
	}
	type object mountList // without this method
	return json.Unmarshal(data, (*object)(l))
}

// noSubcommand runs when none of a verb's subcommands matches.
func noSubcommand(c *cli.Context) error {
	if !c.Args().Present() {
		return cli.ShowSubcommandHelp(c)
	}
	return failed(c, badUsage(c, unknownSubcommand(c.Args().First())))
}

type unknownSubcommand string

func (name unknownSubcommand) Error() string { return "no command " + string(name) }

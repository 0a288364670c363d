package commands

import (
	"github.com/urfave/cli/v2"

	"github.com/huskrun/husk/container"
)

func featuresCommand() *cli.Command {
	return &cli.Command{
		Name:  "features",
		Usage: "print what this husk can do",
		Description: `Prints, as JSON, the features of the OCI runtime specification that husk implements: versions, hooks, mount options,
namespaces, capabilities, cgroups, seccomp and more. It says what is built in, not what this machine's kernel offers.

EXAMPLE:

    husk features | jq .linux.seccomp`,
		Action: verb(func(c *cli.Context, _ *container.Runtime) error {
			if err := exactly(c, 0); err != nil {
				return err
			}
			f := container.GetFeatures()
			f.Annotations[container.AnnotationVersion] = Version
			if Commit != "" {
				f.Annotations[container.AnnotationCommit] = Commit
			}
			return printJSON(c, f, "    ")
		}),
	}
}

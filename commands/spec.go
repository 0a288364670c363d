package commands

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/huskrun/husk/container"
	"github.com/huskrun/husk/internal/fault"
	"github.com/huskrun/husk/spec"
)

func specCommand() *cli.Command {
	return &cli.Command{
		Name:  "spec",
		Usage: "write a config.json to start from",
		Description: `Writes a configuration that runs sh on a terminal, in namespaces of its own, with few capabilities and the root file
system read-only. Edit it: process.args is the program, process.terminal whether it has a terminal, mounts what it
sees. An existing file is not overwritten.

With --rootless the configuration is one that a user without privileges can run: it has a user namespace that maps root
to the caller, and no cgroup limits.

EXAMPLE:

    husk spec
    jq '.process.args = ["/bin/true"] | .process.terminal = false' config.json > new && mv new config.json
    husk run web`,
		Flags: flags(bundleFlags(), []cli.Flag{
			&cli.StringFlag{Name: "file", Aliases: []string{"f"}, Value: "config.json", Usage: "write to `FILE` in the bundle"},
			boolean("rootless", "write a configuration for a user without privileges"),
		}),
		Action: verb(func(c *cli.Context, _ *container.Runtime) error {
			if err := exactly(c, 0); err != nil {
				return err
			}
			path := c.String("file")
			if !filepath.IsAbs(path) {
				path = filepath.Join(c.String("bundle"), path)
			}
			return writeSpec(path, c.Bool("rootless"))
		}),
	}
}

func writeSpec(path string, rootless bool) error {
	s := spec.Default()
	if rootless {
		spec.ToRootless(s)
	}
	data, err := json.MarshalIndent(s, "", "\t")
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return fault.New(path, cause(err), "remove it first")
	}
	if err != nil {
		return fault.New(path, cause(err), "")
	}
	_, err = f.Write(append(data, '\n'))
	return errors.Join(err, f.Close())
}

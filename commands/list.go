package commands

import (
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/huskrun/husk/container"
	"github.com/huskrun/husk/internal/fault"
)

func listCommand() *cli.Command {
	return &cli.Command{
		Name:  "list",
		Usage: "list the containers of the state root",
		Description: `Lists all containers that --root knows, in the order of their ids. With --format json each has what husk state prints.

EXAMPLE:

    husk list
    husk --root /run/user/1000/husk list --quiet`,
		Flags: []cli.Flag{
			formatFlag(),
			boolean("quiet", "print the ids only", "q"),
		},
		Action: verb(list),
	}
}

// formatFlag is the flag of list and ps.
func formatFlag() cli.Flag {
	return &cli.StringFlag{Name: "format", Aliases: []string{"f"}, Value: "table", Usage: "print as `FORMAT`: table or json"}
}

// wantsJSON reads formatFlag.
func wantsJSON(c *cli.Context) (bool, error) {
	switch f := c.String("format"); f {
	case "json":
		return true, nil
	case "table":
		return false, nil
	default:
		return false, badUsage(c, fmt.Errorf("--format %q: must be table or json", f))
	}
}

func list(c *cli.Context, rt *container.Runtime) error {
	if err := exactly(c, 0); err != nil {
		return err
	}
	asJSON, err := wantsJSON(c)
	if err != nil {
		return err
	}
	if _, err := os.Stat(rt.Root); err != nil && c.IsSet("root") { // the default one may not have been needed yet
		return fault.New("state root "+rt.Root, cause(err), "")
	}
	states, err := rt.List()
	switch {
	case err != nil:
		return err
	case c.Bool("quiet"):
		for _, s := range states {
			fmt.Fprintln(c.App.Writer, s.ID)
		}
		return nil
	case asJSON:
		return printJSON(c, states, "")
	}
	w := tabwriter.NewWriter(c.App.Writer, 12, 1, 3, ' ', 0)
	fmt.Fprint(w, "ID\tPID\tSTATUS\tBUNDLE\tCREATED\tOWNER\n")
	for _, s := range states {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\n",
			s.ID, s.InitProcessPid, s.Status, s.Bundle, s.Created.Format(time.RFC3339Nano), s.Owner)
	}
	return w.Flush()
}

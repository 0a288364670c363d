package commands

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/huskrun/husk/container"
	"github.com/huskrun/husk/internal/fault"
)

func psCommand() *cli.Command {
	return &cli.Command{
		Name:      "ps",
		Usage:     "show the processes of a container",
		ArgsUsage: "ID [PS-OPTION…]",
		Description: `Runs ps(1) and prints the lines of the container's processes. What follows the id are options of ps, which must leave
the column PID in its output; without any they are -ef. With --format json it prints the pids and needs no ps.

EXAMPLE:

    husk ps web
    husk ps web -o pid,rss,args
    husk ps --format json web`,
		Flags:  []cli.Flag{formatFlag()},
		Action: verb(ps),
	}
}

func ps(c *cli.Context, rt *container.Runtime) error {
	if err := between(c, 1, -1); err != nil {
		return err
	}
	asJSON, err := wantsJSON(c)
	if err != nil {
		return err
	}
	pids, err := rt.Processes(c.Args().First())
	switch {
	case err != nil:
		return err
	case asJSON:
		return printJSON(c, append([]int{}, pids...), "")
	}
	table, err := psTable(c.Args().Tail())
	if err != nil {
		return err
	}
	return printLinesOf(c.App.Writer, table, pids)
}

// psTable is what ps prints about the whole system.
func psTable(options []string) ([]byte, error) {
	if len(options) == 0 {
		options = []string{"-ef"}
	}
	cmd := exec.Command("ps", options...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	table, err := cmd.Output()
	if err != nil {
		return nil, fault.New(strings.Join(cmd.Args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return table, nil
}

// printLinesOf prints a table's title and the lines of pids.
func printLinesOf(w io.Writer, table []byte, pids []int) error {
	title, lines, _ := strings.Cut(string(table), "\n")
	column := slices.Index(strings.Fields(title), "PID")
	if column < 0 {
		return fault.New("ps", errors.New("no column PID in its output"), "choose options that print it, like -o pid,args")
	}
	fmt.Fprintln(w, title)
	for line := range strings.Lines(lines) {
		fields := strings.Fields(line)
		if len(fields) <= column {
			continue
		}
		pid, err := strconv.Atoi(fields[column])
		if err != nil {
			return fault.New("ps", err, "")
		}
		if slices.Contains(pids, pid) {
			fmt.Fprint(w, line)
		}
	}
	return nil
}

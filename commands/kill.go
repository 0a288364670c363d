package commands

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/container"
	"github.com/huskrun/husk/internal/fault"
)

func killCommand() *cli.Command {
	return &cli.Command{
		Name:      "kill",
		Usage:     "send a signal to a container",
		ArgsUsage: "ID [SIGNAL]",
		Description: `Sends SIGNAL, by default TERM, to the first process of the container, or with --all to every process in it. SIGNAL is a
number or a name with or without SIG, RTMIN+3 included. Only KILL reaches the processes of a paused container.

With --regex, ID is a regular expression, and every container whose id it matches is meant.

EXAMPLE:

    husk kill web HUP
    husk kill --all web KILL
    husk kill --regex '^test-' KILL`,
		Flags: []cli.Flag{
			boolean("all", "send the signal to all processes of the container", "a"),
			regexFlag(),
		},
		Action: verb(kill),
	}
}

func kill(c *cli.Context, rt *container.Runtime) error {
	if err := between(c, 1, 2); err != nil {
		return err
	}
	name := c.Args().Get(1)
	if name == "" {
		name = "TERM"
	}
	signal, err := parseSignal(name)
	if err != nil {
		return badUsage(c, err)
	}
	return onMatches(c, rt, func(id string) error {
		err := rt.Kill(c.Context, id, container.KillOptions{Signal: signal, All: c.Bool("all")})
		if c.Bool("regex") && errors.Is(err, container.ErrNotRunning) {
			return nil // it was not meant
		}
		return err
	})
}

// The real-time signals that are left to programs; the C library keeps 32 and 33.
const (
	rtMin = 34
	rtMax = 64
)

// parseSignal reads a signal's number or name.
func parseSignal(s string) (unix.Signal, error) {
	if n, err := strconv.Atoi(s); err == nil {
		if n < 0 || n > rtMax {
			return 0, fmt.Errorf("signal %d: must be from 0 to %d", n, rtMax)
		}
		return unix.Signal(n), nil
	}
	name := strings.TrimPrefix(strings.ToUpper(s), "SIG")
	if signal := unix.SignalNum("SIG" + name); signal != 0 {
		return signal, nil
	}
	if signal := realTime(name); signal != 0 {
		return signal, nil
	}
	return 0, fmt.Errorf("unknown signal %q", s)
}

// realTime reads RTMIN+n and RTMAX-n; 0 if name is neither.
func realTime(name string) unix.Signal {
	for base, start := range map[string]int{"RTMIN": rtMin, "RTMAX": rtMax} {
		offset, ok := strings.CutPrefix(name, base)
		if !ok {
			continue
		}
		if offset == "" {
			return unix.Signal(start)
		}
		n, err := strconv.Atoi(offset)
		if signed := offset[0] == '+' || offset[0] == '-'; err == nil && signed && start+n >= rtMin && start+n <= rtMax {
			return unix.Signal(start + n)
		}
	}
	return 0
}

// regexFlag is the flag of kill and delete.
func regexFlag() cli.Flag {
	return boolean("regex", "take ID as a regular expression and all containers that it matches", "r")
}

// onMatches calls f for the container that the first argument names or, with --regex, for all that match it. It reaches
// the last whatever happens to the others.
func onMatches(c *cli.Context, rt *container.Runtime, f func(id string) error) error {
	id := c.Args().First()
	if !c.Bool("regex") {
		return f(id)
	}
	pattern, err := regexp.Compile(id)
	if err != nil {
		return badUsage(c, err)
	}
	ids, err := rt.Match(pattern)
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range ids {
		errs = append(errs, fault.New(id, f(id), ""))
	}
	return errors.Join(errs...)
}

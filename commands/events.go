package commands

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/huskrun/husk/container"
)

func eventsCommand() *cli.Command {
	return &cli.Command{
		Name:      "events",
		Usage:     "print events and statistics of a container",
		ArgsUsage: "ID",
		Description: `Prints a line of JSON for each event: "stats", the use of CPU, memory, block devices, pids and network, at every
interval; and "oom" when the container ran out of memory. It ends when the container ends.

EXAMPLE:

    husk events --stats web | jq .data.memory.usage
    husk events --interval 1s web`,
		Flags: []cli.Flag{
			&cli.DurationFlag{Name: "interval", Value: 5 * time.Second, Usage: "print statistics every `DURATION`"},
			boolean("stats", "print the statistics once and end"),
		},
		Action: onID(func(c *cli.Context, rt *container.Runtime, id string) error {
			every := c.Duration("interval")
			if every <= 0 {
				return badUsage(c, errors.New("--interval must be greater than 0"))
			}
			enc := json.NewEncoder(c.App.Writer)
			emit := func(e container.Event) error { return enc.Encode(e) }
			if !c.Bool("stats") {
				return rt.Events(c.Context, id, every, emit)
			}
			stats, err := rt.Stats(id)
			if err != nil {
				return err
			}
			return emit(container.Event{Type: "stats", ID: id, Data: stats})
		}),
	}
}

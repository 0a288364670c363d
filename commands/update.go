package commands

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/urfave/cli/v2"

	"github.com/huskrun/husk/container"
	"github.com/huskrun/husk/spec"
)

func updateCommand() *cli.Command {
	return &cli.Command{
		Name:      "update",
		Usage:     "change the limits of a container",
		ArgsUsage: "ID",
		Description: `Changes the limits of a container that is there already; what no flag names stays as it is. Sizes may have a unit: k, m, g
or t, powers of 1024. If a limit cannot be set, all are set back.

With --resources the limits come from FILE, or with - from the standard input, in the form of config.json's
linux.resources, and the other flags are ignored, except for the Intel RDT schemata.

EXAMPLE:

    husk update --memory 512m --cpu-quota 50000 web
    echo '{"memory": {"limit": 536870912}, "pids": {"limit": 100}}' | husk update --resources - web`,
		Flags: []cli.Flag{
			str("resources", "read the limits from `FILE`, or from the standard input if it is -", "r"),
			str("blkio-weight", "relative `WEIGHT` of block I/O, from 10 to 1000"),
			str("cpu-period", "period of the CPU limit in `µS`"),
			str("cpu-quota", "CPU time in each period in `µS`; -1 for no limit"),
			str("cpu-burst", "CPU time beyond the quota that may be saved up, in `µS`"),
			str("cpu-share", "relative `WEIGHT` of CPU time, from 2 to 262144"),
			str("cpu-rt-period", "period of the real-time limit in `µS` (cgroup v1)"),
			str("cpu-rt-runtime", "real-time CPU time in each period in `µS` (cgroup v1)"),
			str("cpu-idle", "run the processes only when no other wants the CPU: `0|1`"),
			str("cpuset-cpus", "run on these CPUs only: `LIST`, like 0-2,7"),
			str("cpuset-mems", "take memory from these NUMA nodes only: `LIST`"),
			str("memory", "limit of memory in `BYTES`; -1 for none"),
			str("memory-reservation", "memory that is kept from reclaim, in `BYTES`; -1 for none"),
			str("memory-swap", "limit of memory and swap together in `BYTES`; -1 for none"),
			&cli.StringFlag{Name: "kernel-memory", Hidden: true, Usage: "ignored: the kernel has no such limit any more (`BYTES`)"},
			&cli.StringFlag{Name: "kernel-memory-tcp", Hidden: true, Usage: "ignored: the kernel has no such limit any more (`BYTES`)"},
			str("pids-limit", "at most `N` processes and threads; -1 for no limit"),
			str("l3-cache-schema", "Intel RDT/CAT L3 cache `SCHEMA`"),
			str("mem-bw-schema", "Intel RDT/MBA memory bandwidth `SCHEMA`"),
		},
		Action: onID(func(c *cli.Context, rt *container.Runtime, id string) error {
			o := container.UpdateOptions{L3CacheSchema: c.String("l3-cache-schema"), MemBwSchema: c.String("mem-bw-schema")}
			var err error
			if o.Resources, err = resources(c); err != nil {
				return err
			}
			return rt.Update(c.Context, id, o)
		}),
	}
}

// resources reads the limits from --resources or from the other flags.
func resources(c *cli.Context) (*specs.LinuxResources, error) {
	switch file := c.String("resources"); file {
	case "":
	case "-":
		return spec.Read[specs.LinuxResources]("standard input", os.Stdin)
	default:
		return spec.LoadFile[specs.LinuxResources](file)
	}
	p := limitParser{c: c}
	r := &specs.LinuxResources{
		CPU: &specs.LinuxCPU{
			Period:          p.unsigned("cpu-period"),
			Quota:           p.signed("cpu-quota"),
			Burst:           p.unsigned("cpu-burst"),
			Shares:          p.unsigned("cpu-share"),
			RealtimePeriod:  p.unsigned("cpu-rt-period"),
			RealtimeRuntime: p.signed("cpu-rt-runtime"),
			Idle:            p.signed("cpu-idle"),
			Cpus:            c.String("cpuset-cpus"),
			Mems:            c.String("cpuset-mems"),
		},
		Memory: &specs.LinuxMemory{
			Limit:       p.size("memory"),
			Reservation: p.size("memory-reservation"),
			Swap:        p.size("memory-swap"),
			Kernel:      p.size("kernel-memory"),     // reported as ignored
			KernelTCP:   p.size("kernel-memory-tcp"), // likewise
		},
		BlockIO: &specs.LinuxBlockIO{Weight: parse(&p, "blkio-weight", parseWeight)},
		Pids:    &specs.LinuxPids{Limit: p.signed("pids-limit")},
	}
	if p.err != nil {
		return nil, badUsage(c, p.err)
	}
	return r, nil
}

// limitParser reads flags whose values are limits; a flag that is not given, or empty, is nil.
type limitParser struct {
	c   *cli.Context
	err error
}

func (p *limitParser) unsigned(flag string) *uint64 { return parse(p, flag, parseUint) }
func (p *limitParser) signed(flag string) *int64    { return parse(p, flag, parseInt) }
func (p *limitParser) size(flag string) *int64      { return parse(p, flag, parseSize) }

func parse[T any](p *limitParser, flag string, f func(string) (T, error)) *T {
	s := p.c.String(flag)
	if s == "" {
		return nil
	}
	v, err := f(s)
	if err != nil {
		p.err = errors.Join(p.err, fmt.Errorf("--%s %q: %w", flag, s, err))
		return nil
	}
	return &v
}

var (
	errNumber = errors.New("not a number")
	errWeight = errors.New("not a number from 10 to 1000")
	errSize   = errors.New("not a size in bytes, with or without a unit k, m, g or t")
)

func parseUint(s string) (uint64, error) {
	v, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, errNumber
	}
	return v, nil
}

func parseInt(s string) (int64, error) {
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, errNumber
	}
	return v, nil
}

// parseWeight reads a weight of block I/O; 0 changes nothing.
func parseWeight(s string) (uint16, error) {
	v, err := strconv.ParseUint(s, 10, 16)
	if err != nil || v > 1000 || v != 0 && v < 10 {
		return 0, errWeight
	}
	return uint16(v), nil
}

// parseSize reads a number of bytes as Docker and runc do: 1.5g, 512MiB, 64 kb, 4096, and -1 for no limit.
func parseSize(s string) (int64, error) {
	if s == "-1" {
		return -1, nil
	}
	number := strings.TrimRight(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz ")
	unit := strings.TrimSpace(strings.ToLower(s)[len(number):])
	shift, ok := map[string]int{
		"": 0, "b": 0, "k": 10, "m": 20, "g": 30, "t": 40, "p": 50,
	}[strings.TrimSuffix(strings.TrimSuffix(unit, "b"), "i")]
	v, err := strconv.ParseFloat(number, 64)
	if bytes := v * float64(int64(1)<<shift); err == nil && ok && v >= 0 && bytes < 1<<63 {
		return int64(bytes), nil
	}
	return 0, errSize
}

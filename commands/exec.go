package commands

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/urfave/cli/v2"

	"github.com/huskrun/husk/container"
	"github.com/huskrun/husk/spec"
)

func execCommand() *cli.Command {
	return &cli.Command{
		Name:      "exec",
		Usage:     "run a further process in a container",
		ArgsUsage: "ID COMMAND [ARG…] | --process FILE ID",
		Description: `Starts COMMAND in a running container, in its namespaces and cgroup. User, environment, directory, capabilities and limits
are those of the container's own process in config.json, changed by the flags, or with --process those that FILE says
(config.json's "process"). Flags stand before the id: what follows it belongs to COMMAND.

husk ends with the exit status of the process, or with 255 if that did not start.

EXAMPLE:

    husk exec --tty web sh
    husk exec --user 1000:1000 --env LANG=C web id
    husk exec --detach --pid-file /run/job.pid --process job.json web`,
		Flags: flags(detachFlags(), ioFlags(), []cli.Flag{
			str("process", "take the whole process from `FILE`", "p"),
			boolean("tty", "give the process a terminal", "t"),
			str("cwd", "start the process in `DIR` of the container"),
			&cli.StringSliceFlag{Name: "env", Aliases: []string{"e"}, Usage: "set the environment variable `NAME=VALUE`; may be repeated"},
			str("user", "run as `UID[:GID]`", "u"),
			&cli.Int64SliceFlag{Name: "additional-gids", Aliases: []string{"g"}, Usage: "add the supplementary group `GID`; may be repeated"},
			&cli.StringSliceFlag{Name: "cap", Aliases: []string{"c"}, Usage: "add the capability `CAP` to the bounding, effective and permitted sets; may be repeated"},
			boolean("no-new-privs", "keep the process from gaining privileges through execve"),
			str("apparmor", "confine the process by the AppArmor `PROFILE`"),
			str("process-label", "give the process the SELinux `LABEL`"),
			&cli.StringSliceFlag{Name: "cgroup", Usage: "put the process into the existing sub-cgroup `[CONTROLLER,…:]PATH`; may be repeated on cgroup v1"},
			boolean("ignore-paused", "start the process in a paused container, too, where it waits for resume"),
		}),
		Action: verb(execVerb),
	}
}

func execVerb(c *cli.Context, rt *container.Runtime) error {
	args := c.Args().Tail()
	if err := between(c, 1, -1); err != nil {
		return err
	}
	if len(args) == 0 && c.String("process") == "" {
		return badUsage(c, errors.New("exec needs a command or --process"))
	}
	o, err := execOptions(c, args)
	if err != nil {
		return err
	}
	forwardSignals(&o.IO)
	return exitWith(rt.Exec(c.Context, c.Args().First(), o))
}

func execOptions(c *cli.Context, args []string) (o container.ExecOptions, err error) {
	if o.IO, err = processIO(c); err != nil {
		return o, err
	}
	if o.Cgroups, err = subCgroups(c.StringSlice("cgroup")); err != nil {
		return o, badUsage(c, err)
	}
	o.IgnorePaused = c.Bool("ignore-paused")
	if file := c.String("process"); file != "" {
		o.Process, err = spec.LoadProcess(file)
		return o, err
	}
	change, err := readChange(c, args)
	if err != nil {
		return o, err
	}
	o.Change = func(p *specs.Process) error { change.apply(p); return nil }
	return o, nil
}

// change is what exec's flags make different from the container's own process.
type change struct {
	args, env, caps        []string
	cwd, apparmor, selinux string
	terminal               bool
	noNewPrivileges        *bool
	uid, gid               *uint32
	groups                 []uint32
}

func readChange(c *cli.Context, args []string) (*change, error) {
	ch := &change{
		args:     args,
		env:      c.StringSlice("env"),
		cwd:      c.String("cwd"),
		apparmor: c.String("apparmor"),
		selinux:  c.String("process-label"),
		terminal: c.Bool("tty"),
	}
	if c.IsSet("no-new-privs") {
		ch.noNewPrivileges = new(c.Bool("no-new-privs"))
	}
	for _, name := range c.StringSlice("cap") {
		ch.caps = append(ch.caps, capability(name))
	}
	for _, gid := range c.Int64Slice("additional-gids") {
		if gid < 0 || gid >= 1<<32-1 {
			return nil, fmt.Errorf("--additional-gids %d: not a group id", gid)
		}
		ch.groups = append(ch.groups, uint32(gid))
	}
	var err error
	ch.uid, ch.gid, err = parseUser(c.String("user"))
	return ch, err
}

// apply edits the container's own process.
func (ch *change) apply(p *specs.Process) {
	p.Args = ch.args
	p.Terminal = ch.terminal
	p.Env = append(slices.Clip(p.Env), ch.env...)
	for _, s := range []struct {
		to    *string
		value string
	}{{&p.Cwd, ch.cwd}, {&p.ApparmorProfile, ch.apparmor}, {&p.SelinuxLabel, ch.selinux}} {
		if s.value != "" {
			*s.to = s.value
		}
	}
	if ch.noNewPrivileges != nil {
		p.NoNewPrivileges = *ch.noNewPrivileges
	}
	if ch.uid != nil {
		p.User.UID = *ch.uid
	}
	if ch.gid != nil {
		p.User.GID = *ch.gid
	}
	p.User.AdditionalGids = append(slices.Clip(p.User.AdditionalGids), ch.groups...)
	if len(ch.caps) > 0 {
		p.Capabilities = addCapabilities(p.Capabilities, ch.caps)
	}
}

// addCapabilities adds to a copy of the sets. The inheritable set stays as it is: what is in it survives an execve of a
// file with inheritable capabilities (CVE-2022-29162). Ambient ones must be inheritable, so they are added only there.
func addCapabilities(have *specs.LinuxCapabilities, caps []string) *specs.LinuxCapabilities {
	sum := specs.LinuxCapabilities{}
	if have != nil {
		sum = *have
	}
	for _, set := range []*[]string{&sum.Bounding, &sum.Effective, &sum.Permitted} {
		*set = append(slices.Clip(*set), caps...)
	}
	for _, name := range caps {
		if slices.Contains(sum.Inheritable, name) {
			sum.Ambient = append(slices.Clip(sum.Ambient), name)
		}
	}
	return &sum
}

// capability completes a capability's name: net_raw is CAP_NET_RAW.
func capability(name string) string {
	name = strings.ToUpper(name)
	if !strings.HasPrefix(name, "CAP_") {
		name = "CAP_" + name
	}
	return name
}

// parseUser reads UID[:GID]. Names are for the container's /etc/passwd to explain, which a runtime does not read.
func parseUser(s string) (uid, gid *uint32, err error) {
	if s == "" {
		return nil, nil, nil
	}
	u, g, hasGID := strings.Cut(s, ":")
	if uid, err = parseUserID(s, u); err != nil || !hasGID {
		return uid, nil, err
	}
	gid, err = parseUserID(s, g)
	return uid, gid, err
}

func parseUserID(user, id string) (*uint32, error) {
	n, err := strconv.ParseUint(id, 10, 32)
	if err != nil || n == 1<<32-1 {
		return nil, fmt.Errorf("--user %q: must be UID[:GID] in numbers", user)
	}
	return new(uint32(n)), nil
}

// subCgroups reads --cgroup: one path for all controllers, or paths after the controllers that they are for.
func subCgroups(args []string) (map[string]string, error) {
	if len(args) == 0 {
		return nil, nil
	}
	paths := map[string]string{}
	for _, arg := range args {
		controllers, path, found := strings.Cut(arg, ":")
		if !found {
			controllers, path = "", arg
		}
		if !found && len(args) > 1 {
			return nil, fmt.Errorf("--cgroup %q: needs a controller, since there are several", arg)
		}
		for name := range strings.SplitSeq(controllers, ",") {
			if name == "" && found {
				return nil, fmt.Errorf("--cgroup %q: a controller is empty", arg)
			}
			if _, twice := paths[name]; twice {
				return nil, fmt.Errorf("--cgroup %q: %s is given twice", arg, name)
			}
			paths[name] = path
		}
	}
	return paths, nil
}

// Package commands is husk's command line: the only user of the cli library. A verb reads its flags into an options
// struct, makes one call into package container, and prints.
package commands

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/sys/userns"
	"github.com/urfave/cli/v2"

	"github.com/huskrun/husk/container"
	"github.com/huskrun/husk/internal/fault"
	"github.com/huskrun/husk/internal/logging"
)

const description = `husk creates and runs containers from OCI bundles: directories with a configuration, config.json, and a root
file system. It takes the command lines of runc and crun, so that containerd, Docker, Podman, CRI-O and Buildah can
use it in their place.

A container is known by its id, which is unique within the state root. Its life is create, start, kill and delete; run
does it all at once. Flags may stand before or after the id, except for exec and ps, where what follows the id belongs
to the other program.

EXAMPLE:

    mkdir -p bundle/rootfs && cd bundle
    tar -C rootfs -xf image.tar
    husk spec
    husk run web

On failure husk prints one line on the standard error stream, "husk: VERB ID: what: why (what to do)", and writes it to
the log, too. The exit code is then 1, or 255 for exec; otherwise it is 0, or for run, restore and exec the exit status
of the container's process.`

func init() {
	cli.HelpFlag = boolean("help", "show help", "h")
	cli.VersionFlag = boolean("version", "print the versions of husk and of what it is made of", "v", "V")
	cli.VersionPrinter = printVersion
	cli.FlagStringer = flagLine
}

// App returns the command line with all its verbs; the generators of manual pages and completions read it, too.
func App() *cli.App {
	app := &cli.App{
		Name:                      "husk",
		HelpName:                  "husk",
		Usage:                     "run OCI containers",
		Description:               description,
		Version:                   Version,
		Flags:                     globalFlags(),
		Before:                    before,
		Action:                    noVerb,
		OnUsageError:              onUsageError,
		ExitErrHandler:            func(*cli.Context, error) {}, // errors are reported at the edge, once
		Writer:                    os.Stdout,
		ErrWriter:                 os.Stderr,
		DisableSliceFlagSeparator: true, // a comma in --env belongs to the value
		Metadata:                  map[string]any{},
		Commands: []*cli.Command{
			checkpointCommand(),
			createCommand(),
			deleteCommand(),
			eventsCommand(),
			execCommand(),
			featuresCommand(),
			killCommand(),
			listCommand(),
			mountsCommand(),
			pauseCommand(),
			psCommand(),
			restoreCommand(),
			resumeCommand(),
			runCommand(),
			specCommand(),
			startCommand(),
			stateCommand(),
			updateCommand(),
		},
	}
	for _, cmd := range app.Commands {
		tame(cmd)
	}
	return app
}

// tame turns off what the cli library does by default and a runtime must not: a container may be called "help".
func tame(cmd *cli.Command) {
	cmd.OnUsageError = onUsageError
	cmd.HideHelpCommand = true
	for _, sub := range cmd.Subcommands {
		tame(sub)
	}
}

func globalFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "root", Value: defaultRoot(), DefaultText: "/run/husk, or $XDG_RUNTIME_DIR/husk without root",
			Usage: "keep the containers' state in `DIR`, best on a tmpfs"},
		str("log", "write log lines to `DEST`: [file:]PATH, journald:[IDENTIFIER] or syslog:[IDENTIFIER] (default: the standard error stream)"),
		&cli.StringFlag{Name: "log-format", Value: "text", Usage: "write log lines as `FORMAT`: text or json"},
		&cli.StringFlag{Name: "log-level", Value: "warning", Usage: "log from `LEVEL` up: error, warning, info or debug"},
		boolean("debug", "log everything, as with --log-level debug"),
		str("cgroup-manager", "manage cgroups through `MANAGER`: cgroupfs or systemd (default: cgroupfs)"),
		boolean("systemd-cgroup", "manage cgroups through systemd; cgroupsPath is then slice:prefix:name"),
		&cli.StringFlag{Name: "rootless", Value: "auto", Usage: "ignore errors of cgroup permissions: `WHEN` is true, false or auto"},
		&cli.StringFlag{Name: "criu", Hidden: true, Usage: "ignored, as by runc: criu is searched in $PATH (`PATH`)"},
	}
}

// defaultRoot is where the state is without --root.
func defaultRoot() string {
	if dir := xdgRoot(); dir != "" {
		return dir
	}
	return "/run/husk"
}

// xdgRoot is the state root of a user who is not root, nor root of a user namespace only, or "".
func xdgRoot() string {
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		return ""
	}
	user, named := os.LookupEnv("USER")
	if os.Geteuid() == 0 && (!userns.RunningInUserNS() || named && user == "root") {
		return ""
	}
	return filepath.Join(dir, "husk")
}

// before opens the log that the global flags describe.
func before(c *cli.Context) error {
	if err := openLog(c); err != nil {
		return &failure{verb: c.Args().First(), code: exitFailure, err: err}
	}
	if c.IsSet("criu") {
		logOf(c.App).Info("--criu is ignored: criu is searched in $PATH")
	}
	return nil
}

func openLog(c *cli.Context) error {
	level, err := logLevel(c)
	if err != nil {
		return err
	}
	log, err := logging.Open(logging.Options{Destination: c.String("log"), Format: c.String("log-format"), Level: level})
	if err != nil {
		return err
	}
	c.App.Metadata[metaLog] = log
	c.App.Metadata[metaElsewhere] = c.String("log") != ""
	container.CaptureLog(log)
	return nil
}

func logLevel(c *cli.Context) (slog.Level, error) {
	if c.Bool("debug") {
		return slog.LevelDebug, nil
	}
	return logging.ParseLevel(c.String("log-level"))
}

// noVerb runs when no verb matches.
func noVerb(c *cli.Context) error {
	if !c.Args().Present() {
		return cli.ShowAppHelp(c)
	}
	err := fault.New("", fmt.Errorf("no command %q", c.Args().First()), "see husk --help")
	return &failure{code: exitUnknownCommand, err: err}
}

// onUsageError takes the flag package's errors, whose words Podman reads ("flag needs an argument").
func onUsageError(c *cli.Context, err error, _ bool) error {
	return failed(c, badUsage(c, err))
}

// verb makes a cli action of a function that needs a runtime.
func verb(f func(*cli.Context, *container.Runtime) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		rt, err := newRuntime(c)
		if err == nil {
			err = f(c, rt)
		}
		return failed(c, err)
	}
}

// onID is verb for those whose only argument is a container's id.
func onID(f func(c *cli.Context, rt *container.Runtime, id string) error) cli.ActionFunc {
	return verb(func(c *cli.Context, rt *container.Runtime) error {
		if err := exactly(c, 1); err != nil {
			return err
		}
		return f(c, rt, c.Args().First())
	})
}

// newRuntime reads the global flags.
func newRuntime(c *cli.Context) (*container.Runtime, error) {
	root, err := stateRoot(c)
	if err != nil {
		return nil, err
	}
	systemd, err := systemdCgroup(c)
	if err != nil {
		return nil, err
	}
	rootless, err := rootless(c.String("rootless"))
	if err != nil {
		return nil, err
	}
	return &container.Runtime{Root: root, SystemdCgroup: systemd, Rootless: rootless, Log: logOf(c.App)}, nil
}

// stateRoot is the absolute --root. Under $XDG_RUNTIME_DIR the directory gets the sticky bit: the XDG specification lets
// other things there be removed after a while.
func stateRoot(c *cli.Context) (string, error) {
	root, err := filepath.Abs(c.String("root"))
	if err != nil {
		return "", err
	}
	if root == "/" || c.String("root") == "" {
		return "", fault.New(fmt.Sprintf("--root %q", c.String("root")), errors.New("cannot be the root directory"), "")
	}
	if root != xdgRoot() {
		return root, nil
	}
	err = os.MkdirAll(root, 0o700)
	if err == nil {
		err = os.Chmod(root, 0o700|os.ModeSticky)
	}
	return root, fault.New("state root "+root, cause(err), "$XDG_RUNTIME_DIR must be writable; or choose another directory with --root")
}

// systemdCgroup reports whether systemd manages the cgroups.
func systemdCgroup(c *cli.Context) (bool, error) {
	managers := []string{"", "cgroupfs", "systemd"}
	switch m := c.String("cgroup-manager"); {
	case m == "disabled":
		return false, errors.New("--cgroup-manager disabled: not supported yet; husk needs a cgroup to find a container's processes")
	case !slices.Contains(managers, m):
		return false, fmt.Errorf("--cgroup-manager %q: must be %s", m, strings.Join(managers[1:], " or "))
	case m == "cgroupfs" && c.Bool("systemd-cgroup"):
		return false, errors.New("--cgroup-manager cgroupfs and --systemd-cgroup exclude each other")
	default:
		return m == "systemd" || c.Bool("systemd-cgroup"), nil
	}
}

// rootless parses --rootless; nil is auto.
func rootless(s string) (*bool, error) {
	if s == "" || strings.EqualFold(s, "auto") {
		return nil, nil
	}
	b, err := strconv.ParseBool(s)
	if err != nil {
		return nil, fmt.Errorf("--rootless %q: must be true, false or auto", s)
	}
	return &b, nil
}

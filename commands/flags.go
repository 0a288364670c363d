package commands

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/container"
	"github.com/huskrun/husk/internal/fault"
)

// flags joins groups of flags.
func flags(groups ...[]cli.Flag) []cli.Flag { return slices.Concat(groups...) }

func str(name, usage string, aliases ...string) *cli.StringFlag {
	return &cli.StringFlag{Name: name, Aliases: aliases, Usage: usage}
}

func boolean(name, usage string, aliases ...string) *cli.BoolFlag {
	return &cli.BoolFlag{Name: name, Aliases: aliases, Usage: usage, DisableDefaultText: true}
}

func bundleFlags() []cli.Flag {
	return []cli.Flag{str("bundle", "`DIR` with config.json, against which its relative paths count (default: the current directory)", "b")}
}

func configFlags() []cli.Flag {
	return []cli.Flag{str("config", "read the configuration from `FILE` instead of config.json in the bundle", "f")}
}

// ioFlags are shared by whatever starts a process.
func ioFlags() []cli.Flag {
	return []cli.Flag{
		str("console-socket", "send the master side of the process's terminal to the unix `SOCKET`"),
		str("pidfd-socket", "send a pidfd of the process to the unix `SOCKET`"),
		str("pid-file", "write the process's pid to `FILE`, after everything else"),
		&cli.IntFlag{Name: "preserve-fds", Usage: "pass `N` further descriptors to the process, after those of $LISTEN_FDS"},
	}
}

func detachFlags() []cli.Flag {
	return []cli.Flag{boolean("detach", "return as soon as the process runs", "d")}
}

// setupFlags are shared by create and run.
func setupFlags() []cli.Flag {
	return []cli.Flag{
		boolean("no-subreaper", "leave orphans to the next subreaper instead of reaping them here"),
		boolean("no-pivot", "enter the root with chroot instead of pivot_root (for a rootfs on a ramdisk; less safe)"),
		boolean("no-new-keyring", "keep the caller's session keyring instead of making a new one"),
	}
}

// flagLine is a flag's line in the help. cli's own repeats the name of a value for each alias, and once more for lists.
func flagLine(f cli.Flag) string {
	doc, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return ""
	}
	long, short := "", "    "
	for _, name := range f.Names() {
		if len(name) == 1 {
			short = strings.TrimLeft(short, " ") + "-" + name + ", "
		} else {
			long = "--" + name
		}
	}
	before, rest, _ := strings.Cut(doc.GetUsage(), "`")
	value, after, _ := strings.Cut(rest, "`")
	usage := strings.TrimSuffix(before+value+after, " ("+value+")") // a value that the sentence has no place for
	if !doc.TakesValue() {
		return short + long + "\t" + usage
	}
	if text := strings.Trim(doc.GetDefaultText(), `"`); text != "" {
		usage += " (default: " + text + ")"
	}
	return short + long + " " + value + "\t" + usage
}

// exactly demands n arguments.
func exactly(c *cli.Context, n int) error { return between(c, n, n) }

// between demands min to max arguments; a negative max is no limit.
func between(c *cli.Context, min, max int) error {
	got := c.NArg()
	var err error
	switch {
	case min == max && got != min:
		err = fmt.Errorf("%q requires exactly %d argument(s), got %d", c.Command.Name, min, got)
	case got < min:
		err = fmt.Errorf("%q requires a minimum of %d argument(s), got %d", c.Command.Name, min, got)
	case max >= 0 && got > max:
		err = fmt.Errorf("%q requires a maximum of %d argument(s), got %d", c.Command.Name, max, got)
	default:
		return nil
	}
	return badUsage(c, err)
}

// processIO reads ioFlags and the flags beside them.
func processIO(c *cli.Context) (container.IO, error) {
	o := container.IO{
		Detach:        c.Bool("detach"),
		ConsoleSocket: c.String("console-socket"),
		PidfdSocket:   c.String("pidfd-socket"),
		PreserveFDs:   c.Int("preserve-fds"),
		NoSubreaper:   c.Bool("no-subreaper"),
		ListenFDs:     listenFDs(),
	}
	if o.PreserveFDs < 0 {
		return o, badUsage(c, fmt.Errorf("--preserve-fds %d: must not be negative", o.PreserveFDs))
	}
	if inherited, _ := c.App.Metadata[metaInherited].(int); o.ListenFDs+o.PreserveFDs > inherited {
		return o, fault.New(fmt.Sprintf("descriptor %d", 3+inherited), unix.EBADF,
			fmt.Sprintf("--preserve-fds and LISTEN_FDS promise %d from 3 on", o.ListenFDs+o.PreserveFDs))
	}
	var err error
	o.PidFile, err = absolute(c.String("pid-file"))
	return o, err
}

// listenFDs is how many sockets the service manager handed to this process, not to an ancestor (sd_listen_fds(3)).
func listenFDs() int {
	if pid, err := strconv.Atoi(os.Getenv("LISTEN_PID")); err != nil || pid != os.Getpid() {
		return 0
	}
	n, err := strconv.Atoi(os.Getenv("LISTEN_FDS"))
	if err != nil {
		return 0
	}
	return max(0, n)
}

// forwardSignals has all signals go to the foreground process that the call after it starts.
func forwardSignals(o *container.IO) {
	if o.Detach {
		return
	}
	signals := make(chan os.Signal, 1024) // signals that find no room are lost
	signal.Notify(signals)
	o.Signals = signals
}

// createOptions reads the flags of create, run and restore.
func createOptions(c *cli.Context) (o container.CreateOptions, err error) {
	if o.IO, err = processIO(c); err != nil {
		return o, err
	}
	if o.Bundle, err = bundle(c); err != nil {
		return o, err
	}
	if o.Config, err = absolute(c.String("config")); err != nil {
		return o, err
	}
	o.NoPivot = c.Bool("no-pivot")
	o.NoNewKeyring = c.Bool("no-new-keyring")
	o.Keep = c.Bool("keep")
	o.NotifySocket = os.Getenv("NOTIFY_SOCKET")
	return o, nil
}

// bundle is the absolute path of --bundle, which must be a directory.
func bundle(c *cli.Context) (string, error) {
	dir := c.String("bundle")
	if dir == "" {
		dir = "."
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	fi, err := os.Stat(dir)
	if err == nil && !fi.IsDir() {
		err = errors.New("not a directory")
	}
	return dir, fault.New("bundle "+dir, cause(err), "")
}

// absolute resolves a path against the current directory; "" stays "".
func absolute(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	return filepath.Abs(path)
}

// cause strips the operation and the path that the file functions put before an errno.
func cause(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

package commands

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"unicode"

	"github.com/urfave/cli/v2"

	"github.com/huskrun/husk/internal/fault"
	"github.com/huskrun/husk/internal/logging"
)

// The exit codes are runc's. run, restore and exec otherwise end with the status of the container's process.
const (
	exitFailure        = 1
	exitUnknownCommand = 3
	exitExecFailure    = 255
)

// status is the exit status of a container's process: the result of a verb that succeeded.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// exitWith ends husk with the exit status of the container's process.
func exitWith(code int, err error) error {
	if err == nil && code != 0 {
		return status(code)
	}
	return err
}

// usageError is a command line that makes no sense.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// badUsage returns a usage error with a hint at the verb's help.
func badUsage(c *cli.Context, err error) error {
	return &usageError{fault.New("", err, "see "+c.Command.HelpName+" --help")}
}

// failure is an error together with the verb and the container that it befell.
type failure struct {
	verb, id string
	code     int
	err      error
}

func (f *failure) Error() string {
	line := "husk: "
	if stage := strings.TrimSpace(f.verb + " " + f.id); stage != "" {
		line += stage + ": "
	}
	return line + oneLine(f.err.Error())
}

func (f *failure) Unwrap() error { return f.err }

// oneLine puts a joined error on one line, since managers keep only the last, without what else controls a terminal: the
// text of a hook's or a container's making may be in it.
func oneLine(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(c rune) bool { return c == '\n' || c == '\r' }), "; ")
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, s)
}

// failed places an error that a verb returned.
func failed(c *cli.Context, err error) error {
	var s status
	if err == nil || errors.As(err, &s) {
		return err
	}
	f := &failure{verb: verbName(c), code: exitFailure, err: err}
	var usage *usageError
	if errors.As(err, &usage) { // the arguments may be missing or, if a flag could not be parsed, not even be known
		return f
	}
	f.id = c.Args().First()
	if f.verb == "exec" {
		f.code = exitExecFailure
	}
	return f
}

// verbName is the command's name without the program's: "create", "mounts add".
func verbName(c *cli.Context) string {
	_, verb, _ := strings.Cut(c.Command.HelpName, " ")
	return verb
}

// exit reports err, once for the whole program, and returns the exit code. The line goes to the log and, since callers
// read either, to the standard error stream if that is not the log itself.
func exit(app *cli.App, err error) int {
	var s status
	if err == nil {
		return 0
	}
	if errors.As(err, &s) {
		return int(s)
	}
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{code: exitFailure, err: err} // of cli itself, about a help topic that does not exist
		if coded, ok := err.(cli.ExitCoder); ok {
			f.code = coded.ExitCode()
		}
	}
	line := f.Error()
	logOf(app).LogAttrs(context.Background(), slog.LevelError, line, attrs(f)...)
	if logsElsewhere(app) {
		fmt.Fprintln(app.ErrWriter, line)
	}
	return f.code
}

// attrs are the parts of the final line for those who read JSON.
func attrs(f *failure) []slog.Attr {
	var attrs []slog.Attr
	for _, a := range []slog.Attr{
		slog.String("stage", f.verb),
		slog.String("id", f.id),
		slog.String("object", fault.Object(f.err)),
		slog.String("errno", fault.Errno(f.err)),
	} {
		if a.Value.String() != "" {
			attrs = append(attrs, a)
		}
	}
	return attrs
}

// The keys of what the global flags set up in App.Metadata.
const (
	metaLog       = "log"
	metaElsewhere = "log elsewhere"
	metaInherited = "inherited descriptors"
)

// logOf returns the logger that the global flags describe, or one to the standard error stream before they are read.
func logOf(app *cli.App) *slog.Logger {
	if log, ok := app.Metadata[metaLog].(*slog.Logger); ok {
		return log
	}
	return logging.Stderr()
}

// logsElsewhere reports whether log lines go elsewhere than to the standard error stream.
func logsElsewhere(app *cli.App) bool {
	elsewhere, _ := app.Metadata[metaElsewhere].(bool)
	return elsewhere
}

// Main runs the command line and returns the exit code. inherited is how many descriptors from 3 on the caller handed
// over: no others may be passed on to a container.
func Main(args []string, inherited int) int {
	app := App()
	app.Metadata[metaInherited] = inherited
	return exit(app, app.RunContext(context.Background(), arrange(app, args)))
}

// Package logging makes the loggers of husk: for people, for the managers that read runc's logs, and for the system's.
//
// The handlers format by hand. What this package initialises and allocates is paid for by every container twice.
package logging

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Options say where log lines go and what they look like.
type Options struct {
	// Destination is "" for the standard error stream, [file:]PATH, journald:[IDENTIFIER] or syslog:[IDENTIFIER].
	Destination string
	// Format is text or json. It is of no account for the journal and syslog, which have a format of their own.
	Format string
	// Level is the lowest level that is logged.
	Level slog.Level
}

// Open returns the logger that o describes. It lives as long as the process: nothing closes its file or socket.
func Open(o Options) (*slog.Logger, error) {
	if o.Format != "text" && o.Format != "json" {
		return nil, fmt.Errorf("--log-format %q: must be text or json", o.Format)
	}
	kind, name := split(o.Destination)
	switch kind {
	case "journald":
		return journal(name, o.Level)
	case "syslog":
		return toSyslog(name, o.Level)
	case "file":
		f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND|unix.O_CLOEXEC, 0o644)
		if err != nil {
			return nil, fmt.Errorf("--log: %w", err)
		}
		return writer(f, o.Format, o.Level, text), nil
	}
	return writer(os.Stderr, o.Format, o.Level, plain), nil
}

// Stderr returns the logger of a husk that has not read its flags yet.
func Stderr() *slog.Logger { return writer(os.Stderr, "text", slog.LevelWarn, plain) }

// split tells the back-end and its file or identifier. A name that merely looks like a back-end's is a file's.
func split(destination string) (kind, name string) {
	kind, name, found := strings.Cut(destination, ":")
	switch {
	case destination == "":
		return "", ""
	case found && (kind == "journald" || kind == "syslog"):
		if name == "" {
			name = "husk"
		}
		return kind, name
	case found && kind == "file":
		return kind, name
	}
	return "file", destination
}

// writer returns a logger of lines to w: JSON, or text as line formats it.
func writer(w io.Writer, format string, level slog.Level, line func(slog.Record, []slog.Attr) string) *slog.Logger {
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: lowerLevel}))
	}
	return slog.New(&handler{level: level, emit: func(r slog.Record, attrs []slog.Attr) error {
		_, err := io.WriteString(w, line(r, attrs)) // one write, so that lines of several processes do not mix
		return err
	}})
}

// lowerLevel gives levels the names that readers of runc's JSON look for.
func lowerLevel(groups []string, a slog.Attr) slog.Attr {
	if a.Key == slog.LevelKey && len(groups) == 0 {
		level, _ := a.Value.Any().(slog.Level)
		return slog.String(slog.LevelKey, levelName(level))
	}
	return a
}

// levelName is the name of a level in logrus' words.
func levelName(l slog.Level) string {
	switch {
	case l >= slog.LevelError:
		return "error"
	case l >= slog.LevelWarn:
		return "warning"
	case l >= slog.LevelInfo:
		return "info"
	}
	return "debug"
}

// ParseLevel reads the name of a level.
func ParseLevel(name string) (slog.Level, error) {
	switch name {
	case "error":
		return slog.LevelError, nil
	case "warning", "warn":
		return slog.LevelWarn, nil
	case "info":
		return slog.LevelInfo, nil
	case "debug":
		return slog.LevelDebug, nil
	}
	return 0, fmt.Errorf("--log-level %q: must be error, warning, info or debug", name)
}

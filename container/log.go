package container

import (
	"context"
	"io"
	"log/slog"
	"strings"

	"github.com/sirupsen/logrus"
)

// log returns where warnings and debug messages go.
func (r *Runtime) log() *slog.Logger {
	if r.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return r.Log
}

// CaptureLog sends what libcontainer writes to its process-wide logger to log from now on, at levels of its own choice.
// It is for the main programs: the logger is global.
func CaptureLog(log *slog.Logger) {
	logrus.SetOutput(io.Discard)
	logrus.SetFormatter(noFormat{})
	logrus.SetLevel(logrus.WarnLevel)
	if log.Enabled(context.Background(), slog.LevelDebug) {
		logrus.SetLevel(logrus.DebugLevel)
	}
	logrus.StandardLogger().ReplaceHooks(logrus.LevelHooks{})
	logrus.AddHook(&logHook{log})
}

// noFormat spares the formatting of what goes to io.Discard.
type noFormat struct{}

func (noFormat) Format(*logrus.Entry) ([]byte, error) { return nil, nil }

// logHook hands logrus entries to a slog.Logger.
type logHook struct {
	to *slog.Logger
}

func (h *logHook) Levels() []logrus.Level { return logrus.AllLevels }

func (h *logHook) Fire(e *logrus.Entry) error {
	// Hooks that are functions of ours are left out of state.json on purpose; see placeHooks.
	if strings.HasPrefix(e.Message, "cannot serialize hook of type") {
		return nil
	}
	level := slog.LevelDebug
	switch {
	// A container that failed before it had a cgroup has no count. The failure itself is reported.
	case e.Message == "unable to get oom kill count":
	// Podman and containerd name a user namespace and its mappings, which match. Nobody can mend that here.
	case strings.HasPrefix(e.Message, "config.json has both a userns path to join and a matching userns mapping"):
	// What init reports as an error is in the error that the verb returns, too: one final line, not two.
	case e.Level <= logrus.ErrorLevel:
		level = slog.LevelDebug
	case e.Level == logrus.WarnLevel:
		level = slog.LevelWarn
	case e.Level == logrus.InfoLevel:
		level = slog.LevelInfo
	}
	h.to.Log(context.Background(), level, e.Message)
	return nil
}

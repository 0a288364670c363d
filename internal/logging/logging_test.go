package logging

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

var at = time.Date(2026, 11, 25, 16, 4, 5, 678, time.UTC)

func record(level slog.Level, msg string, attrs ...slog.Attr) slog.Record {
	r := slog.NewRecord(at, level, msg, 0)
	r.AddAttrs(attrs...)
	return r
}

func TestLines(t *testing.T) {
	for name, tc := range map[string]struct {
		line func(slog.Record, []slog.Attr) string
		rec  slog.Record
		want string
	}{
		"text": {
			text, record(slog.LevelError, `husk: create web: no "such" file`, slog.String("errno", "ENOENT"), slog.String("object", "mount /a → /b")),
			`time="2026-11-25T16:04:05Z" level=error msg="husk: create web: no \"such\" file" errno=ENOENT object="mount /a → /b"` + "\n",
		},
		"text, bare words": {text, record(slog.LevelWarn, "careful"), `time="2026-11-25T16:04:05Z" level=warning msg=careful` + "\n"},
		"text, lines":      {text, record(slog.LevelInfo, "a\nb"), `time="2026-11-25T16:04:05Z" level=info msg="a\nb"` + "\n"},
		"plain error":      {plain, record(slog.LevelError, "husk: create web: why", slog.String("stage", "create")), "husk: create web: why\n"},
		"plain warning":    {plain, record(slog.LevelWarn, "why\n", slog.Int("pid", 7)), "husk: warning: why pid=7\n"},
		"plain debug":      {plain, record(slog.LevelDebug, "why"), "husk: debug: why\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var buf bytes.Buffer
			h := writer(&buf, "text", slog.LevelDebug, tc.line).Handler()
			if err := h.Handle(context.Background(), tc.rec); err != nil {
				t.Fatal(err)
			}
			if buf.String() != tc.want {
				t.Errorf("got  %swant %s", buf.String(), tc.want)
			}
		})
	}
}

func TestHandlerKeepsAttrsAndGroups(t *testing.T) {
	var buf bytes.Buffer
	log := writer(&buf, "text", slog.LevelWarn, plain)
	with := log.With("id", "web").WithGroup("hook").With("n", 1)
	with.Warn("slow", "path", "/bin/x")
	log.Warn("other")
	log.Info("unseen")
	want := "husk: warning: slow id=web hook.n=1 hook.path=/bin/x\nhusk: warning: other\n"
	if buf.String() != want {
		t.Errorf("got %q, want %q", buf.String(), want)
	}
}

func TestJSON(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	for _, msg := range []string{"one", "two"} {
		log, err := Open(Options{Destination: path, Format: "json", Level: slog.LevelDebug})
		if err != nil {
			t.Fatal(err)
		}
		log.LogAttrs(context.Background(), slog.LevelError, msg, slog.String("stage", "create"))
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	for _, want := range []string{"one", "two"} {
		// What go-runc reads to find the last error.
		var line struct {
			Level, Msg, Stage string
			Time              time.Time
		}
		if err := dec.Decode(&line); err != nil {
			t.Fatal(err)
		}
		if line.Level != "error" || line.Msg != want || line.Stage != "create" || line.Time.IsZero() {
			t.Errorf("got %+v", line)
		}
	}
}

func TestLevels(t *testing.T) {
	for name, level := range map[string]slog.Level{"error": slog.LevelError, "warning": slog.LevelWarn, "info": slog.LevelInfo, "debug": slog.LevelDebug} {
		got, err := ParseLevel(name)
		if err != nil || got != level || levelName(got) != name {
			t.Errorf("ParseLevel(%q) = %v, %v, whose name is %q", name, got, err, levelName(got))
		}
	}
	if _, err := ParseLevel("loud"); err == nil {
		t.Error("ParseLevel takes loud")
	}
}

func TestSplit(t *testing.T) {
	for destination, want := range map[string][2]string{
		"":                {"", ""},
		"/a/b":            {"file", "/a/b"},
		"a:b":             {"file", "a:b"},
		"file:/a":         {"file", "/a"},
		"file:a:b":        {"file", "a:b"},
		"journald":        {"file", "journald"},
		"journald:":       {"journald", "husk"},
		"journald:web":    {"journald", "web"},
		"syslog:web":      {"syslog", "web"},
		"/journald:x/log": {"file", "/journald:x/log"},
	} {
		if kind, name := split(destination); kind != want[0] || name != want[1] {
			t.Errorf("split(%q) = %q, %q", destination, kind, name)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	if _, err := Open(Options{Format: "yaml"}); err == nil {
		t.Error("format yaml is taken")
	}
	missing := filepath.Join(t.TempDir(), "no/log")
	if _, err := Open(Options{Destination: missing, Format: "text"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestJournal(t *testing.T) {
	journalSocket = filepath.Join(t.TempDir(), "socket")
	if _, err := Open(Options{Destination: "journald:web", Format: "text"}); err == nil {
		t.Fatal("no error without a journal")
	}
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: journalSocket})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	log, err := Open(Options{Destination: "journald:web", Format: "text"})
	if err != nil {
		t.Fatal(err)
	}
	log.Error("a\nb", "errno", "ENOENT")
	buf := make([]byte, 4096)
	n, err := conn.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	want := "MESSAGE\n\x03\x00\x00\x00\x00\x00\x00\x00a\nb\nPRIORITY=3\nSYSLOG_IDENTIFIER=web\nHUSK_ERRNO=ENOENT\n"
	if got := string(buf[:n]); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestJournalName(t *testing.T) {
	if got := journalName("hook.n-1"); !regexp.MustCompile(`^[A-Z0-9_]+$`).MatchString(got) {
		t.Errorf("got %q", got)
	}
}

package logging

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"log/slog"
	"log/syslog"
	"net"
	"strconv"
	"strings"
)

// journalSocket is where systemd-journald takes entries in its native protocol; a variable for the tests.
var journalSocket = "/run/systemd/journal/socket"

// journal returns a logger that sends entries to journald under identifier.
func journal(identifier string, level slog.Level) (*slog.Logger, error) {
	conn, err := net.Dial("unixgram", journalSocket)
	if err != nil {
		return nil, fmt.Errorf("--log journald: %w", err)
	}
	return slog.New(&handler{level: level, emit: func(r slog.Record, attrs []slog.Attr) error {
		_, err := conn.Write(journalEntry(identifier, r, attrs))
		return err
	}}), nil
}

// journalEntry is an entry in journald's native protocol: a datagram of fields. Attributes become fields HUSK_….
func journalEntry(identifier string, r slog.Record, attrs []slog.Attr) []byte {
	var b bytes.Buffer
	journalField(&b, "MESSAGE", r.Message)
	journalField(&b, "PRIORITY", strconv.Itoa(int(priority(r.Level))))
	journalField(&b, "SYSLOG_IDENTIFIER", identifier)
	for _, a := range attrs {
		journalField(&b, "HUSK_"+journalName(a.Key), a.Value.String())
	}
	return b.Bytes()
}

// journalField appends NAME=value, or for a value of several lines NAME, its length in 64 bits and the value.
func journalField(b *bytes.Buffer, name, value string) {
	b.WriteString(name)
	if strings.Contains(value, "\n") {
		b.WriteByte('\n')
		_ = binary.Write(b, binary.LittleEndian, uint64(len(value)))
	} else {
		b.WriteByte('=')
	}
	b.WriteString(value)
	b.WriteByte('\n')
}

// journalName makes a field's name of a key: capitals, digits and underscores.
func journalName(key string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			return c
		}
		return '_'
	}, strings.ToUpper(key))
}

// toSyslog returns a logger that sends lines to the system's syslog daemon under identifier.
func toSyslog(identifier string, level slog.Level) (*slog.Logger, error) {
	w, err := syslog.New(syslog.LOG_DAEMON|syslog.LOG_ERR, identifier)
	if err != nil {
		return nil, fmt.Errorf("--log syslog: %w", err)
	}
	return slog.New(&handler{level: level, emit: func(r slog.Record, attrs []slog.Attr) error {
		var b strings.Builder
		b.WriteString(r.Message)
		pairs(&b, attrs)
		switch priority(r.Level) {
		case syslog.LOG_ERR:
			return w.Err(b.String())
		case syslog.LOG_WARNING:
			return w.Warning(b.String())
		case syslog.LOG_INFO:
			return w.Info(b.String())
		}
		return w.Debug(b.String())
	}}), nil
}

// priority is a level in syslog's numbers, which the journal shares.
func priority(l slog.Level) syslog.Priority {
	switch {
	case l >= slog.LevelError:
		return syslog.LOG_ERR
	case l >= slog.LevelWarn:
		return syslog.LOG_WARNING
	case l >= slog.LevelInfo:
		return syslog.LOG_INFO
	}
	return syslog.LOG_DEBUG
}

package logging

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"
)

// handler is a slog.Handler whose emit writes one record with all its attributes.
type handler struct {
	level slog.Level
	group string // the prefix of the attributes' keys
	attrs []slog.Attr
	emit  func(slog.Record, []slog.Attr) error
}

func (h *handler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }

func (h *handler) Handle(_ context.Context, r slog.Record) error {
	attrs := slices.Clip(h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, h.qualify(a))
		return true
	})
	return h.emit(r, attrs)
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	with.attrs = slices.Clip(h.attrs)
	for _, a := range attrs {
		with.attrs = append(with.attrs, h.qualify(a))
	}
	return &with
}

func (h *handler) WithGroup(name string) slog.Handler {
	with := *h
	if name != "" {
		with.group += name + "."
	}
	return &with
}

func (h *handler) qualify(a slog.Attr) slog.Attr {
	a.Key = h.group + a.Key
	a.Value = a.Value.Resolve()
	return a
}

// text is a line as logrus writes it to a file.
func text(r slog.Record, attrs []slog.Attr) string {
	var b strings.Builder
	b.WriteString("time=" + strconv.Quote(r.Time.Format(time.RFC3339)))
	b.WriteString(" level=" + levelName(r.Level))
	b.WriteString(" msg=" + quote(r.Message))
	pairs(&b, attrs)
	b.WriteByte('\n')
	return b.String()
}

// plain is a line for people. An error is the command line's final one, which says everything itself.
func plain(r slog.Record, attrs []slog.Attr) string {
	if r.Level >= slog.LevelError {
		return r.Message + "\n"
	}
	var b strings.Builder
	b.WriteString("husk: " + levelName(r.Level) + ": " + strings.TrimRight(r.Message, "\n"))
	pairs(&b, attrs)
	b.WriteByte('\n')
	return b.String()
}

func pairs(b *strings.Builder, attrs []slog.Attr) {
	for _, a := range attrs {
		b.WriteString(" " + a.Key + "=" + quote(a.Value.String()))
	}
}

// quote puts a value in quotation marks if anything but a bare word is in it, as logrus does.
func quote(s string) string {
	for _, c := range s {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && !strings.ContainsRune("-._/@^+", c) {
			return strconv.Quote(s)
		}
	}
	return s
}

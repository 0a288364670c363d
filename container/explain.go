package container

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/opencontainers/runc/libcontainer"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/container/engine"
	"github.com/huskrun/husk/internal/fault"
	"github.com/huskrun/husk/spec"
)

// What libcontainer's init reports is text that has crossed a socket, with the layers it went through in front. This file
// turns it into faults: the layers go, the errno comes back, the object is the one in config.json, and where the cause is
// known the remedy is added. It runs after a failure only and costs a good start nothing.

// layers are what libcontainer puts in front of a cause and what tells a user nothing.
var layers = []string{
	"unable to create new parent process: ",
	"unable to start container process: ",
	"error during container init: ",
	"error during process init: ",
	"error executing setns process: ",
	"error preparing rootfs: ",
	"error jailing process inside rootfs: ",
}

// explain is the error of a failed creation, as a fault where it can be.
func (p *plan) explain(err error) error {
	if errors.Is(err, libcontainer.ErrExist) {
		return &fault.Error{Err: ErrExist, Hint: "delete it first, or choose another id"}
	}
	var twice *engine.Incomplete
	if errors.As(err, &twice) { // the cause is explained by its own errno
		return errors.Join(explain(twice.Cause, p.spec, p.proc), fault.New("undoing it", twice.Undo, "remove the rest with delete --force"))
	}
	return explain(err, p.spec, p.proc)
}

// explain turns the error of a creation from s, or of an exec without s, into a fault where it can.
func explain(err error, s *specs.Spec, proc *spec.Process) error {
	var f *fault.Error
	if errors.As(err, &f) { // ours, from a hook or an engine's callback
		return f
	}
	cause := causeOf(err)
	for _, rule := range []func(*initError, *specs.Spec, *spec.Process) *fault.Error{
		explainMount, explainHook, explainCommand, explainCwd, explainRlimit, explainMemory,
	} {
		if f := rule(cause, s, proc); f != nil {
			return f
		}
	}
	return cause
}

// initError is a failure by its text, with the errno that the text ends in.
type initError struct {
	text  string
	errno syscall.Errno
	err   error
}

func (c *initError) Error() string { return c.text }

func (c *initError) Unwrap() []error {
	if c.errno == 0 {
		return []error{c.err}
	}
	return []error{c.err, c.errno}
}

func causeOf(err error) *initError {
	c := &initError{text: oneLine(err), err: err}
	for stripped := true; stripped; {
		stripped = false
		for _, l := range layers {
			var ok bool
			if c.text, ok = strings.CutPrefix(c.text, l); ok {
				stripped = true
			}
		}
	}
	if !errors.As(err, &c.errno) {
		c.errno = errnoIn(c.text)
	}
	return c
}

// errnoIn finds the errno whose text s contains last.
func errnoIn(s string) (found syscall.Errno) {
	at := -1
	for n := syscall.Errno(1); n < 134; n++ {
		if i := strings.LastIndex(s, ": "+n.Error()); i > at {
			at, found = i, n
		}
	}
	return found
}

// errnoText is the errno alone if there is one, else the whole text.
func (c *initError) errnoText() error {
	if c.errno != 0 {
		return c.errno
	}
	return c
}

// explainMount names the entry of mounts that could not be mounted.
func explainMount(c *initError, s *specs.Spec, _ *spec.Process) *fault.Error {
	if s == nil {
		return nil
	}
	if rest, ok := strings.CutPrefix(c.text, "failed to fulfil mount request: "); ok {
		return explainSource(c, rest, s)
	}
	rest, ok := strings.CutPrefix(c.text, "error mounting ")
	if !ok {
		return nil
	}
	source, rest := unquote(rest)
	dest, rest := unquote(strings.TrimPrefix(rest, " to rootfs at "))
	rest = strings.TrimPrefix(rest, ": ")
	f := &fault.Error{Object: fmt.Sprintf("mount %s → %s", source, dest), Err: c.errnoText()}
	if !strings.HasPrefix(rest, "mount src=") {
		f.Err = &initError{rest, c.errno, c}
	}
	for i := range s.Mounts {
		if m := &s.Mounts[i]; m.Destination == dest || "/"+m.Destination == dest {
			f.Hint = mountHint(m, i, c.errno)
		}
	}
	return f
}

// explainSource names the bind mount whose source this process could not open for init.
func explainSource(c *initError, rest string, s *specs.Spec) *fault.Error {
	for i := range s.Mounts {
		m := &s.Mounts[i]
		if m.Source == "" || !strings.Contains(rest, " "+m.Source+":") {
			continue
		}
		return &fault.Error{
			Object: fmt.Sprintf("mount %s → %s", m.Source, m.Destination),
			Err:    c.errnoText(),
			Hint:   mountHint(m, i, c.errno),
		}
	}
	return nil
}

func mountHint(m *specs.Mount, i int, errno syscall.Errno) string {
	where := fmt.Sprintf("mounts[%d] in config.json", i)
	bind := m.Type == "bind" || slices.ContainsFunc(m.Options, isBindOption)
	switch {
	case bind && missing(m.Source):
		return "source of " + where + " does not exist; create it or drop the mount"
	case errno == unix.ENODEV:
		return fmt.Sprintf("%s wants the file system %q, which this kernel does not have; see /proc/filesystems", where, m.Type)
	case errno == unix.EINVAL && !bind:
		return fmt.Sprintf("%s; is every one of its options %q one of %s's?", where, strings.Join(m.Options, ","), m.Type)
	case errno == unix.ENOTDIR:
		return where + "; a directory can only be mounted on a directory, and a file on a file"
	}
	return "it is " + where
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, os.ErrNotExist)
}

// unquote splits a quoted string off s.
func unquote(s string) (quoted, rest string) {
	q, err := strconv.QuotedPrefix(s)
	if err != nil {
		return "", s
	}
	quoted, _ = strconv.Unquote(q)
	return quoted, s[len(q):]
}

// explainHook finds the hook that init ran through our door: libcontainer's runner reports the door's exit status and
// what it wrote to stderr, which is the hook's own failure.
func explainHook(c *initError, _ *specs.Spec, _ *spec.Process) *fault.Error {
	rest, ok := strings.CutPrefix(c.text, "error running ")
	if !ok {
		return nil
	}
	name, rest, ok := strings.Cut(rest, " hook #")
	if !ok {
		return nil
	}
	number, rest, _ := strings.Cut(rest, ": ")
	if _, stderr, ok := strings.Cut(rest, "stderr: "); ok && stderr != "" {
		rest = strings.Trim(stderr, "; ")
	}
	return &fault.Error{Object: "hooks." + name + "[" + number + "]", Err: &initError{rest, c.errno, c}}
}

// explainCommand keeps the words by which Podman, Docker and containerd tell 127 and 126 from other failures.
func explainCommand(c *initError, _ *specs.Spec, p *spec.Process) *fault.Error {
	switch {
	case strings.HasPrefix(c.text, "exec: "):
	case len(p.Args) > 0 && strings.HasPrefix(c.text, "exec "+p.Args[0]+":"):
	case len(p.Args) > 0 && strings.HasPrefix(c.text, "stat "+p.Args[0]+":"):
	default:
		return nil
	}
	f := &fault.Error{Object: "process.args[0]", Err: c}
	switch {
	case strings.Contains(c.text, "executable file not found"):
		f.Hint = "it is in no directory of the container's PATH; check process.env and the rootfs"
	case c.errno == unix.ENOENT:
		f.Hint = "the rootfs has no such file, or not the interpreter that it names"
	case c.errno == unix.EACCES:
		f.Hint = "it must be an executable file that the process's user may reach"
	case c.errno == unix.ENOEXEC:
		f.Hint = "it is no program for this machine's architecture, or a script without #!"
	}
	return f
}

func explainCwd(c *initError, _ *specs.Spec, p *spec.Process) *fault.Error {
	if !strings.HasPrefix(c.text, "chdir to cwd") && !strings.HasPrefix(c.text, "mkdir "+p.Cwd) {
		return nil
	}
	return &fault.Error{Object: "process.cwd " + p.Cwd, Err: c.errnoText(), Hint: cwdHint(c.errno)}
}

func cwdHint(errno syscall.Errno) string {
	switch errno {
	case unix.ENOENT:
		return "create the directory in the rootfs, or choose another one"
	case unix.ENOTDIR:
		return "it is no directory in the rootfs"
	case unix.EACCES:
		return "the process's user may not enter it"
	}
	return ""
}

// explainRlimit names the entry of process.rlimits by the kernel's number of the limit.
func explainRlimit(c *initError, _ *specs.Spec, p *spec.Process) *fault.Error {
	_, rest, ok := strings.Cut(c.text, "error setting rlimit type ")
	if !ok {
		return nil
	}
	number, _, _ := strings.Cut(rest, ":")
	object := "process.rlimits"
	for i, l := range p.Rlimits {
		if strconv.Itoa(l.Type) == number {
			object = fmt.Sprintf("process.rlimits[%d]", i)
		}
	}
	f := &fault.Error{Object: object, Err: c.errnoText()}
	if c.errno == unix.EPERM {
		f.Hint = "it is above husk's own hard limit, and raising that needs CAP_SYS_RESOURCE; lower it, or husk's caller's limits"
	}
	return f
}

// explainMemory tells a limit that is too low from other early ends of init.
func explainMemory(c *initError, s *specs.Spec, _ *spec.Process) *fault.Error {
	f := &fault.Error{Hint: "raise linux.resources.memory.limit"}
	switch _, refused, _ := strings.Cut(c.text, "unable to set memory limit to "); {
	case strings.Contains(c.text, "OOM-killed"):
		f.Object, f.Err = "container init", errors.New("it was OOM-killed before it executed the process")
	case refused != "":
		f.Object, f.Err = "linux.resources.memory.limit", &initError{"it is too low for init: " + refused, c.errno, c}
	default:
		return nil
	}
	if s != nil && s.Linux != nil && s.Linux.Resources != nil && s.Linux.Resources.Memory != nil &&
		s.Linux.Resources.Memory.Limit != nil {
		f.Hint = fmt.Sprintf("linux.resources.memory.limit is %d bytes; raise it", *s.Linux.Resources.Memory.Limit)
	}
	return f
}

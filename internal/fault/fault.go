// Package fault is the shape of husk's errors: what failed, why, and what to do about it.
//
// A fault reads "object: cause (hint)"; the command line puts "husk: verb id: " in front, so that the one final
// line names the stage, the object, the errno and, where we know it, the remedy:
//
//	husk: create web: mount /data → /mnt: no such file or directory (source of mounts[7] in config.json does not exist; create it or drop the mount)
package fault

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// Error is a failure with its object and, where we know one, a remedy.
type Error struct {
	// Object is what the failing step worked on: a file, a mount "/data → /mnt", "cgroup /a/b", "linux.seccomp.flags[0]".
	Object string
	// Err is the cause; an errno in its chain becomes the errno field of a JSON log line.
	Err error
	// Hint says where the object comes from and what to do, without parentheses; empty when we know nothing.
	Hint string
}

func (e *Error) Error() string {
	s := e.Err.Error()
	if e.Object != "" {
		s = e.Object + ": " + s
	}
	if e.Hint != "" {
		s += " (" + e.Hint + ")"
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// New returns a fault of object, caused by err. A nil err gives nil.
func New(object string, err error, hint string) error {
	if err == nil {
		return nil
	}
	return &Error{Object: object, Err: err, Hint: hint}
}

// Newf returns a fault of object whose cause is the formatted text; %w keeps a chain.
func Newf(object, format string, args ...any) error {
	return &Error{Object: object, Err: fmt.Errorf(format, args...)}
}

// Object returns the object of the outermost fault in err's chain, or "".
func Object(err error) string {
	var f *Error
	if errors.As(err, &f) {
		return f.Object
	}
	return ""
}

// Errno returns the name ("ENOENT") of the errno in err's chain, or "" if there is none.
func Errno(err error) string {
	var no syscall.Errno
	if errors.As(err, &no) {
		return unix.ErrnoName(no)
	}
	return ""
}

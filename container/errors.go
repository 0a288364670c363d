package container

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/huskrun/husk/internal/fault"
)

// The states that refuse a verb. They sit in the chain of the error that a verb returns (errors.Is). The texts are
// runc's: containerd, CRI-O and Podman look for them.
var (
	ErrExist      = errors.New("container with given ID already exists")
	ErrInvalidID  = errors.New("invalid container ID format")
	ErrNotExist   = errors.New("container does not exist")
	ErrNotRunning = errors.New("container not running")
	ErrRunning    = errors.New("container still running")
	ErrPaused     = errors.New("container paused")
	ErrNotPaused  = errors.New("container not paused")
	ErrStopped    = errors.New("container has stopped")
)

// maxID is the longest id, in bytes: it names a directory (NAME_MAX) and, under systemd, part of a unit's name.
const maxID = 255

// validateID checks an id: letters, digits and "_+-.", as runc has it, and nothing that names another directory.
func validateID(id string) error {
	reason := ""
	switch {
	case id == "":
		return &fault.Error{Err: errors.New("container id cannot be empty"), Hint: "give the container's id as the first argument"}
	case len(id) > maxID:
		return &fault.Error{Err: ErrInvalidID, Hint: fmt.Sprintf("it is %d bytes long; at most %d are allowed", len(id), maxID)}
	case id == "." || id == "..":
		reason = fmt.Sprintf("%q names a directory", id)
	}
	for _, c := range id {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (c < '0' || c > '9') && c != '_' && c != '+' && c != '-' && c != '.' {
			reason = fmt.Sprintf("it contains %q", c)
			break
		}
	}
	if reason != "" {
		return &fault.Error{Err: ErrInvalidID, Hint: reason + "; use letters, digits and _ + - ."}
	}
	return nil
}

// gone reports whether err only says that something is not there any more, which teardown does not mind.
func gone(err error) bool { return errors.Is(err, fs.ErrNotExist) }

package container

import "errors"

// The states that refuse a verb. They sit in the chain of the error that a verb returns (errors.Is).
var (
	ErrExist      = errors.New("container exists already")
	ErrInvalidID  = errors.New("invalid container id")
	ErrNotExist   = errors.New("container does not exist")
	ErrNotRunning = errors.New("container is not running")
	ErrRunning    = errors.New("container is running")
	ErrPaused     = errors.New("container is paused")
	ErrNotPaused  = errors.New("container is not paused")
	ErrStopped    = errors.New("container has stopped")
)

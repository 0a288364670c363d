// Package cleanup is a stack of undo steps: whoever creates something pushes how to remove it before the next step
// starts, and unwinds the stack on an error.
package cleanup

import "errors"

// Stack holds undo steps; the zero value is empty. It is not safe for concurrent use.
type Stack struct {
	undo []func() error
}

// Push adds a step that undoes what was just done.
func (s *Stack) Push(undo func() error) {
	s.undo = append(s.undo, undo)
}

// Unwind runs the steps, the last one first, all of them whatever they return, and joins their errors behind err.
func (s *Stack) Unwind(err error) error {
	errs := []error{err}
	for i := len(s.undo) - 1; i >= 0; i-- {
		errs = append(errs, s.undo[i]())
	}
	s.undo = nil
	return errors.Join(errs...)
}

package cleanup

import (
	"errors"
	"testing"
)

func TestUnwindRunsEverythingBackwards(t *testing.T) {
	var s Stack
	var order []int
	first, second := errors.New("first undo"), errors.New("second undo")
	s.Push(func() error { order = append(order, 1); return first })
	s.Push(func() error { order = append(order, 2); return second })
	cause := errors.New("cause")
	err := s.Unwind(cause)
	if len(order) != 2 || order[0] != 2 || order[1] != 1 {
		t.Errorf("order %v, want [2 1]", order)
	}
	for _, want := range []error{cause, first, second} {
		if !errors.Is(err, want) {
			t.Errorf("%v is missing in %v", want, err)
		}
	}
	if err := s.Unwind(nil); err != nil {
		t.Errorf("steps ran twice: %v", err)
	}
}

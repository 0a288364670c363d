package spec

import (
	"fmt"
	"path"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/huskrun/husk/internal/fault"
)

type check func(*specs.Spec) error

// Validate says what in s cannot be done, before anything is done. What libcontainer would ignore is refused here.
func Validate(s *specs.Spec) error {
	checks := []check{checkRoot, checkProcess}
	for _, c := range checks {
		if err := c(s); err != nil {
			return err
		}
	}
	return nil
}

func checkRoot(s *specs.Spec) error {
	if s.Root == nil || s.Root.Path == "" {
		return refuse("root.path", "is missing")
	}
	dir, err := isDir(s.Root.Path)
	if err != nil {
		return fault.New("root.path "+s.Root.Path, err, "")
	}
	if !dir {
		return refuse("root.path "+s.Root.Path, "is not a directory")
	}
	return nil
}

func checkProcess(s *specs.Spec) error {
	if s.Process == nil {
		return refuse("process", "is missing")
	}
	return ValidateProcess(s.Process)
}

// ValidateProcess says what in p cannot be done.
func ValidateProcess(p *specs.Process) error {
	switch {
	case p.Cwd == "":
		return refuse("process.cwd", "is missing")
	case !path.IsAbs(p.Cwd):
		return refuse("process.cwd", "is not an absolute path: %q", p.Cwd)
	case len(p.Args) == 0:
		return refuse("process.args", "is empty")
	}
	return nil
}

func refuse(object, format string, args ...any) error {
	return &fault.Error{Object: object, Err: fmt.Errorf(format, args...)}
}

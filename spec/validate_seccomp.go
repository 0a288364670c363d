package spec

import (
	"github.com/opencontainers/runc/libcontainer/seccomp"
	"github.com/opencontainers/runtime-spec/specs-go"
)

const seccompPath = "linux.seccomp"

func checkSeccomp(s *specs.Spec, h *host) error {
	p := s.Linux.Seccomp
	if p == nil {
		return nil
	}
	if p.DefaultAction == "" && len(p.Syscalls) == 0 {
		return checkNoSeccomp(p)
	}
	if !h.seccomp {
		return refuse(seccompPath, "this husk was built without seccomp")
	}
	return first(
		checkSeccompDefault(p),
		checkSeccompArchs(p),
		checkSeccompFlags(p, h),
		checkSeccompListener(p),
		checkSyscalls(p),
	)
}

// checkNoSeccomp: libcontainer takes a profile without any action for none.
func checkNoSeccomp(p *specs.LinuxSeccomp) error {
	if p.DefaultErrnoRet != nil || p.Architectures != nil || p.Flags != nil || p.ListenerPath != "" || p.ListenerMetadata != "" {
		return refuse(seccompPath+".defaultAction", "is missing")
	}
	return nil
}

func checkSeccompDefault(p *specs.LinuxSeccomp) error {
	const path = seccompPath + ".defaultAction"
	switch p.DefaultAction {
	case "":
		return refuse(path, "is missing")
	case specs.ActNotify:
		return refuse(path, "%s is only for syscalls: the container could not tell its listener", p.DefaultAction)
	}
	return first(
		checkAction(path, p.DefaultAction),
		checkErrno(seccompPath+".defaultErrnoRet", p.DefaultAction, p.DefaultErrnoRet),
	)
}

func checkAction(path string, a specs.LinuxSeccompAction) error {
	if a == "" {
		return refuse(path, "is missing")
	}
	if _, err := seccomp.ConvertStringToAction(string(a)); err != nil {
		return refuse(path, "unknown action %q", a)
	}
	return nil
}

// maxErrno is the kernel's MAX_ERRNO: a larger number would not be an error to the process.
const maxErrno = 4095

func checkErrno(path string, a specs.LinuxSeccompAction, errno *uint) error {
	switch {
	case errno == nil:
	case a == specs.ActErrno && *errno > maxErrno:
		return refuse(path, "%d is larger than %d", *errno, maxErrno)
	case a == specs.ActTrace && *errno > 0xffff:
		return refuse(path, "%d is larger than %d", *errno, 0xffff)
	case a != specs.ActErrno && a != specs.ActTrace:
		return refuse(path, "%s returns no error", a)
	}
	return nil
}

func checkSeccompArchs(p *specs.LinuxSeccomp) error {
	for i, arch := range p.Architectures {
		if _, err := seccomp.ConvertStringToArch(string(arch)); err != nil {
			return refuse(element(seccompPath+".architectures", i), "unknown architecture %q", arch)
		}
	}
	return nil
}

func checkSeccompFlags(p *specs.LinuxSeccomp, h *host) error {
	for i, flag := range p.Flags {
		path := element(seccompPath+".flags", i)
		switch flag {
		// The first is libcontainer's own: it always applies, to all threads.
		case "SECCOMP_FILTER_FLAG_TSYNC", specs.LinuxSeccompFlagLog, specs.LinuxSeccompFlagSpecAllow,
			specs.LinuxSeccompFlagWaitKillableRecv:
		default:
			return refuse(path, "unknown flag %q", flag)
		}
		if err := h.seccompFlag(flag); err != nil {
			return advise(path, "drop the flag, or use a husk built with a newer libseccomp",
				"%s is not supported by this libseccomp and kernel: %w", flag, err)
		}
	}
	return nil
}

func checkSeccompListener(p *specs.LinuxSeccomp) error {
	if p.ListenerPath == "" && p.ListenerMetadata != "" {
		return refuse(seccompPath+".listenerMetadata", "there is no listenerPath to send it to")
	}
	if p.ListenerPath != "" {
		return checkAbsolute(seccompPath+".listenerPath", p.ListenerPath)
	}
	for i := range p.Syscalls {
		if p.Syscalls[i].Action == specs.ActNotify {
			return advise(seccompPath+".listenerPath", element(seccompPath+".syscalls", i)+" has the action "+string(specs.ActNotify),
				"is missing")
		}
	}
	return nil
}

func checkSyscalls(p *specs.LinuxSeccomp) error {
	for i := range p.Syscalls {
		if err := checkSyscall(element(seccompPath+".syscalls", i), &p.Syscalls[i]); err != nil {
			return err
		}
	}
	return nil
}

func checkSyscall(path string, c *specs.LinuxSyscall) error {
	if len(c.Names) == 0 {
		return refuse(path+".names", "is empty")
	}
	for i, name := range c.Names {
		switch {
		case name == "":
			return refuse(element(path+".names", i), "is empty")
		case name == "write" && c.Action == specs.ActNotify:
			return refuse(element(path+".names", i), "write cannot have %s: the container could not tell its listener", c.Action)
		}
	}
	for i := range c.Args {
		if err := checkSyscallArg(element(path+".args", i), &c.Args[i]); err != nil {
			return err
		}
	}
	return first(checkAction(path+".action", c.Action), checkErrno(path+".errnoRet", c.Action, c.ErrnoRet))
}

func checkSyscallArg(path string, arg *specs.LinuxSeccompArg) error {
	if arg.Index > 5 {
		return refuse(path+".index", "%d: syscalls have six arguments, 0 to 5", arg.Index)
	}
	if _, err := seccomp.ConvertStringToOperator(string(arg.Op)); err != nil {
		return refuse(path+".op", "unknown operator %q", arg.Op)
	}
	return nil
}

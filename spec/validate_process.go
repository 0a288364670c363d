package spec

import (
	"math"
	"slices"

	"github.com/opencontainers/runc/libcontainer/configs"
	"github.com/opencontainers/runtime-spec/specs-go"
)

func checkProcess(s *specs.Spec, h *host) error {
	if s.Process == nil {
		return refuse("process", "is missing")
	}
	return validateProcess(s.Process, h)
}

func validateProcess(p *specs.Process, h *host) error {
	for _, c := range []func(*specs.Process) error{
		checkCommand,
		checkUser,
		checkConsole,
		checkCapabilities,
		checkRlimits,
		checkOOMScore,
		checkScheduler,
		checkIOPriority,
		checkAffinity,
	} {
		if err := c(p); err != nil {
			return err
		}
	}
	return checkProcessLabels(p, h)
}

func checkCommand(p *specs.Process) error {
	switch {
	case len(p.Args) == 0 && p.CommandLine != "":
		return advise("process.args", "process.commandLine is Windows'", "is empty")
	case len(p.Args) == 0:
		return refuse("process.args", "is empty")
	case p.Args[0] == "":
		return refuse("process.args[0]", "is empty")
	}
	return first(
		checkAbsolute("process.cwd", p.Cwd),
		checkArgs("process.args", p.Args),
		checkEnv("process.env", p.Env),
	)
}

func checkUser(p *specs.Process) error {
	err := first(checkID("process.user.uid", p.User.UID), checkID("process.user.gid", p.User.GID))
	for i, gid := range p.User.AdditionalGids {
		err = first(err, checkID(element("process.user.additionalGids", i), gid))
	}
	if umask := p.User.Umask; err == nil && umask != nil && *umask > 0o777 {
		return refuse("process.user.umask", "%#o is larger than 0777", *umask)
	}
	return err
}

// checkID refuses the one id that stands for "leave it as it is" in the kernel's calls.
func checkID(path string, id uint32) error {
	if id == math.MaxUint32 {
		return refuse(path, "%d is not an id", id)
	}
	return nil
}

func checkConsole(p *specs.Process) error {
	size := p.ConsoleSize
	if !p.Terminal || size == nil {
		return nil
	}
	if size.Width > math.MaxUint16 || size.Height > math.MaxUint16 {
		return refuse("process.consoleSize", "%d×%d is larger than a terminal can be", size.Width, size.Height)
	}
	return nil
}

// checkCapabilities refuses what the kernel would answer with a bare EPERM. Names that the kernel does not know are
// left to libcontainer, which warns, as the specification asks.
func checkCapabilities(p *specs.Process) error {
	if p.Capabilities == nil {
		return nil
	}
	for i, name := range p.Capabilities.Effective {
		if !slices.Contains(p.Capabilities.Permitted, name) {
			return advise(element("process.capabilities.effective", i), "add it there",
				"%s is not in process.capabilities.permitted", name)
		}
	}
	return nil
}

func checkRlimits(p *specs.Process) error {
	var seen uint64
	for i, l := range p.Rlimits {
		path := element("process.rlimits", i)
		resource, ok := rlimitNumber(l.Type)
		switch {
		case !ok:
			return unknownRlimit(i, l.Type)
		case seen&(1<<resource) != 0:
			return refuse(path+".type", "%s is set twice", l.Type)
		case l.Soft > l.Hard:
			return refuse(path+".soft", "%d is above the hard limit %d of %s", l.Soft, l.Hard, l.Type)
		}
		seen |= 1 << resource
	}
	return nil
}

func checkOOMScore(p *specs.Process) error {
	if adj := p.OOMScoreAdj; adj != nil && (*adj < -1000 || *adj > 1000) {
		return refuse("process.oomScoreAdj", "%d is not in -1000 to 1000", *adj)
	}
	return nil
}

func checkScheduler(p *specs.Process) error {
	s := p.Scheduler
	if s == nil {
		return nil
	}
	const path = "process.scheduler"
	realtime := s.Policy == specs.SchedFIFO || s.Policy == specs.SchedRR
	deadline := s.Policy == specs.SchedDeadline
	switch {
	case s.Policy == "":
		return refuse(path+".policy", "is missing")
	case s.Policy == specs.SchedISO:
		return refuse(path+".policy", "%s is reserved: Linux does not implement it", s.Policy)
	case s.Nice < -20 || s.Nice > 19:
		return refuse(path+".nice", "%d is not in -20 to 19", s.Nice)
	case realtime && (s.Priority < 1 || s.Priority > 99):
		return refuse(path+".priority", "%d is not in 1 to 99, as %s needs it", s.Priority, s.Policy)
	case !realtime && s.Priority != 0:
		return refuse(path+".priority", "%d: only SCHED_FIFO and SCHED_RR have priorities", s.Priority)
	case !deadline && (s.Runtime != 0 || s.Deadline != 0 || s.Period != 0):
		return refuse(path, "runtime, deadline and period are SCHED_DEADLINE's, not %s's", s.Policy)
	}
	if _, err := configs.ToSchedAttr(s); err != nil {
		return refuse(path, "%w", err)
	}
	return nil
}

func checkIOPriority(p *specs.Process) error {
	io := p.IOPriority
	if io == nil {
		return nil
	}
	switch io.Class {
	case specs.IOPRIO_CLASS_RT, specs.IOPRIO_CLASS_BE, specs.IOPRIO_CLASS_IDLE:
	case "":
		return refuse("process.ioPriority.class", "is missing")
	default:
		return refuse("process.ioPriority.class", "unknown class %q", io.Class)
	}
	if io.Priority < 0 || io.Priority > 7 {
		return refuse("process.ioPriority.priority", "%d is not in 0 to 7", io.Priority)
	}
	return nil
}

func checkAffinity(p *specs.Process) error {
	if p.ExecCPUAffinity == nil {
		return nil
	}
	return first(
		checkCPUs("process.execCPUAffinity.initial", p.ExecCPUAffinity.Initial),
		checkCPUs("process.execCPUAffinity.final", p.ExecCPUAffinity.Final),
	)
}

func checkCPUs(path, list string) error {
	if _, err := configs.ToCPUSet(list); err != nil {
		return advise(path, "it is a list like 0-3,7", "%q: %w", list, err)
	}
	return nil
}

func checkProcessLabels(p *specs.Process, h *host) error {
	if p.ApparmorProfile != "" && !h.apparmor() {
		return advise("process.apparmorProfile", "drop the profile or enable AppArmor",
			"AppArmor is not enabled on this host, profile %q cannot be applied", p.ApparmorProfile)
	}
	return checkSELinux("process.selinuxLabel", p.SelinuxLabel, h)
}

func checkSELinux(path, label string, h *host) error {
	if label != "" && !h.selinux() {
		return advise(path, "drop the label or enable SELinux",
			"SELinux is not enabled on this host, label %q cannot be applied", label)
	}
	return nil
}

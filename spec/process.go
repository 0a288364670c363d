package spec

import (
	"fmt"

	"github.com/opencontainers/runc/libcontainer/configs"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/internal/fault"
)

// Process is a container's process as data: everything an engine needs to start it, except its files.
type Process struct {
	Args, Env        []string
	UID, GID         int
	AdditionalGroups []int
	Cwd              string
	SelinuxLabel     string
	AppArmorProfile  string
	NoNewPrivileges  bool
	Capabilities     *configs.Capabilities // nil are those of the container, which has none if config.json names none
	Rlimits          []configs.Rlimit
	Scheduler        *configs.Scheduler
	IOPriority       *configs.IOPriority
	CPUAffinity      *configs.CPUAffinity // of an exec'ed process; init ignores it
	Terminal         bool
	ConsoleWidth     uint16
	ConsoleHeight    uint16
}

// ConvertProcess turns a valid process into data for the engine.
func ConvertProcess(p *specs.Process) (*Process, error) {
	affinity, err := configs.ConvertCPUAffinity(p.ExecCPUAffinity)
	if err != nil {
		return nil, fault.New("process.execCPUAffinity", err, "")
	}
	limits, err := convertRlimits(p.Rlimits)
	if err != nil {
		return nil, err
	}
	c := &Process{
		Args:            p.Args,
		Env:             p.Env,
		UID:             int(p.User.UID),
		GID:             int(p.User.GID),
		Cwd:             p.Cwd,
		SelinuxLabel:    p.SelinuxLabel,
		AppArmorProfile: p.ApparmorProfile,
		NoNewPrivileges: p.NoNewPrivileges,
		Capabilities:    convertCapabilities(p.Capabilities),
		Rlimits:         limits,
		Scheduler:       p.Scheduler,
		IOPriority:      p.IOPriority,
		CPUAffinity:     affinity,
		Terminal:        p.Terminal,
	}
	for _, gid := range p.User.AdditionalGids {
		c.AdditionalGroups = append(c.AdditionalGroups, int(gid))
	}
	if size := p.ConsoleSize; size != nil {
		c.ConsoleWidth, c.ConsoleHeight = uint16(size.Width), uint16(size.Height)
	}
	return c, nil
}

func convertCapabilities(c *specs.LinuxCapabilities) *configs.Capabilities {
	if c == nil {
		return nil
	}
	return &configs.Capabilities{
		Bounding:    c.Bounding,
		Effective:   c.Effective,
		Inheritable: c.Inheritable,
		Permitted:   c.Permitted,
		Ambient:     c.Ambient,
	}
}

func convertRlimits(limits []specs.POSIXRlimit) ([]configs.Rlimit, error) {
	var converted []configs.Rlimit
	for i, l := range limits {
		resource, ok := rlimitNumber(l.Type)
		if !ok {
			return nil, unknownRlimit(i, l.Type)
		}
		converted = append(converted, configs.Rlimit{Type: resource, Hard: l.Hard, Soft: l.Soft})
	}
	return converted, nil
}

func unknownRlimit(i int, name string) error {
	return fault.Newf(fmt.Sprintf("process.rlimits[%d].type", i), "unknown limit %q", name)
}

// rlimitNumber is the kernel's number of a limit. A switch costs nothing at start-up, a map would.
func rlimitNumber(name string) (int, bool) {
	switch name {
	case "RLIMIT_AS":
		return unix.RLIMIT_AS, true
	case "RLIMIT_CORE":
		return unix.RLIMIT_CORE, true
	case "RLIMIT_CPU":
		return unix.RLIMIT_CPU, true
	case "RLIMIT_DATA":
		return unix.RLIMIT_DATA, true
	case "RLIMIT_FSIZE":
		return unix.RLIMIT_FSIZE, true
	case "RLIMIT_LOCKS":
		return unix.RLIMIT_LOCKS, true
	case "RLIMIT_MEMLOCK":
		return unix.RLIMIT_MEMLOCK, true
	case "RLIMIT_MSGQUEUE":
		return unix.RLIMIT_MSGQUEUE, true
	case "RLIMIT_NICE":
		return unix.RLIMIT_NICE, true
	case "RLIMIT_NOFILE":
		return unix.RLIMIT_NOFILE, true
	case "RLIMIT_NPROC":
		return unix.RLIMIT_NPROC, true
	case "RLIMIT_RSS":
		return unix.RLIMIT_RSS, true
	case "RLIMIT_RTPRIO":
		return unix.RLIMIT_RTPRIO, true
	case "RLIMIT_RTTIME":
		return unix.RLIMIT_RTTIME, true
	case "RLIMIT_SIGPENDING":
		return unix.RLIMIT_SIGPENDING, true
	case "RLIMIT_STACK":
		return unix.RLIMIT_STACK, true
	}
	return 0, false
}

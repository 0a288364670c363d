package spec

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"github.com/huskrun/husk/internal/fault"
)

// check refuses one aspect of a configuration that cannot be had on h.
type check func(s *specs.Spec, h *host) error

// Validate says what in s cannot be done, before anything is done: what contradicts the specification, what this machine
// lacks, and what libcontainer would ignore. The fault's object is the JSON path of the culprit.
//
// Paths must be absolute already (see [Absolutize]). Nothing is changed; what is looked at is the root file system and
// the files that config.json names.
func Validate(s *specs.Spec) error { return validate(s, &thisHost) }

// ValidateProcess does the same for a process alone.
func ValidateProcess(p *specs.Process) error { return validateProcess(p, &thisHost) }

func validate(s *specs.Spec, h *host) error {
	for _, c := range []check{
		checkVersion,
		checkPlatform,
		checkRoot,
		checkProcess,
		checkHostname,
		checkAnnotations,
		checkHooks,
		checkMountNamespace,
		checkNamespaces,
		checkUserNamespace,
		checkTimeNamespace,
		checkMounts,
		checkPropagation,
		checkHiddenPaths,
		checkSysctls,
		checkDevices,
		checkNetDevices,
		checkLabels,
		checkRdt,
		checkMemoryPolicy,
		checkPersonality,
		checkCgroupsPath,
		checkResources,
		checkSeccomp,
	} {
		if err := c(s, h); err != nil {
			return err
		}
	}
	return nil
}

// refuse is the fault of the value at a JSON path.
func refuse(path, format string, args ...any) error { return fault.Newf(path, format, args...) }

// advise is [refuse] with a hint.
func advise(path, hint, format string, args ...any) error {
	return fault.New(path, fmt.Errorf(format, args...), hint)
}

// element is the JSON path of an array's element.
func element(array string, i int) string { return array + "[" + strconv.Itoa(i) + "]" }

// first returns the first error; for checks that are cheap enough to all be made.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// checkText refuses what the kernel would cut off: its strings end at the first NUL.
func checkText(path, s string) error {
	if strings.IndexByte(s, 0) >= 0 {
		return refuse(path, "%q contains a NUL byte", s)
	}
	return nil
}

func checkAbsolute(path, p string) error {
	if p == "" {
		return refuse(path, "is missing")
	}
	if !filepath.IsAbs(p) {
		return refuse(path, "%q is not an absolute path", p)
	}
	return checkText(path, p)
}

func checkVersion(s *specs.Spec, _ *host) error {
	const path = "ociVersion"
	if s.Version == "" {
		return advise(path, "husk reads 1.0.0 to "+specs.Version, "is missing")
	}
	major, minor, ok := parseVersion(s.Version)
	if !ok {
		return advise(path, "it has the form 1.2.0 or 1.2.0-rc.1", "%q is not a version", s.Version)
	}
	if major != specs.VersionMajor || minor > specs.VersionMinor {
		return advise(path, "husk reads 1.0.0 to "+specs.Version, "%s is not supported", s.Version)
	}
	return nil
}

// parseVersion takes a semantic version, MAJOR.MINOR.PATCH[-pre.release][+build].
func parseVersion(v string) (major, minor int, ok bool) {
	v, build, hasBuild := strings.Cut(v, "+")
	v, pre, hasPre := strings.Cut(v, "-")
	if hasBuild && !isVersionLabel(build) || hasPre && !isVersionLabel(pre) {
		return 0, 0, false
	}
	numbers := strings.Split(v, ".")
	if len(numbers) != 3 {
		return 0, 0, false
	}
	var parsed [3]int
	for i, n := range numbers {
		u, err := strconv.ParseUint(n, 10, 16)
		if err != nil {
			return 0, 0, false
		}
		parsed[i] = int(u)
	}
	return parsed[0], parsed[1], true
}

func isVersionLabel(s string) bool {
	for _, c := range s {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '.' || c == '-') {
			return false
		}
	}
	return s != ""
}

// checkPlatform refuses a virtual machine: running its process without one would be weaker than what was asked for. The
// sections of other operating systems, which say nothing about Linux, may be there.
func checkPlatform(s *specs.Spec, _ *host) error {
	if s.VM != nil {
		return refuse("vm", "virtual machines are not supported")
	}
	return nil
}

func checkRoot(s *specs.Spec, _ *host) error {
	const path = "root.path"
	if s.Root == nil || s.Root.Path == "" {
		return advise(path, "it names the directory of the root file system, relative to the bundle", "is missing")
	}
	if err := checkText(path, s.Root.Path); err != nil {
		return err
	}
	dir, err := isDir(s.Root.Path)
	if err != nil {
		return advise(path, "the root file system's directory", "%s: %w", s.Root.Path, err)
	}
	if !dir {
		return refuse(path, "%s is not a directory", s.Root.Path)
	}
	return nil
}

// maxName is the kernel's __NEW_UTS_LEN.
const maxName = 64

func checkHostname(s *specs.Spec, _ *host) error {
	return first(checkHostNamed("hostname", s.Hostname, s), checkHostNamed("domainname", s.Domainname, s))
}

func checkHostNamed(path, name string, s *specs.Spec) error {
	if name == "" {
		return nil
	}
	if len(name) > maxName {
		return refuse(path, "is %d bytes long, the most is %d", len(name), maxName)
	}
	if namespace(s, specs.UTSNamespace) == nil {
		return advise(path, "add a uts namespace to linux.namespaces", "%q would become the host's", name)
	}
	return checkText(path, name)
}

func checkAnnotations(s *specs.Spec, _ *host) error {
	for key := range s.Annotations {
		switch path := member("annotations", key); {
		case key == "":
			return refuse(path, "has an empty name")
		case key == "bundle":
			return refuse(path, "is reserved: it would stand for the path of the bundle")
		case strings.Contains(key, "="):
			return refuse(path, "has a = in its name, where the state would cut it")
		}
	}
	return nil
}

func checkHooks(s *specs.Spec, _ *host) error {
	if s.Hooks == nil {
		return nil
	}
	for _, kind := range []struct {
		path  string
		hooks []specs.Hook
	}{
		{"hooks.prestart", s.Hooks.Prestart}, //nolint:staticcheck // deprecated, and in use
		{"hooks.createRuntime", s.Hooks.CreateRuntime},
		{"hooks.createContainer", s.Hooks.CreateContainer},
		{"hooks.startContainer", s.Hooks.StartContainer},
		{"hooks.poststart", s.Hooks.Poststart},
		{"hooks.poststop", s.Hooks.Poststop},
	} {
		for i := range kind.hooks {
			if err := checkHook(element(kind.path, i), &kind.hooks[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkHook(path string, hook *specs.Hook) error {
	if err := checkAbsolute(path+".path", hook.Path); err != nil {
		return err
	}
	if hook.Timeout != nil && *hook.Timeout <= 0 {
		return advise(path+".timeout", "leave it out for no limit", "%d is not greater than zero", *hook.Timeout)
	}
	return first(checkArgs(path+".args", hook.Args), checkEnv(path+".env", hook.Env))
}

func checkArgs(path string, args []string) error {
	for i, arg := range args {
		if err := checkText(element(path, i), arg); err != nil {
			return err
		}
	}
	return nil
}

func checkEnv(path string, env []string) error {
	for i, v := range env {
		if strings.IndexByte(v, '=') < 1 {
			return advise(element(path, i), "it has the form NAME=value", "%q is not a variable", v)
		}
		if err := checkText(element(path, i), v); err != nil {
			return err
		}
	}
	return nil
}

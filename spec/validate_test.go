package spec

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runc/libcontainer/configs"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/huskrun/husk/internal/fault"
)

func yes() bool { return true }
func no() bool  { return false }

// everything is a host that has all there is, with cgroup v1; bare has nothing, with cgroup v2.
var (
	everything = host{
		cgroup2: no, hierarchy: func(string) bool { return true }, bfq: yes, apparmor: yes, selinux: yes,
		rdt: yes, rdtCache: yes, rdtMemory: yes,
		cpuBurst:    yes,
		hugePages:   func() []string { return []string{"2MB", "1GB"} },
		namespace:   func(configs.NamespaceType) bool { return true },
		seccomp:     true,
		seccompFlag: func(specs.LinuxSeccompFlag) error { return nil },
	}
	bare = host{
		cgroup2: yes, hierarchy: func(string) bool { return false }, bfq: no, apparmor: no, selinux: no,
		rdt: no, rdtCache: no, rdtMemory: no,
		hugePages:   func() []string { return nil },
		namespace:   func(t configs.NamespaceType) bool { return t != configs.NEWTIME },
		seccomp:     true,
		seccompFlag: func(specs.LinuxSeccompFlag) error { return errors.New("needs libseccomp 2.6") },
	}
)

// edit is Default with a root that exists and a change: JSON merged over it (objects by key, the rest replaced).
func edit(t testing.TB, change string) *specs.Spec {
	t.Helper()
	s := Default()
	s.Root.Path = t.TempDir()
	base, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var doc, patch any
	for data, into := range map[string]*any{string(base): &doc, change: &patch} {
		if err := json.Unmarshal([]byte(data), into); err != nil {
			t.Fatalf("%s: %v", data, err)
		}
	}
	merged, err := json.Marshal(merge(doc, patch))
	if err != nil {
		t.Fatal(err)
	}
	var edited specs.Spec
	if err := json.Unmarshal(merged, &edited); err != nil {
		t.Fatal(err)
	}
	return &edited
}

func merge(doc, patch any) any {
	d, ok1 := doc.(map[string]any)
	p, ok2 := patch.(map[string]any)
	if !ok1 || !ok2 {
		return patch
	}
	for k, v := range p {
		if v == nil {
			delete(d, k)
			continue
		}
		d[k] = merge(d[k], v)
	}
	return d
}

func TestValidateAccepts(t *testing.T) {
	for _, change := range []string{
		`{}`,
		`{"ociVersion": "1.0.0"}`,
		`{"ociVersion": "1.0.2-dev"}`,
		`{"ociVersion": "1.3.0-rc.1+build.5"}`,
		`{"ociVersion": "1.3.9"}`,
		`{"x": 1, "process": {"futureField": {"a": []}}, "linux": {"futureField": true}}`,
		`{"windows": {"layerFolders": []}, "solaris": {}, "freebsd": {}, "zos": {}}`,
		`{"process": {"capabilities": {"bounding": ["CAP_FROM_THE_FUTURE"]}}}`,
		`{"process": {"capabilities": null, "rlimits": null}}`,
		`{"process": {"rlimits": [{"type": "RLIMIT_NOFILE", "soft": 1, "hard": 2}, {"type": "RLIMIT_CORE", "soft": 0, "hard": 0}]}}`,
		`{"process": {"consoleSize": {"width": 65535, "height": 65535}}}`,
		`{"process": {"user": {"uid": 4294967294, "gid": 0, "umask": 511, "additionalGids": [1, 2]}}}`,
		`{"process": {"oomScoreAdj": -1000, "apparmorProfile": "p", "selinuxLabel": "l"}}`,
		`{"process": {"scheduler": {"policy": "SCHED_FIFO", "priority": 99, "flags": ["SCHED_FLAG_RESET_ON_FORK"]}}}`,
		`{"process": {"scheduler": {"policy": "SCHED_DEADLINE", "runtime": 1, "deadline": 2, "period": 3}}}`,
		`{"process": {"ioPriority": {"class": "IOPRIO_CLASS_IDLE", "priority": 0}}}`,
		`{"process": {"execCPUAffinity": {"initial": "0-1,3", "final": ""}}}`,
		`{"process": {"env": []}, "hostname": null, "linux": {"namespaces": [{"type": "mount"}]}}`,
		`{"mounts": null}`,
		`{"mounts": [{"destination": "relative/to/root", "type": "tmpfs", "options": ["tmpcopyup", "size=1m", "rro"]}]}`,
		`{"mounts": [{"destination": "/a", "source": "/", "options": ["rbind", "rro", "defaults", "rprivate"]}]}`,
		`{"mounts": [{"destination": "/a", "source": "/", "options": ["bind", "idmap"],
			"uidMappings": [{"containerID": 0, "hostID": 1000, "size": 10}],
			"gidMappings": [{"containerID": 0, "hostID": 1000, "size": 10}]}]}`,
		`{"mounts": [{"destination": "/a", "source": "/", "options": ["bind", "ridmap"]}], "linux": {
			"namespaces": [{"type": "mount"}, {"type": "user"}, {"type": "uts"}],
			"uidMappings": [{"containerID": 0, "hostID": 1000, "size": 10}, {"containerID": 10, "hostID": 5, "size": 10}],
			"gidMappings": [{"containerID": 0, "hostID": 0, "size": 4294967295}]}}`,
		`{"linux": {"namespaces": [{"type": "mount"}, {"type": "uts"}, {"type": "network", "path": "/proc/self/ns/net"}]}}`,
		`{"linux": {"namespaces": [{"type": "mount"}, {"type": "uts"}, {"type": "time"}],
			"timeOffsets": {"monotonic": {"secs": -5, "nanosecs": 999999999}, "boottime": {}}}}`,
		`{"linux": {"sysctl": {"net.ipv4.ip_forward": "1", "net/ipv4/conf/eth0.1/forwarding": "1", "kernel.shmmax": "1",
			"fs.mqueue.msg_max": "10", "kernel.domainname": "x"}}}`,
		`{"linux": {"devices": [{"path": "/dev/fuse", "type": "c", "major": 10, "minor": 229, "fileMode": 8630},
			{"path": "/dev/pipe", "type": "p"}, {"path": "/dev/fuse", "type": "u", "major": 10, "minor": 229}]}}`,
		`{"linux": {"netDevices": {"eth0": {}, "eth1": {"name": "lan%d"}}}}`,
		`{"linux": {"intelRdt": {"closID": "c1", "schemata": ["L3:0=f"], "l3CacheSchema": "L3:0=f", "memBwSchema": "MB:0=20"}}}`,
		`{"linux": {"memoryPolicy": {"mode": "MPOL_BIND", "nodes": "0-1", "flags": ["MPOL_F_STATIC_NODES"]}}}`,
		`{"linux": {"memoryPolicy": {"mode": "MPOL_PREFERRED"}}}`,
		`{"linux": {"personality": {"domain": "LINUX32"}}}`,
		`{"linux": {"cgroupsPath": "/a..b/c"}}`,
		`{"linux": {"cgroupsPath": "system.slice:husk:x"}}`,
		`{"linux": {"rootfsPropagation": "rshared", "mountLabel": "l"}}`,
		`{"linux": {"seccomp": {"defaultAction": ""}}}`,
		`{"linux": {"seccomp": {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "architectures": ["SCMP_ARCH_X86_64"],
			"flags": ["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"], "listenerPath": "/l",
			"syscalls": [{"names": ["read", "no_such_call"], "action": "SCMP_ACT_NOTIFY",
			"args": [{"index": 5, "value": 1, "op": "SCMP_CMP_MASKED_EQ"}]}]}}}`,
		`{"linux": {"resources": {"devices": [{"allow": true, "access": "rwm"}, {"allow": false, "type": "a", "major": -1, "access": "mwr"},
			{"allow": true, "type": "b", "major": 8, "access": "r"}]}}}`,
		`{"linux": {"resources": {"memory": {"limit": 10, "swap": 10, "reservation": -1, "kernel": -1, "kernelTCP": 0,
			"swappiness": 100, "disableOOMKiller": true, "useHierarchy": true, "checkBeforeUpdate": true}}}}`,
		`{"linux": {"resources": {"cpu": {"shares": 2, "quota": -1, "period": 1000, "burst": 5, "cpus": "0-3,7", "mems": "0",
			"idle": 1, "realtimeRuntime": 1, "realtimePeriod": 1}}}}`,
		`{"linux": {"resources": {"pids": {"limit": -1}, "network": {"classID": 1, "priorities": [{"name": "lo", "priority": 1}]},
			"rdma": {"mlx5_0": {"hcaHandles": 1}}, "hugepageLimits": [{"pageSize": "2MB", "limit": 0}]}}}`,
		`{"linux": {"resources": {"blockIO": {"weight": 10, "leafWeight": 1000, "weightDevice": [{"major": 8, "minor": 0, "weight": 0}],
			"throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 1}]}}}}`,
		`{"annotations": {"org.x": "a=b"}, "hooks": {"poststop": [{"path": "/bin/true", "args": ["true"], "env": ["A=", "B=c"], "timeout": 1}]}}`,
	} {
		if err := validate(edit(t, change), &everything); err != nil {
			t.Errorf("%s\n\t%v", change, err)
		}
	}
}

func TestValidateRefuses(t *testing.T) {
	for _, c := range []struct{ change, object, message string }{
		{`{"ociVersion": null}`, "ociVersion", "is missing"},
		{`{"ociVersion": "1"}`, "ociVersion", "not a version"},
		{`{"ociVersion": "1.0.0.0"}`, "ociVersion", "not a version"},
		{`{"ociVersion": "1.0.0-"}`, "ociVersion", "not a version"},
		{`{"ociVersion": "v1.0.0"}`, "ociVersion", "not a version"},
		{`{"ociVersion": "1.-1.0"}`, "ociVersion", "not a version"},
		{`{"ociVersion": "1.0.0-ä"}`, "ociVersion", "not a version"},
		{`{"ociVersion": "1.4.0"}`, "ociVersion", "1.4.0 is not supported (husk reads 1.0.0 to 1.3.0)"},
		{`{"ociVersion": "2.0.0"}`, "ociVersion", "not supported"},
		{`{"ociVersion": "0.9.0"}`, "ociVersion", "not supported"},
		{`{"vm": {"kernel": {"path": "/k"}}}`, "vm", "not supported"},

		{`{"root": null}`, "root.path", "is missing"},
		{`{"root": {"path": ""}}`, "root.path", "is missing"},
		{`{"root": {"path": "/no/such/dir"}}`, "root.path", "/no/such/dir: no such file or directory"},
		{`{"root": {"path": "/dev/null"}}`, "root.path", "not a directory"},
		{`{"root": {"path": "/a\u0000b"}}`, "root.path", "NUL"},

		{`{"process": null}`, "process", "is missing"},
		{`{"process": {"args": null}}`, "process.args", "is empty"},
		{`{"process": {"args": null, "commandLine": "sh"}}`, "process.args", "Windows"},
		{`{"process": {"args": [""]}}`, "process.args[0]", "is empty"},
		{`{"process": {"args": ["a", "b\u0000"]}}`, "process.args[1]", "NUL"},
		{`{"process": {"cwd": null}}`, "process.cwd", "is missing"},
		{`{"process": {"cwd": "tmp"}}`, "process.cwd", "not an absolute path"},
		{`{"process": {"env": ["A=b", "C"]}}`, "process.env[1]", "NAME=value"},
		{`{"process": {"env": ["=b"]}}`, "process.env[0]", "not a variable"},
		{`{"process": {"env": ["A=\u0000"]}}`, "process.env[0]", "NUL"},
		{`{"process": {"user": {"uid": 4294967295}}}`, "process.user.uid", "not an id"},
		{`{"process": {"user": {"gid": 4294967295}}}`, "process.user.gid", "not an id"},
		{`{"process": {"user": {"additionalGids": [1, 4294967295]}}}`, "process.user.additionalGids[1]", "not an id"},
		{`{"process": {"user": {"umask": 512}}}`, "process.user.umask", "larger than 0777"},
		{`{"process": {"consoleSize": {"width": 65536, "height": 1}}}`, "process.consoleSize", "larger than a terminal"},
		{`{"process": {"capabilities": {"effective": ["CAP_SYS_ADMIN"]}}}`, "process.capabilities.effective[0]", "permitted"},
		{`{"process": {"rlimits": [{"type": "RLIMIT_X"}]}}`, "process.rlimits[0].type", "unknown limit"},
		{`{"process": {"rlimits": [{"type": "RLIMIT_CORE", "soft": 2, "hard": 1}]}}`, "process.rlimits[0].soft", "above the hard limit"},
		{`{"process": {"rlimits": [{"type": "RLIMIT_AS"}, {"type": "RLIMIT_AS"}]}}`, "process.rlimits[1].type", "twice"},
		{`{"process": {"oomScoreAdj": 1001}}`, "process.oomScoreAdj", "-1000 to 1000"},
		{`{"process": {"scheduler": {}}}`, "process.scheduler.policy", "is missing"},
		{`{"process": {"scheduler": {"policy": "SCHED_ISO"}}}`, "process.scheduler.policy", "does not implement"},
		{`{"process": {"scheduler": {"policy": "SCHED_X"}}}`, "process.scheduler", "SCHED_X"},
		{`{"process": {"scheduler": {"policy": "SCHED_OTHER", "nice": 20}}}`, "process.scheduler.nice", "-20 to 19"},
		{`{"process": {"scheduler": {"policy": "SCHED_FIFO"}}}`, "process.scheduler.priority", "1 to 99"},
		{`{"process": {"scheduler": {"policy": "SCHED_OTHER", "priority": 1}}}`, "process.scheduler.priority", "only SCHED_FIFO"},
		{`{"process": {"scheduler": {"policy": "SCHED_OTHER", "runtime": 1}}}`, "process.scheduler", "SCHED_DEADLINE's"},
		{`{"process": {"scheduler": {"policy": "SCHED_OTHER", "flags": ["F"]}}}`, "process.scheduler", "flag"},
		{`{"process": {"ioPriority": {"priority": 1}}}`, "process.ioPriority.class", "is missing"},
		{`{"process": {"ioPriority": {"class": "X"}}}`, "process.ioPriority.class", "unknown"},
		{`{"process": {"ioPriority": {"class": "IOPRIO_CLASS_RT", "priority": 8}}}`, "process.ioPriority.priority", "0 to 7"},
		{`{"process": {"execCPUAffinity": {"initial": "3-1"}}}`, "process.execCPUAffinity.initial", "3-1"},
		{`{"process": {"execCPUAffinity": {"final": "x"}}}`, "process.execCPUAffinity.final", "list like 0-3,7"},

		{`{"hostname": "` + strings.Repeat("h", 65) + `"}`, "hostname", "the most is 64"},
		{`{"hostname": "h", "linux": {"namespaces": [{"type": "mount"}]}}`, "hostname", "uts"},
		{`{"hostname": null, "domainname": "d", "linux": {"namespaces": [{"type": "mount"}]}}`, "domainname", "uts"},
		{`{"annotations": {"bundle": "/x"}}`, "annotations.bundle", "reserved"},
		{`{"annotations": {"": "x"}}`, `annotations[""]`, "empty name"},
		{`{"annotations": {"bundle=/x": "y"}}`, "annotations.bundle=/x", "= in its name"},
		{`{"hooks": {"poststop": [{"path": "/a"}, {"path": "b"}]}}`, "hooks.poststop[1].path", "absolute"},
		{`{"hooks": {"createRuntime": [{}]}}`, "hooks.createRuntime[0].path", "is missing"},
		{`{"hooks": {"prestart": [{"path": "/a", "timeout": 0}]}}`, "hooks.prestart[0].timeout", "greater than zero"},
		{`{"hooks": {"createContainer": [{"path": "/a", "env": ["A"]}]}}`, "hooks.createContainer[0].env[0]", "NAME=value"},
		{`{"hooks": {"startContainer": [{"path": "/a", "args": ["\u0000"]}]}}`, "hooks.startContainer[0].args[0]", "NUL"},
		{`{"hooks": {"poststart": [{"path": "a"}]}}`, "hooks.poststart[0].path", "absolute"},

		{`{"hostname": null, "linux": null}`, "linux.namespaces", "no mount namespace"},
		{`{"hostname": null, "linux": {"namespaces": [{"type": "pid"}]}}`, "linux.namespaces", "no mount namespace"},
		{`{"hostname": null, "linux": {"namespaces": [{"type": "mount"}, {"type": "mount"}]}}`, "linux.namespaces[1].type", "two mount"},
		{`{"hostname": null, "linux": {"namespaces": [{"type": "mount"}, {"type": "x"}]}}`, "linux.namespaces[1].type", "unknown type"},
		{`{"hostname": null, "linux": {"namespaces": [{"type": "mount"}, {}]}}`, "linux.namespaces[1].type", "is missing"},
		{`{"hostname": null, "linux": {"namespaces": [{"type": "mount"}, {"type": "pid", "path": "/a,b"}]}}`, "linux.namespaces[1].path", "comma"},
		{`{"hostname": null, "linux": {"namespaces": [{"type": "mount"}, {"type": "pid", "path": "a"}]}}`, "linux.namespaces[1].path", "absolute"},
		{`{"hostname": null, "linux": {"namespaces": [{"type": "mount"}, {"type": "pid", "path": "/no/such"}]}}`, "linux.namespaces[1].path", "no such file"},
		{`{"hostname": null, "linux": {"namespaces": [{"type": "mount"}, {"type": "pid", "path": "/dev/null"}]}}`, "linux.namespaces[1].path", "not a namespace"},
		{`{"hostname": null, "linux": {"namespaces": [{"type": "mount"}, {"type": "pid", "path": "/proc/self/ns/net"}]}}`, "linux.namespaces[1].path", "not a pid namespace"},

		{`{"linux": {"uidMappings": [{"size": 1}]}}`, "linux.uidMappings", "no user namespace"},
		{`{"hostname": null, "linux": {"namespaces": [{"type": "mount"}, {"type": "user"}]}}`, "linux.uidMappings", "is missing"},
		{`{"hostname": null, "linux": {"namespaces": [{"type": "mount"}, {"type": "user"}], "uidMappings": [{"size": 1}]}}`, "linux.gidMappings", "is missing"},
		{mapped(`[{"size": 0}]`), "linux.uidMappings[0].size", "is 0"},
		{mapped(`[{"size": 1}, {"containerID": 4294967295, "size": 1}]`), "linux.uidMappings[1]", "beyond the last"},
		{mapped(`[{"containerID": 1, "size": 1}]`), "linux.uidMappings", "does not map containerID 0"},
		{mapped(`[{"hostID": 1, "size": 4294967295}]`), "linux.uidMappings[0]", "beyond the last"},
		{mapped(`[{"size": 10}, {"containerID": 9, "hostID": 10, "size": 1}]`), "linux.uidMappings", "containerID 9 is mapped twice"},
		{mapped(`[{"containerID": 10, "hostID": 5, "size": 10}, {"hostID": 0, "size": 6}]`), "linux.uidMappings", "hostID 5 is mapped twice"},
		{mapped("[" + strings.Repeat(`{"size": 1},`, 340) + `{"size": 1}]`), "linux.uidMappings", "the most is 340"},

		{`{"linux": {"timeOffsets": {"boottime": {"secs": 1}}}}`, "linux.timeOffsets.boottime", "no time namespace"},
		{timed(`{"realtime": {}}`), "linux.timeOffsets.realtime", "unknown clock"},
		{timed(`{"boottime": {"nanosecs": 1000000000}}`), "linux.timeOffsets.boottime.nanosecs", "less than a second"},

		{mount(`{"type": "tmpfs"}`), "mounts[0].destination", "is missing"},
		{mount(`{"destination": "/../", "type": "tmpfs"}`), "mounts[0].destination", "is the root"},
		{mount(`{"destination": "/a"}`), "mounts[0].type", "bind or rbind"},
		{mount(`{"destination": "/a", "type": "bind", "source": "/"}`), "mounts[0].options", "add bind or rbind"},
		{mount(`{"destination": "/a", "options": ["bind"]}`), "mounts[0].source", "is missing"},
		{mount(`{"destination": "/a", "source": "/no/such", "options": ["bind"]}`), "mount /no/such → /a", "no such file or directory (source of mounts[0] in config.json does not exist; create it or drop the mount)"},
		{mount(`{"destination": "/a\u0000", "type": "tmpfs"}`), "mounts[0].destination", "NUL"},
		{mount(`{"destination": "/a", "type": "tmp\u0000fs"}`), "mounts[0].type", "NUL"},
		{mount(`{"destination": "/a", "type": "tmpfs", "options": ["size=1\u0000"]}`), "mounts[0].options[0]", "NUL"},
		{mount(`{"destination": "/a", "source": "/", "options": ["bind", "size=1"]}`), "mounts[0].options[1]", "not an option of a bind mount"},
		{mount(`{"destination": "/a", "source": "/", "options": ["bind", "copy-symlink"]}`), "mounts[0].options[1]", "not supported yet"},
		{mount(`{"destination": "/a", "source": "/", "options": ["src-nofollow", "bind"]}`), "mounts[0].options[0]", "not supported yet"},
		{mount(`{"destination": "/a", "type": "tmpfs", "options": ["dest-nofollow"]}`), "mounts[0].options[0]", "not supported yet"},
		{mount(`{"destination": "/a", "source": "/", "options": ["bind", "tmpcopyup"]}`), "mounts[0].options[1]", "only for mounts of type tmpfs"},
		{mount(`{"destination": "/a", "type": "cgroup", "options": ["none"]}`), "mounts[0].options[0]", "cgroup v1"},
		{mount(`{"destination": "/a", "type": "tmpfs", "options": ["idmap"]}`), "mounts[0]", "only bind mounts can be id-mapped"},
		{mount(`{"destination": "/a", "source": "/", "options": ["bind", "idmap"]}`), "mounts[0].uidMappings", "is missing"},
		{mount(`{"destination": "/a", "source": "/", "options": ["bind"], "gidMappings": [{"size": 1}]}`), "mounts[0].uidMappings", "beside gidMappings"},
		{mount(`{"destination": "/a", "source": "/", "options": ["bind"], "uidMappings": [{"size": 1}]}`), "mounts[0].gidMappings", "beside uidMappings"},
		{mount(`{"destination": "/a", "source": "/", "options": ["bind"], "uidMappings": [{"size": 1}], "gidMappings": [{}]}`), "mounts[0].gidMappings[0].size", "is 0"},

		{`{"linux": {"rootfsPropagation": "r"}}`, "linux.rootfsPropagation", "unknown propagation"},
		{`{"linux": {"maskedPaths": ["/a", "b"]}}`, "linux.maskedPaths[1]", "absolute"},
		{`{"linux": {"readonlyPaths": [""]}}`, "linux.readonlyPaths[0]", "is missing"},
		{`{"linux": {"sysctl": {"kernel.hostname": "x"}}}`, `linux.sysctl["kernel.hostname"]`, "hostname"},
		{`{"linux": {"sysctl": {"vm.swappiness": "1"}}}`, `linux.sysctl["vm.swappiness"]`, "whole host"},
		{`{"linux": {"sysctl": {"kernel/core_pattern": "|x"}}}`, "linux.sysctl.kernel/core_pattern", "whole host"},
		{`{"linux": {"sysctl": {"user.max_pid_namespaces": "1"}}}`, `linux.sysctl["user.max_pid_namespaces"]`, "add a user namespace"},
		{`{"hostname": null, "linux": {"namespaces": [{"type": "mount"}], "sysctl": {"net.core.somaxconn": "1"}}}`, `linux.sysctl["net.core.somaxconn"]`, "host's network namespace"},
		{`{"hostname": null, "linux": {"namespaces": [{"type": "mount"}, {"type": "network", "path": "/proc/self/ns/net"}], "sysctl": {"net.core.somaxconn": "1"}}}`, `linux.sysctl["net.core.somaxconn"]`, "which the container joins"},

		{device(`{"type": "c"}`), "linux.devices[0].path", "is missing"},
		{device(`{"path": "dev/x", "type": "c"}`), "linux.devices[0].path", "absolute"},
		{device(`{"path": "/dev/x"}`), "linux.devices[0].type", "is missing"},
		{device(`{"path": "/dev/x", "type": "d"}`), "linux.devices[0].type", "unknown type"},
		{device(`{"path": "/dev/x", "type": "c", "major": -1}`), "linux.devices[0].major", "0 to 4095"},
		{device(`{"path": "/dev/x", "type": "b", "minor": 1048576}`), "linux.devices[0].minor", "0 to 1048575"},
		{device(`{"path": "/dev/x", "type": "c"}, {"path": "/dev/./x", "type": "b"}`), "linux.devices[1].path", "another device"},

		{`{"linux": {"netDevices": {"a/b": {}}}}`, "linux.netDevices.a/b", "not a name"},
		{`{"linux": {"netDevices": {"eth0": {"name": "sixteen-letters-"}}}}`, "linux.netDevices.eth0.name", "not a name"},
		{`{"hostname": null, "linux": {"namespaces": [{"type": "mount"}], "netDevices": {"eth0": {}}}}`, "linux.netDevices.eth0", "no network namespace"},
		{`{"linux": {"intelRdt": {"closID": "a/b"}}}`, "linux.intelRdt.closID", "not a name"},
		{`{"linux": {"memoryPolicy": {}}}`, "linux.memoryPolicy.mode", "is missing"},
		{`{"linux": {"memoryPolicy": {"mode": "X"}}}`, "linux.memoryPolicy.mode", "unknown mode"},
		{`{"linux": {"memoryPolicy": {"mode": "MPOL_BIND"}}}`, "linux.memoryPolicy.nodes", "needs a node"},
		{`{"linux": {"memoryPolicy": {"mode": "MPOL_LOCAL", "nodes": "0"}}}`, "linux.memoryPolicy.nodes", "takes no nodes"},
		{`{"linux": {"memoryPolicy": {"mode": "MPOL_BIND", "nodes": "a"}}}`, "linux.memoryPolicy.nodes", "list like"},
		{`{"linux": {"memoryPolicy": {"mode": "MPOL_DEFAULT", "flags": ["F"]}}}`, "linux.memoryPolicy.flags[0]", "unknown flag"},
		{`{"linux": {"memoryPolicy": {"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES", "MPOL_F_RELATIVE_NODES"]}}}`, "linux.memoryPolicy.flags", "exclude"},
		{`{"linux": {"personality": {"domain": "BSD"}}}`, "linux.personality.domain", "unknown domain"},
		{`{"linux": {"personality": {"domain": "LINUX", "flags": ["F"]}}}`, "linux.personality.flags[0]", "not supported"},
		{`{"linux": {"cgroupsPath": "/a/../../b"}}`, "linux.cgroupsPath", ".."},
		{`{"linux": {"cgroupsPath": "a\u0000"}}`, "linux.cgroupsPath", "NUL"},

		{rule(`{"type": "c"}`), "linux.resources.devices[0].access", "is missing"},
		{rule(`{"type": "c", "access": "rx"}`), "linux.resources.devices[0].access", "unknown access"},
		{rule(`{"type": "p", "access": "r"}`), "linux.resources.devices[0].type", "unknown type"},
		{rule(`{"type": "c", "major": -2, "access": "r"}`), "linux.resources.devices[0].major", "negative"},
		{rule(`{"type": "c", "minor": -2, "access": "r"}`), "linux.resources.devices[0].minor", "negative"},
		{rule(`{"major": 1, "access": "rwm"}`), "linux.resources.devices[0].major", "for all types"},
		{rule(`{"type": "a", "minor": 1, "access": "rwm"}`), "linux.resources.devices[0].minor", "for all types"},
		{rule(`{"access": "rw"}`), "linux.resources.devices[0].access", "for all types"},
		{resource(`"memory": {"limit": -2}`), "linux.resources.memory.limit", "-2"},
		{resource(`"memory": {"swap": -2}`), "linux.resources.memory.swap", "-2"},
		{resource(`"memory": {"reservation": -2}`), "linux.resources.memory.reservation", "-2"},
		{resource(`"memory": {"swap": 1}`), "linux.resources.memory.swap", "without one of memory"},
		{resource(`"memory": {"swap": 1, "limit": -1}`), "linux.resources.memory.swap", "unlimited"},
		{resource(`"memory": {"swap": 1, "limit": 2}`), "linux.resources.memory.swap", "below memory.limit"},
		{resource(`"memory": {"kernel": 1}`), "linux.resources.memory.kernel", "no longer"},
		{resource(`"memory": {"kernelTCP": 1}`), "linux.resources.memory.kernelTCP", "not supported"},
		{resource(`"memory": {"swappiness": 101}`), "linux.resources.memory.swappiness", "0 to 100"},
		{resource(`"memory": {"useHierarchy": false}`), "linux.resources.memory.useHierarchy", "always"},
		{resource(`"cpu": {"period": 999}`), "linux.resources.cpu.period", "1000 to 1000000"},
		{resource(`"cpu": {"quota": 999}`), "linux.resources.cpu.quota", "less than 1000"},
		{resource(`"cpu": {"quota": 1000, "burst": 1001}`), "linux.resources.cpu.burst", "larger than the quota"},
		{resource(`"cpu": {"idle": 2}`), "linux.resources.cpu.idle", "neither 0 nor 1"},
		{resource(`"cpu": {"cpus": "0-"}`), "linux.resources.cpu.cpus", "list like"},
		{resource(`"cpu": {"mems": "2-1"}`), "linux.resources.cpu.mems", "list like"},
		{resource(`"blockIO": {"weight": 9}`), "linux.resources.blockIO.weight", "10 to 1000"},
		{resource(`"blockIO": {"leafWeight": 1001}`), "linux.resources.blockIO.leafWeight", "10 to 1000"},
		{resource(`"blockIO": {"weightDevice": [{"major": 8, "minor": 0, "weight": 5}]}`), "linux.resources.blockIO.weightDevice[0].weight", "10 to 1000"},
		{resource(`"blockIO": {"weightDevice": [{"major": -1}]}`), "linux.resources.blockIO.weightDevice[0]", "not a device"},
		{resource(`"blockIO": {"throttleWriteIOPSDevice": [{"minor": -1}]}`), "linux.resources.blockIO.throttleWriteIOPSDevice[0]", "not a device"},
		{resource(`"hugepageLimits": [{"pageSize": "3MB"}]`), "linux.resources.hugepageLimits[0].pageSize", "this host has 2MB, 1GB"},
		{resource(`"network": {"priorities": [{"name": ""}]}`), "linux.resources.network.priorities[0].name", "not a name"},
		{resource(`"rdma": {"a b": {}}`), `linux.resources.rdma["a b"]`, "not a name"},
		{resource(`"unified": {"memory.high": "1"}`), `linux.resources.unified["memory.high"]`, "cgroup v1"},

		{seccompProfile(`"syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]`), "linux.seccomp.defaultAction", "is missing"},
		{seccompProfile(`"flags": []`), "linux.seccomp.defaultAction", "is missing"},
		{seccompProfile(`"listenerPath": "/l"`), "linux.seccomp.defaultAction", "is missing"},
		{seccompProfile(`"defaultAction": "X"`), "linux.seccomp.defaultAction", "unknown action"},
		{seccompProfile(`"defaultAction": "SCMP_ACT_NOTIFY"`), "linux.seccomp.defaultAction", "only for syscalls"},
		{seccompProfile(`"defaultAction": "SCMP_ACT_ALLOW", "defaultErrnoRet": 1`), "linux.seccomp.defaultErrnoRet", "returns no error"},
		{seccompProfile(`"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 4096`), "linux.seccomp.defaultErrnoRet", "larger than 4095"},
		{seccompProfile(`"defaultAction": "SCMP_ACT_TRACE", "defaultErrnoRet": 65536`), "linux.seccomp.defaultErrnoRet", "larger than 65535"},
		{seccompProfile(`"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86", "VAX"]`), "linux.seccomp.architectures[1]", "unknown architecture"},
		{seccompProfile(`"defaultAction": "SCMP_ACT_ALLOW", "flags": ["F"]`), "linux.seccomp.flags[0]", "unknown flag"},
		{seccompProfile(`"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "l"`), "linux.seccomp.listenerPath", "absolute"},
		{seccompProfile(`"defaultAction": "SCMP_ACT_ALLOW", "listenerMetadata": "m"`), "linux.seccomp.listenerMetadata", "no listenerPath"},
		{syscallRule(`{"names": ["read"], "action": "SCMP_ACT_NOTIFY"}`), "linux.seccomp.listenerPath", "syscalls[0]"},
		{syscallRule(`{"action": "SCMP_ACT_ALLOW"}`), "linux.seccomp.syscalls[0].names", "is empty"},
		{syscallRule(`{"names": ["a", ""], "action": "SCMP_ACT_ALLOW"}`), "linux.seccomp.syscalls[0].names[1]", "is empty"},
		{syscallRule(`{"names": ["a"]}`), "linux.seccomp.syscalls[0].action", "is missing"},
		{syscallRule(`{"names": ["a"], "action": "SCMP_ACT_KILL", "errnoRet": 1}`), "linux.seccomp.syscalls[0].errnoRet", "returns no error"},
		{syscallRule(`{"names": ["a"], "action": "SCMP_ACT_LOG", "args": [{"index": 6, "op": "SCMP_CMP_EQ"}]}`), "linux.seccomp.syscalls[0].args[0].index", "six arguments"},
		{syscallRule(`{"names": ["a"], "action": "SCMP_ACT_LOG", "args": [{"op": "<"}]}`), "linux.seccomp.syscalls[0].args[0].op", "unknown operator"},
		{seccompProfile(`"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/l", "syscalls": [{"names": ["write"], "action": "SCMP_ACT_NOTIFY"}]`), "linux.seccomp.syscalls[0].names[0]", "could not tell its listener"},
	} {
		expectRefusal(t, validate(edit(t, c.change), &everything), c.change, c.object, c.message)
	}
}

func TestValidateKnowsTheHost(t *testing.T) {
	for _, c := range []struct{ change, object, message string }{
		{`{"process": {"apparmorProfile": "docker-default"}}`, "process.apparmorProfile", "AppArmor is not enabled"},
		{`{"process": {"selinuxLabel": "l"}}`, "process.selinuxLabel", "SELinux is not enabled"},
		{`{"linux": {"mountLabel": "l"}}`, "linux.mountLabel", "SELinux is not enabled"},
		{`{"linux": {"intelRdt": {"closID": "c"}}}`, "linux.intelRdt", "not available"},
		{timed(`{}`), "linux.namespaces[1].type", "no time namespaces"},
		{seccompProfile(`"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]`), "linux.seccomp.flags[0]", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is not supported"},
		{resource(`"memory": {"swappiness": 0}`), "linux.resources.memory.swappiness", "cgroup v2"},
		{resource(`"memory": {"disableOOMKiller": true}`), "linux.resources.memory.disableOOMKiller", "cgroup v2"},
		{resource(`"cpu": {"realtimeRuntime": 1}`), "linux.resources.cpu.realtimeRuntime", "cgroup v2"},
		{resource(`"cpu": {"realtimePeriod": 1}`), "linux.resources.cpu.realtimePeriod", "cgroup v2"},
		{resource(`"blockIO": {"leafWeight": 10}`), "linux.resources.blockIO.leafWeight", "cgroup v2"},
		{resource(`"blockIO": {"weightDevice": [{"leafWeight": 10}]}`), "linux.resources.blockIO.weightDevice[0].leafWeight", "cgroup v2"},
		{resource(`"blockIO": {"weightDevice": [{"weight": 10}]}`), "linux.resources.blockIO.weightDevice[0].weight", "BFQ"},
		{resource(`"network": {"classID": 1}`), "linux.resources.network.classID", "cgroup v2"},
		{resource(`"network": {"priorities": [{"name": "lo"}]}`), "linux.resources.network.priorities[0]", "cgroup v2"},
		{resource(`"hugepageLimits": [{"pageSize": "2MB"}]`), "linux.resources.hugepageLimits[0].pageSize", "unknown size"},
		{resource(`"unified": {"a/b.c": "1"}`), `linux.resources.unified["a/b.c"]`, "not a file of a cgroup"},
		{resource(`"unified": {"high": "1"}`), "linux.resources.unified.high", "not a file of a cgroup"},
	} {
		expectRefusal(t, validate(edit(t, c.change), &bare), c.change, c.object, c.message)
	}
	for _, change := range []string{
		`{}`,
		resource(`"unified": {"memory.high": "1", "cgroup.freeze": "0"}`),
		resource(`"memory": {"disableOOMKiller": false}, "blockIO": {"leafWeight": 0}`),
		mount(`{"destination": "/sys/fs/cgroup", "type": "cgroup", "options": ["nsdelegate"]}`),
	} {
		if err := validate(edit(t, change), &bare); err != nil {
			t.Errorf("%s\n\t%v", change, err)
		}
	}
	v1 := everything
	v1.hierarchy = func(controller string) bool { return controller == "memory" }
	v1.cpuBurst = no
	expectRefusal(t, validate(edit(t, resource(`"cpu": {"burst": 1}`)), &v1), "burst", "linux.resources.cpu.burst", "Linux 5.14")
	for controller, change := range map[string]string{
		"hugetlb":  resource(`"hugepageLimits": [{"pageSize": "2MB"}]`),
		"net_cls":  resource(`"network": {"classID": 1}`),
		"net_prio": resource(`"network": {"priorities": [{"name": "lo"}]}`),
		"rdma":     resource(`"rdma": {"a": {}}`),
	} {
		err := validate(edit(t, change), &v1)
		if err == nil || !strings.Contains(err.Error(), "no cgroup hierarchy "+controller) {
			t.Errorf("%s: got %v", change, err)
		}
	}
}

// The bits between config.json's braces, for the tables above.
func mapped(uids string) string {
	return `{"hostname": null, "linux": {"namespaces": [{"type": "mount"}, {"type": "user"}],
		"uidMappings": ` + uids + `, "gidMappings": [{"size": 1}]}}`
}

func timed(offsets string) string {
	return `{"hostname": null, "linux": {"namespaces": [{"type": "mount"}, {"type": "time"}], "timeOffsets": ` + offsets + `}}`
}
func mount(m string) string          { return `{"mounts": [` + m + `]}` }
func device(d string) string         { return `{"linux": {"devices": [` + d + `]}}` }
func resource(r string) string       { return `{"linux": {"resources": {` + r + `}}}` }
func rule(r string) string           { return resource(`"devices": [` + r + `]`) }
func seccompProfile(p string) string { return `{"linux": {"seccomp": {` + p + `}}}` }
func syscallRule(r string) string {
	return seccompProfile(`"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [` + r + `]`)
}

func expectRefusal(t *testing.T, err error, change, object, message string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s\n\taccepted, want %s: … %s", change, object, message)
		return
	}
	if got := fault.Object(err); got != object || !strings.Contains(err.Error(), message) {
		t.Errorf("%s\n\tgot  %s: %v\n\twant %s: … %s", change, got, err, object, message)
	}
}

func TestMissingSourceKeepsItsErrno(t *testing.T) {
	err := validate(edit(t, mount(`{"destination": "/a", "source": "/no/such", "options": ["bind"]}`)), &everything)
	if !errors.Is(err, unix.ENOENT) {
		t.Errorf("%v holds no ENOENT", err)
	}
}

// What a joined mount namespace holds cannot be seen from here.
func TestSourceInJoinedNamespaceIsNotLookedFor(t *testing.T) {
	s := edit(t, `{"hostname": null, "linux": {"namespaces": [{"type": "mount", "path": "/proc/self/ns/mnt"}]},
		"mounts": [{"destination": "/a", "source": "/no/such", "options": ["bind"]}]}`)
	if err := validate(s, &everything); err != nil {
		t.Error(err)
	}
}

func TestDeviceFiles(t *testing.T) {
	userns := `"hostname": null, "mounts": [], "linux": {"namespaces": [{"type": "mount"}, {"type": "user"}],
		"uidMappings": [{"size": 1}], "gidMappings": [{"size": 1}], "devices": [%]}`
	shared := `"mounts": [], "linux": {"devices": [%]}`
	covered := `"mounts": [{"destination": "/dev", "type": "tmpfs"}], "linux": {"devices": [%]}`
	bound := `"mounts": [{"destination": "/dev/", "source": "/dev", "options": ["rbind"]}], "linux": {"devices": [%]}`
	for _, c := range []struct{ where, device, message string }{
		{bound, `{"path": "/dev/null", "type": "c", "major": 1, "minor": 3}`, ""},
		{bound, `{"path": "/dev/null", "type": "c", "major": 1, "minor": 5}`, "/dev/null is not there"},
		{bound, `{"path": "/dev/no-such", "type": "p"}`, "/dev/no-such is not there"},
		{bound, `{"path": "/elsewhere", "type": "c", "major": 1, "minor": 3}`, "no devices are made when /dev is a bind mount"},
		{userns, `{"path": "/dev/null", "type": "c", "major": 1, "minor": 3}`, ""},
		{userns, `{"path": "/dev/null", "type": "c", "major": 1, "minor": 5}`, "host's /dev/null is another file"},
		{userns, `{"path": "/dev/null", "type": "b", "major": 1, "minor": 3}`, "host's /dev/null is another file"},
		{userns, `{"path": "/dev/no-such", "type": "p"}`, "no such file"},
		{shared, `{"path": "/dev/free", "type": "c", "major": 1, "minor": 3}`, ""},
		{shared, `{"path": "/dev/fifo", "type": "p"}`, ""},
		{shared, `{"path": "/dev/fifo", "type": "c", "major": 1, "minor": 3}`, "/dev/fifo exists in the root file system"},
		{shared, `{"path": "/link/fifo", "type": "c", "major": 1, "minor": 3}`, "/link/fifo exists in the root file system"},
		{covered, `{"path": "/dev/fifo", "type": "c", "major": 1, "minor": 3}`, ""},
	} {
		s := edit(t, "{"+strings.Replace(c.where, "%", c.device, 1)+"}")
		if err := os.Mkdir(filepath.Join(s.Root.Path, "dev"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := unix.Mkfifo(filepath.Join(s.Root.Path, "dev/fifo"), 0o600); err != nil {
			t.Fatal(err)
		}
		// Inside the container's root this leads to its own /dev.
		if err := os.Symlink("/dev", filepath.Join(s.Root.Path, "link")); err != nil {
			t.Fatal(err)
		}
		err := validate(s, &everything)
		if c.message == "" && err != nil || c.message != "" && (err == nil || !strings.Contains(err.Error(), c.message)) {
			t.Errorf("%s in %s\n\tgot %v, want %q", c.device, c.where, err, c.message)
		}
	}
}

// Default is what people start with: it must pass on this very machine.
func TestDefaultIsValid(t *testing.T) {
	for name, change := range map[string]func(*specs.Spec){"default": func(*specs.Spec) {}, "rootless": ToRootless} {
		s := Default()
		change(s)
		s.Root.Path = t.TempDir()
		if err := Validate(s); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

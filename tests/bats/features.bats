#!/usr/bin/env bats
load helpers

setup() {
	arena_open
	skip_on crun "crun 1.8 has no features"
	rt_out features
	ok
}

@test "features: prints JSON and nothing else" {
	json 'type == "object"'
	same '' "$stderr"
}

@test "features: the range of versions, and all six kinds of hooks" {
	json '.ociVersionMin == "1.0.0"'
	json '.ociVersionMax | test("^1\\.[0-9]+\\.[0-9]+")'
	json '.hooks | sort == ["createContainer", "createRuntime", "poststart", "poststop", "prestart", "startContainer"]'
}

@test "features: namespaces, capabilities and mount options" {
	json '.linux.namespaces | contains(["cgroup", "ipc", "mount", "network", "pid", "user", "uts"])'
	json '.linux.capabilities | contains(["CAP_CHOWN", "CAP_SYS_ADMIN", "CAP_BPF"])'
	json '.mountOptions | contains(["bind", "rbind", "ro", "rw", "rro", "nosuid", "noexec", "nodev", "rprivate", "rslave", "rshared", "tmpcopyup"])'
}

@test "features: cgroups, seccomp, AppArmor and SELinux" {
	json '.linux.cgroup | .v1 and .v2 and .systemd'
	json '.linux.seccomp.enabled'
	json '.linux.seccomp.actions | contains(["SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_NOTIFY"])'
	json '.linux.seccomp.operators | contains(["SCMP_CMP_EQ", "SCMP_CMP_MASKED_EQ"])'
	json '.linux.seccomp.archs | contains(["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"])'
	json '.linux.apparmor.enabled'
	json '.linux | has("selinux")'
}

@test "features: what runtime-spec 1.1 to 1.3 added" {
	before_runc 1.4 "knows an older specification"
	json '.ociVersionMax | test("^1\\.[3-9]")'
	json '.linux.namespaces | contains(["time"])'
	json '.linux.mountExtensions.idmap.enabled'
	json '.linux.intelRdt.enabled and .linux.intelRdt.schemata and .linux.intelRdt.monitoring'
	json '.linux.netDevices.enabled'
	json '.linux.memoryPolicy.modes | contains(["MPOL_BIND"])'
	json '.linux.seccomp | has("knownFlags") and has("supportedFlags")'
}

@test "features: mount options for id-mapped mounts" {
	only husk "runc takes them but does not name them"
	json '.mountOptions | contains(["idmap", "ridmap"])'
}

@test "features: seccomp flags that libseccomp lacks are known but not supported" {
	only husk "runc 1.1 has none"
	json '.linux.seccomp.knownFlags | contains(["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"])'
	json '(.linux.seccomp.supportedFlags - .linux.seccomp.knownFlags) == []'
}

@test "features: annotations that change the host are listed as potentially unsafe" {
	only husk "runc has other ones"
	json '.potentiallyUnsafeConfigAnnotations | contains(["bundle", "org.systemd.property.", "org.criu.config"])'
	json '.potentiallyUnsafeConfigAnnotations | contains(["run.oci.hooks.stdout", "run.oci.hooks.stderr"])'
}

@test "features: an argument is a usage error" {
	rt features web
	fails 1
	has 'requires exactly 0 argument'
}

@test "features: every namespace that it names can be made" {
	before_runc 1.2 "has no time namespace"
	needs ns:time
	local type
	local namespaces=$output
	bundle
	for type in $(jq -r '.linux.namespaces[]' <<<"$namespaces"); do
		[[ $type == user ]] || config '.linux.namespaces |= (map(select(.type != $t)) + [{type: $t}])' --arg t "$type"
	done
	args true
	rt run web
	ok
}

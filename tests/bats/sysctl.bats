#!/usr/bin/env bats
# linux.sysctl: what belongs to a namespace of the container is set, anything else is refused.

load helpers
load refusals
load subject

setup() {
	arena_open
	bundle
}

sysctl_is() { config '.linux.sysctl = {($name): $value}' --arg name "$1" --arg value "$2"; }

# covers: linux.sysctl
@test "sysctl: those of the network, IPC and UTS namespaces are set, and the host's stay" {
	local before
	own_host net ipc uts
	before=$(on_host cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmni /proc/sys/kernel/domainname)
	config '.linux.sysctl = {"net.ipv4.ip_forward": "1", "net.core.somaxconn": "77", "kernel.shmmni": "1234",
		"kernel.sem": "100 2000 30 40", "fs.mqueue.msg_max": "12", "kernel.domainname": "set.by.sysctl"}'
	inside 'cd /proc/sys; cat net/ipv4/ip_forward net/core/somaxconn kernel/shmmni kernel/sem fs/mqueue/msg_max kernel/domainname'
	ok
	equals $'1\n77\n1234\n100\t2000\t30\t40\n12\nset.by.sysctl'
	same "$before" "$(on_host cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmni /proc/sys/kernel/domainname)"
}

# covers: linux.sysctl
@test "sysctl: names may be written with slashes, and with dots inside an interface's name" {
	config '.linux.sysctl = {"net/ipv4/conf/lo/rp_filter": "2"}'
	inside 'cat /proc/sys/net/ipv4/conf/lo/rp_filter'
	ok
	equals 2
}

# covers: linux.sysctl
@test "sysctl: they are set before /proc/sys becomes read-only" {
	config '.linux.sysctl = {"net.ipv4.ip_forward": "1"} | .linux.readonlyPaths = ["/proc/sys"]'
	inside 'cat /proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv4/ip_forward'
	has '^1$'
	has 'Read-only file system'
}

# covers: linux.sysctl
@test "sysctl: those of a network namespace that is joined are set" {
	unshared net
	config '.linux.sysctl = {"net.ipv4.ip_forward": "1"} | (.linux.namespaces[] | select(.type == "network")).path = $path' \
		--arg path "/proc/$holder/ns/net"
	inside 'cat /proc/sys/net/ipv4/ip_forward'
	ok
	equals 1
	same 1 "$(nsenter --target "$holder" --net cat /proc/sys/net/ipv4/ip_forward)"
}

# covers: linux.sysctl
@test "sysctl: those of a user namespace are set" {
	before_runc 1.2 'refuses user.*'
	chmod a+x "$BATS_RUN_TMPDIR"
	chown -R 100000:100000 "$ROOTFS"
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings | .linux.sysctl = {"user.max_inotify_watches": "123"}'
	inside 'cat /proc/sys/user/max_inotify_watches'
	ok
	equals 123
}

@test "sysctl: what no namespace owns is refused by its name" {
	local name
	for name in vm.swappiness kernel.randomize_va_space fs.file-max kernel.pid_max; do
		sysctl_is "$name" "$(cat "/proc/sys/${name//./\/}")"
		refuses "$name"
	done
}

@test "sysctl: those of a namespace that is the host's are refused" {
	sysctl_is net.ipv4.ip_forward 1
	config '.linux.namespaces |= map(select(.type != "network"))'
	refuses 'net\.ipv4\.ip_forward.*network'
	bundle "$ARENA/ipc"
	sysctl_is kernel.shmmni 1
	config '.linux.namespaces |= map(select(.type != "ipc"))'
	refuses 'kernel\.shmmni.*ipc'
}

@test "sysctl: user.* is refused without a user namespace" {
	sysctl_is user.max_inotify_watches 1
	refuses 'user\.max_inotify_watches'
}

@test "sysctl: a network namespace that is joined and turns out to be the host's is the host's" {
	sysctl_is net.ipv4.ip_forward 1
	config '(.linux.namespaces[] | select(.type == "network")).path = "/proc/self/ns/net"'
	refuses 'net\.ipv4\.ip_forward.*network'
}

@test "sysctl: kernel.hostname is refused, since hostname is its field" {
	sysctl_is kernel.hostname other
	refuses 'kernel\.hostname.*hostname'
}

@test "sysctl: one that does not exist is refused by its name" {
	sysctl_is net.ipv4.no_such_thing 1
	refuses 'net[./]ipv4[./]no_such_thing.*no such file or directory' 'net\.ipv4\.no_such_thing'
}

@test "sysctl: a value that the kernel refuses is refused with the name" {
	sysctl_is net.ipv4.ip_forward nonsense
	refuses 'net[./]ipv4[./]ip_forward.*invalid argument' 'net\.ipv4\.ip_forward'
}

@test "sysctl: a name that climbs out of /proc/sys is refused" {
	local name
	for name in net/../vm/swappiness net.../../vm/swappiness net/../../self/oom_score_adj; do
		sysctl_is "$name" 1
		refuses 'sysctl|net'
	done
}

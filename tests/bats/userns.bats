#!/usr/bin/env bats
# User namespaces: linux.uidMappings and gidMappings, or one that is joined by path.

load helpers
load refusals
load subject

setup() {
	arena_open
	bundle
	chmod a+x "$BATS_RUN_TMPDIR" # the container's root is nobody out here, and has to reach its root file system
	chown -R 100000:200000 "$ROOTFS"
	map_ids
}

# map_ids gives the container a user namespace: root is 100000 outside, its group 200000.
map_ids() {
	config '.linux.namespaces += [{type: "user"}]
		| .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 65536}]'
}

# join_mapped makes the container join a user namespace that maps root to 100000 and group 200000.
join_mapped() {
	unshared user
	echo '0 100000 65536' >"/proc/$holder/uid_map"
	echo '0 200000 65536' >"/proc/$holder/gid_map"
	config '(.linux.namespaces[] | select(.type == "user")).path = $path | del(.linux.uidMappings, .linux.gidMappings)' \
		--arg path "/proc/$holder/ns/user"
}

# covers: linux.uidMappings.containerID linux.uidMappings.hostID linux.uidMappings.size
# covers: linux.gidMappings.containerID linux.gidMappings.hostID linux.gidMappings.size
# covers: linux.namespaces.type
@test "userns: root inside is an unprivileged user outside (LXC chapter)" {
	sleeper one
	rt exec one sh -c 'id -u; id -g; cat /proc/self/uid_map /proc/self/gid_map; readlink /proc/self/ns/user'
	ok
	same '0 0 0 100000 65536 0 200000 65536' "$(head -4 <<<"$output" | xargs)"
	lacks "$(readlink /proc/self/ns/user | tr -dc 0-9)"
	same '100000 100000' "$(awk '/^Uid:/ { print $2, $3 }' "/proc/$(pid_of one)/status")"
	same '200000 200000' "$(awk '/^Gid:/ { print $2, $3 }' "/proc/$(pid_of one)/status")"
}

@test "userns: not listed, it is the host's" {
	config '.linux.namespaces |= map(select(.type != "user")) | del(.linux.uidMappings, .linux.gidMappings)'
	inside 'readlink /proc/self/ns/user'
	ok
	equals "$(readlink /proc/self/ns/user)"
}

# covers: linux.uidMappings.containerID linux.uidMappings.hostID linux.uidMappings.size
# covers: linux.gidMappings.containerID linux.gidMappings.hostID linux.gidMappings.size
@test "userns: several ranges are mapped, each where it belongs" {
	config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1}, {containerID: 1, hostID: 300000, size: 999},
			{containerID: 1000, hostID: 5000, size: 1}]
		| .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 10}, {containerID: 1000, hostID: 6000, size: 2}]
		| .process.user = {uid: 1000, gid: 1001}'
	mkdir -m 777 "$ROOTFS/open"
	inside 'tr -s " " </proc/self/uid_map; tr -s " " </proc/self/gid_map; touch /open/file'
	ok
	equals $' 0 100000 1\n 1 300000 999\n 1000 5000 1\n 0 200000 10\n 1000 6000 2'
	same '5000 6001' "$(stat -c '%u %g' "$ROOTFS/open/file")"
}

@test "userns: ids that are not mapped show as the overflow id" {
	touch "$ROOTFS/of-the-host"
	inside 'stat -c "%u %g" /of-the-host; rm /of-the-host; echo x >/of-the-host'
	has "^$(cat /proc/sys/kernel/overflowuid) $(cat /proc/sys/kernel/overflowgid)$"
}

@test "userns: a file made inside belongs to the mapped ids outside" {
	inside 'echo x >/mine'
	ok
	same '100000 200000' "$(stat -c '%u %g' "$ROOTFS/mine")"
}

@test "userns: root inside cannot touch what belongs to root outside" {
	mkdir "$ARENA/precious"
	install -m 600 /dev/null "$ARENA/precious/file"
	add_mount /precious bind "$ARENA/precious" bind
	grant CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER
	inside 'cat /precious/file; echo x >/precious/file; chmod 777 /precious/file; chown 0:0 /precious/file; rm /precious/file'
	fails
	same 5 "$(grep -ciE 'permission denied|not permitted' <<<"$output")"
	same '600 0 0' "$(stat -c '%a %u %g' "$ARENA/precious/file")"
}

@test "userns: the other namespaces belong to it: root inside may mount and set up its network" {
	grant CAP_SYS_ADMIN CAP_NET_ADMIN
	inside 'mount -t tmpfs inner /tmp && ip address add 10.9.8.7/32 dev lo && ip -o address show lo && hostname renamed && hostname'
	ok
	has '10\.9\.8\.7/32'
	has '^renamed$'
}

# covers: linux.devices.path
@test "userns: the default devices work, bound from the host" {
	inside 'for d in null zero full random urandom tty; do stat -c "%n %t:%T" /dev/$d; done
		echo x >/dev/null && head -c 4 /dev/zero | od -An -tx1 | xargs'
	ok
	has '^/dev/null 1:3$'
	has '^/dev/tty 5:0$'
	has '^00 00 00 00$'
}

@test "userns: proc, sysfs, devpts, mqueue and tmpfs are mounted by it" {
	mounts_inside
	local at
	for at in /proc /sys /dev/pts /dev/mqueue /dev/shm; do mount_has "$at" .; done
}

# covers: linux.namespaces.path
@test "userns: one is joined by path" {
	before_runc 1.2 'it wants mappings even then'
	join_mapped
	inside 'id -u; tr -s " " </proc/self/uid_map; readlink /proc/self/ns/user; echo x >/mine'
	ok
	equals $'0\n 0 100000 65536\n'"$(readlink "/proc/$holder/ns/user")"
	same '100000 200000' "$(stat -c '%u %g' "$ROOTFS/mine")"
}

@test "userns: a path and the mappings that it has anyway are taken, others refused" {
	before_runc 1.2 'it does not compare them'
	join_mapped
	config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 65536}]'
	inside 'id -u'
	ok
	has '^0$'
	config '.linux.uidMappings[0].hostID = 400000'
	refuses 'mapping'
}

@test "userns: exec enters it as the mapped user" {
	sleeper one
	rt exec --user 7:8 one sh -c 'id -u; id -g; mkdir /tmp/by-exec'
	ok
	equals $'7\n8'
	same '100007 200008' "$(stat -c '%u %g' "$ROOTFS/tmp/by-exec")"
}

@test "userns: a cgroup that may not be written to stays root's" {
	add_mount /sys/fs/cgroup cgroup cgroup nosuid noexec nodev ro
	sleeper one
	local dir
	dir=$(cgroup_dir pids one)
	same 0 "$(stat -c %u "$dir")"
	same 0 "$(stat -c %u "$dir/cgroup.procs")"
}

# ---- refusals -------------------------------------------------------------------------------------------------------

@test "userns: without mappings and without a path it is refused" {
	config 'del(.linux.uidMappings, .linux.gidMappings)'
	refuses 'mapping'
}

@test "userns: mappings without it are refused" {
	skip_on runc 'runc ignores them'
	config '.linux.namespaces |= map(select(.type != "user"))'
	refuses 'user namespace|userns'
}

@test "userns: mappings that leave root out are refused" {
	config '.linux.uidMappings[0].containerID = 1'
	refuses 'root|mapping|map'
}

@test "userns: ranges that overlap are refused" {
	config '.linux.uidMappings += [{containerID: 100, hostID: 400000, size: 10}]'
	refuses 'invalid argument|overlap|mapped twice' 'uidMappings'
}

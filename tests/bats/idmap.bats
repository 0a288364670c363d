#!/usr/bin/env bats
# Id-mapped mounts: mounts.uidMappings and gidMappings, idmap and ridmap.
#
# Which file systems can be mapped depends on the kernel, so every test brings its own: a tmpfs (since Linux 6.3).

load helpers
load refusals
load subject

setup() {
	arena_open
	skip_on crun 'crun 1.8 hands the mapping to a mount of its own making'
	before_runc 1.2 'has no id-mapped mounts'
	needs kernel:6.3
	bundle
	chmod a+x "$BATS_RUN_TMPDIR"
	SOURCE=$ARENA/source
	mkdir "$SOURCE"
	host_mount -t tmpfs source "$SOURCE"
	own_file "$SOURCE/root" 0:0
	own_file "$SOURCE/user" 1000:1001
}

own_file() {
	echo content >"$1"
	chown "$2" "$1"
}

# mapped DESTINATION SOURCE CONTAINER-ID HOST-ID SIZE [OPTION…]: a bind mount that maps users and, 1 higher, groups.
mapped() {
	local destination=$1 source=$2 from=$3 to=$4 size=$5
	shift 5
	add_mount "$destination" bind "$source" "${@:-bind}"
	config '.mounts[-1] += {uidMappings: [{containerID: $from, hostID: $to, size: $size}],
		gidMappings: [{containerID: ($from + 1), hostID: ($to + 1), size: $size}]}' \
		--argjson from "$from" --argjson to "$to" --argjson size "$size"
}

user_namespace() {
	config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}]
		| .linux.gidMappings = .linux.uidMappings'
	chown -R 100000:100000 "$ROOTFS"
}

# covers: mounts.uidMappings.containerID mounts.uidMappings.hostID mounts.uidMappings.size
# covers: mounts.gidMappings.containerID mounts.gidMappings.hostID mounts.gidMappings.size
@test "idmap: files change owners on their way in, and back on their way out" {
	chown 1000:1001 "$SOURCE"
	mapped /data "$SOURCE" 1000 3000 1
	config '.process.user = {uid: 3000, gid: 3001}'
	inside 'stat -c "%u %g" /data/user; touch /data/new; stat -c "%u %g" /data/new'
	ok
	equals $'3000 3001\n3000 3001'
	same '1000 1001' "$(stat -c '%u %g' "$SOURCE/new")"
}

# covers: mounts.uidMappings.size mounts.gidMappings.size
@test "idmap: ids outside of the mapping show as the overflow id" {
	mapped /data "$SOURCE" 1000 3000 1
	inside 'stat -c "%u %g" /data/root'
	ok
	equals "$(cat /proc/sys/kernel/overflowuid) $(cat /proc/sys/kernel/overflowgid)"
}

# covers: mounts.uidMappings.containerID mounts.gidMappings.containerID
@test "idmap: in a user namespace, root's files on the host are root's inside" {
	user_namespace
	add_mount /data bind "$SOURCE" bind
	config '.mounts[-1] += {uidMappings: .linux.uidMappings, gidMappings: .linux.gidMappings}'
	inside 'stat -c "%u %g" /data/root /data/user; touch /data/new'
	ok
	equals $'0 0\n1000 1001'
	same '0 0' "$(stat -c '%u %g' "$SOURCE/new")"
}

# covers: mounts.options
@test "idmap: the option alone takes the mappings of the user namespace" {
	user_namespace
	add_mount /data bind "$SOURCE" bind idmap
	inside 'stat -c "%u %g" /data/root /data/user'
	ok
	equals $'0 0\n1000 1001'
}

@test "idmap: the option alone takes the mappings of a user namespace that is joined" {
	user_namespace
	unshared user
	echo '0 100000 65536' | tee "/proc/$holder/uid_map" >"/proc/$holder/gid_map"
	config '(.linux.namespaces[] | select(.type == "user")).path = $path | del(.linux.uidMappings, .linux.gidMappings)' \
		--arg path "/proc/$holder/ns/user"
	add_mount /data bind "$SOURCE" bind idmap
	inside 'stat -c "%u %g" /data/root /data/user'
	ok
	equals $'0 0\n1000 1001'
}

# covers: mounts.options
@test "idmap: idmap maps the mount itself, ridmap those below it too" {
	mkdir "$SOURCE/sub"
	host_mount -t tmpfs sub "$SOURCE/sub"
	own_file "$SOURCE/sub/user" 1000:1001
	mapped /flat "$SOURCE" 1000 3000 1 rbind idmap
	mapped /deep "$SOURCE" 1000 3000 1 rbind ridmap
	inside 'stat -c "%n %u" /flat/user /flat/sub/user /deep/user /deep/sub/user'
	ok
	equals $'/flat/user 3000\n/flat/sub/user 1000\n/deep/user 3000\n/deep/sub/user 3000'
}

@test "idmap: one source can be mapped in several ways at once" {
	mapped /a "$SOURCE" 1000 3000 1
	mapped /b "$SOURCE" 1000 4000 1
	add_mount /c bind "$SOURCE" bind
	inside 'stat -c "%n %u" /a/user /b/user /c/user'
	ok
	equals $'/a/user 3000\n/b/user 4000\n/c/user 1000'
}

@test "idmap: a single file is mapped, and flags hold beside it" {
	mapped /file "$SOURCE/user" 1000 3000 1 bind ro nosuid
	inside 'stat -c %u /file; echo x >/file; grep " /file " /proc/self/mountinfo'
	ok
	has '^3000$'
	has 'Read-only file system'
	mount_has /file ' ro,nosuid'
}

@test "idmap: several ranges in one mount" {
	mapped /data "$SOURCE" 1000 3000 1
	config '.mounts[-1].uidMappings += [{containerID: 0, hostID: 50, size: 1}]
		| .mounts[-1].gidMappings += [{containerID: 0, hostID: 60, size: 1}]'
	inside 'stat -c "%u %g" /data/user /data/root'
	ok
	equals $'3000 3001\n50 60'
}

@test "idmap: the host sees its files as before" {
	mapped /data "$SOURCE" 1000 3000 1
	sleeper one
	same '1000 1001' "$(stat -c '%u %g' "$SOURCE/user")"
	not grep -q idmapped <(grep "$SOURCE" /proc/self/mountinfo)
}

@test "idmap: ext4" {
	needs fs:ext4 tool:mkfs.ext4
	block_device 16M
	mkfs.ext4 -q "$device"
	mkdir "$ARENA/disk.d"
	host_mount -t ext4 "$device" "$ARENA/disk.d"
	own_file "$ARENA/disk.d/user" 1000:1001
	mapped /data "$ARENA/disk.d" 1000 3000 1
	inside 'stat -c "%u %g" /data/user'
	ok
	equals '3000 3001'
}

# Each is either mapped in truth or refused by its name. Which of the two is the kernel's choice.
@test "idmap: a file system that cannot be mapped is refused by its name" {
	local fs refused=0
	for fs in ramfs mqueue devpts hugetlbfs; do
		have "fs:$fs" || continue
		mkdir "$ARENA/$fs"
		host_mount -t "$fs" "$fs" "$ARENA/$fs"
		mapped /data "$ARENA/$fs" 0 3000 1
		inside 'stat -c %u /data; grep -c . /etc/passwd'
		if [[ $status == 0 ]]; then
			same 3000 "${lines[0]}" "the owner of a mapped $fs"
		else
			refuses 'invalid argument|idmap|id-?mapp' "mounts\\[$(last_mount)\\].*$fs|$fs.*mounts\\[$(last_mount)\\]"
			((++refused))
		fi
		config 'del(.mounts[-1])'
	done
	((refused > 0)) || skip 'this kernel maps every file system that was tried'
}

# ---- refusals -------------------------------------------------------------------------------------------------------

@test "idmap: users without groups, or groups without users, are refused" {
	mapped /data "$SOURCE" 1000 3000 1
	config 'del(.mounts[-1].gidMappings)'
	refuses 'gid' "mounts\\[$(last_mount)\\]"
	config '.mounts[-1] |= (.gidMappings = .uidMappings | del(.uidMappings))'
	refuses 'uid' "mounts\\[$(last_mount)\\]"
}

@test "idmap: what is no bind mount is refused" {
	mapped /data tmpfs 1000 3000 1
	config '.mounts[-1] += {type: "tmpfs", options: []}'
	refuses 'bind' "mounts\\[$(last_mount)\\]"
}

@test "idmap: the option without mappings and without a user namespace is refused" {
	add_mount /data bind "$SOURCE" bind idmap
	refuses 'mapping' "mounts\\[$(last_mount)\\]"
}

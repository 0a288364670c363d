#!/usr/bin/env bats
# linux.maskedPaths and linux.readonlyPaths.

load helpers
load refusals
load subject

setup() {
	arena_open
	bundle
	mkdir "$ROOTFS/secrets"
	echo secret >"$ROOTFS/secrets/file"
}

masked() { config '.linux.maskedPaths = $ARGS.positional' --args -- "$@"; }
readonly_paths() { config '.linux.readonlyPaths = $ARGS.positional' --args -- "$@"; }

# covers: linux.maskedPaths
@test "maskedPaths: a file reads as empty and swallows what is written" {
	masked /secrets/file /proc/version
	inside 'cat /secrets/file /proc/version; echo x >/secrets/file; stat -c %F /secrets/file'
	ok
	equals 'character special file'
	same secret "$(cat "$ROOTFS/secrets/file")"
}

# covers: linux.maskedPaths
@test "maskedPaths: a directory is empty and read-only" {
	masked /secrets /proc/tty
	inside 'ls -A /secrets /proc/tty; touch /secrets/x; grep -c . /secrets/file'
	has 'Read-only file system'
	has '/secrets/file: No such file or directory'
	lacks '^file$|drivers'
	same secret "$(cat "$ROOTFS/secrets/file")"
}

# covers: linux.maskedPaths
@test "maskedPaths: what is not there is passed over" {
	masked /nowhere /secrets/nowhere /proc/nowhere
	inside 'test -e /nowhere || echo "still not there"'
	ok
	equals 'still not there'
	not test -e "$ROOTFS/nowhere"
}

# covers: linux.maskedPaths
@test "maskedPaths: what was mounted there is masked too" {
	mkdir "$ARENA/data"
	echo mounted >"$ARENA/data/file"
	add_mount /data bind "$ARENA/data" bind
	masked /data/file
	inside 'cat /data/file'
	ok
	equals ''
	same mounted "$(cat "$ARENA/data/file")"
}

# covers: linux.maskedPaths
@test "maskedPaths: a process that comes by exec finds the mask too" {
	masked /secrets
	sleeper one
	rt exec one ls -A /secrets
	ok
	equals ''
}

# covers: linux.maskedPaths
@test "maskedPaths: they work with a read-only root" {
	config '.root.readonly = true'
	masked /secrets /proc/version
	inside 'ls -A /secrets; cat /proc/version; echo done'
	ok
	equals 'done'
}

# covers: linux.readonlyPaths
@test "readonlyPaths: a directory and a file cannot be written to, the rest can" {
	readonly_paths /secrets /etc/group
	inside 'echo x >/secrets/file; touch /secrets/new; echo x >/etc/group; echo x >/etc/passwd; echo "others $?"; cat /secrets/file'
	same 3 "$(grep -c 'Read-only file system' <<<"$output")"
	has '^others 0$'
	has '^secret$'
}

# covers: linux.readonlyPaths
@test "readonlyPaths: of /proc: reads go on, writes fail" {
	readonly_paths /proc/sys/net /proc/sys/kernel/domainname
	inside 'cd /proc/sys; cat net/ipv4/ip_forward; echo 1 >net/ipv4/ip_forward; echo x >kernel/domainname'
	has '^[01]$'
	same 2 "$(grep -c 'Read-only file system' <<<"$output")"
}

# covers: linux.readonlyPaths
@test "readonlyPaths: what is not there is passed over" {
	readonly_paths /nowhere /proc/nowhere
	inside 'echo ran'
	ok
	equals ran
	not test -e "$ROOTFS/nowhere"
}

# covers: linux.readonlyPaths
@test "readonlyPaths: the flags of what was mounted there stay" {
	mkdir "$ARENA/strict"
	host_mount -t tmpfs -o nosuid,nodev,noexec strict "$ARENA/strict"
	add_mount /data bind "$ARENA/strict" bind
	readonly_paths /data
	mounts_inside
	mount_has /data ' ro,nosuid,nodev,noexec'
}

# covers: linux.readonlyPaths
@test "readonlyPaths: without any, /proc/sys can be written to by who may" {
	inside 'echo written >/proc/sys/kernel/domainname; echo "exit $?"; grep -c " /proc/sys " /proc/self/mountinfo'
	has '^0$'
}

@test "maskedPaths and readonlyPaths: both on one path: masked" {
	masked /secrets
	readonly_paths /secrets
	inside 'ls -A /secrets; echo done'
	ok
	equals 'done'
}

@test "maskedPaths and readonlyPaths: refused without a mount namespace" {
	own_host mount
	config '.linux.namespaces |= map(select(.type != "mount")) | .mounts |= map(select(.destination == "/proc"))'
	masked /secrets
	refuses 'MNT namespace|mount namespace'
	masked
	readonly_paths /secrets
	refuses 'MNT namespace|mount namespace'
}

@test "maskedPaths and readonlyPaths: a relative path is refused by its place" {
	skip_on runc 'runc takes it from wherever its init happens to stand'
	masked /secrets secrets
	refuses 'maskedPaths\[1\]'
	masked
	readonly_paths secrets
	refuses 'readonlyPaths\[0\]'
}

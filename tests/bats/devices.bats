#!/usr/bin/env bats
# linux.devices: the nodes; linux.resources.devices: who may open them.
#
# Device numbers come from the range that is kept for local use (60 to 63), which no driver has: opening such a node gives
# "No such device or address" where the cgroup allows it and "Operation not permitted" where it does not, on any machine.

load helpers
load refusals
load subject

setup() {
	arena_open
	bundle
}

device() { config '.linux.devices += [$device]' --argjson device "$1"; }

rules() { config '.linux.resources.devices = $rules' --argjson rules "$1"; }

# knock tries to open /dev/NAME for reading and for writing, from a script of `inside`.
KNOCK='knock() { for n in "$@"; do (: <"/dev/$n") 2>&1 | sed "s/.*: /$n read: /"; (: >>"/dev/$n") 2>&1 | sed "s/.*: /$n write: /"; done; };'

# numbered makes nodes /dev/c60.0, /dev/c60.1 and /dev/b61.0.
numbered() {
	device '{"path": "/dev/c60.0", "type": "c", "major": 60, "minor": 0}'
	device '{"path": "/dev/c60.1", "type": "c", "major": 60, "minor": 1}'
	device '{"path": "/dev/b61.0", "type": "b", "major": 61, "minor": 0}'
}

allowed() { has "^$1: No such device"; }
denied() { has "^$1: (Operation not permitted|Permission denied)"; }

# ---- nodes ----------------------------------------------------------------------------------------------------------

# covers: linux.devices.path linux.devices.type linux.devices.major linux.devices.minor
@test "devices: character, block and unbuffered devices and pipes are made" {
	numbered
	device '{"path": "/dev/u62.3", "type": "u", "major": 62, "minor": 3}'
	device '{"path": "/dev/pipe", "type": "p"}'
	inside 'cd /dev && stat -c "%n %F %t:%T" c60.0 c60.1 b61.0 u62.3 pipe'
	ok
	equals $'c60.0 character special file 3c:0\nc60.1 character special file 3c:1\nb61.0 block special file 3d:0
u62.3 character special file 3e:3\npipe fifo 0:0'
}

# covers: linux.devices.fileMode linux.devices.uid linux.devices.gid
@test "devices: mode and owner are those asked for, or 666 and root" {
	device '{"path": "/dev/plain", "type": "c", "major": 60, "minor": 0}'
	device '{"path": "/dev/owned", "type": "c", "major": 60, "minor": 1, "fileMode": 416, "uid": 12, "gid": 34}'
	device '{"path": "/dev/closed", "type": "p", "fileMode": 0}'
	device '{"path": "/dev/typed", "type": "c", "major": 60, "minor": 2, "fileMode": 8582}'
	inside 'cd /dev && stat -c "%n %a %u:%g" plain owned closed typed'
	ok
	equals $'plain 666 0:0\nowned 640 12:34\nclosed 0 0:0\ntyped 606 0:0'
}

# covers: linux.devices.fileMode
@test "devices: the umask does not take from the mode" {
	umask 077
	device '{"path": "/dev/open", "type": "c", "major": 60, "minor": 0, "fileMode": 438}'
	inside 'stat -c %a /dev/open /dev/null'
	ok
	equals $'666\n666'
}

# covers: linux.devices.path
@test "devices: a node may be anywhere; directories on the way are made" {
	device '{"path": "/dev/deep/er/node", "type": "c", "major": 60, "minor": 0}'
	device '{"path": "/etc/node", "type": "p"}'
	inside 'test -c /dev/deep/er/node && test -p /etc/node && stat -c %a /dev/deep /dev/deep/er'
	ok
	equals $'755\n755'
}

@test "devices: the default ones are there with their numbers, open to all" {
	inside 'cd /dev && stat -c "%n %t:%T %a %u:%g" null zero full random urandom tty'
	ok
	equals $'null 1:3 666 0:0\nzero 1:5 666 0:0\nfull 1:7 666 0:0\nrandom 1:8 666 0:0\nurandom 1:9 666 0:0\ntty 5:0 666 0:0'
}

@test "devices: the default ones do what they are for" {
	config '.process.user = {uid: 1000, gid: 1000}'
	inside 'echo x >/dev/null; head -c 2 /dev/zero | od -An -tx1 | xargs; head -c 1 /dev/urandom | wc -c; echo x >/dev/full'
	has '^00 00$'
	has '^1$'
	has 'No space left on device'
}

@test "devices: ptmx and the links to descriptors are there, and ptmx gives terminals" {
	inside 'cd /dev && for n in ptmx fd stdin stdout stderr; do readlink $n; done; (: <>/dev/ptmx) && echo opened; echo through >>/dev/stdout'
	ok
	has '^(/dev/)?pts/ptmx$'
	has '^/proc/self/fd$'
	has '^/proc/self/fd/0$'
	has '^/proc/self/fd/1$'
	has '^/proc/self/fd/2$'
	has '^opened$'
	has '^through$'
}

@test "devices: /dev has nothing else" {
	inside 'cd /dev && ls'
	ok
	equals "$(printf '%s\n' core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero |
		if [[ -e /proc/kcore ]]; then cat; else grep -v core; fi)"
}

@test "devices: there is no /dev/console without a terminal" {
	inside 'test ! -e /dev/console'
	ok
}

# covers: linux.devices.path
@test "devices: one that has the path of a default one takes its place" {
	device '{"path": "/dev/tty", "type": "c", "major": 60, "minor": 5}'
	inside 'stat -c %t:%T /dev/tty'
	ok
	equals 3c:5
}

@test "devices: without a mount on /dev they are made in the root file system" {
	config '.mounts |= map(select(.destination | startswith("/dev") | not))'
	inside 'test -c /dev/null && test -c /dev/zero && echo there'
	ok
	equals there
	is test -c "$ROOTFS/dev/null"
}

@test "devices: with the host's /dev bound to /dev nothing is made in there" {
	mkdir "$ARENA/dev"
	host_mount -t tmpfs dev "$ARENA/dev"
	mknod "$ARENA/dev/null" c 1 3
	config '.mounts |= map(select(.destination | startswith("/dev") | not))'
	add_mount /dev bind "$ARENA/dev" rbind
	inside 'ls /dev'
	ok
	equals null
	same null "$(ls "$ARENA/dev")"
}

@test "devices: a node that is there already is kept" {
	mknod -m 600 "$ROOTFS/etc/node" c 60 0
	device '{"path": "/etc/node", "type": "c", "major": 60, "minor": 0}'
	inside 'stat -c "%F %t:%T" /etc/node'
	ok
	equals 'character special file 3c:0'
}

@test "devices: something else at the path is refused" {
	skip_on runc 'runc leaves it there and starts'
	echo 'no device' >"$ROOTFS/etc/node"
	device '{"path": "/etc/node", "type": "c", "major": 60, "minor": 0}'
	refuses '/etc/node' 'devices\[0\]'
	same 'no device' "$(cat "$ROOTFS/etc/node")"
}

@test "devices: a node with other numbers at the path is refused" {
	skip_on runc 'runc leaves it there and starts'
	mknod "$ROOTFS/etc/node" c 60 1
	device '{"path": "/etc/node", "type": "c", "major": 60, "minor": 0}'
	refuses '/etc/node' 'devices\[0\]'
}

@test "devices: an unknown type is refused" {
	device '{"path": "/dev/node", "type": "x", "major": 60, "minor": 0}'
	refuses 'type' 'devices\[0\]'
}

# ---- access ---------------------------------------------------------------------------------------------------------

# covers: linux.resources.devices.allow linux.resources.devices.access
@test "device rules: everything can be forbidden; the default devices still work" {
	numbered
	rules '[{"allow": false, "access": "rwm"}]'
	inside "$KNOCK knock c60.0 b61.0; knock null zero full tty; head -c 1 /dev/urandom | wc -c"
	denied 'c60.0 read'
	denied 'c60.0 write'
	denied 'b61.0 read'
	lacks '^(null|zero|full).*not permitted'
	has '^1$'
}

# covers: linux.resources.devices.allow linux.resources.devices.type
# covers: linux.resources.devices.major linux.resources.devices.minor
@test "device rules: one device is allowed by its type and numbers, its neighbours are not" {
	numbered
	device '{"path": "/dev/b60.0", "type": "b", "major": 60, "minor": 0}'
	rules '[{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 60, "minor": 0, "access": "rw"}]'
	inside "$KNOCK knock c60.0 c60.1 b60.0"
	allowed 'c60.0 read'
	allowed 'c60.0 write'
	denied 'c60.1 read'
	denied 'b60.0 read'
}

# covers: linux.resources.devices.access
@test "device rules: reading and writing are allowed apart" {
	numbered
	rules '[{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 60, "minor": 0, "access": "r"},
		{"allow": true, "type": "c", "major": 60, "minor": 1, "access": "w"}]'
	inside "$KNOCK knock c60.0 c60.1"
	allowed 'c60.0 read'
	denied 'c60.0 write'
	denied 'c60.1 read'
	allowed 'c60.1 write'
}

# covers: linux.resources.devices.major linux.resources.devices.minor
@test "device rules: a number that is left out means all" {
	numbered
	device '{"path": "/dev/c62.0", "type": "c", "major": 62, "minor": 0}'
	rules '[{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 60, "access": "rw"}]'
	inside "$KNOCK knock c60.0 c60.1 c62.0"
	allowed 'c60.0 read'
	allowed 'c60.1 read'
	denied 'c62.0 read'
}

# covers: linux.resources.devices.type
@test "device rules: a type that is left out, or a, means all" {
	numbered
	rules '[{"allow": false, "type": "a", "access": "rwm"}, {"allow": true, "access": "rwm"}]'
	inside "$KNOCK knock c60.0 b61.0"
	allowed 'c60.0 read'
	allowed 'b61.0 write'
}

# covers: linux.resources.devices.allow
@test "device rules: they hold in the order listed: the last word counts" {
	numbered
	rules '[{"allow": true, "type": "c", "major": 60, "minor": 0, "access": "rw"}, {"allow": false, "access": "rwm"},
		{"allow": true, "type": "c", "major": 60, "minor": 1, "access": "rw"},
		{"allow": true, "type": "b", "major": 61, "minor": 0, "access": "rw"},
		{"allow": false, "type": "b", "major": 61, "minor": 0, "access": "w"}]'
	inside "$KNOCK knock c60.0 c60.1 b61.0"
	denied 'c60.0 read'
	allowed 'c60.1 read'
	allowed 'b61.0 read'
	denied 'b61.0 write'
}

# A v1 cgroup cannot express it, and libcontainer keeps to what both versions can.
@test "device rules: one number taken back from all of them is refused, not ignored" {
	skip_on crun 'crun can on cgroup v2'
	rules '[{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 60, "access": "rw"},
		{"allow": false, "type": "c", "major": 60, "minor": 1, "access": "rw"}]'
	refuses 'not supported|cannot punch hole' 'devices'
}

@test "device rules: exec is bound by them too" {
	numbered
	rules '[{"allow": false, "access": "rwm"}]'
	sleeper one
	rt exec one sh -c "$KNOCK knock c60.0"
	denied 'c60.0 read'
}

@test "device rules: a node that the container makes itself opens nothing" {
	grant CAP_MKNOD
	rules '[{"allow": false, "access": "rwm"}]'
	inside "$KNOCK mknod /dev/own c 60 0 && knock own"
	denied 'own read'
}

@test "device rules: an unknown type, or no access, is refused by its place" {
	rules '[{"allow": true, "type": "x", "access": "r"}]'
	refuses 'type|device' 'resources\.devices\[0\]'
	rules '[{"allow": false, "access": "rwm"}, {"allow": true, "type": "c"}]'
	refuses 'access' 'resources\.devices\[1\]'
}

#!/usr/bin/env bats
# The root file system: root.path and root.readonly, and what is no root file system.

load helpers
load refusals
load subject

setup() {
	arena_open
	bundle
}

# covers: root.path
@test "rootfs: the container's root is root.path, both ways" {
	echo 'from the host' >"$ROOTFS/note"
	inside 'cat /note; echo "from inside" >/answer'
	ok
	equals 'from the host'
	same 'from inside' "$(cat "$ROOTFS/answer")"
}

# covers: root.path
@test "rootfs: a relative path starts at the bundle, wherever the caller stands" {
	args test -x /bin/busybox
	cd /
	rt run --bundle "$BUNDLE" relative
	ok
}

# covers: root.path
@test "rootfs: an absolute path may lie outside the bundle" {
	mv rootfs "$ARENA/elsewhere"
	echo here >"$ARENA/elsewhere/note"
	config '.root.path = $path' --arg path "$ARENA/elsewhere"
	inside 'cat /note'
	ok
	equals here
}

@test "rootfs: a path that names it in a roundabout way is taken" {
	config '.root.path = "../bundle/./rootfs/"'
	inside 'echo here'
	ok
	equals here
}

@test "rootfs: nothing of the host's tree shows, above the root or in the mount table" {
	touch "$ARENA/mark"
	inside 'cut -d" " -f5 /proc/self/mountinfo; ls -a /../../..; cd /proc/self/cwd/../..; ls -a'
	ok
	lacks 'mark|bundle|unreachable'
}

# covers: root.readonly
@test "rootfs: readonly makes the root read-only but not the mounts on it" {
	config '.root.readonly = true'
	inside 'touch /tmp/x; echo "root $?"; touch /dev/shm/x; echo "shm $?"; cat /proc/self/mountinfo'
	ok
	has 'Read-only file system'
	has 'root 1'
	has 'shm 0'
	mount_has / '^[0-9]+ [0-9]+ [^ ]+ [^ ]+ / ro,'
}

# covers: root.readonly
@test "rootfs: without readonly the root can be written to" {
	config '.root.readonly = false'
	inside 'echo yes >/etc/new && cat /etc/new'
	ok
	equals yes
}

@test "rootfs: a file system that cannot be written to serves as read-only root" {
	host_mount --bind "$ROOTFS" "$ROOTFS"
	mount -o remount,bind,ro "$ROOTFS"
	config '.root.readonly = true | .mounts |= map(select(.destination | test("^/dev/") | not))'
	inside 'touch /x; id -u'
	ok
	has 'Read-only file system'
	has '^0$'
}

@test "rootfs: an overlay serves as root; what is written lands in its upper layer" {
	needs fs:overlay
	mkdir "$ARENA/layers"
	host_mount -t tmpfs layers "$ARENA/layers"
	mkdir "$ARENA"/layers/{lower,upper,work}
	cp -a "$ROOTFS/." "$ARENA/layers/lower"
	host_mount -t overlay -o "lowerdir=$ARENA/layers/lower,upperdir=$ARENA/layers/upper,workdir=$ARENA/layers/work" \
		overlay "$ROOTFS"
	inside 'echo changed >/etc/group; rm /etc/passwd'
	ok
	same changed "$(cat "$ARENA/layers/upper/etc/group")"
	is test -c "$ARENA/layers/upper/etc/passwd"
	is test -s "$ARENA/layers/lower/etc/passwd"
}

@test "rootfs: a shared host mount below it sees nothing of the container's mounts" {
	host_mount --bind "$ROOTFS" "$ROOTFS"
	mount --make-shared "$ROOTFS"
	add_mount /tmp tmpfs tmpfs
	sleeper shared
	not mountpoint -q "$ROOTFS/tmp"
	not mountpoint -q "$ROOTFS/proc"
}

@test "rootfs: a missing one is refused by its path" {
	config '.root.path = "nowhere"'
	refuses 'nowhere.*no such file or directory'
}

@test "rootfs: a file is refused" {
	rm -r rootfs
	touch rootfs
	refuses 'not a directory' rootfs
}

@test "rootfs: a symbolic link stands for its target" {
	skip_on runc 'runc refuses it'
	mv rootfs elsewhere
	ln -s elsewhere rootfs
	inside 'echo here >/note'
	ok
	same here "$(cat elsewhere/note)"
}

@test "rootfs: a configuration without root is refused" {
	config 'del(.root)'
	refuses 'root'
}

@test "rootfs: an empty path is refused" {
	skip_on runc 'runc takes the bundle itself for the root file system'
	config '.root.path = ""'
	refuses 'root'
}

@test "rootfs: the program is looked up in it, not on the host" {
	cp "$ROOTFS/bin/busybox" "$ARENA/only-on-the-host"
	chmod +x "$ARENA/only-on-the-host"
	args "$ARENA/only-on-the-host" true
	run_as foreign
	fails
	has 'no such file or directory'
	no_trace_of foreign
}

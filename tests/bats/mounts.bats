#!/usr/bin/env bats
# mounts: sources, destinations, order, every class of options, and what is refused.
# (Propagation and id mapping have files of their own.)

load helpers
load refusals
load subject

setup() {
	arena_open
	bundle
	mkdir "$ARENA/data"
	echo 'from the host' >"$ARENA/data/note"
}

# tree mounts a tmpfs with another one on its directory sub: something to tell recursive from flat.
tree() {
	mkdir "$ARENA/tree"
	host_mount -t tmpfs -o "${1:-rw}" tree "$ARENA/tree"
	mkdir "$ARENA/tree/sub"
	host_mount -t tmpfs -o "${1:-rw}" sub "$ARENA/tree/sub"
	touch "$ARENA/tree/sub/below"
}

# ---- binds ----------------------------------------------------------------------------------------------------------

# covers: mounts.destination mounts.source mounts.type
@test "mounts: a bind mount is the source itself, both ways" {
	add_mount /data bind "$ARENA/data" bind
	inside 'cat /data/note; echo "from inside" >/data/answer'
	ok
	equals 'from the host'
	same 'from inside' "$(cat "$ARENA/data/answer")"
}

# covers: mounts.type
@test "mounts: the option alone makes a bind mount, whatever the type says" {
	config '.mounts += [{destination: "/a", source: $source, options: ["bind"]},
		{destination: "/b", type: "none", source: $source, options: ["rbind"]}]' --arg source "$ARENA/data"
	inside 'cat /a/note /b/note'
	ok
	equals $'from the host\nfrom the host'
}

# covers: mounts.source
@test "mounts: a relative bind source starts at the bundle, wherever the caller stands" {
	mkdir beside
	echo beside >beside/note
	add_mount /data bind beside bind
	args cat /data/note
	cd /
	rt run --bundle "$BUNDLE" relative
	ok
	equals beside
}

# covers: mounts.destination
@test "mounts: a file is bound over a file, and where there is none an empty one is made" {
	add_mount /etc/group bind "$ARENA/data/note" bind
	add_mount /new/deep/file bind "$ARENA/data/note" bind
	inside 'cat /etc/group /new/deep/file'
	ok
	equals $'from the host\nfrom the host'
	is test ! -s "$ROOTFS/new/deep/file"
	is grep -q root "$ROOTFS/etc/group"
}

# covers: mounts.source
@test "mounts: sockets, pipes and devices are bound like files" {
	mkfifo "$ARENA/data/pipe"
	add_mount /run/pipe bind "$ARENA/data/pipe" bind
	add_mount /run/null bind /dev/null bind
	inside 'test -p /run/pipe && test -c /run/null && echo both'
	ok
	equals both
}

# covers: mounts.source
@test "mounts: a source that is a symbolic link stands for its target on the host" {
	ln -s data "$ARENA/link"
	add_mount /data bind "$ARENA/link" bind
	inside 'cat /data/note'
	ok
	equals 'from the host'
}

# covers: mounts.options
@test "mounts: bind leaves the mounts below the source out, rbind takes them along" {
	tree
	add_mount /flat bind "$ARENA/tree" bind
	add_mount /deep bind "$ARENA/tree" rbind
	inside 'echo "flat: $(ls /flat/sub)"; echo "deep: $(ls /deep/sub)"'
	ok
	equals $'flat: \ndeep: below'
}

# covers: mounts.options
@test "mounts: ro holds for the bind mount, not for what is mounted below it, nor for the source" {
	tree
	add_mount /data bind "$ARENA/tree" rbind ro
	inside 'touch /data/x; echo "top $?"; touch /data/sub/x; echo "below $?"'
	has 'Read-only file system'
	has 'top 1'
	has 'below 0'
	is touch "$ARENA/tree/still-writable"
}

# covers: mounts.options
@test "mounts: rro holds for everything below, but not for the source" {
	needs kernel:5.12
	tree
	add_mount /data bind "$ARENA/tree" rbind rro
	inside 'touch /data/x; echo "top $?"; touch /data/sub/x; echo "below $?"'
	has 'top 1'
	has 'below 1'
	is touch "$ARENA/tree/still-writable" "$ARENA/tree/sub/still-writable"
}

# covers: mounts.options
@test "mounts: noexec, nodev and nosymfollow are felt" {
	needs kernel:5.10
	cp "$ROOTFS/bin/busybox" "$ARENA/data/true"
	mknod "$ARENA/data/zero" c 1 5
	ln -s note "$ARENA/data/link"
	add_mount /data bind "$ARENA/data" bind noexec nodev nosymfollow
	inside '/data/true; head -c 1 /data/zero; cat /data/link; cat /data/note'
	has '/data/true: Permission denied'
	has '/data/zero: Permission denied'
	has '/data/link.*(Too many levels of symbolic links|Symbolic link loop)'
	has 'from the host'
}

# flag_set and flag_clear DESTINATION FLAG are about the flags of the mount itself, not of its file system.
flag_set() { mount_has "$1" "^([^ ]+ ){5}([^ ]*,)?${2}[, ]"; }
flag_clear() { mount_lacks "$1" "^([^ ]+ ){5}([^ ]*,)?${2}[, ]"; }

# ---- options --------------------------------------------------------------------------------------------------------

# covers: mounts.options
@test "mounts: every option that features names is understood" {
	rt_out features
	ok
	local known option
	known=$(jq -r '.mountOptions[]' <<<"$output")
	has tmpcopyup
	for option in $known; do
		case $option in
		bind | rbind | remount | idmap | ridmap | copy-symlink | src-nofollow) ;; # make no sense on a tmpfs
		defaults)                                                                 # runc passes it on to the kernel, which does not know it
			is_runc || add_mount /m/defaults tmpfs tmpfs defaults
			;;
		*) add_mount "/m/$option" tmpfs tmpfs "$option" ;;
		esac
	done
	mounts_inside
	for option in $(jq -r '.mounts[].destination | select(startswith("/m/"))' config.json); do
		mount_has "$option" ' - tmpfs tmpfs'
	done
}

# covers: mounts.options
@test "mounts: options that set something show in the mount table" {
	needs kernel:5.10
	local option
	for option in ro nosuid nodev noexec noatime nodiratime relatime nosymfollow sync dirsync lazytime; do
		add_mount "/m/$option" tmpfs tmpfs "$option"
	done
	add_mount /m/strictatime tmpfs tmpfs strictatime
	mounts_inside
	for option in ro nosuid nodev noexec noatime nodiratime relatime nosymfollow; do
		flag_set "/m/$option" "$option"
	done
	for option in sync dirsync lazytime; do mount_has "/m/$option" " - .*[ ,]$option(,|$)"; done
	mount_lacks /m/strictatime 'relatime|noatime'
}

# covers: mounts.options
@test "mounts: the opposite of an option takes it back, the last one counts" {
	local pair
	for pair in ro:rw nosuid:suid nodev:dev noexec:exec noatime:atime nodiratime:diratime; do
		add_mount "/m/${pair#*:}" tmpfs tmpfs "${pair%:*}" "${pair#*:}"
		add_mount "/m/${pair%:*}" tmpfs tmpfs "${pair#*:}" "${pair%:*}"
	done
	mounts_inside
	for pair in ro:rw nosuid:suid nodev:dev noexec:exec noatime:atime nodiratime:diratime; do
		flag_clear "/m/${pair#*:}" "${pair%:*}"
		flag_set "/m/${pair%:*}" "${pair%:*}"
	done
}

# covers: mounts.options
@test "mounts: a bind mount drops the flags of its source when told so, and only then" {
	before_runc 1.2 'it keeps the flags'
	mkdir "$ARENA/strict"
	host_mount -t tmpfs -o nosuid,nodev,noexec,ro strict "$ARENA/strict"
	add_mount /kept bind "$ARENA/strict" bind
	add_mount /dropped bind "$ARENA/strict" bind suid dev exec
	mounts_inside
	mount_has /kept ' ro,nosuid,nodev,noexec'
	mount_lacks /dropped 'nosuid|nodev|noexec'
}

# covers: mounts.options
@test "mounts: recursive options reach every mount below" {
	needs kernel:5.14
	before_runc 1.1.9 'sets rnosymfollow and the atime options only from some later version'
	tree
	local option
	for option in rro rnosuid rnodev rnoexec rnoatime rnodiratime rnosymfollow; do
		add_mount "/m/$option" bind "$ARENA/tree" rbind "$option"
	done
	mounts_inside
	for option in ro nosuid nodev noexec noatime nodiratime nosymfollow; do
		flag_set "/m/r$option" "$option"
		flag_set "/m/r$option/sub" "$option"
	done
}

# covers: mounts.options
@test "mounts: recursive opposites clear the option on every mount below" {
	needs kernel:5.14
	tree nosuid,nodev,noexec,noatime
	local pair
	for pair in nosuid:rsuid nodev:rdev noexec:rexec noatime:rstrictatime; do
		add_mount "/m/${pair#*:}" bind "$ARENA/tree" rbind "${pair#*:}"
	done
	mounts_inside
	for pair in nosuid:rsuid nodev:rdev noexec:rexec noatime:rstrictatime; do
		mount_lacks "/m/${pair#*:}" "${pair%:*}"
		mount_lacks "/m/${pair#*:}/sub" "${pair%:*}"
	done
}

# ---- file systems ---------------------------------------------------------------------------------------------------

# covers: mounts.options mounts.type
@test "mounts: tmpfs takes size, nr_inodes, mode, uid and gid" {
	add_mount /data tmpfs tmpfs size=1m nr_inodes=20 mode=2751 uid=12 gid=34
	inside 'stat -c "%a %u %g" /data; stat -f -c "%c inodes" /data; echo $(($(stat -f -c "%b * %S" /data))) bytes'
	ok
	equals $'2751 12 34\n20 inodes\n1048576 bytes'
}

# covers: mounts.options
@test "mounts: a full tmpfs is full" {
	add_mount /data tmpfs tmpfs size=64k
	inside 'cat /dev/zero >/data/x; stat -c %s /data/x'
	has 'No space left on device'
	has '^65536$'
}

# covers: mounts.options
@test "mounts: tmpfs takes over the mode of the directory it covers" {
	before_runc 1.2 'there the mode of the directory beats the one asked for'
	chmod 1770 "$ROOTFS/var"
	add_mount /var tmpfs tmpfs
	add_mount /usr tmpfs tmpfs mode=0700
	inside 'stat -c %a /var /usr'
	ok
	equals $'1770\n700'
}

# covers: mounts.options
@test "mounts: tmpcopyup fills the tmpfs with what it covers, and leaves that alone" {
	mkdir -p "$ROOTFS/var/deep"
	echo original >"$ROOTFS/var/deep/file"
	chmod 640 "$ROOTFS/var/deep/file"
	ln -s deep/file "$ROOTFS/var/link"
	add_mount /var tmpfs tmpfs tmpcopyup
	inside 'cat /var/link; stat -c %a /var/deep/file; echo changed >/var/deep/file; stat -f -c %T /var'
	ok
	equals $'original\n640\ntmpfs'
	same original "$(cat "$ROOTFS/var/deep/file")"
}

# covers: mounts.type mounts.options
@test "mounts: proc takes its options" {
	needs kernel:5.8
	config '(.mounts[] | select(.type == "proc")).options = ["nosuid", "hidepid=2"]'
	mounts_inside
	mount_has /proc 'nosuid.* - proc proc .*hidepid=(2|invisible)'
}

# covers: mounts.type mounts.options
@test "mounts: devpts is an instance of the container's own with the modes asked for" {
	config '(.mounts[] | select(.type == "devpts")).options = ["newinstance", "ptmxmode=0622", "mode=0640", "gid=7"]'
	inside 'stat -c %a /dev/pts/ptmx; ls /dev/pts; cat /proc/self/mountinfo'
	ok
	same $'622\nptmx' "$(head -2 <<<"$output")"
	mount_has /dev/pts 'gid=7,mode=640,ptmxmode=622'
}

# covers: mounts.type
@test "mounts: sysfs shows the container's own network and not the host's" {
	own_host net
	on_host ip link set lo up
	on_host ip link add only-here type veth peer name other-end || skip 'the kernel has no veth devices'
	inside 'ls /sys/class/net; touch /sys/x'
	has '^lo$'
	lacks 'only-here'
	has 'Read-only file system'
}

# covers: mounts.type mounts.options
@test "mounts: an overlay is mounted from its layers" {
	needs fs:overlay
	host_mount -t tmpfs layers "$ARENA/data"
	mkdir "$ARENA"/data/{lower,upper,work}
	echo lower >"$ARENA/data/lower/file"
	add_mount /merged overlay overlay \
		"lowerdir=$ARENA/data/lower" "upperdir=$ARENA/data/upper" "workdir=$ARENA/data/work"
	inside 'cat /merged/file; echo upper >/merged/file'
	ok
	equals lower
	same upper "$(cat "$ARENA/data/upper/file")"
	same lower "$(cat "$ARENA/data/lower/file")"
}

# covers: mounts.type mounts.source mounts.options
@test "mounts: a file system on a block device is mounted with its own options" {
	needs fs:ext4 tool:mkfs.ext4
	block_device 16M
	mkfs.ext4 -q "$device"
	add_mount /disk ext4 "$device" nosuid data=ordered errors=remount-ro
	inside 'echo stored >/disk/file; cat /disk/file; cat /proc/self/mountinfo'
	ok
	has '^stored$'
	mount_has /disk "nosuid.* - ext4 $device .*errors=remount-ro"
}

# ---- destinations ---------------------------------------------------------------------------------------------------

# covers: mounts.destination
@test "mounts: a relative destination starts at the root" {
	add_mount some/where bind "$ARENA/data" bind
	inside 'cat /some/where/note'
	ok
	has 'from the host'
}

# covers: mounts.destination
@test "mounts: dots in a destination end at the root" {
	add_mount /../../../tmp/./x/../y bind "$ARENA/data" bind
	inside 'cat /tmp/y/note'
	ok
	equals 'from the host'
}

# covers: mounts.destination
@test "mounts: a symbolic link in a destination is followed inside the root, never on the host" {
	mkdir "$ARENA/outside"
	ln -s "$ARENA/outside" "$ROOTFS/absolute"
	ln -s "../../../../../../../..$ARENA/outside" "$ROOTFS/relative"
	mkdir -p "$ROOTFS$ARENA/outside"
	add_mount /absolute/a bind "$ARENA/data" bind
	add_mount /relative/b bind "$ARENA/data/note" bind
	inside "cat $ARENA/outside/a/note $ARENA/outside/b"
	ok
	equals $'from the host\nfrom the host'
	same '' "$(ls "$ARENA/outside")"
}

# covers: mounts.destination
@test "mounts: a symbolic link as destination: its target is covered, the link stays" {
	ln -s ../etc "$ROOTFS/run/link"
	add_mount /run/link bind "$ARENA/data" bind
	inside 'cat /etc/note; readlink /run/link'
	ok
	equals $'from the host\n../etc'
}

# covers: mounts.destination
@test "mounts: a dangling symbolic link as destination makes nothing on the host" {
	ln -s "$ARENA/nothing-here" "$ROOTFS/dangling"
	add_mount /dangling bind "$ARENA/data" bind
	inside "cat /dangling/note"
	not test -e "$ARENA/nothing-here"
	not test -L "$ARENA/nothing-here"
}

# covers: mounts.destination
@test "mounts: missing directories of a destination are made as root's, mode 755" {
	add_mount /a/b/c bind "$ARENA/data" bind
	inside 'stat -c "%a %u %g" /a /a/b'
	ok
	equals $'755 0 0\n755 0 0'
}

# ---- order ----------------------------------------------------------------------------------------------------------

# covers: mounts.destination
@test "mounts: they are mounted in the order listed: the last one covers" {
	mkdir "$ARENA/second"
	add_mount /data bind "$ARENA/data" bind
	add_mount /data bind "$ARENA/second" bind
	inside 'ls /data | wc -l; grep -c " /data " /proc/self/mountinfo'
	ok
	equals $'0\n2'
}

# covers: mounts.destination
@test "mounts: one can be mounted on another, and a parent listed later hides its child" {
	add_mount /a tmpfs tmpfs
	add_mount /a/b bind "$ARENA/data" bind
	add_mount /c/d bind "$ARENA/data" bind
	add_mount /c tmpfs tmpfs
	inside 'cat /a/b/note; test -e /c/d || echo hidden'
	ok
	equals $'from the host\nhidden'
}

@test "mounts: two hundred of them" {
	config '.mounts += [range(200) | {destination: "/m/\(.)", type: "bind", source: $source, options: ["bind", "ro"]}]' \
		--arg source "$ARENA/data"
	inside 'grep -c " /m/" /proc/self/mountinfo; cat /m/199/note'
	ok
	equals $'200\nfrom the host'
}

# ---- refusals -------------------------------------------------------------------------------------------------------

# A failing mount is named by its place in config.json, because ten mounts can have one source.
# covers: mounts.source
@test "mounts: a missing source is named, with its place in config.json, and not made" {
	add_mount /data bind "$ARENA/missing" bind
	refuses "$ARENA/missing.*no such file or directory" "mount $ARENA/missing → /data: .*mounts\\[$(last_mount)\\]"
	not test -e "$ARENA/missing"
}

@test "mounts: an unknown file system is refused" {
	add_mount /data nosuchfs nosuchfs
	refuses 'no such device' "/data.*nosuchfs|nosuchfs.*/data"
	says "$(is_husk && echo "mounts\\[$(last_mount)\\]")"
}

@test "mounts: an option that neither the runtime nor the file system knows is refused" {
	add_mount /data tmpfs tmpfs nosuchoption=1
	refuses 'invalid argument' "/data.*mounts\\[$(last_mount)\\]"
}

@test "mounts: a bind mount with a file system's option is refused, since the kernel would ignore it" {
	before_runc 1.2 'it drops the option silently'
	skip_on crun 'it drops the option silently'
	add_mount /data bind "$ARENA/data" bind size=1m
	refuses 'bind mount' "mounts\\[$(last_mount)\\]"
}

@test "mounts: a directory cannot be bound over a file, nor a file over a directory" {
	add_mount /etc/group bind "$ARENA/data" bind
	refuses 'not a directory' "/etc/group.*mounts\\[$(last_mount)\\]"
	config 'del(.mounts[-1])'
	add_mount /etc bind "$ARENA/data/note" bind
	refuses 'not a directory' "/etc.*mounts\\[$(last_mount)\\]"
}

@test "mounts: a destination below a file is refused" {
	add_mount /etc/group/below tmpfs tmpfs
	refuses 'not a directory' "/etc/group/below.*mounts\\[$(last_mount)\\]"
}

@test "mounts: nothing is mounted over the root itself" {
	before_runc 1.4 'it mounts over the root and starts'
	skip_on crun 'it mounts over the root and starts'
	add_mount / tmpfs tmpfs
	refuses 'rootfs|root' "mounts\\[$(last_mount)\\]"
}

@test "mounts: a mount without destination is refused" {
	before_runc 1.4 'it mounts over the root and starts'
	skip_on crun 'it mounts over the root and starts'
	config '.mounts += [{type: "tmpfs", source: "tmpfs"}]'
	refuses 'root|destination' "mounts\\[$(last_mount)\\]"
}

@test "mounts: only proc goes on /proc" {
	before_runc 1.2 'it stumbles over the missing proc later'
	skip_on crun 'it allows it'
	add_mount /proc tmpfs tmpfs
	refuses 'not of type proc' "mounts\\[$(last_mount)\\]"
	config 'del(.mounts[-1])'
	add_mount /proc bind "$ARENA/data" bind
	refuses 'not of type proc' "mounts\\[$(last_mount)\\]"
}

@test "mounts: nothing goes into /proc" {
	skip_on crun 'it allows it'
	local destination
	for destination in /proc/sys /proc/self/attr /sys/../proc/acpi; do
		add_mount "$destination" bind "$ARENA/data" bind
		refuses 'inside /proc|not of type proc|no such file' "mounts\\[$(last_mount)\\]"
		config 'del(.mounts[-1])'
	done
}

@test "mounts: but the files that lxcfs emulates may be bound into /proc" {
	echo '1.00 1.00' >"$ARENA/data/uptime"
	add_mount /proc/uptime bind "$ARENA/data/uptime" bind
	inside 'cat /proc/uptime'
	ok
	equals '1.00 1.00'
}

@test "mounts: proc and sysfs are not mounted through a symbolic link" {
	skip_on crun 'it follows it inside the root'
	local name
	for name in proc sys; do
		rm -rf "${ROOTFS:?}/$name"
		ln -s tmp "$ROOTFS/$name"
		refuses 'must be mounted on ordinary directory|not a directory' "/$name.*mounts"
		rm "$ROOTFS/$name"
		mkdir "$ROOTFS/$name"
	done
}

@test "mounts: a NUL in a source or destination is refused" {
	before_runc 1.1.13 'it cuts the text at the NUL'
	config '.mounts += [{destination: "/data", type: "bind", source: ($source + "\u0000x"), options: ["bind"]}]' \
		--arg source "$ARENA/data"
	refuses 'null byte|NUL|invalid argument' "mounts\\[$(last_mount)\\]"
}

# ---- SELinux --------------------------------------------------------------------------------------------------------

# covers: linux.mountLabel
@test "mounts: mountLabel is the SELinux context of the mounts, or refused where there is no SELinux" {
	config '.linux.mountLabel = "system_u:object_r:container_file_t:s0:c1,c2"'
	if [[ -e /sys/fs/selinux/enforce ]]; then
		mounts_inside
		mount_has /dev 'context="?system_u:object_r:container_file_t:s0:c1,c2'
	else
		refuses 'invalid argument|selinux' 'mountLabel'
	fi
}

# ---- isolation ------------------------------------------------------------------------------------------------------

@test "mounts: what is mounted inside never shows on the host (LXC chapter)" {
	add_mount /data bind "$ARENA/data" bind
	grant CAP_SYS_ADMIN
	sleeper one
	rt exec --cap CAP_SYS_ADMIN one sh -c 'mkdir -p /tmp/m && mount -t tmpfs inner /tmp/m && mount -t tmpfs inner2 /data &&
		touch /tmp/m/secret && grep -c inner /proc/self/mountinfo && df /tmp/m'
	ok
	has '^2$'
	has '^inner .*/tmp/m'
	not grep -q inner /proc/self/mountinfo
	same '' "$(ls "$ROOTFS/tmp/m")"
	same 'from the host' "$(cat "$ARENA/data/note")"
	not test "$(readlink "/proc/$(pid_of one)/ns/mnt")" = "$(readlink /proc/self/ns/mnt)"
}

@test "mounts: what is made for them does not depend on the caller's umask" {
	only husk "runc hands its umask down"
	bundle
	config '.mounts += [{destination: "/made/here", type: "tmpfs", source: "tmpfs"}]'
	umask 077
	inside 'stat -c %a /made; umask'
	umask 022
	ok
	equals $'755\n0022'
}
